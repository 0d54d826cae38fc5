/* The error function in lanes: a series up to 1, 1 - exp(log(erfc)) beyond; and the special functions, which are those
 * of back/prelude/prelude_special.c lane by lane.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c; coefficients by tools/minimax.py.
 */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_special[] = {
    {"ad_erf_series_f32s", "ad_pick_f32s ad_all_f32s ad_horner_f32s",
     "/* (erf(x) - x) / x for |x| <= 1, z = x^2; log(erfc(x)) for x from 1 to where erf is 1. */\n"
     "AD_INLINE ad_f32s ad_erf_series_f32s(ad_f32s z)\n"
     "{\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(7.92030914e-05f), z, -0.000803075091f);\n"
     "    p = ad_horner_f32s(p, z, 0.00519073335f);\n"
     "    p = ad_horner_f32s(p, z, -0.026855126f);\n"
     "    p = ad_horner_f32s(p, z, 0.112836182f);\n"
     "    p = ad_horner_f32s(p, z, -0.376126289f);\n"
     "    p = ad_horner_f32s(p, z, 0.128379166f);\n"
     "    return p;\n"
     "}\n"
     "AD_INLINE ad_f32s ad_log_erfc_f32s(ad_f32s x)\n"
     "{\n"
     "    ad_f32s t = ad_pick_f32s((ad_i32s)(x > 4.0f), ad_all_f32s(4.0f), x) - 2.0f;\n"
     "    ad_f32s p = ad_horner_f32s(ad_all_f32s(0.000185197016f), t, -0.000712486508f);\n"
     "    p = ad_horner_f32s(p, t, 0.00354610966f);\n"
     "    p = ad_horner_f32s(p, t, -0.0164845735f);\n"
     "    p = ad_horner_f32s(p, t, -0.923752248f);\n"
     "    p = ad_horner_f32s(p, t, -4.41815948f);\n"
     "    p = ad_horner_f32s(p, t, -5.36494112f);\n"
     "    return p;\n"
     "}\n"},
    {"ad_erf_series_f64s", "ad_pick_f64s ad_all_f64s ad_horner_f64s",
     "AD_INLINE ad_f64s ad_erf_series_f64s(ad_f64s z)\n"
     "{\n"
     "    ad_f64s square = z * z;\n"
     "    ad_f64s odd = ad_horner_f64s(ad_all_f64s(-7.576249755055903e-10), square, -1.618031323385094e-07);\n"
     "    odd = ad_horner_f64s(odd, square, -1.4924430592010691e-05);\n"
     "    odd = ad_horner_f64s(odd, square, -0.0008548325434321227);\n"
     "    odd = ad_horner_f64s(odd, square, -0.02686617064186921);\n"
     "    odd = ad_horner_f64s(odd, square, -0.3761263890318334);\n"
     "    ad_f64s even = ad_horner_f64s(ad_all_f64s(1.3600230648935673e-08), square, 1.6443691594205014e-06);\n"
     "    even = ad_horner_f64s(even, square, 0.00012055278810742671);\n"
     "    even = ad_horner_f64s(even, square, 0.005223977595823394);\n"
     "    even = ad_horner_f64s(even, square, 0.11283791670936545);\n"
     "    even = ad_horner_f64s(even, square, 0.12837916709551256);\n"
     "    ad_f64s p = odd * z + even;\n"
     "    return p;\n"
     "}\n"
     "AD_INLINE ad_f64s ad_log_erfc_f64s(ad_f64s x)\n"
     "{\n"
     "    ad_f64s t = ad_pick_f64s((ad_ints)(x > 6.0), ad_all_f64s(6.0), x) - 2.0;\n"
     "    ad_f64s p = ad_horner_f64s(ad_all_f64s(-4.879619170782163e-12), t, 3.660620157480744e-11);\n"
     "    p = ad_horner_f64s(p, t, -7.123163592151684e-11);\n"
     "    p = ad_horner_f64s(p, t, -2.569411822082484e-10);\n"
     "    p = ad_horner_f64s(p, t, 2.6080452012884463e-09);\n"
     "    p = ad_horner_f64s(p, t, -1.3989762077848974e-08);\n"
     "    p = ad_horner_f64s(p, t, 5.7699650919284886e-08);\n"
     "    p = ad_horner_f64s(p, t, -1.7317152051907086e-07);\n"
     "    p = ad_horner_f64s(p, t, 2.0372322298992927e-07);\n"
     "    p = ad_horner_f64s(p, t, 1.9521858421530028e-06);\n"
     "    p = ad_horner_f64s(p, t, -2.0706468351121586e-05);\n"
     "    p = ad_horner_f64s(p, t, 0.00013530933178895364);\n"
     "    p = ad_horner_f64s(p, t, -0.0007323993784646787);\n"
     "    p = ad_horner_f64s(p, t, 0.0035707563474822643);\n"
     "    p = ad_horner_f64s(p, t, -0.016465118137388213);\n"
     "    p = ad_horner_f64s(p, t, -0.9237508418239125);\n"
     "    p = ad_horner_f64s(p, t, -4.418160805994408);\n"
     "    p = ad_horner_f64s(p, t, -5.364941264616636);\n"
     "    return p;\n"
     "}\n"},
    {"ad_erf_@Es", "ad_erf_series_@Es ad_exp_nonpositive_@Es ad_abs_@Es ad_pick_@Es ad_with_sign_@Es",
     "AD_INLINE ad_@Es ad_erf_@Es(ad_@Es x)\n"
     "{\n"
     "    ad_@Es a = ad_abs_@Es(x), near = a + a * ad_erf_series_@Es(a * a);\n"
     "    ad_@Es far = 1.0@F - ad_exp_nonpositive_@Es(ad_log_erfc_@Es(a));\n"
     "    return ad_with_sign_@Es(ad_pick_@Es((ad_@M)(a < 1.0@F), near, far), x);\n"
     "}\n"},
    {"ad_lgamma_@Es", "ad_lanes ad_lgamma_@E",
     "AD_INLINE ad_@Es ad_lgamma_@Es(ad_@Es x)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = ad_lgamma_@E(x[k]);\n"
     "    return x;\n"
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
