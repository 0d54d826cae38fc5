/* Expressions to nodes: names, arithmetic, conditions. Whole-tensor arithmetic opens its arguments at common axes. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "stage/lower/lower_state.h"

values one_value(lowering *l, node *n)
{
    values v = {1, ARENA_NEW(l->mem, node *)};
    v.item[0] = n;
    return v;
}

elem lower_elem(const lowering *l, const type *t)
{
    switch (t->kind) {
    case TYPE_F32:
        return ELEM_F32;
    case TYPE_F64:
        return ELEM_F64;
    case TYPE_INT:
        return ELEM_INT;
    case TYPE_BOOL:
        return ELEM_BOOL;
    default:
        return l->real;
    }
}

static const extent *frame_size(const char *atom, void *data)
{
    for (const frame *f = data; f; f = f->parent)
        for (int i = 0; i < f->nsizes; i++)
            if (f->size_names[i] == atom)
                return f->size_values[i];
    return NULL;
}

const extent *lower_extent(lowering *l, frame *f, const extent *e)
{
    (void)l;
    return extent_subst(e, frame_size, f);
}

node *lower_elementwise(lowering *l, op o, int n, node *const *args, elem e)
{
    graph *g = l->g;
    const node *shape = NULL;
    for (int i = 0; i < n; i++)
        if (args[i]->rank && (!shape || (args[i]->op == OP_TENSOR && shape->op != OP_TENSOR)))
            shape = args[i];
    if (!shape)
        return graph_point(g, o, n, args, e);
    var **axes = ARENA_ARRAY(l->mem, var *, shape->rank);
    for (int i = 0; i < shape->rank; i++)
        axes[i] = graph_axis(g, shape->extents[i], graph_axis_hint(shape, i));
    node **entries = ARENA_ARRAY(l->mem, node *, n);
    for (int i = 0; i < n; i++)
        entries[i] = args[i]->rank ? graph_access_vars(g, args[i], axes) : args[i];
    return graph_tensor(g, shape->rank, axes, graph_point(g, o, n, entries, e));
}

node *lower_cast(lowering *l, node *n, elem to)
{
    if (n->elem == to)
        return n;
    if (n->op == OP_CONST && elem_is_float(to) && n->elem != ELEM_BOOL)
        return graph_real(l->g, to, elem_is_float(n->elem) ? n->number : (double)n->integer);
    if (n->elem == ELEM_BOOL) {
        node *args[3] = {n, graph_number(l->g, to, 1), graph_number(l->g, to, 0)};
        return lower_elementwise(l, OP_SELECT, 3, args, to);
    }
    op o = to == ELEM_F64 ? OP_TO_F64 : to == ELEM_F32 ? OP_TO_F32 : OP_TO_INT;
    return lower_elementwise(l, o, 1, &n, to);
}

node *lower_as(lowering *l, frame *f, expr *e, elem to)
{
    return lower_cast(l, lower_expr(l, f, e), to);
}

/* The element type in which two operands meet. */
static elem common_elem(const node *a, const node *b)
{
    if (a->elem == ELEM_INT || a->elem == ELEM_BOOL)
        return b->elem;
    return a->elem;
}

static node *lower_bin(lowering *l, op o, node *a, node *b)
{
    elem e = common_elem(a, b);
    node *args[2] = {lower_cast(l, a, e), lower_cast(l, b, e)};
    return lower_elementwise(l, o, 2, args, e);
}

static node *power_by_products(lowering *l, node *x, int64_t n)
{
    if (n == 1)
        return x;
    node *half = power_by_products(l, x, n / 2);
    node *square = lower_elementwise(l, OP_SQ, 1, &half, half->elem);
    return n % 2 ? lower_bin(l, OP_MUL, square, x) : square;
}

static node *ones_like(lowering *l, node *x)
{
    return lower_elementwise(l, OP_ADD, 2, (node *[]){graph_zeros_like(l->g, x), graph_number(l->g, x->elem, 1)},
                             x->elem);
}

static bool constant_exponent(expr *e, double *value)
{
    double sign = 1;
    while (e->kind == EXPR_NEG) {
        sign = -sign;
        e = e->a.data[0];
    }
    if (e->kind != EXPR_INT && e->kind != EXPR_REAL)
        return false;
    *value = sign * (e->kind == EXPR_INT ? (double)e->integer : e->real);
    return true;
}

