/* Which terms are added to the same row: their order by rows, computed on the GPU (ad_gpu_sort_int).
 *
 * The rows of the terms are stored by a kernel and sorted; equal ones stay in the order of the terms. What depends on
 * inputs alone is sorted once in a call, before the statement of the function that first needs it. */
#include "form/loops_copy.h"
#include "stage/offload/offload_scatter.h"

enum { SORT_TILE = 2048, SORT_DIGITS = 256 }; /* of ad_gpu_sort_int */

temp *term_index(offloading *o, int k)
{
    while (o->indices.n <= k)
        vec_push(o->mem, &o->indices, temp_new(o->mem, "term", ELEM_INT, false));
    return o->indices.data[k];
}

buffer *new_memory(offloading *o, const char *name, elem e, int rank, const extent *const *extents)
{
    buffer *b = ARENA_NEW(o->mem, buffer);
    *b = (buffer){.kind = BUF_WORKSPACE, .name = name, .elem = e, .rank = rank, .slot = -1, .last_use = INT32_MAX};
    b->extents = ARENA_ARRAY(o->mem, const extent *, rank + 1);
    for (int i = 0; i < rank; i++)
        b->extents[i] = extents[i];
    vec_push(o->mem, &o->f->buffers, b);
    return b;
}

const extent *share_of(offloading *o, const extent *all, int64_t one)
{
    const extent *divisor = extent_const(o->pool, one);
    for (int i = 0; i < o->f->shares.n; i++) {
        const size_share *s = &o->f->shares.data[i];
        if (s->all == all && s->one == divisor && s->most == all && s->least == 0)
            return extent_name(o->pool, s->name);
    }
    const char *name = arena_printf(o->mem, "ad_share_%d", o->f->shares.n);
    vec_push(o->mem, &o->f->shares, (size_share){.name = name, .all = all, .one = divisor, .most = all});
    return extent_name(o->pool, name);
}

static buffer *ints(offloading *o, const char *name, const extent *n)
{
    return new_memory(o, name, ELEM_INT, 1, &n);
}

/* ---- equal ones ---- */

static bool is_same(const sorting *a, const sorting *b)
{
    bool same = a->ranges.n == b->ranges.n && a->rows == b->rows && lexpr_is_equal(a->row, b->row);
    for (int i = 0; same && i < a->ranges.n; i++)
        same = a->ranges.data[i] == b->ranges.data[i];
    return same;
}

/* Made in these statements, under this condition; or at the beginning. */
static bool holds_here(const offloading *o, const made_sorting *m)
{
    return m->is->fixed || (m->out == o->out && m->guard == o->guard);
}

static const sorting *find_sorting(const offloading *o, const sorting *wanted)
{
    for (int i = 0; i < o->sortings.n; i++) {
        const made_sorting *m = &o->sortings.data[i];
        if (holds_here(o, m) && is_same(m->is, wanted))
            return m->is;
    }
    return NULL;
}

static bool writes_what_is_read(const lstmt *s, const lexpr *e)
{
    if ((s->buffer && lexpr_reads(e, s->buffer)) || (s->from && lexpr_reads(e, s->from)) ||
        (s->temp && lexpr_reads(e, s->temp)) ||
        (s->acc && (lexpr_reads(e, s->acc->value) || (s->acc->second && lexpr_reads(e, s->acc->second)))))
        return true;
    for (int i = 0; i < s->nsubs; i++)
        if (s->kind == LS_CALL && lexpr_reads(e, s->subs[i]->buffer))
            return true;
    const lstmt_list *const inside[] = {&s->body, &s->other};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < inside[k]->n; i++)
            if (writes_what_is_read(inside[k]->data[i], e))
                return true;
    return false;
}

void forget_sortings(offloading *o, const lstmt *s)
{
    int n = 0;
    for (int i = 0; i < o->sortings.n; i++) {
        const made_sorting *m = &o->sortings.data[i];
        if (m->is->fixed || !writes_what_is_read(s, m->is->row))
            o->sortings.data[n++] = *m;
    }
    o->sortings.n = n;
}

/* ---- new ones ---- */

