/* References for rows.ad. */
#include "harness.h"

static num square(num a)
{
    return a * a;
}

static void strides(const problem *p)
{
    int64_t n = size_of(p, "N"), columns = size_of(p, "P");
    const num *x = real_of(p, "x"), *y = real_of(p, "y"), *z = real_of(p, "z");
    const num *a = real_of(p, "A"), *s = real_of(p, "S");
    for (int64_t i = 0; i < n; i++) {
        real_result(p, "rise")[i] = x[i + 1] - x[i];
        real_result(p, "odd")[i] = y[2 * i] * y[2 * i + 1] - y[2 * (n - i)];
        real_result(p, "back")[i] = z[n - 1 - i] + i;
        for (int64_t q = 0; q < columns; q++)
            real_result(p, "turned")[q * n + i] = a[i * columns + q] * z[i];
        real_result(p, "middle")[i] = i > 0 && i < n - 1 ? z[i - 1] - 2 * z[i] + z[i + 1] : 0;
        real_result(p, "trace")[i] = s[i * n + i] - s[(n - 1 - i) * n + i];
        real_result(p, "slice")[i] = x[i + 1] + z[i];
    }
}

static void strides_(const problem *p)
{
    int64_t n = size_of(p, "N"), columns = size_of(p, "P");
    const num *x = real_of(p, "x"), *y = real_of(p, "y"), *z = real_of(p, "z"), *w = real_of(p, "w");
    num sum = dot(z, w, n) + dot(x, x, n + 1);
    for (int64_t i = 0; i < n; i++) {
        num middle = i > 0 && i < n - 1 ? n_sin(z[i - 1] - 2 * z[i] + z[i + 1]) : z[i];
        sum += w[i] * (square(x[i + 1] - x[i]) * y[2 * i + 1] + z[n - 1 - i] * y[2 * (n - i)] + middle);
        for (int64_t q = 0; q < columns; q++)
            sum += real_of(p, "A")[i * columns + q] * z[i] * w[i];
    }
    *real_result(p, "result") = sum;
}

static void gathers(const problem *p)
{
    int64_t columns = size_of(p, "P");
    const int64_t *idx = int_of(p, "idx"), *count = int_of(p, "n");
    const num *z = real_of(p, "z"), *a = real_of(p, "A");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        real_result(p, "a")[i] = z[idx[i]] - z[i];
        for (int64_t q = 0; q < columns; q++)
            real_result(p, "rows")[i * columns + q] = a[idx[i] * columns + q] * z[i];
        real_result(p, "far")[i] = a[idx[i] * columns + count[i] % columns];
        real_result(p, "twice")[i] = z[idx[idx[i]]];
        int_result(p, "k")[i] = idx[i] * 3 - count[i];
    }
}

static void gathers_(const problem *p)
{
    int64_t columns = size_of(p, "P");
    const int64_t *idx = int_of(p, "idx"), *count = int_of(p, "n");
    const num *z = real_of(p, "z"), *a = real_of(p, "A");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        const num *row = a + idx[i] * columns;
        num e = n_sin(z[idx[i]]) * z[i] + z[idx[idx[i]]] + dot(row, row, columns) * z[i];
        sum += real_of(p, "w")[i] * (e + a[i * columns + count[i] % columns]);
    }
    *real_result(p, "result") = sum;
}

static void normal_of(const problem *p, int64_t t, num *n)
{
    const num *v = real_of(p, "V"), *a = v + 3 * t, *b = v + 3 * int_of(p, "idx")[t], *c = v + 3 * (t + 1);
    for (int k = 0; k < 3; k++) {
        int l = (k + 1) % 3, m = (k + 2) % 3;
        n[k] = (b[l] - a[l]) * (c[m] - a[m]) - (b[m] - a[m]) * (c[l] - a[l]);
    }
}

static void mesh_(const problem *p)
{
    num sum = 0;
    for (int64_t t = 0; t < size_of(p, "N"); t++) {
        num n[3], other[3];
        normal_of(p, t, n);
        normal_of(p, int_of(p, "idx")[t], other);
        sum += real_of(p, "w")[t] * (dot(n, n, 3) + n[0] * other[1]);
    }
    *real_result(p, "result") = sum;
}

static num bend(num x, num y)
{
    if (re(x) > re(y))
        return n_sqrt(x - y) / (re(x) > 0.5L ? x : 1);
    return re(x) < -0.5L ? n_log(-x) * y : x * y;
}

static num least(num a, num b)
{
    return re(a) <= re(b) ? a : b;
}

static num most(num a, num b)
{
    return re(a) >= re(b) ? a : b;
}

