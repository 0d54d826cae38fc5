/* Which loops of a nest to run in lanes: the cheapest choice, in estimated cycles.
 *
 * A vector operation costs as much as a scalar one; a load whose lanes lie apart costs one for each. Trip counts that
 * are not known are typical ones. */
#include "stage/vectorize/vectorize_state.h"

enum { MAX_DEPTH = 32, JOIN_COST = 20, FUNCTION_COST = 10, TILE_ENTRY_COST = 3 };
static const double impossible = 1e30;

typedef struct costing {
    lane_choice *choice;
    const lane_facts *facts; /* NULL: outside lanes */
    int depth;
    const lstmt *loops[MAX_DEPTH]; /* around, inside the one in lanes */
    map *packed;                   /* buffers whose rows are copied */
    double copies;                 /* what that costs once */
} costing;

/* A size that is more than a number of rows of inputs and outputs. */
static bool is_feature(const interface_fn *face, const char *name)
{
    for (int i = 0; i < face->nargs; i++)
        for (int k = 1; k < face->args[i].rank; k++)
            if (extent_mentions(face->args[i].extents[k], name))
                return true;
    return false;
}

static double typical_size(const interface_fn *face, const extent *e)
{
    double sum = 0;
    if (!face)
        return extent_is_const(e, NULL) ? (double)e->terms[0].coef : TYPICAL_TRIPS;
    for (int i = 0; i < e->n; i++) {
        double term = (double)e->terms[i].coef;
        for (int k = 0; k < e->terms[i].degree; k++)
            term *= is_feature(face, e->terms[i].atoms[k]) ? TYPICAL_FEATURES : TYPICAL_TRIPS;
        sum += term;
    }
    return sum;
}

static double trips_of(const costing *c, const lstmt *s)
{
    int64_t lo = s->lo->integer, hi = s->hi->integer;
    bool known = s->lo->kind == LX_CONST && s->hi->kind == LX_CONST;
    const extent *range = lstmt_range(s);
    if (s->most)
        return (double)s->most;
    return known                ? (double)(hi > lo ? hi - lo : 0)
           : range && !s->whole ? typical_size(c->choice->face, range)
                                : TYPICAL_TRIPS;
}

/* Passes of a loop in lanes. */
static double passes_of(const costing *c, const lstmt *s)
{
    double passes = trips_of(c, s) / TYPICAL_LANES;
    return passes < 1 ? 1 : passes;
}

static bool depends_on(const lane_facts *f, const lexpr *e, const temp *t)
{
    if (e->kind == LX_TEMP) {
        const lexpr *value = map_get(&f->defs, e->temp);
        return e->temp == t || (value && depends_on(f, value, t));
    }
    for (int i = 0; i < e->nargs; i++)
        if (depends_on(f, e->args[i], t))
            return true;
    return false;
}

bool lane_is_repeated(const lane_facts *f, const lexpr *load, int nloops, const lstmt *const *loops)
{
    if (lane_row(f, load) == 0 || map_get(&f->lanes, load->buffer) || lane_row(f, load) == load->nargs)
        return false;
    for (int k = 0; k < lane_row(f, load); k++)
        if (!lane_expanded(f, load->args[k]))
            return false;
    for (int k = 0; k < nloops; k++)
        if (!depends_on(f, load, loops[k]->temp))
            return true;
    return nloops > 0 && map_get(&f->windows, load->buffer);
}

/* Lanes have the same entry of their rows. */
static double tile_cost(const lane_facts *f, int n, lexpr *const *subs)
{
    for (int i = 1; i < n; i++)
        if (lane_varies(f, subs[i]))
            return TYPICAL_LANES;
    return 1;
}

static void note_copy(costing *c, const lexpr *load)
{
    static char mark;
    double entries = 1;
    if (map_get(c->packed, load->buffer))
        return;
    map_set(c->packed, load->buffer, &mark);
    for (int i = lane_row(c->facts, load); i < load->nargs; i++)
        entries *= typical_size(c->choice->face, load->buffer->extents[i]);
    c->copies += entries * TYPICAL_LANES;
}

