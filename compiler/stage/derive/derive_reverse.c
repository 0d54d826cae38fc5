/* Reverse mode: nodes in reverse topological order, each handing its adjoint to its arguments by its rule. */
#include "stage/derive/derive_reverse.h"

#include <assert.h>

#include "stage/derive/derive_call.h"

void sweep_init(sweep *s, derivation *d, targets *t)
{
    *s = (sweep){.d = d, .g = d->g, .targets = t};
    map_init(&s->adjoints, d->g->mem);
    map_init(&s->loop_users, d->g->mem);
    map_init(&s->solved, d->g->mem);
}

static bool has_canonical(const node *n)
{
    for (int i = 0; i < n->nfree; i++)
        if (n->free[i]->level)
            return true;
    return false;
}

/* A tensor that is too large to be stored, that nothing names as a target. */
static bool is_large(const sweep *s, const node *n)
{
    if (n->op == OP_NAME) {
        for (int i = 0; i < s->targets->n; i++)
            if (s->targets->at[i] == n)
                return false;
        return is_large(s, n->args[0]);
    }
    return n->op == OP_TENSOR && !volume_is_affordable(&s->d->rule, graph_volume(s->g, n->rank, n->extents));
}

/* Large tensors are differentiated pass by pass: their adjoint is never kept. */
bool is_outside(sweep *s, const node *n)
{
    return s->leaf_vars && !home_scope(s, n)->parent && !node_depends_any(n, s->nleaf_vars, s->leaf_vars) &&
           !is_large(s, n);
}

typedef struct ordering {
    sweep *s;
    scope *sc;
    map seen, scanned;
    map stacks; /* loop -> node_list of its stack nodes */
} ordering;

/* Which stacks each loop fills: they are reversed with the loop. */
static void find_stacks(ordering *o, node *n)
{
    static char seen;
    if (n->nargs == 0 || map_get(&o->scanned, n))
        return;
    map_set(&o->scanned, n, &seen);
    if (!has_canonical(n) && home_scope(o->s, n) != o->sc)
        return;
    for (int i = 0; i < n->nargs; i++)
        find_stacks(o, n->args[i]);
    if (node_is_solver(n) && !has_canonical(n))
        find_stacks(o, solved(o->s, n));
    if (n->op != OP_STACK)
        return;
    node_list *list = map_get(&o->stacks, n->args[0]);
    if (!list) {
        list = ARENA_NEW(o->s->g->mem, node_list);
        map_set(&o->stacks, n->args[0], list);
    }
    vec_push(o->s->g->mem, list, n);
}

/* Postorder of the nodes that belong to the scope, looking through closed bodies. */
static void visit(ordering *o, node *n)
{
    static char seen;
    if (n->nargs == 0 || map_get(&o->seen, n))
        return;
    map_set(&o->seen, n, &seen);
    bool inside = has_canonical(n);
    if (!inside &&
        (is_outside(o->s, n) || home_scope(o->s, n) != o->sc || (n->op != OP_LOOP && !targets_reach(o->s->targets, n))))
        return;
    for (int i = 0; i < n->nargs; i++)
        visit(o, n->args[i]);
    if (node_is_solver(n) && !inside)
        visit(o, solved(o->s, n));
    const node_list *stacks = n->op == OP_LOOP ? map_get(&o->stacks, n) : NULL;
    for (int i = 0; stacks && i < stacks->n; i++)
        visit(o, stacks->data[i]->args[1]);
    if (!inside)
        vec_push(o->s->g->mem, &o->sc->order, n);
}

static void process(sweep *s, node *n);

static void run_scope(sweep *s, int n, node *const *roots)
{
    ordering o = {.s = s, .sc = s->scope};
    map_init(&o.seen, s->g->mem);
    map_init(&o.scanned, s->g->mem);
    map_init(&o.stacks, s->g->mem);
    for (int i = 0; i < n; i++)
        find_stacks(&o, roots[i]);
    for (int i = 0; i < n; i++)
        visit(&o, roots[i]);
    for (int i = s->scope->order.n - 1; i >= 0; i--)
        process(s, s->scope->order.data[i]);
}

