/* Private to stage/schedule*.c: what the terms of sums over pairs have in common with their mirror images.
 *
 * The sums of a group of rows, s_k(i) = sum_j f_k(i, j) with i and j over the same range, need f_k(i, j) for the row i
 * and f_k(j, i) for the row j: where the two share what is costly (a kernel of the distance), each pair is visited once
 * and serves both. */
#ifndef ADC_STAGE_SCHEDULE_SYMMETRY_H
#define ADC_STAGE_SCHEDULE_SYMMETRY_H
#include "stage/schedule_state.h"

typedef struct pair_term {
    node *here, *mirror; /* f(i, j), f(j, i) */
} pair_term;

/* The sum over j in a row, for some constant entries (q[i, 0], q[i, 1], ...): shape [size, ...]. */
typedef struct pair_sum {
    node *sum; /* in the rows, with free axes i and the entries' */
    int naxes;
    var **axes; /* of the entries: constant extents */
    int first;  /* number of its first term */
    int nterms;
    bool in_total; /* only the sum over the rows counts, and both sides of a pair give it the same: rows count twice */
    buffer *row, *column; /* partial results of either side, [N, sizes of the entries]; no column in a total */
    var *row_param, *column_param;
} pair_sum;

typedef struct pair_plan {
    var *i, *j;
    VEC(pair_sum) sums;
    VEC(pair_term) terms;
} pair_plan;

/* The sums of the items' rows that are worth it; NULL: not all are, or it does not pay. */
pair_plan *find_pairs(scheduler *s, int n, item *const *items);

#endif
