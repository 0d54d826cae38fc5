/* Sums over columns for many rows: several rows per thread, in registers; what depends on the column alone is computed
 * once for a tile of columns, by the block together, and kept in shared memory.
 *
 * Sums have two levels, the tile and the whole. When the rows do not fill the GPU, several blocks share the columns
 * (offload_sums.c). After the GPU kernels of KeOps (Charlier, Feydy, Glaunes, Collin, Durif 2021), with rows in
 * registers and all sums over the same pairs in one pass. */
#include <string.h>

#include "form/loops_copy.h"
#include "stage/offload_state.h"

enum {
    THREADS = 128,
    TILE = 128,     /* columns; one for each thread to compute */
    MOST_ROWS = 4,  /* of a thread */
    LIGHT = 24,     /* operations of a pair, up to which a thread has MOST_ROWS */
    MEDIUM = 60,    /* one less */
    HEAVY = 120,    /* two */
    UNROLLED = 100, /* of the rows of a thread, up to which eight columns are side by side, else four */
    SHORT = 64,     /* columns: not worth a tile */
    SCORES = 8,     /* of logsumexp, that are kept before the next common scale */
    MOST_STAGED = 64,
    FEW_ROWS = 256,
    MANY_TERMS = 2048
};

#define LOG2_E 1.4426950408889634

static char mark;

/* ---- which loop ---- */

static bool writes_entries(const lstmt_list *body)
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

/* Keeps the least or greatest, in the order of the columns. */
static bool is_selection(const lstmt *loop)
{
    return loop->body.n > 0 && loop->body.data[loop->body.n - 1]->kind == LS_INSERT;
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
    lstmt *found = NULL;
    int n = 0;
    for (int i = 0; i < body->n; i++)
        if (is_long(o, body->data[i])) {
            found = body->data[i];
            n++;
        }
    if (n != 1 || !can_copy(body))
        return NULL;
    for (int i = 0; i < body->n; i++) /* no other statement adds to what this one does */
        if (body->data[i]->kind == LS_ADD)
            return NULL;
    return found;
}

/* ---- what depends on the column alone ---- */

typedef struct staged {
    lexpr *value; /* of the column */
    buffer *tile;
    int at; /* entry of the column's row in the tile */
} staged;

typedef struct tiling {
    offloading *o;
    lstmt *sum;
    map rows;    /* temporaries that differ from row to row, or inside inner loops */
    map columns; /* that are the column's, and no row's */
    VEC(staged) stage;
    lstmt_list before; /* declarations of the column, in their order */
    buffer *tiles[ELEM_BOOL + 1];
    int entries[ELEM_BOOL + 1];
    lexpr *in_tile; /* the column's number in the tile */
} tiling;

static void note_declared(map *m, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->temp)
            map_set(m, s->temp, &mark);
        if (s->acc) {
            map_set(m, s->acc->value, &mark);
            if (s->acc->second)
                map_set(m, s->acc->second, &mark);
        }
        if (s->buffer && s->buffer->kind == BUF_LOCAL)
            map_set(m, s->buffer, &mark);
        note_declared(m, &s->body);
        note_declared(m, &s->other);
    }
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

static bool is_of_column(const tiling *t, const lexpr *e)
{
    return depends(e, &t->columns) && !depends(e, &t->rows);
}

/* Can be read whether or not the program comes to it. */
static bool is_always_possible(const tiling *t, const lexpr *e)
{
    if (e->kind == LX_LOAD && !e->guarded)
        for (int i = 0; i < e->nargs; i++) {
            const lexpr *sub = e->args[i];
            const extent *n = e->buffer->extents[i];
            int64_t size;
            bool column = sub->kind == LX_TEMP && sub->temp == t->sum->temp && t->sum->hi->kind == LX_SIZE &&
                          t->sum->hi->extent == n;
            bool constant = sub->kind == LX_CONST && extent_is_const(n, &size) && sub->integer < size;
            if (!column && !constant && i == 0)
                return false;
        }
    for (int i = 0; i < e->nargs; i++)
        if (!is_always_possible(t, e->args[i]))
            return false;
    return true;
}

