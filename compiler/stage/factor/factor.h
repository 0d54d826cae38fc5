/* After derive: solve, logdet, lstsq become factorisations and what is done with them. */
#ifndef ADC_STAGE_FACTOR_H
#define ADC_STAGE_FACTOR_H
#include "form/graph_fn.h"

void factor(graph *g, graph_fn *f);

#endif
