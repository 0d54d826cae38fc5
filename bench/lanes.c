/* Cycles per vector of the functions in lanes, beside glibc's vector library and its scalar functions.
 *
 * Compiled behind the text of the prelude by lanes.sh, for vectors of AD_VECTOR_BYTES; MVEC is the prefix of the vector
 * library's names for them. Points lie in the first-level cache, times are the least of many runs, in cycles of the
 * clock that a chain of additions shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POINTS = 1024, RUNS = 400 };

#if AD_LANE_BYTES == 4
typedef float real;
typedef ad_f32s reals;
#define LANES(name) ad_##name##_f32s
#define SCALAR(name) name##f
#define LOAD ad_load_f32s
#define STORE ad_store_f32s
#else
typedef double real;
typedef ad_f64s reals;
#define LANES(name) ad_##name##_f64s
#define SCALAR(name) name
#define LOAD ad_load_f64s
#define STORE ad_store_f64s
#endif

static real x[POINTS], y[POINTS];
real out[POINTS]; /* not static, so that it must be written */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cycle(void)
{
    double best = 1;
    for (int k = 0; k < 1000; k++) {
        unsigned long sum = 0;
        double start = now();
        for (long i = 0; i < 50000; i++)
            __asm__ volatile("add $1, %0" : "+r"(sum));
        double t = now() - start;
        best = t < best ? t : best;
    }
    return best / 50000;
}

#define KERNEL(name, step, store)                                                                                      \
    static __attribute__((noinline)) void name(void)                                                                   \
    {                                                                                                                  \
        for (int i = 0; i < POINTS; i += step)                                                                         \
            store;                                                                                                     \
    }

#define OWN1(name) KERNEL(own_##name, AD_LANES, STORE(out + i, LANES(name)(LOAD(x + i, AD_LANES)), AD_LANES))
#define OWN2(name)                                                                                                     \
    KERNEL(own_##name, AD_LANES, STORE(out + i, LANES(name)(LOAD(x + i, AD_LANES), LOAD(y + i, AD_LANES)), AD_LANES))
#define C1(name) KERNEL(c_##name, 1, out[i] = SCALAR(name)(x[i]))
#define C2(name) KERNEL(c_##name, 1, out[i] = SCALAR(name)(x[i], y[i]))
#ifdef MVEC
#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#if AD_LANE_BYTES == 4
#define VECTOR(kind, name) JOIN(MVEC, kind, name##f)
#else
#define VECTOR(kind, name) JOIN(MVEC, kind, name)
#endif
#define V1(name)                                                                                                       \
    reals VECTOR(v_, name)(reals);                                                                                     \
    KERNEL(v_##name, AD_LANES, STORE(out + i, VECTOR(v_, name)(LOAD(x + i, AD_LANES)), AD_LANES))
#define V2(name)                                                                                                       \
    reals VECTOR(vv_, name)(reals, reals);                                                                             \
    KERNEL(v_##name, AD_LANES,                                                                                         \
           STORE(out + i, VECTOR(vv_, name)(LOAD(x + i, AD_LANES), LOAD(y + i, AD_LANES)), AD_LANES))
#else
#define V1(name) KERNEL(v_##name, POINTS, (void)0)
#define V2(name) V1(name)
#endif
#define ALL1(name) OWN1(name) C1(name) V1(name)
#define ALL2(name) OWN2(name) C2(name) V2(name)

ALL1(exp2)
ALL1(exp)
OWN1(exp_nonpositive)
ALL1(log)
ALL1(log2)
ALL1(log1p)
ALL1(expm1)
OWN1(sqrt)
OWN1(rsqrt)
OWN1(sigmoid)
OWN1(softplus)
ALL1(tanh)
ALL1(sinh)
ALL1(cosh)
ALL1(asinh)
ALL1(acosh)
ALL1(atanh)
ALL1(sin)
ALL1(cos)
ALL1(tan)
ALL1(asin)
ALL1(acos)
ALL1(atan)
ALL1(erf)
ALL2(pow)
ALL2(atan2)
OWN1(floor)
OWN1(round)
OWN1(ceil)
OWN1(sign)
OWN2(max)
OWN2(fmod)

typedef struct row {
    const char *name;
    double low, high;
    void (*own)(void), (*vector)(void), (*c)(void);
} row;

#define ROW(name, low, high)                                                                                           \
    {                                                                                                                  \
#name, low, high, own_##name, v_##name, c_##name                                                               \
    }
#define OWN(name, low, high)                                                                                           \
    {                                                                                                                  \
#name, low, high, own_##name, NULL, NULL                                                                       \
    }
/* clang-format off */
static const row rows[] = {
    ROW(exp2, -10, 10), ROW(exp, -10, 10), OWN(exp_nonpositive, -10, 0),
    ROW(log, 0.1, 10), ROW(log2, 0.1, 10), ROW(log1p, -0.5, 10), ROW(expm1, -5, 5),
    OWN(sqrt, 0.1, 10), OWN(rsqrt, 0.1, 10), OWN(sigmoid, -10, 10), OWN(softplus, -10, 10), ROW(tanh, -3, 3),
    ROW(sinh, -5, 5), ROW(cosh, -5, 5), ROW(asinh, -5, 5), ROW(acosh, 1, 10), ROW(atanh, -1, 1),
    ROW(sin, -10, 10), ROW(cos, -10, 10), ROW(tan, -10, 10), ROW(asin, -1, 1), ROW(acos, -1, 1), ROW(atan, -5, 5),
    ROW(erf, -3, 3), ROW(pow, 0.1, 10), ROW(atan2, -5, 5), OWN(floor, -5, 5), OWN(round, -5, 5), OWN(ceil, -5, 5),
    OWN(sign, -5, 5), OWN(max, -5, 5), OWN(fmod, -5, 5),
};
/* clang-format on */

static double measure(void (*f)(void), double tick)
{
    double best = 1;
    for (int k = 0; k < RUNS; k++) {
        double start = now();
        f();
        double t = now() - start;
        best = t < best ? t : best;
    }
    return best / tick / (POINTS / AD_LANES);
}

static void print(void (*f)(void), double tick)
{
    if (f)
        printf("%10.1f", measure(f, tick));
    else
        printf("%10s", "");
}

int main(int argc, char **argv)
{
    double tick = cycle();
    printf("%d lanes of %d bytes: cycles per vector, at %.2f GHz\n%-18s%10s%10s%10s\n", AD_LANES, AD_LANE_BYTES,
           1e-9 / tick, "", "adc", "libmvec", "libm");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (argc > 1 && strcmp(argv[1], rows[i].name) != 0)
            continue;
        for (int k = 0; k < POINTS; k++) {
            x[k] = (real)(rows[i].low + (rows[i].high - rows[i].low) * rand() / RAND_MAX);
            y[k] = (real)(-5 + 10.0 * rand() / RAND_MAX);
        }
        printf("%-18s", rows[i].name);
        print(rows[i].own, tick);
#ifdef MVEC
        print(rows[i].vector, tick);
#else
        print(NULL, tick);
#endif
        print(rows[i].c, tick);
        puts("");
    }
    return 0;
}
