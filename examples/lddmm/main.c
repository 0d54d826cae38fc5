/* Registers a surface onto another: lddmm [RINGS | SOURCE TARGET], files being .off, .obj or .ply.
 *
 * Without files the source is a sphere and the target an ellipsoid with bumps, whose triangles have nothing to do with
 * those of the sphere; RINGS (default 36) says how fine both are. The registration is one call of the generated
 * `register`. Writes deformed.off and registration.png. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "draw.h"
#include "mesh.h"
#include "model.h"

enum { STEPS = 4, KEPT = 8, PANEL = 400 };

/* The scales of the attachment, its weights there as currents and as varifolds, and L-BFGS's steps. */
enum { SCALES = 4 };
static const double scale[SCALES] = {0.8, 0.4, 0.2, 0.1}, currents[SCALES] = {1, 1, 0, 0},
                    varifolds[SCALES] = {0, 0, 1, 1};
static const int64_t most[SCALES] = {10, 10, 15, 15};
static const double kernel_width = 0.5, weight = 100;
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

static double *array(int64_t n)
{
    return allocate(n, sizeof(double));
}

/* ---- The two surfaces ---- */

/* A sphere of radius 1 becomes an ellipsoid with the half axes 1.25, 0.85, 0.75, a bump, a dent and waves. */
static void deform(mesh *m)
{
    static const double axes[3] = {1.25, 0.85, 0.75}, bump[3] = {0.6, 0.64, 0.48}, dent[3] = {-0.6, 0, 0.8};
    for (int64_t i = 0; i < m->vertices; i++) {
        double *x = m->V + 3 * i, to_bump = 0, to_dent = 0;
        for (int k = 0; k < 3; k++) {
            to_bump += pow(x[k] - bump[k], 2);
            to_dent += pow(x[k] - dent[k], 2);
        }
        double radius =
            1 + 0.3 * exp(-to_bump / 0.15) - 0.25 * exp(-to_dent / 0.15) + 0.05 * sin(5 * x[0]) * sin(4 * x[1]);
        for (int k = 0; k < 3; k++)
            x[k] *= radius * axes[k];
    }
}

/* Centre to 0, radius to 1. */
static void normalise(mesh *m)
{
    double centre[3], radius;
    mesh_frame(m, centre, &radius);
    for (int64_t i = 0; i < m->vertices * 3; i++)
        m->V[i] = (m->V[i] - centre[i % 3]) / radius;
}

static void print_distance(const char *when, const mesh *source, const mesh *target, double *mean)
{
    double there, back, largest_there, largest_back;
    mesh_distance(source, target, &there, &largest_there);
    mesh_distance(target, source, &back, &largest_back);
    printf("distance %s: to the target mean %.4f, largest %.4f; from the target mean %.4f, largest %.4f\n", when, there,
           largest_there, back, largest_back);
    *mean = fmax(there, back);
}

/* ---- The registration ---- */

typedef struct problem {
    mesh source, target;
    double *p0, *q1; /* [source.vertices*3]: momentum, where it leads */
    void *workspace;
    size_t workspace_size;
} problem;

static void register_mesh(problem *b)
{
    const mesh *m = &b->source, *w = &b->target;
    double kinetic[SCALES], distance[SCALES], slope[SCALES];
    int64_t used[SCALES];
    must(model_register(m->vertices, m->triangles, w->vertices, w->triangles, SCALES, m->V, m->F, w->V, w->F,
                        kernel_width, weight, scale, currents, varifolds, most, STEPS, KEPT, b->p0, b->q1, kinetic,
                        distance, slope, used, b->workspace, b->workspace_size));
    printf("  scale    attachment   L-BFGS    energy   attachment   |gradient|\n");
    for (int i = 0; i < SCALES; i++)
        printf("  %5.2f    %-10s %5lld %13.5f %12.6f %12.4f\n", scale[i], currents[i] > 0 ? "currents" : "varifolds",
               (long long)used[i], kinetic[i], distance[i], slope[i]);
}

static double matching(const problem *b, const double *p0, double *gradient)
{
    const mesh *m = &b->source, *w = &b->target;
    double value = 0;
    must(model_matching_grad(m->vertices, m->triangles, w->vertices, w->triangles, p0, m->V, m->F, w->V, w->F,
                             kernel_width, 0.4, weight, 0.5, 0.5, STEPS, &value, gradient, NULL, 0));
    return value;
}

/* The gradient along a direction against central differences, half currents, half varifolds. */
static void verify_gradient(const problem *b)
{
    int64_t n = b->source.vertices * 3;
    double *gradient = array(n), *up = array(n), *down = array(n), slope = 0, h = 1e-6;
    for (int64_t i = 0; i < n; i++) {
        up[i] = b->p0[i] + h * sin((double)i);
        down[i] = b->p0[i] - h * sin((double)i);
    }
    double begin = seconds(), value = matching(b, b->p0, gradient);
    printf("matching energy %.6f and its gradient: %.2f s\n", value, seconds() - begin);
    for (int64_t i = 0; i < n; i++)
        slope += gradient[i] * sin((double)i);
    double difference = (matching(b, up, NULL) - matching(b, down, NULL)) / (2 * h);
    verify("gradient in p0, finite differences along a direction", fabs(slope / difference - 1), 1e-5);
    free(gradient);
    free(up);
    free(down);
}

