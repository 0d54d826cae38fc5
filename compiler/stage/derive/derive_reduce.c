/* Reductions linearised: d R = sum_j weight(j) d body(j). One row serves forward and reverse mode.
 *
 *   sum        1
 *   prod       the product of the other factors: R / body(j) where that is safe, else (few j) the product itself
 *   logsumexp  exp(body(j) - R), exp(body(j)) = 0 where R is -inf
 *   max, min   1 at the first index that reaches it (a filter j = argmax) */
#include <assert.h>

#include "stage/derive/derive_state.h"

void open_binder(graph *g, node *n, opened *o)
{
    o->vars = ARENA_ARRAY(g->mem, var *, n->nvars + 1);
    o->inner = ARENA_ARRAY(g->mem, node *, n->ninner + 1);
    graph_open(g, n, o->vars, o->inner);
    o->body = o->inner[0];
    o->filter = n->op == OP_TENSOR || node_is_number(o->inner[1], 1) ? NULL : o->inner[1];
    o->ranges = n->op == OP_TENSOR ? NULL : o->inner + 2 + (n->op == OP_SCATTER ? n->rank : 0);
}

static node *conjunction(graph *g, node *a, node *b)
{
    return !a ? b : !b ? a : graph_bin(g, OP_AND, a, b);
}

/* The first axis of the reduction opened in o runs over all of its range where c holds, else over none of it. */
static void restrict_first_axis(graph *g, opened *o, int n, node *c)
{
    var *old = o->vars[0], *v = graph_axis(g, NULL, old->name);
    node *by = v->self, *none = graph_int(g, 0);
    if (!old->extent) {
        assert(o->ranges);
        o->ranges[1] = graph_select(g, c, o->ranges[1], o->ranges[0]);
        return;
    }
    node **ranges = ARENA_ARRAY(g->mem, node *, 2 * n);
    int more = 0;
    for (int i = 1; i < n; i++)
        more += o->vars[i]->extent ? 0 : 2;
    ranges[0] = none;
    ranges[1] = graph_select(g, c, graph_size(g, old->extent), none);
    assert(more == 0 || o->ranges);
    for (int i = 0; i < more; i++)
        ranges[2 + i] = graph_subst(g, o->ranges[i], 1, &old, &by);
    o->body = graph_subst(g, o->body, 1, &old, &by);
    o->filter = o->filter ? graph_subst(g, o->filter, 1, &old, &by) : NULL;
    o->vars[0] = v;
    o->ranges = ranges;
}

/* So few terms that they will be written out. */
static bool is_short(graph *g, const node *n)
{
    enum { SHORT = 16 };
    const extent *terms = extent_const(g->pool, 1);
    int64_t count;
    for (int i = 0; i < n->nvars; i++) {
        if (!n->vars[i]->extent)
            return false;
        terms = extent_mul(terms, n->vars[i]->extent);
    }
    return extent_is_const(terms, &count) && count <= SHORT;
}

/* The product over all entries of the reduction but the one at o's variables, where c holds; else anything, for little
 * work. */
static node *product_of_others(graph *g, node *n, const opened *o, node *c)
{
    opened other;
    open_binder(g, n, &other);
    if (!is_short(g, n))
        restrict_first_axis(g, &other, n->nvars, c);
    node *same = NULL;
    for (int i = 0; i < n->nvars; i++)
        same = conjunction(g, same, graph_bin(g, OP_EQ, other.vars[i]->self, o->vars[i]->self));
    node *filter = conjunction(g, other.filter, graph_un(g, OP_NOT, same));
    return graph_reduce(g, OP_PROD, n->nvars, other.vars, other.body, filter, other.ranges);
}

/* A zero elsewhere makes R / body(j) right: 0, and differentiable. One at j, or a product out of range, does not. */
static node *prod_weight(graph *g, node *n, const opened *o, node **extra)
{
    (void)extra;
    bool f32 = n->elem == ELEM_F32;
    node *zero = graph_real(g, n->elem, 0), *size = graph_un(g, OP_STOP, graph_un(g, OP_ABS, n));
    node *in_range = graph_bin(g, OP_AND, graph_bin(g, OP_LT, graph_real(g, n->elem, f32 ? 1e-30 : 1e-290), size),
                               graph_bin(g, OP_LT, size, graph_real(g, n->elem, f32 ? 1e30 : 1e290)));
    opened all;
    open_binder(g, n, &all);
    node *any_zero =
        graph_reduce(g, OP_ANY, n->nvars, all.vars, graph_bin(g, OP_EQ, all.body, zero), all.filter, all.ranges);
    node *safe = graph_bin(g, OP_AND, graph_bin(g, OP_NE, o->body, zero), graph_bin(g, OP_OR, in_range, any_zero));
    return graph_select(g, safe, graph_bin(g, OP_DIV, n, o->body),
                        product_of_others(g, n, o, graph_un(g, OP_NOT, safe)));
}

static node *sum_weight(graph *g, node *n, const opened *o, node **extra)
{
    (void)o;
    (void)extra;
    return graph_real(g, n->elem, 1);
}

static node *lse_weight(graph *g, node *n, const opened *o, node **extra)
{
    (void)extra;
    return graph_un(g, OP_EXP, graph_bin(g, OP_SUB, o->body, graph_finite(g, n)));
}

/* j = argmax, axis by axis. */
static node *extremum_weight(graph *g, node *n, const opened *o, node **extra)
{
    node *arg =
        graph_reduce(g, n->op == OP_RMAX ? OP_ARGMAX : OP_ARGMIN, n->nvars, o->vars, o->body, o->filter, o->ranges);
    *extra = graph_bin(g, OP_LE, graph_int(g, 0), arg);
    for (int i = n->nvars - 1; i >= 0; i--) {
        node *at = arg;
        if (i > 0) {
            node *size = graph_size(g, o->vars[i]->extent);
            at = graph_bin(g, OP_IMOD, arg, size);
            arg = graph_bin(g, OP_IDIV, arg, size);
        }
        *extra = graph_bin(g, OP_AND, graph_bin(g, OP_EQ, o->vars[i]->self, at), *extra);
    }
    return graph_real(g, n->elem, 1);
}

static node *(*const weights[OP_COUNT])(graph *, node *, const opened *, node **) = {
    [OP_SUM] = sum_weight,       [OP_PROD] = prod_weight,     [OP_LSE] = lse_weight,
    [OP_RMAX] = extremum_weight, [OP_RMIN] = extremum_weight,
};

node *reduction_weight(graph *g, node *n, const opened *o, node **extra)
{
    *extra = NULL;
    return weights[n->op] ? weights[n->op](g, n, o, extra) : NULL;
}
