/* Helpers of CUDA modules: launching kernels, what all kernels share.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. Compiled without nvcc, AD_LAUNCH
 * is that of the shim which runs kernels on the CPU (tests/cuda/shim). */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_cuda[] = {
    {"AD_LAUNCH", "",
     "#ifdef __CUDACC__\n"
     "#define AD_LAUNCH(kernel, blocks, threads, stream) kernel<<<blocks, threads, 0, stream>>>\n"
     "#endif\n"},
    {"ad_grid", "",
     "/* So many blocks; a grid that is too large fails when it is launched. */\n"
     "static inline dim3 ad_grid(int64_t blocks, int64_t splits)\n"
     "{\n"
     "    bool possible = blocks <= INT32_MAX && splits <= 65535;\n"
     "    return possible ? dim3((unsigned)blocks, (unsigned)splits) : dim3(0, 0);\n"
     "}\n"},
    {"AD_STATE_BYTES", "",
     "/* The state of a call comes first in its workspace: its status, whether something failed, tickets of blocks. "
     "*/\n"
     "#define AD_STATE_BYTES (64 + 4 * 1056)\n"},
    {"ad_last_block", "",
     "/* Whether this is the last block to come of the gridDim.y that share the ticket, which is 0 before and after. "
     "What\n"
     " * the others have stored is then seen. */\n"
     "static __device__ inline bool ad_last_block(unsigned *ticket)\n"
     "{\n"
     "    __shared__ bool last;\n"
     "    __threadfence();\n"
     "    __syncthreads();\n"
     "    if (threadIdx.x == 0) {\n"
     "        last = atomicInc(ticket, gridDim.y - 1) == gridDim.y - 1;\n"
     "        __threadfence();\n"
     "    }\n"
     "    __syncthreads();\n"
     "    return last;\n"
     "}\n"},
    {"ad_gpu_exp2_f32", "",
     "/* 2^x within 2 ulp, 0 below 2^-126: one instruction (PTX ISA, ex2.approx). */\n"
     "static __device__ inline float ad_gpu_exp2_f32(float x)\n"
     "{\n"
     "#ifdef __CUDA_ARCH__\n"
     "    float y;\n"
     "    asm(\"ex2.approx.ftz.f32 %0, %1;\" : \"=f\"(y) : \"f\"(x));\n"
     "    return y;\n"
     "#else\n"
     "    return exp2f(x);\n"
     "#endif\n"
     "}\n"},
    {"ad_gpu_exp2_f64", "",
     "/* Minimax polynomial of 2^r, |r| <= 1/2: relative error 2.2e-16. */\n"
     "static __constant__ double ad_gpu_exp2_powers[11] = {\n"
     "    0x1p+0, 0x1.62e42fefa3a17p-1, 0x1.ebfbdff82c3b9p-3, 0x1.c6b08d703d48ap-5, 0x1.3b2ab6fbde0f7p-7,\n"
     "    0x1.5d87fe9cc5d6fp-10, 0x1.4309126056718p-13, 0x1.ffcb55e82f22cp-17, 0x1.62c157ee59177p-20,\n"
     "    0x1.b6740fc28f781p-24, 0x1.e3991e644e6abp-28};\n"
     "\n"
     "/* 2^x within 2 ulp, 0 below 2^-1022: x = n + r, and n goes into the exponent. */\n"
     "static __device__ inline double ad_gpu_exp2_f64(double x)\n"
     "{\n"
     "    const double round = 0x1.8p52;\n"
     "    double shifted = x + round, r = x - (shifted - round), y = ad_gpu_exp2_powers[10];\n"
     "    for (int i = 9; i >= 0; i--)\n"
     "        y = fma(y, r, ad_gpu_exp2_powers[i]);\n"
     "    int high = __double2hiint(x);\n"
     "    y = __hiloint2double(__double2hiint(y) + (int)((unsigned)__double2loint(shifted) << 20), "
     "__double2loint(y));\n"
     "    if ((high & 0x7fffffff) >= 0x408ff000) /* |x| >= 1022, or NaN */\n"
     "        y = x != x ? x : high < 0 ? 0.0 : x < 1024.0 ? y : (double)INFINITY;\n"
     "    return y;\n"
     "}\n"},
    {"ad_gpu_insert_@E", "",
     "/* As ad_insert_@E, K known: the lists stay in registers. */\n"
     "template <int K>\n"
     "static __device__ inline void ad_gpu_insert_@E(@T *keys, int64_t *indices, @T key, int64_t index)\n"
     "{\n"
     "    bool waits = key == key && (indices[K - 1] < 0 || key < keys[K - 1]);\n"
     "#pragma unroll\n"
     "    for (int at = K - 1; at >= 0; at--) {\n"
     "        const int before = at > 0 ? at - 1 : 0;\n"
     "        bool further = waits && at > 0 && (indices[before] < 0 || key < keys[before]);\n"
     "        keys[at] = further ? keys[before] : waits ? key : keys[at];\n"
     "        indices[at] = further ? indices[before] : waits ? index : indices[at];\n"
     "        waits = further;\n"
     "    }\n"
     "}\n"},
    {"ad_gpu_insert_largest_@E", "",
     "/* As ad_insert_largest_@E. */\n"
     "template <int K>\n"
     "static __device__ inline void ad_gpu_insert_largest_@E(@T *keys, int64_t *indices, @T key, int64_t index)\n"
     "{\n"
     "    bool waits = key == key && (indices[K - 1] < 0 || key > keys[K - 1]);\n"
     "#pragma unroll\n"
     "    for (int at = K - 1; at >= 0; at--) {\n"
     "        const int before = at > 0 ? at - 1 : 0;\n"
     "        bool further = waits && at > 0 && (indices[before] < 0 || key > keys[before]);\n"
     "        keys[at] = further ? keys[before] : waits ? key : keys[at];\n"
     "        indices[at] = further ? indices[before] : waits ? index : indices[at];\n"
     "        waits = further;\n"
     "    }\n"
     "}\n"},
    {"AD_GPU_THREADS", "",
     "/* Threads with memory of their own in the workspace. */\n"
     "#define AD_GPU_THREADS 16384\n"},
    {"ad_gpu_thread", "",
     "/* Number of this thread in its grid. */\n"
     "static __device__ inline int64_t ad_gpu_thread(void)\n"
     "{\n"
     "    return (int64_t)blockIdx.x * blockDim.x + threadIdx.x;\n"
     "}\n"},
    {"ad_spoil_@E", "",
     "/* What could not be computed is no number. */\n"
     "static __global__ void ad_spoil_@E(@T *x, int64_t n, const bool *failed)\n"
     "{\n"
     "    if (!*failed)\n"
     "        return;\n"
     "    for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (int64_t)gridDim.x * "
     "blockDim.x)\n"
     "        x[i] = (@T)NAN;\n"
     "}\n"},
    {"ad_report", "",
     "static __global__ void ad_report(int32_t *state, const bool *failed)\n"
     "{\n"
     "    if (*failed)\n"
     "        *state = AD_STATUS(AD_NUMERIC, 0);\n"
     "}\n"},
    {NULL, NULL, NULL},
};
