/* Lets a host compiler compile CUDA C: kernels run on the processor, a fiber (or, with -DSHIM_THREADS, an operating
 * system's thread) for each thread of a block, one block after the other.
 *
 * It is stricter than a GPU, because it is for tests: fresh device and shared memory is full of NaN, device pointers
 * cannot be read by the host nor host pointers by kernels, streams run nothing before somebody waits for them, threads
 * that do not meet at a barrier and memory that is never freed end the program with a message. */
#ifndef SHIM_CUDA_RUNTIME_H
#define SHIM_CUDA_RUNTIME_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* State that the files of one program share. */
#define SHIM_STATE inline __attribute__((visibility("hidden")))

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
/* All of a file's shared memory lies in one section, so that it can be filled. */
#define __shared__ static __attribute__((section("shim_shared")))

#define AD_LAUNCH(kernel, blocks, threads, stream) shim::launch(kernel, blocks, threads, stream)

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_)
    {
    }
};
struct uint3 {
    unsigned x, y, z;
};

#include "shim_vectors.h"

#include "shim_block.h"

#include "shim_warp.h"

#include "shim_device.h"

#include "shim_intrinsics.h"

#endif
