/* Errors of the functions in lanes against long double, over their whole domains, in ulps.
 *
 * Compiled behind the text of the prelude by test_prelude_lanes.c. Without arguments it fails where an error is above
 * the bound; "table" prints the greatest errors too, "all" goes through one in 97 of all f32 for some functions. A
 * result whose true value is below the least normal number may be anything as near to it as that number. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef long double wide;

typedef struct function {
    const char *name;
    void (*f64)(double *y, const double *a, const double *b);
    void (*f32)(float *y, const float *a, const float *b);
    wide (*exact)(wide a, wide b);
    double low, high;      /* half of the random points are evenly distributed between these */
    double ulps64, ulps32; /* bounds */
    double fast64, fast32; /* with AD_FAST_MATH */
} function;

#define WRAP(name, call64, call32)                                                                                     \
    static void name##_f64(double *y, const double *a, const double *b)                                                \
    {                                                                                                                  \
        ad_f64s x = ad_load_f64s(a, AD_LANES), z = ad_load_f64s(b, AD_LANES);                                          \
        ad_store_f64s(y, call64, AD_LANES);                                                                            \
        (void)z;                                                                                                       \
    }                                                                                                                  \
    static void name##_f32(float *y, const float *a, const float *b)                                                   \
    {                                                                                                                  \
        ad_f32s x = ad_load_f32s(a, AD_LANES), z = ad_load_f32s(b, AD_LANES);                                          \
        ad_store_f32s(y, call32, AD_LANES);                                                                            \
        (void)z;                                                                                                       \
    }
#define EXACT(name, expression)                                                                                        \
    static wide name##_exact(wide a, wide b)                                                                           \
    {                                                                                                                  \
        (void)b;                                                                                                       \
        return expression;                                                                                             \
    }
#define UNARY(name, expression) WRAP(name, ad_##name##_f64s(x), ad_##name##_f32s(x)) EXACT(name, expression)
#define BINARY(name, expression) WRAP(name, ad_##name##_f64s(x, z), ad_##name##_f32s(x, z)) EXACT(name, expression)

UNARY(exp2, exp2l(a))
UNARY(exp, expl(a))
UNARY(exp_nonpositive, a > 0 ? expl(-a) : expl(a))
UNARY(expm1, expm1l(a))
UNARY(sigmoid, 1 / (1 + expl(-a)))
UNARY(softplus, (a > 0 ? a : 0) + log1pl(expl(-fabsl(a))))
UNARY(tanh, tanhl(a))
UNARY(sinh, sinhl(a))
UNARY(cosh, coshl(a))
UNARY(log, logl(a))
UNARY(log2, log2l(a))
UNARY(log1p, log1pl(a))
UNARY(xlogx, a == 0 ? 0 : a * logl(a))
UNARY(asinh, asinhl(a))
UNARY(acosh, acoshl(a))
UNARY(atanh, atanhl(a))
BINARY(pow, powl(a, b))
UNARY(sqrt, sqrtl(a))
UNARY(rsqrt, 1 / sqrtl(a))
UNARY(inv, 1 / a)
UNARY(sin, sinl(a))
UNARY(cos, cosl(a))
UNARY(tan, tanl(a))
UNARY(asin, asinl(a))
UNARY(acos, acosl(a))
UNARY(atan, atanl(a))
BINARY(atan2, atan2l(a, b))
UNARY(erf, erfl(a))
UNARY(floor, floorl(a))
UNARY(ceil, ceill(a))
UNARY(round, rintl(a))
UNARY(abs, fabsl(a))
UNARY(relu, a <= 0 ? 0 : a)
UNARY(sign, a > 0 ? 1 : a < 0 ? -1 : a == 0 ? 0 : a)
UNARY(step, a >= 0 ? 1 : 0)
BINARY(min, a <= b || a != a ? a : b)
BINARY(max, a >= b || a != a ? a : b)
BINARY(mulz, a == 0 || b == 0 ? 0 : a * b)

