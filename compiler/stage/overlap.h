/* Passes that overlap: the slow functions of the next pass of a loop run beside what this pass does with its own.
 *
 * The exponential of a pair is one chain of some fifteen operations, each waiting for the last, and all that is added
 * up with it waits for its end. A processor that looks ahead over two passes has too little else to do. Software
 * pipelining (Lam, PLDI 1988) with two stages: what the slow functions need, and the rest. A loop is only marked here,
 * with the statements of its first stage in front; results do not change.
 */
#ifndef ADC_STAGE_OVERLAP_H
#define ADC_STAGE_OVERLAP_H
#include "form/loops.h"

void overlap(nest_fn *f, arena *mem);

#endif
