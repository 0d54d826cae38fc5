/* What a reduction keeps while it runs, per op: the start, one more term, two states joined.
 *
 * Reads reduction statements; writes declarations and assignments, free of branches, so that lanes need nothing of
 * their own: a value per lane is only a wider value. */
#include "stage/accumulate.h"

#include <assert.h>

#include "form/loops_make.h"

typedef struct accumulating {
    arena *mem;
    map terms; /* temporary -> the term that it is, a product or one with a minus, which only an addition reads */
    map reads; /* temporary -> how many read it; absent: none */
} accumulating;

static bool is_arg(op o)
{
    return o == OP_ARGMAX || o == OP_ARGMIN;
}

static lexpr *extreme(arena *mem, elem e, bool greatest)
{
    if (elem_is_float(e))
        return lexpr_const(mem, e, greatest ? __builtin_inf() : -__builtin_inf());
    return lexpr_int(mem, greatest ? INT64_MAX : INT64_MIN);
}

/* The neutral term. */
static lexpr *neutral(arena *mem, const accumulator *a)
{
    switch (a->op) {
    case OP_PROD:
    case OP_ALL:
        return lexpr_const(mem, a->elem, 1);
    case OP_RMAX:
    case OP_ARGMAX:
    case OP_LSE:
        return extreme(mem, a->elem, false);
    case OP_RMIN:
    case OP_ARGMIN:
        return extreme(mem, a->elem, true);
    default:
        return lexpr_const(mem, a->elem, 0);
    }
}

static void begin(arena *mem, lstmt_list *out, const accumulator *a)
{
    lexpr *start = a->op == OP_LSE ? lexpr_const(mem, a->elem, 0) : neutral(mem, a);
    if (start->elem != a->value->elem)
        start = lexpr_const(mem, a->value->elem, 0);
    lstmt_var(mem, out, a->value, start);
    if (!a->second)
        return;
    lexpr *second = is_arg(a->op)     ? lexpr_int(mem, -1)
                    : a->op == OP_LSE ? extreme(mem, a->elem, false)
                                      : lexpr_const(mem, a->elem, 0);
    lstmt_var(mem, out, a->second, second);
}

/* ---- one op each ---- */

static op pointwise(op o)
{
    static const op table[OP_COUNT] = {[OP_SUM] = OP_ADD,  [OP_PROD] = OP_MUL, [OP_RMAX] = OP_MAX,
                                       [OP_RMIN] = OP_MIN, [OP_ANY] = OP_OR,   [OP_ALL] = OP_AND};
    assert(table[o]);
    return table[o];
}

static void add_plain(arena *mem, lstmt_list *out, const accumulator *a, lexpr *x)
{
    lstmt_set(mem, out, a->value, lexpr_bin(mem, pointwise(a->op), lexpr_temp(mem, a->value), x));
}

static void add_compensated(arena *mem, lstmt_list *out, const accumulator *a, lexpr *x)
{
    lexpr *lost, *sum = lexpr_temp(mem, a->value);
    lexpr *total = lstmt_compensated(mem, out, sum, lexpr_temp(mem, a->second), x, &lost);
    lstmt_set(mem, out, a->second, lost);
    lstmt_set(mem, out, a->value, total);
}

/* (top2, sum2) into the state; a single term x is (x, 1). */
static void add_exponentials(arena *mem, lstmt_list *out, const accumulator *a, lexpr *top2, lexpr *sum2)
{
    lexpr *top = lexpr_temp(mem, a->second), *sum = lexpr_temp(mem, a->value);
    top2 = lexpr_temp(mem, lstmt_let(mem, out, "top2", top2));
    lexpr *above = lexpr_temp(mem, lstmt_let(mem, out, "above", lexpr_bin(mem, OP_MAX, top, top2)));
    lexpr *shift = lexpr_temp(mem, lstmt_let(mem, out, "shift", lexpr_finite(mem, above)));
    lexpr *old = lexpr_exp_less(mem, top, shift);
    lexpr *new = lexpr_exp_less(mem, top2, shift);
    if (sum2)
        new = lexpr_bin(mem, OP_MUL, sum2, new);
    lstmt_set(mem, out, a->value, lexpr_fma(mem, sum, old, new));
    lstmt_set(mem, out, a->second, above);
}

static lexpr *is_nan(arena *mem, lexpr *x)
{
    return lexpr_bin(mem, OP_NE, x, x);
}

/* x is beyond best: NaN is beyond all, and nothing is beyond NaN. */
static lexpr *is_beyond(arena *mem, op o, lexpr *x, lexpr *best)
{
    lexpr *further = o == OP_ARGMAX ? lexpr_bin(mem, OP_LT, best, x) : lexpr_bin(mem, OP_LT, x, best);
    if (!elem_is_float(x->elem))
        return further;
    lexpr *number = lexpr_bin(mem, OP_EQ, best, best);
    return lexpr_bin(mem, OP_OR, further, lexpr_bin(mem, OP_AND, is_nan(mem, x), number));
}

