/* Sums whose terms say by data where they belong: y[i] = sum[e where dst[e] == i](m[e]).
 *
 * Reads and writes the closed graph. Asked of each i, all e would be looked at, N * E of them. The equation gives each
 * term the one i that has it: what is added up becomes a scatter of all terms, y[dst[e]] += m[e], read at i. Indices
 * that dst[e] does not reach stay 0, and what is outside of i's range is added nowhere. Where m or other conditions
 * mention i they mention dst[e] instead.
 *
 * A scatter adds up the terms of an entry in their order, without blocks. Terms in f32 are added in f64. */
#include "form/affine.h"
#include "stage/fuse/fuse.h"
#include "stage/fuse/fuse_size.h"

enum { FEW = 16 }; /* comparing so many with all terms, or looking at so few terms, costs no more than a scatter */

typedef VEC(node *) conditions;
typedef VEC(node *) terms;
typedef VEC(var *) axes;

typedef struct assigning {
    graph *g;
    fuse_sizes sizes;
    map done;
    sum_mode sums;
    bool any;
} assigning;

/* A sum, opened. */
typedef struct assigned_sum {
    graph *g;
    node *n, *body;
    var **vars;
    node *const *ranges;
    conditions rest; /* of the terms, besides those that give an index */
    axes keys;       /* indices of entries that conditions give to terms */
    VEC(node *) at;  /* ... and what they are for a term */
} assigned_sum;

static void split_and(graph *g, node *c, conditions *out)
{
    if (c->op == OP_AND) {
        split_and(g, c->args[0], out);
        split_and(g, c->args[1], out);
    } else if (!node_is_number(c, 1)) {
        vec_push(g->mem, out, c);
    }
}

static bool is_conditional(const node *x)
{
    return x->op == OP_SELECT && node_is_number(x->args[2], 0);
}

/* The factor of a product that is 0 but where a condition holds, or a product with such a factor; -1: none. */
static int conditional_factor(const node *x)
{
    for (int i = 0; i < 2 && (x->op == OP_MUL || x->op == OP_MULZ); i++)
        if (is_conditional(x->args[i]) || conditional_factor(x->args[i]) >= 0)
            return i;
    return -1;
}

/* x with another argument k. */
static node *with_argument(graph *g, const node *x, int k, node *by)
{
    node **args = ARENA_ARRAY(g->mem, node *, x->nargs);
    for (int i = 0; i < x->nargs; i++)
        args[i] = i == k ? by : x->args[i];
    return graph_with_args(g, x, args);
}

/* x where the conditions around it hold, which are added to the list. */
static node *without_conditions(graph *g, node *x, conditions *out)
{
    if (is_conditional(x)) {
        split_and(g, x->args[0], out);
        return without_conditions(g, x->args[1], out);
    }
    int factor = conditional_factor(x);
    return factor < 0 ? x : with_argument(g, x, factor, without_conditions(g, x->args[factor], out));
}

/* The terms and their conditions: those of the filter, and those that stand around a term that else is 0. */
static void open_sum(assigned_sum *s, graph *g, node *n)
{
    node **inner = ARENA_ARRAY(g->mem, node *, n->nargs);
    *s = (assigned_sum){.g = g, .n = n, .vars = ARENA_ARRAY(g->mem, var *, n->nvars), .ranges = inner + 2};
    graph_open(g, n, s->vars, inner);
    s->body = inner[0];
    split_and(g, inner[1], &s->rest);
    if (n->op == OP_ANY) {
        split_and(g, s->body, &s->rest);
        s->body = graph_int(g, 1);
    }
    s->body = without_conditions(g, s->body, &s->rest);
}

static bool is_in_ranges(const assigned_sum *s, const var *v)
{
    for (int i = 0; i < 2 * node_dynamic_axes(s->n); i++)
        if (node_depends(s->ranges[i], v))
            return true;
    return false;
}

/* What the condition says that v is for a term; NULL: nothing. */
static node *value_of(const assigned_sum *s, const node *c, var *v)
{
    int64_t slope;
    node *rest;
    if (c->op != OP_EQ || c->args[0]->elem != ELEM_INT || !node_depends(c, v))
        return NULL;
    node *difference = graph_bin(s->g, OP_SUB, c->args[0], c->args[1]);
    for (int i = 0; i < 2; i++)
        if (c->args[i] == v->self && !node_depends(c->args[1 - i], v))
            return c->args[1 - i];
    if (!affine_split(s->g, difference, v, &slope, &rest) || (slope != 1 && slope != -1))
        return NULL;
    return slope == 1 ? graph_un(s->g, OP_NEG, rest) : rest;
}

static void replace(assigned_sum *s, var *v, node *by)
{
    graph *g = s->g;
    s->body = graph_subst(g, s->body, 1, &v, &by);
    for (int i = 0; i < s->rest.n; i++)
        s->rest.data[i] = graph_subst(g, s->rest.data[i], 1, &v, &by);
    for (int i = 0; i < s->at.n; i++)
        s->at.data[i] = graph_subst(g, s->at.data[i], 1, &v, &by);
}

