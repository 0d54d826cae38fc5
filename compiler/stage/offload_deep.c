/* Sums over coordinates inside a pair, when how many there are is known only to the call.
 *
 * sum[d](f(x[i, d], y[j, d])) for a thread's row i and a group of columns j: the loop over d is around the columns of
 * the group, whose sums are in registers, so that an entry of x serves all of them. Coordinates are in shared memory:
 * of the block's rows and of as many groups as there is room for; of large rows a part at a time. The body of the pair
 * then reads its sum from the group's. */
#include "stage/offload_tiles.h"

enum {
    MOST_VALUES = 2,        /* of rows, and of columns */
    MOST_NODES = 100,       /* of an expression */
    ROW_BYTES = 64 * 4,     /* of the coordinates of a row in shared memory */
    ROW = TILE_THREADS + 1, /* their rows are apart by an odd number */
    SLOTS = 128,            /* coordinates of groups, in shared memory */
    WARP = 32
};

typedef struct deep_value {
    lexpr *value; /* in the row's or the column's index and the coordinate's */
    buffer *memory;
} deep_value;

typedef struct deep_sum {
    lexpr *term;
    buffer *sums; /* of the columns of the group */
} deep_sum;

struct deep {
    VEC(deep_sum) sums;
    deep_value rows[MOST_VALUES], columns[MOST_VALUES];
    int nrows, ncolumns;
    lexpr *length; /* how many coordinates */
    /* in all terms: the coordinate, its number among those in shared memory, where the group's begin, the column */
    temp *coordinate, *at, *slot, *column;
    lexpr *in_group;       /* the column's number */
    int part;              /* coordinates in shared memory at a time, at most */
    lexpr *width, *groups; /* coordinates and groups of columns in shared memory */
};

/* ---- finding ---- */

typedef struct search {
    tiling *t;
    const points *p;
    deep *d;
    map lets;    /* of the sum's body: temporary -> its expression */
    map inside;  /* temporaries of the sum's body */
    map indices; /* of the points */
    map others;  /* what else is declared before the sum */
    map before;  /* both */
    map column;
    map coordinate;
    map sums; /* values of the sums over coordinates */
    int nodes;
} search;

static char mark;

/* e in rows, the column's index and the coordinate; NULL: it is not that. */
static lexpr *inserted(search *s, const lexpr *e)
{
    arena *mem = s->t->o->mem;
    if (++s->nodes > MOST_NODES)
        return NULL;
    if (e->kind == LX_TEMP) {
        const lexpr *let = map_get(&s->lets, e->temp);
        if (let)
            return inserted(s, let);
        return map_get(&s->inside, e->temp) ? NULL : lexpr_temp(mem, e->temp);
    }
    lexpr *copy = lexpr_new(mem, *e);
    for (int i = 0; i < e->nargs; i++) {
        copy->args[i] = inserted(s, e->args[i]);
        if (!copy->args[i])
            return NULL;
    }
    return copy;
}

static bool depends(const lexpr *e, const map *on)
{
    if ((e->kind == LX_TEMP && map_get(on, e->temp)) || (e->kind == LX_LOAD && map_get(on, e->buffer)))
        return true;
    for (int i = 0; i < e->nargs; i++)
        if (depends(e->args[i], on))
            return true;
    return false;
}

static bool has_load(const lexpr *e)
{
    bool any = e->kind == LX_LOAD;
    for (int i = 0; i < e->nargs && !any; i++)
        any = has_load(e->args[i]);
    return any;
}

static int count_additions(const lstmt_list *body, const accumulator *a)
{
    int n = 0;
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        n += s->kind == LS_ADD && s->acc->value == a->value;
        n += count_additions(&s->body, a) + count_additions(&s->other, a);
    }
    return n;
}

static bool declares(const lstmt_list *body, const accumulator *a)
{
    for (int i = 0; i < body->n; i++)
        if (body->data[i]->kind == LS_ACC && body->data[i]->acc->value == a->value)
            return true;
    return false;
}

/* for d in 0..D: declarations, and one more term. */
static bool is_over_coordinates(const lstmt *s)
{
    bool from_zero = s->kind == LS_FOR && s->lo->kind == LX_CONST && s->lo->integer == 0 && !s->e && !s->step;
    if (!from_zero || s->hi->kind != LX_SIZE || s->body.n == 0)
        return false;
    for (int i = 0; i + 1 < s->body.n; i++)
        if (s->body.data[i]->kind != LS_LET)
            return false;
    const lstmt *add = s->body.data[s->body.n - 1];
    return add->kind == LS_ADD && !add->filter && add->acc->op == OP_SUM && elem_is_float(add->acc->elem) &&
           !add->acc->second;
}

