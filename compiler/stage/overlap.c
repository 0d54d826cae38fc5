/* Reads loops within loops in lanes; writes their `ahead`, and the order of their statements. */
#include "stage/overlap.h"

#include "base/map.h"
#include "form/loops_cost.h"
#include "form/loops_make.h"

enum {
    LEAST_REST = 8,   /* operations in lanes that wait for the slow functions: fewer are hidden already */
    MOST_CARRIED = 8, /* vectors from one pass to the next: they stay in registers */
    SHORTEST = 16
};

typedef struct looking {
    const lstmt *loop;
    map lets;    /* temporary -> the LS_LET of the body that declares it */
    map changed; /* temporaries and buffers that the body writes */
    map first;   /* LS_LET -> itself: of the first stage */
    int rest, carried;
} looking;

static bool is_slow(const lexpr *e)
{
    if (e->kind == LX_POINT && e->lanes && cost_is_slow(e->op))
        return true;
    for (int i = 0; i < e->nargs; i++)
        if (is_slow(e->args[i]))
            return true;
    return false;
}

static int operations(const lexpr *e)
{
    int n = e->kind == LX_POINT && e->lanes;
    n += n && e->op == OP_FMA;
    for (int i = 0; i < e->nargs; i++)
        n += operations(e->args[i]);
    return n;
}

static bool runs_long(const lstmt *s)
{
    bool known = s->lo->kind == LX_CONST && s->hi->kind == LX_CONST;
    return !known || s->hi->integer - s->lo->integer >= SHORTEST;
}

static bool is_simple(const lstmt *s)
{
    if (s->kind != LS_FOR || s->lanes || s->parallel || s->e || s->step > 1 || s->unroll || !runs_long(s))
        return false;
    for (int i = 0; i < s->body.n; i++) {
        lstmt_kind kind = s->body.data[i]->kind;
        if (kind != LS_LET && kind != LS_SET && kind != LS_STORE && kind != LS_COMMENT)
            return false;
    }
    return true;
}

static void note(looking *l)
{
    for (int i = 0; i < l->loop->body.n; i++) {
        lstmt *s = l->loop->body.data[i];
        if (s->kind == LS_LET)
            map_set(&l->lets, s->temp, s);
        if (s->kind == LS_SET)
            map_set(&l->changed, s->temp, s);
        if (s->kind == LS_STORE)
            map_set(&l->changed, s->buffer, s);
    }
}

static bool take(looking *l, lstmt *let);

static bool take_operands(looking *l, const lexpr *e)
{
    lstmt *let = e->kind == LX_TEMP ? map_get(&l->lets, e->temp) : NULL;
    bool pure = !let || take(l, let);
    for (int i = 0; i < e->nargs && pure; i++)
        pure = take_operands(l, e->args[i]);
    return pure;
}

/* Into the first stage, with all it reads; false: it depends on the pass before. */
static bool take(looking *l, lstmt *let)
{
    if (map_get(&l->first, let))
        return true;
    map_set(&l->first, let, let);
    return !lexpr_depends(let->e, &l->changed) && take_operands(l, let->e);
}

static bool is_read_later(const looking *l, const temp *t)
{
    for (int i = 0; i < l->loop->body.n; i++) {
        const lstmt *s = l->loop->body.data[i];
        if (!map_get(&l->first, s) && lstmt_reads(s, t))
            return true;
    }
    return false;
}

static bool takes_slow(looking *l)
{
    for (int i = 0; i < l->loop->body.n; i++) {
        lstmt *s = l->loop->body.data[i];
        if (s->kind == LS_LET && s->temp->lanes && !lexpr_is_lanewise(s->e) && is_slow(s->e) && !take(l, s))
            return false;
    }
    return true;
}

static void weigh(looking *l)
{
    for (int i = 0; i < l->loop->body.n; i++) {
        const lstmt *s = l->loop->body.data[i];
        if (map_get(&l->first, s))
            l->carried += s->temp->lanes && is_read_later(l, s->temp);
        else if (s->e)
            l->rest += operations(s->e) + (s->kind == LS_STORE && s->accumulate);
    }
}

static void put_first(const looking *l, arena *mem, lstmt *loop)
{
    lstmt_list order = {0};
    for (int stage = 0; stage < 2; stage++) {
        for (int i = 0; i < loop->body.n; i++)
            if ((map_get(&l->first, loop->body.data[i]) != NULL) == !stage)
                vec_push(mem, &order, loop->body.data[i]);
        loop->ahead = stage ? loop->ahead : order.n;
    }
    loop->body = order;
}

static void overlap_loop(arena *mem, lstmt *loop)
{
    arena *scratch = arena_new();
    looking l = {.loop = loop};
    map_init(&l.lets, scratch);
    map_init(&l.changed, scratch);
    map_init(&l.first, scratch);
    note(&l);
    bool possible = takes_slow(&l);
    weigh(&l);
    if (possible && l.carried > 0 && l.carried <= MOST_CARRIED && l.rest >= LEAST_REST)
        put_first(&l, mem, loop);
    arena_free(scratch);
}

static void overlap_list(arena *mem, const lstmt_list *list, bool in_lanes)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        if (in_lanes && is_simple(s)) {
            overlap_loop(mem, s);
            continue;
        }
        overlap_list(mem, &s->body, in_lanes || s->lanes);
        overlap_list(mem, &s->other, in_lanes);
    }
}

void overlap(nest_fn *f, arena *mem)
{
    overlap_list(mem, &f->body, false);
}
