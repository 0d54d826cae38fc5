/* Calls that take functions become solver nodes (stage/iterate makes loops of them), and ensure. */
#include <math.h>
#include <string.h>

#include "stage/lower/lower_state.h"

/* NaN where a check does not hold. */
static node *where_checked(lowering *l, const context *c, node *body)
{
    graph *g = l->g;
    if (!c->pending.n || l->asks)
        return body;
    node *ok = c->pending.data[0].ok;
    for (int i = 1; i < c->pending.n; i++)
        ok = graph_bin(g, OP_AND, ok, c->pending.data[i].ok);
    node *args[3] = {ok, body, graph_real(g, body->elem, (double)NAN)};
    return lower_elementwise(l, OP_SELECT, 3, args, body->elem);
}

/* The function e of x. What it subscripts by x and leaves the axis makes it NaN, so that no solution is found. */
static node *function_of(lowering *l, frame *f, expr *e, var *x)
{
    context *c = lower_push_axes(l, 1, &x);
    c->is_loop = true;
    values v = lower_apply(l, lower_meaning(f, e), 1, &x->self);
    lower_close_context(l);
    return where_checked(l, c, lower_cast(l, v.item[0], x->elem));
}

enum { CG_PASSES = 10, CG_MORE = 100 }; /* per entry of the unknown, and more, where the call does not say */

static node *most_passes(lowering *l, frame *f, expr *e, const node *start)
{
    if (e->a.n > 3)
        return lower_as(l, f, e->a.data[3], ELEM_INT);
    const extent *volume = graph_volume(l->g, start->rank, start->extents);
    return graph_size(l->g, extent_add(extent_scale(volume, CG_PASSES), extent_const(l->p->pool, CG_MORE)));
}

node *lower_solver(lowering *l, frame *f, expr *e)
{
    bool cg = !strcmp(e->builtin, "cg");
    elem to = lower_elem(l, e->type);
    node *start = lower_as(l, f, e->a.data[1], to);
    node *outer[SOLVER_FUNCTIONS] = {start, lower_as(l, f, e->a.data[2], to), most_passes(l, f, e, start),
                                     lower_wanted(l)};
    const expr *map_of = e->a.data[0];
    const char *name = map_of->kind == EXPR_LAMBDA ? map_of->params.data[0].name : "x";
    var *x = graph_param(l->g, to, start->rank, start->extents, name);
    node *functions[2] = {function_of(l, f, e->a.data[0], x)};
    if (cg)
        functions[1] = e->a.n > 4 ? function_of(l, f, e->a.data[4], x) : x->self;
    return graph_solver(l->g, cg ? OP_CG : OP_FIXPOINT, outer, x, cg ? 2 : 1, functions);
}

node *lower_ensure(lowering *l, frame *f, expr *e)
{
    graph *g = l->g;
    node *condition = lower_as(l, f, e->a.data[0], ELEM_BOOL),
         *x = lower_as(l, f, e->a.data[1], lower_elem(l, e->type));
    node *kept = graph_bin(g, OP_SEEK, condition, graph_un(g, OP_NOT, lower_wanted(l)));
    node *args[3] = {kept, x, graph_real(g, x->elem, (double)NAN)};
    return lower_elementwise(l, OP_SELECT, 3, args, x->elem);
}
