/* Which buffers of the workspace are in tiles: rows of AD_LANES neighbours side by side, so that loops with these rows
 * in lanes load and store whole vectors.
 *
 * Reads what schedule made; writes buffer->tiled. A tile can only be stored to by loops over all rows, in lanes. From
 * all buffers that can, those are taken back, one by one, without which the function is cheaper by the estimate that
 * chooses loops. */
#include "form/loops_live.h"
#include "stage/vectorize/vectorize_state.h"

enum {
    LEAST_RANK = 3, /* few subscripts per row: copies of the rows are as good */
    MOST_BUFFERS = 64,
    ROUNDS = 3
};

typedef struct tiling {
    arena *mem;
    const interface_fn *face;
    const map *uses;
    map unfit; /* buffers that cannot be tiles */
    VEC(const lstmt *) loops;
    VEC(buffer *) buffers;
    VEC(lstmt *) statements; /* of the function that mention them */
    VEC(double) costs;       /* of each statement */
} tiling;

/* ---- candidates ---- */

static char mark;

/* The loop around with that index; NULL: there is none. */
static const lstmt *loop_of(const tiling *t, const lexpr *e)
{
    for (int i = t->loops.n - 1; i >= 0 && e->kind == LX_TEMP; i--)
        if (t->loops.data[i]->temp == e->temp)
            return t->loops.data[i];
    return NULL;
}

static bool is_over_rows(const tiling *t, const buffer *b, const lexpr *sub)
{
    const lstmt *loop = loop_of(t, sub);
    return loop && loop->independent && !loop->must && !loop->symmetric && lstmt_range(loop) == b->extents[0];
}

static void find_unfit_loads(tiling *t, const lexpr *e)
{
    if (!e)
        return;
    bool load = e->kind == LX_LOAD && e->buffer->kind == BUF_WORKSPACE;
    if (load && (e->nargs == 0 || (e->guarded && !is_over_rows(t, e->buffer, e->args[0]))))
        map_set(&t->unfit, e->buffer, &mark);
    for (int i = 0; i < e->nargs; i++)
        find_unfit_loads(t, e->args[i]);
}

static void find_unfit(tiling *t, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        lexpr *const parts[] = {s->e, s->lo, s->hi, s->filter};
        for (int k = 0; k < 4; k++)
            find_unfit_loads(t, parts[k]);
        for (int k = 0; k < s->nsubs; k++)
            find_unfit_loads(t, s->subs[k]);
        bool fits = s->kind == LS_STORE && s->nsubs > 0 && !s->guarded && is_over_rows(t, s->buffer, s->subs[0]);
        if (s->buffer && !fits)
            map_set(&t->unfit, s->buffer, &mark);
        if (s->from)
            map_set(&t->unfit, s->from, &mark);
        if (s->kind == LS_FOR)
            vec_push(t->mem, &t->loops, s);
        find_unfit(t, &s->body);
        find_unfit(t, &s->other);
        t->loops.n -= s->kind == LS_FOR;
    }
}

static void find_candidates(tiling *t, const nest_fn *f)
{
    find_unfit(t, &f->body);
    for (int i = 0; i < f->buffers.n; i++) {
        buffer *b = f->buffers.data[i];
        bool table = b->kind == BUF_WORKSPACE && b->rank >= LEAST_RANK && elem_is_float(b->elem);
        if (table && !extent_is_const(b->extents[0], NULL) && !map_get(&t->unfit, b))
            vec_push(t->mem, &t->buffers, b);
    }
}

static bool mentions(const tiling *t, const lstmt *s, const buffer *b)
{
    map uses;
    map_init(&uses, t->mem);
    lstmt_list one = {.data = (lstmt *[]){(lstmt *)s}, .n = 1};
    loops_count_uses(&uses, t->mem, &one);
    for (int i = 0; i < t->buffers.n; i++)
        if ((!b || b == t->buffers.data[i]) && map_get(&uses, t->buffers.data[i]))
            return true;
    return false;
}

/* ---- costs ---- */

