/* Sums over coordinates inside a pair, when how many there are is known only to the call.
 *
 * sum[d](f(x[i, d], y[j, d])) for a thread's row i and a group of columns j: the loop over d is around the columns of
 * the group, whose sums are in registers, so that an entry of x serves all of them. Coordinates are in shared memory:
 * of the block's rows and of as many groups as there is room for; of large rows a part at a time. The body of the pair
 * then reads its sum from the group's. What each coordinate has of its own for the row, as a gradient, is in memory
 * with rows of points (offload_deep_rows.c), and takes what a group of columns adds at a time. */
#include "stage/offload/offload_deep.h"

/* ---- loading ---- */

static void store(tiling *t, lstmt_list *out, buffer *b, lexpr *i, lexpr *k, lexpr *e)
{
    lstmt *s = lstmt_new(t->o->mem, out, LS_STORE);
    s->buffer = b;
    s->nsubs = k ? 2 : 1;
    s->subs = ARENA_ARRAY(t->o->mem, lexpr *, 2);
    s->subs[0] = i;
    s->subs[1] = k;
    s->e = e;
}

static lexpr *let(tiling *t, lstmt_list *out, const char *name, lexpr *e)
{
    return lexpr_temp(t->o->mem, lstmt_let(t->o->mem, out, name, e));
}

static lstmt *new_loop(tiling *t, lstmt_list *out, const char *name, lexpr *lo, lexpr *hi, int step)
{
    lstmt *loop = lstmt_new(t->o->mem, out, LS_FOR);
    loop->temp = temp_new(t->o->mem, name, ELEM_INT, false);
    loop->lo = lo;
    loop->hi = hi;
    loop->step = step;
    loop->parts = true;
    return loop;
}

/* for item in 0..items, for at in 0..count: items by warps, coordinates by lanes. */
static lstmt *loop_over_items(tiling *t, lstmt_list *out, lexpr *items)
{
    lexpr *warp = lexpr_bin(t->o->mem, OP_IDIV, here(t->o, PLACE_THREAD), lexpr_int(t->o->mem, WARP));
    return new_loop(t, out, "item", warp, items, TILE_THREADS / WARP);
}

static lstmt *loop_over_lanes(tiling *t, lstmt_list *out, lexpr *count, loops_copying *c, lexpr *first)
{
    arena *mem = t->o->mem;
    lexpr *lane = lexpr_bin(mem, OP_IMOD, here(t->o, PLACE_THREAD), lexpr_int(mem, WARP));
    lstmt *loop = new_loop(t, out, "at", lane, count, WARP);
    temp *coordinate =
        lstmt_let(mem, &loop->body, "coordinate", lexpr_bin(mem, OP_ADD, first, lexpr_temp(mem, loop->temp)));
    map_set(&c->temps, t->deep->coordinate, coordinate);
    return loop;
}

/* Of the block's rows, `count` coordinates from `first` on; rows beyond the end are the last one again. */
static void load_rows(tiling *t, lstmt_list *out, const points *p, lexpr *first, lexpr *count)
{
    arena *mem = t->o->mem;
    if (t->deep->nrows == 0)
        return;
    loops_copying c;
    loops_copy_init(&c, mem, t->o->f, "");
    lstmt *items = loop_over_items(t, out, lexpr_int(mem, TILE_THREADS));
    lexpr *item = lexpr_temp(mem, items->temp), *last = lexpr_bin(mem, OP_SUB, p->count, lexpr_int(mem, 1));
    lexpr *number = lexpr_bin(mem, OP_MUL, here(t->o, PLACE_BLOCK), lexpr_int(mem, TILE_THREADS));
    number = let(t, &items->body, "point", lexpr_bin(mem, OP_MIN, lexpr_bin(mem, OP_ADD, number, item), last));
    lstmt_list indices = {0};
    let_indices(t->o, &indices, p, number);
    for (int i = 0; i < indices.n; i++)
        vec_push(mem, &items->body, loops_copy(&c, indices.data[i]));
    lstmt *lanes = loop_over_lanes(t, &items->body, count, &c, first);
    for (int i = 0; i < t->deep->nrows; i++) {
        const deep_value *v = &t->deep->rows[i];
        store(t, &lanes->body, v->memory, lexpr_temp(mem, lanes->temp), item, loops_copy_expr(&c, v->value));
    }
}

