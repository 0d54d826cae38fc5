/* References for filters.ad. */
#include <stdlib.h>

#include "harness.h"

static num k(const num *x, const num *y, num s)
{
    return n_exp(-sqdist(x, y, 3) / (s * s));
}

static num inverse_distance(const num *x, int64_t i, int64_t j)
{
    return 1 / n_sqrt(sqdist(x + 3 * i, x + 3 * j, 3));
}

static num others_row(const problem *p, int64_t i)
{
    const num *x = real_of(p, "x"), *b = real_of(p, "b");
    num sum = 0;
    for (int64_t j = 0; j < size_of(p, "N"); j++)
        if (j != i)
            sum += k(x + 3 * i, x + 3 * j, *real_of(p, "s")) * b[j];
    return sum;
}

static num below_row(const problem *p, int64_t i)
{
    num sum = 0;
    for (int64_t j = 0; j < i; j++)
        sum += real_of(p, "b")[j] * inverse_distance(real_of(p, "x"), i, j);
    return sum;
}

static void others_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        real_result(p, "a")[i] = others_row(p, i);
        real_result(p, "c")[i] = below_row(p, i);
    }
}

static void others_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        sum += real_of(p, "w")[i] * others_row(p, i) + real_of(p, "b")[i] * below_row(p, i);
    *real_result(p, "result") = sum;
}

/* What the filtered reductions of a row add up to, term by term. */
typedef struct tally {
    num sum, product, weights, exps;
    int64_t terms;
} tally;

static tally tally_new(void)
{
    return (tally){.product = 1};
}

/* One term: e for sum, prod and logsumexp; score its weight in softmax_mean. Exponents here are small. */
static void tally_add(tally *t, num e, num score)
{
    t->sum += e;
    t->product *= e;
    t->exps += n_exp(score) * e;
    t->weights += n_exp(score);
    t->terms++;
}

static num logsumexp(const tally *t)
{
    return t->terms ? n_log(t->weights) : (num)-INFINITY;
}

static num softmax_mean(const tally *t)
{
    return t->terms ? t->exps / t->weights : 0;
}

static void masked_of(const problem *p)
{
    const num *x = real_of(p, "gx"), *y = real_of(p, "gy"), *b = real_of(p, "b");
    const int64_t *keep = int_of(p, "keep");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        tally total = tally_new(), average = total, product = total, soft = total, mixed = total;
        int64_t number = 0;
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            num inner = dot(x + 3 * i, y + 3 * j, 3);
            bool near = re(sqdist(x + 3 * i, y + 3 * j, 3)) < 1.03L;
            if (keep[j])
                tally_add(&total, inner * b[j], 0);
            if (keep[j] && j != 2 * i)
                tally_add(&average, b[j] + x[3 * i], 0);
            if (keep[j] && re(b[j]) > re(x[3 * i]))
                tally_add(&product, 1 + b[j] / (1 + j), 0);
            if (near)
                tally_add(&soft, 0, b[j] + x[3 * i + 1]);
            if (keep[j] || j == i)
                tally_add(&mixed, b[j], inner);
            number += keep[j] && near;
        }
        real_result(p, "total")[i] = total.sum;
        real_result(p, "average")[i] = average.terms ? average.sum / average.terms : (num)NAN;
        real_result(p, "product")[i] = product.product;
        real_result(p, "soft")[i] = logsumexp(&soft);
        real_result(p, "mixed_")[i] = softmax_mean(&mixed);
        int_result(p, "number")[i] = number;
    }
}

static void masked_(const problem *p)
{
    const num *x = real_of(p, "gx"), *y = real_of(p, "gy"), *b = real_of(p, "b");
    const int64_t *keep = int_of(p, "keep");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        tally total = tally_new(), soft = total, mixed = total;
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            num inner = dot(x + 3 * i, y + 3 * j, 3);
            if (keep[j] && re(sqdist(x + 3 * i, y + 3 * j, 3)) < 1.53L)
                tally_add(&total, inner * inner * b[j], 0);
            if (keep[j] || j == 0)
                tally_add(&soft, 0, b[j] * inner);
            if (keep[j])
                tally_add(&mixed, b[j], inner);
        }
        num all = total.sum + softmax_mean(&mixed) + (soft.terms ? logsumexp(&soft) : 0);
        sum += real_of(p, "w")[i] * all;
    }
    *real_result(p, "result") = sum;
}

