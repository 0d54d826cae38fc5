/* The plain double loops that a programmer would write first: W1a, W1b, W2, W4, W5, W6, W7. The compiler does the rest.
 * Compiled with -DREAL=32 or 64; the calling convention is that of ad_function. */
#include <adc/runtime.h>
#include <math.h>

#if REAL == 32
typedef float real;
#define EXP expf
#define LOG logf
#else
typedef double real;
#define EXP exp
#define LOG log
#endif

enum { K = 10 };

static inline real sqdist(const real *x, const real *y, int64_t dim)
{
    real sum = 0;
    for (int64_t k = 0; k < dim; k++)
        sum += (x[k] - y[k]) * (x[k] - y[k]);
    return sum;
}

static inline ad_status product(int64_t n, int64_t m, int64_t dim, int columns, const void *const *in, real *a)
{
    const real *x = in[0], *y = in[1], *b = in[2], s = *(const real *)in[3];
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        real sum[3] = {0};
        for (int64_t j = 0; j < m; j++) {
            real k = EXP(-sqdist(&x[dim * i], &y[dim * j], dim) / (s * s));
            for (int e = 0; e < columns; e++)
                sum[e] += k * b[columns * j + e];
        }
        for (int e = 0; e < columns; e++)
            a[columns * i + e] = sum[e];
    }
    return AD_OK;
}

ad_status product1(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    (void)workspace, (void)size;
    return product(sizes[0], sizes[1], 3, 1, in, out[0]);
}

ad_status product3(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    (void)workspace, (void)size;
    return product(sizes[0], sizes[1], 3, 3, in, out[0]);
}

/* sizes: N, D, M */
ad_status product_d(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    (void)workspace, (void)size;
    return product(sizes[0], sizes[2], sizes[1], 3, in, out[0]);
}

ad_status hamiltonian_grad(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t n = sizes[0];
    const real *q = in[0], *p = in[1], s = *(const real *)in[2];
    real *grad_q = out[1], *grad_p = out[2], h = 0;
    (void)workspace, (void)size;
#pragma omp parallel for reduction(+ : h)
    for (int64_t i = 0; i < n; i++) {
        real v[3] = {0}, w[3] = {0};
        for (int64_t j = 0; j < n; j++) {
            real k = EXP(-sqdist(&q[3 * i], &q[3 * j], 3) / (s * s)), pp = 0;
            for (int e = 0; e < 3; e++)
                pp += p[3 * i + e] * p[3 * j + e];
            for (int e = 0; e < 3; e++) {
                v[e] += k * p[3 * j + e];
                w[e] += k * pp * (q[3 * i + e] - q[3 * j + e]);
            }
        }
        for (int e = 0; e < 3; e++) {
            grad_p[3 * i + e] = v[e];
            grad_q[3 * i + e] = -2 / (s * s) * w[e];
            h += p[3 * i + e] * v[e] / 2;
        }
    }
    *(real *)out[0] = h;
    return AD_OK;
}

ad_status sinkhorn(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t n = sizes[0], m = sizes[1];
    const real *x = in[0], *y = in[1], *g = in[2], eps = *(const real *)in[3];
    real *f = out[0];
    (void)workspace, (void)size;
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        real most = -HUGE_VALF, sum = 0;
        for (int64_t j = 0; j < m; j++) {
            real t = (g[j] - sqdist(&x[3 * i], &y[3 * j], 3) / 2) / eps;
            most = t > most ? t : most;
        }
        for (int64_t j = 0; j < m; j++)
            sum += EXP((g[j] - sqdist(&x[3 * i], &y[3 * j], 3) / 2) / eps - most);
        f[i] = -eps * (most + LOG(sum));
    }
    return AD_OK;
}

ad_status neighbours(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t n = sizes[0], m = sizes[1];
    const real *x = in[0], *y = in[1];
    real *distance = out[0];
    int64_t *index = out[1];
    (void)workspace, (void)size;
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        real *d = &distance[K * i];
        int64_t *at = &index[K * i];
        for (int k = 0; k < K; k++)
            d[k] = HUGE_VALF;
        for (int64_t j = 0; j < m; j++) {
            real r = sqdist(&x[3 * i], &y[3 * j], 3);
            if (r >= d[K - 1])
                continue;
            int k = K - 1;
            for (; k > 0 && d[k - 1] > r; k--) {
                d[k] = d[k - 1];
                at[k] = at[k - 1];
            }
            d[k] = r;
            at[k] = j;
        }
    }
    return AD_OK;
}

/* The gradients in x and in w by rows, those in y and b by columns, that in s by rows. */
ad_status weighted_grad(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t n = sizes[0], m = sizes[1];
    const real *x = in[0], *y = in[1], *b = in[2], s = *(const real *)in[3], *w = in[4];
    real *grad_x = out[1], *grad_y = out[2], *grad_b = out[3], value = 0, grad_s = 0;
    (void)workspace, (void)size;
#pragma omp parallel for reduction(+ : value, grad_s)
    for (int64_t i = 0; i < n; i++) {
        real g[3] = {0};
        for (int64_t j = 0; j < m; j++) {
            real r = sqdist(&x[3 * i], &y[3 * j], 3), k = EXP(-r / (s * s)), wb = 0;
            for (int e = 0; e < 3; e++)
                wb += w[3 * i + e] * b[3 * j + e];
            value += k * wb;
            grad_s += 2 * k * wb * r / (s * s * s);
            for (int e = 0; e < 3; e++)
                g[e] += k * wb * (x[3 * i + e] - y[3 * j + e]);
        }
        for (int e = 0; e < 3; e++)
            grad_x[3 * i + e] = -2 / (s * s) * g[e];
    }
#pragma omp parallel for
    for (int64_t j = 0; j < m; j++) {
        real g[3] = {0}, h[3] = {0};
        for (int64_t i = 0; i < n; i++) {
            real k = EXP(-sqdist(&x[3 * i], &y[3 * j], 3) / (s * s)), wb = 0;
            for (int e = 0; e < 3; e++)
                wb += w[3 * i + e] * b[3 * j + e];
            for (int e = 0; e < 3; e++) {
                g[e] += k * wb * (x[3 * i + e] - y[3 * j + e]);
                h[e] += k * w[3 * i + e];
            }
        }
        for (int e = 0; e < 3; e++) {
            grad_y[3 * j + e] = 2 / (s * s) * g[e];
            grad_b[3 * j + e] = h[e];
        }
    }
    *(real *)out[0] = value;
    *(real *)out[4] = grad_s;
    return AD_OK;
}
