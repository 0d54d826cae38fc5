/* Reduction statements (LS_ACC, LS_ADD, LS_JOIN) to plain ones. The last pass that knows what a reduction is. */
#ifndef ADC_STAGE_ACCUMULATE_H
#define ADC_STAGE_ACCUMULATE_H
#include "form/loops.h"

void accumulate(nest_fn *f, arena *mem);

#endif