static double load_cost(costing *c, const lexpr *e)
{
    const lane_facts *f = c->facts;
    bool varies = f && lane_varies(f, e);
    if (e->buffer->tiled)
        return varies ? tile_cost(f, e->nargs, e->args) : TILE_ENTRY_COST;
    if (!varies || map_get(&f->lanes, e->buffer))
        return 1;
    const extent *step = lane_step(f, e->buffer, e->args);
    int64_t value;
    bool contiguous = step && extent_is_const(step, &value) && value == 1 && !e->guarded;
    if (!contiguous && !lane_is_repeated(f, e, c->depth, c->loops))
        return TYPICAL_LANES;
    if (!contiguous)
        note_copy(c, e);
    return 1;
}

static double expr_cost(costing *c, const lexpr *e)
{
    if (!e)
        return 0;
    double cost = 0;
    if (e->kind == LX_LOAD)
        cost = load_cost(c, e);
    if (e->kind == LX_POINT)
        cost = e->op >= OP_EXP && e->op <= OP_SOFTPLUS ? FUNCTION_COST : e->op >= OP_NORMAL ? 100 : 1;
    if (c->facts && lexpr_is_lanewise(e) && lane_varies(c->facts, e))
        cost *= TYPICAL_LANES;
    for (int i = 0; i < e->nargs; i++)
        cost += expr_cost(c, e->args[i]);
    return cost;
}

static double list_cost(costing *c, const lstmt_list *list);

static bool carries(const lane_facts *f, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->kind == LS_ADD && !map_get(&f->inside, s->acc->value))
            return true;
        if (carries(f, &s->body) || carries(f, &s->other))
            return true;
    }
    return false;
}

/* The loop in lanes. */
static double lanes_cost(const costing *around, const lane_facts *f)
{
    map packed;
    map_init(&packed, around->choice->mem);
    costing c = {.choice = around->choice, .facts = f, .packed = &packed};
    double pass = list_cost(&c, &f->loop->body) + c.copies;
    return passes_of(around, f->loop) * pass + (carries(f, &f->loop->body) ? JOIN_COST : 0);
}

static double for_cost(costing *c, const lstmt *s)
{
    bool counts = c->facts && c->depth < MAX_DEPTH;
    if (counts)
        c->loops[c->depth++] = s;
    double plain = trips_of(c, s) * (list_cost(c, &s->body) + 1);
    if (counts)
        c->depth--;
    if (c->facts || !s->independent || (trips_of(c, s) < TYPICAL_LANES && !s->must))
        return plain;
    lane_facts *f = ARENA_NEW(c->choice->mem, lane_facts);
    lane_facts_find(f, c->choice->mem, &c->choice->uses, s);
    double in_lanes = f->possible ? lanes_cost(c, f) : plain;
    if (s->must && !f->possible)
        return impossible;
    if (in_lanes >= plain && !s->must)
        return plain;
    map_set(&c->choice->chosen, s, f);
    return in_lanes;
}

static double store_cost(const costing *c, const lstmt *s)
{
    const lane_facts *f = c->facts;
    if (s->buffer->tiled)
        return f ? tile_cost(f, s->nsubs, s->subs) : impossible;
    if (!f || map_get(&f->lanes, s->buffer))
        return 1;
    const extent *step = lane_step(f, s->buffer, s->subs);
    int64_t value;
    return step && extent_is_const(step, &value) && value == 1 && !s->guarded ? 1 : TYPICAL_LANES;
}

static double statement_cost(costing *c, const lstmt *s)
{
    if (s->kind == LS_FOR)
        return for_cost(c, s);
    double cost = expr_cost(c, s->e) + expr_cost(c, s->filter);
    for (int i = 0; i < s->nsubs; i++)
        cost += expr_cost(c, s->subs[i]);
    if (s->kind == LS_STORE)
        cost += store_cost(c, s);
    if (s->kind == LS_ADD)
        cost += s->acc->op == OP_LSE ? FUNCTION_COST : 1;
    return cost + list_cost(c, &s->body) + list_cost(c, &s->other);
}

static double list_cost(costing *c, const lstmt_list *list)
{
    double sum = 0;
    for (int i = 0; i < list->n; i++)
        sum += statement_cost(c, list->data[i]);
    return sum;
}

double lane_choose(lane_choice *choice, const lstmt_list *list)
{
    costing c = {.choice = choice};
    return list_cost(&c, list);
}
