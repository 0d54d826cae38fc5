/* What is provable about int values: subscripts in range, and the slope of an affine subscript.
 *
 * A point is assumed to exist: every axis that is free in the question has an extent of at least 1. */
#ifndef ADC_FORM_AFFINE_H
#define ADC_FORM_AFFINE_H
#include "form/graph.h"

/* Polynomials known to be >= 0: the checks on entry. */
typedef struct affine_facts {
    int n;
    const extent **nonneg;
} affine_facts;

/* lo <= v < hi: the index of a loop, a dynamic axis, or an axis that exists but is not mentioned. */
typedef struct affine_range {
    const var *v;
    const extent *lo, *hi;
} affine_range;

/* Proves 0 <= e < size where all guards hold (bool values of rank 0; may be opaque, then they do not help).
 * facts may be NULL. False: not proved. */
bool affine_in_range(const node *e, const extent *size, const affine_facts *facts, int nguards, node *const *guards,
                     int nranges, const affine_range *ranges);
/* Proves e >= 0 likewise. */
bool affine_is_nonneg(const node *e, const affine_facts *facts, int nguards, node *const *guards, int nranges,
                      const affine_range *ranges, extent_pool *pool);
/* Proves a <= b likewise. */
bool affine_le(const node *a, const node *b, const affine_facts *facts, int nguards, node *const *guards, int nranges,
               const affine_range *ranges, extent_pool *pool);
/* Proves p >= 0 from the facts and that atoms are >= 0. */
bool affine_extent_nonneg(const extent *p, const affine_facts *facts);

/* e == coef * v + rest, rest free of v, coef a nonzero constant. False: not of this form. */
bool affine_split(graph *g, node *e, var *v, int64_t *coef, node **rest);
/* e as a polynomial in the size names alone, or NULL. */
const extent *affine_extent(const node *e, extent_pool *pool);

#endif
