/* Loop nests made by hand, printed as C, compiled without a warning, run against expected values.
 * ctest: seconds 12 */
#include <stdio.h>
#include <string.h>

#include "back/print_expr.h"
#include "unit/nests.h"

#define F ELEM_F64
#define I ELEM_INT
#define B ELEM_BOOL
#define R(x) nest_read(&n, x)
#define AT(b, ...) nest_load(&n, nest_arg_buffer(&n, b), __VA_ARGS__)

static const char *const no_sizes[] = {NULL};
static const char *const size_n[] = {"N", NULL};
static const char *const size_nd[] = {"N", "D", NULL};

static int failures;

static const char prologue[] = "#include \"model.h\"\n"
                               "#include <math.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
                               "#define CHECK(c) do { if (!(c)) { printf(\"%s:%d: %s\\n\", __FILE__, __LINE__, #c); "
                               "exit(1); } } while (0)\n";

static void run(nests *n, const char *main_body)
{
    text t;
    text_init(&t, n->mem);
    text_addf(&t, "%sint main(void)\n{\n%s\nreturn 0;\n}\n", prologue, main_body);
    if (nest_run(n, text_str(&t))) {
        fprintf(stderr, "%s\n", nest_print(n));
        failures++;
    }
    arena_free(n->mem);
}

/* v[i, d] = sum_j exp(-|q_i - q_j|^2) p_j, H = sum_i <p_i, v_i>: parallel, workspace, scratch, an unwanted result. */
static void test_kernel_sum(void)
{
    nests n;
    nests_init(&n);
    nest_function(&n, "energy", size_nd,
                  (nest_arg[]){{"q", ARG_INPUT, F, {"N", "D"}},
                               {"p", ARG_INPUT, F, {"N", "D"}},
                               {"double", ARG_INPUT, F, {NULL}},
                               {"result", ARG_RESULT, F, {NULL}},
                               {"v", ARG_RESULT, F, {"N", "D"}},
                               {NULL, 0, 0, {NULL}}});
    buffer *q = nest_arg_buffer(&n, 0), *p = nest_arg_buffer(&n, 1), *s = nest_arg_buffer(&n, 2);
    buffer *result = nest_arg_buffer(&n, 3), *v = nest_arg_buffer(&n, 4);
    buffer *acc = nest_buffer(&n, BUF_SCRATCH, "acc", F, "D", NULL);
    v->readable = true;
    temp *i = nest_temp(&n, "i", ELEM_INT), *j = nest_temp(&n, "j", ELEM_INT), *d = nest_temp(&n, "d", ELEM_INT);
    temp *r2 = nest_temp(&n, "r2", F), *k = nest_temp(&n, "K", F), *h = nest_temp(&n, "H", F);
    nest_add(&n, (lstmt){.kind = LS_COMMENT, .text = "kernel v, model.ad:7: let v[i] = sum[j](K[i, j] * p[j]); */ ?"});
    lstmt_list *top = n.body;
    nest_for(&n, i, nest_int(&n, 0), nest_extent(&n, "N"), true);
    lstmt_list *in_i = n.body;
    nest_add(&n, (lstmt){.kind = LS_FILL, .buffer = acc, .e = nest_number(&n, F, 0)});
    nest_for(&n, j, nest_int(&n, 0), nest_extent(&n, "N"), false);
    lstmt_list *in_j = n.body;
    nest_let(&n, LS_VAR, r2, nest_number(&n, F, 0));
    nest_for(&n, d, nest_int(&n, 0), nest_extent(&n, "D"), true);
    lexpr *difference = nest_op2(&n, OP_SUB, F, nest_load(&n, q, R(i), R(d)), nest_load(&n, q, R(j), R(d)));
    nest_let(&n, LS_SET, r2, nest_op2(&n, OP_ADD, F, R(r2), nest_op1(&n, OP_SQ, F, difference)));
    nest_close(&n, in_j);
    lexpr *scaled =
        nest_op2(&n, OP_DIV, F, nest_op1(&n, OP_NEG, F, R(r2)), nest_op1(&n, OP_SQ, F, nest_load(&n, s, NULL, NULL)));
    nest_let(&n, LS_LET, k, nest_op1(&n, OP_EXP, F, scaled));
    nest_for(&n, d, nest_int(&n, 0), nest_extent(&n, "D"), false);
    nest_store(&n, acc, R(d), NULL, nest_op2(&n, OP_MUL, F, R(k), nest_load(&n, p, R(j), R(d))))->accumulate = true;
    nest_close(&n, in_i);
    lstmt *copy = nest_add(&n, (lstmt){.kind = LS_COPY_INTO, .buffer = v, .from = acc, .nsubs = 1});
    copy->subs = (lexpr *[]){R(i)};
    nest_close(&n, top);
    nest_let(&n, LS_VAR, h, nest_number(&n, F, 0));
    nest_for(&n, i, nest_int(&n, 0), nest_extent(&n, "N"), false);
    nest_for(&n, d, nest_int(&n, 0), nest_extent(&n, "D"), false);
    lexpr *product = nest_op2(&n, OP_MUL, F, nest_load(&n, p, R(i), R(d)), nest_load(&n, v, R(i), R(d)));
    nest_let(&n, LS_SET, h, nest_op2(&n, OP_ADD, F, R(h), product));
    nest_close(&n, top);
    nest_store(&n, result, NULL, NULL, R(h));
    run(&n,
        "    double q[] = {0, 0, 1, 0, 0, 2}, p[] = {1, 2, 3, 4, 5, 6}, h = 0, v[6], a[1000];\n"
        "    double e1 = exp(-.25), e4 = exp(-1.0), e5 = exp(-1.25);\n"
        "    double want = 5 + 25 + 61 + 2 * (11 * e1 + 17 * e4 + 39 * e5);\n"
        "    CHECK(model_energy(3, 2, q, p, 2, &h, v, NULL, 0) == AD_OK && fabs(h - want) < 1e-12);\n"
        "    CHECK(fabs(v[0] - (1 + 3 * e1 + 5 * e4)) < 1e-14);\n"
        "    size_t size = model_energy_workspace(3, 2);\n"
        "    CHECK(size == 64 + 64 + 64 * 64 && size <= sizeof a);\n"
        "    h = 0;\n"
        "    CHECK(model_energy(3, 2, q, p, 2, &h, NULL, (char *)a + 1, size) == AD_OK && fabs(h - want) < 1e-12);\n"
        "    CHECK(model_energy(3, 2, q, p, 2, NULL, NULL, a, size - 1) == AD_WORKSPACE);\n"
        "    CHECK(model_energy(-1, 2, q, p, 2, &h, v, NULL, 0) == AD_STATUS(AD_SIZE, 0));\n"
        "    CHECK(model_energy(INT64_MAX / 2, 4, q, p, 2, &h, v, NULL, 0) == AD_STATUS(AD_SIZE, 0));\n"
        "    CHECK(model_energy_workspace(INT64_MAX / 2, 4) == SIZE_MAX);\n"
        "    CHECK(model_energy_workspace(1, INT64_MAX / 64) == SIZE_MAX);\n"
        "    CHECK(model_energy_workspace(-1, 4) == SIZE_MAX);\n"
        "    CHECK(model_energy(3, 2, q, NULL, 2, &h, v, NULL, 0) == AD_STATUS(AD_NULL, 1));\n"
        "    CHECK(model_energy(0, 2, NULL, NULL, 2, &h, v, NULL, 0) == AD_OK && h == 0);\n");
}

