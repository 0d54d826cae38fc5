/* The end of model.c and of model.cu: the module described as static data, with uniform wrappers around its functions.
 *
 * Reads struct interface, writes C that is also C++. The one idea: whatever adc run, gradcheck, bench and other
 * languages' bindings need to know about a function stands in data of <adc/runtime.h>, so that none of them has code
 * per function. Names: adt_KIND_FUNCTION, where KIND has no underscore, cannot meet each other or the user's names. */
#include <string.h>

#include "back/emit_interface.h"
#include "back/emit_quote.h"

enum { LITERAL_MAX = 4000 }; /* ISO C promises 4095 characters per literal */

static const char *const roles[] = {
    [ARG_INPUT] = "AD_INPUT",
    [ARG_RESULT] = "AD_RESULT",
    [ARG_GRADIENT] = "AD_GRADIENT",
};

static const char *const types[] = {
    [ELEM_F32] = "AD_F32",
    [ELEM_F64] = "AD_F64",
    [ELEM_INT] = "AD_INT64",
    [ELEM_BOOL] = "AD_BOOL",
};

static bool is_differentiable(const interface_arg *a)
{
    return a->role == ARG_INPUT && (a->elem == ELEM_F32 || a->elem == ELEM_F64);
}

/* Data. */

/* A doc comment as an array of characters, which has no limit on its length. */
static void emit_doc(text *t, const interface_fn *f)
{
    text_addf(t, "static const char adt_doc_%s[] = ", f->name);
    if (strlen(f->doc) <= LITERAL_MAX) {
        emit_c_string(t, f->doc);
    } else {
        text_add(t, "{");
        for (const char *s = f->doc; *s; s++) {
            text_add(t, (s - f->doc) % 24 ? "" : "\n    ");
            text_addf(t, (unsigned char)*s < 0x80 ? "%d," : "(char)%d,", (unsigned char)*s);
        }
        text_add(t, "0}");
    }
    text_add(t, ";\n");
}

static void emit_strings(text *t, const char *name, int n, const char *const *strings)
{
    if (n == 0)
        return;
    text_addf(t, "static const char *const %s[] = {", name);
    for (int i = 0; i < n; i++) {
        text_add(t, i > 0 ? ", " : "");
        emit_c_string(t, strings[i]);
    }
    text_add(t, "};\n");
}

static void emit_shapes(text *t, const interface_fn *f)
{
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        const char **shape = ARENA_ARRAY(t->mem, const char *, a->rank);
        for (int k = 0; k < a->rank; k++)
            shape[k] = extent_str(t->mem, a->extents[k]);
        emit_strings(t, arena_printf(t->mem, "adt_shape_%s_%d", f->name, i), a->rank, shape);
    }
}

static void emit_args(text *t, const interface_fn *f)
{
    if (f->nargs == 0)
        return;
    text_addf(t, "static const ad_argument adt_args_%s[] = {\n", f->name);
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        const char *shape = a->rank ? arena_printf(t->mem, "adt_shape_%s_%d", f->name, i) : "NULL";
        text_add(t, "    {");
        emit_c_string(t, a->name);
        text_addf(t, ", %s, %s, %d, %s, %d, %d},\n", roles[a->role], types[a->elem], a->rank, shape,
                  a->role == ARG_GRADIENT ? a->gradient_of : -1, is_differentiable(a));
    }
    text_add(t, "};\n");
}

static void emit_rules(text *t, const interface_fn *f)
{
    if (f->rules->n == 0)
        return;
    text_addf(t, "static const ad_rule adt_rules_%s[] = {\n", f->name);
    for (int i = 0; i < f->rules->n; i++) {
        text_add(t, "    {");
        emit_c_string(t, f->rules->data[i].where);
        text_add(t, ", ");
        emit_c_string(t, f->rules->data[i].text);
        text_add(t, "},\n");
    }
    text_add(t, "};\n");
}

/* Wrappers. */

/* Inside a wrapper sizes are sizes[i] and int inputs are read through in[i]. */
static const char *spell_packed(const char *atom, const void *data)
{
    const text *scratch = ((const void *const *)data)[0];
    const interface_fn *f = ((const void *const *)data)[1];
    for (int i = 0; i < f->nsizes; i++)
        if (!strcmp(f->sizes[i], atom))
            return arena_printf(scratch->mem, "sizes[%d]", i);
    for (int i = 0; i < f->nargs; i++)
        if (!strcmp(f->args[i].name, atom))
            return arena_printf(scratch->mem, "*(const int64_t *)in[%d]", i);
    return atom;
}

static void emit_extents_wrapper(text *t, const interface_fn *f)
{
    const void *data[] = {t, f};
    text_addf(t,
              "static void adt_extents_%s(int32_t arg, const int64_t *sizes, const void *const *in, int64_t *out)\n"
              "{\n    (void)sizes;\n    (void)in;\n    (void)out;\n    switch (arg) {\n",
              f->name);
    for (int i = 0; i < f->nargs; i++) {
        if (f->args[i].rank == 0)
            continue;
        text_addf(t, "    case %d:\n", i);
        for (int k = 0; k < f->args[i].rank; k++) {
            text_addf(t, "        out[%d] = ", k);
            emit_extent(t, f->args[i].extents[k], (atom_speller){spell_packed, data});
            text_add(t, ";\n");
        }
        text_add(t, "        break;\n");
    }
    text_add(t, "    default:\n        break;\n    }\n}\n\n");
}

