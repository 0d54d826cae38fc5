/* Builtin functions: one row each, pointwise ones by their op, row functions by index notation written in nodes. */
#include <assert.h>
#include <string.h>

#include "stage/lower/lower_state.h"

typedef struct call {
    lowering *l;
    frame *f;
    expr *e;
    elem to; /* of the result */
} call;

static node *arg(const call *c, int i)
{
    return lower_as(c->l, c->f, c->e->a.data[i], c->to);
}

static node *point(const call *c, op o, int n)
{
    node *args[4];
    for (int i = 0; i < n; i++)
        args[i] = arg(c, i);
    return lower_elementwise(c->l, o, n, args, c->to);
}

static node *sum_all(const call *c, node *t)
{
    var **axes = ARENA_ARRAY(c->l->mem, var *, t->rank + 1);
    int rank = t->rank;
    node *entry = graph_entry(c->l->g, t, axes);
    return graph_reduce(c->l->g, OP_SUM, rank, axes, entry, NULL, NULL);
}

static node *binary(const call *c, op o, node *a, node *b)
{
    return lower_elementwise(c->l, o, 2, (node *[]){a, b}, a->elem);
}

static node *unary(const call *c, op o, node *a)
{
    return lower_elementwise(c->l, o, 1, &a, a->elem);
}

static node *call_dot(const call *c)
{
    return sum_all(c, binary(c, OP_MUL, arg(c, 0), arg(c, 1)));
}

static node *call_sqnorm(const call *c)
{
    return sum_all(c, unary(c, OP_SQ, arg(c, 0)));
}

static node *call_norm(const call *c)
{
    return graph_un(c->l->g, OP_ROOT, call_sqnorm(c));
}

static node *call_sqdist(const call *c)
{
    return sum_all(c, unary(c, OP_SQ, binary(c, OP_SUB, arg(c, 0), arg(c, 1))));
}

static node *call_normalize(const call *c)
{
    return binary(c, OP_DIV, arg(c, 0), call_norm(c));
}

/* tensor(i) of a few scalars. */
static node *row_of(lowering *l, int n, node *const *items)
{
    graph *g = l->g;
    var *i = graph_axis(g, extent_const(l->p->pool, n), NULL);
    node *body = items[n - 1];
    for (int k = n - 2; k >= 0; k--)
        body = graph_select(g, graph_bin(g, OP_EQ, i->self, graph_int(g, k)), items[k], body);
    return graph_tensor(g, 1, &i, body);
}

static node *call_cross(const call *c)
{
    graph *g = c->l->g;
    node *x = arg(c, 0), *y = arg(c, 1), *items[3];
    for (int k = 0; k < 3; k++) {
        node *i = graph_int(g, (k + 1) % 3), *j = graph_int(g, (k + 2) % 3);
        items[k] = graph_bin(g, OP_SUB, graph_bin(g, OP_MUL, graph_access(g, x, &i), graph_access(g, y, &j)),
                             graph_bin(g, OP_MUL, graph_access(g, x, &j), graph_access(g, y, &i)));
    }
    return row_of(c->l, 3, items);
}

static node *call_outer(const call *c)
{
    graph *g = c->l->g;
    node *x = arg(c, 0), *y = arg(c, 1);
    var **axes = ARENA_ARRAY(c->l->mem, var *, x->rank + y->rank + 1);
    node *a = graph_entry(g, x, axes), *b = graph_entry(g, y, axes + x->rank);
    return graph_tensor(g, x->rank + y->rank, axes, graph_bin(g, OP_MUL, a, b));
}

static node *concat_two(lowering *l, node *x, node *y)
{
    graph *g = l->g;
    var **axes = ARENA_ARRAY(l->mem, var *, x->rank);
    node **subs = ARENA_ARRAY(l->mem, node *, x->rank);
    axes[0] = graph_axis(g, extent_add(x->extents[0], y->extents[0]), NULL);
    for (int i = 1; i < x->rank; i++)
        axes[i] = graph_axis(g, x->extents[i], NULL);
    for (int i = 0; i < x->rank; i++)
        subs[i] = axes[i]->self;
    node *first = graph_access(g, x, subs), *size = graph_size(g, x->extents[0]);
    subs[0] = graph_bin(g, OP_SUB, axes[0]->self, size);
    node *second = graph_access(g, y, subs);
    return graph_tensor(g, x->rank, axes, graph_select(g, graph_bin(g, OP_LT, axes[0]->self, size), first, second));
}