/* Text of expressions. */

static void expect_text(nests *n, lexpr *e, const char *want)
{
    c_printer p;
    prelude helpers;
    text t;
    prelude_init(&helpers, n->mem);
    c_printer_init(&p, n->mem, n->fn, &helpers);
    text_init(&t, n->mem);
    print_expr(&t, &p, e, 0);
    if (strcmp(text_str(&t), want)) {
        fprintf(stderr, "printed '%s', expected '%s'\n", text_str(&t), want);
        failures++;
    }
}

static void test_texts(void)
{
    nests n;
    nests_init(&n);
    nest_function(&n, "f", size_nd,
                  (nest_arg[]){{"a", ARG_INPUT, F, {NULL}},
                               {"b", ARG_INPUT, F, {NULL}},
                               {"log", ARG_INPUT, F, {NULL}},
                               {"x", ARG_INPUT, F, {"N", "2*D"}},
                               {"i", ARG_INPUT, I, {NULL}},
                               {"s", ARG_INPUT, ELEM_F32, {NULL}},
                               {"u", ARG_INPUT, B, {NULL}},
                               {NULL, 0, 0, {NULL}}});
#define V(k) AT(k, NULL, NULL)
#define OP2(o, x, y) nest_op2(&n, OP_##o, F, x, y)
#define OP1(o, x) nest_op1(&n, OP_##o, F, x)
    lexpr *a = V(0), *b = V(1), *c = V(2), *i = V(4), *s = V(5), *u = V(6);
    expect_text(&n, OP2(SUB, OP2(SUB, a, b), c), "a - b - log_");
    expect_text(&n, OP2(SUB, a, OP2(SUB, b, c)), "a - (b - log_)");
    expect_text(&n, OP2(ADD, a, OP2(ADD, b, c)), "a + (b + log_)");
    expect_text(&n, OP2(ADD, OP2(MUL, a, b), c), "a * b + log_");
    expect_text(&n, OP2(MUL, OP2(ADD, a, b), c), "(a + b) * log_");
    expect_text(&n, OP2(DIV, a, OP2(MUL, b, c)), "a / (b * log_)");
    expect_text(&n, OP2(DIV, OP2(DIV, a, b), c), "a / b / log_");
    expect_text(&n, OP1(NEG, OP1(NEG, a)), "-(-a)");
    expect_text(&n, OP1(NEG, OP2(MUL, a, b)), "-(a * b)");
    expect_text(&n, OP1(NEG, nest_number(&n, F, -2)), "-(-2.0)");
    expect_text(&n, OP2(MUL, OP1(NEG, a), OP1(NEG, b)), "-a * -b");
    expect_text(&n, OP1(SQ, a), "a * a");
    expect_text(&n, OP1(SQ, OP2(ADD, a, b)), "ad_sq_f64(a + b)");
    expect_text(&n, OP2(DIV, a, OP1(SQ, b)), "a / (b * b)");
    expect_text(&n, OP1(INV, OP2(ADD, a, b)), "1.0 / (a + b)");
    expect_text(&n, OP1(RSQRT, OP2(ADD, a, b)), "1.0 / sqrt(a + b)");
    expect_text(&n, OP2(MUL, a, OP1(INV, b)), "a * (1.0 / b)");
    expect_text(&n, nest_op1(&n, OP_EXP, ELEM_F32, nest_op1(&n, OP_INV, ELEM_F32, s)), "expf(1.0f / s)");
    expect_text(&n, nest_op1(&n, OP_TO_F64, F, nest_op2(&n, OP_ADD, ELEM_F32, s, s)), "(double)(s + s)");
    expect_text(&n, nest_op1(&n, OP_TO_F64, F, a), "a");
    lexpr *less = nest_op2(&n, OP_LT, B, a, OP2(ADD, b, c));
    expect_text(&n, nest_op3(&n, OP_SELECT, F, less, a, nest_op3(&n, OP_SELECT, F, u, b, c)),
                "a < b + log_ ? a : u ? b : log_");
    expect_text(&n, OP2(ADD, nest_op3(&n, OP_SELECT, F, u, a, b), c), "(u ? a : b) + log_");
    expect_text(&n, nest_op2(&n, OP_OR, B, nest_op2(&n, OP_AND, B, less, u), u), "(a < b + log_ && u) || u");
    expect_text(&n, nest_op2(&n, OP_AND, B, nest_op2(&n, OP_OR, B, u, u), u), "(u || u) && u");
    expect_text(&n, nest_op2(&n, OP_EQ, B, nest_op1(&n, OP_NOT, B, u), less), "(!u) == (a < b + log_)");
    expect_text(&n, nest_op1(&n, OP_NOT, B, less), "!(a < b + log_)");
    lexpr *entry = AT(3, nest_extent(&n, "D"), nest_int(&n, 1));
    expect_text(&n, entry, "x[D * (2 * D) + 1]");
    expect_text(&n, AT(3, nest_int(&n, 0), i), "x[i]");
    expect_text(&n, AT(3, nest_int(&n, 1), nest_int(&n, 0)), "x[2 * D]");
    expect_text(&n, nest_op2(&n, OP_ADD, I, nest_extent(&n, "N"), nest_int(&n, 1)), "N + 1");
    expect_text(&n, nest_op2(&n, OP_ADD, I, i, nest_int(&n, 1)), "ad_add_int(i, 1)");
    expect_text(&n, nest_op2(&n, OP_MUL, I, nest_int(&n, 99999), nest_int(&n, 99999)), "(int64_t)99999 * 99999");
    expect_text(&n, nest_op1(&n, OP_NEG, I, i), "ad_neg_int(i)");
    expect_text(&n, nest_number(&n, F, 0.1), "0.1");
    expect_text(&n, nest_number(&n, F, 1.0 / 3), "0.3333333333333333");
    expect_text(&n, nest_number(&n, F, 1e300), "1e+300");
    expect_text(&n, nest_number(&n, F, -0.0), "-0.0");
    expect_text(&n, nest_number(&n, F, 1e300 * 1e300), "(double)INFINITY");
    expect_text(&n, nest_number(&n, ELEM_F32, 0.1), "0.1f");
    expect_text(&n, nest_number(&n, ELEM_F32, 3), "3.0f");
    expect_text(&n, nest_number(&n, ELEM_F32, 1e300), "INFINITY");
    expect_text(&n, nest_int(&n, INT64_MIN), "INT64_MIN");
    expect_text(&n, nest_int(&n, -5000000000), "-INT64_C(5000000000)");
    expect_text(&n, nest_op2(&n, OP_NORMAL, F, i, i), "ad_normal_f64(i, i, 0)");
    lexpr *chain[] = {i, nest_int(&n, 1), nest_int(&n, 2), nest_int(&n, 3)};
    lexpr random = {.kind = LX_POINT, .elem = ELEM_F32, .op = OP_UNIFORM, .nargs = 4, .args = chain};
    expect_text(&n, &random, "ad_uniform_f32(ad_next_key(i, 1, 2), 3, 0)");
    arena_free(n.mem);
}

