/* What the hand-written kernels share: vectors of one precision, exp2 on them, packed rows and columns.
 *
 * Compiled once with -DREAL=32 and once with -DREAL=64. Rows i lie in the lanes of a vector; columns j are broadcast.
 * The calling convention is that of ad_function (adc/runtime.h), so that bench/driver.c can call these as it calls
 * adc's. */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <adc/runtime.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if REAL == 32
typedef float real;
typedef int32_t word;
enum { MANTISSA = 23, LOWEST = -126 };
#define MAGIC 0x1.8p23f
#define SUFFIX "ps"
#define SQRT sqrtf
#define LOG2 log2f
#else
typedef double real;
typedef int64_t word;
enum { MANTISSA = 52, LOWEST = -1022 };
#define MAGIC 0x1.8p52
#define SUFFIX "pd"
#define SQRT sqrt
#define LOG2 log2
#endif

typedef real lanes __attribute__((vector_size(64)));
typedef word words __attribute__((vector_size(64)));

enum { WIDTH = 64 / (int)sizeof(real) };

#define LOG2E 1.4426950408889634
#define LN2 0.6931471805599453

static inline lanes splat(real x)
{
    return (lanes){0} + x;
}

static inline lanes choose(words mask, lanes a, lanes b)
{
    return (lanes)((mask & (words)a) | (~mask & (words)b));
}

static inline lanes larger(lanes a, lanes b)
{
    return choose(a > b, a, b);
}

static inline real sum_lanes(lanes a)
{
    real sum = 0;
    for (int k = 0; k < WIDTH; k++)
        sum += a[k];
    return sum;
}

/* Any lane's mask set. */
static inline bool any(words mask)
{
    typedef int64_t halves __attribute__((vector_size(64)));
    halves h = (halves)mask;
    return (h[0] | h[1] | h[2] | h[3] | h[4] | h[5] | h[6] | h[7]) != 0;
}

/* 2^f for |f| <= 1/2: minimax in relative error, 7.5e-8 in degree 5, 3.1e-18 in degree 11. */
static inline lanes exp2_polynomial(lanes f)
{
#if REAL == 32
    lanes p = splat(0.00132764726f);
    p = p * f + 0.00967554134f;
    p = p * f + 0.0555071327f;
    p = p * f + 0.240221197f;
    p = p * f + 0.693146967f;
    return p * f + 1.00000007f;
#else
    lanes p = splat(4.4352827069572772e-10);
    p = p * f + 7.0741056135081431e-09;
    p = p * f + 1.0178198021671931e-07;
    p = p * f + 1.32154330896764e-06;
    p = p * f + 1.5252733489988525e-05;
    p = p * f + 0.00015403530462514432;
    p = p * f + 0.0013333558146789923;
    p = p * f + 0.0096181291075883354;
    p = p * f + 0.055504108664819925;
    p = p * f + 0.24022650695910155;
    p = p * f + 0.69314718055994529;
    return p * f + 1.0;
#endif
}

/* 2^t for t <= 0 and a little above. AVX-512 has instructions for the fraction and the exponent; without them t is kept
 * above the smallest exponent and the exponent is added by integers. */
static inline lanes exp2_lanes(lanes t)
{
#ifdef __AVX512DQ__
    lanes f, y;
    __asm__("vreduce" SUFFIX " $0, %1, %0" : "=v"(f) : "v"(t));
    lanes p = exp2_polynomial(f), n = t - f;
    __asm__("vscalef" SUFFIX " %2, %1, %0" : "=v"(y) : "v"(p), "v"(n));
    return y;
#else
    const lanes magic = splat(MAGIC);
    t = larger(t, splat(LOWEST));
    lanes shifted = t + magic, p = exp2_polynomial(t - (shifted - magic));
    return (lanes)((words)p + ((words)shifted << MANTISSA));
#endif
}

static inline int64_t round_up(int64_t n, int64_t step)
{
    return (n + step - 1) / step * step;
}

/* Columns of a row-major n x width matrix as padded arrays, one after the other: out[k*padded + i] = scale * x[i*width
 * + k]; the padding repeats the last row. */
static inline void pack_columns(const real *x, int64_t n, int width, real scale, int64_t padded, real *out)
{
    for (int k = 0; k < width; k++)
        for (int64_t i = 0; i < padded; i++)
            out[k * padded + i] = scale * x[(i < n ? i : n - 1) * width + k];
}

#endif
