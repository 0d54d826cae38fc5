/* Loops whose states are asked for pass by pass, and kept in few slots.
 *
 * A keeper belongs to a loop: slots for the states at the start of some passes, `kept` of them in use, in the order of
 * passes. The loop fills them on its way. Who asks for pass i (OP_AT) has states of its own; they are taken from the
 * last slot that is not beyond i, and passes run from there, which fill free slots again (form/checkpoint.h says at
 * which passes). Going backwards, what lies beyond i is never asked for again and its slots are free. Going forwards,
 * the states are just carried on. So any order gives the right states, and backwards with the fewest passes. */
#include <string.h>

#include "form/loops_cost.h"
#include "stage/schedule/schedule_loop.h"

struct keeper {
    block *b; /* around the loop */
    node *loop;
    const extent *passes;
    bool *runs;    /* per state: asked for, or needed by the next value of one that is */
    lexpr *size;   /* number of slots */
    buffer *at;    /* the pass of each */
    buffer **slot; /* per state that runs */
    temp *kept;
    temp *next; /* the pass at whose start the loop keeps its states next */
};

/* ---- how many slots ---- */

static const extent *constant(scheduler *s, int64_t x)
{
    return extent_const(s->g->pool, x);
}

static const extent *slot_bytes(keeper *k)
{
    extent_pool *pool = k->passes->pool;
    const extent *bytes = extent_const(pool, cost_bytes(ELEM_INT));
    for (int i = 0; i < k->loop->ninner; i++) {
        const node *state = k->loop->args[2 + i];
        const extent *own = extent_const(pool, cost_bytes(state->elem));
        for (int a = 0; a < state->rank; a++)
            own = extent_mul(own, state->extents[a]);
        if (k->runs[i])
            bytes = extent_add(bytes, own);
    }
    return bytes;
}

/* One more than the schedule has slots: the states of the last pass are there when the loop ends. */
static size_share share_of(scheduler *s, keeper *k, checkpoint c)
{
    const extent *one = constant(s, 1);
    size_share share = {.all = constant(s, 2), .one = one, .least = 0, .most = k->passes};
    switch (c.kind) {
    case KEEP_REVOLVE:
        share.all = constant(s, c.value < INT64_MAX ? c.value + 1 : c.value);
        break;
    case KEEP_BUDGET:
        share.all = constant(s, c.value);
        share.one = slot_bytes(k);
        share.least = 2;
        break;
    case KEEP_EVERY: /* one of each block, and the others of one block but the last, which is the current one */
        share.all = extent_add(k->passes, constant(s, c.value > 1 ? c.value * (c.value - 1) - 1 : 0));
        share.one = constant(s, c.value);
        break;
    default:
        break;
    }
    return share;
}

static const extent *number_of_slots(scheduler *s, keeper *k, checkpoint c)
{
    size_share share = share_of(s, k, c);
    int64_t all, one, most;
    if (extent_is_const(share.all, &all) && extent_is_const(share.one, &one) && extent_is_const(share.most, &most))
        return constant(s, size_share_value(share.least, all, one, most));
    share.name = names_intern(s->g->names, unique_name(s, "slots"));
    vec_push(s->mem, &s->out->shares, share);
    return extent_name(s->g->pool, share.name);
}

/* ---- what is kept when ---- */

/* Passes from pass t, whose states are kept, to the next that are, on the way to pass `end` - 1. */
static lexpr *stride(scheduler *s, keeper *k, lexpr *t, lexpr *end, bool first)
{
    checkpoint c = graph_rule(s->g, k->loop).checkpoint;
    lexpr *left = lx_bin(s, OP_SUB, end, t), *free = lx_bin(s, OP_SUB, k->size, lx_temp(s, k->kept));
    if (c.kind != KEEP_EVERY)
        return lx_bin(s, OP_SPLIT, left, free);
    lexpr *whole = lx_int(s, c.value);
    return first ? whole : lx_select(s, lx_bin(s, OP_LT, whole, left), whole, lx_int(s, 1));
}

/* if (t == next and there is room) { keep the states; next = the next pass }. Room may be missing after questions in an
 * order that is not backwards; it costs passes only. */
static void keep_states(scheduler *s, lstmt_list *out, keeper *k, looping *l, lexpr *t, lexpr *end, temp *next)
{
    lstmt *keep = add_stmt(s, out, LS_IF);
    lexpr *kept = lx_temp(s, k->kept);
    keep->e = lx_bin(s, OP_AND, lx_bin(s, OP_EQ, t, lx_temp(s, next)), lx_bin(s, OP_LT, kept, k->size));
    add_store(s, &keep->body, k->at, 1, &kept, t);
    for (int i = 0; i < l->n; i++) {
        if (!k->runs[i])
            continue;
        if (l->scalars[i]) {
            add_store(s, &keep->body, k->slot[i], 1, &kept, lx_temp(s, l->scalars[i]));
            continue;
        }
        lstmt *st = loop_copy(s, &keep->body, LS_COPY_INTO, k->slot[i], l->now[i]);
        st->nsubs = 1;
        st->subs = ARENA_ARRAY(s->mem, lexpr *, 1);
        st->subs[0] = kept;
    }
    add_set(s, &keep->body, k->kept, lx_bin(s, OP_ADD, kept, lx_int(s, 1)));
    lexpr *never = lx_int(s, -1);
    add_set(s, &keep->body, next, end ? lx_bin(s, OP_ADD, t, stride(s, k, t, end, next == k->next)) : never);
}

