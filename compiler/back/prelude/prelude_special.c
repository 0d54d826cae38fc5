/* Special functions: lgamma without a global variable, polygamma and the derivatives of sinc to any order.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. Accurate to about 1e-14; the f32
 * variants round the f64 ones. The one idea in each: a recurrence towards where a series converges fast. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_special[] = {
    {"ad_sinpi", "",
     "/* sin(pi x), exact at the integers and for large x. */\n"
     "static inline double ad_sinpi(double x)\n"
     "{\n"
     "    double r = x - 2.0 * rint(0.5 * x), a = fabs(r);\n"
     "    double s = sin(3.141592653589793 * (a > 0.5 ? 1.0 - a : a));\n"
     "    return r < 0.0 ? -s : s;\n"
     "}\n"},
    {"ad_cospi", "",
     "/* cos(pi x), likewise. */\n"
     "static inline double ad_cospi(double x)\n"
     "{\n"
     "    double a = fabs(x - 2.0 * rint(0.5 * x));\n"
     "    return a > 0.75   ? -cos(3.141592653589793 * (1.0 - a))\n"
     "           : a > 0.25 ? sin(3.141592653589793 * (0.5 - a))\n"
     "                      : cos(3.141592653589793 * a);\n"
     "}\n"},
    {"ad_lgamma_near2", "",
     "/* log(gamma(2 + z)) for |z| <= 1/2: the Taylor series, coefficients (-1)^k (zeta(k) - 1) / k. */\n"
     "static inline double ad_lgamma_near2(double z)\n"
     "{\n"
     "    static const double c[] = {\n"
     "        0.42278433509846713, 0.3224670334241132, -0.0673523010531981, 0.020580808427784546,\n"
     "        -0.007385551028673986, 0.0028905103307415234, -0.001192753911703261, 0.0005096695247430425,\n"
     "        -0.00022315475845357939, 9.945751278180853e-05, -4.492623673813314e-05, 2.050721277567069e-05,\n"
     "        -9.439488275268397e-06, 4.374866789907488e-06, -2.039215753801366e-06, 9.55141213040742e-07,\n"
     "        -4.492469198764566e-07, 2.1207184805554665e-07, -1.0043224823968099e-07, 4.7698101693639804e-08,\n"
     "        -2.2711094608943164e-08, 1.0838659214896955e-08, -5.183475041970047e-09, 2.4836745438024785e-09,\n"
     "        -1.1921401405860912e-09, 5.731367241678862e-10, -2.7595228851242334e-10, 1.330476437424449e-10,\n"
     "        -6.4229645638381e-11};\n"
     "    double sum = 0.0;\n"
     "    for (int k = (int)(sizeof c / sizeof *c) - 1; k >= 0; k--)\n"
     "        sum = sum * z + c[k];\n"
     "    return sum * z;\n"
     "}\n"},
    {"ad_lgamma_large", "",
     "/* log(gamma(x)) for x >= 10: Stirling's series. */\n"
     "static inline double ad_lgamma_large(double x)\n"
     "{\n"
     "    static const double c[] = {\n"
     "        0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953,\n"
     "        0.0008417508417508417, -0.0019175269175269176, 0.00641025641025641, -0.029550653594771242};\n"
     "    double r = 1.0 / x, sum = 0.0;\n"
     "    for (int k = (int)(sizeof c / sizeof *c) - 1; k >= 0; k--)\n"
     "        sum = sum * (r * r) + c[k];\n"
     "    return (x - 0.5) * (log(x) - 1.0) + (0.4189385332046727 + sum * r);\n"
     "}\n"},
    {"ad_lgamma_positive", "ad_lgamma_near2 ad_lgamma_large",
     "static inline double ad_lgamma_positive(double x)\n"
     "{\n"
     "    if (x < 0.5)\n"
     "        return ad_lgamma_near2(x) - log1p(x) - log(x);\n"
     "    if (x < 1.5)\n"
     "        return ad_lgamma_near2(x - 1.0) - log1p(x - 1.0);\n"
     "    if (x >= 10.0)\n"
     "        return x > 1e306 ? x * (log(x) - 1.0) : ad_lgamma_large(x);\n"
     "    double product = 1.0;\n"
     "    for (; x > 2.5; product *= x)\n"
     "        x -= 1.0;\n"
     "    return log(product) + ad_lgamma_near2(x - 2.0);\n"
     "}\n"},
    {"ad_lgamma_f64", "ad_lgamma_positive ad_sinpi",
     "/* log |gamma(x)|; inf at the poles. The C library's writes a global variable. */\n"
     "static inline double ad_lgamma_f64(double x)\n"
     "{\n"
     "    if (x > 0.0 || x != x)\n"
     "        return x * 0.0 == 0.0 ? ad_lgamma_positive(x) : x;\n"
     "    double s = fabs(x * ad_sinpi(x));\n"
     "    return s > 0.0 ? log(3.141592653589793 / s) - ad_lgamma_positive(-x) : x == 0.0 ? -log(fabs(x)) : "
     "(double)INFINITY;\n"
     "}\n"},
    {"ad_lgamma_f32", "ad_lgamma_f64",
     "static inline float ad_lgamma_f32(float x)\n"
     "{\n"
     "    return (float)ad_lgamma_f64((double)x);\n"
     "}\n"},
    {"ad_digamma_positive", "",
     "/* Derivative of log(gamma(x)), x > 0: upwards by the recurrence, then the asymptotic series. */\n"
     "static inline double ad_digamma_positive(double x)\n"
     "{\n"
     "    static const double c[] = {\n"
     "        0.08333333333333333, -0.008333333333333333, 0.003968253968253968, -0.004166666666666667,\n"
     "        0.007575757575757576, -0.021092796092796094, 0.08333333333333333, -0.4432598039215686};\n"
     "    double below = 0.0;\n"
     "    for (; x < 12.0; x += 1.0)\n"
     "        below += 1.0 / x;\n"
     "    double r = 1.0 / x, sum = 0.0;\n"
     "    for (int k = (int)(sizeof c / sizeof *c) - 1; k >= 0; k--)\n"
     "        sum = (sum + c[k]) * (r * r);\n"
     "    return log(x) - 0.5 * r - sum - below;\n"
     "}\n"},
    {"ad_zeta_term", "",
     "/* n! / a^(n+1) */\n"
     "static inline double ad_zeta_term(int n, double a)\n"
     "{\n"
     "    double r = 1.0 / a, t = r;\n"
     "    for (int k = 1; k <= n; k++)\n"
     "        t *= k * r;\n"
     "    return t;\n"
     "}\n"},
    {"ad_zeta", "ad_zeta_term",
     "/* n! times Hurwitz's zeta(n+1, a) = sum over k >= 0 of (a+k)^-(n+1), for n >= 1, a > 0: Euler and Maclaurin. "
     "*/\n"
     "static inline double ad_zeta(int n, double a)\n"
     "{\n"
     "    static const double c[] = {\n"
     "        0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07,\n"
     "        2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13,\n"
     "        8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19};\n"
     "    double sum = 0.0;\n"
     "    for (; a < n + 15.0; a += 1.0)\n"
     "        sum += ad_zeta_term(n, a);\n"
     "    double t = ad_zeta_term(n, a), tail = 0.0, power = (n + 1) / a;\n"
     "    for (int j = 1; j <= (int)(sizeof c / sizeof *c); j++) {\n"
     "        tail += c[j - 1] * power;\n"
     "        power *= (n + 2.0 * j) / a * ((n + 2.0 * j + 1.0) / a);\n"
     "    }\n"
     "    return sum + t * (a / n + 0.5 + tail);\n"
     "}\n"},
    {"ad_polygamma_f64", "ad_digamma_positive ad_zeta ad_sinpi ad_cospi",
     "/* n-th derivative of digamma. At the poles inf for odd n, NaN for even n. For x < 0 by reflection: the "
     "derivatives of\n"
     " * pi cot(pi x) are sums over all integers, of which f = x - rint(x) is the nearest. */\n"
     "static inline double ad_polygamma_f64(int64_t order, double x)\n"
     "{\n"
     "    int n = order > 0 ? (int)order : 0;\n"
     "    double sign = n % 2 ? 1.0 : -1.0, f = x - rint(x);\n"
     "    if (x * 0.0 != 0.0)\n"
     "        return x < 0.0 ? (double)NAN : n == 0 || x != x ? x : 0.0;\n"
     "    if (x <= 0.0 && f == 0.0)\n"
     "        return n % 2 ? (double)INFINITY : (double)NAN;\n"
     "    if (n == 0)\n"
     "        return x > 0.0 ? ad_digamma_positive(x)\n"
     "                       : ad_digamma_positive(1.0 - x) - 3.141592653589793 * ad_cospi(x) / ad_sinpi(x);\n"
     "    if (x > 0.0)\n"
     "        return sign * ad_zeta(n, x);\n"
     "    double both = ad_zeta_term(n, f) + ad_zeta(n, 1.0 + f) + sign * ad_zeta(n, 1.0 - f);\n"
     "    return sign * both - ad_zeta(n, 1.0 - x);\n"
     "}\n"},
    {"ad_polygamma_f32", "ad_polygamma_f64",
     "static inline float ad_polygamma_f32(int64_t order, float x)\n"
     "{\n"
     "    return (float)ad_polygamma_f64(order, (double)x);\n"
     "}\n"},
    {"ad_sinc_f64", "ad_sinpi ad_cospi",
     "/* n-th derivative of sin(pi x) / (pi x). With u = pi x and f of u = sin(u) / u, the product rule of u f gives\n"
     " * u f^(n) + n f^(n-1) = sin(u + n pi/2), stable upwards for u > n and downwards, from any start, below. */\n"
     "static inline double ad_sinc_f64(int64_t order, double x)\n"
     "{\n"
     "    int n = order > 0 ? (int)order : 0;\n"
     "    if (x * 0.0 != 0.0)\n"
     "        return x != x ? x : 0.0;\n"
     "    double u = 3.141592653589793 * x, s = ad_sinpi(x), c = ad_cospi(x), f, scale = 1.0;\n"
     "    const double turn[] = {s, c, -s, -c};\n"
     "    if (fabs(u) > (n > 4 ? n : 4)) {\n"
     "        f = s / u;\n"
     "        for (int k = 1; k <= n; k++)\n"
     "            f = (turn[k % 4] - k * f) / u;\n"
     "    } else {\n"
     "        f = 0.0;\n"
     "        for (int k = 2 * n + 40; k > n; k--)\n"
     "            f = (turn[k % 4] - u * f) / k;\n"
     "    }\n"
     "    for (int k = 0; k < n; k++)\n"
     "        scale *= 3.141592653589793;\n"
     "    return f * scale;\n"
     "}\n"},
    {"ad_sinc_f32", "ad_sinc_f64",
     "static inline float ad_sinc_f32(int64_t order, float x)\n"
     "{\n"
     "    return (float)ad_sinc_f64(order, (double)x);\n"
     "}\n"},
    {NULL, NULL, NULL},
};