#define ROW(name, low, high, ulps64, ulps32, fast64, fast32)                                                           \
    {                                                                                                                  \
#name, name##_f64, name##_f32, name##_exact, low, high, ulps64, ulps32, fast64, fast32                         \
    }
/* clang-format off */
static const function functions[] = {
    ROW(exp2, -130, 130, 1.2, 2, 2.5, 2),
    ROW(exp, -90, 90, 1.2, 1.2, 2.5, 2),
    ROW(exp_nonpositive, -90, 0, 1.2, 1.2, 2.5, 2),
    ROW(expm1, -10, 10, 2, 2, 4, 4),
    ROW(sigmoid, -20, 20, 2.5, 2.5, 5, 4),
    ROW(softplus, -20, 20, 2, 2, 4, 4),
    ROW(tanh, -5, 5, 2.5, 2.5, 4, 4),
    ROW(sinh, -20, 20, 2, 2, 4, 4),
    ROW(cosh, -20, 20, 2, 2, 4, 4),
    ROW(log, 0, 10, 2, 2, 4, 4),
    ROW(log2, 0, 10, 2, 2, 4, 4),
    ROW(log1p, -1, 10, 2, 2, 4, 4),
    ROW(xlogx, 0, 10, 2, 2, 4, 4),
    ROW(asinh, -10, 10, 2, 2, 4, 4),
    ROW(acosh, 1, 10, 2.5, 2.5, 4, 4),
    ROW(atanh, -1, 1, 2, 2, 4, 4),
    ROW(pow, 0, 10, 2, 2, 4, 4),
    ROW(sqrt, 0, 10, 1, 1, 4, 4),
    ROW(rsqrt, 0, 10, 2, 2, 4, 4),
    ROW(inv, -10, 10, 0.51, 0.51, 4, 4),
    ROW(sin, -20, 20, 2, 2, 4, 4),
    ROW(cos, -20, 20, 2, 2, 4, 4),
    ROW(tan, -20, 20, 2, 2, 4, 4),
    ROW(asin, -1, 1, 2, 2, 4, 4),
    ROW(acos, -1, 1, 2, 2, 4, 4),
    ROW(atan, -10, 10, 2, 2, 4, 4),
    ROW(atan2, -10, 10, 2, 2, 4, 4),
    ROW(erf, -5, 5, 2, 2, 4, 4),
    ROW(floor, -10, 10, 0, 0, 0, 0),
    ROW(ceil, -10, 10, 0, 0, 0, 0),
    ROW(round, -10, 10, 0, 0, 0, 0),
    ROW(abs, -10, 10, 0, 0, 0, 0),
    ROW(relu, -10, 10, 0, 0, 0, 0),
    ROW(sign, -10, 10, 0, 0, 0, 0),
    ROW(step, -10, 10, 0, 0, 0, 0),
    ROW(min, -2, 2, 0, 0, 0, 0),
    ROW(max, -2, 2, 0, 0, 0, 0),
    ROW(mulz, -10, 10, 0.51, 0.51, 0.51, 0.51),
};
static const double special[] = {
    0, 1, 2, 3, 0.5, 1.5, 2.5, 10, 0.25, 1e-3, 1e3, 1e-8, 1e8, 1e15, 1e-15, 1e18, 1e30, 1e-30, 4503599627370495.5,
    4503599627370496, 9007199254740991, 8388607.5, 8388608, 16777215, (double)FLT_MIN, (double)FLT_MAX, (double)FLT_TRUE_MIN, 1e-40, DBL_MIN,
    DBL_MAX, DBL_TRUE_MIN, 1e-310, 88.5, 88.72283172607422, 88.72283935546875, 87.33654, 87.33655, 103, 126, 127, 127.5,
    127.9999, 128, 149.5, 150, 709.5, 709.782712893384, 709.7827128933841, 708.39641853, 708.39641854, 745.2, 1022,
    1022.5, 1023, 1023.5, 1024, 1074.5, 1100, 0.7071067811865476, 1.4142135623730951, 0.34657359027997264,
    1.5707963267948966, 3.141592653589793, 0.7853981633974483, 6.283185307179586, 1e5, 1e6, 1e22, 0.9999999999999999,
    1.0000000000000002, 0.99999994, 1.0000001, (double)INFINITY, (double)NAN};