static double cost_of(const tiling *t, lstmt *s)
{
    lane_choice choice = {.mem = arena_new(), .face = t->face, .uses = *t->uses};
    map_init(&choice.chosen, choice.mem);
    lstmt_list one = {.data = &s, .n = 1};
    double cost = lane_choose(&choice, &one);
    arena_free(choice.mem);
    return cost;
}

static double update_costs(tiling *t, const buffer *changed)
{
    double sum = 0;
    for (int i = 0; i < t->statements.n; i++) {
        if (mentions(t, t->statements.data[i], changed))
            t->costs.data[i] = cost_of(t, t->statements.data[i]);
        sum += t->costs.data[i];
    }
    return sum;
}

static void set_all(tiling *t, bool tiled)
{
    for (int i = 0; i < t->buffers.n; i++)
        t->buffers.data[i]->tiled = tiled;
}

/* Takes back each buffer that makes the function more expensive. */
static bool take_back(tiling *t, double *cost)
{
    bool any = false;
    for (int i = 0; i < t->buffers.n; i++) {
        buffer *b = t->buffers.data[i];
        if (!b->tiled)
            continue;
        b->tiled = false;
        double without = update_costs(t, b);
        if (without < *cost) {
            *cost = without;
            any = true;
        } else {
            b->tiled = true;
            update_costs(t, b);
        }
    }
    return any;
}

static void choose_buffers(tiling *t, const nest_fn *f)
{
    for (int i = 0; i < f->body.n; i++) {
        if (!mentions(t, f->body.data[i], NULL))
            continue;
        vec_push(t->mem, &t->statements, f->body.data[i]);
        vec_push(t->mem, &t->costs, 0);
    }
    double plain = update_costs(t, NULL);
    set_all(t, true);
    double cost = update_costs(t, NULL);
    for (int i = 0; i < ROUNDS && take_back(t, &cost); i++)
        ;
    if (cost >= plain)
        set_all(t, false);
}

void tile_choose(lane_choice *choice, nest_fn *f)
{
    tiling t = {.mem = choice->mem, .face = f->face, .uses = &choice->uses};
    map_init(&t.unfit, t.mem);
    find_candidates(&t, f);
    if (t.buffers.n > 0 && t.buffers.n <= MOST_BUFFERS)
        choose_buffers(&t, f);
    int n = 0;
    for (int i = 0; i < t.buffers.n; i++)
        if (t.buffers.data[i]->tiled)
            t.buffers.data[n++] = t.buffers.data[i];
    t.buffers.n = n;
    for (int i = 0; i < f->body.n; i++) {
        lstmt_list one = {.data = &f->body.data[i], .n = 1};
        choice->face = mentions(&t, f->body.data[i], NULL) ? f->face : NULL;
        lane_choose(choice, &one);
    }
}

/* ---- single entries ---- */

/* A load of one entry: of its tile, the lane. */
static void split_loads(arena *mem, lexpr **at)
{
    lexpr *e = *at;
    for (int i = 0; e && i < e->nargs; i++)
        split_loads(mem, &e->args[i]);
    if (!e || e->kind != LX_LOAD || !e->buffer->tiled || e->lanes)
        return;
    lexpr *width = lexpr_new(mem, (lexpr){.kind = LX_WIDTH, .elem = ELEM_INT}), *row = e->args[0];
    lexpr *tile = lexpr_new(mem, *e);
    tile->lanes = true;
    tile->args[0] = lexpr_bin(mem, OP_IDIV, row, width);
    lexpr *of[] = {tile, lexpr_bin(mem, OP_IMOD, row, width)};
    *at = lexpr_new(mem, (lexpr){.kind = LX_LANE, .elem = e->elem, .nargs = 2, .args = of});
}

void tile_finish(arena *mem, lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        lexpr **const parts[] = {&s->e, &s->lo, &s->hi, &s->filter};
        for (int k = 0; k < 4; k++)
            split_loads(mem, parts[k]);
        for (int k = 0; k < s->nsubs; k++)
            split_loads(mem, &s->subs[k]);
        tile_finish(mem, &s->body);
        tile_finish(mem, &s->other);
    }
}
