/* Samples: text to graph, graph to values. */
#include "unit/graph_sample.h"

#include <math.h>
#include <stdio.h>

#include "form/graph_check.h"
#include "unit/oracle.h"

enum { ENTRIES = 64, INPUTS = 8 };

static const char *const size_names[] = {"N", "M", "D", "T", "E"};
static const int64_t sizes[] = {4, 3, 2, 3, 6};

const char *sample_read(sample *s, const char *s_text)
{
    s->mem = arena_new();
    names *table = ARENA_NEW(s->mem, names);
    names_init(table, s->mem);
    s->g = graph_new(s->mem, table, extent_pool_new(s->mem));
    const char *error;
    s->n = graph_read(s->g, s_text, &s->roots, &s->titles, &error);
    return s->n < 0 ? error : graph_check(s->g, s->n, s->roots);
}

const char *sample_print(const sample *s)
{
    text t;
    text_init(&t, s->mem);
    graph_print(&t, s->g, s->n, s->roots, s->titles);
    return text_str(&t);
}

/* Inputs: reals in 0.3 to 1.7, ints that stray out of 0..4 now and then. */
static void fill(long double *real, int64_t *ints, int input)
{
    unsigned state = 12345u + 777u * (unsigned)input;
    for (int i = 0; i < ENTRIES; i++) {
        state = state * 1103515245u + 12345u;
        real[i] = 0.3L + (long double)(state >> 8 & 0xffff) / 0xffff * 1.4L;
        ints[i] = (int64_t)(state >> 24) % 6 - 1;
    }
}

int64_t sample_eval(const sample *s, node *root, long double **out)
{
    long double real[INPUTS][ENTRIES];
    int64_t ints[INPUTS][ENTRIES];
    oracle_input reals[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
        fill(real[i], ints[i], i);
        reals[i] = (oracle_input){real[i], ints[i]};
    }
    oracle o = {s->g, sizeof sizes / sizeof *sizes, size_names, sizes, INPUTS, reals};
    int64_t count = oracle_count(&o, root);
    *out = ARENA_ARRAY(s->mem, long double, count + 1);
    oracle_eval(&o, root, *out);
    return count;
}

static bool close(long double a, long double b, long double tolerance)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return a == b || fabsl(a - b) <= tolerance * (1 + fabsl(a) + fabsl(b));
}

bool sample_agree(const sample *a, const sample *b, long double tolerance)
{
    bool agree = a->n == b->n;
    for (int i = 0; agree && i < a->n; i++) {
        long double *x, *y;
        int64_t n = sample_eval(a, a->roots[i], &x);
        agree = sample_eval(b, b->roots[i], &y) == n;
        for (int64_t k = 0; agree && k < n; k++)
            agree = close(x[k], y[k], tolerance);
    }
    return agree;
}

const char *sample_file(arena *mem, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    text t;
    text_init(&t, mem);
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        text_addn(&t, chunk, n);
    fclose(f);
    return text_str(&t);
}
