/* The walk: a round replaces the derivative nodes that hold no other. */
#include "stage/derive/derive.h"

#include "stage/derive/derive_state.h"

void targets_init(targets *t, arena *mem, int n, node *const *at)
{
    *t = (targets){.n = n, .mem = mem};
    t->at = ARENA_ARRAY(mem, node *, n + 1);
    for (int i = 0; i < n; i++)
        t->at[i] = at[i];
    map_init(&t->reached, mem);
}

static bool is_target(const targets *t, const node *n)
{
    for (int i = 0; i < t->n; i++)
        if (t->at[i] == n)
            return true;
    return false;
}

/* Does a derivative go through argument k? The value of a custom node is reached through its arguments, and what a
 * solver finds depends on what it starts with only where that is the right-hand side. */
static bool goes_through(const node *n, int k)
{
    if (n->op == OP_CUSTOM)
        return k > 0 && k < n->nargs - n->ninner;
    return !node_is_solver(n) || k == SOLVER_FUNCTIONS || (k == 0 && n->op == OP_CG);
}

bool targets_reach(targets *t, node *n)
{
    static const char yes, no;
    if (is_target(t, n))
        return true;
    if ((!elem_is_float(n->elem) && n->op != OP_LOOP) || n->op == OP_STOP || n->nargs == 0)
        return false;
    const char *known = map_get(&t->reached, n);
    if (known)
        return known == &yes;
    bool reached = false;
    for (int i = 0; i < n->nargs && !reached; i++)
        reached = goes_through(n, i) && targets_reach(t, n->args[i]);
    map_set(&t->reached, n, (void *)(uintptr_t)(reached ? &yes : &no));
    return reached;
}

void push_loop_range(derivation *d, const var *t, const node *lo, const node *hi)
{
    affine_range r = {t, graph_extent(d->g, lo), graph_extent(d->g, hi)};
    if (r.lo && r.hi)
        vec_push(d->g->mem, &d->ranges, r);
}

/* e with the indices of outer loops replaced by the end of their range that makes it largest (or smallest). */
static const extent *bound(derivation *d, const node *n, bool upper)
{
    graph *g = d->g;
    const extent *exact = graph_extent(g, n), *a, *b;
    if (exact)
        return exact;
    if (n->op == OP_VAR) {
        for (int i = 0; i < d->ranges.n; i++)
            if (d->ranges.data[i].v == n->var)
                return upper ? extent_sub(d->ranges.data[i].hi, extent_const(g->pool, 1)) : d->ranges.data[i].lo;
        return NULL;
    }
    switch (n->op) {
    case OP_NAME:
        return bound(d, n->args[0], upper);
    case OP_OUT: /* the passes that a loop made */
        if (n->args[0]->op != OP_LOOP || n->integer < n->args[0]->ninner)
            return NULL;
        a = bound(d, n->args[0]->args[0], !upper);
        b = bound(d, n->args[0]->args[1], upper);
        return !upper ? extent_const(g->pool, 0) : a && b ? extent_sub(b, a) : NULL;
    case OP_ADD:
        a = bound(d, n->args[0], upper);
        b = bound(d, n->args[1], upper);
        return a && b ? extent_add(a, b) : NULL;
    case OP_SUB:
        a = bound(d, n->args[0], upper);
        b = bound(d, n->args[1], !upper);
        return a && b ? extent_sub(a, b) : NULL;
    case OP_MUL:
        a = graph_extent(g, n->args[0]);
        b = bound(d, n->args[1], upper);
        if (a && b && extent_is_nonneg(a))
            return extent_mul(a, b);
        a = graph_extent(g, n->args[1]);
        b = bound(d, n->args[0], upper);
        return a && b && extent_is_nonneg(a) ? extent_mul(a, b) : NULL;
    case OP_MIN: /* one bound from above suffices */
    case OP_MAX:
        a = bound(d, n->args[0], upper);
        b = bound(d, n->args[1], upper);
        if ((n->op == OP_MIN) == upper)
            return a ? a : b;
        return a == b ? a : NULL;
    case OP_IDIV:
        a = bound(d, n->args[0], upper);
        return upper && a && node_is_const(n->args[1], NULL) && n->args[1]->integer >= 1 ? a : NULL;
    default:
        return NULL;
    }
}

const extent *trip_bound(derivation *d, const node *loop)
{
    const extent *lo = bound(d, loop->args[0], false), *hi = bound(d, loop->args[1], true);
    if (lo && hi)
        return extent_sub(hi, lo);
    d->error->message =
        "the number of passes of this loop is not known from sizes and int arguments, so the states that "
        "its derivative needs have no bound";
    d->error->at = loop->at;
    return extent_const(d->g->pool, 0);
}

