/* The routines of LAPACK, BLAS and FFTW that a graph may call: one row each.
 *
 * A row says the shapes of operands and results by letters: "nn,nk" are a square matrix and one with as many rows; a
 * letter is bound by the first extent that it stands for. "*" is one shape of any rank >= 1, whose last extent is n and
 * whose other extents multiplied are b; k numbers columns that have nothing to do with each other. "!" behind a shape:
 * of ints. Scratch memory and cost are polynomials in the letters: "2nn+6n+1". A row without scratch memory (NULL) is
 * mathematics only: stage/factor writes it in terms of the others, so that all that needs a matrix shares one
 * factorisation. */
#ifndef ADC_FORM_ROUTINE_H
#define ADC_FORM_ROUTINE_H
#include <stdbool.h>

#include "form/extent.h"
#include "form/interface.h" /* elem */

typedef enum routine_id {
    /* mathematics */
    ROUTINE_SOLVE,   /* X with A X = B */
    ROUTINE_SOLVE_T, /* X with A' X = B */
    ROUTINE_LOGDET,  /* log |det A| */
    ROUTINE_LSTSQ,   /* X that makes |A X - B| least */
    ROUTINE_GRAM,    /* X with A' A X = B */
    /* called as they are */
    ROUTINE_LU, /* A = P L U, packed, and its interchanges; |det A| is the product of |diagonal| */
    ROUTINE_LU_SOLVE,
    ROUTINE_LU_SOLVE_T,
    ROUTINE_QR, /* A = Q R, packed, and the scales of its reflections */
    ROUTINE_QR_SOLVE,
    ROUTINE_QR_GRAM,
    ROUTINE_CHOLESKY, /* lower L with L L' = A; reads the lower triangle */
    ROUTINE_LOWER,    /* X with L X = B; reads the lower triangle */
    ROUTINE_LOWER_T,  /* X with L' X = B */
    ROUTINE_EIGH,     /* ascending eigenvalues, eigenvectors in columns */
    ROUTINE_SVD,      /* U, s, V' with A = U diag(s) V' */
    ROUTINE_EIGVALS,  /* the first result of EIGH alone, for a fraction of the work */
    ROUTINE_SINGULAR, /* the second of SVD */
    ROUTINE_DFT,      /* sum_j x_j exp(-2 pi i j k / n) along the last axis, real and imaginary parts */
    ROUTINE_DFT_BACK, /* the same with exp(+2 pi i j k / n) */
    /* of loops only */
    ROUTINE_PRODUCT, /* A B; behind the sizes, whether A and B are given transposed */
    ROUTINE_SORT,    /* of keys: their order, memory for two steps, where each key begins; adc's own, on a GPU */
    ROUTINE_COUNT
} routine_id;

typedef enum library_id { LIBRARY_LAPACK, LIBRARY_BLAS, LIBRARY_FFTW, LIBRARY_COUNT } library_id;

typedef struct routine {
    const char *name;
    const char *operands, *results;
    const char *work;     /* entries of scratch memory */
    const char *gpu_work; /* likewise for the libraries of a GPU, which take what they need besides when called */
    const char *cost;     /* floating operations */
    bool total;           /* cannot fail */
    unsigned libraries;   /* bits by library_id */
} routine;

const routine *routine_row(routine_id id);
/* The row of that name, or ROUTINE_COUNT. */
routine_id routine_find(const char *name);
/* The last operand and the only result are columns that have nothing to do with each other. */
bool routine_has_columns(const routine *r);
/* Shapes in a list: commas and one. */
int routine_shapes(const char *list);

/* What a shape is: the extents, or those of the whole shape "*". */
typedef struct routine_shape {
    elem elem;
    int rank;
    const extent **extents;
} routine_shape;

/* The letters of a call. */
typedef struct routine_sizes {
    arena *mem;
    extent_pool *pool;
    const extent *letter[26];
    int rank; /* of "*" */
    const extent **whole;
} routine_sizes;

/* Binds the letters by the operands' shapes. False: they do not fit; then *wrong is the operand and *axis its axis, or
 * -1 when its rank is wrong. */
bool routine_bind(const routine *r, arena *mem, extent_pool *pool, const routine_shape *operands, routine_sizes *z,
                  int *wrong, int *axis);
/* Shape k of a list in these letters; floats are of type real. */
routine_shape routine_shape_of(const routine_sizes *z, const char *list, int k, elem real);
/* A polynomial in the letters. */
const extent *routine_polynomial(const routine_sizes *z, const char *s);
/* The letters in the order in which the operands mention them: what the routine is called with. Returns how many. */
int routine_arguments(const routine *r, const routine_sizes *z, const extent **arguments);

#endif
