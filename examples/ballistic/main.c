/* Finds the momentum, then the gravity, that throws a mass from (0, 0.5) onto (7, 2), and the momentum under noise.
 *
 * Everything comes from model.ad through the generated model.h. Each number is held against one that was found
 * otherwise: the closed form of the explicit Euler scheme, or finite differences. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

enum { STEPS = 10, ITERATIONS = 100 };

static const double start[2] = {0.0, 0.5}, target[2] = {7.0, 2.0}, first_momentum[2] = {60.0, 30.0};
static const double mass = 15.0, earth = 9.81, dt = 0.1;
static int failures;

/* Stops the program when a generated function refuses its arguments. */
static void must(ad_status status)
{
    if (status != AD_OK) {
        fprintf(stderr, "%s (argument %d)\n", ad_status_string(status), AD_STATUS_ARG(status));
        exit(1);
    }
}

static void verify(const char *how, double found, double expected, double tolerance)
{
    double error = fabs(found - expected) / fmax(1.0, fabs(expected));
    bool ok = error <= tolerance;
    printf("    check: %-58s error %.1e %s\n", how, error, ok ? "ok" : "WRONG");
    failures += !ok;
}

/* ---- The same scheme solved by hand: after n steps q = q0 + n dt P/m - (0, g) dt^2 n(n-1)/2. ---- */

static double closed_end(int axis, double P, double g)
{
    double fall = axis == 1 ? g * dt * dt * STEPS * (STEPS - 1) / 2 : 0;
    return start[axis] + STEPS * dt * P / mass - fall;
}

/* Descent with the given step on the quadratic (rate * x - ...)^2 shrinks the distance to its minimum by a factor. */
static double closed_descent(double first, double best, double rate, double step)
{
    return best + (first - best) * pow(1 - 2 * step * rate * rate, ITERATIONS);
}

static double closed_momentum(int axis)
{
    double rate = STEPS * dt / mass;
    double best = (target[axis] - closed_end(axis, 0, earth)) / rate;
    return closed_descent(first_momentum[axis], best, rate, 5.0);
}

static double closed_gravity(void)
{
    double rate = dt * dt * STEPS * (STEPS - 1) / 2;
    double best = (closed_end(1, first_momentum[1], 0) - target[1]) / rate;
    return closed_descent(earth, best, rate, 0.1);
}

/* ---- The generated functions, with what never changes filled in. ---- */

static void flight(const double P[2], double g, double noise, int64_t seed, double path[STEPS][2])
{
    must(model_flight(P, g, start, mass, noise, seed, &path[0][0], NULL, 0));
}

static double miss(const double P[2], double g, double noise, int64_t seed)
{
    double value = 0;
    must(model_miss(P, g, start, target, mass, noise, seed, &value, NULL, 0));
    return value;
}

/* Central differences of miss in P[0], P[1] and g against the generated gradient. */
static void verify_gradient(const double P[2], double g, double noise, int64_t seed)
{
    double gradient[3], x[3] = {P[0], P[1], g}, worst = 0;
    must(model_miss_grad(P, g, start, target, mass, noise, seed, NULL, gradient, &gradient[2], NULL, 0));
    for (int i = 0; i < 3; i++) {
        double h = 1e-4, up[3], down[3];
        memcpy(up, x, sizeof x);
        memcpy(down, x, sizeof x);
        up[i] += h;
        down[i] -= h;
        double difference = (miss(up, up[2], noise, seed) - miss(down, down[2], noise, seed)) / (2 * h);
        worst = fmax(worst, fabs(gradient[i] - difference) / fmax(1.0, fabs(difference)));
    }
    printf("  gradient in P, g: (%.6f, %.6f), %.6f\n", gradient[0], gradient[1], gradient[2]);
    verify("finite differences of the generated value", worst, 0, 1e-6);
}

static void print_end(const char *what, const double P[2], double g, double noise, int64_t seed)
{
    double path[STEPS][2];
    flight(P, g, noise, seed, path);
    printf("  %s ends at (%.4f, %.4f)\n", what, path[STEPS - 1][0], path[STEPS - 1][1]);
}

/* ---- The three tasks ---- */

static void first_throw(void)
{
    double path[STEPS][2];
    printf("flight from (0, 0.5), P = (60, 30), m = 15, g = 9.81, 10 steps of 0.1\n");
    flight(first_momentum, earth, 0, 0, path);
    print_end("it", first_momentum, earth, 0, 0);
    for (int axis = 0; axis < 2; axis++)
        verify(axis ? "end's height, closed form of the Euler scheme"
                    : "end's distance, closed form of the Euler scheme",
               path[STEPS - 1][axis], closed_end(axis, first_momentum[axis], earth), 1e-12);
    verify_gradient(first_momentum, earth, 0, 0);
}