/* Small integer powers become products; -n the inverse of one. */
static node *lower_power(lowering *l, frame *f, expr *e)
{
    double n;
    elem to = lower_elem(l, e->type);
    node *x = lower_as(l, f, e->a.data[0], to);
    if (constant_exponent(e->a.data[1], &n) && n == floor(n) && fabs(n) <= 64) {
        if (n == 0)
            return x->rank ? ones_like(l, x) : graph_number(l->g, to, 1);
        node *product = power_by_products(l, x, (int64_t)fabs(n));
        return n > 0 ? product : lower_elementwise(l, OP_INV, 1, &product, to);
    }
    node *args[2] = {x, lower_as(l, f, e->a.data[1], to)};
    return lower_elementwise(l, OP_POW, 2, args, to);
}

/* C[i.., j..] = sum[k](A[i.., k] * B[k, j..]) */
static node *lower_matmul(lowering *l, frame *f, expr *e)
{
    graph *g = l->g;
    node *a = lower_expr(l, f, e->a.data[0]), *b = lower_expr(l, f, e->a.data[1]);
    elem to = common_elem(a, b);
    a = lower_cast(l, a, to);
    b = lower_cast(l, b, to);
    var *left[4], *right[4];
    node *x = graph_entry(g, a, left), *y = graph_entry(g, b, right);
    var *k = left[a->rank - 1];
    y = graph_subst(g, y, 1, right, (node *[]){k->self});
    node *sum = graph_reduce(g, OP_SUM, 1, &k, graph_bin(g, OP_MUL, x, y), NULL, NULL);
    var *axes[4];
    int n = 0;
    for (int i = 0; i < a->rank - 1; i++)
        axes[n++] = left[i];
    for (int i = 1; i < b->rank; i++)
        axes[n++] = right[i];
    return graph_tensor(g, n, axes, sum);
}

static node *lower_divide(lowering *l, node *a, node *b)
{
    elem e = common_elem(a, b);
    if (!elem_is_float(e))
        e = l->real;
    node *args[2] = {lower_cast(l, a, e), lower_cast(l, b, e)};
    return lower_elementwise(l, OP_DIV, 2, args, e);
}

/* and, or: the right side counts, and is checked, only where the left one leaves it open. */
static node *lower_logic(lowering *l, frame *f, expr *e, op o)
{
    node *a = lower_expr(l, f, e->a.data[0]);
    bool scalar = a->rank == 0;
    if (scalar)
        lower_push_guard(l, o == OP_AND ? a : graph_un(l->g, OP_NOT, a));
    node *b = lower_expr(l, f, e->a.data[1]);
    if (scalar)
        lower_pop_guard(l);
    return lower_elementwise(l, o, 2, (node *[]){a, b}, ELEM_BOOL);
}

static node *lower_binary(lowering *l, frame *f, expr *e)
{
    static const struct {
        op op;
        bool swap;
    } table[] = {[BIN_ADD] = {OP_ADD, false}, [BIN_SUB] = {OP_SUB, false}, [BIN_MUL] = {OP_MUL, false},
                 [BIN_EQ] = {OP_EQ, false},   [BIN_NE] = {OP_NE, false},   [BIN_LT] = {OP_LT, false},
                 [BIN_LE] = {OP_LE, false},   [BIN_GT] = {OP_LT, true},    [BIN_GE] = {OP_LE, true}};
    if (e->op == BIN_POW)
        return lower_power(l, f, e);
    if (e->op == BIN_MATMUL)
        return lower_matmul(l, f, e);
    if (e->op == BIN_AND || e->op == BIN_OR)
        return lower_logic(l, f, e, e->op == BIN_AND ? OP_AND : OP_OR);
    node *a = lower_expr(l, f, e->a.data[0]), *b = lower_expr(l, f, e->a.data[1]);
    if (e->op == BIN_DIV)
        return lower_divide(l, a, b);
    return table[e->op].swap ? lower_bin(l, table[e->op].op, b, a) : lower_bin(l, table[e->op].op, a, b);
}

