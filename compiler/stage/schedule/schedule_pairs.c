/* Pairs that serve the sums of their rows and of their columns: in tiles, rows in lanes.
 *
 * Either range is cut into as many tiles. Round d takes the tiles (t, t + d), the second counted around the end: in a
 * round each tile is once the first and once the second of a pair, so that the pairs of a round may run in parallel,
 * each side adding into sums of its own. The order of all additions is fixed by the sizes alone. In a pair of tiles the
 * rows of the first are in lanes; the sums of the second are kept per lane for STRIP columns at a time, then added over
 * the lanes.
 *
 * Symmetric pairs: rounds from 1 to half of the tiles, for the pairs (t, u) with u > t; the tiles (t, t) are visited
 * row by row. Tiles are whole grains of rows; what they leave of the range is visited from either side for itself. */
#include "stage/schedule/schedule_pairs.h"
#include "form/loops_make.h"

enum {
    GRAIN = 16,       /* tiles of rows are multiples: no lane of theirs is idle */
    SMALL_TILE = 256, /* rows, about; enough tiles for many threads */
    TILE = 1024,      /* a sum over a tile is added up before it is added to the whole */
    TILES = 16,       /* from so many on tiles grow */
    STRIP = 64,       /* whose sums stay in the first cache */
    FEWEST_LANES = 2,
    MANY_TERMS = 12,        /* from so many on tiles are half as large: their sums are on the stack */
    MOST_PACKED = 8,        /* entries of a row that are loaded once for all strips of a tile */
    FEWEST = 2 * SMALL_TILE /* rows from which on it pays */
};

typedef struct pairing {
    scheduler *s;
    block *b;
    pair_plan *plan;
    const extent *sizes[SIDES];
    lexpr *tiles, *grains;
    VEC(node *) entries; /* of tensors, that terms take from the row alone */
    map seen;
} pairing;

static int64_t most_rows(const pairing *p)
{
    return p->plan->terms.n > MANY_TERMS ? TILE / 2 : TILE;
}

static lexpr *times(scheduler *s, lexpr *a, int64_t k)
{
    return lx_bin(s, OP_MUL, a, lx_int(s, k));
}

static lexpr *let(scheduler *s, lstmt_list *out, const char *name, lexpr *e)
{
    return lx_temp(s, add_let(s, out, name, e));
}

/* First row of tile t; of tile number `tiles`: the rows that are left. */
static lexpr *tile_begin(const pairing *p, lexpr *t)
{
    scheduler *s = p->s;
    return times(s, lx_bin(s, OP_IDIV, lx_bin(s, OP_MUL, t, p->grains), p->tiles), GRAIN);
}

/* First column of tile u; symmetric: columns are rows. */
static lexpr *column_begin(const pairing *p, lexpr *u)
{
    scheduler *s = p->s;
    if (p->plan->symmetric)
        return tile_begin(p, u);
    return lx_bin(s, OP_IDIV, lx_bin(s, OP_MUL, u, lx_size(s, p->sizes[COLUMNS])), p->tiles);
}

static lexpr *after(scheduler *s, lexpr *t)
{
    return lx_bin(s, OP_ADD, t, lx_int(s, 1));
}

static lstmt *loop_over(scheduler *s, lstmt_list *out, const char *name, lexpr *lo, lexpr *hi)
{
    lstmt *loop = add_stmt(s, out, LS_FOR);
    loop->temp = new_temp(s, name, ELEM_INT);
    loop->lo = lo;
    loop->hi = hi;
    return loop;
}

static void zero(scheduler *s, lstmt_list *out, buffer *f)
{
    lstmt *fill = add_stmt(s, out, LS_FILL);
    fill->buffer = f;
    fill->e = lx_const(s, f->elem, 0);
}

/* ---- sums of a tile, in lanes ---- */

/* Whether term k has a sum on that side. */
static bool counts_for(const pairing *p, int k, pair_side side)
{
    for (int i = 0; i < p->plan->sums.n; i++) {
        const pair_sum *sum = &p->plan->sums.data[i];
        if (sum->first <= k && k < sum->first + sum->nterms)
            return sum->buffers[side] != NULL;
    }
    return false;
}

