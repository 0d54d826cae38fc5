/* References for pairs.ad. */
#include "harness.h"

static num k(const num *x, const num *y, num s)
{
    return n_exp(-sqdist(x, y, 3) / (s * s));
}

typedef struct clouds {
    int64_t n, m;
    const num *x, *y, *b, *s;
} clouds;

static clouds clouds_of(const problem *p)
{
    return (clouds){size_of(p, "N"), size_of(p, "M"), real_of(p, "x"),
                    real_of(p, "y"), real_of(p, "b"), real_of(p, "s")};
}

static num gauss_sum(const clouds *c, int64_t i)
{
    num sum = 0;
    for (int64_t j = 0; j < c->m; j++)
        sum += k(&c->x[3 * i], &c->y[3 * j], *c->s) * c->b[j];
    return sum;
}

static void sum_of(const problem *p)
{
    clouds c = clouds_of(p);
    for (int64_t i = 0; i < c.n; i++)
        real_result(p, "a")[i] = gauss_sum(&c, i);
}

static void sum_(const problem *p)
{
    clouds c = clouds_of(p);
    num *result = real_result(p, "result");
    *result = 0;
    for (int64_t i = 0; i < c.n; i++)
        *result += real_of(p, "w")[i] * gauss_sum(&c, i);
}

static void square_(const problem *p)
{
    int64_t n = size_of(p, "N");
    clouds c = {n, n, real_of(p, "x"), real_of(p, "y"), real_of(p, "b"), real_of(p, "s")};
    num *result = real_result(p, "result");
    *result = 0;
    for (int64_t i = 0; i < n; i++)
        *result += real_of(p, "w")[i] * gauss_sum(&c, i);
}

/* Row i of the kernel product: P entries. */
static void product_row(const problem *p, int64_t i, num *row)
{
    int64_t m = size_of(p, "M"), d = size_of(p, "D"), n_columns = size_of(p, "P");
    const num *x = real_of(p, "x"), *y = real_of(p, "y"), *b = real_of(p, "b"), s = *real_of(p, "s");
    for (int64_t q = 0; q < n_columns; q++)
        row[q] = 0;
    for (int64_t j = 0; j < m; j++) {
        num weight = n_exp(-sqdist(x + d * i, y + d * j, d) / (s * s));
        for (int64_t q = 0; q < n_columns; q++)
            row[q] += weight * b[j * n_columns + q];
    }
}

static void product_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        product_row(p, i, real_result(p, "a") + i * size_of(p, "P"));
}

static void product_(const problem *p)
{
    int64_t n_columns = size_of(p, "P");
    num row[16], *result = real_result(p, "result");
    *result = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        product_row(p, i, row);
        *result += dot(row, real_of(p, "w") + i * n_columns, n_columns);
    }
}

static void energy_(const problem *p)
{
    int64_t n = size_of(p, "N");
    const num *x = real_of(p, "x"), *v = real_of(p, "p"), s = *real_of(p, "s");
    num sum = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            sum += k(&x[3 * i], &x[3 * j], s) * dot(&v[3 * i], &v[3 * j], 3);
    *real_result(p, "result") = sum / 2;
}

/* The gradient of the energy at point i. */
static void flow_row(const problem *p, int64_t i, num *row)
{
    int64_t n = size_of(p, "N");
    const num *x = real_of(p, "x"), *v = real_of(p, "p"), s = *real_of(p, "s");
    row[0] = row[1] = row[2] = 0;
    for (int64_t j = 0; j < n; j++) {
        num weight = -2 * k(&x[3 * i], &x[3 * j], s) * dot(&v[3 * i], &v[3 * j], 3) / (s * s);
        for (int a = 0; a < 3; a++)
            row[a] += weight * (x[3 * i + a] - x[3 * j + a]);
    }
}

static void flow_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        flow_row(p, i, real_result(p, "a") + 3 * i);
}

static void flow_(const problem *p)
{
    num row[3], *result = real_result(p, "result");
    *result = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        flow_row(p, i, row);
        *result += dot(row, real_of(p, "w") + 3 * i, 3);
    }
}

