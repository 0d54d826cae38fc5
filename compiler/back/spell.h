/* How each pointwise op is spelled in C, by the element type it works on. A table; the printer is back/print_expr.c. */
#ifndef ADC_BACK_SPELL_H
#define ADC_BACK_SPELL_H
#include "form/loops.h"

/* Binding strength in C, weakest first. */
enum { PREC_SELECT = 2, PREC_OR, PREC_AND, PREC_COMPARE = 8, PREC_ADD = 11, PREC_MUL, PREC_UNARY, PREC_PRIMARY };

typedef enum spell_kind {
    SPELL_NONE,    /* the op does not exist for this type */
    SPELL_INFIX,   /* a + b */
    SPELL_PREFIX,  /* -a */
    SPELL_SELF,    /* a */
    SPELL_MATH,    /* exp(a), expf(a) */
    SPELL_HELPER,  /* ad_max_f64(a, b): prelude */
    SPELL_CAST,    /* (double)a */
    SPELL_SELECT,  /* c ? a : b */
    SPELL_SQUARE,  /* a * a, ad_sq_f64(a) */
    SPELL_INVERSE, /* 1.0 / a, 1.0 / sqrt(a): text is the function or NULL */
    SPELL_RANDOM,  /* ad_normal_f64(seed, a, b) */
    SPELL_SEEK     /* ad_seek(a, b, &ad_failed) */
} spell_kind;

typedef struct spelling {
    spell_kind kind;
    const char *text;
    int prec;         /* of the result */
    int left, right;  /* weakest operands that need no parentheses */
    const char *wide; /* int: the helper that wraps around, for operands of unknown size */
} spelling;

/* e: element type of the operands (of the last operand where they differ). Never NULL; SPELL_NONE is a bug upstream. */
const spelling *spell_op(op o, elem e);
/* OP_IDIV, OP_IMOD of nonnegative operands, the divisor positive. */
const spelling *spell_plain_division(op o);

#endif
