/* The adjoints of solvers are solvers.
 *
 *   A(x) = b, A symmetric     u: A(u) = w              b_bar += u,  A_bar -= u at A(x)
 *   f(x) = x                  u: u = w + (df/dx)' u    f_bar += u at f(x)     (Christianson, Opt. Meth. Softw. 3, 1994)
 *
 * where w is the adjoint of x, and A(x), f(x) are expressions of what the functions read from outside, in which a name
 * stands for what was found: so they are other nodes than what else is made of x, which must be processed before x, as
 * these are after it. What they hand back to x is not read. */
#include "stage/derive/derive_reverse.h"

node *solved(sweep *s, node *solver)
{
    node *known = map_get(&s->solved, solver);
    if (!known) {
        known = graph_solved_function(s->g, solver, graph_name(s->g, solver));
        map_set(&s->solved, solver, known);
    }
    return known;
}

static node *negated(graph *g, node *t)
{
    var **axes = ARENA_ARRAY(g->mem, var *, t->rank + 1);
    int rank = t->rank;
    node *entry = graph_entry(g, t, axes);
    return graph_tensor(g, rank, axes, graph_un(g, OP_NEG, entry));
}

static node *sum_of(graph *g, node *a, node *b)
{
    var **axes = ARENA_ARRAY(g->mem, var *, a->rank + 1);
    int rank = a->rank;
    node *entry = graph_entry(g, a, axes);
    return graph_tensor(g, rank, axes, graph_bin(g, OP_ADD, entry, graph_access_vars(g, b, axes)));
}

static void reverse_cg(sweep *s, node *n, node *w)
{
    node *functions[2];
    var *x;
    graph_open(s->g, n, &x, functions);
    node *u = graph_solver_like(s->g, n, w, x, 2, functions);
    contribute_tensor(s, n->args[0], u);
    contribute_tensor(s, solved(s, n), negated(s->g, u));
}

static void reverse_fixpoint(sweep *s, node *n, node *w)
{
    graph *g = s->g;
    node *f, *back;
    var *x, *u = graph_param(g, n->elem, n->rank, n->extents, "adjoint");
    graph_open(g, n, &x, &f);
    reverse(s->d, f, u->self, 1, &x->self, &back);
    node *next = sum_of(g, w, graph_subst(g, back, 1, &x, &n));
    node *found = graph_solver_like(g, n, w, u, 1, &next);
    contribute_tensor(s, solved(s, n), found);
}

void reverse_solver(sweep *s, node *n, node *w)
{
    (n->op == OP_CG ? reverse_cg : reverse_fixpoint)(s, n, w);
}
