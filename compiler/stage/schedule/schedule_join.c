/* Loops that follow each other over the same entries become one.
 *
 * An item whose entries are made of entries of the same place that another item stores (k = f(x), then x + h k) takes
 * the other one's expression instead of what it stored. Both then are of one level and run in one loop, where what they
 * share is computed once. So it is done only where that loop is sure to be one: entry by entry, over the same axes. */
#include "stage/schedule/schedule_state.h"

enum { MOST_NODES = 200 }; /* of what one loop computes for the two: beyond, values leave the registers */

typedef struct joining {
    scheduler *s;
    const item *it;
    const map *items;
    int level;
    map done; /* node -> the same with the others' expressions */
    bool reads_elsewhere;
} joining;

static bool varies(const node *n)
{
    bool any = false;
    for (int i = 0; i < n->nfree; i++)
        any |= n->free[i]->kind == VAR_AXIS;
    return any;
}

/* What loops and routines made: known before, and of any size inside. */
static bool is_given(const node *n)
{
    return n->op == OP_AT || n->op == OP_OUT;
}

static int count_nodes(map *seen, const node *n)
{
    if (map_get(seen, n) || is_given(n))
        return 0;
    map_set(seen, n, seen);
    int count = varies(n);
    bool known = n->op == OP_ACCESS || n->nargs == 0 || node_is_point(n);
    for (int i = n->op == OP_ACCESS; known && i < n->nargs && count <= MOST_NODES; i++)
        count += count_nodes(seen, n->args[i]);
    return known ? count : MOST_NODES + 1;
}

/* Nothing but functions of entries, and not too many. */
static bool is_light(const node *body)
{
    map seen;
    arena *scratch = arena_new();
    map_init(&seen, scratch);
    bool light = count_nodes(&seen, body) <= MOST_NODES;
    arena_free(scratch);
    return light;
}

static bool same_axes(const item *a, const item *b)
{
    bool same = a->naxes == b->naxes;
    for (int i = 0; same && i < a->naxes; i++)
        same = a->axes[i]->extent && a->axes[i]->extent == b->axes[i]->extent;
    return same;
}

static bool is_same_place(const item *it, const node *access)
{
    bool same = access->nargs == it->naxes + 1;
    for (int i = 0; same && i < it->naxes; i++)
        same = access->args[i + 1] == it->axes[i]->self;
    return same;
}

static bool can_join(const joining *j, item *other, const node *access)
{
    if (other->kind != ITEM_STORE || other->nprefix > 0 || other->again != j->it->again)
        return false;
    open_item(j->s, other);
    return same_axes(j->it, other) && is_same_place(j->it, access) && is_light(other->body);
}

static node *joined(joining *j, node *n)
{
    if (n->nargs == 0 || is_given(n) || j->reads_elsewhere)
        return n;
    node *known = map_get(&j->done, n);
    if (known)
        return known;
    node *result = n;
    item *other = n->op == OP_ACCESS ? map_get(j->items, n->args[0]) : NULL;
    if (other && other->kind != ITEM_ASKED && other->level == j->level) {
        j->reads_elsewhere |= !can_join(j, other, n);
        if (!j->reads_elsewhere)
            result = graph_subst(j->s->g, other->body, other->naxes, other->axes, n->args + 1);
    } else {
        node **args = ARENA_ARRAY(j->s->g->mem, node *, n->nargs);
        for (int i = 0; i < n->nargs; i++)
            args[i] = n->op == OP_ACCESS && i == 0 ? n->args[0] : joined(j, n->args[i]);
        result = graph_with_args(j->s->g, n, args);
    }
    map_set(&j->done, n, result);
    return result;
}

node *join_body(scheduler *s, const item *it, const map *items, int level)
{
    if (!is_light(it->body))
        return NULL;
    arena *scratch = arena_new();
    joining j = {.s = s, .it = it, .items = items, .level = level};
    map_init(&j.done, scratch);
    node *body = joined(&j, it->body);
    arena_free(scratch);
    return j.reads_elsewhere || body == it->body || !is_light(body) ? NULL : body;
}
