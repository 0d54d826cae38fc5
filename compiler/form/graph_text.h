/* The graph as text, and back: what --emit prints and what tests of passes are written in.
 *
 *   %1 = input 0 f64[N]  # q
 *   %2 = sum (j: N) {
 *       %3 = access %1[j]
 *       %4 = sq %3
 *       yield %4
 *   }  # v, model.ad:7
 *   result v = %2
 *
 * One line per node, arguments first; constants (2.0, 2.0f, 2, true), sizes (<N-1>) and bound variables stand in place.
 * A binder is a block that holds what depends on its variables; names that would hide an outer one get a prime (i'). */
#ifndef ADC_FORM_GRAPH_TEXT_H
#define ADC_FORM_GRAPH_TEXT_H
#include "form/graph.h"

/* titles: names of the roots, may be NULL, and so may each. Opens binders, hence g. */
void graph_print(text *t, graph *g, int n, node *const *roots, const char *const *titles);

/* The number of roots, which are put in *roots (and their names in *titles, unless NULL), in the arena of g.
 * -1: *error is a message with the line. */
int graph_read(graph *g, const char *s, node ***roots, const char ***titles, const char **error);

#endif