/* clang-format on */
enum { FUNCTIONS = sizeof functions / sizeof *functions, SPECIAL = 2 * sizeof special / sizeof *special + 1 };

static uint64_t random_bits(void)
{
    static uint64_t state = 1;
    state += 0x9e3779b97f4a7c15;
    uint64_t z = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static double special_point(int index)
{
    static const uint64_t other_nan = 0x7ff80000000007a2;
    double x;
    memcpy(&x, &other_nan, sizeof x);
    return index == SPECIAL - 1 ? x : index % 2 ? -special[index / 2] : special[index / 2];
}

/* Points whose logarithms are evenly distributed, and points between low and high. */
static double random_point(const function *f, bool single)
{
    uint64_t bits = random_bits();
    if (random_bits() % 2)
        return f->low + (f->high - f->low) * 0x1p-64 * (double)bits;
    if (single) {
        uint32_t half = (uint32_t)bits;
        float x;
        memcpy(&x, &half, sizeof x);
        return (double)x;
    }
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* How far y is from the exact value, in ulps of a format; -1 where a special value is wrong. */
static double error_of(double y, wide exact, int digits, int least, int greatest, bool flush)
{
    if (isnan(exact) || isnan(y))
        return isnan(exact) && isnan(y) ? 0 : -1;
    if (exact == 0)
        return y == 0 && !signbit(y) == !signbit(exact) ? 0 : -1;
    int exponent = ilogbl(exact);
    wide limit = ldexpl(1, greatest), near_limit = limit + ldexpl(4, greatest - digits);
    if (isinf(exact) || fabsl(exact) > near_limit)
        return isinf(y) && (y > 0) == (exact > 0) ? 0 : -1;
    wide off = fabsl((isinf(y) ? (y > 0 ? limit : -limit) : (wide)y) - exact);
    if (exponent < least && flush)
        return off <= ldexpl(1, least) ? 0 : -1;
    exponent = exponent < least ? least : exponent;
    return (double)(off / ldexpl(1, exponent - digits + 1));
}

typedef struct result {
    double worst, a, b;
} result;

/* With AD_FAST_MATH nothing is promised for arguments below the least normal number. */
static double normal(double x, bool single)
{
#ifdef AD_FAST_MATH
    return fabs(x) < (single ? (double)FLT_MIN : DBL_MIN) ? 0 * x : x;
#else
    (void)single;
    return x;
#endif
}

/* Takes up AD_LANES points. */
static void take(const function *f, bool single, const double *a, const double *b, result *r)
{
    double y[AD_LANES], x[AD_LANES], z[AD_LANES];
    float ys[AD_LANES], xs[AD_LANES], zs[AD_LANES];
    for (int k = 0; k < AD_LANES; k++) {
        xs[k] = (float)normal(a[k], single);
        zs[k] = (float)normal(b[k], single);
        x[k] = single ? (double)xs[k] : normal(a[k], false);
        z[k] = single ? (double)zs[k] : normal(b[k], false);
        if (strstr(f->name, "nonpositive") && x[k] > 0)
            xs[k] = (float)(x[k] = -x[k]);
    }
    if (single)
        f->f32(ys, xs, zs);
    else
        f->f64(y, x, z);
    for (int k = 0; k < AD_LANES; k++) {
        double got = single ? (double)ys[k] : y[k];
        bool flush = f->ulps64 > 0.6;
        double off = error_of(got, f->exact((wide)x[k], (wide)z[k]), single ? FLT_MANT_DIG : DBL_MANT_DIG,
                              single ? FLT_MIN_EXP - 1 : DBL_MIN_EXP - 1, single ? FLT_MAX_EXP : DBL_MAX_EXP, flush);
        if (r->worst >= 0 && (off < 0 || off > r->worst))
            *r = (result){off, x[k], z[k]};
    }
}

static result measure(const function *f, bool single, int points)
{
    result r = {0};
    double a[AD_LANES], b[AD_LANES];
    for (int i = 0; i < SPECIAL; i++)
        for (int j = 0; j < SPECIAL; j += AD_LANES) {
            for (int k = 0; k < AD_LANES; k++) {
                a[k] = special_point(i);
                b[k] = special_point((j + k) % SPECIAL);
            }
            take(f, single, a, b, &r);
        }
    for (int i = 0; i < points; i += AD_LANES) {
        for (int k = 0; k < AD_LANES; k++) {
            a[k] = random_point(f, single);
            b[k] = random_point(f, single);
        }
        take(f, single, a, b, &r);
    }
    return r;
}

/* Every STEP-th number of f32, against the function of double. */
enum { STEP = 97 };

static double single_error(float y, double exact)
{
    if (isnan(exact) || isinf(exact))
        return (isnan(exact) && isnan(y)) || (isinf(y) && (double)y * exact > 0) ? 0 : 1e9;
    if (fabs(exact) < (double)FLT_MIN || fabs(exact) > (double)FLT_MAX)
        return fabs((double)y - exact) <= (double)FLT_MIN || (double)fabsf(y) >= (double)FLT_MAX ? 0 : 1e9;
    uint64_t bits;
    memcpy(&bits, &exact, sizeof bits);
    bits = (bits >> 52 << 52) - (UINT64_C(23) << 52);
    double ulp;
    memcpy(&ulp, &bits, sizeof ulp);
    return fabs((double)y - exact) / fabs(ulp);
}

static int check_all(const char *name, void (*f)(float *, const float *, const float *), double (*exact)(double),
                     double bound)
{
    double worst = 0;
    for (uint64_t start = 0; start < UINT64_C(1) << 32; start += STEP * AD_LANES) {
        float x[AD_LANES], y[AD_LANES];
        for (int k = 0; k < AD_LANES; k++) {
            uint32_t bits = (uint32_t)(start + STEP * (uint64_t)k);
            memcpy(&x[k], &bits, sizeof bits);
        }
        f(y, x, x);
        for (int k = 0; k < AD_LANES; k++)
            worst = fmax(worst, single_error(y[k], exact((double)x[k])));
    }
    if (worst > bound)
        printf("%s f32 %.3f ulps among all\n", name, worst);
    return worst > bound;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "all")) {
        int failures = check_all("exp", exp_f32, exp, 1.2) + check_all("exp2", exp2_f32, exp2, 2);
        return failures + check_all("log", log_f32, log, 1.2) != 0;
    }
    bool table = argc > 1 && !strcmp(argv[1], "table");
    int points = argc > 2 ? atoi(argv[2]) : 10000, failures = 0;
    for (int i = 0; i < FUNCTIONS; i++)
        for (int single = 0; single < 2; single++) {
            const function *f = &functions[i];
            if (argc > 3 && strcmp(f->name, argv[3]) != 0)
                continue;
            result r = measure(f, single, points);
#ifdef AD_FAST_MATH
            double bound = single ? f->fast32 : f->fast64;
#else
            double bound = single ? f->ulps32 : f->ulps64;
#endif
            bool bad = r.worst < 0 || r.worst > bound;
            failures += bad;
            if (table || bad)
                printf("%-18s %s %7.3f ulps at %.17g %.17g%s\n", f->name, single ? "f32" : "f64", r.worst, r.a, r.b,
                       bad ? "  TOO MUCH" : "");
        }
    return failures != 0;
}