static void drift_row(const problem *p, int64_t i, num *row)
{
    const num *x = real_of(p, "x"), *b = real_of(p, "b");
    row[0] = row[1] = row[2] = 0;
    for (int64_t j = 0; j < size_of(p, "N"); j++)
        for (int a = 0; a < 3; a++)
            row[a] += n_tanh(b[j]) * (x[3 * j + a] - x[3 * i + a]) / (1 + sqdist(&x[3 * i], &x[3 * j], 3));
}

static void drift_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        drift_row(p, i, real_result(p, "a") + 3 * i);
}

static void drift_(const problem *p)
{
    num row[3], *result = real_result(p, "result");
    *result = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        drift_row(p, i, row);
        *result += dot(row, real_of(p, "w") + 3 * i, 3);
    }
}

static num local_sum(const clouds *c, int64_t i)
{
    num sum = 0;
    for (int64_t j = 0; j < c->m; j++)
        sum += k(&c->x[3 * i], &c->y[3 * j], c->s[i]) * c->b[j];
    return sum;
}

static void mean_of(const problem *p)
{
    clouds c = clouds_of(p);
    for (int64_t i = 0; i < c.n; i++)
        real_result(p, "a")[i] = c.m ? local_sum(&c, i) / c.m : (num)NAN;
}

static void mean_(const problem *p)
{
    clouds c = clouds_of(p);
    const num *w = real_of(p, "w");
    num sum = 0;
    for (int64_t i = 0; i < c.n; i++) {
        sum += w[i] * local_sum(&c, i);
        for (int j = 0; j < 5; j++)
            sum += w[i] * (c.x[3 * i] + j) * (c.x[3 * i] + j) / 5;
    }
    *real_result(p, "result") = sum;
}

static void prod_of(const problem *p)
{
    const num *z = real_of(p, "z"), *x = real_of(p, "x");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num product = 1;
        for (int64_t j = 0; j < size_of(p, "M"); j++)
            product *= (1 + z[j] * x[3 * i] / (1 + j)) * (j == 5 * i + 3 ? z[j] : 1);
        real_result(p, "a")[i] = product;
    }
}

static void prod_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num product = 1;
        for (int64_t j = 0; j < size_of(p, "P"); j++)
            product *= real_of(p, "z")[j] * real_of(p, "x")[i] + (j > 1 ? 1 : 0);
        sum += real_of(p, "w")[i] * product;
    }
    *real_result(p, "result") = sum;
}

/* ln sum_j exp(e(j)), by the largest real part. */
typedef num term(const problem *p, int64_t i, int64_t j);

static num log_sum_exp(const problem *p, int64_t i, int64_t m, term *e)
{
    long double most = -INFINITY;
    num sum = 0;
    for (int64_t j = 0; j < m; j++)
        most = fmaxl(most, re(e(p, i, j)));
    for (int64_t j = 0; j < m; j++)
        sum += n_exp(e(p, i, j) - most);
    return m ? most + n_log(sum) : (num)-INFINITY;
}

static num sinkhorn_term(const problem *p, int64_t i, int64_t j)
{
    return (real_of(p, "b")[j] - sqdist(real_of(p, "x") + 3 * i, real_of(p, "y") + 3 * j, 3) / 2) / *real_of(p, "s");
}

static void logsumexp_of(const problem *p)
{
    int64_t m = size_of(p, "M");
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        real_result(p, "a")[i] = m ? -*real_of(p, "s") * log_sum_exp(p, i, m, sinkhorn_term) : (num)INFINITY;
}

static void logsumexp_(const problem *p)
{
    int64_t m = size_of(p, "M");
    num sum = 0;
    for (int64_t i = 0; m && i < size_of(p, "N"); i++)
        sum += real_of(p, "w")[i] * log_sum_exp(p, i, m, sinkhorn_term);
    *real_result(p, "result") = sum;
}

static num far_a(const problem *p, int64_t i, int64_t j)
{
    return 200 * dot(real_of(p, "x") + 3 * i, real_of(p, "y") + 3 * j, 3);
}

static num far_c(const problem *p, int64_t i, int64_t j)
{
    return -1000 - 50 * real_of(p, "x")[3 * i] + 70 * real_of(p, "y")[3 * j + 1];
}

