/* Energy of a cloud of points, its gradients, shooting along its flow, and the gradient of a matching energy.
 *
 * Everything comes from model.ad through the generated model.h. Each number is held against one that was found
 * otherwise: a plain double loop in C, an identity of the energy, or finite differences. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "model.h"

enum { D = 3 };

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

/* The largest resident memory of this process so far. */
static double peak_megabytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* ---- Clouds ---- */

typedef struct cloud {
    int64_t n;
    double s;                        /* width of the kernel: a few neighbours per point at any n */
    double *q, *p, *grad_q, *grad_p; /* [n*D] */
} cloud;

static double *array(int64_t n)
{
    double *x = malloc((size_t)n * sizeof *x);
    if (!x) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return x;
}

/* Uniform in [-1, 1]: a linear congruential generator, the same on every machine. */
static void fill_random(double *x, int64_t n, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        x[i] = (double)(seed >> 11) * 0x1p-52 - 1.0;
    }
}

static cloud new_cloud(int64_t n)
{
    cloud c = {n, 2.0 / cbrt((double)n), array(n * D), array(n * D), array(n * D), array(n * D)};
    fill_random(c.q, n * D, 1);
    fill_random(c.p, n * D, 2);
    return c;
}

static void free_cloud(cloud *c)
{
    free(c->q);
    free(c->p);
    free(c->grad_q);
    free(c->grad_p);
}

/* ---- The same by hand ---- */

