/* The oracle held against known values and against differences of itself. */
#include <math.h>
#include <stdio.h>

#include "unit/graph_sample.h"
#include "unit/oracle_num.h"

static int failures;

static void near(long double got, long double want, long double tolerance, const char *what)
{
    if (got == want || fabsl(got - want) <= tolerance * (1 + fabsl(want)))
        return;
    printf("FAILED: %s: got %.20Lg, wanted %.20Lg\n", what, got, want);
    failures++;
}

static void test_special(void)
{
    const long double pi = 3.14159265358979323846264338327950288L;
    near(num_un(0, OP_POLYGAMMA, 0, num_of(1)).c[0], -0.57721566490153286060651209L, 1e-18L, "digamma(1)");
    near(num_un(0, OP_POLYGAMMA, 1, num_of(1)).c[0], pi * pi / 6, 1e-18L, "trigamma(1)");
    near(num_un(0, OP_POLYGAMMA, 2, num_of(1)).c[0], -2.40411380631918857079947632L, 1e-18L, "psi2(1)");
    near(num_un(0, OP_POLYGAMMA, 3, num_of(0.5L)).c[0], powl(pi, 4), 1e-17L, "psi3(1/2)");
    near(num_un(0, OP_POLYGAMMA, 0, num_of(-0.5L)).c[0], 0.03648997397857652056L, 1e-17L, "digamma(-1/2)");
    near(num_un(0, OP_SINC, 0, num_of(0)).c[0], 1, 0, "sinc(0)");
    near(num_un(0, OP_SINC, 2, num_of(0)).c[0], -pi * pi / 3, 1e-18L, "sinc''(0)");
    near(num_un(0, OP_SINC, 1, num_of(2)).c[0], 0.5L, 1e-18L, "sinc'(2)");
    near(num_un(0, OP_SINC, 3, num_of(1.4999L)).c[0], num_un(0, OP_SINC, 3, num_of(1.5001L)).c[0], 1e-2L, "sinc'''");
}

/* Known answer of Philox 4x32-10 with counter 0 and key 0: 6627e8d5 e169c58d bc57ac4c 9b00dbd8. */
static void test_random(void)
{
    int64_t zero[5] = {0}, other[4] = {0, 0, 0, 7};
    near(num_random(OP_UNIFORM, ELEM_F32, 1, zero), (0x6627e8d5u >> 8) * 0x1p-24L, 0, "uniform f32");
    near(num_random(OP_UNIFORM, ELEM_F64, 3, zero), (0x6627e8d5e169c58dull >> 11) * 0x1p-53L, 0, "uniform f64");
    int64_t key[3] = {(int64_t)0xe169c58d6627e8d5ull, 7, 0};
    near(num_random(OP_UNIFORM, ELEM_F64, 4, other), num_random(OP_UNIFORM, ELEM_F64, 3, key), 0, "four arguments");
    long double sum = 0, squares = 0;
    for (int64_t i = 0; i < 4000; i++) {
        int64_t args[2] = {5, i};
        long double x = num_random(OP_NORMAL, ELEM_F64, 2, args);
        sum += x;
        squares += x * x;
    }
    near(sum / 4000, 0, 0.06L, "mean of normal");
    near(squares / 4000, 1, 0.06L, "variance of normal");
}

/* Derivatives of every op to third order against differences of the order below. */
static void test_derivatives(void)
{
    static const long double points[] = {0.37L, 0.81L};
    for (int o = OP_NEG; o <= OP_ROUND; o++) {
        bool two = op_arity((op)o) == 2;
        if (op_arity((op)o) > 2 || o == OP_AND || o == OP_OR || o == OP_NOT || o == OP_SEEK ||
            (o >= OP_TO_F64 && o <= OP_STOP) || (o >= OP_IDIV && o <= OP_LE))
            continue;
        for (int d = 0; d < 3; d++)
            for (int p = 0; p < 2; p++) {
                long double h = 1e-5L, x = o == OP_ACOSH ? points[p] + 1 : points[p], y[2];
                num a = {{0}}, b = num_of(1.7L);
                for (int k = 0; k <= d; k++)
                    a.c[1 << k] = 1, b.c[1 << k] = two && o != OP_POLYGAMMA && o != OP_SINC ? 0.5L : 0;
                for (int s = 0; s < 2; s++) {
                    long double step = s ? -h : h;
                    num u = a, v = b;
                    u.c[1 << d] = v.c[1 << d] = 0;
                    u.c[0] = x + step;
                    v.c[0] += b.c[1 << d] * step;
                    num r = two && o != OP_POLYGAMMA && o != OP_SINC ? num_bin(d, (op)o, u, v) : num_un(d, (op)o, 1, u);
                    y[s] = r.c[(1 << d) - 1];
                }
                a.c[0] = x;
                num r =
                    two && o != OP_POLYGAMMA && o != OP_SINC ? num_bin(d + 1, (op)o, a, b) : num_un(d + 1, (op)o, 1, a);
                near(r.c[(2 << d) - 1], (y[0] - y[1]) / (2 * h), 1e-6L, op_text((op)o));
            }
    }
}

