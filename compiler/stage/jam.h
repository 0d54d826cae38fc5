/* Unroll and jam: four passes of a loop run side by side through the loops inside it.
 *
 * A sum over the features of a pair is one chain of additions, each waiting for the last: with four pairs at a time
 * there are four chains, and what does not depend on the pair is loaded once for all. A row that each pass fills
 * becomes four. Each sum keeps its order, and so its bits.
 */
#ifndef ADC_STAGE_JAM_H
#define ADC_STAGE_JAM_H
#include "form/loops.h"

void jam(nest_fn *f, arena *mem);

#endif
