/* The engine of simplify: arguments first, then the rules of the op, and again on what a rule returned.
 *
 * Reads and writes the graph. One memo serves the whole run: an opened binder has fresh variables, so a node means the
 * same wherever it is met. A node without a rule that applies is its own normal form, hence one walk reaches the fixed
 * point; the number of rewrites is bounded by a budget, so that two rules that undo each other are found at once. */
#include "stage/simplify/simplify.h"

#include <assert.h>

#include "stage/simplify/simplify_state.h"

typedef struct simplifier {
    graph *g;
    map done; /* node -> its normal form */
    int first[OP_COUNT + 1];
    int64_t budget;
} simplifier;

static node *visit(simplifier *s, node *n);

static void index_rules(simplifier *s)
{
    int k = 0;
    for (int o = 0; o < OP_COUNT; o++) {
        s->first[o] = k;
        while (simplify_rules[k].formula && (int)simplify_rules[k].op == o)
            k++;
    }
    s->first[OP_COUNT] = k;
    assert(!simplify_rules[k].formula); /* sorted by op */
}

const char *simplify_rule_formula(int k)
{
    return simplify_rules[k].formula;
}

static node *apply_rules(simplifier *s, const rewrite *w)
{
    node *r = node_is_point(w->n) ? simplify_fold(w) : NULL;
    for (int k = s->first[w->n->op]; !r && k < s->first[w->n->op + 1]; k++)
        r = simplify_rules[k].apply(w);
    return r;
}

/* One step: r, equal to n, with simple arguments and, when it is n's normal form, *normal. */
static node *step(simplifier *s, node *n, bool *normal)
{
    graph *g = s->g;
    rewrite w = {.g = g, .n = n, .args = ARENA_ARRAY(g->mem, node *, n->nargs + 1)};
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++)
        w.args[i] = visit(s, n->args[i]);
    opening *o = node_is_binder(n) ? graph_enter(g, n) : NULL;
    if (o)
        w.vars = o->vars;
    for (int i = outer; o && i < n->nargs; i++)
        w.args[i] = visit(s, o->inner[i - outer]);
    g->at = n->at;
    node *r = apply_rules(s, &w);
    *normal = !r;
    if (r && o)
        graph_exit(o);
    if (r)
        return r;
    r = o ? graph_leave(g, n, o, w.args) : graph_with_args(g, n, w.args);
    /* an access may have been resolved, a tensor may have become what it copied */
    *normal = r->op == n->op && (r->op != OP_ACCESS || r->args[0] == w.args[0]);
    return r;
}

static bool is_leaf(const node *n)
{
    return n->nargs == 0;
}

static node *visit(simplifier *s, node *n)
{
    if (is_leaf(n))
        return n;
    node *r = map_get(&s->done, n);
    if (r)
        return r;
    loc at = s->g->at;
    bool normal;
    r = step(s, n, &normal);
    s->g->at = at;
    assert(s->budget-- > 0);
    if (!normal)
        r = visit(s, r);
    if (!r->hint && r->nargs)
        r->hint = n->hint;
    map_set(&s->done, n, r);
    map_set(&s->done, r, r);
    return r;
}

void simplify(graph *g, int n, node **roots)
{
    simplifier s = {.g = g, .budget = 1000 * (int64_t)g->nnodes + 1000000};
    map_init(&s.done, g->mem);
    index_rules(&s);
    for (int i = 0; i < n; i++)
        roots[i] = visit(&s, roots[i]);
}
