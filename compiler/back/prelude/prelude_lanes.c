/* Values in lanes: AD_LANES numbers in one vector of the GNU vector extensions, their types, selection, rounding,
 * comparison helpers, conversions, sums over lanes, memory.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. The one idea: a lane computes what
 * the scalar helper of the same op computes (back/prelude/prelude_arithmetic.c), special values included, without a
 * branch. Functions of <math.h> in lanes are in prelude_lanes_*.c. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes[] = {
    {"ad_lanes", "",
     "/* Lanes: AD_LANES values in one vector. A mask has 0 or -1 per lane, in the width of what was compared. */\n"
     "#ifndef AD_LANE_BYTES\n"
     "#define AD_LANE_BYTES 8\n"
     "#endif\n"
     "#ifndef AD_VECTOR_BYTES\n"
     "#if defined __AVX512F__\n"
     "#define AD_VECTOR_BYTES 64\n"
     "#elif defined __AVX__\n"
     "#define AD_VECTOR_BYTES 32\n"
     "#else\n"
     "#define AD_VECTOR_BYTES 16\n"
     "#endif\n"
     "#endif\n"
     "#define AD_LANES (AD_VECTOR_BYTES / AD_LANE_BYTES)\n"
     "#define AD_INLINE static inline __attribute__((always_inline))\n"
     "#define AD_CALL static __attribute__((noinline)) /* small code where it runs seldom */\n"
     "#ifdef __clang__\n"
     "#pragma STDC FP_CONTRACT ON\n"
     "#endif\n"
     "#ifdef __GNUC__\n"
     "#pragma GCC diagnostic ignored \"-Wpsabi\"\n"
     "#endif\n"
     "typedef double ad_f64s __attribute__((vector_size(AD_LANES * 8)));\n"
     "typedef float ad_f32s __attribute__((vector_size(AD_LANES * 4)));\n"
     "typedef int64_t ad_ints __attribute__((vector_size(AD_LANES * 8)));\n"
     "typedef int32_t ad_i32s __attribute__((vector_size(AD_LANES * 4)));\n"
     "typedef uint64_t ad_u64s __attribute__((vector_size(AD_LANES * 8)));\n"
     "typedef uint32_t ad_u32s __attribute__((vector_size(AD_LANES * 4)));\n"
     "#if AD_LANE_BYTES == 8\n"
     "typedef int64_t ad_bool_lane;\n"
     "typedef ad_ints ad_bools;\n"
     "#else\n"
     "typedef int32_t ad_bool_lane;\n"
     "typedef ad_i32s ad_bools;\n"
     "#endif\n"},
    {"AD_EACH_LANE", "ad_lanes",
     "/* Before a loop over lanes of which compilers make one vector instruction once it is unrolled. */\n"
     "#define AD_EACH_LANE _Pragma(\"GCC unroll 64\") for (int k = 0; k < AD_LANES; k++)\n"},
    {"AD_MASKED_LANES", "ad_lanes",
     "/* Before a loop over lanes that touches memory in some: clang makes masked moves of it unless it is unrolled. "
     "*/\n"
     "#ifdef __clang__\n"
     "#define AD_MASKED_LANES _Pragma(\"clang loop unroll(disable)\") for (int k = 0; k < AD_LANES; k++)\n"
     "#else\n"
     "#define AD_MASKED_LANES for (int k = 0; k < AD_LANES; k++)\n"
     "#endif\n"},
    {"AD_WIDEN", "AD_EACH_LANE",
     "/* y = x in a vector that may take several registers. gcc 12 crashes on bits of such a conversion. */\n"
     "#if defined __clang__ || AD_LANE_BYTES == 8\n"
     "#define AD_WIDEN(y, type, x) y = __builtin_convertvector(x, __typeof__(y))\n"
     "#else\n"
     "#define AD_WIDEN(y, type, x) AD_EACH_LANE y[k] = (type)x[k]\n"
     "#endif\n"},
    {"ad_all_@Es", "ad_lanes",
     "/* x in all lanes. */\n"
     "AD_INLINE ad_@Es ad_all_@Es(@T x)\n"
     "{\n"
     "    return x - (ad_@Es){0};\n"
     "}\n"},
    {"ad_all_bools", "ad_lanes",
     "AD_INLINE ad_bools ad_all_bools(bool x)\n"
     "{\n"
     "    return (ad_bool_lane)-x - (ad_bools){0};\n"
     "}\n"},
    {"ad_lane_numbers_ints", "ad_lanes",
     "/* 0, 1, 2, ... */\n"
     "AD_INLINE ad_ints ad_lane_numbers_ints(void)\n"
     "{\n"
     "    ad_ints x;\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = k;\n"
     "    return x;\n"
     "}\n"},
    {"ad_pick_@Es", "ad_lanes",
     "/* a where the mask is set, b elsewhere: compilers make a blend of bits that are joined by ^, gcc not of those "
     "by |. */\n"
     "AD_INLINE ad_@Es ad_pick_@Es(ad_@M mask, ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    return (ad_@Es)(((ad_@M)a & mask) ^ ((ad_@M)b & ~mask));\n"
     "}\n"},
    {"ad_f64s_of_f32s", "AD_WIDEN",
     "AD_INLINE ad_f64s ad_f64s_of_f32s(ad_f32s x)\n"
     "{\n"
     "    ad_f64s y;\n"
     "    AD_WIDEN(y, double, x);\n"
     "    return y;\n"
     "}\n"},
    {"ad_f32s_of_f64s", "ad_lanes",
     "AD_INLINE ad_f32s ad_f32s_of_f64s(ad_f64s x)\n"
     "{\n"
     "    return __builtin_convertvector(x, ad_f32s);\n"
     "}\n"},
    {"ad_f64s_of_ints", "AD_WIDEN",
     "AD_INLINE ad_f64s ad_f64s_of_ints(ad_ints x)\n"
     "{\n"
     "    ad_f64s y;\n"
     "    AD_WIDEN(y, double, x);\n"
     "    return y;\n"
     "}\n"},
    {"ad_f32s_of_ints", "ad_lanes",
     "AD_INLINE ad_f32s ad_f32s_of_ints(ad_ints x)\n"
     "{\n"
     "    return __builtin_convertvector(x, ad_f32s);\n"
     "}\n"},
    {"ad_ints_of_f64s", "ad_lanes ad_pick_f64s ad_pick_ints ad_all_ints",
     "/* Towards zero; the nearest int where there is none; 0 for NaN. */\n"
     "AD_INLINE ad_ints ad_ints_of_f64s(ad_f64s x)\n"
     "{\n"
     "    ad_ints high = (ad_ints)(x >= 0x1p63), inside = (ad_ints)(x > -0x1p63) & ~high;\n"
     "    ad_ints n = __builtin_convertvector(ad_pick_f64s(inside, x, (ad_f64s){0}), ad_ints);\n"
     "    n = ad_pick_ints((ad_ints)(x <= -0x1p63), ad_all_ints(INT64_MIN), n);\n"
     "    return ad_pick_ints(high, ad_all_ints(INT64_MAX), n);\n"
     "}\n"},
    {"ad_ints_of_f32s", "ad_ints_of_f64s ad_f64s_of_f32s",
     "AD_INLINE ad_ints ad_ints_of_f32s(ad_f32s x)\n"
     "{\n"
     "    return ad_ints_of_f64s(ad_f64s_of_f32s(x));\n"
     "}\n"},
    {"ad_ints_of_i32s", "AD_WIDEN",
     "AD_INLINE ad_ints ad_ints_of_i32s(ad_i32s x)\n"
     "{\n"
     "    ad_ints y;\n"
     "    AD_WIDEN(y, int64_t, x);\n"
     "    return y;\n"
     "}\n"},
    {"ad_i32s_of_ints", "ad_lanes",
     "AD_INLINE ad_i32s ad_i32s_of_ints(ad_ints x)\n"
     "{\n"
     "    return __builtin_convertvector(x, ad_i32s);\n"
     "}\n"},
    {"ad_bools_of_ints", "ad_lanes",
     "/* The same mask in another width. */\n"
     "AD_INLINE ad_bools ad_bools_of_ints(ad_ints x)\n"
     "{\n"
     "    return __builtin_convertvector(x, ad_bools);\n"
     "}\n"},
    {"ad_ints_of_bools", "AD_WIDEN",
     "AD_INLINE ad_ints ad_ints_of_bools(ad_bools x)\n"
     "{\n"
     "    ad_ints y;\n"
     "    AD_WIDEN(y, int64_t, x);\n"
     "    return y;\n"
     "}\n"},
    {"ad_bools_of_i32s", "ad_lanes",
     "AD_INLINE ad_bools ad_bools_of_i32s(ad_i32s x)\n"
     "{\n"
     "    return __builtin_convertvector(x, ad_bools);\n"
     "}\n"},
    {"ad_i32s_of_bools", "ad_lanes",
     "AD_INLINE ad_i32s ad_i32s_of_bools(ad_bools x)\n"
     "{\n"
     "    return __builtin_convertvector(x, ad_i32s);\n"
     "}\n"},
    {"ad_sum_of_@Es", "AD_EACH_LANE",
     "/* Sum of the lanes: lane k and lane k + AD_LANES/2 first, then the halves of that, in this order everywhere. "
     "*/\n"
     "AD_INLINE @T ad_sum_of_@Es(ad_@Es x)\n"
     "{\n"
     "    _Pragma(\"GCC unroll 8\") for (int half = AD_LANES / 2; half > 0; half /= 2) {\n"
     "        ad_@Es y = x;\n"
     "        AD_EACH_LANE y[k] = x[(k + half) % AD_LANES];\n"
     "        x += y;\n"
     "    }\n"
     "    return x[0];\n"
     "}\n"},
    {"ad_sum_of_ints", "ad_lanes ad_add_int",
     "AD_INLINE int64_t ad_sum_of_ints(ad_ints x)\n"
     "{\n"
     "    int64_t s = x[0];\n"
     "    for (int k = 1; k < AD_LANES; k++)\n"
     "        s = ad_add_int(s, x[k]);\n"
     "    return s;\n"
     "}\n"},
    {"ad_prod_of_@Es", "ad_lanes",
     "/* Product, greatest and least of the lanes, in the same order. */\n"
     "AD_INLINE @T ad_prod_of_@Es(ad_@Es x)\n"
     "{\n"
     "    @T s[AD_LANES];\n"
     "    __builtin_memcpy(s, &x, sizeof s);\n"
     "    for (int half = AD_LANES / 2; half > 0; half /= 2)\n"
     "        for (int k = 0; k < half; k++)\n"
     "            s[k] *= s[k + half];\n"
     "    return s[0];\n"
     "}\n"},
    {"ad_prod_of_ints", "ad_lanes ad_mul_int",
     "AD_INLINE int64_t ad_prod_of_ints(ad_ints x)\n"
     "{\n"
     "    int64_t s = x[0];\n"
     "    for (int k = 1; k < AD_LANES; k++)\n"
     "        s = ad_mul_int(s, x[k]);\n"
     "    return s;\n"
     "}\n"},
    {"ad_max_of_@Es", "ad_lanes ad_max_@E",
     "AD_INLINE @T ad_max_of_@Es(ad_@Es x)\n"
     "{\n"
     "    @T s[AD_LANES];\n"
     "    __builtin_memcpy(s, &x, sizeof s);\n"
     "    for (int half = AD_LANES / 2; half > 0; half /= 2)\n"
     "        for (int k = 0; k < half; k++)\n"
     "            s[k] = ad_max_@E(s[k], s[k + half]);\n"
     "    return s[0];\n"
     "}\n"},
    {"ad_min_of_@Es", "ad_lanes ad_min_@E",
     "AD_INLINE @T ad_min_of_@Es(ad_@Es x)\n"
     "{\n"
     "    @T s[AD_LANES];\n"
     "    __builtin_memcpy(s, &x, sizeof s);\n"
     "    for (int half = AD_LANES / 2; half > 0; half /= 2)\n"
     "        for (int k = 0; k < half; k++)\n"
     "            s[k] = ad_min_@E(s[k], s[k + half]);\n"
     "    return s[0];\n"
     "}\n"},
    {"ad_any_of_bools", "ad_lanes",
     "/* Whether a lane is set; whether all are. */\n"
     "AD_INLINE bool ad_any_of_bools(ad_bools x)\n"
     "{\n"
     "    ad_bool_lane any = 0;\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        any |= x[k];\n"
     "    return any != 0;\n"
     "}\n"},
    {"ad_all_of_bools", "ad_any_of_bools",
     "AD_INLINE bool ad_all_of_bools(ad_bools x)\n"
     "{\n"
     "    return !ad_any_of_bools(~x);\n"
     "}\n"},
    {"ad_load_@Es", "AD_MASKED_LANES",
     "/* Entries 0 to n-1 at p; 0 in the lanes from n on, where memory is not touched. */\n"
     "AD_INLINE ad_@Es ad_load_@Es(const @T *p, int64_t n)\n"
     "{\n"
     "    ad_@Es x;\n"
     "    if (n >= AD_LANES) {\n"
     "        __builtin_memcpy(&x, p, sizeof x);\n"
     "        return x;\n"
     "    }\n"
     "    _Alignas(sizeof x) @T part[AD_LANES];\n"
     "    AD_MASKED_LANES part[k] = k < n ? p[k] : (@T)0;\n"
     "    __builtin_memcpy(&x, part, sizeof x);\n"
     "    return x;\n"
     "}\n"},
    {"ad_load_bools", "ad_lanes",
     "AD_INLINE ad_bools ad_load_bools(const bool *p, int64_t n)\n"
     "{\n"
     "    ad_bool_lane part[AD_LANES] = {0};\n"
     "    ad_bools x;\n"
     "    if (n >= AD_LANES)\n"
     "        for (int k = 0; k < AD_LANES; k++)\n"
     "            part[k] = -(ad_bool_lane)p[k];\n"
     "    else\n"
     "        for (int k = 0; k < n; k++)\n"
     "            part[k] = -(ad_bool_lane)p[k];\n"
     "    __builtin_memcpy(&x, part, sizeof x);\n"
     "    return x;\n"
     "}\n"},
    {"ad_store_@Es", "AD_MASKED_LANES",
     "/* The first n lanes to p[0], ..., p[n-1]. */\n"
     "AD_INLINE void ad_store_@Es(@T *p, ad_@Es x, int64_t n)\n"
     "{\n"
     "    if (n >= AD_LANES) {\n"
     "        __builtin_memcpy(p, &x, sizeof x);\n"
     "        return;\n"
     "    }\n"
     "    _Alignas(sizeof x) @T part[AD_LANES];\n"
     "    __builtin_memcpy(part, &x, sizeof x);\n"
     "    AD_MASKED_LANES if (k < n) p[k] = part[k];\n"
     "}\n"},
    {"ad_store_bools", "ad_lanes",
     "AD_INLINE void ad_store_bools(bool *p, ad_bools x, int64_t n)\n"
     "{\n"
     "    ad_bool_lane part[AD_LANES];\n"
     "    __builtin_memcpy(part, &x, sizeof x);\n"
     "    if (n >= AD_LANES)\n"
     "        for (int k = 0; k < AD_LANES; k++)\n"
     "            p[k] = part[k] != 0;\n"
     "    else\n"
     "        for (int k = 0; k < n; k++)\n"
     "            p[k] = part[k] != 0;\n"
     "}\n"},
    {"ad_gather_@Es", "ad_lanes",
     "/* p[index[k]] in lane k. */\n"
     "AD_INLINE ad_@Es ad_gather_@Es(const @T *p, ad_ints index)\n"
     "{\n"
     "    @T part[AD_LANES];\n"
     "    ad_@Es x;\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        part[k] = p[index[k]];\n"
     "    __builtin_memcpy(&x, part, sizeof x);\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_bools", "ad_lanes",
     "AD_INLINE ad_bools ad_gather_bools(const bool *p, ad_ints index)\n"
     "{\n"
     "    ad_bools x;\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = -(ad_bool_lane)p[index[k]];\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_strided_@Es", "ad_lanes",
     "/* p[stride * k] in lane k, in the lanes from n on that of lane n - 1; n > 0. */\n"
     "AD_INLINE ad_@Es ad_gather_strided_@Es(const @T *p, int64_t stride, int64_t n)\n"
     "{\n"
     "    @T part[AD_LANES];\n"
     "    ad_@Es x;\n"
     "    if (n >= AD_LANES)\n"
     "        for (int k = 0; k < AD_LANES; k++)\n"
     "            part[k] = p[stride * k];\n"
     "    else\n"
     "        for (int k = 0; k < AD_LANES; k++)\n"
     "            part[k] = p[stride * (k < n ? k : n - 1)];\n"
     "    __builtin_memcpy(&x, part, sizeof x);\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_strided_seldom_@Es", "ad_gather_strided_@Es",
     "AD_CALL ad_@Es ad_gather_strided_seldom_@Es(const @T *p, int64_t stride, int64_t n)\n"
     "{\n"
     "    return ad_gather_strided_@Es(p, stride, n);\n"
     "}\n"},
    {"ad_gather_strided_bools", "ad_lanes",
     "AD_INLINE ad_bools ad_gather_strided_bools(const bool *p, int64_t stride, int64_t n)\n"
     "{\n"
     "    ad_bools x;\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = -(ad_bool_lane)p[stride * (k < n ? k : n - 1)];\n"
     "    return x;\n"
     "}\n"},
    {NULL, NULL, NULL},
};
