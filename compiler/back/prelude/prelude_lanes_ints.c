/* int in lanes: wrapping arithmetic and what the scalar helpers of back/prelude/prelude_arithmetic.c compute.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. Quotients and powers go lane by
 * lane. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_ints[] = {
    {"ad_numbers_ints", "ad_active_bools",
     "/* All lanes: an int is a number. */\n"
     "AD_INLINE ad_bools ad_numbers_ints(ad_ints x)\n"
     "{\n"
     "    (void)x;\n"
     "    return ad_active_bools(AD_LANES);\n"
     "}\n"},
    {"ad_add_ints", "ad_lanes",
     "AD_INLINE ad_ints ad_add_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    return (ad_ints)((ad_u64s)a + (ad_u64s)b);\n"
     "}\n"},
    {"ad_sub_ints", "ad_lanes",
     "AD_INLINE ad_ints ad_sub_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    return (ad_ints)((ad_u64s)a - (ad_u64s)b);\n"
     "}\n"},
    {"ad_mul_ints", "ad_lanes",
     "AD_INLINE ad_ints ad_mul_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    return (ad_ints)((ad_u64s)a * (ad_u64s)b);\n"
     "}\n"},
    {"ad_mulz_ints", "ad_mul_ints",
     "AD_INLINE ad_ints ad_mulz_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    return ad_mul_ints(a, b);\n"
     "}\n"},
    {"ad_neg_ints", "ad_lanes",
     "AD_INLINE ad_ints ad_neg_ints(ad_ints x)\n"
     "{\n"
     "    return (ad_ints)-(ad_u64s)x;\n"
     "}\n"},
    {"ad_sq_ints", "ad_mul_ints",
     "AD_INLINE ad_ints ad_sq_ints(ad_ints x)\n"
     "{\n"
     "    return ad_mul_ints(x, x);\n"
     "}\n"},
    {"ad_abs_ints", "ad_neg_ints ad_pick_ints",
     "AD_INLINE ad_ints ad_abs_ints(ad_ints x)\n"
     "{\n"
     "    return ad_pick_ints((ad_ints)(x < 0), ad_neg_ints(x), x);\n"
     "}\n"},
    {"ad_relu_ints", "ad_lanes",
     "AD_INLINE ad_ints ad_relu_ints(ad_ints x)\n"
     "{\n"
     "    return x & (ad_ints)(x > 0);\n"
     "}\n"},
    {"ad_sign_ints", "ad_lanes",
     "AD_INLINE ad_ints ad_sign_ints(ad_ints x)\n"
     "{\n"
     "    return (ad_ints)(x < 0) - (ad_ints)(x > 0);\n"
     "}\n"},
    {"ad_step_ints", "ad_lanes",
     "AD_INLINE ad_ints ad_step_ints(ad_ints x)\n"
     "{\n"
     "    return -(ad_ints)(x >= 0);\n"
     "}\n"},
    {"ad_min_ints", "ad_pick_ints",
     "AD_INLINE ad_ints ad_min_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    return ad_pick_ints((ad_ints)(a <= b), a, b);\n"
     "}\n"},
    {"ad_max_ints", "ad_pick_ints",
     "AD_INLINE ad_ints ad_max_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    return ad_pick_ints((ad_ints)(a >= b), a, b);\n"
     "}\n"},
    {"ad_fmod_ints", "ad_lanes ad_mod_int",
     "AD_INLINE ad_ints ad_fmod_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        a[k] = ad_mod_int(a[k], b[k]);\n"
     "    return a;\n"
     "}\n"},
    {"ad_idiv_ints", "ad_lanes ad_div_int",
     "AD_INLINE ad_ints ad_idiv_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        a[k] = ad_div_int(a[k], b[k]);\n"
     "    return a;\n"
     "}\n"},
    {"ad_imod_far_ints", "ad_lanes ad_mod_int",
     "static __attribute__((noinline, cold)) ad_ints ad_imod_far_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        a[k] = ad_mod_int(a[k], b[k]);\n"
     "    return a;\n"
     "}\n"},
    {"ad_imod_ints", "ad_add_ints ad_sub_ints ad_imod_far_ints",
     "/* Without a division where no lane is further than b outside of 0..b. */\n"
     "AD_INLINE ad_ints ad_imod_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    ad_ints near = ad_sub_ints(ad_add_ints(a, b & (ad_ints)(a < 0)), b & (ad_ints)(a >= b));\n"
     "    ad_ints far = (ad_ints)(near < 0) | (ad_ints)(near >= b);\n"
     "    int64_t any = 0;\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        any |= far[k];\n"
     "    return any ? ad_imod_far_ints(a, b) : near;\n"
     "}\n"},
    {"ad_pow_ints", "ad_lanes ad_pow_int",
     "AD_INLINE ad_ints ad_pow_ints(ad_ints a, ad_ints b)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        a[k] = ad_pow_int(a[k], b[k]);\n"
     "    return a;\n"
     "}\n"},
    {NULL, NULL, NULL},
};
