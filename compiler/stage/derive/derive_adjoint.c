/* Adjoints: what contributions add up to.
 *
 * A contribution to a tensor says: for each point of some axes, w is added at some subscripts. Read at given subscripts
 * k it is a sum over the axes that hit k. Where a subscript is affine in an axis with constant slope, that axis is
 * solved for (a renaming when it is plain), and the sum has one axis less: so matrix products, convolutions and
 * row-wise functions stay gathers. So is a rotation, mod(axis + rest, n). What subscripts read from data remains a
 * scatter. */
#include <assert.h>
#include <string.h>

#include "stage/derive/derive_reverse.h"

bool has_adjoint(sweep *s, node *n)
{
    return map_get(&s->adjoints, n) != NULL;
}

adjoint *adjoint_of(sweep *s, node *n)
{
    adjoint *a = map_get(&s->adjoints, n);
    if (!a) {
        a = ARENA_NEW(s->g->mem, adjoint);
        a->outside = is_outside(s, n);
        map_set(&s->adjoints, n, a);
        vec_push(s->g->mem, &s->touched, n);
    }
    return a;
}

scope *home_scope(sweep *s, const node *n)
{
    scope *sc = s->scope;
    while (sc->parent && !node_depends_any(n, sc->nvars, sc->vars))
        sc = sc->parent;
    return sc;
}

static node *reduce_over(sweep *s, const scope *sc, node *w)
{
    return graph_reduce(s->g, OP_SUM, sc->nvars, sc->vars, w, sc->filter, sc->ranges);
}

static void add_value(sweep *s, scope *from, node *u, node *w)
{
    if (from == home_scope(s, u)) {
        adjoint *a = adjoint_of(s, u);
        a->value = add_adjoints(s->g, a->value, w);
        return;
    }
    map_set(&from->pending, u, add_adjoints(s->g, map_get(&from->pending, u), w));
}

void contribute_value(sweep *s, node *u, node *w)
{
    if (targets_reach(s->targets, u))
        add_value(s, s->scope, u, w);
}

/* In order of creation, so that what is generated does not depend on addresses. */
static void sort_by_id(node **list, int n)
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && list[k]->id < list[k - 1]->id; k--) {
            node *swap = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
}

void flush_scope(sweep *s, scope *sc)
{
    node_list keys = {0};
    for (size_t i = 0; i < sc->pending.cap; i++)
        if (sc->pending.keys[i])
            vec_push(s->g->mem, &keys, (node *)(uintptr_t)sc->pending.keys[i]);
    sort_by_id(keys.data, keys.n);
    for (int i = 0; i < keys.n; i++)
        add_value(s, sc->parent, keys.data[i], reduce_over(s, sc, map_get(&sc->pending, keys.data[i])));
}

static int dynamic_count(int n, var *const *axes)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += !axes[i]->extent;
    return count;
}

/* The axes, filters and ranges of the scopes from the current one up to, not including, home. Outer scopes first. */
static void collect_axes(sweep *s, scope *sc, scope *home, contribution *c)
{
    if (sc == home)
        return;
    collect_axes(s, sc->parent, home, c);
    arena *mem = s->g->mem;
    int dynamic = 2 * dynamic_count(c->naxes, c->axes), more = 2 * dynamic_count(sc->nvars, sc->vars);
    c->axes = arena_grow(mem, c->axes, (size_t)c->naxes, (size_t)c->naxes + (size_t)sc->nvars + 1, sizeof *c->axes);
    c->ranges = arena_grow(mem, c->ranges, (size_t)dynamic, (size_t)dynamic + (size_t)more + 1, sizeof *c->ranges);
    for (int i = 0; i < more; i++)
        c->ranges[dynamic + i] = sc->ranges[i];
    for (int i = 0; i < sc->nvars; i++)
        c->axes[c->naxes++] = sc->vars[i];
    if (sc->filter)
        c->filter = c->filter ? graph_bin(s->g, OP_AND, c->filter, sc->filter) : sc->filter;
}

