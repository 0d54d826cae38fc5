/* W2 by hand: H(q,p) = 1/2 sum_ij exp(-|q_i - q_j|^2 / s^2) <p_i, p_j> with both gradients, each pair once.
 *
 * A strip of STRIP columns j meets all row vectors i before it. Rows add to the thread's private copy of the gradients;
 * columns add to one vector per quantity, whose lanes are summed once at the strip's end. The square on the diagonal is
 * done in full. grad_p = K p, grad_q_i = -2/s^2 sum_j K_ij <p_i, p_j> (q_i - q_j), H = <p, grad_p> / 2. */
#include "limit.h"
#include <omp.h>

enum { GROUP = 2, STEP = GROUP * WIDTH, STRIP = 4 * STEP < 64 ? 64 : 4 * STEP };

/* columns: 6 reals for each j: q_j, p_j. rows: 6 padded arrays: q, p. sums: 6 padded arrays: sum_j K p_j, sum_j K
 * <p_i,p_j> d_ij. */
typedef struct strip_data {
    const real *rows, *columns;
    int64_t padded;
    real *sums;
} strip_data;

#define LOAD(from, k, g) (*(const lanes *)&(from)[(k)*d->padded + i + (g)*WIDTH])

static inline void load_rows(const strip_data *d, int64_t i, lanes q[GROUP][3], lanes p[GROUP][3])
{
    for (int g = 0; g < GROUP; g++)
        for (int k = 0; k < 3; k++) {
            q[g][k] = LOAD(d->rows, k, g);
            p[g][k] = LOAD(d->rows, 3 + k, g);
        }
}

static inline void add_rows(const strip_data *d, int64_t i, lanes a[GROUP][6])
{
    for (int g = 0; g < GROUP; g++)
        for (int k = 0; k < 6; k++)
            *(lanes *)&d->sums[k * d->padded + i + g * WIDTH] += a[g][k];
}

/* Rows [i, i+STEP) against columns [from, from+STRIP), both ways; other[6*(j-from)...] collects the columns' side. */
static void pairs(const strip_data *d, int64_t i, int64_t from, lanes *other)
{
    lanes q[GROUP][3], p[GROUP][3], a[GROUP][6] = {0};
    load_rows(d, i, q, p);
    for (int64_t j = 0; j < STRIP; j++) {
        const real *c = &d->columns[6 * (from + j)];
        lanes *b = &other[6 * j], back[6];
        for (int g = 0; g < GROUP; g++) {
            lanes d0 = q[g][0] - c[0], d1 = q[g][1] - c[1], d2 = q[g][2] - c[2];
            lanes k = exp2_lanes(-(d0 * d0) - d1 * d1 - d2 * d2);
            lanes w = k * (p[g][0] * c[3] + p[g][1] * c[4] + p[g][2] * c[5]);
            lanes moved[3] = {w * d0, w * d1, w * d2};
            for (int e = 0; e < 3; e++) {
                a[g][e] += k * c[3 + e];
                a[g][3 + e] += moved[e];
                back[e] = (g ? back[e] : b[e]) + k * p[g][e];
                back[3 + e] = (g ? back[3 + e] : b[3 + e]) - moved[e];
            }
        }
        for (int e = 0; e < 6; e++)
            b[e] = back[e];
    }
    add_rows(d, i, a);
}

/* Rows [i, i+STEP) against columns [from, to), the rows' side only. */
static void square(const strip_data *d, int64_t i, int64_t from, int64_t to)
{
    lanes q[GROUP][3], p[GROUP][3], a[GROUP][6] = {0};
    load_rows(d, i, q, p);
    for (int64_t j = from; j < to; j++) {
        const real *c = &d->columns[6 * j];
        for (int g = 0; g < GROUP; g++) {
            lanes d0 = q[g][0] - c[0], d1 = q[g][1] - c[1], d2 = q[g][2] - c[2];
            lanes k = exp2_lanes(-(d0 * d0) - d1 * d1 - d2 * d2);
            lanes w = k * (p[g][0] * c[3] + p[g][1] * c[4] + p[g][2] * c[5]);
            for (int e = 0; e < 3; e++)
                a[g][e] += k * c[3 + e];
            a[g][3] += w * d0;
            a[g][4] += w * d1;
            a[g][5] += w * d2;
        }
    }
    add_rows(d, i, a);
}

static void strip(const strip_data *d, int64_t from)
{
    lanes other[STRIP * 6];
    memset(other, 0, sizeof other);
    for (int64_t i = 0; i < from; i += STEP)
        pairs(d, i, from, other);
    for (int64_t i = from; i < from + STRIP; i += STEP)
        square(d, i, from, from + STRIP);
    for (int64_t j = 0; j < STRIP; j++)
        for (int e = 0; e < 6; e++)
            d->sums[e * d->padded + from + j] += sum_lanes(other[6 * j + e]);
}

size_t hamiltonian_grad_workspace(const int64_t *sizes, const void *const *in)
{
    (void)in;
    return sizeof(real) * (size_t)((12 + 6 * omp_get_max_threads()) * round_up(sizes[0], STRIP));
}

ad_status hamiltonian_grad(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    int64_t n = sizes[0], padded = round_up(n, STRIP);
    const real *q = in[0], *p = in[1], s = *(const real *)in[2], scale = SQRT((real)LOG2E) / s;
    real *rows = workspace, *columns = rows + 6 * padded, *sums = columns + 6 * padded;
    int threads = (int)(size / sizeof(real) / (size_t)padded - 12) / 6;
    pack_columns(q, n, 3, scale, padded, rows);
    pack_columns(p, n, 3, 1, padded, rows + 3 * padded);
    for (int k = 3; k < 6; k++)
        memset(&rows[k * padded + n], 0, sizeof(real) * (size_t)(padded - n));
    for (int64_t j = 0; j < padded; j++)
        for (int k = 0; k < 6; k++)
            columns[6 * j + k] = rows[k * padded + j];
#pragma omp parallel num_threads(threads)
    {
        strip_data d = {rows, columns, padded, sums + 6 * padded * omp_get_thread_num()};
        memset(d.sums, 0, sizeof(real) * (size_t)(6 * padded));
#pragma omp for schedule(dynamic)
        for (int64_t k = padded / STRIP - 1; k >= 0; k--)
            strip(&d, k * STRIP);
    }
    for (int t = 1; t < threads; t++)
        for (int64_t i = 0; i < 6 * padded; i++)
            sums[i] += sums[6 * padded * t + i];
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