/* ---- the loop ---- */

static buffer *slot_buffer(scheduler *s, block *b, const var *v, const extent *slots)
{
    const extent **extents = ARENA_ARRAY(s->mem, const extent *, v->rank + 1);
    extents[0] = slots;
    for (int i = 0; i < v->rank; i++)
        extents[i + 1] = v->extents[i];
    return new_buffer(s, b, v->name ? arena_printf(s->mem, "%s_kept", v->name) : "states_kept", v->elem, v->rank + 1,
                      extents);
}

static void tell(looping *l, keeper *k, const extent *slots)
{
    scheduler *s = l->s;
    loop_rule rule = graph_rule(s->g, k->loop);
    kept_loop told = {.index = l->loop->temp->name,
                      .choice = rule.checkpoint,
                      .passes = k->passes,
                      .slots = slots,
                      .bytes = slot_bytes(k),
                      .conditional = rule.conditional};
    loc at = k->loop->at;
    if (at.src) {
        int line, column;
        const char *slash = strrchr(at.src->path, '/');
        source_position(at.src, at.begin, &line, &column);
        told.where = arena_printf(s->mem, "%s:%d", slash ? slash + 1 : at.src->path, line);
    }
    vec_push(s->mem, &s->out->kept, told);
}

keeper *keep_begin(looping *l)
{
    scheduler *s = l->s;
    if (l->it->asked.n == 0)
        return NULL;
    keeper *k = ARENA_NEW(s->mem, keeper);
    *k = (keeper){.b = l->b, .loop = l->it->n, .runs = l->runs, .passes = l->it->asked.data[0]->extent};
    const extent *slots = number_of_slots(s, k, graph_rule(s->g, k->loop).checkpoint);
    k->size = lx_size(s, slots);
    tell(l, k, slots);
    k->at = new_buffer(s, l->b, "kept_at", ELEM_INT, 1, &slots);
    k->slot = ARENA_ARRAY(s->mem, buffer *, l->n + 1);
    for (int i = 0; i < l->n; i++)
        if (k->runs[i])
            k->slot[i] = slot_buffer(s, l->b, l->vars[i + 1], slots);
    k->kept = add_var(s, l->b->out, "kept", lx_int(s, 0));
    k->next = add_var(s, l->b->out, "keep_next", lx_int(s, 0));
    map_set(&s->keepers, k->loop, k);
    return k;
}

/* How many passes a while loop will make is not known: all by the schedule that the way back makes, from the first. */
void keep_pass(keeper *k, looping *l)
{
    scheduler *s = l->s;
    loop_rule rule = graph_rule(s->g, k->loop);
    bool known = !rule.conditional || rule.checkpoint.kind == KEEP_EVERY;
    lexpr *lo = emit_value(s, l->b, k->loop->args[0]), *hi = emit_value(s, l->b, k->loop->args[1]);
    lexpr *passes = lo->kind == LX_CONST && lo->integer == 0 ? hi : lx_bin(s, OP_SUB, hi, lo);
    keep_states(s, &l->loop->body, k, l, l->pass, known ? passes : NULL, k->next);
}

/* ---- who asks ---- */

typedef struct asking {
    looping l; /* of the passes that bring the states back */
    keeper *k;
    lexpr *pass; /* the one asked for */
    temp *at;    /* the one that the states belong to; -1: none yet */
    temp *next;
} asking;

static void open_asking(asking *a, scheduler *s, block *b, item *it, keeper *k)
{
    node *n = k->loop;
    item *of = ARENA_NEW(s->mem, item);
    of->n = n;
    a->l = (looping){.s = s, .b = b, .it = of, .n = n->ninner, .runs = k->runs};
    a->l.vars = ARENA_ARRAY(s->mem, var *, n->nvars);
    a->l.nexts = ARENA_ARRAY(s->mem, node *, n->ninner + 1);
    graph_open(s->g, n, a->l.vars, a->l.nexts);
    for (int i = 0; i < n->ninner; i++)
        if (!k->runs[i])
            a->l.nexts[i] = a->l.vars[i + 1]->self;
    a->k = k;
    a->pass = emit_value(s, b, it->n->args[1]);
}

/* The states live where the loop is, from one question to the next. */
static void declare_states(asking *a)
{
    looping *l = &a->l;
    scheduler *s = l->s;
    block *b = l->b;
    l->scalars = ARENA_ARRAY(s->mem, temp *, l->n + 1);
    l->now = ARENA_ARRAY(s->mem, buffer *, l->n + 1);
    l->next = ARENA_ARRAY(s->mem, buffer *, l->n + 1);
    l->b = a->k->b;
    for (int i = 0; i < l->n; i++) {
        const var *v = l->vars[i + 1];
        if (a->k->runs[i] && v->rank)
            loop_declare_tensor(l, i);
        else if (a->k->runs[i])
            l->scalars[i] = add_var(s, l->b->out, v->name, lx_const(s, v->elem, 0));
    }
    a->at = add_var(s, l->b->out, "state_at", lx_int(s, -1));
    l->b = b;
}

