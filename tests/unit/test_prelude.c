/* Every helper of the prelude: special functions against values computed with 60 digits (mpmath), Philox against its
 * authors' known answers, the others against what form/ops.def says of NaN, ties and zero divisors.
 *
 * Writes one C program with all helpers and all checks, which nest_run_text compiles with every compiler.
 * ctest: seconds 6 */
#include <stdio.h>

#include "back/prelude/prelude.h"
#include "unit/nests.h"

typedef struct reference {
    const char *call;
    double value;
} reference;

static const reference references[] = {
    {"ad_lgamma_f64(0.001)", 6.907178885383853},
    {"ad_lgamma_f64(0.3)", 1.0957979948180756},
    {"ad_lgamma_f64(0.75)", 0.20328095143129538},
    {"ad_lgamma_f64(0.999)", 0.0005780385328913802},
    {"ad_lgamma_f64(1.0)", 0.0},
    {"ad_lgamma_f64(1.25)", -0.09827183642181316},
    {"ad_lgamma_f64(1.5)", -0.12078223763524522},
    {"ad_lgamma_f64(2.0)", 0.0},
    {"ad_lgamma_f64(2.0001)", 4.2281658112919945e-05},
    {"ad_lgamma_f64(2.5)", 0.2846828704729192},
    {"ad_lgamma_f64(3.7)", 1.428072326665388},
    {"ad_lgamma_f64(9.99)", 12.779315214350193},
    {"ad_lgamma_f64(10.0)", 12.801827480081469},
    {"ad_lgamma_f64(123.456)", 469.6055471299295},
    {"ad_lgamma_f64(1e10)", 220258509288.81058},
    {"ad_lgamma_f64(1e300)", 6.897755278982137e+302},
    {"ad_lgamma_f64(-0.5)", 1.2655121234846454},
    {"ad_lgamma_f64(-1.75)", 1.0160888092144358},
    {"ad_lgamma_f64(-10.3)", -14.457515440024208},
    {"ad_lgamma_f64(-0.001)", 6.908333317515028},
    {"ad_lgamma_f64(-30.0001)", -65.44823773771283},
    {"ad_polygamma_f64(0, 0.5)", -1.9635100260214235},
    {"ad_polygamma_f64(0, 1.0)", -0.5772156649015329},
    {"ad_polygamma_f64(0, 1.7)", 0.2085478748734939},
    {"ad_polygamma_f64(0, 100.0)", 4.600161852738087},
    {"ad_polygamma_f64(0, -0.3)", 2.113309779635399},
    {"ad_polygamma_f64(1, 0.5)", 4.934802200544679},
    {"ad_polygamma_f64(1, 1.7)", 0.7932328301639984},
    {"ad_polygamma_f64(1, 6.25)", 0.17347923315893218},
    {"ad_polygamma_f64(1, -1.6)", 10.443759368307377},
    {"ad_polygamma_f64(2, 1.0)", -2.4041138063191885},
    {"ad_polygamma_f64(2, 100.0)", -0.00010100499983335},
    {"ad_polygamma_f64(2, -0.3)", 67.63908119988317},
    {"ad_polygamma_f64(2, -1.6)", -22.49158811431912},
    {"ad_polygamma_f64(2, -20.25)", 124.02278552474384},
    {"ad_polygamma_f64(3, 0.5)", 97.40909103400244},
    {"ad_polygamma_f64(3, 1.7)", 0.8895620066243164},
    {"ad_polygamma_f64(3, 14.5)", 0.0007270118682901487},
    {"ad_polygamma_f64(5, 0.01)", 120000000000115.05},
    {"ad_polygamma_f64(5, 0.5)", 7691.113548602436},
    {"ad_polygamma_f64(5, 1.7)", 5.3451838657811015},
    {"ad_polygamma_f64(5, 100.0)", 2.460599944011996e-09},
    {"ad_polygamma_f64(5, -1.6)", 31892.711487537203},
    {"ad_polygamma_f64(10, 0.01)", -3.628799999999999e+28},
    {"ad_polygamma_f64(10, 1.0)", -3630593.311606629},
    {"ad_polygamma_f64(10, 1.7)", -10655.752374933705},
    {"ad_polygamma_f64(10, -0.3)", 2048284690148.2026},
    {"ad_polygamma_f64(10, -20.25)", 15220204740668.342},
    {"ad_polygamma_f64(25, 0.01)", 1.5511210043330978e+77},
    {"ad_polygamma_f64(25, 1.0)", 1.5511210274472133e+25},
    {"ad_polygamma_f64(25, 1.7)", 1.581161816018907e+19},
    {"ad_polygamma_f64(25, 6.25)", 32148.323316899394},
    {"ad_polygamma_f64(25, 14.5)", 1.2074969550574642e-05},
    {"ad_polygamma_f64(25, -1.6)", 3.444271437232251e+35},
    {"ad_polygamma_f64(0, 1e300)", 690.7755278982137},
    {"ad_sinc_f64(0, 1.3)", -0.19809085184633995},
    {"ad_sinc_f64(0, 2.5)", 0.12732395447351627},
    {"ad_sinc_f64(0, -0.7)", 0.36788301057177425},
    {"ad_sinc_f64(1, 1e-5)", -3.289868133371756e-05},
    {"ad_sinc_f64(2, 0.5)", -1.1902271282389358},
    {"ad_sinc_f64(2, 1.0)", 2.0},
    {"ad_sinc_f64(2, 1.3)", 2.416255148459873},
    {"ad_sinc_f64(2, 2.5)", -1.215893396004392},
    {"ad_sinc_f64(2, 100.125)", -0.012191417534819357},
    {"ad_sinc_f64(3, 0.1)", 1.9253792898320052},
    {"ad_sinc_f64(3, 0.5)", 7.141362769433615},
    {"ad_sinc_f64(3, 1.0)", 3.8696044010893584},
    {"ad_sinc_f64(3, 2.5)", 1.4590720752052706},
    {"ad_sinc_f64(3, -0.7)", -7.131038417133915},
    {"ad_sinc_f64(3, 100.125)", -0.09070413231006559},
    {"ad_sinc_f64(4, 0.5)", 4.8816512051307255},
    {"ad_sinc_f64(4, 1.0)", -15.478417604357434},
    {"ad_sinc_f64(4, 1.3)", -15.86967814604545},
    {"ad_sinc_f64(4, 7.25)", -3.479368858714642},
    {"ad_sinc_f64(7, 0.0)", 0.0},
    {"ad_sinc_f64(7, 1e-5)", 0.010542812238659507},
    {"ad_sinc_f64(7, 0.1)", 104.01512534120482},
    {"ad_sinc_f64(7, 1.0)", 120.67506706226331},
    {"ad_sinc_f64(7, 1.3)", -168.42731634146702},
    {"ad_sinc_f64(7, 2.5)", 207.42818943143754},
    {"ad_sinc_f64(7, -0.7)", -341.51818285771185},
    {"ad_sinc_f64(7, 100.125)", -8.785477674087407},
    {"ad_sinc_f64(12, 0.1)", 68078.90749011323},
    {"ad_sinc_f64(12, 0.5)", 7895.780744915633},
    {"ad_sinc_f64(12, 1.0)", -67874.00209734382},
    {"ad_sinc_f64(12, 1.3)", -54339.06408548461},
    {"ad_sinc_f64(20, 2.5)", 133889169.73488636},
    {"ad_sinc_f64(20, 7.25)", -289888788.698553},
    {"ad_sinc_f64(20, 100.125)", 12260808.559833638},
};

