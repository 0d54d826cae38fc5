/* Private to stage/fuse*.c: what tensors and values cost. */
#ifndef ADC_STAGE_FUSE_SIZE_H
#define ADC_STAGE_FUSE_SIZE_H
#include "form/graph_fn.h"
#include "form/volume.h"

enum {
    FUSE_HEAVY = 1000, /* what a reduction or a loop counts */
    FUSE_CHEAP = 6     /* operations that are done again rather than stored */
};

typedef struct fuse_sizes {
    graph *g;
    volume_rule rule;
    map costs, nodes, copied; /* tensor -> what was counted */
} fuse_sizes;

void fuse_sizes_init(fuse_sizes *s, graph *g, const graph_fn *f);
/* At most linear in the inputs and outputs, constants aside. */
bool fuse_is_storable(fuse_sizes *s, const node *tensor);
/* Operations to compute an entry once the parts that are the same for all entries are known; shared parts count once,
 * reductions and loops as many. */
int fuse_cost(fuse_sizes *s, const node *tensor);

/* Entries of stored tensors that an entry is computed from. */
int fuse_loads(const node *tensor);
/* Nodes of an entry, counted up to a limit (the same one for all calls). */
int fuse_nodes(fuse_sizes *s, const node *tensor, int limit);
/* Nodes that inlining an entry copies: those that depend on the axes, also inside tensors. Limit as above. */
int fuse_copied(fuse_sizes *s, const node *tensor, int limit);
/* More than a few operations are done for each point of the axes. */
bool fuse_is_long(const node *n, int naxes, var *const *axes);
bool fuse_is_costly(const node *n);   /* one operation that is worth computing once */
bool fuse_is_function(const node *n); /* ... that costs many */

/* fuse_lift.c: part of fuse_prepare. */
void fuse_lift_costly(graph *g, graph_fn *f);

/* Where tensors are used, counted scope by scope on the opened graph. */
typedef struct fuse_binder {
    int nvars;
    var **vars;
    bool is_loop;
} fuse_binder;

typedef struct fuse_uses {
    graph *g;
    map uses; /* tensor -> use record */
    map seen;
    VEC(fuse_binder) path; /* binders around */
} fuse_uses;

void fuse_uses_init(fuse_uses *u, graph *g);
/* n is a root, or an inside argument of the binder pushed last. */
void fuse_uses_count(fuse_uses *u, const node *n);
void fuse_uses_count_root(fuse_uses *u, const node *n);
void fuse_uses_push(fuse_uses *u, const node *binder, var **vars);
void fuse_uses_pop(fuse_uses *u);
/* One access, by plain distinct axes, at as many points as the tensor has entries. */
bool fuse_is_used_once(fuse_uses *u, const node *tensor);
/* Every access is such a one. */
bool fuse_is_used_exactly(fuse_uses *u, const node *tensor);
/* How many accesses read an entry beside that at their axes: x[i - 1], x[mod(i + 1, N)]. */
int fuse_shifted_uses(fuse_uses *u, const node *tensor);
/* The subscripts of an access are distinct axes. */
bool fuse_is_plain(const node *access);

#endif