static void masked_product_(const problem *p)
{
    const num *x = real_of(p, "x"), *c = real_of(p, "c");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num product = 1;
        for (int64_t j = 0; j < size_of(p, "P"); j++)
            product *= re(c[j]) > re(x[i]) && j != i ? c[j] + x[i] : 1;
        sum += real_of(p, "w")[i] * product;
    }
    *real_result(p, "result") = sum;
}

static void guarded_of(const problem *p)
{
    const num *x = real_of(p, "x"), *u = real_of(p, "u");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num sum = 0;
        for (int64_t j = 0; j < size_of(p, "M"); j++)
            if (re(x[i] + u[j]) > 0.01L)
                sum += n_log(x[i] + u[j]) + 1 / n_sqrt(x[i] + u[j]);
        real_result(p, "a")[i] = sum;
    }
}

static num branch(num x, num u)
{
    return re(x) < re(u) ? n_sqrt(u - x) : re(x) > 2 * re(u) ? x * x : u;
}

static void guarded_(const problem *p)
{
    const num *x = real_of(p, "x"), *u = real_of(p, "u");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            num a = re(x[i] + u[j]) > 0.01L ? n_log(x[i] + u[j]) + n_sqrt(x[i] + u[j]) : 0;
            sum += real_of(p, "w")[i] * (a + branch(x[i], u[j]));
        }
    *real_result(p, "result") = sum;
}

/* Extremes. */

typedef struct best {
    num value;
    int64_t at;
} best;

static best best_new(int sign)
{
    return (best){-sign * INFINITY, -1};
}

static void best_offer(best *b, int sign, num value, int64_t at)
{
    if (b->at < 0 || sign * re(value) > sign * re(b->value))
        *b = (best){value, at};
}

/* list is sorted; equal values by index. */
static void list_offer(best *list, int n, int sign, num value, int64_t at)
{
    int c = n;
    for (; c > 0 && (list[c - 1].at < 0 || sign * re(value) > sign * re(list[c - 1].value)); c--)
        if (c < n)
            list[c] = list[c - 1];
    if (c < n)
        list[c] = (best){value, at};
}

static num square(num a)
{
    return a * a;
}

static void extremes(const problem *p)
{
    const num *x = real_of(p, "gx"), *b = real_of(p, "gb");
    const int64_t *keep = int_of(p, "keep");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        best most = best_new(1), upper = most, l = best_new(-1), v = l, d[4], near[4];
        bool any = false, all = true;
        for (int c = 0; c < 4; c++) {
            d[c] = best_new(-1);
            near[c] = best_new(1);
        }
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            num off = square(x[i] - b[j]);
            if (keep[j])
                best_offer(&most, 1, b[j] * x[i], j);
            if (keep[j] && re(b[j]) < re(x[i]))
                best_offer(&upper, 1, b[j], j);
            if (re(b[j]) > re(x[i]))
                best_offer(&l, -1, b[j], j);
            if (keep[j])
                best_offer(&v, -1, off, j);
            if (keep[j] && j != i)
                list_offer(d, 4, -1, off, j);
            if (re(b[j]) < re(x[i]))
                list_offer(near, 4, 1, b[j] * x[i], j);
            any |= keep[j] && re(b[j]) == re(x[i]);
            all &= keep[j] || re(b[j]) < re(x[i]) + 3;
        }
        real_result(p, "most")[i] = most.value;
        int_result(p, "k_")[i] = upper.at;
        int_result(p, "l")[i] = l.at;
        real_result(p, "v")[i] = v.value;
        int_result(p, "kv")[i] = v.at;
        int_result(p, "any_")[i] = any;
        int_result(p, "all_")[i] = all;
        for (int c = 0; c < 4; c++) {
            real_result(p, "d")[4 * i + c] = d[c].value;
            int_result(p, "near")[4 * i + c] = near[c].at;
        }
    }
}

