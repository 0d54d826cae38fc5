/* Whether a loop can run in lanes, and what then differs from lane to lane. */
#include "form/loops_live.h"
#include "stage/vectorize/vectorize_state.h"

enum { WINDOW = 4 }; /* loads of neighbours that are worth a copy */

static char mark;

/* ---- uses of buffers ---- */

/* Scratch of one iteration: no other part of the function knows it. */
bool lane_is_private(const lane_facts *f, const buffer *b)
{
    const int *all = map_get(f->uses, b), *inside = map_get(&f->inside_uses, b);
    return (b->kind == BUF_LOCAL || b->kind == BUF_SCRATCH) && all && inside && *all == *inside;
}

/* ---- what varies ---- */

bool lane_varies(const lane_facts *f, const lexpr *e)
{
    if (!e)
        return false;
    if (e->kind == LX_TEMP)
        return e->temp == f->loop->temp || map_get(&f->varies, e->temp);
    if (e->kind == LX_LOAD && (e->buffer->lanes || map_get(&f->lanes, e->buffer)))
        return true;
    for (int i = 0; i < e->nargs; i++)
        if (lane_varies(f, e->args[i]))
            return true;
    return false;
}

static bool any_varies(const lane_facts *f, int n, lexpr *const *list)
{
    for (int i = 0; i < n; i++)
        if (lane_varies(f, list[i]))
            return true;
    return false;
}

/* Lanes are the rows of a tile. */
static bool is_row(const lane_facts *f, const lexpr *sub)
{
    const lstmt *loop = f->loop;
    bool whole_tiles = loop->aligned || (loop->lo->kind == LX_CONST && loop->lo->integer == 0);
    return whole_tiles && sub->kind == LX_TEMP && sub->temp == loop->temp;
}

/* From tiles, lanes take what is theirs. */
static bool loads_fit(const lane_facts *f, const lexpr *e)
{
    bool fits = !e || e->kind != LX_LOAD || !e->buffer->tiled || !lane_varies(f, e) || is_row(f, e->args[0]);
    for (int i = 0; e && i < e->nargs && fits; i++)
        fits = loads_fit(f, e->args[i]);
    return fits;
}

static void set_mark(lane_facts *f, map *m, const void *what)
{
    if (what && !map_get(m, what)) {
        map_set(m, what, &mark);
        f->changed = true;
    }
}

static void declare(lane_facts *f, const temp *t)
{
    if (t)
        map_set(&f->inside, t, &mark);
}

static void find(lane_facts *f, const lstmt_list *list, bool masked);

static void find_scalar(lane_facts *f, lstmt *s, bool masked)
{
    if (s->kind == LS_SET)
        f->possible &= map_get(&f->inside, s->temp) != NULL;
    else
        declare(f, s->temp);
    if (s->kind == LS_LET)
        map_set(&f->defs, s->temp, s->e);
    if (lane_varies(f, s->e) || (masked && s->kind == LS_SET))
        set_mark(f, &f->varies, s->temp);
}

static void find_store(lane_facts *f, lstmt *s, bool masked)
{
    bool moves = any_varies(f, s->nsubs, s->subs);
    if (s->buffer->tiled)
        f->possible &= is_row(f, s->subs[0]);
    if (s->buffer->lanes && !moves) {
        set_mark(f, &f->lanes, s->buffer);
        return;
    }
    if (!lane_is_private(f, s->buffer)) {
        f->possible &= moves;
        return;
    }
    if (moves || masked || lane_varies(f, s->e))
        set_mark(f, &f->lanes, s->buffer);
}

static void find_for(lane_facts *f, lstmt *s, bool masked)
{
    f->possible &= !s->parallel && !lane_varies(f, s->lo) && !lane_varies(f, s->hi) && !lane_varies(f, s->e);
    declare(f, s->temp);
    find(f, &s->body, masked);
}

static void find_if(lane_facts *f, lstmt *s, bool masked)
{
    bool differs = lane_varies(f, s->e);
    find(f, &s->body, masked || differs);
    find(f, &s->other, masked || differs);
}

static void find_fill(lane_facts *f, lstmt *s, bool masked)
{
    f->possible &= lane_is_private(f, s->buffer) && !masked;
    if (lane_varies(f, s->e))
        set_mark(f, &f->lanes, s->buffer);
}

