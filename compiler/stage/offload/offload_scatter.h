/* Private to stage/offload/offload_scatter.c, offload_ranges.c, offload_sort.c and offload_values.c. */
#ifndef ADC_STAGE_OFFLOAD_SCATTER_H
#define ADC_STAGE_OFFLOAD_SCATTER_H
#include "stage/offload/offload_state.h"

/* The terms of a scatter by the row that they are added to. */
typedef struct sorting {
    VEC(const extent *) ranges; /* of the loops over the terms, the outermost one first */
    const extent *terms, *rows;
    lexpr *row;                    /* of the term, in indices (term_index) of the loops; `rows`: it is added nowhere */
    bool fixed;                    /* it depends on inputs alone */
    buffer *keys, *order, *starts; /* rows of the terms; terms by their rows; where in that each row's begin */
} sorting;

/* What a subscript of the target is. */
typedef enum role {
    ROLE_ROW,  /* computed from the term */
    ROLE_FREE, /* the index of a loop over that axis, and of nothing else */
    ROLE_CONST /* a number in range */
} role;

typedef struct scatter {
    offloading *o;
    lstmt_list path; /* loops and conditions, from the outermost to the addition; each the last one of its body */
    const lstmt *add;
    VEC(lstmt *) terms, frees; /* loops */
    role *roles;
    map lets;     /* temporary -> its declaration, or a mark: it is none that can be inserted */
    map declared; /* temporaries and arrays of the nest */
    sorting rows;
} scatter;

/* The way to its addition; NULL: that is not all that the nest does. No more is found than path, add, lets, declared.
 */
scatter *read_scatter(const offloading *o, const lstmt *s);
/* The subscript of that axis is the index of the loop, and no other one depends on it. */
bool is_index_of(const scatter *x, int axis, const lstmt *loop);

/* offload_ranges.c: loops over ranges that data decide. */
bool is_ranged_scatter(const offloading *o, const lstmt *s);
void push_ranged_scatter(offloading *o, lstmt *s);

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
/* An independent loop from 0 to n. */
lstmt *loop_to(offloading *o, const char *name, const extent *n);
/* all / one, rounded down. */
const extent *share_of(offloading *o, const extent *all, int64_t one);

#endif
