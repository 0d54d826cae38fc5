/* References for extremes.ad. */
#include <stdlib.h>

#include "harness.h"

typedef num term(const problem *p, int64_t i, int64_t j);

static num height(const problem *p, int64_t i, int64_t j)
{
    return real_of(p, "gb")[j] - sqdist(real_of(p, "gx") + 2 * i, real_of(p, "gy") + 2 * j, 2);
}

static num distance(const problem *p, int64_t i, int64_t j)
{
    return sqdist(real_of(p, "gx") + 2 * i, real_of(p, "gy") + 2 * j, 2);
}

static num distance_back(const problem *p, int64_t j, int64_t i)
{
    return distance(p, i, j);
}

typedef struct best {
    num value;
    int64_t at;
} best;

/* The first extreme of e(i, 0), ..., e(i, m - 1): the largest when sign is 1, the least when it is -1. */
static best extreme(const problem *p, int64_t i, int64_t m, term *e, int sign)
{
    best b = {-sign * INFINITY, -1};
    for (int64_t j = 0; j < m; j++) {
        num now = e(p, i, j);
        if (b.at < 0 || sign * re(now) > sign * re(b.value))
            b = (best){now, j};
    }
    return b;
}

static void put(const problem *p, const char *value, const char *at, int64_t i, best b)
{
    if (value)
        real_result(p, value)[i] = b.value;
    if (at)
        int_result(p, at)[i] = b.at;
}

static void extremes(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        best most = extreme(p, i, size_of(p, "M"), height, 1), least = extreme(p, i, size_of(p, "M"), height, -1);
        put(p, "most", "k", i, most);
        put(p, "v", "kv", i, most);
        put(p, "least", "l", i, least);
        put(p, "u", "lu", i, least);
    }
}

static void max_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        put(p, "most", NULL, i, extreme(p, i, size_of(p, "M"), height, 1));
}

static void argmin_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        put(p, NULL, "l", i, extreme(p, i, size_of(p, "M"), height, -1));
}

static void max_argmax_of(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        put(p, "v", "kv", i, extreme(p, i, size_of(p, "M"), height, 1));
}

static void max_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; size_of(p, "M") && i < size_of(p, "N"); i++)
        sum += real_of(p, "w")[i] * extreme(p, i, size_of(p, "M"), height, 1).value;
    *real_result(p, "result") = sum;
}

static void min_(const problem *p)
{
    int64_t n = size_of(p, "N"), m = size_of(p, "M");
    num sum = 0;
    for (int64_t i = 0; m && i < n; i++)
        sum += extreme(p, i, m, distance, -1).value;
    for (int64_t j = 0; n && j < m; j++)
        sum += extreme(p, j, n, distance_back, -1).value;
    *real_result(p, "result") = sum;
}

static void bools(const problem *p)
{
    const num *x = real_of(p, "gx"), *y = real_of(p, "gy");
    bool some = false, every = true;
    int64_t number = 0;
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        bool any = false, all = true;
        int64_t count = 0;
        for (int64_t j = 0; j < size_of(p, "M"); j++) {
            any |= re(x[2 * i]) == re(y[2 * j]) && re(x[2 * i + 1]) < re(y[2 * j + 1]);
            all &= re(x[2 * i]) < re(y[2 * j]) + 3.5L;
            count += re(distance(p, i, j)) <= 1;
        }
        int_result(p, "any_")[i] = any;
        int_result(p, "all_")[i] = all;
        int_result(p, "count_")[i] = count;
        some |= any;
        every &= all;
        number += any;
    }
    *int_result(p, "some") = some;
    *int_result(p, "every") = every;
    *int_result(p, "number") = number;
}

static num entry(const problem *p, int64_t i, int64_t e)
{
    (void)i;
    return real_of(p, "gA")[e];
}

static num rise(const problem *p, int64_t i, int64_t e)
{
    (void)i;
    return real_of(p, "gA")[e] - int_of(p, "n")[e / size_of(p, "M")];
}