static bool same_place(const contribution *a, const contribution *b, int rank)
{
    if (a->naxes != b->naxes || a->filter != b->filter)
        return false;
    for (int i = 0; i < a->naxes; i++)
        if (a->axes[i] != b->axes[i])
            return false;
    return !rank || !memcmp(a->subs, b->subs, (size_t)rank * sizeof *a->subs);
}

static void add_contribution(sweep *s, node *t, const contribution *c)
{
    adjoint *a = adjoint_of(s, t);
    for (int i = 0; i < a->list.n; i++)
        if (same_place(&a->list.data[i], c, t->rank)) {
            a->list.data[i].w = graph_bin(s->g, OP_ADD, a->list.data[i].w, c->w);
            return;
        }
    vec_push(s->g->mem, &a->list, *c);
}

void contribute_access(sweep *s, node *t, node *const *subs, node *w)
{
    if (!targets_reach(s->targets, t))
        return;
    contribution c = {.w = w};
    collect_axes(s, s->scope, home_scope(s, t), &c);
    c.subs = arena_grow(s->g->mem, subs, (size_t)t->rank, (size_t)t->rank + 1, sizeof *subs);
    add_contribution(s, t, &c);
}

void contribute_tensor(sweep *s, node *t, node *w)
{
    if (t->rank == 0) {
        contribute_value(s, t, w);
        return;
    }
    if (!targets_reach(s->targets, t))
        return;
    contribution c = {0};
    collect_axes(s, s->scope, home_scope(s, t), &c);
    c.axes = arena_grow(s->g->mem, c.axes, (size_t)c.naxes, (size_t)c.naxes + (size_t)t->rank, sizeof *c.axes);
    c.subs = ARENA_ARRAY(s->g->mem, node *, t->rank);
    for (int i = 0; i < t->rank; i++) {
        var *k = graph_axis(s->g, t->extents[i], NULL);
        c.axes[c.naxes++] = k;
        c.subs[i] = k->self;
    }
    c.w = graph_access(s->g, w, c.subs);
    add_contribution(s, t, &c);
}

/* ---- a contribution read at subscripts ---- */

typedef struct solving {
    sweep *s;
    const node *t;
    contribution c;  /* a copy: axes are eliminated one by one */
    node *condition; /* on the subscripts asked for and the axes left; NULL: none */
} solving;

static void replace_axis(solving *q, int k, node *by)
{
    graph *g = q->s->g;
    contribution *c = &q->c;
    var *v = c->axes[k];
    c->w = graph_subst(g, c->w, 1, &v, &by);
    if (c->filter)
        c->filter = graph_subst(g, c->filter, 1, &v, &by);
    if (q->condition)
        q->condition = graph_subst(g, q->condition, 1, &v, &by);
    for (int i = 0; i < q->t->rank; i++)
        c->subs[i] = graph_subst(g, c->subs[i], 1, &v, &by);
    int dynamic = 2 * dynamic_count(c->naxes, c->axes), before = 2 * dynamic_count(k, c->axes);
    for (int i = 0; i < dynamic; i++)
        c->ranges[i] = graph_subst(g, c->ranges[i], 1, &v, &by);
    if (!v->extent)
        memmove(c->ranges + before, c->ranges + before + 2, (size_t)(dynamic - before - 2) * sizeof *c->ranges);
    memmove(c->axes + k, c->axes + k + 1, (size_t)(c->naxes - k - 1) * sizeof *c->axes);
    c->naxes--;
}

static void require(solving *q, node *condition)
{
    q->condition = q->condition ? graph_bin(q->s->g, OP_AND, q->condition, condition) : condition;
}

static bool is_plain(const solving *q, int dim, int k)
{
    return q->c.subs[dim] == q->c.axes[k]->self && q->c.axes[k]->extent == q->t->extents[dim];
}

