/* Sums of products with the fewest operations and accumulators. Real arithmetic: rounding changes.
 *
 *   c * x + d * x                   = (c + d) * x
 *   sum[j](f) + sum[j](g)           = sum[j](f + g)
 *   x * y + x * z                   = x * (y + z)
 *
 * Works on what is used once: what others need as it is stays as it is. */
#ifndef ADC_STAGE_COLLECT_H
#define ADC_STAGE_COLLECT_H
#include "form/graph.h"

/* Rewrites the roots in place. False: nothing was found. */
bool collect(graph *g, int n, node **roots);

#endif
