/* References for nested.ad. */
#include <stdlib.h>

#include "harness.h"

static num square(num a)
{
    return a * a;
}

static num *room(int64_t n)
{
    return calloc((size_t)n + 1, sizeof(num));
}

/* c = a b, n x k times k x m. */
static void multiply(const num *a, const num *b, num *c, int64_t n, int64_t k, int64_t m)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++) {
            c[i * m + j] = 0;
            for (int64_t l = 0; l < k; l++)
                c[i * m + j] += a[i * k + l] * b[l * m + j];
        }
}

static void chains(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M"), np = size_of(p, "P"), nq = size_of(p, "Q");
    const num *a = real_of(p, "A"), *b = real_of(p, "B"), *c = real_of(p, "C"), *v = real_of(p, "b");
    num *ab = real_result(p, "AB"), *columns = real_result(p, "columns"), trace = 0;
    multiply(a, b, ab, n, np, nq);
    multiply(ab, c, real_result(p, "ABC"), n, nq, m);
    multiply(real_result(p, "ABC"), v, real_result(p, "y"), n, m, 1);
    for (int64_t q = 0; q < nq; q++) {
        columns[q] = 0;
        for (int64_t i = 0; i < n; i++)
            columns[q] += ab[i * nq + q];
        trace += columns[q] * dot(c + q * m, v, m);
    }
    *real_result(p, "trace") = trace;
}

static void chains_(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M"), np = size_of(p, "P"), nq = size_of(p, "Q");
    const num *a = real_of(p, "A"), *b = real_of(p, "B"), *w = real_of(p, "w");
    num *cb = room(nq), *bcb = room(np), sum = 0;
    multiply(real_of(p, "C"), real_of(p, "b"), cb, nq, m, 1);
    multiply(b, cb, bcb, np, nq, 1);
    for (int64_t q = 0; q < nq; q++)
        sum += n_sin(cb[q] / (1 + m));
    for (int64_t i = 0; i < n; i++)
        for (int64_t l = 0; l < np; l++) {
            num e = a[i * np + l];
            sum += w[i] * e * bcb[l];
            for (int64_t q = 0; q < nq; q++)
                sum += square(e) * b[l * nq + q] * w[i];
        }
    *real_result(p, "result") = sum;
    free(cb);
    free(bcb);
}

static void sides(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M"), np = size_of(p, "P");
    const num *t = real_of(p, "T"), *w = real_of(p, "w");
    num *first = real_result(p, "first"), *middle = real_result(p, "middle"), *both = real_result(p, "both");
    num *outer = real_result(p, "outer_"), *last = real_result(p, "last"), *top = real_result(p, "top");
    for (int64_t e = 0; e < np * m; e++)
        first[e] = 0;
    for (int64_t e = 0; e < n * m; e++)
        middle[e] = 0;
    for (int64_t j = 0; j < m; j++)
        both[j] = 0;
    for (int64_t q = 0; q < np; q++)
        outer[q] = 0;
    for (int64_t i = 0; i < n; i++) {
        top[i] = -INFINITY;
        for (int64_t q = 0; q < np; q++) {
            num sum = 0;
            for (int64_t j = 0; j < m; j++) {
                num e = t[(i * np + q) * m + j];
                first[q * m + j] += e * w[i];
                middle[i * m + j] += e / (1 + q);
                both[j] += e * w[i];
                outer[q] += square(e);
                sum += e;
            }
            last[i * np + q] = m ? sum / m : (num)NAN;
            top[i] = re(sum) > re(top[i]) ? sum : top[i];
        }
    }
}

static void sides_(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M"), np = size_of(p, "P");
    const num *t = real_of(p, "T"), *w = real_of(p, "w"), *b = real_of(p, "b");
    num sum = 0;
    for (int64_t q = 0; q < np; q++) {
        num first = 0;
        for (int64_t i = 0; i < n; i++) {
            num exps = 0;
            for (int64_t j = 0; j < m; j++) {
                first += t[(i * np + q) * m + j] * w[i];
                exps += n_exp(t[(i * np + q) * m + j] * b[j]);
            }
            sum += m ? w[i] * n_log(exps) : 0;
        }
        sum += square(first) / 100;
    }
    *real_result(p, "result") = sum;
}

