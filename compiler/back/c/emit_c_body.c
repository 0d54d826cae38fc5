/* The function that does the work: static ad_status adt_run_f(sizes, arguments, workspace).
 *
 * Reads a placed nest_fn; writes its C. The statements are printed first, into a text of their own, so that the head
 * and the pointers into the workspace are only those that the statements use. */
#include <string.h>

#include "back/c/emit_c_parts.h"
#include "back/print_lane.h"
#include "back/spell.h"
#include "form/loops_live.h"

/* Walks over buffers. */

typedef struct buffer_walk {
    void (*f)(void *data, const buffer *b);
    void *data;
} buffer_walk;

static void walk_expr(const buffer_walk *w, const lexpr *x)
{
    if (x->kind == LX_LOAD)
        w->f(w->data, x->buffer);
    for (int i = 0; i < x->nargs; i++)
        walk_expr(w, x->args[i]);
}

void for_each_buffer(const lstmt_list *body, void (*f)(void *data, const buffer *b), void *data)
{
    buffer_walk w = {f, data};
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        const lexpr *exprs[] = {s->e, s->lo, s->hi, s->filter};
        for (int k = 0; k < 4; k++)
            if (exprs[k])
                walk_expr(&w, exprs[k]);
        for (int k = 0; k < s->nsubs; k++)
            walk_expr(&w, s->subs[k]);
        if (s->buffer)
            f(data, s->buffer);
        if (s->from)
            f(data, s->from);
        for_each_buffer(&s->body, f, data);
        for_each_buffer(&s->other, f, data);
    }
}

/* Buffers whose pointers may not be restrict: swapped, or in a slot with others. */

static void mark_swapped(emitter *e, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_SWAP) {
            map_set(&e->shared, s->buffer, e);
            map_set(&e->shared, s->from, e);
        }
        mark_swapped(e, &s->body);
        mark_swapped(e, &s->other);
    }
}

static void mark_shared(emitter *e)
{
    mark_swapped(e, &e->fn->body);
    for (int i = 0; i < e->fn->nslots; i++)
        for (int k = 0; e->slot_users[i].n > 1 && k < e->slot_users[i].n; k++)
            map_set(&e->shared, e->slot_users[i].data[k], e);
}

const char *restrict_word(const emitter *e, const buffer *b)
{
    return map_get(&e->shared, b) ? "" : "restrict ";
}

/* Pointers. */

static bool has_slot(const buffer *b)
{
    return b->slot >= 0 && (b->kind == BUF_WORKSPACE || b->kind == BUF_SCRATCH || b->kind == BUF_RESULT);
}

static bool is_used(emitter *e, const buffer *b)
{
    if (b->kind == BUF_RESULT)
        return e->p.arg_used[b->arg];
    const c_local *l = map_get(&e->p.locals, b);
    return l && l->used;
}

const char *emit_slot_name(emitter *e, int slot)
{
    return arena_printf(e->mem, "ad_%s%d", e->fn->slot_scratch[slot] ? "scratch" : "slot", slot);
}

static const char *take(emitter *e, int slot)
{
    const char *function = prelude_use(e->p.helpers, "ad_take");
    const char *threads = e->kernels ? "AD_GPU_THREADS" : "AD_MAX_THREADS";
    const char *bytes = emit_size(e, e->fn->slot_bytes[slot], PREC_SELECT);
    if (!e->fn->slot_scratch[slot])
        return arena_printf(e->mem, "%s(&workspace, %s)", function, bytes);
    return arena_printf(e->mem, "%s(&workspace, %s * %s(%s))", function, prelude_use(e->p.helpers, threads),
                        prelude_use(e->p.helpers, "ad_part"), bytes);
}

/* C++ does not convert from void. */
static const char *cast_to(const emitter *e, const char *type)
{
    return e->kernels ? arena_printf(e->mem, "(%s *)", type) : "";
}

void emit_scratch_pointer(emitter *e, const buffer *b, bool thread)
{
    const char *type = print_type(&e->p, b->elem, b->lanes), *part = emit_slot_name(e, b->slot);
    c_local *l = print_declare(&e->p, b, emitter_name(e, b->name));
    l->used = true;
    const char *number = e->kernels ? "ad_gpu_thread" : "ad_thread";
    if (thread)
        part =
            arena_printf(e->mem, "%s + %s() * %s(%s)", part, prelude_use(e->p.helpers, number),
                         prelude_use(e->p.helpers, "ad_part"), emit_size(e, e->fn->slot_bytes[b->slot], PREC_SELECT));
    emit_linef(e, "%s *%s%s = %s(%s);", type, restrict_word(e, b), l->name, e->kernels ? cast_to(e, type) : "(void *)",
               part);
}

static void emit_slot_pointer(emitter *e, const buffer *b, const char *from)
{
    const char *name = print_buffer_name(&e->p, b), *type = print_type(&e->p, b->elem, b->lanes);
    if (b->kind == BUF_WORKSPACE)
        emit_linef(e, "%s *%s%s = %s%s;", type, restrict_word(e, b), name, cast_to(e, type), from);
    if (b->kind == BUF_RESULT) {
        emit_linef(e, "if (!%s)", name);
        emit_linef(e, "    %s = %s%s;", name, cast_to(e, type), from);
    }
}