static bool is_equal(const lexpr *a, const lexpr *b)
{
    bool same = a->kind == b->kind && a->elem == b->elem && a->temp == b->temp && a->op == b->op &&
                a->buffer == b->buffer && a->integer == b->integer && a->extent == b->extent &&
                a->guarded == b->guarded && a->nargs == b->nargs && !memcmp(&a->number, &b->number, sizeof a->number);
    for (int i = 0; same && i < a->nargs; i++)
        same = is_equal(a->args[i], b->args[i]);
    return same;
}

static int add_staged(tiling *t, lexpr *e)
{
    for (int i = 0; i < t->stage.n; i++)
        if (is_equal(t->stage.data[i].value, e))
            return i;
    vec_push(t->o->mem, &t->stage, (staged){.value = e, .at = t->entries[e->elem]++});
    return t->stage.n - 1;
}

/* It is more than the column's number, or arithmetic with that. */
static bool is_worth_staging(const tiling *t, const lexpr *e)
{
    if (e->kind == LX_LOAD || (e->kind == LX_TEMP && e->temp != t->sum->temp && map_get(&t->columns, e->temp)) ||
        (e->kind == LX_POINT && elem_is_float(e->elem)))
        return true;
    for (int i = 0; i < e->nargs; i++)
        if (is_worth_staging(t, e->args[i]))
            return true;
    return false;
}

/* Stands for the staged value i until the tile's rows are laid out: then its load. */
static lexpr *use_staged(tiling *t, int i)
{
    lexpr *proto = t->stage.data[i].value;
    lexpr **subs = ARENA_ARRAY(t->o->mem, lexpr *, 2);
    subs[0] = t->in_tile;
    subs[1] = lexpr_int(t->o->mem, t->stage.data[i].at);
    elem e = proto->elem;
    return lexpr_new(t->o->mem, (lexpr){.kind = LX_LOAD, .elem = e, .buffer = t->tiles[e], .nargs = 2, .args = subs});
}

/* (a - b) * c, c of no point, is a * c - b * c where that leaves one product to the tile or the row. */
static lexpr *distributed(tiling *t, lexpr *e)
{
    arena *mem = t->o->mem;
    if (e->kind != LX_POINT || e->op != OP_MUL || !elem_is_float(e->elem))
        return e;
    for (int k = 0; k < 2; k++) {
        lexpr *c = e->args[k], *d = e->args[1 - k];
        bool sum = d->kind == LX_POINT && (d->op == OP_SUB || d->op == OP_ADD);
        if (!sum || depends(c, &t->rows) || depends(c, &t->columns))
            continue;
        bool first = !depends(d->args[0], &t->rows), second = !depends(d->args[1], &t->rows);
        if (first != second)
            return lexpr_bin(mem, d->op, lexpr_bin(mem, OP_MUL, d->args[0], c), lexpr_bin(mem, OP_MUL, d->args[1], c));
    }
    return e;
}

/* e with its greatest parts that are of the column in shared memory. lazy: what e is part of may not be computed. */
static lexpr *with_staged(tiling *t, lexpr *e, bool lazy)
{
    if (!e)
        return NULL;
    bool room = t->stage.n < MOST_STAGED && (!lazy || is_always_possible(t, e));
    if (room && is_of_column(t, e) && is_worth_staging(t, e))
        return use_staged(t, add_staged(t, e));
    e = distributed(t, e);
    lexpr *copy = lexpr_new(t->o->mem, *e);
    bool chooses = e->kind == LX_POINT && (e->op == OP_SELECT || e->op == OP_AND || e->op == OP_OR);
    for (int i = 0; i < e->nargs; i++)
        copy->args[i] = with_staged(t, e->args[i], lazy || (chooses && i > 0));
    return copy;
}

static void stage_list(tiling *t, lstmt_list *body, bool lazy);