/* Conditions that must hold. */
static const char *const facts[] = {
    /* lgamma, polygamma, sinc: special points */
    "isinf(ad_lgamma_f64(0.0)) && isinf(ad_lgamma_f64(-3.0)) && isinf(ad_lgamma_f64(-(double)INFINITY))",
    "isinf(ad_lgamma_f64((double)INFINITY)) && isnan(ad_lgamma_f64((double)NAN))",
    "ad_lgamma_f64(1.0) == 0.0 && ad_lgamma_f64(2.0) == 0.0",
    "isnan(ad_polygamma_f64(0, 0.0)) && isnan(ad_polygamma_f64(2, -4.0)) && isinf(ad_polygamma_f64(1, -4.0))",
    "isnan(ad_polygamma_f64(1, (double)NAN)) && ad_polygamma_f64(1, (double)INFINITY) == 0.0",
    "isinf(ad_polygamma_f64(0, (double)INFINITY))",
    "ad_sinc_f64(0, 0.0) == 1.0 && ad_sinc_f64(0, 3.0) == 0.0 && ad_sinc_f64(1, 0.0) == 0.0",
    "isnan(ad_sinc_f64(1, (double)NAN)) && ad_sinc_f64(2, (double)INFINITY) == 0.0",
    "fabsf(ad_lgamma_f32(3.7f) - 1.4280722f) < 1e-6f && fabsf(ad_polygamma_f32(0, 1.0f) + 0.57721567f) < 1e-7f",
    "fabsf(ad_sinc_f32(0, 0.5f) - 0.63661975f) < 1e-7f",
    /* Philox 4x32-10: the authors' vectors, through int64_t words */
    "same_block(ad_philox(0, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)",
    "same_block(ad_philox(-1, -1, -1), 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd)",
    ("same_block(ad_philox(0x299f31d0a4093822, (int64_t)0x85a308d3243f6a88u, 0x0370734413198a2e), 0xd16cfe09, "
     "0x94fdcceb, 0x5001e420, 0x24126ea1)"),
    "ad_next_key(0, 0, 0) == (int64_t)0xe169c58d6627e8d5u",
    "ad_uniform_f64(0, 0, 0) == (double)(0x6627e8d5e169c58du >> 11) * 0x1p-53",
    "ad_uniform_f32(0, 0, 0) == (float)0x6627e8 * 0x1p-24f",
    "ad_uniform_f64(7, 1, 2) == ad_uniform_f64(7, 1, 2) && ad_uniform_f64(7, 1, 2) != ad_uniform_f64(7, 2, 1)",
    "fabs(mean(0)) < 4e-3 && fabs(mean(1)) < 4e-3 && fabs(mean(2) - 0.5) < 2e-3 && fabs(mean(3) - 0.5) < 2e-3",
    "fabs(mean(4) - 1.0) < 1e-2 && fabs(mean(5) - 1.0) < 1e-2",
    /* int */
    "ad_add_int(INT64_MAX, 1) == INT64_MIN && ad_sub_int(INT64_MIN, 1) == INT64_MAX",
    "ad_mul_int(INT64_MAX, 2) == -2 && ad_neg_int(INT64_MIN) == INT64_MIN && ad_sq_int(-3) == 9",
    "ad_abs_int(-4) == 4 && ad_abs_int(INT64_MIN) == INT64_MIN",
    "ad_div_int(7, 2) == 3 && ad_div_int(-7, 2) == -4 && ad_div_int(7, -2) == -4 && ad_div_int(-7, -2) == 3",
    "ad_div_int(7, 0) == 0 && ad_div_int(INT64_MIN, -1) == INT64_MIN && ad_div_int(-6, 3) == -2",
    "ad_mod_int(7, 2) == 1 && ad_mod_int(-7, 2) == 1 && ad_mod_int(7, -2) == -1 && ad_mod_int(-6, 3) == 0",
    "ad_mod_int(7, 0) == 0 && ad_mod_int(INT64_MIN, -1) == 0",
    "ad_pow_int(3, 4) == 81 && ad_pow_int(-2, 3) == -8 && ad_pow_int(5, 0) == 1 && ad_pow_int(2, -1) == 0",
    "ad_pow_int(-1, -3) == -1 && ad_pow_int(1, -3) == 1 && ad_pow_int(2, 64) == 0",
    "ad_min_int(2, 3) == 2 && ad_max_int(2, 3) == 3 && ad_relu_int(-2) == 0 && ad_relu_int(2) == 2",
    "ad_sign_int(-2) == -1 && ad_sign_int(0) == 0 && ad_step_int(0) == 1 && ad_step_int(-1) == 0",
    "ad_min_bool(true, false) == false && ad_max_bool(true, false) == true",
    "ad_int_f64(-2.9) == -2 && ad_int_f64((double)NAN) == 0 && ad_int_f64(1e300) == INT64_MAX",
    "ad_int_f64(-1e300) == INT64_MIN && ad_int_f32(2.9f) == 2 && ad_int_f32(-INFINITY) == INT64_MIN",
    /* floating */
    "ad_sq_f64(-3.0) == 9.0 && ad_mulz_f64(0.0, (double)INFINITY) == 0.0 && ad_mulz_f64(2.0, 3.0) == 6.0",
    "ad_mulz_f64((double)NAN, 0.0) == 0.0 && isnan(ad_mulz_f64((double)NAN, 1.0))",
    "ad_min_f64(1.0, 2.0) == 1.0 && ad_max_f64(1.0, 2.0) == 2.0",
    "isnan(ad_min_f64((double)NAN, 2.0)) && isnan(ad_min_f64(2.0, (double)NAN))",
    "isnan(ad_max_f64((double)NAN, 2.0)) && isnan(ad_max_f64(2.0, (double)NAN))",
    "signbit(ad_max_f64(-0.0, 0.0)) && !signbit(ad_min_f64(0.0, -0.0))",
    "ad_mod_f64(-7.0, 2.0) == 1.0 && ad_mod_f64(7.0, -2.0) == -1.0 && isnan(ad_mod_f64(1.0, 0.0))",
    "ad_xlogx_f64(0.0) == 0.0 && fabs(ad_xlogx_f64(2.0) - 1.3862943611198906) < 1e-15",
    "ad_sigmoid_f64(0.0) == 0.5 && ad_sigmoid_f64(1000.0) == 1.0 && ad_sigmoid_f64(-1000.0) == 0.0",
    "fabs(ad_sigmoid_f64(-30.0) / 9.357622968839299e-14 - 1.0) < 1e-15 && isnan(ad_sigmoid_f64((double)NAN))",
    "ad_softplus_f64(1000.0) == 1000.0 && ad_softplus_f64(-1000.0) == 0.0 && isnan(ad_softplus_f64((double)NAN))",
    "fabs(ad_softplus_f64(1.5) - 1.7014132779827524) < 1e-15",
    "ad_relu_f64(-1.0) == 0.0 && ad_relu_f64(2.0) == 2.0 && isnan(ad_relu_f64((double)NAN))",
    "ad_sign_f64(-2.0) == -1.0 && ad_sign_f64(0.0) == 0.0 && isnan(ad_sign_f64((double)NAN))",
    "ad_step_f64(0.0) == 1.0 && ad_step_f64(-1e-300) == 0.0 && ad_step_f32(1.0f) == 1.0f",
    "ad_max_f32(1.0f, 2.0f) == 2.0f && ad_sigmoid_f32(0.0f) == 0.5f && ad_softplus_f32(200.0f) == 200.0f",
    /* sizes */
    "ad_times(INT64_C(1) << 40, INT64_C(1) << 40) == AD_BAD && ad_times(AD_BAD, 0) == AD_BAD && ad_times(-3, 4) == -12",
    "ad_times(INT64_MAX, 1) == INT64_MAX && ad_times(INT64_MAX, -1) == -INT64_MAX",
    "ad_plus(INT64_MAX, 1) == AD_BAD && ad_plus(AD_BAD, 1) == AD_BAD && ad_plus(-3, 1) == -2",
    "ad_plus(INT64_MIN + 1, -1) == AD_BAD && ad_plus(1, AD_BAD) == AD_BAD && ad_plus(-1, INT64_MAX) == INT64_MAX - 1",
    "ad_fits(8, 2, (const int64_t[]){3, 4}) && !ad_fits(8, 2, (const int64_t[]){-3, -4})",
    "!ad_fits(8, 2, (const int64_t[]){INT64_C(1) << 31, INT64_C(1) << 31}) && ad_fits(8, 1, (const int64_t[]){0})",
    "ad_room(1) == 64 && ad_room(64) == 64 && ad_room(-5) == 0 && ad_room(AD_BAD) == AD_BAD",
    "ad_room(INT64_MAX) == AD_BAD",
    "ad_inside(0, 1) && !ad_inside(1, 1) && !ad_inside(-1, 1)",
    "ad_threads_ok() && ad_thread() == 0",
    "(uintptr_t)ad_aligned((void *)100) == 128 && (uintptr_t)ad_aligned((void *)128) == 128",
    "take_works() && whole_arrays_work() && insertion_works()",
};

