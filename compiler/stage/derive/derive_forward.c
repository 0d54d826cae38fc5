/* Forward mode: the tangent of every node from those of its arguments; NULL is zero. */
#include <assert.h>

#include "stage/derive/derive_call.h"
#include "stage/derive/derive_state.h"

typedef struct tangents {
    derivation *d;
    graph *g;
    targets targets;
    node *const *given; /* per target */
    map done;           /* node -> tangent */
    map loops;          /* loop -> augmented */
} tangents;

typedef struct augmented {
    node *loop;
    int n;      /* states of the primal loop */
    int *place; /* state -> its tangent's state, or -1 */
    var **vars; /* fresh, of the augmented loop */
    int nvars;
} augmented;

static node *tangent(tangents *t, node *n);

static node *tangent_of_point(tangents *t, node *n)
{
    graph *g = t->g;
    node *sum = NULL;
    if (n->op == OP_SELECT) {
        node *a = tangent(t, n->args[1]), *b = tangent(t, n->args[2]), *zero = graph_real(g, n->elem, 0);
        return !a && !b ? NULL : graph_select(g, n->args[0], a ? a : zero, b ? b : zero);
    }
    for (int k = 0; k < n->nargs; k++) {
        node *v = tangent(t, n->args[k]);
        if (!v)
            continue;
        bool singular;
        node *p = partial(g, n, k, &singular);
        if (!p)
            continue;
        if (v->elem != p->elem)
            v = graph_un(g, p->elem == ELEM_F32 ? OP_TO_F32 : OP_TO_F64, v);
        sum = add_adjoints(g, sum, chain(g, v, p, singular));
    }
    return sum;
}

static node *tangent_of_reduce(tangents *t, node *n)
{
    graph *g = t->g;
    opened o;
    node *extra;
    open_binder(g, n, &o);
    node *v = tangent(t, o.body);
    if (!v)
        return NULL;
    node *weight = reduction_weight(g, n, &o, &extra);
    if (!weight)
        return NULL;
    node *filter = !extra ? o.filter : !o.filter ? extra : graph_bin(g, OP_AND, o.filter, extra);
    return graph_reduce(g, OP_SUM, n->nvars, o.vars, chain(g, v, weight, false), filter, o.ranges);
}

static node *tangent_of_binder(tangents *t, node *n)
{
    graph *g = t->g;
    opened o;
    open_binder(g, n, &o);
    node *v = tangent(t, o.body);
    if (!v)
        return NULL;
    if (n->op == OP_TENSOR)
        return graph_tensor(g, n->nvars, o.vars, v);
    return graph_scatter(g, n->rank, n->extents, n->nvars, o.vars, v, o.filter, o.inner + 2, o.ranges);
}

/* J v of a hand-written adjoint: w -> adjoint(x, w) is linear, and its transpose is J. */
static node *tangent_of_custom(tangents *t, node *n)
{
    graph *g = t->g;
    int count = n->ninner;
    node **by = ARENA_ARRAY(g->mem, node *, count + 1), **adjoints = ARENA_ARRAY(g->mem, node *, count + 1);
    node *w = by[count] = graph_name(g, graph_zeros_like(g, n));
    for (int i = 0; i < count; i++)
        by[i] = n->args[1 + i];
    graph_apply(g, n, by, adjoints);
    node *sum = NULL;
    for (int i = 0; i < count; i++) {
        node *v = tangent(t, n->args[1 + i]), *part;
        if (!v)
            continue;
        reverse(t->d, adjoints[i], v, 1, &w, &part);
        if (!sum) {
            sum = part;
            continue;
        }
        var **axes = ARENA_ARRAY(g->mem, var *, n->rank + 1);
        node *x = graph_entry(g, sum, axes);
        sum = graph_tensor(g, n->rank, axes, graph_bin(g, OP_ADD, x, graph_access_vars(g, part, axes)));
    }
    return sum;
}

