/* Counts operations: one row per pointwise op that is more or less than one operation, one row per kind of statement.
 *
 * A loop multiplies what an index of it costs by how many it has. What a loop over lanes does is counted for each lane.
 * A loop over parts of a range counts as one pass, the loop over each part as the whole range. */
#include "form/loops_cost.h"

enum { FUNCTION_WEIGHT = 10, ROOT_WEIGHT = 4, UNKNOWN_TRIPS = 4 };

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
    [OP_MULZ] = COSTS([COST_FLOPS] = 2),
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
    [LS_FAIL] = {0},
    [LS_COMMENT] = {0},
};

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

/* Passes of loops. */

/* A bound as a polynomial: sizes, int inputs, and sums and products of these; NULL when it is something else. */
static const extent *bound_value(extent_pool *pool, const lexpr *e)
{
    if (e->kind == LX_SIZE)
        return e->extent;
    if (e->kind == LX_CONST)
        return extent_const(pool, e->integer);
    if (e->kind == LX_LOAD && e->buffer->kind == BUF_INPUT && e->buffer->rank == 0)
        return extent_name(pool, e->buffer->name);
    if (e->kind != LX_POINT || (e->op != OP_ADD && e->op != OP_SUB && e->op != OP_MUL))
        return NULL;
    const extent *a = bound_value(pool, e->args[0]), *b = bound_value(pool, e->args[1]);
    if (!a || !b)
        return NULL;
    a = extent_add(extent_const(pool, 0), a);
    return e->op == OP_ADD ? extent_add(a, b) : e->op == OP_SUB ? extent_sub(a, b) : extent_mul(a, b);
}

bool cost_trips(extent_pool *pool, const lstmt *s, const extent **trips)
{
    *trips = extent_const(pool, 1);
    if (s->parts)
        return true;
    if (s->rest) {
        *trips = extent_const(pool, 0);
        return true;
    }
    if (s->whole)
        *trips = extent_add(extent_const(pool, 0), s->whole);
    const extent *lo = bound_value(pool, s->lo), *hi = bound_value(pool, s->hi);
    bool known = s->whole || (lo && hi);
    if (!known)
        *trips = extent_const(pool, UNKNOWN_TRIPS);
    else if (!s->whole)
        *trips = extent_sub(extent_add(extent_const(pool, 0), hi), lo);
    return known;
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

static void add(op_counts *sum, const op_counts *c, const extent *times)
{
    for (int i = 0; i < COST_SORTS; i++)
        sum->of[i] = extent_add(sum->of[i], extent_mul(c->of[i], times));
}

static void add_counted(extent_pool *pool, op_counts *sum, const int64_t *n)
{
    for (int i = 0; i < COST_SORTS; i++)
        sum->of[i] = extent_add(sum->of[i], extent_const(pool, n[i]));
}

/* Coefficients divided by k, rounded up. */
static const extent *divide(extent_pool *pool, const extent *e, int64_t k)
{
    const extent *sum = extent_const(pool, 0);
    for (int i = 0; i < e->n; i++) {
        extent_term term = e->terms[i];
        term.coef = (term.coef + k - 1) / k;
        if (term.coef)
            sum = extent_add(sum, &(extent){.pool = pool, .n = 1, .terms = &term});
    }
    return sum;
}

op_counts cost_of_index(extent_pool *pool, const lstmt *loop)
{
    op_counts body = cost_count(pool, &loop->body);
    int64_t n[COST_SORTS] = {0};
    count_own(loop, n);
    add_counted(pool, &body, n);
    for (int i = 0; i < COST_SORTS && loop->step > 1 && !loop->parts; i++)
        body.of[i] = divide(pool, body.of[i], loop->step);
    return body;
}

static void add_loop(extent_pool *pool, op_counts *sum, const lstmt *s)
{
    const extent *trips;
    op_counts body = cost_of_index(pool, s);
    cost_trips(pool, s, &trips);
    add(sum, &body, trips);
}

/* Statements without others inside are counted in plain numbers. */
op_counts cost_count(extent_pool *pool, const lstmt_list *body)
{
    const extent *zero = extent_const(pool, 0), *one = extent_const(pool, 1);
    op_counts sum = {{zero, zero, zero, zero, zero}};
    int64_t n[COST_SORTS] = {0};
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        const kind_cost *row = &kind_costs[s->kind];
        if (s->kind == LS_FOR) {
            add_loop(pool, &sum, s);
            continue;
        }
        count_own(s, n);
        if (row->per_entry)
            sum.of[row->sort] = extent_add(sum.of[row->sort], entries(pool, moved(s)));
        if (s->kind == LS_IF) {
            op_counts branches[] = {cost_count(pool, &s->body), cost_count(pool, &s->other)};
            add(&sum, &branches[0], one);
            add(&sum, &branches[1], one);
        }
    }
    add_counted(pool, &sum, n);
    return sum;
}

const extent *cost_of(extent_pool *pool, const lstmt_list *body)
{
    static const int weights[COST_SORTS] = {
        [COST_FLOPS] = 1, [COST_ROOTS] = ROOT_WEIGHT, [COST_EXPS] = FUNCTION_WEIGHT, [COST_CALLS] = FUNCTION_WEIGHT,
        [COST_OTHER] = 1,
    };
    op_counts c = cost_count(pool, body);
    const extent *sum = extent_const(pool, 0);
    for (int i = 0; i < COST_SORTS; i++)
        sum = extent_add(sum, extent_scale(c.of[i], weights[i]));
    return sum;
}
