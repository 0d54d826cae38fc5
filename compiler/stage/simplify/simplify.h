/* Algebra on the graph, by a table of rules (simplify_rules.c), to a fixed point. */
#ifndef ADC_STAGE_SIMPLIFY_H
#define ADC_STAGE_SIMPLIFY_H
#include "form/graph.h"

/* Replaces the roots by simpler ones of the same value, type and shape. Values may differ in the sign of a zero and by
 * rounding, where constants are gathered and factors leave sums: products and sums are those of real numbers there, and
 * what overflows on the way may differ. Terms never cancel (x - x stays), and what is left out stays left out: a factor
 * of a sum that may lack terms is multiplied by mulz. */
void simplify(graph *g, int n, node **roots);

/* Loops run once, without states that nothing reads or that are equal. False: nothing was found. */
bool simplify_loops(graph *g, int n, node **roots);

/* The rules, for tests and documentation: NULL after the last. */
const char *simplify_rule_formula(int k);

#endif