/* Place of term k among those that count for the side; of the number of terms: how many there are. */
static int slot(const pairing *p, int k, pair_side side)
{
    int n = 0;
    for (int i = 0; i < k; i++)
        n += counts_for(p, i, side);
    return n;
}

/* [n, slots] */
static buffer *lane_array(pairing *p, lstmt_list *out, const char *name, int64_t n, int slots)
{
    scheduler *s = p->s;
    const extent **sizes = ARENA_ARRAY(s->mem, const extent *, 2);
    sizes[0] = extent_const(s->g->pool, n);
    sizes[1] = extent_const(s->g->pool, slots);
    buffer *f = ARENA_NEW(s->mem, buffer);
    *f = (buffer){.kind = BUF_LOCAL, .name = unique_name(s, name), .rank = 2, .extents = sizes, .lanes = true};
    f->elem = p->plan->sums.data[0].sum->elem;
    f->arg = f->slot = f->first_use = f->last_use = -1;
    vec_push(s->mem, &s->out->buffers, f);
    add_stmt(s, out, LS_ARRAY)->buffer = f;
    return f;
}

static void add_to(pairing *p, lstmt_list *out, buffer *f, int n, lexpr *const *subs, lexpr *x)
{
    add_store(p->s, out, f, n, subs, x);
    out->data[out->n - 1]->accumulate = true;
}

/* Adds x to term number `term` of a sum, in row or column `at`. */
static void add_to_sum(pairing *p, lstmt_list *out, const pair_sum *sum, buffer *f, int term, lexpr *at, lexpr *x)
{
    scheduler *s = p->s;
    lexpr **subs = ARENA_ARRAY(s->mem, lexpr *, sum->naxes + 1);
    subs[0] = at;
    int64_t rest = term;
    for (int a = sum->naxes - 1; a >= 0; a--) {
        int64_t size = 1;
        extent_is_const(sum->axes[a]->extent, &size);
        subs[a + 1] = lx_int(s, rest % size);
        rest /= size;
    }
    add_to(p, out, f, sum->naxes + 1, subs, x);
}

/* values: by term. */
static void add_all(pairing *p, lstmt_list *out, pair_side side, lexpr *at, lexpr *const *values)
{
    for (int k = 0; k < p->plan->sums.n; k++) {
        const pair_sum *sum = &p->plan->sums.data[k];
        for (int t = 0; t < sum->nterms && sum->buffers[side]; t++)
            add_to_sum(p, out, sum, sum->buffers[side], t, at, values[sum->first + t]);
    }
}

/* ---- one side in lanes, the other one after the other ---- */

typedef struct strip {
    pair_side side;                    /* in lanes: that of the sums */
    lexpr *i0, *i1;                    /* in lanes */
    lexpr *j0, *j1;                    /* of the other side */
    buffer *rows;                      /* sums of the tile; NULL: straight to those of the side */
    buffer *packed;                    /* the entries of p, by row; NULL: where they are stored */
    buffer *columns;                   /* NULL: the sums of one side alone */
    const extent *whole, *other_whole; /* what ranges these are parts of */
} strip;

/* Which lanes of the tile, counted in vectors. */
static lexpr *lane_block(scheduler *s, const lstmt *rows, lexpr *from)
{
    lexpr *first = lexpr_new(s->mem, (lexpr){.kind = LX_FIRST, .elem = ELEM_INT, .temp = rows->temp});
    lexpr *width = lexpr_new(s->mem, (lexpr){.kind = LX_WIDTH, .elem = ELEM_INT});
    return lx_bin(s, OP_IDIV, lx_bin(s, OP_SUB, first, from), width);
}

