/* Reads loops with reduction statements; writes a loop over blocks around each that has long sums or exponentials. */
#include "stage/block.h"

#include "base/map.h"
#include "form/loops_make.h"

enum {
    BLOCK = 256,         /* terms of a block; in lanes, of all lanes together, the two below */
    BLOCK_LANES = 4096,  /* a multiple of the most lanes */
    BLOCK_SCORES = 1024, /* where each term is kept until the end of the block */
    FEWEST_LANES = 2
};

typedef struct blocking {
    arena *mem;
    nest_fn *f;
    extent_pool *pool;
    lstmt *loop;
    lstmt_list before, after; /* in the block, around the loop */
    temp *begin, *end;        /* of the block */
} blocking;

static bool is_exponential(const lstmt *s)
{
    return s->kind == LS_ADD && s->acc->op == OP_LSE;
}

static bool is_sum(const lstmt *s)
{
    return s->kind == LS_ADD && s->acc->op == OP_SUM && elem_is_float(s->acc->elem) && !s->acc->second &&
           s->acc->value->elem == s->acc->elem;
}

static bool is_long(const lstmt *s)
{
    bool known = s->lo->kind == LX_CONST && s->hi->kind == LX_CONST;
    if (s->most)
        return s->most > BLOCK;
    return !known || s->hi->integer - s->lo->integer > BLOCK;
}

static void find_inside(map *own, const lstmt_list *list)
{
    static char mark;
    for (int i = 0; i < list->n; i++)
        if (list->data[i]->kind == LS_ACC)
            map_set(own, list->data[i]->acc->value, &mark);
}

/* What of it the body of the loop adds to accumulators around the loop. */
static bool has(const lstmt *loop, const map *own, bool (*is)(const lstmt *s))
{
    for (int i = 0; i < loop->body.n; i++)
        if (is(loop->body.data[i]) && !map_get(own, loop->body.data[i]->acc->value))
            return true;
    return false;
}

static accumulator *part_of(blocking *b, const accumulator *a, op o, const char *name)
{
    accumulator *part = ARENA_NEW(b->mem, accumulator);
    *part = (accumulator){.op = o, .elem = a->elem, .value = temp_new(b->mem, name, a->elem, a->value->lanes)};
    lstmt_new(b->mem, &b->before, LS_ACC)->acc = part;
    return part;
}

static void block_sum(blocking *b, lstmt *add)
{
    accumulator *whole = add->acc;
    add->acc = part_of(b, whole, OP_SUM, arena_printf(b->mem, "%s_block", whole->value->name));
    lstmt *join = lstmt_new(b->mem, &b->after, LS_JOIN);
    join->acc = whole;
    join->part = add->acc;
}

/* ---- sums in arrays ---- */

static bool mentions(const lexpr *e, const temp *t)
{
    if (e->temp == t)
        return true;
    for (int i = 0; i < e->nargs; i++)
        if (mentions(e->args[i], t))
            return true;
    return false;
}

static bool is_private(const buffer *f)
{
    return f->kind == BUF_LOCAL || f->kind == BUF_SCRATCH;
}

/* The statements below the loop that add to entries of an array which are the same in each of its passes: loops in its
 * body may run over the entries. False: the array is used otherwise, too. */
static bool find_additions(blocking *b, const lstmt_list *list, const buffer *f, lstmt_list *found)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        bool same = true;
        for (int k = 0; k < s->nsubs; k++)
            same &= !mentions(s->subs[k], b->loop->temp);
        if (s->kind == LS_STORE && s->buffer == f && s->accumulate && same)
            vec_push(b->mem, found, s);
        else if (s->buffer == f || s->from == f)
            return false;
        if (!find_additions(b, &s->body, f, found) || !find_additions(b, &s->other, f, found))
            return false;
    }
    return true;
}

static bool is_read(const lstmt_list *list, const buffer *f)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (lexpr_reads(s->e, f) || lexpr_reads(s->filter, f) || is_read(&s->body, f) || is_read(&s->other, f))
            return true;
    }
    return false;
}

/* The first array that is added to, of those below the loop that are not among the done. */
static buffer *next_array(const lstmt_list *list, const map *done)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        if (s->kind == LS_STORE && s->accumulate && is_private(s->buffer) && !map_get(done, s->buffer))
            return s->buffer;
        buffer *inside = s->kind == LS_FOR ? next_array(&s->body, done) : NULL;
        if (inside)
            return inside;
    }
    return NULL;
}