/* Of as many groups of columns as there is room for; columns beyond the end are the last one again. */
static void load_columns(tiling *t, lstmt_list *out, const scoring *g, lexpr *first, lexpr *count)
{
    arena *mem = t->o->mem;
    if (t->deep->ncolumns == 0)
        return;
    loops_copying c;
    loops_copy_init(&c, mem, t->o->f, "");
    lexpr *size = lexpr_int(mem, SCORES);
    lstmt *items = loop_over_items(t, out, lexpr_bin(mem, OP_MUL, t->deep->groups, size));
    lexpr *item = lexpr_temp(mem, items->temp);
    lexpr *column = lexpr_bin(mem, OP_ADD, lexpr_bin(mem, OP_ADD, g->tile, g->first), item);
    column = lexpr_bin(mem, OP_MIN, column, lexpr_bin(mem, OP_SUB, t->end, lexpr_int(mem, 1)));
    map_set(&c.temps, t->sum->temp, lstmt_let(mem, &items->body, t->sum->temp->name, column));
    lexpr *slot = lexpr_bin(mem, OP_MUL, lexpr_bin(mem, OP_IDIV, item, size), t->deep->width);
    slot = let(t, &items->body, "slot", slot);
    lstmt *lanes = loop_over_lanes(t, &items->body, count, &c, first);
    lexpr *at = lexpr_bin(mem, OP_ADD, slot, lexpr_temp(mem, lanes->temp));
    for (int i = 0; i < t->deep->ncolumns; i++) {
        const deep_value *v = &t->deep->columns[i];
        store(t, &lanes->body, v->memory, at, lexpr_bin(mem, OP_IMOD, item, size), loops_copy_expr(&c, v->value));
    }
}

static lexpr *all_fit(const tiling *t)
{
    return lexpr_bin(t->o->mem, OP_LE, t->deep->length, lexpr_int(t->o->mem, t->deep->part));
}

static int bytes_of(const buffer *b)
{
    return b->elem == ELEM_F32 ? 4 : b->elem == ELEM_BOOL ? 1 : 8;
}

static int bytes_of_all(const deep_value *list, int n)
{
    int bytes = 0;
    for (int i = 0; i < n; i++)
        bytes += bytes_of(list[i].memory);
    return bytes;
}

static void set_size(const tiling *t, buffer *b, int rows, int columns)
{
    b->extents[0] = extent_const(t->o->pool, rows);
    b->extents[1] = extent_const(t->o->pool, columns);
}

/* What of a block's shared memory the tile leaves. */
static int room_of_block(const tiling *t)
{
    int room = SHARED_BYTES;
    for (int e = 0; e <= ELEM_BOOL; e++) {
        int64_t entries = 0;
        if (t->entries[e] > 0 && extent_is_const(t->tiles[e]->extents[1], &entries))
            room -= (int)entries * TILE * bytes_of(t->tiles[e]);
    }
    return room;
}

static void size_memory(tiling *t)
{
    deep *d = t->deep;
    int one_row = bytes_of_all(d->rows, d->nrows), one_column = bytes_of_all(d->columns, d->ncolumns);
    d->slots =
        one_column > 0 && COLUMN_BYTES / (one_column * SCORES) < SLOTS ? COLUMN_BYTES / (one_column * SCORES) : SLOTS;
    int most = one_row > 0 ? (room_of_block(t) - one_column * SCORES * d->slots) / (one_row * ROW) : d->slots;
    d->part = one_row > 0 ? ROW_BYTES / one_row : d->slots;
    d->part = d->part > most ? most : d->part;
    d->part = d->part > d->slots ? d->slots : d->part < 1 ? 1 : d->part;
    for (int i = 0; i < d->nrows; i++)
        set_size(t, d->rows[i].memory, d->part, ROW);
    for (int i = 0; i < d->ncolumns; i++)
        set_size(t, d->columns[i].memory, d->slots, SCORES);
}

