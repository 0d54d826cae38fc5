/* The partial derivatives of the pointwise ops: one row per op, the formula above or beside it. */
#include <assert.h>

#include "stage/derive/derive_state.h"

typedef node *partial_fn(graph *g, node *n, int k);

static node *un(graph *g, op o, node *a)
{
    return graph_un(g, o, a);
}

static node *bin(graph *g, op o, node *a, node *b)
{
    return graph_bin(g, o, a, b);
}

static node *num(graph *g, const node *like, double x)
{
    return graph_real(g, like->elem, x);
}

static node *one(graph *g, node *n, int k)
{
    (void)k;
    return num(g, n, 1);
}

static node *minus_one(graph *g, node *n, int k)
{
    (void)k;
    return num(g, n, -1);
}

static node *d_sub(graph *g, node *n, int k)
{
    return num(g, n, k == 0 ? 1 : -1);
}

static node *d_mul(graph *g, node *n, int k)
{
    (void)g;
    return n->args[1 - k];
}

/* a/b: 1/b, -(a/b)/b */
static node *d_div(graph *g, node *n, int k)
{
    node *b = n->args[1];
    return k == 0 ? un(g, OP_INV, b) : un(g, OP_NEG, bin(g, OP_DIV, n, b));
}

/* a^b: b a^(b-1), 0 where b = 0;  a^b log a, 0 where a = 0 */
static node *d_pow(graph *g, node *n, int k)
{
    node *a = n->args[0], *b = n->args[1], *zero = num(g, n, 0);
    if (k == 0) {
        node *slope = bin(g, OP_MUL, b, bin(g, OP_POW, a, bin(g, OP_SUB, b, num(g, n, 1))));
        return node_is_const(b, NULL) ? slope : graph_select(g, bin(g, OP_EQ, b, zero), zero, slope);
    }
    return graph_select(g, bin(g, OP_EQ, a, zero), zero, bin(g, OP_MUL, n, un(g, OP_LOG, a)));
}

/* atan2(y, x): x/(x^2+y^2), -y/(x^2+y^2) */
static node *d_atan2(graph *g, node *n, int k)
{
    node *y = n->args[0], *x = n->args[1];
    node *r2 = bin(g, OP_ADD, un(g, OP_SQ, x), un(g, OP_SQ, y));
    return k == 0 ? bin(g, OP_DIV, x, r2) : un(g, OP_NEG, bin(g, OP_DIV, y, r2));
}

/* a - b floor(a/b): 1, -floor(a/b) */
static node *d_fmod(graph *g, node *n, int k)
{
    if (k == 0)
        return num(g, n, 1);
    return un(g, OP_NEG, un(g, OP_FLOOR, bin(g, OP_DIV, n->args[0], n->args[1])));
}

static node *indicator(graph *g, node *n, node *condition, bool positive)
{
    node *yes = num(g, n, 1), *no = num(g, n, 0);
    return positive ? graph_select(g, condition, yes, no) : graph_select(g, condition, no, yes);
}

/* at a tie to the first */
static node *d_min(graph *g, node *n, int k)
{
    return indicator(g, n, bin(g, OP_LE, n->args[0], n->args[1]), k == 0);
}

static node *d_max(graph *g, node *n, int k)
{
    return indicator(g, n, bin(g, OP_LE, n->args[1], n->args[0]), k == 0);
}

static node *d_sq(graph *g, node *n, int k)
{
    (void)k;
    return bin(g, OP_MUL, num(g, n, 2), n->args[0]);
}

/* -1/x^2 */
static node *d_inv(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_NEG, un(g, OP_SQ, n));
}

static node *d_exp(graph *g, node *n, int k)
{
    (void)g;
    (void)k;
    return n;
}

/* 2^x log 2 */
static node *d_exp2(graph *g, node *n, int k)
{
    (void)k;
    return bin(g, OP_MUL, n, num(g, n, 0.6931471805599453));
}

static node *d_log(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_INV, n->args[0]);
}

static node *plus_one(graph *g, node *n, node *x)
{
    return bin(g, OP_ADD, x, num(g, n, 1));
}

static node *one_minus(graph *g, node *n, node *x)
{
    return bin(g, OP_SUB, num(g, n, 1), x);
}

static node *d_log1p(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_INV, plus_one(g, n, n->args[0]));
}

static node *d_expm1(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_EXP, n->args[0]);
}

/* 1/(2 sqrt x) */
static node *d_sqrt(graph *g, node *n, int k)
{
    (void)k;
    return bin(g, OP_DIV, num(g, n, 0.5), n);
}

/* as sqrt, 0 at 0: the derivative of a norm; NaN where that is */
static node *d_root(graph *g, node *n, int k)
{
    node *zero = bin(g, OP_EQ, n->args[0], num(g, n, 0));
    return graph_select(g, zero, num(g, n, 0), d_sqrt(g, n, k));
}