static node *call_concat(const call *c)
{
    node *t = arg(c, 0);
    for (int i = 1; i < c->e->a.n; i++)
        t = concat_two(c->l, t, arg(c, i));
    return t;
}

static node *call_clamp(const call *c)
{
    return binary(c, OP_MIN, binary(c, OP_MAX, arg(c, 0), arg(c, 1)), arg(c, 2));
}

static node *call_mod(const call *c)
{
    return point(c, elem_is_float(c->to) ? OP_FMOD : OP_IMOD, 2);
}

static node *call_sinc(const call *c)
{
    node *args[2] = {graph_int(c->l->g, 0), arg(c, 0)};
    return lower_elementwise(c->l, OP_SINC, 2, args, c->to);
}

static node *call_random(const call *c, op o)
{
    node **args = ARENA_ARRAY(c->l->mem, node *, c->e->a.n);
    for (int i = 0; i < c->e->a.n; i++)
        args[i] = lower_as(c->l, c->f, c->e->a.data[i], ELEM_INT);
    return lower_elementwise(c->l, o, c->e->a.n, args, c->to);
}

static node *call_normal(const call *c)
{
    return call_random(c, OP_NORMAL);
}

static node *call_uniform(const call *c)
{
    return call_random(c, OP_UNIFORM);
}

static node *call_convert(const call *c)
{
    return arg(c, 0);
}

static node *call_pow(const call *c)
{
    return point(c, OP_POW, 2);
}

static node *call_solver(const call *c)
{
    return lower_solver(c->l, c->f, c->e);
}

static node *call_ensure(const call *c)
{
    return lower_ensure(c->l, c->f, c->e);
}

typedef struct row {
    const char *name;
    op op; /* pointwise: all arguments in the result's element type */
    int arity;
    node *(*fn)(const call *);
} row;

static const row rows[] = {
    {"exp", OP_EXP, 1, NULL},
    {"log", OP_LOG, 1, NULL},
    {"log1p", OP_LOG1P, 1, NULL},
    {"expm1", OP_EXPM1, 1, NULL},
    {"sqrt", OP_SQRT, 1, NULL},
    {"rsqrt", OP_RSQRT, 1, NULL},
    {"sin", OP_SIN, 1, NULL},
    {"cos", OP_COS, 1, NULL},
    {"tan", OP_TAN, 1, NULL},
    {"asin", OP_ASIN, 1, NULL},
    {"acos", OP_ACOS, 1, NULL},
    {"atan", OP_ATAN, 1, NULL},
    {"atan2", OP_ATAN2, 2, NULL},
    {"sinh", OP_SINH, 1, NULL},
    {"cosh", OP_COSH, 1, NULL},
    {"tanh", OP_TANH, 1, NULL},
    {"asinh", OP_ASINH, 1, NULL},
    {"acosh", OP_ACOSH, 1, NULL},
    {"atanh", OP_ATANH, 1, NULL},
    {"erf", OP_ERF, 1, NULL},
    {"lgamma", OP_LGAMMA, 1, NULL},
    {"abs", OP_ABS, 1, NULL},
    {"sign", OP_SIGN, 1, NULL},
    {"floor", OP_FLOOR, 1, NULL},
    {"ceil", OP_CEIL, 1, NULL},
    {"round", OP_ROUND, 1, NULL},
    {"sq", OP_SQ, 1, NULL},
    {"inv", OP_INV, 1, NULL},
    {"relu", OP_RELU, 1, NULL},
    {"sigmoid", OP_SIGMOID, 1, NULL},
    {"softplus", OP_SOFTPLUS, 1, NULL},
    {"step", OP_STEP, 1, NULL},
    {"xlogx", OP_XLOGX, 1, NULL},
    {"min", OP_MIN, 2, NULL},
    {"max", OP_MAX, 2, NULL},
    {"div", OP_IDIV, 2, NULL},
    {"stop_gradient", OP_STOP, 1, NULL},
    {"mod", 0, 2, call_mod},
    {"pow", 0, 2, call_pow},
    {"clamp", 0, 3, call_clamp},
    {"sinc", 0, 1, call_sinc},
    {"dot", 0, 2, call_dot},
    {"sqnorm", 0, 1, call_sqnorm},
    {"norm", 0, 1, call_norm},
    {"sqdist", 0, 2, call_sqdist},
    {"cross", 0, 2, call_cross},
    {"outer", 0, 2, call_outer},
    {"concat", 0, 2, call_concat},
    {"normalize", 0, 1, call_normalize},
    {"normal", 0, -1, call_normal},
    {"uniform", 0, -1, call_uniform},
    {"f32", 0, 1, call_convert},
    {"f64", 0, 1, call_convert},
    {"real", 0, 1, call_convert},
    {"int", 0, 1, call_convert},
    {"cg", 0, -1, call_solver},
    {"fixpoint", 0, -1, call_solver},
    {"ensure", 0, 2, call_ensure},
};

