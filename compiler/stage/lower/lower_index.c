/* Index notation: axes, subscripts, reductions, and the run-time checks of subscripts that cannot be proven. */
#include <assert.h>
#include <string.h>

#include "stage/lower/lower_state.h"

enum { LONGEST_QUOTE = 60 };

static context *push(lowering *l, context c)
{
    context *p = ARENA_NEW(l->mem, context);
    *p = c;
    p->parent = l->context;
    return l->context = p;
}

context *lower_push_axes(lowering *l, int n, var **vars)
{
    return push(l, (context){.nvars = n,
                             .vars = vars,
                             .lo = ARENA_ARRAY(l->mem, node *, n + 1),
                             .hi = ARENA_ARRAY(l->mem, node *, n + 1)});
}

void lower_close_context(lowering *l)
{
    l->context = l->context->parent;
}

void lower_push_guard(lowering *l, node *condition)
{
    guard *g = ARENA_NEW(l->mem, guard);
    *g = (guard){.parent = l->guards, .condition = condition};
    l->guards = g;
}

void lower_pop_guard(lowering *l)
{
    l->guards = l->guards->parent;
}

node *lower_wanted(lowering *l)
{
    node *wanted = NULL;
    for (guard *q = l->guards; q; q = q->parent)
        if (!q->certain)
            wanted = wanted ? graph_bin(l->g, OP_AND, q->condition, wanted) : q->condition;
    return wanted ? wanted : graph_bool(l->g, true);
}

/* Indices are bound one after the other: a range may use the ones before it. */
context *lower_open_indices(lowering *l, frame *f, index_list *indices)
{
    context *c = lower_push_axes(l, 0, ARENA_ARRAY(l->mem, var *, indices->n + 1));
    c->lo = ARENA_ARRAY(l->mem, node *, indices->n + 1);
    c->hi = ARENA_ARRAY(l->mem, node *, indices->n + 1);
    for (int i = 0; i < indices->n; i++) {
        index_def *d = &indices->data[i];
        node *lo = NULL, *hi = NULL;
        if (!d->extent) {
            lo = lower_expr(l, f, d->lo);
            hi = lower_expr(l, f, d->hi);
        }
        var *v = graph_axis(l->g, d->extent ? lower_extent(l, f, d->extent) : NULL, d->name);
        c->vars[i] = v;
        c->lo[i] = lo;
        c->hi[i] = hi;
        c->nvars++;
        node *value = v->self;
        if (d->start)
            value = graph_bin(l->g, OP_ADD, v->self, graph_size(l->g, lower_extent(l, f, d->start)));
        lower_bind(l, f, d->bind, value);
    }
    return c;
}

node *lower_tensor(lowering *l, int n, var *const *axes, node *body)
{
    if (n == 0)
        return body;
    var **all = ARENA_ARRAY(l->mem, var *, n + body->rank);
    memcpy(all, axes, (size_t)n * sizeof *axes);
    int rank = body->rank;
    node *entry = graph_entry(l->g, body, all + n);
    return graph_tensor(l->g, n + rank, all, entry);
}

/* ---- checks ---- */

typedef struct known {
    VEC(node *) guards;
    VEC(affine_range) ranges;
} known;

static known what_is_known(lowering *l)
{
    known k = {0};
    for (guard *g = l->guards; g; g = g->parent)
        vec_push(l->mem, &k.guards, g->condition);
    for (context *c = l->context; c; c = c->parent)
        if (c->is_loop && c->t_lo && c->t_hi)
            vec_push(l->mem, &k.ranges, (affine_range){c->vars[0], c->t_lo, c->t_hi});
    return k;
}

static bool proven(lowering *l, node *sub, const extent *size)
{
    known k = what_is_known(l);
    return affine_in_range(sub, size, &l->out->facts, k.guards.n, k.guards.data, k.ranges.n, k.ranges.data);
}

/* All axes of c that ok depends on, quantified away; the ranges of dynamic ones may bring in others of the same c. */
static node *for_all(lowering *l, context *c, node *ok)
{
    for (int i = c->nvars - 1; i >= 0; i--) {
        if (!node_depends(ok, c->vars[i]))
            continue;
        node *range[2] = {c->lo[i], c->hi[i]};
        ok = graph_reduce(l->g, l->asks ? OP_RMIN : OP_ALL, 1, &c->vars[i], ok, NULL, range);
    }
    return ok;
}

