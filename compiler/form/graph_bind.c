/* Binders: closing, opening, substitution; accesses, reductions, loops.
 *
 * The height of a binder is one more than the greatest height bound inside, so that equal binders get equal canonical
 * variables, and an inner binder never binds a variable of an outer one. */
#include <assert.h>
#include <string.h>

#include "form/graph.h"
#include "form/graph_make.h"

typedef struct subst {
    graph *g;
    int n;
    var *const *vars;
    node *const *by;
    bool flat; /* no replacement contains a binder: heights inside cannot grow */
    map done;
} subst;

static node *substitute(subst *s, node *n);

static void subst_init(subst *s, graph *g, int n, var *const *vars, node *const *by)
{
    *s = (subst){.g = g, .n = n, .vars = vars, .by = by, .flat = true};
    for (int i = 0; i < n; i++)
        s->flat &= by[i]->level == 0;
    map_init(&s->done, g->mem);
}

static int inner_level(const node *n)
{
    int level = 0;
    for (int i = n->nargs - n->ninner; i < n->nargs; i++)
        if (n->args[i]->level > level)
            level = n->args[i]->level;
    return level;
}

static void copy_hints(node *n, const char **hints)
{
    if (!n->var_hints)
        n->var_hints = hints;
}

/* n is a binder over fresh (or, when releveling, other) variables: gives it canonical ones. */
static node *close_binder(graph *g, node proto, const char **hints)
{
    int level = inner_level(&proto) + 1;
    int outer = proto.nargs - proto.ninner;
    const char *hint = g->hint;
    g->hint = NULL;
    var **canonical = ARENA_ARRAY(g->mem, var *, proto.nvars);
    node **by = ARENA_ARRAY(g->mem, node *, proto.nvars);
    bool same = true;
    for (int i = 0; i < proto.nvars; i++) {
        canonical[i] = graph_canonical(g, proto.vars[i], level, i);
        by[i] = canonical[i]->self;
        same &= canonical[i] == proto.vars[i];
    }
    if (!same) {
        subst s;
        subst_init(&s, g, proto.nvars, proto.vars, by);
        node **args = arena_grow(g->mem, proto.args, (size_t)proto.nargs, (size_t)proto.nargs, sizeof *proto.args);
        for (int i = outer; i < proto.nargs; i++)
            args[i] = substitute(&s, proto.args[i]);
        proto.args = args;
    }
    proto.vars = canonical;
    g->hint = hint;
    node *n = graph_intern(g, &proto);
    copy_hints(n, hints);
    return n;
}

static const char **fresh_names(graph *g, int n, var *const *vars)
{
    const char **hints = ARENA_ARRAY(g->mem, const char *, n);
    for (int i = 0; i < n; i++)
        hints[i] = vars[i]->name;
    return hints;
}

static node *close_fresh(graph *g, node proto)
{
    return close_binder(g, proto, fresh_names(g, proto.nvars, proto.vars));
}

static node *subst_binder_flat(subst *s, node *n)
{
    graph *g = s->g;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    for (int i = 0; i < n->nargs; i++)
        args[i] = substitute(s, n->args[i]);
    node proto = *n;
    proto.args = args;
    return close_binder(g, proto, n->var_hints);
}

static node *subst_binder_open(subst *s, node *n)
{
    graph *g = s->g;
    var **vars = ARENA_ARRAY(g->mem, var *, n->nvars);
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    int outer = n->nargs - n->ninner;
    graph_open(g, n, vars, args + outer);
    for (int i = 0; i < outer; i++)
        args[i] = n->args[i];
    for (int i = 0; i < n->nargs; i++)
        args[i] = substitute(s, args[i]);
    node proto = *n;
    proto.args = args;
    proto.vars = vars;
    return close_binder(g, proto, n->var_hints);
}

static node *subst_args(subst *s, node *n)
{
    node **args = ARENA_ARRAY(s->g->mem, node *, n->nargs);
    for (int i = 0; i < n->nargs; i++)
        args[i] = substitute(s, n->args[i]);
    return graph_with_args(s->g, n, args);
}

static node *substitute(subst *s, node *n)
{
    if (!node_depends_any(n, s->n, s->vars))
        return n;
    if (n->op == OP_VAR) {
        for (int i = 0; i < s->n; i++)
            if (s->vars[i] == n->var)
                return s->by[i];
    }
    node *r = map_get(&s->done, n);
    if (r)
        return r;
    loc at = s->g->at;
    s->g->at = n->at;
    r = !node_is_binder(n) ? subst_args(s, n) : s->flat ? subst_binder_flat(s, n) : subst_binder_open(s, n);
    s->g->at = at;
    if (!r->hint)
        r->hint = n->hint;
    map_set(&s->done, n, r);
    return r;
}