/* Takes the slot, and points its buffers at it. */
static void emit_slot(emitter *e, int slot)
{
    const buffer_list *all = &e->slot_users[slot];
    const buffer *only = NULL;
    int users = 0;
    for (int i = 0; i < all->n; i++)
        if (has_slot(all->data[i]) && is_used(e, all->data[i])) {
            only = all->data[i];
            users++;
        }
    if (e->fn->slot_scratch[slot]) {
        emit_linef(e, "char *%s = %s%s;", emit_slot_name(e, slot), e->kernels ? "(char *)" : "", take(e, slot));
    } else if (users == 1 && only->kind == BUF_WORKSPACE) {
        emit_slot_pointer(e, only, take(e, slot));
    } else if (users > 0) {
        emit_linef(e, "void *%s = %s;", emit_slot_name(e, slot), take(e, slot));
        for (int i = 0; i < all->n; i++)
            if (has_slot(all->data[i]) && is_used(e, all->data[i]))
                emit_slot_pointer(e, all->data[i], emit_slot_name(e, slot));
    }
}

/* Scratch buffers that are used outside parallel loops as well. */

static void mark_buffer(void *data, const buffer *b)
{
    map *m = data;
    if (b->kind == BUF_SCRATCH)
        map_set(m, b, m);
}

static void mark_serial_scratch_in(map *serial, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        lstmt outside = *body->data[i];
        bool is_parallel = (outside.kind == LS_FOR && outside.parallel) || outside.kind == LS_KERNEL;
        if (!is_parallel) {
            mark_serial_scratch_in(serial, &outside.body);
            mark_serial_scratch_in(serial, &outside.other);
        }
        outside.body = outside.other = (lstmt_list){0};
        lstmt_list one = {.data = (lstmt *[]){&outside}, .n = 1};
        for_each_buffer(&one, mark_buffer, serial);
    }
}

static void emit_serial_scratch(emitter *e)
{
    map serial;
    map_init(&serial, e->mem);
    mark_serial_scratch_in(&serial, &e->fn->body);
    for (int i = 0; i < e->fn->buffers.n; i++)
        if (map_get(&serial, e->fn->buffers.data[i]))
            emit_scratch_pointer(e, e->fn->buffers.data[i], false);
}

/* The function. */

static const char *run_parameter(emitter *e, int arg)
{
    const interface_arg *a = &e->fn->face->args[arg];
    const char *type = emit_c_type(a->elem), *name = e->p.params.args[arg];
    if (a->role == ARG_INPUT && a->rank == 0)
        return arena_printf(e->mem, "%s %s", type, name);
    const buffer *b = NULL;
    for (int i = 0; i < e->fn->buffers.n; i++) {
        const buffer *o = e->fn->buffers.data[i];
        if ((o->kind == BUF_INPUT || o->kind == BUF_RESULT) && o->arg == arg)
            b = o;
    }
    return arena_printf(e->mem, "%s%s *%s%s", a->role == ARG_INPUT ? "const " : "", type,
                        b ? restrict_word(e, b) : "restrict ", name);
}

typedef VEC(const char *) string_list;

static const char *joined(emitter *e, const string_list *list)
{
    text t;
    text_init(&t, e->mem);
    for (int i = 0; i < list->n; i++)
        text_addf(&t, "%s%s", i ? ", " : "", list->data[i]);
    return text_str(&t);
}

static void collect_parameters(emitter *e, string_list *declared, string_list *passed)
{
    const interface_fn *f = e->fn->face;
    for (int i = 0; i < f->nsizes; i++)
        if (e->p.size_used[i]) {
            vec_push(e->mem, declared, arena_printf(e->mem, "int64_t %s", e->p.params.sizes[i]));
            vec_push(e->mem, passed, e->p.params.sizes[i]);
        }
    for (int i = 0; i < f->nargs; i++)
        if (e->p.arg_used[i]) {
            vec_push(e->mem, declared, run_parameter(e, i));
            vec_push(e->mem, passed, e->p.params.args[i]);
        }
    if (e->fn->nslots > 0 || e->kernels) {
        vec_push(e->mem, declared, "char *workspace");
        vec_push(e->mem, passed, "ad_place");
    }
    if (e->kernels) {
        vec_push(e->mem, declared, "cudaStream_t stream");
        vec_push(e->mem, passed, "(cudaStream_t)stream");
    }
}

/* Prints f(e) into a text of its own. */
static text printed(emitter *e, void (*f)(emitter *e))
{
    text t, *out = e->out;
    text_init(&t, e->mem);
    e->out = &t;
    e->indent = 4;
    f(e);
    e->indent = 0;
    e->out = out;
    return t;
}

static void emit_body(emitter *e)
{
    e->depth = emit_depth(&e->fn->body);
    emit_statements(e, &e->fn->body);
}

static void emit_pointers(emitter *e)
{
    for (int i = 0; i < e->fn->nslots; i++)
        emit_slot(e, i);
}