static buffer *small_array(tiling *t, buffer_kind kind, const char *name, elem e, int rows, int columns)
{
    buffer *b = ARENA_NEW(t->o->mem, buffer);
    *b = (buffer){.kind = kind, .name = name, .elem = e, .rank = columns ? 2 : 1, .arg = -1, .slot = -1};
    b->extents = ARENA_ARRAY(t->o->mem, const extent *, 2);
    b->extents[0] = extent_const(t->o->pool, rows);
    b->extents[1] = extent_const(t->o->pool, columns);
    vec_push(t->o->mem, &t->o->f->buffers, b);
    return b;
}

static bool find_sum(search *s, const lstmt *loop)
{
    deep *d = s->d;
    const lstmt *add = loop->body.data[loop->body.n - 1];
    const lstmt_list *body = &s->t->sum->body;
    if (!declares(body, add->acc) || count_additions(body, add->acc) > 1 ||
        (d->length && d->length->extent != loop->hi->extent))
        return false;
    for (int i = 0; i + 1 < loop->body.n; i++)
        map_set(&s->lets, loop->body.data[i]->temp, loop->body.data[i]->e);
    map_set(&s->lets, loop->temp, lexpr_temp(s->t->o->mem, d->coordinate));
    s->nodes = 0;
    deep_sum found = {.term = inserted(s, add->e)};
    if (!found.term)
        return false;
    found.sums = small_array(s->t, BUF_LOCAL, add->acc->value->name, add->acc->elem, SCORES, 0);
    d->length = loop->hi;
    map_set(&s->sums, add->acc->value, found.sums);
    vec_push(s->t->o->mem, &d->sums, found);
    return true;
}

/* The body with one value, that of its column, for each sum. */
static lstmt_list with_values(const search *s)
{
    arena *mem = s->t->o->mem;
    lstmt_list out = {0};
    for (int i = 0; i < s->t->sum->body.n; i++) {
        lstmt *x = s->t->sum->body.data[i];
        bool sums = is_over_coordinates(x);
        const accumulator *a = sums ? x->body.data[x->body.n - 1]->acc : x->kind == LS_ACC ? x->acc : NULL;
        buffer *b = a ? map_get(&s->sums, a->value) : NULL;
        if (!b) {
            vec_push(mem, &out, x);
            continue;
        }
        if (!sums)
            continue;
        lstmt *let = lstmt_new(mem, &out, LS_LET);
        let->temp = a->value;
        let->e = lexpr_new(
            mem,
            (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = (lexpr *[]){s->d->in_group}});
    }
    return out;
}

/* ---- what is kept in shared memory ---- */

static lexpr *kept(search *s, lexpr *e, deep_value *list, int *n, lexpr *at[2])
{
    arena *mem = s->t->o->mem;
    int i = 0;
    while (i < *n && !lexpr_is_equal(list[i].value, e))
        i++;
    if (i == MOST_VALUES)
        return e;
    if (i == *n) {
        list[(*n)++] = (deep_value){.value = e};
        list[i].memory =
            small_array(s->t, BUF_SHARED, list == s->d->rows ? "row_values" : "column_values", e->elem, 1, 1);
    }
    buffer *b = list[i].memory;
    return lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = e->elem, .buffer = b, .nargs = 2, .args = at});
}

/* e with its greatest parts that are of a row and a coordinate, or of a column and one, in shared memory. */
static lexpr *with_kept(search *s, lexpr *e, lexpr *of_row[2], lexpr *of_column[2])
{
    deep *d = s->d;
    bool before = depends(e, &s->before), column = depends(e, &s->column);
    if (depends(e, &s->coordinate) && has_load(e) && before != column) {
        if (column)
            return kept(s, e, d->columns, &d->ncolumns, of_column);
        if (!depends(e, &s->others))
            return kept(s, e, d->rows, &d->nrows, of_row);
    }
    lexpr *copy = lexpr_new(s->t->o->mem, *e);
    for (int i = 0; i < e->nargs; i++)
        copy->args[i] = with_kept(s, e->args[i], of_row, of_column);
    return copy;
}

static int bytes_of(elem e)
{
    return e == ELEM_F32 ? 4 : e == ELEM_BOOL ? 1 : 8;
}

