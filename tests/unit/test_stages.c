/* Every stage keeps the meaning: the graph as lowered, with its derivatives still to be taken, against the graph after
 * derive and simplify and the graph after fuse, by the oracle. The programs are those of tests/programs and
 * tests/derivatives; the graphs pass from stage to stage as text.
 *
 * ctest: seconds 12, shards 2
 * Usage: test_stages [K/N | FILE...], every N-th file from the K-th */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "driver/pipeline.h"
#include "unit/graph_sample.h"
#include "unit/oracle.h"

enum { MAX_SIZES = 64, MAX_INPUTS = 32, ENTRIES = 600 };

static int failures, compared;

/* The world that a graph is evaluated in: all sizes 3, inputs by number. */
typedef struct world {
    int nsizes;
    const char *names[MAX_SIZES];
    int64_t sizes[MAX_SIZES];
    long double real[MAX_INPUTS][ENTRIES];
    int64_t ints[MAX_INPUTS][ENTRIES];
    oracle_input inputs[MAX_INPUTS];
} world;

static void world_init(world *w)
{
    unsigned state = 4711u;
    w->nsizes = 0;
    for (int k = 0; k < MAX_INPUTS; k++) {
        for (int i = 0; i < ENTRIES; i++) {
            state = state * 1103515245u + 12345u;
            w->real[k][i] = 0.25L + (long double)(state >> 8 & 0xffff) / 0x10000 * 0.7L;
            w->ints[k][i] = (i + 2) % 3; /* rows of three are distinct */
        }
        w->inputs[k] = (oracle_input){w->real[k], w->ints[k]};
    }
}

static void add_size(world *w, const char *name, int64_t value)
{
    for (int i = 0; i < w->nsizes; i++)
        if (!strcmp(w->names[i], name))
            return;
    if (w->nsizes == MAX_SIZES)
        return;
    w->names[w->nsizes] = name;
    w->sizes[w->nsizes++] = value;
}

static void add_sizes_of(world *w, const extent *e)
{
    for (int i = 0; e && i < e->n; i++)
        for (int k = 0; k < e->terms[i].degree; k++)
            add_size(w, e->terms[i].atoms[k], 3);
}

/* Sizes named like an int input have its value: they come first. */
static void find_sizes(world *w, map *seen, node *n, bool inputs)
{
    if (map_get(seen, n))
        return;
    map_set(seen, n, n);
    if (inputs && n->op == OP_INPUT && n->elem == ELEM_INT && n->rank == 0 && n->hint)
        add_size(w, n->hint, w->ints[n->integer][0]);
    for (int i = 0; !inputs && i < n->rank; i++)
        add_sizes_of(w, n->extents[i]);
    for (int i = 0; !inputs && i < n->nvars; i++) {
        add_sizes_of(w, n->vars[i]->extent);
        for (int k = 0; k < n->vars[i]->rank; k++)
            add_sizes_of(w, n->vars[i]->extents[k]);
    }
    if (!inputs)
        add_sizes_of(w, n->extent);
    for (int i = 0; i < n->nargs; i++)
        find_sizes(w, seen, n->args[i], inputs);
}

static void find_all_sizes(world *w, const sample *s)
{
    for (int pass = 0; pass < 2; pass++) {
        map seen;
        map_init(&seen, s->mem);
        for (int i = 0; i < s->n; i++)
            find_sizes(w, &seen, s->roots[i], pass == 0);
    }
}

static bool agree(long double a, long double b, long double scale)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return fabsl(a - b) <= 1e-16L || fabsl(a - b) <= 1e-12L * (fabsl(a) + fabsl(b) + scale) || a == b;
}

