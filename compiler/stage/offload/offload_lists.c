/* The K extreme values of rows whose columns several blocks share.
 *
 * Each block has the list of its part of the columns, and leaves it in the workspace; the last one to come merges the
 * lists in the order of the parts, as if it had seen all columns itself: of equal values the first one stays first. */
#include "stage/offload/offload_tiles.h"

enum { LIST_ROWS = LIST_BLOCKS * TILE_THREADS * TILE_ROWS };

typedef struct split_list {
    const lstmt *insert;
    buffer *keys, *indices; /* of all splits */
    int64_t length;
} split_list;

static char mark;

static void find_own(map *own, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_ARRAY)
            map_set(own, s->buffer, &mark);
        if (s->kind == LS_ACC)
            map_set(own, s->acc->value, &mark);
        find_own(own, &s->body);
        find_own(own, &s->other);
    }
}

/* It puts something into a list of the row, in registers. own: declared in the sum's body. */
static bool is_list(const map *own, const lstmt *s, int64_t *length)
{
    return s->kind == LS_INSERT && !map_get(own, s->buffer) && s->buffer->kind == BUF_LOCAL &&
           s->from->kind == BUF_LOCAL && s->buffer->rank == 1 && extent_is_const(s->buffer->extents[0], length);
}

static bool changes_lists_only(const map *own, const lstmt_list *body, bool *any)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        int64_t length;
        bool keeps = is_list(own, s, &length), adds = s->kind == LS_ADD && !map_get(own, s->acc->value);
        if (adds || (s->buffer && !keeps && !map_get(own, s->buffer)))
            return false;
        *any |= keeps;
        if (!changes_lists_only(own, &s->body, any) || !changes_lists_only(own, &s->other, any))
            return false;
    }
    return true;
}

bool keeps_lists(const lstmt_list *body)
{
    arena *scratch = arena_new();
    map own;
    bool any = false;
    map_init(&own, scratch);
    find_own(&own, body);
    bool found = changes_lists_only(&own, body, &any) && any;
    arena_free(scratch);
    return found;
}

/* ---- memory ---- */

/* Memory for a list of each row and split, of that element type; used: how many of these the kernel has already. */
static buffer *list_memory(offloading *o, elem e, int64_t length, int used)
{
    for (int i = 0; i < o->lists.n; i++) {
        const list_room *room = &o->lists.data[i];
        if (room->b->elem == e && room->length == length && used-- == 0)
            return room->b;
    }
    const extent *none = extent_const(o->pool, 0);
    buffer *b = ARENA_NEW(o->mem, buffer);
    *b = (buffer){.kind = BUF_WORKSPACE, .name = "lists", .elem = e, .rank = 1, .slot = -1, .last_use = INT32_MAX};
    b->extents = arena_grow(o->mem, &none, 1, 1, sizeof none);
    vec_push(o->mem, &o->f->buffers, b);
    vec_push(o->mem, &o->lists, (list_room){b, length});
    return b;
}

void size_lists(offloading *o)
{
    if (o->lists.n == 0)
        return;
    const extent *rows = extent_const(o->pool, LIST_ROWS);
    if (!o->any_rows) {
        size_share s = {.name = "ad_split_lists", .all = rows, .one = extent_const(o->pool, 1)};
        s.most = extent_scale(o->tile_rows, MOST_SPLITS);
        vec_push(o->mem, &o->f->shares, s);
        rows = extent_name(o->pool, s.name);
    }
    for (int i = 0; i < o->lists.n; i++)
        o->lists.data[i].b->extents[0] = extent_scale(rows, o->lists.data[i].length);
}

/* ---- the kernel ---- */

typedef struct merging {
    offloading *o;
    const points *p;
    VEC(split_list) lists;
} merging;

/* Lists of that kind that the kernel has. */
static int count_used(const merging *m, elem e, int64_t length)
{
    int n = 0;
    for (int i = 0; i < m->lists.n; i++)
        if (m->lists.data[i].length == length)
            n += (m->lists.data[i].keys->elem == e) + (e == ELEM_INT);
    return n;
}

static void find_lists(merging *m, const map *own, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        split_list l = {.insert = s};
        find_lists(m, own, &s->body);
        if (!is_list(own, s, &l.length))
            continue;
        elem e = s->buffer->elem;
        l.keys = list_memory(m->o, e, l.length, count_used(m, e, l.length));
        l.indices = list_memory(m->o, ELEM_INT, l.length, count_used(m, ELEM_INT, l.length) + (e == ELEM_INT));
        vec_push(m->o->mem, &m->lists, l);
    }
}

static buffer *of_row(const row *w, buffer *b)
{
    buffer *copy = map_get(&w->copy.buffers, b);
    return copy ? copy : b;
}

