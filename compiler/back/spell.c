/* The spelling of each op in C: three tables (floating, int, bool) indexed by op.
 *
 * Reads nothing, writes nothing; rows only. What NaN and ties do is decided in the helpers of the prelude, whose names
 * stand here without their element suffix. */
#include "back/spell.h"

#define MATH(name)                                                                                                     \
    {                                                                                                                  \
        SPELL_MATH, name, PREC_PRIMARY, 0, 0, NULL                                                                     \
    }
#define HELPER(name)                                                                                                   \
    {                                                                                                                  \
        SPELL_HELPER, name, PREC_PRIMARY, 0, 0, NULL                                                                   \
    }
#define INFIX(name, prec, left, right, wide)                                                                           \
    {                                                                                                                  \
        SPELL_INFIX, name, prec, left, right, wide                                                                     \
    }
#define COMPARE(name, operand) INFIX(name, PREC_COMPARE, operand, operand, NULL)
#define PREFIX(name, wide)                                                                                             \
    {                                                                                                                  \
        SPELL_PREFIX, name, PREC_UNARY, PREC_UNARY, 0, wide                                                            \
    }
#define CAST(name)                                                                                                     \
    {                                                                                                                  \
        SPELL_CAST, name, PREC_UNARY, PREC_UNARY, 0, NULL                                                              \
    }
#define SELF                                                                                                           \
    {                                                                                                                  \
        SPELL_SELF, NULL, PREC_PRIMARY, 0, 0, NULL                                                                     \
    }
#define SELECT                                                                                                         \
    {                                                                                                                  \
        SPELL_SELECT, NULL, PREC_SELECT, PREC_OR, PREC_SELECT, NULL                                                    \
    }

static const spelling floats[OP_COUNT] = {
    [OP_NEG] = PREFIX("-", NULL),
    [OP_ADD] = INFIX("+", PREC_ADD, PREC_ADD, PREC_MUL, NULL),
    [OP_SUB] = INFIX("-", PREC_ADD, PREC_ADD, PREC_MUL, NULL),
    [OP_MUL] = INFIX("*", PREC_MUL, PREC_MUL, PREC_UNARY, NULL),
    [OP_MULZ] = HELPER("ad_mulz"),
    [OP_FMA] = HELPER("ad_fma"),
    [OP_DIV] = INFIX("/", PREC_MUL, PREC_MUL, PREC_UNARY, NULL),
    [OP_POW] = MATH("pow"),
    [OP_ATAN2] = MATH("atan2"),
    [OP_FMOD] = HELPER("ad_mod"),
    [OP_MIN] = HELPER("ad_min"),
    [OP_MAX] = HELPER("ad_max"),
    [OP_EQ] = COMPARE("==", PREC_ADD),
    [OP_NE] = COMPARE("!=", PREC_ADD),
    [OP_LT] = COMPARE("<", PREC_ADD),
    [OP_LE] = COMPARE("<=", PREC_ADD),
    [OP_SELECT] = SELECT,
    [OP_TO_F64] = CAST("double"),
    [OP_TO_F32] = CAST("float"),
    [OP_TO_INT] = HELPER("ad_int"),
    [OP_STOP] = SELF,
    [OP_SQ] = {SPELL_SQUARE, "ad_sq", PREC_MUL, PREC_MUL, PREC_UNARY, NULL},
    [OP_INV] = {SPELL_INVERSE, NULL, PREC_MUL, 0, PREC_UNARY, NULL},
    [OP_EXP] = MATH("exp"),
    [OP_EXP2] = MATH("exp2"),
    [OP_LOG] = MATH("log"),
    [OP_LOG1P] = MATH("log1p"),
    [OP_EXPM1] = MATH("expm1"),
    [OP_SQRT] = MATH("sqrt"),
    [OP_ROOT] = MATH("sqrt"),
    [OP_RSQRT] = {SPELL_INVERSE, "sqrt", PREC_MUL, 0, 0, NULL},
    [OP_SIN] = MATH("sin"),
    [OP_COS] = MATH("cos"),
    [OP_TAN] = MATH("tan"),
    [OP_ASIN] = MATH("asin"),
    [OP_ACOS] = MATH("acos"),
    [OP_ATAN] = MATH("atan"),
    [OP_SINH] = MATH("sinh"),
    [OP_COSH] = MATH("cosh"),
    [OP_TANH] = MATH("tanh"),
    [OP_ASINH] = MATH("asinh"),
    [OP_ACOSH] = MATH("acosh"),
    [OP_ATANH] = MATH("atanh"),
    [OP_ERF] = MATH("erf"),
    [OP_LGAMMA] = HELPER("ad_lgamma"),
    [OP_POLYGAMMA] = HELPER("ad_polygamma"),
    [OP_SINC] = HELPER("ad_sinc"),
    [OP_XLOGX] = HELPER("ad_xlogx"),
    [OP_SIGMOID] = HELPER("ad_sigmoid"),
    [OP_SOFTPLUS] = HELPER("ad_softplus"),
    [OP_RELU] = HELPER("ad_relu"),
    [OP_ABS] = MATH("fabs"),
    [OP_SIGN] = HELPER("ad_sign"),
    [OP_STEP] = HELPER("ad_step"),
    [OP_FLOOR] = MATH("floor"),
    [OP_CEIL] = MATH("ceil"),
    [OP_ROUND] = MATH("rint"),
};

