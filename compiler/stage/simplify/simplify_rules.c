/* The rules of simplify: rows {op, function, formula} at the end, small functions above.
 *
 * A rule sees a node whose arguments are simple and returns an equal one that is nearer to the normal form, or NULL.
 * Floats keep their meaning, but for rounding and the sign of a zero: no 0*x, no x-x. Signs and constants move
 * outwards, zeros of selects move outwards (so that a sum sees the condition that fixes its axis), factors leave sums,
 * integers gather their constants, and comparisons of integers are decided by ranges. */
#include <math.h>

#include "form/affine.h"
#include "stage/simplify/simplify_state.h"

/* ---- What arguments look like ---- */

static node *arg(const node *n, int k)
{
    return n->args[k];
}

static bool is(const node *n, op o)
{
    return n->op == o;
}

static bool is_zero(const node *n)
{
    return node_is_number(n, 0);
}

static bool is_one(const node *n)
{
    return node_is_number(n, 1);
}

static bool is_int(const node *n)
{
    return n->elem == ELEM_INT;
}

/* An int that the sizes alone determine, as polynomial. */
static const extent *static_int(const rewrite *w, const node *n)
{
    return is(n, OP_CONST) || is(n, OP_SIZE) ? affine_extent(n, w->g->pool) : NULL;
}

bool simplify_is_plain(const node *n)
{
    if (n->op == OP_CONST || n->op == OP_SIZE || n->op == OP_VAR)
        return true;
    if (!node_is_point(n))
        return false;
    for (int i = 0; i < n->nargs; i++)
        if (!simplify_is_plain(n->args[i]))
            return false;
    return true;
}

static node *neg(const rewrite *w, node *a)
{
    return graph_un(w->g, OP_NEG, a);
}

static node *bin(const rewrite *w, op o, node *a, node *b)
{
    return graph_bin(w->g, o, a, b);
}

static node *number(const rewrite *w, int64_t x)
{
    return graph_number(w->g, w->n->elem, x);
}

int simplify_order(const node *a, const node *b)
{
    if (a == b)
        return 0;
    if (a->op != b->op)
        return a->op < b->op ? -1 : 1;
    if (a->op == OP_VAR)
        return a->var->id < b->var->id ? -1 : 1;
    if ((!a->nfree && !b->nfree) || node_is_binder(a) || node_is_binder(b) || a->nargs != b->nargs)
        return a->id < b->id ? -1 : 1;
    for (int i = 0; i < a->nargs; i++)
        if (a->args[i] != b->args[i])
            return simplify_order(a->args[i], b->args[i]);
    return a->id < b->id ? -1 : 1;
}

/* ---- Integers: constants gathered, sizes folded ---- */

static node *int_sizes(const rewrite *w)
{
    if (!is_int(w->n))
        return NULL;
    for (int i = 0; i < w->n->nargs; i++)
        if (!static_int(w, w->args[i]))
            return NULL;
    const extent *a = static_int(w, w->args[0]), *b = w->n->nargs > 1 ? static_int(w, w->args[1]) : a;
    const extent *e = is(w->n, OP_ADD)   ? extent_add(a, b)
                      : is(w->n, OP_SUB) ? extent_sub(a, b)
                      : is(w->n, OP_MUL) ? extent_mul(a, b)
                                         : extent_scale(a, -1);
    return graph_size(w->g, e);
}

/* x + e with a constant e, a difference when e is negative. */
static node *plus_size(const rewrite *w, node *x, const extent *e)
{
    int64_t k;
    if (extent_is_const(e, &k) && k <= 0)
        return k ? bin(w, OP_SUB, x, graph_size(w->g, extent_scale(e, -1))) : x;
    return bin(w, OP_ADD, x, graph_size(w->g, e));
}

/* n == x + e or e - x with e of sizes only. */
static bool split_size(const rewrite *w, node *n, node **x, const extent **e, bool *minus)
{
    *minus = false;
    if (!is(n, OP_ADD) && !is(n, OP_SUB))
        return false;
    const extent *a = static_int(w, arg(n, 0)), *b = static_int(w, arg(n, 1));
    bool sub = is(n, OP_SUB);
    if (b) {
        *x = arg(n, 0);
        *e = sub ? extent_scale(b, -1) : b;
    } else if (a) {
        *x = arg(n, 1);
        *e = a;
        *minus = sub;
    }
    return a || b;
}

