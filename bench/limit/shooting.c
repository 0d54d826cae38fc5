/* W3 by hand: ten Euler steps of Hamilton's equations, |q1 - target|^2, and its gradient in p0: one pass over the pairs
 * per step forwards and one backwards, where the adjoint of a step along (a, b) is the derivative of the gradients of H
 * along u = (-b, a). With d = q_i - q_j scaled by sqrt(log2 e)/s, K = 2^-|d|^2, c = -2 ln 2 <d, du>, m = <dp_i, p_j> +
 * <p_i, dp_j>: d grad_p_i = sum_j K (c p_j + dp_j),   d grad_q_i ~ sum_j K ((c <p_i, p_j> + m) d + <p_i, p_j> du). */
#include "hamiltonian.h"

enum { INPUTS = 12, GROUP = 1, STEPS = 10 };

static inline void pair(const lanes *row, const real *column, lanes own[6], lanes other[6])
{
    lanes d[3], u[3], along = {0}, pp = {0}, mixed = {0}, square = {0};
    for (int e = 0; e < 3; e++) {
        d[e] = row[e] - column[e];
        u[e] = row[6 + e] - column[6 + e];
        square += d[e] * d[e];
        along += d[e] * u[e];
        pp += row[3 + e] * column[3 + e];
        mixed += row[9 + e] * column[3 + e];
        mixed += row[3 + e] * column[9 + e];
    }
    lanes k = exp2_lanes(-square), kc = k * along * (real)(-2 * LN2), kp = k * pp, w = kc * pp + k * mixed;
    for (int e = 0; e < 3; e++) {
        own[e] = kc * column[3 + e] + k * column[9 + e];
        other[e] = kc * row[3 + e] + k * row[9 + e];
        own[3 + e] = w * d[e] + kp * u[e];
        other[3 + e] = -own[3 + e];
    }
}

#include "strips.h"

/* reals of workspace per padded point, without the threads' sums: the states, a direction of 12, columns, adjoints */
enum { PER_POINT = 6 * (STEPS + 1) + 12 + 12 + 6 };

size_t distance_grad_workspace(const int64_t *sizes, const void *const *in)
{
    (void)in;
    return sizeof(real) * (size_t)((PER_POINT + 6 * omp_get_max_threads()) * round_up(sizes[0], PADDING));
}

/* state[0..6): scaled q, then p, at the next step. */
static void step(const real *state, int64_t padded, const real *sums, real dq, real dp, real *next)
{
    for (int64_t i = 0; i < 3 * padded; i++) {
        next[i] = state[i] + dq * sums[i];
        next[3 * padded + i] = state[3 * padded + i] + dp * sums[3 * padded + i];
    }
}

ad_status distance_grad(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t n = sizes[0], padded = round_up(n, PADDING), all = 6 * padded, half = 3 * padded;
    const real *target = in[2], s = *(const real *)in[3], scale = SQRT((real)LOG2E) / s, dt = (real)0.1;
    const real unscale = 2 / (s * s * scale);
    real *states = workspace, *direction = states + all * (STEPS + 1), *columns = direction + 2 * all;
    real *adjoint = columns + 2 * all, *sums = adjoint + all, *grad = out[1];
    int threads = (int)(size / sizeof(real) / (size_t)padded - PER_POINT) / 6;

    pack_columns(in[1], n, 3, scale, padded, states);
    pack_columns(in[0], n, 3, 1, padded, states + half);
    for (int k = 3; k < 6; k++)
        memset(&states[k * padded + n], 0, sizeof(real) * (size_t)(padded - n));
    for (int t = 0; t < STEPS; t++) {
        hamiltonian_sums(states + all * t, padded, threads, columns, sums);
        step(states + all * t, padded, sums, dt * scale, dt * unscale, states + all * (t + 1));
    }

    real *a = adjoint, *b = adjoint + half, value = 0;
    memset(adjoint, 0, sizeof(real) * (size_t)all);
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            real difference = states[all * STEPS + k * padded + i] / scale - target[3 * i + k];
            value += difference * difference;
            a[k * padded + i] = 2 * difference;
        }
    for (int t = STEPS - 1; t >= 0; t--) {
        memcpy(direction, states + all * t, sizeof(real) * (size_t)all);
        for (int64_t i = 0; i < half; i++) {
            direction[all + i] = -scale * b[i];
            direction[all + half + i] = a[i];
        }
        sum_pairs(direction, padded, threads, columns, sums);
        for (int64_t i = 0; i < half; i++) {
            a[i] -= dt * unscale * sums[half + i];
            b[i] += dt * sums[i];
        }
    }
    *(real *)out[0] = value;
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            grad[3 * i + k] = b[k * padded + i];
    return AD_OK;
}
