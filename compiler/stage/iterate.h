/* Makes loops of the solvers, once no derivative is left to be taken. */
#ifndef ADC_STAGE_ITERATE_H
#define ADC_STAGE_ITERATE_H
#include "form/graph_fn.h"

/* Rewrites the outs and checks of f in place. */
void iterate(graph *g, graph_fn *f);

#endif
