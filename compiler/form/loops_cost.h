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

/* A number in the sizes, with fractions: loops have lengths like (N-1)/2 in the mean. Finer ones are rounded up. */
enum { QUANTITY_PARTS = 8 };
typedef struct quantity {
    const extent *eighths;
} quantity;

/* "N*N", "(N*N-N)/2" */
const char *quantity_str(arena *mem, quantity n);

typedef struct op_counts {
    quantity of[COST_SORTS];
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

/* A function, a division or a root: some ten operations, each of which waits for the last. */
bool cost_is_slow(op o);

extern const kind_cost kind_costs[]; /* by lstmt_kind: a new kind is a row here */

/* Counts in some statements; their bounds may refer to each other's ints. */
typedef struct coster {
    extent_pool *pool;
    map ints; /* index, or int let -> its statement */
} coster;

void coster_init(coster *c, arena *mem, const lstmt_list *body);

/* How many indices a loop runs over: 1 where it is over parts, 0 over a rest. */
typedef struct length {
    enum { LENGTH_EXACT, LENGTH_MEAN, LENGTH_UNKNOWN } kind; /* mean: over the loops around it; unknown: taken as few */
    quantity indices;
} length;

length coster_length(const coster *c, const lstmt *loop);
quantity coster_one(const coster *c);
quantity coster_product(const coster *c, quantity a, quantity b);

op_counts coster_count(const coster *c, const lstmt_list *body);
/* Of a loop's body for one index: a loop in steps that is not over parts serves several in a pass. */
op_counts coster_index(const coster *c, const lstmt *loop);
/* As one number of operations, a function counting as several, fractions rounded up. */
const extent *coster_weight(const coster *c, const op_counts *counts);

/* The weight of the statements, of a loop's body for one index, and a loop's length when it is exact: from these it
 * follows from which size on a loop is worth running in parallel. */
const extent *cost_of(arena *mem, const lstmt_list *body);
const extent *cost_of_pass(arena *mem, const lstmt *loop);
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
    length length;
    bool parallel, lanes;
} kernel_axis;

/* A top-level group of statements behind an LS_COMMENT: one pass over memory. */
typedef struct kernel_cost {
    const char *text;             /* the comment, or NULL: copies and scalars that have none */
    lstmt_list body;              /* its statements, not to be added to */
    VEC(const lstmt *) around;    /* serial loops that run it several times, outermost first */
    quantity times;               /* indices of these */
    op_counts once;               /* of one run */
    VEC(kernel_axis) axes;        /* the loops that take longest, each in the one before it */
    int pair_axes;                /* the last of these goes over pairs, or elements; those behind it over features */
    quantity pairs;               /* indices of it in one run; 1: there is no loop */
    bool reduces;                 /* it adds up; else it stores an entry in each pass */
    op_counts per_pair;           /* what of it grows with the pairs, by them */
    VEC(buffer_use) uses;         /* arguments and workspace; what is in cache anyway does not count */
    const extent *read, *written; /* bytes */
} kernel_cost;

typedef VEC(kernel_cost) kernel_list;

/* The kernels in the order in which they run; for a GPU, each may be several launches, with the same text. Atoms of the
 * polynomials: sizes, and int inputs that bound loops. */
kernel_list loops_kernels(arena *mem, const nest_fn *f);
/* A loop around it goes on only while a condition holds: its times are the most there may be. */
bool kernel_is_limited(const kernel_cost *k);
/* The exchange of axes under which only half of the pairs are visited, in words; NULL: none. */
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