static void push_scope(sweep *s, int nvars, var **vars, node *filter, node **ranges)
{
    scope *sc = ARENA_NEW(s->g->mem, scope);
    *sc = (scope){.parent = s->scope, .nvars = nvars, .vars = vars, .filter = filter, .ranges = ranges};
    map_init(&sc->pending, s->g->mem);
    s->scope = sc;
}

/* Differentiates what the body of the scope depends on. */
static void run_pushed(sweep *s, node *body)
{
    scope *sc = s->scope;
    run_scope(s, 1, &body);
    flush_scope(s, sc);
    s->scope = sc->parent;
}

/* Differentiates a body: its value has adjoint w at each point of the axes. */
static void run_body(sweep *s, const opened *o, int nvars, node *filter, node *w)
{
    push_scope(s, nvars, o->vars, filter, o->ranges);
    contribute_value(s, o->body, w);
    run_pushed(s, o->body);
}

/* Which of the axes the results of routines and loops in n depend on. */
static void find_whole(map *seen, const node *n, int naxes, var *const *axes, bool *whole)
{
    if (n->nargs == 0 || map_get(seen, n))
        return;
    map_set(seen, n, seen);
    for (int i = 0; n->op == OP_OUT && i < naxes; i++)
        whole[i] |= node_depends(n, axes[i]);
    for (int i = 0; i < n->nargs; i++)
        find_whole(seen, n->args[i], naxes, axes, whole);
}

/* The axes with those of results first; returns their number. */
static int sort_axes(const opened *o, int naxes, var **sorted)
{
    arena *scratch = arena_new();
    bool *whole = ARENA_ARRAY(scratch, bool, naxes);
    map seen;
    map_init(&seen, scratch);
    find_whole(&seen, o->body, naxes, o->vars, whole);
    int count = 0, n = 0;
    for (int i = 0; i < naxes; i++)
        if (whole[i])
            sorted[n++] = o->vars[i];
    count = n;
    for (int i = 0; i < naxes; i++)
        if (!whole[i])
            sorted[n++] = o->vars[i];
    arena_free(scratch);
    return count;
}

/* run_body, where the body reads results at each point of some of the axes: these are differentiated as a whole there,
 * not entry by entry at the points of all axes. False, and nothing done: it reads none. */
static bool run_in_turn(sweep *s, const opened *o, int nvars, node *filter, node *w)
{
    graph *g = s->g;
    var **axes = ARENA_ARRAY(g->mem, var *, nvars);
    int outer = sort_axes(o, nvars, axes), inner = nvars - outer;
    if (outer == 0 || inner == 0)
        return false;
    for (int i = 0; i < nvars; i++)
        if (!axes[i]->extent)
            return false;
    node *at = filter ? graph_select(g, filter, w, graph_real(g, w->elem, 0)) : w;
    node *whole = graph_tensor(g, inner, axes + outer, o->body);
    push_scope(s, outer, axes, NULL, NULL);
    contribute_tensor(s, whole, graph_tensor(g, inner, axes + outer, at));
    run_pushed(s, whole);
    return true;
}

static void reverse_select(sweep *s, node *n, node *w)
{
    node *zero = graph_real(s->g, w->elem, 0);
    contribute_value(s, n->args[1], graph_select(s->g, n->args[0], w, zero));
    contribute_value(s, n->args[2], graph_select(s->g, n->args[0], zero, w));
}