/* Every pointwise op, in both precisions. */

typedef struct op_row {
    op o;
    int nargs;
    const char *value; /* in C, of the double or float x = 0.75, y = -1.5; # stands for the suffix of the type */
} op_row;

static const op_row op_rows[] = {
    {OP_NEG, 1, "-0.75#"},
    {OP_ADD, 2, "-0.75#"},
    {OP_SUB, 2, "2.25#"},
    {OP_MUL, 2, "-1.125#"},
    {OP_MULZ, 2, "-1.125#"},
    {OP_DIV, 2, "-0.5#"},
    {OP_POW, 2, "pow#(x, y)"},
    {OP_ATAN2, 2, "atan2#(x, y)"},
    {OP_FMOD, 2, "-0.75#"},
    {OP_MIN, 2, "-1.5#"},
    {OP_MAX, 2, "0.75#"},
    {OP_STOP, 1, "0.75#"},
    {OP_SQ, 1, "0.5625#"},
    {OP_INV, 1, "1.0# / x"},
    {OP_EXP, 1, "exp#(x)"},
    {OP_EXP2, 1, "exp2#(x)"},
    {OP_LOG, 1, "log#(x)"},
    {OP_LOG1P, 1, "log1p#(x)"},
    {OP_EXPM1, 1, "expm1#(x)"},
    {OP_SQRT, 1, "sqrt#(x)"},
    {OP_ROOT, 1, "sqrt#(x)"},
    {OP_RSQRT, 1, "1.0# / sqrt#(x)"},
    {OP_SIN, 1, "sin#(x)"},
    {OP_COS, 1, "cos#(x)"},
    {OP_TAN, 1, "tan#(x)"},
    {OP_ASIN, 1, "asin#(x)"},
    {OP_ACOS, 1, "acos#(x)"},
    {OP_ATAN, 1, "atan#(x)"},
    {OP_SINH, 1, "sinh#(x)"},
    {OP_COSH, 1, "cosh#(x)"},
    {OP_TANH, 1, "tanh#(x)"},
    {OP_ASINH, 1, "asinh#(x)"},
    {OP_ACOSH, 1, "acosh#(x)"},
    {OP_ATANH, 1, "atanh#(x)"},
    {OP_ERF, 1, "erf#(x)"},
    {OP_LGAMMA, 1, "lgamma#(x)"},
    {OP_XLOGX, 1, "x * log#(x)"},
    {OP_SIGMOID, 1, "1.0# / (1.0# + exp#(-x))"},
    {OP_SOFTPLUS, 1, "log1p#(exp#(x))"},
    {OP_RELU, 1, "x"},
    {OP_ABS, 1, "x"},
    {OP_SIGN, 1, "1.0#"},
    {OP_STEP, 1, "1.0#"},
    {OP_FLOOR, 1, "0.0#"},
    {OP_CEIL, 1, "1.0#"},
    {OP_ROUND, 1, "1.0#"},
};

