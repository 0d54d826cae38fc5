/* The error of long sums, relative to the sum of the terms' sizes, against sums without rounding; see run.sh.
 *
 *     sums LIBRARY MODULE MODE TERMS PLACE...      MODE as adc's --sum; TERMS a multiple of 4
 *
 * Prints the error of each kind of data in the places of sums.ad, and fails where one is above its bound. */
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <adc/runtime.h>

enum { ROWS = 300, PARTS = 4 };

/* A sum that keeps what each step rounds away (TwoSum: Ogita, Rump, Oishi 2005). */
typedef struct exact {
    long double sum, rest, size;
} exact;

static void exact_add(exact *e, long double x)
{
    long double sum = e->sum + x, part = sum - e->sum;
    e->rest += (e->sum - (sum - part)) + (x - part);
    e->sum = sum;
    e->size += fabsl(x);
}

/* Uniform in [0, 1), 53 bits. */
static double noise(uint64_t i, uint64_t stream)
{
    uint64_t h = (i + 1) * 0x9E3779B97F4A7C15u ^ (stream + 1) * 0xC2B2AE3D27D4EB4Fu;
    for (int k = 0; k < 2; k++) {
        h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
        h ^= h >> 27;
    }
    return (double)(h >> 11) / (double)(1ull << 53);
}

static double positive(int64_t i, int64_t n)
{
    (void)n;
    return noise((uint64_t)i, 1);
}

static double mixed(int64_t i, int64_t n)
{
    (void)n;
    return 2 * noise((uint64_t)i, 2) - 1;
}

/* Of magnitudes 1 to 2^-24, most of them positive. */
static double graded(int64_t i, int64_t n)
{
    (void)n;
    return ldexp(noise((uint64_t)i, 3) - 0.25, -(int)(24 * noise((uint64_t)i, 4)));
}

/* Every term the same: the roundings have one direction for long. */
static double equal(int64_t i, int64_t n)
{
    (void)i;
    (void)n;
    return 0.1;
}

/* What comes after the first is below half a unit of it. */
static double one_large(int64_t i, int64_t n)
{
    return i ? 1.0 / (double)n : 1;
}

typedef struct data {
    const char *name;
    double (*term)(int64_t i, int64_t n);
    bool rounds_one_way;
} data;

static const data data_sets[] = {{"positive", positive, false},
                                 {"mixed", mixed, false},
                                 {"graded", graded, false},
                                 {"equal", equal, true},
                                 {"one large", one_large, true}};

/* Terms, and what they add up to: all, and each of PARTS interleaved and consecutive parts. */
typedef struct terms {
    int64_t n;
    double *x;
    exact all, interleaved[PARTS], consecutive[PARTS];
} terms;

static void *array(int64_t n, size_t size)
{
    void *p = calloc((size_t)n, size);
    if (!p) {
        perror("memory");
        exit(1);
    }
    return p;
}

static terms terms_of(const data *d, int64_t n, bool single)
{
    terms t = {.n = n, .x = array(n, sizeof *t.x)};
    for (int64_t i = 0; i < n; i++) {
        double x = d->term(i, n);
        t.x[i] = single ? (float)x : x;
        exact_add(&t.all, t.x[i]);
        exact_add(&t.interleaved[i % PARTS], t.x[i]);
        exact_add(&t.consecutive[i / (n / PARTS)], t.x[i]);
    }
    return t;
}

typedef struct library {
    const ad_module *module;
    bool single;
} library;

/* The library's numbers from doubles. */
static void *packed(const library *l, const double *x, int64_t n)
{
    void *p = array(n, l->single ? sizeof(float) : sizeof(double));
    for (int64_t i = 0; i < n; i++)
        if (l->single)
            ((float *)p)[i] = (float)x[i];
        else
            ((double *)p)[i] = x[i];
    return p;
}

static const ad_function *find(const library *l, const char *name)
{
    for (int i = 0; i < l->module->function_count; i++)
        if (!strcmp(l->module->functions[i].name, name))
            return &l->module->functions[i];
    fprintf(stderr, "no function '%s'\n", name);
    exit(1);
}

/* Calls name with in[]; gives its n results. */
static void run(const library *l, const char *name, const int64_t *sizes, const void *const *in, double *results, int n)
{
    double room[2 * ROWS];
    void *out[] = {room};
    if (find(l, name)->call(sizes, in, out, NULL, 0) != AD_OK) {
        fprintf(stderr, "'%s' failed\n", name);
        exit(1);
    }
    for (int i = 0; i < n; i++)
        results[i] = l->single ? (double)((float *)room)[i] : room[i];
}

/* |got / scale - want| in units of the sum of the terms' sizes. */
static double error_of(double got, double scale, const exact *want)
{
    return (double)(fabsl((got / scale - want->sum) - want->rest) / want->size);
}

/* The places: each calls the library with x and gives the worst error of its results. */

static double place_all(const library *l, const terms *t, const void *x)
{
    double got;
    run(l, "all", &t->n, (const void *[]){x}, &got, 1);
    return error_of(got, 1, &t->all);
}

static double place_product(const library *l, const terms *t, const void *x)
{
    double got, *half = array(t->n, sizeof *half);
    for (int64_t i = 0; i < t->n; i++)
        half[i] = 0.5;
    void *y = packed(l, half, t->n);
    run(l, "product", &t->n, (const void *[]){x, y}, &got, 1);
    free(half);
    free(y);
    return error_of(got, 0.5, &t->all);
}

