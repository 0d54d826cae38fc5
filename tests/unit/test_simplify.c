/* The rules of simplify, one case each, from tests/golden/graph/simplify.txt.
 *
 * A case is "## formula", the graph before, "--", the graph after. The graphs before and after must have equal values
 * by the oracle, simplifying twice must change nothing, and every rule of the table must have a case. UPDATE_GOLDEN=1
 * rewrites the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "form/graph_check.h"
#include "stage/simplify.h"
#include "unit/graph_sample.h"

#define GOLDEN "tests/golden/graph/simplify.txt"

static int failures;

static void failed(const char *what, const char *why)
{
    printf("FAILED: %s: %s\n", what, why);
    failures++;
}

/* b, simplified, as text; a is the same graph as it was. */
static const char *simplify_sample(const char *formula, const sample *a, sample *b)
{
    simplify(b->g, b->n, b->roots);
    const char *error = graph_check(b->g, b->n, b->roots);
    if (error)
        failed(formula, error);
    if (!sample_agree(a, b, 1e-15L))
        failed(formula, "the value changed");
    const char *after = sample_print(b);
    simplify(b->g, b->n, b->roots);
    if (strcmp(after, sample_print(b)))
        failed(formula, "a second run changes the graph");
    return after;
}

static const char *run_case(arena *mem, const char *formula, const char *before)
{
    sample a, b;
    const char *error = sample_read(&a, before), *after = "";
    sample_read(&b, before);
    if (error)
        failed(formula, arena_strdup(mem, error));
    else
        after = arena_strdup(mem, simplify_sample(formula, &a, &b));
    arena_free(a.mem);
    arena_free(b.mem);
    return after;
}

static const char *line_end(const char *s)
{
    return s + strcspn(s, "\n") + (strchr(s, '\n') != NULL);
}

/* One case at s; returns the rest. */
static const char *next_case(arena *mem, const char *s, text *out, map *seen, names *table)
{
    const char *end = line_end(s), *split = strstr(s, "--\n"), *next = strstr(end, "## ");
    const char *formula = names_intern_n(table, s + 3, (size_t)(end - s) - 4);
    next = next ? next : s + strlen(s);
    if (!split || split > next)
        split = next;
    map_set(seen, formula, (void *)(uintptr_t)formula);
    const char *before = arena_strndup(mem, end, (size_t)(split - end));
    const char *after = run_case(mem, formula, before);
    text_addf(out, "## %s\n%s--\n%s\n", formula, before, after);
    if (!getenv("UPDATE_GOLDEN")) {
        const char *expected = split < next ? split + 3 : "";
        size_t n = strlen(after);
        if (strncmp(expected, after, n) || (size_t)(next - expected) != n + 1) {
            failed(formula, "differs from the golden text");
            printf("%s", after);
        }
    }
    return next;
}

static void check_coverage(const map *seen, names *table)
{
    for (int k = 0; simplify_rule_formula(k); k++) {
        const char *formula = simplify_rule_formula(k);
        if (!map_get(seen, names_intern(table, formula)))
            failed(formula, "the rule has no case");
    }
}

static void test_golden(void)
{
    arena *mem = arena_new();
    names table;
    map seen;
    text out;
    names_init(&table, mem);
    map_init(&seen, mem);
    text_init(&out, mem);
    const char *s = sample_file(mem, GOLDEN);
    if (!s) {
        failed(GOLDEN, "cannot be read");
        return;
    }
    for (s = strstr(s, "## "); s && *s;)
        s = next_case(mem, s, &out, &seen, &table);
    check_coverage(&seen, &table);
    FILE *f = getenv("UPDATE_GOLDEN") ? fopen(GOLDEN, "wb") : NULL;
    if (f) {
        fputs(text_str(&out), f);
        fclose(f);
    }
    arena_free(mem);
}

/* 2,000 tensor statements, each of the one before: linear, so that a bound on the time can be generous. */
static void test_chain(void)
{
    arena *mem = arena_new();
    names table;
    names_init(&table, mem);
    graph *g = graph_new(mem, &table, extent_pool_new(mem));
    const extent *n = extent_name(g->pool, names_intern(&table, "N"));
    node *x = graph_input(g, 0, ELEM_F64, 1, &n, "x");
    for (int k = 0; k < 2000; k++) {
        var *i = graph_axis(g, n, "i");
        node *e = graph_access(g, x, &i->self);
        node *s = graph_bin(g, OP_ADD, graph_un(g, OP_SIN, e), graph_real(g, ELEM_F64, 0));
        node *y = graph_bin(g, OP_ADD, graph_bin(g, OP_MUL, s, e), graph_real(g, ELEM_F64, k));
        x = graph_tensor(g, 1, &i, y);
    }
    clock_t start = clock();
    simplify(g, 1, &x);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds > 1)
        failed("2000 statements", arena_printf(mem, "%.3f s", seconds));
    arena_free(mem);
}

int main(void)
{
    test_golden();
    test_chain();
    return failures ? 1 : 0;
}