/* Solving for an axis much shorter than the dimension would visit points that nothing hits. */
static bool is_worth_solving(const solving *q, int dim, int k)
{
    const extent *axis = q->c.axes[k]->extent;
    return axis && extent_degree(q->t->extents[dim]) <= extent_degree(axis);
}

/* A range may depend on axes outside it only, so no axis that bounds one is replaced by what depends on others. */
static bool keeps_ranges(const solving *q, int k, const node *rest)
{
    const contribution *c = &q->c;
    if (!node_depends_any(rest, c->naxes, c->axes))
        return true;
    for (int i = 0; i < 2 * dynamic_count(c->naxes, c->axes); i++)
        if (node_depends(c->ranges[i], c->axes[k]))
            return false;
    return true;
}

/* The axis to solve subscript dim for: a plain one, else slope 1 before others, long before short. -1: none. */
static int choose_axis(const solving *q, int dim)
{
    int best = -1, best_score = -1;
    for (int k = 0; k < q->c.naxes; k++) {
        int64_t coef;
        node *rest;
        if (is_plain(q, dim, k))
            return k;
        if (!is_worth_solving(q, dim, k) || !affine_split(q->s->g, q->c.subs[dim], q->c.axes[k], &coef, &rest) ||
            !keeps_ranges(q, k, rest))
            continue;
        int score = (coef == 1 || coef == -1 ? 2 : 0) + (extent_degree(q->c.axes[k]->extent) > 0);
        if (score > best_score) {
            best_score = score;
            best = k;
        }
    }
    return best;
}

/* ---- an axis over a range, read at a subscript ---- */

/* Where both ends of a range move with an axis i in steps of one, what the range has is a range of i. */
typedef struct bounds {
    int axis;            /* i; -1: none yet */
    node *lower, *upper; /* of i, NULL: those of its extent; upper: one past the last */
} bounds;

static node *plus_one(graph *g, node *n)
{
    return graph_bin(g, OP_ADD, n, graph_int(g, 1));
}

static node *tighter(graph *g, op o, node *a, node *b)
{
    return a ? graph_bin(g, o, a, b) : b;
}

/* bound <= at, or at < bound, as a bound of the axis that it mentions. */
static bool bound_axis(solving *q, node *bound, node *at, bool is_lower, bounds *b)
{
    graph *g = q->s->g;
    const contribution *c = &q->c;
    for (int i = 0; i < c->naxes; i++) {
        int64_t coef;
        node *rest;
        if (!c->axes[i]->extent || !affine_split(g, bound, c->axes[i], &coef, &rest))
            continue;
        if ((coef != 1 && coef != -1) || (b->axis >= 0 && b->axis != i) || node_depends_any(rest, c->naxes, c->axes))
            return false;
        b->axis = i;
        node *difference = coef == 1 ? graph_bin(g, OP_SUB, at, rest) : graph_bin(g, OP_SUB, rest, at);
        if (is_lower == (coef == 1)) /* i <= at - rest; i < rest - at */
            b->upper = tighter(g, OP_MIN, b->upper, is_lower ? plus_one(g, difference) : difference);
        else
            b->lower = tighter(g, OP_MAX, b->lower, is_lower ? difference : plus_one(g, difference));
        return true;
    }
    return false;
}

/* Arithmetic on variables and sizes: a comparison with it costs little. */
static bool is_arithmetic(const node *n)
{
    if (n->op == OP_CONST || n->op == OP_SIZE || n->op == OP_VAR)
        return true;
    for (int i = 0; i < n->nargs; i++)
        if (!node_is_point(n) || !is_arithmetic(n->args[i]))
            return false;
    return node_is_point(n);
}

static bool bounds_a_range(const contribution *c, int axis, int but)
{
    for (int k = 0, r = 0; k < c->naxes; k++) {
        if (c->axes[k]->extent)
            continue;
        if (k != but && (node_depends(c->ranges[r], c->axes[axis]) || node_depends(c->ranges[r + 1], c->axes[axis])))
            return true;
        r += 2;
    }
    return false;
}

