/* Shooting and matching of closed curves, by plain LDDMM and with the normalised cometric, for two kernels.
 *
 * Everything comes from model.ad through the generated model.h. Numbers are held against a plain double loop in C,
 * finite differences, and what the normalisation is for: momenta that are all alike carry the curve as a whole. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model.h"

enum { N = 120, SINKHORN = 2, STEPS = 4, MOST = 150, CASES = 4 };

static const double weight = 100;
static const double cauchy[3] = {0, 1, 0}, cauchy_radii[2] = {0.1, 1};
static const double mixture[3] = {1, 1, 1}, mixture_radii[2] = {0.25, 0.05};
static const struct {
    const char *name;
    const double *w, *r;
    int64_t iterations;
} cases[CASES] = {{"plain, cauchy(.1)", cauchy, cauchy_radii, 0},
                  {"normalised, cauchy(.1)", cauchy, cauchy_radii, SINKHORN},
                  {"plain, 1 + cauchy(.25) + cauchy(.05)", mixture, mixture_radii, 0},
                  {"normalised, 1 + cauchy(.25) + cauchy(.05)", mixture, mixture_radii, SINKHORN}};
static int failures;

static void must(ad_status status)
{
    if (status != AD_OK) {
        fprintf(stderr, "%s (argument %d)\n", ad_status_string(status), AD_STATUS_ARG(status));
        exit(1);
    }
}

static void verify(const char *how, double error, double tolerance)
{
    bool ok = error <= tolerance;
    printf("    check: %-58s error %.1e %s\n", how, error, ok ? "ok" : "WRONG");
    failures += !ok;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A circle, and a flower of five leaves beside it; points crowd on the left, where the normalisation has to answer. */
static void make_curves(double source[N][2], double target[N][2])
{
    for (int i = 0; i < N; i++) {
        double even = 2 * acos(-1) * i / N, a = even + 0.5 * sin(even), radius = 0.25 + 0.07 * cos(5 * a);
        source[i][0] = 0.35 + 0.2 * cos(a);
        source[i][1] = 0.35 + 0.2 * sin(a);
        target[i][0] = 0.55 + radius * cos(a);
        target[i][1] = 0.5 + radius * sin(a);
    }
}

/* ---- Checks ---- */

static double kernel(int c, const double *x, const double *y)
{
    double d = pow(x[0] - y[0], 2) + pow(x[1] - y[1], 2), sum = cases[c].w[0];
    for (int k = 0; k < 2; k++)
        sum += cases[c].w[k + 1] / (1 + d / pow(cases[c].r[k], 2));
    return sum;
}

static void verify_scaling(int c, const double q[N][2])
{
    double by_hand[N], lambda[N], next[N], worst = 0;
    for (int i = 0; i < N; i++)
        by_hand[i] = 1;
    for (int t = 0; t < SINKHORN; t++) {
        for (int i = 0; i < N; i++) {
            double sum = 0;
            for (int j = 0; j < N; j++)
                sum += kernel(c, q[i], q[j]) * by_hand[j] / N;
            next[i] = sqrt(by_hand[i] / sum);
        }
        for (int i = 0; i < N; i++)
            by_hand[i] = next[i];
    }
    must(model_scaling(N, &q[0][0], cases[c].w, cases[c].r, SINKHORN, lambda, NULL, 0));
    for (int i = 0; i < N; i++)
        worst = fmax(worst, fabs(lambda[i] / by_hand[i] - 1));
    verify("lambda after 2 iterations, a double loop", worst, 1e-13);
}

static void verify_gradient(int c, const double q0[N][2], const double target[N][2], const double p0[N][2])
{
    double gradient[N][2], moved[2][N][2], value[2], slope = 0, h = 1e-6;
    must(model_matching_grad(N, &p0[0][0], &q0[0][0], &target[0][0], cases[c].w, cases[c].r, cases[c].iterations,
                             weight, STEPS, NULL, &gradient[0][0], NULL, 0));
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < N; i++)
            for (int k = 0; k < 2; k++)
                moved[side][i][k] = p0[i][k] + (side ? h : -h) * sin(3 * i + k);
        must(model_matching(N, &moved[side][0][0], &q0[0][0], &target[0][0], cases[c].w, cases[c].r,
                            cases[c].iterations, weight, STEPS, &value[side], NULL, 0));
    }
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++)
            slope += gradient[i][k] * sin(3 * i + k);
    verify("gradient in p0, finite differences along a direction", fabs(slope * 2 * h / (value[1] - value[0]) - 1),
           1e-5);
}

/* ---- The tasks ---- */

