/* exp2 and exp in lanes, branch-free: x = n + r with the nearest integer n, a polynomial in r, n added to the exponent.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; coefficients by tools/minimax.py.
 * Results below the least normal number are 0, those above the greatest number inf. AD_FAST_MATH: polynomials one
 * degree shorter. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_exp[] = {
    {"AD_FLOAT_f32", "ad_lanes",
     "/* What leaves no bits behind the point when added; the exponent's first bit; the sign's bit; the bits of 1. */\n"
     "#define AD_ROUNDER_f32 0x1.8p23f\n"
     "#define AD_EXPONENT_f32 23\n"
     "#define AD_SIGN_f32 31\n"
     "#define AD_ONE_f32 0x3f800000U\n"},
    {"AD_FLOAT_f64", "ad_lanes",
     "#define AD_ROUNDER_f64 0x1.8p52\n"
     "#define AD_EXPONENT_f64 52\n"
     "#define AD_SIGN_f64 63\n"
     "#define AD_ONE_f64 0x3ff0000000000000U\n"},
    {"ad_exp2_series_f32s", "ad_all_f32s ad_horner_f32s",
     "/* (2^r - 1) / r for |r| <= 1/2 */\n"
     "AD_INLINE ad_f32s ad_exp2_series_f32s(ad_f32s r)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.0013180176f), r, 0.00967242848f);\n"
     "    p = ad_horner_f32s(p, r, 0.0555105098f);\n"
     "    p = ad_horner_f32s(p, r, 0.240222231f);\n"
     "    p = ad_horner_f32s(p, r, 0.693146706f);\n"
     "    return p;\n"
     "}\n"},
    {"ad_exp2_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_exp2_series_f64s(ad_f64s r)\n"
     "{\n"
     "#ifdef AD_FAST_MATH\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(7.0160599083518985e-09), r, 1.0207979668177404e-07);\n"
     "    p = ad_horner_f64s(p, r, 1.3215799006882125e-06);\n"
     "    p = ad_horner_f64s(p, r, 1.5252661678643696e-05);\n"
     "    p = ad_horner_f64s(p, r, 0.00015403529658444533);\n"
     "    p = ad_horner_f64s(p, r, 0.0013333558220661658);\n"
     "    p = ad_horner_f64s(p, r, 0.009618129108297685);\n"
     "    p = ad_horner_f64s(p, r, 0.055504108664528574);\n"
     "    p = ad_horner_f64s(p, r, 0.24022650695908138);\n"
     "    p = ad_horner_f64s(p, r, 0.6931471805599478);\n"
     "#else\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(4.409159352897055e-10), r, 7.073504785852674e-09);\n"
     "    p = ad_horner_f64s(p, r, 1.0178394533164148e-07);\n"
     "    p = ad_horner_f64s(p, r, 1.321543713892684e-06);\n"
     "    p = ad_horner_f64s(p, r, 1.5252732938828535e-05);\n"
     "    p = ad_horner_f64s(p, r, 0.00015403530452783872);\n"
     "    p = ad_horner_f64s(p, r, 0.0013333558147492275);\n"
     "    p = ad_horner_f64s(p, r, 0.009618129107598164);\n"
     "    p = ad_horner_f64s(p, r, 0.05550410866481604);\n"
     "    p = ad_horner_f64s(p, r, 0.2402265069591012);\n"
     "    p = ad_horner_f64s(p, r, 0.6931471805599454);\n"
     "#endif\n"
     "    return p;\n"
     "}\n"},
    {"ad_exp_series_f32s", "ad_all_f32s ad_horner_f32s",
     "/* (e^r - 1) / r for |r| <= log(2) / 2 */\n"
     "AD_INLINE ad_f32s ad_exp_series_f32s(ad_f32s r)\n"
     "{\n"
     "#ifdef AD_FAST_MATH\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.00825247448f), r, 0.0419017412f);\n"
     "    p = ad_horner_f32s(p, r, 0.166683421f);\n"
     "    p = ad_horner_f32s(p, r, 0.499991119f);\n"
     "    p = ad_horner_f32s(p, r, 0.999999404f);\n"
     "#else\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.00137575425f), r, 0.00836926047f);\n"
     "    p = ad_horner_f32s(p, r, 0.0416695178f);\n"
     "    p = ad_horner_f32s(p, r, 0.166665152f);\n"
     "    p = ad_horner_f32s(p, r, 0.499999881f);\n"
     "    p = ad_horner_f32s(p, r, 1.0f);\n"
     "#endif\n"
     "    return p;\n"
     "}\n"},
    {"ad_exp_series_f64s", "ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_exp_series_f64s(ad_f64s r)\n"
     "{\n"
     "#ifdef AD_FAST_MATH\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(2.742821837270407e-07), r, 2.763866376128032e-06);\n"
     "    p = ad_horner_f64s(p, r, 2.4802107151527557e-05);\n"
     "    p = ad_horner_f64s(p, r, 0.0001984117489247342);\n"
     "    p = ad_horner_f64s(p, r, 0.0013888888292397684);\n"
     "    p = ad_horner_f64s(p, r, 0.008333333380780522);\n"
     "    p = ad_horner_f64s(p, r, 0.04166666666930825);\n"
     "    p = ad_horner_f64s(p, r, 0.1666666666657499);\n"
     "    p = ad_horner_f64s(p, r, 0.4999999999999627);\n"
     "    p = ad_horner_f64s(p, r, 1.000000000000004);\n"
     "#else\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(2.4948223244784205e-08), r, 2.7629378401578966e-07);\n"
     "    p = ad_horner_f64s(p, r, 2.7557760601691664e-06);\n"
     "    p = ad_horner_f64s(p, r, 2.4801496012638543e-05);\n"
     "    p = ad_horner_f64s(p, r, 0.00019841269296957189);\n"
     "    p = ad_horner_f64s(p, r, 0.0013888888940159624);\n"
     "    p = ad_horner_f64s(p, r, 0.008333333333599886);\n"
     "    p = ad_horner_f64s(p, r, 0.04166666666654727);\n"
     "    p = ad_horner_f64s(p, r, 0.1666666666666623);\n"
     "    p = ad_horner_f64s(p, r, 0.5000000000000008);\n"
     "    p = ad_horner_f64s(p, r, 1.0);\n"
     "#endif\n"
     "    return p;\n"
     "}\n"},
    {"ad_power_of_@Es", "AD_FLOAT_@E",
     "/* 2^n, n the integer in the last bits of sum, if it is a normal number. */\n"
     "AD_INLINE ad_@Es ad_power_of_@Es(ad_@Es sum)\n"
     "{\n"
     "    return (ad_@Es)(((ad_@U)sum << AD_EXPONENT_@E) + AD_ONE_@E);\n"
     "}\n"},
    {"ad_exp_between_@Es", "AD_FLOAT_@E",
     "/* p 2^n, n as above; 0 where x is below low, inf where it is above high, NaN where x is. */\n"
     "AD_INLINE ad_@Es ad_exp_between_@Es(ad_@Es p, ad_@Es sum, ad_@Es x, @T low, @T high)\n"
     "{\n"
     "    ad_@M inside = (ad_@M)(x <= high);\n"
     "    ad_@M y = (ad_@M)((ad_@U)p + ((ad_@U)sum << AD_EXPONENT_@E)) & (inside & (ad_@M)(x >= low));\n"
     "    return (ad_@Es)(y | ((ad_@M)(x + (@T)INFINITY) & ~inside));\n"
     "}\n"},
    {"AD_EXP2_RANGE_f32", "",
     "/* Where 2^x and e^x are normal numbers. */\n"
     "#define AD_EXP2_LOW_f32 -126.0f\n"
     "#define AD_EXP2_HIGH_f32 0x1.fffffep6f\n"},
    {"AD_EXP2_RANGE_f64", "",
     "#define AD_EXP2_LOW_f64 -1022.0\n"
     "#define AD_EXP2_HIGH_f64 0x1.fffffffffffffp9\n"},
    {"AD_EXP_RANGE_f32", "",
     "#define AD_EXP_LOW_f32 -0x1.5d589ep6f\n"
     "#define AD_EXP_HIGH_f32 0x1.62e42ep6f\n"},
    {"AD_EXP_RANGE_f64", "",
     "#define AD_EXP_LOW_f64 -0x1.6232bdd7abcd2p9\n"
     "#define AD_EXP_HIGH_f64 0x1.62e42fefa39efp9\n"},
    {"AD_SCALES_f32", "ad_lanes",
     "/* A vector is one register of AVX-512, whose instructions split x into integer and rest, and scale by powers of "
     "two\n"
     " * for all special values: 2^x is the best use of them. */\n"
     "#if defined __AVX512DQ__ && AD_VECTOR_BYTES == 64 && AD_LANE_BYTES == 4\n"
     "#define AD_SCALES_f32 \"ps\"\n"
     "#endif\n"},
    {"AD_SCALES_f64", "ad_lanes",
     "#if defined __AVX512DQ__ && AD_VECTOR_BYTES == 64 && AD_LANE_BYTES == 8\n"
     "#define AD_SCALES_f64 \"pd\"\n"
     "#endif\n"},
    {"ad_exp2_@Es", "ad_horner_@Es ad_exp2_series_@Es ad_exp_between_@Es AD_EXP2_RANGE_@E AD_SCALES_@E",
     "/* 2^x */\n"
     "AD_INLINE ad_@Es ad_exp2_@Es(ad_@Es x)\n"
     "{\n"
     "#ifdef AD_SCALES_@E\n"
     "    ad_@Es rest, y;\n"
     "    __asm__(\"vreduce\" AD_SCALES_@E \" $0, %1, %0\" : \"=v\"(rest) : \"v\"(x));\n"
     "    ad_@Es power = ad_horner_@Es(rest, ad_exp2_series_@Es(rest), 1.0@F), n = x - rest;\n"
     "    __asm__(\"vscalef\" AD_SCALES_@E \" %2, %1, %0\" : \"=v\"(y) : \"v\"(power), \"v\"(n));\n"
     "    return y;\n"
     "#else\n"
     "    ad_@Es sum = x + AD_ROUNDER_@E, r = x - (sum - AD_ROUNDER_@E);\n"
     "    ad_@Es p = ad_horner_@Es(r, ad_exp2_series_@Es(r), 1.0@F);\n"
     "    return ad_exp_between_@Es(p, sum, x, AD_EXP2_LOW_@E, AD_EXP2_HIGH_@E);\n"
     "#endif\n"
     "}\n"},
    {"AD_LOG2_f32", "",
     "/* log(2) in two parts, the first short enough that its products with exponents are exact. */\n"
     "#define AD_LOG2_HIGH_f32 0x1.62e4p-1f\n"
     "#define AD_LOG2_LOW_f32 0x1.7f7d1cp-20f\n"},
    {"AD_LOG2_f64", "",
     "#define AD_LOG2_HIGH_f64 0x1.62e42feep-1\n"
     "#define AD_LOG2_LOW_f64 0x1.a39ef35793c76p-33\n"},
    {"ad_exp_rest_@Es", "ad_fma_@Es ad_all_@Es AD_FLOAT_@E AD_LOG2_@E",
     "/* x - n log(2) */\n"
     "AD_INLINE ad_@Es ad_exp_rest_@Es(ad_@Es x, ad_@Es sum)\n"
     "{\n"
     "    ad_@Es n = sum - AD_ROUNDER_@E;\n"
     "    x = ad_fma_@Es(n, ad_all_@Es(-AD_LOG2_HIGH_@E), x);\n"
     "    return ad_fma_@Es(n, ad_all_@Es(-AD_LOG2_LOW_@E), x);\n"
     "}\n"},
    {"ad_exp_@Es", "ad_horner_@Es ad_exp_series_@Es ad_exp_rest_@Es ad_exp_between_@Es AD_EXP_RANGE_@E",
     "/* e^x */\n"
     "AD_INLINE ad_@Es ad_exp_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es sum = ad_horner_@Es(x, ad_all_@Es(1.4426950408889634@F), AD_ROUNDER_@E), r = ad_exp_rest_@Es(x, "
     "sum);\n"
     "    ad_@Es p = ad_horner_@Es(r, ad_exp_series_@Es(r), 1.0@F);\n"
     "    return ad_exp_between_@Es(p, sum, x, AD_EXP_LOW_@E, AD_EXP_HIGH_@E);\n"
     "}\n"},
    {"ad_exp_nonpositive_@Es",
     "ad_fma_@Es ad_horner_@Es ad_exp_series_@Es ad_exp_rest_@Es ad_power_of_@Es AD_EXP_RANGE_@E",
     "/* e^x for x <= 0 or NaN. */\n"
     "AD_INLINE ad_@Es ad_exp_nonpositive_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es sum = ad_horner_@Es(x, ad_all_@Es(1.4426950408889634@F), AD_ROUNDER_@E), r = ad_exp_rest_@Es(x, "
     "sum);\n"
     "    ad_@Es scale = ad_power_of_@Es(sum), y = ad_fma_@Es(scale * r, ad_exp_series_@Es(r), scale);\n"
     "    return (ad_@Es)((ad_@M)y & ~(ad_@M)(x < AD_EXP_LOW_@E));\n"
     "}\n"},
    {NULL, NULL, NULL},
};
