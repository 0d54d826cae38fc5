/* Operations that a graph takes, as polynomial in the sizes: a value is computed once for each point of the axes around
 * it up to the innermost that it depends on, and once for all that use it in one pass. A sum below the last axis of a
 * tensor is taken to have an accumulator for each of its points. */
#ifndef ADC_TESTS_GRAPH_COST_H
#define ADC_TESTS_GRAPH_COST_H
#include "form/graph.h"

const extent *graph_cost(graph *g, int n, node *const *roots);

#endif
