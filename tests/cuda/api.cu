/* The functions of a CUDA module, compiled for D = 3, as a program calls them, held against those of the C module that is linked beside it:
 * on the caller's arrays, on the device's with a stream, captured in a graph, through the table; and every status. */
#include <cuda_runtime.h>

#include "model.h"
#include "model_f32.h"

enum { N = 70, D = 3, STEPS = 5 };

static int failures;

static void check(bool ok, const char *what, int line)
{
    if (ok)
        return;
    fprintf(stderr, "failed: %s (line %d)\n", what, line);
    failures++;
}
#define CHECK(condition) check(condition, #condition, __LINE__)

static double q[N * D], p[N * D], w[N];

static void fill()
{
    for (int i = 0; i < N * D; i++) {
        q[i] = sin(1.7 * i) + 0.01 * i;
        p[i] = cos(0.9 * i);
        w[i % N] = 0.02 + 0.001 * (i % N);
    }
}

static bool near(const double *a, const double *b, int n, double tolerance = 1e-12)
{
    double scale = 0, error = 0;
    for (int i = 0; i < n; i++) {
        scale = fmax(scale, fabs(a[i]));
        error = fmax(error, fabs(a[i] - b[i]));
        if (!(fabs(a[i] - b[i]) <= 1e300))
            return false;
    }
    return error <= tolerance * scale;
}

/* ---- Arrays on the device. ---- */

template <class T> static T *on_device(const T *x, size_t n)
{
    T *d = NULL;
    CHECK(cudaMalloc(&d, n * sizeof *d) == cudaSuccess);
    if (x)
        cudaMemcpy(d, x, n * sizeof *d, cudaMemcpyHostToDevice);
    return d;
}

template <class T> static void read_back(T *x, const T *d, size_t n)
{
    cudaMemcpy(x, d, n * sizeof *d, cudaMemcpyDeviceToHost);
}

static int32_t state_of(const void *workspace)
{
    int32_t state;
    const char *place = (const char *)workspace + (64 - (uintptr_t)workspace % 64) % 64;
    cudaMemcpy(&state, place, sizeof state, cudaMemcpyDeviceToHost);
    return state;
}

/* ---- The caller's arrays. ---- */

static void on_host()
{
    double s = 1.3, value[2], grad_q[2][N * D], grad_p[2][N * D], grad_s[2];
    CHECK(model_energy_grad(N, D, q, p, s, &value[0], grad_q[0], grad_p[0], &grad_s[0], NULL, 0) == AD_OK);
    CHECK(model_energy_grad_host(N, D, q, p, s, &value[1], grad_q[1], grad_p[1], &grad_s[1], NULL, 0) == AD_OK);
    CHECK(near(&value[0], &value[1], 1) && near(grad_q[0], grad_q[1], N * D) && near(grad_p[0], grad_p[1], N * D));
    CHECK(near(&grad_s[0], &grad_s[1], 1));

    double before = value[1] = -7, only[N * D];
    CHECK(model_energy_grad_host(N, D, q, p, s, NULL, NULL, only, NULL, NULL, 0) == AD_OK);
    CHECK(near(grad_p[0], only, N * D) && value[1] == before);

    float qf[N * D], pf[N * D], valuef;
    for (int i = 0; i < N * D; i++) {
        qf[i] = (float)q[i];
        pf[i] = (float)p[i];
    }
    CHECK(model_f32_energy_f32_host(N, D, qf, pf, 1.3f, &valuef, NULL, 0) == AD_OK);
    double single = valuef;
    CHECK(near(&value[0], &single, 1, 1e-5));

    double empty = 3;
    CHECK(model_energy_host(0, D, NULL, NULL, s, &empty, NULL, 0) == AD_OK && empty == 0);
}

static void wrong_on_host()
{
    const double x[4] = {1, -2, 3, 4};
    const int64_t k[3] = {2, 1, 1}, beyond[3] = {2, 1, 4};
    double picked[3] = {7, 7, 7}, steady[2] = {1, 1};
    int64_t place[3] = {7, 7, 7}, n = 0;
    bool found[3] = {false, false, true};
    CHECK(model_pick_host(4, 3, x, k, true, picked, place, found, NULL, 0) == AD_OK);
    CHECK(picked[0] == 3 && picked[2] == -2 && place[0] == 1 && found[0] && !found[1]);
    picked[0] = 7;
    const ad_status outside = AD_STATUS_OF_RULE(AD_INDEX, 1, 1);
    CHECK(model_pick_host(4, 3, x, beyond, true, picked, place, found, NULL, 0) == outside);
    CHECK(picked[0] == 7 && place[0] == 1);
    CHECK(model_pick_host(4, 3, NULL, k, true, picked, place, found, NULL, 0) == AD_STATUS(AD_NULL, 0));
    CHECK(model_pick_host(4, 3, x, NULL, true, picked, place, found, NULL, 0) == AD_STATUS(AD_NULL, 1));
    CHECK(model_pick_host(-4, 3, x, k, true, picked, place, found, NULL, 0) == AD_STATUS(AD_SIZE, 0));
    CHECK(model_pick_host(4, INT64_MAX / 2, x, k, true, picked, place, found, NULL, 0) == AD_STATUS(AD_SIZE, 1));
    const double grows[2] = {0.1, 1.2};
    CHECK(AD_STATUS_CODE(model_steady_host(2, grows, steady, &n, NULL, 0)) == AD_NUMERIC);
    CHECK(isnan(steady[0]) && isnan(steady[1]));
    const double shrinks[2] = {0.1, 0.2};
    CHECK(model_steady_host(2, shrinks, steady, &n, NULL, 0) == AD_OK && fabs(steady[1] - 1.25) < 1e-9 && n == 7);
}