/* Of two private arrays, both have lanes or none. */
static void find_pair(lane_facts *f, lstmt *s, bool masked)
{
    bool simple = lane_is_private(f, s->buffer) && lane_is_private(f, s->from) && !any_varies(f, s->nsubs, s->subs);
    f->possible &= simple && !masked;
    if (map_get(&f->lanes, s->buffer) || map_get(&f->lanes, s->from)) {
        set_mark(f, &f->lanes, s->buffer);
        set_mark(f, &f->lanes, s->from);
    }
}

static void find_insert(lane_facts *f, lstmt *s, bool masked)
{
    f->possible &= lane_is_private(f, s->buffer) && !any_varies(f, s->nsubs, s->subs);
    if (masked || lane_varies(f, s->e) || lane_varies(f, s->lo)) {
        set_mark(f, &f->lanes, s->buffer);
        set_mark(f, &f->lanes, s->from);
        f->possible &= lane_is_private(f, s->from);
    }
}

static void find_acc(lane_facts *f, lstmt *s, bool masked)
{
    (void)masked;
    declare(f, s->acc->value);
    declare(f, s->acc->second);
}

static void find_add(lane_facts *f, lstmt *s, bool masked)
{
    if (!masked && !lane_varies(f, s->e) && !lane_varies(f, s->filter) && !lane_varies(f, s->lo))
        return;
    if (!map_get(&f->inside, s->acc->value))
        return;
    set_mark(f, &f->varies, s->acc->value);
    set_mark(f, &f->varies, s->acc->second);
}

static void find_none(lane_facts *f, lstmt *s, bool masked)
{
    (void)f;
    (void)s;
    (void)masked;
}

static void find_impossible(lane_facts *f, lstmt *s, bool masked)
{
    (void)s;
    (void)masked;
    f->possible = false;
}

static void (*const finders[])(lane_facts *f, lstmt *s, bool masked) = {
    [LS_LET] = find_scalar,      [LS_VAR] = find_scalar,   [LS_SET] = find_scalar,      [LS_STORE] = find_store,
    [LS_FOR] = find_for,         [LS_IF] = find_if,        [LS_FILL] = find_fill,       [LS_COPY] = find_pair,
    [LS_COPY_INTO] = find_pair,  [LS_SWAP] = find_pair,    [LS_ARRAY] = find_none,      [LS_INSERT] = find_insert,
    [LS_ACC] = find_acc,         [LS_ADD] = find_add,      [LS_JOIN] = find_impossible, [LS_FAIL] = find_impossible,
    [LS_CALL] = find_impossible, [LS_COMMENT] = find_none,
};

/* What fails must not be asked where a branch is not taken, nor in lanes beyond the end. */
static bool seeks(const lexpr *e)
{
    bool found = e && e->kind == LX_POINT && e->op == OP_SEEK;
    for (int i = 0; e && i < e->nargs && !found; i++)
        found = seeks(e->args[i]);
    return found;
}

static void find(lane_facts *f, const lstmt_list *list, bool masked)
{
    for (int i = 0; i < list->n && f->possible; i++) {
        finders[list->data[i]->kind](f, list->data[i], masked);
        f->possible &= !seeks(list->data[i]->e) && !seeks(list->data[i]->filter);
        f->possible &= loads_fit(f, list->data[i]->e) && loads_fit(f, list->data[i]->filter);
        for (int k = 0; k < list->data[i]->nsubs; k++)
            f->possible &= loads_fit(f, list->data[i]->subs[k]);
    }
}

/* ---- windows ---- */

static lexpr *definition(const lane_facts *f, const lexpr *e)
{
    return e->kind == LX_TEMP ? map_get(&f->defs, e->temp) : NULL;
}

/* i + 2, i - p */
static bool is_shifted(const lane_facts *f, const lexpr *sub)
{
    const lexpr *def = definition(f, sub);
    sub = def ? def : sub;
    return sub->kind == LX_POINT && (sub->op == OP_ADD || sub->op == OP_SUB) && !lane_varies(f, sub);
}

static void find_window_loads(lane_facts *f, const lexpr *e)
{
    const int *mentions = e && e->kind == LX_LOAD ? map_get(&f->inside_uses, e->buffer) : NULL;
    for (int i = 0; mentions && *mentions >= WINDOW && i < e->nargs; i++)
        if (is_shifted(f, e->args[i]))
            map_set(&f->windows, e->buffer, &mark);
    for (int i = 0; e && i < e->nargs; i++)
        find_window_loads(f, e->args[i]);
}

