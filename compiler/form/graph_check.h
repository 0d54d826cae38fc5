/* Verifier: every node is as its constructor makes it. Run between stages in debug builds. */
#ifndef ADC_FORM_GRAPH_CHECK_H
#define ADC_FORM_GRAPH_CHECK_H
#include "form/graph.h"

/* NULL, or what is wrong and with which node, in the arena of g. */
const char *graph_check(graph *g, int n, node *const *roots);

#endif
