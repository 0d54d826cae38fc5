/* Ranges instead of tests: a loop whose terms are left out where a condition on its index fails runs over those where
 * it holds, as the taps of a window do that are inside an image. What then is in range is loaded without a guard.
 *
 * Works on reduction statements: after stage/vectorize, before stage/block. */
#ifndef ADC_STAGE_BOUND_H
#define ADC_STAGE_BOUND_H
#include "form/loops.h"

void bound(nest_fn *f, arena *mem);

#endif