/* The entries of the row are in the array. */
static void use_packed(pairing *p, lstmt *rows, block *of_row, const strip *r)
{
    scheduler *s = p->s;
    lexpr *at = let(s, &rows->body, "packed_block", lane_block(s, rows, r->i0));
    for (int k = 0; k < p->entries.n; k++) {
        lexpr *load = lx_load(s, r->packed, 2, (lexpr *[]){at, lx_int(s, k)}, false);
        map_set(&of_row->values, p->entries.data[k], let(s, &rows->body, p->entries.data[k]->hint, load));
    }
}

static bool is_in_total(const pairing *p, int term)
{
    for (int k = 0; k < p->plan->sums.n; k++)
        if (p->plan->sums.data[k].first == term)
            return p->plan->sums.data[k].in_total;
    return false;
}

static void finish_rows(pairing *p, lstmt *rows, const strip *r, lexpr *i, const accumulator *sums)
{
    scheduler *s = p->s;
    lexpr **values = ARENA_ARRAY(s->mem, lexpr *, p->plan->terms.n);
    for (int k = 0; k < p->plan->terms.n; k++)
        values[k] = counts_for(p, k, r->side) ? lx_temp(s, sums[k].value) : NULL;
    for (int k = 0; k < p->plan->terms.n && r->columns; k++)
        if (is_in_total(p, k))
            values[k] = lx_bin(s, OP_ADD, values[k], values[k]);
    if (!r->rows) {
        add_all(p, &rows->body, r->side, i, values);
        return;
    }
    lexpr *at = let(s, &rows->body, "lane_block", lane_block(s, rows, r->i0));
    for (int k = 0; k < p->plan->terms.n; k++)
        if (values[k])
            add_to(p, &rows->body, r->rows, 2, (lexpr *[]){at, lx_int(s, slot(p, k, ROWS))}, values[k]);
}

static void emit_strip(pairing *p, lstmt_list *out, const strip *r)
{
    scheduler *s = p->s;
    const pair_plan *plan = p->plan;
    var **lanes = &p->plan->axes[r->side], **others = &p->plan->axes[r->side == ROWS ? COLUMNS : ROWS];
    lstmt *rows = loop_over(s, out, axis_name(s, *lanes), r->i0, r->i1), *columns = ARENA_NEW(s->mem, lstmt);
    rows->independent = rows->must = true;
    rows->whole = r->whole;
    block *of_row = new_block(s, p->b, 1, lanes, &rows->body);
    lexpr *i = lx_temp(s, rows->temp);
    map_set(&of_row->values, (*lanes)->self, i);
    if (r->packed)
        use_packed(p, rows, of_row, r);
    *columns = (lstmt){.kind = LS_FOR, .temp = new_temp(s, axis_name(s, *others), ELEM_INT), .lo = r->j0, .hi = r->j1};
    columns->whole = r->other_whole;
    columns->most = r->columns ? STRIP : 0;
    block *of_pair = new_block(s, of_row, 1, others, &columns->body);
    lexpr *j = lx_temp(s, columns->temp);
    map_set(&of_pair->values, (*others)->self, j);
    accumulator *sums = ARENA_ARRAY(s->mem, accumulator, plan->terms.n);
    for (int k = 0; k < plan->terms.n; k++) {
        if (!counts_for(p, k, r->side))
            continue;
        sums[k] = (accumulator){.op = OP_SUM, .elem = plan->terms.data[k].by_side[r->side]->elem};
        acc_begin(s, &rows->body, &sums[k], "sum");
    }
    for (int k = 0; k < plan->terms.n; k++) {
        const pair_term *term = &plan->terms.data[k];
        if (counts_for(p, k, r->side))
            acc_add(s, &columns->body, &sums[k], emit_value(s, of_pair, term->by_side[r->side]), NULL, NULL);
        lexpr *at = lx_bin(s, OP_SUB, j, r->j0);
        if (r->columns && counts_for(p, k, COLUMNS))
            add_to(p, &columns->body, r->columns, 2, (lexpr *[]){at, lx_int(s, slot(p, k, COLUMNS))},
                   emit_value(s, of_pair, term->by_side[COLUMNS]));
    }
    vec_push(s->mem, &rows->body, columns);
    finish_rows(p, rows, r, i, sums);
}

