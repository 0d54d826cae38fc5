/* Swings a pendulum up with a torque too weak to lift it, and finds the parameters of prey and predators from counts.
 *
 * Everything comes from model.ad through the generated model.h; each fit is one call. What comes out is held against
 * what was found otherwise: differences, steps made by hand, an invariant, another method. Writes two drawings. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"

enum { T = 200, K = 20, INNER = 50, FINE = 10 };

static const double dt = 0.02, limit = 4.0, pi = 3.14159265358979323846;
static const double truth[4] = {1.1, 0.4, 0.4, 0.1}, guess[4] = {0.8, 0.3, 0.5, 0.2}, x0[2] = {10, 5};
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
    printf("    check: %-62s error %.1e %s\n", how, error, ok ? "ok" : "WRONG");
    failures += !ok;
}

/* ---- Drawings: curves and points over time in an SVG ---- */

typedef struct drawing {
    FILE *file;
    double last, low, high; /* of time, of values */
} drawing;

static double at_x(const drawing *d, double t)
{
    return 50 + 540 * t / d->last;
}

static double at_y(const drawing *d, double v)
{
    return 260 - 240 * (v - d->low) / (d->high - d->low);
}

static drawing begin_drawing(const char *path, double last, double low, double high)
{
    drawing d = {fopen(path, "w"), last, low, high};
    if (!d.file) {
        perror(path);
        exit(1);
    }
    fputs("<svg xmlns='http://www.w3.org/2000/svg' width='620' height='300' font-family='sans-serif' font-size='12'>\n"
          "<rect width='620' height='300' fill='white'/>\n",
          d.file);
    for (int i = 0; i <= 4; i++) {
        double v = low + i * (high - low) / 4, t = i * last / 4;
        fprintf(d.file, "<path d='M50 %.1fH590' stroke='#ddd'/><text x='44' y='%.1f' text-anchor='end'>%.4g</text>\n",
                at_y(&d, v), at_y(&d, v) + 4, v);
        fprintf(d.file, "<text x='%.1f' y='278' text-anchor='middle'>%.4g</text>\n", at_x(&d, t), t);
    }
    return d;
}

/* Entries 0, stride, 2 stride, ... at times first, first + step, ... */
static void draw_curve(drawing *d, const char *name, const char *colour, int row, int n, const double *v, int stride,
                       double first, double step)
{
    fprintf(d->file, "<polyline fill='none' stroke='%s' stroke-width='1.5' points='", colour);
    for (int i = 0; i < n; i++)
        fprintf(d->file, "%.1f,%.1f ", at_x(d, first + i * step), at_y(d, v[i * stride]));
    fprintf(d->file, "'/>\n<text x='60' y='%d' fill='%s'>%s</text>\n", 30 + 16 * row, colour, name);
}

static void draw_points(drawing *d, const char *colour, int n, const double *v, int stride, double step)
{
    for (int i = 0; i < n; i++)
        fprintf(d->file, "<circle cx='%.1f' cy='%.1f' r='3' fill='none' stroke='%s'/>\n", at_x(d, (i + 1) * step),
                at_y(d, v[i * stride]), colour);
}

static void end_drawing(drawing *d, const char *path)
{
    fputs("<text x='320' y='296' text-anchor='middle'>time</text>\n</svg>\n", d->file);
    fclose(d->file);
    printf("  drawn in %s\n", path);
}

/* ---- The pendulum ---- */

static double cost_of(const double *u)
{
    double cost;
    must(model_swing_cost(T, u, dt, limit, &cost, NULL, 0));
    return cost;
}

static void verify_cost_gradient(const double *u)
{
    double gradient[T], moved[T], worst = 0;
    must(model_swing_cost_grad(T, u, dt, limit, NULL, gradient, NULL, 0));
    memcpy(moved, u, sizeof moved);
    for (int i = 0; i < T; i += 13) {
        const double h = 1e-4;
        moved[i] = u[i] + h;
        double up = cost_of(moved);
        moved[i] = u[i] - h;
        double difference = (up - cost_of(moved)) / (2 * h);
        moved[i] = u[i];
        worst = fmax(worst, fabs(gradient[i] - difference) / fmax(1, fabs(difference)));
    }
    verify("gradient of the cost, by differences", worst, 1e-5);
}

static void swing_up(void)
{
    double u[T], w[T], path[T][2], cost, slope, strongest = 0;
    int64_t steps;
    bool found;
    printf("pendulum swing-up: %d steps of %g, torque at most %g, %.3g would be needed to lift it\n", T, dt, limit,
           9.81);
    for (int i = 0; i < T; i++)
        u[i] = 0.5 * sin(3 * dt * i);
    printf("  cost of the first torques %.4f\n", cost_of(u));
    verify_cost_gradient(u);
    must(model_swing_up(T, u, dt, limit, 1e-2, 2000, w, &cost, &slope, &steps, &found, NULL, 0));
    must(model_swing(T, w, dt, &path[0][0], NULL, 0));
    printf("  L-BFGS: %d steps, cost %.4f, slope %.1e; ends at angle %.4f, speed %.4f\n", (int)steps, cost, slope,
           path[T - 1][0], path[T - 1][1]);
    for (int i = 0; i < T; i++)
        strongest = fmax(strongest, fabs(w[i]));
    verify("the fit tells that it ended", !found, 0);
    verify("stands upright in the end", fabs(fabs(remainder(path[T - 1][0], 2 * pi)) - pi), 0.02);
    verify("stands still in the end", fabs(path[T - 1][1]), 0.05);
    verify("torque above its limit", fmax(0, strongest - limit), 1e-12);
    drawing d = begin_drawing("swing_up.svg", T * dt, -8, 8);
    draw_curve(&d, "angle", "#1f77b4", 0, T, &path[0][0], 2, dt, dt);
    draw_curve(&d, "speed", "#2ca02c", 1, T, &path[0][1], 2, dt, dt);
    draw_curve(&d, "torque", "#d62728", 2, T, w, 1, 0, dt);
    end_drawing(&d, "swing_up.svg");
}

