/* Functions in lanes that are made of exp and log1p: expm1, hyperbolic functions and their inverses, sigmoid, softplus.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; coefficients by tools/minimax.py.
 */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_hyperbolic[] = {
    {"ad_sigmoid_@Es", "ad_exp_nonpositive_@Es ad_abs_@Es ad_pick_@Es ad_all_@Es",
     "/* 1 / (1 + exp(-x)) without overflow. */\n"
     "AD_INLINE ad_@Es ad_sigmoid_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es e = ad_exp_nonpositive_@Es(-ad_abs_@Es(x));\n"
     "    return ad_pick_@Es((ad_@M)(x >= 0.0@F), ad_all_@Es(1.0@F), e) / (1.0@F + e);\n"
     "}\n"},
    {"ad_softplus_series_f32s", "ad_all_f32s ad_horner_f32s",
     "/* log((1 + s) / (1 - s)) / s - 2 for s = e / (2 + e), 0 <= e <= 1; z = s^2 */\n"
     "AD_INLINE ad_f32s ad_softplus_series_f32s(ad_f32s z)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.280306131f), z, 0.279980361f);\n"
     "    p = ad_horner_f32s(p, z, 0.400217563f);\n"
     "    p = ad_horner_f32s(p, z, 0.666664124f);\n"
     "    return p * z;\n"
     "}\n"},
    {"ad_softplus_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_softplus_series_f64s(ad_f64s z)\n"
     "{\n"
     "    ad_f64s square = z * z;\n"
     "    ad_f64s odd = ad_horner_f64s(ad_all_f64s(0.1701690960200897), square, 0.12105852149511935);\n"
     "    odd = ad_horner_f64s(odd, square, 0.15386557191864453);\n"
     "    odd = ad_horner_f64s(odd, square, 0.222222239648254);\n"
     "    odd = ad_horner_f64s(odd, square, 0.40000000000156244);\n"
     "    ad_f64s even = ad_horner_f64s(ad_all_f64s(0.08341054970258187), square, 0.13301005828714854);\n"
     "    even = ad_horner_f64s(even, square, 0.18181744071343117);\n"
     "    even = ad_horner_f64s(even, square, 0.2857142854795098);\n"
     "    even = ad_horner_f64s(even, square, 0.6666666666666631);\n"
     "    ad_f64s p = odd * z + even;\n"
     "    return p * z;\n"
     "}\n"},
    {"ad_softplus_@Es", "ad_softplus_series_@Es ad_exp_nonpositive_@Es ad_abs_@Es",
     "/* log(1 + exp(x)) without overflow; log(1 + e) = e - s (e - series), since 2 s = e - s e. */\n"
     "AD_INLINE ad_@Es ad_softplus_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es positive = (ad_@Es)((ad_@M)x & (ad_@M)(x > 0.0@F));\n"
     "    ad_@Es e = ad_exp_nonpositive_@Es(-ad_abs_@Es(x)), s = e / (e + 2.0@F);\n"
     "    return positive + (e - s * (e - ad_softplus_series_@Es(s * s)));\n"
     "}\n"},
    {"ad_expm1_rest_f32s", "ad_all_f32s ad_horner_f32s",
     "/* e^(r + low) - 1 for |r| <= log(2) / 2, low far below r. */\n"
     "AD_INLINE ad_f32s ad_expm1_rest_f32s(ad_f32s r, ad_f32s low)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.00138593232f), r, 0.00836549886f);\n"
     "    p = ad_horner_f32s(p, r, 0.041667629f);\n"
     "    p = ad_horner_f32s(p, r, 0.166665539f);\n"
     "    p = ad_horner_f32s(p, r, 0.49999997f);\n"
     "    return r + (r * r * p + low);\n"
     "}\n"},
    {"ad_expm1_rest_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_expm1_rest_f64s(ad_f64s r, ad_f64s low)\n"
     "{\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(2.5065470415749665e-08), r, 2.7625132719170965e-07);\n"
     "    p = ad_horner_f64s(p, r, 2.7557378283353426e-06);\n"
     "    p = ad_horner_f64s(p, r, 2.4801507689910784e-05);\n"
     "    p = ad_horner_f64s(p, r, 0.00019841269744592482);\n"
     "    p = ad_horner_f64s(p, r, 0.0013888888929440618);\n"
     "    p = ad_horner_f64s(p, r, 0.008333333333380044);\n"
     "    p = ad_horner_f64s(p, r, 0.041666666666583745);\n"
     "    p = ad_horner_f64s(p, r, 0.166666666666666);\n"
     "    p = ad_horner_f64s(p, r, 0.5000000000000004);\n"
     "    return r + (r * r * p + low);\n"
     "}\n"},
    {"AD_EXPM1_RANGE_f32", "",
     "/* Below the first, e^x - 1 is -1; above the second, e^x / 2 is inf; below the third in magnitude, all odd "
     "functions\n"
     " * are x. */\n"
     "#define AD_EXPM1_LOW_f32 -20.0f\n"
     "#define AD_EXPM1_HIGH_f32 89.6f\n"
     "#define AD_TINY_f32 0x1p-26f\n"},
    {"AD_EXPM1_RANGE_f64", "",
     "#define AD_EXPM1_LOW_f64 -40.0\n"
     "#define AD_EXPM1_HIGH_f64 710.6\n"
     "#define AD_TINY_f64 0x1p-55\n"},
    {"ad_quarter_power_of_@Es", "AD_FLOAT_@E",
     "/* 2^(n - 2), n the integer in the last bits of sum. */\n"
     "AD_INLINE ad_@Es ad_quarter_power_of_@Es(ad_@Es sum)\n"
     "{\n"
     "    return (ad_@Es)(((ad_@U)(sum - 2.0@F) << AD_EXPONENT_@E) + AD_ONE_@E);\n"
     "}\n"},
    {"ad_expm1_quarter_@Es",
     "ad_expm1_rest_@Es AD_LOG2_@E ad_quarter_power_of_@Es AD_EXPM1_RANGE_@E ad_pick_@Es ad_all_@Es",
     "/* (e^x - 1) / 4, which is finite wherever e^x / 2 is. */\n"
     "AD_INLINE ad_@Es ad_expm1_quarter_@Es(ad_@Es x)\n"
     "{\n"
     "    x = ad_pick_@Es((ad_@M)(x < AD_EXPM1_LOW_@E), ad_all_@Es(AD_EXPM1_LOW_@E), x);\n"
     "    x = ad_pick_@Es((ad_@M)(x > AD_EXPM1_HIGH_@E), ad_all_@Es(AD_EXPM1_HIGH_@E), x);\n"
     "    ad_@Es sum = x * 1.4426950408889634@F + AD_ROUNDER_@E, n = sum - AD_ROUNDER_@E;\n"
     "    ad_@Es high = x - n * AD_LOG2_HIGH_@E, r = high - n * AD_LOG2_LOW_@E, low = (high - r) - n * "
     "AD_LOG2_LOW_@E;\n"
     "    ad_@Es scale = ad_quarter_power_of_@Es(sum);\n"
     "    return scale * ad_expm1_rest_@Es(r, low) + (scale - 0.25@F);\n"
     "}\n"},
    {"ad_expm1_@Es", "ad_expm1_quarter_@Es ad_abs_@Es ad_pick_@Es",
     "AD_INLINE ad_@Es ad_expm1_@Es(ad_@Es x)\n"
     "{\n"
     "    return ad_pick_@Es((ad_@M)(ad_abs_@Es(x) < AD_TINY_@E), x, ad_expm1_quarter_@Es(x) * 4.0@F);\n"
     "}\n"},
    {"ad_sinh_@Es", "ad_expm1_quarter_@Es ad_abs_@Es ad_with_sign_@Es",
     "AD_INLINE ad_@Es ad_sinh_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), t = ad_expm1_quarter_@Es(a);\n"
     "    ad_@Es y = t * 2.0@F + t / (t * 2.0@F + 0.5@F);\n"
     "    return ad_pick_@Es((ad_@M)(a < AD_TINY_@E), x, ad_with_sign_@Es(y, x));\n"
     "}\n"},
    {"ad_cosh_@Es",
     "ad_exp_series_@Es ad_exp_rest_@Es ad_quarter_power_of_@Es AD_EXPM1_RANGE_@E ad_abs_@Es ad_pick_@Es",
     "AD_INLINE ad_@Es ad_cosh_@Es(ad_@Es x)\n"
     "{\n"
     "    x = ad_abs_@Es(x);\n"
     "    x = ad_pick_@Es((ad_@M)(x > AD_EXPM1_HIGH_@E), ad_all_@Es(AD_EXPM1_HIGH_@E), x);\n"
     "    ad_@Es sum = x * 1.4426950408889634@F + AD_ROUNDER_@E, r = ad_exp_rest_@Es(x, sum);\n"
     "    ad_@Es scale = ad_quarter_power_of_@Es(sum), quarter = scale * r * ad_exp_series_@Es(r) + scale;\n"
     "    return quarter * 2.0@F + 0.125@F / quarter;\n"
     "}\n"},
    {"ad_tanh_@Es", "ad_expm1_quarter_@Es ad_abs_@Es ad_with_sign_@Es",
     "AD_INLINE ad_@Es ad_tanh_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), t = ad_expm1_quarter_@Es(a + a);\n"
     "    ad_@M small = (ad_@M)(a < 0.55@F);\n"
     "    ad_@Es y = ad_pick_@Es(small, t, ad_all_@Es(-0.5@F)) / (t + 0.5@F);\n"
     "    y = y + (ad_@Es)((ad_@M)ad_all_@Es(1.0@F) & ~small);\n"
     "    return ad_pick_@Es((ad_@M)(a < AD_TINY_@E), x, ad_with_sign_@Es(y, x));\n"
     "}\n"},
    {"AD_LARGE_f32", "",
     "/* From here on x^2 + 1 is x^2. */\n"
     "#define AD_LARGE_f32 0x1p26f\n"},
    {"AD_LARGE_f64", "", "#define AD_LARGE_f64 0x1p55\n"},
    {"ad_asinh_@Es", "ad_log1p_sum_@Es ad_sqrt_@Es ad_abs_@Es ad_with_sign_@Es ad_pick_@Es ad_all_@Es AD_LARGE_@E",
     "/* log1p(a + a^2 / (1 + sqrt(1 + a^2))), for large a log(2 a). */\n"
     "AD_INLINE ad_@Es ad_asinh_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), s = a * a;\n"
     "    ad_@M large = (ad_@M)(a > AD_LARGE_@E);\n"
     "    ad_@Es y = ad_log1p_sum_@Es(ad_pick_@Es(large, a, a + s / (1.0@F + ad_sqrt_@Es(1.0@F + s))));\n"
     "    y = y + (ad_@Es)(large & (ad_@M)ad_all_@Es(0.6931471805599453@F));\n"
     "    return ad_with_sign_@Es(ad_pick_@Es((ad_@M)(a < (@T)INFINITY), y, a), x);\n"
     "}\n"},
    {"ad_acosh_@Es", "ad_log1p_sum_@Es ad_sqrt_@Es ad_pick_@Es ad_all_@Es AD_LARGE_@E",
     "/* log1p(t + sqrt(2 t + t^2)) with t = x - 1, for large x log(2 x). */\n"
     "AD_INLINE ad_@Es ad_acosh_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es t = x - 1.0@F;\n"
     "    ad_@M large = (ad_@M)(x > AD_LARGE_@E);\n"
     "    ad_@Es y = ad_log1p_sum_@Es(ad_pick_@Es(large, x, t + ad_sqrt_@Es(t * (t + 2.0@F))));\n"
     "    y = y + (ad_@Es)(large & (ad_@M)ad_all_@Es(0.6931471805599453@F));\n"
     "    y = ad_pick_@Es((ad_@M)(x < 1.0@F), ad_all_@Es((@T)NAN), y);\n"
     "    return ad_pick_@Es((ad_@M)(x < (@T)INFINITY), y, x);\n"
     "}\n"},
    {"ad_atanh_@Es", "ad_log1p_sum_@Es ad_abs_@Es ad_with_sign_@Es ad_pick_@Es ad_all_@Es",
     "/* log1p(2 a / (1 - a)) / 2, for small a with 2 a taken out of the quotient. */\n"
     "AD_INLINE ad_@Es ad_atanh_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), t = a + a;\n"
     "    ad_@M small = (ad_@M)(a < 0.5@F);\n"
     "    ad_@Es q = ad_pick_@Es(small, t * a, t) / (1.0@F - a);\n"
     "    ad_@Es y = ad_log1p_sum_@Es(q + (ad_@Es)(small & (ad_@M)t)) * 0.5@F;\n"
     "    y = ad_pick_@Es((ad_@M)(a == 1.0@F), ad_all_@Es((@T)INFINITY), y);\n"
     "    return ad_with_sign_@Es(ad_pick_@Es((ad_@M)(a > 1.0@F), ad_all_@Es((@T)NAN), y), x);\n"
     "}\n"},
    {NULL, NULL, NULL},
};