/* Subscripts of the row's memory. */
static lexpr **entry_of_row(tiling *t, const points *p, row *w, lexpr *coordinate)
{
    lexpr **subs = ARENA_ARRAY(t->o->mem, lexpr *, p->loops.n + 1);
    subs[0] = coordinate;
    for (int i = 0; i < p->loops.n; i++)
        subs[i + 1] = loops_copy_expr(&w->copy, lexpr_temp(t->o->mem, p->loops.data[i]->temp));
    return subs;
}

/* ... where several blocks share the columns, of that split. */
static lexpr **entry_of_part(tiling *t, const points *p, row *w, lexpr *coordinate, lexpr *split)
{
    lexpr **subs = entry_of_row(t, p, w, coordinate);
    if (p->loops.n == 1)
        subs[1] = lexpr_bin(t->o->mem, OP_ADD, lexpr_bin(t->o->mem, OP_MUL, split, p->count), subs[1]);
    return subs;
}

static void store_of_row(tiling *t, lstmt_list *out, buffer *b, lexpr **subs, lexpr *e)
{
    lstmt *s = lstmt_new(t->o->mem, out, LS_STORE);
    s->buffer = b;
    s->nsubs = b->rank;
    s->subs = subs;
    s->e = e;
}

static void clear_entries(tiling *t, lstmt_list *out, const points *p, row *w)
{
    if (t->deep->entries.n == 0)
        return;
    lstmt *valid = lstmt_new(t->o->mem, out, LS_IF);
    valid->e = w->valid;
    lstmt *loop = new_loop(t, &valid->body, "coordinate", lexpr_int(t->o->mem, 0), t->deep->length, 0);
    for (int i = 0; i < t->deep->entries.n; i++) {
        buffer *b = t->deep->entries.data[i].to;
        lexpr **subs = entry_of_part(t, p, w, lexpr_temp(t->o->mem, loop->temp), here(t->o, PLACE_SPLIT));
        store_of_row(t, &loop->body, b, subs, lexpr_const(t->o->mem, b->elem, 0));
    }
}

void begin_deep(tiling *t, lstmt_list *out, const points *p, row *w)
{
    arena *mem = t->o->mem;
    deep *d = t->deep;
    size_memory(t);
    for (int i = 0; i < d->nrows; i++)
        lstmt_new(mem, out, LS_ARRAY)->buffer = d->rows[i].memory;
    for (int i = 0; i < d->ncolumns; i++)
        lstmt_new(mem, out, LS_ARRAY)->buffer = d->columns[i].memory;
    lexpr *one = lexpr_int(mem, 1);
    d->width = let(t, out, "width", lexpr_bin(mem, OP_MIN, d->length, lexpr_int(mem, d->part)));
    lexpr *room = lexpr_bin(mem, OP_IDIV, lexpr_int(mem, d->slots), lexpr_bin(mem, OP_MAX, one, d->width));
    room = lexpr_bin(mem, OP_MIN, room, lexpr_int(mem, TILE / SCORES));
    d->groups = let(t, out, "groups", lexpr_select(mem, all_fit(t), room, one));
    lstmt *fits = lstmt_new(mem, out, LS_IF);
    fits->e = all_fit(t);
    load_rows(t, &fits->body, p, lexpr_int(mem, 0), d->length);
    clear_entries(t, out, p, w);
}

/* ---- sums of a group ---- */

static lstmt *loop_over_columns(tiling *t, lstmt_list *out)
{
    lstmt *loop = new_loop(t, out, "c", lexpr_int(t->o->mem, 0), lexpr_int(t->o->mem, SCORES), 0);
    loop->temp = t->deep->column;
    loop->most = loop->unroll = SCORES;
    return loop;
}

static buffer *own_array(tiling *t, lstmt_list *out, const buffer *like)
{
    buffer *b = deep_array(t, BUF_LOCAL, like->name, like->elem, SCORES, 0);
    lstmt_new(t->o->mem, out, LS_ARRAY)->buffer = b;
    return b;
}

