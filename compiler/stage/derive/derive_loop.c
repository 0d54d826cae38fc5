/* The adjoint of a loop: a loop backwards over the kept states.
 *
 *   forward    s <- f(t, s, x) for t = lo .. hi-1, keeping s at the start of each pass in a stack
 *   backward   for r = 0 .. hi-lo-1, t = hi-1-r, with s = stack[t-lo]:
 *                  x_bar += w f_x,   s_bar <- w f_s + (adjoint of what the pass yields),   w the s_bar before
 *
 * x are the nodes outside of the loop that its body reads: their adjoints are summed in place, as further states. Where
 * a pass reads x at a subscript of its own (x[t]), what it adds is stacked instead, one entry per pass. */
#include <assert.h>

#include "stage/derive/derive_keep.h"
#include "stage/derive/derive_reverse.h"

typedef struct loop_sweep {
    sweep *s;
    graph *g;
    node *loop;
    int n;      /* states */
    var **vars; /* t, states; opened */
    node **nexts;
    bool *active;
    const extent *passes;
    bool exact; /* passes is the number of passes, not only a bound */
    node *lo, *hi;
    node *trips;
    sweep body;
    targets targets;
    /* the backward loop */
    var *r;
    VEC(node *) inits;
    VEC(var *) state_vars; /* r first */
    VEC(node *) state_nexts;
    VEC(node *) owners; /* per backward state: what its final value is the adjoint of */
    var **bars;         /* per active state */
    node **by;          /* what t and the states are in the backward pass */
    kept_rows rows;     /* what else the backward pass reads */
} loop_sweep;

static node *subtract(graph *g, node *a, node *b)
{
    return node_is_number(b, 0) ? a : graph_bin(g, OP_SUB, a, b);
}

/* A state is active when it depends on a target, directly or through other states. */
static void find_active(loop_sweep *l)
{
    arena *mem = l->g->mem;
    l->active = ARENA_ARRAY(mem, bool, l->n + 1);
    VEC(node *) at = {0};
    for (int i = 0; i < l->s->targets->n; i++)
        vec_push(mem, &at, l->s->targets->at[i]);
    for (bool changed = true; changed;) {
        changed = false;
        targets_init(&l->targets, mem, at.n, at.data);
        for (int k = 0; k < l->n; k++) {
            if (l->active[k] || !elem_is_float(l->vars[k + 1]->elem))
                continue;
            if (targets_reach(l->s->targets, l->loop->args[2 + k]) || targets_reach(&l->targets, l->nexts[k])) {
                l->active[k] = changed = true;
                vec_push(mem, &at, l->vars[k + 1]->self);
            }
        }
    }
}

static void open_loop(loop_sweep *l, sweep *s, node *loop)
{
    graph *g = s->g;
    *l = (loop_sweep){.s = s, .g = g, .loop = loop, .n = loop->ninner, .lo = loop->args[0], .hi = loop->args[1]};
    l->vars = ARENA_ARRAY(g->mem, var *, loop->nvars);
    l->nexts = ARENA_ARRAY(g->mem, node *, l->n + 1);
    graph_open(g, loop, l->vars, l->nexts);
    l->passes = trip_bound(s->d, loop);
    push_loop_range(s->d, l->vars[0], l->lo, l->hi);
    l->trips = graph_rule(g, loop).conditional ? graph_passes(g, loop) : subtract(g, l->hi, l->lo);
    l->exact = graph_extent(g, l->trips) != NULL;
    l->r = graph_param(g, ELEM_INT, 0, NULL, "r");
    vec_push(g->mem, &l->state_vars, l->r);
}

/* Opened with the same variables as the loop. */
static node *stack_expr(loop_sweep *l, node *stack)
{
    node **by = ARENA_ARRAY(l->g->mem, node *, l->n + 1), *e;
    for (int i = 0; i <= l->n; i++)
        by[i] = l->vars[i]->self;
    graph_apply(l->g, stack, by, &e);
    return e;
}

/* tensor(k) t[first, k] */
static node *slice(graph *g, node *t, node *first)
{
    var **axes = ARENA_ARRAY(g->mem, var *, t->rank);
    node **subs = ARENA_ARRAY(g->mem, node *, t->rank);
    subs[0] = first;
    for (int i = 1; i < t->rank; i++) {
        axes[i - 1] = graph_axis(g, t->extents[i], NULL);
        subs[i] = axes[i - 1]->self;
    }
    return graph_tensor(g, t->rank - 1, axes, graph_access(g, t, subs));
}