node *graph_subst(graph *g, node *n, int count, var *const *vars, node *const *by)
{
    subst s;
    subst_init(&s, g, count, vars, by);
    return substitute(&s, n);
}

void graph_apply(graph *g, node *n, node *const *by, node **inner)
{
    subst s;
    subst_init(&s, g, n->nvars, n->vars, by);
    for (int i = 0; i < n->ninner; i++)
        inner[i] = substitute(&s, n->args[n->nargs - n->ninner + i]);
}

void graph_open(graph *g, node *n, var **vars, node **inner)
{
    node **by = ARENA_ARRAY(g->mem, node *, n->nvars);
    for (int i = 0; i < n->nvars; i++) {
        const var *c = n->vars[i];
        const char *name = n->var_hints ? n->var_hints[i] : NULL;
        vars[i] =
            c->kind == VAR_AXIS ? graph_axis(g, c->extent, name) : graph_param(g, c->elem, c->rank, c->extents, name);
        by[i] = vars[i]->self;
    }
    graph_apply(g, n, by, inner);
}

node *graph_with_args(graph *g, const node *n, node *const *args)
{
    assert(!node_is_binder(n));
    if (!memcmp(args, n->args, (size_t)n->nargs * sizeof *args))
        return (node *)(uintptr_t)n;
    if (n->op == OP_ACCESS)
        return graph_access(g, args[0], args + 1);
    node proto = *n;
    proto.args = arena_grow(g->mem, args, (size_t)n->nargs, (size_t)n->nargs + 1, sizeof *args);
    g->hint = n->hint;
    return graph_intern(g, &proto);
}

node *graph_close(graph *g, node *n, var *const *vars, node *const *args)
{
    if (n->op == OP_TENSOR)
        return graph_tensor(g, n->nvars, vars, args[0]);
    node proto = *n;
    proto.args = arena_grow(g->mem, args, (size_t)n->nargs, (size_t)n->nargs + 1, sizeof *args);
    proto.vars = arena_grow(g->mem, vars, (size_t)n->nvars, (size_t)n->nvars + 1, sizeof *vars);
    return close_binder(g, proto, n->var_hints);
}

static opening *new_opening(graph *g, node *n)
{
    opening *o = ARENA_NEW(g->mem, opening);
    o->vars = ARENA_ARRAY(g->mem, var *, n->nvars);
    o->inner = ARENA_ARRAY(g->mem, node *, n->ninner);
    o->busy = ARENA_NEW(g->mem, bool);
    graph_open(g, n, o->vars, o->inner);
    return o;
}

/* The one that n is given again. */
static opening *usual_opening(graph *g, node *n)
{
    if (!n->opening && n->op != OP_STACK)
        n->opening = new_opening(g, n);
    if (n->opening)
        return n->opening;
    const opening *loop = usual_opening(g, n->args[0]);
    node **by = ARENA_ARRAY(g->mem, node *, n->nvars);
    for (int i = 0; i < n->nvars; i++)
        by[i] = loop->vars[i]->self;
    opening *o = n->opening = ARENA_NEW(g->mem, opening);
    *o = (opening){.vars = loop->vars, .inner = ARENA_NEW(g->mem, node *), .busy = loop->busy};
    graph_apply(g, n, by, o->inner);
    return o;
}

opening *graph_enter(graph *g, node *n)
{
    opening *o = usual_opening(g, n);
    if (*o->busy)
        o = new_opening(g, n);
    *o->busy = true;
    return o;
}

void graph_exit(opening *o)
{
    *o->busy = false;
}

node *graph_leave(graph *g, node *n, opening *o, node *const *args)
{
    int outer = n->nargs - n->ninner;
    bool same = true;
    graph_exit(o);
    for (int i = 0; i < n->nargs; i++)
        same &= args[i] == (i < outer ? n->args[i] : o->inner[i - outer]);
    return same ? n : graph_close(g, n, o->vars, args);
}

node *graph_map_args(graph *g, node *n, node *(*f)(void *, node *), void *data)
{
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs + 1);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++)
        args[i] = f(data, n->args[i]);
    opening *o = node_is_binder(n) ? graph_enter(g, n) : NULL;
    for (int i = outer; o && i < n->nargs; i++)
        args[i] = f(data, o->inner[i - outer]);
    loc at = g->at;
    g->at = n->at;
    node *r = o ? graph_leave(g, n, o, args) : graph_with_args(g, n, args);
    if (!r->hint)
        r->hint = n->hint;
    g->at = at;
    return r;
}

