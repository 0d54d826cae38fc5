/* The public functions of a CUDA module: one on arrays in the device's memory and a stream, one on the caller's arrays.
 *
 * Reads the interface and how the function that launches is called; writes both, after the checks that they share. The
 * function on the caller's arrays is the other one between copies: it knows nothing of kernels. */
#include <string.h>

#include "back/c/emit_c_parts.h"

typedef VEC(const char *) string_list;

static void emit_list(emitter *e, const char *head, const string_list *items, const char *tail)
{
    text t;
    text_init(&t, e->mem);
    text_add(&t, head);
    for (int i = 0; i < items->n; i++)
        text_addf(&t, "%s%s", i ? ", " : "", items->data[i]);
    text_add(&t, tail);
    emit_line(e, text_str(&t));
}

static string_list size_names(const emitter *e)
{
    string_list sizes = {0};
    for (int i = 0; i < e->fn->face->nsizes; i++)
        vec_push(e->mem, &sizes, e->p.params.sizes[i]);
    return sizes;
}

/* Prints adt_check_f; the text of its call. */
static const char *emit_check_function(emitter *all)
{
    emitter e;
    emitter_init(&e, all->mem, all->face, all->fn, all->p.helpers);
    text body;
    text_init(&body, e.mem);
    e.out = &body;
    e.indent = 4;
    emit_checks(&e);
    e.indent = 0;
    e.out = all->out;
    string_list passed = size_names(&e), declared = {0};
    for (int i = 0; i < passed.n; i++)
        vec_push(e.mem, &declared, arena_printf(e.mem, "int64_t %s", passed.data[i]));
    for (int i = 0; i < e.fn->face->nargs; i++)
        if (e.p.arg_used[i]) {
            const interface_arg *a = &e.fn->face->args[i];
            const char *type = a->rank > 0 ? "const void *" : arena_printf(e.mem, "%s ", emit_c_type(a->elem));
            vec_push(e.mem, &declared, arena_printf(e.mem, "%s%s", type, e.p.params.args[i]));
            vec_push(e.mem, &passed, e.p.params.args[i]);
            all->p.arg_used[i] = true;
        }
    const char *name = arena_printf(e.mem, "adt_check_%s", e.fn->face->name);
    emit_list(&e, arena_printf(e.mem, "static ad_status %s(", name), &declared, ")");
    text_addf(e.out, "{\n%s    return AD_OK;\n}\n\n", text_str(&body));
    text call;
    text_init(&call, e.mem);
    for (int i = 0; i < passed.n; i++)
        text_addf(&call, "%s%s", i ? ", " : "", passed.data[i]);
    return arena_printf(e.mem, "%s(%s)", name, text_str(&call));
}

/* What both functions begin with. */
static void emit_beginning(emitter *e, const char *check_call)
{
    emit_linef(e, "const ad_status ad_wrong = %s;", check_call);
    emit_line(e, "if (ad_wrong != AD_OK)");
    emit_line(e, "    return ad_wrong;");
    emit_linef(e, "const size_t ad_needed = %s;", emit_query_call(e));
    emit_line(e, "if (ad_needed == SIZE_MAX)");
    emit_line(e, "    return AD_STATUS(AD_SIZE, 0);");
}

static void emit_enqueue(emitter *e, const char *check_call, const char *run_call)
{
    emit_prototype(e->out, e->face, e->fn->face, ENTRY_CUDA);
    text_add(e->out, "\n{\n");
    e->indent = 4;
    emit_beginning(e, check_call);
    emit_line(e, "if (!workspace || workspace_size < ad_needed)");
    emit_line(e, "    return AD_STATUS(AD_WORKSPACE, 0);");
    emit_linef(e, "char *const ad_place = %s(workspace);", prelude_use(e->p.helpers, "ad_aligned"));
    emit_unused_args(e);
    emit_line(e, "cudaGetLastError(); /* errors of earlier calls are no concern of this one */");
    emit_linef(e, "return %s;", run_call);
    e->indent = 0;
    text_add(e->out, "}\n\n");
}

/* The caller's arrays. */

/* A row of the table of arrays: what is read, what is written, how many bytes. */
static void emit_array(emitter *e, int arg)
{
    const interface_arg *a = &e->fn->face->args[arg];
    const char *name = e->p.params.args[arg];
    text count;
    text_init(&count, e->mem);
    print_count(&count, &e->p, 0, a->rank, a->extents);
    const char *bytes = a->rank ? arena_printf(e->mem, "sizeof *%s * (size_t)(%s)", name, text_str(&count))
                                : arena_printf(e->mem, "sizeof *%s", name);
    emit_linef(e, a->role == ARG_INPUT ? "{%s, NULL, %s, NULL}," : "{NULL, %s, %s, NULL},", name, bytes);
}

static bool is_array(const interface_arg *a)
{
    return a->role != ARG_INPUT || a->rank > 0;
}

/* Prints the table; the number of arrays, of which the last is the workspace. */
static int emit_arrays(emitter *e)
{
    const interface_fn *f = e->fn->face;
    int n = 1;
    emit_line(e, "ad_array ad_arrays[] = {");
    e->indent += 4;
    for (int i = 0; i < f->nargs; i++)
        if (is_array(&f->args[i])) {
            emit_array(e, i);
            n++;
        }
    emit_line(e, "{NULL, NULL, ad_needed, NULL},");
    e->indent -= 4;
    emit_line(e, "};");
    return n;
}

static void emit_call_on_device(emitter *e)
{
    const interface_fn *f = e->fn->face;
    string_list passed = size_names(e);
    int n = 0;
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        const char *cast = arena_printf(e->mem, "(%s%s *)", a->role == ARG_INPUT ? "const " : "", emit_c_type(a->elem));
        vec_push(e->mem, &passed,
                 is_array(a) ? arena_printf(e->mem, "%sad_arrays[%d].device", cast, n++) : e->p.params.args[i]);
    }
    vec_push(e->mem, &passed, arena_printf(e->mem, "ad_arrays[%d].device", n));
    vec_push(e->mem, &passed, "ad_needed");
    vec_push(e->mem, &passed, "ad_queue");
    emit_list(e, arena_printf(e->mem, "    ad_result = %s(", emit_symbol(e->mem, e->face, f, ENTRY_CUDA)), &passed,
              ");");
}

static void emit_on_host(emitter *e, const char *check_call)
{
    emit_prototype(e->out, e->face, e->fn->face, ENTRY_HOST);
    text_add(e->out, "\n{\n");
    e->indent = 4;
    emit_line(e, "(void)workspace;");
    emit_line(e, "(void)workspace_size;");
    emit_beginning(e, check_call);
    int n = emit_arrays(e);
    emit_line(e, "cudaStream_t ad_queue = NULL;");
    emit_linef(e, "ad_status ad_result = %s(ad_arrays, %d, &ad_queue);", prelude_use(e->p.helpers, "ad_open"), n);
    emit_line(e, "if (ad_result == AD_OK)");
    emit_call_on_device(e);
    emit_linef(e, "return %s(ad_arrays, %d, ad_queue, ad_result);", prelude_use(e->p.helpers, "ad_close"), n);
    e->indent = 0;
    text_add(e->out, "}\n");
}

void emit_cuda_public(emitter *e, const char *run_call)
{
    const char *check_call = emit_check_function(e);
    emit_enqueue(e, check_call, run_call);
    emit_on_host(e, check_call);
}