static void emit_workspace_wrapper(text *t, const interface *m, const interface_fn *f)
{
    const char *separator = "";
    text_addf(t,
              "static size_t adt_workspace_%s(const int64_t *sizes, const void *const *in)\n"
              "{\n    (void)sizes;\n    (void)in;\n    return %s(",
              f->name, emit_workspace_symbol(t->mem, m, f, m->target));
    for (int i = 0; i < f->nsizes; i++, separator = ", ")
        text_addf(t, "%ssizes[%d]", separator, i);
    for (int i = 0; i < f->nargs; i++) {
        if (!emit_is_workspace_arg(f, i))
            continue;
        text_addf(t, "%s*(const int64_t *)in[%d]", separator, i);
        separator = ", ";
    }
    text_add(t, ");\n}\n\n");
}

/* Inputs come first, so results count from the number of inputs. */
static const char *call_argument(arena *mem, const interface_arg *a, int input, int result)
{
    const char *type = emit_c_type(a->elem);
    if (a->role != ARG_INPUT)
        return arena_printf(mem, "(%s *)out[%d]", type, result);
    return arena_printf(mem, a->rank > 0 ? "(const %s *)in[%d]" : "*(const %s *)in[%d]", type, input);
}

static void emit_call(text *t, const interface *m, const interface_fn *f, int inputs, entry_way way)
{
    VEC(const char *) items = {0};
    for (int i = 0; i < f->nsizes; i++)
        vec_push(t->mem, &items, arena_printf(t->mem, "sizes[%d]", i));
    for (int i = 0; i < f->nargs; i++)
        vec_push(t->mem, &items, call_argument(t->mem, &f->args[i], i, i - inputs));
    vec_push(t->mem, &items, "workspace");
    vec_push(t->mem, &items, "workspace_size");
    if (way == ENTRY_CUDA)
        vec_push(t->mem, &items, "stream");
    emit_folded(t, arena_printf(t->mem, "    return %s(", emit_symbol(t->mem, m, f, way)), items.n, items.data);
    text_add(t, ");\n");
}

static void emit_call_wrapper(text *t, const interface *m, const interface_fn *f, entry_way way)
{
    int inputs = 0;
    text_addf(t,
              "static ad_status adt_%s_%s(const int64_t *sizes, const void *const *in, void *const *out,\n"
              "    void *workspace, size_t workspace_size%s)\n"
              "{\n    (void)sizes;\n    (void)in;\n    (void)out;\n",
              way == ENTRY_CUDA ? "enqueue" : "call", f->name, way == ENTRY_CUDA ? ", ad_stream stream" : "");
    for (int i = 0; i < f->nargs; i++) {
        if (f->args[i].role == ARG_INPUT && f->args[i].rank == 0)
            text_addf(t, "    if (!in[%d])\n        return AD_STATUS(AD_NULL, %d);\n", i, i);
        inputs += f->args[i].role == ARG_INPUT;
    }
    emit_call(t, m, f, inputs, way);
    text_add(t, "}\n\n");
}

/* The table. */

static const char *array_or_null(arena *mem, const char *kind, const interface_fn *f, int n)
{
    return n ? arena_printf(mem, "adt_%s_%s", kind, f->name) : "NULL";
}

static void emit_row(text *t, const interface *m, const interface_fn *f)
{
    text_add(t, "    {");
    emit_c_string(t, f->name);
    text_addf(t, ", %s, %d, %s, %d, %s,\n     adt_extents_%s, adt_workspace_%s, %d, adt_call_%s, ",
              array_or_null(t->mem, "doc", f, f->doc != NULL), f->nsizes, array_or_null(t->mem, "sizes", f, f->nsizes),
              f->nargs, array_or_null(t->mem, "args", f, f->nargs), f->name, f->name, f->nworkspace_args, f->name);
    if (f->primal)
        emit_c_string(t, f->primal);
    else
        text_add(t, "NULL");
    text_addf(t, m->target == TARGET_CUDA ? ", adt_enqueue_%s" : ", NULL", f->name);
    text_addf(t, ", %d, %s},\n", f->rules->n, array_or_null(t->mem, "rules", f, f->rules->n));
}

static void emit_function_data(text *t, const interface *m, const interface_fn *f)
{
    if (f->doc)
        emit_doc(t, f);
    emit_strings(t, arena_printf(t->mem, "adt_sizes_%s", f->name), f->nsizes, f->sizes);
    emit_shapes(t, f);
    emit_args(t, f);
    emit_rules(t, f);
    text_add(t, "\n");
    emit_extents_wrapper(t, f);
    emit_workspace_wrapper(t, m, f);
    emit_call_wrapper(t, m, f, m->target == TARGET_CUDA ? ENTRY_HOST : ENTRY_C);
    if (m->target == TARGET_CUDA)
        emit_call_wrapper(t, m, f, ENTRY_CUDA);
}

void emit_table(text *t, const interface *m)
{
    text_add(t, "/* The description of this module. */\n\n");
    for (int i = 0; i < m->nfns; i++)
        emit_function_data(t, m, &m->fns[i]);
    if (m->nfns > 0) {
        text_add(t, "static const ad_function adt_functions[] = {\n");
        for (int i = 0; i < m->nfns; i++)
            emit_row(t, m, &m->fns[i]);
        text_add(t, "};\n\n");
    }
    if (m->target == TARGET_CUDA)
        emit_cuda_device(t);
    text_addf(t, "const ad_module %s = {%d, ", emit_module_symbol(t->mem, m, m->target), INTERFACE_ABI);
    emit_c_string(t, m->prefix);
    text_add(t, ", ");
    emit_c_string(t, m->version);
    text_add(t, ", ");
    emit_c_string(t, m->source_hash);
    text_addf(t, ", \"%s\", %d, %s, %s};\n", m->real == ELEM_F32 ? "f32" : "f64", m->nfns,
              m->nfns ? "adt_functions" : "NULL", m->target == TARGET_CUDA ? "&adt_device" : "NULL");
}