static bool is_plain_subscript(const node *n)
{
    if (n->op == OP_CONST || n->op == OP_SIZE || n->op == OP_VAR)
        return true;
    if (!node_is_point(n))
        return false;
    for (int i = 0; i < n->nargs; i++)
        if (!is_plain_subscript(n->args[i]))
            return false;
    return true;
}

static bool is_view(const node *t)
{
    const node *body = t->args[0];
    if (body->op == OP_CONST || body->op == OP_SIZE || (body->op == OP_VAR && body->rank == 0))
        return true;
    if (body->op != OP_ACCESS || node_depends_any(body->args[0], t->nvars, t->vars))
        return false;
    for (int i = 1; i < body->nargs; i++)
        if (!is_plain_subscript(body->args[i]))
            return false;
    return true;
}

node *graph_access(graph *g, node *t, node *const *subs)
{
    if (t->rank == 0)
        return t;
    if (t->op == OP_TENSOR && is_view(t)) {
        node *entry = NULL;
        g->hint = NULL;
        graph_apply(g, t, subs, &entry);
        return entry;
    }
    node **args = ARENA_ARRAY(g->mem, node *, t->rank + 1);
    args[0] = t;
    for (int i = 0; i < t->rank; i++) {
        assert(subs[i]->elem == ELEM_INT && subs[i]->rank == 0);
        args[i + 1] = subs[i];
    }
    node n = {.op = OP_ACCESS, .elem = t->elem, .nargs = t->rank + 1, .args = args};
    return graph_intern(g, &n);
}

node *graph_access_vars(graph *g, node *t, var *const *vars)
{
    node **subs = ARENA_ARRAY(g->mem, node *, t->rank + 1);
    for (int i = 0; i < t->rank; i++)
        subs[i] = vars[i]->self;
    return graph_access(g, t, subs);
}

const char *graph_axis_hint(const node *t, int axis)
{
    return t->op == OP_TENSOR && t->var_hints ? t->var_hints[axis] : NULL;
}

node *graph_entry(graph *g, node *t, var **vars)
{
    for (int i = 0; i < t->rank; i++)
        vars[i] = graph_axis(g, t->extents[i], graph_axis_hint(t, i));
    return graph_access_vars(g, t, vars);
}

/* tensor(k) access(T, k) is T. */
static bool is_eta(int n, var *const *axes, const node *body)
{
    if (body->op != OP_ACCESS || body->nargs != n + 1 || node_depends_any(body->args[0], n, axes))
        return false;
    for (int i = 0; i < n; i++)
        if (body->args[i + 1] != axes[i]->self || body->args[0]->extents[i] != axes[i]->extent)
            return false;
    return true;
}

node *graph_tensor(graph *g, int n, var *const *axes, node *body)
{
    assert(body->rank == 0);
    if (n == 0)
        return body;
    if (is_eta(n, axes, body)) {
        g->hint = NULL;
        return body->args[0];
    }
    const extent **extents = ARENA_ARRAY(g->mem, const extent *, n);
    for (int i = 0; i < n; i++)
        extents[i] = axes[i]->extent;
    node proto = {.op = OP_TENSOR,
                  .elem = body->elem,
                  .rank = n,
                  .extents = extents,
                  .nargs = 1,
                  .ninner = 1,
                  .args = &body,
                  .nvars = n,
                  .vars = arena_grow(g->mem, axes, (size_t)n, (size_t)n, sizeof *axes)};
    return close_fresh(g, proto);
}

static int count_dynamic(int n, var *const *axes)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += !axes[i]->extent;
    return count;
}

static elem reduce_elem(op o, const node *body)
{
    return o == OP_ARGMAX || o == OP_ARGMIN || o == OP_ARGKMIN || o == OP_ARGKMAX ? ELEM_INT : body->elem;
}

static node *close_reduce(graph *g, node proto, int n, var *const *axes, node *body, node *filter, node *const *ranges)
{
    int dynamic = 2 * count_dynamic(n, axes);
    node **args = ARENA_ARRAY(g->mem, node *, dynamic + 2);
    args[0] = body;
    args[1] = filter ? filter : graph_bool(g, true);
    for (int i = 0; i < dynamic; i++)
        args[2 + i] = ranges[i];
    proto.elem = reduce_elem(proto.op, body);
    proto.nargs = proto.ninner = dynamic + 2;
    proto.args = args;
    proto.nvars = n;
    proto.vars = arena_grow(g->mem, axes, (size_t)n, (size_t)n, sizeof *axes);
    return close_fresh(g, proto);
}

