/* W2 by hand: H(q,p) = 1/2 sum_ij exp(-|q_i - q_j|^2 / s^2) <p_i, p_j> with both gradients, each pair once.
 * grad_p = K p, grad_q_i = -2/s^2 sum_j K_ij <p_i, p_j> (q_i - q_j), H = <p, grad_p> / 2. */
#include "hamiltonian.h"

enum { INPUTS = 6, GROUP = 2 };

static inline void pair(const lanes *row, const real *column, lanes own[6], lanes other[6])
{
    lanes d[3] = {row[0] - column[0], row[1] - column[1], row[2] - column[2]};
    lanes k = exp2_lanes(-(d[0] * d[0]) - d[1] * d[1] - d[2] * d[2]);
    lanes w = k * (row[3] * column[3] + row[4] * column[4] + row[5] * column[5]);
    for (int e = 0; e < 3; e++) {
        own[e] = k * column[3 + e];
        other[e] = k * row[3 + e];
        own[3 + e] = w * d[e];
        other[3 + e] = -own[3 + e];
    }
}

#include "strips.h"

void hamiltonian_sums(const real *rows, int64_t padded, int threads, real *columns, real *sums)
{
    sum_pairs(rows, padded, threads, columns, sums);
}

size_t hamiltonian_grad_workspace(const int64_t *sizes, const void *const *in)
{
    (void)in;
    return sizeof(real) * (size_t)((12 + 6 * omp_get_max_threads()) * round_up(sizes[0], PADDING));
}

ad_status hamiltonian_grad(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    int64_t n = sizes[0], padded = round_up(n, PADDING);
    const real *q = in[0], *p = in[1], s = *(const real *)in[2], scale = SQRT((real)LOG2E) / s;
    real *rows = workspace, *columns = rows + 6 * padded, *sums = columns + 6 * padded;
    int threads = (int)(size / sizeof(real) / (size_t)padded - 12) / 6;
    pack_columns(q, n, 3, scale, padded, rows);
    pack_columns(p, n, 3, 1, padded, rows + 3 * padded);
    for (int k = 3; k < 6; k++)
        memset(&rows[k * padded + n], 0, sizeof(real) * (size_t)(padded - n));
    hamiltonian_sums(rows, padded, threads, columns, sums);
    real *value = out[0], *grad_q = out[1], *grad_p = out[2], unscale = -2 / (s * s * scale);
    double h = 0;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            grad_p[3 * i + k] = sums[k * padded + i];
            grad_q[3 * i + k] = unscale * sums[(3 + k) * padded + i];
            h += (double)p[3 * i + k] * (double)sums[k * padded + i];
        }
    *value = (real)(h / 2);
    return AD_OK;
}