static void reverse_point(sweep *s, node *n, node *w)
{
    graph *g = s->g;
    if (n->op == OP_SELECT) {
        reverse_select(s, n, w);
        return;
    }
    for (int k = 0; k < n->nargs; k++) {
        node *a = n->args[k];
        if (!targets_reach(s->targets, a))
            continue;
        bool singular;
        node *p = partial(g, n, k, &singular);
        if (!p)
            continue;
        node *wa = chain(g, w, p, singular);
        if (wa->elem != a->elem)
            wa = graph_un(g, a->elem == ELEM_F32 ? OP_TO_F32 : OP_TO_F64, wa);
        contribute_value(s, a, wa);
    }
}

static void reverse_reduce(sweep *s, node *n, node *w)
{
    opened o;
    node *extra;
    open_binder(s->g, n, &o);
    node *weight = reduction_weight(s->g, n, &o, &extra);
    if (!weight)
        return;
    node *filter = !extra ? o.filter : !o.filter ? extra : graph_bin(s->g, OP_AND, o.filter, extra);
    node *wa = chain(s->g, w, weight, false);
    if (!run_in_turn(s, &o, n->nvars, filter, wa))
        run_body(s, &o, n->nvars, filter, wa);
}

enum { ADJOINT_NODES = 80 }; /* a larger adjoint of a tensor becomes a tensor, so that chains stay linear */

/* Does it read targets at other places than its own, x[2*i+a]? Then so will what is read of its adjoint. */
static bool reads_shifted(sweep *s, map *seen, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n) || !targets_reach(s->targets, (node *)(uintptr_t)n))
        return false;
    map_set(seen, n, &mark);
    for (int i = 1; n->op == OP_ACCESS && i < n->nargs; i++)
        if (n->args[i]->op != OP_VAR && n->args[i]->nfree)
            return true;
    for (int i = 0; i < n->nargs; i++)
        if (reads_shifted(s, seen, n->args[i]))
            return true;
    return false;
}

static bool holds_reduction(map *seen, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    bool holds = node_is_reduce(n);
    for (int i = n->op == OP_ACCESS; i < n->nargs && !holds; i++)
        holds = holds_reduction(seen, n->args[i]);
    return holds;
}

/* The adjoint w of tensor n, as a tensor where it is large or would be computed again at shifted places. */
static node *cut(sweep *s, const node *n, const opened *o, node *w)
{
    arena *scratch = arena_new();
    map seen, reads;
    map_init(&seen, scratch);
    map_init(&reads, scratch);
    bool large = graph_count(w, ADJOINT_NODES + 1, true) > ADJOINT_NODES;
    bool again = !large && holds_reduction(&seen, w) && reads_shifted(s, &reads, o->body) &&
                 volume_is_affordable(&s->d->rule, graph_volume(s->g, n->rank, n->extents));
    arena_free(scratch);
    if (!large && !again)
        return w;
    return graph_access_vars(s->g, graph_tensor(s->g, n->rank, o->vars, w), o->vars);
}

static void reverse_tensor(sweep *s, node *n)
{
    opened o;
    open_binder(s->g, n, &o);
    node **subs = ARENA_ARRAY(s->g->mem, node *, n->rank);
    for (int i = 0; i < n->rank; i++)
        subs[i] = o.vars[i]->self;
    node *w = adjoint_at(s, n, subs);
    if (w && !run_in_turn(s, &o, n->nvars, NULL, w))
        run_body(s, &o, n->nvars, NULL, cut(s, n, &o, w));
}

static void reverse_scatter(sweep *s, node *n)
{
    opened o;
    open_binder(s->g, n, &o);
    node *w = adjoint_at(s, n, o.inner + 2);
    if (w)
        run_body(s, &o, n->nvars, o.filter, w);
}

static void reverse_custom(sweep *s, node *n, node *w)
{
    int count = n->ninner;
    node **by = ARENA_ARRAY(s->g->mem, node *, count + 1), **adjoints = ARENA_ARRAY(s->g->mem, node *, count + 1);
    for (int i = 0; i < count; i++)
        by[i] = n->args[1 + i];
    by[count] = w;
    graph_apply(s->g, n, by, adjoints);
    for (int i = 0; i < count; i++)
        if (targets_reach(s->targets, n->args[1 + i]))
            contribute_tensor(s, n->args[1 + i], adjoints[i]);
}

