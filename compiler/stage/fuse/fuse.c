/* Unrolling of short reductions, inlining of tensors that are not stored. */
#include "stage/fuse/fuse.h"

#include "stage/fuse/fuse_size.h"

enum {
    UNROLL_TERMS = 16,       /* entries of a reduction that is written out */
    UNROLL_TERMS_NESTED = 4, /* ... when its body holds a reduction itself */
    UNROLL_NODES = 2500,     /* a larger body is not written out: derivatives of it would be copied again and again */
    LARGE = 300, /* nodes of an entry that is stored even where it is used once: compile time stays linear */
    CHEAP = 6    /* operations of a tensor's entry that is computed again rather than stored */
};

typedef struct rewriting {
    graph *g;
    graph_fn *f;
    map done;
    node *(*rule)(struct rewriting *, node *);
} rewriting;

static node *rewrite(void *data, node *n)
{
    rewriting *r = data;
    if (n->nargs == 0)
        return n;
    node *known = map_get(&r->done, n);
    if (!known) {
        loc at = r->g->at;
        r->g->at = n->at;
        known = r->rule(r, graph_map_args(r->g, n, rewrite, r));
        r->g->at = at;
        map_set(&r->done, n, known);
    }
    return known;
}

static void rewrite_fn(rewriting *r, graph *g, graph_fn *f)
{
    r->g = g;
    r->f = f;
    map_init(&r->done, g->mem);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = rewrite(r, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = rewrite(r, f->checks.data[i].ok);
}

/* ---- unrolling ---- */

static bool contains_heavy(const node *n, int depth)
{
    if (node_is_reduce(n) || n->op == OP_LOOP || n->op == OP_CALL || n->op == OP_SCATTER || node_is_solver(n))
        return true;
    for (int i = 0; i < n->nargs && depth > 0; i++)
        if (contains_heavy(n->args[i], depth - 1))
            return true;
    return false;
}

/* Constant axes of few entries, the ones to write out. */
static int64_t short_axes(const node *n, bool *is_short)
{
    int64_t total = 1, size;
    int64_t limit = contains_heavy(n->args[0], 6) ? UNROLL_TERMS_NESTED : UNROLL_TERMS;
    limit = graph_count(n->args[0], UNROLL_NODES + 1, true) > UNROLL_NODES ? 0 : limit;
    for (int i = 0; i < n->nvars; i++) {
        is_short[i] =
            n->vars[i]->extent && extent_is_const(n->vars[i]->extent, &size) && size >= 1 && size * total <= limit;
        if (is_short[i])
            total *= size;
    }
    return total;
}

static bool can_unroll(graph *g, const node *n)
{
    bool *is_short = ARENA_ARRAY(g->mem, bool, n->nvars + 1);
    if ((n->op != OP_SUM && n->op != OP_PROD && n->op != OP_ANY && n->op != OP_ALL) || node_dynamic_axes(n))
        return false;
    short_axes(n, is_short);
    for (int i = 0; i < n->nvars; i++)
        if (is_short[i])
            return true;
    return false;
}

static node *combine_terms(graph *g, op o, node *a, node *b)
{
    static const op pointwise[OP_COUNT] = {[OP_SUM] = OP_ADD, [OP_PROD] = OP_MUL, [OP_ANY] = OP_OR, [OP_ALL] = OP_AND};
    return a ? graph_bin(g, pointwise[o], a, b) : b;
}

static node *unroll(rewriting *r, node *n)
{
    graph *g = r->g;
    if (!can_unroll(g, n))
        return n;
    bool *is_short = ARENA_ARRAY(g->mem, bool, n->nvars);
    int64_t total = short_axes(n, is_short);
    var **vars = ARENA_ARRAY(g->mem, var *, n->nvars), **rest = ARENA_ARRAY(g->mem, var *, n->nvars);
    node **inner = ARENA_ARRAY(g->mem, node *, n->ninner), *sum = NULL;
    graph_open(g, n, vars, inner);
    var **unrolled = ARENA_ARRAY(g->mem, var *, n->nvars);
    node **by = ARENA_ARRAY(g->mem, node *, n->nvars);
    int nrest = 0, count = 0;
    for (int i = 0; i < n->nvars; i++)
        *(is_short[i] ? &unrolled[count++] : &rest[nrest++]) = vars[i];
    for (int64_t k = 0; k < total; k++) {
        int64_t place = k;
        for (int i = count - 1; i >= 0; i--) {
            int64_t size;
            extent_is_const(unrolled[i]->extent, &size);
            by[i] = graph_int(g, place % size);
            place /= size;
        }
        node *body = graph_subst(g, inner[0], count, unrolled, by);
        node *filter = graph_subst(g, inner[1], count, unrolled, by);
        if (node_is_number(filter, 1))
            filter = NULL;
        sum = combine_terms(g, n->op, sum, graph_reduce(g, n->op, nrest, rest, body, filter, NULL));
    }
    return sum;
}

static bool holds_short(graph *g, map *seen, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    if (can_unroll(g, n))
        return true;
    for (int i = 0; i < n->nargs; i++)
        if (holds_short(g, seen, n->args[i]))
            return true;
    return false;
}

bool fuse_unroll(graph *g, graph_fn *f)
{
    rewriting r = {.rule = unroll};
    map seen;
    bool any = false;
    map_init(&seen, g->mem);
    for (int i = 0; i < f->nouts; i++)
        any = any || holds_short(g, &seen, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        any = any || holds_short(g, &seen, f->checks.data[i].ok);
    if (any)
        rewrite_fn(&r, g, f);
    return any;
}

/* ---- inlining ---- */

typedef struct inlining {
    graph *g;
    fuse_sizes sizes;
    fuse_uses uses;
    map done;
    bool cheap_only;
} inlining;

/* Entries that pointwise operations alone give are worth computing again in every use that takes each entry once. */
static bool is_fused(inlining *r, const node *before, const node *t)
{
    if (fuse_nodes(&r->sizes, t, LARGE) >= LARGE)
        return false;
    return fuse_is_used_once(&r->uses, before) ||
           (fuse_cost(&r->sizes, t) < FUSE_HEAVY && fuse_is_used_exactly(&r->uses, before));
}

/* May be stored, when it is read at shifted places or under further axes: see fuse_lift.c. */
static bool is_affordable(inlining *r, const node *t)
{
    return volume_is_affordable(&r->sizes.rule, graph_volume(r->g, t->rank, t->extents));
}

/* An entry is read from several others of its row, and reads several itself: it takes fewer loads when it is stored. */
static bool is_read_around(inlining *r, const node *before, const node *t)
{
    int64_t size;
    for (int i = 0; i < t->rank; i++)
        if (extent_is_const(t->extents[i], &size) && size <= UNROLL_TERMS)
            return false;
    return fuse_shifted_uses(&r->uses, before) > 1 && fuse_loads(t) > 1 && fuse_is_storable(&r->sizes, t);
}

static bool should_inline(inlining *r, const node *access, const node *before, const node *t)
{
    if (fuse_cost(&r->sizes, t) <= FUSE_CHEAP && fuse_copied(&r->sizes, t, LARGE) < LARGE)
        return !is_read_around(r, before, t);
    bool storable = fuse_is_storable(&r->sizes, t);
    if (r->cheap_only) /* read at places that data give: its adjoint would be a tensor as large */
        return !storable && !fuse_is_plain(access) && !is_affordable(r, t);
    if (!storable && (fuse_is_used_exactly(&r->uses, before) || !is_affordable(r, t)))
        return true;
    return is_fused(r, before, t);
}

static node *inline_node(inlining *r, node *n);

static node *inline_args(inlining *r, node *n)
{
    graph *g = r->g;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    int outer = n->nargs - n->ninner;
    for (int i = 0; i < outer; i++)
        args[i] = inline_node(r, n->args[i]);
    if (!node_is_binder(n)) {
        g->at = n->at;
        return graph_with_args(g, n, args);
    }
    opening *o = graph_enter(g, n);
    fuse_uses_push(&r->uses, n, o->vars);
    for (int i = 0; i < n->ninner; i++)
        fuse_uses_count(&r->uses, o->inner[i]);
    for (int i = 0; i < n->ninner; i++)
        args[outer + i] = inline_node(r, o->inner[i]);
    fuse_uses_pop(&r->uses);
    g->at = n->at;
    return graph_leave(g, n, o, args);
}

static node *inline_node(inlining *r, node *n)
{
    if (n->nargs == 0)
        return n;
    node *known = map_get(&r->done, n);
    if (known)
        return known;
    known = inline_args(r, n);
    if (n->op == OP_ACCESS && known->op == OP_ACCESS && known->args[0]->op == OP_TENSOR &&
        should_inline(r, known, n->args[0], known->args[0])) {
        node *value;
        graph_apply(r->g, known->args[0], known->args + 1, &value);
        known = value;
    }
    map_set(&r->done, n, known);
    return known;
}

static void inline_fn(graph *g, graph_fn *f, bool cheap_only)
{
    inlining r = {.g = g, .cheap_only = cheap_only};
    map_init(&r.done, g->mem);
    fuse_sizes_init(&r.sizes, g, f);
    fuse_uses_init(&r.uses, g);
    for (int i = 0; i < f->nouts; i++)
        fuse_uses_count_root(&r.uses, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        fuse_uses_count_root(&r.uses, f->checks.data[i].ok);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = inline_node(&r, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = inline_node(&r, f->checks.data[i].ok);
}

void fuse_inline(graph *g, graph_fn *f)
{
    inline_fn(g, f, false);
}

void fuse_inline_cheap(graph *g, graph_fn *f)
{
    inline_fn(g, f, true);
}

void fuse_prepare(graph *g, graph_fn *f)
{
    inline_fn(g, f, true);
    fuse_lift_costly(g, f);
}
