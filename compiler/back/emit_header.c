/* model.h: what a C or C++ program needs to call the generated functions.
 *
 * Reads struct interface, writes the header's text. The one idea: every comment line is derived from names and extents,
 * so that the header says what the function does with each argument even where the author wrote nothing. */
#include <string.h>

#include "back/emit_interface.h"
#include "back/emit_quote.h"

enum { MAX_OWNERS = 6 };

/* Doc comments. */

/* Lines of s, each behind " *  " but the first. */
static void emit_doc_lines(text *t, const char *s)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        emit_comment_text(t, s, n);
        s += n;
        if (*s) {
            text_add(t, "\n *  ");
            s++;
        }
    }
}

static void emit_title(text *t, const interface_fn *f)
{
    if (f->doc)
        emit_doc_lines(t, f->doc);
    else if (f->primal)
        text_addf(t, "%s and its gradients.", f->primal);
    else
        text_addf(t, "%s.", f->name);
}

/* Starts a line " *  @param names      ", what follows stands in one column. */
static void emit_param(text *t, const char *name)
{
    text_addf(t, " *  @param %-10s ", name);
}

static const char *axis_word(arena *mem, int rank, int axis)
{
    if (rank == 1)
        return "length";
    if (rank == 2)
        return axis == 0 ? "rows" : "columns";
    return arena_printf(mem, "axis %d", axis);
}

/* Where a size stands alone as an extent: "rows of q and p, length of w". */
typedef struct size_use {
    const char *word; /* of the first place */
    text owners;      /* "q and p": the arguments with that word */
    bool is_single;   /* there is no other word */
    text all;
} size_use;

typedef struct place {
    const char *word, *owner;
} place;

typedef VEC(place) places;

static void find_places(arena *mem, const interface_fn *f, const c_names *c, int size, arg_role role, places *out)
{
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        if (a->role != role)
            continue;
        for (int axis = 0; axis < a->rank; axis++) {
            const extent *e = a->extents[axis];
            if (extent_is_name(e) && !strcmp(e->terms[0].atoms[0], f->sizes[size]))
                vec_push(mem, out, (place){axis_word(mem, a->rank, axis), c->args[i]});
        }
    }
}

/* "q, p and w" of those places that have the word; an owner is named once. */
static text owner_list(arena *mem, const places *all, const char *word)
{
    VEC(const char *) owners = {0};
    for (int i = 0; i < all->n; i++) {
        bool is_repeat = owners.n > 0 && owners.data[owners.n - 1] == all->data[i].owner;
        if (!strcmp(all->data[i].word, word) && !is_repeat)
            vec_push(mem, &owners, all->data[i].owner);
    }
    text t;
    text_init(&t, mem);
    int shown = owners.n > MAX_OWNERS ? MAX_OWNERS - 1 : owners.n;
    for (int i = 0; i < shown; i++) {
        bool is_last = i == owners.n - 1;
        text_addf(&t, "%s%s", i == 0 ? "" : is_last ? " and " : ", ", owners.data[i]);
    }
    text_add(&t, shown < owners.n ? " and others" : "");
    return t;
}

static size_use use_of_size(arena *mem, const interface_fn *f, const c_names *c, int size)
{
    places all = {0};
    for (arg_role role = ARG_INPUT; all.n == 0 && role <= ARG_GRADIENT; role++)
        find_places(mem, f, c, size, role, &all);
    size_use u = {.is_single = true};
    text_init(&u.all, mem);
    text_init(&u.owners, mem);
    for (int i = 0; i < all.n; i++) {
        const char *word = all.data[i].word;
        bool is_known = false;
        for (int k = 0; k < i; k++)
            is_known |= !strcmp(all.data[k].word, word);
        if (is_known)
            continue;
        text owners = owner_list(mem, &all, word);
        text_addf(&u.all, "%s%s of %s", i > 0 ? ", " : "", word, text_str(&owners));
        u.is_single = i == 0;
        if (i == 0) {
            u.word = word;
            u.owners = owners;
        }
    }
    return u;
}

