/* Private to stage/schedule*.c: what the terms of sums over pairs share, seen from either side of a pair.
 *
 * A pair (i, j) of a row i and a column j may serve both sides: sums of the row, s(i) = sum_j f(i, j), and sums of the
 * column, t(j) = sum_i g(i, j). Where f and g share what is costly (a kernel of the distance), each pair is visited
 * once and serves both. Two cases:
 * - symmetric: i and j run over the same rows and t(j) are the same sums as s(i), so g(i, j) = f(j, i), and half of the
 *   pairs do;
 * - joint: other sums, over another range: the gradients in x and in y of a sum over pairs (x_i, y_j). */
#ifndef ADC_STAGE_SCHEDULE_PAIRS_H
#define ADC_STAGE_SCHEDULE_PAIRS_H
#include "stage/schedule/schedule_state.h"

typedef enum pair_side { ROWS, COLUMNS, SIDES } pair_side;

/* What a pair adds to a sum of its row i, and of its column j: functions of i and j. NULL: nothing. */
typedef struct pair_term {
    node *by_side[SIDES];
} pair_term;

/* One of the sums, for some constant entries (q[i, 0], q[i, 1], ...): shape [rows or columns, ...]. */
typedef struct pair_sum {
    node *sum; /* in the items, with free axes `at` and the entries' */
    var *at;   /* the axis of the items */
    int naxes;
    var **axes; /* of the entries: constant extents */
    int first;  /* number of its first term */
    int nterms;
    pair_side side; /* joint: of which side it is a sum */
    bool in_total;  /* only the sum over the rows counts, and both sides of a pair give it the same: rows count twice */
    buffer *buffers[SIDES]; /* partial results, [rows or columns, sizes of the entries]; NULL: none on this side */
    var *params[SIDES];     /* that stand for them */
} pair_sum;

typedef struct pair_plan {
    bool symmetric;
    var *axes[SIDES]; /* i, j */
    VEC(pair_sum) sums;
    VEC(pair_term) terms;
} pair_plan;

/* The sums of the items' rows that are worth it; NULL: not all are, or it does not pay. */
pair_plan *find_pairs(scheduler *s, int n, item *const *items);
/* The same for the rows of one group and the columns of another. */
pair_plan *find_joint_pairs(scheduler *s, int nrows, item *const *rows, int ncolumns, item *const *columns);

/* schedule_pairs.c: computes the sums of the plan, and lets the items use them; the condition under which there are
 * enough rows for it. */
void emit_pair_sums(scheduler *s, block *b, pair_plan *plan, int n, item *const *items, lstmt_list *out);
lexpr *pairs_condition(scheduler *s, const pair_plan *plan);

#endif
