/* Loops: states in scalars or pairs of buffers (read one, write the other, exchange), yields into their stacks. */
#include <assert.h>

#include "stage/schedule/schedule_loop.h"

lstmt *loop_copy(scheduler *s, lstmt_list *out, lstmt_kind kind, buffer *to, buffer *from)
{
    lstmt *st = add_stmt(s, out, kind);
    st->buffer = to;
    st->from = from;
    touch_buffer(s, to);
    touch_buffer(s, from);
    if (from->kind == BUF_RESULT)
        from->readable = true;
    return st;
}

buffer *buffer_of(scheduler *s, block *b, node *t)
{
    buffer *f = find_buffer(s, b, t);
    if (f)
        return f;
    emit_single(s, home_block(s, b, t), t->op == OP_OUT || t->op == OP_STACK ? t->args[0] : t);
    f = find_buffer(s, b, t);
    assert(f);
    return f;
}

static buffer *state_buffer(looping *l, int k)
{
    const var *v = l->vars[k + 1];
    return new_buffer(l->s, l->b, v->name, v->elem, v->rank, v->extents);
}

static void declare_next(looping *l, int k)
{
    if (l->nexts[k] != l->vars[k + 1]->self)
        l->next[k] = state_buffer(l, k);
}

void loop_declare_tensor(looping *l, int k)
{
    l->now[k] = state_buffer(l, k);
    declare_next(l, k);
}

void loop_bind_state(looping *l, int k)
{
    node *state = l->vars[k + 1]->self;
    if (l->scalars[k])
        map_set(&l->k->values, state, lx_temp(l->s, l->scalars[k]));
    else
        map_set(&l->k->tensors, state, l->now[k]);
}

static void start_tensor(looping *l, int k)
{
    scheduler *s = l->s;
    node *init = l->it->n->args[2 + k];
    l->now[k] = state_buffer(l, k);
    if (init->op == OP_TENSOR && init->args[0]->op == OP_CONST) {
        lstmt *fill = add_stmt(s, l->b->out, LS_FILL);
        fill->buffer = l->now[k];
        fill->e = emit_value(s, l->b, init->args[0]);
    } else {
        loop_copy(s, l->b->out, LS_COPY, l->now[k], buffer_of(s, l->b, init));
    }
    declare_next(l, k);
}

static void start_states(looping *l)
{
    scheduler *s = l->s;
    l->scalars = ARENA_ARRAY(s->mem, temp *, l->n + 1);
    l->now = ARENA_ARRAY(s->mem, buffer *, l->n + 1);
    l->next = ARENA_ARRAY(s->mem, buffer *, l->n + 1);
    for (int k = 0; k < l->n; k++) {
        if (l->vars[k + 1]->rank) {
            start_tensor(l, k);
        } else {
            lexpr *init = emit_value(s, l->b, l->it->n->args[2 + k]);
            l->scalars[k] = add_var(s, l->b->out, l->vars[k + 1]->name, init);
        }
        loop_bind_state(l, k);
    }
}

/* ---- what runs again ---- */

/* States that the nodes outside ask for, at passes or by rows of tapes; false: none. */
static bool find_asked(looping *l, bool *runs)
{
    scheduler *s = l->s;
    bool any = false;
    for (int i = 0; i < l->it->asked.n; i++)
        any = runs[l->it->asked.data[i]->integer] = true;
    node **by = ARENA_ARRAY(s->mem, node *, l->n + 1), *row;
    for (int i = 0; i <= l->n; i++)
        by[i] = l->vars[i]->self;
    for (int i = 0; i < l->it->stacks.n; i++) {
        if (!l->it->stacks.data[i]->integer)
            continue;
        graph_apply(s->g, l->it->stacks.data[i], by, &row);
        for (int k = 0; k < l->n; k++)
            if (node_depends(row, l->vars[k + 1]))
                any = runs[k] = true;
    }
    return any;
}

/* Inside passes that run again, a loop runs again as a whole. */
static void find_runs(looping *l)
{
    bool *runs = ARENA_ARRAY(l->s->mem, bool, l->n + 1);
    bool any = find_asked(l, runs);
    if (!any && !l->s->again)
        return;
    for (int i = 0; i < l->n && !any; i++)
        runs[i] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < l->n; i++)
            for (int j = 0; runs[i] && j < l->n; j++)
                if (!runs[j] && node_depends(l->nexts[i], l->vars[j + 1]))
                    runs[j] = changed = true;
    }
    l->runs = runs;
}

