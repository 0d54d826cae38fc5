/* Constructors of expressions and statements. */
#include "form/loops_make.h"

#include <math.h>

#define LOG2_E 1.4426950408889634

lexpr *lexpr_new(arena *mem, lexpr proto)
{
    lexpr *e = ARENA_NEW(mem, lexpr);
    *e = proto;
    e->args = arena_grow(mem, proto.args, (size_t)proto.nargs, (size_t)proto.nargs + 1, sizeof *e->args);
    bool one = e->kind == LX_FOLD || e->kind == LX_LANE;
    for (int i = 0; i < e->nargs && !one; i++)
        e->lanes |= e->args[i]->lanes;
    return e;
}

lexpr *lexpr_int(arena *mem, int64_t x)
{
    return lexpr_new(mem, (lexpr){.kind = LX_CONST, .elem = ELEM_INT, .integer = x});
}

lexpr *lexpr_const(arena *mem, elem e, double x)
{
    return elem_is_float(e) ? lexpr_new(mem, (lexpr){.kind = LX_CONST, .elem = e, .number = x})
                            : lexpr_new(mem, (lexpr){.kind = LX_CONST, .elem = e, .integer = (int64_t)x});
}

lexpr *lexpr_size(arena *mem, const extent *e)
{
    int64_t value;
    if (extent_is_const(e, &value))
        return lexpr_int(mem, value);
    return lexpr_new(mem, (lexpr){.kind = LX_SIZE, .elem = ELEM_INT, .extent = e});
}

lexpr *lexpr_temp(arena *mem, temp *t)
{
    return lexpr_new(mem, (lexpr){.kind = LX_TEMP, .elem = t->elem, .temp = t, .lanes = t->lanes});
}

lexpr *lexpr_point(arena *mem, op o, elem e, int n, lexpr *const *args)
{
    return lexpr_new(mem, (lexpr){.kind = LX_POINT, .elem = e, .op = o, .nargs = n, .args = (lexpr **)args});
}

lexpr *lexpr_bin(arena *mem, op o, lexpr *a, lexpr *b)
{
    bool test = o == OP_EQ || o == OP_NE || o == OP_LT || o == OP_LE || o == OP_AND || o == OP_OR;
    return lexpr_point(mem, o, test ? ELEM_BOOL : a->elem, 2, (lexpr *[]){a, b});
}

lexpr *lexpr_copy(arena *mem, const lexpr *e)
{
    lexpr *copy = lexpr_new(mem, *e);
    for (int i = 0; i < e->nargs; i++)
        copy->args[i] = lexpr_copy(mem, e->args[i]);
    return copy;
}

lexpr *lexpr_fma(arena *mem, lexpr *a, lexpr *b, lexpr *c)
{
    return lexpr_point(mem, OP_FMA, c->elem, 3, (lexpr *[]){a, b, c});
}

bool lexpr_is_product_term(const lexpr *e)
{
    return e->kind == LX_POINT && e->op == OP_FMA && e->args[2]->kind == LX_CONST && e->args[2]->number == 0;
}

lexpr *lexpr_select(arena *mem, lexpr *c, lexpr *a, lexpr *b)
{
    return lexpr_point(mem, OP_SELECT, a->elem, 3, (lexpr *[]){c, a, b});
}

/* The same zero, too. */
static bool same_number(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : a == b && signbit(a) == signbit(b);
}

bool lexpr_is_equal(const lexpr *a, const lexpr *b)
{
    bool same = a->kind == b->kind && a->elem == b->elem && a->temp == b->temp && a->op == b->op &&
                a->buffer == b->buffer && a->integer == b->integer && a->extent == b->extent &&
                a->guarded == b->guarded && a->nargs == b->nargs && same_number(a->number, b->number);
    for (int i = 0; same && i < a->nargs; i++)
        same = lexpr_is_equal(a->args[i], b->args[i]);
    return same;
}

lexpr *lexpr_finite(arena *mem, lexpr *x)
{
    lexpr *infinite =
        lexpr_bin(mem, OP_EQ, lexpr_point(mem, OP_ABS, x->elem, 1, &x), lexpr_const(mem, x->elem, __builtin_inf()));
    return lexpr_select(mem, infinite, lexpr_const(mem, x->elem, 0), x);
}