/* Equal, and earlier. */
static lexpr *is_before(arena *mem, lexpr *x, lexpr *best, lexpr *index, lexpr *at)
{
    lexpr *equal = lexpr_bin(mem, OP_EQ, x, best);
    if (elem_is_float(x->elem))
        equal = lexpr_bin(mem, OP_OR, equal, lexpr_bin(mem, OP_AND, is_nan(mem, x), is_nan(mem, best)));
    return lexpr_bin(mem, OP_AND, equal, lexpr_bin(mem, OP_LT, index, at));
}

/* In the order of the indices; or states in any order (joins). */
static void add_best(arena *mem, lstmt_list *out, const accumulator *a, lexpr *x, lexpr *index, lexpr *valid,
                     bool joins)
{
    lexpr *best = lexpr_temp(mem, a->value), *at = lexpr_temp(mem, a->second);
    x = lexpr_temp(mem, lstmt_let(mem, out, "x", x));
    lexpr *first = lexpr_bin(mem, OP_LT, at, lexpr_int(mem, 0));
    lexpr *better = lexpr_bin(mem, OP_OR, first, is_beyond(mem, a->op, x, best));
    if (joins)
        better = lexpr_bin(mem, OP_OR, better, is_before(mem, x, best, index, at));
    if (valid)
        better = lexpr_bin(mem, OP_AND, valid, better);
    better = lexpr_temp(mem, lstmt_let(mem, out, "better", better));
    lstmt_set(mem, out, a->value, lexpr_select(mem, better, x, best));
    lstmt_set(mem, out, a->second, lexpr_select(mem, better, index, at));
}

/* ---- terms that are products ---- */

/* x as a term that is a product, or NULL. */
static const lexpr *term_of(const accumulating *c, const lexpr *x)
{
    if (x->kind == LX_TEMP)
        return (intptr_t)map_get(&c->reads, x->temp) == 1 ? map_get(&c->terms, x->temp) : NULL;
    if (lexpr_is_product_term(x))
        return x;
    const lexpr *of = x->kind == LX_POINT && x->op == OP_NEG ? term_of(c, x->args[0]) : NULL;
    if (!of)
        return NULL;
    lexpr *minus = lexpr_point(c->mem, OP_NEG, x->elem, 1, &of->args[0]);
    return lexpr_fma(c->mem, minus, of->args[1], of->args[2]);
}

static void count_reads(accumulating *c, const lexpr *e)
{
    if (!e)
        return;
    if (e->kind == LX_TEMP)
        map_set(&c->reads, e->temp, (void *)((intptr_t)map_get(&c->reads, e->temp) + 1));
    for (int i = 0; i < e->nargs; i++)
        count_reads(c, e->args[i]);
}

static void count_list(accumulating *c, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        const lexpr *all[] = {s->e, s->lo, s->hi, s->filter};
        for (int k = 0; k < 4; k++)
            count_reads(c, all[k]);
        for (int k = 0; k < s->nsubs; k++)
            count_reads(c, s->subs[k]);
        count_list(c, &s->body);
        count_list(c, &s->other);
    }
}

static void note_terms(accumulating *c, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        const lexpr *term = s->kind == LS_LET ? term_of(c, s->e) : NULL;
        if (term)
            map_set(&c->terms, s->temp, (void *)(uintptr_t)term);
        note_terms(c, &s->body);
        note_terms(c, &s->other);
    }
}

static lexpr *plus_term(const accumulating *c, const lexpr *term, lexpr *sum)
{
    return lexpr_fma(c->mem, lexpr_copy(c->mem, term->args[0]), lexpr_copy(c->mem, term->args[1]), sum);
}

/* entry += term */
static void add_to_entry(const accumulating *c, lstmt *s)
{
    bool can_load = s->at == LANE_ONE && (s->buffer->kind != BUF_RESULT || s->buffer->readable);
    const lexpr *term = s->accumulate && can_load ? term_of(c, s->e) : NULL;
    if (!term)
        return;
    lexpr entry = {.kind = LX_LOAD, .elem = s->buffer->elem, .buffer = s->buffer, .lanes = s->buffer->lanes};
    entry.nargs = s->nsubs;
    entry.args = s->subs;
    s->e = plus_term(c, term, lexpr_copy(c->mem, &entry));
    s->accumulate = false;
}

static void add_term(const accumulating *c, lstmt_list *out, const lstmt *s, const lexpr *term)
{
    temp *value = s->acc->value;
    lexpr *sum = plus_term(c, term, lexpr_temp(c->mem, value));
    lstmt_set(c->mem, out, value, s->filter ? lexpr_select(c->mem, s->filter, sum, lexpr_temp(c->mem, value)) : sum);
}

/* ---- statements ---- */

