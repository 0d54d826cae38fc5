#define _GNU_SOURCE
#include "harness.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PRECISIONS = 2, MAX_THREADS = 3, FRONT = 64, CANARY = 0xA5 };

/* One library: a module in one precision. */
typedef struct library {
    const ad_module *module;
    void (*set_threads)(int); /* NULL: built without OpenMP */
} library;

/* The results of one call of one library, as it wrote them. */
typedef struct outcome {
    ad_status status;
    void *raw[MAX_ARGS];
    long double *real[MAX_ARGS]; /* by result; integers too */
} outcome;

typedef struct context {
    library libraries[PRECISIONS]; /* f64, f32 */
    const test *test;
    int checks, failures, shown;
} context;

static const char *const precision_names[] = {"f64", "f32"};

/* Memory. */

static void *must(void *p)
{
    if (!p || p == MAP_FAILED) {
        perror("memory");
        exit(1);
    }
    return p;
}

typedef struct guarded {
    unsigned char *pages;
    size_t length;
    unsigned char *data; /* ends where a page begins that cannot be touched */
    size_t size;
} guarded;

static guarded guarded_new(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (size + FRONT + page - 1) / page * page;
    guarded g = {.length = used + page, .size = size};
    g.pages = must(mmap(NULL, g.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (mprotect(g.pages + used, page, PROT_NONE))
        must(NULL);
    g.data = g.pages + used - size;
    memset(g.data - FRONT, CANARY, FRONT);
    memset(g.data, 0xFF, size);
    return g;
}

static bool guarded_intact(const guarded *g)
{
    for (int i = 1; i <= FRONT; i++)
        if (g->data[-i] != CANARY)
            return false;
    return true;
}

static void guarded_free(guarded *g)
{
    munmap(g->pages, g->length);
}

/* What a reference reads and writes. */

static const value *find_value(const problem *p, const char *name)
{
    for (int i = 0; i < p->f->arg_count; i++)
        if (!strcmp(p->f->args[i].name, name))
            return &p->values[i];
    fprintf(stderr, "'%s' has no argument '%s'\n", p->f->name, name);
    exit(1);
}

int64_t size_of(const problem *p, const char *size)
{
    for (int i = 0; i < p->f->size_count; i++)
        if (!strcmp(p->f->sizes[i], size))
            return p->sizes[i];
    fprintf(stderr, "'%s' has no size '%s'\n", p->f->name, size);
    exit(1);
}

const num *real_of(const problem *p, const char *input)
{
    return find_value(p, input)->real;
}

const int64_t *int_of(const problem *p, const char *input)
{
    return find_value(p, input)->integer;
}

num *real_result(const problem *p, const char *result)
{
    return find_value(p, result)->real;
}

int64_t *int_result(const problem *p, const char *result)
{
    return find_value(p, result)->integer;
}

static bool is_real(const ad_argument *a)
{
    return a->type == AD_F32 || a->type == AD_F64;
}

static void problem_open(problem *p, const ad_function *f, const int64_t *sizes)
{
    *p = (problem){.f = f};
    memcpy(p->sizes, sizes, sizeof p->sizes);
    for (int i = 0; i < f->arg_count; i++) {
        value *v = &p->values[i];
        int64_t extents[8];
        v->arg = &f->args[i];
        v->count = 1;
        f->extents(i, sizes, NULL, extents);
        for (int d = 0; d < v->arg->rank; d++)
            v->count *= extents[d];
        size_t room = (size_t)v->count + 1;
        if (is_real(v->arg))
            v->real = must(calloc(room, sizeof *v->real));
        else
            v->integer = must(calloc(room, sizeof *v->integer));
        if (v->arg->role == AD_INPUT)
            fill_input(p, v);
    }
}

static void problem_close(problem *p)
{
    for (int i = 0; i < p->f->arg_count; i++) {
        free(p->values[i].real);
        free(p->values[i].integer);
    }
}

/* Calls. */

static size_t type_size(ad_type t)
{
    static const size_t sizes[] = {[AD_F32] = 4, [AD_F64] = 8, [AD_INT64] = 8, [AD_BOOL] = sizeof(bool)};
    return sizes[t];
}

static void store(ad_type t, void *to, int64_t i, const value *v)
{
    if (t == AD_F32)
        ((float *)to)[i] = (float)re(v->real[i]);
    else if (t == AD_F64)
        ((double *)to)[i] = (double)re(v->real[i]);
    else if (t == AD_INT64)
        ((int64_t *)to)[i] = v->integer[i];
    else
        ((bool *)to)[i] = v->integer[i] != 0;
}

static long double fetch(ad_type t, const void *from, int64_t i)
{
    return t == AD_F32     ? (long double)((const float *)from)[i]
           : t == AD_F64   ? (long double)((const double *)from)[i]
           : t == AD_INT64 ? (long double)((const int64_t *)from)[i]
                           : (long double)((const bool *)from)[i];
}

static void fail(context *c, int precision, const problem *p, const char *what)
{
    c->failures++;
    if (c->shown++ > 4)
        return;
    printf("%s (%s)", p->f->name, precision_names[precision]);
    for (int i = 0; i < p->f->size_count; i++)
        printf(" %s=%lld", p->f->sizes[i], (long long)p->sizes[i]);
    printf(": %s\n", what);
}

static size_t value_bytes(const ad_argument *a, const value *v)
{
    return (size_t)v->count * type_size(a->type);
}

/* Calls f, whose arguments are p's, with exactly the memory that it asks for. The results are copied to *o. */
static void call(context *c, int precision, const ad_function *f, const problem *p, outcome *o)
{
    guarded memory[MAX_ARGS];
    const void *in[MAX_ARGS];
    void *out[MAX_ARGS];
    int ins = 0, outs = 0;
    for (int i = 0; i < f->arg_count; i++) {
        const ad_argument *a = &f->args[i];
        const value *v = &p->values[i];
        memory[i] = guarded_new(value_bytes(a, v));
        for (int64_t k = 0; a->role == AD_INPUT && k < v->count; k++)
            store(a->type, memory[i].data, k, v);
        if (a->role == AD_INPUT)
            in[ins++] = memory[i].data;
        else
            out[outs++] = memory[i].data;
    }
    size_t size = f->workspace(p->sizes, in);
    guarded workspace = guarded_new(size);
    o->status = f->call(p->sizes, in, out, workspace.data, size);
    for (int i = 0; i < f->arg_count; i++) {
        const ad_argument *a = &f->args[i];
        const value *v = &p->values[i];
        if (a->role != AD_INPUT) {
            o->raw[i] = must(malloc(value_bytes(a, v) + 1));
            o->real[i] = must(malloc(((size_t)v->count + 1) * sizeof(long double)));
            memcpy(o->raw[i], memory[i].data, value_bytes(a, v));
            for (int64_t k = 0; k < v->count; k++)
                o->real[i][k] = fetch(a->type, o->raw[i], k);
        }
        if (!guarded_intact(&memory[i]))
            fail(c, precision, p, "wrote in front of an argument");
        guarded_free(&memory[i]);
    }
    if (!guarded_intact(&workspace))
        fail(c, precision, p, "wrote in front of the workspace");
    guarded_free(&workspace);
}

static void outcome_free(outcome *o)
{
    for (int i = 0; i < MAX_ARGS; i++) {
        free(o->raw[i]);
        free(o->real[i]);
    }
}

/* The same bits for any number of threads. */
static void compare_threads(context *c, int precision, const ad_function *f, const problem *p, const outcome *one)
{
    const library *l = &c->libraries[precision];
    for (int threads = 2; l->set_threads && threads <= MAX_THREADS; threads++) {
        outcome o = {0};
        l->set_threads(threads);
        call(c, precision, f, p, &o);
        l->set_threads(1);
        for (int i = 0; i < f->arg_count; i++)
            if (o.raw[i] && memcmp(o.raw[i], one->raw[i], value_bytes(&f->args[i], &p->values[i])))
                fail(c, precision, p, threads == 2 ? "two threads give other bits" : "three threads give other bits");
        c->checks++;
        outcome_free(&o);
    }
}

static outcome call_all_threads(context *c, int precision, const ad_function *f, const problem *p)
{
    outcome o = {0};
    call(c, precision, f, p, &o);
    if (o.status != AD_OK)
        fail(c, precision, p, "it returned an error");
    compare_threads(c, precision, f, p, &o);
    return o;
}

/* Comparisons. */

static double tolerance(const context *c, int precision)
{
    double own = precision ? c->test->f32 : c->test->f64;
    return own > 0 ? own : precision ? 5e-5 : 1e-12;
}

static bool close_to(long double want, long double got, long double slack)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    return isinf(want) || isinf(got) ? want == got : fabsl(want - got) <= slack;
}

static long double expected(const value *v, int64_t i)
{
    return v->real ? re(v->real[i]) : (long double)v->integer[i];
}

/* Small entries are held to an absolute error: that of the largest (f32), or of its hundredth. In f32 sums of many
 * terms that cancel are allowed what their terms' roundings add up to. */
static long double floor_of(const problem *p, const long double *x, int64_t n, int precision)
{
    long double most = 0, terms = 1;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(x[i]) && fabsl(x[i]) > most)
            most = fabsl(x[i]);
    for (int i = 0; i < p->f->size_count; i++)
        terms *= (long double)p->sizes[i];
    if (most < 1e-12L)
        return 1;
    return precision ? fmaxl(most, fmaxl(1e-3L, 5e-6L * terms)) : fmaxl(most / 100, 1e-4L);
}

