/* Inverse trigonometric functions in lanes: arguments are brought to at most 1/2, multiples of pi / 4 added.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; coefficients by tools/minimax.py.
 */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_inverse[] = {
    {"AD_EIGHTH_f32", "",
     "/* pi / 4 in two parts; four times the first is exact. */\n"
     "#define AD_EIGHTH_1_f32 0x1.921fbp-1f\n"
     "#define AD_EIGHTH_2_f32 0x1.5110b4p-23f\n"},
    {"AD_EIGHTH_f64", "",
     "#define AD_EIGHTH_1_f64 0x1.921fb54442d18p-1\n"
     "#define AD_EIGHTH_2_f64 0x1.1a62633145c07p-55\n"},
    {"ad_asin_series_f32s", "ad_all_f32s ad_horner_f32s",
     "/* (asin(x) - x) / x for |x| <= 1/2, z = x^2 */\n"
     "AD_INLINE ad_f32s ad_asin_series_f32s(ad_f32s z)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.0422135815f), z, 0.0241513401f);\n"
     "    p = ad_horner_f32s(p, z, 0.04547612f);\n"
     "    p = ad_horner_f32s(p, z, 0.0749525204f);\n"
     "    p = ad_horner_f32s(p, z, 0.166667536f);\n"
     "    return p * z;\n"
     "}\n"},
    {"ad_asin_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_asin_series_f64s(ad_f64s z)\n"
     "{\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(0.03196784835508926), z, -0.01630645972443039);\n"
     "    p = ad_horner_f64s(p, z, 0.019581420050218748);\n"
     "    p = ad_horner_f64s(p, z, 0.006508249772238365);\n"
     "    p = ad_horner_f64s(p, z, 0.012173848317039063);\n"
     "    p = ad_horner_f64s(p, z, 0.013884516691386045);\n"
     "    p = ad_horner_f64s(p, z, 0.017359778930111158);\n"
     "    p = ad_horner_f64s(p, z, 0.022371753030266322);\n"
     "    p = ad_horner_f64s(p, z, 0.030381959351009874);\n"
     "    p = ad_horner_f64s(p, z, 0.04464285682301647);\n"
     "    p = ad_horner_f64s(p, z, 0.07500000000343592);\n"
     "    p = ad_horner_f64s(p, z, 0.1666666666666538);\n"
     "    return p * z;\n"
     "}\n"},
    {"ad_asin_@Es", "ad_asin_series_@Es ad_abs_@Es ad_sqrt_@Es ad_pick_@Es ad_with_sign_@Es AD_EIGHTH_@E",
     "/* Beyond 1/2, pi / 2 - 2 asin(s) with s = sqrt((1 - x) / 2). */\n"
     "AD_INLINE ad_@Es ad_asin_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), half = 0.5@F - a * 0.5@F;\n"
     "    ad_@M large = (ad_@M)(a > 0.5@F);\n"
     "    ad_@Es z = ad_pick_@Es(large, half, a * a), s = ad_pick_@Es(large, ad_sqrt_@Es(half), a);\n"
     "    ad_@Es t = s * ad_asin_series_@Es(z);\n"
     "    ad_@Es far = 2.0@F * AD_EIGHTH_1_@E - (2.0@F * s - (2.0@F * AD_EIGHTH_2_@E - 2.0@F * t));\n"
     "    return ad_with_sign_@Es(ad_pick_@Es(large, far, s + t), x);\n"
     "}\n"},
    {"ad_acos_@Es", "ad_asin_series_@Es ad_abs_@Es ad_sqrt_@Es ad_pick_@Es ad_all_@Es AD_EIGHTH_@E",
     "/* Up to 1/2, pi / 2 - asin(x); beyond, 2 asin(s), from pi for negative x. */\n"
     "AD_INLINE ad_@Es ad_acos_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), half = 0.5@F - a * 0.5@F;\n"
     "    ad_@M large = (ad_@M)(a > 0.5@F), negative = (ad_@M)(x < 0.0@F);\n"
     "    ad_@Es z = ad_pick_@Es(large, half, a * a);\n"
     "    ad_@Es s = ad_pick_@Es(large, ad_pick_@Es(negative, ad_sqrt_@Es(half) * -2.0@F, ad_sqrt_@Es(half) * 2.0@F), "
     "-x);\n"
     "    ad_@Es turns = ad_pick_@Es(large, (ad_@Es)(negative & (ad_@M)ad_all_@Es(4.0@F)), ad_all_@Es(2.0@F));\n"
     "    return turns * AD_EIGHTH_1_@E + (s + (s * ad_asin_series_@Es(z) + turns * AD_EIGHTH_2_@E));\n"
     "}\n"},
    {"ad_atan_series_f32s", "ad_all_f32s ad_horner_f32s",
     "/* (atan(x) - x) / x for |x| <= 1/2, z = x^2 */\n"
     "AD_INLINE ad_f32s ad_atan_series_f32s(ad_f32s z)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(-0.0513657406f), z, 0.101627745f);\n"
     "    p = ad_horner_f32s(p, z, -0.141756579f);\n"
     "    p = ad_horner_f32s(p, z, 0.199942857f);\n"
     "    p = ad_horner_f32s(p, z, -0.33333236f);\n"
     "    return p * z;\n"
     "}\n"},
    {"ad_atan_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_atan_series_f64s(ad_f64s z)\n"
     "{\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(0.010136476625179278), z, -0.027464313517685933);\n"
     "    p = ad_horner_f64s(p, z, 0.04188424927734988);\n"
     "    p = ad_horner_f64s(p, z, -0.05122726817175505);\n"
     "    p = ad_horner_f64s(p, z, 0.058584703639787634);\n"
     "    p = ad_horner_f64s(p, z, -0.06663837496028856);\n"
     "    p = ad_horner_f64s(p, z, 0.07692076716027439);\n"
     "    p = ad_horner_f64s(p, z, -0.09090896436366014);\n"
     "    p = ad_horner_f64s(p, z, 0.11111110667875439);\n"
     "    p = ad_horner_f64s(p, z, -0.1428571427659172);\n"
     "    p = ad_horner_f64s(p, z, 0.19999999999905674);\n"
     "    p = ad_horner_f64s(p, z, -0.33333333333332993);\n"
     "    return p * z;\n"
     "}\n"},
    {"ad_atan_@Es", "ad_atan_series_@Es ad_abs_@Es ad_pick_@Es ad_all_@Es ad_with_sign_@Es AD_EIGHTH_@E",
     "/* From 1/2 to 2, pi / 4 + atan((a - 1) / (a + 1)); beyond, pi / 2 + atan(-1 / a). */\n"
     "AD_INLINE ad_@Es ad_atan_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), one = ad_all_@Es(1.0@F);\n"
     "    ad_@M middle = (ad_@M)(a > 0.5@F), large = (ad_@M)(a > 2.0@F);\n"
     "    ad_@Es above = ad_pick_@Es(large, -one, a - 1.0@F) / ad_pick_@Es(large, a, a + 1.0@F);\n"
     "    ad_@Es t = ad_pick_@Es(middle, above, a);\n"
     "    ad_@Es turns = (ad_@Es)(middle & (ad_@M)ad_pick_@Es(large, one + one, one));\n"
     "    ad_@Es y = turns * AD_EIGHTH_1_@E + (t + (t * ad_atan_series_@Es(t * t) + turns * AD_EIGHTH_2_@E));\n"
     "    return ad_with_sign_@Es(y, x);\n"
     "}\n"},
    {"AD_HUGE_f32", "",
     "/* Sums of numbers up to here are finite. */\n"
     "#define AD_HUGE_f32 0x1p126f\n"},
    {"AD_HUGE_f64", "", "#define AD_HUGE_f64 0x1p1022\n"},
    {"ad_atan2_@Es", "ad_atan_series_@Es ad_abs_@Es ad_pick_@Es ad_all_@Es AD_EIGHTH_@E AD_HUGE_@E",
     "/* With n the lesser of |x| and |y| and d the greater: atan(n / d), or pi / 4 + atan((n - d) / (n + d)) above "
     "1/2,\n"
     " * reflected into the octant of the point. */\n"
     "AD_INLINE ad_@Es ad_atan2_@Es(ad_@Es y, ad_@Es x)\n"
     "{\n"
     "    ad_@Es ay = ad_abs_@Es(y), ax = ad_abs_@Es(x), one = ad_all_@Es(1.0@F);\n"
     "    ad_@M steep = (ad_@M)(ay > ax), left = (ad_@M)x < 0;\n"
     "    ad_@Es n = ad_pick_@Es(steep, ax, ay), d = ad_pick_@Es(steep, ay, ax);\n"
     "    ad_@Es less = ad_pick_@Es((ad_@M)(d > AD_HUGE_@E), ad_all_@Es(0.25@F), one);\n"
     "    ad_@M infinite = (ad_@M)(n == (@T)INFINITY) & (ad_@M)(d == n);\n"
     "    n = ad_pick_@Es(infinite, one, n * less);\n"
     "    d = ad_pick_@Es(infinite, one, d * less);\n"
     "    ad_@M middle = (ad_@M)(n + n > d);\n"
     "    ad_@Es t = ad_pick_@Es(middle, n - d, n) / ad_pick_@Es(middle, n + d, d);\n"
     "    t = ad_pick_@Es((ad_@M)(d == 0.0@F), n, t);\n"
     "    ad_@Es turns = ad_pick_@Es(middle, one, (ad_@Es)(steep & (ad_@M)(one + one)));\n"
     "    turns = ad_pick_@Es(left, 4.0@F - turns, turns);\n"
     "    ad_@U sign = (ad_@U)ad_all_@Es(-0.0@F);\n"
     "    t = (ad_@Es)((ad_@U)t ^ ((ad_@U)(steep ^ left) & sign));\n"
     "    ad_@Es r = turns * AD_EIGHTH_1_@E + (t + (t * ad_atan_series_@Es(t * t) + turns * AD_EIGHTH_2_@E));\n"
     "    return (ad_@Es)(((ad_@U)r & ~sign) | ((ad_@U)y & sign));\n"
     "}\n"},
    {NULL, NULL, NULL},
};