/* -1/2 x^(-3/2) */
static node *d_rsqrt(graph *g, node *n, int k)
{
    (void)k;
    return bin(g, OP_DIV, bin(g, OP_MUL, num(g, n, -0.5), n), n->args[0]);
}

static node *d_sin(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_COS, n->args[0]);
}

static node *d_cos(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_NEG, un(g, OP_SIN, n->args[0]));
}

static node *d_tan(graph *g, node *n, int k)
{
    (void)k;
    return plus_one(g, n, un(g, OP_SQ, n));
}

/* 1/sqrt(1-x^2), as 1/sqrt((1-x)(1+x)) without cancellation */
static node *d_asin(graph *g, node *n, int k)
{
    (void)k;
    node *x = n->args[0];
    return un(g, OP_RSQRT, bin(g, OP_MUL, one_minus(g, n, x), plus_one(g, n, x)));
}

static node *d_acos(graph *g, node *n, int k)
{
    return un(g, OP_NEG, d_asin(g, n, k));
}

static node *d_atan(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_INV, plus_one(g, n, un(g, OP_SQ, n->args[0])));
}

static node *d_sinh(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_COSH, n->args[0]);
}

static node *d_cosh(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_SINH, n->args[0]);
}

/* 1 - tanh^2 = 1/cosh^2 */
static node *d_tanh(graph *g, node *n, int k)
{
    (void)k;
    return one_minus(g, n, un(g, OP_SQ, n));
}

static node *d_asinh(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_RSQRT, plus_one(g, n, un(g, OP_SQ, n->args[0])));
}

/* 1/sqrt((x-1)(x+1)) */
static node *d_acosh(graph *g, node *n, int k)
{
    (void)k;
    node *x = n->args[0];
    return un(g, OP_RSQRT, bin(g, OP_MUL, bin(g, OP_SUB, x, num(g, n, 1)), plus_one(g, n, x)));
}

static node *d_atanh(graph *g, node *n, int k)
{
    (void)k;
    node *x = n->args[0];
    return un(g, OP_INV, bin(g, OP_MUL, one_minus(g, n, x), plus_one(g, n, x)));
}

/* 2/sqrt(pi) exp(-x^2) */
static node *d_erf(graph *g, node *n, int k)
{
    (void)k;
    node *bell = un(g, OP_EXP, un(g, OP_NEG, un(g, OP_SQ, n->args[0])));
    return bin(g, OP_MUL, num(g, n, 1.1283791670955126), bell);
}

static node *polygamma(graph *g, int64_t order, node *x)
{
    return graph_point(g, OP_POLYGAMMA, 2, (node *[]){graph_int(g, order), x}, x->elem);
}

static node *d_lgamma(graph *g, node *n, int k)
{
    (void)k;
    return polygamma(g, 0, n->args[0]);
}

static node *d_polygamma(graph *g, node *n, int k)
{
    return k == 0 ? NULL : polygamma(g, n->args[0]->integer + 1, n->args[1]);
}

static node *d_sinc(graph *g, node *n, int k)
{
    if (k == 0)
        return NULL;
    return graph_point(g, OP_SINC, 2, (node *[]){graph_int(g, n->args[0]->integer + 1), n->args[1]}, n->elem);
}

/* log x + 1 */
static node *d_xlogx(graph *g, node *n, int k)
{
    (void)k;
    return plus_one(g, n, un(g, OP_LOG, n->args[0]));
}

static node *d_sigmoid(graph *g, node *n, int k)
{
    (void)k;
    return bin(g, OP_MUL, n, one_minus(g, n, n));
}

static node *d_softplus(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_SIGMOID, n->args[0]);
}

static node *d_relu(graph *g, node *n, int k)
{
    (void)k;
    return indicator(g, n, bin(g, OP_LT, num(g, n, 0), n->args[0]), true);
}

static node *d_abs(graph *g, node *n, int k)
{
    (void)k;
    return un(g, OP_SIGN, n->args[0]);
}

/* A row: the partial, and whether it can be infinite at a point where the op itself is finite. Ops without a row are
 * locally constant, or int. */
