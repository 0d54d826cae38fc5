/* Reads the statements of a scheduled function; writes those of the host, in the same order, with kernels. */
#include "stage/offload/offload.h"

#include "form/loops_live.h"
#include "stage/offload/offload_state.h"

enum { FEW_PASSES = 64 };

static void walk(offloading *o, const lstmt_list *list);

static void push_host(offloading *o, lstmt *s)
{
    flush_serial(o);
    vec_push(o->mem, o->out, s);
}

static void offload_scalar(offloading *o, lstmt *s)
{
    if (!map_get(&o->live, s->temp))
        return;
    if (map_get(&o->device, s->temp))
        push_serial(o, s);
    else
        push_host(o, s);
}

/* Whole buffers. */

static void push_nest(offloading *o, lstmt *nest)
{
    if (nest->kind == LS_FOR)
        push_kernel(o, nest);
    else
        push_serial(o, nest);
}

static void offload_swap(offloading *o, lstmt *s)
{
    if (o->guard || s->buffer->rank == 0)
        push_nest(o, nest_of_exchange(o, s));
    else
        push_host(o, s);
}

/* Control. */

buffer *push_guard(offloading *o, lexpr *condition)
{
    lexpr *around = o->guard;
    o->guard = NULL;
    flush_serial(o);
    buffer *cell = new_cell(o, "go", ELEM_BOOL);
    lstmt *s = ARENA_NEW(o->mem, lstmt);
    *s = (lstmt){.kind = LS_STORE, .buffer = cell, .e = condition};
    if (around)
        s->e = lexpr_bin(o->mem, OP_AND, around, s->e);
    push_serial(o, s);
    flush_serial(o);
    o->guard = around;
    return cell;
}

void walk_guarded(offloading *o, const lstmt_list *body, buffer *cell)
{
    lexpr *around = o->guard;
    o->guard = load_cell(o, cell);
    flush_serial(o);
    walk(o, body);
    flush_serial(o);
    o->guard = around;
}

static void walk_into(offloading *o, lstmt_list *out, const lstmt_list *body)
{
    lstmt_list *around = o->out;
    flush_serial(o);
    o->out = out;
    walk(o, body);
    flush_serial(o);
    o->out = around;
}

/* Once the GPU knows that a pass is not made, none is: the host may ask for the cell on its way, if it saves launches.
 */
static bool is_worth_watching(const offloading *o, const lstmt *s, const lstmt *loop)
{
    bool is_short = loop->hi->kind == LX_CONST && loop->hi->integer <= FEW_PASSES;
    return host_knows(o, s->lo) && !is_short;
}

/* When this pass is made, if only the GPU knows; NULL: always. */
static lexpr *pass_condition(offloading *o, const lstmt *s)
{
    lexpr *holds = s->e && !host_knows(o, s->e) ? s->e : NULL, *index = lexpr_temp(o->mem, s->temp);
    lexpr *after = host_knows(o, s->lo) ? NULL : lexpr_bin(o->mem, OP_LE, s->lo, index);
    lexpr *before = host_knows(o, s->hi) ? NULL : lexpr_bin(o->mem, OP_LT, index, s->hi);
    lexpr *within = after && before ? lexpr_bin(o->mem, OP_AND, after, before) : after ? after : before;
    return holds && within ? lexpr_bin(o->mem, OP_AND, within, holds) : within ? within : holds;
}

/* Which pass is the last one only the GPU may know: then the host makes as many as there can be. */
static void offload_host_loop(offloading *o, const lstmt *s)
{
    lstmt *loop = ARENA_NEW(o->mem, lstmt);
    *loop = *s;
    loop->parallel = loop->independent = false;
    loop->body = (lstmt_list){0};
    push_host(o, loop);
    lexpr *condition = pass_condition(o, s);
    if (!condition) {
        walk_into(o, &loop->body, &s->body);
        return;
    }
    loop->lo = host_bound(o, s->lo, false);
    loop->hi = host_bound(o, s->hi, true);
    loop->e = s->e && host_knows(o, s->e) ? s->e : NULL;
    lstmt_list *around = o->out;
    o->out = &loop->body;
    buffer *go = push_guard(o, condition);
    loop->from = is_worth_watching(o, s, loop) ? go : NULL;
    walk_guarded(o, &s->body, go);
    o->out = around;
}

static void offload_for(offloading *o, lstmt *s)
{
    if (is_kernel_loop(o, s))
        push_kernel(o, s);
    else if (is_scatter(o, s))
        push_scatter(o, s);
    else if (is_host_loop(o, s))
        offload_host_loop(o, s);
    else
        push_serial_sums(o, s);
}

static void offload_if(offloading *o, lstmt *s)
{
    if (s->either && o->guard)
        walk(o, &s->other); /* what a library is for would not ask whether it is to be done */
    else if (!has_parallel_work(&s->body) && !has_parallel_work(&s->other)) {
        push_serial_sums(o, s);
    } else if (host_knows(o, s->e)) {
        lstmt_list body = s->body, other = s->other;
        s->body = s->other = (lstmt_list){0};
        push_host(o, s);
        walk_into(o, &s->body, &body);
        walk_into(o, &s->other, &other);
    } else {
        buffer *holds = push_guard(o, s->e);
        buffer *fails = s->other.n ? push_guard(o, lexpr_point(o->mem, OP_NOT, ELEM_BOOL, 1, &s->e)) : NULL;
        walk_guarded(o, &s->body, holds);
        if (fails)
            walk_guarded(o, &s->other, fails);
    }
}

