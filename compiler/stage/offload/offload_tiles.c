/* Sums over columns for many rows: several rows per thread, in registers; what depends on the column alone is computed
 * once for a tile of columns, by the block together, and kept in shared memory.
 *
 * Sums have two levels, the tile and the whole. When the rows do not fill the GPU, several blocks share the columns
 * (offload_sums.c). After the GPU kernels of KeOps (Charlier, Feydy, Glaunes, Collin, Durif 2021), with rows in
 * registers and all sums over the same pairs in one pass. */
#include "stage/offload/offload_tiles.h"
#include "form/loops_live.h"

enum {
    MOST_ROWS = TILE_ROWS,
    LIST_TERMS = 4 * TILE, /* of a block that keeps lists, at least */
    LIGHT = 24,            /* operations of a pair, up to which a thread has MOST_ROWS */
    EXPONENTIAL = 4,       /* operations of a term of logsumexp, besides its score */
    MEDIUM = 60,           /* one less */
    MOST_REGISTERS = 120,  /* for values of rows; columns and addresses take others */
    HEAVY = 120,           /* two */
    UNROLLED = 100,        /* of the rows of a thread, up to which eight columns are side by side, else four */
    SHORT = 64,            /* columns: not worth a tile */
    FEW_ROWS = 256,
    MANY_TERMS = 2048
};

/* ---- which loop ---- */

bool writes_entries(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->buffer || writes_entries(&s->body) || writes_entries(&s->other))
            return true;
    }
    return false;
}

/* It adds to what is around it: to accumulators, or entries of arrays. */
static bool adds_outside(const lstmt *loop)
{
    for (int i = 0; i < loop->body.n; i++)
        if (loop->body.data[i]->kind == LS_ADD)
            return true;
    return writes_entries(&loop->body);
}

/* All that it adds to is accumulators, whose states can be joined. */
static bool is_joinable(const lstmt *sum)
{
    return !writes_entries(&sum->body);
}

/* Keeps the least or greatest, in the order of the columns, of those perhaps for which a condition holds. */
static bool is_selection(const lstmt *loop)
{
    const lstmt *last = loop->body.n > 0 ? loop->body.data[loop->body.n - 1] : NULL;
    if (last && last->kind == LS_IF && last->body.n == 1 && last->other.n == 0)
        last = last->body.data[0];
    return last && last->kind == LS_INSERT;
}

static bool is_long(const offloading *o, const lstmt *s)
{
    if (s->kind != LS_FOR || !(s->independent || is_selection(s)) || s->e || !adds_outside(s))
        return false;
    bool from_zero = s->lo->kind == LX_CONST && s->lo->integer == 0;
    bool is_short = s->hi->kind == LX_CONST && s->hi->integer <= SHORT;
    return from_zero && !is_short && host_knows(o, s->hi);
}

bool has_long_sums(offloading *o, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++)
        if (is_long(o, body->data[i]))
            return true;
    return false;
}

/* What copies can be made of, for several rows. */
static bool can_copy(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        bool owns = s->buffer && s->buffer->kind == BUF_SCRATCH;
        bool other = s->kind == LS_FAIL || s->kind == LS_CALL || s->kind == LS_SWAP || s->kind == LS_JOIN;
        if (owns || other || !can_copy(&s->body) || !can_copy(&s->other))
            return false;
    }
    return true;
}

lstmt *long_sum(offloading *o, const lstmt_list *body)
{
    lstmt *found = NULL, *selection = NULL;
    int n = 0, selections = 0;
    for (int i = 0; i < body->n; i++)
        if (is_long(o, body->data[i])) {
            found = body->data[i];
            n++;
            selection = is_selection(found) ? found : selection;
            selections += is_selection(found);
        }
    found = selections == 1 ? selection : found; /* others are of what it finds: the coordinates of a few points */
    if ((n != 1 && selections != 1) || !can_copy(body))
        return NULL;
    for (int i = 0; i < body->n; i++) /* no other statement adds to what this one does */
        if (body->data[i]->kind == LS_ADD)
            return NULL;
    return found;
}

