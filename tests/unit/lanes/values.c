/* Lanes other than functions: memory, broadcasts, selection, conversions, sums over lanes, int and bool.
 *
 * Compiled behind the text of the prelude by test_prelude_lanes.c. */
#include <stdio.h>
#include <string.h>

static int failures;

static void check(bool ok, const char *what, int n)
{
    if (!ok)
        printf("%s (n = %d)\n", what, n);
    failures += !ok;
}

#define CHECK(condition, n) check(condition, #condition, n)

/* Whatever the type: entries 1, 2, 3, ... through memory, with n of them. */
#define MEMORY(type, name)                                                                                             \
    static void memory_##name(int n)                                                                                   \
    {                                                                                                                  \
        type from[3 * AD_LANES + 1], to[3 * AD_LANES + 1];                                                             \
        int most = n < AD_LANES ? n : AD_LANES;                                                                        \
        for (int k = 0; k <= 3 * AD_LANES; k++) {                                                                      \
            from[k] = (type)(k % 5 != 1);                                                                              \
            to[k] = (type)(k % 2);                                                                                     \
        }                                                                                                              \
        ad_##name x = ad_load_##name(from + 1, n), y = ad_gather_strided_##name(from, 3, n);                           \
        ad_##name z = ad_gather_##name(from, 2 * ad_lane_numbers_ints() + 1);                                          \
        ad_store_##name(to + 1, x, n);                                                                                 \
        for (int k = 0; k < AD_LANES; k++) {                                                                           \
            CHECK((x[k] != 0) == (k < most && from[k + 1] != 0), n);                                                   \
            CHECK((y[k] != 0) == (from[3 * (k < n ? k : n - 1)] != 0), n);                                             \
            CHECK((z[k] != 0) == (from[2 * k + 1] != 0), n);                                                           \
        }                                                                                                              \
        for (int k = 0; k <= 3 * AD_LANES; k++)                                                                        \
            CHECK(to[k] == (k >= 1 && k <= most ? from[k] : (type)(k % 2)), n);                                        \
    }
MEMORY(double, f64s)
MEMORY(float, f32s)
MEMORY(int64_t, ints)
MEMORY(bool, bools)

