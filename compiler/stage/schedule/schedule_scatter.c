/* Scatter and argkmin: loops over all axes, in order, into an array that holds the result so far. */
#include "stage/schedule/schedule_state.h"

typedef struct walk {
    item *it;
    node *const *inner;
    int range; /* next dynamic range */
} walk;

static block *open_axis(scheduler *s, block *b, lstmt *loop, const walk *w, int axis, int *range)
{
    var *v = w->it->axes[axis];
    if (v->extent) {
        *loop = *make_loop(s, axis_name(s, v), lx_int(s, 0), lx_size(s, v->extent));
    } else {
        lexpr *lo = emit_value(s, b, w->it->ranges[*range]), *hi = emit_value(s, b, w->it->ranges[*range + 1]);
        *loop = *make_loop(s, axis_name(s, v), lo, hi);
        *range += 2;
    }
    block *k = new_block(s, b, 1, &w->it->axes[axis], &loop->body);
    map_set(&k->values, v->self, lx_temp(s, loop->temp));
    return k;
}

static void scatter_entry(scheduler *s, block *b, const item *it, node *const *inner)
{
    node *n = it->n;
    lexpr **subs = ARENA_ARRAY(s->mem, lexpr *, n->rank);
    bool guarded = false;
    for (int i = 0; i < n->rank; i++) {
        subs[i] = emit_value(s, b, inner[2 + i]);
        guarded |= !sub_in_range(s, inner[2 + i], n->extents[i]);
    }
    lexpr *x = emit_value(s, b, inner[0]);
    lstmt_list *out = b->out;
    if (!node_is_number(inner[1], 1)) {
        lexpr *filter = emit_value(s, b, inner[1]);
        lstmt *st = add_stmt(s, out, LS_IF);
        st->e = filter;
        out = &st->body;
    }
    add_store(s, out, it->target, n->rank, subs, x);
    lstmt *store = out->data[out->n - 1];
    store->accumulate = true;
    store->guarded = guarded;
}

static void scatter_axes(scheduler *s, block *b, const walk *w, int axis, int range)
{
    if (axis == w->it->naxes) {
        scatter_entry(s, b, w->it, w->inner);
        return;
    }
    lstmt *loop = ARENA_NEW(s->mem, lstmt);
    block *k = open_axis(s, b, loop, w, axis, &range);
    scatter_axes(s, k, w, axis + 1, range);
    vec_push(s->mem, b->out, loop);
}

static node **open_all(scheduler *s, item *it, int skip)
{
    node *n = it->n;
    node **inner = ARENA_ARRAY(s->mem, node *, n->ninner + 1);
    it->naxes = n->nvars;
    it->axes = ARENA_ARRAY(s->mem, var *, n->nvars + 1);
    graph_open(s->g, n, it->axes, inner);
    it->body = inner[0];
    it->filter = node_is_number(inner[1], 1) ? NULL : inner[1];
    it->ranges = inner + 2 + skip;
    return inner;
}

void emit_scatter(scheduler *s, block *b, item *it)
{
    node **inner = open_all(s, it, it->n->rank);
    it->target = item_target(s, b, it->n);
    if (it->target->kind == BUF_RESULT)
        it->target->readable = true;
    if (b->sequential && !b->in_order)
        add_comment(s, b, 1, &it);
    lstmt *fill = add_stmt(s, b->out, LS_FILL);
    fill->buffer = it->target;
    fill->e = lx_const(s, it->n->elem, 0);
    walk w = {it, inner, 0};
    scatter_axes(s, b, &w, 0, 0);
    map_set(&b->tensors, it->n, it->target);
}

static void argk_axes(scheduler *s, block *b, const walk *w, buffer *keys, int axis, int range, lexpr **at)
{
    item *it = w->it;
    if (axis == it->naxes) {
        lexpr *x = emit_value(s, b, it->body), *filter = it->filter ? emit_value(s, b, it->filter) : NULL;
        lstmt_list *out = b->out;
        if (filter) {
            lstmt *st = add_stmt(s, out, LS_IF);
            st->e = filter;
            out = &st->body;
        }
        lstmt *st = add_stmt(s, out, LS_INSERT);
        st->buffer = keys;
        st->from = it->target;
        st->e = x;
        st->lo = flat_index(s, it, axis, at);
        st->largest = it->n->op == OP_ARGKMAX;
        return;
    }
    lstmt *loop = ARENA_NEW(s->mem, lstmt);
    block *k = open_axis(s, b, loop, w, axis, &range);
    at[axis] = lx_temp(s, loop->temp);
    argk_axes(s, k, w, keys, axis + 1, range, at);
    vec_push(s->mem, b->out, loop);
}

static void fill(scheduler *s, block *b, buffer *f, lexpr *e)
{
    lstmt *st = add_stmt(s, b->out, LS_FILL);
    st->buffer = f;
    st->e = e;
}

/* The buffer that holds the rows of n for all that it depends on: a result that was asked for as well. */
static buffer *stored_rows(scheduler *s, block *b, node *n)
{
    var **axes = ARENA_ARRAY(s->mem, var *, n->nfree + 1);
    for (int i = 0; i < n->nfree; i++) {
        axes[i] = n->free[i];
        if (axes[i]->kind != VAR_AXIS || !axes[i]->extent)
            return NULL;
    }
    axes[n->nfree] = graph_axis(s->g, n->extents[0], "k");
    node *entry = graph_access(s->g, n, &axes[n->nfree]->self);
    return n->nfree ? find_buffer(s, b, graph_tensor(s->g, n->nfree + 1, axes, entry)) : NULL;
}

static void copy_row(scheduler *s, block *b, item *it, buffer *rows)
{
    node *n = it->n;
    it->target = item_target(s, b, n);
    lexpr **subs = ARENA_ARRAY(s->mem, lexpr *, n->nfree + 1);
    for (int i = 0; i < n->nfree; i++)
        subs[i] = emit_value(s, b, n->free[i]->self);
    lstmt *loop = make_loop(s, "k", lx_int(s, 0), lx_size(s, n->extents[0]));
    subs[n->nfree] = lx_temp(s, loop->temp);
    add_store(s, &loop->body, it->target, 1, subs + n->nfree, lx_load(s, rows, n->nfree + 1, subs, false));
    vec_push(s->mem, b->out, loop);
    map_set(&b->tensors, n, it->target);
}

void emit_argk(scheduler *s, block *b, item *it)
{
    node *n = it->n;
    buffer *rows = stored_rows(s, b, n);
    if (rows) {
        copy_row(s, b, it, rows);
        return;
    }
    node **inner = open_all(s, it, 0);
    bool largest = n->op == OP_ARGKMAX;
    elem e = inner[0]->elem;
    it->target = item_target(s, b, n);
    buffer *keys = new_buffer(s, b, "keys", e, 1, n->extents);
    lexpr *worst = elem_is_float(e) ? lx_const(s, e, __builtin_nan("")) : lx_int(s, largest ? INT64_MIN : INT64_MAX);
    if (it->target->kind == BUF_RESULT)
        it->target->readable = true;
    fill(s, b, keys, worst);
    fill(s, b, it->target, lx_int(s, -1));
    walk w = {it, inner, 0};
    argk_axes(s, b, &w, keys, 0, 0, ARENA_ARRAY(s->mem, lexpr *, n->nvars));
    map_set(&b->tensors, n, it->target);
}