static void extremes_(const problem *p)
{
    const num *x = real_of(p, "gx"), *b = real_of(p, "gb"), *w = real_of(p, "w");
    const int64_t *keep = int_of(p, "keep");
    int64_t m = size_of(p, "M");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        best most = best_new(1), d[3] = {best_new(-1), best_new(-1), best_new(-1)};
        for (int64_t j = 0; j < m; j++) {
            if (keep[j] || j == 0)
                best_offer(&most, 1, b[j] * x[i], j);
            if (keep[j] || j < 3)
                list_offer(d, 3, -1, square(x[i] - b[j]), j);
        }
        sum += m > 0 ? w[i] * most.value : 0;
        for (int c = 0; m > 2 && c < 3; c++)
            sum += w[i] * d[c].value / (1 + c);
    }
    *real_result(p, "result") = sum;
}

/* Sparse rows. */

static void sparse_of(const problem *p)
{
    const int64_t *row = int_of(p, "row"), *col = int_of(p, "col");
    const num *b = real_of(p, "b"), *x = real_of(p, "x"), *c = real_of(p, "c");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        tally a = tally_new(), average = a, soft = a, weighted = a, product = a;
        num *rows = real_result(p, "rows") + 3 * i;
        rows[0] = rows[1] = rows[2] = 0;
        for (int64_t e = row[i]; e < row[i + 1]; e++) {
            tally_add(&a, b[e] * x[col[e]], 0);
            for (int d = 0; d < 3; d++)
                rows[d] += b[e] * c[3 * col[e] + d];
            if (re(b[e]) > 0)
                tally_add(&average, x[col[e]], 0);
            tally_add(&soft, 0, 4 * b[e] - x[col[e]]);
            tally_add(&weighted, x[col[e]], 4 * b[e]);
            tally_add(&product, 1 + b[e] / 40, 0);
        }
        real_result(p, "a")[i] = a.sum;
        real_result(p, "average")[i] = average.terms ? average.sum / average.terms : (num)NAN;
        real_result(p, "soft")[i] = logsumexp(&soft);
        real_result(p, "weighted")[i] = softmax_mean(&weighted);
        real_result(p, "product")[i] = product.product;
    }
}

static void sparse_(const problem *p)
{
    const int64_t *row = int_of(p, "row"), *col = int_of(p, "col");
    const num *b = real_of(p, "b"), *x = real_of(p, "x"), *c = real_of(p, "c");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        tally a = tally_new(), soft = a;
        num rows[3] = {0};
        for (int64_t e = row[i]; e < row[i + 1]; e++) {
            tally_add(&a, b[e] * x[col[e]] * x[col[e]], 0);
            tally_add(&soft, 0, 4 * b[e] - x[col[e]]);
            for (int d = 0; d < 3; d++)
                rows[d] += b[e] * c[3 * col[e] + d];
        }
        sum += real_of(p, "w")[i] * (n_sin(a.sum) + dot(rows, rows, 3) + (soft.terms ? logsumexp(&soft) : 0));
    }
    *real_result(p, "result") = sum;
}

static void sparse_extremes(const problem *p)
{
    const int64_t *row = int_of(p, "row"), *col = int_of(p, "col");
    const num *b = real_of(p, "gb"), *x = real_of(p, "gx");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        best most = best_new(1), l = best_new(-1), d[3], at[3];
        bool any = false;
        int64_t number = 0;
        for (int c = 0; c < 3; c++) {
            d[c] = best_new(1);
            at[c] = best_new(-1);
        }
        for (int64_t e = row[i]; e < row[i + 1]; e++) {
            num now = b[e] - x[col[e]];
            best_offer(&most, 1, now, e);
            if (re(x[col[e]]) > 0)
                best_offer(&l, -1, b[e], e);
            list_offer(d, 3, 1, now, e);
            list_offer(at, 3, -1, now, e);
            any |= re(now) == 0;
            number += re(now) < 0;
        }
        real_result(p, "most")[i] = most.value;
        int_result(p, "k_")[i] = most.at;
        int_result(p, "l")[i] = l.at;
        int_result(p, "any_")[i] = any;
        int_result(p, "number")[i] = number;
        for (int c = 0; c < 3; c++) {
            real_result(p, "d")[3 * i + c] = d[c].value;
            int_result(p, "at_")[3 * i + c] = at[c].at;
        }
    }
}

