/* Which tensors are not too large to be stored, by their number of entries: memory is linear in inputs and outputs, and
 * in what library routines take and give, which has to be stored. */
#ifndef ADC_FORM_VOLUME_H
#define ADC_FORM_VOLUME_H
#include "form/graph_fn.h"

typedef struct volume_rule {
    extent_pool *pool;
    int n;
    const extent **volumes; /* of inputs, outputs, operands of routines */
    const extent *features; /* mentions the sizes that number more than rows of them */
} volume_rule;

void volume_rule_init(volume_rule *r, graph *g, const graph_fn *f);
/* At most linear in these, constants aside. */
bool volume_is_linear(const volume_rule *r, const extent *volume);
/* What may be stored where recomputing would multiply the work by a size: a product of two parts of inputs or outputs
 * with one number of points in it at most. A number of points is a size that numbers only rows of inputs and outputs
 * (N of q[N, D]); every other numbers features. So T x K projections of T x F are stored, and no N x N or N x M kernel
 * ever is. */
bool volume_is_affordable(const volume_rule *r, const extent *volume);
/* A number of points is in it. */
bool volume_has_points(const volume_rule *r, const extent *volume);

#endif
