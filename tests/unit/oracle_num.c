/* Arithmetic with nested duals: f(a + b e) = f(a) + f'(a) b e, where a and b are duals of one level less. */
#include "unit/oracle_num.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846264338327950288L

num num_of(long double x)
{
    return (num){{x}};
}

num num_add(int d, num a, num b)
{
    for (int i = 0; i < 1 << d; i++)
        a.c[i] += b.c[i];
    return a;
}

num num_scale(int d, num a, long double k)
{
    for (int i = 0; i < 1 << d; i++)
        a.c[i] *= k;
    return a;
}

num num_sub(int d, num a, num b)
{
    for (int i = 0; i < 1 << d; i++)
        a.c[i] -= b.c[i];
    return a;
}

static num low(int d, num x)
{
    num y = {{0}};
    memcpy(y.c, x.c, sizeof *y.c << (d - 1));
    return y;
}

static num high(int d, num x)
{
    num y = {{0}};
    memcpy(y.c, x.c + (1 << (d - 1)), sizeof *y.c << (d - 1));
    return y;
}

static num join(int d, num lo, num hi)
{
    memcpy(lo.c + (1 << (d - 1)), hi.c, sizeof *hi.c << (d - 1));
    return lo;
}

num num_mulz(int d, num a, num b)
{
    if (d == 0)
        return num_of(a.c[0] == 0 || b.c[0] == 0 ? 0 : a.c[0] * b.c[0]);
    num a0 = low(d, a), a1 = high(d, a), b0 = low(d, b), b1 = high(d, b);
    return join(d, num_mulz(d - 1, a0, b0), num_add(d - 1, num_mulz(d - 1, a1, b0), num_mulz(d - 1, a0, b1)));
}

num num_mul(int d, num a, num b)
{
    num y = num_mulz(d, a, b);
    y.c[0] = a.c[0] * b.c[0];
    return y;
}

/* ---- Special functions ---- */

/* n-th derivative of digamma: upwards to x >= 40, then the asymptotic series with the Bernoulli numbers. */
static long double polygamma(int n, long double x)
{
    static const long double bernoulli[] = {1 / 6.0L,       -1 / 30.0L,      1 / 42.0L, -1 / 30.0L,
                                            5 / 66.0L,      -691 / 2730.0L,  7 / 6.0L,  -3617 / 510.0L,
                                            43867 / 798.0L, -174611 / 330.0L};
    long double factorial = 1, sum = 0, sign = n % 2 ? 1 : -1;
    for (int k = 2; k <= n; k++)
        factorial *= k;
    while (x < 40) {
        sum += factorial / powl(x, n + 1);
        x += 1;
    }
    long double tail = n == 0 ? -logl(x) : factorial / n / powl(x, n);
    tail += factorial / (2 * powl(x, n + 1));
    for (int k = 1; k <= 10; k++) {
        long double ratio = 1; /* (2k+n-1)! / (2k)! */
        for (int i = 2 * k + 1; i <= 2 * k + n - 1; i++)
            ratio *= i;
        tail += bernoulli[k - 1] * (n == 0 ? 1 / (2.0L * k) : ratio) / powl(x, 2 * k + n);
    }
    return sign * (sum + tail);
}

/* n-th derivative of sin(pi x)/(pi x): the power series near 0, x f(n) + n f(n-1) = d^n sin(pi x)/pi elsewhere. */
static long double sinc(int n, long double x)
{
    if (fabsl(x) < 1.5L) {
        long double sum = 0;
        for (int k = 0; k < 40; k++) {
            if (2 * k < n)
                continue;
            long double t = k % 2 ? -1 : 1;
            for (int i = 2; i <= 2 * k + 1; i++)
                t /= i;
            for (int i = 2 * k - n + 1; i <= 2 * k; i++)
                t *= i;
            sum += t * powl(PI, 2 * k) * (2 * k == n ? 1 : powl(x, 2 * k - n));
        }
        return sum;
    }
    long double r = x - 2 * rintl(x / 2), f = sinl(PI * r) / (PI * x);
    for (int k = 1; k <= n; k++)
        f = (powl(PI, k - 1) * sinl(PI * r + k * PI / 2) - k * f) / x;
    return f;
}

