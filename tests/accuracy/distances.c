/* The error of exponents in squared distances that --math=fast expands, against long double; see run.sh.
 *
 *     distances LIBRARY MODULE MATH      MATH as adc's --math
 *
 * Points within R of each other's mean, R = 2, 10, 100 times the kernel's width, around 0 and around 1000. Prints the
 * worst error of each function there and its bound, docs/accuracy.md's, and fails above it. */
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <adc/runtime.h>

enum { ROWS = 300, COLUMNS = 333, MOST_COORDINATES = 20 };

typedef struct library {
    const ad_module *module;
    bool single, fast;
} library;

typedef struct problem {
    int coordinates;
    double x[ROWS * MOST_COORDINATES], y[COLUMNS * MOST_COORDINATES], b[COLUMNS], c;
} problem;

static double uniform(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / (double)(1ull << 53);
}

static double rounded(const library *l, double x)
{
    return l->single ? (double)(float)x : x;
}

/* Width 1, points in a cube of that spread; each row is near a column. */
static void fill(const library *l, problem *p, int coordinates, double spread, double offset)
{
    int n = coordinates;
    double side = spread / sqrt(n);
    p->coordinates = n;
    p->c = 1;
    for (int i = 0; i < COLUMNS * n; i++)
        p->y[i] = rounded(l, offset + side * (2 * uniform() - 1));
    for (int i = 0; i < ROWS * n; i++)
        p->x[i] = rounded(l, p->y[i] + (uniform() - 0.5) / sqrt(n));
    for (int j = 0; j < COLUMNS; j++)
        p->b[j] = rounded(l, 0.5 + uniform());
}

static long double squared_distance(const double *x, const double *y, int n)
{
    long double sum = 0;
    for (int k = 0; k < n; k++)
        sum += ((long double)x[k] - y[k]) * ((long double)x[k] - y[k]);
    return sum;
}

/* The greatest square of a distance from the mean of the columns. */
static double squared_radius(const problem *p)
{
    int n = p->coordinates;
    double mean[MOST_COORDINATES] = {0}, most = 0;
    for (int j = 0; j < COLUMNS * n; j++)
        mean[j % n] += p->y[j] / COLUMNS;
    for (int i = 0; i < ROWS; i++)
        most = fmax(most, (double)squared_distance(p->x + i * n, mean, n));
    for (int j = 0; j < COLUMNS; j++)
        most = fmax(most, (double)squared_distance(p->y + j * n, mean, n));
    return most;
}

typedef struct place {
    const char *name;
    int coordinates;
    bool weighted; /* b multiplies the exponentials; else it is in the exponent */
} place;

static const place places[] = {{"scores", 3, false}, {"weights", 10, true}, {"features", MOST_COORDINATES, false}};

/* The logarithm of row i's sum. */
static long double expected(const problem *p, const place *at, int i)
{
    int n = p->coordinates;
    long double sum = 0;
    for (int j = 0; j < COLUMNS; j++) {
        long double e = -p->c * squared_distance(p->x + i * n, p->y + j * n, n);
        sum += at->weighted ? expl(e) * p->b[j] : expl(e + p->b[j]);
    }
    return logl(sum);
}

static void *packed(const library *l, const double *x, int n)
{
    void *p = calloc((size_t)n, sizeof(double));
    for (int i = 0; p && i < n; i++)
        if (l->single)
            ((float *)p)[i] = (float)x[i];
        else
            ((double *)p)[i] = x[i];
    return p;
}

static bool run(const library *l, const place *at, const problem *p, double *result)
{
    int n = p->coordinates;
    const int64_t any[] = {ROWS, n, COLUMNS}, fixed[] = {ROWS, COLUMNS};
    void *x = packed(l, p->x, ROWS * n), *y = packed(l, p->y, COLUMNS * n), *b = packed(l, p->b, COLUMNS);
    void *c = packed(l, &p->c, 1), *out = calloc(ROWS, sizeof(double));
    bool done = false;
    for (int i = 0; i < l->module->function_count; i++) {
        const ad_function *f = &l->module->functions[i];
        if (!strcmp(f->name, at->name))
            done = f->call(n == MOST_COORDINATES ? any : fixed, (const void *[]){x, y, b, c}, &out, NULL, 0) == AD_OK;
    }
    for (int i = 0; i < ROWS; i++)
        result[i] = l->single ? (double)((float *)out)[i] : ((double *)out)[i];
    free(x);
    free(y);
    free(b);
    free(c);
    free(out);
    return done;
}

/* Of the exponents: the error of a logarithm, or of a sum relative to it. */
static bool check(const library *l, const place *at, double spread, double offset)
{
    static problem p;
    double result[ROWS], worst = 0, u = ldexp(1, l->single ? -24 : -53);
    fill(l, &p, at->coordinates, spread, offset);
    if (!run(l, at, &p, result)) {
        fprintf(stderr, "'%s' failed\n", at->name);
        return false;
    }
    for (int i = 0; i < ROWS; i++) {
        long double got = strcmp(at->name, "scores") ? logl((long double)result[i]) : (long double)result[i];
        worst = fmax(worst, (double)fabsl(got - expected(&p, at, i)));
    }
    double square = squared_radius(&p), bound = 64 * u + (l->fast ? 8 * (at->coordinates + 3) * u * square : 0);
    printf("%-9s R/s %4.0f at %4.0f: %8.1e, %5.2f u (R/s)^2; bound %8.1e\n", at->name, sqrt(square), offset, worst,
           worst / (u * square), bound);
    return worst <= bound;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: distances LIBRARY MODULE MATH\n");
        return 2;
    }
    void *so = dlopen(argv[1], RTLD_NOW);
    library l = {.module = so ? dlsym(so, argv[2]) : NULL, .fast = !strcmp(argv[3], "fast")};
    if (!l.module) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    l.single = strstr(argv[2], "_f32") != NULL;
    printf("%s, --math=%s\n", l.single ? "f32" : "f64", argv[3]);
    static const double spreads[] = {2, 10, 100}, offsets[] = {0, 1000};
    bool good = true;
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        for (int s = 0; s < 3; s++)
            for (int o = 0; o < 2; o++)
                good = check(&l, &places[k], spreads[s], offsets[o]) && good;
    return good ? 0 : 1;
}