/* The states of the last slot that is not beyond the pass. */
static void restore(asking *a, lstmt_list *out)
{
    looping *l = &a->l;
    scheduler *s = l->s;
    keeper *k = a->k;
    lexpr *last = lx_bin(s, OP_SUB, lx_temp(s, k->kept), lx_int(s, 1));
    lstmt *drop = add_stmt(s, out, LS_FOR);
    drop->temp = new_temp(s, "beyond", ELEM_INT);
    drop->lo = lx_int(s, 0);
    drop->hi = k->size;
    drop->e = lx_bin(s, OP_LT, a->pass, lx_load(s, k->at, 1, &last, false));
    add_set(s, &drop->body, k->kept, last);
    for (int i = 0; i < l->n; i++) {
        if (!k->runs[i])
            continue;
        if (l->scalars[i]) {
            add_set(s, out, l->scalars[i], lx_load(s, k->slot[i], 1, &last, false));
            continue;
        }
        lstmt *st = loop_copy(s, out, LS_COPY, l->now[i], k->slot[i]);
        st->nsubs = 1;
        st->subs = ARENA_ARRAY(s->mem, lexpr *, 1);
        st->subs[0] = last;
    }
    add_set(s, out, a->at, lx_load(s, k->at, 1, &last, false));
    lexpr *at = lx_temp(s, a->at), *end = lx_bin(s, OP_ADD, a->pass, lx_int(s, 1));
    add_set(s, out, a->next, lx_bin(s, OP_ADD, at, stride(s, k, at, end, false)));
}

/* From the states at hand to those of the pass. */
static void run_passes(asking *a, lstmt_list *out)
{
    looping *l = &a->l;
    scheduler *s = l->s;
    node *lo = a->k->loop->args[0];
    l->loop = ARENA_NEW(s->mem, lstmt);
    *l->loop = (lstmt){.kind = LS_FOR,
                       .temp = new_temp(s, l->vars[0]->name, ELEM_INT),
                       .lo = lx_temp(s, a->at),
                       .hi = a->pass,
                       .in_time = true};
    l->k = new_block(s, l->b, l->n + 1, l->vars, &l->loop->body);
    l->k->sequential = l->b->sequential;
    l->pass = lx_temp(s, l->loop->temp);
    lexpr *t = node_is_number(lo, 0) ? l->pass : lx_bin(s, OP_ADD, emit_value(s, l->b, lo), l->pass);
    map_set(&l->k->values, l->vars[0]->self, t);
    for (int i = 0; i < l->n; i++)
        if (a->k->runs[i])
            loop_bind_state(l, i);
    lexpr *end = lx_bin(s, OP_ADD, a->pass, lx_int(s, 1));
    keep_states(s, &l->loop->body, a->k, l, l->pass, end, a->next);
    int guards = s->guards.n;
    loop_push_range(l);
    loop_emit_pass(l);
    s->guards.n = guards;
    vec_push(s->mem, out, l->loop);
    add_set(s, out, a->at, a->pass);
}

/* The keeper of a loop that ran before anybody asked: it runs again. */
static keeper *keeper_of(scheduler *s, block *b, item *it)
{
    node *loop = it->n->args[0];
    keeper *k = map_get(&s->keepers, loop);
    if (!k) {
        item *again = ARENA_NEW(s->mem, item);
        *again = (item){.kind = ITEM_LOOP, .n = loop};
        for (int i = 0; i < loop->ninner; i++)
            vec_push(s->mem, &again->asked, graph_at(s->g, loop, it->n->args[1], it->n->extent, i));
        emit_loop(s, home_block(s, b, loop), again);
        k = map_get(&s->keepers, loop);
    }
    return k;
}

static void publish(asking *a, block *b, node *n)
{
    looping *l = &a->l;
    for (int i = 0; i < l->n; i++) {
        node *at = graph_at(l->s->g, a->k->loop, n->args[1], n->extent, i);
        if (l->scalars[i])
            map_set(&b->values, at, lx_temp(l->s, l->scalars[i]));
        else if (a->k->runs[i])
            map_set(&b->tensors, at, l->now[i]);
    }
}

void emit_asked(scheduler *s, block *b, item *it)
{
    asking a;
    keeper *k = keeper_of(s, b, it);
    open_asking(&a, s, b, it, k);
    declare_states(&a);
    a.next = add_var(s, b->out, "keep_next", lx_int(s, -1));
    lexpr *at = lx_temp(s, a.at);
    lstmt *back = add_stmt(s, b->out, LS_IF);
    back->e = lx_bin(s, OP_OR, lx_bin(s, OP_LT, at, lx_int(s, 0)), lx_bin(s, OP_LT, a.pass, at));
    restore(&a, &back->body);
    run_passes(&a, b->out);
    publish(&a, b, it->n);
}