node *graph_neutral(graph *g, op o, elem e)
{
    double inf = __builtin_inf();
    if (o == OP_PROD || o == OP_ALL)
        return graph_number(g, e, 1);
    if (o == OP_SUM || o == OP_ANY)
        return graph_number(g, e, 0);
    if (o == OP_ARGMAX || o == OP_ARGMIN)
        return graph_int(g, -1);
    if (e == ELEM_INT)
        return graph_int(g, o == OP_RMIN ? INT64_MAX : INT64_MIN);
    return graph_real(g, e, o == OP_RMIN ? inf : -inf);
}

/* A reduction over no axes is one term, or none where the filter is false. */
static node *reduce_nothing(graph *g, op o, node *body, node *filter)
{
    elem e = reduce_elem(o, body);
    if (o == OP_ARGMAX || o == OP_ARGMIN)
        body = graph_int(g, 0);
    if (!filter || node_is_number(filter, 1))
        return body;
    return graph_select(g, filter, body, graph_neutral(g, o, e));
}

node *graph_reduce(graph *g, op o, int n, var *const *axes, node *body, node *filter, node *const *ranges)
{
    assert(body->rank == 0);
    if (n == 0)
        return reduce_nothing(g, o, body, filter);
    return close_reduce(g, (node){.op = o}, n, axes, body, filter, ranges);
}

static bool any_depends(int n, node *const *operands, const var *v)
{
    for (int i = 0; i < n; i++)
        if (node_depends(operands[i], v))
            return true;
    return false;
}

node *graph_somewhere(graph *g, node *condition, int n, node *const *operands)
{
    int count = 0;
    var **axes = ARENA_ARRAY(g->mem, var *, condition->nfree + 1);
    for (int i = 0; i < condition->nfree; i++) {
        var *v = condition->free[i];
        if (v->kind == VAR_AXIS && v->extent && !any_depends(n, operands, v))
            axes[count++] = v;
    }
    return count ? graph_reduce(g, OP_ANY, count, axes, condition, NULL, NULL) : condition;
}

node *graph_argk(graph *g, op o, const extent *k, int n, var *const *axes, node *body, node *filter,
                 node *const *ranges)
{
    const extent **extents = ARENA_NEW(g->mem, const extent *);
    extents[0] = k;
    return close_reduce(g, (node){.op = o, .rank = 1, .extents = extents}, n, axes, body, filter, ranges);
}

node *graph_scatter(graph *g, int rank, const extent *const *extents, int n, var *const *axes, node *value,
                    node *filter, node *const *subs, node *const *ranges)
{
    int dynamic = 2 * count_dynamic(n, axes);
    node **args = ARENA_ARRAY(g->mem, node *, dynamic + rank + 2);
    args[0] = value;
    args[1] = filter ? filter : graph_bool(g, true);
    for (int i = 0; i < rank; i++)
        args[2 + i] = subs[i];
    for (int i = 0; i < dynamic; i++)
        args[2 + rank + i] = ranges[i];
    const extent **copy = ARENA_ARRAY(g->mem, const extent *, rank);
    for (int i = 0; i < rank; i++)
        copy[i] = extents[i];
    node proto = {.op = OP_SCATTER,
                  .elem = value->elem,
                  .rank = rank,
                  .extents = copy,
                  .nargs = 2 + rank + dynamic,
                  .ninner = 2 + rank + dynamic,
                  .args = args,
                  .nvars = n,
                  .vars = n ? arena_grow(g->mem, axes, (size_t)n, (size_t)n, sizeof *axes) : NULL};
    return n ? close_fresh(g, proto) : graph_intern(g, &proto);
}

loop_rule graph_rule(const graph *g, const node *loop)
{
    return g->rules.data[loop->integer - 1];
}

node *graph_loop(graph *g, loop_rule rule, node *lo, node *hi, int n, node *const *inits, var *const *vars,
                 node *const *nexts)
{
    vec_push(g->mem, &g->rules, rule);
    node **args = ARENA_ARRAY(g->mem, node *, 2 * n + 2);
    args[0] = lo;
    args[1] = hi;
    for (int i = 0; i < n; i++) {
        assert(inits[i]->elem == nexts[i]->elem && inits[i]->rank == nexts[i]->rank);
        args[2 + i] = inits[i];
        args[2 + n + i] = nexts[i];
    }
    node proto = {.op = OP_LOOP,
                  .elem = ELEM_INT,
                  .integer = g->rules.n,
                  .nargs = 2 * n + 2,
                  .ninner = n,
                  .args = args,
                  .nvars = n + 1,
                  .vars = arena_grow(g->mem, vars, (size_t)n + 1, (size_t)n + 1, sizeof *vars)};
    return close_fresh(g, proto);
}

