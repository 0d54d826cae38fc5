/* Small calls of every kind of kernel, for run_threads.sh: what they compute is tested elsewhere. */
#include <cuda_runtime.h>

#include "model.h"

enum { N = 150, D = 2 };

int main()
{
    double q[N * D], p[N * D], w[N], value, grad[N * D], other[N * D], moved[N * D];
    int64_t k[N], place[N];
    bool found[N];
    for (int i = 0; i < N * D; i++) {
        q[i] = sin(1.7 * i);
        p[i] = cos(0.9 * i);
        w[i % N] = 0.001 * (i % N);
        k[i % N] = (i * 7) % N;
    }
    ad_status wrong = AD_OK;
    wrong |= model_energy_grad_host(N, D, q, p, 1.3, &value, grad, other, &value, NULL, 0);
    wrong |= model_end_grad_host(N, D, q, w, 2, 0.1, &value, grad, other, NULL, 0);
    wrong |= model_flow_host(N, D, q, w, 2, 0.1, moved, &value, NULL, 0);
    wrong |= model_pick_host(N, N, w, k, true, moved, place, found, NULL, 0);
    wrong |= model_nearest_host(N, D, q, other, place, NULL, 0);
    wrong |= model_scores_grad_host(N, D, N, q, p, &value, grad, other, NULL, 0);
    for (int i = 0; i < N; i++)
        k[i] = i / 140;
    wrong |= model_weighted_grad_host(N, 2, w, p, k, &value, grad, NULL, 0);
    return wrong != AD_OK;
}