/* ---- rows of a thread ---- */

static int count_operations(const lexpr *e)
{
    int n = e && e->kind == LX_POINT && elem_is_float(e->elem);
    n += n && e->op == OP_FMA;
    for (int i = 0; e && i < e->nargs; i++)
        n += count_operations(e->args[i]);
    return e && e->elem == ELEM_F64 ? 2 * n : n;
}

static int weight_of(const lstmt_list *body)
{
    int n = 0;
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        int inside = weight_of(&s->body) + weight_of(&s->other);
        n += count_operations(s->e) + count_operations(s->filter) + (s->kind == LS_FOR ? 4 * inside : inside);
        n += s->kind == LS_INSERT ? LIGHT : 0;
        n += s->kind == LS_ADD && s->acc->op == OP_LSE ? EXPONENTIAL : 0;
    }
    return n;
}

/* Registers that the values of one row take: its sums, whole and of the tile, and what is computed before them and read
 * afterwards. */
static int registers_of_row(arena *mem, const points *p, const lstmt *sum)
{
    int n = 0, at = 0;
    while (p->body.data[at] != sum)
        at++;
    map read;
    map_init(&read, mem);
    loops_live(&read, &(lstmt_list){.data = p->body.data + at, .n = p->body.n - at});
    for (int i = 0; i < at; i++) {
        const lstmt *s = p->body.data[i];
        if (s->kind == LS_ACC)
            n += 2 * (s->acc->value->elem == ELEM_F64 ? 2 : 1);
        if (s->kind == LS_LET && map_get(&read, s->temp))
            n += s->temp->elem == ELEM_F64 || s->temp->elem == ELEM_INT ? 2 : 1;
    }
    return n;
}

static int rows_of_thread(arena *mem, const points *p, const lstmt *sum)
{
    int weight = weight_of(&sum->body), words = registers_of_row(mem, p, sum);
    int n = weight <= LIGHT ? MOST_ROWS : weight <= MEDIUM ? MOST_ROWS - 1 : weight <= HEAVY ? MOST_ROWS - 2 : 1;
    while (n > 1 && n * words > MOST_REGISTERS)
        n--;
    return n;
}

/* ---- the kernel ---- */

/* The points of the thread: TILE_THREADS apart, so that neighbours are in neighbouring threads. Those beyond the end
 * are the last one again. */
static void emit_points(tiling *t, lstmt_list *out, const points *p, int n, row *rows)
{
    arena *mem = t->o->mem;
    lexpr *first = lexpr_bin(mem, OP_MUL, here(t->o, PLACE_BLOCK), lexpr_int(mem, (int64_t)TILE_THREADS * n));
    first = lexpr_bin(mem, OP_ADD, first, here(t->o, PLACE_THREAD));
    first = lexpr_temp(mem, lstmt_let(mem, out, "first", first));
    lexpr *last = lexpr_bin(mem, OP_SUB, p->count, lexpr_int(mem, 1));
    for (int r = 0; r < n; r++) {
        lexpr *at = r ? lexpr_bin(mem, OP_ADD, first, lexpr_int(mem, (int64_t)r * TILE_THREADS)) : first;
        rows[r].valid = lexpr_bin(mem, OP_LT, at, p->count);
        lexpr *point = lexpr_bin(mem, OP_MIN, at, last);
        rows[r].point = lexpr_temp(mem, lstmt_let(mem, out, "point", point));
    }
}

/* What stands before the sum, for each row. */
static void emit_prologue(tiling *t, lstmt_list *out, const points *p, int n, row *rows)
{
    for (int r = 0; r < n; r++) {
        row *w = &rows[r];
        map_init(&w->parts, t->o->mem);
        loops_copy_init(&w->copy, t->o->mem, t->o->f, n > 1 ? arena_printf(t->o->mem, "_%d", r) : "");
        lstmt_list indices = {0};
        let_indices(t->o, &indices, p, w->point);
        for (int i = 0; i < indices.n; i++)
            vec_push(t->o->mem, out, loops_copy(&w->copy, indices.data[i]));
        for (int i = 0; p->body.data[i] != t->sum; i++) {
            lstmt *s = loops_copy(&w->copy, p->body.data[i]);
            vec_push(t->o->mem, out, s);
            if (s->kind == LS_ACC)
                vec_push(t->o->mem, &w->accs, s);
        }
    }
}