/* ---- tiles ---- */

/* Pieces of the columns: a tile's own rows see themselves and the rows that are left; those see all. */
static void emit_own_tiles(pairing *p, lstmt_list *out)
{
    scheduler *s = p->s;
    lexpr *all = lx_size(s, p->sizes[ROWS]), *tiles = p->tiles;
    lstmt *loop = loop_over(s, out, "tile", lx_int(s, 0), after(s, tiles));
    loop->parallel = loop->parts = true;
    lexpr *t = lx_temp(s, loop->temp), *in_tile = lx_bin(s, OP_LT, t, tiles);
    strip r = {.i0 = let(s, &loop->body, "begin", tile_begin(p, t)), .whole = p->sizes[ROWS]};
    r.other_whole = extent_const(s->g->pool, TILE);
    r.i1 = let(s, &loop->body, "end", lx_select(s, in_tile, tile_begin(p, after(s, t)), all));
    lexpr *count = let(s, &loop->body, "pieces", lx_select(s, in_tile, lx_int(s, 2), after(s, tiles)));
    lstmt *pieces = loop_over(s, &loop->body, "piece", lx_int(s, 0), count);
    pieces->parts = true;
    lexpr *piece = lx_temp(s, pieces->temp), *first = lx_bin(s, OP_EQ, piece, lx_int(s, 0));
    lexpr *of_tile = lx_select(s, first, t, tiles);
    lexpr *u = let(s, &pieces->body, "other", lx_select(s, in_tile, of_tile, piece));
    r.j0 = let(s, &pieces->body, "other_begin", tile_begin(p, u));
    lexpr *inside = lx_bin(s, OP_LT, u, tiles);
    r.j1 = let(s, &pieces->body, "other_end", lx_select(s, inside, tile_begin(p, after(s, u)), all));
    emit_strip(p, &pieces->body, &r);
}

static void add_columns(pairing *p, lstmt_list *out, const strip *r)
{
    scheduler *s = p->s;
    lstmt *loop = loop_over(s, out, "j", r->j0, r->j1);
    lexpr *j = lx_temp(s, loop->temp), *at = lx_bin(s, OP_SUB, j, r->j0);
    lexpr **values = ARENA_ARRAY(s->mem, lexpr *, p->plan->terms.n);
    for (int k = 0; k < p->plan->terms.n; k++) {
        lexpr *load = lx_load(s, r->columns, 2, (lexpr *[]){at, lx_int(s, slot(p, k, COLUMNS))}, false);
        load->lanes = true;
        values[k] =
            lexpr_new(s->mem, (lexpr){.kind = LX_FOLD, .elem = load->elem, .op = OP_SUM, .nargs = 1, .args = &load});
        values[k]->lanes = false;
    }
    add_all(p, &loop->body, COLUMNS, j, values);
}

static lstmt *rows_of_tile(pairing *p, lstmt_list *out, const strip *r, lexpr **at)
{
    scheduler *s = p->s;
    lstmt *loop = loop_over(s, out, "i", r->i0, r->i1);
    loop->independent = loop->must = true;
    *at = let(s, &loop->body, "lane_block", lane_block(s, loop, r->i0));
    return loop;
}

static void clear_rows(pairing *p, lstmt_list *out, const strip *r)
{
    lexpr *at;
    lstmt *loop = rows_of_tile(p, out, r, &at);
    for (int k = 0; k < slot(p, p->plan->terms.n, ROWS); k++)
        add_store(p->s, &loop->body, r->rows, 2, (lexpr *[]){at, lx_int(p->s, k)}, lx_const(p->s, r->rows->elem, 0));
}

static void pack_rows(pairing *p, lstmt_list *out, const strip *r)
{
    scheduler *s = p->s;
    lexpr *at;
    lstmt *loop = rows_of_tile(p, out, r, &at);
    block *of_row = new_block(s, p->b, 1, &p->plan->axes[ROWS], &loop->body);
    map_set(&of_row->values, p->plan->axes[ROWS]->self, lx_temp(s, loop->temp));
    for (int k = 0; k < p->entries.n; k++)
        add_store(s, &loop->body, r->packed, 2, (lexpr *[]){at, lx_int(s, k)},
                  emit_value(s, of_row, p->entries.data[k]));
}