/* Text, and the values of its results in order. */
static void values(const char *what, const char *s, int n, const long double *want)
{
    sample a;
    const char *error = sample_read(&a, s);
    if (error) {
        printf("FAILED: %s: %s\n", what, error);
        failures++;
    }
    for (int i = 0, k = 0; !error && i < a.n; i++) {
        long double *got;
        int64_t count = sample_eval(&a, a.roots[i], &got);
        for (int64_t j = 0; j < count && k < n; j++, k++)
            near(got[j], want[k], 1e-17L, what);
    }
    arena_free(a.mem);
}

#define VALUES(what, s, ...)                                                                                           \
    do {                                                                                                               \
        const long double want_[] = {__VA_ARGS__};                                                                     \
        values(what, s, (int)(sizeof want_ / sizeof *want_), want_);                                                   \
    } while (0)

static void test_graphs(void)
{
    VALUES("a loop and its stack",
           "%1 = loop t in 0..3 (x: f64 = 1.0, n: int = 5) {\n%2 = mul x, 2.0\n%3 = add n, t\nyield %2, %3\n}\n"
           "%4 = out 0 %1\n%5 = out 1 %1\n%6 = stack %1 <T> (t, x, n) {\n%7 = f64 n\n%8 = add x, %7\nyield %8\n}\n"
           "result %4\nresult %5\nresult %6\n",
           8, 8, 6, 7, 10);
    VALUES("scatter adds", "%1 = scatter f64[3] (i: 4) {\n%2 = imod i, 2\nyield 1.5 at %2\n}\nresult %1\n", 3, 3, 0);
    VALUES("argkmin pads", "%1 = argkmin <4> (i: 3) {\n%2 = imod i, 2\n%3 = lt i, 3\nyield %2 where %3\n}\nresult %1\n",
           0, 2, 1, -1);
    VALUES("argmax over two axes",
           "%1 = argmax (i: 2, j: 3) {\n%2 = sub j, i\nyield %2\n}\n%3 = rmax (i: 2, j: 3) {\n%4 = sub j, i\nyield "
           "%4\n}\nresult %1\nresult %3\n",
           2, 2);
    VALUES("dynamic ranges", "%5 = tensor (i: 3) {\n%6 = sum (k: _) {\nyield k over i..3\n}\nyield %6\n}\nresult %5\n",
           3, 3, 2);
    VALUES("a gradient: each name by itself, a second derivative",
           "%1 = name 1 3.0\n%2 = pow %1, 3.0\n%3 = vjp %2, 1.0, %1\n%4 = out 0 %3\n%5 = name 2 %4\n%6 = name 3 2.0\n"
           "%10 = sq %6\n%11 = mul %10, %6\n%12 = jvp %11, %6, 1.0\n%13 = vjp %12, 1.0, %6\n%14 = out 0 %13\n"
           "result %4\nresult %14\n",
           27, 12);
    VALUES("the derivative of a product with zeros, of logsumexp",
           "%1 = tensor (i: 3) {\n%2 = f64 i\nyield %2\n}\n%3 = name 1 %1\n%4 = prod (i: 3) {\n%5 = access %3[i]\n"
           "yield %5\n}\n%6 = vjp %4, 1.0, %3\n%7 = out 0 %6\n%8 = logsumexp (i: 3) {\n%9 = access %3[i]\n"
           "%10 = mul 0.0, %9\nyield %10\n}\n%11 = exp %8\nresult %7\nresult %11\n",
           2, 0, 0, 3);
    VALUES("a hand-written derivative is not looked at, a stopped one is zero",
           "%1 = name 1 2.0\n%2 = sq %1\n%3 = stop %2\n%4 = mul %3, %1\n%5 = vjp %4, 1.0, %1\n%6 = out 0 %5\n"
           "result %6\n",
           4);
}

int main(void)
{
    test_special();
    test_random();
    test_derivatives();
    test_graphs();
    return failures ? 1 : 0;
}
