/* Private to stage/fuse*.c: what tensors and values cost. */
#ifndef ADC_STAGE_FUSE_SIZE_H
#define ADC_STAGE_FUSE_SIZE_H
#include "form/graph_fn.h"

typedef struct fuse_sizes {
    graph *g;
    int n;
    const extent **volumes; /* of inputs and outputs */
    map costs;
} fuse_sizes;

void fuse_sizes_init(fuse_sizes *s, graph *g, const graph_fn *f);
/* At most linear in the inputs and outputs, constants aside. */
bool fuse_is_storable(fuse_sizes *s, const node *tensor);
bool fuse_volume_is_storable(fuse_sizes *s, const extent *volume);
/* Operations to compute a value once, shared parts counted once; reductions and loops count as many. */
int fuse_cost(fuse_sizes *s, const node *value);

/* Where tensors are used. */
typedef struct fuse_uses {
    graph *g;
    map uses; /* tensor -> use record */
    map seen;
    const node **path; /* binders around */
    int depth, cap;
} fuse_uses;

void fuse_uses_init(fuse_uses *u, graph *g, const graph_fn *f);
/* One access, by plain distinct axes, at as many points as the tensor has entries. */
bool fuse_is_used_once(fuse_uses *u, const node *tensor);

#endif