static void offload_fail(offloading *o, lstmt *s)
{
    if (host_knows(o, s->e))
        push_host(o, s);
    else
        push_serial(o, s);
}

/* rest: what follows it. */
static void offload_statement(offloading *o, lstmt *s, const lstmt_list *rest)
{
    switch (s->kind) {
    case LS_LET:
    case LS_VAR:
    case LS_SET:
        offload_scalar(o, s);
        break;
    case LS_FILL:
        push_nest(o, nest_of_fill(o, s));
        break;
    case LS_COPY:
    case LS_COPY_INTO:
        push_nest(o, nest_of_copy(o, s));
        break;
    case LS_SWAP:
        offload_swap(o, s);
        break;
    case LS_ACC:
        begin_state(o, s, rest);
        break;
    case LS_FOR:
        offload_for(o, s);
        break;
    case LS_IF:
        offload_if(o, s);
        break;
    case LS_FAIL:
        offload_fail(o, s);
        break;
    case LS_ADD:
        push_serial_sums(o, s);
        break;
    case LS_COMMENT:
        flush_serial(o);
        o->comment = s->text;
        break;
    case LS_CALL:
        s->e = o->guard;
        push_host(o, s);
        break;
    case LS_ARRAY:
        break;
    default:
        push_serial(o, s);
    }
}

static void walk(offloading *o, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt_list rest = {.data = list->data + i + 1, .n = list->n - i - 1};
        offload_statement(o, list->data[i], &rest);
        forget_sortings(o, list->data[i]);
    }
}

static void append(offloading *o, lstmt_list *to, const lstmt_list *from)
{
    for (int i = 0; i < from->n; i++)
        vec_push(o->mem, to, from->data[i]);
}

/* The statements of the function; before each what its kernels found that comes first. */
static void walk_function(offloading *o, const lstmt_list *list)
{
    lstmt_list *own = ARENA_NEW(o->mem, lstmt_list);
    o->out = own;
    for (int i = 0; i < list->n; i++) {
        const lstmt_list rest = {.data = list->data + i + 1, .n = list->n - i - 1};
        offload_statement(o, list->data[i], &rest);
        forget_sortings(o, list->data[i]);
        append(o, &o->f->body, &o->first);
        append(o, &o->f->body, own);
        o->first.n = own->n = 0;
    }
}

/* ---- memory of kernels ---- */

typedef struct owner {
    const lstmt *kernel; /* that alone uses it */
    bool shared;
} owner;

typedef struct owning {
    arena *mem;
    map owners; /* buffer -> owner */
} owning;

static void note_use(owning *w, const buffer *b, const lstmt *kernel)
{
    owner *x = map_get(&w->owners, b);
    if (!x) {
        x = ARENA_NEW(w->mem, owner);
        x->kernel = kernel;
        map_set(&w->owners, b, x);
    }
    x->shared |= x->kernel != kernel || !kernel;
}

static void note_expr(owning *w, const lexpr *e, const lstmt *kernel)
{
    if (!e)
        return;
    if (e->kind == LX_LOAD)
        note_use(w, e->buffer, kernel);
    for (int i = 0; i < e->nargs; i++)
        note_expr(w, e->args[i], kernel);
}

static void note_list(owning *w, const lstmt_list *list, const lstmt *kernel)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        const lexpr *const all[] = {s->e, s->lo, s->hi, s->filter};
        for (int k = 0; k < 4; k++)
            note_expr(w, all[k], kernel);
        for (int k = 0; k < s->nsubs; k++)
            note_expr(w, s->subs[k], kernel);
        if (s->buffer && s->kind != LS_ARRAY)
            note_use(w, s->buffer, kernel);
        if (s->from)
            note_use(w, s->from, kernel);
        note_list(w, &s->body, s->kind == LS_KERNEL ? s : kernel);
        note_list(w, &s->other, kernel);
    }
}

/* Memory of a thread that several kernels use is no longer that of a thread. */
static void share_memory(offloading *o)
{
    owning w = {.mem = o->mem};
    map_init(&w.owners, o->mem);
    note_list(&w, &o->f->body, NULL);
    for (int i = 0; i < o->f->buffers.n; i++) {
        buffer *b = o->f->buffers.data[i];
        const owner *x = map_get(&w.owners, b);
        if ((b->kind == BUF_SCRATCH || b->kind == BUF_LOCAL) && x && x->shared) {
            b->kind = BUF_WORKSPACE;
            b->first_use = 0;
            b->last_use = INT32_MAX;
        }
    }
}

void offload(nest_fn *f, arena *mem)
{
    offloading o = {.mem = mem, .f = f, .pool = loops_pool(f, mem)};
    f->threads = GPU_THREADS;
    f->state_bytes = STATE_BYTES;
    map_init(&o.live, mem);
    map_init(&o.wholes, mem);
    map_init(&o.declared, mem);
    map_init(&o.device, mem);
    map_init(&o.cells, mem);
    map_init(&o.origins, mem);
    map_init(&o.first_made, mem);
    loops_live(&o.live, &f->body);
    find_origins(&o, &f->body);
    find_device_temps(&o);
    lstmt_list body = f->body;
    f->body = (lstmt_list){0};
    walk_function(&o, &body);
    share_memory(&o);
    size_parts(&o);
    size_lists(&o);
}