static num kernel_sum(const problem *p, int64_t i)
{
    num sum = 0;
    for (int64_t j = 0; j < size_of(p, "M"); j++)
        sum += n_exp(-sqdist(real_of(p, "x") + 3 * i, real_of(p, "y") + 3 * j, 3)) * real_of(p, "b")[j];
    return sum;
}

static void layers(const problem *p)
{
    int64_t n = size_of(p, "N");
    num *total = room(n), mean = 0, variance = 0;
    long double most = -INFINITY, least = INFINITY;
    for (int64_t i = 0; i < n; i++) {
        total[i] = kernel_sum(p, i);
        mean += total[i] / n;
        most = fmaxl(most, re(total[i]));
        least = fminl(least, re(total[i]));
    }
    num length = n_sqrt(dot(total, total, n));
    for (int64_t i = 0; i < n; i++) {
        variance += square(total[i] - mean) / n;
        real_result(p, "scaled")[i] = (total[i] - mean) / (1 + length);
        int_result(p, "rank")[i] = i;
    }
    *real_result(p, "most") = most;
    *real_result(p, "variance") = n ? variance : (num)NAN;
    *real_result(p, "spread") = most - least;
    free(total);
}

static void layers_(const problem *p)
{
    int64_t n = size_of(p, "N");
    num *total = room(n), all = 1, sum = 0, logs = 0, most = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        total[i] = 2 + kernel_sum(p, i) / (1 + size_of(p, "M"));
        all += total[i];
        logs += total[i] * n_log(1 + total[i]);
        most = re(total[i]) > re(most) ? total[i] : most;
    }
    for (int64_t i = 0; i < n; i++)
        sum += real_of(p, "w")[i] * total[i] / all;
    *real_result(p, "result") = sum + n_log(logs + 1) + (n ? most : 0);
    free(total);
}

static num planar_kernel(const num *x, const num *y)
{
    return n_exp(-sqdist(x, y, 2));
}

static void diffusion_(const problem *p)
{
    int64_t n = size_of(p, "N");
    const num *x = real_of(p, "x");
    num *d = room(n), sum = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            d[i] += planar_kernel(x + 2 * i, x + 2 * j);
    for (int64_t i = 0; i < n; i++)
        d[i] = 1 / n_sqrt(d[i]);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            sum += real_of(p, "w")[i] * planar_kernel(x + 2 * i, x + 2 * j) * d[i] * d[j] * real_of(p, "b")[j];
    *real_result(p, "result") = sum;
    free(d);
}

static num exponent(const problem *p, int64_t i, int64_t q)
{
    const num *x = real_of(p, "x") + 3 * i, *m = real_of(p, "m") + 3 * q, *l = real_of(p, "L") + 9 * q;
    num e = real_of(p, "c")[q];
    for (int a = 0; a < 3; a++)
        e -= square(l[3 * a] * (x[0] - m[0]) + l[3 * a + 1] * (x[1] - m[1]) + l[3 * a + 2] * (x[2] - m[2])) / 2;
    return e;
}

static void mixture_(const problem *p)
{
    num sum = 0, weights = 0;
    for (int64_t q = 0; q < size_of(p, "P"); q++)
        weights += n_exp(real_of(p, "c")[q]);
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num exps = 0;
        for (int64_t q = 0; q < size_of(p, "P"); q++)
            exps += n_exp(exponent(p, i, q));
        sum += n_log(exps) - n_log(weights);
    }
    *real_result(p, "result") = sum;
}

static void network_(const problem *p)
{
    const num *w = real_of(p, "W"), *c = real_of(p, "c");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            const num *x = real_of(p, "x") + 2 * i, *y = real_of(p, "y") + 2 * j;
            for (int64_t q = 0; q < size_of(p, "P"); q++)
                sum +=
                    real_of(p, "w")[i] * c[q] * n_tanh(w[2 * q] * (x[0] - y[0]) + w[2 * q + 1] * (x[1] - y[1]) + c[q]);
        }
    *real_result(p, "result") = sum;
}