static void find_entries(pairing *p, node *n)
{
    static char mark;
    const var *i = p->plan->axes[ROWS], *j = p->plan->axes[COLUMNS];
    if (n->nargs == 0 || !node_depends(n, i) || map_get(&p->seen, n))
        return;
    map_set(&p->seen, n, &mark);
    if (n->op == OP_ACCESS && n->elem == p->plan->sums.data[0].sum->elem && !node_depends(n, j))
        vec_push(p->s->mem, &p->entries, n);
    for (int k = n->op == OP_ACCESS; k < n->nargs - n->ninner; k++)
        find_entries(p, n->args[k]);
}

/* What the terms load for each row, when it is not much. */
static void find_row_entries(pairing *p)
{
    map_init(&p->seen, p->s->mem);
    for (int k = 0; k < p->plan->terms.n; k++)
        for (int side = 0; side < SIDES; side++)
            if (counts_for(p, k, (pair_side)side) && p->plan->terms.data[k].by_side[side])
                find_entries(p, p->plan->terms.data[k].by_side[side]);
    if (p->entries.n > MOST_PACKED)
        p->entries.n = 0;
}

static void add_rows(pairing *p, lstmt_list *out, const strip *r)
{
    scheduler *s = p->s;
    lexpr *at, **values = ARENA_ARRAY(s->mem, lexpr *, p->plan->terms.n);
    lstmt *loop = rows_of_tile(p, out, r, &at);
    for (int k = 0; k < p->plan->terms.n; k++)
        values[k] = lx_load(s, r->rows, 2, (lexpr *[]){at, lx_int(s, slot(p, k, ROWS))}, false);
    add_all(p, &loop->body, ROWS, lx_temp(s, loop->temp), values);
}

static void emit_tile_pair(pairing *p, lstmt_list *out, lexpr *t, lexpr *u)
{
    scheduler *s = p->s;
    strip r = {.i0 = let(s, out, "begin", tile_begin(p, t)), .i1 = let(s, out, "end", tile_begin(p, after(s, t)))};
    r.whole = p->sizes[ROWS];
    r.other_whole = p->sizes[COLUMNS];
    lexpr *begin = let(s, out, "other_begin", column_begin(p, u));
    lexpr *end = let(s, out, "other_end", column_begin(p, after(s, u)));
    int64_t blocks = (most_rows(p) + GRAIN) / FEWEST_LANES;
    r.rows = lane_array(p, out, "rows", blocks, slot(p, p->plan->terms.n, ROWS));
    clear_rows(p, out, &r);
    find_row_entries(p);
    if (p->entries.n) {
        r.packed = lane_array(p, out, "packed", blocks, p->entries.n);
        pack_rows(p, out, &r);
    }
    lstmt *strips = loop_over(s, out, "strip", begin, end);
    strips->step = STRIP;
    strips->parts = true;
    r.j0 = lx_temp(s, strips->temp);
    lexpr *next = lx_bin(s, OP_MIN, lx_bin(s, OP_ADD, r.j0, lx_int(s, STRIP)), end);
    r.j1 = let(s, &strips->body, "strip_end", next);
    r.columns = lane_array(p, &strips->body, "columns", STRIP, slot(p, p->plan->terms.n, COLUMNS));
    zero(s, &strips->body, r.columns);
    emit_strip(p, &strips->body, &r);
    add_columns(p, &strips->body, &r);
    add_rows(p, out, &r);
}

/* The tiles (t, t + d), t from 0 on, `count` of them. */
static void emit_round(pairing *p, lstmt_list *out, lexpr *d, lexpr *count)
{
    scheduler *s = p->s;
    lexpr *tiles = p->tiles;
    lstmt *loop = loop_over(s, out, "tile", lx_int(s, 0), count);
    loop->parallel = loop->parts = true;
    lexpr *t = lx_temp(s, loop->temp), *sum = let(s, &loop->body, "sum", lx_bin(s, OP_ADD, t, d));
    lexpr *around = lx_select(s, lx_bin(s, OP_LT, sum, tiles), sum, lx_bin(s, OP_SUB, sum, tiles));
    emit_tile_pair(p, &loop->body, t, let(s, &loop->body, "other", around));
}