/* Sums of the body that are the row's now go to those of the tile. */
static void redirect(tiling *t, lstmt_list *body, row *w)
{
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        temp *part = s->kind == LS_ADD ? map_get(&w->parts, s->acc->value) : NULL;
        if (part) {
            accumulator *a = ARENA_NEW(t->o->mem, accumulator);
            *a = *s->acc;
            a->value = part;
            s->acc = a;
        }
        redirect(t, &s->body, w);
        redirect(t, &s->other, w);
    }
}

static lstmt *counted_loop(tiling *t, lstmt_list *out, const char *name, lexpr *hi, int64_t most)
{
    lstmt *loop = lstmt_new(t->o->mem, out, LS_FOR);
    loop->temp = temp_new(t->o->mem, name, ELEM_INT, false);
    loop->lo = lexpr_int(t->o->mem, 0);
    loop->hi = hi;
    loop->most = most;
    loop->parts = true;
    return loop;
}

static void append(arena *mem, lstmt_list *to, const lstmt_list *from)
{
    for (int i = 0; i < from->n; i++)
        vec_push(mem, to, from->data[i]);
}

/* ---- the loop over tiles ---- */

static lstmt_list bodies(tiling *t, int n, row *rows, scoring *g)
{
    lstmt_list all = {0};
    for (int r = 0; r < n; r++) {
        lstmt_list one = {0};
        for (int i = 0; i < t->sum->body.n; i++)
            vec_push(t->o->mem, &one, loops_copy(&rows[r].copy, t->sum->body.data[i]));
        redirect(t, &one, &rows[r]);
        if (g)
            emit_scored(t, g, &all, &one);
        else
            append(t->o->mem, &all, &one);
    }
    return all;
}

static void let_column(tiling *t, lstmt_list *out, lexpr *tile, lexpr *in_tile)
{
    lstmt *index = lstmt_new(t->o->mem, out, LS_LET);
    index->temp = t->sum->temp;
    index->e = lexpr_bin(t->o->mem, OP_ADD, tile, in_tile);
}

/* One column after the other. */
static void emit_columns(tiling *t, lstmt_list *out, lexpr *tile, lexpr *count, int n, row *rows)
{
    lstmt *loop = counted_loop(t, out, "k", count, TILE);
    loop->unroll = weight_of(&t->sum->body) * n <= UNROLLED ? 8 : 4;
    loop->temp = t->in_tile->temp;
    let_column(t, &loop->body, tile, t->in_tile);
    lstmt_list body = bodies(t, n, rows, NULL);
    append(t->o->mem, &loop->body, &body);
}

void let_grouped_column(tiling *t, const scoring *g, lstmt_list *out)
{
    lstmt *at = lstmt_new(t->o->mem, out, LS_LET);
    at->temp = t->in_tile->temp;
    at->e = lexpr_bin(t->o->mem, OP_ADD, g->first, g->column);
    if (t->deep)
        let_column_in_group(t, out, g->column);
    let_column(t, out, g->tile, g->last ? lexpr_bin(t->o->mem, OP_MIN, t->in_tile, g->last) : t->in_tile);
}

static void raise_shifts(tiling *t, scoring *g, lstmt_list *out)
{
    if (!g->fits)
        return;
    lstmt *raise = lstmt_new(t->o->mem, out, LS_IF);
    raise->e = lexpr_point(t->o->mem, OP_NOT, ELEM_BOOL, 1, &g->fits);
    raise->body = g->raises;
}

/* Columns in groups from `from` to `to`; the tile is there for all of a group, whatever is beyond the end. What is not
 * in the tile is that of the last column there. */