static long double sign_of(long double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static long double scalar_un(op o, int order, long double x)
{
    switch (o) {
    case OP_NEG:
        return -x;
    case OP_SQ:
        return x * x;
    case OP_INV:
        return 1 / x;
    case OP_EXP:
        return expl(x);
    case OP_EXP2:
        return exp2l(x);
    case OP_LOG:
        return logl(x);
    case OP_LOG1P:
        return log1pl(x);
    case OP_EXPM1:
        return expm1l(x);
    case OP_SQRT:
    case OP_ROOT:
        return sqrtl(x);
    case OP_RSQRT:
        return 1 / sqrtl(x);
    case OP_SIN:
        return sinl(x);
    case OP_COS:
        return cosl(x);
    case OP_TAN:
        return tanl(x);
    case OP_ASIN:
        return asinl(x);
    case OP_ACOS:
        return acosl(x);
    case OP_ATAN:
        return atanl(x);
    case OP_SINH:
        return sinhl(x);
    case OP_COSH:
        return coshl(x);
    case OP_TANH:
        return tanhl(x);
    case OP_ASINH:
        return asinhl(x);
    case OP_ACOSH:
        return acoshl(x);
    case OP_ATANH:
        return atanhl(x);
    case OP_ERF:
        return erfl(x);
    case OP_LGAMMA:
        return lgammal(x);
    case OP_POLYGAMMA:
        return polygamma(order, x);
    case OP_SINC:
        return sinc(order, x);
    case OP_XLOGX:
        return x == 0 ? 0 : x * logl(x);
    case OP_SIGMOID:
        return 1 / (1 + expl(-x));
    case OP_SOFTPLUS:
        return fmaxl(x, 0) + log1pl(expl(-fabsl(x)));
    case OP_RELU:
        return x <= 0 ? 0 : x;
    case OP_ABS:
        return fabsl(x);
    case OP_SIGN:
        return sign_of(x);
    case OP_STEP:
        return x >= 0;
    case OP_FLOOR:
        return floorl(x);
    case OP_CEIL:
        return ceill(x);
    case OP_ROUND:
        return rintl(x);
    default:
        return NAN;
    }
}

/* ---- Derivatives of one argument ---- */

static num one_plus(int d, long double k, num x)
{
    return num_add(d, num_of(1), num_scale(d, x, k));
}

static num square(int d, num x)
{
    return num_un(d, OP_SQ, 0, x);
}

static num inverse(int d, num x)
{
    return num_un(d, OP_INV, 0, x);
}

/* f'(x), in duals of depth d. */
static num slope(int d, op o, int order, num x)
{
    switch (o) {
    case OP_NEG:
        return num_of(-1);
    case OP_SQ:
        return num_scale(d, x, 2);
    case OP_INV:
        return num_scale(d, square(d, inverse(d, x)), -1);
    case OP_EXP:
    case OP_EXPM1:
        return num_exp(d, x);
    case OP_EXP2:
        return num_scale(d, num_un(d, OP_EXP2, 0, x), 0.693147180559945309417232121458176568L);
    case OP_LOG:
        return inverse(d, x);
    case OP_LOG1P:
        return inverse(d, one_plus(d, 1, x));
    case OP_SQRT:
        return num_scale(d, num_un(d, OP_RSQRT, 0, x), 0.5L);
    case OP_ROOT:
        return x.c[0] == 0 ? num_of(0) : num_scale(d, num_un(d, OP_RSQRT, 0, x), 0.5L);
    case OP_RSQRT:
        return num_scale(d, num_mul(d, num_un(d, OP_RSQRT, 0, x), inverse(d, x)), -0.5L);
    case OP_SIN:
        return num_un(d, OP_COS, 0, x);
    case OP_COS:
        return num_scale(d, num_un(d, OP_SIN, 0, x), -1);
    case OP_TAN:
        return one_plus(d, 1, square(d, num_un(d, OP_TAN, 0, x)));
    case OP_ASIN:
        return num_un(d, OP_RSQRT, 0, one_plus(d, -1, square(d, x)));
    case OP_ACOS:
        return num_scale(d, slope(d, OP_ASIN, 0, x), -1);
    case OP_ATAN:
        return inverse(d, one_plus(d, 1, square(d, x)));
    case OP_SINH:
        return num_un(d, OP_COSH, 0, x);
    case OP_COSH:
        return num_un(d, OP_SINH, 0, x);
    case OP_TANH:
        return one_plus(d, -1, square(d, num_un(d, OP_TANH, 0, x)));
    case OP_ASINH:
        return num_un(d, OP_RSQRT, 0, one_plus(d, 1, square(d, x)));
    case OP_ACOSH:
        return num_un(d, OP_RSQRT, 0, num_sub(d, square(d, x), num_of(1)));
    case OP_ATANH:
        return inverse(d, one_plus(d, -1, square(d, x)));
    case OP_ERF:
        return num_scale(d, num_exp(d, num_scale(d, square(d, x), -1)), 2 / sqrtl(PI));
    case OP_LGAMMA:
        return num_un(d, OP_POLYGAMMA, 0, x);
    case OP_POLYGAMMA:
    case OP_SINC:
        return num_un(d, o, order + 1, x);
    case OP_XLOGX:
        return one_plus(d, 1, num_log(d, x));
    case OP_SIGMOID:
        return num_mul(d, num_un(d, OP_SIGMOID, 0, x), num_un(d, OP_SIGMOID, 0, num_scale(d, x, -1)));
    case OP_SOFTPLUS:
        return num_un(d, OP_SIGMOID, 0, x);
    case OP_RELU:
        return num_of(x.c[0] > 0);
    case OP_ABS:
        return num_of(sign_of(x.c[0]));
    default:
        return num_of(0);
    }
}

num num_un(int d, op o, int order, num x)
{
    if (d == 0)
        return num_of(scalar_un(o, order, x.c[0]));
    num lo = low(d, x), hi = high(d, x);
    return join(d, num_un(d - 1, o, order, lo), num_mulz(d - 1, slope(d - 1, o, order, lo), hi));
}

num num_log(int d, num x)
{
    return num_un(d, OP_LOG, 0, x);
}

num num_exp(int d, num x)
{
    return num_un(d, OP_EXP, 0, x);
}

/* ---- Two arguments ---- */

static long double scalar_bin(op o, long double a, long double b)
{
    switch (o) {
    case OP_DIV:
        return a / b;
    case OP_POW:
        return powl(a, b);
    case OP_ATAN2:
        return atan2l(a, b);
    case OP_FMOD:
        return a - b * floorl(a / b);
    default:
        return NAN;
    }
}

/* d f(a, b) / d a and / d b, in duals of depth d; y is f(a, b). */
static void slopes(int d, op o, num a, num b, num y, num *da, num *db)
{
    num r2;
    switch (o) {
    case OP_DIV:
        *da = inverse(d, b);
        *db = num_scale(d, num_mul(d, y, *da), -1);
        break;
    case OP_POW:
        *da = b.c[0] == 0 ? num_of(0) : num_mulz(d, b, num_bin(d, OP_POW, a, num_sub(d, b, num_of(1))));
        *db = a.c[0] == 0 ? num_of(0) : num_mulz(d, y, num_log(d, a));
        break;
    case OP_ATAN2:
        r2 = num_add(d, square(d, a), square(d, b));
        *da = num_bin(d, OP_DIV, b, r2);
        *db = num_scale(d, num_bin(d, OP_DIV, a, r2), -1);
        break;
    default: /* OP_FMOD */
        *da = num_of(1);
        *db = num_of(-floorl(a.c[0] / b.c[0]));
    }
}

num num_bin(int d, op o, num a, num b)
{
    switch (o) {
    case OP_ADD:
        return num_add(d, a, b);
    case OP_SUB:
        return num_sub(d, a, b);
    case OP_MUL:
        return num_mul(d, a, b);
    case OP_MULZ:
        return num_mulz(d, a, b);
    case OP_MIN:
        return a.c[0] <= b.c[0] || isnan(a.c[0]) ? a : b;
    case OP_MAX:
        return a.c[0] >= b.c[0] || isnan(a.c[0]) ? a : b;
    default:
        break;
    }
    if (d == 0)
        return num_of(scalar_bin(o, a.c[0], b.c[0]));
    num a0 = low(d, a), a1 = high(d, a), b0 = low(d, b), b1 = high(d, b), da, db;
    num y = num_bin(d - 1, o, a0, b0);
    slopes(d - 1, o, a0, b0, y, &da, &db);
    return join(d, y, num_add(d - 1, num_mulz(d - 1, da, a1), num_mulz(d - 1, db, b1)));
}

/* ---- Ints ---- */

int64_t num_int_un(op o, int64_t a)
{
    switch (o) {
    case OP_NEG:
        return (int64_t)(0 - (uint64_t)a);
    case OP_SQ:
        return (int64_t)((uint64_t)a * (uint64_t)a);
    case OP_ABS:
        return a < 0 ? (int64_t)(0 - (uint64_t)a) : a;
    case OP_SIGN:
        return (a > 0) - (a < 0);
    case OP_STEP:
        return a >= 0;
    case OP_RELU:
        return a > 0 ? a : 0;
    default: /* floor, ceil, round */
        return a;
    }
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    if (b == 0 || b == -1)
        return 0;
    int64_t r = a % b;
    return r && (r < 0) != (b < 0) ? r + b : r;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    if (b == 0 || b == -1)
        return b ? (int64_t)(0 - (uint64_t)a) : 0;
    return (a - floor_mod(a, b)) / b;
}

static int64_t int_pow(int64_t a, int64_t b)
{
    uint64_t x = 1;
    if (b < 0)
        return a == 1 || a == -1 ? (b % 2 ? a : 1) : 0;
    while (b-- > 0)
        x *= (uint64_t)a;
    return (int64_t)x;
}

int64_t num_int_bin(op o, int64_t a, int64_t b)
{
    switch (o) {
    case OP_ADD:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case OP_SUB:
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case OP_MUL:
    case OP_MULZ:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case OP_IDIV:
        return floor_div(a, b);
    case OP_IMOD:
    case OP_FMOD:
        return floor_mod(a, b);
    case OP_POW:
        return int_pow(a, b);
    case OP_MIN:
    case OP_AND:
        return a < b ? a : b;
    default: /* max, or */
        return a > b ? a : b;
    }
}

/* ---- Random numbers: Philox 4x32-10 ---- */

static void philox(uint64_t key, uint64_t a, uint64_t b, uint32_t *x)
{
    uint32_t k[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    x[0] = (uint32_t)a, x[1] = (uint32_t)(a >> 32), x[2] = (uint32_t)b, x[3] = (uint32_t)(b >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p = (uint64_t)0xD2511F53 * x[0], q = (uint64_t)0xCD9E8D57 * x[2];
        uint32_t y[4] = {(uint32_t)(q >> 32) ^ x[1] ^ k[0], (uint32_t)q, (uint32_t)(p >> 32) ^ x[3] ^ k[1],
                         (uint32_t)p};
        memcpy(x, y, sizeof y);
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
}

/* The first 53 or 24 bits of two words, plus last in the last place, over 2^53 or 2^24. */
static long double fraction(elem e, const uint32_t *w, int last)
{
    if (e == ELEM_F32)
        return ((w[0] >> 8) + (uint32_t)last) * 0x1p-24L;
    return ((((uint64_t)w[0] << 32 | w[1]) >> 11) + (uint64_t)last) * 0x1p-53L;
}

long double num_random(op o, elem e, int n, const int64_t *args)
{
    uint64_t key = (uint64_t)args[0];
    uint32_t x[4];
    int i = 1;
    for (;; i += 2) {
        philox(key, i < n ? (uint64_t)args[i] : 0, i + 1 < n ? (uint64_t)args[i + 1] : 0, x);
        if (i + 2 >= n)
            break;
        key = (uint64_t)x[1] << 32 | x[0];
    }
    if (o == OP_UNIFORM)
        return fraction(e, x, 0);
    return sqrtl(-2 * logl(fraction(e, x, 1))) * cosl(2 * PI * fraction(e, x + 2, 0));
}
