/* Counts operations: one row per pointwise op that is more or less than one operation, one row per kind of statement.
 *
 * A loop multiplies what an index of it costs by how many it has. What a loop over lanes does is counted for each lane.
 * A loop over parts of a range counts as one pass, the loop over each part as the whole range. */
#include "form/loops_cost.h"

#include "form/loops_make.h"

enum { FUNCTION_WEIGHT = 10, ROOT_WEIGHT = 4, UNKNOWN_LENGTH = 4 };

/* What an op on floats costs; ops without a row are one COST_FLOPS. */
typedef struct op_cost {
    bool is_counted;
    int n[COST_SORTS];
} op_cost;

#define FREE                                                                                                           \
    {                                                                                                                  \
        true,                                                                                                          \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define COSTS(...)                                                                                                     \
    {                                                                                                                  \
        true,                                                                                                          \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define CALL COSTS([COST_CALLS] = 1)

static const op_cost op_costs[OP_COUNT] = {
    [OP_TO_F64] = FREE,
    [OP_TO_F32] = FREE,
    [OP_STOP] = FREE,
    [OP_NEG] = FREE, /* a sign of what reads it */
    [OP_MULZ] = COSTS([COST_FLOPS] = 2),
    [OP_FMA] = COSTS([COST_FLOPS] = 2),
    [OP_FMOD] = COSTS([COST_FLOPS] = 3, [COST_ROOTS] = 1),
    [OP_DIV] = COSTS([COST_ROOTS] = 1),
    [OP_INV] = COSTS([COST_ROOTS] = 1),
    [OP_SQRT] = COSTS([COST_ROOTS] = 1),
    [OP_ROOT] = COSTS([COST_ROOTS] = 1),
    [OP_RSQRT] = COSTS([COST_ROOTS] = 2),
    [OP_EXP] = COSTS([COST_EXPS] = 1),
    [OP_EXP2] = COSTS([COST_EXPS] = 1),
    [OP_EXPM1] = COSTS([COST_EXPS] = 1),
    [OP_SIGMOID] = COSTS([COST_FLOPS] = 2, [COST_ROOTS] = 1, [COST_EXPS] = 1),
    [OP_SOFTPLUS] = COSTS([COST_FLOPS] = 2, [COST_EXPS] = 1, [COST_CALLS] = 1),
    [OP_XLOGX] = COSTS([COST_FLOPS] = 2, [COST_CALLS] = 1),
    [OP_POW] = CALL,
    [OP_ATAN2] = CALL,
    [OP_LOG] = CALL,
    [OP_LOG1P] = CALL,
    [OP_SIN] = CALL,
    [OP_COS] = CALL,
    [OP_TAN] = CALL,
    [OP_ASIN] = CALL,
    [OP_ACOS] = CALL,
    [OP_ATAN] = CALL,
    [OP_SINH] = CALL,
    [OP_COSH] = CALL,
    [OP_TANH] = CALL,
    [OP_ASINH] = CALL,
    [OP_ACOSH] = CALL,
    [OP_ATANH] = CALL,
    [OP_ERF] = CALL,
    [OP_LGAMMA] = CALL,
    [OP_POLYGAMMA] = CALL,
    [OP_SINC] = CALL,
    [OP_NORMAL] = CALL,
    [OP_UNIFORM] = CALL,
};

const kind_cost kind_costs[] = {
    [LS_LET] = {0},
    [LS_VAR] = {0},
    [LS_SET] = {0},
    [LS_STORE] = {.sort = COST_OTHER, .count = 1, .writes = true},
    [LS_FOR] = {.sort = COST_OTHER, .count = 1},
    [LS_IF] = {0},
    [LS_FILL] = {.sort = COST_OTHER, .per_entry = true, .writes = true},
    [LS_COPY] = {.sort = COST_OTHER, .per_entry = true, .writes = true, .reads_from = true, .subs_of_from = true},
    [LS_COPY_INTO] = {.sort = COST_OTHER, .per_entry = true, .writes = true, .reads_from = true},
    [LS_SWAP] = {0},
    [LS_ARRAY] = {0},
    [LS_INSERT] = {.sort = COST_CALLS, .count = 1, .reads = true, .writes = true},
    [LS_ACC] = {0},
    [LS_ADD] = {.sort = COST_FLOPS, .count = 1},
    [LS_JOIN] = {.sort = COST_FLOPS, .count = 1},
    [LS_CALL] = {.sort = COST_FLOPS},
    [LS_FAIL] = {0},
    [LS_COMMENT] = {0},
};

bool cost_is_slow(op o)
{
    const int *n = op_costs[o].n;
    return n[COST_ROOTS] + n[COST_EXPS] + n[COST_CALLS] > 0;
}

/* Expressions. */

/* Lanes beyond the end of a range are masked. */
static bool is_mask(const lexpr *e)
{
    return e->op == OP_SELECT && e->args[0]->kind == LX_ACTIVE;
}

static void count_point(const lexpr *e, int64_t *n)
{
    elem operand = e->nargs ? e->args[e->nargs - 1]->elem : e->elem;
    const op_cost *row = &op_costs[e->op];
    bool is_float = elem_is_float(operand) || elem_is_float(e->elem);
    if (lexpr_is_product_term(e)) {
        n[COST_FLOPS]++;
        return;
    }
    for (int i = 0; i < COST_SORTS; i++)
        n[i] += row->is_counted ? row->n[i] : i == (is_float ? COST_FLOPS : COST_OTHER);
}

static void count_expr(const lexpr *e, int64_t *n)
{
    if (e->kind == LX_POINT && !is_mask(e))
        count_point(e, n);
    n[COST_FLOPS] += e->kind == LX_FOLD;
    for (int i = 0; i < e->nargs; i++)
        count_expr(e->args[i], n);
}

/* Lengths of loops. */

static const extent *copied(const coster *c, const extent *e)
{
    return extent_add(extent_const(c->pool, 0), e);
}

static void note_ints(coster *c, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        if (s->kind == LS_FOR || (s->kind == LS_LET && s->temp->elem == ELEM_INT))
            map_set(&c->ints, s->temp, s);
        note_ints(c, &s->body);
        note_ints(c, &s->other);
    }
}

void coster_init(coster *c, arena *mem, const lstmt_list *body)
{
    c->pool = extent_pool_new(mem);
    map_init(&c->ints, mem);
    note_ints(c, body);
}

/* The statement that gives an int temporary its value. */
static const lstmt *definition(const coster *c, const lexpr *e)
{
    return e->kind == LX_TEMP ? map_get(&c->ints, e->temp) : NULL;
}

static bool is_sum(const lexpr *e)
{
    return e->kind == LX_POINT && (e->op == OP_ADD || e->op == OP_SUB);
}

/* A bound as a polynomial: sizes, int inputs, and sums and products of these; NULL when it is something else. */
static const extent *bound_value(const coster *c, const lexpr *e)
{
    const lstmt *def = definition(c, e);
    if (def && def->kind == LS_LET)
        return bound_value(c, def->e);
    if (e->kind == LX_SIZE)
        return copied(c, e->extent);
    if (e->kind == LX_CONST)
        return extent_const(c->pool, e->integer);
    if (e->kind == LX_LOAD && e->buffer->kind == BUF_INPUT && e->buffer->rank == 0)
        return extent_name(c->pool, e->buffer->name);
    if (!is_sum(e) && !(e->kind == LX_POINT && e->op == OP_MUL))
        return NULL;
    const extent *a = bound_value(c, e->args[0]), *b = bound_value(c, e->args[1]);
    if (!a || !b)
        return NULL;
    return e->op == OP_ADD ? extent_add(a, b) : e->op == OP_SUB ? extent_sub(a, b) : extent_mul(a, b);
}

/* e / k, coefficients rounded up. */
static const extent *divide(const coster *c, const extent *e, int64_t k)
{
    const extent *sum = extent_const(c->pool, 0);
    for (int i = 0; i < e->n; i++) {
        extent_term term = e->terms[i];
        term.coef = term.coef > 0 ? (term.coef + k - 1) / k : term.coef / k;
        if (term.coef)
            sum = extent_add(sum, &(extent){.pool = c->pool, .n = 1, .terms = &term});
    }
    return sum;
}

/* The loop over parts whose index a loop begins at, or the loop itself: it has the bounds of all parts together. */
static const lstmt *whole_loop(const coster *c, const lstmt *s)
{
    const lstmt *def = definition(c, s->lo);
    return def && def->kind == LS_FOR && def->parts ? def : s;
}

static const extent *twice_mean(const coster *c, const lexpr *e);

/* Of an index, twice its mean: lo + hi - 1. */
static const extent *twice_index(const coster *c, const lstmt *loop)
{
    const extent *one = extent_const(c->pool, 1);
    if (loop->whole)
        return extent_sub(copied(c, loop->whole), one);
    loop = whole_loop(c, loop);
    const extent *lo = twice_mean(c, loop->lo), *hi = twice_mean(c, loop->hi);
    return lo && hi ? extent_sub(divide(c, extent_add(lo, hi), 2), one) : NULL;
}

/* Twice the mean of a value over the loops around it; where it is cut off (min, max) that of what is cut. NULL:
 * unknown. */
static const extent *twice_mean(const coster *c, const lexpr *e)
{
    const extent *exact = bound_value(c, e);
    const lstmt *def = definition(c, e);
    if (exact)
        return extent_scale(exact, 2);
    if (def)
        return def->kind == LS_FOR ? twice_index(c, def) : twice_mean(c, def->e);
    bool is_cut = e->kind == LX_POINT && (e->op == OP_MIN || e->op == OP_MAX);
    if (!is_sum(e) && !is_cut)
        return NULL;
    const extent *a = twice_mean(c, e->args[0]), *b = twice_mean(c, e->args[1]);
    if (is_cut)
        return a && !bound_value(c, e->args[0]) ? a : b;
    return !a || !b ? NULL : e->op == OP_ADD ? extent_add(a, b) : extent_sub(a, b);
}

static quantity whole_quantity(const coster *c, const extent *e)
{
    return (quantity){extent_scale(copied(c, e), QUANTITY_PARTS)};
}

length coster_length(const coster *c, const lstmt *s)
{
    if (s->parts || s->rest)
        return (length){LENGTH_EXACT, whole_quantity(c, extent_const(c->pool, s->parts))};
    if (s->whole)
        return (length){LENGTH_EXACT, whole_quantity(c, s->whole)};
    const lstmt *all = whole_loop(c, s);
    const extent *lo = bound_value(c, all->lo), *hi = bound_value(c, all->hi);
    if (lo && hi)
        return (length){LENGTH_EXACT, whole_quantity(c, extent_sub(hi, lo))};
    lo = twice_mean(c, all->lo);
    hi = twice_mean(c, all->hi);
    if (lo && hi && lo != hi)
        return (length){LENGTH_MEAN, {extent_scale(extent_sub(hi, lo), QUANTITY_PARTS / 2)}};
    return (length){LENGTH_UNKNOWN, whole_quantity(c, extent_const(c->pool, UNKNOWN_LENGTH))};
}

quantity coster_one(const coster *c)
{
    return whole_quantity(c, extent_const(c->pool, 1));
}

quantity coster_product(const coster *c, quantity a, quantity b)
{
    return (quantity){divide(c, extent_mul(a.eighths, b.eighths), QUANTITY_PARTS)};
}

bool cost_trips(extent_pool *pool, const lstmt *s, const extent **trips)
{
    coster c = {.pool = pool};
    length l = coster_length(&c, s);
    *trips = divide(&c, l.indices.eighths, QUANTITY_PARTS);
    return l.kind == LENGTH_EXACT;
}

const char *quantity_str(arena *mem, quantity n)
{
    int64_t by = QUANTITY_PARTS;
    for (int i = 0; i < n.eighths->n; i++)
        while (n.eighths->terms[i].coef % by)
            by /= 2;
    coster c = {.pool = extent_pool_new(mem)};
    const char *s = extent_str(mem, divide(&c, n.eighths, by));
    return by == QUANTITY_PARTS
               ? s
               : arena_printf(mem, n.eighths->n > 1 ? "(%s)/%d" : "%s/%d", s, (int)(QUANTITY_PARTS / by));
}

/* Statements. */

static const extent *entries(extent_pool *pool, const buffer *b)
{
    const extent *n = extent_const(pool, 1);
    for (int i = 0; i < b->rank; i++)
        n = extent_mul(n, b->extents[i]);
    return n;
}

/* The part that a copy moves is the whole of its smaller side. */
static const buffer *moved(const lstmt *s)
{
    return s->kind == LS_COPY_INTO ? s->from : s->buffer;
}

/* What the statement does itself, without those inside it. */
static void count_own(const lstmt *s, int64_t *n)
{
    const kind_cost *row = &kind_costs[s->kind];
    if (s->e && !row->per_entry)
        count_expr(s->e, n);
    if (s->filter)
        count_expr(s->filter, n);
    if (s->accumulate)
        n[elem_is_float(s->buffer->elem) ? COST_FLOPS : COST_OTHER]++;
    n[row->sort] += row->count;
}

static void add(op_counts *sum, const op_counts *c)
{
    for (int i = 0; i < COST_SORTS; i++)
        sum->of[i].eighths = extent_add(sum->of[i].eighths, c->of[i].eighths);
}

static op_counts counted(const coster *c, const int64_t *n)
{
    op_counts out;
    for (int i = 0; i < COST_SORTS; i++)
        out.of[i] = whole_quantity(c, extent_const(c->pool, n[i]));
    return out;
}

op_counts coster_index(const coster *c, const lstmt *loop)
{
    int64_t n[COST_SORTS] = {0};
    count_own(loop, n);
    op_counts all = counted(c, n), body = coster_count(c, &loop->body);
    add(&all, &body);
    for (int i = 0; i < COST_SORTS && loop->step > 1 && !loop->parts; i++)
        all.of[i].eighths = divide(c, all.of[i].eighths, loop->step);
    return all;
}

static op_counts loop_cost(const coster *c, const lstmt *s)
{
    length l = coster_length(c, s);
    op_counts all = coster_index(c, s);
    for (int i = 0; i < COST_SORTS; i++)
        all.of[i] = coster_product(c, all.of[i], l.indices);
    return all;
}

/* One of the sort for each entry of the buffer. */
static op_counts entry_cost(const coster *c, cost_sort sort, const buffer *b)
{
    int64_t none[COST_SORTS] = {0};
    op_counts out = counted(c, none);
    out.of[sort] = whole_quantity(c, entries(c->pool, b));
    return out;
}

static void add_inside(const coster *c, op_counts *sum, const lstmt *s)
{
    if (kind_costs[s->kind].per_entry) {
        op_counts moving = entry_cost(c, kind_costs[s->kind].sort, moved(s));
        add(sum, &moving);
    }
    if (s->kind == LS_CALL)
        sum->of[COST_FLOPS].eighths = extent_add(sum->of[COST_FLOPS].eighths, whole_quantity(c, s->cost).eighths);
    if (s->kind == LS_IF) {
        op_counts branches[] = {coster_count(c, &s->body), coster_count(c, &s->other)};
        for (int k = s->either; k < 2; k++)
            add(sum, &branches[k]);
    }
    if (s->kind == LS_FOR) {
        op_counts loop = loop_cost(c, s);
        add(sum, &loop);
    }
}

/* What statements do themselves is counted in plain numbers. */
op_counts coster_count(const coster *c, const lstmt_list *body)
{
    int64_t n[COST_SORTS] = {0};
    for (int i = 0; i < body->n; i++)
        if (body->data[i]->kind != LS_FOR)
            count_own(body->data[i], n);
    op_counts sum = counted(c, n);
    for (int i = 0; i < body->n; i++)
        add_inside(c, &sum, body->data[i]);
    return sum;
}

const extent *coster_weight(const coster *c, const op_counts *counts)
{
    static const int weights[COST_SORTS] = {
        [COST_FLOPS] = 1, [COST_ROOTS] = ROOT_WEIGHT, [COST_EXPS] = FUNCTION_WEIGHT, [COST_CALLS] = FUNCTION_WEIGHT,
        [COST_OTHER] = 1,
    };
    const extent *sum = extent_const(c->pool, 0);
    for (int i = 0; i < COST_SORTS; i++)
        sum = extent_add(sum, extent_scale(counts->of[i].eighths, weights[i]));
    return divide(c, sum, QUANTITY_PARTS);
}

const extent *cost_of(arena *mem, const lstmt_list *body)
{
    coster c;
    coster_init(&c, mem, body);
    op_counts counts = coster_count(&c, body);
    return coster_weight(&c, &counts);
}

const extent *cost_of_pass(arena *mem, const lstmt *loop)
{
    coster c;
    coster_init(&c, mem, &loop->body);
    map_set(&c.ints, loop->temp, (void *)loop);
    op_counts counts = coster_index(&c, loop);
    return coster_weight(&c, &counts);
}