static void note_again(map *again, node *n)
{
    if (n->nargs == 0 || map_get(again, n))
        return;
    map_set(again, n, n);
    for (int i = 0; i < n->nargs; i++)
        note_again(again, n->args[i]);
}

/* What a pass computes for the states that run again, whatever else it computes. */
static map *what_runs_again(const looping *l)
{
    if (!l->runs)
        return NULL;
    map *again = ARENA_NEW(l->s->mem, map);
    map_init(again, l->s->mem);
    for (int k = 0; k < l->n; k++)
        if (l->runs[k])
            note_again(again, l->nexts[k]);
    return again;
}

/* ---- a pass ---- */

static item *store_into(looping *l, node *t, buffer *target, bool stacked)
{
    scheduler *s = l->s;
    item *it = ARENA_NEW(s->mem, item);
    *it = (item){.kind = ITEM_STORE, .n = t, .target = target};
    it->again = !stacked && l->s->again && map_get(l->s->again, t);
    open_item(s, it);
    if (stacked) {
        it->n = NULL;
        it->prefix = ARENA_ARRAY(s->mem, lexpr *, 1);
        it->prefix[it->nprefix++] = l->pass;
    }
    vec_push(s->mem, &l->given, it);
    return it;
}

static bool is_given(const looping *l, const node *t)
{
    for (int i = 0; i < l->given.n; i++)
        if (l->given.data[i]->n == t)
            return true;
    return false;
}

static buffer *stack_buffer(looping *l, node *stack)
{
    buffer *f = item_target(l->s, l->b, stack);
    map_set(&l->b->tensors, stack, f);
    return f;
}

static void plan_nexts(looping *l)
{
    for (int k = 0; k < l->n; k++) {
        node *next = l->nexts[k];
        if (next->rank && next->op == OP_TENSOR && l->next[k] && !is_given(l, next))
            store_into(l, next, l->next[k], false);
        else
            vec_push(l->s->mem, &l->roots, next);
    }
}

typedef struct yielded {
    node *e;
    buffer *into;
} yielded;

typedef VEC(yielded) yielded_list;

static void plan_stacks(looping *l, yielded_list *copies)
{
    scheduler *s = l->s;
    node **by = ARENA_ARRAY(s->mem, node *, l->n + 1);
    for (int i = 0; i <= l->n; i++)
        by[i] = l->vars[i]->self;
    for (int i = 0; i < l->it->stacks.n; i++) {
        node *stack = l->it->stacks.data[i], *e;
        graph_apply(s->g, stack, by, &e);
        buffer *into = stack_buffer(l, stack);
        if (e->op == OP_TENSOR && !is_given(l, e)) {
            store_into(l, e, into, true);
        } else {
            vec_push(s->mem, &l->roots, e);
            vec_push(s->mem, copies, (yielded){e, into});
        }
    }
}

static void finish_stacks(looping *l, const yielded_list *copies)
{
    scheduler *s = l->s;
    for (int i = 0; i < copies->n; i++) {
        const yielded *y = &copies->data[i];
        if (y->e->rank == 0) {
            add_store(s, l->k->out, y->into, 1, &l->pass, emit_value(s, l->k, y->e));
            continue;
        }
        lstmt *st = loop_copy(s, l->k->out, LS_COPY_INTO, y->into, buffer_of(s, l->k, y->e));
        st->nsubs = 1;
        st->subs = ARENA_ARRAY(s->mem, lexpr *, 1);
        st->subs[0] = l->pass;
    }
}

