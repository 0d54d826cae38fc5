/* Reads loops with reduction statements; writes a loop over groups of passes before each loop that can be jammed, which
 * is left with the passes that remain. */
#include "stage/jam.h"

#include "base/map.h"
#include "form/loops_copy.h"
#include "form/loops_live.h"
#include "form/loops_make.h"

enum {
    WIDTH = 4,
    SHORTEST = 4,
    MOST = 96,    /* statements of a body with loops in loops */
    MOST_SUMS = 8 /* that a pass has of its own: all have to be in registers */
};

/* ---- whether ---- */

typedef VEC(buffer *) buffer_list;

typedef struct judging {
    arena *mem;
    map inside; /* temporaries of the body that differ from pass to pass */
    map loaded;
    map uses;          /* buffer -> int: in the body */
    buffer_list added; /* buffers that the body adds to */
    buffer_list rows;  /* those that it fills */
    int loops, depth, statements, sums;
    int shared; /* loads of all lanes in loops of the body that are the same for all passes */
    bool possible, outputs;
} judging;

static char mark;

/* ---- the body ---- */

static bool is_row(const judging *j, const buffer *b)
{
    for (int i = 0; i < j->rows.n; i++)
        if (j->rows.data[i] == b)
            return true;
    return false;
}

static bool mentions_inside(const judging *j, const lexpr *e)
{
    if (e->kind == LX_TEMP && map_get(&j->inside, e->temp))
        return true;
    if (e->kind == LX_LOAD && is_row(j, e->buffer))
        return true;
    for (int i = 0; i < e->nargs; i++)
        if (mentions_inside(j, e->args[i]))
            return true;
    return false;
}

static void note_expr(judging *j, const lexpr *e, int depth)
{
    if (!e)
        return;
    if (e->kind == LX_LOAD)
        map_set(&j->loaded, e->buffer, &mark);
    j->shared += e->kind == LX_LOAD && e->lanes && depth > 0 && !mentions_inside(j, e);
    for (int i = 0; i < e->nargs; i++)
        note_expr(j, e->args[i], depth);
}

static void judge(judging *j, const lstmt_list *list, int depth);

/* Each pass stores entries of its own. */
static bool is_output(const judging *j, const lstmt *s)
{
    bool own = false;
    for (int i = 0; i < s->nsubs; i++)
        own |= mentions_inside(j, s->subs[i]);
    return own && !s->guarded && (s->buffer->kind == BUF_WORKSPACE || s->buffer->kind == BUF_RESULT);
}

static void judge_store(judging *j, const lstmt *s)
{
    if (j->outputs && !s->accumulate && is_output(j, s))
        return;
    if (s->accumulate) {
        j->possible &= s->buffer->kind == BUF_LOCAL || s->buffer->kind == BUF_SCRATCH;
        vec_push(j->mem, &j->added, s->buffer);
    } else {
        j->possible &= s->buffer->kind == BUF_SCRATCH;
        vec_push(j->mem, &j->rows, s->buffer);
    }
}

/* Its index is one for all passes. */
static void judge_loop(judging *j, const lstmt *s, int depth)
{
    bool known = s->lo->kind == LX_CONST && s->hi->kind == LX_CONST;
    bool is_short = known && s->hi->integer - s->lo->integer < SHORTEST;
    j->possible &=
        !s->lanes && !s->parallel && !is_short && !s->e && !mentions_inside(j, s->lo) && !mentions_inside(j, s->hi);
    j->loops++;
    j->depth = depth > j->depth ? depth : j->depth;
    judge(j, &s->body, depth);
}

static void judge_statement(judging *j, const lstmt *s, int depth)
{
    switch (s->kind) {
    case LS_LET:
        if (mentions_inside(j, s->e))
            map_set(&j->inside, s->temp, &mark);
        break;
    case LS_ACC:
        j->possible &= ++j->sums <= MOST_SUMS;
        map_set(&j->inside, s->acc->value, &mark);
        if (s->acc->second)
            map_set(&j->inside, s->acc->second, &mark);
        break;
    case LS_ADD:
        j->possible &= depth == 0 || map_get(&j->inside, s->acc->value);
        break;
    case LS_STORE:
        judge_store(j, s);
        break;
    case LS_FOR:
        judge_loop(j, s, depth + 1);
        break;
    default:
        j->possible = false;
    }
}

static void judge(judging *j, const lstmt_list *list, int depth)
{
    j->statements += list->n;
    for (int i = 0; i < list->n && j->possible; i++) {
        const lstmt *s = list->data[i];
        note_expr(j, s->e, depth);
        note_expr(j, s->filter, depth);
        for (int k = 0; k < s->nsubs; k++)
            note_expr(j, s->subs[k], depth);
        judge_statement(j, s, depth);
    }
}

/* Each pass can have a row of its own: no other part of the function knows it. */
static bool is_private(const judging *j, const map *uses, const buffer *b)
{
    const int *inside = map_get(&j->uses, b), *all = map_get(uses, b);
    return *inside == *all;
}