enum { OP_ROWS = sizeof op_rows / sizeof *op_rows };

static void test_ops(elem e)
{
    nests n;
    nests_init(&n);
    n.m.face->suffix = e == ELEM_F32 ? "_f32" : "";
    nest_function(&n, "ops", no_sizes,
                  (nest_arg[]){{"x", ARG_INPUT, e, {NULL}},
                               {"y", ARG_INPUT, e, {NULL}},
                               {"out", ARG_RESULT, e, {"99"}},
                               {NULL, 0, 0, {NULL}}});
    text main_text;
    text_init(&main_text, n.mem);
    const char *type = e == ELEM_F32 ? "float" : "double", *suffix = e == ELEM_F32 ? "f" : "";
    text_addf(&main_text, "%s x = 0.75%s, y = -1.5%s, out[99], want[] = {", type, suffix, suffix);
    for (int k = 0; k < OP_ROWS; k++) {
        lexpr *x = nest_load(&n, nest_arg_buffer(&n, 0), NULL, NULL),
              *y = nest_load(&n, nest_arg_buffer(&n, 1), NULL, NULL);
        lexpr *value = op_rows[k].nargs == 1 ? nest_op1(&n, op_rows[k].o, e, x) : nest_op2(&n, op_rows[k].o, e, x, y);
        nest_store(&n, nest_arg_buffer(&n, 2), nest_int(&n, k), NULL, value);
        for (const char *c = op_rows[k].value; *c; c++)
            text_addf(&main_text, *c == '#' ? "%s" : "%.1s", *c == '#' ? suffix : c);
        text_add(&main_text, ", ");
    }
    text_addf(&main_text, "0};\nCHECK(model_ops%s(x, y, out, NULL, 0) == AD_OK);\n", n.m.face->suffix);
    text_addf(&main_text,
              "for (int i = 0; i < %d; i++) {\n"
              "bool near = fabs((double)(out[i] - want[i])) <= %s || (isnan(want[i]) && isnan(out[i]));\n"
              "if (!near)\nprintf(\"op row %%d: %%g, not %%g\\n\", i, (double)out[i], (double)want[i]);\n"
              "CHECK(near);\n}\n",
              OP_ROWS, e == ELEM_F32 ? "3e-7" : "5e-16");
    run(&n, text_str(&main_text));
}

