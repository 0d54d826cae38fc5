#include "unit/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/graph_check.h"
#include "unit/graph_sample.h"

typedef struct golden {
    arena *mem;
    golden_pass *pass;
    map *seen;
    names *table;
    int failures;
} golden;

static void failed(golden *r, const char *what, const char *why)
{
    printf("FAILED: %s: %s\n", what, why);
    r->failures++;
}

/* b after the pass, as text; a is the same graph as it was. */
static const char *run_sample(golden *r, const char *formula, const sample *a, sample *b)
{
    r->pass(b->g, b->n, b->roots);
    const char *error = graph_check(b->g, b->n, b->roots);
    if (error)
        failed(r, formula, error);
    if (!sample_agree(a, b, 1e-15L))
        failed(r, formula, "the value changed");
    const char *after = sample_print(b);
    r->pass(b->g, b->n, b->roots);
    if (strcmp(after, sample_print(b)))
        failed(r, formula, "a second run changes the graph");
    return after;
}

static const char *run_case(golden *r, const char *formula, const char *before)
{
    sample a, b;
    const char *error = sample_read(&a, before), *after = "";
    sample_read(&b, before);
    if (error)
        failed(r, formula, arena_strdup(r->mem, error));
    else
        after = arena_strdup(r->mem, run_sample(r, formula, &a, &b));
    arena_free(a.mem);
    arena_free(b.mem);
    return after;
}

static const char *line_end(const char *s)
{
    return s + strcspn(s, "\n") + (strchr(s, '\n') != NULL);
}

/* One case at s; returns the rest. */
static const char *next_case(golden *r, const char *s, text *out)
{
    const char *end = line_end(s), *split = strstr(s, "--\n"), *next = strstr(end, "## ");
    const char *formula = names_intern_n(r->table, s + 3, (size_t)(end - s) - 4);
    next = next ? next : s + strlen(s);
    if (!split || split > next)
        split = next;
    map_set(r->seen, formula, (void *)(uintptr_t)formula);
    const char *before = arena_strndup(r->mem, end, (size_t)(split - end));
    const char *after = run_case(r, formula, before);
    text_addf(out, "## %s\n%s--\n%s\n", formula, before, after);
    if (!getenv("UPDATE_GOLDEN")) {
        const char *expected = split < next ? split + 3 : "";
        size_t n = strlen(after);
        if (strncmp(expected, after, n) || (size_t)(next - expected) != n + 1) {
            failed(r, formula, "differs from the golden text");
            printf("%s", after);
        }
    }
    return next;
}

int golden_run(const char *path, golden_pass *pass, map *seen, names *table)
{
    golden r = {.mem = arena_new(), .pass = pass, .seen = seen, .table = table};
    text out;
    text_init(&out, r.mem);
    const char *s = sample_file(r.mem, path);
    if (!s)
        failed(&r, path, "cannot be read");
    for (s = s ? strstr(s, "## ") : NULL; s && *s;)
        s = next_case(&r, s, &out);
    FILE *f = getenv("UPDATE_GOLDEN") ? fopen(path, "wb") : NULL;
    if (f) {
        fputs(text_str(&out), f);
        fclose(f);
    }
    arena_free(r.mem);
    return r.failures;
}
