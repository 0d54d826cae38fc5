/* Reduction statements (LS_ACC, LS_ADD, LS_JOIN) to plain ones. The last pass that knows what a reduction is. A term
 * that is a product is added before it is rounded, as fuse_contract (stage/fuse/fuse.h) says of other additions. */
#ifndef ADC_STAGE_ACCUMULATE_H
#define ADC_STAGE_ACCUMULATE_H
#include "form/loops.h"

void accumulate(nest_fn *f, arena *mem);

#endif
