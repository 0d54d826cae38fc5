/* W4 by hand: f_i = -eps logsumexp_j((g_j - |x_i - y_j|^2 / 2) / eps).
 * In base 2, with a running reference per row that a term may exceed by up to 2^SLACK: it is moved only when a block of
 * columns has a term beyond that, which is rare, and then the sum is scaled to it. */
#include "limit.h"

enum { GROUP = 4, STEP = GROUP * WIDTH, BLOCK = 8, OUTER = 256, SLACK = 40 };

typedef struct row_sums {
    lanes reference[GROUP], total[GROUP];
} row_sums;

static void move_reference(row_sums *r, lanes part[GROUP], lanes most[GROUP])
{
    for (int g = 0; g < GROUP; g++) {
        lanes to = larger(most[g], r->reference[g]), shrink = exp2_lanes(r->reference[g] - to);
        part[g] *= shrink;
        r->total[g] *= shrink;
        r->reference[g] = to;
    }
}

/* y: 4 reals for each j: coordinates and g_j, all in base-2 units; m is a multiple of BLOCK. */
static void sum_rows(const lanes p[GROUP][3], const real *y, int64_t m, row_sums *r)
{
    for (int g = 0; g < GROUP; g++) {
        r->reference[g] = splat(-HUGE_VALF);
        r->total[g] = splat(0);
    }
    for (int64_t outer = 0; outer < m; outer += OUTER) {
        lanes part[GROUP] = {0};
        int64_t to = outer + OUTER < m ? outer + OUTER : m;
        for (int64_t from = outer; from < to; from += BLOCK) {
            lanes t[BLOCK][GROUP], most[GROUP];
            words above = {0};
            for (int j = 0; j < BLOCK; j++) {
                const real *c = &y[4 * (from + j)];
                for (int g = 0; g < GROUP; g++) {
                    lanes d0 = p[g][0] - c[0], d1 = p[g][1] - c[1], d2 = p[g][2] - c[2];
                    t[j][g] = c[3] - d0 * d0 - d1 * d1 - d2 * d2;
                    most[g] = j ? larger(t[j][g], most[g]) : t[j][g];
                }
            }
            for (int g = 0; g < GROUP; g++)
                above |= most[g] > r->reference[g] + SLACK;
            if (any(above))
                move_reference(r, part, most);
            for (int j = 0; j < BLOCK; j++)
                for (int g = 0; g < GROUP; g++)
                    part[g] += exp2_lanes(t[j][g] - r->reference[g]);
        }
        for (int g = 0; g < GROUP; g++)
            r->total[g] += part[g];
    }
}

size_t sinkhorn_workspace(const int64_t *sizes, const void *const *in)
{
    (void)in;
    return sizeof(real) * (size_t)(3 * round_up(sizes[0], STEP) + 4 * round_up(sizes[1], BLOCK));
}

ad_status sinkhorn(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    int64_t n = sizes[0], m = sizes[1], padded = round_up(n, STEP), columns = round_up(m, BLOCK);
    real eps = *(const real *)in[3], scale = SQRT((real)LOG2E / (2 * eps)), *x = workspace, *y = x + 3 * padded,
         *f = out[0];
    const real *from = in[1], *weight = in[2];
    (void)size;
    pack_columns(in[0], n, 3, scale, padded, x);
    for (int64_t j = 0; j < columns; j++) {
        for (int k = 0; k < 3; k++)
            y[4 * j + k] = j < m ? scale * from[3 * j + k] : 0;
        y[4 * j + 3] = j < m ? (real)LOG2E / eps * weight[j] : -HUGE_VALF;
    }
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < padded; i += STEP) {
        lanes p[GROUP][3];
        row_sums r;
        for (int g = 0; g < GROUP; g++)
            for (int k = 0; k < 3; k++)
                p[g][k] = *(const lanes *)&x[k * padded + i + g * WIDTH];
        sum_rows(p, y, columns, &r);
        for (int64_t l = 0; l < STEP && i + l < n; l++)
            f[i + l] = -eps * (real)LN2 * (r.reference[l / WIDTH][l % WIDTH] + LOG2(r.total[l / WIDTH][l % WIDTH]));
    }
    return AD_OK;
}
