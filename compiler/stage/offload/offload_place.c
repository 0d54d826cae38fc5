/* What the host knows: sizes, arguments that are passed by value, and what is computed from them in its own order. */
#include "stage/offload/offload_state.h"

static char mark;

static bool writes_whole_buffer(const lstmt *s)
{
    bool whole = s->kind == LS_FILL || s->kind == LS_COPY || s->kind == LS_COPY_INTO || s->kind == LS_SWAP;
    return whole && s->buffer->rank > 0;
}

static bool has_call(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_CALL || has_call(&s->body) || has_call(&s->other))
            return true;
    }
    return false;
}

bool has_parallel_work(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        bool parallel = s->kind == LS_FOR && (s->parallel || s->independent);
        if (parallel || s->kind == LS_CALL || writes_whole_buffer(s) || has_parallel_work(&s->body) ||
            has_parallel_work(&s->other))
            return true;
    }
    return false;
}

bool host_knows(const offloading *o, const lexpr *e)
{
    if (e->kind == LX_TEMP && (map_get(&o->device, e->temp) || !map_get(&o->declared, e->temp)))
        return false;
    if (e->kind == LX_LOAD && (e->buffer->kind != BUF_INPUT || e->buffer->rank > 0))
        return false;
    if (e->kind == LX_POINT && e->op == OP_SEEK)
        return false;
    for (int i = 0; i < e->nargs; i++)
        if (!host_knows(o, e->args[i]))
            return false;
    return true;
}

static bool knows_bounds(const offloading *o, const lstmt *s)
{
    return host_knows(o, s->lo) && host_knows(o, s->hi);
}

bool is_kernel_loop(const offloading *o, const lstmt *s)
{
    return (s->parallel || s->independent) && !s->e && knows_bounds(o, s) && !has_call(&s->body);
}

bool is_host_loop(const offloading *o, const lstmt *s)
{
    return !is_kernel_loop(o, s) && !is_scatter(o, s) && has_parallel_work(&s->body) && host_bound(o, s->lo, false) &&
           host_bound(o, s->hi, true);
}

/* ---- marking ---- */

typedef struct marking {
    offloading *o;
    bool changed;
} marking;

static void mark_device(marking *m, const temp *t)
{
    if (t && !map_get(&m->o->device, t)) {
        map_set(&m->o->device, t, &mark);
        m->changed = true;
    }
}

static void find_declared(map *declared, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_LET || s->kind == LS_VAR)
            map_set(declared, s->temp, &mark);
        find_declared(declared, &s->body);
        find_declared(declared, &s->other);
    }
}

static void mark_assigned(marking *m, const map *declared, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_SET && !map_get(declared, s->temp))
            mark_device(m, s->temp);
        mark_assigned(m, declared, &s->body);
        mark_assigned(m, declared, &s->other);
    }
}

/* What a statement that runs on the GPU as a whole assigns outside it. */
static void mark_outside(marking *m, const lstmt *s)
{
    map declared;
    arena *scratch = arena_new();
    map_init(&declared, scratch);
    lstmt_list one = {.data = (lstmt *[]){(lstmt *)s}, .n = 1};
    find_declared(&declared, &one);
    mark_assigned(m, &declared, &one);
    arena_free(scratch);
}

static void mark_list(marking *m, const lstmt_list *list, bool conditional)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        bool assigns = s->kind == LS_LET || s->kind == LS_VAR || s->kind == LS_SET;
        if (s->temp && (assigns || (s->kind == LS_FOR && is_host_loop(m->o, s))))
            map_set(&m->o->declared, s->temp, &mark);
        if (assigns && (conditional || !host_knows(m->o, s->e))) {
            mark_device(m, s->temp);
        } else if (s->kind == LS_ACC) {
            mark_device(m, s->acc->value);
            mark_device(m, s->acc->second);
        } else if (s->kind == LS_FOR && is_host_loop(m->o, s)) {
            bool known = knows_bounds(m->o, s) && (!s->e || host_knows(m->o, s->e));
            mark_list(m, &s->body, conditional || !known);
        } else if (s->kind == LS_IF && has_parallel_work(&s->body) + has_parallel_work(&s->other) > 0) {
            bool known = host_knows(m->o, s->e);
            mark_list(m, &s->body, conditional || !known);
            mark_list(m, &s->other, conditional || !known);
        } else if (s->kind == LS_FOR || s->kind == LS_IF) {
            mark_outside(m, s);
        }
    }
}

void find_device_temps(offloading *o)
{
    marking m = {o, true};
    while (m.changed) {
        m.changed = false;
        mark_list(&m, &o->f->body, false);
    }
}
