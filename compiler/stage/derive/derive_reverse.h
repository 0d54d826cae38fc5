/* Private to derive_reverse.c, derive_adjoint.c and derive_loop.c: the state of one reverse sweep.
 *
 * A sweep walks scopes: the outermost one, and one per binder body that it opens. A node belongs to (is processed in)
 * the innermost scope that binds one of its free variables. What a body contributes to a node of an outer scope is
 * summed over the axes in between. */
#ifndef ADC_STAGE_DERIVE_REVERSE_H
#define ADC_STAGE_DERIVE_REVERSE_H
#include "stage/derive/derive_state.h"

typedef struct scope {
    struct scope *parent;
    int nvars;
    var **vars;
    node *filter;  /* or NULL */
    node **ranges; /* lo, hi per dynamic axis */
    map pending;   /* value nodes of outer scopes -> sum of contributions within this scope */
    VEC(node *) order;
} scope;

/* w is added at subs for each point of the axes. */
typedef struct contribution {
    int naxes;
    var **axes;
    node *filter;
    node **ranges;
    node **subs;
    node *w;
    node *scatter; /* made when first needed */
} contribution;

typedef struct adjoint {
    bool outside; /* of the loop whose body is swept */
    node *value;  /* rank 0 */
    VEC(contribution) list;
} adjoint;

typedef struct sweep {
    derivation *d;
    graph *g;
    targets *targets;
    map adjoints;        /* node -> adjoint */
    VEC(node *) touched; /* keys of adjoints in order of first contribution */
    map loop_users;      /* loop or call -> node_list of its out and stack nodes */
    map solved;          /* solver -> its function at what it finds */
    scope *scope;
    int nleaf_vars; /* loop body: nodes that depend on none of these are leaves */
    var **leaf_vars;
} sweep;

typedef VEC(node *) node_list;

void sweep_init(sweep *s, derivation *d, targets *t);
/* Processes all that e depends on; w is e's adjoint, of its shape. Several roots: call sweep_root for each, then run.
 */
void sweep_root(sweep *s, node *e, node *w);
void sweep_run(sweep *s, int n, node *const *roots);

bool is_outside(sweep *s, const node *n);

/* derive_adjoint.c */
adjoint *adjoint_of(sweep *s, node *n);
bool has_adjoint(sweep *s, node *n);
void contribute_value(sweep *s, node *u, node *w);
void contribute_access(sweep *s, node *t, node *const *subs, node *w);
void contribute_tensor(sweep *s, node *t, node *w);
void flush_scope(sweep *s, scope *sc); /* hands pending sums outwards */
/* The adjoint of tensor n at subscripts (values of the current scope), or NULL. */
node *adjoint_at(sweep *s, node *n, node *const *subs);
/* The whole adjoint in n's shape (a value for rank 0), or NULL when there was no contribution. */
node *adjoint_tensor(sweep *s, node *n);
/* 0: the outermost scope. */
scope *home_scope(sweep *s, const node *n);

/* derive_solver.c: the solver's function at what it finds: captured values get their adjoints through it. */
node *solved(sweep *s, node *solver);
void reverse_solver(sweep *s, node *n, node *w);

/* derive_loop.c */
void reverse_loop(sweep *s, node *loop, node_list *users);

#endif