/* Axis b->axis runs over its bounds only. */
static void narrow_axis(solving *q, const bounds *b)
{
    graph *g = q->s->g;
    contribution *c = &q->c;
    var *old = c->axes[b->axis], *v = graph_axis(g, NULL, old->name);
    int before = 2 * dynamic_count(b->axis, c->axes), all = 2 * dynamic_count(c->naxes, c->axes);
    c->axes[b->axis] = v;
    node *by = v->self;
    c->w = graph_subst(g, c->w, 1, &old, &by);
    if (c->filter)
        c->filter = graph_subst(g, c->filter, 1, &old, &by);
    if (q->condition)
        q->condition = graph_subst(g, q->condition, 1, &old, &by);
    for (int i = 0; i < q->t->rank; i++)
        c->subs[i] = graph_subst(g, c->subs[i], 1, &old, &by);
    c->ranges = arena_grow(g->mem, c->ranges, (size_t)all, (size_t)all + 2, sizeof *c->ranges);
    memmove(c->ranges + before + 2, c->ranges + before, (size_t)(all - before) * sizeof *c->ranges);
    c->ranges[before] = tighter(g, OP_MAX, b->lower, graph_int(g, 0));
    c->ranges[before + 1] = tighter(g, OP_MIN, b->upper, graph_size(g, old->extent));
}

static bool has_axes(const solving *q, const node *n)
{
    return node_depends_any(n, q->c.naxes, q->c.axes);
}

/* subs[dim] is the axis k itself, over a range: it is at, where the range has at. A triangle (one end of the range
 * moves with other axes) is visited as a whole, under a condition; of a band (both do) only the points in it. */
static bool solve_range(solving *q, int k, node *at)
{
    graph *g = q->s->g;
    contribution *c = &q->c;
    int r = 2 * dynamic_count(k, c->axes);
    node *lo = c->ranges[r], *hi = c->ranges[r + 1];
    if (bounds_a_range(c, k, -1))
        return false;
    bounds b = {.axis = -1};
    if (has_axes(q, lo) && has_axes(q, hi)) {
        if (!bound_axis(q, lo, at, true, &b) || !bound_axis(q, hi, at, false, &b) || bounds_a_range(c, b.axis, k))
            return false;
    } else if ((has_axes(q, lo) && !is_arithmetic(lo)) || (has_axes(q, hi) && !is_arithmetic(hi))) {
        return false;
    } else {
        require(q, graph_bin(g, OP_LE, lo, at));
        require(q, graph_bin(g, OP_LT, at, hi));
    }
    replace_axis(q, k, at);
    b.axis -= b.axis > k;
    if (b.axis >= 0)
        narrow_axis(q, &b);
    return true;
}

static int plain_range(const solving *q, int dim)
{
    for (int k = 0; k < q->c.naxes; k++)
        if (!q->c.axes[k]->extent && q->c.subs[dim] == q->c.axes[k]->self)
            return k;
    return -1;
}

/* subs[dim] = mod(axis + rest, n), the axis over all of 0..n: each entry below n is that of one index. */
static bool solve_rotation(solving *q, int dim, node *at)
{
    graph *g = q->s->g;
    contribution *c = &q->c;
    const node *sub = c->subs[dim];
    const extent *period = sub->op == OP_IMOD ? graph_extent(g, sub->args[1]) : NULL;
    for (int k = 0; period && k < c->naxes; k++) {
        int64_t coef;
        node *rest;
        if (c->axes[k]->extent != period || !affine_split(g, sub->args[0], c->axes[k], &coef, &rest) ||
            (coef != 1 && coef != -1) || !keeps_ranges(q, k, rest))
            continue;
        if (q->t->extents[dim] != period)
            require(q, graph_bin(g, OP_LT, at, sub->args[1]));
        node *shift = coef < 0 ? graph_bin(g, OP_SUB, rest, at) : graph_bin(g, OP_SUB, at, rest);
        replace_axis(q, k, graph_bin(g, OP_IMOD, shift, sub->args[1]));
        return true;
    }
    return false;
}