/* The sum or difference of x and sizes, regrouped when one argument has a constant part already. */
static node *int_regroup(const rewrite *w)
{
    if (!is_int(w->n))
        return NULL;
    bool sub = is(w->n, OP_SUB), minus;
    for (int i = 0; i < 2; i++) {
        const extent *k = static_int(w, w->args[i]), *e;
        node *x;
        if (!k || !split_size(w, w->args[1 - i], &x, &e, &minus))
            continue;
        /* i == 1: (+-x + e) +- k;  i == 0: k +- (+-x + e) */
        bool flip = sub && i == 0;
        const extent *sum = flip ? extent_sub(k, e) : sub ? extent_sub(e, k) : extent_add(e, k);
        if (flip != minus)
            return bin(w, OP_SUB, graph_size(w->g, sum), x);
        return plus_size(w, x, sum);
    }
    return NULL;
}

static node *int_negative(const rewrite *w)
{
    for (int i = is(w->n, OP_ADD) ? 0 : 1; i < 2; i++) {
        const node *b = w->args[i];
        if (is_int(b) && is(b, OP_CONST) && b->integer < 0 && b->integer > INT64_MIN)
            return bin(w, is(w->n, OP_ADD) ? OP_SUB : OP_ADD, w->args[1 - i], graph_int(w->g, -b->integer));
    }
    return NULL;
}

static node *int_cancel_add(const rewrite *w)
{
    if (!is_int(w->n))
        return NULL;
    for (int i = 0; i < 2; i++) {
        node *d = w->args[i], *b = w->args[1 - i];
        if (is(d, OP_SUB) && arg(d, 1) == b)
            return arg(d, 0);
    }
    return NULL;
}

static node *int_cancel_sub(const rewrite *w)
{
    node *a = w->args[0], *b = w->args[1];
    if (!is_int(w->n))
        return NULL;
    if (a == b)
        return number(w, 0);
    if (is(a, OP_ADD) && (arg(a, 0) == b || arg(a, 1) == b))
        return arg(a, arg(a, 0) == b);
    if (is(b, OP_SUB) && arg(b, 0) == a)
        return arg(b, 1);
    if (is(a, OP_SUB) && arg(a, 0) == b)
        return neg(w, arg(a, 1));
    if (is(b, OP_ADD) && (arg(b, 0) == a || arg(b, 1) == a))
        return neg(w, arg(b, arg(b, 0) == a));
    return NULL;
}

static node *int_times_zero(const rewrite *w)
{
    return is_int(w->n) && (is_zero(w->args[0]) || is_zero(w->args[1])) ? number(w, 0) : NULL;
}

static bool le(const rewrite *w, const node *a, const node *b)
{
    return affine_le(a, b, NULL, 0, NULL, 0, NULL, w->g->pool);
}

static bool lt(const rewrite *w, node *a, node *b)
{
    return le(w, bin(w, OP_ADD, a, graph_int(w->g, 1)), b);
}

static bool in_range_of(const rewrite *w, const node *a, const node *b)
{
    const extent *size = affine_extent(b, w->g->pool);
    return size && affine_in_range(a, size, NULL, 0, NULL, 0, NULL);
}

static node *idiv_range(const rewrite *w)
{
    if (is_one(w->args[1]))
        return w->args[0];
    return in_range_of(w, w->args[0], w->args[1]) ? number(w, 0) : NULL;
}

static node *imod_range(const rewrite *w)
{
    if (is_one(w->args[1]))
        return number(w, 0);
    return in_range_of(w, w->args[0], w->args[1]) ? w->args[0] : NULL;
}

/* ---- Sums ---- */

static node *add_zero(const rewrite *w)
{
    return is_zero(w->args[0]) ? w->args[1] : is_zero(w->args[1]) ? w->args[0] : NULL;
}

static node *add_neg(const rewrite *w)
{
    for (int i = 1; i >= 0; i--)
        if (is(w->args[i], OP_NEG))
            return bin(w, OP_SUB, w->args[1 - i], arg(w->args[i], 0));
    return NULL;
}

