/* Fused graph to loop nests. Every tensor node that is left becomes a buffer and a nest that fills it;
 * reductions over the same axes in the same place share one loop. */
#ifndef ADC_STAGE_SCHEDULE_H
#define ADC_STAGE_SCHEDULE_H
#include "form/graph_fn.h"
#include "form/loops.h"

enum { CPU_THREADS = 64 }; /* of the generated code, at most */

/* For a GPU in the plainest form: one loop for each axis; how rows and sums meet threads is for later stages. */
nest_fn *schedule(graph *g, const graph_fn *f, sum_mode sums, target_kind target);

#endif
