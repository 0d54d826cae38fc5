/* W1a and W1b by hand: a_i = sum_j exp(-|x_i - y_j|^2 / s^2) b_j with 1 and 3 columns.
 * A group of row vectors stays in registers; a block of columns has accumulators of its own, added to the main ones. */
#include "limit.h"

enum { BLOCK = 256 };

/* BODY(E, GROUP): rows [i, i + GROUP*WIDTH) of a with E columns; y has records of 3 coordinates and E values. */
#define PRODUCT(name, E, GROUP)                                                                                        \
    static void name##_rows(const real *x, int64_t padded, const real *y, int64_t m, int64_t i, real *a)               \
    {                                                                                                                  \
        lanes p[GROUP][3], total[GROUP][E] = {0};                                                                      \
        for (int g = 0; g < GROUP; g++)                                                                                \
            for (int k = 0; k < 3; k++)                                                                                \
                p[g][k] = *(const lanes *)&x[k * padded + i + g * WIDTH];                                              \
        for (int64_t from = 0; from < m; from += BLOCK) {                                                              \
            int64_t to = from + BLOCK < m ? from + BLOCK : m;                                                          \
            lanes part[GROUP][E] = {0};                                                                                \
            for (int64_t j = from; j < to; j++) {                                                                      \
                const real *c = &y[j * (3 + E)];                                                                       \
                for (int g = 0; g < GROUP; g++) {                                                                      \
                    lanes d0 = p[g][0] - c[0], d1 = p[g][1] - c[1], d2 = p[g][2] - c[2];                               \
                    lanes k = exp2_lanes(-(d0 * d0) - d1 * d1 - d2 * d2);                                              \
                    for (int e = 0; e < E; e++)                                                                        \
                        part[g][e] += k * c[3 + e];                                                                    \
                }                                                                                                      \
            }                                                                                                          \
            for (int g = 0; g < GROUP; g++)                                                                            \
                for (int e = 0; e < E; e++)                                                                            \
                    total[g][e] += part[g][e];                                                                         \
        }                                                                                                              \
        for (int g = 0; g < GROUP; g++)                                                                                \
            for (int e = 0; e < E; e++)                                                                                \
                memcpy(&a[e * padded + i + g * WIDTH], &total[g][e], sizeof(lanes));                                   \
    }                                                                                                                  \
                                                                                                                       \
    ad_status name(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)        \
    {                                                                                                                  \
        int64_t n = sizes[0], m = sizes[1], padded = round_up(n, GROUP * WIDTH);                                       \
        real scale = SQRT((real)LOG2E) / *(const real *)in[3];                                                         \
        real *x = workspace, *a = x + 3 * padded, *y = a + E * padded, *result = out[0];                               \
        (void)size;                                                                                                    \
        pack_columns(in[0], n, 3, scale, padded, x);                                                                   \
        for (int64_t j = 0; j < m; j++) {                                                                              \
            for (int k = 0; k < 3; k++)                                                                                \
                y[j * (3 + E) + k] = scale * ((const real *)in[1])[3 * j + k];                                         \
            for (int e = 0; e < E; e++)                                                                                \
                y[j * (3 + E) + 3 + e] = ((const real *)in[2])[E * j + e];                                             \
        }                                                                                                              \
        _Pragma("omp parallel for schedule(dynamic)") for (int64_t i = 0; i < padded; i += GROUP * WIDTH)              \
            name##_rows(x, padded, y, m, i, a);                                                                        \
        for (int64_t i = 0; i < n; i++)                                                                                \
            for (int e = 0; e < E; e++)                                                                                \
                result[i * E + e] = a[e * padded + i];                                                                 \
        return AD_OK;                                                                                                  \
    }                                                                                                                  \
                                                                                                                       \
    size_t name##_workspace(const int64_t *sizes, const void *const *in)                                               \
    {                                                                                                                  \
        (void)in;                                                                                                      \
        return sizeof(real) * (size_t)((3 + E) * round_up(sizes[0], GROUP * WIDTH) + (3 + E) * sizes[1]);              \
    }

PRODUCT(product1, 1, 4)
PRODUCT(product3, 3, 4)
