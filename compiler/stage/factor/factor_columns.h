/* Part of factor: systems with the same matrix, one for each point of some axes, become one with many right sides. */
#ifndef ADC_STAGE_FACTOR_COLUMNS_H
#define ADC_STAGE_FACTOR_COLUMNS_H
#include "form/graph_fn.h"

void factor_columns(graph *g, graph_fn *f);

#endif