static double dot(const double *x, const double *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Point i's share of the energy, and the energy's gradients in q_i and p_i, by one loop over all points. */
static double point_by_hand(const cloud *c, int64_t i, double grad_q[D], double grad_p[D])
{
    double share = 0;
    const double *qi = c->q + i * D, *pi = c->p + i * D;
    for (int k = 0; k < D; k++)
        grad_q[k] = grad_p[k] = 0;
    for (int64_t j = 0; j < c->n; j++) {
        const double *qj = c->q + j * D, *pj = c->p + j * D;
        double r2 = 0, s2 = c->s * c->s, pp = dot(pi, pj, D);
        for (int k = 0; k < D; k++)
            r2 += (qi[k] - qj[k]) * (qi[k] - qj[k]);
        double kernel = exp(-r2 / s2);
        share += 0.5 * kernel * pp;
        for (int k = 0; k < D; k++) {
            grad_q[k] -= 2 / s2 * kernel * pp * (qi[k] - qj[k]);
            grad_p[k] += kernel * pj[k];
        }
    }
    return share;
}

static double largest(const double *x, int64_t n)
{
    double m = 0;
    for (int64_t i = 0; i < n; i++)
        m = fmax(m, fabs(x[i]));
    return m;
}

/* Every stride-th point's gradients by hand against the generated ones; returns the energy when stride is 1. */
static double verify_points(const cloud *c, int64_t stride)
{
    double energy = 0, worst_q = 0, worst_p = 0, grad_q[D], grad_p[D];
    for (int64_t i = 0; i < c->n; i += stride) {
        energy += point_by_hand(c, i, grad_q, grad_p);
        for (int k = 0; k < D; k++) {
            worst_q = fmax(worst_q, fabs(grad_q[k] - c->grad_q[i * D + k]));
            worst_p = fmax(worst_p, fabs(grad_p[k] - c->grad_p[i * D + k]));
        }
    }
    const char *what = stride == 1 ? "%s, a double loop over all points" : "%s at 50 points, a loop over all points";
    char how[2][64];
    snprintf(how[0], sizeof how[0], what, "dH/dq");
    snprintf(how[1], sizeof how[1], what, "dH/dp");
    verify(how[0], worst_q / largest(c->grad_q, c->n * D), 1e-12);
    verify(how[1], worst_p / largest(c->grad_p, c->n * D), 1e-12);
    return energy;
}

/* ---- The tasks ---- */

/* Value and both gradients in one call, in the workspace that the generated query asks for. */
static double energy_and_gradients(cloud *c)
{
    double value = 0;
    size_t size = model_hamiltonian_grad_workspace(c->n);
    void *workspace = malloc(size ? size : 1);
    double begin = seconds();
    must(model_hamiltonian_grad(c->n, c->q, c->p, c->s, &value, c->grad_q, c->grad_p, workspace, size));
    double elapsed = seconds() - begin;
    free(workspace);
    printf("H and its gradients, N = %lld points in 3D\n", (long long)c->n);
    printf("  H = %.10f in %.2f s, %.0f million pairs/s, workspace %zu bytes\n", value, elapsed,
           1e-6 * (double)c->n * (double)c->n / elapsed, size);
    return value;
}

/* H is quadratic in p and knows only differences of q. */
static void verify_identities(const cloud *c, double value)
{
    double sum[D] = {0};
    for (int64_t i = 0; i < c->n; i++)
        for (int k = 0; k < D; k++)
            sum[k] += c->grad_q[i * D + k];
    verify("<p, dH/dp> = 2 H", fabs(dot(c->p, c->grad_p, c->n * D) / (2 * value) - 1), 1e-12);
    verify("dH/dq adds up to 0", largest(sum, D) / largest(c->grad_q, c->n * D), 1e-9);
}

static void energy_of_5000(void)
{
    cloud c = new_cloud(5000);
    double value = energy_and_gradients(&c), alone = 0;
    double by_hand = verify_points(&c, 1);
    verify("H, a double loop over all points", fabs(value / by_hand - 1), 1e-12);
    must(model_hamiltonian(c.n, c.q, c.p, c.s, &alone, NULL, 0));
    verify("H without its gradients is the same", fabs(value / alone - 1), 1e-14);
    verify_identities(&c, value);
    free_cloud(&c);
}

static void energy_of_many(int64_t n)
{
    cloud c = new_cloud(n);
    double value = energy_and_gradients(&c), peak = peak_megabytes();
    printf("  peak memory of this process %.1f MB; an N x N matrix alone would be %.0f MB\n", peak,
           8e-6 * (double)n * (double)n);
    verify("peak memory under 100 MB", peak < 100 ? 0 : peak, 0);
    verify_points(&c, c.n / 50);
    verify_identities(&c, value);
    free_cloud(&c);
}

static double matching(const cloud *c, const double *p0, const double *target)
{
    double value = 0;
    must(model_matching(c->n, p0, c->q, target, c->s, &value, NULL, 0));
    return value;
}

/* Euler steps by hand, with the gradients of a single step taken from the generated function. */
static void shoot_and_verify(cloud *c)
{
    int64_t n = c->n * D;
    cloud walk = new_cloud(c->n);
    memcpy(walk.p, c->p, (size_t)n * sizeof *c->p);
    double *q1 = array(n), *p1 = array(n), worst = 0;
    double begin = seconds();
    must(model_shoot(c->n, c->q, c->p, c->s, 10, 0.1, q1, p1, NULL, 0));
    printf("shooting, N = %lld, 10 explicit Euler steps of 0.1: %.2f s\n", (long long)c->n, seconds() - begin);
    for (int t = 0; t < 10; t++) {
        must(model_hamiltonian_grad(walk.n, walk.q, walk.p, walk.s, NULL, walk.grad_q, walk.grad_p, NULL, 0));
        for (int64_t i = 0; i < n; i++) {
            walk.q[i] += 0.1 * walk.grad_p[i];
            walk.p[i] -= 0.1 * walk.grad_q[i];
        }
    }
    for (int64_t i = 0; i < n; i++)
        worst = fmax(worst, fmax(fabs(walk.q[i] - q1[i]), fabs(walk.p[i] - p1[i])));
    printf("  first point (%.6f, %.6f, %.6f) -> (%.6f, %.6f, %.6f)\n", c->q[0], c->q[1], c->q[2], q1[0], q1[1], q1[2]);
    verify("end points, the same steps made in C", worst / largest(p1, n), 1e-11);
    free(q1);
    free(p1);
    free_cloud(&walk);
}

/* The derivative along one direction by central differences against the gradient. */
static void match_and_verify(cloud *c)
{
    int64_t n = c->n * D;
    double value = 0, h = 1e-5;
    double *target = array(n), *gradient = array(n), *direction = array(n), *up = array(n), *down = array(n);
    fill_random(target, n, 3);
    fill_random(direction, n, 4);
    for (int64_t i = 0; i < n; i++)
        target[i] = c->q[i] + 0.1 * target[i];
    double begin = seconds();
    must(model_matching_grad(c->n, c->p, c->q, target, c->s, &value, gradient, NULL, 0));
    double elapsed = seconds() - begin;
    begin = seconds();
    double alone = matching(c, c->p, target);
    printf("matching energy %.8f and its gradient in p0, N = %lld: %.2f s, %.1f times the value alone\n", value,
           (long long)c->n, elapsed, elapsed / (seconds() - begin));
    printf("  gradient at the first point (%.6f, %.6f, %.6f)\n", gradient[0], gradient[1], gradient[2]);
    for (int64_t i = 0; i < n; i++) {
        up[i] = c->p[i] + h * direction[i];
        down[i] = c->p[i] - h * direction[i];
    }
    double difference = (matching(c, up, target) - matching(c, down, target)) / (2 * h);
    verify("value without its gradient is the same", fabs(value / alone - 1), 1e-13);
    verify("finite differences along a random direction", fabs(dot(gradient, direction, n) / difference - 1), 1e-6);
    free(target);
    free(gradient);
    free(direction);
    free(up);
    free(down);
}

/* The optional argument is the number of points of the large cloud. */
int main(int argc, char **argv)
{
    energy_of_5000();
    energy_of_many(argc > 1 ? atoll(argv[1]) : 50000);
    cloud c = new_cloud(1000);
    for (int64_t i = 0; i < c.n * D; i++)
        c.p[i] *= 0.1;
    shoot_and_verify(&c);
    match_and_verify(&c);
    free_cloud(&c);
    printf(failures ? "%d checks FAILED\n" : "all checks passed\n", failures);
    return failures > 0;
}