/* The terms decide it: the equation does not just name the one term of an axis that belongs to an entry. */
static bool is_of_terms(const assigned_sum *s, node *value)
{
    int64_t slope;
    node *rest;
    for (int i = 0; i < s->n->nvars; i++)
        if (affine_split(s->g, value, s->vars[i], &slope, &rest) && (slope == 1 || slope == -1))
            return false;
    return node_depends_any(value, s->n->nvars, s->vars);
}

/* One more key, if a condition gives it. */
static bool find_key(assigned_sum *s, var *v)
{
    if (v->kind != VAR_AXIS || !v->extent || is_in_ranges(s, v))
        return false;
    for (int i = 0; i < s->rest.n; i++) {
        node *value = value_of(s, s->rest.data[i], v);
        if (!value || !is_of_terms(s, value))
            continue;
        for (int k = i; k + 1 < s->rest.n; k++)
            s->rest.data[k] = s->rest.data[k + 1];
        s->rest.n--;
        replace(s, v, value);
        vec_push(s->g->mem, &s->keys, v);
        vec_push(s->g->mem, &s->at, value);
        return true;
    }
    return false;
}

static const extent *volume_of(graph *g, int n, var *const *list)
{
    const extent *volume = extent_const(g->pool, 1);
    for (int i = 0; i < n && volume; i++)
        volume = list[i]->extent ? extent_mul(volume, list[i]->extent) : NULL;
    return volume;
}

static bool is_few(const extent *volume)
{
    int64_t count;
    return volume && extent_is_const(volume, &count) && count <= FEW;
}

/* The axes that the sum is for, in their order; false: there is none for one of them. */
static bool find_entry(const assigned_sum *s, axes *entry)
{
    for (int i = 0; i < s->n->nfree; i++) {
        var *v = s->n->free[i];
        if (v->kind == VAR_AXIS && !v->extent)
            return false;
        if (v->kind == VAR_AXIS)
            vec_push(s->g->mem, entry, v);
    }
    return true;
}

static int key_of(const assigned_sum *s, const var *v)
{
    for (int k = 0; k < s->keys.n; k++)
        if (s->keys.data[k] == v)
            return k;
    return -1;
}

static node *all_of(graph *g, const conditions *list)
{
    node *all = graph_bool(g, true);
    for (int i = 0; i < list->n; i++)
        all = node_is_number(all, 1) ? list->data[i] : graph_bin(g, OP_AND, all, list->data[i]);
    return all;
}

/* The keys or a range of an axis that they depend on mention v. */
static bool places_terms(const assigned_sum *s, const var *v)
{
    for (int i = 0; i < s->at.n; i++)
        if (node_depends(s->at.data[i], v))
            return true;
    return is_in_ranges(s, v);
}

/* Axes of the sum that say nothing of where a term belongs are added up first; placing: the others, and their ranges.
 */
static void sum_others(assigned_sum *s, axes *placing, node **ranges)
{
    graph *g = s->g;
    axes others = {0};
    node **own = ARENA_ARRAY(g->mem, node *, 2 * s->n->nvars + 1), *const *range = s->ranges;
    int nplacing = 0, nown = 0;
    for (int i = 0; i < s->n->nvars; i++) {
        bool places = places_terms(s, s->vars[i]);
        vec_push(g->mem, places ? placing : &others, s->vars[i]);
        for (int b = 0; b < 2 && !s->vars[i]->extent; b++)
            *(places ? ranges + nplacing++ : own + nown++) = *range++;
    }
    if (others.n == 0)
        return;
    s->body = graph_reduce(g, OP_SUM, others.n, others.data, s->body, all_of(g, &s->rest), own);
    s->rest.n = 0;
}

/* Entries of axes before the first key are around the terms, those of others inside them. */
static node *scatter_of(assigned_sum *s, const axes *entry)
{
    graph *g = s->g;
    axes placing = {0}, loops = {0};
    node **ranges = ARENA_ARRAY(g->mem, node *, 2 * s->n->nvars + 1);
    node **subs = ARENA_ARRAY(g->mem, node *, entry->n), **at = ARENA_ARRAY(g->mem, node *, entry->n);
    const extent **extents = ARENA_ARRAY(g->mem, const extent *, entry->n);
    sum_others(s, &placing, ranges);
    for (int i = 0, met = 0; i < entry->n; i++) {
        var *v = entry->data[i];
        int key = key_of(s, v);
        for (int k = 0; k < placing.n && key >= 0 && !met; k++)
            vec_push(g->mem, &loops, placing.data[k]);
        met |= key >= 0;
        if (key < 0)
            vec_push(g->mem, &loops, v);
        extents[i] = v->extent;
        at[i] = v->self;
        subs[i] = key < 0 ? v->self : s->at.data[key];
    }
    bool widened = s->body->elem == ELEM_F32;
    node *x = widened ? graph_un(g, OP_TO_F64, s->body) : s->body;
    node *all = graph_scatter(g, entry->n, extents, loops.n, loops.data, x, all_of(g, &s->rest), subs, ranges);
    x = graph_access(g, all, at);
    return widened ? graph_un(g, OP_TO_F32, x) : s->n->op == OP_ANY ? graph_bin(g, OP_NE, x, graph_int(g, 0)) : x;
}