static node *sub_zero(const rewrite *w)
{
    return is_zero(w->args[1]) ? w->args[0] : is_zero(w->args[0]) ? neg(w, w->args[1]) : NULL;
}

static node *sub_neg(const rewrite *w)
{
    return is(w->args[1], OP_NEG) ? bin(w, OP_ADD, w->args[0], arg(w->args[1], 0)) : NULL;
}

static node *neg_neg(const rewrite *w)
{
    return is(w->args[0], OP_NEG) ? arg(w->args[0], 0) : NULL;
}

static node *neg_int_sub(const rewrite *w)
{
    node *a = w->args[0];
    return is_int(a) && is(a, OP_SUB) ? bin(w, OP_SUB, arg(a, 1), arg(a, 0)) : NULL;
}

/* ---- Products ---- */

static node *mul_one(const rewrite *w)
{
    return is_one(w->args[0]) ? w->args[1] : is_one(w->args[1]) ? w->args[0] : NULL;
}

static node *mul_minus_one(const rewrite *w)
{
    for (int i = 0; i < 2; i++)
        if (node_is_number(w->args[i], -1))
            return neg(w, w->args[1 - i]);
    return NULL;
}

static node *mul_same(const rewrite *w)
{
    return w->args[0] == w->args[1] && elem_is_float(w->n->elem) ? graph_un(w->g, OP_SQ, w->args[0]) : NULL;
}

/* f(-a, b) = -f(a, b) for products and quotients, in either argument. */
static node *sign_out(const rewrite *w)
{
    const int n = w->n->nargs > 1 ? 2 : 1;
    node *a[2] = {w->args[0], n > 1 ? w->args[1] : NULL};
    for (int i = 0; i < n; i++)
        if (is(a[i], OP_NEG)) {
            a[i] = arg(a[i], 0);
            return neg(w, graph_point(w->g, w->n->op, n, a, w->n->elem));
        }
    return NULL;
}

static bool against_zero(const node *n)
{
    return is(n, OP_SELECT) && is_zero(arg(n, 2));
}

/* f(select(c, x, 0)) = select(c, f(x), 0) in argument k. */
static node *select_out_of(const rewrite *w, int k)
{
    node *s = w->args[k];
    if (!against_zero(s))
        return NULL;
    node *a[2] = {w->args[0], w->n->nargs > 1 ? w->args[1] : NULL};
    a[k] = arg(s, 1);
    return graph_select(w->g, arg(s, 0), graph_point(w->g, w->n->op, w->n->nargs, a, w->n->elem), number(w, 0));
}

static node *select_out(const rewrite *w)
{
    node *r = select_out_of(w, 0);
    return !r && w->n->nargs > 1 && !is(w->n, OP_DIV) ? select_out_of(w, 1) : r;
}

static node *mulz_zero(const rewrite *w)
{
    return is_zero(w->args[0]) || is_zero(w->args[1]) ? number(w, 0) : NULL;
}

static node *mulz_plain(const rewrite *w)
{
    double x;
    bool plain = is_int(w->n);
    for (int i = 0; i < 2; i++)
        plain |= node_is_const(w->args[i], &x) && isfinite(x) && x != 0;
    return plain ? bin(w, OP_MUL, w->args[0], w->args[1]) : NULL;
}

static node *div_one(const rewrite *w)
{
    return is_one(w->args[1]) ? w->args[0] : NULL;
}

static node *div_minus_one(const rewrite *w)
{
    return node_is_number(w->args[1], -1) ? neg(w, w->args[0]) : NULL;
}

static node *one_over(const rewrite *w)
{
    return is_one(w->args[0]) ? graph_un(w->g, OP_INV, w->args[1]) : NULL;
}

static node *pow_const(const rewrite *w)
{
    node *x = w->args[0], *k = w->args[1];
    if (node_is_number(k, 2))
        return graph_un(w->g, OP_SQ, x);
    if (node_is_number(k, -1) && elem_is_float(x->elem))
        return graph_un(w->g, OP_INV, x);
    return is_one(k) ? x : is_zero(k) ? number(w, 1) : NULL;
}

/* ---- Even functions ---- */