static void emit_size_params(text *t, const interface_fn *f, const c_names *c)
{
    size_use *uses = ARENA_ARRAY(t->mem, size_use, f->nsizes);
    for (int i = 0; i < f->nsizes; i++)
        uses[i] = use_of_size(t->mem, f, c, i);
    bool shares = f->nsizes == 2 && uses[0].word && uses[1].word && uses[0].is_single && uses[1].is_single &&
                  strcmp(uses[0].word, uses[1].word) && !strcmp(text_str(&uses[0].owners), text_str(&uses[1].owners));
    if (shares) {
        emit_param(t, arena_printf(t->mem, "%s, %s", c->sizes[0], c->sizes[1]));
        text_addf(t, "%s and %s of %s, both >= 0\n", uses[0].word, uses[1].word, text_str(&uses[0].owners));
        return;
    }
    for (int i = 0; i < f->nsizes; i++) {
        emit_param(t, c->sizes[i]);
        text_addf(t, "%s, >= 0\n", uses[i].word ? text_str(&uses[i].all) : "size");
    }
}

/* A parameter that C calls otherwise than the signature: its new name as an extent. */
static const extent *renamed_atom(const char *atom, void *data)
{
    const fn_names *names = ((void **)data)[0];
    extent_pool *pool = ((void **)data)[1];
    atom_speller s = emit_fn_speller(names);
    const char *name = s.spell(atom, s.data);
    return strcmp(name, atom) ? extent_name(pool, name) : NULL;
}

/* "[N*D] row-major", "[N]", "[1]", in the C names. */
static void emit_shape(text *t, const interface_fn *f, const c_names *c, const interface_arg *a)
{
    fn_names names = {f, *c};
    text_add(t, a->rank == 0 ? "[1" : "[");
    for (int i = 0; i < a->rank; i++) {
        void *data[] = {&names, a->extents[i]->pool};
        const extent *e = extent_subst(a->extents[i], renamed_atom, data);
        bool is_sum = a->rank > 1 && e->n > 1;
        text_addf(t, is_sum ? "%s(%s)" : "%s%s", i > 0 ? "*" : "", extent_str(t->mem, e));
    }
    text_add(t, a->rank > 1 ? "] row-major" : "]");
}

static void emit_arg_param(text *t, const interface_fn *f, const c_names *c, int i)
{
    const interface_arg *a = &f->args[i];
    emit_param(t, c->args[i]);
    if (a->role == ARG_INPUT) {
        if (a->rank > 0) {
            emit_shape(t, f, c, a);
            text_add(t, ", ");
        }
        text_add(t, "read\n");
        return;
    }
    if (a->role == ARG_GRADIENT && a->gradient_of >= 0)
        text_addf(t, "gradient in %s, ", c->args[a->gradient_of]);
    emit_shape(t, f, c, a);
    text_addf(t, ", overwritten%s; NULL: not wanted\n", a->role == ARG_GRADIENT ? " (not added to)" : "");
}

/* "model_f_workspace(N, steps)": the query as a caller writes it. */
static void emit_query_call(text *t, const interface *m, const interface_fn *f, const c_names *c, target_kind target)
{
    const char *separator = "";
    text_addf(t, "%s(", emit_workspace_symbol(t->mem, m, f, target));
    for (int i = 0; i < f->nsizes; i++, separator = ", ")
        text_addf(t, "%s%s", separator, c->sizes[i]);
    for (int i = 0; i < f->nargs; i++) {
        if (!emit_is_workspace_arg(f, i))
            continue;
        text_addf(t, "%s%s", separator, c->args[i]);
        separator = ", ";
    }
    text_add(t, ")");
}

static void emit_function_doc(text *t, const interface *m, const interface_fn *f, const c_names *c)
{
    text_add(t, "/** ");
    emit_title(t, f);
    text_add(t, "\n *\n");
    emit_size_params(t, f, c);
    for (int i = 0; i < f->nargs; i++)
        emit_arg_param(t, f, c, i);
    emit_param(t, "workspace");
    emit_query_call(t, m, f, c, TARGET_C);
    text_add(t, " bytes, any alignment; NULL: the runtime allocates and frees\n"
                " *  @return           AD_OK, or what is wrong with which argument; then nothing is written */\n");
}

/* formula: "" where it is not known here. */
static void emit_workspace_doc(text *t, const interface_fn *f, const c_names *c, const char *formula)
{
    bool is_none = !strcmp(formula, "0");
    text_add(t, is_none ? "/** Bytes of workspace: 0, none needed" : "/** Bytes of workspace");
    if (!is_none && *formula) {
        text_add(t, ": ");
        emit_comment_text(t, formula, strlen(formula));
    }
    for (int i = 0; i < f->nsizes; i++)
        text_addf(t, "%s%s", i == 0 ? "; SIZE_MAX: " : i == f->nsizes - 1 ? " and " : ", ", c->sizes[i]);
    text_add(t, f->nsizes == 0 ? "" : f->nsizes == 1 ? " is impossible" : " are impossible");
    text_add(t, ". */\n");
}

