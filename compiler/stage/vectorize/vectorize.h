/* Loops in lanes: one pass of a loop serves AD_LANES of its indices, each in a lane of a vector.
 *
 * The loop is chosen per nest, by cost: mostly the rows of a kernel, whose inner loops then run once for all lanes with
 * what does not depend on the row as a plain scalar (no horizontal sums, no gathers); else the reduced axis, with a
 * partial state per lane that is joined at the end. What the body does not allow, stays as it is.
 *
 * Works on what schedule made: before reductions are expanded (stage/accumulate) and expressions folded
 * (stage/collapse).
 */
#ifndef ADC_STAGE_VECTORIZE_H
#define ADC_STAGE_VECTORIZE_H
#include "form/loops.h"

void vectorize(nest_fn *f, arena *mem);

#endif