static node *even_neg(const rewrite *w)
{
    return is(w->args[0], OP_NEG) ? graph_un(w->g, w->n->op, arg(w->args[0], 0)) : NULL;
}

static node *even_sub(const rewrite *w)
{
    node *d = w->args[0];
    if (!is(d, OP_SUB) || simplify_order(arg(d, 1), arg(d, 0)) >= 0)
        return NULL;
    return graph_un(w->g, w->n->op, bin(w, OP_SUB, arg(d, 1), arg(d, 0)));
}

static node *even_abs(const rewrite *w)
{
    node *a = w->args[0];
    return !is(a, OP_ABS) ? NULL : is(w->n, OP_ABS) ? a : graph_un(w->g, w->n->op, arg(a, 0));
}

/* ---- Truth ---- */

static node *and_const(const rewrite *w)
{
    for (int i = 0; i < 2; i++)
        if (is(w->args[i], OP_CONST))
            return (w->args[i]->integer != 0) == is(w->n, OP_AND) ? w->args[1 - i] : w->args[i];
    return NULL;
}

static bool are_opposite(const node *a, const node *b)
{
    return (is(a, OP_NOT) && arg(a, 0) == b) || (is(b, OP_NOT) && arg(b, 0) == a);
}

static node *and_same(const rewrite *w)
{
    node *a = w->args[0], *b = w->args[1];
    if (a == b)
        return a;
    if (are_opposite(a, b))
        return graph_bool(w->g, is(w->n, OP_OR));
    for (int i = 0; i < 2; i++)
        if (is(w->args[i], w->n->op) && (arg(w->args[i], 0) == w->args[1 - i] || arg(w->args[i], 1) == w->args[1 - i]))
            return w->args[i];
    return NULL;
}

static node *not_not(const rewrite *w)
{
    return is(w->args[0], OP_NOT) ? arg(w->args[0], 0) : NULL;
}

static node *not_const(const rewrite *w)
{
    return is(w->args[0], OP_CONST) ? graph_bool(w->g, !w->args[0]->integer) : NULL;
}

static node *not_compare(const rewrite *w)
{
    node *c = w->args[0];
    switch (c->op) {
    case OP_EQ:
        return bin(w, OP_NE, arg(c, 0), arg(c, 1));
    case OP_NE:
        return bin(w, OP_EQ, arg(c, 0), arg(c, 1));
    case OP_LT:
        return is_int(arg(c, 0)) ? bin(w, OP_LE, arg(c, 1), arg(c, 0)) : NULL;
    case OP_LE:
        return is_int(arg(c, 0)) ? bin(w, OP_LT, arg(c, 1), arg(c, 0)) : NULL;
    default:
        return NULL;
    }
}

static node *compare_range(const rewrite *w)
{
    node *a = w->args[0], *b = w->args[1];
    op o = w->n->op;
    if (!is_int(a))
        return NULL;
    bool equality = o == OP_EQ || o == OP_NE;
    if (equality && a == b)
        return graph_bool(w->g, o == OP_EQ);
    if (equality && (lt(w, a, b) || lt(w, b, a)))
        return graph_bool(w->g, o == OP_NE);
    if (equality)
        return le(w, a, b) && le(w, b, a) ? graph_bool(w->g, o == OP_EQ) : NULL;
    if (o == OP_LT ? lt(w, a, b) : le(w, a, b))
        return graph_bool(w->g, true);
    return (o == OP_LT ? le(w, b, a) : lt(w, b, a)) ? graph_bool(w->g, false) : NULL;
}

static node *bool_equal(const rewrite *w)
{
    node *a = w->args[0];
    if (a->elem != ELEM_BOOL)
        return NULL;
    for (int i = 0; i < 2; i++)
        if (is(w->args[i], OP_CONST)) {
            node *x = w->args[1 - i];
            return (w->args[i]->integer != 0) == is(w->n, OP_EQ) ? x : graph_un(w->g, OP_NOT, x);
        }
    return a == w->args[1] ? graph_bool(w->g, is(w->n, OP_EQ)) : NULL;
}

static node *extremum_range(const rewrite *w)
{
    node *a = w->args[0], *b = w->args[1];
    if (a == b)
        return a;
    if (!is_int(a))
        return NULL;
    bool less = le(w, a, b);
    if (!less && !le(w, b, a))
        return NULL;
    return less == is(w->n, OP_MIN) ? a : b;
}