static const spelling ints[OP_COUNT] = {
    [OP_NEG] = PREFIX("-", "ad_neg"),
    [OP_ADD] = INFIX("+", PREC_ADD, PREC_ADD, PREC_MUL, "ad_add"),
    [OP_SUB] = INFIX("-", PREC_ADD, PREC_ADD, PREC_MUL, "ad_sub"),
    [OP_MUL] = INFIX("*", PREC_MUL, PREC_MUL, PREC_UNARY, "ad_mul"),
    [OP_MULZ] = INFIX("*", PREC_MUL, PREC_MUL, PREC_UNARY, "ad_mul"),
    [OP_POW] = HELPER("ad_pow"),
    [OP_FMOD] = HELPER("ad_mod"),
    [OP_MIN] = HELPER("ad_min"),
    [OP_MAX] = HELPER("ad_max"),
    [OP_IDIV] = HELPER("ad_div"),
    [OP_IMOD] = HELPER("ad_mod"),
    [OP_SPLIT] = HELPER("ad_split"),
    [OP_EQ] = COMPARE("==", PREC_ADD),
    [OP_NE] = COMPARE("!=", PREC_ADD),
    [OP_LT] = COMPARE("<", PREC_ADD),
    [OP_LE] = COMPARE("<=", PREC_ADD),
    [OP_SELECT] = SELECT,
    [OP_TO_F64] = CAST("double"),
    [OP_TO_F32] = CAST("float"),
    [OP_TO_INT] = SELF,
    [OP_STOP] = SELF,
    [OP_SQ] = {SPELL_SQUARE, "ad_sq", PREC_MUL, PREC_MUL, PREC_UNARY, NULL},
    [OP_RELU] = HELPER("ad_relu"),
    [OP_ABS] = HELPER("ad_abs"),
    [OP_SIGN] = HELPER("ad_sign"),
    [OP_STEP] = HELPER("ad_step"),
    [OP_FLOOR] = SELF,
    [OP_CEIL] = SELF,
    [OP_ROUND] = SELF,
    [OP_NORMAL] = {SPELL_RANDOM, "ad_normal", PREC_PRIMARY, 0, 0, NULL},
    [OP_UNIFORM] = {SPELL_RANDOM, "ad_uniform", PREC_PRIMARY, 0, 0, NULL},
};

/* Comparisons of bool take primaries as operands: compilers warn about !a == b. */
static const spelling bools[OP_COUNT] = {
    [OP_EQ] = COMPARE("==", PREC_PRIMARY),
    [OP_NE] = COMPARE("!=", PREC_PRIMARY),
    [OP_LT] = COMPARE("<", PREC_PRIMARY),
    [OP_LE] = COMPARE("<=", PREC_PRIMARY),
    [OP_AND] = INFIX("&&", PREC_AND, PREC_AND, PREC_AND, NULL),
    [OP_OR] = INFIX("||", PREC_OR, PREC_COMPARE, PREC_COMPARE, NULL),
    [OP_NOT] = PREFIX("!", NULL),
    [OP_SEEK] = {SPELL_SEEK, "ad_seek", PREC_PRIMARY, 0, 0, NULL},
    [OP_MIN] = HELPER("ad_min"),
    [OP_MAX] = HELPER("ad_max"),
    [OP_SELECT] = SELECT,
    [OP_TO_F64] = CAST("double"),
    [OP_TO_F32] = CAST("float"),
    [OP_TO_INT] = CAST("int64_t"),
    [OP_STOP] = SELF,
};

const spelling *spell_op(op o, elem e)
{
    static const spelling self = SELF;
    bool same_type = (o == OP_TO_F64 && e == ELEM_F64) || (o == OP_TO_F32 && e == ELEM_F32);
    if (same_type)
        return &self;
    return e == ELEM_INT ? &ints[o] : e == ELEM_BOOL ? &bools[o] : &floats[o];
}

const spelling *spell_plain_division(op o)
{
    static const spelling quotient = INFIX("/", PREC_MUL, PREC_MUL, PREC_UNARY, NULL);
    static const spelling remainder = INFIX("%", PREC_MUL, PREC_MUL, PREC_UNARY, NULL);
    return o == OP_IDIV ? &quotient : &remainder;
}
