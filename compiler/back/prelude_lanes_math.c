/* Functions of <math.h> and the special functions, lane by lane.
 *
 * Rows of the prelude (back/prelude_rows.h), read by back/prelude.c. */
#include <stddef.h>

#include "back/prelude_rows.h"

const prelude_row prelude_lanes_math[] = {
    {"ad_asin_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_asin_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = asin@F(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_acos_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_acos_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = acos@F(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_atan_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_atan_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = atan@F(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_erf_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_erf_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = erf@F(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_lgamma_@Es", "ad_lanes ad_lgamma_@E",
     "AD_INLINE ad_@Es ad_lgamma_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = ad_lgamma_@E(x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_pow_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_pow_@Es(ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        a[k] = pow@F(a[k], b[k]);\n"
     "    return a;\n"
     "}\n"},
    {"ad_atan2_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_atan2_@Es(ad_@Es a, ad_@Es b)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        a[k] = atan2@F(a[k], b[k]);\n"
     "    return a;\n"
     "}\n"},
    {"ad_polygamma_@Es", "ad_lanes ad_polygamma_@E",
     "AD_INLINE ad_@Es ad_polygamma_@Es(int64_t order, ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = ad_polygamma_@E(order, x[k]);\n"
     "    return x;\n"
     "}\n"},
    {"ad_sinc_@Es", "ad_lanes ad_sinc_@E",
     "AD_INLINE ad_@Es ad_sinc_@Es(int64_t order, ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = ad_sinc_@E(order, x[k]);\n"
     "    return x;\n"
     "}\n"},
    {NULL, NULL, NULL},
};