static void find_momentum(double P[2])
{
    printf("momentum that hits (7, 2): descent from (60, 30), step 5, 100 iterations\n");
    must(model_aim(first_momentum, earth, start, target, mass, 0, 0, 5.0, ITERATIONS, P, NULL, 0));
    printf("  P = (%.6f, %.6f), squared distance left %.3e\n", P[0], P[1], miss(P, earth, 0, 0));
    print_end("the flight", P, earth, 0, 0);
    for (int axis = 0; axis < 2; axis++)
        verify(axis ? "P[1], closed form of the descent" : "P[0], closed form of the descent", P[axis],
               closed_momentum(axis), 1e-10);
}

static void find_gravity(void)
{
    double g = 0;
    printf("gravity that brings P = (60, 30) to the target's height: step 0.1, 100 iterations\n");
    must(model_tune_gravity(earth, first_momentum, start, target, mass, 0, 0, 0.1, ITERATIONS, &g, NULL, 0));
    printf("  g = %.6f, squared distance left %.6f (9 of it is the distance that g cannot change)\n", g,
           miss(first_momentum, g, 0, 0));
    verify("g, closed form of the descent", g, closed_gravity(), 1e-10);
}

/* The noise of a seed is part of the program, so that a noisy flight has a gradient and the descent can answer it. */
static void noisy_throw(double P[2])
{
    const double amplitude = 20;
    const int64_t seed = 1;
    double again[2], before = miss(first_momentum, earth, amplitude, seed);
    printf("with normal noise of amplitude 20 q[1] in dq (seed 1): descent from (60, 30), step 5, 100 iterations\n");
    verify_gradient(first_momentum, earth, amplitude, seed);
    must(model_aim(first_momentum, earth, start, target, mass, amplitude, seed, 5.0, ITERATIONS, P, NULL, 0));
    must(model_aim(first_momentum, earth, start, target, mass, amplitude, seed, 5.0, ITERATIONS, again, NULL, 0));
    double after = miss(P, earth, amplitude, seed);
    printf("  P = (%.6f, %.6f), squared distance %.4f before, %.3e after\n", P[0], P[1], before, after);
    print_end("the noisy flight", P, earth, amplitude, seed);
    verify("the same seed gives the same bits", memcmp(P, again, sizeof again) != 0, 0, 0);
    verify("the descent came at least 100 times nearer", after < before / 100 ? 0 : 1, 0, 0);
}

/* ---- Drawing ---- */

static void write_path(FILE *f, const double P[2], double noise, int64_t seed)
{
    double path[STEPS][2];
    flight(P, earth, noise, seed, path);
    fprintf(f, "%g %g\n", start[0], start[1]);
    for (int t = 0; t < STEPS; t++)
        fprintf(f, "%.17g %.17g\n", path[t][0], path[t][1]);
    fprintf(f, "e\n");
}

/* trajectory.svg, when gnuplot is there. */
static void draw(const double found[2], const double noisy[2])
{
    if (system("command -v gnuplot >/dev/null 2>&1") != 0) {
        printf("no picture: gnuplot is not installed\n");
        return;
    }
    FILE *f = popen("gnuplot", "w");
    if (!f)
        return;
    fprintf(f, "set terminal svg size 800,500\nset output 'trajectory.svg'\nset xlabel 'distance'\n"
               "set ylabel 'height'\nset xrange [0:7.5]\nset key left top\nset grid\n"
               "plot '-' title 'P = (60, 30)' with linespoints, '-' title 'P found' with linespoints, "
               "'-' title 'P found with noise' with linespoints, '-' title 'target' with points pt 7 ps 1.5\n");
    write_path(f, first_momentum, 0, 0);
    write_path(f, found, 0, 0);
    write_path(f, noisy, 20, 1);
    fprintf(f, "%g %g\ne\n", target[0], target[1]);
    printf(pclose(f) == 0 ? "drawn: trajectory.svg\n" : "no picture: gnuplot failed\n");
}

int main(void)
{
    double found[2], noisy[2];
    first_throw();
    find_momentum(found);
    find_gravity();
    noisy_throw(noisy);
    draw(found, noisy);
    printf(failures ? "%d checks FAILED\n" : "all checks passed\n", failures);
    return failures > 0;
}