static values lower_if(lowering *l, frame *f, expr *e)
{
    node *c = lower_expr(l, f, e->a.data[0]);
    bool scalar = c->rank == 0;
    if (scalar)
        lower_push_guard(l, c);
    values a = lower_values(l, f, e->a.data[1]);
    if (scalar) {
        lower_pop_guard(l);
        lower_push_guard(l, graph_un(l->g, OP_NOT, c));
    }
    values b = lower_values(l, f, e->a.data[2]);
    if (scalar)
        lower_pop_guard(l);
    values r = {a.n, ARENA_ARRAY(l->mem, node *, a.n)};
    for (int i = 0; i < a.n; i++) {
        elem to = common_elem(a.item[i], b.item[i]);
        node *args[3] = {c, lower_cast(l, a.item[i], to), lower_cast(l, b.item[i], to)};
        r.item[i] = lower_elementwise(l, OP_SELECT, 3, args, to);
    }
    return r;
}

static node *lower_name(lowering *l, frame *f, expr *e)
{
    binding *b = e->bind;
    if (b->kind == BIND_CONSTANT)
        return graph_real(l->g, lower_elem(l, e->type), b->constant);
    if (b->kind == BIND_SIZE)
        return graph_size(l->g, lower_extent(l, f, extent_name(l->p->pool, b->name)));
    meaning *en = lower_find(f, b);
    assert(en && en->value);
    return en->value;
}

static node *lower_transpose(lowering *l, frame *f, expr *e)
{
    node *a = lower_expr(l, f, e->a.data[0]);
    if (a->rank < 2)
        return a;
    var *axes[2];
    node *x = graph_entry(l->g, a, axes);
    return graph_tensor(l->g, 2, (var *[]){axes[1], axes[0]}, x);
}

static node *lower_unary(lowering *l, frame *f, expr *e, op o)
{
    node *a = lower_expr(l, f, e->a.data[0]);
    if (o == OP_NEG && a->op == OP_CONST)
        return elem_is_float(a->elem) ? graph_real(l->g, a->elem, -a->number) : graph_int(l->g, -a->integer);
    return lower_elementwise(l, o, 1, &a, a->elem);
}

static values lower_tuple(lowering *l, frame *f, expr *e)
{
    values v = {e->a.n, ARENA_ARRAY(l->mem, node *, e->a.n)};
    for (int i = 0; i < e->a.n; i++)
        v.item[i] = lower_expr(l, f, e->a.data[i]);
    return v;
}

static node *lower_one(lowering *l, frame *f, expr *e)
{
    switch (e->kind) {
    case EXPR_INT:
        return graph_int(l->g, e->integer);
    case EXPR_REAL:
        return graph_real(l->g, lower_elem(l, e->type), e->real);
    case EXPR_BOOL:
        return graph_bool(l->g, e->integer != 0);
    case EXPR_NAME:
        return lower_name(l, f, e);
    case EXPR_NEG:
        return lower_unary(l, f, e, OP_NEG);
    case EXPR_NOT:
        return lower_unary(l, f, e, OP_NOT);
    case EXPR_TRANSPOSE:
        return lower_transpose(l, f, e);
    case EXPR_BINARY:
        return lower_binary(l, f, e);
    case EXPR_SUBSCRIPT:
        return lower_subscript(l, f, e);
    case EXPR_LITERAL:
        return lower_literal(l, f, e);
    case EXPR_SHAPED:
        return lower_shaped(l, f, e);
    default:
        assert(false && "an expression of this kind has no value");
        return NULL;
    }
}

values lower_values(lowering *l, frame *f, expr *e)
{
    loc at = l->g->at;
    l->g->at = e->at;
    values v;
    switch (e->kind) {
    case EXPR_IF:
        v = lower_if(l, f, e);
        break;
    case EXPR_CALL:
        v = lower_call(l, f, e);
        break;
    case EXPR_REDUCE:
        v = lower_reduce(l, f, e);
        break;
    case EXPR_DERIV:
        v = lower_derivative(l, f, e);
        break;
    case EXPR_FOR:
        v = lower_loop(l, f, e->loop);
        break;
    case EXPR_TUPLE:
        v = lower_tuple(l, f, e);
        break;
    default:
        v = one_value(l, lower_one(l, f, e));
    }
    l->g->at = at;
    return v;
}

node *lower_expr(lowering *l, frame *f, expr *e)
{
    values v = lower_values(l, f, e);
    assert(v.n == 1);
    return v.item[0];
}