/* Ops between types, comparisons, ints that wrap, random numbers. */
static void test_types(void)
{
    nests n;
    nests_init(&n);
    nest_function(&n, "types", no_sizes,
                  (nest_arg[]){{"x", ARG_INPUT, F, {NULL}},
                               {"s", ARG_INPUT, ELEM_F32, {NULL}},
                               {"k", ARG_INPUT, I, {NULL}},
                               {"u", ARG_INPUT, B, {NULL}},
                               {"reals", ARG_RESULT, F, {"9"}},
                               {"floats", ARG_RESULT, ELEM_F32, {"9"}},
                               {"ints", ARG_RESULT, I, {"20"}},
                               {"bools", ARG_RESULT, B, {"20"}},
                               {NULL, 0, 0, {NULL}}});
    lexpr *x = V(0), *s = V(1), *k = V(2), *u = V(3);
    lexpr *reals[] = {nest_op1(&n, OP_TO_F64, F, k),
                      nest_op1(&n, OP_TO_F64, F, u),
                      nest_op1(&n, OP_TO_F64, F, s),
                      nest_op2(&n, OP_NORMAL, F, k, nest_int(&n, 4)),
                      nest_op1(&n, OP_UNIFORM, F, k),
                      nest_op2(&n, OP_POLYGAMMA, F, nest_int(&n, 1), nest_number(&n, F, 1)),
                      nest_op2(&n, OP_SINC, F, nest_int(&n, 0), nest_number(&n, F, 0.5))};
    lexpr *floats[] = {nest_op1(&n, OP_TO_F32, ELEM_F32, k), nest_op1(&n, OP_TO_F32, ELEM_F32, u),
                       nest_op1(&n, OP_TO_F32, ELEM_F32, x), nest_op2(&n, OP_NORMAL, ELEM_F32, k, nest_int(&n, 4)),
                       nest_op2(&n, OP_POLYGAMMA, ELEM_F32, nest_int(&n, 1), nest_number(&n, ELEM_F32, 1))};
    lexpr *big = nest_int(&n, INT64_MAX), *two = nest_int(&n, 2);
    lexpr *ints[] = {nest_op1(&n, OP_TO_INT, I, x),
                     nest_op1(&n, OP_TO_INT, I, s),
                     nest_op1(&n, OP_TO_INT, I, u),
                     nest_op2(&n, OP_ADD, I, k, big),
                     nest_op2(&n, OP_MUL, I, k, big),
                     nest_op2(&n, OP_SUB, I, nest_op1(&n, OP_NEG, I, k), big),
                     nest_op2(&n, OP_IDIV, I, k, two),
                     nest_op2(&n, OP_IMOD, I, k, two),
                     nest_op2(&n, OP_MIN, I, k, two),
                     nest_op2(&n, OP_MAX, I, k, two),
                     nest_op1(&n, OP_ABS, I, k),
                     nest_op1(&n, OP_SIGN, I, k),
                     nest_op1(&n, OP_SQ, I, k),
                     nest_op2(&n, OP_POW, I, k, two),
                     nest_op3(&n, OP_SELECT, I, u, k, two),
                     nest_op1(&n, OP_STEP, I, k)};
    lexpr *bools[] = {nest_op2(&n, OP_LT, B, k, two),
                      nest_op2(&n, OP_LE, B, x, x),
                      nest_op2(&n, OP_EQ, B, k, two),
                      nest_op2(&n, OP_NE, B, s, nest_number(&n, ELEM_F32, 2)),
                      nest_op2(&n, OP_AND, B, u, nest_op1(&n, OP_NOT, B, u)),
                      nest_op2(&n, OP_OR, B, u, nest_op1(&n, OP_NOT, B, u)),
                      nest_op3(&n, OP_SELECT, B, u, nest_number(&n, B, 0), u)};
    lexpr **lists[] = {reals, floats, ints, bools};
    size_t counts[] = {7, 5, 16, 7};
    for (int list = 0; list < 4; list++)
        for (size_t i = 0; i < counts[list]; i++)
            nest_store(&n, nest_arg_buffer(&n, 4 + list), nest_int(&n, (int64_t)i), NULL, lists[list][i]);
    run(&n, "double r[9]; float f[9]; int64_t i[20]; bool b[20];\n"
            "CHECK(model_types(-2.75, 3.5f, -3, true, r, f, i, b, NULL, 0) == AD_OK);\n"
            "CHECK(r[0] == -3 && r[1] == 1 && r[2] == 3.5 && fabs(r[3]) < 6 && r[4] >= 0 && r[4] < 1);\n"
            "CHECK(fabs(r[5] - 1.6449340668482264) < 1e-15 && fabs(r[6] - 2 / 3.141592653589793) < 1e-15);\n"
            "CHECK(f[0] == -3.0f && f[1] == 1.0f && f[2] == -2.75f && fabs((double)f[3] - r[3]) < 1e-4);\n"
            "CHECK(i[0] == -2 && i[1] == 3 && i[2] == 1 && i[3] == INT64_MAX - 3);\n"
            "CHECK(i[4] == (int64_t)(0 - 3 * (uint64_t)INT64_MAX) && i[5] == 3 - INT64_MAX);\n"
            "CHECK(i[6] == -2 && i[7] == 1 && i[8] == -3 && i[9] == 2 && i[10] == 3 && i[11] == -1);\n"
            "CHECK(i[12] == 9 && i[13] == 9 && i[14] == -3 && i[15] == 0);\n"
            "CHECK(b[0] && b[1] && !b[2] && b[3] && !b[4] && b[5] && !b[6]);\n");
}