static void compare(context *c, int precision, const problem *p, const char *name, const long double *want,
                    const long double *got, int64_t n, double relative)
{
    long double least = floor_of(p, want, n, precision);
    c->checks++;
    for (int64_t i = 0; i < n; i++) {
        long double size = isfinite(want[i]) ? fmaxl(fabsl(want[i]), least) : least;
        if (close_to(want[i], got[i], relative * size))
            continue;
        char what[200];
        snprintf(what, sizeof what, "%s[%lld] of %lld: expected %.12Lg, got %.12Lg", name, (long long)i, (long long)n,
                 want[i], got[i]);
        fail(c, precision, p, what);
        return;
    }
}

static void compare_results(context *c, const ad_function *f, const problem *p, const outcome *o)
{
    for (int i = 0; i < p->f->arg_count; i++) {
        const value *v = &p->values[i];
        if (v->arg->role == AD_INPUT)
            continue;
        long double *want = must(malloc(((size_t)v->count + 1) * sizeof *want));
        for (int64_t k = 0; k < v->count; k++)
            want[k] = expected(v, k);
        int of_result = f->args[i].type == AD_F32; /* whatever real is */
        compare(c, of_result, p, v->arg->name, want, o->real[i], v->count, v->real ? tolerance(c, of_result) : 0);
        free(want);
    }
}

