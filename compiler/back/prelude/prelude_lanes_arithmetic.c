/* Arithmetic in lanes: what the scalar helpers of back/prelude/prelude_arithmetic.c and the roundings of <math.h>
 * compute.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. A function's name is "ad_", the
 * text of its op in form/ops.def, and the element type with an s. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_arithmetic[] = {
    {"ad_abs_@Es", "ad_all_@Es",
     "AD_INLINE ad_@Es ad_abs_@Es(ad_@Es x)\n"
     "{\n"
     "    return (ad_@Es)((ad_@M)x & ~(ad_@M)ad_all_@Es(-0.0@F));\n"
     "}\n"},
    {"ad_with_sign_@Es", "ad_lanes ad_all_@Es",
     "/* |x| with the sign of y. */\n"
     "AD_INLINE ad_@Es ad_with_sign_@Es(ad_@Es x, ad_@Es y)\n"
     "{\n"
     "    ad_@M sign = (ad_@M)ad_all_@Es(-0.0@F);\n"
     "    return (ad_@Es)(((ad_@M)x & ~sign) | ((ad_@M)y & sign));\n"
     "}\n"},
    {"ad_sq_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_sq_@Es(ad_@Es x)\n"
     "{\n"
     "    return x * x;\n"
     "}\n"},
    {"AD_FMA_f32", "ad_lanes",
     "/* Where gcc has a name for the instruction: told to fuse nothing by itself, it does not always find it. */\n"
     "#if defined __FMA__ && !defined __clang__\n"
     "#include <immintrin.h>\n"
     "#if AD_LANES == 16 && defined __AVX512F__\n"
     "#define AD_FMA_f32(a, b, c) (ad_f32s)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c))\n"
     "#elif AD_LANES == 8\n"
     "#define AD_FMA_f32(a, b, c) (ad_f32s)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c))\n"
     "#elif AD_LANES == 4\n"
     "#define AD_FMA_f32(a, b, c) (ad_f32s)_mm_fmadd_ps((__m128)(a), (__m128)(b), (__m128)(c))\n"
     "#endif\n"
     "#endif\n"},
    {"AD_FMA_f64", "ad_lanes",
     "#if defined __FMA__ && !defined __clang__\n"
     "#include <immintrin.h>\n"
     "#if AD_LANES == 8 && defined __AVX512F__\n"
     "#define AD_FMA_f64(a, b, c) (ad_f64s)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c))\n"
     "#elif AD_LANES == 4\n"
     "#define AD_FMA_f64(a, b, c) (ad_f64s)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c))\n"
     "#elif AD_LANES == 2\n"
     "#define AD_FMA_f64(a, b, c) (ad_f64s)_mm_fmadd_pd((__m128d)(a), (__m128d)(b), (__m128d)(c))\n"
     "#endif\n"
     "#endif\n"},
    {"ad_fma_@Es", "AD_EACH_LANE AD_FMA_@E AD_FAST_FMA_@E",
     "/* a b + c, rounded once where the processor can. */\n"
     "AD_INLINE ad_@Es ad_fma_@Es(ad_@Es a, ad_@Es b, ad_@Es c)\n"
     "{\n"
     "#if defined AD_FMA_@E\n"
     "    return AD_FMA_@E(a, b, c);\n"
     "#elif defined AD_FAST_FMA_@E && !defined __clang__\n"
     "    AD_EACH_LANE c[k] = fma@F(a[k], b[k], c[k]);\n"
     "    return c;\n"
     "#else\n"
     "    return a * b + c;\n"
     "#endif\n"
     "}\n"},
    {"ad_horner_@Es", "ad_fma_@Es ad_all_@Es",
     "/* A polynomial's next step. */\n"
     "AD_INLINE ad_@Es ad_horner_@Es(ad_@Es p, ad_@Es x, @T coefficient)\n"
     "{\n"
     "    return ad_fma_@Es(p, x, ad_all_@Es(coefficient));\n"
     "}\n"},
    {"ad_inv_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_inv_@Es(ad_@Es x)\n"
     "{\n"
     "    return 1.0@F / x;\n"
     "}\n"},
    {"ad_mulz_@Es", "ad_pick_@Es",
     "/* Product in which an exact 0 wins over inf and NaN. */\n"
     "AD_INLINE ad_@Es ad_mulz_@Es(ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    ad_@M zero = (ad_@M)(a == 0.0@F) | (ad_@M)(b == 0.0@F);\n"
     "    return ad_pick_@Es(zero, (ad_@Es){0}, a * b);\n"
     "}\n"},
    {"ad_min_@Es", "ad_pick_@Es",
     "/* a at a tie; NaN wins. */\n"
     "AD_INLINE ad_@Es ad_min_@Es(ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    ad_@Es least = ad_pick_@Es((ad_@M)(b < a), b, a);\n"
     "    return ad_pick_@Es((ad_@M)(b != b), b, least);\n"
     "}\n"},
    {"ad_max_@Es", "ad_pick_@Es",
     "AD_INLINE ad_@Es ad_max_@Es(ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    ad_@Es greatest = ad_pick_@Es((ad_@M)(b > a), b, a);\n"
     "    return ad_pick_@Es((ad_@M)(b != b), b, greatest);\n"
     "}\n"},
    {"ad_relu_@Es", "ad_pick_@Es",
     "AD_INLINE ad_@Es ad_relu_@Es(ad_@Es x)\n"
     "{\n"
     "    return ad_pick_@Es((ad_@M)(x <= 0.0@F), (ad_@Es){0}, x);\n"
     "}\n"},
    {"ad_sign_@Es", "ad_pick_@Es ad_with_sign_@Es",
     "/* 0 at 0, NaN at NaN. */\n"
     "AD_INLINE ad_@Es ad_sign_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es one = ad_with_sign_@Es(ad_all_@Es(1.0@F), x);\n"
     "    one = ad_pick_@Es((ad_@M)(x == 0.0@F), (ad_@Es){0}, one);\n"
     "    return ad_pick_@Es((ad_@M)(x != x), x, one);\n"
     "}\n"},
    {"ad_step_@Es", "ad_all_@Es",
     "/* 1 at 0, 0 at NaN. */\n"
     "AD_INLINE ad_@Es ad_step_@Es(ad_@Es x)\n"
     "{\n"
     "    return (ad_@Es)((ad_@M)(x >= 0.0@F) & (ad_@M)ad_all_@Es(1.0@F));\n"
     "}\n"},
    {"AD_ROOT_f32", "ad_lanes",
     "/* Bits of a first guess of 1 / sqrt(x), steps to the last bit; the greatest number that is multiplied by "
     "4^AD_SHIFT. */\n"
     "#define AD_GUESS_f32 0x5f375a86U\n"
     "#define AD_STEPS_f32 3\n"
     "#define AD_SHIFT_f32 0x1p12f\n"
     "#define AD_FLOOR_f32 0x1p-100f\n"},
    {"AD_ROOT_f64", "ad_lanes",
     "#define AD_GUESS_f64 0x5fe6eb50c7b537a9U\n"
     "#define AD_STEPS_f64 4\n"
     "#define AD_SHIFT_f64 0x1p27\n"
     "#define AD_FLOOR_f64 0x1p-960\n"},
    {"ad_sqrt_@Es", "AD_EACH_LANE AD_ROOT_@E ad_pick_@Es ad_all_@Es",
     "/* The C library's sqrt sets errno, for which compilers call it lane by lane unless told that nobody looks\n"
     " * (-fno-math-errno); then Newton's method is faster. */\n"
     "AD_INLINE ad_@Es ad_sqrt_@Es(ad_@Es x)\n"
     "{\n"
     "#ifdef __NO_MATH_ERRNO__\n"
     "    AD_EACH_LANE x[k] = sqrt@F(x[k]);\n"
     "    return x;\n"
     "#else\n"
     "    ad_@M small = (ad_@M)(x < AD_FLOOR_@E), usual = (ad_@M)(x > 0.0@F) & (ad_@M)(x < (@T)INFINITY);\n"
     "    ad_@Es t = ad_pick_@Es(small, x * (AD_SHIFT_@E * AD_SHIFT_@E), x);\n"
     "    ad_@Es y = (ad_@Es)(AD_GUESS_@E - ((ad_@U)t >> 1)), h = t * 0.5@F;\n"
     "    for (int k = 0; k < AD_STEPS_@E; k++)\n"
     "        y = y * (1.5@F - h * y * y);\n"
     "    ad_@Es r = t * y;\n"
     "    r = r + y * 0.5@F * (t - r * r);\n"
     "    r = ad_pick_@Es(small, r * (1.0@F / AD_SHIFT_@E), r);\n"
     "    ad_@Es other = ad_pick_@Es((ad_@M)(x < 0.0@F), ad_all_@Es((@T)NAN), x);\n"
     "    return ad_pick_@Es(usual, r, other);\n"
     "#endif\n"
     "}\n"},
    {"ad_root_@Es", "ad_sqrt_@Es",
     "AD_INLINE ad_@Es ad_root_@Es(ad_@Es x)\n"
     "{\n"
     "    return ad_sqrt_@Es(x);\n"
     "}\n"},
    {"ad_rsqrt_@Es", "ad_sqrt_@Es",
     "AD_INLINE ad_@Es ad_rsqrt_@Es(ad_@Es x)\n"
     "{\n"
     "    return 1.0@F / ad_sqrt_@Es(x);\n"
     "}\n"},
    {"AD_INTEGRAL_f64", "ad_lanes",
     "/* From here on every number is an integer. */\n"
     "#define AD_INTEGRAL_f64 0x1p52\n"},
    {"AD_INTEGRAL_f32", "ad_lanes", "#define AD_INTEGRAL_f32 0x1p23f\n"},
    {"ad_round_@Es", "AD_INTEGRAL_@E ad_abs_@Es ad_with_sign_@Es ad_pick_@Es",
     "/* The nearest integer, the even one of two. */\n"
     "AD_INLINE ad_@Es ad_round_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), r = (a + AD_INTEGRAL_@E) - AD_INTEGRAL_@E;\n"
     "    return ad_pick_@Es((ad_@M)(a < AD_INTEGRAL_@E), ad_with_sign_@Es(r, x), x);\n"
     "}\n"},
    {"ad_floor_@Es", "ad_round_@Es ad_all_@Es",
     "AD_INLINE ad_@Es ad_floor_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es r = ad_round_@Es(x), one = ad_all_@Es(1.0@F);\n"
     "    return r - (ad_@Es)((ad_@M)(r > x) & (ad_@M)one);\n"
     "}\n"},
    {"ad_ceil_@Es", "ad_round_@Es ad_all_@Es ad_with_sign_@Es",
     "/* -0 for x in (-1, 0]. */\n"
     "AD_INLINE ad_@Es ad_ceil_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es r = ad_round_@Es(x), one = ad_all_@Es(1.0@F);\n"
     "    return ad_with_sign_@Es(r + (ad_@Es)((ad_@M)(r < x) & (ad_@M)one), x);\n"
     "}\n"},
    {"ad_fmod_@Es", "ad_floor_@Es",
     "/* Remainder of the quotient rounded down: it has the sign of b. */\n"
     "AD_INLINE ad_@Es ad_fmod_@Es(ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    return a - b * ad_floor_@Es(a / b);\n"
     "}\n"},
    {NULL, NULL, NULL},
};
