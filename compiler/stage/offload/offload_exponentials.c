/* Sums of exponentials over a group of columns, without their maximum: terms are taken relative to the greatest score
 * of earlier groups, of which the state keeps the sum.
 *
 * As long as no term is much greater than 1 that is as exact as if each group's maximum had been found; where the sum
 * of a group says that one is, or that it is no number, the group is computed again, as slowly as it is seldom: once
 * for its greatest score, and once relative to that. At first nothing is known and the shift is -inf: so are scores
 * that are all -inf, infinite, or no numbers then found out. */
#include "stage/offload/offload_tiles.h"

#define LOG2_E 1.4426950408889634

enum { MOST_TERM = 64 }; /* the greatest, relative to the shift: its logarithm is rounded like those of small terms */

typedef struct exponentials {
    tiling *t;
    scoring *g;
    const lstmt_list *body; /* statements of a row for a column */
    const lstmt *add;
    temp *part;  /* sum over the group */
    temp *shift; /* log2(e) times the state's greatest score */
} exponentials;

/* exp(x), less a shift that is known times log2(e). */
static lexpr *exp_less(arena *mem, lexpr *x, lexpr *scale, const temp *shift)
{
    lexpr *from = lexpr_temp(mem, (temp *)shift);
    lexpr *d = lexpr_fma(mem, x, scale, lexpr_point(mem, OP_NEG, x->elem, 1, &from));
    return lexpr_point(mem, OP_EXP2, x->elem, 1, &d);
}

static lexpr *log2_e(const exponentials *x)
{
    return lexpr_const(x->t->o->mem, x->add->acc->elem, LOG2_E);
}

static lexpr *times_log2_e(const exponentials *x, lexpr *e)
{
    return lexpr_bin(x->t->o->mem, OP_MUL, e, log2_e(x));
}

static void increase(arena *mem, lstmt_list *out, temp *sum, lexpr *term)
{
    lstmt_set(mem, out, sum, lexpr_bin(mem, OP_ADD, lexpr_temp(mem, sum), term));
}

/* ---- the usual way ---- */

static bool varies(const map *declared, const lexpr *e)
{
    bool any = e->kind == LX_TEMP && map_get(declared, e->temp);
    for (int i = 0; i < e->nargs && !any; i++)
        any = varies(declared, e->args[i]);
    return any;
}

/* What the body declares it to be. */
static const lexpr *resolved(const lstmt_list *body, const lexpr *e)
{
    for (int i = 0; i < body->n; i++)
        if (e->kind == LX_TEMP && body->data[i]->kind == LS_LET && body->data[i]->temp == e->temp)
            return body->data[i]->e;
    return e;
}

/* The score as a product of which the second factor is the same for all columns; NULL: it is none. */
static lexpr *split_score(const exponentials *x, lexpr **factor)
{
    static char mark;
    const lexpr *e = resolved(x->body, x->add->e);
    if (score_filter(x->t, x->g, x->add->filter) || e->kind != LX_POINT || e->op != OP_MUL)
        return NULL;
    map declared;
    map_init(&declared, x->t->o->mem);
    note_declared(&declared, x->body);
    map_set(&declared, x->t->in_tile->temp, &mark);
    map_set(&declared, x->t->sum->temp, &mark);
    for (int k = 0; k < 2; k++)
        if (!varies(&declared, e->args[k])) {
            *factor = e->args[k];
            return e->args[1 - k];
        }
    return NULL;
}

static lexpr *score_of(const exponentials *x)
{
    lexpr *low = lexpr_const(x->t->o->mem, x->add->acc->elem, -__builtin_inf());
    return chosen_score(x->t, x->g, x->add->filter, x->add->e, low);
}

static void add_term(exponentials *x, lstmt_list *out)
{
    arena *mem = x->t->o->mem;
    lexpr *factor, *score = split_score(x, &factor), *scale = log2_e(x);
    if (score)
        scale = lexpr_temp(mem, lstmt_let(mem, &x->g->outside, "scale", times_log2_e(x, factor)));
    else
        score = score_of(x);
    increase(mem, out, x->part, exp_less(mem, score, scale, x->shift));
}

