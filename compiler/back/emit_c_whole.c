/* Loops over few entries in lanes, whose last vector is moved back to be a whole one.
 *
 * The lanes beyond the end of a range cost a masked load for each row read and a masked store, as much as many whole
 * vectors: for a state of a hundred entries that is a good part of a step. Where a pass can run twice for an entry, as
 * it reads nothing that it writes and adds nothing up, the last vector ends where the range does. */
#include "back/emit_c_parts.h"
#include "form/loops_make.h"

enum { MOST_STATEMENTS = 12, MOST_LANES = 64 };

static bool is_read(const lstmt_list *body, const buffer *b)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        bool found = lexpr_reads(s->e, b) || lexpr_reads(s->filter, b);
        for (int k = 0; k < s->nsubs && !found; k++)
            found = lexpr_reads(s->subs[k], b);
        if (found)
            return true;
    }
    return false;
}

bool can_repeat(const lstmt *s)
{
    if (!s->lanes || !s->independent || s->e || s->step > 1 || s->body.n < 2 || s->body.n > MOST_STATEMENTS)
        return false;
    for (int i = 0; i < s->body.n; i++) {
        const lstmt *one = s->body.data[i];
        bool stores =
            one->kind == LS_STORE && !one->accumulate && one->at == LANE_STEP && !is_read(&s->body, one->buffer);
        if (one->kind != LS_LET && one->kind != LS_COMMENT && !stores)
            return false;
    }
    return true;
}

/* How many lanes there are, from the loop's index on: any number that is enough. */
lstmt_list whole_body(emitter *e, const lstmt *s)
{
    lstmt_list body = {0};
    for (int i = 0; i < s->body.n; i++) {
        lstmt *one = s->body.data[i];
        const lexpr *left = one->kind == LS_LET && one->e->kind == LX_POINT && one->e->op == OP_SUB ? one->e : NULL;
        if (left && left->args[1]->kind == LX_TEMP && left->args[1]->temp == s->temp && !left->lanes) {
            lstmt *let = ARENA_NEW(e->mem, lstmt);
            *let = *one;
            let->e = lexpr_int(e->mem, MOST_LANES);
            one = let;
        }
        vec_push(e->mem, &body, one);
    }
    return body;
}
