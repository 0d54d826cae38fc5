/* Loops over an axis around the end of which subscripts wrap, such as x[mod(i + 1, N)] for i in 0..N.
 *
 * Away from both ends of the axis the remainder is i + 1 itself: there neighbouring passes read neighbouring entries,
 * and lanes load them at once. So the loop runs over that part alone; a second one makes the few passes at the ends. */
#include "stage/schedule/schedule_state.h"

enum { FURTHEST = 16 }; /* entries that a subscript may reach beyond an end */

typedef struct wrapping {
    scheduler *s;
    var *v;
    map seen, done;
    int64_t before, after; /* how far the axis is left at its begin and its end */
    bool reads_neighbours; /* an entry of a row */
    bool is_simple;        /* no loops inside */
} wrapping;

/* n is mod(v + shift, N), N the extent of v. */
static bool wraps(const wrapping *w, node *n, int64_t *shift)
{
    node *rest;
    int64_t coef;
    if (n->op != OP_IMOD || graph_extent(w->s->g, n->args[1]) != w->v->extent)
        return false;
    if (n->args[0] == w->v->self || !affine_split(w->s->g, n->args[0], w->v, &coef, &rest) || coef != 1)
        return false;
    const extent *by = graph_extent(w->s->g, rest);
    return by && extent_is_const(by, shift) && *shift >= -FURTHEST && *shift <= FURTHEST;
}

static void search(wrapping *w, node *n)
{
    static char mark;
    int64_t shift;
    if (n->nargs == 0 || !node_depends(n, w->v) || map_get(&w->seen, n))
        return;
    map_set(&w->seen, n, &mark);
    w->is_simple &= node_is_point(n) || n->op == OP_ACCESS;
    if (wraps(w, n, &shift)) {
        w->before = -shift > w->before ? -shift : w->before;
        w->after = shift > w->after ? shift : w->after;
    }
    if (n->op == OP_ACCESS)
        w->reads_neighbours |= wraps(w, n->args[n->nargs - 1], &shift);
    for (int i = 0; i < n->nargs && w->is_simple; i++)
        search(w, n->args[i]);
}

static bool find_wraps(wrapping *w, scheduler *s, int n, item *const *items)
{
    *w = (wrapping){.s = s, .v = items[0]->axes[0], .is_simple = items[0]->axes[0]->extent != NULL};
    map_init(&w->seen, s->mem);
    map_init(&w->done, s->mem);
    for (int i = 0; i < n && w->is_simple; i++) {
        w->is_simple = items[i]->naxes == 1 && items[i]->kind != ITEM_VECTOR;
        search(w, items[i]->body);
        if (items[i]->filter)
            search(w, items[i]->filter);
    }
    return w->is_simple && w->reads_neighbours;
}

/* Without the remainders that are none in the middle. */
static node *in_middle(void *data, node *n)
{
    wrapping *w = data;
    int64_t shift;
    if (n->nargs == 0 || !node_depends(n, w->v))
        return n;
    node *r = map_get(&w->done, n);
    if (r)
        return r;
    r = wraps(w, n, &shift) ? n->args[0] : graph_map_args(w->s->g, n, in_middle, w);
    map_set(&w->done, n, r);
    return r;
}

/* ---- the loops ---- */

static lexpr *name(scheduler *s, lstmt_list *out, const char *hint, lexpr *e)
{
    return lx_temp(s, add_let(s, out, hint, e));
}

static void fill_middle(wrapping *w, block *b, lstmt *loop, int n, item *const *items)
{
    scheduler *s = w->s;
    extent_pool *pool = s->g->pool;
    affine_range range = {w->v, extent_const(pool, w->before), extent_sub(w->v->extent, extent_const(pool, w->after))};
    item **own = ARENA_ARRAY(s->mem, item *, n);
    for (int i = 0; i < n; i++) {
        own[i] = ARENA_NEW(s->mem, item);
        *own[i] = *items[i];
        own[i]->body = in_middle(w, items[i]->body);
        own[i]->filter = items[i]->filter ? in_middle(w, items[i]->filter) : NULL;
    }
    vec_push(s->mem, &s->ranges, range);
    fill_body(s, b, loop, n, own);
    s->ranges.n--;
}

static void fill_ends(wrapping *w, block *b, lstmt *loop, int n, item *const *items)
{
    loop->independent = loop->rest = true;
    loop->most = w->before > w->after ? w->before : w->after;
    fill_body(w->s, b, loop, n, items);
}

/* The ends are filled first: what leaves both loops must not rest on the range of the middle, which may be empty. */
static void split(wrapping *w, block *b, lstmt *loop, int n, item *const *items, lstmt_list *out)
{
    scheduler *s = w->s;
    lexpr *lo = loop->lo, *hi = loop->hi;
    const char *of = axis_name(s, w->v);
    lexpr *first = name(s, out, arena_printf(s->mem, "%s_first", of),
                        lx_bin(s, OP_MIN, lx_bin(s, OP_MAX, lo, lx_int(s, w->before)), hi));
    lexpr *after = lx_bin(s, OP_SUB, lx_size(s, w->v->extent), lx_int(s, w->after));
    lexpr *last =
        name(s, out, arena_printf(s->mem, "%s_last", of), lx_bin(s, OP_MAX, lx_bin(s, OP_MIN, hi, after), first));
    lstmt *ends = make_loop(s, "end", lx_int(s, 0), lx_int(s, 2));
    lexpr *at_begin = lx_bin(s, OP_EQ, lx_temp(s, ends->temp), lx_int(s, 0));
    lexpr *from = name(s, &ends->body, "from", lx_select(s, at_begin, lo, last));
    lexpr *to = name(s, &ends->body, "to", lx_select(s, at_begin, first, hi));
    lstmt *rest = make_loop(s, of, from, to);
    fill_ends(w, b, rest, n, items);
    vec_push(s->mem, &ends->body, rest);
    loop->lo = first;
    loop->hi = last;
    loop->whole = w->v->extent;
    loop->aligned = false;
    fill_middle(w, b, loop, n, items);
    vec_push(s->mem, out, loop);
    vec_push(s->mem, out, ends);
}

void fill_range(scheduler *s, block *b, lstmt *loop, int n, item *const *items, lstmt_list *out)
{
    wrapping w;
    if (!s->in_order && find_wraps(&w, s, n, items)) {
        split(&w, b, loop, n, items, out);
        return;
    }
    fill_body(s, b, loop, n, items);
    vec_push(s->mem, out, loop);
}