lexpr *lexpr_exp_less(arena *mem, lexpr *x, lexpr *shift)
{
    lexpr *d = lexpr_bin(mem, OP_MUL, lexpr_bin(mem, OP_SUB, x, shift), lexpr_const(mem, x->elem, LOG2_E));
    return lexpr_point(mem, OP_EXP2, x->elem, 1, &d);
}

temp *temp_new(arena *mem, const char *name, elem e, bool lanes)
{
    temp *t = ARENA_NEW(mem, temp);
    *t = (temp){name, e, lanes};
    return t;
}

lstmt *lstmt_new(arena *mem, lstmt_list *out, lstmt_kind kind)
{
    lstmt *s = ARENA_NEW(mem, lstmt);
    s->kind = kind;
    vec_push(mem, out, s);
    return s;
}

static lstmt *assign(arena *mem, lstmt_list *out, lstmt_kind kind, temp *t, lexpr *e)
{
    lstmt *s = lstmt_new(mem, out, kind);
    s->temp = t;
    s->e = e;
    return s;
}

temp *lstmt_let(arena *mem, lstmt_list *out, const char *name, lexpr *e)
{
    return assign(mem, out, LS_LET, temp_new(mem, name, e->elem, e->lanes), e)->temp;
}

void lstmt_var(arena *mem, lstmt_list *out, temp *t, lexpr *e)
{
    assign(mem, out, LS_VAR, t, e);
}

void lstmt_set(arena *mem, lstmt_list *out, temp *t, lexpr *e)
{
    assign(mem, out, LS_SET, t, e);
}

lexpr *lstmt_compensated(arena *mem, lstmt_list *out, lexpr *sum, lexpr *lost, lexpr *x, lexpr **still_lost)
{
    lexpr *zero = lexpr_const(mem, x->elem, 0);
    lexpr *term = lexpr_temp(mem, lstmt_let(mem, out, "term", lexpr_bin(mem, OP_ADD, x, lost)));
    lexpr *total = lexpr_temp(mem, lstmt_let(mem, out, "total", lexpr_bin(mem, OP_ADD, sum, term)));
    lexpr *taken = lexpr_temp(mem, lstmt_let(mem, out, "taken", lexpr_bin(mem, OP_SUB, total, sum)));
    lexpr *of_sum = lexpr_bin(mem, OP_SUB, sum, lexpr_bin(mem, OP_SUB, total, taken));
    lexpr *gone = lexpr_bin(mem, OP_ADD, of_sum, lexpr_bin(mem, OP_SUB, term, taken));
    lexpr *finite = lexpr_bin(mem, OP_EQ, lexpr_bin(mem, OP_SUB, total, total), zero);
    *still_lost = lexpr_temp(mem, lstmt_let(mem, out, "still_lost", lexpr_select(mem, finite, gone, zero)));
    return total;
}

bool lexpr_reads(const lexpr *e, const void *what)
{
    if (!e)
        return false;
    bool found = (e->kind == LX_LOAD && e->buffer == what) || (e->kind == LX_TEMP && e->temp == what);
    for (int i = 0; i < e->nargs && !found; i++)
        found = lexpr_reads(e->args[i], what);
    return found;
}

bool lexpr_depends(const lexpr *e, const map *on)
{
    if (!e)
        return false;
    bool found = (e->kind == LX_LOAD && map_get(on, e->buffer)) || (e->kind == LX_TEMP && map_get(on, e->temp));
    for (int i = 0; i < e->nargs && !found; i++)
        found = lexpr_depends(e->args[i], on);
    return found;
}

bool lstmt_reads(const lstmt *s, const void *what)
{
    bool found = lexpr_reads(s->e, what) || lexpr_reads(s->filter, what);
    for (int k = 0; k < s->nsubs && !found; k++)
        found = lexpr_reads(s->subs[k], what);
    return found;
}

bool lexpr_is_lanewise(const lexpr *e)
{
    return e->kind == LX_POINT && (e->op == OP_NORMAL || e->op == OP_UNIFORM);
}

const extent *lstmt_range(const lstmt *loop)
{
    bool from_zero = loop->lo->kind == LX_CONST && loop->lo->integer == 0;
    return loop->whole ? loop->whole : from_zero && loop->hi->kind == LX_SIZE ? loop->hi->extent : NULL;
}