static void stage_statement(tiling *t, lstmt *s, bool lazy)
{
    s->e = with_staged(t, s->e, lazy);
    s->hi = with_staged(t, s->hi, lazy);
    s->filter = with_staged(t, s->filter, lazy);
    if (s->kind != LS_ADD && s->kind != LS_INSERT) /* there it is the index itself */
        s->lo = with_staged(t, s->lo, lazy);
    for (int k = 0; k < s->nsubs; k++)
        s->subs[k] = with_staged(t, s->subs[k], lazy);
    stage_list(t, &s->body, true);
    stage_list(t, &s->other, true);
}

/* Declarations of the column leave the body. */
static void stage_list(tiling *t, lstmt_list *body, bool lazy)
{
    lstmt_list out = {0};
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        bool of_column = !lazy && s->kind == LS_LET && is_of_column(t, s->e);
        if (of_column) {
            map_set(&t->columns, s->temp, &mark);
            vec_push(t->o->mem, &t->before, s);
            continue;
        }
        if (s->kind == LS_LET)
            map_set(&t->rows, s->temp, &mark);
        stage_statement(t, s, lazy);
        vec_push(t->o->mem, &out, s);
    }
    *body = out;
}

/* Temporaries of the body that are not of the column alone, whichever way they are declared. */
static void note_inner(tiling *t, const lstmt_list *body, int depth)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->temp && (depth > 0 || s->kind != LS_LET))
            map_set(&t->rows, s->temp, &mark);
        if (s->acc) {
            map_set(&t->rows, s->acc->value, &mark);
            if (s->acc->second)
                map_set(&t->rows, s->acc->second, &mark);
        }
        if (s->buffer && s->buffer->kind == BUF_LOCAL)
            map_set(&t->rows, s->buffer, &mark);
        note_inner(t, &s->body, depth + 1);
        note_inner(t, &s->other, depth + 1);
    }
}

/* ---- rows of a thread ---- */

static int count_operations(const lexpr *e)
{
    int n = e && e->kind == LX_POINT && elem_is_float(e->elem);
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
        n += s->kind == LS_ADD && s->acc->op == OP_LSE ? LIGHT : 0;
    }
    return n;
}

static int rows_of_thread(const lstmt *sum)
{
    int weight = weight_of(&sum->body);
    return weight <= LIGHT ? MOST_ROWS : weight <= MEDIUM ? MOST_ROWS - 1 : weight <= HEAVY ? MOST_ROWS - 2 : 1;
}

/* ---- the kernel ---- */

typedef struct row {
    loops_copying copy;
    lexpr *point, *valid;
    lstmt_list accs; /* of the sum */
    map parts;       /* value of the whole -> value of the tile */
} row;

static buffer *new_tile(offloading *o, elem e, int entries)
{
    buffer *b = ARENA_NEW(o->mem, buffer);
    *b = (buffer){.kind = BUF_SHARED, .name = arena_printf(o->mem, "tile_%s", elem_text(e)), .elem = e, .rank = 2};
    b->arg = b->slot = -1;
    b->extents = ARENA_ARRAY(o->mem, const extent *, 2);
    b->extents[0] = extent_const(o->pool, TILE);
    b->extents[1] = extent_const(o->pool, entries);
    vec_push(o->mem, &o->f->buffers, b);
    return b;
}

/* Rows of tiles are read by 8 or 16 bytes where that is so many entries. */
static void lay_out_tiles(tiling *t)
{
    for (int e = 0; e <= ELEM_BOOL; e++) {
        int n = t->entries[e], wide = e == ELEM_F32 ? 4 : 2;
        n = e == ELEM_F32 && n == 2 ? 2 : n > 1 ? (n + wide - 1) / wide * wide : n;
        if (t->tiles[e])
            t->tiles[e]->extents[1] = extent_const(t->o->pool, n);
    }
}

/* The points of the thread: THREADS apart, so that neighbours are in neighbouring threads. Those beyond the end are the
 * last one again. */