/* Nothing where the call is not wanted, whatever its operands are there. */
static node *where_wanted(graph *g, const node *call, node *w)
{
    node *wanted = graph_call_wanted(call);
    if (node_is_number(wanted, 1))
        return w;
    var **axes = ARENA_ARRAY(g->mem, var *, w->rank);
    node *entry = graph_entry(g, w, axes);
    node *masked = graph_select(g, wanted, entry, graph_real(g, entry->elem, 0));
    return graph_tensor(g, w->rank, axes, masked);
}

static void reverse_call(sweep *s, node *n, node_list *users)
{
    node *weights[MAX_OPERANDS] = {NULL}, *adjoints[MAX_OPERANDS] = {NULL};
    for (int i = 0; i < users->n; i++)
        weights[users->data[i]->integer] = adjoint_tensor(s, users->data[i]);
    call_adjoints(s->g, n, weights, adjoints);
    for (int i = 0; i < graph_call_operands(n); i++)
        if (adjoints[i] && targets_reach(s->targets, n->args[i]))
            contribute_tensor(s, n->args[i], where_wanted(s->g, n, adjoints[i]));
}

static void note_loop_user(sweep *s, node *n)
{
    node_list *users = map_get(&s->loop_users, n->args[0]);
    if (!users) {
        users = ARENA_NEW(s->g->mem, node_list);
        map_set(&s->loop_users, n->args[0], users);
    }
    vec_push(s->g->mem, users, n);
}

static void reverse_name(sweep *s, node *n)
{
    node *w = adjoint_tensor(s, n);
    if (targets_reach(s->targets, n->args[0]))
        contribute_tensor(s, n->args[0], w);
}

static void process(sweep *s, node *n)
{
    s->g->at = n->at;
    node_list *users = n->op == OP_LOOP || n->op == OP_CALL ? map_get(&s->loop_users, n) : NULL;
    if (users)
        (n->op == OP_LOOP ? reverse_loop : reverse_call)(s, n, users);
    if (!has_adjoint(s, n))
        return;
    if (n->op == OP_OUT || n->op == OP_STACK)
        note_loop_user(s, n);
    else if (n->op == OP_TENSOR)
        reverse_tensor(s, n);
    else if (n->op == OP_SCATTER)
        reverse_scatter(s, n);
    else if (n->op == OP_NAME)
        reverse_name(s, n);
    else if (n->op == OP_CUSTOM)
        reverse_custom(s, n, adjoint_tensor(s, n));
    else if (node_is_solver(n))
        reverse_solver(s, n, adjoint_tensor(s, n));
    else if (n->op == OP_ACCESS)
        contribute_access(s, n->args[0], n->args + 1, adjoint_of(s, n)->value);
    else if (node_is_reduce(n))
        reverse_reduce(s, n, adjoint_of(s, n)->value);
    else if (node_is_point(n))
        reverse_point(s, n, adjoint_of(s, n)->value);
}

void sweep_root(sweep *s, node *e, node *w)
{
    contribute_tensor(s, e, w);
}

void sweep_run(sweep *s, int n, node *const *roots)
{
    run_scope(s, n, roots);
}

void reverse(derivation *d, node *e, node *w, int n, node *const *at, node **results)
{
    targets t;
    sweep s;
    targets_init(&t, d->g->mem, n, at);
    sweep_init(&s, d, &t);
    s.scope = ARENA_NEW(d->g->mem, scope);
    if (targets_reach(&t, e)) {
        sweep_root(&s, e, w);
        sweep_run(&s, 1, &e);
    }
    for (int i = 0; i < n; i++) {
        results[i] = has_adjoint(&s, at[i]) ? adjoint_tensor(&s, at[i]) : NULL;
        if (!results[i])
            results[i] = graph_zeros_like(d->g, at[i]);
    }
}