/* Which states have a tangent: those whose first value has one, or whose next value comes to have one. */
static void find_places(tangents *t, augmented *a, node *loop, var **vars, node **nexts)
{
    arena *mem = t->g->mem;
    VEC(node *) at = {0};
    for (int i = 0; i < t->targets.n; i++)
        vec_push(mem, &at, t->targets.at[i]);
    for (int k = 0; k < a->n; k++)
        a->place[k] = -1;
    for (bool changed = true; changed;) {
        changed = false;
        targets reach;
        targets_init(&reach, mem, at.n, at.data);
        for (int k = 0; k < a->n; k++)
            if (a->place[k] < 0 && elem_is_float(vars[k + 1]->elem) &&
                (targets_reach(&t->targets, loop->args[2 + k]) || targets_reach(&reach, nexts[k]))) {
                a->place[k] = 0;
                changed = true;
                vec_push(mem, &at, vars[k + 1]->self);
            }
    }
    for (int k = 0, place = a->n; k < a->n; k++)
        if (a->place[k] == 0)
            a->place[k] = place++;
}

/* n more nodes with tangents. */
static void extend_tangents(tangents *t, int n, node *const *more, node *const *theirs, tangents *inner)
{
    arena *mem = t->g->mem;
    VEC(node *) at = {0}, given = {0};
    for (int i = 0; i < t->targets.n; i++) {
        vec_push(mem, &at, t->targets.at[i]);
        vec_push(mem, &given, t->given[i]);
    }
    for (int i = 0; i < n; i++) {
        vec_push(mem, &at, more[i]);
        vec_push(mem, &given, theirs[i]);
    }
    *inner = (tangents){.d = t->d, .g = t->g, .given = given.data};
    targets_init(&inner->targets, mem, at.n, at.data);
    map_init(&inner->done, mem);
    map_init(&inner->loops, mem);
}

/* Within the body, the tangent of a state is a state. */
static void bind_state_tangents(tangents *t, const augmented *a, tangents *inner)
{
    node **at = ARENA_ARRAY(t->g->mem, node *, a->n + 1), **given = ARENA_ARRAY(t->g->mem, node *, a->n + 1);
    int n = 0;
    for (int k = 0; k < a->n; k++)
        if (a->place[k] >= 0) {
            at[n] = a->vars[k + 1]->self;
            given[n++] = a->vars[a->place[k] + 1]->self;
        }
    extend_tangents(t, n, at, given, inner);
}

static augmented *augment(tangents *t, node *loop)
{
    graph *g = t->g;
    augmented *a = map_get(&t->loops, loop);
    if (a)
        return a;
    a = ARENA_NEW(g->mem, augmented);
    map_set(&t->loops, loop, a);
    int n = a->n = loop->ninner;
    a->place = ARENA_ARRAY(g->mem, int, n + 1);
    a->vars = ARENA_ARRAY(g->mem, var *, 2 * n + 1);
    node **nexts = ARENA_ARRAY(g->mem, node *, 2 * n + 1), **inits = ARENA_ARRAY(g->mem, node *, 2 * n + 1);
    graph_open(g, loop, a->vars, nexts);
    push_loop_range(t->d, a->vars[0], loop->args[0], loop->args[1]);
    find_places(t, a, loop, a->vars, nexts);
    int total = n;
    for (int k = 0; k < n; k++) {
        inits[k] = loop->args[2 + k];
        if (a->place[k] < 0)
            continue;
        const var *v = a->vars[k + 1];
        a->vars[a->place[k] + 1] = graph_param(g, v->elem, v->rank, v->extents, v->name);
        node *init = tangent(t, inits[k]);
        inits[total++] = init ? init : graph_zeros_like(g, v->self);
    }
    tangents inner;
    bind_state_tangents(t, a, &inner);
    for (int k = 0; k < n; k++)
        if (a->place[k] >= 0) {
            node *next = tangent(&inner, nexts[k]);
            nexts[a->place[k]] = next ? next : graph_zeros_like(g, a->vars[k + 1]->self);
        }
    a->nvars = total + 1;
    a->loop = graph_loop(g, graph_rule(g, loop), loop->args[0], loop->args[1], total, inits, a->vars, nexts);
    return a;
}

static node *tangent_of_result(tangents *t, node *n)
{
    node *call = n->args[0], *given[MAX_OPERANDS];
    bool any = false;
    for (int i = 0; i < graph_call_operands(call); i++) {
        given[i] = tangent(t, call->args[i]);
        any |= given[i] != NULL;
    }
    if (!any)
        return NULL;
    return call_tangent(t->g, call, given, (int)n->integer);
}

static node *tangent_of_out(tangents *t, node *n)
{
    if (n->args[0]->op == OP_CALL)
        return tangent_of_result(t, n);
    augmented *a = augment(t, n->args[0]);
    int place = a->place[n->integer];
    return place < 0 ? NULL : graph_out(t->g, a->loop, place);
}

