/* Helpers of CUDA modules for functions on the caller's arrays: their copies on the device.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_cuda_host[] = {
    {"ad_array", "",
     "/* An array of the caller and its copy on the device. */\n"
     "typedef struct ad_array {\n"
     "    const void *from; /* what the copy is before the call; or NULL */\n"
     "    void *to;         /* where it is written after the call; or NULL */\n"
     "    size_t bytes;\n"
     "    void *device; /* NULL: not wanted, or empty */\n"
     "} ad_array;\n"},
    {"ad_device_status", "",
     "static ad_status ad_device_status(cudaError_t e)\n"
     "{\n"
     "    if (e == cudaSuccess)\n"
     "        return AD_OK;\n"
     "    return e == cudaErrorMemoryAllocation ? AD_STATUS(AD_MEMORY, 0) : AD_STATUS(AD_DEVICE, 0);\n"
     "}\n"},
    {"ad_open", "ad_array ad_device_status",
     "/* A stream, and device memory for n arrays, filled from the caller's; the last one is the workspace. */\n"
     "static ad_status ad_open(ad_array *a, int n, cudaStream_t *stream)\n"
     "{\n"
     "    cudaError_t e = cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking);\n"
     "    for (int i = 0; i < n && e == cudaSuccess; i++)\n"
     "        if (a[i].bytes > 0 && (a[i].from || a[i].to || i == n - 1))\n"
     "            e = cudaMalloc(&a[i].device, a[i].bytes);\n"
     "    for (int i = 0; i < n && e == cudaSuccess; i++)\n"
     "        if (a[i].device && a[i].from)\n"
     "            e = cudaMemcpyAsync(a[i].device, a[i].from, a[i].bytes, cudaMemcpyHostToDevice, *stream);\n"
     "    return ad_device_status(e);\n"
     "}\n"},
    {"ad_close", "ad_array ad_device_status ad_aligned",
     "/* Waits for the call; writes its results to the caller's arrays, unless it found wrong data; frees everything. "
     "*/\n"
     "static ad_status ad_close(ad_array *a, int n, cudaStream_t stream, ad_status status)\n"
     "{\n"
     "    cudaError_t e = cudaSuccess;\n"
     "    int32_t state = AD_OK;\n"
     "    if (status == AD_OK) {\n"
     "        e = cudaMemcpyAsync(&state, ad_aligned(a[n - 1].device), sizeof state, cudaMemcpyDeviceToHost, stream);\n"
     "        if (e == cudaSuccess)\n"
     "            e = cudaStreamSynchronize(stream);\n"
     "        status = e == cudaSuccess ? (ad_status)state : ad_device_status(e);\n"
     "    }\n"
     "    const bool is_done = status == AD_OK || AD_STATUS_CODE(status) == AD_NUMERIC;\n"
     "    for (int i = 0; i < n && is_done && e == cudaSuccess; i++)\n"
     "        if (a[i].device && a[i].to)\n"
     "            e = cudaMemcpyAsync(a[i].to, a[i].device, a[i].bytes, cudaMemcpyDeviceToHost, stream);\n"
     "    if (stream && cudaStreamSynchronize(stream) != cudaSuccess && status == AD_OK)\n"
     "        status = AD_STATUS(AD_DEVICE, 0);\n"
     "    for (int i = 0; i < n; i++)\n"
     "        cudaFree(a[i].device);\n"
     "    if (stream)\n"
     "        cudaStreamDestroy(stream);\n"
     "    cudaGetLastError(); /* it is told by the status */\n"
     "    return e == cudaSuccess || status != AD_OK ? status : ad_device_status(e);\n"
     "}\n"},
    {NULL, NULL, NULL},
};
