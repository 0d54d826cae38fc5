/* Rows with memory of their own, an entry for each coordinate, to which every pair adds: gradients in coordinates of
 * which only the call knows how many there are.
 *
 * Memory of a thread becomes memory of the call with rows of points, so that neighbouring threads have neighbouring
 * entries; it is as large as the result. */
#include "form/loops_copy.h"
#include "stage/offload/offload_deep.h"
#include "stage/offload/offload_scatter.h"

typedef struct moving {
    offloading *o;
    const points *p;
    map moved; /* scratch buffer -> that of all points */
    VEC(buffer *) made;
    bool failed;
} moving;

static buffer *moved(moving *m, buffer *b)
{
    buffer *own = map_get(&m->moved, b);
    if (own || b->rank != 1)
        return own;
    own = ARENA_NEW(m->o->mem, buffer);
    *own = *b;
    own->kind = BUF_WORKSPACE;
    own->rank = m->p->loops.n + 1;
    own->first_use = 0;
    own->last_use = INT32_MAX;
    own->extents = ARENA_ARRAY(m->o->mem, const extent *, own->rank);
    own->extents[0] = b->extents[0];
    for (int i = 0; i < m->p->loops.n; i++) {
        own->extents[i + 1] = loop_range(m->o, m->p->loops.data[i]);
        m->failed |= !own->extents[i + 1];
    }
    map_set(&m->moved, b, own);
    vec_push(m->o->mem, &m->made, own);
    return own;
}

/* The point's indices behind the subscript. */
static lexpr **longer(moving *m, lexpr *sub)
{
    lexpr **subs = ARENA_ARRAY(m->o->mem, lexpr *, m->p->loops.n + 1);
    subs[0] = sub;
    for (int i = 0; i < m->p->loops.n; i++)
        subs[i + 1] = lexpr_temp(m->o->mem, m->p->loops.data[i]->temp);
    return subs;
}

static void move_loads(moving *m, lexpr *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->nargs; i++)
        move_loads(m, e->args[i]);
    if (e->kind != LX_LOAD || e->buffer->kind != BUF_SCRATCH)
        return;
    buffer *own = e->nargs == 1 ? moved(m, e->buffer) : NULL;
    m->failed |= !own;
    if (!own)
        return;
    e->args = longer(m, e->args[0]);
    e->nargs = own->rank;
    e->buffer = own;
}

static void move_all(moving *m, lstmt_list *body);

static void move_statement(moving *m, lstmt *s)
{
    lexpr *const all[] = {s->e, s->lo, s->hi, s->filter};
    for (int i = 0; i < 4; i++)
        move_loads(m, all[i]);
    for (int i = 0; i < s->nsubs; i++)
        move_loads(m, s->subs[i]);
    if (s->buffer && s->buffer->kind == BUF_SCRATCH) {
        buffer *own = s->kind == LS_STORE && s->nsubs == 1 ? moved(m, s->buffer) : NULL;
        m->failed |= !own;
        s->subs = own ? longer(m, s->subs[0]) : s->subs;
        s->nsubs = own ? own->rank : s->nsubs;
        s->buffer = own;
    }
    m->failed |= s->from && s->from->kind == BUF_SCRATCH;
    move_all(m, &s->body);
    move_all(m, &s->other);
}

static void move_all(moving *m, lstmt_list *body)
{
    for (int i = 0; i < body->n && !m->failed; i++)
        move_statement(m, body->data[i]);
}

static bool is_cleared(const lstmt *s)
{
    return s->kind == LS_FILL && s->buffer->kind == BUF_SCRATCH && s->e->kind == LX_CONST && s->e->number == 0.0 &&
           s->e->integer == 0;
}

/* A copy of the body; the kernel clears the memory itself. */
static points moved_points(moving *m, const points *p)
{
    points copy = *p;
    loops_copying c;
    loops_copy_init(&c, m->o->mem, m->o->f, "");
    copy.body = (lstmt_list){0};
    for (int i = 0; i < p->body.n; i++)
        if (!is_cleared(p->body.data[i]))
            vec_push(m->o->mem, &copy.body, loops_copy(&c, p->body.data[i]));
    move_all(m, &copy.body);
    return copy;
}

static bool touches(const moving *m, const lstmt *s)
{
    bool found = s->buffer && s->buffer->kind == BUF_WORKSPACE;
    for (int i = 0; found && i < m->made.n; i++)
        if (m->made.data[i] == s->buffer)
            return true;
    for (int i = 0; i < s->body.n; i++)
        if (touches(m, s->body.data[i]))
            return true;
    for (int i = 0; i < s->other.n; i++)
        if (touches(m, s->other.data[i]))
            return true;
    return false;
}

static bool has_entries(const lstmt *s)
{
    for (int i = 0; i < s->body.n; i++)
        if (is_over_entries(s->body.data[i]))
            return true;
    return false;
}

/* The loop over the columns, which adds to entries; NULL: there is none, or something stands beside it that a copy
 * cannot be made of. */
static lstmt *find_loop(const offloading *o, const lstmt_list *body)
{
    lstmt *found = NULL;
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        bool other = s->kind == LS_FAIL || s->kind == LS_CALL || s->kind == LS_SWAP || s->kind == LS_ADD;
        if (other || (found && has_entries(s)))
            return NULL;
        if (s->kind == LS_FOR && has_entries(s))
            found = s;
    }
    bool from_zero = found && found->lo->kind == LX_CONST && found->lo->integer == 0;
    return from_zero && !found->e && !found->step && host_knows(o, found->hi) ? found : NULL;
}

/* Nothing but the sum's entries is written, all of it. */
static bool is_deep(const moving *m, points *p, lstmt *sum)
{
    for (int i = 0; i < p->body.n; i++)
        if (p->body.data[i] != sum && touches(m, p->body.data[i]))
            return false;
    tiling t = {.o = m->o, .sum = sum};
    lstmt_list body = sum->body;
    deep *d = find_deep(&t, p);
    sum->body = body;
    return d && d->entries.n == m->made.n;
}

/* Rows for all splits that there may be: so many, unless there are more without splits. */
static const extent *rows_of_splits(offloading *o, const extent *rows)
{
    const extent *one = extent_const(o->pool, 1), *most = extent_scale(rows, DEEP_SPLITS);
    for (int i = 0; i < o->f->shares.n; i++) {
        const size_share *s = &o->f->shares.data[i];
        if (s->all == rows && s->one == one && s->most == most && s->least == (int64_t)DEEP_BLOCKS * TILE_THREADS)
            return extent_name(o->pool, s->name);
    }
    const char *name = arena_printf(o->mem, "ad_split_rows_%d", o->f->shares.n);
    vec_push(o->mem, &o->f->shares,
             (size_share){
                 .name = name, .all = rows, .one = one, .most = most, .least = (int64_t)DEEP_BLOCKS * TILE_THREADS});
    return extent_name(o->pool, name);
}

lstmt *find_deep_rows(offloading *o, points *p)
{
    moving m = {.o = o, .p = p};
    map_init(&m.moved, o->mem);
    points copy = moved_points(&m, p);
    lstmt *sum = m.failed || m.made.n == 0 ? NULL : find_loop(o, &copy.body);
    if (!sum || !is_deep(&m, &copy, sum))
        return NULL;
    for (int i = 0; i < m.made.n; i++) {
        if (p->loops.n == 1)
            m.made.data[i]->extents[1] = rows_of_splits(o, m.made.data[i]->extents[1]);
        vec_push(o->mem, &o->f->buffers, m.made.data[i]);
    }
    *p = copy;
    return sum;
}