static void seed_states(loop_sweep *l, node_list *users, node_list *roots)
{
    graph *g = l->g;
    l->bars = ARENA_ARRAY(g->mem, var *, l->n + 1);
    for (int k = 0; k < l->n; k++) {
        if (!l->active[k])
            continue;
        const var *v = l->vars[k + 1];
        l->bars[k] = graph_param(g, v->elem, v->rank, v->extents, v->name);
        node *init = NULL;
        for (int i = 0; i < users->n; i++)
            if (users->data[i]->op == OP_OUT && users->data[i]->integer == k)
                init = adjoint_tensor(l->s, users->data[i]);
        vec_push(g->mem, &l->inits, init ? init : graph_zeros_like(g, v->self));
        vec_push(g->mem, &l->state_vars, l->bars[k]);
        vec_push(g->mem, &l->owners, l->loop->args[2 + k]);
        sweep_root(&l->body, l->nexts[k], l->bars[k]->self);
        vec_push(g->mem, roots, l->nexts[k]);
    }
}

static void seed_stacks(loop_sweep *l, node_list *users, node_list *roots)
{
    node *pass = subtract(l->g, l->vars[0]->self, l->lo);
    for (int i = 0; i < users->n; i++) {
        if (users->data[i]->op != OP_STACK)
            continue;
        node *e = stack_expr(l, users->data[i]);
        node *bar = adjoint_tensor(l->s, users->data[i]);
        sweep_root(&l->body, e, slice(l->g, bar, pass));
        vec_push(l->g->mem, roots, e);
    }
}

/* In the backward pass t is hi-1-r, and the states are what the forward loop had at the start of pass t. */
static void set_replacements(loop_sweep *l)
{
    graph *g = l->g;
    l->by = ARENA_ARRAY(g->mem, node *, l->n + 1);
    node *end = graph_rule(g, l->loop).conditional ? l->trips : l->hi;
    node *last = graph_bin(g, OP_SUB, end, graph_int(g, 1));
    l->by[0] = graph_bin(g, OP_SUB, last, l->r->self);
    node *pass = graph_bin(g, OP_SUB, graph_bin(g, OP_SUB, l->trips, graph_int(g, 1)), l->r->self);
    l->rows = (kept_rows){.loop = l->loop,
                          .passes = l->passes,
                          .nvars = l->n + 1,
                          .nstates = l->n,
                          .vars = l->vars,
                          .nbars = l->state_vars.n,
                          .bars = l->state_vars.data,
                          .pass = pass};
    for (int k = 0; k < l->n; k++) {
        node *tape = graph_tape(g, l->loop, l->passes, l->vars, l->vars[k + 1]->self);
        l->by[k + 1] = slice(g, tape, pass);
    }
}

static node *backward(loop_sweep *l, node *n)
{
    bool keeps = graph_rule(l->g, l->loop).checkpoint.kind == KEEP_DEFAULT;
    return graph_subst(l->g, keeps ? keep_values(l->g, &l->rows, n) : n, l->n + 1, l->vars, l->by);
}

static node *add_tensors(graph *g, node *a, node *b)
{
    var **axes = ARENA_ARRAY(g->mem, var *, a->rank + 1);
    int rank = a->rank;
    node *x = graph_entry(g, a, axes);
    return graph_tensor(g, rank, axes, graph_bin(g, OP_ADD, x, graph_access_vars(g, b, axes)));
}

static void accumulate(loop_sweep *l, node *owner, node *w)
{
    graph *g = l->g;
    var *sum = graph_param(g, owner->elem, owner->rank, owner->extents, owner->hint);
    vec_push(g->mem, &l->inits, graph_zeros_like(g, owner));
    vec_push(g->mem, &l->state_vars, sum);
    vec_push(g->mem, &l->owners, owner);
    vec_push(g->mem, &l->state_nexts, add_tensors(g, sum->self, backward(l, w)));
}

typedef struct stacked {
    node *owner;
    contribution c;
} stacked;

typedef VEC(stacked) stacked_list;

/* x[t]: each pass adds at a place of its own. */
static bool is_own_place(const loop_sweep *l, const node *t, const contribution *c)
{
    bool own = false;
    if (c->filter)
        return false;
    for (int i = 0; i < c->naxes; i++)
        if (!c->axes[i]->extent)
            return false;
    for (int i = 0; i < t->rank; i++) {
        int64_t coef;
        node *rest;
        if (node_depends_any(c->subs[i], l->n, l->vars + 1))
            return false;
        own |= affine_split(l->g, c->subs[i], l->vars[0], &coef, &rest);
    }
    return own;
}

