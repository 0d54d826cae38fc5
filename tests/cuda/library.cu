/* Calls of libraries on streams: failure is noted on the device and forgotten by the next call, calls in two streams at
 * the same time, and, with the shim, a graph of one. */
#include <cuda_runtime.h>
#include <math.h>
#include <stdio.h>

#include "library.h"

#define CHECK(x) ((x) ? (void)0 : (printf("line %d: %s\n", __LINE__, #x), failures++, (void)0))
static int failures;

enum { N = 2, LARGE = 70 };
static const double regular[] = {3, 1, 0.5, 2}, singular[] = {1, 2, 2, 4}, right[] = {1, 2};
static const double nan_inside[] = {3, NAN, 0.5, 2};

struct call {
    double *A, *b, *x;
    void *workspace;
    size_t bytes;
    cudaStream_t stream;

    call() : bytes(library_solved_workspace_cuda(N))
    {
        cudaMalloc(&A, sizeof regular);
        cudaMalloc(&b, sizeof right);
        cudaMalloc(&x, sizeof right);
        cudaMalloc(&workspace, bytes);
        cudaStreamCreate(&stream);
        cudaMemcpy(b, right, sizeof right, cudaMemcpyHostToDevice);
    }
    ~call()
    {
        cudaFree(A);
        cudaFree(b);
        cudaFree(x);
        cudaFree(workspace);
        cudaStreamDestroy(stream);
    }
    ad_status enqueue(const double *matrix)
    {
        cudaMemcpyAsync(A, matrix, sizeof regular, cudaMemcpyHostToDevice, stream);
        return library_solved_cuda(N, A, b, x, workspace, bytes, stream);
    }
    ad_status wait()
    {
        return library_module_cuda.device->wait(stream, workspace);
    }
    /* 1: the solution for the regular matrix, 0: NaN, -1: something else. */
    int solved() const
    {
        double got[2];
        cudaMemcpy(got, x, sizeof got, cudaMemcpyDeviceToHost);
        if (isnan(got[0]) && isnan(got[1]))
            return 0;
        return fabs(got[0]) < 1e-14 && fabs(got[1] - 1) < 1e-14 ? 1 : -1;
    }
};

static void failing()
{
    call c;
    CHECK(c.enqueue(regular) == AD_OK && c.wait() == AD_OK && c.solved() == 1);
    CHECK(c.enqueue(singular) == AD_OK && c.wait() == AD_STATUS(AD_NUMERIC, 0) && c.solved() == 0);
    CHECK(c.enqueue(nan_inside) == AD_OK && c.wait() == AD_OK && c.solved() == 0);
    CHECK(c.enqueue(regular) == AD_OK && c.wait() == AD_OK && c.solved() == 1);
}

static void two_streams()
{
    call c, d;
    CHECK(c.enqueue(regular) == AD_OK && d.enqueue(singular) == AD_OK);
    CHECK(d.wait() == AD_STATUS(AD_NUMERIC, 0) && d.solved() == 0);
    CHECK(c.wait() == AD_OK && c.solved() == 1);
}

/* More lengths than plans are kept. */
static void waves()
{
    for (int n = 1; n <= 80; n++) {
        double x[80] = {1}, re[80], im[80];
        CHECK(library_wave_host(n, x, re, im, NULL, 0) == AD_OK);
        CHECK(fabs(re[n - 1] - 1) < 1e-14 && fabs(im[n - 1]) < 1e-14);
    }
}

static void products()
{
    static double A[LARGE * LARGE], got[LARGE * LARGE], plain[LARGE * LARGE];
    for (int i = 0; i < LARGE * LARGE; i++)
        A[i] = i % 17 - 5;
    for (int i = 0; i < LARGE * LARGE; i++)
        for (int k = 0; k < LARGE; k++)
            plain[i] += A[i / LARGE * LARGE + k] * A[k * LARGE + i % LARGE];
    CHECK(library_product_host(LARGE, A, got, NULL, 0) == AD_OK);
    bool same = true;
    for (int i = 0; i < LARGE * LARGE; i++)
        same = same && got[i] == plain[i];
    CHECK(same);
}

#ifdef SHIM_CUDA_RUNTIME_H
static void in_graph()
{
    call c;
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    cudaStreamBeginCapture(c.stream, cudaStreamCaptureModeGlobal);
    CHECK(library_solved_cuda(N, c.A, c.b, c.x, c.workspace, c.bytes, c.stream) == AD_OK);
    cudaStreamEndCapture(c.stream, &graph);
    cudaGraphInstantiate(&exec, graph, 0);
    const double *const matrices[] = {regular, singular, regular};
    for (int i = 0; i < 3; i++) {
        cudaMemcpy(c.A, matrices[i], sizeof regular, cudaMemcpyHostToDevice);
        cudaGraphLaunch(exec, c.stream);
        CHECK(c.wait() == (i == 1 ? AD_STATUS(AD_NUMERIC, 0) : AD_OK) && c.solved() == (i != 1));
    }
    cudaGraphExecDestroy(exec);
    cudaGraphDestroy(graph);
}
#endif

int main()
{
    failing();
    two_streams();
    waves();
    products();
#ifdef SHIM_CUDA_RUNTIME_H
    in_graph();
#endif
    return failures > 0;
}