static void emit_points(tiling *t, lstmt_list *out, const points *p, int n, row *rows)
{
    arena *mem = t->o->mem;
    lexpr *first = lexpr_bin(mem, OP_MUL, here(t->o, PLACE_BLOCK), lexpr_int(mem, THREADS * n));
    first = lexpr_bin(mem, OP_ADD, first, here(t->o, PLACE_THREAD));
    first = lexpr_temp(mem, lstmt_let(mem, out, "first", first));
    lexpr *last = lexpr_bin(mem, OP_SUB, p->count, lexpr_int(mem, 1));
    for (int r = 0; r < n; r++) {
        lexpr *at = r ? lexpr_bin(mem, OP_ADD, first, lexpr_int(mem, r * THREADS)) : first;
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

/* The block computes the columns of the tile that begins at `tile`; those beyond the end are the last one again. */
static void emit_staging(tiling *t, lstmt_list *out, lexpr *tile, lexpr *end)
{
    arena *mem = t->o->mem;
    lstmt_new(mem, out, LS_BARRIER);
    lexpr *thread = here(t->o, PLACE_THREAD), *last = lexpr_bin(mem, OP_SUB, end, lexpr_int(mem, 1));
    lstmt *inside = lstmt_new(mem, out, LS_IF); /* a scope */
    inside->e = lexpr_bin(mem, OP_LT, thread, lexpr_int(mem, TILE));
    loops_copying c;
    loops_copy_init(&c, mem, t->o->f, "");
    lstmt *index = lstmt_new(mem, &inside->body, LS_LET);
    index->temp = temp_new(mem, t->sum->temp->name, ELEM_INT, false);
    index->e = lexpr_bin(mem, OP_MIN, lexpr_bin(mem, OP_ADD, tile, thread), last);
    map_set(&c.temps, t->sum->temp, index->temp);
    for (int i = 0; i < t->before.n; i++)
        vec_push(mem, &inside->body, loops_copy(&c, t->before.data[i]));
    for (int i = 0; i < t->stage.n; i++) {
        const staged *v = &t->stage.data[i];
        lstmt *s = lstmt_new(mem, &inside->body, LS_STORE);
        s->buffer = t->tiles[v->value->elem];
        s->nsubs = 2;
        s->subs = ARENA_ARRAY(mem, lexpr *, 2);
        s->subs[0] = thread;
        s->subs[1] = lexpr_int(mem, v->at);
        s->e = loops_copy_expr(&c, v->value);
    }
    lstmt_new(mem, out, LS_BARRIER);
}

static void append(arena *mem, lstmt_list *to, const lstmt_list *from)
{
    for (int i = 0; i < from->n; i++)
        vec_push(mem, to, from->data[i]);
}

/* ---- groups of columns ---- */

/* Scores of a group of columns are computed before any is used: of logsumexp, for the greatest to be taken off, which
 * is done once for the group; of a selection, for a look whether one of them may be selected at all. */
typedef struct scoring {
    lstmt_list before, after;
    lexpr *column; /* in the group */
    lexpr *first;  /* of the group, in the tile */
    lexpr *tile;
    lexpr *inside; /* the column is one; NULL: all are */
} scoring;

static lexpr *chosen(tiling *t, const scoring *g, lexpr *filter, lexpr *value, lexpr *otherwise)
{
    lexpr *all = g->inside && filter ? lexpr_bin(t->o->mem, OP_AND, g->inside, filter) : g->inside ? g->inside : filter;
    return all ? lexpr_select(t->o->mem, all, value, otherwise) : value;
}

static lexpr *new_scores(tiling *t, scoring *g, elem e, buffer **b)
{
    *b = ARENA_NEW(t->o->mem, buffer);
    **b = (buffer){.kind = BUF_LOCAL, .name = "scores", .elem = e, .rank = 1, .arg = -1, .slot = -1};
    (*b)->extents = ARENA_ARRAY(t->o->mem, const extent *, 1);
    (*b)->extents[0] = extent_const(t->o->pool, SCORES);
    vec_push(t->o->mem, &t->o->f->buffers, *b);
    lstmt_new(t->o->mem, &g->before, LS_ARRAY)->buffer = *b;
    return NULL;
}

static void store_score(tiling *t, const scoring *g, lstmt_list *out, buffer *b, lexpr *value)
{
    lstmt *store = lstmt_new(t->o->mem, out, LS_STORE);
    store->buffer = b;
    store->nsubs = 1;
    store->subs = ARENA_ARRAY(t->o->mem, lexpr *, 1);
    store->subs[0] = g->column;
    store->e = value;
}

/* The greatest (least) so far; a score that is no number does not count. */
static temp *track_best(tiling *t, scoring *g, lstmt_list *out, op o, lexpr *value)
{
    arena *mem = t->o->mem;
    temp *best = temp_new(mem, o == OP_MAX ? "greatest" : "least", value->elem, false);
    lstmt_var(mem, &g->before, best, lexpr_const(mem, value->elem, o == OP_MAX ? -__builtin_inf() : __builtin_inf()));
    lexpr *better = lexpr_bin(mem, o, lexpr_temp(mem, best), value);
    better->numbers = true;
    lstmt_set(mem, out, best, better);
    return best;
}

static lstmt *loop_over_scores(tiling *t, lstmt_list *out)
{
    lstmt *loop = lstmt_new(t->o->mem, out, LS_FOR);
    *loop = (lstmt){.kind = LS_FOR, .temp = temp_new(t->o->mem, "k", ELEM_INT, false), .most = SCORES, .parts = true};
    loop->lo = lexpr_int(t->o->mem, 0);
    loop->hi = lexpr_int(t->o->mem, SCORES);
    loop->unroll = SCORES;
    return loop;
}

static lexpr *load_score(tiling *t, const lstmt *loop, buffer *b)
{
    lexpr *at = lexpr_temp(t->o->mem, loop->temp);
    return lexpr_new(t->o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = &at});
}

/* exp(x - shift), where shift * log2(e) is known. */
static lexpr *exp_less(arena *mem, lexpr *x, lexpr *log2_shift)
{
    lexpr *scaled = lexpr_bin(mem, OP_MUL, x, lexpr_const(mem, x->elem, LOG2_E));
    lexpr *d = lexpr_bin(mem, OP_SUB, scaled, log2_shift);
    return lexpr_point(mem, OP_EXP2, x->elem, 1, &d);
}

static void score_exponential(tiling *t, scoring *g, lstmt *add, lstmt_list *out)
{
    arena *mem = t->o->mem;
    elem e = add->acc->elem;
    buffer *b;
    new_scores(t, g, e, &b);
    lexpr *low = lexpr_const(mem, e, -__builtin_inf());
    lexpr *value = lexpr_temp(mem, lstmt_let(mem, out, "score", chosen(t, g, add->filter, add->e, low)));
    store_score(t, g, out, b, value);
    temp *greatest = track_best(t, g, out, OP_MAX, value);
    lexpr *top = lexpr_temp(mem, add->acc->second), *sum = lexpr_temp(mem, add->acc->value);
    lexpr *above = lexpr_bin(mem, OP_MAX, top, lexpr_temp(mem, greatest));
    above = lexpr_temp(mem, lstmt_let(mem, &g->after, "above", above));
    lexpr *shift = lexpr_bin(mem, OP_MUL, lexpr_finite(mem, above), lexpr_const(mem, e, LOG2_E));
    shift = lexpr_temp(mem, lstmt_let(mem, &g->after, "shift", shift));
    lstmt_set(mem, &g->after, add->acc->value, lexpr_bin(mem, OP_MUL, sum, exp_less(mem, top, shift)));
    lstmt *loop = loop_over_scores(t, &g->after);
    lexpr *term = exp_less(mem, load_score(t, loop, b), shift);
    lstmt_set(mem, &loop->body, add->acc->value, lexpr_bin(mem, OP_ADD, sum, term));
    lstmt_set(mem, &g->after, add->acc->second, above);
}

static lexpr *last_of(tiling *t, const lstmt *insert, buffer *b)
{
    int n = insert->nsubs;
    lexpr **subs = ARENA_ARRAY(t->o->mem, lexpr *, n + 1);
    for (int i = 0; i < n; i++)
        subs[i] = insert->subs[i];
    const extent *k = extent_sub(b->extents[n], extent_const(t->o->pool, 1));
    subs[n] = lexpr_size(t->o->mem, k);
    return lexpr_new(t->o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = n + 1, .args = subs});
}

