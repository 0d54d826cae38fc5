/* Powers and the error function in lanes.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; coefficients by tools/minimax.py.
 * x^y is 2^(y log2 |x|): for f64 with a logarithm of 64 bits in two parts, as in fdlibm's pow, for f32 computed in f64.
 * Products of parts are exact, so that it does not matter where compilers fuse. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_power[] = {
    {"AD_SPLIT", "ad_lanes",
     "/* Bits of sqrt(1/2); the bits of the first part of a number. */\n"
     "#define AD_ROOT_HALF 0x3fe6a09e667f3bcdU\n"
     "#define AD_SPLIT(x) ((ad_f64s)((ad_u64s)(x) & 0xffffffff00000000U))\n"},
    {"ad_pow_exponent_f64s", "AD_SPLIT AD_LOG_f64 AD_FLOAT_f64",
     "/* x = 2^e m with m in [sqrt(1/2), sqrt(2)): e, m. */\n"
     "AD_INLINE ad_f64s ad_pow_exponent_f64s(ad_f64s x)\n"
     "{\n"
     "    ad_u64s biased = ((ad_u64s)x + (AD_ONE_f64 - AD_ROOT_HALF)) >> AD_EXPONENT_f64;\n"
     "    return (ad_f64s)(biased | 0x4330000000000000U) - (0x1p52 + 1023.0);\n"
     "}\n"
     "AD_INLINE ad_f64s ad_pow_mantissa_f64s(ad_f64s x)\n"
     "{\n"
     "    return (ad_f64s)((((ad_u64s)x - AD_ROOT_HALF) & AD_MANTISSA_f64) + AD_ROOT_HALF);\n"
     "}\n"},
    {"ad_pow_log2_f64s", "ad_pow_exponent_f64s ad_all_f64s ad_horner_f64s",
     "/* log2(2^e m) in two parts, of which it returns the first, from s = (m - 1) / (m + 1) in two parts. */\n"
     "AD_INLINE ad_f64s ad_pow_log2_f64s(ad_f64s m, ad_f64s e, ad_f64s *second)\n"
     "{\n"
     "    ad_f64s f = m - 1.0, d1 = AD_SPLIT(m + 1.0), d2 = m - (d1 - 1.0), v = 1.0 / (m + 1.0);\n"
     "    ad_f64s s = f * v, s1 = AD_SPLIT(s), s2 = v * ((f - s1 * d1) - s1 * d2), z = s * s;\n"
     "    ad_f64s square = z * z;\n"
     "    ad_f64s odd = ad_horner_f64s(ad_all_f64s(0.198851356631529), square, 0.2727267646461526);\n"
     "    odd = ad_horner_f64s(odd, square, 0.4285714285514392);\n"
     "    ad_f64s even = ad_horner_f64s(ad_all_f64s(0.19795326190296528), square, 0.23080139941136202);\n"
     "    even = ad_horner_f64s(even, square, 0.33333333780866986);\n"
     "    even = ad_horner_f64s(even, square, 0.600000000000034);\n"
     "    ad_f64s p = odd * z + even;\n"
     "    ad_f64s r = z * z * p + s2 * (s1 + s), s1s1 = s1 * s1;\n"
     "    ad_f64s h1 = AD_SPLIT(s1s1 + r + 3.0), h2 = r - ((h1 - 3.0) - s1s1);\n"
     "    ad_f64s first = s1 * h1, rest = s2 * h1 + h2 * s, p1 = AD_SPLIT(first + rest), p2 = rest - (p1 - first);\n"
     "    ad_f64s z1 = p1 * 0x1.ec709p-1, z2 = p1 * 0x1.b87407fae93f8p-22 + p2 * 0x1.ec709dc3a03fdp-1;\n"
     "    ad_f64s t = AD_SPLIT((z1 + z2) + e);\n"
     "    *second = z2 - ((t - e) - z1);\n"
     "    return t;\n"
     "}\n"},
    {"ad_pow_sign_@Es", "ad_round_@Es ad_abs_@Es ad_pick_@Es ad_all_@Es",
     "/* The power y of |x| with the sign and the NaN of the power b of a: for negative a, b must be an integer. */\n"
     "AD_INLINE ad_@Es ad_pow_sign_@Es(ad_@Es y, ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    ad_@M whole = (ad_@M)(ad_round_@Es(b) == b), even = (ad_@M)(ad_round_@Es(b * 0.5@F) == b * 0.5@F);\n"
     "    ad_@M none = (ad_@M)(a < 0.0@F) & (ad_@M)(a > -(@T)INFINITY) & ~whole;\n"
     "    ad_@M minus = (ad_@M)a & whole & ~even & (ad_@M)ad_all_@Es(-0.0@F);\n"
     "    return ad_pick_@Es(none, ad_all_@Es((@T)NAN), (ad_@Es)((ad_@M)y ^ minus));\n"
     "}\n"},
    {"ad_pow_f64s",
     "ad_pow_log2_f64s ad_pow_sign_f64s ad_log_raised_f64s ad_exp2_series_f64s ad_exp_between_f64s AD_EXP2_RANGE_f64",
     "AD_INLINE ad_f64s ad_pow_f64s(ad_f64s a, ad_f64s b)\n"
     "{\n"
     "    ad_f64s x = ad_abs_f64s(a), second;\n"
     "    ad_ints tiny = ad_log_tiny_f64s(x);\n"
     "    ad_f64s t = ad_log_raised_f64s(x, tiny);\n"
     "    ad_f64s e = ad_pow_exponent_f64s(t) - (ad_f64s)(tiny & (ad_ints)ad_all_f64s(AD_RAISE_f64));\n"
     "    ad_f64s first = ad_pow_log2_f64s(ad_pow_mantissa_f64s(t), e, &second), b1 = AD_SPLIT(b);\n"
     "    ad_f64s p1 = b1 * first, p2 = (b - b1) * first + b * second;\n"
     "    /* Logarithms of 0, inf and NaN, infinite powers; then 1^b and a^0. */\n"
     "    ad_ints zero = (ad_ints)(x == 0.0), finite = (ad_ints)(x < (double)INFINITY) & ~zero;\n"
     "    ad_f64s log2 = ad_pick_f64s(finite, first, ad_pick_f64s(zero, ad_all_f64s(-(double)INFINITY), x));\n"
     "    ad_ints plain = finite & (ad_ints)(ad_abs_f64s(b) != (double)INFINITY);\n"
     "    ad_ints one = (ad_ints)(x == 1.0) | (ad_ints)(b == 0.0);\n"
     "    p1 = (ad_f64s)((ad_ints)ad_pick_f64s(plain, p1, b * log2) & ~one);\n"
     "    p2 = (ad_f64s)((ad_ints)p2 & (plain & ~one));\n"
     "    ad_f64s p = p1 + p2, sum = p + AD_ROUNDER_f64, r = (p1 - (sum - AD_ROUNDER_f64)) + p2;\n"
     "    ad_f64s y = r * ad_exp2_series_f64s(r) + 1.0;\n"
     "    return ad_pow_sign_f64s(ad_exp_between_f64s(y, sum, p, AD_EXP2_LOW_f64, AD_EXP2_HIGH_f64), a, b);\n"
     "}\n"},
    {"ad_pow_wide_f64s", "ad_pow_exponent_f64s ad_all_f64s ad_horner_f64s",
     "/* y log2(x), then 2^t, with 35 bits, for arguments of f32. */\n"
     "AD_INLINE ad_f64s ad_pow_wide_f64s(ad_f64s x, ad_f64s y)\n"
     "{\n"
     "    ad_f64s m = ad_pow_mantissa_f64s(x), s = (m - 1.0) / (m + 1.0), z = s * s;\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(0.3407468829938499), z, 0.41167174246041105);\n"
     "    p = ad_horner_f64s(p, z, 0.5770836028714201);\n"
     "    p = ad_horner_f64s(p, z, 0.96179667323789);\n"
     "    p = ad_horner_f64s(p, z, 2.885390081790159);\n"
     "    return y * (ad_pow_exponent_f64s(x) + s * p);\n"
     "}\n"
     "AD_INLINE ad_f64s ad_pow_wide_exp2_f64s(ad_f64s t)\n"
     "{\n"
     "    ad_f64s sum = t + AD_ROUNDER_f64, r = t - (sum - AD_ROUNDER_f64);\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(0.00015281069686007732), r, 0.0013397202833708365);\n"
     "    p = ad_horner_f64s(p, r, 0.009618715957743261);\n"
     "    p = ad_horner_f64s(p, r, 0.05550338817961984);\n"
     "    p = ad_horner_f64s(p, r, 0.24022645387791958);\n"
     "    p = ad_horner_f64s(p, r, 0.6931471972790553);\n"
     "    return (ad_f64s)((ad_u64s)(p * r + 1.0) + ((ad_u64s)sum << AD_EXPONENT_f64));\n"
     "}\n"},
    {"ad_pow_f32s", "ad_pow_wide_f64s ad_pow_sign_f32s ad_f64s_of_f32s ad_f32s_of_f64s",
     "AD_INLINE ad_f32s ad_pow_f32s(ad_f32s a, ad_f32s b)\n"
     "{\n"
     "    ad_f32s x = ad_abs_f32s(a);\n"
     "    ad_f64s wide = ad_pow_wide_f64s(ad_f64s_of_f32s(x), ad_f64s_of_f32s(b));\n"
     "    ad_f32s t = ad_f32s_of_f64s(wide), y = ad_f32s_of_f64s(ad_pow_wide_exp2_f64s(wide));\n"
     "    /* Logarithms of 0, inf and NaN; then 1^b and a^0. */\n"
     "    ad_i32s zero = (ad_i32s)(x == 0.0f), finite = (ad_i32s)(x < INFINITY) & ~zero;\n"
     "    ad_i32s one = (ad_i32s)(x == 1.0f) | (ad_i32s)(b == 0.0f);\n"
     "    t = ad_pick_f32s(finite, t, b * ad_pick_f32s(zero, ad_all_f32s(-INFINITY), x));\n"
     "    y = ad_pick_f32s((ad_i32s)(t < 200.0f), y, t + INFINITY);\n"
     "    y = (ad_f32s)((ad_i32s)y & ~(ad_i32s)(t < -200.0f));\n"
     "    return ad_pow_sign_f32s(ad_pick_f32s(one, ad_all_f32s(1.0f), y), a, b);\n"
     "}\n"},
    {NULL, NULL, NULL},
};
