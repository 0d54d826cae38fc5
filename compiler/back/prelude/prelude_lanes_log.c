/* Logarithms in lanes and what is made of them: x = 2^e m with m in [2/3, 4/3), a series in f = m - 1.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; coefficients by tools/minimax.py.
 * The f64 series is one in s^2, s = f / (2 + f), as in fdlibm's log. AD_FAST_MATH: numbers below the least normal one
 * count as about that. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_log[] = {
    {"AD_LOG_f32", "",
     "/* Bits of 2/3; bits of the mantissa; the least normal number and what makes smaller ones normal. */\n"
     "#define AD_TWO_THIRDS_f32 0x3f2aaaabU\n"
     "#define AD_MANTISSA_f32 0x7fffffU\n"
     "#define AD_NORMAL_f32 0x1p-126f\n"
     "#define AD_RAISE_f32 24.0f\n"},
    {"AD_LOG_f64", "",
     "#define AD_TWO_THIRDS_f64 0x3fe5555555555555U\n"
     "#define AD_MANTISSA_f64 0xfffffffffffffU\n"
     "#define AD_NORMAL_f64 0x1p-1022\n"
     "#define AD_RAISE_f64 54.0\n"},
    {"ad_log_exponent_f32s", "ad_lanes AD_LOG_f32 AD_FLOAT_f32",
     "/* e, and m - 1, of a normal number. */\n"
     "AD_INLINE ad_f32s ad_log_exponent_f32s(ad_f32s x)\n"
     "{\n"
     "    return __builtin_convertvector((ad_i32s)((ad_u32s)x - AD_TWO_THIRDS_f32) >> AD_EXPONENT_f32, ad_f32s);\n"
     "}\n"},
    {"ad_log_exponent_f64s", "ad_lanes AD_LOG_f64 AD_FLOAT_f64",
     "AD_INLINE ad_f64s ad_log_exponent_f64s(ad_f64s x)\n"
     "{\n"
     "    ad_u64s biased = ((ad_u64s)x + (AD_ONE_f64 - AD_TWO_THIRDS_f64)) >> AD_EXPONENT_f64;\n"
     "    return (ad_f64s)(biased | 0x4330000000000000U) - (0x1p52 + 1023.0);\n"
     "}\n"},
    {"ad_log_rest_@Es", "ad_lanes AD_LOG_@E",
     "AD_INLINE ad_@Es ad_log_rest_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@U m = (((ad_@U)x - AD_TWO_THIRDS_@E) & AD_MANTISSA_@E) + AD_TWO_THIRDS_@E;\n"
     "    return (ad_@Es)m - 1.0@F;\n"
     "}\n"},
    {"ad_log_raised_@Es", "AD_LOG_@E ad_pick_@Es",
     "/* Numbers below the least normal one, which are multiplied by 2^AD_RAISE first. */\n"
     "AD_INLINE ad_@M ad_log_tiny_@Es(ad_@Es x)\n"
     "{\n"
     "#ifdef AD_FAST_MATH\n"
     "    (void)x;\n"
     "    return (ad_@M){0};\n"
     "#else\n"
     "    return (ad_@M)(x < AD_NORMAL_@E);\n"
     "#endif\n"
     "}\n"
     "AD_INLINE ad_@Es ad_log_raised_@Es(ad_@Es x, ad_@M tiny)\n"
     "{\n"
     "    return ad_pick_@Es(tiny, x * (@T)(INT64_C(1) << (int)AD_RAISE_@E), x);\n"
     "}\n"},
    {"ad_log_raised_exponent_@Es", "ad_log_exponent_@Es ad_all_@Es",
     "AD_INLINE ad_@Es ad_log_raised_exponent_@Es(ad_@Es x, ad_@M tiny)\n"
     "{\n"
     "    return ad_log_exponent_@Es(x) - (ad_@Es)(tiny & (ad_@M)ad_all_@Es(AD_RAISE_@E));\n"
     "}\n"},
    {"ad_log_sum_f32s", "AD_LOG2_f32 ad_all_f32s ad_horner_f32s",
     "/* log(1 + f) + e log(2) - less, less being far below f or f 0. */\n"
     "AD_INLINE ad_f32s ad_log_sum_f32s(ad_f32s f, ad_f32s e, ad_f32s less)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.140344679f), f, -0.15326798f);\n"
     "    p = ad_horner_f32s(p, f, 0.14004159f);\n"
     "    p = ad_horner_f32s(p, f, -0.164282471f);\n"
     "    p = ad_horner_f32s(p, f, 0.200098112f);\n"
     "    p = ad_horner_f32s(p, f, -0.250071168f);\n"
     "    p = ad_horner_f32s(p, f, 0.33333239f);\n"
     "    p = ad_horner_f32s(p, f, -0.499999464f);\n"
     "    return e * AD_LOG2_HIGH_f32 + (f + (e * AD_LOG2_LOW_f32 + f * f * p - less));\n"
     "}\n"},
    {"ad_log_series_f64s", "ad_all_f64s ad_horner_f64s",
     "/* (log(1 + f) - 2 s) / (s z), s = f / (f + 2), z = s s. */\n"
     "AD_INLINE ad_f64s ad_log_series_f64s(ad_f64s z)\n"
     "{\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(0.1537037229701882), z, 0.15249904670429962);\n"
     "    p = ad_horner_f64s(p, z, 0.18186370480203118);\n"
     "    p = ad_horner_f64s(p, z, 0.22222138142689418);\n"
     "    p = ad_horner_f64s(p, z, 0.2857142939979633);\n"
     "    p = ad_horner_f64s(p, z, 0.39999999996135804);\n"
     "    p = ad_horner_f64s(p, z, 0.6666666666667276);\n"
     "    return p;\n"
     "}\n"},
    {"ad_log_sum_f64s", "AD_LOG2_f64 ad_log_series_f64s",
     "AD_INLINE ad_f64s ad_log_sum_f64s(ad_f64s f, ad_f64s e, ad_f64s less)\n"
     "{\n"
     "    ad_f64s s = f / (f + 2.0), z = s * s, h = f * f * 0.5;\n"
     "    return e * AD_LOG2_HIGH_f64 - ((h - (s * (h + z * ad_log_series_f64s(z)) + e * AD_LOG2_LOW_f64 - less)) - "
     "f);\n"
     "}\n"},
    {"ad_log2_sum_f32s", "ad_all_f32s ad_horner_f32s",
     "/* log2(1 + f) + e; the first bits of f are multiplied exactly. */\n"
     "AD_INLINE ad_f32s ad_log2_sum_f32s(ad_f32s f, ad_f32s e)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.199477986f), f, -0.221127629f);\n"
     "    p = ad_horner_f32s(p, f, 0.202437729f);\n"
     "    p = ad_horner_f32s(p, f, -0.236996546f);\n"
     "    p = ad_horner_f32s(p, f, 0.288674533f);\n"
     "    p = ad_horner_f32s(p, f, -0.360778451f);\n"
     "    p = ad_horner_f32s(p, f, 0.480896711f);\n"
     "    p = ad_horner_f32s(p, f, -0.721346676f);\n"
     "    ad_f32s high = (ad_f32s)((ad_u32s)f & 0xfffff000U);\n"
     "    return (e + high * 0x1.714p0f) + ((f - high) * 0x1.714p0f + f * (0x1.47652cp-12f + f * p));\n"
     "}\n"},
    {"ad_log2_sum_f64s", "ad_log_series_f64s",
     "/* The first bits of log(1 + f) are multiplied exactly. */\n"
     "AD_INLINE ad_f64s ad_log2_sum_f64s(ad_f64s f, ad_f64s e)\n"
     "{\n"
     "    ad_f64s s = f / (f + 2.0), z = s * s, h = f * f * 0.5;\n"
     "    ad_f64s high = (ad_f64s)((ad_u64s)(f - h) & 0xffffffff00000000U);\n"
     "    ad_f64s low = (f - high) - h + s * (h + z * ad_log_series_f64s(z));\n"
     "    ad_f64s first = high * 0x1.715476p0, sum = e + first;\n"
     "    return sum + ((e - sum) + first + ((low + high) * 0x1.4ae0bf85ddf44p-26 + low * 0x1.715476p0));\n"
     "}\n"},
    {"ad_log_ends_@Es", "ad_pick_@Es ad_all_@Es",
     "/* The logarithm y of x, with what it is at 0, below, at inf and NaN. */\n"
     "AD_INLINE ad_@Es ad_log_ends_@Es(ad_@Es y, ad_@Es x)\n"
     "{\n"
     "    ad_@Es low = ad_pick_@Es((ad_@M)(x < 0.0@F), ad_all_@Es((@T)NAN), ad_all_@Es(-(@T)INFINITY));\n"
     "    y = ad_pick_@Es((ad_@M)(x < (@T)INFINITY), y, x);\n"
     "    return ad_pick_@Es((ad_@M)(x <= 0.0@F), low, y);\n"
     "}\n"},
    {"ad_log_@Es", "ad_log_raised_@Es ad_log_raised_exponent_@Es ad_log_rest_@Es ad_log_sum_@Es ad_log_ends_@Es",
     "AD_INLINE ad_@Es ad_log_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@M tiny = ad_log_tiny_@Es(x);\n"
     "    ad_@Es t = ad_log_raised_@Es(x, tiny), e = ad_log_raised_exponent_@Es(t, tiny);\n"
     "    return ad_log_ends_@Es(ad_log_sum_@Es(ad_log_rest_@Es(t), e, (ad_@Es){0}), x);\n"
     "}\n"},
    {"ad_log2_@Es", "ad_log_raised_@Es ad_log_raised_exponent_@Es ad_log_rest_@Es ad_log2_sum_@Es ad_log_ends_@Es",
     "AD_INLINE ad_@Es ad_log2_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@M tiny = ad_log_tiny_@Es(x);\n"
     "    ad_@Es t = ad_log_raised_@Es(x, tiny), e = ad_log_raised_exponent_@Es(t, tiny);\n"
     "    return ad_log_ends_@Es(ad_log2_sum_@Es(ad_log_rest_@Es(t), e), x);\n"
     "}\n"},
    {"ad_log1p_sum_@Es", "ad_log_exponent_@Es ad_log_rest_@Es ad_log_sum_@Es AD_FLOAT_@E",
     "/* log(1 + x) for finite x > -1 and NaN. What 1 + x loses is about the last bit of f, and adds itself / (1 + f). "
     "*/\n"
     "AD_INLINE ad_@Es ad_log1p_sum_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es u = x + 1.0@F, excess = (u - 1.0@F) - x, f = ad_log_rest_@Es(u);\n"
     "    ad_@Es scale = (ad_@Es)((ad_@U)(f + 1.0@F) - (ad_@U)u + AD_ONE_@E);\n"
     "    ad_@Es less = excess * scale * (1.0@F - f + f * f);\n"
     "    less = (ad_@Es)((ad_@M)less & ~(ad_@M)(x > 0x1p60@F));\n"
     "    return ad_log_sum_@Es(f, ad_log_exponent_@Es(u), less);\n"
     "}\n"},
    {"ad_log1p_@Es", "ad_log1p_sum_@Es ad_log_ends_@Es ad_with_sign_@Es",
     "AD_INLINE ad_@Es ad_log1p_@Es(ad_@Es x)\n"
     "{\n"
     "    return ad_with_sign_@Es(ad_log_ends_@Es(ad_log1p_sum_@Es(x), x + 1.0@F), x);\n"
     "}\n"},
    {"ad_xlogx_@Es", "ad_log_@Es ad_pick_@Es",
     "AD_INLINE ad_@Es ad_xlogx_@Es(ad_@Es x)\n"
     "{\n"
     "    return ad_pick_@Es((ad_@M)(x == 0.0@F), (ad_@Es){0}, x * ad_log_@Es(x));\n"
     "}\n"},
    {NULL, NULL, NULL},
};
