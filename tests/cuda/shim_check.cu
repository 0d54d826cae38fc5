/* What the shim promises: kernels that meet at barriers and in warps give the right numbers, and each mistake that it is
 * there to find ends the program. shim_check NAME runs one of the cases at the end; those that must fail are marked. */
#include <cuda_runtime.h>

#ifndef AD_LAUNCH
#define AD_LAUNCH(kernel, blocks, threads, stream) kernel<<<blocks, threads, 0, stream>>>
#endif

enum { THREADS = 96, N = 1000 };

static void require(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static double *device_copy(const double *x, size_t n)
{
    double *p;
    require(cudaMalloc(&p, n * sizeof *p) == cudaSuccess, "cudaMalloc");
    cudaMemcpy(p, x, n * sizeof *p, cudaMemcpyHostToDevice);
    return p;
}

static double first(const double *p)
{
    double v;
    cudaMemcpy(&v, p, sizeof v, cudaMemcpyDeviceToHost);
    return v;
}

/* ---- Sums: in shared memory, by shuffles, over blocks by the last one. ---- */

__global__ static void block_sum(int n, const double *x, double *sums)
{
    __shared__ double part[THREADS];
    double s = 0;
    for (int i = (int)(blockIdx.x * THREADS + threadIdx.x); i < n; i += (int)(gridDim.x * THREADS))
        s += x[i];
    part[threadIdx.x] = s;
    __syncthreads();
    for (unsigned half = THREADS; half > 1;) {
        const unsigned rest = half;
        half = (half + 1) / 2;
        if (threadIdx.x + half < rest)
            part[threadIdx.x] += part[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0)
        sums[blockIdx.x] = part[0];
}

__global__ static void warp_sum(const double *x, double *sum)
{
    double s = x[threadIdx.x];
    for (int k = 16; k > 0; k /= 2)
        s += __shfl_xor_sync(0xffffffffu, s, k);
    const double t = __shfl_sync(0xffffffffu, s, 5), below = __shfl_up_sync(0xffffffffu, (double)threadIdx.x, 1);
    const int odd = __any_sync(0xffffffffu, threadIdx.x == 3), all = __all_sync(0xffffffffu, threadIdx.x < 40);
    if (threadIdx.x == 31)
        sum[0] = t + (below == 30 ? 1000 : 0) + (odd && all ? 100000 : 0);
}

__global__ static void last_block_sum(const double *x, double *parts, unsigned *ticket, double *sum)
{
    parts[blockIdx.x] = x[blockIdx.x];
    __threadfence();
    if (atomicInc(ticket, gridDim.x - 1) < gridDim.x - 1)
        return;
    double s = 0;
    for (unsigned i = 0; i < gridDim.x; i++)
        s += parts[i];
    *sum = s;
}

static void sums()
{
    double x[N], total = 0;
    for (int i = 0; i < N; i++)
        total += x[i] = i + 1;
    double *in = device_copy(x, N), *out = device_copy(x, 64);
    unsigned *ticket;
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    cudaMalloc(&ticket, sizeof *ticket);
    cudaMemsetAsync(ticket, 0, sizeof *ticket, stream);
    AD_LAUNCH(block_sum, 3, THREADS, stream)(N, in, out);
    AD_LAUNCH(block_sum, 1, THREADS, stream)(3, out, out + 3);
    cudaStreamSynchronize(stream);
    require(first(out + 3) == total, "sum over blocks and barriers");
    AD_LAUNCH(warp_sum, 1, 32, stream)(in, out);
    cudaStreamSynchronize(stream);
    require(first(out) == 528 + 1000 + 100000, "shuffles and votes");
    for (int again = 0; again < 2; again++) {
        AD_LAUNCH(last_block_sum, 50, 1, stream)(in, out + 1, ticket, out);
        cudaStreamSynchronize(stream);
        require(first(out) == 1275, "the last block's sum");
    }
    cudaStreamDestroy(stream);
    cudaFree(in);
    cudaFree(out);
    cudaFree(ticket);
}

/* ---- Streams and graphs. ---- */

__global__ static void add_one(double *x)
{
    x[threadIdx.x] += 1;
}

static void graphs()
{
    const double zero[2] = {0, 0};
    double *x = device_copy(zero, 2), seen = -1;
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    cudaStreamCreate(&stream);
    AD_LAUNCH(add_one, 1, 2, stream)(x);
    cudaMemcpyAsync(&seen, x, sizeof seen, cudaMemcpyDeviceToHost, stream);
    require(seen == -1, "a stream runs nothing before somebody waits");
    cudaStreamSynchronize(stream);
    require(seen == 1, "a stream runs when somebody waits");
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
    AD_LAUNCH(add_one, 1, 2, stream)(x);
    AD_LAUNCH(add_one, 1, 1, stream)(x);
    require(cudaStreamSynchronize(stream) != cudaSuccess, "no waiting while a stream is captured");
    cudaStreamEndCapture(stream, &graph);
    cudaGraphInstantiate(&exec, graph, 0);
    for (int i = 0; i < 3; i++)
        cudaGraphLaunch(exec, stream);
    cudaStreamSynchronize(stream);
    require(first(x) == 7 && first(x + 1) == 4, "a graph runs as often as it is launched");
    cudaGraphExecDestroy(exec);
    cudaGraphDestroy(graph);
    cudaStreamDestroy(stream);
    cudaFree(x);
}

/* ---- Errors that calls report. ---- */

static void errors()
{
    double *x = NULL;
    AD_LAUNCH(add_one, 1, 2000, (cudaStream_t)0)(x);
    require(cudaGetLastError() != cudaSuccess && cudaGetLastError() == cudaSuccess, "too many threads");
    setenv("SHIM_MEMORY", "100", 1);
    require(cudaMalloc(&x, 101) == cudaErrorMemoryAllocation && !x, "no memory");
    setenv("SHIM_DEVICES", "0", 1);
    require(cudaMalloc(&x, 1) == cudaErrorNoDevice, "no device");
}

/* ---- Mistakes. ---- */

template <class F> static void with_memory(F kernel, int threads)
{
    double *x = device_copy((const double[4]){1, 2, 3, 4}, 4);
    AD_LAUNCH(kernel, 1, (unsigned)threads, (cudaStream_t)0)(x);
    cudaDeviceSynchronize();
    first(x);
    cudaFree(x);
}

__global__ static void leaves(double *x)
{
    if (threadIdx.x == 2)
        return;
    __syncthreads();
    x[0] = 0;
}

__global__ static void leaves_a_warp(double *x)
{
    if (threadIdx.x == 2)
        return;
    x[0] = __shfl_sync(0xffffffffu, x[0], 3);
}

__global__ static void waits_elsewhere(double *x)
{
    if (threadIdx.x == 2)
        __syncthreads();
    else
        __syncthreads();
    x[0] = 0;
}

__global__ static void reads_beyond(double *x)
{
    x[0] = x[32 + threadIdx.x];
}

__global__ static void reads_shared(double *x)
{
    __shared__ double unwritten[2];
    if (threadIdx.x > 5)
        unwritten[0] = x[0];
    x[0] = unwritten[threadIdx.x] + 1;
    if (isnan(x[0]))
        abort();
}

__global__ static void races(double *x)
{
    __shared__ double value[64];
    value[threadIdx.x] = x[0];
#ifndef SHIM_THREADS
    __syncthreads();
#endif
    x[1 + threadIdx.x % 2] = value[threadIdx.x ^ 1];
}

static void leaks()
{
    device_copy((const double[1]){1}, 1);
}

static void host_reads_device()
{
    require(*device_copy((const double[1]){1}, 1) == 2, "reading device memory");
}

static void kernel_reads_host()
{
    double x[2] = {1, 2};
    AD_LAUNCH(add_one, 1, 2, (cudaStream_t)0)(x);
}

static void copies_wrongly()
{
    double x[2] = {1, 2}, y[2];
    cudaMemcpy(y, x, sizeof x, cudaMemcpyDeviceToHost);
}

static const struct {
    const char *name;
    void (*run)();
} cases[] = {
    {"sums", sums},
    {"graphs", graphs},
    {"errors", errors},
    {"fails leaks", leaks},
    {"fails host_reads_device", host_reads_device},
    {"fails kernel_reads_host", kernel_reads_host},
    {"fails copies_wrongly", copies_wrongly},
    {"fails leaves", [] { with_memory(leaves, 5); }},
    {"fails leaves_a_warp", [] { with_memory(leaves_a_warp, 5); }},
    {"fails waits_elsewhere", [] { with_memory(waits_elsewhere, 5); }},
    {"fails reads_beyond", [] { with_memory(reads_beyond, 1); }},
    {"fails reads_shared", [] { with_memory(reads_shared, 2); }},
    {"races", [] { with_memory(races, 64); }},
};

int main(int argc, char **argv)
{
    for (const auto &c : cases)
        if (argc < 2)
            puts(c.name);
        else if (!strcmp(c.name, argv[1])) {
            c.run();
            return 0;
        }
    return argc < 2 ? 0 : 2;
}