/* What is no number is never selected. */
static void score_selection(tiling *t, scoring *g, lstmt *insert, lexpr *filter, lstmt_list *out)
{
    arena *mem = t->o->mem;
    elem e = insert->e->elem;
    buffer *b;
    new_scores(t, g, e, &b);
    lexpr *none = lexpr_const(mem, e, __builtin_nan(""));
    lexpr *value = lexpr_temp(mem, lstmt_let(mem, out, "score", chosen(t, g, filter, insert->e, none)));
    store_score(t, g, out, b, value);
    lexpr *best = lexpr_temp(mem, track_best(t, g, out, insert->largest ? OP_MAX : OP_MIN, value));
    lexpr *last = last_of(t, insert, insert->buffer), *index = last_of(t, insert, insert->from);
    lexpr *enters = insert->largest ? lexpr_bin(mem, OP_LT, last, best) : lexpr_bin(mem, OP_LT, best, last);
    lexpr *unfilled = lexpr_bin(mem, OP_LT, index, lexpr_int(mem, 0));
    lstmt *some = lstmt_new(mem, &g->after, LS_IF);
    some->e = lexpr_bin(mem, OP_OR, enters, unfilled);
    lstmt *loop = loop_over_scores(t, &some->body);
    lstmt *column = lstmt_new(mem, &loop->body, LS_LET);
    column->temp = t->sum->temp;
    column->e = lexpr_bin(mem, OP_ADD, lexpr_bin(mem, OP_ADD, g->tile, g->first), lexpr_temp(mem, loop->temp));
    insert->e = load_score(t, loop, b);
    vec_push(mem, &loop->body, insert);
}

