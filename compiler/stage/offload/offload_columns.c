/* What depends on the column alone: computed once for a tile of columns, by the block together, and kept in shared
 * memory. */
#include "stage/offload/offload_tiles.h"

enum { MOST_STAGED = 64 };

static char mark;

void note_declared(map *m, const lstmt_list *body)
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

static bool is_of_column(const tiling *t, const lexpr *e)
{
    return lexpr_depends(e, &t->columns) && !lexpr_depends(e, &t->rows);
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

static int add_staged(tiling *t, lexpr *e)
{
    for (int i = 0; i < t->stage.n; i++)
        if (lexpr_is_equal(t->stage.data[i].value, e))
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
        if (!sum || lexpr_depends(c, &t->rows) || lexpr_depends(c, &t->columns))
            continue;
        bool first = !lexpr_depends(d->args[0], &t->rows), second = !lexpr_depends(d->args[1], &t->rows);
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

/* ---- tiles ---- */

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

void find_columns(tiling *t, const points *p)
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

void declare_tiles(tiling *t, lstmt_list *out)
{
    for (int e = 0; e <= ELEM_BOOL; e++)
        if (t->entries[e] > 0)
            lstmt_new(t->o->mem, out, LS_ARRAY)->buffer = t->tiles[e];
}

void emit_staging(tiling *t, lstmt_list *out, lexpr *tile, lexpr *end)
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
