/* Long reductions in blocks: each block has a state of its own, joined to the whole at its end.
 *
 * A sum of n terms then has the rounding error of a block's length plus the number of blocks, not of n; a logsumexp
 * knows the greatest term of a block before it takes exponentials, so that each term needs only one. */
#ifndef ADC_STAGE_BLOCK_H
#define ADC_STAGE_BLOCK_H
#include "form/loops.h"

void block(nest_fn *f, arena *mem);

#endif
