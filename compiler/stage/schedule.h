/* Fused graph to loop nests for the CPU. Every tensor node that is left becomes a buffer and a nest that fills it;
 * reductions over the same axes in the same place share one loop. */
#ifndef ADC_STAGE_SCHEDULE_H
#define ADC_STAGE_SCHEDULE_H
#include "form/graph_fn.h"
#include "form/loops.h"

nest_fn *schedule(graph *g, const graph_fn *f, sum_mode sums);

#endif
