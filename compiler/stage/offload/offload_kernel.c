/* Kernels of one thread, for statements that follow each other, and which kernel a loop becomes. */
#include "form/loops_copy.h"
#include "stage/offload/offload_state.h"

/* ---- scalars of the GPU ---- */

buffer *new_cell(offloading *o, const char *name, elem e)
{
    buffer *b = ARENA_NEW(o->mem, buffer);
    *b = (buffer){.kind = BUF_WORKSPACE, .name = name, .elem = e, .slot = -1, .first_use = 0, .last_use = INT32_MAX};
    vec_push(o->mem, &o->f->buffers, b);
    return b;
}

buffer *cell_of(offloading *o, temp *t)
{
    buffer *b = map_get(&o->cells, t);
    if (!b) {
        b = new_cell(o, t->name, t->elem);
        map_set(&o->cells, t, b);
    }
    return b;
}

lexpr *load_cell(offloading *o, buffer *b)
{
    return lexpr_new(o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b});
}

lexpr *with_cells(offloading *o, lexpr *e)
{
    if (!e)
        return NULL;
    if (e->kind == LX_TEMP)
        return map_get(&o->device, e->temp) ? load_cell(o, cell_of(o, e->temp)) : e;
    lexpr *copy = lexpr_new(o->mem, *e);
    for (int i = 0; i < e->nargs; i++)
        copy->args[i] = with_cells(o, e->args[i]);
    return copy;
}

static void store_cell(offloading *o, lstmt *s)
{
    s->kind = LS_STORE;
    s->buffer = cell_of(o, s->temp);
    s->temp = NULL;
}

void read_cells(offloading *o, lstmt *s)
{
    s->e = with_cells(o, s->e);
    s->lo = with_cells(o, s->lo);
    s->hi = with_cells(o, s->hi);
    s->filter = with_cells(o, s->filter);
    lexpr **subs = ARENA_ARRAY(o->mem, lexpr *, s->nsubs + 1);
    for (int i = 0; i < s->nsubs; i++)
        subs[i] = with_cells(o, s->subs[i]);
    s->subs = subs;
    bool assigns = s->kind == LS_LET || s->kind == LS_VAR || s->kind == LS_SET;
    if (assigns && map_get(&o->device, s->temp))
        store_cell(o, s);
    for (int i = 0; i < s->body.n; i++)
        read_cells(o, s->body.data[i]);
    for (int i = 0; i < s->other.n; i++)
        read_cells(o, s->other.data[i]);
}

/* ---- launching ---- */

lstmt *new_kernel(offloading *o, lexpr *blocks, int threads)
{
    lstmt *k = lstmt_new(o->mem, o->out, LS_KERNEL);
    k->arg = ++o->kernels;
    k->text = o->comment;
    o->comment = NULL;
    k->lo = blocks;
    k->step = threads;
    k->e = o->guard;
    return k;
}

void flush_serial(offloading *o)
{
    o->serial = NULL;
}

/* Memory outside the kernel is not exchanged by exchanging pointers. */
static void exchange_contents(offloading *o, lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        if (s->kind == LS_SWAP && s->buffer->kind == BUF_WORKSPACE)
            body->data[i] = nest_of_exchange(o, s);
        exchange_contents(o, &s->body);
        exchange_contents(o, &s->other);
    }
}

/* Data that only one side of a choice reads may not be there: a load out of range is 0. */
static void guard_loads(lexpr *e)
{
    if (!e)
        return;
    if (e->kind == LX_LOAD && e->nargs > 0)
        e->guarded = true;
    for (int i = 0; i < e->nargs; i++)
        guard_loads(e->args[i]);
}

void push_serial(offloading *o, lstmt *s)
{
    if (!o->serial)
        o->serial = new_kernel(o, lexpr_int(o->mem, 1), 1);
    read_cells(o, s);
    if (s->body.n == 0)
        guard_loads(s->e);
    lstmt_list one = {0};
    vec_push(o->mem, &one, s);
    exchange_contents(o, &one);
    vec_push(o->mem, &o->serial->body, one.data[0]);
}

void push_rows(offloading *o, lstmt *loop)
{
    points p = find_points(o, loop);
    lstmt *sum = long_sum(o, &p.body);
    if (!sum)
        sum = find_deep_rows(o, &p);
    if (sum)
        push_tiles(o, &p, sum);
    else
        push_points(o, &p);
}

static bool adds_to(const lstmt_list *body, const accumulator *a)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if ((s->kind == LS_ADD && s->acc->value == a->value) || adds_to(&s->body, a) || adds_to(&s->other, a))
            return true;
    }
    return false;
}

static bool adds(const lstmt *s, const accumulator *a)
{
    const lstmt_list one = {.data = (lstmt *[]){(lstmt *)s}, .n = 1};
    return adds_to(&one, a);
}

/* ---- states of accumulators ---- */

static bool runs_on_host(const offloading *o, const lstmt *s)
{
    return (s->kind == LS_FOR && is_host_loop(o, s)) ||
           (s->kind == LS_IF && (has_parallel_work(&s->body) || has_parallel_work(&s->other)));
}