node *lower_builtin(lowering *l, frame *f, expr *e)
{
    call c = {l, f, e, lower_elem(l, e->type)};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].name, e->builtin))
            return rows[i].fn ? rows[i].fn(&c) : point(&c, rows[i].op, rows[i].arity);
    assert(false && "a builtin without a row");
    return NULL;
}

static node *shaped_body(lowering *l, frame *f, expr *e, elem to, var *const *axes)
{
    graph *g = l->g;
    const char *name = e->name;
    if (!strcmp(name, "zeros") || !strcmp(name, "ones"))
        return graph_number(g, to, name[0] == 'o');
    if (!strcmp(name, "full"))
        return lower_as(l, f, e->a.data[0], to);
    if (!strcmp(name, "eye"))
        return graph_select(g, graph_bin(g, OP_EQ, axes[0]->self, axes[1]->self), graph_number(g, to, 1),
                            graph_number(g, to, 0));
    if (!strcmp(name, "range"))
        return axes[0]->self;
    assert(!strcmp(name, "linspace"));
    node *a = lower_as(l, f, e->a.data[0], to), *b = lower_as(l, f, e->a.data[1], to);
    node *last = lower_cast(l, graph_size(g, extent_sub(axes[0]->extent, extent_const(l->p->pool, 1))), to);
    node *i = lower_cast(l, axes[0]->self, to);
    node *step = graph_bin(g, OP_DIV, graph_bin(g, OP_SUB, b, a), last);
    node *inside = graph_bin(g, OP_ADD, a, graph_bin(g, OP_MUL, i, step));
    node *inner = graph_select(g, graph_bin(g, OP_EQ, i, last), b, inside);
    return graph_select(g, graph_bin(g, OP_EQ, i, graph_number(g, to, 0)), a, inner);
}

node *lower_shaped(lowering *l, frame *f, expr *e)
{
    const type *t = e->type;
    var **axes = ARENA_ARRAY(l->mem, var *, t->rank + 1);
    for (int i = 0; i < t->rank; i++)
        axes[i] = graph_axis(l->g, lower_extent(l, f, t->extents[i]), NULL);
    return graph_tensor(l->g, t->rank, axes, shaped_body(l, f, e, lower_elem(l, t), axes));
}

/* [a, b, c]: items of any rank; a literal is the tensor that selects among them. */
node *lower_literal(lowering *l, frame *f, expr *e)
{
    graph *g = l->g;
    elem to = lower_elem(l, e->type);
    int n = e->a.n, rank = e->type->rank;
    var **axes = ARENA_ARRAY(l->mem, var *, rank + 1);
    for (int i = 0; i < rank; i++)
        axes[i] = graph_axis(g, lower_extent(l, f, e->type->extents[i]), NULL);
    node *body = NULL;
    for (int k = n - 1; k >= 0; k--) {
        node *item = lower_as(l, f, e->a.data[k], to);
        node *entry = item->rank ? graph_access_vars(g, item, axes + 1) : item;
        body = body ? graph_select(g, graph_bin(g, OP_EQ, axes[0]->self, graph_int(g, k)), entry, body) : entry;
    }
    return graph_tensor(g, rank, axes, body);
}
