/* Loop nests made by hand, printed as C, compiled without a warning, run against expected values. */
#include <stdio.h>
#include <string.h>

#include "unit/nests.h"

#define F ELEM_F64

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
#define R(x) nest_read(&n, x)
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
#undef R
}

int main(void)
{
    test_kernel_sum();
    (void)no_sizes;
    (void)size_n;
    return failures != 0;
}