static void entries(const problem *p)
{
    int64_t n = size_of(p, "N"), all = n * size_of(p, "M"), total = 0, top = INT64_MIN, place = -1, odd = 0;
    const int64_t *count = int_of(p, "n");
    put(p, "most", "k", 0, extreme(p, 0, all, entry, 1));
    put(p, "least", "l", 0, extreme(p, 0, all, entry, -1));
    put(p, "v", "kv", 0, extreme(p, 0, all, rise, 1));
    for (int64_t i = 0; i < n; i++) {
        total += count[i];
        odd += count[i] % 2;
        top = count[i] > top ? count[i] : top;
        if (place < 0 || count[i] < count[place])
            place = i;
    }
    *int_result(p, "total") = total;
    *int_result(p, "top") = top;
    *int_result(p, "place") = place;
    *int_result(p, "odd") = odd;
}

/* Entry e of the P x M slab i, plain and times gx[i]; entry e of the N x M slab q, gx added. */
static num in_slab(const problem *p, int64_t i, int64_t e)
{
    return real_of(p, "gA")[i * size_of(p, "P") * size_of(p, "M") + e];
}

static num scaled(const problem *p, int64_t i, int64_t e)
{
    return in_slab(p, i, e) * real_of(p, "gx")[i];
}

static num across(const problem *p, int64_t q, int64_t e)
{
    int64_t m = size_of(p, "M");
    return in_slab(p, e / m, q * m + e % m) + real_of(p, "gx")[e / m];
}

static void slabs(const problem *p)
{
    int64_t n = size_of(p, "N"), n_slabs = size_of(p, "P"), m = size_of(p, "M");
    for (int64_t i = 0; i < n; i++) {
        put(p, NULL, "k", i, extreme(p, i, n_slabs * m, in_slab, -1));
        put(p, "v", NULL, i, extreme(p, i, n_slabs * m, scaled, 1));
    }
    for (int64_t q = 0; q < n_slabs; q++)
        put(p, NULL, "l", q, extreme(p, q, n * m, across, 1));
}

static void slabs_(const problem *p)
{
    num sum = 0;
    for (int64_t i = 0; size_of(p, "M") && i < size_of(p, "N"); i++)
        sum += real_of(p, "w")[i] * extreme(p, i, size_of(p, "P") * size_of(p, "M"), scaled, 1).value;
    *real_result(p, "result") = sum;
}

/* The k extreme ones of e(i, 0), ..., sorted, equal ones by index: insertion. */
static void sorted(const problem *p, int64_t i, int64_t m, term *e, int sign, int k, num *values, int64_t *at)
{
    for (int c = 0; c < k; c++) {
        values[c] = -sign * INFINITY;
        at[c] = -1;
    }
    for (int64_t j = 0; j < m; j++) {
        num now = e(p, i, j);
        int c = k;
        for (; c > 0 && (at[c - 1] < 0 || sign * re(now) > sign * re(values[c - 1])); c--)
            if (c < k) {
                values[c] = values[c - 1];
                at[c] = at[c - 1];
            }
        if (c < k) {
            values[c] = now;
            at[c] = j;
        }
    }
}

static void nearest(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        sorted(p, i, size_of(p, "M"), distance, -1, 3, real_result(p, "d") + 3 * i, int_result(p, "k") + 3 * i);
        sorted(p, i, size_of(p, "M"), distance, 1, 10, real_result(p, "e") + 10 * i, int_result(p, "l") + 10 * i);
    }
}

static void nearest_alone(const problem *p)
{
    num value;
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        sorted(p, i, size_of(p, "M"), distance, -1, 1, &value, int_result(p, "k") + i);
}

static void hundred(const problem *p)
{
    for (int64_t i = 0; i < size_of(p, "N"); i++)
        sorted(p, i, size_of(p, "M"), distance, -1, 100, real_result(p, "d") + 100 * i, int_result(p, "k") + 100 * i);
}

static num grid_entry(const problem *p, int64_t i, int64_t j)
{
    (void)i;
    return real_of(p, "gb")[j];
}

static void best_of(const problem *p)
{
    int64_t at[40];
    sorted(p, 0, size_of(p, "M"), grid_entry, 1, 10, real_result(p, "top"), int_result(p, "k"));
    sorted(p, 0, size_of(p, "M"), grid_entry, -1, 40, real_result(p, "least"), at);
}

static void nearest_(const problem *p)
{
    num values[5], sum = 0;
    int64_t at[5];
    for (int64_t i = 0; size_of(p, "M") >= 5 && i < size_of(p, "N"); i++) {
        sorted(p, i, size_of(p, "M"), distance, -1, 5, values, at);
        sum += real_of(p, "w")[i] * dot(real_of(p, "b"), values, 5);
    }
    *real_result(p, "result") = sum;
}

