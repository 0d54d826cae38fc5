/* Private to stage/fuse*.c: what tensors and values cost. */
#ifndef ADC_STAGE_FUSE_SIZE_H
#define ADC_STAGE_FUSE_SIZE_H
#include "form/graph_fn.h"

enum { FUSE_HEAVY = 1000 }; /* what a reduction or a loop counts */

typedef struct fuse_sizes {
    graph *g;
    int n;
    const extent **volumes; /* of inputs and outputs */
    const extent *features; /* a sum of sizes that number more than rows */
    map costs, nodes;       /* tensor -> what was counted */
} fuse_sizes;

void fuse_sizes_init(fuse_sizes *s, graph *g, const graph_fn *f);
/* At most linear in the inputs and outputs, constants aside. */
bool fuse_is_storable(fuse_sizes *s, const node *tensor);
bool fuse_volume_is_storable(fuse_sizes *s, const extent *volume);
/* What may be stored where recomputing would multiply the work by a size: a product of two parts of inputs or outputs
 * with one number of points in it at most. A number of points is a size that numbers only rows of inputs and outputs
 * (N of q[N, D]); every other numbers features. So T x K projections of T x F are stored, and no N x N or N x M kernel
 * ever is. */
bool fuse_volume_is_affordable(fuse_sizes *s, const extent *volume);
/* Operations to compute an entry once the parts that are the same for all entries are known; shared parts count once,
 * reductions and loops as many. */
int fuse_cost(fuse_sizes *s, const node *tensor);

/* Nodes of an entry, counted up to a limit (the same one for all calls). */
int fuse_nodes(fuse_sizes *s, const node *tensor, int limit);
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
/* The subscripts of an access are distinct axes. */
bool fuse_is_plain(const node *access);

#endif