/* to[...] += from[...], for all entries. */
static void add_array(blocking *b, buffer *to, buffer *from)
{
    lstmt_list *out = &b->after;
    lexpr **subs = ARENA_ARRAY(b->mem, lexpr *, to->rank + 1);
    for (int k = 0; k < to->rank; k++) {
        lstmt *loop = lstmt_new(b->mem, out, LS_FOR);
        loop->temp = temp_new(b->mem, arena_printf(b->mem, "entry_%d", k), ELEM_INT, false);
        loop->lo = lexpr_int(b->mem, 0);
        loop->hi = lexpr_size(b->mem, to->extents[k]);
        subs[k] = lexpr_temp(b->mem, loop->temp);
        out = &loop->body;
    }
    lexpr load = {
        .kind = LX_LOAD, .elem = to->elem, .buffer = from, .lanes = from->lanes, .nargs = to->rank, .args = subs};
    lstmt *store = lstmt_new(b->mem, out, LS_STORE);
    store->accumulate = true;
    store->buffer = to;
    store->subs = subs;
    store->nsubs = to->rank;
    store->e = lexpr_new(b->mem, load);
}

static void block_array(blocking *b, buffer *whole, const lstmt_list *additions)
{
    buffer *part = ARENA_NEW(b->mem, buffer);
    *part = *whole;
    part->name = arena_printf(b->mem, "%s_block", whole->name);
    vec_push(b->mem, &b->f->buffers, part);
    if (part->kind == BUF_LOCAL)
        lstmt_new(b->mem, &b->before, LS_ARRAY)->buffer = part;
    lstmt *fill = lstmt_new(b->mem, &b->before, LS_FILL);
    fill->buffer = part;
    fill->e = lexpr_const(b->mem, part->elem, 0);
    add_array(b, whole, part);
    for (int i = 0; i < additions->n; i++)
        additions->data[i]->buffer = part;
}

/* Whether the loop has arrays that it only adds to; with b->f they get blocks. What is written for lanes has levels of
 * its own. */
static bool block_arrays(blocking *b)
{
    if (b->loop->must)
        return false;
    bool found = false;
    map done;
    map_init(&done, b->mem);
    for (buffer *f; (f = next_array(&b->loop->body, &done));) {
        map_set(&done, f, f);
        lstmt_list additions = {0};
        if (!elem_is_float(f->elem) || is_read(&b->loop->body, f) || !find_additions(b, &b->loop->body, f, &additions))
            continue;
        found = true;
        if (b->f)
            block_array(b, f, &additions);
        for (int i = 0; b->f && i < additions.n; i++)
            map_set(&done, additions.data[i]->buffer, f);
    }
    return found;
}

static bool has_arrays(arena *mem, lstmt *loop)
{
    blocking b = {.mem = mem, .loop = loop};
    return block_arrays(&b);
}

/* ---- logsumexp ---- */

static buffer *score_buffer(blocking *b, const accumulator *a)
{
    const extent **size = ARENA_ARRAY(b->mem, const extent *, 1);
    size[0] = extent_const(b->pool, b->loop->lanes ? BLOCK_SCORES / FEWEST_LANES : BLOCK);
    buffer *f = ARENA_NEW(b->mem, buffer);
    *f = (buffer){.kind = BUF_LOCAL,
                  .name = "scores",
                  .elem = a->elem,
                  .rank = 1,
                  .extents = size,
                  .arg = -1,
                  .slot = -1,
                  .lanes = a->value->lanes};
    vec_push(b->mem, &b->f->buffers, f);
    lstmt_new(b->mem, &b->before, LS_ARRAY)->buffer = f;
    return f;
}

/* Number of the pass in the block. */
static lexpr *pass_of(blocking *b, lexpr *index)
{
    lexpr *pass = lexpr_bin(b->mem, OP_SUB, index, lexpr_temp(b->mem, b->begin));
    lexpr *width = lexpr_new(b->mem, (lexpr){.kind = LX_WIDTH, .elem = ELEM_INT});
    return b->loop->lanes ? lexpr_bin(b->mem, OP_IDIV, pass, width) : pass;
}