static lexpr *entry(const tiling *t, buffer *b)
{
    lexpr *at = lexpr_temp(t->o->mem, t->deep->column);
    return lexpr_new(t->o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = &at});
}

static void clear(tiling *t, lstmt_list *out, buffer **list)
{
    lstmt *loop = loop_over_columns(t, out);
    for (int i = 0; i < t->deep->sums.n; i++)
        store(t, &loop->body, list[i], lexpr_temp(t->o->mem, loop->temp), NULL,
              lexpr_const(t->o->mem, list[i]->elem, 0));
}

/* entry of `to` += e, for the column. */
static void add_entry(tiling *t, lstmt_list *out, buffer *to, lexpr *e)
{
    store(t, out, to, lexpr_temp(t->o->mem, t->deep->column), NULL, lexpr_bin(t->o->mem, OP_ADD, entry(t, to), e));
}

static lexpr *count_from(tiling *t, lstmt_list *out, lexpr *first)
{
    arena *mem = t->o->mem;
    lexpr *left = lexpr_bin(mem, OP_SUB, t->deep->length, first);
    return let(t, out, "count", lexpr_bin(mem, OP_MIN, lexpr_int(mem, t->deep->part), left));
}

/* What is done where not all coordinates are in shared memory at once. */
static lstmt_list *large_part(tiling *t, lstmt_list *out)
{
    lexpr *fits = all_fit(t);
    lstmt *large = lstmt_new(t->o->mem, out, LS_IF);
    large->e = lexpr_point(t->o->mem, OP_NOT, ELEM_BOOL, 1, &fits);
    return &large->body;
}

static lstmt *loop_over_coordinates(tiling *t, lstmt_list *out, lexpr *first, lexpr *count)
{
    arena *mem = t->o->mem;
    lstmt *loop = new_loop(t, out, "at", lexpr_int(mem, 0), count, 0);
    loop->temp = t->deep->at;
    loop->most = t->deep->part;
    lstmt *coordinate = lstmt_new(mem, &loop->body, LS_LET);
    coordinate->temp = t->deep->coordinate;
    coordinate->e = lexpr_bin(mem, OP_ADD, first, lexpr_temp(mem, t->deep->at));
    return loop;
}

/* Those beyond the end are the last one again. */
static void let_clamped_column(tiling *t, lstmt_list *out, const scoring *g)
{
    arena *mem = t->o->mem;
    lstmt *column = lstmt_new(mem, out, LS_LET);
    column->temp = t->sum->temp;
    column->e = lexpr_bin(mem, OP_ADD, lexpr_bin(mem, OP_ADD, g->tile, g->first), lexpr_temp(mem, t->deep->column));
    column->e = lexpr_bin(mem, OP_MIN, column->e, lexpr_bin(mem, OP_SUB, t->end, lexpr_int(mem, 1)));
}

/* Coordinates first..first + count: loaded where they are not there yet, then added up. */
static void add_part(tiling *t, lstmt_list *out, const scoring *g, const points *p, row *w, buffer **parts,
                     lexpr *first)
{
    arena *mem = t->o->mem;
    deep *d = t->deep;
    lexpr *count = lexpr_bin(mem, OP_MIN, lexpr_int(mem, d->part), lexpr_bin(mem, OP_SUB, d->length, first));
    count = let(t, out, "count", count);
    lstmt *load = lstmt_new(mem, out, LS_IF);
    load->e = lexpr_bin(mem, OP_EQ, lexpr_temp(mem, d->slot), lexpr_int(mem, 0));
    lstmt_new(mem, &load->body, LS_BARRIER);
    lexpr *fits = all_fit(t);
    lstmt *large = lstmt_new(mem, &load->body, LS_IF);
    large->e = lexpr_point(mem, OP_NOT, ELEM_BOOL, 1, &fits);
    load_rows(t, &large->body, p, first, count);
    load_columns(t, &load->body, g, first, count);
    lstmt_new(mem, &load->body, LS_BARRIER);
    clear(t, out, parts);
    lstmt *coordinates = new_loop(t, out, "at", lexpr_int(mem, 0), count, 0);
    coordinates->temp = d->at;
    coordinates->most = d->part;
    lstmt *coordinate = lstmt_new(mem, &coordinates->body, LS_LET);
    coordinate->temp = d->coordinate;
    coordinate->e = lexpr_bin(mem, OP_ADD, first, lexpr_temp(mem, d->at));
    lstmt *columns = loop_over_columns(t, &coordinates->body);
    lstmt *column = lstmt_new(mem, &columns->body, LS_LET);
    column->temp = t->sum->temp;
    column->e = lexpr_bin(mem, OP_ADD, lexpr_bin(mem, OP_ADD, g->tile, g->first), lexpr_temp(mem, d->column));
    column->e = lexpr_bin(mem, OP_MIN, column->e, lexpr_bin(mem, OP_SUB, t->end, lexpr_int(mem, 1)));
    for (int i = 0; i < d->sums.n; i++)
        add_entry(t, &columns->body, parts[i], loops_copy_expr(&w->copy, d->sums.data[i].term));
}

