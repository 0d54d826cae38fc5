/* Private to stage/derive*.c. */
#ifndef ADC_STAGE_DERIVE_STATE_H
#define ADC_STAGE_DERIVE_STATE_H
#include "form/volume.h"
#include "stage/derive/derive.h"

/* A variable range, for bounds of trip counts that depend on an outer loop's index. */
typedef struct derivation {
    graph *g;
    volume_rule rule;
    derive_error *error;
    VEC(affine_range) ranges;
} derivation;

/* What a derivative is taken with respect to: names (and, inside a loop, its state), and which nodes depend on them. */
typedef struct targets {
    int n;
    node **at;
    map reached; /* node -> &yes or &no */
    arena *mem;
} targets;

void targets_init(targets *t, arena *mem, int n, node *const *at);
/* n is of floating type (or a loop) and depends on a target. */
bool targets_reach(targets *t, node *n);

/* derive_rules.c: d n / d args[k] of a pointwise node; NULL: zero. singular: may be infinite where n is finite. */
node *partial(graph *g, node *n, int k, bool *singular);
/* w * p, where w is an adjoint or a tangent and p a partial: zeros win over inf and NaN where that can matter. */
node *chain(graph *g, node *w, node *p, bool singular);
node *add_adjoints(graph *g, node *a, node *b); /* either may be NULL */

/* derive_reduce.c: a reduction linearised at its body's entries. */
typedef struct opened {
    var **vars;
    node *body, *filter; /* filter NULL: none */
    node **ranges;       /* lo, hi of dynamic axes */
    node **inner;
} opened;

void open_binder(graph *g, node *n, opened *o);
/* weight(j) with d n = sum_j weight(j) d body(j); *extra: a further filter on j, or NULL. NULL: no derivative. */
node *reduction_weight(graph *g, node *n, const opened *o, node **extra);

/* derive_reverse.c: transposed Jacobian of e, times w, for each target. */
void reverse(derivation *d, node *e, node *w, int n, node *const *at, node **results);

/* derive_forward.c: Jacobian of e times the tangents of the names. */
node *forward(derivation *d, node *e, int n, node *const *at, node *const *tangents);

/* Number of passes as a polynomial that bounds it, or NULL after setting the error. */
const extent *trip_bound(derivation *d, const node *loop);
void push_loop_range(derivation *d, const var *t, const node *lo, const node *hi);

#endif