/* rows: buffers that each pass fills. outputs: a loop over entries, of which several share what they load. */
static bool can_jam(arena *mem, const map *uses, const lstmt *loop, bool outputs, buffer_list *rows)
{
    if (!loop->independent || loop->lanes || loop->parallel)
        return false;
    judging j = {.mem = arena_new(), .possible = true, .outputs = outputs};
    map_init(&j.inside, j.mem);
    map_init(&j.loaded, j.mem);
    map_init(&j.uses, j.mem);
    map_set(&j.inside, loop->temp, &mark);
    judge(&j, &loop->body, 0);
    if (j.rows.n)
        loops_count_uses(&j.uses, j.mem, &loop->body);
    for (int i = 0; i < j.added.n; i++)
        j.possible &= !map_get(&j.loaded, j.added.data[i]);
    for (int i = 0; i < j.rows.n; i++) {
        j.possible &= is_private(&j, uses, j.rows.data[i]);
        vec_push(mem, rows, j.rows.data[i]);
    }
    bool possible = j.possible && j.loops > 0 && (!outputs || j.shared > 0) && (j.depth < 2 || j.statements <= MOST);
    arena_free(j.mem);
    return possible;
}

/* ---- the loop ---- */

/* Each statement once per pass of the group; loops once for all. */
static void widen(loops_copying *copies, const lstmt_list *list, lstmt_list *out)
{
    arena *mem = copies->mem;
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->kind != LS_FOR) {
            for (int k = 0; k < WIDTH; k++)
                vec_push(mem, out, loops_copy(&copies[k], s));
            continue;
        }
        lstmt *loop = lstmt_new(mem, out, LS_FOR);
        *loop = *s;
        loop->temp = temp_new(mem, s->temp->name, ELEM_INT, false);
        loop->lo = loops_copy_expr(copies, s->lo);
        loop->hi = loops_copy_expr(copies, s->hi);
        for (int k = 0; k < WIDTH; k++)
            map_set(&copies[k].temps, s->temp, loop->temp);
        loop->body = (lstmt_list){0};
        widen(copies, &s->body, &loop->body);
    }
}

/* Passes in groups; a range that is not that of an axis may end before it begins. */
static lexpr *grouped(arena *mem, const lstmt *loop)
{
    lexpr *length = lexpr_bin(mem, OP_SUB, loop->hi, loop->lo), *width = lexpr_int(mem, WIDTH);
    if (!lstmt_range(loop))
        length = lexpr_bin(mem, OP_MAX, length, lexpr_int(mem, 0));
    return lexpr_bin(mem, OP_MUL, lexpr_bin(mem, OP_IDIV, length, width), width);
}

typedef struct jamming {
    arena *mem;
    nest_fn *f;
    map uses; /* buffer -> int: in the function */
} jamming;

static void copy_rows(jamming *j, loops_copying *c, int number, const buffer_list *rows)
{
    for (int i = 0; number > 0 && i < rows->n; i++) {
        if (map_get(&c->buffers, rows->data[i]))
            continue;
        buffer *own = ARENA_NEW(j->mem, buffer);
        *own = *rows->data[i];
        own->name = arena_printf(j->mem, "%s_of_%d", own->name, number);
        vec_push(j->mem, &j->f->buffers, own);
        map_set(&c->buffers, rows->data[i], own);
    }
}

/* The loop over groups; the given one is left with the rest. */
static void jam_loop(jamming *j, lstmt *loop, const buffer_list *rows, lstmt_list *out)
{
    arena *mem = j->mem;
    const char *name = loop->temp->name;
    lexpr *last = lexpr_bin(mem, OP_ADD, loop->lo, grouped(mem, loop));
    temp *rest = lstmt_let(mem, out, arena_printf(mem, "%s_rest", name), last);
    lstmt *groups = lstmt_new(mem, out, LS_FOR);
    groups->temp = temp_new(mem, name, ELEM_INT, false);
    groups->lo = loop->lo;
    groups->hi = lexpr_temp(mem, rest);
    groups->step = WIDTH;
    groups->whole = lstmt_range(loop);
    loops_copying copies[WIDTH];
    for (int k = 0; k < WIDTH; k++) {
        loops_copy_init(&copies[k], mem, j->f, arena_printf(mem, "_%d", k));
        copy_rows(j, &copies[k], k, rows);
        lexpr *at = lexpr_bin(mem, OP_ADD, lexpr_temp(mem, groups->temp), lexpr_int(mem, k));
        temp *index = k ? lstmt_let(mem, &groups->body, arena_printf(mem, "%s_%d", name, k), at) : groups->temp;
        map_set(&copies[k].temps, loop->temp, index);
    }
    widen(copies, &loop->body, &groups->body);
    loop->lo = groups->hi;
    loop->rest = true;
}

static void jam_list(jamming *j, lstmt_list *list)
{
    lstmt_list out = {0};
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        buffer_list rows = {0};
        bool possible = s->kind == LS_FOR &&
                        (can_jam(j->mem, &j->uses, s, true, &rows) || can_jam(j->mem, &j->uses, s, false, &rows));
        if (possible) {
            jam_loop(j, s, &rows, &out);
        } else {
            jam_list(j, &s->body);
            jam_list(j, &s->other);
        }
        vec_push(j->mem, &out, s);
    }
    *list = out;
}

void jam(nest_fn *f, arena *mem)
{
    jamming j = {.mem = mem, .f = f};
    map_init(&j.uses, mem);
    loops_count_uses(&j.uses, mem, &f->body);
    jam_list(&j, &f->body);
}