/* Gradients. */

static const long double h = 1e-2500L;

/* Entry i of the direction in the input that argument k is the gradient of: dense, and different everywhere. */
static long double direction(int k, int64_t i)
{
    return (long double)(mixed((uint64_t)k, (uint64_t)i, 3) % 8) - 3.5L;
}

/* Moves the inputs that f has gradients of along the direction, so that the reference differentiates itself. */
static void set_direction(problem *p, const ad_function *f)
{
    for (int k = 0; k < f->arg_count; k++) {
        const ad_argument *a = &f->args[k];
        const value *v = &p->values[a->gradient_of];
        for (int64_t i = 0; a->role == AD_GRADIENT && i < v->count; i++)
            v->real[i] = CMPLXL(re(v->real[i]), h * direction(k, i));
    }
}

/* The derivative of the reference's scalar result along the direction. */
static long double slope(const problem *p)
{
    for (int k = 0; k < p->f->arg_count; k++)
        if (p->f->args[k].role == AD_RESULT)
            return cimagl(p->values[k].real[0]) / h;
    return NAN;
}

/* All gradients at once. */
static void check_direction(context *c, const problem *p, const problem *gradients, const outcome *o)
{
    long double sum = 0, size = 0, want = slope(p);
    for (int k = 0; k < gradients->f->arg_count; k++)
        for (int64_t i = 0; gradients->f->args[k].role == AD_GRADIENT && i < gradients->values[k].count; i++) {
            sum += o->real[k][i] * direction(k, i);
            size += fabsl(o->real[k][i] * direction(k, i));
        }
    c->checks++;
    if (!close_to(want, sum, tolerance(c, 0) * fmaxl(size, 1e-3L))) {
        char what[200];
        snprintf(what, sizeof what, "derivative along a direction: expected %.15Lg, got %.15Lg", want, sum);
        fail(c, 0, gradients, what);
    }
}

static void check_gradients(context *c, const problem *p, const problem *gradients, const outcome *o)
{
    check_direction(c, p, gradients, &o[0]);
    for (int k = 0; k < gradients->f->arg_count; k++)
        if (gradients->f->args[k].role == AD_GRADIENT)
            compare(c, 1, gradients, gradients->f->args[k].name, o[0].real[k], o[1].real[k], gradients->values[k].count,
                    5 * tolerance(c, 1));
}

static const ad_function *find_function(const ad_module *m, const char *name)
{
    for (int i = 0; i < m->function_count; i++)
        if (!strcmp(m->functions[i].name, name))
            return &m->functions[i];
    return NULL;
}

/* One choice of sizes. */

static void test_value(context *c, const problem *p)
{
    for (int precision = 0; precision < PRECISIONS; precision++) {
        const ad_function *f = find_function(c->libraries[precision].module, c->test->function);
        outcome o = call_all_threads(c, precision, f, p);
        compare_results(c, f, p, &o);
        outcome_free(&o);
    }
}