void lower_add_check(lowering *l, index_check check)
{
    for (context *c = l->context; c; c = c->parent) {
        if (!c->is_loop) {
            check.ok = for_all(l, c, check.ok);
        } else if (node_depends_any(check.ok, c->nvars, c->vars)) {
            vec_push(l->mem, &c->pending, check);
            return;
        }
    }
    vec_push(l->mem, &l->out->checks, check);
}

/* The argument to blame: the int array the subscript reads, else the array accessed, else the first argument. */
static const node *find_input(const node *n, bool ints, int budget)
{
    if (n->op == OP_INPUT)
        return !ints || n->elem == ELEM_INT ? n : NULL;
    if (budget == 0)
        return NULL;
    for (int i = 0; i < n->nargs; i++) {
        const node *found = find_input(n->args[i], ints, budget - 1);
        if (found)
            return found;
    }
    return NULL;
}

static int blamed(const node *sub, const node *accessed)
{
    const node *in = find_input(sub, true, 12);
    if (!in)
        in = find_input(accessed, false, 3);
    return in ? (int)in->integer : 0;
}

static const char *quote(lowering *l, loc at)
{
    int n = at.end - at.begin;
    return at.src && n <= LONGEST_QUOTE ? arena_printf(l->mem, " '%.*s'", n, at.src->data + at.begin) : "";
}

/* "subscript 'k[m] + 1' of 'x' is out of range". */
static int subscript_rule(lowering *l, const expr *e, int axis)
{
    const subscript *s = &e->subs.data[axis];
    const expr *base = e->a.data[0], *said = s->value ? s->value : s->lo;
    const char *of = base->kind == EXPR_NAME ? arena_printf(l->mem, " of '%s'", base->name) : "";
    if (base->type->rank > 1)
        of = arena_printf(l->mem, "%s, axis %d,", of, axis);
    return lower_rule(l, said->at,
                      arena_printf(l->mem, "%s%s%s is out of range",
                                   s->value ? "subscript" : "an entry of the slice from", quote(l, said->at), of));
}

void lower_check_subscript(lowering *l, node *sub, const extent *size, const node *accessed, const expr *e, int axis)
{
    if (proven(l, sub, size))
        return;
    graph *g = l->g;
    node *ok =
        graph_bin(g, OP_AND, graph_bin(g, OP_LE, graph_int(g, 0), sub), graph_bin(g, OP_LT, sub, graph_size(g, size)));
    for (guard *q = l->guards; q; q = q->parent)
        ok = graph_bin(g, OP_OR, graph_un(g, OP_NOT, q->condition), ok);
    index_check check = {l->asks ? lower_ask(l, ok, sub) : ok, blamed(sub, accessed), subscript_rule(l, e, axis), size};
    lower_add_check(l, check);
}

/* ---- subscripts ---- */

node *lower_subscript(lowering *l, frame *f, expr *e)
{
    graph *g = l->g;
    node *t = lower_expr(l, f, e->a.data[0]);
    node **subs = ARENA_ARRAY(l->mem, node *, t->rank);
    var **axes = ARENA_ARRAY(l->mem, var *, t->rank);
    int n = 0;
    for (int i = 0; i < t->rank; i++) {
        subscript *s = i < e->subs.n ? &e->subs.data[i] : NULL;
        if (s && s->value) {
            subs[i] = lower_expr(l, f, s->value);
            if (!s->in_range)
                lower_check_subscript(l, subs[i], t->extents[i], t, e, i);
            continue;
        }
        const extent *size = s ? lower_extent(l, f, e->type->extents[n]) : t->extents[i];
        axes[n] = graph_axis(g, size, NULL);
        subs[i] = axes[n]->self;
        if (s && s->lo) {
            subs[i] = graph_bin(g, OP_ADD, subs[i], lower_expr(l, f, s->lo));
            if (!s->in_range) {
                lower_push_axes(l, 1, &axes[n]);
                lower_check_subscript(l, subs[i], t->extents[i], t, e, i);
                lower_close_context(l);
            }
        }
        n++;
    }
    return graph_tensor(g, n, axes, graph_access(g, t, subs));
}

/* ---- reductions ---- */

typedef struct reduction {
    context *c;
    node *filter;        /* or NULL */
    node **ranges;       /* of the dynamic axes */
    const extent *start; /* of a single written range that does not start at 0; else NULL */
    expr *e;
} reduction;

typedef node *reduce_fn(lowering *l, const reduction *r, node *body);

static node *plain(lowering *l, const reduction *r, op o, node *body)
{
    return graph_reduce(l->g, o, r->c->nvars, r->c->vars, body, r->filter, r->ranges);
}

