/* Expressions and names of a loop nest as C text.
 *
 * A c_printer holds what the printing of one function needs: the names in C of its sizes, arguments, temporaries and
 * buffers, which of them were used, and the helpers in use. back/c/emit_c.c drives it. */
#ifndef ADC_BACK_PRINT_EXPR_H
#define ADC_BACK_PRINT_EXPR_H
#include "back/emit_interface.h"
#include "back/prelude/prelude.h"
#include "form/loops.h"

/* Magnitude of ints: indices and sizes are at most 2^INDEX_BITS, what may overflow has WORD_BITS. */
enum { THREAD_BITS = 10, SPLIT_BITS = 16, INDEX_BITS = 31, WORD_BITS = 63 };

/* A temporary or a buffer of the function that is no parameter. */
typedef struct c_local {
    const char *name;
    int bits;           /* int temporaries: magnitude at most 2^bits */
    bool nonneg;        /* and at least 0 */
    const lexpr *below; /* loop indices: the upper bound; else NULL */
    bool used;
} c_local;

/* A temporary, a buffer or a pointer of the host that a kernel reads: a parameter of the kernel. */
typedef struct c_capture {
    const char *name;
    const temp *temp;     /* or */
    const buffer *buffer; /* in the workspace, or */
    const char *type;     /* of the pointer */
} c_capture;

typedef struct c_printer {
    arena *mem;
    const nest_fn *fn;
    c_names params;
    bool *size_used, *arg_used; /* parameters that were printed */
    bool *share_used;           /* likewise sizes that are computed on entry */
    map locals;                 /* temp or buffer -> c_local */
    prelude *helpers;
    elem real;               /* of the module: its width is that of masks */
    bool can_fail;           /* something printed may set ad_failed */
    bool uses_tickets;       /* CUDA: a kernel splits sums */
    struct c_printer *host;  /* printing a kernel: of what is around it; else NULL */
    VEC(c_capture) captures; /* of the kernel */
    const char *lane;        /* printing what one lane does: its number; else NULL */
    bool seldom;             /* printing what other loops run more often than: better small than inlined */
} c_printer;

void c_printer_init(c_printer *p, arena *mem, const nest_fn *fn, prelude *helpers);
/* Declares a temporary or buffer under its name in C. */
c_local *print_declare(c_printer *p, const void *what, const char *name);
/* The local of that name, of the kernel or of the host around it; NULL: there is none. */
c_local *print_find(const c_printer *p, const void *what);
/* Its name; marks it as used. */
const char *print_temp_name(c_printer *p, const temp *v);
const char *print_buffer_name(c_printer *p, const buffer *b);
/* The buffer is the caller's and may be NULL at run time. */
bool print_may_be_null(const buffer *b);
/* A pointer of the host that a kernel is given. */
void print_capture(c_printer *p, const char *type, const char *name);

/* e with parentheses if it binds weaker than prec (back/spell.h). */
void print_expr(text *t, c_printer *p, const lexpr *e, int prec);
/* The entry of b at the subscripts as an lvalue: "x[i * D + d]", "*x", "x". */
void print_entry(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs);
/* Address of the part of b under n leading subscripts: "x", "x + i * D". */
void print_part(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs);
/* "ad_inside(i, N) && ad_inside(j, M)", without those that the loops around make certain; "" when none is left. */
void print_inside(text *t, c_printer *p, const buffer *b, int n, lexpr *const *subs);
/* Bits of the magnitude of an int expression, WORD_BITS when unknown; whether it is certainly at least 0. */
int print_bits(const c_printer *p, const lexpr *e);
bool print_is_nonneg(const c_printer *p, const lexpr *e);

void print_extent(text *t, c_printer *p, const extent *e, int prec);
/* Product of extents from to n: "N * (D + 1)", "1" when there is none. */
void print_count(text *t, c_printer *p, int from, int n, const extent *const *extents);
atom_speller print_speller(c_printer *p);
/* The C name of a size or int input; marks it as used. */
const char *print_atom(c_printer *p, const char *atom);
/* Shortest text that reads back as the same value. */
const char *print_number(arena *mem, double x, elem e);
const char *print_integer(arena *mem, int64_t x);

#endif
