/* model.json: the module described for other tools; schema in docs/manifest.schema.json.
 *
 * Reads struct interface, writes JSON: the same data as the description table, and how the functions are called in C.
 */
#include "back/emit_interface.h"
#include "back/emit_quote.h"

static const char *const roles[] = {
    [ARG_INPUT] = "input",
    [ARG_RESULT] = "result",
    [ARG_GRADIENT] = "gradient",
};

static const char *const types[] = {
    [ELEM_F32] = "f32",
    [ELEM_F64] = "f64",
    [ELEM_INT] = "int64",
    [ELEM_BOOL] = "bool",
};

/* `"key": "value"`, then the text of end. */
static void emit_member(text *t, const char *key, const char *value, const char *end)
{
    text_addf(t, "\"%s\": ", key);
    emit_json_string(t, value);
    text_add(t, end);
}

static void emit_list(text *t, const char *key, int n, const char *const *strings, const char *end)
{
    text_addf(t, "\"%s\": [", key);
    for (int i = 0; i < n; i++) {
        text_add(t, i > 0 ? ", " : "");
        emit_json_string(t, strings[i]);
    }
    text_addf(t, "]%s", end);
}

static void emit_arg(text *t, const interface_fn *f, const c_names *c, int i)
{
    const interface_arg *a = &f->args[i];
    const char **shape = ARENA_ARRAY(t->mem, const char *, a->rank);
    for (int k = 0; k < a->rank; k++)
        shape[k] = extent_str(t->mem, a->extents[k]);
    text_add(t, "        {");
    emit_member(t, "name", a->name, ", ");
    emit_member(t, "c_name", c->args[i], ", ");
    emit_member(t, "role", roles[a->role], ", ");
    emit_member(t, "type", types[a->elem], ", ");
    emit_list(t, "extents", a->rank, shape, ", ");
    bool is_gradient = a->role == ARG_GRADIENT && a->gradient_of >= 0;
    emit_member(t, "gradient_of", is_gradient ? f->args[a->gradient_of].name : NULL, "}");
}

static void emit_rules(text *t, const interface_rules *rules)
{
    text_add(t, "\"rules\": [");
    for (int i = 0; i < rules->n; i++) {
        text_add(t, i ? ",\n        {" : "\n        {");
        emit_member(t, "where", rules->data[i].where, ", ");
        emit_member(t, "text", rules->data[i].text, "}");
    }
    text_add(t, rules->n ? "\n      ]" : "]");
}

static void emit_function(text *t, const interface *m, const interface_fn *f)
{
    c_names c = emit_c_names(t->mem, f);
    text_add(t, "    {\n      ");
    emit_member(t, "name", f->name, ",\n      ");
    bool is_cuda = m->target == TARGET_CUDA;
    emit_member(t, "symbol", emit_symbol(t->mem, m, f, is_cuda ? ENTRY_HOST : ENTRY_C), ",\n      ");
    emit_member(t, "stream_symbol", is_cuda ? emit_symbol(t->mem, m, f, ENTRY_CUDA) : NULL, ",\n      ");
    emit_member(t, "doc", f->doc, ",\n      ");
    emit_member(t, "where", f->where, ",\n      ");
    emit_member(t, "primal", f->primal, ",\n      ");
    emit_list(t, "sizes", f->nsizes, f->sizes, ",\n      \"args\": [\n");
    for (int i = 0; i < f->nargs; i++) {
        emit_arg(t, f, &c, i);
        text_add(t, i < f->nargs - 1 ? ",\n" : "\n");
    }
    text_add(t, "      ],\n      \"workspace\": {");
    emit_member(t, "symbol", emit_workspace_symbol(t->mem, m, f, m->target), ", ");
    emit_list(t, "args", f->nworkspace_args, f->workspace_args, ", ");
    emit_member(t, "bytes", f->workspace_formula, "},\n      ");
    emit_rules(t, f->rules);
    text_add(t, "\n    }");
}

void emit_manifest(text *t, const interface *m)
{
    text_addf(t, "{\n  \"abi\": %d,\n  ", INTERFACE_ABI);
    emit_member(t, "name", m->prefix, ",\n  ");
    emit_member(t, "symbol", emit_module_symbol(t->mem, m, m->target), ",\n  ");
    emit_member(t, "version", m->version, ",\n  ");
    emit_member(t, "source", m->source_name, ",\n  ");
    emit_member(t, "source_hash", m->source_hash, ",\n  ");
    emit_member(t, "command", m->command, ",\n  ");
    emit_member(t, "target", m->target == TARGET_CUDA ? "cuda" : "c", ",\n  ");
    emit_member(t, "real", types[m->real], ",\n  \"functions\": [\n");
    for (int i = 0; i < m->nfns; i++) {
        emit_function(t, m, &m->fns[i]);
        text_add(t, i < m->nfns - 1 ? ",\n" : "\n");
    }
    text_add(t, "  ]\n}\n");
}