static void far_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        real_result(p, "a")[i] = log_sum_exp(p, i, size_of(p, "M"), far_a);
        real_result(p, "c")[i] = log_sum_exp(p, i, size_of(p, "M"), far_c);
    }
}

/* Column q of softmax_mean(2 <x_i, y_j>, c_j) over m values, c having that many columns. */
static num softmax_entry(const problem *p, int64_t i, int64_t m, const num *c, int64_t columns, int64_t q)
{
    num sum = 0, weights = 0;
    for (int64_t j = 0; j < m; j++) {
        num weight = n_exp(2 * dot(real_of(p, "x") + 2 * i, real_of(p, "y") + 2 * j, 2));
        weights += weight;
        sum += weight * c[j * columns + q];
    }
    return m ? sum / weights : 0;
}

static void softmax_of(const problem *p)
{
    int64_t m = size_of(p, "M");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        real_result(p, "a")[i] = softmax_entry(p, i, m, real_of(p, "b"), 1, 0);
        for (int q = 0; q < 2; q++)
            real_result(p, "e")[2 * i + q] = softmax_entry(p, i, m, real_of(p, "c"), 2, q);
    }
}

static void softmax_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        sum += real_of(p, "w")[i] * softmax_entry(p, i, size_of(p, "M"), real_of(p, "b"), 1, 0);
    *real_result(p, "result") = sum;
}

static void softmax_rows_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        for (int q = 0; q < 2; q++)
            sum += real_of(p, "w")[2 * i + q] * softmax_entry(p, i, size_of(p, "M"), real_of(p, "c"), 2, q);
    *real_result(p, "result") = sum;
}

static num scales_row(const problem *p, int64_t i)
{
    clouds c = clouds_of(p);
    num sum = 0, s = *c.s;
    for (int64_t j = 0; j < c.m; j++) {
        num r2 = sqdist(&c.x[3 * i], &c.y[3 * j], 3), a = dot(real_of(p, "u") + 2 * i, real_of(p, "v") + 2 * j, 2);
        sum += (n_exp(-r2 / (s * s)) + 1 / (1 + r2) + 1 / n_sqrt(1 + r2 / s)) * a * a * c.b[j];
    }
    return sum;
}

static void scales_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        real_result(p, "a")[i] = scales_row(p, i);
}

static void scales_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        sum += real_of(p, "w")[i] * scales_row(p, i);
    *real_result(p, "result") = sum;
}

static num kernel_term(const problem *p, int64_t i, int64_t j)
{
    return k(real_of(p, "gx") + 3 * i, real_of(p, "gy") + 3 * j, *real_of(p, "s")) * real_of(p, "b")[j];
}

static void many(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M");
    num *columns = real_result(p, "columns"), *all = real_result(p, "all_");
    *all = 0;
    for (int64_t j = 0; j < m; j++)
        columns[j] = 0;
    for (int64_t i = 0; i < n; i++) {
        num total = 0;
        long double most = -INFINITY, least = INFINITY;
        int64_t near = 0;
        for (int64_t j = 0; j < m; j++) {
            num e = kernel_term(p, i, j);
            total += e;
            columns[j] += e;
            most = fmaxl(most, re(e));
            least = fminl(least, re(e));
            near += re(sqdist(real_of(p, "gx") + 3 * i, real_of(p, "gy") + 3 * j, 3)) < 0.53L;
        }
        *all += total;
        real_result(p, "total")[i] = total;
        real_result(p, "most")[i] = most;
        real_result(p, "least")[i] = least;
        real_result(p, "soft")[i] = log_sum_exp(p, i, m, kernel_term);
        int_result(p, "near")[i] = near;
    }
}

static num entry(const problem *p, int64_t i, int64_t j)
{
    (void)i;
    return real_of(p, "A")[j];
}