static void farthest_(const problem *p)
{
    num values[40], sum = 0;
    int64_t at[40];
    for (int64_t i = 0; size_of(p, "M") >= 40 && i < size_of(p, "N"); i++) {
        sorted(p, i, size_of(p, "M"), distance, 1, 40, values, at);
        for (int c = 0; c < 40; c++)
            sum += real_of(p, "w")[i] * values[c] / (1 + c);
    }
    *real_result(p, "result") = sum;
}

static num own_distance(const problem *p, int64_t i, int64_t j)
{
    return sqdist(real_of(p, "gx") + 2 * i, real_of(p, "gx") + 2 * j, 2);
}

static void smoothed(const problem *p)
{
    num values[3];
    int64_t at[3];
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        num sum = 0;
        sorted(p, i, size_of(p, "N"), own_distance, -1, 3, values, at);
        for (int c = 0; c < 3; c++)
            sum += at[c] < 0 ? 0 : real_of(p, "gb")[at[c]];
        real_result(p, "a")[i] = sum;
    }
}

static long double log_sum_exp(const long double *x, int64_t n)
{
    long double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            return NAN;
        most = fmaxl(most, x[i]);
    }
    for (int64_t i = 0; isfinite(most) && i < n; i++)
        sum += expl(x[i] - most);
    return isfinite(most) ? most + logl(sum) : most;
}

static void special(const problem *p)
{
    const int64_t *row = int_of(p, "row");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        long double x[400], total = 0, product = 1, most = -INFINITY, least = INFINITY;
        int64_t n = row[i + 1] - row[i], positive = 0;
        bool any = false, nan = false;
        for (int64_t e = 0; e < n; e++) {
            x[e] = re(real_of(p, "hot")[row[i] + e]);
            total += x[e];
            product *= x[e];
            most = fmaxl(most, x[e]);
            least = fminl(least, x[e]);
            positive += x[e] > 0;
            any |= x[e] < -2;
            nan |= isnan(x[e]);
        }
        real_result(p, "total")[i] = total;
        real_result(p, "product")[i] = product;
        real_result(p, "most")[i] = nan ? NAN : most;
        real_result(p, "least")[i] = nan ? NAN : least;
        real_result(p, "soft")[i] = log_sum_exp(x, n);
        int_result(p, "positive")[i] = positive;
        int_result(p, "any_")[i] = any;
    }
}

static num far_entry(const problem *p, int64_t i, int64_t j)
{
    return real_of(p, "inf_")[j] + real_of(p, "gx")[i];
}

static void infinite(const problem *p)
{
    int64_t m = size_of(p, "M");
    for (int64_t i = 0; i < size_of(p, "N"); i++) {
        long double *x = malloc((size_t)(m + 1) * sizeof *x);
        int64_t kept = 0, at[4];
        for (int64_t j = 0; j < m; j++)
            if (re(real_of(p, "inf_")[j]) < 1000)
                x[kept++] = re(far_entry(p, i, j));
        real_result(p, "soft")[i] = log_sum_exp(x, kept);
        free(x);
        put(p, NULL, "k", i, extreme(p, i, m, far_entry, 1));
        put(p, NULL, "l", i, extreme(p, i, m, far_entry, -1));
        sorted(p, i, m, far_entry, -1, 4, real_result(p, "least") + 4 * i, int_result(p, "at") + 4 * i);
        sorted(p, i, m, far_entry, 1, 4, real_result(p, "top") + 4 * i, at);
    }
}

static const test tests[] = {
    {"extremes", extremes, 0, 0},   {"max_of", max_of, 0, 0},
    {"argmin_of", argmin_of, 0, 0}, {"max_argmax_of", max_argmax_of, 0, 0},
    {"max_", max_, 0, 0},           {"min_", min_, 0, 0},
    {"bools", bools, 0, 0},         {"entries", entries, 0, 0},
    {"slabs", slabs, 0, 0},         {"slabs_", slabs_, 0, 0},
    {"nearest", nearest, 0, 0},     {"nearest_alone", nearest_alone, 0, 0},
    {"hundred", hundred, 0, 0},     {"best", best_of, 0, 0},
    {"nearest_", nearest_, 0, 0},   {"farthest_", farthest_, 0, 0},
    {"smoothed", smoothed, 0, 0},   {"special", special, 0, 0},
    {"infinite", infinite, 0, 0},
};

int main(int argc, char **argv)
{
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