void add_deep(tiling *t, lstmt_list *out, const scoring *g, const points *p, row *w)
{
    arena *mem = t->o->mem;
    deep *d = t->deep;
    buffer **sums = ARENA_ARRAY(mem, buffer *, d->sums.n), **parts = ARENA_ARRAY(mem, buffer *, d->sums.n);
    for (int i = 0; i < d->sums.n; i++) {
        sums[i] = own_array(t, out, d->sums.data[i].sums);
        parts[i] = own_array(t, out, d->sums.data[i].sums);
        map_set(&w->copy.buffers, d->sums.data[i].sums, sums[i]);
    }
    for (int i = 0; i < d->kept.n; i++)
        map_set(&w->copy.buffers, d->kept.data[i].values, own_array(t, out, d->kept.data[i].values));
    clear(t, out, sums);
    lstmt *slot = lstmt_new(mem, out, LS_LET);
    slot->temp = d->slot;
    slot->e = lexpr_bin(mem, OP_IMOD, lexpr_bin(mem, OP_IDIV, g->first, lexpr_int(mem, SCORES)), d->groups);
    slot->e = lexpr_bin(mem, OP_MUL, slot->e, d->width);
    lstmt *all = new_loop(t, out, "first", lexpr_int(mem, 0), d->length, d->part);
    add_part(t, &all->body, g, p, w, parts, lexpr_temp(mem, all->temp));
    lstmt *columns = loop_over_columns(t, &all->body);
    for (int i = 0; i < d->sums.n; i++)
        add_entry(t, &columns->body, sums[i], entry(t, parts[i]));
}

/* ---- entries of the row ---- */

/* What the columns of the group add to the row's entries of the coordinate; inside: those that are columns. */
static void add_columns(tiling *t, lstmt_list *out, const scoring *g, row *w, temp **totals, bool inside, lexpr *to)
{
    arena *mem = t->o->mem;
    deep *d = t->deep;
    lstmt *columns = loop_over_columns(t, out);
    let_clamped_column(t, &columns->body, g);
    lexpr *is_column = lexpr_bin(mem, OP_LT, lexpr_bin(mem, OP_ADD, g->first, lexpr_temp(mem, d->column)), to);
    for (int i = 0; i < d->entries.n; i++) {
        lexpr *term = loops_copy_expr(&w->copy, d->entries.data[i].term);
        term = inside ? lexpr_select(mem, is_column, term, lexpr_const(mem, term->elem, 0)) : term;
        lstmt_set(mem, &columns->body, totals[i], lexpr_bin(mem, OP_ADD, lexpr_temp(mem, totals[i]), term));
    }
}

