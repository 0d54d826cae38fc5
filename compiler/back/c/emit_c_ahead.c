/* Rows that the next pass of a loop reads or writes are fetched while this one computes.
 *
 * A loop that goes back through time reads what it kept from the last row to the first: no processor fetches that ahead
 * by itself, and each pass would begin by waiting for memory. A loop that keeps rows would end each pass so: what is
 * written to memory is read before. The next rows are known for subscripts x - pass, x known before the loop, and for
 * the pass itself. Only a hint: no result depends on it. */
#include "back/c/emit_c_parts.h"
#include "back/spell.h"
#include "form/loops_make.h"

typedef struct looking {
    emitter *e;
    const lstmt *loop;
    map inside; /* temporary -> the LS_LET that declares it, or another statement of the loop */
    buffer_list seen;
} looking;

static void note_inside(looking *l, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->temp)
            map_set(&l->inside, s->temp, (void *)(uintptr_t)s);
        note_inside(l, &s->body);
        note_inside(l, &s->other);
    }
}

static const lexpr *resolve(const looking *l, const lexpr *e)
{
    const lstmt *let = e->kind == LX_TEMP ? map_get(&l->inside, e->temp) : NULL;
    return let && let->kind == LS_LET ? resolve(l, let->e) : e;
}

static bool is_known_before(const looking *l, const lexpr *e)
{
    if (e->kind == LX_LOAD || (e->kind == LX_TEMP && (e->temp == l->loop->temp || map_get(&l->inside, e->temp))))
        return false;
    for (int i = 0; i < e->nargs; i++)
        if (!is_known_before(l, e->args[i]))
            return false;
    return true;
}

/* x of x - pass; NULL: it is none. */
static const lexpr *row_before(const looking *l, const lexpr *sub)
{
    sub = resolve(l, sub);
    bool goes_back = sub->kind == LX_POINT && sub->op == OP_SUB && !sub->lanes && sub->args[1]->kind == LX_TEMP &&
                     sub->args[1]->temp == l->loop->temp;
    return goes_back && is_known_before(l, sub->args[0]) ? sub->args[0] : NULL;
}

static const extent *row_bytes(const emitter *e, const buffer *b)
{
    const extent *row = extent_const(e->pool, (int64_t)cost_bytes(b->elem));
    for (int i = 1; i < b->rank; i++)
        row = extent_mul(row, b->extents[i]);
    return row;
}

/* The row of b, where the condition holds. */
static void fetch(emitter *e, const char *fetcher, const buffer *b, lexpr *row, lexpr *condition)
{
    lexpr *subs[] = {row};
    emit_linef(e, "if (%s)", emit_text(e, condition, PREC_SELECT));
    emit_linef(e, "    %s(%s, %s);", prelude_use(e->p.helpers, fetcher), emit_place(e, b, 1, subs),
               emit_size(e, row_bytes(e, b), PREC_SELECT));
}

/* Row x - pass - 1, where there is one. */
static void fetch_before(looking *l, const buffer *b, const lexpr *x)
{
    arena *mem = l->e->mem;
    lexpr *pass = lexpr_temp(mem, l->loop->temp), *one = lexpr_int(mem, 1);
    lexpr *row = lexpr_bin(mem, OP_SUB, (lexpr *)(uintptr_t)x, pass);
    fetch(l->e, "ad_fetch", b, lexpr_bin(mem, OP_SUB, row, one), lexpr_bin(mem, OP_LT, lexpr_int(mem, 0), row));
}

static bool is_new(looking *l, const buffer *b)
{
    for (int i = 0; i < l->seen.n; i++)
        if (l->seen.data[i] == b)
            return false;
    vec_push(l->e->mem, &l->seen, b);
    return true;
}

static void look_into(looking *l, const lexpr *e)
{
    if (!e)
        return;
    for (int i = 0; i < e->nargs; i++)
        look_into(l, e->args[i]);
    const buffer *b = e->kind == LX_LOAD && e->nargs > 1 ? e->buffer : NULL;
    if (!b || b->kind != BUF_WORKSPACE || b->lanes || b->tiled)
        return;
    const lexpr *x = row_before(l, e->args[0]);
    if (x && is_new(l, b))
        fetch_before(l, b, x);
}

static void look(looking *l, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        look_into(l, s->e);
        look_into(l, s->filter);
        look(l, &s->body);
        look(l, &s->other);
    }
}

void emit_ahead(emitter *e, const lstmt *loop)
{
    looking l = {.e = e, .loop = loop};
    arena *scratch = arena_new();
    map_init(&l.inside, scratch);
    note_inside(&l, &loop->body);
    look(&l, &loop->body);
    arena_free(scratch);
}

void emit_ahead_of_copy(emitter *e, const lstmt *s)
{
    const lexpr *row = s->nsubs == 1 ? s->subs[0] : NULL;
    if (!row || !e->sequence || row->kind != LX_TEMP || row->temp != e->sequence->temp ||
        s->buffer->kind != BUF_WORKSPACE)
        return;
    lexpr *next = lexpr_bin(e->mem, OP_ADD, (lexpr *)(uintptr_t)row, lexpr_int(e->mem, 1));
    fetch(e, "ad_fetch_to_write", s->buffer, next, lexpr_bin(e->mem, OP_LT, next, e->sequence->hi));
}