static num clamped(num x, num lo, num hi)
{
    return least(most(x, lo), hi);
}

static void branches(const problem *p)
{
    const int64_t *count = int_of(p, "n"), *keep = int_of(p, "keep");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num x = real_of(p, "x")[i], y = real_of(p, "y")[i];
        int64_t n = count[i];
        long double xr = re(x), yr = re(y);
        real_result(p, "a")[i] = bend(x, y);
        real_result(p, "b")[i] = !keep[i] ? -1 : n > 2 ? x / n : y;
        int_result(p, "c")[i] = keep[i] ? n * 7 / 3 - i % 4 : n > 2 ? n : 2;
        int_result(p, "d")[i] = keep[i] && (xr > 0 || n == 3) && !(yr < -0.5L);
        real_result(p, "e")[i] = clamped(x, -0.25L, y + 1) + most(x, y) * least(x, 0.1L) + most(y, 0);
        real_result(p, "f")[i] =
            (num)((xr > 0) - (xr < 0)) * floorl(4 * yr) + rintl(3 * xr + 0.2L) + ceill(yr) + (xr >= yr) + fabsl(xr);
    }
}

static void branches_(const problem *p)
{
    const int64_t *count = int_of(p, "n"), *keep = int_of(p, "keep");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num x = real_of(p, "x")[i], y = real_of(p, "y")[i];
        num b = !keep[i] ? x : count[i] > 2 ? x * x / count[i] : y;
        num e = clamped(x, -0.25L, y + 1) + most(x, y) * least(x, 0.1L) + most(y, 0) * n_abs(x);
        sum += real_of(p, "w")[i] * (bend(x, y) + b + e);
    }
    *real_result(p, "result") = sum;
}

static num root(num a, int64_t passes)
{
    num x = 1;
    for (int64_t t = 0; t < passes; t++)
        x = (x + a / x) / 2;
    return x;
}

static void orbit(const num *v, num s, int64_t passes, num *q)
{
    q[0] = v[0];
    q[1] = v[1];
    for (int64_t t = 0; t < passes; t++) {
        num old = q[0];
        bool right = re(old) > 0;
        q[0] = right ? old - 0.1L * s * q[1] : 0.9L * old + 0.2L;
        q[1] = right ? q[1] + 0.1L * old : q[1] - 0.05L * t;
    }
}

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void loops(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num s = real_of(p, "s")[i];
        int64_t n = int_of(p, "n")[i];
        real_result(p, "a")[i] = root(s, 5);
        real_result(p, "b")[i] = root(s, n);
        orbit(real_of(p, "v") + 2 * i, s, n + 2, real_result(p, "c") + 2 * i);
    }
}

static void loops_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num s = real_of(p, "s")[i], q[2];
        int64_t n = int_of(p, "n")[i];
        orbit(real_of(p, "v") + 2 * i, s, at_most(n, 5) + 2, q);
        sum += real_of(p, "w")[i] * (root(s, 5) * root(2 * s, at_most(n, 4)) + q[0] * q[1]);
    }
    *real_result(p, "result") = sum;
}

static void loop_pairs_(const problem *p)
{
    const num *x = real_of(p, "x"), *u = real_of(p, "u");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        for (int64_t j = 0; j < size_of(p, "M"); j++)
            sum += x[i] * root(*real_of(p, "s") + square(x[i] - u[j]), 4);
    *real_result(p, "result") = sum;
}

/* What local and local_ have of row i. */
typedef struct layer {
    num determinant, out, top[2], soft, unit[3];
    int64_t least;
} layer;

static layer layer_of(const problem *p, int64_t i)
{
    int64_t n = size_of(p, "P");
    const num *x = real_of(p, "x") + 3 * i, *w = real_of(p, "W"), *c = real_of(p, "c");
    num weights = 0, lowest = INFINITY, length = n_sqrt(dot(x, x, 3));
    layer l = {.top = {-INFINITY, -INFINITY}, .least = -1};
    /* rows x, (x1, x2, 1), (x0^2, 0, x2) */
    l.determinant = x[0] * (x[2] * x[2]) - x[1] * (x[1] * x[2] - x[0] * x[0]) - x[2] * (x[2] * x[0] * x[0]);
    for (int64_t q = 0; q < n; q++) {
        num e = dot(w + 3 * q, x, 3);
        l.out += c[q] * n_tanh(e + c[q]);
        weights += n_exp(e);
        if (re(e) > re(l.top[1]))
            l.top[1] = e;
        if (re(l.top[1]) > re(l.top[0])) {
            l.top[1] = l.top[0];
            l.top[0] = e;
        }
        if (re(e + c[q]) < re(lowest)) {
            lowest = e + c[q];
            l.least = q;
        }
    }
    l.soft = n_log(weights);
    for (int k = 0; k < 3; k++)
        l.unit[k] = x[k] / length;
    return l;
}