/* ---- A stream. ---- */

struct flow_call {
    double *q, *w, *moved, *travelled;
    void *workspace;
    size_t bytes;

    flow_call() : q(on_device(::q, N * D)), w(on_device(::w, N)), moved(on_device<double>(NULL, N * D))
    {
        travelled = on_device<double>(NULL, 1);
        bytes = model_flow_workspace_cuda(N, D);
        workspace = on_device<char>(NULL, bytes + 8);
    }
    ~flow_call()
    {
        cudaFree(q);
        cudaFree(w);
        cudaFree(moved);
        cudaFree(travelled);
        cudaFree(workspace);
    }
    ad_status enqueue(void *space, size_t size, cudaStream_t stream) const
    {
        return model_flow_cuda(N, D, q, w, STEPS, 0.1, moved, travelled, space, size, stream);
    }
};

static void on_stream()
{
    flow_call f;
    double moved[2][N * D], travelled[2];
    CHECK(model_flow(N, D, q, w, STEPS, 0.1, moved[0], &travelled[0], NULL, 0) == AD_OK);
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    CHECK(f.enqueue(NULL, 0, stream) == AD_STATUS(AD_WORKSPACE, 0));
    CHECK(f.enqueue(f.workspace, f.bytes - 1, stream) == AD_STATUS(AD_WORKSPACE, 0));
    CHECK(f.enqueue((char *)f.workspace + 8, f.bytes, stream) == AD_OK);
    cudaStreamSynchronize(stream);
    read_back(moved[1], f.moved, N * D);
    read_back(&travelled[1], f.travelled, 1);
    CHECK(near(moved[0], moved[1], N * D) && near(&travelled[0], &travelled[1], 1));
    CHECK(state_of((char *)f.workspace + 8) == AD_OK);
    CHECK(model_flow_cuda(-1, D, f.q, f.w, STEPS, 0.1, f.moved, NULL, f.workspace, f.bytes, stream) ==
          AD_STATUS(AD_SIZE, 0));
    CHECK(model_flow_cuda(N, D, NULL, f.w, STEPS, 0.1, f.moved, NULL, f.workspace, f.bytes, stream) ==
          AD_STATUS(AD_NULL, 0));
    cudaStreamDestroy(stream);
}

/* A graph of the call runs again on whatever the arrays then hold. */
static void in_graph()
{
    flow_call f;
    double moved[2][N * D], travelled;
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    cudaStreamCreate(&stream);
    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal) == cudaSuccess);
    CHECK(f.enqueue(f.workspace, f.bytes, stream) == AD_OK);
    CHECK(cudaStreamEndCapture(stream, &graph) == cudaSuccess);
    CHECK(cudaGraphInstantiate(&exec, graph, 0) == cudaSuccess);
    for (int again = 0; again < 2; again++) {
        double other[N * D];
        for (int i = 0; i < N * D; i++)
            other[i] = q[i] * (1 + again);
        CHECK(model_flow(N, D, other, w, STEPS, 0.1, moved[0], &travelled, NULL, 0) == AD_OK);
        cudaMemcpy(f.q, other, sizeof other, cudaMemcpyHostToDevice);
        CHECK(cudaGraphLaunch(exec, stream) == cudaSuccess);
        cudaStreamSynchronize(stream);
        read_back(moved[1], f.moved, N * D);
        CHECK(near(moved[0], moved[1], N * D));
    }
    cudaGraphExecDestroy(exec);
    cudaGraphDestroy(graph);
    cudaStreamDestroy(stream);
}

/* Two calls with the same data give the same bits. */
static void same_bits()
{
    double grad[2][N * D], value[2];
    for (int i = 0; i < 2; i++)
        CHECK(model_end_grad_host(N, D, q, w, STEPS, 0.1, &value[i], grad[i], NULL, NULL, 0) == AD_OK);
    CHECK(!memcmp(grad[0], grad[1], sizeof grad[0]) && value[0] == value[1]);
    double plain[N * D];
    CHECK(model_end_grad(N, D, q, w, STEPS, 0.1, NULL, plain, NULL, NULL, 0) == AD_OK);
    CHECK(near(plain, grad[0], N * D, 1e-11));
}