static node *stack_of(graph *g, node *loop, const extent *passes, var *const *vars, node *e, bool tape)
{
    const extent **extents = ARENA_ARRAY(g->mem, const extent *, e->rank + 1);
    extents[0] = passes;
    for (int i = 0; i < e->rank; i++)
        extents[i + 1] = e->extents[i];
    node *args[2] = {loop, e};
    node proto = {.op = OP_STACK,
                  .elem = e->elem,
                  .rank = e->rank + 1,
                  .extents = extents,
                  .integer = tape,
                  .nargs = 2,
                  .ninner = 1,
                  .args = args,
                  .nvars = loop->nvars,
                  .vars = arena_grow(g->mem, vars, (size_t)loop->nvars, (size_t)loop->nvars, sizeof *vars)};
    return close_fresh(g, proto);
}

node *graph_stack(graph *g, node *loop, const extent *passes, var *const *vars, node *e)
{
    return stack_of(g, loop, passes, vars, e, false);
}

node *graph_tape(graph *g, node *loop, const extent *passes, var *const *vars, node *e)
{
    return stack_of(g, loop, passes, vars, e, graph_rule(g, loop).checkpoint.kind != KEEP_DEFAULT);
}

node *graph_custom(graph *g, node *value, int n, node *const *xs, var *const *vars, node *const *adjoints)
{
    node **args = ARENA_ARRAY(g->mem, node *, 2 * n + 1);
    args[0] = value;
    for (int i = 0; i < n; i++) {
        args[1 + i] = xs[i];
        args[1 + n + i] = adjoints[i];
    }
    node proto = {.op = OP_CUSTOM,
                  .elem = value->elem,
                  .rank = value->rank,
                  .extents = value->extents,
                  .nargs = 2 * n + 1,
                  .ninner = n,
                  .args = args,
                  .nvars = n + 1,
                  .vars = arena_grow(g->mem, vars, (size_t)n + 1, (size_t)n + 1, sizeof *vars)};
    return close_fresh(g, proto);
}

node *graph_solver(graph *g, op o, node *const *outer, var *x, int n, node *const *functions)
{
    node *start = outer[0], **args = ARENA_ARRAY(g->mem, node *, SOLVER_FUNCTIONS + n);
    for (int i = 0; i < SOLVER_FUNCTIONS; i++)
        args[i] = outer[i];
    for (int i = 0; i < n; i++)
        args[SOLVER_FUNCTIONS + i] = functions[i];
    node proto = {.op = o,
                  .elem = start->elem,
                  .rank = start->rank,
                  .extents = start->extents,
                  .nargs = SOLVER_FUNCTIONS + n,
                  .ninner = n,
                  .args = args,
                  .nvars = 1,
                  .vars = arena_grow(g->mem, &x, 1, 1, sizeof x)};
    return close_fresh(g, proto);
}

node *graph_solver_like(graph *g, const node *solver, node *start, var *x, int n, node *const *functions)
{
    node *outer[SOLVER_FUNCTIONS] = {start};
    for (int i = 1; i < SOLVER_FUNCTIONS; i++)
        outer[i] = solver->args[i];
    return graph_solver(g, solver->op, outer, x, n, functions);
}

node *graph_solved_function(graph *g, node *solver, node *x)
{
    node *functions[2] = {NULL};
    graph_apply(g, solver, &x, functions);
    return functions[0];
}

node *graph_finite(graph *g, node *x)
{
    node *empty = graph_bin(g, OP_EQ, x, graph_real(g, x->elem, -__builtin_inf()));
    node *value = graph_select(g, empty, graph_real(g, x->elem, 0), x);
    var *vars[2] = {graph_param(g, x->elem, 0, NULL, "x"), graph_param(g, x->elem, 0, NULL, "w")};
    return graph_custom(g, value, 1, &x, vars, &vars[1]->self);
}

node *graph_zeros(graph *g, elem e, int rank, const extent *const *extents)
{
    var **vars = ARENA_ARRAY(g->mem, var *, rank + 1);
    for (int i = 0; i < rank; i++)
        vars[i] = graph_axis(g, extents[i], NULL);
    return graph_tensor(g, rank, vars, graph_number(g, e, 0));
}

node *graph_zeros_like(graph *g, const node *like)
{
    return graph_zeros(g, like->elem, like->rank, like->extents);
}
