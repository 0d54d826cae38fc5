/* Private to stage/simplify*.c. */
#ifndef ADC_STAGE_SIMPLIFY_STATE_H
#define ADC_STAGE_SIMPLIFY_STATE_H
#include "form/graph.h"

/* A node whose arguments are simple already. */
typedef struct rewrite {
    graph *g;
    node *n;     /* as it was: for op, type, shape */
    node **args; /* simple; of a binder the inside ones are in terms of vars */
    var **vars;  /* of a binder: fresh */
} rewrite;

typedef struct simplify_rule {
    op op;
    node *(*apply)(const rewrite *w); /* NULL: does not apply */
    const char *formula;
} simplify_rule;

/* Sorted by op; ends with formula NULL. */
extern const simplify_rule simplify_rules[];

/* The value of a pointwise op on constants, or NULL when it is better left to the run. */
node *simplify_fold(const rewrite *w);
/* Constants, sizes, variables and arithmetic on them: nothing that could be read out of range. */
bool simplify_is_plain(const node *n);
/* Rules of reductions, see simplify_reduce.c. */
node *simplify_reduce_empty(const rewrite *w);
node *simplify_reduce_unit_axis(const rewrite *w);
node *simplify_reduce_delta(const rewrite *w);
/* What leaves a reduction, see simplify_factor.c. */
node *simplify_sum_factor(const rewrite *w);
node *simplify_sum_count(const rewrite *w);
node *simplify_sum_split(const rewrite *w);
node *simplify_sum_select(const rewrite *w);
node *simplify_reduce_condition(const rewrite *w);
node *simplify_extremum_term(const rewrite *w);
/* Constant factors, see simplify_scale.c. */
node *simplify_scale_mul(const rewrite *w);
node *simplify_scale_div(const rewrite *w);
node *simplify_scale_neg(const rewrite *w);
node *simplify_scale_add(const rewrite *w);
node *simplify_order_factor(const rewrite *w);
node *simplify_sub_of_neg(const rewrite *w);
/* Remainders and quotients, see simplify_mod.c. */
node *simplify_mod_sum(const rewrite *w);
node *simplify_digits(const rewrite *w);
/* An order of values that outlives opening and closing: by op, by what is written, by the order of variables. */
int simplify_order(const node *a, const node *b);

#endif