static const struct {
    partial_fn *fn;
    bool singular;
} rules[OP_COUNT] = {
    [OP_NEG] = {minus_one, false},     [OP_ADD] = {one, false},
    [OP_SUB] = {d_sub, false},         [OP_MUL] = {d_mul, false},
    [OP_MULZ] = {d_mul, true},         [OP_DIV] = {d_div, false},
    [OP_POW] = {d_pow, true},          [OP_ATAN2] = {d_atan2, true},
    [OP_FMOD] = {d_fmod, false},       [OP_MIN] = {d_min, false},
    [OP_MAX] = {d_max, false},         [OP_TO_F64] = {one, false},
    [OP_TO_F32] = {one, false},        [OP_SQ] = {d_sq, false},
    [OP_INV] = {d_inv, false},         [OP_EXP] = {d_exp, false},
    [OP_EXP2] = {d_exp2, false},       [OP_LOG] = {d_log, true},
    [OP_LOG1P] = {d_log1p, true},      [OP_EXPM1] = {d_expm1, false},
    [OP_SQRT] = {d_sqrt, true},        [OP_ROOT] = {d_root, false},
    [OP_RSQRT] = {d_rsqrt, true},      [OP_SIN] = {d_sin, false},
    [OP_COS] = {d_cos, false},         [OP_TAN] = {d_tan, false},
    [OP_ASIN] = {d_asin, true},        [OP_ACOS] = {d_acos, true},
    [OP_ATAN] = {d_atan, false},       [OP_SINH] = {d_sinh, false},
    [OP_COSH] = {d_cosh, false},       [OP_TANH] = {d_tanh, false},
    [OP_ASINH] = {d_asinh, false},     [OP_ACOSH] = {d_acosh, true},
    [OP_ATANH] = {d_atanh, true},      [OP_ERF] = {d_erf, false},
    [OP_LGAMMA] = {d_lgamma, true},    [OP_POLYGAMMA] = {d_polygamma, true},
    [OP_SINC] = {d_sinc, false},       [OP_XLOGX] = {d_xlogx, true},
    [OP_SIGMOID] = {d_sigmoid, false}, [OP_SOFTPLUS] = {d_softplus, false},
    [OP_RELU] = {d_relu, false},       [OP_ABS] = {d_abs, false},
};

node *partial(graph *g, node *n, int k, bool *singular)
{
    *singular = rules[n->op].singular;
    return rules[n->op].fn ? rules[n->op].fn(g, n, k) : NULL;
}

static bool is_zero(const node *n)
{
    return node_is_number(n, 0);
}

/* select(c, a, 0) or select(c, 0, b): an adjoint of a branch. */
static bool is_masked(const node *n)
{
    return n->op == OP_SELECT && (is_zero(n->args[1]) || is_zero(n->args[2]));
}

/* Is there, below arithmetic, a product that may be infinite or (masks) a sum in which masked terms were lost? */
static bool may_hide(const node *w, bool masks, int depth)
{
    if (w->op == OP_MULZ || (masks && (w->op == OP_SCATTER || is_masked(w))))
        return true;
    if (depth == 0)
        return false;
    if (w->op == OP_SUM)
        return (masks && (!node_is_number(w->args[1], 1) || is_masked(w->args[0]))) ||
               may_hide(w->args[0], masks, depth - 1);
    if (w->op == OP_ACCESS || w->op == OP_TENSOR)
        return may_hide(w->args[0], masks, depth - 1);
    if (w->op != OP_MUL && w->op != OP_ADD && w->op != OP_SUB && w->op != OP_NEG && w->op != OP_SELECT)
        return false;
    for (int i = 0; i < w->nargs; i++)
        if (may_hide(w->args[i], masks, depth - 1))
            return true;
    return false;
}

static const node *unnamed(const node *n)
{
    return n->op == OP_NAME ? unnamed(n->args[0]) : n;
}

static bool is_data(const node *p)
{
    p = unnamed(p);
    return p->op == OP_CONST || p->op == OP_VAR || (p->op == OP_ACCESS && unnamed(p->args[0])->op == OP_INPUT) ||
           p->op == OP_INPUT || p->op == OP_TO_F64 || p->op == OP_TO_F32;
}

static node *select_chain(graph *g, node *s, node *other, bool singular)
{
    node *zero = graph_real(g, other->elem, 0);
    node *a = is_zero(s->args[1]) ? zero : chain(g, s->args[1], other, singular);
    node *b = is_zero(s->args[2]) ? zero : chain(g, s->args[2], other, singular);
    return graph_select(g, s->args[0], a, b);
}

node *chain(graph *g, node *w, node *p, bool singular)
{
    if (node_is_number(p, 1))
        return w;
    if (node_is_number(w, 1) && !singular)
        return p;
    if (node_is_number(p, -1))
        return graph_un(g, OP_NEG, w);
    if (is_masked(w))
        return select_chain(g, w, p, singular);
    if (is_masked(p))
        return select_chain(g, p, w, singular);
    if (w->op == OP_ADD && is_masked(w->args[0]) && is_masked(w->args[1]))
        return graph_bin(g, OP_ADD, chain(g, w->args[0], p, singular), chain(g, w->args[1], p, singular));
    bool constant = node_is_const(p, NULL) && !is_zero(p);
    bool careful = !constant && (singular || may_hide(w, !is_data(p), 8));
    return graph_bin(g, careful ? OP_MULZ : OP_MUL, w, p);
}

node *add_adjoints(graph *g, node *a, node *b)
{
    return !a ? b : !b ? a : graph_bin(g, OP_ADD, a, b);
}
