/* Estimates what statements cost.
 *
 * Reads a statement list; returns a polynomial in the sizes: operations, a function of <math.h> counting as several.
 * It decides from which size on a loop is worth running in parallel, and is told in the generated file. */
#include "back/emit_c_parts.h"
#include "back/spell.h"

enum { FUNCTION_COST = 10, UNKNOWN_TRIPS = 4 };

static int64_t expr_cost(const lexpr *e)
{
    int64_t cost = 0;
    if (e->kind == LX_POINT) {
        spell_kind kind = spell_op(e->op, e->nargs ? e->args[e->nargs - 1]->elem : e->elem)->kind;
        bool is_function = kind == SPELL_MATH || kind == SPELL_HELPER || kind == SPELL_RANDOM;
        cost = kind == SPELL_SELF || kind == SPELL_CAST ? 0 : is_function ? FUNCTION_COST : 1;
    }
    for (int i = 0; i < e->nargs; i++)
        cost += expr_cost(e->args[i]);
    return cost;
}

static bool bound_value(extent_pool *pool, const lexpr *e, const extent **value)
{
    *value = e->kind == LX_SIZE ? e->extent : extent_const(pool, e->integer);
    return e->kind == LX_SIZE || e->kind == LX_CONST;
}

/* All parts together: the cost of the loops over parts in the body is that of their whole ranges. */
static bool is_over_parts(const lstmt *s)
{
    for (int i = 0; i < s->body.n; i++)
        if (s->body.data[i]->whole)
            return true;
    return false;
}

bool cost_trips(extent_pool *pool, const lstmt *s, const extent **trips)
{
    const extent *lo, *hi;
    *trips = extent_const(pool, 1);
    if (is_over_parts(s))
        return true;
    if (!bound_value(pool, s->lo, &lo) || !bound_value(pool, s->hi, &hi))
        return false;
    *trips = extent_sub(extent_add(extent_const(pool, 0), hi), lo);
    return true;
}

static const extent *entries(extent_pool *pool, const buffer *b, int from)
{
    const extent *n = extent_const(pool, 1);
    for (int i = from; i < b->rank; i++)
        n = extent_mul(n, b->extents[i]);
    return n;
}

static const extent *loop_cost(extent_pool *pool, const lstmt *s, const temp *around)
{
    const extent *trips, *body = extent_add(cost_of(pool, &s->body, s->temp), extent_const(pool, 1));
    if (around && s->whole)
        return extent_mul(body, s->whole);
    bool known = cost_trips(pool, s, &trips);
    return known ? extent_mul(body, trips) : extent_scale(body, UNKNOWN_TRIPS);
}

static const extent *statement_cost(extent_pool *pool, const lstmt *s, const temp *around)
{
    switch (s->kind) {
    case LS_FOR:
        return loop_cost(pool, s, around);
    case LS_IF:
        return extent_add(cost_of(pool, &s->body, around), cost_of(pool, &s->other, around));
    case LS_FILL:
    case LS_COPY:
        return entries(pool, s->buffer, 0);
    case LS_COPY_INTO:
        return entries(pool, s->from, 0);
    case LS_INSERT:
        return extent_const(pool, FUNCTION_COST);
    default:
        return extent_const(pool, (s->e ? expr_cost(s->e) : 0) + (s->kind == LS_STORE));
    }
}

const extent *cost_of(extent_pool *pool, const lstmt_list *body, const temp *around)
{
    const extent *sum = extent_const(pool, 0);
    for (int i = 0; i < body->n; i++)
        sum = extent_add(sum, statement_cost(pool, body->data[i], around));
    return sum;
}
