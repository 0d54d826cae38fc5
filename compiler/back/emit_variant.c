/* One module compiled several times, once per instruction set, and a unit that chooses among them.
 *
 * Reads struct interface. With -DAD_VARIANT=adt_avx2_ a generated .c defines adt_avx2_model_f instead of model_f, and
 * no description table; the dispatcher defines model_f, which calls the best variant that the processor can run, and
 * the table. Portable: `gcc` and `clang` on x86, static or shared, without constructors. */
#include <string.h>

#include "back/emit_interface.h"

const isa isa_table[] = {
    {"avx512", {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx2", "fma"}},
    {"avx2", {"avx2", "fma"}},
    {"baseline", {NULL}},
};
const int isa_count = sizeof isa_table / sizeof *isa_table;

static void emit_rename(text *t, const char *symbol)
{
    text_addf(t, "#define %s AD_JOIN(AD_VARIANT, %s)\n", symbol, symbol);
}

void emit_variant(text *t, const interface *m)
{
    text_add(t, "/* One of several versions of this module in one library: its functions get names of their own. */\n"
                "#ifdef AD_VARIANT\n"
                "#define AD_JOIN_EXPANDED(a, b) a##b\n"
                "#define AD_JOIN(a, b) AD_JOIN_EXPANDED(a, b)\n");
    for (int i = 0; i < m->nfns; i++) {
        emit_rename(t, emit_symbol(t->mem, m, &m->fns[i], ENTRY_C));
        emit_rename(t, emit_workspace_symbol(t->mem, m, &m->fns[i], TARGET_C));
    }
    text_add(t, "#endif\n\n");
}

const char *emit_variant_prefix(arena *mem, const isa *variant)
{
    return arena_printf(mem, "adt_%s_", variant->name);
}

/* The dispatcher. */

static void emit_supported(text *t, const isa *variant)
{
    if (!variant->features[0])
        text_add(t, "1");
    for (int i = 0; i < ISA_FEATURES && variant->features[i]; i++)
        text_addf(t, "%s__builtin_cpu_supports(\"%s\")", i ? " && " : "", variant->features[i]);
}

static void emit_choice(text *t, int n, const isa *const *variants)
{
    text_add(t, "/* The version that runs: the best one that this processor has, but not one above the environment's\n"
                " * ADC_ISA. Chosen in the first call; threads that choose at once choose the same. */\n"
                "static int adt_variant(void)\n"
                "{\n"
                "    static atomic_int chosen = -1;\n"
                "    int k = atomic_load_explicit(&chosen, memory_order_relaxed);\n"
                "    if (k >= 0)\n"
                "        return k;\n"
                "    const char *most = getenv(\"ADC_ISA\");\n"
                "    __builtin_cpu_init();\n");
    text_addf(t, "    k = %d;\n", n - 1);
    for (int i = n - 2; i >= 0; i--) {
        text_add(t, "    if (");
        for (int k = i + 1; k < n; k++)
            text_addf(t, "%s!(most && !strcmp(most, \"%s\"))", k > i + 1 ? " && " : "", variants[k]->name);
        text_add(t, " &&\n        ");
        emit_supported(t, variants[i]);
        text_addf(t, ")\n        k = %d;\n", i);
    }
    text_add(t, "    atomic_store_explicit(&chosen, k, memory_order_relaxed);\n"
                "    return k;\n"
                "}\n\n");
}

/* "N, q, workspace, workspace_size": the parameters as arguments. */
static const char *passed(arena *mem, const interface_fn *f, bool query)
{
    c_names names = emit_c_names(mem, f);
    text t;
    text_init(&t, mem);
    const char *separator = "";
    for (int i = 0; i < f->nsizes; i++, separator = ", ")
        text_addf(&t, "%s%s", separator, names.sizes[i]);
    for (int i = 0; i < f->nargs; i++) {
        if (query && !emit_is_workspace_arg(f, i))
            continue;
        text_addf(&t, "%s%s", separator, names.args[i]);
        separator = ", ";
    }
    if (!query)
        text_addf(&t, "%sworkspace, workspace_size", separator);
    return text_str(&t);
}

static void emit_dispatched(text *t, const char *symbol, const char *arguments, int n, const isa *const *variants)
{
    text_add(t, "\n{\n    switch (adt_variant()) {\n");
    for (int i = 0; i < n; i++) {
        const char *prefix = emit_variant_prefix(t->mem, variants[i]);
        text_add(t, i < n - 1 ? arena_printf(t->mem, "    case %d:\n", i) : "    default:\n");
        text_addf(t, "        return %s%s(%s);\n", prefix, symbol, arguments);
    }
    text_add(t, "    }\n}\n\n");
}

static void emit_variant_declarations(text *t, const char *symbol, int n, const isa *const *variants)
{
    for (int i = 0; i < n; i++)
        text_addf(t, "extern __typeof__(%s) %s%s;\n", symbol, emit_variant_prefix(t->mem, variants[i]), symbol);
}

void emit_dispatch(text *t, const interface *m, const char *header_name, int n, const isa *const *variants)
{
    text_addf(t, "#include \"%s\"\n\n#include <stdatomic.h>\n#include <stdlib.h>\n#include <string.h>\n\n",
              header_name);
    emit_choice(t, n, variants);
    for (int i = 0; i < m->nfns; i++) {
        const interface_fn *f = &m->fns[i];
        const char *symbol = emit_symbol(t->mem, m, f, ENTRY_C);
        const char *query = emit_workspace_symbol(t->mem, m, f, TARGET_C);
        emit_variant_declarations(t, symbol, n, variants);
        emit_variant_declarations(t, query, n, variants);
        text_add(t, "\n");
        emit_workspace_prototype(t, m, f, TARGET_C);
        emit_dispatched(t, query, passed(t->mem, f, true), n, variants);
        emit_prototype(t, m, f, ENTRY_C);
        emit_dispatched(t, symbol, passed(t->mem, f, false), n, variants);
    }
    emit_table(t, m);
}