static void emit_rounds(pairing *p, lstmt_list *out)
{
    scheduler *s = p->s;
    bool symmetric = p->plan->symmetric;
    lexpr *tiles = p->tiles, *half = lx_bin(s, OP_IDIV, tiles, lx_int(s, 2));
    lexpr *end = symmetric ? let(s, out, "rounds", after(s, half)) : tiles;
    lstmt *rounds = loop_over(s, out, "distance", lx_int(s, symmetric), end);
    rounds->parts = true;
    rounds->symmetric = symmetric;
    lexpr *d = lx_temp(s, rounds->temp), *opposite = lx_bin(s, OP_EQ, times(s, d, 2), tiles);
    lexpr *count = symmetric ? let(s, &rounds->body, "pairs", lx_select(s, opposite, d, tiles)) : tiles;
    emit_round(p, &rounds->body, d, count);
}

/* Of joint pairs: the few rows that are left, with all columns, in pieces of TILE columns. */
static void emit_left_rows(pairing *p, lstmt_list *out)
{
    scheduler *s = p->s;
    strip r = {.i0 = times(s, p->grains, GRAIN), .i1 = lx_size(s, p->sizes[ROWS])};
    r.whole = extent_const(s->g->pool, GRAIN);
    r.other_whole = p->sizes[COLUMNS];
    lexpr *all = lx_size(s, p->sizes[COLUMNS]);
    lstmt *pieces = loop_over(s, out, "piece", lx_int(s, 0), all);
    pieces->step = TILE;
    pieces->parts = true;
    r.j0 = lx_temp(s, pieces->temp);
    lexpr *next = lx_bin(s, OP_MIN, lx_bin(s, OP_ADD, r.j0, lx_int(s, TILE)), all);
    r.j1 = let(s, &pieces->body, "piece_end", next);
    emit_strip(p, &pieces->body, &r);
}

/* What the rows that are left add to the columns: these are in lanes. */
static void emit_columns_of_left_rows(pairing *p, lstmt_list *out)
{
    scheduler *s = p->s;
    lstmt *loop = loop_over(s, out, "tile", lx_int(s, 0), p->tiles);
    loop->parallel = loop->parts = true;
    lexpr *u = lx_temp(s, loop->temp);
    strip r = {.side = COLUMNS, .j0 = times(s, p->grains, GRAIN), .j1 = lx_size(s, p->sizes[ROWS])};
    r.i0 = let(s, &loop->body, "begin", column_begin(p, u));
    r.i1 = let(s, &loop->body, "end", column_begin(p, after(s, u)));
    r.whole = p->sizes[COLUMNS];
    r.other_whole = extent_const(s->g->pool, GRAIN);
    emit_strip(p, &loop->body, &r);
}

/* ---- the rows that use the sums ---- */

static void bind_here(scheduler *s, block *b, var *v)
{
    b->vars = arena_grow(s->mem, b->vars, (size_t)b->nvars, (size_t)b->nvars + 1, sizeof *b->vars);
    b->vars[b->nvars++] = v;
}

static void sum_buffer(pairing *p, pair_sum *sum, pair_side side, lstmt_list *out)
{
    static const char *const titles[] = {"of_rows", "of_columns"};
    scheduler *s = p->s;
    const extent **extents = ARENA_ARRAY(s->mem, const extent *, sum->naxes + 1);
    extents[0] = p->sizes[side];
    for (int a = 0; a < sum->naxes; a++)
        extents[a + 1] = sum->axes[a]->extent;
    sum->buffers[side] = new_buffer(s, p->b, titles[side], sum->sum->elem, sum->naxes + 1, extents);
    sum->params[side] = graph_param(s->g, sum->sum->elem, sum->naxes + 1, extents, titles[side]);
    bind_here(s, p->b, sum->params[side]);
    map_set(&p->b->tensors, sum->params[side]->self, sum->buffers[side]);
    zero(s, out, sum->buffers[side]);
}

