/* Private to stage/offload_scatter.c, offload_sort.c and offload_values.c. */
#ifndef ADC_STAGE_OFFLOAD_SCATTER_H
#define ADC_STAGE_OFFLOAD_SCATTER_H
#include "stage/offload_state.h"

/* The terms of a scatter by the row that they are added to. */
typedef struct sorting {
    VEC(const extent *) ranges; /* of the loops over the terms, the outermost one first */
    const extent *terms, *rows;
    lexpr *row;                    /* of the term, in indices (term_index) of the loops; `rows`: it is added nowhere */
    bool fixed;                    /* it depends on inputs alone */
    buffer *keys, *order, *starts; /* rows of the terms; terms by their rows; where in that each row's begin */
} sorting;

/* How many passes the loop makes, from 0; NULL: that is no size. */
const extent *loop_range(const offloading *o, const lstmt *loop);
/* The scatter, what it computes by loops before other loops stored by a kernel before. */
lstmt *with_stored_values(offloading *o, lstmt *s);
/* The index of the k-th loop over terms in all sortings. */
temp *term_index(offloading *o, int k);
/* As wanted, from now on in memory: an equal one that is there already, or a new one. */
const sorting *sorted(offloading *o, const sorting *wanted);
/* Memory of the kernels, of so many entries. */
buffer *new_memory(offloading *o, const char *name, elem e, int rank, const extent *const *extents);
/* all / one, rounded down. */
const extent *share_of(offloading *o, const extent *all, int64_t one);

#endif