/* Guards, copies, swaps, local arrays, insertion, branches, names that clash, a failure. */
static void test_statements(void)
{
    nests n;
    nests_init(&n);
    nest_function(&n, "walk", size_n,
                  (nest_arg[]){{"x", ARG_INPUT, F, {"N"}},
                               {"index", ARG_INPUT, I, {"N"}},
                               {"steps", ARG_INPUT, I, {NULL}},
                               {"shifted", ARG_RESULT, F, {"N"}},
                               {"least", ARG_RESULT, I, {"3"}},
                               {"final", ARG_RESULT, F, {"N"}},
                               {"rows", ARG_RESULT, F, {"2", "N"}},
                               {NULL, 0, 0, {NULL}}});
    buffer *shifted = nest_arg_buffer(&n, 3), *least = nest_arg_buffer(&n, 4), *final = nest_arg_buffer(&n, 5);
    buffer *rows = nest_arg_buffer(&n, 6), *x = nest_arg_buffer(&n, 0);
    buffer *a = nest_buffer(&n, BUF_WORKSPACE, "state", F, "N", NULL);
    buffer *b = nest_buffer(&n, BUF_WORKSPACE, "next", F, "N", NULL);
    buffer *keys = nest_buffer(&n, BUF_LOCAL, "keys", F, "3", NULL);
    buffer *indices = nest_buffer(&n, BUF_LOCAL, "indices", I, "3", NULL);
    a->first_use = 0;
    b->first_use = 3;
    a->last_use = 2;
    b->last_use = 9;
    lstmt_list *top = n.body;
    lexpr *zero = nest_int(&n, 0), *extent_n = nest_extent(&n, "N");
    temp *i = nest_temp(&n, "for", I), *j = nest_temp(&n, "x", I), *unread = nest_temp(&n, "unread", F);
    nest_for(&n, i, zero, extent_n, false);
    lexpr *outside = nest_op2(&n, OP_LE, B, extent_n, nest_load(&n, nest_arg_buffer(&n, 1), R(i), NULL));
    nest_add(&n, (lstmt){.kind = LS_FAIL, .e = outside, .code = 3, .arg = 1});
    nest_close(&n, top);
    nest_for(&n, j, zero, extent_n, true);
    nest_let(&n, LS_LET, unread, nest_number(&n, F, 1));
    lexpr *before = nest_load(&n, x, nest_op2(&n, OP_SUB, I, R(j), nest_int(&n, 1)), NULL);
    before->guarded = true;
    nest_store(&n, shifted, nest_op2(&n, OP_SUB, I, R(j), nest_int(&n, 1)), NULL,
               nest_op2(&n, OP_MUL, F, before, nest_number(&n, F, 2)))
        ->guarded = true;
    nest_close(&n, top);
    nest_add(&n, (lstmt){.kind = LS_COPY, .buffer = a, .from = x});
    nest_add(&n, (lstmt){.kind = LS_FILL, .buffer = b, .e = nest_number(&n, F, 0.5)});
    nest_for(&n, i, zero, V(2), false);
    lstmt_list *in_steps = n.body;
    nest_for(&n, j, zero, extent_n, false);
    nest_store(&n, b, R(j), NULL, nest_op2(&n, OP_ADD, F, nest_load(&n, a, R(j), NULL), nest_number(&n, F, 1)));
    nest_close(&n, in_steps);
    nest_add(&n, (lstmt){.kind = LS_SWAP, .buffer = a, .from = b});
    nest_close(&n, top);
    nest_add(&n, (lstmt){.kind = LS_COPY, .buffer = final, .from = a});
    lexpr *one[] = {nest_int(&n, 1)};
    nest_add(&n, (lstmt){.kind = LS_FILL, .buffer = rows, .e = nest_number(&n, F, 0)});
    nest_add(&n, (lstmt){.kind = LS_COPY_INTO, .buffer = rows, .from = x, .nsubs = 1, .subs = one});
    nest_add(&n, (lstmt){.kind = LS_ARRAY, .buffer = keys});
    nest_add(&n, (lstmt){.kind = LS_ARRAY, .buffer = indices});
    nest_add(&n, (lstmt){.kind = LS_FILL, .buffer = keys, .e = nest_number(&n, F, 0)});
    nest_add(&n, (lstmt){.kind = LS_FILL, .buffer = indices, .e = nest_int(&n, -1)});
    nest_for(&n, i, zero, extent_n, false);
    lstmt *branch = nest_add(&n, (lstmt){.kind = LS_IF});
    branch->e = nest_op2(&n, OP_LT, B, nest_number(&n, F, 0), nest_load(&n, x, R(i), NULL));
    nest_close(&n, &branch->body);
    nest_add(
        &n, (lstmt){.kind = LS_INSERT, .buffer = keys, .from = indices, .e = nest_load(&n, x, R(i), NULL), .lo = R(i)});
    nest_close(&n, top);
    nest_add(&n, (lstmt){.kind = LS_COPY, .buffer = least, .from = indices});
    vec_push(n.mem, &n.fn->checks, (size_check){false, extent_sub(nest_size(&n, "N"), nest_size(&n, "1")), 0, 0});
    run(&n, "double x[] = {3, -1, 2, 7}, shifted[4] = {9, 9, 9, 9}, final[4], rows[8]; int64_t at[] = {0, 1, 2, 3}, "
            "least[3];\n"
            "CHECK(model_walk(4, x, at, 3, shifted, least, final, rows, NULL, 0) == AD_OK);\n"
            "CHECK(shifted[0] == 6 && shifted[1] == -2 && shifted[2] == 4 && shifted[3] == 9);\n"
            "CHECK(final[0] == 6 && final[3] == 10 && rows[3] == 0 && rows[4] == 3 && rows[7] == 7);\n"
            "CHECK(least[0] == 2 && least[1] == 0 && least[2] == 3);\n"
            "CHECK(model_walk(4, x, at, 3, NULL, NULL, NULL, NULL, NULL, 0) == AD_OK);\n"
            "CHECK(model_walk(0, x, at, 3, shifted, least, final, rows, NULL, 0) == AD_STATUS(AD_SIZE, 0));\n"
            "CHECK(model_walk_workspace(4) == 192);\n"
            "at[2] = 4;\n"
            "CHECK(model_walk(4, x, at, 3, shifted, least, final, rows, NULL, 0) == AD_STATUS(AD_INDEX, 1));\n");
}