static void lay_out(search *s)
{
    deep *d = s->d;
    lexpr *of_row[2] = {lexpr_temp(s->t->o->mem, d->at), here(s->t->o, PLACE_THREAD)};
    lexpr *of_column[2] = {lexpr_temp(s->t->o->mem, d->slot), lexpr_temp(s->t->o->mem, d->column)};
    of_column[0] = lexpr_bin(s->t->o->mem, OP_ADD, of_column[0], of_row[0]);
    for (int i = 0; i < d->sums.n; i++)
        d->sums.data[i].term = with_kept(s, d->sums.data[i].term, of_row, of_column);
    int bytes = 0;
    for (int i = 0; i < d->nrows; i++)
        bytes += bytes_of(d->rows[i].memory->elem);
    d->part = ROW_BYTES / (bytes ? bytes : 4);
    for (int i = 0; i < d->nrows; i++) {
        d->rows[i].memory->extents[0] = extent_const(s->t->o->pool, d->part);
        d->rows[i].memory->extents[1] = extent_const(s->t->o->pool, ROW);
    }
    for (int i = 0; i < d->ncolumns; i++) {
        d->columns[i].memory->extents[0] = extent_const(s->t->o->pool, SLOTS);
        d->columns[i].memory->extents[1] = extent_const(s->t->o->pool, SCORES);
    }
}

static void begin_search(search *s, tiling *t, const points *p)
{
    arena *mem = t->o->mem;
    *s = (search){.t = t, .d = ARENA_NEW(mem, deep)};
    map *const maps[] = {&s->lets,   &s->inside, &s->indices,    &s->others,
                         &s->before, &s->column, &s->coordinate, &s->sums};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_init(maps[i], mem);
    temp **const temps[] = {&s->d->coordinate, &s->d->at, &s->d->slot, &s->d->column};
    static const char *const called[] = {"coordinate", "at", "slot", "c"};
    for (int i = 0; i < 4; i++)
        *temps[i] = temp_new(mem, called[i], ELEM_INT, false);
    s->d->in_group = lexpr_temp(mem, temp_new(mem, "in_group", ELEM_INT, false));
    for (int i = 0; i < p->loops.n; i++)
        map_set(&s->before, p->loops.data[i]->temp, &mark);
    lstmt_list before = p->body;
    for (before.n = 0; p->body.data[before.n] != t->sum;)
        before.n++;
    note_declared(&s->others, &before);
    note_declared(&s->before, &before);
    note_declared(&s->inside, &t->sum->body);
    map_set(&s->column, t->sum->temp, &mark);
    map_set(&s->coordinate, s->d->coordinate, &mark);
    for (int i = 0; i < t->sum->body.n; i++)
        if (t->sum->body.data[i]->kind == LS_LET)
            map_set(&s->lets, t->sum->body.data[i]->temp, t->sum->body.data[i]->e);
}

deep *find_deep(tiling *t, const points *p)
{
    search s;
    begin_search(&s, t, p);
    for (int i = 0; i < t->sum->body.n; i++) {
        const lstmt *x = t->sum->body.data[i];
        if (is_over_coordinates(x) && !find_sum(&s, x))
            return NULL;
    }
    lstmt_list body = with_values(&s);
    if (s.d->sums.n == 0 || !can_group(t->o->mem, &body))
        return NULL;
    t->sum->body = body;
    lay_out(&s);
    return s.d;
}

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

void begin_deep(tiling *t, lstmt_list *out, const points *p)
{
    arena *mem = t->o->mem;
    deep *d = t->deep;
    for (int i = 0; i < d->nrows; i++)
        lstmt_new(mem, out, LS_ARRAY)->buffer = d->rows[i].memory;
    for (int i = 0; i < d->ncolumns; i++)
        lstmt_new(mem, out, LS_ARRAY)->buffer = d->columns[i].memory;
    lexpr *one = lexpr_int(mem, 1);
    d->width = let(t, out, "width", lexpr_bin(mem, OP_MIN, d->length, lexpr_int(mem, d->part)));
    lexpr *room = lexpr_bin(mem, OP_IDIV, lexpr_int(mem, SLOTS), lexpr_bin(mem, OP_MAX, one, d->width));
    room = lexpr_bin(mem, OP_MIN, room, lexpr_int(mem, TILE / SCORES));
    d->groups = let(t, out, "groups", lexpr_select(mem, all_fit(t), room, one));
    lstmt *fits = lstmt_new(mem, out, LS_IF);
    fits->e = all_fit(t);
    load_rows(t, &fits->body, p, lexpr_int(mem, 0), d->length);
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
    buffer *b = small_array(t, BUF_LOCAL, like->name, like->elem, SCORES, 0);
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

void let_column_in_group(tiling *t, lstmt_list *out, lexpr *column)
{
    lstmt *s = lstmt_new(t->o->mem, out, LS_LET);
    s->temp = t->deep->in_group->temp;
    s->e = column;
}