/* Contributions of a pass to the nodes outside. */
static void collect_outer(loop_sweep *l, stacked_list *later)
{
    sweep *b = &l->body;
    for (int i = 0; i < b->touched.n; i++) {
        node *u = b->touched.data[i];
        adjoint *a = adjoint_of(b, u);
        if (!a->outside)
            continue;
        int kept = 0;
        for (int k = 0; k < a->list.n; k++) {
            if (is_own_place(l, u, &a->list.data[k]))
                vec_push(l->g->mem, later, (stacked){u, a->list.data[k]});
            else
                a->list.data[kept++] = a->list.data[k];
        }
        a->list.n = kept;
        node *w = adjoint_tensor(b, u);
        if (w)
            accumulate(l, u, w);
    }
}

/* The axes that no subscript depends on are summed over within the pass. */
static contribution sum_other_axes(loop_sweep *l, const stacked *q)
{
    arena *mem = l->g->mem;
    contribution c = q->c;
    var **other = ARENA_ARRAY(mem, var *, c.naxes + 1);
    int nother = 0;
    c.axes = ARENA_ARRAY(mem, var *, c.naxes + 1);
    c.naxes = 0;
    for (int i = 0; i < q->c.naxes; i++) {
        bool used = false;
        for (int k = 0; k < q->owner->rank; k++)
            used |= node_depends(c.subs[k], q->c.axes[i]);
        if (used)
            c.axes[c.naxes++] = q->c.axes[i];
        else
            other[nother++] = q->c.axes[i];
    }
    c.w = graph_reduce(l->g, OP_SUM, nother, other, c.w, NULL, NULL);
    return c;
}

/* owner[subs(t)] += stack of w, over all passes. */
static void contribute_stacked(loop_sweep *l, node *back, const stacked *q)
{
    graph *g = l->g;
    sweep *s = l->s;
    contribution summed = sum_other_axes(l, q);
    const contribution *c = &summed;
    node *w = backward(l, graph_tensor(g, c->naxes, c->axes, c->w));
    node *stack = graph_stack(g, back, l->passes, l->state_vars.data, w);
    var *pass = graph_axis(g, l->passes, "r");
    scope *sc = ARENA_NEW(g->mem, scope);
    *sc = (scope){.parent = s->scope, .nvars = c->naxes + 1};
    map_init(&sc->pending, g->mem);
    sc->vars = ARENA_ARRAY(g->mem, var *, c->naxes + 1);
    node **subs = ARENA_ARRAY(g->mem, node *, q->owner->rank), **at = ARENA_ARRAY(g->mem, node *, c->naxes + 1);
    sc->vars[0] = pass;
    at[0] = pass->self;
    for (int i = 0; i < c->naxes; i++) {
        sc->vars[i + 1] = c->axes[i];
        at[i + 1] = c->axes[i]->self;
    }
    node *t = graph_subst(g, l->by[0], 1, &l->r, &pass->self);
    for (int i = 0; i < q->owner->rank; i++)
        subs[i] = graph_subst(g, c->subs[i], 1, l->vars, &t);
    if (!l->exact)
        sc->filter = graph_bin(g, OP_LT, pass->self, l->trips);
    s->scope = sc;
    contribute_access(s, q->owner, subs, graph_access(g, stack, at));
    s->scope = sc->parent;
}

void reverse_loop(sweep *s, node *loop, node_list *users)
{
    loop_sweep l;
    node_list roots = {0};
    stacked_list later = {0};
    graph *g = s->g;
    open_loop(&l, s, loop);
    find_active(&l);
    sweep_init(&l.body, s->d, &l.targets);
    l.body.scope = ARENA_NEW(g->mem, scope);
    l.body.nleaf_vars = l.n + 1;
    l.body.leaf_vars = l.vars;
    seed_states(&l, users, &roots);
    seed_stacks(&l, users, &roots);
    sweep_run(&l.body, roots.n, roots.data);
    set_replacements(&l);
    for (int k = 0; k < l.n; k++) {
        if (!l.active[k])
            continue;
        node *w = has_adjoint(&l.body, l.vars[k + 1]->self) ? adjoint_tensor(&l.body, l.vars[k + 1]->self) : NULL;
        vec_push(g->mem, &l.state_nexts, w ? backward(&l, w) : graph_zeros_like(g, l.vars[k + 1]->self));
    }
    collect_outer(&l, &later);
    node *back = graph_loop(g, (loop_rule){.checkpoint = graph_rule(g, loop).checkpoint}, graph_int(g, 0), l.trips,
                            l.inits.n, l.inits.data, l.state_vars.data, l.state_nexts.data);
    for (int i = 0; i < l.owners.n; i++)
        if (targets_reach(s->targets, l.owners.data[i]))
            contribute_tensor(s, l.owners.data[i], graph_out(g, back, i));
    for (int i = 0; i < later.n; i++)
        contribute_stacked(&l, back, &later.data[i]);
}