/* to[k] = ((from[k] + k)^2 * 2 scale + k)^2. Alone: the loop changes a temporary around it, which to[0] becomes. */
static void add_polynomial(nests *n, const char *size, buffer *from, buffer *to, lexpr *scale, bool alone)
{
    temp *k = nest_temp(n, "k", I), *s = nest_temp(n, "scale", F), *a = nest_temp(n, "a", F), *b = nest_temp(n, "b", F);
    temp *last = nest_temp(n, "last", F);
    nest_let(n, LS_LET, s, nest_op2(n, OP_MUL, F, nest_number(n, F, 2), scale));
    nest_let(n, LS_VAR, last, nest_number(n, F, 0));
    lstmt_list *top = n->body;
    nest_for(n, k, nest_int(n, 0), nest_extent(n, size), !alone);
    lexpr *at = nest_op1(n, OP_TO_F64, F, nest_read(n, k));
    nest_let(n, LS_LET, a, nest_op2(n, OP_ADD, F, nest_load(n, from, nest_read(n, k), NULL), at));
    nest_let(n, LS_LET, b, nest_op1(n, OP_SQ, F, nest_read(n, a)));
    temp *c = nest_temp(n, "c", F), *d = nest_temp(n, "d", F);
    nest_let(n, LS_LET, c, nest_op2(n, OP_MUL, F, nest_read(n, b), nest_read(n, s)));
    nest_let(n, LS_LET, d, nest_op2(n, OP_ADD, F, nest_read(n, c), at));
    nest_store(n, to, nest_read(n, k), NULL, nest_op1(n, OP_SQ, F, nest_read(n, d)));
    if (alone)
        nest_let(n, LS_SET, last, nest_read(n, d));
    nest_close(n, top);
    if (alone)
        nest_store(n, to, nest_int(n, 0), NULL, nest_read(n, last));
}

static int count_of(const char *s, const char *word)
{
    int count = 0;
    for (s = strstr(s, word); s; s = strstr(s + 1, word))
        count++;
    return count;
}

/* Loops that are equal but for names are one function, in whichever functions of the module they stand; one that
 * changes what is around it stays. */