/* The greatest score is not that of NaN: its exponential makes the sum NaN. */
static void keep_score(blocking *b, lstmt_list *out, const lstmt *add, buffer *scores, temp *greatest)
{
    elem e = add->acc->elem;
    lexpr *low = lexpr_const(b->mem, e, -__builtin_inf());
    lexpr *x = add->filter ? lexpr_select(b->mem, add->filter, add->e, low) : add->e;
    lexpr *score = lexpr_temp(b->mem, lstmt_let(b->mem, out, "score", x));
    lexpr *at = pass_of(b, lexpr_temp(b->mem, b->loop->temp));
    lstmt *store = lstmt_new(b->mem, out, LS_STORE);
    store->buffer = scores;
    store->nsubs = 1;
    store->subs = ARENA_ARRAY(b->mem, lexpr *, 1);
    store->subs[0] = at;
    store->e = score;
    lexpr *most = lexpr_temp(b->mem, greatest);
    lstmt_set(b->mem, out, greatest, lexpr_select(b->mem, lexpr_bin(b->mem, OP_LT, most, score), score, most));
}

/* The exponentials of the block's scores, less the greatest so far; all -inf: less 0. */
static void add_scores(blocking *b, const accumulator *whole, buffer *scores, temp *greatest)
{
    elem e = whole->elem;
    lstmt_list *out = &b->after;
    lexpr *top = lexpr_temp(b->mem, whole->second);
    lexpr *above = lexpr_bin(b->mem, OP_MAX, top, lexpr_temp(b->mem, greatest));
    above = lexpr_temp(b->mem, lstmt_let(b->mem, out, "above", above));
    lexpr *shift = lexpr_temp(b->mem, lstmt_let(b->mem, out, "shift", lexpr_finite(b->mem, above)));
    accumulator *part = part_of(b, whole, OP_SUM, arena_printf(b->mem, "%s_block", whole->value->name));
    lstmt *loop = lstmt_new(b->mem, out, LS_FOR);
    loop->temp = temp_new(b->mem, "score_at", ELEM_INT, false);
    loop->lo = lexpr_int(b->mem, 0);
    lexpr *last = lexpr_bin(b->mem, OP_SUB, lexpr_temp(b->mem, b->end), lexpr_int(b->mem, 1));
    loop->hi = lexpr_bin(b->mem, OP_ADD, pass_of(b, last), lexpr_int(b->mem, 1));
    loop->whole = b->loop->whole;
    lexpr *at = lexpr_temp(b->mem, loop->temp);
    lexpr load = {.kind = LX_LOAD, .elem = e, .buffer = scores, .lanes = scores->lanes, .nargs = 1, .args = &at};
    lstmt *add = lstmt_new(b->mem, &loop->body, LS_ADD);
    add->acc = part;
    add->e = lexpr_exp_less(b->mem, lexpr_new(b->mem, load), shift);
    lexpr *old = lexpr_bin(b->mem, OP_MUL, lexpr_temp(b->mem, whole->value), lexpr_exp_less(b->mem, top, shift));
    lstmt_set(b->mem, out, whole->value, lexpr_bin(b->mem, OP_ADD, old, lexpr_temp(b->mem, part->value)));
    lstmt_set(b->mem, out, whole->second, above);
}

static void block_exponentials(blocking *b, lstmt_list *out, const lstmt *add)
{
    elem e = add->acc->elem;
    temp *greatest = temp_new(b->mem, "greatest", e, add->acc->value->lanes);
    lstmt_var(b->mem, &b->before, greatest, lexpr_const(b->mem, e, -__builtin_inf()));
    buffer *scores = score_buffer(b, add->acc);
    keep_score(b, out, add, scores, greatest);
    add_scores(b, add->acc, scores, greatest);
}

/* ---- the loop ---- */

static lstmt *blocks_around(blocking *b, bool scores)
{
    lstmt *loop = b->loop, *blocks = ARENA_NEW(b->mem, lstmt);
    int64_t step = !loop->lanes ? BLOCK : scores ? BLOCK_SCORES : BLOCK_LANES;
    *blocks = (lstmt){.kind = LS_FOR, .lo = loop->lo, .hi = loop->hi, .step = step};
    loop->whole = lstmt_range(loop);
    blocks->parts = true;
    const char *name = loop->temp->name;
    blocks->temp = b->begin = temp_new(b->mem, arena_printf(b->mem, "%s_block", name), ELEM_INT, false);
    lexpr *begin = lexpr_temp(b->mem, b->begin);
    lexpr *end = lexpr_bin(b->mem, OP_MIN, lexpr_bin(b->mem, OP_ADD, begin, lexpr_int(b->mem, step)), loop->hi);
    b->end = lstmt_let(b->mem, &blocks->body, arena_printf(b->mem, "%s_end", name), end);
    loop->lo = begin;
    loop->hi = lexpr_temp(b->mem, b->end);
    return blocks;
}