static lexpr *converted(arena *mem, lexpr *x, elem e)
{
    return x->elem == e ? x : lexpr_point(mem, OP_TO_F64, e, 1, &x);
}

static void add(const accumulating *c, lstmt_list *out, const lstmt *s)
{
    arena *mem = c->mem;
    const accumulator *a = s->acc;
    const lexpr *term = a->op == OP_SUM && !a->second && a->value->elem == s->e->elem ? term_of(c, s->e) : NULL;
    if (term) {
        add_term(c, out, s, term);
        return;
    }
    if (is_arg(a->op)) {
        add_best(mem, out, a, s->e, s->lo, s->filter, false);
        return;
    }
    lexpr *x = s->filter ? lexpr_select(mem, s->filter, s->e, neutral(mem, a)) : s->e;
    if (a->op == OP_LSE)
        add_exponentials(mem, out, a, x, NULL);
    else if (a->second)
        add_compensated(mem, out, a, x);
    else
        add_plain(mem, out, a, converted(mem, x, a->value->elem));
}

static void join_states(arena *mem, lstmt_list *out, const accumulator *a, lexpr *value, lexpr *second)
{
    if (is_arg(a->op)) {
        lexpr *some = lexpr_bin(mem, OP_LE, lexpr_int(mem, 0), second);
        add_best(mem, out, a, value, second, some, true);
    } else if (a->op == OP_LSE) {
        add_exponentials(mem, out, a, second, value);
    } else if (a->second) {
        add_compensated(mem, out, a, value);
        lstmt_set(mem, out, a->second, lexpr_bin(mem, OP_ADD, lexpr_temp(mem, a->second), second));
    } else {
        add_plain(mem, out, a, value);
    }
}

static lexpr *lane_of(arena *mem, temp *t, lexpr *lane)
{
    lexpr *of[] = {lexpr_temp(mem, t), lane};
    return lexpr_new(mem, (lexpr){.kind = LX_LANE, .elem = t->elem, .nargs = 2, .args = of});
}

static lexpr *fold(arena *mem, op o, temp *t)
{
    lexpr *of = lexpr_temp(mem, t);
    return lexpr_new(mem, (lexpr){.kind = LX_FOLD, .elem = t->elem, .op = o, .nargs = 1, .args = &of});
}

/* All lanes of the part, in their order. */
static void join_lanes(arena *mem, lstmt_list *out, const accumulator *a, const accumulator *part)
{
    if (!part->second) {
        add_plain(mem, out, a, fold(mem, a->op, part->value));
        return;
    }
    lstmt *loop = lstmt_new(mem, out, LS_FOR);
    loop->temp = temp_new(mem, "lane", ELEM_INT, false);
    loop->lo = lexpr_int(mem, 0);
    loop->hi = lexpr_new(mem, (lexpr){.kind = LX_WIDTH, .elem = ELEM_INT});
    lexpr *lane = lexpr_temp(mem, loop->temp);
    lexpr *value = lane_of(mem, part->value, lane), *second = lane_of(mem, part->second, lane);
    value = lexpr_temp(mem, lstmt_let(mem, &loop->body, "value", value));
    second = lexpr_temp(mem, lstmt_let(mem, &loop->body, "second", second));
    join_states(mem, &loop->body, a, value, second);
}

static void join(arena *mem, lstmt_list *out, const lstmt *s)
{
    const accumulator *a = s->acc, *part = s->part;
    if (part->value->lanes && !a->value->lanes)
        join_lanes(mem, out, a, part);
    else
        join_states(mem, out, a, lexpr_temp(mem, part->value), part->second ? lexpr_temp(mem, part->second) : NULL);
}

static void expand(const accumulating *c, lstmt_list *list)
{
    lstmt_list out = {0};
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        expand(c, &s->body);
        expand(c, &s->other);
        if (s->kind == LS_STORE)
            add_to_entry(c, s);
        if (s->kind == LS_ACC)
            begin(c->mem, &out, s->acc);
        else if (s->kind == LS_ADD)
            add(c, &out, s);
        else if (s->kind == LS_JOIN)
            join(c->mem, &out, s);
        else
            vec_push(c->mem, &out, s);
    }
    *list = out;
}

static void round_expr(lexpr *e)
{
    if (!e)
        return;
    if (lexpr_is_product_term(e)) {
        e->op = OP_MUL;
        e->nargs = 2;
    }
    for (int i = 0; i < e->nargs; i++)
        round_expr(e->args[i]);
}

/* Products that are no terms of a sum here. */
static void round_terms(lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        round_expr(s->e);
        round_expr(s->filter);
        round_terms(&s->body);
        round_terms(&s->other);
    }
}

void accumulate(nest_fn *f, arena *mem)
{
    accumulating c = {.mem = mem};
    map_init(&c.terms, mem);
    map_init(&c.reads, mem);
    count_list(&c, &f->body);
    note_terms(&c, &f->body);
    expand(&c, &f->body);
    round_terms(&f->body);
}
