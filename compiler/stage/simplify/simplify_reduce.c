/* Rules of reductions: those over nothing or over one thing, and the elimination of an axis that an equation
 * fixes (sum over a of select(a == e, x, 0) is x at a = e where e is in range).
 *
 * The order of evaluation matters where a term reads out of range: a guard encloses (by select) what it guards. */
#include "base/vec.h"
#include "form/affine.h"
#include "stage/simplify/simplify_state.h"

static bool is_false(const node *n)
{
    return node_is_number(n, 0);
}

static bool is_true(const node *n)
{
    return node_is_number(n, 1);
}

static bool is_empty_axis(const var *v)
{
    int64_t size;
    return v->extent && extent_is_const(v->extent, &size) && size <= 0;
}

node *simplify_reduce_empty(const rewrite *w)
{
    node *neutral = graph_neutral(w->g, w->n->op, w->n->elem);
    bool adds = w->n->op == OP_SUM || w->n->op == OP_PROD || w->n->op == OP_ANY || w->n->op == OP_ALL;
    bool empty = is_false(w->args[1]) || (adds && w->args[0] == neutral);
    for (int i = 0; i < w->n->nvars; i++)
        empty |= is_empty_axis(w->vars[i]);
    return empty ? neutral : NULL;
}

/* The lower end of the range of a dynamic axis; the upper one follows. */
static node *const *range_of(const rewrite *w, int k)
{
    node *const *range = w->args + 2;
    for (int i = 0; i < k; i++)
        range += w->vars[i]->extent ? 0 : 2;
    return range;
}

/* The reduction without its axis k, which is by; nothing else changed. */
static node *reduce_without(const rewrite *w, int k, node *by, node *body, node *filter)
{
    graph *g = w->g;
    const node *n = w->n;
    var *v = w->vars[k], **rest = ARENA_ARRAY(g->mem, var *, n->nvars);
    node **ranges = ARENA_ARRAY(g->mem, node *, n->nargs);
    int count = 0, nranges = 0;
    for (int i = 0; i < n->nvars; i++) {
        if (i == k)
            continue;
        rest[count++] = w->vars[i];
        for (int b = 0; b < 2 && !w->vars[i]->extent; b++)
            ranges[nranges++] = graph_subst(g, range_of(w, i)[b], 1, &v, &by);
    }
    return graph_reduce(g, n->op, count, rest, body, filter, ranges);
}

node *simplify_reduce_unit_axis(const rewrite *w)
{
    graph *g = w->g;
    for (int k = 0; k < w->n->nvars; k++) {
        var *v = w->vars[k];
        int64_t size;
        if (!v->extent || !extent_is_const(v->extent, &size) || size != 1)
            continue;
        node *zero = graph_int(g, 0);
        return reduce_without(w, k, zero, graph_subst(g, w->args[0], 1, &v, &zero),
                              graph_subst(g, w->args[1], 1, &v, &zero));
    }
    return NULL;
}

/* ---- Elimination of an axis ---- */

typedef VEC(node *) conjuncts;

static void split_and(graph *g, node *c, conjuncts *out)
{
    if (c->op == OP_AND) {
        split_and(g, c->args[0], out);
        split_and(g, c->args[1], out);
    } else if (!is_true(c)) {
        vec_push(g->mem, out, c);
    }
}

/* a and b, where b may be wrong to read unless a holds. */
static node *and_then(graph *g, node *a, node *b)
{
    if (is_true(a) || is_true(b))
        return is_true(a) ? b : a;
    return simplify_is_plain(b) ? graph_bin(g, OP_AND, a, b) : graph_select(g, a, b, graph_bool(g, false));
}

static bool ranges_depend(const rewrite *w, const var *v)
{
    for (int i = 2; i < w->n->nargs; i++)
        if (node_depends(w->args[i], v))
            return true;
    return false;
}

/* c fixes v: c == (v == e) with e free of v, in whole numbers. */
static node *solve(graph *g, node *c, var *v)
{
    if (c->op != OP_EQ || c->args[0]->elem != ELEM_INT)
        return NULL;
    for (int i = 0; i < 2; i++)
        if (c->args[i] == v->self && !node_depends(c->args[1 - i], v))
            return c->args[1 - i];
    int64_t slope;
    node *rest, *difference = graph_bin(g, OP_SUB, c->args[0], c->args[1]);
    if (!affine_split(g, difference, v, &slope, &rest) || (slope != 1 && slope != -1))
        return NULL;
    return slope == 1 ? graph_un(g, OP_NEG, rest) : rest;
}