static node *entry_of(const pairing *p, const pair_sum *sum, var *v)
{
    node **subs = ARENA_ARRAY(p->s->mem, node *, sum->naxes + 1);
    subs[0] = sum->at->self;
    for (int a = 0; a < sum->naxes; a++)
        subs[a + 1] = sum->axes[a]->self;
    return graph_access(p->s->g, v->self, subs);
}

typedef struct replacing {
    graph *g;
    map by;
} replacing;

static node *replace(void *data, node *n)
{
    replacing *r = data;
    node *known = map_get(&r->by, n);
    if (known || n->nargs == 0)
        return known ? known : n;
    known = graph_map_args(r->g, n, replace, r);
    map_set(&r->by, n, known);
    return known;
}

static void use_sums(pairing *p, int n, item *const *items)
{
    replacing r = {.g = p->s->g};
    map_init(&r.by, p->s->mem);
    for (int k = 0; k < p->plan->sums.n; k++) {
        const pair_sum *sum = &p->plan->sums.data[k];
        node *value = NULL;
        for (int side = 0; side < SIDES; side++) {
            node *part = sum->params[side] ? entry_of(p, sum, sum->params[side]) : NULL;
            value = value && part ? graph_bin(r.g, OP_ADD, value, part) : part ? part : value;
        }
        map_set(&r.by, sum->sum, value);
    }
    for (int k = 0; k < n; k++)
        items[k]->body = replace(&r, items[k]->body);
}

/* Enough rows, and columns. */
lexpr *pairs_condition(scheduler *s, const pair_plan *plan)
{
    lexpr *many[SIDES];
    for (int side = 0; side < SIDES; side++)
        many[side] = lx_bin(s, OP_LE, lx_int(s, FEWEST), lx_size(s, plan->axes[side]->extent));
    return plan->symmetric ? many[ROWS] : lx_bin(s, OP_AND, many[ROWS], many[COLUMNS]);
}

static void cut_in_tiles(pairing *p, lstmt_list *out)
{
    scheduler *s = p->s;
    lexpr *rows = lx_size(s, p->sizes[ROWS]);
    p->grains = let(s, out, "grains", lx_bin(s, OP_IDIV, rows, lx_int(s, GRAIN)));
    lexpr *tile = lx_bin(s, OP_MAX, lx_bin(s, OP_IDIV, rows, lx_int(s, TILES)), lx_int(s, SMALL_TILE));
    tile = let(s, out, "tile_rows", lx_bin(s, OP_MIN, tile, lx_int(s, most_rows(p))));
    lexpr *up = lx_bin(s, OP_ADD, times(s, p->grains, GRAIN), lx_bin(s, OP_SUB, tile, lx_int(s, 1)));
    p->tiles = let(s, out, "tiles", lx_bin(s, OP_IDIV, up, tile));
}

void emit_pair_sums(scheduler *s, block *b, pair_plan *plan, int n, item *const *items, lstmt_list *out)
{
    pairing p = {.s = s, .b = b, .plan = plan};
    for (int side = 0; side < SIDES; side++)
        p.sizes[side] = plan->axes[side]->extent;
    for (int k = 0; k < plan->sums.n; k++)
        for (int side = 0; side < SIDES; side++) {
            pair_sum *sum = &plan->sums.data[k];
            if (plan->symmetric ? side == ROWS || !sum->in_total : side == (int)sum->side)
                sum_buffer(&p, sum, (pair_side)side, out);
        }
    cut_in_tiles(&p, out);
    if (plan->symmetric) {
        emit_own_tiles(&p, out);
    } else {
        emit_left_rows(&p, out);
        emit_columns_of_left_rows(&p, out);
    }
    emit_rounds(&p, out);
    use_sums(&p, n, items);
}