/* ---- Prey and predators ---- */

static void slope_by_hand(const double p[4], const double x[2], double k[2])
{
    k[0] = p[0] * x[0] - p[1] * x[0] * x[1];
    k[1] = p[3] * x[0] * x[1] - p[2] * x[1];
}

static void step_by_hand(const double p[4], double x[2])
{
    static const double part[4] = {0, 0.5, 0.5, 1}, weight[4] = {1, 2, 2, 1};
    double k[2] = {0, 0}, sum[2] = {0, 0};
    for (int s = 0; s < 4; s++) {
        double y[2] = {x[0] + part[s] * dt * k[0], x[1] + part[s] * dt * k[1]};
        slope_by_hand(p, y, k);
        for (int i = 0; i < 2; i++)
            sum[i] += weight[s] * k[i];
    }
    for (int i = 0; i < 2; i++)
        x[i] += dt / 6 * sum[i];
}

/* Does not change along a solution. */
static double invariant(const double p[4], const double x[2])
{
    return p[3] * x[0] - p[2] * log(x[0]) + p[1] * x[1] - p[0] * log(x[1]);
}

static void verify_populations(double path[K][2])
{
    double x[2] = {x0[0], x0[1]}, worst = 0;
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < INNER; i++)
            step_by_hand(truth, x);
        for (int i = 0; i < 2; i++)
            worst = fmax(worst, fabs(path[k][i] - x[i]) / x[i]);
    }
    verify("populations, by 1,000 steps made by hand", worst, 1e-10);
    verify("the invariant of Lotka and Volterra", fabs(invariant(truth, path[K - 1]) - invariant(truth, x0)), 1e-4);
}

static double seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Value, and value and gradient, of the misfit through 1,000 steps. */
static void time_gradient(const double q[4], const double *counted)
{
    enum { RUNS = 2000 };
    double value, gradient[4], begin = seconds();
    size_t size = model_population_misfit_grad_workspace(K);
    void *workspace = malloc(size + 1);
    for (int i = 0; i < RUNS; i++)
        must(model_population_misfit(K, q, x0, counted, dt, &value, workspace, size));
    double middle = seconds();
    for (int i = 0; i < RUNS; i++)
        must(model_population_misfit_grad(K, q, x0, counted, dt, &value, gradient, workspace, size));
    double value_time = (middle - begin) / RUNS, both = (seconds() - middle) / RUNS;
    printf("  1,000 steps: value %.1f us, value and gradient %.1f us, ratio %.1f; workspace %zu bytes\n",
           1e6 * value_time, 1e6 * both, both / value_time, size);
    free(workspace);
}

static void identify(void)
{
    double path[K][2], counted[K][2], fitted[K * FINE][2], p[4], p2[4], q[4], misfit, misfit2, apart = 0, off = 0;
    int64_t steps, steps2;
    bool found;
    printf("prey and predators: %d counts with errors of 5 %% along %d steps of %g\n", K, K * INNER, dt);
    must(model_populations(truth, x0, dt, K, &path[0][0], NULL, 0));
    verify_populations(path);
    must(model_counts(truth, x0, dt, 0.05, 1, K, &counted[0][0], NULL, 0));
    for (int i = 0; i < 4; i++)
        q[i] = log(guess[i]);
    time_gradient(q, &counted[0][0]);
    must(model_identify(K, guess, x0, &counted[0][0], dt, 200, p, &misfit, &steps, p2, &misfit2, &steps2, &found, NULL,
                        0));
    for (int i = 0; i < 4; i++) {
        printf("  %c: guess %.3f, found %.4f, true %.3f\n", "abcd"[i], guess[i], p[i], truth[i]);
        apart = fmax(apart, fabs(p[i] / p2[i] - 1));
        off = fmax(off, fabs(p[i] / truth[i] - 1));
    }
    printf("  L-BFGS: %d steps, misfit %.6f; Gauss-Newton: %d steps, misfit %.6f\n", (int)steps, misfit, (int)steps2,
           misfit2);
    verify("both fits tell that they ended", !found, 0);
    verify("both methods find the same parameters", apart, 1e-6);
    verify("parameters, against those that made the counts", off, 0.05);
    must(model_populations(p, x0, dt / FINE, K * FINE, &fitted[0][0], NULL, 0));
    drawing d = begin_drawing("lotka_volterra.svg", K * INNER * dt, 0, 16);
    draw_curve(&d, "prey", "#1f77b4", 0, K * FINE, &fitted[0][0], 2, INNER * dt / FINE, INNER * dt / FINE);
    draw_curve(&d, "predators", "#d62728", 1, K * FINE, &fitted[0][1], 2, INNER * dt / FINE, INNER * dt / FINE);
    draw_points(&d, "#1f77b4", K, &counted[0][0], 2, INNER * dt);
    draw_points(&d, "#d62728", K, &counted[0][1], 2, INNER * dt);
    end_drawing(&d, "lotka_volterra.svg");
}

int main(void)
{
    swing_up();
    identify();
    printf(failures ? "%d checks FAILED\n" : "all checks passed\n", failures);
    return failures > 0;
}