/* ---- Selects ---- */

static node *select_const(const rewrite *w)
{
    return is(w->args[0], OP_CONST) ? w->args[w->args[0]->integer ? 1 : 2] : NULL;
}

static node *select_same(const rewrite *w)
{
    return w->args[1] == w->args[2] ? w->args[1] : NULL;
}

static node *select_not(const rewrite *w)
{
    node *c = w->args[0];
    if (is(c, OP_NOT))
        return graph_select(w->g, arg(c, 0), w->args[2], w->args[1]);
    if (is(c, OP_NE) && is_zero(w->args[1]))
        return graph_select(w->g, bin(w, OP_EQ, arg(c, 0), arg(c, 1)), w->args[2], w->args[1]);
    return NULL;
}

static node *select_nested(const rewrite *w)
{
    node *c = w->args[0], *a = w->args[1], *b = w->args[2];
    if (is(a, OP_SELECT) && arg(a, 0) == c)
        return graph_select(w->g, c, arg(a, 1), b);
    if (is(b, OP_SELECT) && arg(b, 0) == c)
        return graph_select(w->g, c, a, arg(b, 2));
    return NULL;
}

static node *select_and(const rewrite *w)
{
    node *a = w->args[1];
    if (!is(a, OP_SELECT) || arg(a, 2) != w->args[2] || !simplify_is_plain(arg(a, 0)))
        return NULL;
    return graph_select(w->g, bin(w, OP_AND, w->args[0], arg(a, 0)), arg(a, 1), w->args[2]);
}

static node *select_bool(const rewrite *w)
{
    node *c = w->args[0], *a = w->args[1], *b = w->args[2];
    if (w->n->elem != ELEM_BOOL)
        return NULL;
    if (is_one(a) && is_zero(b))
        return c;
    return is_zero(a) && is_one(b) ? graph_un(w->g, OP_NOT, c) : NULL;
}

/* ---- Casts ---- */

static node *cast(const rewrite *w, node *x)
{
    return graph_point(w->g, w->n->op, 1, &x, w->n->elem);
}

static node *cast_select(const rewrite *w)
{
    node *s = w->args[0];
    if (!is(s, OP_SELECT) || !is(arg(s, 1), OP_CONST) || !is(arg(s, 2), OP_CONST))
        return NULL;
    return graph_select(w->g, arg(s, 0), cast(w, arg(s, 1)), cast(w, arg(s, 2)));
}

static node *cast_bool(const rewrite *w)
{
    if (w->args[0]->elem != ELEM_BOOL || is(w->args[0], OP_CONST))
        return NULL;
    return graph_select(w->g, w->args[0], number(w, 1), number(w, 0));
}

static node *cast_back(const rewrite *w)
{
    node *a = w->args[0];
    return is(a, OP_TO_F64) && arg(a, 0)->elem == ELEM_F32 ? arg(a, 0) : NULL;
}

static node *stop_const(const rewrite *w)
{
    node *a = w->args[0];
    return is(a, OP_CONST) || is(a, OP_STOP) || !elem_is_float(a->elem) ? a : NULL;
}

/* ---- Loops and scatters ---- */

static node *out_still(const rewrite *w)
{
    node *loop = w->args[0];
    int64_t k = w->n->integer;
    if (!is(loop, OP_LOOP))
        return NULL;
    node *lo = loop->args[0], *hi = loop->args[1];
    bool no_pass = lo == hi || (is(lo, OP_CONST) && is(hi, OP_CONST) && hi->integer <= lo->integer);
    if (k == loop->ninner)
        return no_pass ? graph_int(w->g, 0) : NULL;
    node *next = loop->args[2 + loop->ninner + k];
    return no_pass || next == loop->vars[1 + k]->self ? loop->args[2 + k] : NULL;
}

/* A row of what is the same in all passes. */
static node *row_still(const rewrite *w)
{
    node *stack = w->args[0];
    if (!is(stack, OP_STACK) || node_depends_any(arg(stack, 1), stack->nvars, stack->vars))
        return NULL;
    return graph_access(w->g, arg(stack, 1), w->args + 2);
}

