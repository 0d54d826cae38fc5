/* Kernels of a thread per point. */
#include "stage/offload/offload_state.h"

enum { THREADS = 128, LEAST_FREE = 16384 / THREADS }; /* of a block; blocks, where threads have memory of their own */

static bool mentions(const lexpr *e, const temp *t)
{
    if (e->kind == LX_TEMP && e->temp == t)
        return true;
    for (int i = 0; i < e->nargs; i++)
        if (mentions(e->args[i], t))
            return true;
    return false;
}

static bool from_zero(const lstmt *s)
{
    return s->lo->kind == LX_CONST && s->lo->integer == 0;
}

/* The loop is all that the body does. */
static lstmt *only_loop(offloading *o, const points *p, const lstmt_list *body)
{
    lstmt *s = body->n == 1 ? body->data[0] : NULL;
    if (!s || s->kind != LS_FOR || !s->independent || !is_kernel_loop(o, s) || !from_zero(s))
        return NULL;
    for (int i = 0; i < p->loops.n; i++)
        if (mentions(s->hi, p->loops.data[i]->temp))
            return NULL;
    return s;
}

static lexpr *product(offloading *o, const points *p, int from)
{
    lexpr *n = lexpr_int(o->mem, 1);
    for (int i = from; i < p->loops.n; i++)
        n = i == from ? p->loops.data[i]->hi : lexpr_bin(o->mem, OP_MUL, n, p->loops.data[i]->hi);
    return n;
}

lexpr *here(offloading *o, place_kind k)
{
    return lexpr_new(o->mem, (lexpr){.kind = LX_PLACE, .elem = ELEM_INT, .integer = k});
}

lexpr *rounded_up(offloading *o, lexpr *n, int by)
{
    lexpr *up = lexpr_bin(o->mem, OP_ADD, n, lexpr_int(o->mem, by - 1));
    return lexpr_bin(o->mem, OP_IDIV, up, lexpr_int(o->mem, by));
}

static void let_index(offloading *o, lstmt_list *out, temp *t, lexpr *e)
{
    lstmt *s = lstmt_new(o->mem, out, LS_LET);
    s->temp = t;
    s->e = e;
}

/* The point's indices from its number. */
void let_indices(offloading *o, lstmt_list *out, const points *p, lexpr *number)
{
    if (!from_zero(p->loops.data[0]))
        number = lexpr_bin(o->mem, OP_ADD, p->loops.data[0]->lo, number);
    for (int i = 0; i < p->loops.n; i++) {
        lexpr *e = i + 1 < p->loops.n ? lexpr_bin(o->mem, OP_IDIV, number, product(o, p, i + 1)) : number;
        if (i > 0)
            e = lexpr_bin(o->mem, OP_IMOD, e, p->loops.data[i]->hi);
        let_index(o, out, p->loops.data[i]->temp, e);
    }
}

lexpr *hoisted(hoisting *h, lexpr *e)
{
    if (!e)
        return NULL;
    if (e->kind == LX_TEMP && map_get(&h->o->device, e->temp)) {
        temp *t = map_get(&h->read, e->temp);
        if (!t) {
            t = lstmt_let(h->o->mem, h->out, e->temp->name, load_cell(h->o, cell_of(h->o, e->temp)));
            map_set(&h->read, e->temp, t);
        }
        return lexpr_temp(h->o->mem, t);
    }
    lexpr *copy = lexpr_new(h->o->mem, *e);
    for (int i = 0; i < e->nargs; i++)
        copy->args[i] = hoisted(h, e->args[i]);
    return copy;
}

static void hoist_list(hoisting *h, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        s->e = hoisted(h, s->e);
        s->lo = hoisted(h, s->lo);
        s->hi = hoisted(h, s->hi);
        s->filter = hoisted(h, s->filter);
        lexpr **subs = ARENA_ARRAY(h->o->mem, lexpr *, s->nsubs + 1);
        for (int k = 0; k < s->nsubs; k++)
            subs[k] = hoisted(h, s->subs[k]);
        s->subs = subs;
        hoist_list(h, &s->body);
        hoist_list(h, &s->other);
    }
}

void begin_hoisting(hoisting *h, offloading *o, lstmt_list *out)
{
    *h = (hoisting){.o = o, .out = out};
    map_init(&h->read, o->mem);
}

void hoist_cells(hoisting *h, const lstmt_list *body)
{
    hoist_list(h, body);
}

lexpr *passes_of(offloading *o, const lstmt *loop)
{
    return from_zero(loop) ? loop->hi : lexpr_bin(o->mem, OP_SUB, loop->hi, loop->lo);
}

points find_points(offloading *o, lstmt *loop)
{
    points p = {0};
    lstmt *inner = loop;
    vec_push(o->mem, &p.loops, loop);
    while ((inner = only_loop(o, &p, &inner->body)))
        vec_push(o->mem, &p.loops, inner);
    p.body = p.loops.data[p.loops.n - 1]->body;
    p.count = from_zero(loop) ? product(o, &p, 0) : passes_of(o, loop);
    return p;
}

static bool has_own_memory(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if ((s->buffer && s->buffer->kind == BUF_SCRATCH) || has_own_memory(&s->body) || has_own_memory(&s->other))
            return true;
    }
    return false;
}

/* Numbers of points for each thread: one, or as many as it takes. */
static lstmt_list *emit_rounds(offloading *o, lstmt *k, const points *p, lexpr **block)
{
    *block = here(o, PLACE_BLOCK);
    if (!has_own_memory(&p->body))
        return &k->body;
    lexpr *blocks = k->lo;
    k->lo = lexpr_bin(o->mem, OP_MIN, blocks, lexpr_int(o->mem, LEAST_FREE));
    lstmt *rounds = lstmt_new(o->mem, &k->body, LS_FOR);
    rounds->temp = temp_new(o->mem, "round", ELEM_INT, false);
    rounds->lo = lexpr_int(o->mem, 0);
    rounds->hi = rounded_up(o, p->count, THREADS * LEAST_FREE);
    lexpr *before = lexpr_bin(o->mem, OP_MUL, lexpr_temp(o->mem, rounds->temp), here(o, PLACE_BLOCKS));
    *block = lexpr_bin(o->mem, OP_ADD, before, *block);
    return &rounds->body;
}

void push_points(offloading *o, const points *p)
{
    lstmt *k = new_kernel(o, rounded_up(o, p->count, THREADS), THREADS);
    hoisting h;
    begin_hoisting(&h, o, &k->body);
    hoist_cells(&h, &p->body);
    lexpr *block;
    lstmt_list *out = emit_rounds(o, k, p, &block);
    lexpr *number = lexpr_bin(o->mem, OP_MUL, block, lexpr_int(o->mem, THREADS));
    number = lexpr_bin(o->mem, OP_ADD, number, here(o, PLACE_THREAD));
    number = lexpr_temp(o->mem, lstmt_let(o->mem, out, "point", number));
    lstmt *inside = lstmt_new(o->mem, out, LS_IF);
    inside->e = lexpr_bin(o->mem, OP_LT, number, p->count);
    let_indices(o, &inside->body, p, number);
    for (int i = 0; i < p->body.n; i++)
        vec_push(o->mem, &inside->body, p->body.data[i]);
}