/* Rows that all add up the same, with 1 or 2 results each: that of the k-th is k + 1 times as large. */
static double row_error(const library *l, const terms *t, const void *x, const char *name, int each)
{
    double got[2 * ROWS], below[ROWS], most = 0, factors[] = {1, 2};
    for (int i = 0; i < ROWS; i++)
        below[i] = -8;
    void *s = packed(l, below, ROWS), *w = packed(l, factors, each);
    run(l, name, (const int64_t[]){t->n, ROWS, each}, (const void *[]){x, s, w}, got, each * ROWS);
    free(s);
    free(w);
    for (int i = 0; i < each * ROWS; i++)
        most = fmax(most, error_of(got[i], 1 + i % each, &t->all));
    return most;
}

static double place_rows(const library *l, const terms *t, const void *x)
{
    return row_error(l, t, x, "rows", 1);
}

static double place_vectors(const library *l, const terms *t, const void *x)
{
    return row_error(l, t, x, "vectors", 2);
}

static double place_wide(const library *l, const terms *t, const void *x)
{
    return row_error(l, t, x, "wide", 2);
}

static double worst_part(const double *got, const exact *parts)
{
    double most = 0;
    for (int p = 0; p < PARTS; p++)
        most = fmax(most, error_of(got[p], 1, &parts[p]));
    return most;
}

static double place_columns(const library *l, const terms *t, const void *x)
{
    double got[PARTS];
    run(l, "columns", (const int64_t[]){t->n / PARTS, PARTS}, (const void *[]){x}, got, PARTS);
    return worst_part(got, t->interleaved);
}

static double place_slope(const library *l, const terms *t, const void *x)
{
    double got, below = -8;
    void *s = packed(l, &below, 1);
    run(l, "slope", &t->n, (const void *[]){x, s}, &got, 1);
    free(s);
    return error_of(got, 1, &t->all);
}

static double place_gathered(const library *l, const terms *t, const void *x)
{
    double got[PARTS], zero[PARTS] = {0};
    int64_t *k = array(t->n, sizeof *k);
    for (int64_t i = 0; i < t->n; i++)
        k[i] = i % PARTS;
    void *v = packed(l, zero, PARTS);
    run(l, "gathered", (const int64_t[]){t->n, PARTS}, (const void *[]){x, k, v}, got, PARTS);
    free(k);
    free(v);
    return worst_part(got, t->interleaved);
}

static double place_ranges(const library *l, const terms *t, const void *x)
{
    double got[PARTS];
    int64_t row[PARTS + 1];
    for (int p = 0; p <= PARTS; p++)
        row[p] = p * (t->n / PARTS);
    run(l, "ranges", (const int64_t[]){t->n, PARTS}, (const void *[]){x, row}, got, PARTS);
    return worst_part(got, t->consecutive);
}

typedef struct place {
    const char *name;
    double (*error)(const library *l, const terms *t, const void *x);
} place;

static const place places[] = {{"all", place_all},         {"product", place_product},   {"rows", place_rows},
                               {"vectors", place_vectors}, {"wide", place_wide},         {"columns", place_columns},
                               {"slope", place_slope},     {"gathered", place_gathered}, {"ranges", place_ranges}};

static const place *place_named(const char *name)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!strcmp(places[i].name, name))
            return &places[i];
    fprintf(stderr, "unknown place '%s'\n", name);
    exit(2);
}

/* What docs/language.md says of --sum, in units of half an ulp of 1. */
typedef struct bound {
    const char *mode;
    double usual, one_way; /* roundings of random signs; all in one direction */
} bound;

static const bound bounds[] = {{"blocked", 7, 500}, {"kahan", 2, 2}, {"f64", 2, 2}};

static const bound *bound_of(const char *mode)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (!strcmp(bounds[i].mode, mode))
            return &bounds[i];
    fprintf(stderr, "unknown mode '%s'\n", mode);
    exit(2);
}

static int check(const library *l, const bound *b, const data *d, int64_t n, char **names)
{
    terms t = terms_of(d, n, l->single);
    void *x = packed(l, t.x, n);
    double unit = l->single ? 0x1p-24 : 0x1p-53, most = (d->rounds_one_way ? b->one_way : b->usual) * unit;
    int failures = 0;
    printf("%s %-8s %8lld %-10s", l->module->real, b->mode, (long long)n, d->name);
    for (; *names; names++) {
        double error = place_named(*names)->error(l, &t, x);
        bool good = error <= most;
        failures += !good;
        printf(" %s %.1e%s", *names, error, good ? "" : " TOO LARGE");
    }
    printf("\n");
    free(x);
    free(t.x);
    return failures;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: %s LIBRARY MODULE MODE TERMS PLACE...\n", argv[0]);
        return 2;
    }
    void *handle = dlopen(argv[1], RTLD_NOW);
    library l = {.module = handle ? dlsym(handle, argv[2]) : NULL};
    if (!l.module) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    l.single = !strcmp(l.module->real, "f32");
    int failures = 0;
    for (size_t d = 0; d < sizeof data_sets / sizeof *data_sets; d++)
        failures += check(&l, bound_of(argv[3]), &data_sets[d], atoll(argv[4]), argv + 5);
    return failures != 0;
}
