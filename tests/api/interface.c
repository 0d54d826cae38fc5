/* The generated interface, printed from a description made by hand: header and table compile without a warning as C
 * and C++ with each compiler that is here, a program over both (interface/caller.c) runs, and the headers of one model
 * in f64 and f32 live together. Writes to a folder in $BUILD, which stays after a failure; needs $SRC and $BUILD. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "back/emit_interface.h"

static const char *directory;
static arena *mem;
static int failures;

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "failed: %s\n", what);
        failures++;
    }
}

static void write_file(const char *name, const text *t)
{
    FILE *f = fopen(arena_printf(mem, "%s/%s", directory, name), "wb");
    if (!f || fputs(text_str(t), f) < 0 || fclose(f) != 0) {
        perror(name);
        exit(1);
    }
}

/* ---- The description: three functions that meet every kind of argument and every awkward name. ---- */

static interface_arg arg(const char *name, arg_role role, elem e, int gradient_of, int rank, const extent *e0,
                         const extent *e1)
{
    const extent **extents = ARENA_ARRAY(mem, const extent *, 2);
    extents[0] = e0;
    extents[1] = e1;
    return (interface_arg){name, role, e, rank, extents, gradient_of};
}

/* dot(q, p) * s over [N, D], with gradients. */
static interface_rules *rules_of(int n, const interface_rule *rules)
{
    interface_rules *list = ARENA_NEW(mem, interface_rules);
    for (int i = 0; i < n; i++)
        vec_push(mem, list, rules[i]);
    return list;
}

static interface_fn weighted_dot(extent_pool *pool, elem real)
{
    static const char *sizes[] = {"N", "D"};
    const extent *n = extent_name(pool, "N"), *d = extent_name(pool, "D");
    const interface_arg args[] = {arg("q", ARG_INPUT, real, -1, 2, n, d), arg("p", ARG_INPUT, real, -1, 2, n, d),
                                  arg("s", ARG_INPUT, real, -1, 0, NULL, NULL),
                                  arg("result", ARG_RESULT, real, -1, 0, NULL, NULL),
                                  arg("grad_q", ARG_GRADIENT, real, 0, 2, n, d)};
    interface_fn f = {.name = "weighted_dot_grad", .primal = "weighted_dot", .where = "model.ad:3"};
    f.rules = rules_of(0, NULL);
    f.doc =
        "Weighted dot product, \"1/2 sum_ij\" */ /* ?\?/ \\ tab\there.\nSecond line: \xc3\xa9nergie, broken \xff byte.";
    f.nsizes = 2;
    f.sizes = sizes;
    f.nargs = 5;
    f.args = arena_grow(mem, args, 5, 5, sizeof *args);
    f.workspace_formula = "8*N*D + 64";
    return f;
}

/* Names that are words of C, of C++ or functions of math.h; sizes beside equal names; polynomials. */
static interface_fn awkward(extent_pool *pool, elem real)
{
    static const char *sizes[] = {"class", "N", "workspace"};
    static const char *workspace_args[] = {"int"};
    const extent *n = extent_name(pool, "N"), *k = extent_name(pool, "int"), *c = extent_name(pool, "class");
    const extent *one = extent_const(pool, 1);
    const extent *window = extent_add(extent_sub(extent_scale(n, 2), c), one);
    const interface_arg args[] = {arg("double", ARG_INPUT, real, -1, 2, extent_add(n, one), c),
                                  arg("int", ARG_INPUT, ELEM_INT, -1, 0, NULL, NULL),
                                  arg("N", ARG_INPUT, ELEM_BOOL, -1, 0, NULL, NULL),
                                  arg("exp", ARG_INPUT, ELEM_F32, -1, 1, extent_name(pool, "workspace"), NULL),
                                  arg("_Bool", ARG_INPUT, ELEM_INT, -1, 1, extent_const(pool, 3), NULL),
                                  arg("exp", ARG_RESULT, real, -1, 2, k, window),
                                  arg("new", ARG_RESULT, ELEM_BOOL, -1, 0, NULL, NULL)};
    static const interface_rule rules[] = {{"", "this size was fixed: class = 2"}, {"m.ad:9", "\"N\" >= int"}};
    interface_fn f = {.name = "awkward", .where = "model.ad:9"};
    f.rules = rules_of(2, rules);
    f.nsizes = 3;
    f.sizes = sizes;
    f.nargs = 7;
    f.args = arena_grow(mem, args, 7, 7, sizeof *args);
    f.nworkspace_args = 1;
    f.workspace_args = workspace_args;
    f.workspace_formula = "8*N*int";
    return f;
}

/* No sizes, no inputs, and a doc comment longer than a literal may be. */
static interface_fn constant(elem real)
{
    const interface_arg args[] = {arg("result", ARG_RESULT, real, -1, 0, NULL, NULL)};
    char *doc = arena_alloc(mem, 6001);
    memset(doc, 'x', 6000);
    interface_fn f = {.name = "constant", .doc = doc, .nargs = 1, .workspace_formula = "0"};
    f.rules = rules_of(0, NULL);
    f.args = arena_grow(mem, args, 1, 1, sizeof *args);
    return f;
}

static interface describe(elem real)
{
    extent_pool *pool = extent_pool_new(mem);
    interface m = {.prefix = "model",
                   .suffix = real == ELEM_F32 ? "_f32" : "",
                   .source_name = "my \"model\"*/.ad",
                   .version = "0.1.0",
                   .source_hash = "0123456789abcdef",
                   .command = "adc compile 'my model*/.ad' -o model.c",
                   .real = real,
                   .nfns = 3};
    m.fns = ARENA_ARRAY(mem, interface_fn, 3);
    m.fns[0] = weighted_dot(pool, real);
    m.fns[1] = awkward(pool, real);
    m.fns[2] = constant(real);
    return m;
}