static void emit_groups(tiling *t, lstmt_list *out, const points *p, lexpr *tile, lexpr *from, lexpr *to, bool whole,
                        int n, row *rows)
{
    arena *mem = t->o->mem;
    lstmt_list all = {0}, inside = {0};
    lstmt *groups = counted_loop(t, &all, "group", to, TILE);
    groups->lo = from;
    groups->step = t->group;
    lstmt *loop = loop_over_scores(t, &inside);
    scoring g = {.column = lexpr_temp(mem, loop->temp), .first = lexpr_temp(mem, groups->temp), .tile = tile};
    if (t->deep)
        add_deep(t, &groups->body, &g, p, rows);
    if (!whole && !t->deep && !keeps_scores(&t->sum->body))
        loop->unroll = 1; /* seldom run; arrays of scores have to be in registers */
    if (!whole) {
        g.inside = lexpr_bin(mem, OP_LT, lexpr_bin(mem, OP_ADD, g.first, g.column), to);
        g.last = lexpr_bin(mem, OP_SUB, to, lexpr_int(mem, 1));
    }
    let_grouped_column(t, &g, &loop->body);
    lstmt_list body = bodies(t, n, rows, &g);
    append(mem, &loop->body, &body);
    append(mem, &groups->body, &g.before);
    vec_push(mem, &groups->body, loop);
    raise_shifts(t, &g, &groups->body);
    append(mem, &groups->body, &g.after);
    if (t->deep)
        add_deep_entries(t, &groups->body, &g, p, rows, to);
    append(mem, out, &g.outside);
    append(mem, out, &all);
}

static void emit_all_groups(tiling *t, lstmt_list *out, const points *p, lexpr *tile, lexpr *count, int n, row *rows)
{
    arena *mem = t->o->mem;
    const lstmt_list *body = &t->sum->body;
    t->group = !t->deep && !keeps_scores(body) && weight_of(body) * n <= UNROLLED ? 2 * SCORES : SCORES;
    if (t->deep) { /* long enough for looking at each column not to matter */
        emit_groups(t, out, p, tile, lexpr_int(mem, 0), count, false, n, rows);
        return;
    }
    lexpr *size = lexpr_int(mem, t->group);
    lexpr *whole = lexpr_bin(mem, OP_MUL, lexpr_bin(mem, OP_IDIV, count, size), size);
    whole = lexpr_temp(mem, lstmt_let(mem, out, "grouped", whole));
    emit_groups(t, out, p, tile, lexpr_int(mem, 0), whole, true, n, rows);
    emit_groups(t, out, p, tile, whole, count, false, n, rows);
}

static void emit_tiles(tiling *t, lstmt_list *out, const points *p, int n, row *rows)
{
    arena *mem = t->o->mem;
    lexpr *begin, *end;
    let_split(t->o, out, t->sum->hi, TILE, &begin, &end);
    t->end = end;
    lstmt *tiles = lstmt_new(mem, out, LS_FOR);
    *tiles = (lstmt){.kind = LS_FOR, .lo = begin, .hi = end, .step = TILE, .parts = true};
    tiles->temp = temp_new(mem, "tile", ELEM_INT, false);
    lexpr *tile = lexpr_temp(mem, tiles->temp);
    if (t->stage.n > 0)
        emit_staging(t, &tiles->body, tile, end);
    lexpr *count = lexpr_bin(mem, OP_MIN, lexpr_int(mem, TILE), lexpr_bin(mem, OP_SUB, end, tile));
    count = lexpr_temp(mem, lstmt_let(mem, &tiles->body, "columns", count));
    lstmt_list after = {0};
    for (int r = 0; r < n; r++)
        begin_parts(t->o, &tiles->body, &after, &rows[r].accs, &rows[r].parts);
    if (t->deep || (has_scores(&t->sum->body) && can_group(mem, &t->sum->body)))
        emit_all_groups(t, &tiles->body, p, tile, count, n, rows);
    else
        emit_columns(t, &tiles->body, tile, count, n, rows);
    append(mem, &tiles->body, &after);
}

