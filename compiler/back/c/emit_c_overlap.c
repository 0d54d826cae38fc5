/* Loops of which a part of each pass is computed while the pass before it runs (stage/overlap.h).
 *
 * What that part hands over is a variable: set before the loop for the first pass, then by each pass for the next. The
 * last pass computes its own part again. */
#include "back/c/emit_c_parts.h"
#include "form/loops_copy.h"
#include "form/loops_live.h"
#include "form/loops_make.h"

typedef struct overlapping {
    emitter *e;
    const lstmt *loop;
    map handed; /* temporary of the first part that the rest reads -> the variable that hands it over */
} overlapping;

static temp *new_temp(const overlapping *o, const temp *like, const char *format)
{
    static char mark;
    temp *t = temp_new(o->e->mem, arena_printf(o->e->mem, format, like->name), like->elem, like->lanes);
    map_set(&o->e->live, t, &mark);
    return t;
}

static bool rest_reads(const lstmt *loop, const temp *t)
{
    for (int i = loop->ahead; i < loop->body.n; i++)
        if (lstmt_reads(loop->body.data[i], t))
            return true;
    return false;
}

/* The first part for the pass `index`; `declares`: the variables that hand it over, too. */
static void compute_part(const overlapping *o, temp *index, bool declares, lstmt_list *out)
{
    arena *mem = o->e->mem;
    loops_copying copying;
    loops_copy_init(&copying, mem, NULL, "");
    map_set(&copying.temps, o->loop->temp, index);
    for (int i = 0; i < o->loop->ahead; i++) {
        const lstmt *s = o->loop->body.data[i];
        if (loops_is_dead(&o->e->live, s))
            continue;
        temp *handed = map_get(&o->handed, s->temp);
        temp *own = handed ? handed : new_temp(o, s->temp, "%s_ahead");
        lstmt *copy = lstmt_new(mem, out, !handed ? LS_LET : declares ? LS_VAR : LS_SET);
        copy->temp = own;
        copy->e = loops_copy_expr(&copying, s->e);
        map_set(&copying.temps, s->temp, own);
    }
}

/* A value per lane is handed over; one for all lanes is had again. */
static void find_handed(overlapping *o)
{
    for (int i = 0; i < o->loop->ahead; i++) {
        const lstmt *s = o->loop->body.data[i];
        if (s->temp->lanes && rest_reads(o->loop, s->temp))
            map_set(&o->handed, s->temp, new_temp(o, s->temp, "%s_next"));
    }
}

/* Which of the first part the rest has again: all of one value that it reads, in the end. */
static bool is_had_again(const lstmt *loop, int i)
{
    const lstmt *s = loop->body.data[i];
    bool read = !s->temp->lanes && rest_reads(loop, s->temp);
    for (int k = i + 1; k < loop->ahead && !read && !s->temp->lanes; k++)
        read = lstmt_reads(loop->body.data[k], s->temp) && is_had_again(loop, k);
    return read;
}

static void take_over(const overlapping *o, lstmt_list *out)
{
    for (int i = 0; i < o->loop->ahead; i++) {
        lstmt *s = o->loop->body.data[i];
        temp *handed = map_get(&o->handed, s->temp);
        if (!handed && !is_had_again(o->loop, i))
            continue;
        lstmt *let = lstmt_new(o->e->mem, out, LS_LET);
        *let = *s;
        if (handed)
            let->e = lexpr_temp(o->e->mem, handed);
    }
}

lstmt *overlapped(emitter *e, const lstmt *loop)
{
    arena *mem = e->mem;
    overlapping o = {.e = e, .loop = loop};
    map_init(&o.handed, mem);
    find_handed(&o);
    lstmt_list guarded = {0};
    lstmt *guard = lstmt_new(mem, &guarded, LS_IF), *passes;
    guard->e = lexpr_bin(mem, OP_LT, loop->lo, loop->hi);
    temp *first = new_temp(&o, loop->temp, "%s_first"), *next = new_temp(&o, loop->temp, "%s_next");
    lstmt *start = lstmt_new(mem, &guard->body, LS_LET);
    start->temp = first;
    start->e = loop->lo;
    compute_part(&o, first, true, &guard->body);
    passes = lstmt_new(mem, &guard->body, LS_FOR);
    *passes = *loop;
    passes->ahead = 0;
    passes->body = (lstmt_list){0};
    take_over(&o, &passes->body);
    lexpr *one = lexpr_int(mem, 1), *index = lexpr_temp(mem, loop->temp);
    lstmt *step = lstmt_new(mem, &passes->body, LS_LET);
    step->temp = next;
    step->e = lexpr_bin(mem, OP_MIN, lexpr_bin(mem, OP_ADD, index, one), lexpr_bin(mem, OP_SUB, loop->hi, one));
    compute_part(&o, next, false, &passes->body);
    for (int i = loop->ahead; i < loop->body.n; i++)
        vec_push(mem, &passes->body, loop->body.data[i]);
    return guard;
}
