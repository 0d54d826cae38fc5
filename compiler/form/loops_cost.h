/* What loop nests cost, as polynomials in the sizes: operations by sort, passes, bytes, and the kernels of a function.
 *
 * Estimates: both branches of a condition count, a loop of unknown length counts as few passes. All results live in the
 * arena, or in that of the pool, that is passed. */
#ifndef ADC_FORM_LOOPS_COST_H
#define ADC_FORM_LOOPS_COST_H
#include "form/loops.h"

typedef enum cost_sort {
    COST_FLOPS, /* floating: additions, products, comparisons, selections */
    COST_ROOTS, /* divisions and square roots */
    COST_EXPS,  /* exponentials */
    COST_CALLS, /* other functions */
    COST_OTHER, /* integers, bools, stores, passes of loops */
    COST_SORTS
} cost_sort;

typedef struct op_counts {
    const extent *of[COST_SORTS];
} op_counts;

/* What a kind of statement costs besides its expression, and what it does with its buffers. */
typedef struct kind_cost {
    cost_sort sort;
    int count;
    bool per_entry;     /* one of the sort for each entry that it fills or copies, and its expression counts nothing */
    bool reads, writes; /* its buffer */
    bool reads_from;    /* its other buffer */
    bool subs_of_from;  /* the subscripts are those of the other buffer, not of its buffer */
} kind_cost;

extern const kind_cost kind_costs[]; /* by lstmt_kind: a new kind is a row here */

/* Costs of the statements. */
op_counts cost_count(extent_pool *pool, const lstmt_list *body);
/* The same as one number of operations, a function counting as several: it decides from which size on a loop is worth
 * running in parallel. */
const extent *cost_of(extent_pool *pool, const lstmt_list *body);
/* Of a loop's body for one index: a loop in steps that is not over parts serves several in a pass. */
op_counts cost_of_index(extent_pool *pool, const lstmt *loop);
/* Indices that a loop runs over; 1 where it is over parts, 0 where it is over a rest; false when unknown: then few. */
bool cost_trips(extent_pool *pool, const lstmt *s, const extent **trips);

/* Memory that a kernel reads or writes: each entry once, however often it is used. */
typedef struct buffer_use {
    const buffer *buffer;
    const extent *entries;
    bool read, written;
} buffer_use;

/* A loop of a kernel; it stands for the loops over its parts too. */
typedef struct kernel_axis {
    const lstmt *loop;
    const extent *passes;
    bool known; /* else passes is a guess */
    bool parallel, lanes;
} kernel_axis;

/* A top-level group of statements behind an LS_COMMENT: one pass over memory. */
typedef struct kernel_cost {
    const char *text;             /* the comment, or NULL: copies and scalars that have none */
    lstmt_list body;              /* its statements, not to be added to */
    VEC(const lstmt *) around;    /* serial loops that run it several times, outermost first */
    const extent *times;          /* passes of these */
    op_counts once;               /* of one run */
    VEC(kernel_axis) axes;        /* the loops that take longest, each in the one before it */
    int pair_axes;                /* the last of these goes over pairs, or elements; those behind it over features */
    const extent *pairs;          /* passes of it in one run; 1: there is no loop */
    bool reduces;                 /* it adds up; else it stores an entry in each pass */
    op_counts per_pair;           /* of its body, loops inside with it */
    VEC(buffer_use) uses;         /* arguments and workspace; what is in cache anyway does not count */
    const extent *read, *written; /* bytes */
} kernel_cost;

typedef VEC(kernel_cost) kernel_list;

/* The kernels in the order in which they run. Atoms of the polynomials: sizes, and int inputs that bound loops. */
kernel_list loops_kernels(arena *mem, const nest_fn *f);
/* The exchange of axes under which only half of the pairs are computed, in words; "none". */
const char *kernel_symmetry(const kernel_cost *k);
int64_t cost_bytes(elem e);

/* The temporaries of a kernel, before they are collapsed into expressions: what was fused into it. */
typedef struct kernel_temps {
    const char *text; /* the kernel's comment: the same pointer */
    VEC(const char *) names;
} kernel_temps;

typedef VEC(kernel_temps) kernel_temps_list;

void loops_temps(arena *mem, const nest_fn *f, kernel_temps_list *list);

#endif
