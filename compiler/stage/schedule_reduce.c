/* What a reduction keeps while it runs, per op: start, one more term, the result; and the same from partial states.
 *
 * logsumexp keeps a running maximum m and the sum of exp(x - m). argmax keeps the value and the index, -1 at first. */
#include <assert.h>

#include "stage/schedule_state.h"

static bool is_arg(op o)
{
    return o == OP_ARGMAX || o == OP_ARGMIN;
}

static double infinite(bool negative)
{
    return negative ? -__builtin_inf() : __builtin_inf();
}

static lexpr *extreme_start(scheduler *s, elem e, bool largest)
{
    if (elem_is_float(e))
        return lx_const(s, e, infinite(largest));
    return lx_int(s, largest ? INT64_MIN : INT64_MAX);
}

static lexpr *start(scheduler *s, const accumulator *a)
{
    switch (a->op) {
    case OP_PROD:
    case OP_ALL:
        return lx_const(s, a->elem, 1);
    case OP_RMAX:
    case OP_ARGMAX:
        return extreme_start(s, a->elem, true);
    case OP_RMIN:
    case OP_ARGMIN:
        return extreme_start(s, a->elem, false);
    default:
        return lx_const(s, a->elem, 0);
    }
}

void acc_begin(scheduler *s, lstmt_list *out, accumulator *a, const char *hint)
{
    a->value = add_var(s, out, hint ? hint : "sum", start(s, a));
    if (a->op == OP_LSE)
        a->second = add_var(s, out, "top", lx_const(s, a->elem, infinite(true)));
    if (is_arg(a->op))
        a->second = add_var(s, out, "at", lx_int(s, -1));
}

static lexpr *combine(scheduler *s, op o, lexpr *a, lexpr *x)
{
    static const op pointwise[OP_COUNT] = {[OP_SUM] = OP_ADD,  [OP_PROD] = OP_MUL, [OP_RMAX] = OP_MAX,
                                           [OP_RMIN] = OP_MIN, [OP_ANY] = OP_OR,   [OP_ALL] = OP_AND};
    return lx_bin(s, pointwise[o], a, x);
}

static lstmt *add_if(scheduler *s, lstmt_list *out, lexpr *c)
{
    lstmt *st = add_stmt(s, out, LS_IF);
    st->e = c;
    return st;
}

/* (m, sum) and (m2, sum2) into the former; a single term x is (x, 1). */
static void lse_add(scheduler *s, lstmt_list *out, const accumulator *a, lexpr *m2, lexpr *sum2)
{
    lexpr *m = lx_temp(s, a->second), *sum = lx_temp(s, a->value), *low = lx_const(s, a->elem, infinite(true));
    lstmt *above = add_if(s, out, lx_bin(s, OP_LT, m, m2));
    lexpr *scale = lx_point(s, OP_EXP, a->elem, 1, (lexpr *[]){lx_bin(s, OP_SUB, m, m2)});
    add_set(s, &above->body, a->value, lx_bin(s, OP_ADD, lx_bin(s, OP_MUL, sum, scale), sum2));
    add_set(s, &above->body, a->second, m2);
    lstmt *below = add_if(s, &above->other, lx_bin(s, OP_NE, m2, low));
    lexpr *shrink = lx_point(s, OP_EXP, a->elem, 1, (lexpr *[]){lx_bin(s, OP_SUB, m2, m)});
    lexpr *factor = lx_select(s, lx_bin(s, OP_EQ, m2, m), lx_const(s, a->elem, 1), shrink);
    add_set(s, &below->body, a->value, lx_bin(s, OP_ADD, sum, lx_bin(s, OP_MUL, sum2, factor)));
}

static void arg_add(scheduler *s, lstmt_list *out, const accumulator *a, lexpr *x, lexpr *index)
{
    lexpr *best = lx_temp(s, a->value), *at = lx_temp(s, a->second);
    lexpr *better = a->op == OP_ARGMAX ? lx_bin(s, OP_LT, best, x) : lx_bin(s, OP_LT, x, best);
    lexpr *first = lx_bin(s, OP_LT, at, lx_int(s, 0));
    lstmt *st = add_if(s, out, lx_bin(s, OP_OR, first, better));
    add_set(s, &st->body, a->value, x);
    add_set(s, &st->body, a->second, index);
}

void acc_add(scheduler *s, lstmt_list *out, const accumulator *a, lexpr *x, lexpr *filter, lexpr *index)
{
    if (filter && a->op != OP_SUM)
        out = &add_if(s, out, filter)->body;
    else if (filter)
        x = lx_select(s, filter, x, lx_const(s, a->elem, 0));
    if (a->op == OP_LSE)
        lse_add(s, out, a, x, lx_const(s, a->elem, 1));
    else if (is_arg(a->op))
        arg_add(s, out, a, x, index);
    else
        add_set(s, out, a->value, combine(s, a->op, lx_temp(s, a->value), x));
}

lexpr *acc_end(scheduler *s, const accumulator *a)
{
    if (is_arg(a->op))
        return lx_temp(s, a->second);
    lexpr *v = lx_temp(s, a->value);
    if (a->op != OP_LSE)
        return v;
    lexpr *log = lx_point(s, OP_LOG, a->elem, 1, &v);
    return lx_select(s, lx_bin(s, OP_EQ, v, lx_const(s, a->elem, 0)), lx_const(s, a->elem, infinite(true)),
                     lx_bin(s, OP_ADD, lx_temp(s, a->second), log));
}

int acc_parts(const accumulator *a)
{
    return a->op == OP_LSE || is_arg(a->op) ? 2 : 1;
}

elem acc_part_elem(const accumulator *a, int part)
{
    return part == 1 && is_arg(a->op) ? ELEM_INT : a->elem;
}

void acc_store_part(scheduler *s, lstmt_list *out, const accumulator *a, buffer *const *parts, lexpr *chunk)
{
    add_store(s, out, parts[0], 1, &chunk, lx_temp(s, a->value));
    if (acc_parts(a) == 2)
        add_store(s, out, parts[1], 1, &chunk, lx_temp(s, a->second));
}

void acc_add_part(scheduler *s, lstmt_list *out, const accumulator *a, buffer *const *parts, lexpr *chunk)
{
    lexpr *x = lx_temp(s, add_let(s, out, "part", lx_load(s, parts[0], 1, &chunk, false)));
    if (acc_parts(a) == 1) {
        add_set(s, out, a->value, combine(s, a->op, lx_temp(s, a->value), x));
        return;
    }
    lexpr *y = lx_temp(s, add_let(s, out, "part", lx_load(s, parts[1], 1, &chunk, false)));
    if (a->op == OP_LSE) {
        lse_add(s, out, a, y, x);
        return;
    }
    lstmt *any = add_if(s, out, lx_bin(s, OP_LE, lx_int(s, 0), y));
    arg_add(s, &any->body, a, x, y);
}