static void test_shared(void)
{
    nests n;
    nests_init(&n);
    nest_function(&n, "one", size_n,
                  (nest_arg[]){{"x", ARG_INPUT, F, {"N"}},
                               {"s", ARG_INPUT, F, {NULL}},
                               {"y", ARG_RESULT, F, {"N"}},
                               {"z", ARG_RESULT, F, {"N"}},
                               {NULL, 0, 0, {NULL}}});
    buffer *kept = nest_buffer(&n, BUF_WORKSPACE, "kept", F, "N", NULL), *y = nest_arg_buffer(&n, 2);
    add_polynomial(&n, "N", nest_arg_buffer(&n, 0), kept, nest_load(&n, nest_arg_buffer(&n, 1), NULL, NULL), false);
    add_polynomial(&n, "N", kept, y, nest_number(&n, F, 0.25), false);
    add_polynomial(&n, "N", nest_arg_buffer(&n, 0), nest_arg_buffer(&n, 3), nest_number(&n, F, 1), true);
    nest_function(
        &n, "other", (const char *const[]){"D", "M", NULL},
        (nest_arg[]){
            {"u", ARG_INPUT, F, {"M"}}, {"v", ARG_INPUT, F, {"D"}}, {"w", ARG_RESULT, F, {"M"}}, {NULL, 0, 0, {NULL}}});
    add_polynomial(&n, "M", nest_arg_buffer(&n, 0), nest_arg_buffer(&n, 2), nest_number(&n, F, 0.5), false);
    const char *c = nest_print(&n);
    if (count_of(c, "static void adt_part") != 1 || count_of(c, "adt_part1(") != 4) {
        fprintf(stderr, "shared:\n%s", c);
        failures++;
    }
    run(&n, "double x[] = {0.5, -1, 2}, y[3], z[3], w[3];\n"
            "CHECK(model_one(3, x, 0.5, y, z, NULL, 0) == AD_OK);\n"
            "for (int k = 0; k < 3; k++) {\n"
            "    double a = pow((x[k] + k) * (x[k] + k) + k, 2), b = (a + k) * (a + k) * 0.5 + k;\n"
            "    CHECK(fabs(y[k] - b * b) <= 1e-12 * b * b);\n"
            "}\n"
            "CHECK(fabs(z[0] - 34) < 1e-12);\n"
            "CHECK(model_one(3, x, 0.5, NULL, NULL, NULL, 0) == AD_OK);\n"
            "CHECK(model_other(0, 3, x, NULL, w, NULL, 0) == AD_OK && fabs(w[0] - 0.0625) < 1e-15);\n");
}

static void test_place(void)
{
    nests n;
    nests_init(&n);
    nest_function(&n, "f", size_nd, (nest_arg[]){{NULL, 0, 0, {NULL}}});
    const int uses[][2] = {{0, 2}, {3, 4}, {2, 3}, {5, 6}, {0, 1}};
    const char *const second[] = {"D", "D", "D", "D", NULL};
    buffer *b[5];
    for (int i = 0; i < 5; i++) {
        b[i] = nest_buffer(&n, BUF_WORKSPACE, "b", F, "N", second[i]);
        b[i]->first_use = uses[i][0];
        b[i]->last_use = uses[i][1];
    }
    nest_print(&n);
    bool ok = b[0]->slot == 0 && b[1]->slot == 0 && b[2]->slot == 1 && b[3]->slot == 0 && b[4]->slot == 2;
    nest_add(&n, (lstmt){.kind = LS_SWAP, .buffer = b[0], .from = b[3]});
    nest_print(&n);
    bool swapped = b[0]->slot == 0 && b[1]->slot == 1 && b[2]->slot == 2 && b[3]->slot == 3;
    if (!ok || !swapped || strncmp(n.fn->face->workspace_formula, "32*D*N+8*N, ", 12)) {
        fprintf(stderr, "place: %d %d %d %d %d, %s\n", b[0]->slot, b[1]->slot, b[2]->slot, b[3]->slot, b[4]->slot,
                n.fn->face->workspace_formula);
        failures++;
    }
    arena_free(n.mem);
}

/* --emit=loops */
static void test_loops_text(void)
{
    nests n;
    nests_init(&n);
    nest_function(&n, "scale", size_n,
                  (nest_arg[]){{"x", ARG_INPUT, F, {"N"}}, {"y", ARG_RESULT, F, {"N"}}, {NULL, 0, 0, {NULL}}});
    temp *i = nest_temp(&n, "i", I), *v = nest_temp(&n, "v", F);
    buffer *kept = nest_buffer(&n, BUF_WORKSPACE, "kept", F, "N", NULL);
    lstmt_list *top = n.body;
    nest_for(&n, i, nest_int(&n, 0), nest_extent(&n, "N"), true);
    nest_let(&n, LS_LET, v, OP2(MUL, AT(0, R(i), NULL), nest_number(&n, F, 0.1)));
    nest_store(&n, kept, R(i), NULL, OP1(EXP, R(v)));
    nest_close(&n, top);
    nest_add(&n, (lstmt){.kind = LS_COPY, .buffer = nest_arg_buffer(&n, 1), .from = kept});
    nest_print(&n);
    text t;
    text_init(&t, n.mem);
    loops_print(&t, n.fn);
    const char *want = "fn scale\n"
                       "    input x: f64[N]\n"
                       "    result y: f64[N]\n"
                       "    workspace kept: f64[N], slot 0, used 0..1000\n"
                       "    workspace 8*N, rounded up to a multiple of 64, plus 64\n"
                       "    parallel for i in 0..N\n"
                       "        let v: f64 = (x[i] * 0.1)\n"
                       "        kept[i] = exp(v)\n"
                       "    copy y = kept\n";
    if (strcmp(text_str(&t), want)) {
        fprintf(stderr, "loops_print:\n%s", text_str(&t));
        failures++;
    }
    arena_free(n.mem);
}

int main(void)
{
    test_texts();
    test_loops_text();
    test_place();
    test_kernel_sum();
    test_ops(ELEM_F64);
    test_ops(ELEM_F32);
    test_types();
    test_statements();
    test_shared();
    return failures != 0;
}