lstmt *loop_to(offloading *o, const char *name, const extent *n)
{
    lstmt *loop = ARENA_NEW(o->mem, lstmt);
    *loop = (lstmt){.kind = LS_FOR, .independent = true, .lo = lexpr_int(o->mem, 0), .hi = lexpr_size(o->mem, n)};
    loop->temp = temp_new(o->mem, name, ELEM_INT, false);
    return loop;
}

/* The loops over the terms; what is in their indices is copied by c. */
static points loops_of_terms(offloading *o, const sorting *w, loops_copying *c)
{
    points p = {0};
    loops_copy_init(c, o->mem, o->f, "");
    for (int i = 0; i < w->ranges.n; i++) {
        vec_push(o->mem, &p.loops, loop_to(o, "term", w->ranges.data[i]));
        map_set(&c->temps, term_index(o, i), p.loops.data[i]->temp);
    }
    return p;
}

static void push_keys(offloading *o, const sorting *w)
{
    loops_copying c;
    points inside = loops_of_terms(o, w, &c), p = {0};
    vec_push(o->mem, &p.loops, loop_to(o, "number", w->terms));
    p.count = p.loops.data[0]->hi;
    lexpr *number = lexpr_temp(o->mem, p.loops.data[0]->temp);
    let_indices(o, &p.body, &inside, number);
    lstmt *store = lstmt_new(o->mem, &p.body, LS_STORE);
    store->buffer = w->keys;
    store->nsubs = 1;
    store->subs = ARENA_ARRAY(o->mem, lexpr *, 1);
    store->subs[0] = number;
    store->e = loops_copy_expr(&c, w->row);
    push_points(o, &p);
}

/* Memory that only the call needs: all calls for so many terms share it. */
static buffer *shared_room(offloading *o, const char *name, const extent *n)
{
    for (int i = 0; i < o->rooms.n; i++)
        if (o->rooms.data[i]->name == name && o->rooms.data[i]->extents[0] == n)
            return o->rooms.data[i];
    buffer *b = ints(o, name, n);
    vec_push(o->mem, &o->rooms, b);
    return b;
}

static void push_call(offloading *o, const sorting *w)
{
    static const char steps[] = "sort_steps", counts[] = "sort_counts";
    const extent *tiles = extent_add(share_of(o, w->terms, SORT_TILE), extent_const(o->pool, 2));
    buffer *const buffers[] = {w->keys, w->order, shared_room(o, steps, w->terms),
                               shared_room(o, counts, extent_scale(tiles, SORT_DIGITS)), w->starts};
    lstmt *call = lstmt_new(o->mem, o->out, LS_CALL);
    call->routine = routine_row(ROUTINE_SORT);
    call->cost = extent_const(o->pool, 0);
    call->e = o->guard;
    call->nsubs = sizeof buffers / sizeof *buffers;
    call->subs = ARENA_ARRAY(o->mem, lexpr *, call->nsubs);
    for (int i = 0; i < call->nsubs; i++)
        call->subs[i] = load_cell(o, buffers[i]);
    call->nsizes = 2;
    call->sizes = ARENA_ARRAY(o->mem, const extent *, 2);
    call->sizes[0] = w->terms;
    call->sizes[1] = w->rows;
}

/* Into the statements before the present one of the function, for all that come. */
static void push_first(offloading *o, const sorting *w)
{
    lstmt_list *around = o->out;
    lexpr *guard = o->guard;
    o->out = &o->first;
    o->guard = NULL;
    push_keys(o, w);
    push_call(o, w);
    o->out = around;
    o->guard = guard;
}

const sorting *sorted(offloading *o, const sorting *wanted)
{
    const sorting *found = find_sorting(o, wanted);
    if (found)
        return found;
    sorting *w = ARENA_NEW(o->mem, sorting);
    *w = *wanted;
    w->keys = ints(o, "rows_of_terms", w->terms);
    w->order = ints(o, "terms_by_rows", w->terms);
    w->starts = ints(o, "terms_before_rows", extent_add(w->rows, extent_const(o->pool, 1)));
    vec_push(o->mem, &o->sortings, (made_sorting){.is = w, .out = o->out, .guard = o->guard});
    if (w->fixed) {
        push_first(o, w);
    } else {
        push_keys(o, w);
        push_call(o, w);
    }
    return w;
}