static int64_t band_lo(int64_t i)
{
    return i > 3 ? i - 3 : 0;
}

static int64_t band_hi(const problem *p, int64_t i)
{
    int64_t n = size_of(p, "N");
    return i + 4 < n ? i + 4 : n;
}

static best range_best(const problem *p, int64_t i)
{
    best most = best_new(1);
    for (int64_t j = int_of(p, "lo")[i]; j < int_of(p, "hi")[i]; j++)
        best_offer(&most, 1, real_of(p, "b")[j], j);
    return most;
}

static num range_sum(const problem *p, int64_t i)
{
    num sum = 0;
    for (int64_t j = int_of(p, "lo")[i]; j < int_of(p, "hi")[i]; j++)
        sum += real_of(p, "b")[j] * real_of(p, "x")[i];
    return sum;
}

static num convolution(const num *x, int64_t i)
{
    num sum = 0;
    for (int64_t j = 0; j <= i; j++)
        sum += x[j] * x[i - j];
    return sum;
}

static void ranges_of(const problem *p)
{
    const num *x = real_of(p, "x");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num band = 0;
        for (int64_t j = band_lo(i); j < band_hi(p, i); j++)
            band += x[j] / (1 + llabs(i - j));
        real_result(p, "a")[i] = range_sum(p, i);
        real_result(p, "e")[i] = band;
        int_result(p, "k_")[i] = range_best(p, i).at;
    }
}

static void ranges_(const problem *p)
{
    const num *x = real_of(p, "x");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        best most = best_new(1);
        for (int64_t j = band_lo(i); j < band_hi(p, i); j++)
            best_offer(&most, 1, x[j], j);
        sum += real_of(p, "w")[i] * (range_sum(p, i) + most.value);
    }
    *real_result(p, "result") = sum;
}

static void triangle_of(const problem *p)
{
    int64_t n = size_of(p, "N");
    const num *x = real_of(p, "x");
    for (int64_t i = 0; i < n; i++) {
        real_result(p, "c")[i] = convolution(x, i);
        real_result(p, "d")[i] = dot(x + i, x, n - i);
    }
}

static void triangle_(const problem *p)
{
    int64_t n = size_of(p, "N");
    const num *x = real_of(p, "x"), *w = real_of(p, "w");
    num sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += w[i] * (convolution(x, i) + dot(x + i + 1, x + i + 1, n - i - 1));
    *real_result(p, "result") = sum;
}

static void blocks_(const problem *p)
{
    const int64_t *row = int_of(p, "row"), *col = int_of(p, "col");
    num sum = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        for (int64_t e = row[i]; e < row[i + 1]; e++)
            for (int a = 0; a < 3; a++)
                sum +=
                    real_of(p, "w")[3 * i + a] * dot(real_of(p, "B") + 9 * e + 3 * a, real_of(p, "x") + 3 * col[e], 3);
    *real_result(p, "result") = sum;
}

static const test tests[] = {
    {"others_of", others_of, 0, 0},
    {"others_", others_, 0, 0},
    {"masked_of", masked_of, 0, 5e-4}, /* 20011 factors near 1, each rounded */
    {"masked_", masked_, 0, 0},
    {"masked_product_", masked_product_, 0, 0},
    {"guarded_of", guarded_of, 0, 1e-4},
    {"guarded_", guarded_, 0, 2e-4},
    {"extremes", extremes, 0, 0},
    {"extremes_", extremes_, 0, 0},
    {"sparse_of", sparse_of, 0, 0},
    {"sparse_", sparse_, 0, 5e-5},
    {"sparse_extremes", sparse_extremes, 0, 0},
    {"ranges_of", ranges_of, 0, 0},
    {"ranges_", ranges_, 0, 0},
    {"triangle_of", triangle_of, 0, 0},
    {"triangle_", triangle_, 0, 0},
    {"blocks_", blocks_, 0, 0},
};

int main(int argc, char **argv)
{
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