static void emit_query(text *t, const interface *m, const interface_fn *f, const c_names *c, target_kind target)
{
    emit_workspace_doc(t, f, c, target == m->target ? f->workspace_formula : "");
    emit_workspace_prototype(t, m, f, target);
    text_add(t, ";\n\n");
}

/* The functions of model.cu beside that of model.c. */
static void emit_cuda_functions(text *t, const interface *m, const interface_fn *f, const c_names *c)
{
    const char *name = emit_symbol(t->mem, m, f, ENTRY_C);
    text_addf(t,
              "/** As %s, on a GPU: every pointer is to memory of the device, results too. Enqueues on stream and\n"
              " *  returns: never synchronises, never allocates, so it can be captured in a CUDA graph.\n"
              " *\n"
              " *  @param workspace  ",
              name);
    emit_query_call(t, m, f, c, TARGET_CUDA);
    text_add(t, " bytes of the device, any alignment. When the stream has\n"
                " *                    done the call, its status is the int32_t at the first multiple of 64 in it\n"
                " *  @param stream     a cudaStream_t; NULL: the default stream\n"
                " *  @return           AD_OK, or what the host knows to be wrong; then nothing is enqueued */\n");
    emit_prototype(t, m, f, ENTRY_CUDA);
    text_add(t, ";\n\n");
    emit_query(t, m, f, c, TARGET_CUDA);
    text_addf(t,
              "/** As %s, computed on the GPU: copies the arguments there, runs, copies the results back, waits.\n"
              " *  workspace is not used. AD_MEMORY: the device's is too small; AD_DEVICE: there is none. */\n",
              name);
    emit_prototype(t, m, f, ENTRY_HOST);
    text_add(t, ";\n\n");
}

static void emit_function(text *t, const interface *m, const interface_fn *f)
{
    c_names c = emit_c_names(t->mem, f);
    emit_function_doc(t, m, f, &c);
    emit_prototype(t, m, f, ENTRY_C);
    text_add(t, ";\n\n");
    emit_query(t, m, f, &c, TARGET_C);
    if (m->target == TARGET_CUDA)
        emit_cuda_functions(t, m, f, &c);
}

/* The frame. */

static void emit_origin(text *t, const interface *m)
{
    text_add(t, "/* Generated from ");
    emit_comment_text(t, m->source_name, strlen(m->source_name));
    text_addf(t, " by adc %s; do not edit.\n *   command: ", m->version);
    emit_comment_text(t, m->command, strlen(m->command));
    text_addf(t, "\n *   source:  %s */\n", m->source_hash);
}

static void emit_version_guard(text *t, const interface *m)
{
    text_addf(t, "#if AD_ABI < %d\n", INTERFACE_ABI);
    text_addf(t, "#error \"generated by adc %s for a newer <adc/runtime.h> than this one: install that of adc %s\"\n",
              m->version, m->version);
    text_addf(t, "#elif AD_ABI > %d\n", INTERFACE_ABI);
    text_addf(t, "#error \"generated by adc %s for an older <adc/runtime.h> than this one: run adc compile again\"\n",
              m->version);
    text_add(t, "#endif\n\n");
}

void emit_header(text *t, const interface *m)
{
    const char *guard = arena_printf(t->mem, "ADC_GENERATED_%s%s_H", m->prefix, m->suffix);
    emit_origin(t, m);
    text_addf(t, "#ifndef %s\n#define %s\n\n", guard, guard);
    text_add(t, "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n#include <adc/runtime.h>\n\n");
    emit_version_guard(t, m);
    text_add(t, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for (int i = 0; i < m->nfns; i++)
        emit_function(t, m, &m->fns[i]);
    text_addf(t, "extern const ad_module %s; /* the same functions, described */\n",
              emit_module_symbol(t->mem, m, TARGET_C));
    if (m->target == TARGET_CUDA)
        text_addf(t, "extern const ad_module %s; /* those on the GPU */\n", emit_module_symbol(t->mem, m, TARGET_CUDA));
    text_add(t, "\n");
    text_add(t, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
