/* One function per part of a statement; a declaration is noted before what reads it is copied. */
#include "form/loops_copy.h"

#include "form/loops_make.h"

void loops_copy_init(loops_copying *c, arena *mem, nest_fn *f, const char *suffix)
{
    *c = (loops_copying){.mem = mem, .f = f, .suffix = suffix};
    map_init(&c->temps, mem);
    map_init(&c->buffers, mem);
}

static void declare(loops_copying *c, temp *t)
{
    if (t)
        map_set(&c->temps, t, temp_new(c->mem, arena_printf(c->mem, "%s%s", t->name, c->suffix), t->elem, t->lanes));
}

static void declare_array(loops_copying *c, buffer *b)
{
    buffer *own = ARENA_NEW(c->mem, buffer);
    *own = *b;
    own->name = arena_printf(c->mem, "%s%s", b->name, c->suffix);
    vec_push(c->mem, &c->f->buffers, own);
    map_set(&c->buffers, b, own);
}

temp *loops_copy_temp(const loops_copying *c, temp *t)
{
    temp *new = t ? map_get(&c->temps, t) : NULL;
    return new ? new : t;
}

static buffer *copy_buffer(const loops_copying *c, buffer *b)
{
    buffer *own = b ? map_get(&c->buffers, b) : NULL;
    return own ? own : b;
}

lexpr *loops_copy_expr(const loops_copying *c, const lexpr *e)
{
    if (!e)
        return NULL;
    lexpr *out = lexpr_new(c->mem, *e);
    out->temp = loops_copy_temp(c, e->temp);
    out->count = loops_copy_temp(c, e->count);
    out->buffer = copy_buffer(c, e->buffer);
    for (int i = 0; i < e->nargs; i++)
        out->args[i] = loops_copy_expr(c, e->args[i]);
    return out;
}

static accumulator *copy_acc(const loops_copying *c, const accumulator *a)
{
    if (!a)
        return NULL;
    accumulator *out = ARENA_NEW(c->mem, accumulator);
    *out = *a;
    out->value = loops_copy_temp(c, a->value);
    out->second = loops_copy_temp(c, a->second);
    return out;
}

static lstmt_list copy_list(loops_copying *c, const lstmt_list *list)
{
    lstmt_list out = {0};
    for (int i = 0; i < list->n; i++)
        vec_push(c->mem, &out, loops_copy(c, list->data[i]));
    return out;
}

lstmt *loops_copy(loops_copying *c, const lstmt *s)
{
    lstmt *out = ARENA_NEW(c->mem, lstmt);
    *out = *s;
    out->e = loops_copy_expr(c, s->e);
    out->lo = loops_copy_expr(c, s->lo);
    out->hi = loops_copy_expr(c, s->hi);
    out->filter = loops_copy_expr(c, s->filter);
    if (s->kind == LS_LET || s->kind == LS_VAR || s->kind == LS_FOR)
        declare(c, s->temp);
    if (s->kind == LS_ACC) {
        declare(c, s->acc->value);
        declare(c, s->acc->second);
    }
    if (s->kind == LS_ARRAY)
        declare_array(c, s->buffer);
    out->temp = loops_copy_temp(c, s->temp);
    out->count = loops_copy_temp(c, s->count);
    out->buffer = copy_buffer(c, s->buffer);
    out->from = copy_buffer(c, s->from);
    out->acc = copy_acc(c, s->acc);
    out->part = copy_acc(c, s->part);
    out->subs = ARENA_ARRAY(c->mem, lexpr *, s->nsubs + 1);
    for (int i = 0; i < s->nsubs; i++)
        out->subs[i] = loops_copy_expr(c, s->subs[i]);
    out->body = copy_list(c, &s->body);
    out->other = copy_list(c, &s->other);
    return out;
}

lstmt_list loops_copy_all(arena *mem, const lstmt_list *list)
{
    loops_copying c;
    loops_copy_init(&c, mem, ARENA_NEW(mem, nest_fn), "");
    return copy_list(&c, list);
}