/* All new values are known before the first state changes. */
static void advance(looping *l)
{
    scheduler *s = l->s;
    lstmt_list *out = l->k->out;
    lexpr **values = ARENA_ARRAY(s->mem, lexpr *, l->n + 1);
    for (int k = 0; k < l->n; k++) {
        if (!l->scalars[k] || l->nexts[k] == l->vars[k + 1]->self)
            continue;
        values[k] = emit_value(s, l->k, l->nexts[k]);
        if (values[k]->kind == LX_TEMP && l->nexts[k]->op == OP_VAR)
            values[k] = lx_temp(s, add_let(s, out, l->vars[k + 1]->name, values[k]));
    }
    for (int k = 0; k < l->n; k++)
        if (l->next[k] && (l->nexts[k]->op != OP_TENSOR || find_buffer(s, l->k, l->nexts[k]) != l->next[k]))
            loop_copy(s, out, LS_COPY, l->next[k], buffer_of(s, l->k, l->nexts[k]));
    if (l->passes)
        add_set(s, out, l->passes, lx_bin(s, OP_ADD, l->pass, lx_int(s, 1)));
    for (int k = 0; k < l->n; k++) {
        if (values[k])
            add_set(s, out, l->scalars[k], values[k]);
        if (l->next[k])
            loop_copy(s, out, LS_SWAP, l->now[k], l->next[k]);
    }
}

static void publish(looping *l)
{
    for (int k = 0; k < l->n; k++) {
        node *out = graph_out(l->s->g, l->it->n, k);
        if (l->scalars[k])
            map_set(&l->b->values, out, lx_temp(l->s, l->scalars[k]));
        else
            map_set(&l->b->tensors, out, l->now[k]);
    }
    if (l->passes)
        map_set(&l->b->values, graph_passes(l->s->g, l->it->n), lx_temp(l->s, l->passes));
}

/* The first state of a conditional loop tells whether there is one more pass. */
static void set_condition(looping *l)
{
    if (!graph_rule(l->s->g, l->it->n).conditional)
        return;
    l->loop->e = lx_temp(l->s, l->scalars[0]);
    l->passes = add_var(l->s, l->b->out, "passes", lx_int(l->s, 0));
}

void loop_emit_pass(looping *l)
{
    yielded_list copies = {0};
    scheduler *s = l->s;
    map *around = s->again;
    s->again = what_runs_again(l);
    plan_nexts(l);
    plan_stacks(l, &copies);
    schedule_items(s, l->k, l->roots.n, l->roots.data, &l->given);
    finish_stacks(l, &copies);
    advance(l);
    s->again = around;
}

/* What is known of the index inside. */
void loop_push_range(looping *l)
{
    scheduler *s = l->s;
    node *t = l->vars[0]->self, *lo = l->it->n->args[0], *hi = l->it->n->args[1];
    affine_range r = {l->vars[0], graph_extent(s->g, lo), graph_extent(s->g, hi)};
    if (r.lo && r.hi) {
        vec_push(s->mem, &s->ranges, r);
        return;
    }
    vec_push(s->mem, &s->guards, graph_bin(s->g, OP_LE, lo, t));
    vec_push(s->mem, &s->guards, graph_bin(s->g, OP_LT, t, hi));
}

void emit_loop(scheduler *s, block *b, item *it)
{
    node *n = it->n;
    looping l = {.s = s, .b = b, .it = it, .n = n->ninner};
    l.vars = ARENA_ARRAY(s->mem, var *, n->nvars);
    l.nexts = ARENA_ARRAY(s->mem, node *, l.n + 1);
    graph_open(s->g, n, l.vars, l.nexts);
    int guards = s->guards.n;
    loop_push_range(&l);
    lexpr *lo = emit_value(s, b, n->args[0]), *hi = emit_value(s, b, n->args[1]);
    l.loop = ARENA_NEW(s->mem, lstmt);
    *l.loop =
        (lstmt){.kind = LS_FOR, .temp = new_temp(s, l.vars[0]->name, ELEM_INT), .lo = lo, .hi = hi, .in_time = true};
    l.k = new_block(s, b, n->nvars, l.vars, &l.loop->body);
    l.k->sequential = b->sequential;
    lexpr *t = lx_temp(s, l.loop->temp);
    map_set(&l.k->values, l.vars[0]->self, t);
    l.pass = lo->kind == LX_CONST && lo->integer == 0 ? t : lx_bin(s, OP_SUB, t, lo);
    start_states(&l);
    set_condition(&l);
    find_runs(&l);
    keeper *kept = keep_begin(&l);
    if (kept)
        keep_pass(kept, &l);
    loop_emit_pass(&l);
    vec_push(s->mem, b->out, l.loop);
    map_set(&b->tensors, n, ARENA_NEW(s->mem, buffer)); /* done */
    publish(&l);
    s->guards.n = guards;
}