/* A geodesic keeps its energy, up to the error of Ralston's steps, which is of order 2. */
static void verify_geodesic(const problem *b)
{
    int64_t n = b->source.vertices;
    double *q1 = array(3 * n), *p1 = array(3 * n), start, drift[2];
    must(model_energy(n, b->source.V, b->p0, kernel_width, &start, NULL, 0));
    for (int i = 0; i < 2; i++) {
        must(model_shoot(n, b->source.V, b->p0, kernel_width, STEPS << (2 * i), q1, p1, NULL, 0));
        must(model_energy(n, q1, p1, kernel_width, &drift[i], NULL, 0));
        drift[i] = fabs(drift[i] / start - 1);
    }
    printf("energy at the end of the geodesic, relative: off by %.1e with %d steps, %.1e with %d\n", drift[0], STEPS,
           drift[1], STEPS * 4);
    verify("energy is kept with four times the steps", drift[1], 5e-3);
    free(q1);
    free(p1);
}

/* ---- Output ---- */

/* Two rows, seen along two axes; columns: source, deformed source, target, and the last two together. */
static void draw(const problem *b, const mesh *deformed)
{
    static const double gold[2][3] = {{0.98, 0.75, 0.35}, {0.90, 0.55, 0.25}},
                        blue[2][3] = {{0.5, 0.7, 0.95}, {0.5, 0.7, 0.95}};
    picture p = picture_new(4 * PANEL, 2 * PANEL);
    double reach = 0;
    for (int64_t i = 0; i < b->target.vertices * 3; i++)
        reach = fmax(reach, fabs(b->target.V[i]));
    for (int64_t i = 0; i < b->source.vertices * 3; i++)
        reach = fmax(reach, fabs(b->source.V[i]));
    for (int row = 0; row < 2; row++)
        for (int column = 0; column < 4; column++) {
            view v = {column * PANEL, row * PANEL, PANEL, row == 0 ? 2 : 0, 1.05 * reach};
            if (column != 2)
                picture_mesh(&p, v, column == 0 ? &b->source : deformed, b->source.V, gold);
            if (column >= 2)
                picture_mesh(&p, v, &b->target, b->target.V, blue);
        }
    picture_write(&p, "registration.png");
    picture_free(&p);
}

/* The deformed mesh in the coordinates that the target came in. */
static void write_deformed(const mesh *deformed, const double centre[3], double radius)
{
    mesh m = *deformed;
    m.V = array(3 * m.vertices);
    for (int64_t i = 0; i < 3 * m.vertices; i++)
        m.V[i] = centre[i % 3] + radius * deformed->V[i];
    mesh_write_off(&m, "deformed.off");
    free(m.V);
}

int main(int argc, char **argv)
{
    int64_t rings = argc == 2 ? atoll(argv[1]) : 36;
    bool made = argc < 3;
    if (argc > 3 || rings < 2) {
        fprintf(stderr, "usage: %s [RINGS | SOURCE TARGET]\n", argv[0]);
        return 2;
    }
    problem b = {.source = made ? mesh_sphere(rings, 2) : mesh_read(argv[1]),
                 .target = made ? mesh_sphere(rings + 1, 0) : mesh_read(argv[2])};
    if (made)
        deform(&b.target);
    double centre[3], radius, before, after;
    mesh_frame(&b.target, centre, &radius);
    normalise(&b.source);
    normalise(&b.target);
    b.p0 = array(b.source.vertices * 3);
    b.q1 = array(b.source.vertices * 3);
    b.workspace_size = model_register_workspace(b.source.vertices, b.source.triangles, b.target.vertices,
                                                b.target.triangles, SCALES, STEPS, KEPT);
    b.workspace = allocate((int64_t)b.workspace_size, 1);
    mesh deformed = {b.source.vertices, b.source.triangles, b.q1, b.source.F};
    printf("source %lld vertices, %lld triangles; target %lld vertices, %lld triangles\n", (long long)b.source.vertices,
           (long long)b.source.triangles, (long long)b.target.vertices, (long long)b.target.triangles);
    print_distance("before", &b.source, &b.target, &before);
    double begin = seconds();
    register_mesh(&b);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%.1f s, workspace %.1f MB, peak memory of this process %.1f MB\n", seconds() - begin,
           1e-6 * (double)b.workspace_size, (double)usage.ru_maxrss / 1024);
    print_distance("after", &deformed, &b.target, &after);
    if (made)
        verify("mean distance is a tenth of what it was", after / before, 0.1);
    verify_gradient(&b);
    verify_geodesic(&b);
    write_deformed(&deformed, centre, radius);
    draw(&b, &deformed);
    printf("written: deformed.off, registration.png\n");
    mesh_free(&b.source);
    mesh_free(&b.target);
    free(b.p0);
    free(b.q1);
    free(b.workspace);
    printf(failures ? "%d checks FAILED\n" : "all checks passed\n", failures);
    return failures > 0;
}