/* ---- model.c: definitions under the printed prototypes, as the code generator writes them. ---- */

static const char *const bodies[] = {
    "    const int64_t n = N * D;\n"
    "    (void)workspace;\n"
    "    if (N < 0 || D < 0)\n        return AD_STATUS(AD_SIZE, 0);\n"
    "    if (workspace_size < model_weighted_dot_grad_workspace%s(N, D))\n        return AD_WORKSPACE;\n"
    "    if (result) {\n        *result = 0;\n"
    "        for (int64_t i = 0; i < n; i++)\n            *result += s * q[i] * p[i];\n    }\n"
    "    for (int64_t i = 0; grad_q && i < n; i++)\n        grad_q[i] = s * p[i];\n"
    "    return AD_OK;\n",
    "    (void)workspace;\n    (void)double_;\n    (void)exp_;\n    (void)x_Bool;\n    (void)workspace_;\n"
    "    if (workspace_size < model_awkward_workspace%s(class_, N, workspace_, int_))\n        return AD_WORKSPACE;\n"
    "    for (int64_t i = 0; exp__ && i < int_ * (2 * N - class_ + 1); i++)\n        exp__[i] = 7;\n"
    "    if (new_)\n        *new_ = !N_;\n"
    "    return AD_OK;\n",
    "    (void)workspace;\n    (void)workspace_size;\n    if (result)\n        *result = 42;\n    return AD_OK;\n",
};

static const char *const queries[] = {
    "    return N < 0 || D < 0 ? SIZE_MAX : (size_t)(8 * N * D + 64);\n",
    "    (void)class_;\n    (void)workspace_;\n    return (size_t)(8 * N * int_);\n",
    "    return 0;\n",
};

static text model_source(const interface *m)
{
    text t;
    text_init(&t, mem);
    text_addf(&t, "#include \"model%s.h\"\n\n", m->suffix);
    for (int i = 0; i < m->nfns; i++) {
        emit_workspace_prototype(&t, m, &m->fns[i], TARGET_C);
        text_addf(&t, "\n{\n%s}\n\n", queries[i]);
        emit_prototype(&t, m, &m->fns[i], ENTRY_C);
        text_add(&t, "\n{\n");
        const char *suffix = strstr(bodies[i], "%s");
        text_addn(&t, bodies[i], suffix ? (size_t)(suffix - bodies[i]) : strlen(bodies[i]));
        text_addf(&t, "%s%s}\n\n", suffix ? m->suffix : "", suffix ? suffix + 2 : "");
    }
    emit_table(&t, m);
    return t;
}

static void write_model(elem real)
{
    interface m = describe(real);
    text header, source = model_source(&m), manifest;
    text_init(&header, mem);
    text_init(&manifest, mem);
    emit_header(&header, &m);
    emit_manifest(&manifest, &m);
    write_file(arena_printf(mem, "model%s.h", m.suffix), &header);
    write_file(arena_printf(mem, "model%s.c", m.suffix), &source);
    write_file(arena_printf(mem, "model%s.json", m.suffix), &manifest);
}

/* ---- Compilers ---- */

static bool shell(const char *command)
{
    return system(command) == 0;
}

static void compile_and_run(const char *compiler, const char *language)
{
    if (!shell(arena_printf(mem, "command -v %s >/dev/null", compiler)))
        return;
    const char *src = getenv("SRC");
    const char *command =
        arena_printf(mem,
                     "cd '%s' && %s %s -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror "
                     "-I'%s/runtime/include' -I. model.c model_f32.c '%s/tests/api/interface/caller.c' "
                     "-o caller && ./caller",
                     directory, compiler, language, src, src);
    check(shell(command), command);
}

static void check_guard(const char *abi, const char *word)
{
    const char *command =
        arena_printf(mem,
                     "cd '%s' && mkdir -p other/adc && sed 's/define AD_ABI .*/define AD_ABI %s/' "
                     "'%s/runtime/include/adc/runtime.h' > other/adc/runtime.h && "
                     "! cc -fsyntax-only -Iother model.c 2>guard.txt && grep -q 'error.*%s' guard.txt",
                     directory, abi, getenv("SRC"), word);
    check(shell(command), command);
}

static void check_clash(void)
{
    interface m = describe(ELEM_F64);
    check(!emit_symbol_clash(mem, &m), "no clash among the three");
    m.fns[2].name = "awkward_workspace";
    check(emit_symbol_clash(mem, &m) != NULL, "awkward_workspace clashes");
    m.fns[2].name = "module";
    check(emit_symbol_clash(mem, &m) != NULL, "module clashes");
}

int main(void)
{
    mem = arena_new();
    directory = mkdtemp(arena_printf(mem, "%s/interface.XXXXXX", getenv("BUILD") ? getenv("BUILD") : "/tmp"));
    if (!directory) {
        perror("mkdtemp");
        return 1;
    }
    write_model(ELEM_F64);
    write_model(ELEM_F32);
    compile_and_run("gcc", "-std=c11 -x c");
    compile_and_run("clang", "-std=c11 -x c");
    compile_and_run("g++", "-std=c++17 -x c++");
    compile_and_run("clang++", "-std=c++17 -x c++");
    check_guard("1", "newer");
    check_guard("4", "older");
    check_clash();
    if (failures == 0)
        check(shell(arena_printf(mem, "rm -r '%s'", directory)), "cleaning up");
    arena_free(mem);
    return failures > 0;
}
