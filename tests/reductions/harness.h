/* Black-box tests of generated code: a model's functions at many sizes, in f32 and f64, against references in C.
 *
 * A reference computes a function's results from the language's definition, in long double, with plain loops. Its
 * numbers are complex so that it differentiates itself: with the imaginary part h v in an input, the result's imaginary
 * part is h times its derivative along v, exact to rounding (the complex step, Squire and Trapp 1998, h is so small
 * that its square is 0). Operations that are not analytic (comparisons, max) look at real parts.
 *
 * For each test and each choice of sizes the harness fills the inputs by their names (harness_data.c), calls the f64
 * and the f32 library, and asks that
 *   - every result is the reference's,
 *   - every gradient of FUNCTION_grad has the reference's derivative along a dense direction (f64), and f32's gradient
 *     is f64's entry by entry,
 *   - one, two and three threads give the same bits,
 *   - nothing is read behind an input or the workspace, and nothing written outside a result. */
#ifndef ADC_TESTS_REDUCTIONS_HARNESS_H
#define ADC_TESTS_REDUCTIONS_HARNESS_H
#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include <adc/runtime.h>

typedef long double complex num;

enum { MAX_ARGS = 16, MAX_SIZES = 8 };

/* An input, or a result as the reference expects it: real has count entries, or integer has (int and bool). */
typedef struct value {
    const ad_argument *arg;
    int64_t count;
    num *real;
    int64_t *integer;
} value;

/* One call. */
typedef struct problem {
    const ad_function *f;
    int64_t sizes[MAX_SIZES];
    value values[MAX_ARGS]; /* as f->args */
} problem;

int64_t size_of(const problem *p, const char *size);
const num *real_of(const problem *p, const char *input);
const int64_t *int_of(const problem *p, const char *input); /* int and bool */
/* Where the reference writes. */
num *real_result(const problem *p, const char *result);
int64_t *int_result(const problem *p, const char *result);

typedef struct test {
    const char *function;
    void (*reference)(const problem *p);
    double f64, f32; /* relative tolerances; 0: 1e-12 and 5e-5 */
} test;

/* argv: f64 library, f32 library, module's name, parts of the names of the tests to run (none: all). Prints what fails;
 * returns main's status. */
int run_tests(int argc, char **argv, const test *tests, int n);

/* harness_data.c: fills an input by its name; the same call gives the same data. */
void fill_input(const problem *p, value *v);
/* The number of stored entries of the sparse rows that fill_input makes. */
int64_t sparse_entries(int64_t n, int64_t m);
/* 64 bits that depend on all three. */
uint64_t mixed(uint64_t a, uint64_t b, uint64_t c);

/* Analytic functions; much faster than the library's, since the imaginary part is infinitesimal. */
static inline num dual(long double value, long double slope, num a)
{
    return CMPLXL(value, slope * cimagl(a));
}
static inline long double re(num a)
{
    return creall(a);
}
static inline num n_exp(num a)
{
    return dual(expl(re(a)), expl(re(a)), a);
}
static inline num n_log(num a)
{
    return dual(logl(re(a)), 1 / re(a), a);
}
static inline num n_sqrt(num a)
{
    return re(a) == 0 ? 0 : dual(sqrtl(re(a)), 0.5L / sqrtl(re(a)), a); /* norm'(0) = 0 */
}
static inline num n_sin(num a)
{
    return dual(sinl(re(a)), cosl(re(a)), a);
}
static inline num n_cos(num a)
{
    return dual(cosl(re(a)), -sinl(re(a)), a);
}
static inline num n_tanh(num a)
{
    return dual(tanhl(re(a)), 1 - tanhl(re(a)) * tanhl(re(a)), a);
}
static inline num n_abs(num a)
{
    return re(a) < 0 ? -a : re(a) > 0 ? a : 0;
}

static inline num sqdist(const num *x, const num *y, int64_t d)
{
    num sum = 0;
    for (int64_t k = 0; k < d; k++)
        sum += (x[k] - y[k]) * (x[k] - y[k]);
    return sum;
}

static inline num dot(const num *x, const num *y, int64_t d)
{
    num sum = 0;
    for (int64_t k = 0; k < d; k++)
        sum += x[k] * y[k];
    return sum;
}
#endif