typedef struct expansion {
    derivation d;
    map done;
    map holds; /* node -> &yes or &no: a derivative node below it */
    bool left; /* a derivative of a derivative: for the next round */
} expansion;

static bool is_derivative(const node *n)
{
    return n->op == OP_VJP || n->op == OP_JVP;
}

static bool holds_derivative(expansion *x, const node *n)
{
    static const char yes, no;
    if (n->nargs == 0)
        return false;
    const char *known = map_get(&x->holds, n);
    if (known)
        return known == &yes;
    bool holds = false;
    for (int i = 0; i < n->nargs && !holds; i++)
        holds = is_derivative(n->args[i]) || holds_derivative(x, n->args[i]);
    map_set(&x->holds, n, (void *)(uintptr_t)(holds ? &yes : &no));
    return holds;
}

static node *expand(void *data, node *n);

static node **expand_vjp(expansion *x, node *pack)
{
    node **results = map_get(&x->done, pack);
    if (!results) {
        int n = pack->nargs - 2;
        results = ARENA_ARRAY(x->d.g->mem, node *, n + 1);
        node **args = ARENA_ARRAY(x->d.g->mem, node *, pack->nargs);
        for (int i = 0; i < pack->nargs; i++)
            args[i] = expand(x, pack->args[i]);
        reverse(&x->d, args[0], args[1], n, args + 2, results);
        map_set(&x->done, pack, results);
    }
    return results;
}

static node *expand_jvp(expansion *x, node *n)
{
    int count = (n->nargs - 1) / 2;
    node **args = ARENA_ARRAY(x->d.g->mem, node *, n->nargs);
    for (int i = 0; i < n->nargs; i++)
        args[i] = expand(x, n->args[i]);
    return forward(&x->d, args[0], count, args + 1, args + 1 + count);
}

/* Loops are opened here so that the range of the index is known to inner loops. */
static node *expand_args(expansion *x, node *n)
{
    if (n->op != OP_LOOP && n->op != OP_STACK)
        return graph_map_args(x->d.g, n, expand, x);
    graph *g = x->d.g;
    const node *loop = n->op == OP_LOOP ? n : n->args[0];
    int outer = n->nargs - n->ninner;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    for (int i = 0; i < outer; i++)
        args[i] = expand(x, n->args[i]);
    opening *o = graph_enter(g, n);
    push_loop_range(&x->d, o->vars[0], loop->args[0], loop->args[1]);
    for (int i = outer; i < n->nargs; i++)
        args[i] = expand(x, o->inner[i - outer]);
    return graph_leave(g, n, o, args);
}

static node *expand(void *data, node *n)
{
    expansion *x = data;
    if (n->nargs == 0)
        return n;
    bool later = is_derivative(n) && holds_derivative(x, n);
    x->left |= later;
    if (n->op == OP_OUT && n->args[0]->op == OP_VJP && !holds_derivative(x, n->args[0]))
        return expand_vjp(x, n->args[0])[n->integer];
    node *r = map_get(&x->done, n);
    if (r)
        return r;
    r = n->op == OP_JVP && !later ? expand_jvp(x, n) : expand_args(x, n);
    map_set(&x->done, n, r);
    return r;
}

typedef struct stripping {
    graph *g;
    map done;
} stripping;

static node *strip(void *data, node *n)
{
    stripping *s = data;
    if (n->nargs == 0)
        return n;
    node *r = map_get(&s->done, n);
    if (r)
        return r;
    r = n->op == OP_NAME || n->op == OP_CUSTOM ? strip(s, n->args[0]) : graph_map_args(s->g, n, strip, s);
    if (n->op == OP_NAME && !r->hint)
        r->hint = n->hint;
    map_set(&s->done, n, r);
    return r;
}

bool derive(graph *g, graph_fn *f, derive_error *error)
{
    expansion x = {.d = {.g = g, .error = error}};
    volume_rule_init(&x.d.rule, g, f);
    map_init(&x.done, g->mem);
    map_init(&x.holds, g->mem);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = expand(&x, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = expand(&x, f->checks.data[i].ok);
    return x.left && !error->message;
}

void derive_finish(graph *g, graph_fn *f)
{
    stripping s = {.g = g};
    map_init(&s.done, g->mem);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = strip(&s, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = strip(&s, f->checks.data[i].ok);
}
