/* A caller of the interface that interface.c prints, valid as C11 and as C++17: calls directly and through the table.
 */
#include "model.h"
#include "model_f32.h"

#include <stdio.h>
#include <string.h>

static int failures;

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "failed: %s\n", what);
        failures++;
    }
}

static const ad_function *find(const ad_module *m, const char *name)
{
    for (int32_t i = 0; i < m->function_count; i++)
        if (!strcmp(m->functions[i].name, name))
            return &m->functions[i];
    return NULL;
}

static void check_module(void)
{
    check(model_module.abi == AD_ABI, "abi");
    check(!strcmp(model_module.name, "model") && !strcmp(model_module.real, "f64"), "module's name and type");
    check(!strcmp(model_module_f32.real, "f32"), "the second precision in the same program");
    check(model_module.function_count == 3, "number of functions");
}

static void check_weighted_dot(void)
{
    const double q[6] = {1, 2, 3, 4, 5, 6}, p[6] = {1, 1, 1, 1, 1, 2}, s = 0.5;
    double value = 0, grad[6] = {0}, workspace[14];
    const int64_t sizes[2] = {2, 3};
    check(model_weighted_dot_grad(2, 3, q, p, s, &value, grad, workspace, sizeof workspace) == AD_OK, "direct call");
    check(value == 13.5 && grad[5] == 1.0, "direct call's results");

    const ad_function *f = find(&model_module, "weighted_dot_grad");
    const void *in[3] = {q, p, &s};
    void *out[2] = {&value, NULL};
    int64_t shape[2] = {0, 0};
    value = 0;
    check(f->workspace(sizes, NULL) == 112, "workspace query");
    check(f->call(sizes, in, out, workspace, sizeof workspace) == AD_OK && value == 13.5, "call through the table");
    check(AD_STATUS_CODE(f->call(sizes, in, out, workspace, 8)) == AD_WORKSPACE, "workspace too small");
    in[2] = NULL;
    check(f->call(sizes, in, out, workspace, sizeof workspace) == AD_STATUS(AD_NULL, 2), "missing scalar");
    f->extents(4, sizes, in, shape);
    check(shape[0] == 2 && shape[1] == 3, "extents of the gradient");
    check(f->args[4].role == AD_GRADIENT && f->args[4].gradient_of == 0 && f->args[2].rank == 0, "arguments described");
    check(!strcmp(f->args[0].extents[1], "D") && f->args[0].differentiable && !strcmp(f->primal, "weighted_dot"),
          "texts");
    check(strstr(f->doc, "\"1/2 sum_ij\" */ /* ?\?/ \\ tab\there.\nSecond") != NULL, "doc comes through unchanged");
}

static void check_awkward(void)
{
    const ad_function *f = find(&model_module_f32, "awkward");
    const int64_t sizes[3] = {2, 3, 1}, steps = 2, three[3] = {1, 2, 3};
    const float matrix[8] = {0}, vector[1] = {0};
    const bool flag = true;
    const void *in[5] = {matrix, &steps, &flag, vector, three};
    float result[10] = {0};
    bool negated = true;
    void *out[2] = {result, &negated};
    char workspace[48];
    int64_t shape[2] = {0, 0};
    check(f->workspace_args == 1 && f->workspace(sizes, in) == 48, "workspace that depends on an int");
    check(f->call(sizes, in, out, workspace, sizeof workspace) == AD_OK, "awkward call");
    check(result[9] == 7.0f && !negated, "awkward results");
    f->extents(5, sizes, in, shape);
    check(shape[0] == 2 && shape[1] == 5, "extents with polynomials and an int input");
    check(f->rule_count == 2 && !strcmp(f->rules[1].where, "m.ad:9") && !strcmp(f->rules[1].text, "\"N\" >= int"),
          "rules with their places");
    const ad_status broken = AD_STATUS_OF_RULE(AD_SIZE, 5, 2);
    check(AD_STATUS_CODE(broken) == AD_SIZE && AD_STATUS_ARG(broken) == 5 && AD_STATUS_RULE(broken) == 2,
          "parts of a status");
    check(!strcmp(f->args[0].name, "double") && !strcmp(f->sizes[0], "class"), "the table keeps the user's names");
}

static void check_constant(void)
{
    double value = 0;
    check(model_constant_workspace() == 0 && model_constant(&value, NULL, 0) == AD_OK && value == 42, "constant");
    check(strlen(find(&model_module, "constant")->doc) == 6000, "long doc");
}

int main(void)
{
    check_module();
    check_weighted_dot();
    check_awkward();
    check_constant();
    return failures;
}