static lstmt *loop_to(offloading *o, lstmt_list *out, const char *name, lexpr *hi)
{
    lstmt *loop = lstmt_new(o->mem, out, LS_FOR);
    loop->temp = temp_new(o->mem, name, ELEM_INT, false);
    loop->lo = lexpr_int(o->mem, 0);
    loop->hi = hi;
    loop->parts = true;
    return loop;
}

static lexpr *load_at(offloading *o, buffer *b, lexpr *at)
{
    return lexpr_new(o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = &at});
}

/* Where the place-th entry of the row's list of that split is: rows of neighbours are beside each other. */
static lexpr *place_of(const merging *m, const row *w, lexpr *split, int64_t length, const temp *place)
{
    arena *mem = m->o->mem;
    lexpr *list = lexpr_bin(mem, OP_MUL, split, lexpr_int(mem, length));
    list = lexpr_bin(mem, OP_MUL, lexpr_bin(mem, OP_ADD, list, lexpr_temp(mem, (temp *)place)), m->p->count);
    return lexpr_bin(mem, OP_ADD, list, w->point);
}

static void store_lists(const merging *m, lstmt_list *out, const row *w)
{
    arena *mem = m->o->mem;
    for (int i = 0; i < m->lists.n; i++) {
        const split_list *l = &m->lists.data[i];
        lstmt *each = loop_to(m->o, out, "place", lexpr_int(mem, l->length));
        each->most = l->length;
        each->unroll = (int)l->length;
        lexpr *place = lexpr_temp(mem, each->temp);
        buffer *const from[] = {of_row(w, l->insert->buffer), of_row(w, l->insert->from)}, *const to[] = {l->keys,
                                                                                                          l->indices};
        lexpr *at = place_of(m, w, here(m->o, PLACE_SPLIT), l->length, each->temp);
        for (int k = 0; k < 2; k++) {
            lstmt *s = lstmt_new(mem, &each->body, LS_STORE);
            s->buffer = to[k];
            s->nsubs = 1;
            s->subs = arena_grow(mem, &at, 1, 1, sizeof at);
            s->e = load_at(m->o, from[k], place);
        }
    }
}

/* Empty lists again, as before the sum. */
static void empty_lists(const merging *m, lstmt_list *out, row *w, const lstmt *sum)
{
    for (int i = 0; m->p->body.data[i] != sum; i++) {
        const lstmt *s = m->p->body.data[i];
        for (int k = 0; k < m->lists.n; k++)
            if (s->kind == LS_FILL &&
                (s->buffer == m->lists.data[k].insert->buffer || s->buffer == m->lists.data[k].insert->from))
                vec_push(m->o->mem, out, loops_copy(&w->copy, s));
    }
}

static void merge_lists(const merging *m, lstmt_list *out, const row *w)
{
    arena *mem = m->o->mem;
    for (int i = 0; i < m->lists.n; i++) {
        const split_list *l = &m->lists.data[i];
        lstmt *splits = loop_to(m->o, out, "split", here(m->o, PLACE_SPLITS));
        lstmt *places = loop_to(m->o, &splits->body, "place", lexpr_int(mem, l->length));
        lexpr *at = place_of(m, w, lexpr_temp(mem, splits->temp), l->length, places->temp);
        at = lexpr_temp(mem, lstmt_let(mem, &places->body, "at", at));
        temp *index = lstmt_let(mem, &places->body, "index", load_at(m->o, l->indices, at));
        lstmt *some = lstmt_new(mem, &places->body, LS_IF);
        some->e = lexpr_bin(mem, OP_LE, lexpr_int(mem, 0), lexpr_temp(mem, index));
        lstmt *insert = lstmt_new(mem, &some->body, LS_INSERT);
        insert->buffer = of_row(w, l->insert->buffer);
        insert->from = of_row(w, l->insert->from);
        insert->e = load_at(m->o, l->keys, at);
        insert->lo = lexpr_temp(mem, index);
        insert->largest = l->insert->largest;
    }
}

void join_lists(offloading *o, lstmt_list *out, const points *p, const lstmt *sum, int n, row *rows)
{
    arena *mem = o->mem;
    merging m = {.o = o, .p = p};
    map own;
    map_init(&own, mem);
    find_own(&own, &sum->body);
    find_lists(&m, &own, &sum->body);
    lstmt *several = lstmt_new(mem, out, LS_IF);
    several->e = lexpr_bin(mem, OP_LT, lexpr_int(mem, 1), here(o, PLACE_SPLITS));
    for (int r = 0; r < n; r++) {
        lstmt *valid = lstmt_new(mem, &several->body, LS_IF);
        valid->e = rows[r].valid;
        store_lists(&m, &valid->body, &rows[r]);
    }
    lstmt_new(mem, &several->body, LS_LAST);
    for (int r = 0; r < n; r++) {
        empty_lists(&m, &several->body, &rows[r], sum);
        merge_lists(&m, &several->body, &rows[r]);
    }
}