/* What stands behind the sum, for each row that is one. */
static void emit_epilogue(tiling *t, lstmt_list *out, const points *p, int n, row *rows)
{
    int from = 0;
    while (p->body.data[from] != t->sum)
        from++;
    for (int r = 0; r < n; r++) {
        lstmt *valid = lstmt_new(t->o->mem, out, LS_IF);
        valid->e = rows[r].valid;
        for (int i = from + 1; i < p->body.n; i++)
            vec_push(t->o->mem, &valid->body, loops_copy(&rows[r].copy, p->body.data[i]));
    }
}

static void emit_tile_kernel(offloading *o, const points *p, lstmt *sum)
{
    tiling t = {.o = o, .sum = sum};
    row rows[MOST_ROWS] = {0};
    lstmt *k = new_kernel(o, NULL, TILE_THREADS);
    hoisting h;
    begin_hoisting(&h, o, &k->body);
    hoist_cells(&h, &p->body);
    t.deep = find_deep(&t, p);
    find_columns(&t, p);
    int n = t.deep ? 1 : rows_of_thread(o->mem, p, sum);
    k->most = n;
    k->lo = rounded_up(o, p->count, TILE_THREADS * n);
    bool entries = t.deep && has_deep_entries(t.deep), joinable = !entries && is_joinable(sum);
    bool lists = !entries && !joinable && keeps_lists(&sum->body);
    if (joinable)
        k->hi = count_splits(o, k->lo, sum->hi, TILE);
    if (entries)
        k->hi = count_deep_splits(&t, p, k->lo);
    if (lists)
        k->hi = count_splits(o, lexpr_bin(o->mem, OP_MUL, k->lo, lexpr_int(o->mem, MANY_BLOCKS / LIST_BLOCKS)), sum->hi,
                             LIST_TERMS);
    declare_tiles(&t, &k->body);
    emit_points(&t, &k->body, p, n, rows);
    emit_prologue(&t, &k->body, p, n, rows);
    if (t.deep)
        begin_deep(&t, &k->body, p, rows);
    emit_tiles(&t, &k->body, p, n, rows);
    lstmt_list accs = {0};
    lexpr *at[MOST_ROWS], *valid[MOST_ROWS];
    note_tile_rows(o, p->count);
    for (int r = 0; r < n; r++) {
        append(o->mem, &accs, &rows[r].accs);
        at[r] = rows[r].point;
        valid[r] = rows[r].valid;
    }
    if (joinable || (entries && k->hi))
        join_splits(o, &k->body, &accs, n, at, valid, p->count);
    if (entries && k->hi)
        join_deep_entries(&t, &k->body, p, rows);
    if (lists)
        join_lists(o, &k->body, p, sum, n, rows);
    emit_epilogue(&t, &k->body, p, n, rows);
}

static points copy_points(offloading *o, const points *p, lstmt **sum)
{
    points copy = *p;
    loops_copying c;
    loops_copy_init(&c, o->mem, o->f, "");
    copy.body = (lstmt_list){0};
    for (int i = 0; i < p->body.n; i++) {
        lstmt *s = loops_copy(&c, p->body.data[i]);
        *sum = p->body.data[i] == *sum ? s : *sum;
        vec_push(o->mem, &copy.body, s);
    }
    return copy;
}

/* Few rows of many terms have a block each, or several. */
void push_tiles(offloading *o, const points *p, lstmt *sum)
{
    if (!is_joinable(sum)) {
        emit_tile_kernel(o, p, sum);
        return;
    }
    lstmt *choice = lstmt_new(o->mem, o->out, LS_IF);
    lexpr *few = lexpr_bin(o->mem, OP_LT, p->count, lexpr_int(o->mem, FEW_ROWS));
    choice->e = lexpr_bin(o->mem, OP_AND, few, lexpr_bin(o->mem, OP_LT, lexpr_int(o->mem, MANY_TERMS), sum->hi));
    lstmt *own = sum;
    points copy = copy_points(o, p, &own);
    lstmt_list *around = o->out;
    const char *comment = o->comment;
    o->out = &choice->body;
    push_few_rows(o, &copy, own);
    o->comment = comment;
    o->out = &choice->other;
    emit_tile_kernel(o, p, sum);
    o->out = around;
}