static node *reduce_sum(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_SUM, body);
}

static node *count_terms(lowering *l, const reduction *r, elem e)
{
    const extent *total = extent_const(l->p->pool, 1);
    for (int i = 0; i < r->c->nvars && total; i++)
        total = r->c->vars[i]->extent ? extent_mul(total, r->c->vars[i]->extent) : NULL;
    if (total && !r->filter)
        return lower_cast(l, graph_size(l->g, total), e);
    return lower_cast(l, plain(l, r, OP_SUM, graph_int(l->g, 1)), e);
}

static node *reduce_mean(lowering *l, const reduction *r, node *body)
{
    if (!elem_is_float(body->elem))
        body = lower_cast(l, body, l->real);
    return graph_bin(l->g, OP_DIV, plain(l, r, OP_SUM, body), count_terms(l, r, body->elem));
}

static node *reduce_prod(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_PROD, body);
}

static node *reduce_max(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_RMAX, body);
}

static node *reduce_min(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_RMIN, body);
}

/* The user's index of a single written range a..b starts at a; -1 stays. */
static node *shift_index(lowering *l, const reduction *r, node *index)
{
    graph *g = l->g;
    if (!r->start)
        return index;
    node *shifted = graph_bin(g, OP_ADD, index, graph_size(g, r->start));
    return graph_select(g, graph_bin(g, OP_LT, index, graph_int(g, 0)), index, shifted);
}

static node *reduce_argmax(lowering *l, const reduction *r, node *body)
{
    return shift_index(l, r, plain(l, r, OP_ARGMAX, body));
}

static node *reduce_argmin(lowering *l, const reduction *r, node *body)
{
    return shift_index(l, r, plain(l, r, OP_ARGMIN, body));
}

static node *reduce_lse(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_LSE, elem_is_float(body->elem) ? body : lower_cast(l, body, l->real));
}

static node *reduce_any(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_ANY, body);
}

static node *reduce_all(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_ALL, body);
}

static node *reduce_count(lowering *l, const reduction *r, node *body)
{
    return plain(l, r, OP_SUM, lower_cast(l, body, ELEM_INT));
}

static const struct {
    const char *name;
    reduce_fn *fn, *second; /* second: of max_argmax */
} reductions[] = {
    {"sum", reduce_sum, NULL},
    {"mean", reduce_mean, NULL},
    {"prod", reduce_prod, NULL},
    {"max", reduce_max, NULL},
    {"min", reduce_min, NULL},
    {"argmax", reduce_argmax, NULL},
    {"argmin", reduce_argmin, NULL},
    {"max_argmax", reduce_max, reduce_argmax},
    {"min_argmin", reduce_min, reduce_argmin},
    {"logsumexp", reduce_lse, NULL},
    {"any", reduce_any, NULL},
    {"all", reduce_all, NULL},
    {"count", reduce_count, NULL},
};

/* fn at each entry of a body of any rank. */
static node *reduce_entries(lowering *l, const reduction *r, reduce_fn *fn, node *body)
{
    var **axes = ARENA_ARRAY(l->mem, var *, body->rank + 1);
    int rank = body->rank;
    node *entry = graph_entry(l->g, body, axes);
    return graph_tensor(l->g, rank, axes, fn(l, r, entry));
}

/* softmax_mean[j](s, v) = sum_j exp(s_j - logsumexp(s)) v_j, 0 where all s_j are -inf: in the form in which logsumexp
 * is differentiated, so that its weights are these. */
static node *reduce_softmax_mean(lowering *l, const reduction *r, node *s, node *v)
{
    graph *g = l->g;
    elem e = elem_is_float(v->elem) ? v->elem : l->real;
    s = lower_cast(l, s, e);
    v = lower_cast(l, v, e);
    node *weight = graph_un(g, OP_EXP, graph_bin(g, OP_SUB, s, graph_finite(g, plain(l, r, OP_LSE, s))));
    var **axes = ARENA_ARRAY(l->mem, var *, v->rank + 1);
    int rank = v->rank;
    node *entry = graph_entry(g, v, axes);
    return graph_tensor(g, rank, axes, plain(l, r, OP_SUM, graph_bin(g, OP_MUL, weight, entry)));
}

/* The positions of the axes whose flat row-major index is given. */
static void split_index(lowering *l, const context *c, node *flat, node **positions)
{
    graph *g = l->g;
    for (int i = c->nvars - 1; i > 0; i--) {
        node *size = graph_size(g, c->vars[i]->extent);
        positions[i] = graph_bin(g, OP_IMOD, flat, size);
        flat = graph_bin(g, OP_IDIV, flat, size);
    }
    positions[0] = flat;
}