#define SUMS(type, name, mask)                                                                                         \
    static void sums_##name(void)                                                                                      \
    {                                                                                                                  \
        type in[AD_LANES], sum = 0, product = 1, tree[AD_LANES];                                                       \
        for (int k = 0; k < AD_LANES; k++) {                                                                           \
            in[k] = (type)(k % 3 - 1 + (k == 1) + (k == AD_LANES - 1));                                                \
            tree[k] = in[k];                                                                                           \
            sum += in[k];                                                                                              \
            product *= in[k];                                                                                          \
        }                                                                                                              \
        ad_##name x = ad_load_##name(in, AD_LANES);                                                                    \
        CHECK(ad_sum_of_##name(x) == sum && ad_prod_of_##name(x) == product, 0);                                       \
        for (int half = AD_LANES / 2; half; half /= 2)                                                                 \
            for (int k = 0; k < half; k++)                                                                             \
                tree[k] = tree[k] >= tree[k + half] ? tree[k] : tree[k + half];                                        \
        CHECK(ad_max_of_##name(x) == tree[0] && ad_min_of_##name(x) == -1, 0);                                         \
        CHECK(ad_max_of_##name(0 - x) == 1 && ad_min_of_##name(0 - x) == -tree[0], 0);                                 \
        ad_##name picked = ad_pick_##name((mask)(x < 0), ad_all_##name(7), x);                                         \
        for (int k = 0; k < AD_LANES; k++)                                                                             \
            CHECK(picked[k] == (in[k] < 0 ? 7 : in[k]), k);                                                            \
    }
SUMS(double, f64s, ad_ints)
SUMS(float, f32s, ad_i32s)
SUMS(int64_t, ints, ad_ints)

static void conversions(void)
{
    static const double points[] = {0,
                                    -0.0,
                                    0.9,
                                    -0.9,
                                    1.5,
                                    -2.5,
                                    1e9,
                                    -1e9,
                                    0x1p53,
                                    0x1.fffffep62,
                                    0x1p63,
                                    -0x1p63,
                                    1e300,
                                    -1e300,
                                    (double)NAN,
                                    -1e10,
                                    (double)INFINITY,
                                    -(double)INFINITY};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        double x = points[i];
        ad_f64s lanes = ad_all_f64s(x);
        ad_f32s narrow = ad_all_f32s((float)x);
        CHECK(signbit(lanes[AD_LANES - 1]) == signbit(x) && !memcmp(&x, (double *)&lanes + AD_LANES - 1, 8), (int)i);
        CHECK(ad_ints_of_f64s(lanes)[0] == ad_int_f64(x), (int)i);
        CHECK(ad_ints_of_f32s(narrow)[AD_LANES - 1] == ad_int_f32((float)x), (int)i);
        CHECK(isnan(x) ? isnan(ad_f32s_of_f64s(lanes)[1]) : ad_f32s_of_f64s(lanes)[1] == (float)x, (int)i);
        CHECK(isnan(x) ? isnan(ad_f64s_of_f32s(narrow)[1]) : ad_f64s_of_f32s(narrow)[1] == (double)(float)x, (int)i);
    }
    static const int64_t ints[] = {0, -1, 7, INT64_MAX, INT64_MIN, (INT64_C(1) << 53) + 1, -(INT64_C(1) << 40)};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        CHECK(ad_f64s_of_ints(ad_all_ints(ints[i]))[AD_LANES - 1] == (double)ints[i], (int)i);
        CHECK(ad_f32s_of_ints(ad_all_ints(ints[i]))[AD_LANES - 1] == (float)ints[i], (int)i);
    }
}

static void masks(void)
{
    for (int on = 0; on < AD_LANES; on++) {
        ad_ints one = ad_lane_numbers_ints() == on;
        ad_bools b = ad_bools_of_ints(one);
        CHECK(ad_any_of_bools(b) && !ad_all_of_bools(b) && ad_all_of_bools(~b | b) && !ad_any_of_bools(b ^ b), on);
        ad_ints back = ad_ints_of_bools(ad_bools_of_i32s(ad_i32s_of_bools(b)));
        ad_bools picked = ad_pick_bools(b, ad_all_bools(true), ad_all_bools(false));
        for (int k = 0; k < AD_LANES; k++)
            CHECK(back[k] == -(k == on) && picked[k] == -(k == on), on);
    }
}

static void int_ops(void)
{
    static const int64_t points[] = {0, 1, -1, 2, -2, 7, -7, 3, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    enum { POINTS = sizeof points / sizeof *points };
    for (int i = 0; i < POINTS * POINTS; i++) {
        int64_t a = points[i / POINTS], b = points[i % POINTS];
        ad_ints x = ad_all_ints(a), y = ad_all_ints(b);
        CHECK(ad_add_ints(x, y)[1] == ad_add_int(a, b) && ad_sub_ints(x, y)[1] == ad_sub_int(a, b), i);
        CHECK(ad_mul_ints(x, y)[1] == ad_mul_int(a, b) && ad_neg_ints(x)[1] == ad_neg_int(a), i);
        CHECK(ad_idiv_ints(x, y)[1] == ad_div_int(a, b) && ad_imod_ints(x, y)[1] == ad_mod_int(a, b), i);
        CHECK(ad_fmod_ints(x, y)[1] == ad_mod_int(a, b) && ad_pow_ints(x, y)[1] == ad_pow_int(a, b), i);
        CHECK(ad_min_ints(x, y)[1] == ad_min_int(a, b) && ad_max_ints(x, y)[1] == ad_max_int(a, b), i);
        CHECK(ad_sq_ints(x)[1] == ad_sq_int(a) && ad_abs_ints(x)[1] == ad_abs_int(a), i);
        CHECK(ad_relu_ints(x)[1] == ad_relu_int(a) && ad_sign_ints(x)[1] == ad_sign_int(a), i);
        CHECK(ad_step_ints(x)[1] == ad_step_int(a) && ad_mulz_ints(x, y)[1] == ad_mul_int(a, b), i);
    }
}

/* Functions that need no reference: they call the scalar helpers. */
static void special_functions(void)
{
    ad_f64s x = ad_load_f64s((const double[AD_LANES]){0.3, -1.6}, AD_LANES);
    ad_f32s y = ad_f32s_of_f64s(x);
    CHECK(ad_lgamma_f64s(x)[1] == ad_lgamma_f64(-1.6) && ad_lgamma_f32s(y)[0] == ad_lgamma_f32(0.3f), 0);
    CHECK(ad_polygamma_f64s(2, x)[1] == ad_polygamma_f64(2, -1.6), 0);
    CHECK(ad_polygamma_f32s(2, y)[0] == ad_polygamma_f32(2, 0.3f), 0);
    CHECK(ad_sinc_f64s(3, x)[1] == ad_sinc_f64(3, -1.6) && ad_sinc_f32s(1, y)[0] == ad_sinc_f32(1, 0.3f), 0);
    CHECK(ad_fmod_f64s(x, ad_all_f64s(1))[1] == ad_mod_f64(-1.6, 1) && ad_sq_f64s(x)[1] == -1.6 * -1.6, 0);
    CHECK(ad_fmod_f32s(y, ad_all_f32s(1))[0] == ad_mod_f32(0.3f, 1) && ad_root_f32s(ad_all_f32s(4))[0] == 2, 0);
}

int main(void)
{
    for (int n = 1; n <= 2 * AD_LANES; n++) {
        memory_f64s(n);
        memory_f32s(n);
        memory_ints(n);
        memory_bools(n);
    }
    sums_f64s();
    sums_f32s();
    sums_ints();
    conversions();
    masks();
    int_ops();
    special_functions();
    return failures != 0;
}
