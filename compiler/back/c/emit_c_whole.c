/* Loops over few entries in lanes, whose last vector is moved back to be a whole one.
 *
 * The lanes beyond the end of a range cost a masked load for each row read and a masked store, as much as many whole
 * vectors: for a state of a hundred entries that is a good part of a step. Where a pass can run twice for an entry, as
 * it reads nothing that it writes and adds up active lanes alone, the last vector ends where the range does; lanes that
 * the one before it has served are not active. */
#include "back/c/emit_c_parts.h"
#include "form/loops_make.h"

enum { MOST_STATEMENTS = 12, MOST_LANES = 64 };

static bool is_read(const lstmt_list *body, const buffer *b)
{
    for (int i = 0; i < body->n; i++)
        if (lstmt_reads(body->data[i], b))
            return true;
    return false;
}

/* Lanes of which only those that are inside the range count. */
static bool is_active(const lexpr *x, const temp *active)
{
    return x->kind == LX_POINT && x->op == OP_SELECT && x->args[0]->kind == LX_TEMP && x->args[0]->temp == active;
}

/* t = t op (a term of the active lanes) */
static bool adds_active(const lstmt *s, const temp *active)
{
    const lexpr *x = s->e;
    return s->kind == LS_SET && active && x->kind == LX_POINT && x->nargs == 2 && x->args[0]->kind == LX_TEMP &&
           x->args[0]->temp == s->temp && is_active(x->args[1], active);
}

static bool stores_apart(const lstmt *s, const lstmt_list *body)
{
    return s->kind == LS_STORE && !s->accumulate && s->at == LANE_STEP && !is_read(body, s->buffer);
}

bool can_repeat(const lstmt *s)
{
    if (!s->lanes || !s->independent || s->e || s->step > 1 || s->body.n < 2 || s->body.n > MOST_STATEMENTS)
        return false;
    const temp *active = NULL;
    for (int i = 0; i < s->body.n; i++) {
        const lstmt *one = s->body.data[i];
        if (one->kind == LS_LET && one->e->kind == LX_ACTIVE)
            active = one->temp;
        bool repeats =
            one->kind == LS_LET || one->kind == LS_COMMENT || adds_active(one, active) || stores_apart(one, &s->body);
        if (!repeats)
            return false;
    }
    return true;
}

/* How many lanes there are, from the loop's index on. */
static bool is_count(const lexpr *x, const temp *index)
{
    return x->kind == LX_POINT && x->op == OP_SUB && !x->lanes && x->args[1]->kind == LX_TEMP &&
           x->args[1]->temp == index;
}

lstmt_list whole_body(emitter *e, const lstmt *s, temp *next)
{
    lstmt_list body = {0};
    lexpr *served = lexpr_bin(e->mem, OP_SUB, lexpr_temp(e->mem, next), lexpr_temp(e->mem, s->temp));
    lexpr before = {.kind = LX_ACTIVE, .elem = ELEM_BOOL, .nargs = 1, .args = &served, .lanes = true};
    lexpr *first_time[] = {lexpr_new(e->mem, before)};
    for (int i = 0; i < s->body.n; i++) {
        lstmt *one = ARENA_NEW(e->mem, lstmt);
        *one = *s->body.data[i];
        if (one->kind == LS_LET && is_count(one->e, s->temp))
            one->e = lexpr_int(e->mem, MOST_LANES);
        else if (one->kind == LS_LET && one->e->kind == LX_ACTIVE)
            one->e = lexpr_point(e->mem, OP_NOT, ELEM_BOOL, 1, first_time);
        vec_push(e->mem, &body, one);
    }
    return body;
}