/* The K extreme values are the body at the K indices; inf or -inf where there are fewer terms. */
static node *extreme_values(lowering *l, const reduction *r, node *indices, node *body, bool smallest)
{
    graph *g = l->g;
    var *k = graph_axis(g, indices->extents[0], "k");
    node *index = graph_access(g, indices, &k->self);
    node **positions = ARENA_ARRAY(l->mem, node *, r->c->nvars);
    split_index(l, r->c, index, positions);
    node *value = graph_subst(g, body, r->c->nvars, r->c->vars, positions);
    double inf = __builtin_inf();
    node *none = elem_is_float(body->elem) ? graph_real(g, body->elem, smallest ? inf : -inf)
                                           : graph_int(g, smallest ? INT64_MAX : INT64_MIN);
    return graph_tensor(g, 1, &k, graph_select(g, graph_bin(g, OP_LT, index, graph_int(g, 0)), none, value));
}

static node *reduce_k(lowering *l, frame *f, const reduction *r, node *body)
{
    const char *name = r->e->name;
    bool indices_only = !strncmp(name, "arg", 3);
    bool smallest = strstr(name, "min") != NULL;
    var **axes = ARENA_ARRAY(l->mem, var *, body->rank + 2);
    int rank = body->rank;
    node *entry = graph_entry(l->g, body, axes + 1);
    const extent *k = lower_extent(l, f, r->e->type->extents[0]);
    node *arg =
        graph_argk(l->g, smallest ? OP_ARGKMIN : OP_ARGKMAX, k, r->c->nvars, r->c->vars, entry, r->filter, r->ranges);
    node *t = indices_only ? arg : extreme_values(l, r, arg, entry, smallest);
    axes[0] = graph_axis(l->g, k, "k");
    node *kth = graph_access(l->g, t, &axes[0]->self);
    return graph_tensor(l->g, rank + 1, axes, indices_only ? shift_index(l, r, kth) : kth);
}

/* Reductions without indices run over all entries. */
static node *open_whole(lowering *l, node *body)
{
    var **vars = ARENA_ARRAY(l->mem, var *, body->rank + 1);
    int rank = body->rank;
    node *entry = graph_entry(l->g, body, vars);
    lower_push_axes(l, rank, vars);
    return entry;
}

static reduction open_reduction(lowering *l, frame *f, expr *e, node **body, node **second)
{
    reduction r = {.e = e};
    if (e->indices.n == 0) {
        *body = open_whole(l, lower_expr(l, f, e->a.data[0]));
        r.c = l->context;
        if (e->a.n > 1) {
            node *v = lower_expr(l, f, e->a.data[1]);
            *second = graph_access_vars(l->g, v, r.c->vars);
        }
        return r;
    }
    r.c = lower_open_indices(l, f, &e->indices);
    if (e->indices.n == 1 && e->indices.data[0].start)
        r.start = lower_extent(l, f, e->indices.data[0].start);
    if (e->filter) {
        r.filter = lower_expr(l, f, e->filter);
        lower_push_guard(l, r.filter);
    }
    *body = lower_expr(l, f, e->a.data[0]);
    if (e->a.n > 1)
        *second = lower_expr(l, f, e->a.data[1]);
    if (e->filter)
        lower_pop_guard(l);
    r.ranges = ARENA_ARRAY(l->mem, node *, 2 * r.c->nvars + 1);
    for (int i = 0, n = 0; i < r.c->nvars; i++)
        if (!r.c->vars[i]->extent) {
            r.ranges[n++] = r.c->lo[i];
            r.ranges[n++] = r.c->hi[i];
        }
    return r;
}

values lower_reduce(lowering *l, frame *f, expr *e)
{
    node *body = NULL, *second = NULL;
    reduction r = open_reduction(l, f, e, &body, &second);
    values v = {0};
    if (second) {
        v = one_value(l, reduce_softmax_mean(l, &r, body, second));
    } else if (e->count) {
        v = one_value(l, reduce_k(l, f, &r, body));
    } else {
        size_t i = 0;
        while (strcmp(reductions[i].name, e->name))
            i++;
        v.item = ARENA_ARRAY(l->mem, node *, 2);
        v.item[v.n++] = reduce_entries(l, &r, reductions[i].fn, body);
        if (reductions[i].second)
            v.item[v.n++] = reduce_entries(l, &r, reductions[i].second, body);
    }
    lower_close_context(l);
    return v;
}