static void declare_workspace_buffers(emitter *e)
{
    for (int i = 0; i < e->fn->buffers.n; i++) {
        const buffer *b = e->fn->buffers.data[i];
        if (b->kind == BUF_WORKSPACE)
            print_declare(&e->p, b, emitter_name(e, b->name));
    }
}

/* "_D3E1" */
static const char *version_suffix(emitter *e)
{
    text t;
    text_init(&t, e->mem);
    for (int i = 0; i < e->fn->fixed.n; i++)
        text_addf(&t, "%s%s%s", i ? "" : "_", e->fn->fixed.data[i].name,
                  print_integer(e->mem, e->fn->fixed.data[i].value));
    return text_str(&t);
}

/* What could not be computed is no number, and so are all results. */
static void emit_failure(emitter *e)
{
    const interface_fn *f = e->fn->face;
    emit_line(e, "if (ad_failed) {");
    e->indent += 4;
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        if (a->role == ARG_INPUT || !elem_is_float(a->elem))
            continue;
        text n;
        text_init(&n, e->mem);
        print_count(&n, &e->p, 0, a->rank, a->extents);
        e->p.arg_used[i] = true;
        emit_linef(e, "if (%s)", e->p.params.args[i]);
        emit_linef(e, "    %s(%s, %s, NAN);", prelude_use_for(e->p.helpers, "ad_fill", a->elem), e->p.params.args[i],
                   a->rank ? text_str(&n) : "1");
    }
    emit_line(e, "return AD_STATUS(AD_NUMERIC, 0);");
    e->indent -= 4;
    emit_line(e, "}");
}

/* The results are spoiled on the GPU, when a kernel says that something failed. */
static void emit_gpu_failure(emitter *e)
{
    const interface_fn *f = e->fn->face;
    prelude_use(e->p.helpers, "AD_LAUNCH");
    prelude_use(e->p.helpers, "ad_report");
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        if (a->role == ARG_INPUT || !elem_is_float(a->elem))
            continue;
        text n;
        text_init(&n, e->mem);
        print_count(&n, &e->p, 0, a->rank, a->extents);
        e->p.arg_used[i] = true;
        emit_linef(e, "if (%s)", e->p.params.args[i]);
        emit_linef(e, "    AD_LAUNCH(%s, 64, 256, stream)(%s, %s, ad_failed);",
                   prelude_use_for(e->p.helpers, "ad_spoil", a->elem), e->p.params.args[i],
                   a->rank ? text_str(&n) : "1");
    }
    emit_line(e, "AD_LAUNCH(ad_report, 1, 1, stream)(ad_state, ad_failed);");
}

/* The state of the call comes first in the workspace. */
static void emit_gpu_state(emitter *e)
{
    prelude_use(e->p.helpers, "AD_STATE_BYTES");
    emit_linef(e, "int32_t *ad_state = (int32_t *)%s(&workspace, AD_STATE_BYTES);",
               prelude_use(e->p.helpers, "ad_take"));
    if (e->p.uses_tickets)
        emit_line(e, "unsigned *ad_tickets = (unsigned *)(ad_state + 16);");
    if (e->p.can_fail)
        emit_line(e, "bool *ad_failed = (bool *)(ad_state + 8);");
    emit_line(e, "cudaMemsetAsync(ad_state, 0, AD_STATE_BYTES, stream);");
}

const char *emit_run(emitter *e)
{
    e->suffix = version_suffix(e);
    loops_live(&e->live, &e->fn->body);
    mark_shared(e);
    declare_workspace_buffers(e);
    text scratch = printed(e, emit_serial_scratch);
    text body = printed(e, emit_body);
    text failure = {0};
    if (e->p.can_fail)
        failure = printed(e, e->kernels ? emit_gpu_failure : emit_failure);
    text pointers = printed(e, emit_pointers), shares = printed(e, emit_shares);
    string_list declared = {0}, passed = {0};
    collect_parameters(e, &declared, &passed);
    text state = {0};
    if (e->kernels)
        state = printed(e, emit_gpu_state);
    const char *name = arena_printf(e->mem, "adt_run_%s%s", e->fn->face->name, e->suffix);
    emit_linef(e, "static ad_status %s(%s)", name, declared.n ? joined(e, &declared) : "void");
    emit_line(e, "{");
    text_add(e->out, text_str(&shares));
    text_add(e->out, e->kernels ? text_str(&state) : "");
    text_add(e->out, !e->kernels && e->fn->nslots > 0 && !pointers.n ? "    (void)workspace;\n" : text_str(&pointers));
    text_add(e->out, text_str(&scratch));
    text_add(e->out, e->p.can_fail && !e->kernels ? "    bool ad_failed = false;\n" : "");
    text_add(e->out, text_str(&body));
    text_add(e->out, e->p.can_fail ? text_str(&failure) : "");
    emit_line(e, e->kernels ? "    return cudaGetLastError() == cudaSuccess ? AD_OK : AD_STATUS(AD_DEVICE, 0);"
                            : "    return AD_OK;");
    emit_line(e, "}");
    return arena_printf(e->mem, "%s(%s)", name, joined(e, &passed));
}
