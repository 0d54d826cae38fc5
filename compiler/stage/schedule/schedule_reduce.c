/* Reductions as statements: what is kept while one runs, its terms, its result, and partial states in arrays. */
#include "stage/schedule/schedule_state.h"

static bool is_arg(op o)
{
    return o == OP_ARGMAX || o == OP_ARGMIN;
}

static bool is_real_sum(const accumulator *a)
{
    return a->op == OP_SUM && elem_is_float(a->elem);
}

static bool is_compensated(const scheduler *s, const accumulator *a)
{
    return is_real_sum(a) && s->sums == SUM_KAHAN;
}

static elem state_elem(const scheduler *s, const accumulator *a)
{
    return is_real_sum(a) && s->sums == SUM_F64 ? ELEM_F64 : a->elem;
}

static accumulator *copy_of(scheduler *s, const accumulator *a)
{
    accumulator *copy = ARENA_NEW(s->mem, accumulator);
    *copy = *a;
    return copy;
}

void acc_begin(scheduler *s, lstmt_list *out, accumulator *a, const char *hint)
{
    a->value = new_temp(s, hint ? hint : "sum", state_elem(s, a));
    if (a->op == OP_LSE)
        a->second = new_temp(s, "top", a->elem);
    if (is_arg(a->op))
        a->second = new_temp(s, "at", ELEM_INT);
    if (is_compensated(s, a))
        a->second = new_temp(s, "lost", a->elem);
    add_stmt(s, out, LS_ACC)->acc = copy_of(s, a);
}

void acc_add(scheduler *s, lstmt_list *out, const accumulator *a, lexpr *x, lexpr *filter, lexpr *index)
{
    lstmt *st = add_stmt(s, out, LS_ADD);
    st->acc = copy_of(s, a);
    st->e = x;
    st->filter = filter;
    st->lo = is_arg(a->op) ? index : NULL;
}

/* What is lost when the sum is finite; inf - inf must not spoil an infinite one. */
static lexpr *compensated_end(scheduler *s, lexpr *sum, lexpr *lost)
{
    lexpr *finite = lx_bin(s, OP_EQ, lx_bin(s, OP_SUB, sum, sum), lx_const(s, sum->elem, 0));
    return lx_select(s, finite, lx_bin(s, OP_ADD, sum, lost), sum);
}

static lexpr *lse_end(scheduler *s, elem e, lexpr *sum, lexpr *top)
{
    lexpr *empty = lx_bin(s, OP_EQ, sum, lx_const(s, e, 0)), *log = lx_point(s, OP_LOG, e, 1, &sum);
    return lx_select(s, empty, lx_const(s, e, -__builtin_inf()), lx_bin(s, OP_ADD, top, log));
}

lexpr *acc_end(scheduler *s, const accumulator *a)
{
    lexpr *v = lx_temp(s, a->value);
    if (is_arg(a->op))
        return lx_temp(s, a->second);
    if (a->op == OP_LSE)
        return lse_end(s, a->elem, v, lx_temp(s, a->second));
    if (is_compensated(s, a))
        return compensated_end(s, v, lx_temp(s, a->second));
    return v->elem == a->elem ? v : lx_point(s, OP_TO_F32, a->elem, 1, &v);
}

int acc_parts(const scheduler *s, const accumulator *a)
{
    return a->op == OP_LSE || is_arg(a->op) || is_compensated(s, a) ? 2 : 1;
}

elem acc_part_elem(const scheduler *s, const accumulator *a, int part)
{
    return part == 1 && is_arg(a->op) ? ELEM_INT : state_elem(s, a);
}

void acc_store_part(scheduler *s, lstmt_list *out, const accumulator *a, buffer *const *parts, lexpr *chunk)
{
    add_store(s, out, parts[0], 1, &chunk, lx_temp(s, a->value));
    if (a->second)
        add_store(s, out, parts[1], 1, &chunk, lx_temp(s, a->second));
}

void acc_join(scheduler *s, lstmt_list *out, const accumulator *a, const accumulator *part)
{
    lstmt *st = add_stmt(s, out, LS_JOIN);
    st->acc = copy_of(s, a);
    st->part = copy_of(s, part);
}

void acc_add_part(scheduler *s, lstmt_list *out, const accumulator *a, buffer *const *parts, lexpr *chunk)
{
    accumulator part = *a;
    part.value = add_let(s, out, "part", lx_load(s, parts[0], 1, &chunk, false));
    if (a->second)
        part.second = add_let(s, out, "part", lx_load(s, parts[1], 1, &chunk, false));
    acc_join(s, out, a, &part);
}