/* The same momentum (0.2, 0.1)/N at each point: how far the points go, and how much the curve bends in doing so. */
static void shoot_alike(int c, const double q0[N][2])
{
    double p0[N][2], q1[N][2], mean[2] = {0, 0}, bent = 0;
    for (int i = 0; i < N; i++) {
        p0[i][0] = 0.2 / N;
        p0[i][1] = 0.1 / N;
    }
    must(model_shoot(N, &q0[0][0], &p0[0][0], cases[c].w, cases[c].r, cases[c].iterations, STEPS, &q1[0][0], NULL, NULL,
                     0));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++)
            mean[k] += (q1[i][k] - q0[i][k]) / N;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++)
            bent = fmax(bent, fabs(q1[i][k] - q0[i][k] - mean[k]));
    printf("%-42s mean shift (%.4f, %.4f), largest deviation from it %.1e\n", cases[c].name, mean[0], mean[1], bent);
    if (cases[c].iterations > 0)
        verify("shift is (0.2, 0.1), as the momenta say", fmax(fabs(mean[0] - 0.2), fabs(mean[1] - 0.1)), 1e-3);
}

static void match(int c, const double q0[N][2], const double target[N][2], double q1[N][2])
{
    double p0[N][2], value, slope, kinetic, squares = 0, begin = seconds();
    int64_t used;
    must(model_match(N, &q0[0][0], &target[0][0], cases[c].w, cases[c].r, cases[c].iterations, weight, STEPS, MOST,
                     &p0[0][0], &value, &slope, &used, NULL, 0));
    double elapsed = seconds() - begin;
    must(model_energy(N, &q0[0][0], &p0[0][0], cases[c].w, cases[c].r, cases[c].iterations, &kinetic, NULL, 0));
    must(model_shoot(N, &q0[0][0], &p0[0][0], cases[c].w, cases[c].r, cases[c].iterations, STEPS, &q1[0][0], NULL, NULL,
                     0));
    for (int i = 0; i < N; i++)
        squares += (pow(q1[i][0] - target[i][0], 2) + pow(q1[i][1] - target[i][1], 2)) / N;
    printf("%-42s %2lld steps, energy %.5f, distance %.5f, |gradient| %.1e, %.2f s\n", cases[c].name, (long long)used,
           kinetic, sqrt(squares), slope, elapsed);
    verify("value at the end, from its parts", fabs((kinetic + weight * squares) / value - 1), 1e-10);
    verify_gradient(c, q0, target, (const double(*)[2])p0);
}

/* ---- Drawing ---- */

static void draw_curve(FILE *f, const double q[N][2], const char *style)
{
    fprintf(f, "<path fill='none' %s d='", style);
    for (int i = 0; i < N; i++)
        fprintf(f, "%c%.2f %.2f", i ? 'L' : 'M', 300 * q[i][0], 300 - 300 * q[i][1]);
    fprintf(f, "Z'/>\n");
}

static void draw(const double source[N][2], const double target[N][2], double end[CASES][N][2])
{
    FILE *f = fopen("matching.svg", "w");
    if (!f)
        return;
    fprintf(
        f,
        "<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='320' font-family='sans-serif' font-size='13'>\n"
        "<rect width='1200' height='320' fill='white'/>\n");
    for (int c = 0; c < CASES; c++) {
        fprintf(f, "<g transform='translate(%d 20)'><text x='10' y='0'>%s</text>\n", 300 * c, cases[c].name);
        draw_curve(f, source, "stroke='gray' stroke-dasharray='3 3'");
        draw_curve(f, target, "stroke='steelblue' stroke-width='5' stroke-opacity='0.4'");
        draw_curve(f, (const double(*)[2])end[c], "stroke='darkred' stroke-width='1.5'");
        fprintf(f, "</g>\n");
    }
    fprintf(f, "</svg>\n");
    fclose(f);
    printf("drawn: matching.svg\n");
}

int main(void)
{
    static double source[N][2], target[N][2], end[CASES][N][2];
    make_curves(source, target);
    const double(*q0)[2] = (const double(*)[2])source, (*to)[2] = (const double(*)[2])target;
    printf("shooting %d points with momenta (0.2, 0.1)/%d\n", N, N);
    for (int c = 0; c < CASES; c++)
        shoot_alike(c, q0);
    verify_scaling(1, q0);
    verify_scaling(3, q0);
    printf("matching a circle to a flower, at most %d steps of L-BFGS\n", MOST);
    for (int c = 0; c < CASES; c++)
        match(c, q0, to, end[c]);
    draw(q0, to, end);
    printf(failures ? "%d checks FAILED\n" : "all checks passed\n", failures);
    return failures > 0;
}