static void append(arena *mem, lstmt_list *to, const lstmt_list *from)
{
    for (int i = 0; i < from->n; i++)
        vec_push(mem, to, from->data[i]);
}

static lstmt *in_blocks(arena *mem, nest_fn *f, lstmt *loop, const map *inner, bool sums, bool scores)
{
    blocking b = {.mem = mem, .f = f, .loop = loop};
    b.pool = extent_pool_new(mem);
    lstmt *blocks = blocks_around(&b, scores);
    if (sums)
        block_arrays(&b);
    lstmt_list body = {0};
    for (int i = 0; i < loop->body.n; i++) {
        lstmt *s = loop->body.data[i];
        bool own = s->kind == LS_ADD && map_get(inner, s->acc->value);
        if (sums && is_sum(s) && !own)
            block_sum(&b, s);
        if (is_exponential(s) && !own)
            block_exponentials(&b, &body, s);
        else
            vec_push(mem, &body, s);
    }
    loop->body = body;
    append(mem, &blocks->body, &b.before);
    vec_push(mem, &blocks->body, loop);
    append(mem, &blocks->body, &b.after);
    return blocks;
}

/* ---- which loops ---- */

typedef struct frame {
    const lstmt *loop;
    const struct frame *around; /* NULL: no loop around, and none here */
} frame;

/* Loops that add to what is declared outside of them; all loops around what adds to an array. */
typedef struct reducing {
    arena *mem;
    map declared; /* value of an accumulator -> frame around its declaration */
    map loops;
} reducing;

static void find_reducing(reducing *r, const lstmt_list *list, const frame *f)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        const frame *here = f;
        if (s->kind == LS_FOR) {
            frame *inner = ARENA_NEW(r->mem, frame);
            *inner = (frame){s, f};
            here = inner;
        }
        if (s->kind == LS_ACC)
            map_set(&r->declared, s->acc->value, (void *)f);
        const frame *declared = s->kind == LS_ADD ? map_get(&r->declared, s->acc->value) : NULL;
        bool adds = declared || (s->kind == LS_STORE && s->accumulate);
        for (const frame *at = f; adds && at->around && at != declared; at = at->around)
            map_set(&r->loops, at->loop, r);
        find_reducing(r, &s->body, here);
        find_reducing(r, &s->other, here);
    }
}

typedef struct place_of_loop {
    int loops, reducing; /* around it, but for those over parts, and those whose passes follow each other */
} place_of_loop;

static place_of_loop inside(const reducing *r, place_of_loop p, const lstmt *s)
{
    bool reduces = map_get(&r->loops, s) != NULL;
    bool counts =
        s->kind == LS_KERNEL || (s->kind == LS_FOR && !s->parts && !s->in_time && (reduces || s->independent));
    return (place_of_loop){p.loops + counts, p.reducing + (counts && reduces)};
}

/* A loop below two others, one of which reduces, is mostly over the features of a pair: too short for blocks. */
static void block_list(const reducing *r, nest_fn *f, lstmt_list *list, place_of_loop p)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        block_list(r, f, &s->body, inside(r, p, s));
        block_list(r, f, &s->other, inside(r, p, s));
        if (s->kind != LS_FOR || s->parallel || s->parts)
            continue;
        map own;
        map_init(&own, r->mem);
        find_inside(&own, &s->body);
        bool of_pair = p.loops >= 2 && p.reducing > 0;
        bool sums = !of_pair && is_long(s) && (has(s, &own, is_sum) || has_arrays(r->mem, s)),
             scores = has(s, &own, is_exponential);
        if (sums || scores)
            list->data[i] = in_blocks(r->mem, f, s, &own, sums, scores);
    }
}

void block(nest_fn *f, arena *mem)
{
    const frame top = {0};
    reducing r = {.mem = mem};
    map_init(&r.declared, mem);
    map_init(&r.loops, mem);
    find_reducing(&r, &f->body, &top);
    block_list(&r, f, &f->body, (place_of_loop){0});
}