/* subs[dim] = coef * axis + rest == at: axis = (at - rest) / coef, where that is whole and in range. */
static bool solve_dimension(solving *q, int dim, node *at)
{
    graph *g = q->s->g;
    contribution *c = &q->c;
    if (!node_depends_any(c->subs[dim], c->naxes, c->axes)) {
        if (c->subs[dim] != at)
            require(q, graph_bin(g, OP_EQ, c->subs[dim], at));
        return true;
    }
    int k = plain_range(q, dim);
    if (k >= 0)
        return solve_range(q, k, at);
    k = choose_axis(q, dim);
    if (k < 0)
        return solve_rotation(q, dim, at);
    if (is_plain(q, dim, k)) {
        replace_axis(q, k, at);
        return true;
    }
    int64_t coef;
    node *rest;
    affine_split(g, c->subs[dim], c->axes[k], &coef, &rest);
    node *value = coef < 0 ? graph_bin(g, OP_SUB, rest, at) : graph_bin(g, OP_SUB, at, rest);
    if (coef != 1 && coef != -1) {
        node *step = graph_int(g, coef < 0 ? -coef : coef);
        require(q, graph_bin(g, OP_EQ, graph_bin(g, OP_IMOD, value, step), graph_int(g, 0)));
        value = graph_bin(g, OP_IDIV, value, step);
    }
    require(q, graph_bin(g, OP_LE, graph_int(g, 0), value));
    require(q, graph_bin(g, OP_LT, value, graph_size(g, c->axes[k]->extent)));
    replace_axis(q, k, value);
    return true;
}

/* A filter that fixes an axis (j == e) removes it: the derivative of max reaches one index only. */
static bool remove_fixed_axis(solving *q, node *f)
{
    if (f->op == OP_AND)
        return remove_fixed_axis(q, f->args[0]) || remove_fixed_axis(q, f->args[1]);
    if (f->op != OP_EQ || f->args[0]->elem != ELEM_INT)
        return false;
    for (int side = 0; side < 2; side++)
        for (int k = 0; k < q->c.naxes; k++) {
            node *e = f->args[1 - side];
            if (f->args[side] != q->c.axes[k]->self || node_depends_any(e, q->c.naxes, q->c.axes))
                continue;
            if (q->c.axes[k]->extent) {
                require(q, graph_bin(q->s->g, OP_LE, graph_int(q->s->g, 0), e));
                require(q, graph_bin(q->s->g, OP_LT, e, graph_size(q->s->g, q->c.axes[k]->extent)));
                replace_axis(q, k, e);
                return true;
            }
        }
    return false;
}

static contribution copy_contribution(graph *g, const contribution *c, int rank)
{
    contribution copy = *c;
    int dynamic = 2 * dynamic_count(c->naxes, c->axes);
    copy.axes = arena_grow(g->mem, c->axes, (size_t)c->naxes, (size_t)c->naxes + 1, sizeof *c->axes);
    copy.subs = arena_grow(g->mem, c->subs, (size_t)rank, (size_t)rank + 1, sizeof *c->subs);
    copy.ranges = arena_grow(g->mem, c->ranges, (size_t)dynamic, (size_t)dynamic + 1, sizeof *c->ranges);
    return copy;
}

/* Does a subscript, or the range of an axis that stays, depend on axis k? */
static bool places_entry(const node *t, const contribution *c, int k)
{
    for (int i = 0; i < t->rank; i++)
        if (node_depends(c->subs[i], c->axes[k]))
            return true;
    for (int i = 0; i < 2 * dynamic_count(c->naxes, c->axes); i++)
        if (node_depends(c->ranges[i], c->axes[k]))
            return true;
    return false;
}

