/* Constant folding: pointwise ops on constants, in the arithmetic that the generated C would use.
 *
 * Floats are computed in their own type with the functions of <math.h>, NaN and infinities included. Integers that
 * would overflow are left to the run. */
#include <math.h>

#include "stage/simplify/simplify_state.h"

typedef struct unary_row {
    op op;
    double (*wide)(double);
    float (*narrow)(float);
} unary_row;

static double sq_d(double x)
{
    return x * x;
}

static float sq_f(float x)
{
    return x * x;
}

static double inv_d(double x)
{
    return 1 / x;
}

static float inv_f(float x)
{
    return 1 / x;
}

static double neg_d(double x)
{
    return -x;
}

static float neg_f(float x)
{
    return -x;
}

static double sign_d(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static float sign_f(float x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static const unary_row unary_rows[] = {
    {OP_NEG, neg_d, neg_f},    {OP_SQ, sq_d, sq_f},       {OP_INV, inv_d, inv_f},    {OP_EXP, exp, expf},
    {OP_EXP2, exp2, exp2f},    {OP_LOG, log, logf},       {OP_LOG1P, log1p, log1pf}, {OP_EXPM1, expm1, expm1f},
    {OP_SQRT, sqrt, sqrtf},    {OP_ROOT, sqrt, sqrtf},    {OP_SIN, sin, sinf},       {OP_COS, cos, cosf},
    {OP_TAN, tan, tanf},       {OP_ASIN, asin, asinf},    {OP_ACOS, acos, acosf},    {OP_ATAN, atan, atanf},
    {OP_SINH, sinh, sinhf},    {OP_COSH, cosh, coshf},    {OP_TANH, tanh, tanhf},    {OP_ASINH, asinh, asinhf},
    {OP_ACOSH, acosh, acoshf}, {OP_ATANH, atanh, atanhf}, {OP_ERF, erf, erff},       {OP_ABS, fabs, fabsf},
    {OP_SIGN, sign_d, sign_f}, {OP_FLOOR, floor, floorf}, {OP_CEIL, ceil, ceilf},    {OP_ROUND, rint, rintf},
};

/* NaN has one sign here: which one an operation gives is the machine's affair. */
static node *real(graph *g, elem e, double x)
{
    return graph_real(g, e, isnan(x) ? (double)NAN : x);
}

static node *fold_unary(graph *g, op o, const node *a)
{
    for (size_t i = 0; i < sizeof unary_rows / sizeof *unary_rows; i++)
        if (unary_rows[i].op == o)
            return real(g, a->elem,
                        a->elem == ELEM_F32 ? (double)unary_rows[i].narrow((float)a->number)
                                            : unary_rows[i].wide(a->number));
    return NULL;
}

static double binary_wide(op o, double a, double b)
{
    switch (o) {
    case OP_ADD:
        return a + b;
    case OP_SUB:
        return a - b;
    case OP_MUL:
        return a * b;
    case OP_MULZ:
        return a == 0 || b == 0 ? 0 : a * b;
    case OP_DIV:
        return a / b;
    case OP_POW:
        return pow(a, b);
    case OP_ATAN2:
        return atan2(a, b);
    case OP_FMOD:
        return a - b * floor(a / b);
    case OP_MIN:
        return a != a ? a : b < a || b != b ? b : a;
    default:
        return a != a ? a : b > a || b != b ? b : a;
    }
}

static float binary_narrow(op o, float a, float b)
{
    switch (o) {
    case OP_POW:
        return powf(a, b);
    case OP_ATAN2:
        return atan2f(a, b);
    case OP_FMOD: {
        float q = floorf(a / b), p = b * q;
        return a - p;
    }
    default: /* one operation: rounding twice is harmless from double to float */
        return (float)binary_wide(o, (double)a, (double)b);
    }
}

static bool is_float_binary(op o)
{
    return o == OP_ADD || o == OP_SUB || o == OP_MUL || o == OP_MULZ || o == OP_DIV || o == OP_POW || o == OP_ATAN2 ||
           o == OP_FMOD || o == OP_MIN || o == OP_MAX;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b && (a < 0) != (b < 0));
}

static bool int_division(op o, int64_t a, int64_t b, int64_t *x)
{
    if (b == -1)
        return o == OP_IMOD ? (*x = 0, true) : !__builtin_sub_overflow(0, a, x);
    int64_t q = b ? floor_div(a, b) : 0;
    *x = o == OP_IDIV ? q : b ? a - q * b : 0;
    return true;
}

static bool int_binary(op o, int64_t a, int64_t b, int64_t *x)
{
    switch (o) {
    case OP_ADD:
        return !__builtin_add_overflow(a, b, x);
    case OP_SUB:
        return !__builtin_sub_overflow(a, b, x);
    case OP_MUL:
    case OP_MULZ:
        return !__builtin_mul_overflow(a, b, x);
    case OP_IDIV:
    case OP_IMOD:
        return int_division(o, a, b, x);
    case OP_MIN:
        *x = a < b ? a : b;
        return true;
    case OP_MAX:
        *x = a > b ? a : b;
        return true;
    default:
        return false;
    }
}

static bool int_unary(op o, int64_t a, int64_t *x)
{
    switch (o) {
    case OP_NEG:
        return !__builtin_sub_overflow(0, a, x);
    case OP_ABS:
        *x = a;
        return a >= 0 || !__builtin_sub_overflow(0, a, x);
    case OP_SIGN:
        *x = (a > 0) - (a < 0);
        return true;
    case OP_SQ:
        return !__builtin_mul_overflow(a, a, x);
    default:
        return false;
    }
}

static node *fold_compare(graph *g, op o, const node *a, const node *b)
{
    bool real = elem_is_float(a->elem);
    switch (o) {
    case OP_EQ:
        return graph_bool(g, real ? a->number == b->number : a->integer == b->integer);
    case OP_NE:
        return graph_bool(g, real ? a->number != b->number : a->integer != b->integer);
    case OP_LT:
        return graph_bool(g, real ? a->number < b->number : a->integer < b->integer);
    case OP_LE:
        return graph_bool(g, real ? a->number <= b->number : a->integer <= b->integer);
    default:
        return NULL;
    }
}

static node *fold_cast(graph *g, op o, const node *a)
{
    double x = elem_is_float(a->elem) ? a->number : (double)a->integer;
    if (o == OP_TO_F64)
        return graph_real(g, ELEM_F64, x);
    if (o == OP_TO_F32) /* from int to float in one rounding, as C does */
        return graph_real(g, ELEM_F32, elem_is_float(a->elem) ? x : (double)(float)a->integer);
    if (!elem_is_float(a->elem))
        return graph_int(g, a->integer);
    return fabs(x) < 0x1p62 ? graph_int(g, (int64_t)x) : NULL;
}

static node *fold_binary(const rewrite *w)
{
    graph *g = w->g;
    op o = w->n->op;
    const node *a = w->args[0], *b = w->args[1];
    if (w->n->elem == ELEM_BOOL)
        return fold_compare(g, o, a, b);
    if (w->n->elem == ELEM_INT) {
        int64_t x;
        return int_binary(o, a->integer, b->integer, &x) ? graph_int(g, x) : NULL;
    }
    if (!is_float_binary(o) || a->elem != w->n->elem)
        return NULL;
    return real(g, a->elem,
                a->elem == ELEM_F32 ? (double)binary_narrow(o, (float)a->number, (float)b->number)
                                    : binary_wide(o, a->number, b->number));
}

node *simplify_fold(const rewrite *w)
{
    graph *g = w->g;
    const node *n = w->n;
    if (n->nargs == 0)
        return NULL;
    const node *a = w->args[0];
    for (int i = 0; i < n->nargs; i++)
        if (w->args[i]->op != OP_CONST)
            return NULL;
    if (n->op == OP_TO_F64 || n->op == OP_TO_F32 || n->op == OP_TO_INT)
        return fold_cast(g, n->op, a);
    if (n->op == OP_NORMAL || n->op == OP_UNIFORM)
        return NULL;
    if (n->nargs == 2)
        return fold_binary(w);
    if (n->nargs != 1 || n->elem == ELEM_BOOL)
        return NULL;
    int64_t x;
    if (n->elem == ELEM_INT)
        return int_unary(n->op, a->integer, &x) ? graph_int(g, x) : NULL;
    return fold_unary(g, n->op, a);
}