/* ---- The table. ---- */

static const ad_function *find(const ad_module *m, const char *name)
{
    for (int i = 0; i < m->function_count; i++)
        if (!strcmp(m->functions[i].name, name))
            return &m->functions[i];
    return NULL;
}

static void by_table()
{
    const ad_module *m = &model_module_cuda;
    const ad_device *device = m->device;
    CHECK(m->abi == AD_ABI && device && !model_module.device && !device->problem());
    CHECK(m->function_count == model_module.function_count);
    const ad_function *f = find(m, "pick");
    CHECK(!find(&model_module, "pick")->enqueue);
    const int64_t sizes[2] = {4, 3}, k[3] = {0, 9, 1};
    const double x[4] = {1, -2, 3, 4};
    const bool is_last = false;
    double picked[3];
    const void *in[3] = {x, k, &is_last};
    void *out[3] = {picked, NULL, NULL};
    const ad_status outside = AD_STATUS_OF_RULE(AD_INDEX, 1, 1);
    CHECK(f->call(sizes, in, out, NULL, 0) == outside);

    size_t bytes = f->workspace(sizes, in);
    void *space = device->allocate(bytes), *dx = device->allocate(sizeof x), *dk = device->allocate(sizeof k);
    void *dpicked = device->allocate(sizeof picked);
    const void *din[3] = {dx, dk, &is_last};
    void *dout[3] = {dpicked, NULL, NULL};
    CHECK(device->copy_in(dx, x, sizeof x) == AD_OK && device->copy_in(dk, k, sizeof k) == AD_OK);
    CHECK(f->enqueue(sizes, din, dout, space, bytes, NULL) == AD_OK);
    CHECK(device->wait(NULL, space) == outside);
    const int64_t good[3] = {0, 3, 1};
    CHECK(device->copy_in(dk, good, sizeof good) == AD_OK);
    CHECK(f->enqueue(sizes, din, dout, space, bytes, NULL) == AD_OK && device->wait(NULL, space) == AD_OK);
    CHECK(device->copy_out(picked, dpicked, sizeof picked) == AD_OK && picked[1] == 4 && picked[2] == -2);
    void *all[] = {space, dx, dk, dpicked};
    for (void *each : all)
        device->release(each);
}

/* ---- What the device refuses; whatever happens, nothing is left behind (the shim looks). ---- */

#ifdef SHIM_CUDA_RUNTIME_H
static ad_status energy_with(const char *name, size_t value)
{
    char text[32];
    double result = -1;
    snprintf(text, sizeof text, "%zu", value);
    setenv(name, text, 1);
    shim::gpu.launches = 0;
    ad_status status = model_energy_host(N, D, q, p, 1.3, &result, NULL, 0);
    unsetenv(name);
    CHECK((status == AD_OK) == (result > 0));
    CHECK(cudaGetLastError() == cudaSuccess);
    return status;
}

static void refused()
{
    size_t needed = sizeof q + sizeof p + sizeof(double) + model_energy_workspace_cuda(N, D);
    CHECK(energy_with("SHIM_DEVICES", 0) == AD_STATUS(AD_DEVICE, 0));
    CHECK(energy_with("SHIM_MEMORY", 0) == AD_STATUS(AD_MEMORY, 0));
    CHECK(energy_with("SHIM_MEMORY", sizeof q) == AD_STATUS(AD_MEMORY, 0));
    CHECK(energy_with("SHIM_MEMORY", needed - 1) == AD_STATUS(AD_MEMORY, 0));
    CHECK(energy_with("SHIM_MEMORY", needed) == AD_OK);
    int launches = shim::gpu.launches;
    CHECK(launches > 0);
    for (int k = 1; k <= launches; k++)
        CHECK(energy_with("SHIM_FAILING_LAUNCH", (size_t)k) == AD_STATUS(AD_DEVICE, 0));
}

/* Nothing runs, and nothing is waited for, before the program waits. */
static void asynchronous()
{
    flow_call f;
    double moved[N * D];
    CHECK(f.enqueue(f.workspace, f.bytes, NULL) == AD_OK);
    memcpy(moved, shim::address(f.moved), sizeof moved);
    CHECK(isnan(moved[0]) && isnan(moved[N * D - 1]));
    cudaDeviceSynchronize();
    memcpy(moved, shim::address(f.moved), sizeof moved);
    CHECK(!isnan(moved[0]) && !isnan(moved[N * D - 1]));
}
#endif

int main()
{
    fill();
    on_host();
    wrong_on_host();
    on_stream();
    in_graph();
    same_bits();
    by_table();
#ifdef SHIM_CUDA_RUNTIME_H
    refused();
    asynchronous();
#endif
    return failures > 0;
}