static void local(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        layer l = layer_of(p, i);
        real_result(p, "det")[i] = l.determinant;
        real_result(p, "out")[i] = l.out;
        real_result(p, "top")[2 * i] = l.top[0];
        real_result(p, "top")[2 * i + 1] = l.top[1];
        int_result(p, "k")[i] = l.least;
        real_result(p, "soft")[i] = l.soft;
        for (int k = 0; k < 3; k++)
            real_result(p, "unit")[3 * i + k] = l.unit[k];
    }
}

static void local_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        layer l = layer_of(p, i);
        sum += real_of(p, "w")[i] * (l.determinant + l.out + l.soft * l.unit[1] + l.top[0] * l.top[1]);
    }
    *real_result(p, "result") = sum;
}

static void types(const problem *p)
{
    num total = 0, total64 = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num x = real_of(p, "x")[i];
        int64_t n = int_of(p, "n")[i], keep = int_of(p, "keep")[i];
        real_result(p, "single")[i] = 3 * x + n;
        real_result(p, "double")[i] = x / 2 - (keep ? 1 : n);
        int_result(p, "whole")[i] = (int64_t)re(4 * x) + n * n;
        int_result(p, "truth")[i] = (keep != 0) == (n > 2);
        total += 3 * x + n;
        total64 += x;
    }
    *real_result(p, "total") = total / 64;
    *real_result(p, "sum64") = total64;
}

/* The largest difference between two ways of drawing the same numbers. */
static void noise(const problem *p)
{
    *real_result(p, "rows") = *real_result(p, "pairs") = size_of(p, "N") ? 0 : -INFINITY;
}

static void noisy_(const problem *p)
{
    const num *x = real_of(p, "x"), *y = real_of(p, "y");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        for (int64_t j = 0; j < size_of(p, "M"); j++)
            sum += x[i] * n_exp(-square(x[i] - y[j]) / *real_of(p, "s"));
    *real_result(p, "result") = sum;
}

static void heat_(const problem *p)
{
    enum { MOST = 20011 };
    static num u[MOST + 2], next[MOST + 2];
    int64_t n = size_of(p, "N");
    for (int64_t i = 0; i <= n + 1; i++)
        u[i] = i && i <= n ? real_of(p, "x")[i - 1] : 0;
    for (int t = 0; t < 4; t++) {
        for (int64_t i = 1; i <= n; i++)
            next[i] = u[i] + 0.2L * *real_of(p, "r") * (u[i - 1] - 2 * u[i] + u[i + 1]) * u[i];
        for (int64_t i = 1; i <= n; i++)
            u[i] = next[i];
    }
    *real_result(p, "result") = dot(real_of(p, "w"), u + 1, n);
}

static void nearest_(const problem *p)
{
    const num *x = real_of(p, "gx"), *y = real_of(p, "gy");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        int64_t at[2] = {-1, -1};
        num value[2] = {INFINITY, INFINITY};
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            num e = sqdist(x + 2 * i, y + 2 * j, 2);
            int place = re(e) < re(value[0]) ? 0 : re(e) < re(value[1]) ? 1 : 2;
            if (place == 0) {
                at[1] = at[0];
                value[1] = value[0];
            }
            if (place < 2) {
                at[place] = j;
                value[place] = e;
            }
        }
        for (int c = 0; c < 2; c++)
            sum += at[c] < 0 ? 0 : real_of(p, "w")[i] * real_of(p, "b")[at[c]] * value[c];
    }
    *real_result(p, "result") = sum;
}

static const test tests[] = {
    {"strides", strides, 0, 0},     {"strides_", strides_, 0, 0},
    {"gathers", gathers, 0, 0},     {"gathers_", gathers_, 0, 0},
    {"mesh_", mesh_, 0, 0},         {"branches", branches, 0, 0},
    {"branches_", branches_, 0, 0}, {"loops", loops, 0, 0},
    {"loops_", loops_, 0, 0},       {"loop_pairs_", loop_pairs_, 0, 0},
    {"local", local, 0, 0},         {"local_", local_, 0, 0},
    {"types", types, 0, 0},         {"noise", noise, 0, 0},
    {"noisy_", noisy_, 0, 0},       {"heat_", heat_, 0, 0},
    {"nearest_", nearest_, 0, 0},
};

int main(int argc, char **argv)
{
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