static bool is_scored(const lstmt *s)
{
    return (s->kind == LS_ADD && s->acc->op == OP_LSE) || (s->kind == LS_INSERT && elem_is_float(s->e->elem));
}

/* The selection that is all of a branch. */
static lstmt *selected_if(const lstmt *s)
{
    bool only = s->kind == LS_IF && s->body.n == 1 && s->other.n == 0 && is_scored(s->body.data[0]);
    return only ? s->body.data[0] : NULL;
}

static bool has_scores(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++)
        if (is_scored(body->data[i]) || selected_if(body->data[i]))
            return true;
    return false;
}

/* In groups nothing else is done than to add and to select. */
static bool can_group(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        bool adds = s->kind == LS_ADD || s->kind == LS_LET || s->kind == LS_ACC || is_scored(s) || selected_if(s);
        if (!adds && (s->kind != LS_FOR || writes_entries(&s->body)))
            return false;
    }
    return true;
}

/* The body for one row; sums do not count what is beyond the end. */
static void emit_scored(tiling *t, scoring *g, lstmt_list *out, lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i], *selected = selected_if(s);
        if (selected || s->kind == LS_INSERT) {
            score_selection(t, g, selected ? selected : s, selected ? s->e : NULL, out);
        } else if (is_scored(s)) {
            score_exponential(t, g, s, out);
        } else {
            if (s->kind == LS_ADD && g->inside)
                s->filter = s->filter ? lexpr_bin(t->o->mem, OP_AND, g->inside, s->filter) : g->inside;
            vec_push(t->o->mem, out, s);
        }
    }
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