static node *scatter_nothing(const rewrite *w)
{
    return is_zero(w->args[0]) || is_zero(w->args[1]) ? graph_zeros_like(w->g, w->n) : NULL;
}

/* The axis that subscript k is, where it runs over all entries. */
static var *scattered_axis(const rewrite *w, int k)
{
    const node *sub = w->args[2 + k];
    for (int i = 0; i < w->n->nvars; i++)
        if (w->vars[i]->self == sub && w->vars[i]->extent == w->n->extents[k])
            return w->vars[i];
    return NULL;
}

static bool is_among(const var *v, int n, var *const *list)
{
    for (int i = 0; i < n; i++)
        if (list[i] == v)
            return true;
    return false;
}

static node *scatter_plain(const rewrite *w)
{
    int rank = w->n->rank, nrest = 0;
    if (!node_is_number(w->args[1], 1) || node_dynamic_axes(w->n))
        return NULL;
    var **axes = ARENA_ARRAY(w->g->mem, var *, rank + 1), **rest = ARENA_ARRAY(w->g->mem, var *, w->n->nvars + 1);
    for (int k = 0; k < rank; k++) {
        axes[k] = scattered_axis(w, k);
        if (!axes[k] || is_among(axes[k], k, axes))
            return NULL;
    }
    for (int i = 0; i < w->n->nvars; i++)
        if (!is_among(w->vars[i], rank, axes))
            rest[nrest++] = w->vars[i];
    node *sum = nrest ? graph_reduce(w->g, OP_SUM, nrest, rest, w->args[0], NULL, NULL) : w->args[0];
    return graph_tensor(w->g, rank, axes, sum);
}

/* ---- The table, in the order of ops ---- */

#define SIGNS(o)                                                                                                       \
    {                                                                                                                  \
        o, sign_out, "f(-a, b) = -f(a, b), f(a, -b) = -f(a, b)"                                                        \
    }
#define ZEROS(o)                                                                                                       \
    {                                                                                                                  \
        o, select_out, "f(select(c, x, 0)) = select(c, f(x), 0)"                                                       \
    }
#define EMPTY(o)                                                                                                       \
    {                                                                                                                  \
        o, simplify_reduce_empty, "R over nothing, or sum of 0, product of 1 = neutral"                                \
    }
#define UNIT(o)                                                                                                        \
    {                                                                                                                  \
        o, simplify_reduce_unit_axis, "R[a: 1, b](x) = R[b](x at a = 0)"                                               \
    }
#define DELTA(o)                                                                                                       \
    {                                                                                                                  \
        o, simplify_reduce_delta, "R[a, b where a == e](x) = if 0 <= e < size then R[b](x at a = e) else neutral"      \
    }
#define CONDITION(o)                                                                                                   \
    {                                                                                                                  \
        o, simplify_reduce_condition, "R[a where c and d](x) = if c then R[a where d](x) else neutral, c free of a"    \
    }
#define TERM(o)                                                                                                        \
    {                                                                                                                  \
        o, simplify_extremum_term, "R(x + c) = R(x) + c, c free of the axes"                                           \
    }