static node *tangent_of_stack(tangents *t, node *n)
{
    augmented *a = augment(t, n->args[0]);
    node **by = ARENA_ARRAY(t->g->mem, node *, a->n + 1), *e;
    for (int i = 0; i <= a->n; i++)
        by[i] = a->vars[i]->self;
    graph_apply(t->g, n, by, &e);
    tangents inner;
    bind_state_tangents(t, a, &inner);
    node *v = tangent(&inner, e);
    return !v           ? NULL
           : n->integer ? graph_tape(t->g, a->loop, n->extents[0], a->vars, v)
                        : graph_stack(t->g, a->loop, n->extents[0], a->vars, v);
}

/* A tensor of the op of the entries of a and, unless it is NULL, of b. */
static node *each_entry(graph *g, op o, node *a, node *b)
{
    var **axes = ARENA_ARRAY(g->mem, var *, a->rank + 1);
    int rank = a->rank;
    node *x = graph_entry(g, a, axes);
    return graph_tensor(g, rank, axes, b ? graph_bin(g, o, x, graph_access_vars(g, b, axes)) : graph_un(g, o, x));
}

/* A(x) = b: A(dx) = db - dA(x). */
static node *tangent_of_cg(tangents *t, node *n)
{
    graph *g = t->g;
    node *functions[2], *db = tangent(t, n->args[0]);
    var *x;
    graph_open(g, n, &x, functions);
    node *da = tangent(t, functions[0]);
    da = da ? graph_subst(g, da, 1, &x, &n) : NULL;
    node *b = !da ? db : !db ? each_entry(g, OP_NEG, da, NULL) : each_entry(g, OP_SUB, db, da);
    return b ? graph_solver_like(g, n, b, x, 2, functions) : NULL;
}

/* f(x) = x: dx is the fixed point of v -> df/dx v + df, which the tangent of f's body is when that of x is v. */
static node *tangent_of_fixpoint(tangents *t, node *n)
{
    graph *g = t->g;
    node *f;
    var *x, *v = graph_param(g, n->elem, n->rank, n->extents, n->vars[0]->name);
    graph_open(g, n, &x, &f);
    tangents inner;
    extend_tangents(t, 1, &x->self, &v->self, &inner);
    node *next = graph_subst(g, tangent(&inner, f), 1, &x, &n);
    return graph_solver_like(g, n, graph_zeros_like(g, n), v, 1, &next);
}

static node *compute(tangents *t, node *n)
{
    t->g->at = n->at;
    if (n->op == OP_NAME)
        return tangent(t, n->args[0]);
    if (n->op == OP_ACCESS) {
        node *v = tangent(t, n->args[0]);
        return v ? graph_access(t->g, v, n->args + 1) : NULL;
    }
    if (n->op == OP_OUT)
        return tangent_of_out(t, n);
    if (n->op == OP_STACK)
        return tangent_of_stack(t, n);
    if (n->op == OP_CUSTOM)
        return tangent_of_custom(t, n);
    if (node_is_solver(n))
        return n->op == OP_CG ? tangent_of_cg(t, n) : tangent_of_fixpoint(t, n);
    if (n->op == OP_TENSOR || n->op == OP_SCATTER)
        return tangent_of_binder(t, n);
    if (node_is_reduce(n))
        return tangent_of_reduce(t, n);
    return node_is_point(n) ? tangent_of_point(t, n) : NULL;
}

static node *tangent(tangents *t, node *n)
{
    for (int i = 0; i < t->targets.n; i++)
        if (t->targets.at[i] == n)
            return t->given[i];
    if (!targets_reach(&t->targets, n))
        return NULL;
    node *v = map_get(&t->done, n);
    if (!v) {
        v = compute(t, n);
        if (v)
            map_set(&t->done, n, v);
    }
    return v;
}

node *forward(derivation *d, node *e, int n, node *const *at, node *const *given)
{
    tangents t = {.d = d, .g = d->g, .given = given};
    targets_init(&t.targets, d->g->mem, n, at);
    map_init(&t.done, d->g->mem);
    map_init(&t.loops, d->g->mem);
    node *v = tangent(&t, e);
    return v ? v : graph_zeros_like(d->g, e);
}
