/* What collect and fuse_strength make of sums and products, and simplify_loops of loops, from tests/golden/graph. */
#include "stage/collect.h"
#include "stage/fuse/fuse.h"
#include "stage/simplify/simplify.h"
#include "unit/golden.h"

static void collect_all(graph *g, int n, node **roots)
{
    simplify(g, n, roots);
    while (collect(g, n, roots))
        simplify(g, n, roots);
}

static void strengthen(graph *g, int n, node **roots)
{
    graph_fn f = {.nouts = n, .outs = roots};
    fuse_strength(g, &f, TARGET_C, false);
}

static void prune(graph *g, int n, node **roots)
{
    simplify_loops(g, n, roots);
}

static int run(const char *path, golden_pass *pass)
{
    arena *mem = arena_new();
    names table;
    map seen;
    names_init(&table, mem);
    map_init(&seen, mem);
    int failures = golden_run(path, pass, &seen, &table);
    arena_free(mem);
    return failures;
}

int main(void)
{
    int failures = run("tests/golden/graph/collect.txt", collect_all);
    failures += run("tests/golden/graph/strength.txt", strengthen);
    failures += run("tests/golden/graph/loops.txt", prune);
    return failures ? 1 : 0;
}
