/* Types of the language: a scalar kind with a shape, a tuple, or a function. Immutable once made. */
#ifndef ADC_FORM_TYPE_H
#define ADC_FORM_TYPE_H
#include "base/text.h"
#include "form/extent.h"

typedef enum type_kind {
    TYPE_ERROR, /* already reported; compatible with everything */
    TYPE_REAL,
    TYPE_F32,
    TYPE_F64,
    TYPE_INT,
    TYPE_BOOL,
    TYPE_TUPLE,
    TYPE_FN
} type_kind;

typedef struct type {
    type_kind kind;
    int rank;               /* scalars: 0 */
    const extent **extents; /* [rank], in the size names of the function it stands in */
    int n;                  /* TYPE_TUPLE: items; TYPE_FN: parameters */
    struct type **items;
    struct type *result; /* TYPE_FN */
} type;

type *type_scalar(arena *mem, type_kind kind);
type *type_tensor(arena *mem, type_kind kind, int rank, const extent *const *extents);
/* A tuple of n items; a function of n parameters. The arrays are copied. */
type *type_tuple(arena *mem, int n, type *const *items);
type *type_function(arena *mem, int n, type *const *items, type *result);
const char *type_kind_name(type_kind kind); /* "real" */
bool type_is_float(const type *t);          /* real, f32 or f64, of any rank */
bool type_is_number(const type *t);         /* or int */
bool type_equal(const type *a, const type *b);
void type_print(text *t, const type *ty); /* "real[N, D]" */
const char *type_str(arena *mem, const type *ty);

#endif