/* How many kernels add to it, where one in a loop of the host counts as several. */
static int count_adding(const offloading *o, const lstmt_list *list, const accumulator *a)
{
    int n = 0;
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (runs_on_host(o, s))
            n += 2 * (count_adding(o, &s->body, a) + count_adding(o, &s->other, a));
        else
            n += adds(s, a);
    }
    return n;
}

void keep_state(offloading *o, lstmt_list *out, temp *t)
{
    if (!t || !map_get(&o->live, t))
        return;
    lstmt *s = lstmt_new(o->mem, out, LS_STORE);
    s->buffer = cell_of(o, t);
    s->e = lexpr_temp(o->mem, t);
}

static void store_state(offloading *o, lstmt_list *out, temp *cell, temp *value)
{
    lstmt *s = lstmt_new(o->mem, out, LS_STORE);
    s->buffer = cell_of(o, cell);
    s->e = lexpr_temp(o->mem, value);
}

/* The state in memory and that of the kernel, whose terms come later. */
static void join_state(offloading *o, lstmt_list *out, const accumulator *whole, accumulator *part)
{
    loops_copying c;
    loops_copy_init(&c, o->mem, o->f, "");
    lstmt declared = {.kind = LS_ACC, .acc = (accumulator *)whole};
    lstmt *state = loops_copy(&c, &declared);
    vec_push(o->mem, out, state);
    accumulator *a = state->acc;
    lstmt_set(o->mem, out, a->value, load_cell(o, cell_of(o, whole->value)));
    if (a->second)
        lstmt_set(o->mem, out, a->second, load_cell(o, cell_of(o, whole->second)));
    lstmt *join = lstmt_new(o->mem, out, LS_JOIN);
    join->acc = a;
    join->part = part;
    store_state(o, out, whole->value, a->value);
    if (a->second)
        store_state(o, out, whole->second, a->second);
}

void finish_states(offloading *o, lstmt_list *out, const lstmt_list *accs)
{
    for (int i = 0; i < accs->n; i++) {
        accumulator *a = accs->data[i]->acc, *whole = map_get(&o->wholes, a->value);
        if (whole) {
            join_state(o, out, whole, a);
        } else {
            keep_state(o, out, a->value);
            keep_state(o, out, a->second);
        }
    }
}

/* What several kernels add to begins in memory. */
void begin_state(offloading *o, lstmt *acc, const lstmt_list *rest)
{
    if (count_adding(o, rest, acc->acc) < 2) {
        vec_push(o->mem, &o->pending, acc);
        return;
    }
    vec_push(o->mem, &o->several, acc);
    loops_copying c;
    loops_copy_init(&c, o->mem, o->f, "");
    if (!o->serial)
        o->serial = new_kernel(o, lexpr_int(o->mem, 1), 1);
    lstmt *state = loops_copy(&c, acc);
    vec_push(o->mem, &o->serial->body, state);
    store_state(o, &o->serial->body, acc->acc->value, state->acc->value);
    if (acc->acc->second)
        store_state(o, &o->serial->body, acc->acc->second, state->acc->second);
}

/* The accumulators that the loop adds to; for those of several kernels the loop has ones of its own. */
static lstmt_list take_pending(offloading *o, lstmt **loop)
{
    lstmt_list accs = {0}, own = {0};
    int kept = 0;
    for (int i = 0; i < o->pending.n; i++) {
        lstmt *acc = o->pending.data[i];
        if (adds(*loop, acc->acc))
            vec_push(o->mem, &accs, acc);
        else
            o->pending.data[kept++] = acc;
    }
    o->pending.n = kept;
    loops_copying c;
    loops_copy_init(&c, o->mem, o->f, "");
    for (int i = 0; i < o->several.n; i++) {
        lstmt *acc = o->several.data[i];
        if (!adds(*loop, acc->acc))
            continue;
        vec_push(o->mem, &own, loops_copy(&c, acc));
        map_set(&o->wholes, own.data[own.n - 1]->acc->value, acc->acc);
    }
    if (own.n > 0)
        *loop = loops_copy(&c, *loop);
    for (int i = 0; i < own.n; i++)
        vec_push(o->mem, &accs, own.data[i]);
    return accs;
}

void push_serial_sums(offloading *o, lstmt *s)
{
    lstmt_list accs = take_pending(o, &s);
    if (!o->serial)
        o->serial = new_kernel(o, lexpr_int(o->mem, 1), 1);
    for (int i = 0; i < accs.n; i++)
        vec_push(o->mem, &o->serial->body, accs.data[i]);
    push_serial(o, s);
    finish_states(o, &o->serial->body, &accs);
}

void push_kernel(offloading *o, lstmt *loop)
{
    lstmt_list accs = take_pending(o, &loop);
    flush_serial(o);
    if (accs.n == 0)
        push_rows(o, loop);
    else if (has_long_sums(o, &loop->body))
        push_rows_then_sums(o, loop, &accs);
    else
        push_sums(o, loop, &accs);
}