static const char functions[] =
    "static bool same_block(ad_random x, uint32_t a, uint32_t b, uint32_t c, uint32_t d)\n"
    "{\n"
    "    return x.w0 == a && x.w1 == b && x.w2 == c && x.w3 == d;\n"
    "}\n"
    "static double mean(int what)\n"
    "{\n"
    "    double sum = 0.0;\n"
    "    for (int i = 0; i < 200000; i++) {\n"
    "        double n = what == 1 || what == 5 ? (double)ad_normal_f32(3, 4, i) : ad_normal_f64(3, 4, i);\n"
    "        double u = what == 3 ? (double)ad_uniform_f32(3, 4, i) : ad_uniform_f64(3, 4, i);\n"
    "        sum += what >= 4 ? n * n : what >= 2 ? u : n;\n"
    "    }\n"
    "    return sum / 200000.0;\n"
    "}\n"
    "static bool ad_threads_ok(void)\n"
    "{\n"
    "#ifdef _OPENMP\n"
    "    return ad_threads() >= 1 && ad_threads() <= AD_MAX_THREADS;\n"
    "#else\n"
    "    return true;\n"
    "#endif\n"
    "}\n"
    "static bool take_works(void)\n"
    "{\n"
    "    char room[256], *at = room;\n"
    "    void *first = ad_take(&at, 65), *second = ad_take(&at, -8), *third = ad_take(&at, 8);\n"
    "    return first == room && second == room + 128 && third == room + 128 && at == room + 192;\n"
    "}\n"
    "static bool whole_arrays_work(void)\n"
    "{\n"
    "    double x[3], y[3], z[3];\n"
    "    ad_fill_f64(x, 3, 2.5);\n"
    "    ad_fill_f64(y, 3, 1.5);\n"
    "    ad_fill_f64(y, -1, 9.0);\n"
    "    ad_copy_f64(z, x, 3);\n"
    "    ad_exchange_f64(x, y, 3);\n"
    "    return x[2] == 1.5 && y[0] == 2.5 && z[1] == 2.5;\n"
    "}\n"
    "static bool insertion_works(void)\n"
    "{\n"
    "    double in[] = {3, 1, (double)NAN, 1, (double)INFINITY, 2}, keys[3], most[3];\n"
    "    int64_t at[] = {-1, -1, -1}, where[] = {-1, -1, -1}, ints[2], index[] = {-1, -1};\n"
    "    for (int i = 0; i < 6; i++) {\n"
    "        ad_insert_f64(keys, at, 3, in[i], i);\n"
    "        ad_insert_largest_f64(most, where, 3, in[i], i);\n"
    "        ad_insert_int(ints, index, 2, 5 - i % 3, i);\n"
    "        ad_insert_f64(keys, at, 0, in[i], i);\n"
    "    }\n"
    "    bool least = keys[0] == 1 && keys[2] == 2 && at[0] == 1 && at[1] == 3 && at[2] == 5;\n"
    "    bool greatest = isinf(most[0]) && where[0] == 4 && where[1] == 0 && where[2] == 5;\n"
    "    return least && greatest && ints[0] == 3 && index[0] == 2 && ints[1] == 3 && index[1] == 5;\n"
    "}\n"
    "static int check(bool ok, const char *what)\n"
    "{\n"
    "    if (!ok)\n"
    "        printf(\"%s\\n\", what);\n"
    "    return !ok;\n"
    "}\n";

int main(void)
{
    arena *mem = arena_new();
    text t;
    text_init(&t, mem);
    prelude p;
    prelude_init(&p, mem);
    prelude_use_all(&p);
    text_add(&t, "#pragma GCC diagnostic ignored \"-Wunused-function\"\n"
                 "#include <math.h>\n#include <stdbool.h>\n#include <stdint.h>\n#include <stdio.h>\n");
    prelude_print(&t, &p);
    text_addf(&t, "%sint main(void)\n{\n    int failures = 0;\n", functions);
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        text_addf(
            &t, "    failures += check(fabs(%s - %.17g) <= %.3g, \"%s\");\n", references[i].call, references[i].value,
            references[i].value < 0 ? -5e-15 * references[i].value : 5e-15 * references[i].value, references[i].call);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        text_addf(&t, "    failures += check(%s, \"%s\");\n", facts[i], facts[i]);
    text_add(&t, "    return failures != 0;\n}\n");
    int failures = nest_run_text("prelude.c", text_str(&t));
    arena_free(mem);
    return failures != 0;
}