static void test_gradient(context *c, const problem *p, const ad_function *gradient)
{
    problem gradients;
    outcome o[PRECISIONS] = {{0}};
    problem_open(&gradients, gradient, p->sizes);
    for (int precision = 0; precision < PRECISIONS; precision++) {
        const ad_function *f = find_function(c->libraries[precision].module, gradient->name);
        o[precision] = call_all_threads(c, precision, f, &gradients);
    }
    for (int i = 0; i < p->f->arg_count; i++) /* its own arguments come first */
        if (p->f->args[i].role == AD_RESULT) {
            long double want = re(p->values[i].real[0]);
            for (int precision = 0; precision < PRECISIONS; precision++)
                compare(c, precision, &gradients, "result", &want, o[precision].real[i], 1, tolerance(c, precision));
        }
    check_gradients(c, p, &gradients, o);
    for (int precision = 0; precision < PRECISIONS; precision++)
        outcome_free(&o[precision]);
    problem_close(&gradients);
}

static bool has_size(const ad_function *f, const char *size)
{
    for (int i = 0; i < f->size_count; i++)
        if (!strcmp(f->sizes[i], size))
            return true;
    return false;
}

static int64_t size_value(const char *name, int64_t n, int64_t m)
{
    static const int64_t inner[] = {3, 1, 2, 5};
    switch (name[0]) {
    case 'N':
        return n;
    case 'M':
        return m;
    case 'D':
        return inner[(n + m) % 4];
    case 'E':
        return sparse_entries(n, m);
    default: /* P, Q, ...: axes that stay short */
        return name[0] - 'P' + 4;
    }
}

static void test_at(context *c, const ad_function *f, int64_t n, int64_t m)
{
    problem p;
    int64_t sizes[MAX_SIZES] = {0};
    char name[100];
    snprintf(name, sizeof name, "%s_grad", f->name);
    const ad_function *gradient = find_function(c->libraries[0].module, name);
    for (int i = 0; i < f->size_count; i++)
        sizes[i] = size_value(f->sizes[i], n, m);
    problem_open(&p, f, sizes);
    if (gradient)
        set_direction(&p, gradient);
    c->test->reference(&p);
    test_value(c, &p);
    if (gradient)
        test_gradient(c, &p, gradient);
    problem_close(&p);
}

static void run_test(context *c, const test *t)
{
    /* around the widths of vectors (8, 16, 32), chunks of rows (64), blocks of columns (256) */
    static const int64_t edges[] = {0, 1, 2, 7, 15, 16, 17, 31, 33, 64, 65, 255, 256, 257, 513, 1000};
    static const int64_t far[][2] = {{1, 20011}, {20011, 1}, {2, 4099}, {513, 257}, {1043, 270}, {200, 1111}};
    int n = sizeof edges / sizeof *edges;
    const ad_function *f = find_function(c->libraries[0].module, t->function);
    c->test = t;
    c->shown = 0;
    if (!f) {
        printf("%s: the model has no such function\n", t->function);
        c->failures++;
        return;
    }
    bool pairs = has_size(f, "M");
    for (int i = 0; i < n; i++)
        test_at(c, f, edges[i], 37);
    for (int i = 0; pairs && i < n; i++)
        test_at(c, f, 33, edges[i]);
    for (int i = 0; pairs && i < (int)(sizeof far / sizeof *far); i++)
        test_at(c, f, far[i][0], far[i][1]);
}

static library open_library(const char *path, const char *module, const char *suffix)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    char symbol[100];
    snprintf(symbol, sizeof symbol, "%s_module%s", module, suffix);
    library l = {.module = handle ? dlsym(handle, symbol) : NULL};
    if (!l.module) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    *(void **)&l.set_threads = dlsym(handle, "omp_set_num_threads");
    if (l.set_threads)
        l.set_threads(1);
    return l;
}

static bool is_wanted(const char *name, char **parts, int n)
{
    for (int i = 0; i < n; i++)
        if (strstr(name, parts[i]))
            return true;
    return n == 0;
}

int run_tests(int argc, char **argv, const test *tests, int n)
{
    if (argc < 4) {
        fprintf(stderr, "usage: %s F64.so F32.so MODULE [TEST...]\n", argv[0]);
        return 2;
    }
    context c = {.libraries = {open_library(argv[1], argv[3], ""), open_library(argv[2], argv[3], "_f32")}};
    for (int i = 0; i < n; i++)
        if (is_wanted(tests[i].function, argv + 4, argc - 4))
            run_test(&c, &tests[i]);
    printf("%s: %d checks, %d failed%s\n", argv[3], c.checks, c.failures,
           c.libraries[0].set_threads ? "" : " (no OpenMP: one thread only)");
    return c.failures || !c.checks;
}
