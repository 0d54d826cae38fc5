/* A kernel and its launch.
 *
 * Reads LS_KERNEL; writes the kernel into a text of its own, which stands before the host's function, and the launch
 * into the host's. The one idea: the body is printed first; what it turns out to read of the host are its parameters.
 */
#include <string.h>

#include "back/c/emit_c_parts.h"
#include "back/print_lane.h"
#include "back/spell.h"

typedef struct parameters {
    arena *mem;
    name_list declared, passed;
} parameters;

static void add_parameter(parameters *p, const char *type, const char *name)
{
    vec_push(p->mem, &p->declared, arena_printf(p->mem, "%s%s", type, name));
    vec_push(p->mem, &p->passed, name);
}

static const buffer *buffer_of_arg(const emitter *e, int arg)
{
    for (int i = 0; i < e->fn->buffers.n; i++) {
        const buffer *b = e->fn->buffers.data[i];
        if ((b->kind == BUF_INPUT || b->kind == BUF_RESULT) && b->arg == arg)
            return b;
    }
    return NULL;
}

static void add_argument(emitter *e, parameters *p, int arg)
{
    const interface_arg *a = &e->fn->face->args[arg];
    const char *type = emit_c_type(a->elem);
    const buffer *b = buffer_of_arg(e, arg);
    if (a->role == ARG_INPUT && a->rank == 0)
        type = arena_printf(e->mem, "%s ", type);
    else
        type = arena_printf(e->mem, "%s%s *%s", a->role == ARG_INPUT ? "const " : "", type,
                            b ? restrict_word(e, b) : "restrict ");
    add_parameter(p, type, e->p.params.args[arg]);
}

static void add_capture(emitter *e, parameters *p, const c_capture *c)
{
    const char *type = c->type;
    if (c->temp)
        type = arena_printf(e->mem, "const %s ", print_type(&e->p, c->temp->elem, false));
    if (c->buffer)
        type = arena_printf(e->mem, "%s *%s", emit_c_type(c->buffer->elem), restrict_word(e, c->buffer));
    add_parameter(p, type, c->name);
}

static parameters collect_parameters(emitter *e, const c_printer *kernel)
{
    parameters p = {.mem = e->mem};
    const interface_fn *f = e->fn->face;
    for (int i = 0; i < f->nsizes; i++)
        if (kernel->size_used[i]) {
            e->p.size_used[i] = true;
            add_parameter(&p, "int64_t ", e->p.params.sizes[i]);
        }
    for (int i = 0; i < f->nargs; i++)
        if (kernel->arg_used[i]) {
            e->p.arg_used[i] = true;
            add_argument(e, &p, i);
        }
    for (int i = 0; i < kernel->captures.n; i++)
        add_capture(e, &p, &kernel->captures.data[i]);
    return p;
}

static void find_scratch(void *data, const buffer *b)
{
    map *seen = data;
    if (b->kind == BUF_SCRATCH)
        map_set(seen, b, seen);
}

/* Each thread has its part of the memory. */
static void emit_own_memory(emitter *e, const lstmt *s)
{
    map seen;
    map_init(&seen, e->mem);
    for_each_buffer(&s->body, find_scratch, &seen);
    for (int i = 0; i < e->fn->buffers.n; i++)
        if (map_get(&seen, e->fn->buffers.data[i])) {
            print_capture(&e->p, "char *", arena_printf(e->mem, "ad_scratch%d", e->fn->buffers.data[i]->slot));
            emit_scratch_pointer(e, e->fn->buffers.data[i], true);
        }
}

static void emit_conditions(emitter *e, const lstmt *s)
{
    if (e->checked) {
        print_capture(&e->p, "int32_t *", "ad_state");
        emit_line(e, "if (*ad_state != AD_OK)");
        emit_line(e, "    return;");
    }
    if (s->e) {
        emit_linef(e, "if (!%s)", emit_text(e, s->e, PREC_UNARY));
        emit_line(e, "    return;");
    }
}

static const char *joined(arena *mem, int n, const char *const *items)
{
    text t;
    text_init(&t, mem);
    for (int i = 0; i < n; i++)
        text_addf(&t, "%s%s", i ? ", " : "", items[i]);
    return text_str(&t);
}

static void emit_launch(emitter *e, const lstmt *s, const char *name, const parameters *p)
{
    const char *blocks = emit_text(e, s->lo, PREC_SELECT), *splits = s->hi ? emit_text(e, s->hi, PREC_SELECT) : "1";
    int64_t always = s->lo->kind == LX_CONST ? s->lo->integer : 0;
    if (always < 1)
        emit_linef(e, "if (%s > 0)", emit_text(e, s->lo, PREC_ADD));
    e->indent += always < 1 ? 4 : 0;
    prelude_use(e->p.helpers, "AD_LAUNCH");
    emit_linef(e, "AD_LAUNCH(%s, %s(%s, %s), %s, stream)(%s);", name, prelude_use(e->p.helpers, "ad_grid"), blocks,
               splits, print_integer(e->mem, s->step), joined(e->mem, p->passed.n, p->passed.data));
    e->indent -= always < 1 ? 4 : 0;
}

void emit_kernel(emitter *e, const lstmt *s)
{
    c_printer host = e->p;
    text *out = e->out, body;
    name_list locals = {0};
    int indent = e->indent, mark = enter_scope(e);
    e->given = &locals;
    text_init(&body, e->mem);
    c_printer_init(&e->p, e->mem, e->fn, host.helpers);
    e->p.real = host.real;
    e->p.host = &host;
    e->out = &body;
    e->indent = 4;
    emit_conditions(e, s);
    emit_own_memory(e, s);
    emit_statements(e, &s->body);
    c_printer kernel = e->p;
    host.can_fail |= kernel.can_fail;
    for (int i = 0; i < kernel.captures.n; i++)
        host.uses_tickets |= !strcmp(kernel.captures.data[i].name, "ad_tickets");
    e->p = host;
    e->given = NULL;
    leave_scope(e, mark);
    parameters p = collect_parameters(e, &kernel);
    const char *bounds = print_integer(e->mem, s->step), *declared = joined(e->mem, p.declared.n, p.declared.data);
    const char *own = arena_printf(e->mem, "adt_%s%s_%d", e->fn->face->name, e->suffix, s->arg);
    const char *printed = arena_printf(e->mem, "%s(%s) %s", bounds, declared, text_str(&body));
    const char *name = emit_same_kernel(e, &locals, &p.passed, printed, own);
    e->indent = 0;
    e->out = e->kernels;
    if (name == own) {
        if (s->text)
            emit_linef(e, "/* %s */", emit_in_comment(e->mem, s->text));
        emit_linef(e, "static __global__ void __launch_bounds__(%s, 1) %s(%s)", bounds, name, declared);
        text_addf(e->out, "{\n%s}\n\n", text_str(&body));
    }
    e->out = out;
    e->indent = indent;
    emit_launch(e, s, name, &p);
}
