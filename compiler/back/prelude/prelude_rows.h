/* Rows of the prelude; private to back/prelude*.c.
 *
 * In the texts @E is the element type's suffix (f64), @T its C type (double), @F the suffix of its literals and of the
 * functions of <math.h> ("" or "f"), @M the suffix of the masks of its lanes (ints), @U of
 * unsigned ints as wide (u64s), @L the letter of LAPACK and BLAS (d), @C that of cuBLAS and cuSOLVER (D), @Z that of
 * cuFFT (Z). A row whose name ends in _@E or in
 * _@Es (lanes) serves every element type that has no row of its own.
 */
#ifndef ADC_BACK_PRELUDE_ROWS_H
#define ADC_BACK_PRELUDE_ROWS_H
#include <stdbool.h>

typedef struct prelude_row {
    const char *name;
    const char *needs; /* names, separated by spaces; "" none */
    const char *body;
} prelude_row;

/* Each ends with a row of NULL. */
extern const prelude_row prelude_arithmetic[];   /* values: one expression each */
extern const prelude_row prelude_special[];      /* lgamma, polygamma, sinc */
extern const prelude_row prelude_random[];       /* Philox */
extern const prelude_row prelude_memory[];       /* sizes, workspace, threads, whole buffers */
extern const prelude_row prelude_library[];      /* routines of LAPACK, BLAS, FFTW */
extern const prelude_row prelude_cuda[];         /* kernels and their launches */
extern const prelude_row prelude_cuda_library[]; /* routines of cuSOLVER, cuBLAS, cuFFT */
extern const prelude_row prelude_cuda_sort[];    /* the order of many ints */
extern const prelude_row prelude_cuda_host[];    /* copies of the caller's arrays */
extern const prelude_row prelude_lanes[];        /* vectors of AD_LANES values: types, selection, sums, memory */
extern const prelude_row prelude_lanes_arithmetic[];
extern const prelude_row prelude_lanes_ints[];
extern const prelude_row prelude_lanes_memory[]; /* entries anywhere, arrays of lanes */
extern const prelude_row prelude_lanes_special[];
extern const prelude_row prelude_lanes_exp[];
extern const prelude_row prelude_lanes_log[];
extern const prelude_row prelude_lanes_hyperbolic[];
extern const prelude_row prelude_lanes_trig[];
extern const prelude_row prelude_lanes_inverse[];
extern const prelude_row prelude_lanes_power[];

/* The table is for CUDA modules alone. */
bool prelude_is_cuda(const prelude_row *table);
/* All of them; ends with NULL. */
extern const prelude_row *const prelude_tables[];

#endif
