/* Solvers as conditional loops: the first state says whether to go on.
 *
 * The condition is seek(more, found): where neither more passes are allowed or possible (a residual that is not a
 * number) nor what is sought was found, the function ends with AD_NUMERIC. */
#include "stage/iterate.h"

#include <math.h>

typedef struct iteration {
    graph *g;
    node *solver;
    int n;        /* states */
    var *vars[6]; /* the pass, states */
    node *inits[5], *nexts[5];
} iteration;

/* Tensors entry by entry; scalars go with every shape. */

static node *each(graph *g, op o, node *a, node *b)
{
    node *like = a->rank ? a : b;
    var **axes = ARENA_ARRAY(g->mem, var *, like->rank + 1);
    int rank = like->rank;
    for (int i = 0; i < rank; i++)
        axes[i] = graph_axis(g, like->extents[i], NULL);
    node *x = a->rank ? graph_access_vars(g, a, axes) : a, *y = b->rank ? graph_access_vars(g, b, axes) : b;
    return graph_tensor(g, rank, axes, graph_bin(g, o, x, y));
}

/* y + k x */
static node *plus_times(graph *g, node *y, node *k, node *x)
{
    return each(g, OP_ADD, y, each(g, OP_MUL, k, x));
}

static node *dot(graph *g, node *x, node *y)
{
    var **axes = ARENA_ARRAY(g->mem, var *, x->rank + 1);
    int rank = x->rank;
    node *entry = graph_entry(g, x, axes);
    return graph_reduce(g, OP_SUM, rank, axes, graph_bin(g, OP_MUL, entry, graph_access_vars(g, y, axes)), NULL, NULL);
}

static node *function_at(iteration *it, int k, node *x)
{
    node *functions[2];
    graph_apply(it->g, it->solver, &x, functions);
    return functions[k];
}

static var *add_state(iteration *it, const node *like, const char *name)
{
    return it->vars[++it->n] = graph_param(it->g, like->elem, like->rank, like->extents, name);
}

static void begin(iteration *it)
{
    it->vars[0] = graph_param(it->g, ELEM_INT, 0, NULL, "pass");
    add_state(it, graph_bool(it->g, true), "go");
}

/* Where nothing is wanted, nothing is sought. */
static node *seek(iteration *it, node *more, node *found)
{
    graph *g = it->g;
    node *wanted = it->solver->args[3];
    return graph_bin(g, OP_SEEK, graph_bin(g, OP_AND, wanted, more),
                     graph_bin(g, OP_OR, graph_un(g, OP_NOT, wanted), found));
}

/* Whether pass t is made: the error is above the bound, and t is not beyond the last. */
static node *go_on(iteration *it, node *t, node *error, node *bound)
{
    graph *g = it->g;
    node *more = graph_bin(g, OP_AND, graph_bin(g, OP_LT, bound, error), graph_bin(g, OP_LT, t, it->solver->args[2]));
    node *finite = graph_bin(g, OP_LT, error, graph_real(g, error->elem, (double)INFINITY));
    return seek(it, more, graph_bin(g, OP_AND, graph_bin(g, OP_LE, error, bound), finite));
}

static node *next_pass(iteration *it)
{
    return graph_bin(it->g, OP_ADD, it->vars[0]->self, graph_int(it->g, 1));
}

static node *finish(iteration *it, int result)
{
    loop_rule rule = {.conditional = true};
    node *loop =
        graph_loop(it->g, rule, graph_int(it->g, 0), it->solver->args[2], it->n, it->inits, it->vars, it->nexts);
    return graph_out(it->g, loop, result);
}

/* The square of the tolerance; below a few units of rounding there is none. */
static node *squared_tolerance(graph *g, const node *n)
{
    double least = n->elem == ELEM_F32 ? 0x1p-21 : 0x1p-50;
    return graph_un(g, OP_SQ, graph_bin(g, OP_MAX, n->args[1], graph_real(g, n->elem, least)));
}