static void add_part_of_entries(tiling *t, lstmt_list *out, const scoring *g, const points *p, row *w, lexpr *first,
                                lexpr *to)
{
    arena *mem = t->o->mem;
    deep *d = t->deep;
    lexpr *count = count_from(t, out, first);
    lstmt_list *load = large_part(t, out);
    lstmt_new(mem, load, LS_BARRIER);
    load_rows(t, load, p, first, count);
    load_columns(t, load, g, first, count);
    lstmt_new(mem, load, LS_BARRIER);
    lstmt *valid = lstmt_new(mem, out, LS_IF);
    valid->e = w->valid;
    lstmt *coordinates = loop_over_coordinates(t, &valid->body, first, count);
    lstmt_list *body = &coordinates->body;
    temp **totals = ARENA_ARRAY(mem, temp *, d->entries.n);
    for (int i = 0; i < d->entries.n; i++) {
        totals[i] = temp_new(mem, "total", d->entries.data[i].to->elem, false);
        lstmt_var(mem, body, totals[i], lexpr_const(mem, totals[i]->elem, 0));
    }
    lstmt *whole = lstmt_new(mem, body, LS_IF);
    whole->e = lexpr_bin(mem, OP_LE, lexpr_bin(mem, OP_ADD, g->first, lexpr_int(mem, SCORES)), to);
    add_columns(t, &whole->body, g, w, totals, false, to);
    add_columns(t, &whole->other, g, w, totals, true, to);
    for (int i = 0; i < d->entries.n; i++) {
        buffer *b = d->entries.data[i].to;
        lexpr **subs = entry_of_part(t, p, w, lexpr_temp(mem, d->coordinate), here(t->o, PLACE_SPLIT));
        lexpr *old =
            lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = b->rank, .args = subs});
        store_of_row(t, body, b, subs, lexpr_bin(mem, OP_ADD, old, lexpr_temp(mem, totals[i])));
    }
}

void add_deep_entries(tiling *t, lstmt_list *out, const scoring *g, const points *p, row *w, lexpr *to)
{
    if (t->deep->entries.n == 0)
        return;
    lstmt *all = new_loop(t, out, "first", lexpr_int(t->o->mem, 0), t->deep->length, t->deep->part);
    add_part_of_entries(t, &all->body, g, p, w, lexpr_temp(t->o->mem, all->temp), to);
}

/* Their memory has room for the splits where the points are those of one loop. */
lexpr *count_deep_splits(tiling *t, const points *p, lexpr *blocks)
{
    arena *mem = t->o->mem;
    if (p->loops.n > 1)
        return NULL;
    lexpr *filled = lexpr_bin(mem, OP_MUL, blocks, lexpr_int(mem, MANY_BLOCKS / DEEP_BLOCKS));
    return lexpr_bin(mem, OP_MIN, count_splits(t->o, filled, t->sum->hi, TILE), lexpr_int(mem, DEEP_SPLITS));
}

void join_deep_entries(tiling *t, lstmt_list *out, const points *p, row *w)
{
    arena *mem = t->o->mem;
    deep *d = t->deep;
    lexpr *splits = here(t->o, PLACE_SPLITS);
    lstmt *several = lstmt_new(mem, out, LS_IF);
    several->e = lexpr_bin(mem, OP_AND, lexpr_bin(mem, OP_LT, lexpr_int(mem, 1), splits), w->valid);
    lstmt *coordinates = new_loop(t, &several->body, "coordinate", lexpr_int(mem, 0), d->length, 0);
    lexpr *coordinate = lexpr_temp(mem, coordinates->temp);
    for (int i = 0; i < d->entries.n; i++) {
        buffer *b = d->entries.data[i].to;
        temp *total = temp_new(mem, "total", b->elem, false);
        lstmt_var(mem, &coordinates->body, total, lexpr_const(mem, b->elem, 0));
        lstmt *parts = new_loop(t, &coordinates->body, "split", lexpr_int(mem, 0), splits, 0);
        lexpr **subs = entry_of_part(t, p, w, coordinate, lexpr_temp(mem, parts->temp));
        lexpr *part =
            lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = b->rank, .args = subs});
        lstmt_set(mem, &parts->body, total, lexpr_bin(mem, OP_ADD, lexpr_temp(mem, total), part));
        store_of_row(t, &coordinates->body, b, entry_of_row(t, p, w, coordinate), lexpr_temp(mem, total));
    }
}

void let_column_in_group(tiling *t, lstmt_list *out, lexpr *column)
{
    lstmt *s = lstmt_new(t->o->mem, out, LS_LET);
    s->temp = t->deep->in_group->temp;
    s->e = column;
}
