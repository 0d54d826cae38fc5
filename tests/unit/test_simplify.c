/* The rules of simplify, one case each, from tests/golden/graph/simplify.txt: every rule of the table must have one. */
#include <stdio.h>
#include <time.h>

#include "stage/simplify/simplify.h"
#include "unit/golden.h"

static int failures;

static void failed(const char *what, const char *why)
{
    printf("FAILED: %s: %s\n", what, why);
    failures++;
}

static void test_golden(void)
{
    arena *mem = arena_new();
    names table;
    map seen;
    names_init(&table, mem);
    map_init(&seen, mem);
    failures += golden_run("tests/golden/graph/simplify.txt", simplify, &seen, &table);
    for (int k = 0; simplify_rule_formula(k); k++) {
        const char *formula = simplify_rule_formula(k);
        if (!map_get(&seen, names_intern(&table, formula)))
            failed(formula, "the rule has no case");
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