/* Hestenes, Stiefel (J. Res. NBS 49, 1952), preconditioned: r is the residual, z an approximation of the error. */
static node *conjugate_gradients(graph *g, node *n)
{
    enum { GO, X, R, P, RZ };
    iteration it = {.g = g, .solver = n};
    node *b = n->args[0], *bound = graph_bin(g, OP_MUL, squared_tolerance(g, n), dot(g, b, b));
    node *one = graph_number(g, n->elem, 1), *z = function_at(&it, 1, b);
    begin(&it);
    node *x = add_state(&it, n, n->hint ? n->hint : "x")->self, *r = add_state(&it, n, "residual")->self;
    node *p = add_state(&it, n, "direction")->self, *rz = add_state(&it, one, "decrease")->self;
    it.inits[GO] = go_on(&it, graph_int(g, 0), dot(g, b, b), bound);
    it.inits[X] = graph_zeros_like(g, n);
    it.inits[R] = b;
    it.inits[P] = z;
    it.inits[RZ] = dot(g, b, z);
    node *ap = function_at(&it, 0, p);
    node *step = graph_bin(g, OP_DIV, rz, dot(g, p, ap));
    it.nexts[X] = plus_times(g, x, step, p);
    it.nexts[R] = plus_times(g, r, graph_un(g, OP_NEG, step), ap);
    z = function_at(&it, 1, it.nexts[R]);
    it.nexts[RZ] = dot(g, it.nexts[R], z);
    it.nexts[P] = plus_times(g, z, graph_bin(g, OP_DIV, it.nexts[RZ], rz), p);
    it.nexts[GO] = go_on(&it, next_pass(&it), dot(g, it.nexts[R], it.nexts[R]), bound);
    return finish(&it, X);
}

/* x <- f(x), until |f(x) - x| is small beside |f(x)| or the first step. */
static node *fixed_point(graph *g, node *n)
{
    enum { GO, X, FIRST };
    iteration it = {.g = g, .solver = n};
    node *zero = graph_number(g, n->elem, 0);
    begin(&it);
    node *x = add_state(&it, n, n->hint ? n->hint : "x")->self, *first = add_state(&it, zero, "first")->self;
    it.inits[GO] = seek(&it, graph_bin(g, OP_LT, graph_int(g, 0), n->args[2]), graph_bool(g, false));
    it.inits[X] = n->args[0];
    it.inits[FIRST] = zero;
    node *next = it.nexts[X] = function_at(&it, 0, x), *change = each(g, OP_SUB, next, x);
    node *error = dot(g, change, change);
    node *is_first = graph_bin(g, OP_EQ, it.vars[0]->self, graph_int(g, 0));
    it.nexts[FIRST] = graph_select(g, is_first, error, first);
    node *size = graph_bin(g, OP_MAX, dot(g, next, next), it.nexts[FIRST]);
    node *bound = graph_bin(g, OP_MUL, squared_tolerance(g, n), size);
    it.nexts[GO] = go_on(&it, next_pass(&it), error, bound);
    return finish(&it, X);
}

typedef struct rewriting {
    graph *g;
    map done;
} rewriting;

static node *rewrite(void *data, node *n)
{
    rewriting *r = data;
    if (n->nargs == 0)
        return n;
    node *known = map_get(&r->done, n);
    if (known)
        return known;
    node *to = graph_map_args(r->g, n, rewrite, r);
    r->g->at = n->at;
    if (node_is_solver(n)) {
        to->hint = to->hint ? to->hint : n->hint;
        to = n->op == OP_CG ? conjugate_gradients(r->g, to) : fixed_point(r->g, to);
    }
    map_set(&r->done, n, to);
    return to;
}

void iterate(graph *g, graph_fn *f)
{
    rewriting r = {.g = g};
    map_init(&r.done, g->mem);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = rewrite(&r, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = rewrite(&r, f->checks.data[i].ok);
}
