/* Groups of columns, in which sums of exponentials look for their maximum (offload_exponentials.c), and selections
 * whether one of the scores may be selected at all: they are computed before any is used. */
#include "stage/offload/offload_tiles.h"

lexpr *score_filter(const tiling *t, const scoring *g, lexpr *filter)
{
    return g->inside && filter ? lexpr_bin(t->o->mem, OP_AND, g->inside, filter) : g->inside ? g->inside : filter;
}

lexpr *chosen_score(const tiling *t, const scoring *g, lexpr *filter, lexpr *value, lexpr *otherwise)
{
    lexpr *all = score_filter(t, g, filter);
    return all ? lexpr_select(t->o->mem, all, value, otherwise) : value;
}

static lexpr *new_scores(tiling *t, scoring *g, elem e, buffer **b)
{
    *b = ARENA_NEW(t->o->mem, buffer);
    **b = (buffer){.kind = BUF_LOCAL, .name = "scores", .elem = e, .rank = 1, .arg = -1, .slot = -1};
    (*b)->extents = ARENA_ARRAY(t->o->mem, const extent *, 1);
    (*b)->extents[0] = extent_const(t->o->pool, t->group);
    vec_push(t->o->mem, &t->o->f->buffers, *b);
    lstmt_new(t->o->mem, &g->before, LS_ARRAY)->buffer = *b;
    return NULL;
}

static void store_score(tiling *t, const scoring *g, lstmt_list *out, buffer *b, lexpr *value)
{
    lstmt *store = lstmt_new(t->o->mem, out, LS_STORE);
    store->buffer = b;
    store->nsubs = 1;
    store->subs = ARENA_ARRAY(t->o->mem, lexpr *, 1);
    store->subs[0] = g->column;
    store->e = value;
}

/* A score that is no number does not count. */
void set_better(tiling *t, lstmt_list *out, op o, temp *best, lexpr *value)
{
    lexpr *better = lexpr_bin(t->o->mem, o, lexpr_temp(t->o->mem, best), value);
    better->numbers = true;
    lstmt_set(t->o->mem, out, best, better);
}

/* The greatest (least) so far. */
static temp *track_best(tiling *t, scoring *g, lstmt_list *out, op o, lexpr *value)
{
    arena *mem = t->o->mem;
    temp *best = temp_new(mem, o == OP_MAX ? "greatest" : "least", value->elem, false);
    lstmt_var(mem, &g->before, best, lexpr_const(mem, value->elem, o == OP_MAX ? -__builtin_inf() : __builtin_inf()));
    set_better(t, out, o, best, value);
    return best;
}

lstmt *loop_over_scores(tiling *t, lstmt_list *out)
{
    lstmt *loop = lstmt_new(t->o->mem, out, LS_FOR);
    *loop = (lstmt){.kind = LS_FOR, .temp = temp_new(t->o->mem, "k", ELEM_INT, false), .most = t->group, .parts = true};
    loop->lo = lexpr_int(t->o->mem, 0);
    loop->hi = lexpr_int(t->o->mem, t->group);
    loop->unroll = t->group;
    return loop;
}

static lexpr *load_score(tiling *t, const lstmt *loop, buffer *b)
{
    lexpr *at = lexpr_temp(t->o->mem, loop->temp);
    return lexpr_new(t->o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = &at});
}

static lexpr *last_of(tiling *t, const lstmt *insert, buffer *b)
{
    int n = insert->nsubs;
    lexpr **subs = ARENA_ARRAY(t->o->mem, lexpr *, n + 1);
    for (int i = 0; i < n; i++)
        subs[i] = insert->subs[i];
    const extent *k = extent_sub(b->extents[n], extent_const(t->o->pool, 1));
    subs[n] = lexpr_size(t->o->mem, k);
    return lexpr_new(t->o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = n + 1, .args = subs});
}

/* What is no number is never selected. */
static void score_selection(tiling *t, scoring *g, lstmt *insert, lexpr *filter, lstmt_list *out)
{
    arena *mem = t->o->mem;
    elem e = insert->e->elem;
    buffer *b;
    new_scores(t, g, e, &b);
    lexpr *none = lexpr_const(mem, e, __builtin_nan(""));
    lexpr *value = lexpr_temp(mem, lstmt_let(mem, out, "score", chosen_score(t, g, filter, insert->e, none)));
    store_score(t, g, out, b, value);
    lexpr *best = lexpr_temp(mem, track_best(t, g, out, insert->largest ? OP_MAX : OP_MIN, value));
    lexpr *last = last_of(t, insert, insert->buffer), *index = last_of(t, insert, insert->from);
    lexpr *enters = insert->largest ? lexpr_bin(mem, OP_LT, last, best) : lexpr_bin(mem, OP_LT, best, last);
    lexpr *unfilled = lexpr_bin(mem, OP_LT, index, lexpr_int(mem, 0));
    lstmt *some = lstmt_new(mem, &g->after, LS_IF);
    some->e = lexpr_bin(mem, OP_OR, enters, unfilled);
    lstmt *loop = loop_over_scores(t, &some->body);
    lstmt *column = lstmt_new(mem, &loop->body, LS_LET);
    column->temp = t->sum->temp;
    column->e = lexpr_bin(mem, OP_ADD, lexpr_bin(mem, OP_ADD, g->tile, g->first), lexpr_temp(mem, loop->temp));
    insert->e = load_score(t, loop, b);
    vec_push(mem, &loop->body, insert);
}

static bool is_scored(const lstmt *s)
{
    return (s->kind == LS_ADD && s->acc->op == OP_LSE) || (s->kind == LS_INSERT && elem_is_float(s->e->elem));
}

/* The selection that is all of a branch. */
static lstmt *selected_if(const lstmt *s)
{
    bool only = s->kind == LS_IF && s->body.n == 1 && s->other.n == 0 && is_scored(s->body.data[0]);
    return only ? s->body.data[0] : NULL;
}

bool has_scores(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++)
        if (is_scored(body->data[i]) || selected_if(body->data[i]))
            return true;
    return false;
}

static bool adds_to_own(map *own, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_ACC)
            map_set(own, s->acc->value, s->acc);
        if ((s->kind == LS_ADD && !map_get(own, s->acc->value)) || !adds_to_own(own, &s->body))
            return false;
    }
    return true;
}

bool can_group(arena *mem, const lstmt_list *body)
{
    map own;
    map_init(&own, mem);
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        if (s->kind == LS_ACC)
            map_set(&own, s->acc->value, s->acc);
        bool adds = s->kind == LS_ADD || s->kind == LS_LET || s->kind == LS_ACC || is_scored(s) || selected_if(s);
        bool inner = s->kind == LS_FOR && !writes_entries(&s->body) && adds_to_own(&own, &s->body);
        if (!adds && !inner)
            return false;
    }
    return true;
}

bool keeps_scores(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++)
        if (body->data[i]->kind == LS_INSERT || selected_if(body->data[i]))
            return true;
    return false;
}

void emit_scored(tiling *t, scoring *g, lstmt_list *out, lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i], *selected = selected_if(s);
        if (selected || s->kind == LS_INSERT) {
            score_selection(t, g, selected ? selected : s, selected ? s->e : NULL, out);
        } else if (is_scored(s)) {
            add_exponential(t, g, body, s, out);
        } else {
            if (s->kind == LS_ADD && g->inside)
                s->filter = s->filter ? lexpr_bin(t->o->mem, OP_AND, g->inside, s->filter) : g->inside;
            vec_push(t->o->mem, out, s);
        }
    }
}