const simplify_rule simplify_rules[] = {
    {OP_NEG, neg_neg, "-(-a) = a"},
    {OP_NEG, int_sizes, "-n = (-n)"},
    {OP_NEG, simplify_scale_neg, "-(c * x) = -c * x"},
    {OP_NEG, neg_int_sub, "-(a - b) = b - a (int)"},
    ZEROS(OP_NEG),
    {OP_ADD, add_zero, "x + 0 = x"},
    {OP_ADD, add_neg, "a + -b = a - b"},
    {OP_ADD, simplify_scale_add, "c * x + d * x = (c+d) * x, c * x + c * y = c * (x + y)"},
    {OP_ADD, int_sizes, "n + m = (n+m) (int)"},
    {OP_ADD, int_regroup, "(x + n) + m = x + (n+m) (int)"},
    {OP_ADD, int_negative, "x + -3 = x - 3 (int)"},
    {OP_ADD, int_cancel_add, "(a - b) + b = a (int)"},
    {OP_SUB, sub_zero, "x - 0 = x, 0 - x = -x"},
    {OP_SUB, sub_neg, "a - -b = a + b"},
    {OP_SUB, simplify_sub_of_neg, "-a - b = -(a + b)"},
    {OP_SUB, simplify_scale_add, "c * x - d * x = (c-d) * x, c * x - c * y = c * (x - y)"},
    {OP_SUB, int_sizes, "n - m = (n-m) (int)"},
    {OP_SUB, int_regroup, "(x + n) - m = x + (n-m) (int)"},
    {OP_SUB, int_negative, "x - -3 = x + 3 (int)"},
    {OP_SUB, int_cancel_sub, "(a + b) - b = a, a - (a - b) = b, a - a = 0 (int)"},
    {OP_MUL, mul_one, "1 * x = x"},
    {OP_MUL, int_times_zero, "0 * x = 0 (int)"},
    {OP_MUL, mul_minus_one, "-1 * x = -x"},
    {OP_MUL, int_sizes, "n * m = (n*m) (int)"},
    {OP_MUL, mul_same, "x * x = sq(x)"},
    {OP_MUL, simplify_order_factor, "(b - a) * y = -((a - b) * y), in the order of values"},
    {OP_MUL, simplify_scale_mul, "(c * x) * y = c * (x * y)"},
    SIGNS(OP_MUL),
    ZEROS(OP_MUL),
    {OP_MULZ, mulz_zero, "mulz(0, x) = 0"},
    {OP_MULZ, mulz_plain, "mulz(c, x) = c * x, c constant, finite, not 0"},
    SIGNS(OP_MULZ),
    ZEROS(OP_MULZ),
    {OP_DIV, div_one, "x / 1 = x"},
    {OP_DIV, div_minus_one, "x / -1 = -x"},
    {OP_DIV, one_over, "1 / x = inv(x)"},
    {OP_DIV, simplify_scale_div, "(c * x) / y = c * (x / y), x / (4 * y) = 0.25 * (x / y)"},
    SIGNS(OP_DIV),
    ZEROS(OP_DIV),
    {OP_POW, pow_const, "x^2 = sq(x), x^1 = x, x^0 = 1, x^-1 = inv(x)"},
    {OP_MIN, extremum_range, "min(a, a) = a, min(a, b) = a where a <= b (int)"},
    {OP_MAX, extremum_range, "max(a, a) = a, max(a, b) = b where a <= b (int)"},
    {OP_IDIV, idiv_range, "div(x, 1) = x, div(x, n) = 0 where 0 <= x < n"},
    {OP_IDIV, simplify_digits, "div(n*x + y, n*m) = div(x, m) where 0 <= y < n"},
    {OP_IMOD, imod_range, "mod(x, 1) = 0, mod(x, n) = x where 0 <= x < n"},
    {OP_IMOD, simplify_mod_sum,
     "mod(x + mod(y, n), n) = mod(x + y, n), mod(x + n, n) = mod(x, n), of indices and sizes"},
    {OP_IMOD, simplify_digits, "mod(n*x + y, n*m) = n * mod(x, m) + y where 0 <= y < n"},
    {OP_EQ, compare_range, "a == b decided by ranges (int)"},
    {OP_EQ, bool_equal, "(a == true) = a, (a == a) = true (bool)"},
    {OP_NE, compare_range, "a != b decided by ranges (int)"},
    {OP_NE, bool_equal, "(a != false) = a, (a != a) = false (bool)"},
    {OP_LT, compare_range, "a < b decided by ranges (int)"},
    {OP_LE, compare_range, "a <= b decided by ranges (int)"},
    {OP_AND, and_const, "(a and true) = a, (a and false) = false"},
    {OP_AND, and_same, "(a and a) = a, (a and (a and b)) = (a and b), (a and not a) = false"},
    {OP_OR, and_const, "(a or false) = a, (a or true) = true"},
    {OP_OR, and_same, "(a or a) = a, (a or (a or b)) = (a or b), (a or not a) = true"},
    {OP_NOT, not_const, "not true = false"},
    {OP_NOT, not_not, "not not a = a"},
    {OP_NOT, not_compare, "not (a == b) = (a != b), not (a < b) = (b <= a) (int)"},
    {OP_SELECT, select_const, "select(true, a, b) = a"},
    {OP_SELECT, select_same, "select(c, a, a) = a"},
    {OP_SELECT, select_not, "select(not c, a, b) = select(c, b, a), select(a != b, 0, x) = select(a == b, x, 0)"},
    {OP_SELECT, select_nested, "select(c, select(c, a, b), d) = select(c, a, d)"},
    {OP_SELECT, select_and, "select(c, select(d, a, b), b) = select(c and d, a, b), d without reads"},
    {OP_SELECT, select_bool, "select(c, true, false) = c"},
    {OP_TO_F64, cast_select, "f64(select(c, 1, 0)) = select(c, 1.0, 0.0)"},
    {OP_TO_F64, cast_bool, "f64(c) = select(c, 1.0, 0.0) (bool)"},
    {OP_TO_F32, cast_back, "f32(f64(x)) = x"},
    {OP_TO_F32, cast_select, "f32(select(c, 1, 0)) = select(c, 1.0f, 0.0f)"},
    {OP_TO_F32, cast_bool, "f32(c) = select(c, 1.0f, 0.0f) (bool)"},
    {OP_TO_INT, cast_select, "int(select(c, 1.0, 0.0)) = select(c, 1, 0)"},
    {OP_TO_INT, cast_bool, "int(c) = select(c, 1, 0) (bool)"},
    {OP_STOP, stop_const, "stop(2) = 2, stop(stop(x)) = stop(x)"},
    {OP_SQ, even_neg, "sq(-a) = sq(a)"},
    {OP_SQ, even_sub, "sq(b - a) = sq(a - b), in the order of values"},
    {OP_SQ, even_abs, "sq(abs(a)) = sq(a)"},
    SIGNS(OP_INV),
    {OP_ABS, even_neg, "abs(-a) = abs(a)"},
    {OP_ABS, even_sub, "abs(b - a) = abs(a - b), in the order of values"},
    {OP_ABS, even_abs, "abs(abs(a)) = abs(a)"},
    {OP_ACCESS, row_still, "a row of what a loop yields in every pass alike = that"},
    EMPTY(OP_SUM),
    UNIT(OP_SUM),
    DELTA(OP_SUM),
    CONDITION(OP_SUM),
    {OP_SUM, simplify_sum_select, "sum(select(c, x, 0)) = select(c, sum(x), 0), c free of the axes"},
    {OP_SUM, simplify_sum_count, "sum[a: N](1) = N"},
    {OP_SUM, simplify_sum_factor, "sum(c * x) = c * sum(x), c free of the axes"},
    {OP_SUM, simplify_sum_split, "sum[a, b](c * x) = sum[a](c * sum[b](x)), c free of b"},
    EMPTY(OP_PROD),
    UNIT(OP_PROD),
    DELTA(OP_PROD),
    CONDITION(OP_PROD),
    EMPTY(OP_RMAX),
    UNIT(OP_RMAX),
    DELTA(OP_RMAX),
    CONDITION(OP_RMAX),
    TERM(OP_RMAX),
    EMPTY(OP_RMIN),
    UNIT(OP_RMIN),
    DELTA(OP_RMIN),
    CONDITION(OP_RMIN),
    TERM(OP_RMIN),
    EMPTY(OP_ARGMAX),
    UNIT(OP_ARGMAX),
    CONDITION(OP_ARGMAX),
    EMPTY(OP_ARGMIN),
    UNIT(OP_ARGMIN),
    CONDITION(OP_ARGMIN),
    EMPTY(OP_LSE),
    UNIT(OP_LSE),
    DELTA(OP_LSE),
    CONDITION(OP_LSE),
    TERM(OP_LSE),
    EMPTY(OP_ANY),
    UNIT(OP_ANY),
    DELTA(OP_ANY),
    CONDITION(OP_ANY),
    EMPTY(OP_ALL),
    UNIT(OP_ALL),
    DELTA(OP_ALL),
    CONDITION(OP_ALL),
    {OP_SCATTER, scatter_plain, "scatter[a, b](x at a) = tensor[a](sum[b](x)), over all entries"},
    {OP_SCATTER, scatter_nothing, "scatter of 0, or where false = zeros"},
    {OP_OUT, out_still, "a state that a loop hands on unchanged, or of no pass = its first value"},
    {0},
};
