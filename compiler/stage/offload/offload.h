/* Loop nests for a GPU: what the host does, and kernels.
 *
 * The host runs the loops over time and the choices that sizes and arguments decide, and launches kernels; it never
 * sees data. What only the GPU knows lives in its memory: a scalar that is computed from data is a buffer without axes.
 * Where data decide whether a pass or a branch is run, its kernels are launched and do nothing when it is not. */
#ifndef ADC_STAGE_OFFLOAD_H
#define ADC_STAGE_OFFLOAD_H
#include "form/loops.h"

enum {
    GPU_THREADS = 16384,        /* that have memory of their own */
    STATE_BYTES = 64 + 4 * 1056 /* of a call: its status, tickets of blocks that share sums */
};

void offload(nest_fn *f, arena *mem);

#endif