/* Axes that no subscript depends on are summed over before anything is added anywhere. */
static contribution sum_others(sweep *s, const node *t, const contribution *c)
{
    graph *g = s->g;
    contribution kept = copy_contribution(g, c, t->rank), other = kept;
    other.axes = ARENA_ARRAY(g->mem, var *, c->naxes + 1);
    other.ranges = ARENA_ARRAY(g->mem, node *, 2 * c->naxes + 1);
    kept.naxes = other.naxes = 0;
    int kept_ranges = 0, other_ranges = 0;
    for (int k = 0, r = 0; k < c->naxes; k++) {
        bool places = places_entry(t, c, k);
        contribution *to = places ? &kept : &other;
        int *nranges = places ? &kept_ranges : &other_ranges;
        to->axes[to->naxes++] = c->axes[k];
        for (int b = 0; b < 2 && !c->axes[k]->extent; b++)
            to->ranges[(*nranges)++] = c->ranges[r++];
    }
    bool inside = c->filter && node_depends_any(c->filter, other.naxes, other.axes);
    kept.w = graph_reduce(g, OP_SUM, other.naxes, other.axes, c->w, inside ? c->filter : NULL, other.ranges);
    kept.filter = inside ? NULL : c->filter;
    return kept;
}

static node *scattered(sweep *s, const node *t, contribution *c, node *const *at)
{
    if (!c->scatter) {
        contribution k = sum_others(s, t, c);
        c->scatter = graph_scatter(s->g, t->rank, t->extents, k.naxes, k.axes, k.w, k.filter, k.subs, k.ranges);
    }
    return graph_access(s->g, c->scatter, at);
}

/* Conditions free of the axes left are taken out of the sum. */
static node *finish(solving *q)
{
    graph *g = q->s->g;
    contribution *c = &q->c;
    bool outside = q->condition && !node_depends_any(q->condition, c->naxes, c->axes);
    node *filter = c->filter;
    if (q->condition && !outside)
        filter = filter ? graph_bin(g, OP_AND, q->condition, filter) : q->condition;
    node *sum = graph_reduce(g, OP_SUM, c->naxes, c->axes, c->w, filter, c->ranges);
    return outside ? graph_select(g, q->condition, sum, graph_real(g, sum->elem, 0)) : sum;
}

static node *contribution_at(sweep *s, const node *t, contribution *c, node *const *at)
{
    solving q = {.s = s, .t = t, .c = copy_contribution(s->g, c, t->rank)};
    while (q.c.filter && remove_fixed_axis(&q, q.c.filter))
        ;
    contribution *fixed = c;
    if (q.c.naxes != c->naxes) {
        fixed = ARENA_NEW(s->g->mem, contribution);
        *fixed = copy_contribution(s->g, &q.c, t->rank);
        if (q.condition)
            fixed->filter = fixed->filter ? graph_bin(s->g, OP_AND, q.condition, fixed->filter) : q.condition;
    }
    for (int i = 0; i < t->rank; i++)
        if (!solve_dimension(&q, i, at[i]))
            return scattered(s, t, fixed, at);
    return finish(&q);
}

node *adjoint_at(sweep *s, node *n, node *const *subs)
{
    adjoint *a = map_get(&s->adjoints, n);
    node *sum = NULL;
    for (int i = 0; a && i < a->list.n; i++)
        sum = add_adjoints(s->g, sum, contribution_at(s, n, &a->list.data[i], subs));
    return sum;
}

node *adjoint_tensor(sweep *s, node *n)
{
    adjoint *a = map_get(&s->adjoints, n);
    if (n->rank == 0)
        return a ? a->value : NULL;
    var **axes = ARENA_ARRAY(s->g->mem, var *, n->rank);
    node **subs = ARENA_ARRAY(s->g->mem, node *, n->rank);
    for (int i = 0; i < n->rank; i++) {
        axes[i] = graph_axis(s->g, n->extents[i], n->op == OP_NAME ? graph_axis_hint(n->args[0], i) : NULL);
        subs[i] = axes[i]->self;
    }
    node *entry = adjoint_at(s, n, subs);
    return entry ? graph_tensor(s->g, n->rank, axes, entry) : NULL;
}