static void matrix(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M");
    const num *a = real_of(p, "A"), *b = real_of(p, "b"), *w = real_of(p, "w");
    num total = 0, form = 0;
    long double most = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        num row = dot(a + i * m, b, m);
        real_result(p, "rows")[i] = row;
        form += w[i] * row;
    }
    for (int64_t j = 0; j < m; j++) {
        num column = 0;
        for (int64_t i = 0; i < n; i++)
            column += w[i] * a[i * m + j];
        real_result(p, "columns")[j] = column;
    }
    for (int64_t e = 0; e < n * m; e++) {
        total += a[e];
        most = fmaxl(most, re(a[e]));
    }
    *real_result(p, "total") = total;
    *real_result(p, "average") = n && m ? total / (n * m) : (num)NAN;
    *real_result(p, "most") = most;
    *real_result(p, "soft") = log_sum_exp(p, 0, n * m, entry);
    *real_result(p, "form") = form;
}

static void matrix_(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M");
    const num *a = real_of(p, "A"), *b = real_of(p, "b"), *w = real_of(p, "w");
    num sum = dot(a, a, n * m);
    for (int64_t i = 0; i < n; i++)
        sum += w[i] * dot(a + i * m, b, m);
    for (int64_t j = 0; j < m; j++) {
        num weighted = 0, plain = 0;
        for (int64_t i = 0; i < n; i++) {
            weighted += w[i] * a[i * m + j];
            plain += a[i * m + j];
        }
        sum += weighted * weighted + n_sin(plain);
    }
    *real_result(p, "result") = sum;
}

static num triple(const problem *p, int64_t i, int64_t j)
{
    (void)i;
    return 3 * real_of(p, "x")[j];
}

/* softmax_mean(x, w) and prod(1 + x / 10). */
static num soft_mean(const num *x, const num *w, int64_t n)
{
    num sum = 0, weights = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += n_exp(x[i]) * w[i];
        weights += n_exp(x[i]);
    }
    return n ? sum / weights : 0;
}

static num product(const num *x, int64_t n)
{
    num product = 1;
    for (int64_t i = 0; i < n; i++)
        product *= 1 + x[i] / 10;
    return product;
}

static void whole(const problem *p)
{
    int64_t n = size_of(p, "N");
    const num *x = real_of(p, "x"), *w = real_of(p, "w");
    num sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    *real_result(p, "a") = sum;
    *real_result(p, "b") = dot(x, x, n);
    *real_result(p, "c") = n_sqrt(dot(x, x, n));
    *real_result(p, "d") = dot(x, w, n);
    *real_result(p, "e") = log_sum_exp(p, 0, n, triple);
    *real_result(p, "f") = soft_mean(x, w, n);
    *real_result(p, "g") = product(x, n);
}

static void whole_(const problem *p)
{
    int64_t n = size_of(p, "N");
    const num *x = real_of(p, "x"), *w = real_of(p, "w");
    num sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    num inner = n ? log_sum_exp(p, 0, n, triple) + soft_mean(x, w, n) + sum / n : 0;
    *real_result(p, "result") = n_sqrt(dot(x, x, n)) + dot(x, w, n) * dot(x, w, n) + inner + product(x, n);
}

static const test tests[] = {
    {"sum_of", sum_of, 0, 0},
    {"sum_", sum_, 0, 0},
    {"square_", square_, 0, 0},
    {"product_of", product_of, 0, 0},
    {"product_", product_, 0, 0},
    {"energy_", energy_, 0, 0},
    {"flow_of", flow_of, 0, 0},
    {"flow_", flow_, 0, 0},
    {"drift_of", drift_of, 0, 0},
    {"drift_", drift_, 0, 0},
    {"mean_of", mean_of, 0, 0},
    {"mean_", mean_, 0, 0},
    {"prod_of", prod_of, 0, 5e-4}, /* 20011 factors near 1, each rounded */
    {"prod_", prod_, 0, 0},
    {"logsumexp_of", logsumexp_of, 0, 0},
    {"logsumexp_", logsumexp_, 0, 0},
    {"far_of", far_of, 0, 0},
    {"softmax_of", softmax_of, 0, 0},
    {"softmax_", softmax_, 0, 0},
    {"softmax_rows_", softmax_rows_, 0, 0},
    {"scales_of", scales_of, 0, 0},
    {"scales_", scales_, 0, 0},
    {"many", many, 0, 0},
    {"matrix", matrix, 0, 0},
    {"matrix_", matrix_, 0, 0},
    {"whole", whole, 0, 0},
    {"whole_", whole_, 0, 0},
};

int main(int argc, char **argv)
{
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