/* ---- a group of which a score is beyond the shift ---- */

/* A loop over the columns of the group once more, and the score there. */
static lstmt *scan_scores(const exponentials *x, lstmt_list *out, lexpr **score)
{
    arena *mem = x->t->o->mem;
    lstmt *loop = loop_over_scores(x->t, out);
    if (!x->t->deep) /* whose sums have to be in registers */
        loop->unroll = 1;
    loops_copying c;
    loops_copy_init(&c, mem, x->t->o->f, "");
    map_set(&c.temps, x->g->column->temp, loop->temp);
    lstmt_list again = {0};
    let_grouped_column(x->t, x->g, &again);
    for (int i = 0; i < x->body->n; i++) {
        lstmt *s = x->body->data[i];
        if (s->kind == LS_LET || s->kind == LS_ACC || s->kind == LS_FOR)
            vec_push(mem, &again, s);
    }
    for (int i = 0; i < again.n; i++)
        vec_push(mem, &loop->body, loops_copy(&c, again.data[i]));
    *score = loops_copy_expr(&c, score_of(x));
    return loop;
}

static temp *find_greatest(const exponentials *x, lstmt_list *out)
{
    arena *mem = x->t->o->mem;
    elem e = x->add->acc->elem;
    temp *greatest = temp_new(mem, "greatest", e, false);
    lstmt_var(mem, out, greatest, lexpr_const(mem, e, -__builtin_inf()));
    lexpr *score;
    lstmt *loop = scan_scores(x, out, &score);
    set_better(x->t, &loop->body, OP_MAX, greatest, score);
    return greatest;
}

static void raise_shift(const exponentials *x, lstmt_list *out)
{
    arena *mem = x->t->o->mem;
    const accumulator *a = x->add->acc;
    temp *greatest = find_greatest(x, out);
    lexpr *top = lexpr_temp(mem, a->second), *sum = lexpr_temp(mem, a->value), *score;
    lexpr *above = lexpr_bin(mem, OP_MAX, top, lexpr_temp(mem, greatest));
    above = lexpr_temp(mem, lstmt_let(mem, out, "above", above));
    temp *finite = lstmt_let(mem, out, "finite", times_log2_e(x, lexpr_finite(mem, above)));
    lstmt_set(mem, out, a->value, lexpr_bin(mem, OP_MUL, sum, exp_less(mem, top, log2_e(x), finite)));
    lstmt_set(mem, out, x->part, lexpr_const(mem, a->elem, 0));
    lstmt *loop = scan_scores(x, out, &score);
    increase(mem, &loop->body, x->part, exp_less(mem, score, log2_e(x), finite));
    lstmt_set(mem, out, a->second, above);
    lstmt_set(mem, out, x->shift, times_log2_e(x, above));
}

/* ---- both ---- */

void add_exponential(tiling *t, scoring *g, const lstmt_list *body, const lstmt *add, lstmt_list *out)
{
    arena *mem = t->o->mem;
    elem e = add->acc->elem;
    exponentials x = {.t = t, .g = g, .body = body, .add = add};
    x.shift = temp_new(mem, "shift", e, false);
    x.part = temp_new(mem, "group_sum", e, false);
    lstmt_var(mem, &g->outside, x.shift, times_log2_e(&x, lexpr_temp(mem, add->acc->second)));
    lstmt_var(mem, &g->before, x.part, lexpr_const(mem, e, -0.0)); /* its sum with a term is that term */
    add_term(&x, out);
    lexpr *fits = lexpr_bin(mem, OP_LE, lexpr_temp(mem, x.part), lexpr_const(mem, e, MOST_TERM));
    g->fits = g->fits ? lexpr_bin(mem, OP_AND, g->fits, fits) : fits;
    lstmt *raise = lstmt_new(mem, &g->raises, LS_IF);
    raise->e = lexpr_point(mem, OP_NOT, ELEM_BOOL, 1, &fits);
    raise_shift(&x, &raise->body);
    increase(mem, &g->after, add->acc->value, lexpr_temp(mem, x.part));
}