static void heads_(const problem *p)
{
    int64_t n = size_of(p, "N");
    num result = 0;
    for (int64_t h = 0; h < size_of(p, "P"); h++) {
        const num *q = real_of(p, "Q") + 2 * n * h, *k = real_of(p, "K") + 2 * n * h, *v = real_of(p, "V") + n * h;
        for (int64_t t = 0; t < n; t++) {
            num weights = 0, sum = 0;
            for (int64_t u = 0; u <= t; u++) {
                num weight = n_exp(dot(q + 2 * t, k + 2 * u, 2));
                weights += weight;
                sum += weight * v[u];
            }
            result += real_of(p, "w")[t] * square(sum / weights);
        }
    }
    *real_result(p, "result") = result;
}

static void deep_(const problem *p)
{
    int64_t m = size_of(p, "M"), np = size_of(p, "P");
    num *bb = room(np), sum = 0;
    multiply(real_of(p, "B"), real_of(p, "b"), bb, np, m, 1);
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        sum += n_log(4 + square(dot(real_of(p, "A") + i * np, bb, np)) / (1 + m));
    *real_result(p, "result") = sum;
    free(bb);
}

/* to[i] = -ln sum_j exp(from[j] - |x_i - y_j|^2) */
static void scale(const num *x, int64_t n, const num *y, int64_t m, const num *from, num *to)
{
    for (int64_t i = 0; i < n; i++) {
        num sum = 0;
        for (int64_t j = 0; j < m; j++)
            sum += n_exp(from[j] - sqdist(x + 2 * i, y + 2 * j, 2));
        to[i] = -n_log(sum);
    }
}

static void sinkhorn_(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M");
    const num *x = real_of(p, "x"), *y = real_of(p, "y"), *b = real_of(p, "b");
    num *f = room(n), *g = room(m), sum = 0;
    for (int64_t j = 0; j < m; j++)
        g[j] = b[j];
    for (int t = 0; n && m && t < 3; t++) {
        scale(x, n, y, m, g, f);
        scale(y, m, x, n, f, g);
    }
    for (int64_t i = 0; m && i < n; i++)
        sum += f[i] / n;
    *real_result(p, "result") = n && m ? sum + dot(g, b, m) / m : 0;
    free(f);
    free(g);
}

static void forces(const problem *p)
{
    num s = *real_of(p, "s");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num *g = real_result(p, "g") + 2 * i, *h = real_result(p, "h") + 4 * i;
        g[0] = g[1] = h[0] = h[1] = h[2] = h[3] = 0;
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            const num *x = real_of(p, "x") + 2 * i, *y = real_of(p, "y") + 2 * j;
            num k = real_of(p, "b")[j] * n_exp(-sqdist(x, y, 2) / s), d[2] = {x[0] - y[0], x[1] - y[1]};
            for (int a = 0; a < 2; a++) {
                g[a] -= 2 / s * k * d[a];
                for (int c = 0; c < 2; c++)
                    h[2 * a + c] += k * (4 / (s * s) * d[a] * d[c] - (a == c ? 2 / s : 0));
            }
        }
        real_result(p, "l")[i] = h[0] + h[3];
    }
}

static const test tests[] = {
    {"chains", chains, 0, 0},         {"chains_", chains_, 0, 0},   {"sides", sides, 0, 0},
    {"sides_", sides_, 0, 0},         {"layers", layers, 0, 0},     {"layers_", layers_, 0, 0},
    {"diffusion_", diffusion_, 0, 0}, {"mixture_", mixture_, 0, 0}, {"network_", network_, 0, 0},
    {"heads_", heads_, 0, 0},         {"deep_", deep_, 0, 0},       {"sinkhorn_", sinkhorn_, 0, 0},
    {"forces", forces, 0, 0},
};

int main(int argc, char **argv)
{
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
