/* Trigonometric functions in lanes: multiples of pi / 2 are subtracted in parts, each exact, then a series.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; coefficients by tools/minimax.py.
 * For arguments above AD_TURNS the C library is called for every lane of the vector, which is then the only branch.
 * AD_FAST_MATH: one series up to pi / 2 instead of two up to pi / 4. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_trig[] = {
    {"AD_QUARTER_f32", "",
     "/* Up to where multiples of the parts of pi / 2 are exact; the parts. */\n"
     "#define AD_TURNS_f32 10000.0f\n"
     "#define AD_QUARTER_1_f32 0x1.92p0f\n"
     "#define AD_QUARTER_2_f32 0x1.fb4p-12f\n"
     "#define AD_QUARTER_3_f32 0x1.444p-24f\n"
     "#define AD_QUARTER_4_f32 0x1.68c234p-39f\n"},
    {"AD_QUARTER_f64", "",
     "#define AD_TURNS_f64 1e6\n"
     "#define AD_QUARTER_1_f64 0x1.921fb544p0\n"
     "#define AD_QUARTER_2_f64 0x1.0b4611a6p-34\n"
     "#define AD_QUARTER_3_f64 0x1.3198a2e037073p-69\n"},
    {"ad_less_quarters_f32s", "ad_lanes AD_QUARTER_f32",
     "/* x - n pi / 2 */\n"
     "AD_INLINE ad_f32s ad_less_quarters_f32s(ad_f32s x, ad_f32s n)\n"
     "{\n"
     "    return x - n * AD_QUARTER_1_f32 - n * AD_QUARTER_2_f32 - n * AD_QUARTER_3_f32 - n * AD_QUARTER_4_f32;\n"
     "}\n"},
    {"ad_less_quarters_f64s", "ad_lanes AD_QUARTER_f64",
     "AD_INLINE ad_f64s ad_less_quarters_f64s(ad_f64s x, ad_f64s n)\n"
     "{\n"
     "    return x - n * AD_QUARTER_1_f64 - n * AD_QUARTER_2_f64 - n * AD_QUARTER_3_f64;\n"
     "}\n"},
    {"ad_sin_series_f32s", "ad_all_f32s ad_horner_f32s",
     "/* sin(r) and cos(r) for |r| <= pi / 4, z = r^2; with AD_FAST_MATH the first for |r| <= pi / 2. */\n"
     "AD_INLINE ad_f32s ad_sin_series_f32s(ad_f32s r, ad_f32s z)\n"
     "{\n"
     "#ifdef AD_FAST_MATH\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(2.61061155e-06f), z, -0.000198119975f);\n"
     "    p = ad_horner_f32s(p, z, 0.0083331028f);\n"
     "    p = ad_horner_f32s(p, z, -0.166666612f);\n"
     "#else\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(-0.000195187662f), z, 0.00833219197f);\n"
     "    p = ad_horner_f32s(p, z, -0.166666552f);\n"
     "#endif\n"
     "    return r + r * z * p;\n"
     "}\n"},
    {"ad_sin_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_sin_series_f64s(ad_f64s r, ad_f64s z)\n"
     "{\n"
     "#ifdef AD_FAST_MATH\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(-7.377069960461603e-13), z, 1.6048414973930033e-10);\n"
     "    p = ad_horner_f64s(p, z, -2.5051891003405205e-08);\n"
     "    p = ad_horner_f64s(p, z, 2.755731677799919e-06);\n"
     "    p = ad_horner_f64s(p, z, -0.00019841269826542573);\n"
     "    p = ad_horner_f64s(p, z, 0.00833333333329128);\n"
     "    p = ad_horner_f64s(p, z, -0.1666666666666626);\n"
     "#else\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(1.5896900345398887e-10), z, -2.5050760095331166e-08);\n"
     "    p = ad_horner_f64s(p, z, 2.7557313706143515e-06);\n"
     "    p = ad_horner_f64s(p, z, -0.000198412698298557);\n"
     "    p = ad_horner_f64s(p, z, 0.008333333333322488);\n"
     "    p = ad_horner_f64s(p, z, -0.16666666666666632);\n"
     "#endif\n"
     "    return r + r * z * p;\n"
     "}\n"},
    {"ad_cos_series_f32s", "ad_all_f32s ad_horner_f32s",
     "AD_INLINE ad_f32s ad_cos_series_f32s(ad_f32s z)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(2.44307412e-05f), z, -0.00138873013f);\n"
     "    p = ad_horner_f32s(p, z, 0.0416666456f);\n"
     "    return 1.0f + z * (p * z - 0.5f);\n"
     "}\n"},
    {"ad_cos_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_cos_series_f64s(ad_f64s z)\n"
     "{\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(-1.1359931774953803e-11), z, 2.0875729253417056e-09);\n"
     "    p = ad_horner_f64s(p, z, -2.7557314400931095e-07);\n"
     "    p = ad_horner_f64s(p, z, 2.4801587289671418e-05);\n"
     "    p = ad_horner_f64s(p, z, -0.0013888888888874474);\n"
     "    p = ad_horner_f64s(p, z, 0.0416666666666666);\n"
     "    return 1.0 + z * (p * z - 0.5);\n"
     "}\n"},
    {"ad_quadrant_@Es", "ad_sin_series_@Es ad_cos_series_@Es ad_pick_@Es AD_FLOAT_@E",
     "/* sin(r + n pi / 2), n the integer in the last bits of sum */\n"
     "AD_INLINE ad_@Es ad_quadrant_@Es(ad_@Es r, ad_@U sum)\n"
     "{\n"
     "    ad_@Es z = r * r;\n"
     "    ad_@Es y = ad_pick_@Es((ad_@M)((sum & 1) == 0), ad_sin_series_@Es(r, z), ad_cos_series_@Es(z));\n"
     "    return (ad_@Es)((ad_@U)y ^ (sum >> 1 << AD_SIGN_@E));\n"
     "}\n"},
    {"ad_far_@Es", "ad_abs_@Es ad_bools_of_@M ad_any_of_bools AD_QUARTER_@E",
     "AD_INLINE bool ad_far_@Es(ad_@Es x)\n"
     "{\n"
     "    return ad_any_of_bools(ad_bools_of_@M((ad_@M)(ad_abs_@Es(x) > AD_TURNS_@E)));\n"
     "}\n"},
    {"ad_sin_far_@Es", "ad_lanes",
     "static __attribute__((noinline, cold)) ad_@Es ad_sin_far_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = sin@F(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_sin_@Es", "ad_quadrant_@Es ad_less_quarters_@Es ad_sin_far_@Es ad_far_@Es",
     "AD_INLINE ad_@Es ad_sin_@Es(ad_@Es x)\n"
     "{\n"
     "    if (ad_far_@Es(x))\n"
     "        return ad_sin_far_@Es(x);\n"
     "    ad_@U sign = (ad_@U)x & (ad_@U)ad_all_@Es(-0.0@F);\n"
     "    ad_@Es a = ad_abs_@Es(x), y;\n"
     "#ifdef AD_FAST_MATH\n"
     "    ad_@Es sum = a * 0x1.45f306dc9c883p-2@F + AD_ROUNDER_@E, n = (sum - AD_ROUNDER_@E) * 2.0@F;\n"
     "    ad_@Es r = ad_less_quarters_@Es(a, n);\n"
     "    y = (ad_@Es)((ad_@U)ad_sin_series_@Es(r, r * r) ^ ((ad_@U)sum << AD_SIGN_@E));\n"
     "#else\n"
     "    ad_@Es sum = a * 0x1.45f306dc9c883p-1@F + AD_ROUNDER_@E, n = sum - AD_ROUNDER_@E;\n"
     "    y = ad_quadrant_@Es(ad_less_quarters_@Es(a, n), (ad_@U)sum);\n"
     "#endif\n"
     "    return (ad_@Es)((ad_@U)y ^ sign);\n"
     "}\n"},
    {"ad_cos_far_@Es", "ad_lanes",
     "static __attribute__((noinline, cold)) ad_@Es ad_cos_far_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = cos@F(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_cos_@Es", "ad_quadrant_@Es ad_less_quarters_@Es ad_cos_far_@Es ad_far_@Es",
     "AD_INLINE ad_@Es ad_cos_@Es(ad_@Es x)\n"
     "{\n"
     "    if (ad_far_@Es(x))\n"
     "        return ad_cos_far_@Es(x);\n"
     "#ifdef AD_FAST_MATH\n"
     "    ad_@Es sum = (x * 0x1.45f306dc9c883p-2@F - 0.5@F) + AD_ROUNDER_@E, n = (sum - AD_ROUNDER_@E) * 2.0@F + "
     "1.0@F;\n"
     "    ad_@Es r = ad_less_quarters_@Es(x, n), y = ad_sin_series_@Es(r, r * r);\n"
     "    return (ad_@Es)((ad_@U)y ^ (~(ad_@U)sum << AD_SIGN_@E));\n"
     "#else\n"
     "    ad_@Es sum = x * 0x1.45f306dc9c883p-1@F + AD_ROUNDER_@E, n = sum - AD_ROUNDER_@E;\n"
     "    return ad_quadrant_@Es(ad_less_quarters_@Es(x, n), (ad_@U)sum + 1);\n"
     "#endif\n"
     "}\n"},
    {"ad_tan_series_f32s", "ad_all_f32s ad_horner_f32s",
     "/* tan(r + low) for |r| <= pi / 4, low far below r */\n"
     "AD_INLINE ad_f32s ad_tan_series_f32s(ad_f32s r, ad_f32s low)\n"
     "{\n"
     "    ad_f32s z = r * r;\n"
     "    ad_f32s square = z * z;\n"
     "    ad_f32s odd = ad_horner_f32s(ad_all_f32s(-4.60202064e-05f), square, 0.0212386064f);\n"
     "    odd = ad_horner_f32s(odd, square, 0.13332583f);\n"
     "    ad_f32s even = ad_horner_f32s(ad_all_f32s(0.00444171112f), square, 0.0109454822f);\n"
     "    even = ad_horner_f32s(even, square, 0.0540686548f);\n"
     "    even = ad_horner_f32s(even, square, 0.333333522f);\n"
     "    ad_f32s p = odd * z + even;\n"
     "    return r + (r * z * p + (low + low * z));\n"
     "}\n"},
    {"ad_tan_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_tan_series_f64s(ad_f64s r, ad_f64s low)\n"
     "{\n"
     "    ad_f64s z = r * r;\n"
     "    ad_f64s square = z * z;\n"
     "    ad_f64s odd = ad_horner_f64s(ad_all_f64s(2.1033263732962478e-05), square, 9.086387800547907e-05);\n"
     "    odd = ad_horner_f64s(odd, square, 0.00013770807189950984);\n"
     "    odd = ad_horner_f64s(odd, square, 0.000595277852576746);\n"
     "    odd = ad_horner_f64s(odd, square, 0.00359229829953761);\n"
     "    odd = ad_horner_f64s(odd, square, 0.021869489690133016);\n"
     "    odd = ad_horner_f64s(odd, square, 0.13333333333422648);\n"
     "    ad_f64s even = ad_horner_f64s(ad_all_f64s(-4.56099285978788e-05), square, -2.798467867063972e-05);\n"
     "    even = ad_horner_f64s(even, square, 0.00022177993844716104);\n"
     "    even = ad_horner_f64s(even, square, 0.0014547047721869388);\n"
     "    even = ad_horner_f64s(even, square, 0.008863218085049522);\n"
     "    even = ad_horner_f64s(even, square, 0.053968253923071724);\n"
     "    even = ad_horner_f64s(even, square, 0.33333333333332715);\n"
     "    ad_f64s p = odd * z + even;\n"
     "    return r + (r * z * p + (low + low * z));\n"
     "}\n"},
    {"ad_tan_parts_f32s", "ad_tan_series_f32s AD_QUARTER_f32",
     "/* tan(x - n pi / 2) */\n"
     "AD_INLINE ad_f32s ad_tan_parts_f32s(ad_f32s x, ad_f32s n)\n"
     "{\n"
     "    ad_f32s a = x - n * AD_QUARTER_1_f32 - n * AD_QUARTER_2_f32, b = n * AD_QUARTER_3_f32, h = a - b;\n"
     "    ad_f32s w = n * AD_QUARTER_4_f32 - ((a - h) - b), r = h - w;\n"
     "    return ad_tan_series_f32s(r, (h - r) - w);\n"
     "}\n"},
    {"ad_tan_parts_f64s", "ad_tan_series_f64s AD_QUARTER_f64",
     "AD_INLINE ad_f64s ad_tan_parts_f64s(ad_f64s x, ad_f64s n)\n"
     "{\n"
     "    ad_f64s a = x - n * AD_QUARTER_1_f64, b = n * AD_QUARTER_2_f64, h = a - b;\n"
     "    ad_f64s w = n * AD_QUARTER_3_f64 - ((a - h) - b), r = h - w;\n"
     "    return ad_tan_series_f64s(r, (h - r) - w);\n"
     "}\n"},
    {"ad_tan_far_@Es", "ad_lanes",
     "static __attribute__((noinline, cold)) ad_@Es ad_tan_far_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = tan@F(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_tan_@Es", "ad_tan_parts_@Es ad_tan_far_@Es ad_far_@Es ad_abs_@Es ad_with_sign_@Es ad_pick_@Es AD_FLOAT_@E",
     "/* tan(r) or -1 / tan(r) */\n"
     "AD_INLINE ad_@Es ad_tan_@Es(ad_@Es x)\n"
     "{\n"
     "    if (ad_far_@Es(x))\n"
     "        return ad_tan_far_@Es(x);\n"
     "    ad_@Es a = ad_abs_@Es(x), sum = a * 0x1.45f306dc9c883p-1@F + AD_ROUNDER_@E;\n"
     "    ad_@Es t = ad_tan_parts_@Es(a, sum - AD_ROUNDER_@E);\n"
     "    ad_@Es y = ad_pick_@Es((ad_@M)(((ad_@U)sum & 1) == 0), t, -1.0@F / t);\n"
     "    return (ad_@Es)((ad_@U)y ^ ((ad_@U)x & (ad_@U)ad_all_@Es(-0.0@F)));\n"
     "}\n"},
    {NULL, NULL, NULL},
};