/* An axis, the index of the conjunct that fixes it, and its value. */
typedef struct delta {
    int axis, conjunct;
    node *value;
} delta;

static bool find_delta(const rewrite *w, const conjuncts *list, delta *d)
{
    for (d->axis = 0; d->axis < w->n->nvars; d->axis++) {
        var *v = w->vars[d->axis];
        if (ranges_depend(w, v))
            continue;
        for (d->conjunct = 0; d->conjunct < list->n; d->conjunct++) {
            d->value = solve(w->g, list->data[d->conjunct], v);
            if (d->value)
                return true;
        }
    }
    return false;
}

/* The value e of axis k is in its range. */
static node *guard_of(const rewrite *w, int k, node *e)
{
    graph *g = w->g;
    const extent *size = w->vars[k]->extent;
    node *const *range = range_of(w, k);
    if (!size)
        return graph_bin(g, OP_AND, graph_bin(g, OP_LE, range[0], e), graph_bin(g, OP_LT, e, range[1]));
    if (affine_in_range(e, size, NULL, 0, NULL, 0, NULL))
        return graph_bool(g, true);
    return graph_bin(g, OP_AND, graph_bin(g, OP_LE, graph_int(g, 0), e), graph_bin(g, OP_LT, e, graph_size(g, size)));
}

static node *when(graph *g, node *c, node *x, node *otherwise)
{
    return is_true(c) ? x : graph_select(g, c, x, otherwise);
}

/* Adds the conjuncts but for one to the conditions: those free of v to before, the others, with v replaced, to after.
 */
static void sort_conjuncts(const rewrite *w, const conjuncts *list, int skip, const delta *d, node **before,
                           node **after)
{
    graph *g = w->g;
    var *v = w->vars[d->axis];
    for (int i = 0; i < list->n; i++) {
        if (i == skip)
            continue;
        node **to = node_depends(list->data[i], v) ? after : before;
        node *c = graph_subst(g, list->data[i], 1, &v, (node *const *)&d->value);
        *to = is_true(*to) ? c : graph_bin(g, OP_AND, *to, c);
    }
}

/* Conditions of the filter (of any reduction), or those of a select against 0 under a sum, fix an axis. */
node *simplify_reduce_delta(const rewrite *w)
{
    graph *g = w->g;
    node *body = w->args[0], *zero = graph_neutral(g, w->n->op, w->n->elem), *yes = graph_bool(g, true);
    conjuncts outer = {0}, inner = {0};
    delta d;
    split_and(g, w->args[1], &outer);
    bool by_filter = find_delta(w, &outer, &d);
    if (!by_filter && w->n->op == OP_SUM && body->op == OP_SELECT && node_is_number(body->args[2], 0))
        split_and(g, body->args[0], &inner);
    if (!by_filter && !find_delta(w, &inner, &d))
        return NULL;
    var *v = w->vars[d.axis];
    node *before = yes, *after = yes, *early = yes, *late = yes;
    sort_conjuncts(w, &outer, by_filter ? d.conjunct : -1, &d, &before, &after);
    sort_conjuncts(w, &inner, d.conjunct, &d, &early, &late);
    if (simplify_is_plain(d.value))
        late = and_then(g, early, late);
    else
        before = and_then(g, before, early);
    node *x = graph_subst(g, inner.n ? body->args[1] : body, 1, &v, &d.value);
    x = when(g, late, x, zero);
    node *guard = guard_of(w, d.axis, d.value);
    bool inside = node_depends_any(guard, w->n->nvars, w->vars);
    if (simplify_is_plain(guard) && !inside)
        return when(g, guard, reduce_without(w, d.axis, d.value, x, and_then(g, before, after)), zero);
    guard = and_then(g, before, guard);
    if (inside || node_depends_any(before, w->n->nvars, w->vars))
        return reduce_without(w, d.axis, d.value, x, and_then(g, guard, after));
    return when(g, guard, reduce_without(w, d.axis, d.value, x, after), zero);
}