/* The promised accuracy holds: of terms in f64 the scatter loses what --sum=kahan would keep. */
static bool is_accurate(const assigning *a, const node *n)
{
    return n->elem != ELEM_F64 || a->sums != SUM_KAHAN;
}

/* The sum as a scatter; NULL: it is better left. */
static node *assign_whole(assigning *a, node *n)
{
    assigned_sum s;
    axes entry = {0};
    open_sum(&s, a->g, n);
    if (!find_entry(&s, &entry))
        return NULL;
    for (int i = 0; i < entry.n; i++)
        find_key(&s, entry.data[i]);
    const extent *volume = volume_of(a->g, entry.n, entry.data);
    bool pays =
        s.keys.n > 0 && !is_few(volume_of(a->g, s.keys.n, s.keys.data)) && !is_few(volume_of(a->g, n->nvars, s.vars));
    if (!pays || (!volume_is_linear(&a->sizes.rule, volume) && !volume_is_affordable(&a->sizes.rule, volume)))
        return NULL;
    return scatter_of(&s, &entry);
}

/* x is the sum of these: of a short axis, written out, each has conditions of its own. */
static void split_terms(graph *g, node *x, terms *out)
{
    terms parts = {0};
    int from = x->op == OP_SELECT ? 1 : 0, to = x->op == OP_SELECT ? 2 : x->nargs;
    if (x->op == OP_ADD) {
        split_terms(g, x->args[0], out);
        split_terms(g, x->args[1], out);
        return;
    }
    for (int i = from; i < to && (is_conditional(x) || x->op == OP_MUL || x->op == OP_MULZ || x->op == OP_NEG); i++) {
        parts.n = 0;
        split_terms(g, x->args[i], &parts);
        for (int k = 0; k < parts.n && parts.n > 1; k++)
            vec_push(g->mem, out, with_argument(g, x, i, parts.data[k]));
        if (parts.n > 1)
            return;
    }
    vec_push(g->mem, out, x);
}

/* The sum as one of scatters; NULL: not all of its terms are such. */
static node *assign_parts(assigning *a, node *n)
{
    graph *g = a->g;
    node **inner = ARENA_ARRAY(g->mem, node *, n->nargs), *all = NULL;
    var **vars = ARENA_ARRAY(g->mem, var *, n->nvars);
    terms parts = {0};
    graph_open(g, n, vars, inner);
    split_terms(g, inner[0], &parts);
    for (int i = 0; i < parts.n && parts.n > 1 && parts.n <= FEW; i++) {
        node *part = graph_reduce(g, n->op, n->nvars, vars, parts.data[i], inner[1], inner + 2);
        node *own = node_is_reduce(part) ? assign_whole(a, part) : NULL;
        if (!own)
            return NULL;
        all = all ? graph_bin(g, OP_ADD, all, own) : own;
    }
    return all;
}

static node *assign(assigning *a, node *n)
{
    if ((n->op != OP_SUM && n->op != OP_ANY) || n->nfree == 0 || !is_accurate(a, n))
        return n;
    node *assigned = assign_whole(a, n);
    if (!assigned && n->op == OP_SUM)
        assigned = assign_parts(a, n);
    a->any |= assigned != NULL;
    return assigned ? assigned : n;
}

static node *rewrite(void *data, node *n)
{
    assigning *a = data;
    if (n->nargs == 0)
        return n;
    node *known = map_get(&a->done, n);
    if (!known) {
        loc at = a->g->at;
        a->g->at = n->at;
        known = assign(a, graph_map_args(a->g, n, rewrite, a));
        a->g->at = at;
        map_set(&a->done, n, known);
    }
    return known;
}

static bool holds_equation(map *seen, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    if (n->op == OP_EQ && n->args[0]->elem == ELEM_INT)
        return true;
    for (int i = 0; i < n->nargs; i++)
        if (holds_equation(seen, n->args[i]))
            return true;
    return false;
}

bool fuse_scatter(graph *g, graph_fn *f, sum_mode sums)
{
    assigning a = {.g = g, .sums = sums};
    map seen;
    bool any = false;
    map_init(&a.done, g->mem);
    map_init(&seen, g->mem);
    fuse_sizes_init(&a.sizes, g, f);
    for (int i = 0; i < f->nouts; i++)
        any = any || holds_equation(&seen, f->outs[i]);
    for (int i = 0; i < f->nouts && any; i++)
        f->outs[i] = rewrite(&a, f->outs[i]);
    return a.any;
}