/* Columns in groups of SCORES from `from` to `to`; the tile is there for all of a group, whatever is beyond the end. */
static void emit_groups(tiling *t, lstmt_list *out, lexpr *tile, lexpr *from, lexpr *to, bool whole, int n, row *rows)
{
    arena *mem = t->o->mem;
    lstmt *groups = counted_loop(t, out, "group", to, TILE);
    groups->lo = from;
    groups->step = SCORES;
    lexpr *group = lexpr_temp(mem, groups->temp);
    lstmt_list inside = {0};
    lstmt *loop = loop_over_scores(t, &inside);
    scoring g = {.column = lexpr_temp(mem, loop->temp), .first = group, .tile = tile};
    if (!whole)
        g.inside = lexpr_bin(mem, OP_LT, lexpr_bin(mem, OP_ADD, group, g.column), to);
    lstmt *at = lstmt_new(mem, &loop->body, LS_LET);
    at->temp = t->in_tile->temp;
    at->e = lexpr_bin(mem, OP_ADD, group, g.column);
    let_column(t, &loop->body, tile, t->in_tile);
    lstmt_list body = bodies(t, n, rows, &g);
    append(mem, &loop->body, &body);
    append(mem, &groups->body, &g.before);
    vec_push(mem, &groups->body, loop);
    append(mem, &groups->body, &g.after);
}

static void emit_all_groups(tiling *t, lstmt_list *out, lexpr *tile, lexpr *count, int n, row *rows)
{
    arena *mem = t->o->mem;
    lexpr *size = lexpr_int(mem, SCORES);
    lexpr *whole = lexpr_bin(mem, OP_MUL, lexpr_bin(mem, OP_IDIV, count, size), size);
    whole = lexpr_temp(mem, lstmt_let(mem, out, "grouped", whole));
    emit_groups(t, out, tile, lexpr_int(mem, 0), whole, true, n, rows);
    emit_groups(t, out, tile, whole, count, false, n, rows);
}

static void emit_tiles(tiling *t, lstmt_list *out, int n, row *rows)
{
    arena *mem = t->o->mem;
    lexpr *begin, *end;
    let_split(t->o, out, t->sum->hi, TILE, &begin, &end);
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
    if (has_scores(&t->sum->body) && can_group(&t->sum->body))
        emit_all_groups(t, &tiles->body, tile, count, n, rows);
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

static void find_columns(tiling *t, const points *p)
{
    map_init(&t->rows, t->o->mem);
    map_init(&t->columns, t->o->mem);
    for (int i = 0; i < p->loops.n; i++)
        map_set(&t->rows, p->loops.data[i]->temp, &mark);
    lstmt_list before = p->body;
    for (before.n = 0; p->body.data[before.n] != t->sum;)
        before.n++;
    note_declared(&t->rows, &before);
    map_set(&t->columns, t->sum->temp, &mark);
    note_inner(t, &t->sum->body, 0);
    t->in_tile = lexpr_temp(t->o->mem, temp_new(t->o->mem, "k", ELEM_INT, false));
    for (int e = 0; e <= ELEM_BOOL; e++)
        t->tiles[e] = new_tile(t->o, (elem)e, 1);
    stage_list(t, &t->sum->body, false);
    lay_out_tiles(t);
}

static void declare_tiles(tiling *t, lstmt_list *out)
{
    for (int e = 0; e <= ELEM_BOOL; e++)
        if (t->entries[e] > 0)
            lstmt_new(t->o->mem, out, LS_ARRAY)->buffer = t->tiles[e];
}

static void emit_tile_kernel(offloading *o, const points *p, lstmt *sum)
{
    tiling t = {.o = o, .sum = sum};
    row rows[MOST_ROWS] = {0};
    int n = rows_of_thread(sum);
    lexpr *blocks = rounded_up(o, p->count, THREADS * n);
    lstmt *k = new_kernel(o, blocks, THREADS);
    if (is_joinable(sum))
        k->hi = count_splits(o, blocks, sum->hi, TILE);
    hoisting h;
    begin_hoisting(&h, o, &k->body);
    hoist_cells(&h, &p->body);
    find_columns(&t, p);
    declare_tiles(&t, &k->body);
    emit_points(&t, &k->body, p, n, rows);
    emit_prologue(&t, &k->body, p, n, rows);
    emit_tiles(&t, &k->body, n, rows);
    lstmt_list accs = {0};
    lexpr *at[MOST_ROWS];
    note_tile_rows(o, p->count);
    for (int r = 0; r < n; r++) {
        append(o->mem, &accs, &rows[r].accs);
        at[r] = rows[r].point;
    }
    if (is_joinable(sum))
        join_splits(o, &k->body, &accs, n, at, p->count);
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