static void compare_root(const world *w, const sample *a, const sample *b, int k, const char *what)
{
    oracle oa = {a->g, w->nsizes, w->names, w->sizes, MAX_INPUTS, w->inputs}, ob = oa;
    ob.g = b->g;
    int64_t n = oracle_count(&oa, a->roots[k]), m = oracle_count(&ob, b->roots[k]);
    long double *x = ARENA_ARRAY(a->mem, long double, n + 1), *y = ARENA_ARRAY(a->mem, long double, m + 1), scale = 0;
    oracle_eval(&oa, a->roots[k], x);
    oracle_eval(&ob, b->roots[k], y);
    for (int64_t i = 0; i < n; i++)
        scale = isfinite(x[i]) ? fmaxl(scale, fabsl(x[i])) : scale;
    int64_t bad = n == m ? 0 : -1;
    while (bad >= 0 && bad < n && agree(x[bad], y[bad], scale))
        bad++;
    compared++;
    if (bad == n)
        return;
    printf("FAILED: %s, %s[%d]: %.17Lg, and before %.17Lg\n", what, a->titles[k] ? a->titles[k] : "", (int)bad,
           bad < 0 ? 0 : y[bad], bad < 0 ? 0 : x[bad]);
    failures++;
}

static void compare_text(const char *what, const char *before, const char *after)
{
    sample a, b;
    const char *error = sample_read(&a, before), *later = sample_read(&b, after);
    if (error || later || a.n != b.n) {
        printf("FAILED: %s: %s\n", what, error ? error : later ? later : "the numbers of results differ");
        failures++;
    } else {
        world *w = ARENA_NEW(a.mem, world);
        world_init(w);
        find_all_sizes(w, &a);
        find_all_sizes(w, &b);
        for (int k = 0; k < a.n; k++)
            compare_root(w, &a, &b, k, what);
    }
    arena_free(a.mem);
    arena_free(b.mem);
}

/* The text up to the next "# function" line, which is moved to. */
static const char *next_function(arena *mem, const char **s, const char **name)
{
    const char *begin = *s + strspn(*s, "\n");
    if (*begin != '#')
        return NULL;
    const char *end = strstr(begin, "\n# ");
    size_t n = end ? (size_t)(end + 1 - begin) : strlen(begin);
    *name = arena_strndup(mem, begin + 2, strcspn(begin + 2, "\n"));
    *s = begin + n;
    return arena_strndup(mem, begin, n);
}

static const char *stage_text(arena *mem, diag *d, const char *path, const char *stage)
{
    compile_options o = {.path = path, .real = ELEM_F64, .emit = stage};
    compile_output out;
    return compile(&o, mem, d, &out) ? text_str(&out.stage) : NULL;
}

/* An adjoint that is not linear in its weight has no forward mode, which is what the oracle computes; and the oracle
 * solves exactly where steps of a fit are solved to a tolerance. */
static bool is_excepted(const char *f)
{
    return !strcmp(f, "clip_user_grad") || !strcmp(f, "decay_fit");
}

static void test_stage(arena *mem, diag *d, const char *path, const char *stage)
{
    const char *before = stage_text(mem, d, path, "graph"), *after = stage_text(mem, d, path, stage);
    const char *name, *other, *f, *h;
    while (before && after && (f = next_function(mem, &before, &name)) && (h = next_function(mem, &after, &other)))
        if (!is_excepted(name))
            compare_text(arena_printf(mem, "%s, %s, %s", path, name, stage), f, h);
}

/* The last stage; the one before it only to tell where it went wrong. */
static void test_file(const char *path)
{
    arena *mem = arena_new();
    diag d;
    FILE *nowhere = fopen("/dev/null", "w"); /* programs with errors have their own tests */
    diag_init(&d, mem, nowhere, false);
    int already = failures;
    test_stage(mem, &d, path, "fused");
    if (failures > already)
        test_stage(mem, &d, path, "adjoint");
    fclose(nowhere);
    arena_free(mem);
}

/* Every n-th file from the k-th. */
static void test_glob(const char *pattern, size_t k, size_t n)
{
    glob_t g;
    if (!glob(pattern, 0, NULL, &g))
        for (size_t i = k - 1; i < g.gl_pathc; i += n)
            test_file(g.gl_pathv[i]);
    globfree(&g);
}

int main(int argc, char **argv)
{
    unsigned k = 1, n = 1;
    if (argc == 1 || (argc == 2 && sscanf(argv[1], "%u/%u", &k, &n) == 2 && k && n)) {
        test_glob("tests/programs/*.ad", k, n);
        test_glob("tests/derivatives/*.ad", k, n);
    } else {
        for (int i = 1; i < argc; i++)
            test_file(argv[i]);
    }
    printf("%d results compared\n", compared);
    return failures || !compared;
}