static void find_windows(lane_facts *f, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        find_window_loads(f, list->data[i]->e);
        find_window_loads(f, list->data[i]->filter);
        find_windows(f, &list->data[i]->body);
        find_windows(f, &list->data[i]->other);
    }
}

void lane_facts_find(lane_facts *f, arena *mem, const map *uses, const lstmt *loop)
{
    *f = (lane_facts){.mem = mem, .loop = loop, .uses = uses, .possible = true};
    map *const maps[] = {&f->defs, &f->inside, &f->varies, &f->lanes, &f->inside_uses, &f->windows};
    for (int i = 0; i < 6; i++)
        map_init(maps[i], mem);
    loops_count_uses(&f->inside_uses, mem, &loop->body);
    do {
        f->changed = false;
        find(f, &loop->body, false);
    } while (f->changed && f->possible);
    if (f->possible)
        find_windows(f, &loop->body);
}

/* ---- subscripts ---- */

static const extent *plain_size(extent_pool *pool, const lexpr *e)
{
    return e->kind == LX_SIZE ? e->extent : e->kind == LX_CONST ? extent_const(pool, e->integer) : NULL;
}

/* By how much e grows from lane to lane; NULL: not evenly. */
static const extent *growth(const lane_facts *f, extent_pool *pool, const lexpr *e)
{
    if (!lane_varies(f, e))
        return extent_const(pool, 0);
    if (e->kind == LX_TEMP && e->temp == f->loop->temp)
        return extent_const(pool, 1);
    const lexpr *def = definition(f, e);
    if (def)
        return growth(f, pool, def);
    if (e->kind != LX_POINT || e->nargs == 0)
        return NULL;
    const extent *a = growth(f, pool, e->args[0]), *b = e->nargs == 2 ? growth(f, pool, e->args[1]) : NULL;
    if (!a || (e->nargs == 2 && !b))
        return NULL;
    const extent *left = plain_size(pool, e->args[0]), *right = e->nargs == 2 ? plain_size(pool, e->args[1]) : NULL;
    switch (e->op) {
    case OP_ADD:
        return extent_add(a, b);
    case OP_SUB:
        return extent_sub(a, b);
    case OP_NEG:
        return extent_scale(a, -1);
    case OP_MUL:
        return left ? extent_mul(left, b) : right ? extent_mul(a, right) : NULL;
    default:
        return NULL;
    }
}

const extent *lane_step(const lane_facts *f, const buffer *b, lexpr *const *subs)
{
    if (b->rank == 0)
        return NULL;
    extent_pool *pool = b->extents[0]->pool;
    const extent *step = extent_const(pool, 0);
    for (int i = 0; i < b->rank; i++) {
        const extent *own = growth(f, pool, subs[i]);
        if (!own)
            return NULL;
        step = extent_add(extent_mul(step, b->extents[i]), own);
    }
    return extent_is_const(step, NULL) && step->n == 0 ? NULL : step;
}

lexpr *lane_first(const lane_facts *f, lexpr *sub)
{
    if (!lane_varies(f, sub) || (sub->kind == LX_TEMP && sub->temp == f->loop->temp))
        return sub;
    lexpr *def = definition(f, sub);
    if (def)
        return lane_first(f, def);
    lexpr *first = lexpr_new(f->mem, *sub);
    first->lanes = false;
    for (int i = 0; i < first->nargs; i++)
        first->args[i] = lane_first(f, sub->args[i]);
    return first;
}

lexpr *lane_expanded(const lane_facts *f, lexpr *sub)
{
    if (sub->kind == LX_TEMP) {
        lexpr *def = definition(f, sub);
        if (def)
            return lane_expanded(f, def);
        return map_get(&f->inside, sub->temp) ? NULL : sub;
    }
    if (sub->kind == LX_LOAD && map_get(&f->inside_uses, sub->buffer) && lane_is_private(f, sub->buffer))
        return NULL;
    lexpr *out = lexpr_new(f->mem, *sub);
    for (int i = 0; i < out->nargs; i++)
        if (!(out->args[i] = lane_expanded(f, sub->args[i])))
            return NULL;
    return out;
}

int lane_row(const lane_facts *f, const lexpr *load)
{
    int n = 0;
    if (lane_is_private(f, load->buffer)) /* filled by the loop itself */
        return 0;
    while (n < load->nargs && lane_varies(f, load->args[n]))
        n++;
    for (int i = n; i < load->nargs; i++)
        if (lane_varies(f, load->args[i]))
            return 0;
    return n;
}
