/* Helpers for single values: int arithmetic without undefined behaviour, and ops whose NaN and ties have a rule.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; they call <math.h> only. What each
 * op of form/ops.def means at its special points is decided here. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_arithmetic[] = {
    {"ad_add_int", "",
     "/* Sums, differences and products of int wrap around. */\n"
     "static inline int64_t ad_add_int(int64_t a, int64_t b)\n"
     "{\n"
     "    return (int64_t)((uint64_t)a + (uint64_t)b);\n"
     "}\n"},
    {"ad_sub_int", "",
     "static inline int64_t ad_sub_int(int64_t a, int64_t b)\n"
     "{\n"
     "    return (int64_t)((uint64_t)a - (uint64_t)b);\n"
     "}\n"},
    {"ad_mul_int", "",
     "static inline int64_t ad_mul_int(int64_t a, int64_t b)\n"
     "{\n"
     "    return (int64_t)((uint64_t)a * (uint64_t)b);\n"
     "}\n"},
    {"ad_neg_int", "",
     "static inline int64_t ad_neg_int(int64_t a)\n"
     "{\n"
     "    return (int64_t)(0 - (uint64_t)a);\n"
     "}\n"},
    {"ad_sq_int", "ad_mul_int",
     "static inline int64_t ad_sq_int(int64_t a)\n"
     "{\n"
     "    return ad_mul_int(a, a);\n"
     "}\n"},
    {"ad_abs_int", "ad_neg_int",
     "static inline int64_t ad_abs_int(int64_t a)\n"
     "{\n"
     "    return a < 0 ? ad_neg_int(a) : a;\n"
     "}\n"},
    {"AD_FAST_FMA_f32", "",
     "#ifdef __FP_FAST_FMAF\n"
     "#define AD_FAST_FMA_f32\n"
     "#endif\n"},
    {"AD_FAST_FMA_f64", "",
     "#ifdef __FP_FAST_FMA\n"
     "#define AD_FAST_FMA_f64\n"
     "#endif\n"},
    {"ad_fma_@E", "AD_FAST_FMA_@E",
     "/* a b + c, rounded once where the processor can, whatever the compiler does with * and + elsewhere. */\n"
     "static inline @T ad_fma_@E(@T a, @T b, @T c)\n"
     "{\n"
     "#if defined __CUDA_ARCH__ || (defined AD_FAST_FMA_@E && !defined __clang__)\n"
     "    return fma@F(a, b, c);\n"
     "#else\n"
     "#ifdef __clang__\n"
     "#pragma STDC FP_CONTRACT ON\n"
     "#endif\n"
     "    return a * b + c;\n"
     "#endif\n"
     "}\n"},
    {"ad_div_int", "ad_neg_int",
     "/* Quotient rounded down; 0 when b is 0. */\n"
     "static inline int64_t ad_div_int(int64_t a, int64_t b)\n"
     "{\n"
     "    if (b == 0 || b == -1)\n"
     "        return b == 0 ? 0 : ad_neg_int(a);\n"
     "    int64_t q = a / b, r = a % b;\n"
     "    return r != 0 && (r < 0) != (b < 0) ? q - 1 : q;\n"
     "}\n"},
    {"ad_mod_int", "",
     "/* Remainder of the quotient rounded down: it has the sign of b; 0 when b is 0. */\n"
     "static inline int64_t ad_mod_int(int64_t a, int64_t b)\n"
     "{\n"
     "    if (a >= 0 && a < b)\n"
     "        return a;\n"
     "    if (b > 0 && (a < 0 ? a >= -b : a - b < b))\n"
     "        return a < 0 ? a + b : a - b;\n"
     "    if (b == 0 || b == -1)\n"
     "        return 0;\n"
     "    int64_t r = a % b;\n"
     "    return r != 0 && (r < 0) != (b < 0) ? r + b : r;\n"
     "}\n"},
    {"ad_split_int", "",
     "/* Of these passes, how many run before the next state is kept in one of the slots: Griewank and Walther,\n"
     " * Algorithm 799. */\n"
     "static inline int64_t ad_split_int(int64_t passes, int64_t slots)\n"
     "{\n"
     "    int64_t r = 0, reach = 1; /* reach = binomial(slots + r, r) */\n"
     "    if (slots <= 1 || passes <= 2)\n"
     "        return passes - 1;\n"
     "    if (slots >= passes)\n"
     "        return 1;\n"
     "    while (reach < passes) {\n"
     "        r++;\n"
     "        reach = reach * (slots + r) / r;\n"
     "    }\n"
     "    int64_t b1 = reach * r / (slots + r), b2 = b1 * slots / (slots + r - 1);\n"
     "    int64_t b3 = slots > 2 ? b2 * (slots - 1) / (slots + r - 2) : 1;\n"
     "    int64_t b4 = b2 * (r - 1) / slots, b5 = slots < 3 ? 0 : slots > 3 ? b3 * (slots - 2) / r : 1;\n"
     "    return passes <= b1 + b3 ? b4 : passes >= reach - b5 ? b1 : passes - b2 - b3;\n"
     "}\n"},
    {"ad_pow_int", "",
     "/* Wraps around; a negative power is that of the real number, cut to its integer part (0 for a 0). */\n"
     "static inline int64_t ad_pow_int(int64_t a, int64_t b)\n"
     "{\n"
     "    if (b < 0)\n"
     "        return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;\n"
     "    uint64_t x = 1, square = (uint64_t)a;\n"
     "    for (; b > 0; b /= 2, square *= square)\n"
     "        x = b % 2 ? x * square : x;\n"
     "    return (int64_t)x;\n"
     "}\n"},
    {"ad_min_int", "",
     "static inline int64_t ad_min_int(int64_t a, int64_t b)\n"
     "{\n"
     "    return a <= b ? a : b;\n"
     "}\n"},
    {"ad_max_int", "",
     "static inline int64_t ad_max_int(int64_t a, int64_t b)\n"
     "{\n"
     "    return a >= b ? a : b;\n"
     "}\n"},
    {"ad_min_bool", "",
     "static inline bool ad_min_bool(bool a, bool b)\n"
     "{\n"
     "    return a && b;\n"
     "}\n"},
    {"ad_max_bool", "",
     "static inline bool ad_max_bool(bool a, bool b)\n"
     "{\n"
     "    return a || b;\n"
     "}\n"},
    {"ad_relu_int", "",
     "static inline int64_t ad_relu_int(int64_t a)\n"
     "{\n"
     "    return a <= 0 ? 0 : a;\n"
     "}\n"},
    {"ad_sign_int", "",
     "static inline int64_t ad_sign_int(int64_t a)\n"
     "{\n"
     "    return a > 0 ? 1 : a < 0 ? -1 : 0;\n"
     "}\n"},
    {"ad_step_int", "",
     "static inline int64_t ad_step_int(int64_t a)\n"
     "{\n"
     "    return a >= 0 ? 1 : 0;\n"
     "}\n"},
    {"ad_int_@E", "",
     "/* Towards zero; the nearest int where there is none; 0 for NaN. */\n"
     "static inline int64_t ad_int_@E(@T x)\n"
     "{\n"
     "    if (x != x)\n"
     "        return 0;\n"
     "    return x >= 0x1p63@F ? INT64_MAX : x <= -0x1p63@F ? INT64_MIN : (int64_t)x;\n"
     "}\n"},
    {"ad_sq_@E", "",
     "static inline @T ad_sq_@E(@T x)\n"
     "{\n"
     "    return x * x;\n"
     "}\n"},
    {"ad_mulz_@E", "",
     "/* Product in which an exact 0 wins over inf and NaN. */\n"
     "static inline @T ad_mulz_@E(@T a, @T b)\n"
     "{\n"
     "    return a == 0.0@F || b == 0.0@F ? 0.0@F : a * b;\n"
     "}\n"},
    {"ad_min_@E", "",
     "/* a at a tie; NaN wins. */\n"
     "static inline @T ad_min_@E(@T a, @T b)\n"
     "{\n"
     "    return a <= b || a != a ? a : b;\n"
     "}\n"},
    {"ad_max_@E", "",
     "/* a at a tie; NaN wins. */\n"
     "static inline @T ad_max_@E(@T a, @T b)\n"
     "{\n"
     "    return a >= b || a != a ? a : b;\n"
     "}\n"},
    {"ad_mod_@E", "",
     "/* Remainder of the quotient rounded down: it has the sign of b. */\n"
     "static inline @T ad_mod_@E(@T a, @T b)\n"
     "{\n"
     "    return a - b * floor@F(a / b);\n"
     "}\n"},
    {"ad_xlogx_@E", "",
     "static inline @T ad_xlogx_@E(@T x)\n"
     "{\n"
     "    return x == 0.0@F ? 0.0@F : x * log@F(x);\n"
     "}\n"},
    {"ad_sigmoid_@E", "",
     "/* 1 / (1 + exp(-x)) without overflow. */\n"
     "static inline @T ad_sigmoid_@E(@T x)\n"
     "{\n"
     "    @T e = exp@F(-fabs@F(x));\n"
     "    return (x >= 0.0@F ? 1.0@F : e) / (1.0@F + e);\n"
     "}\n"},
    {"ad_softplus_@E", "",
     "/* log(1 + exp(x)) without overflow. */\n"
     "static inline @T ad_softplus_@E(@T x)\n"
     "{\n"
     "    return (x > 0.0@F ? x : 0.0@F) + log1p@F(exp@F(-fabs@F(x)));\n"
     "}\n"},
    {"ad_relu_@E", "",
     "static inline @T ad_relu_@E(@T x)\n"
     "{\n"
     "    return x <= 0.0@F ? 0.0@F : x;\n"
     "}\n"},
    {"ad_sign_@E", "",
     "static inline @T ad_sign_@E(@T x)\n"
     "{\n"
     "    return x > 0.0@F ? 1.0@F : x < 0.0@F ? -1.0@F : x == 0.0@F ? 0.0@F : x;\n"
     "}\n"},
    {"ad_step_@E", "",
     "static inline @T ad_step_@E(@T x)\n"
     "{\n"
     "    return x >= 0.0@F ? 1.0@F : 0.0@F;\n"
     "}\n"},
    {NULL, NULL, NULL},
};
