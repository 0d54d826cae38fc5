/* What a block must compute besides scalars: found in the graph, ordered by level, grouped by loop. */
#include <assert.h>

#include "stage/schedule/schedule_state.h"

/* A node met in the search. */
typedef struct visited {
    bool inside; /* items may lie below it: the search went on */
    int level;   /* of the items below it, the greatest, plus 1; 0: not known yet */
} visited;

typedef struct planning {
    scheduler *s;
    block *b;
    arena *scratch; /* of the maps: gone when the levels are known */
    map seen;       /* node -> visited */
    map items;      /* node -> item */
    item_list list;
    map joined; /* node -> item that takes what it reads from those of its loop */
    bool any_joined;
} planning;

static bool is_item(const node *n)
{
    return node_is_reduce(n) || n->op == OP_TENSOR || n->op == OP_SCATTER || n->op == OP_LOOP || n->op == OP_CALL ||
           n->op == OP_AT;
}

static bool is_done(block *b, const node *n)
{
    if (n->op == OP_LOOP || n->op == OP_CALL)
        return map_get(&b->tensors, n) != NULL;
    return map_get(&b->values, n) || map_get(&b->tensors, n);
}

static item_kind kind_of(const node *n)
{
    if (n->op == OP_TENSOR)
        return ITEM_STORE;
    if (n->op == OP_SCATTER)
        return ITEM_SCATTER;
    if (n->op == OP_LOOP)
        return ITEM_LOOP;
    if (n->op == OP_CALL)
        return ITEM_CALL;
    if (n->op == OP_AT)
        return ITEM_ASKED;
    return n->op == OP_ARGKMIN || n->op == OP_ARGKMAX ? ITEM_ARGK : ITEM_REDUCE;
}

static item *note_item(planning *p, node *n)
{
    item *it = map_get(&p->items, n);
    if (it)
        return it;
    it = map_get(&p->joined, n);
    if (!it) {
        it = ARENA_NEW(p->s->mem, item);
        it->kind = kind_of(n);
        it->n = n;
        it->again = p->s->again && map_get(p->s->again, n);
    }
    map_set(&p->items, n, it);
    vec_push(p->s->mem, &p->list, it);
    return it;
}

/* All states that are asked for at a pass come back at once. */
static void note_asked(planning *p, node *n, const block *home)
{
    scheduler *s = p->s;
    node *loop = n->args[0];
    if (home_block(s, p->b, loop) == p->b && !is_done(p->b, loop))
        vec_push(s->mem, &note_item(p, loop)->asked, n);
    if (home)
        map_set(&p->items, n, note_item(p, graph_at(s->g, loop, n->args[1], n->extent, 0)));
}

/* Zeros that only start a loop's state are filled in, not stored. */
static bool is_fill(const node *parent, const node *n)
{
    return parent->op == OP_LOOP && n->op == OP_TENSOR && n->args[0]->op == OP_CONST;
}

typedef struct reading {
    scheduler *s;
    map seen;
} reading;

static void note_readers(reading *r, node *n)
{
    arena *mem = r->s->mem;
    if (n->nargs == 0 || map_get(&r->seen, n))
        return;
    map_set(&r->seen, n, n);
    for (int i = 0; i < n->nargs; i++)
        note_readers(r, n->args[i]);
    if ((n->op != OP_STACK && n->op != OP_AT) || n->args[0]->nfree > 0)
        return;
    node_vec *list = map_get(&r->s->readers, n->args[0]);
    if (!list) {
        list = ARENA_NEW(mem, node_vec);
        map_set(&r->s->readers, n->args[0], list);
    }
    vec_push(mem, list, n);
}

void find_readers(scheduler *s, int nroots, node *const *roots)
{
    reading r = {.s = s};
    arena *scratch = arena_new();
    map_init(&r.seen, scratch);
    for (int i = 0; i < nroots; i++)
        note_readers(&r, roots[i]);
    arena_free(scratch);
}

static void visit(planning *p, node *n)
{
    if (n->nargs == 0 || map_get(&p->seen, n))
        return;
    visited *v = ARENA_NEW(p->scratch, visited);
    map_set(&p->seen, n, v);
    block *home = home_block(p->s, p->b, n);
    if (home && home != p->b)
        return;
    if (home && is_done(p->b, n))
        return;
    v->inside = true;
    if (home && n->op == OP_STACK) {
        item *loop = note_item(p, n->args[0]);
        vec_push(p->s->mem, &loop->stacks, n);
    }
    if (n->op == OP_AT)
        note_asked(p, n, home);
    else if (home && is_item(n))
        note_item(p, n);
    const item *joined = map_get(&p->joined, n);
    if (joined)
        visit(p, joined->body);
    if (joined && joined->filter)
        visit(p, joined->filter);
    for (int i = 0; i < n->nargs && !joined; i++)
        if (!is_fill(n, n->args[i]))
            visit(p, n->args[i]);
    const node_vec *readers = n->op == OP_LOOP ? map_get(&p->s->readers, n) : NULL;
    for (int i = 0; readers && i < readers->n; i++)
        visit(p, readers->data[i]);
}

/* States at the start of a pass, brought back or the row of a tape: had before all others of their level, which may
 * read them. */
static bool comes_first(const item *it)
{
    const node *entry = it->n && it->n->op == OP_TENSOR ? it->n->args[0] : NULL;
    bool is_row = entry && entry->op == OP_ACCESS && entry->args[0]->op == OP_STACK && entry->args[0]->integer;
    return it->kind == ITEM_ASKED || is_row;
}

static int level_of(planning *p, node *n);

static int level_of_args(planning *p, const node *n)
{
    int level = 0;
    for (int i = 0; i < n->nargs; i++) {
        int k = level_of(p, n->args[i]);
        level = k > level ? k : level;
    }
    return level;
}

static bool is_nest(const item *it)
{
    return it->kind == ITEM_STORE || it->kind == ITEM_REDUCE || it->kind == ITEM_VECTOR;
}

/* Whether the item need not wait for those of a level, but can compute in their loop what it reads of theirs. */
static bool join_level(planning *p, item *it, int level)
{
    if (level == 0 || it->kind == ITEM_VECTOR || !is_nest(it) || (it->n && it->n->op == OP_SCATTER))
        return false;
    open_item(p->s, it);
    if (is_short_row(p->b, it))
        return false;
    node *body = join_body(p->s, it, &p->items, level);
    if (!body)
        return false;
    visit(p, body);
    if (level_of(p, body) >= level || (it->filter && level_of(p, it->filter) >= level))
        return false;
    it->body = body;
    p->any_joined = true;
    if (it->n)
        map_set(&p->joined, it->n, it);
    return true;
}

static int item_level(planning *p, item *it)
{
    if (it->level)
        return it->level;
    int level = 0, after = 0, k;
    if (it->body) {
        level = level_of(p, it->body);
        k = it->filter ? level_of(p, it->filter) : 0;
        level = k > level ? k : level;
    } else {
        level = level_of_args(p, it->n);
    }
    for (int i = 0; i < it->stacks.n; i++) {
        k = level_of(p, it->stacks.data[i]->args[1]);
        level = k > level ? k : level;
    }
    for (int i = 0; i < it->after.n; i++) {
        k = item_level(p, it->after.data[i]);
        after = k > after ? k : after;
    }
    level = after > level ? after : level;
    return it->level = level > after && join_level(p, it, level) ? level : level + 1;
}

/* Below what the search did not go into there is no item. */
static int level_of(planning *p, node *n)
{
    visited *v = map_get(&p->seen, n);
    if (!v || !v->inside)
        return 0;
    if (v->level == 0) {
        item *it = map_get(&p->items, n);
        v->level = 1 + (it ? item_level(p, it) - comes_first(it) : level_of_args(p, n));
    }
    return v->level - 1;
}

static bool same_loop(scheduler *s, const block *in, const item *a, const item *b)
{
    if (is_nest(b) && is_short_row(in, b))
        return false;
    if (!is_nest(a) || !is_nest(b) || a->again != b->again || comes_first(a) != comes_first(b))
        return false;
    if (a != b && (is_product(s, in, a) || is_product(s, in, b)))
        return false;
    const extent *x = a->axes[0]->extent, *y = b->axes[0]->extent;
    if (x || y)
        return x == y;
    return a->ranges[0] == b->ranges[0] && a->ranges[1] == b->ranges[1];
}

static void emit_item(scheduler *s, block *b, item *it)
{
    if (it->kind == ITEM_LOOP)
        emit_loop(s, b, it);
    else if (it->kind == ITEM_CALL)
        emit_call(s, b, it);
    else if (it->kind == ITEM_ASKED)
        emit_asked(s, b, it);
    else if (it->kind == ITEM_SCATTER)
        emit_scatter(s, b, it);
    else
        emit_argk(s, b, it);
}

/* Those of item i's loop that are not done, of a level. */
static item_list with_same_loop(scheduler *s, const block *b, const item_list *items, int i)
{
    item_list group = {0};
    for (int k = i; k < items->n; k++)
        if (!items->data[k]->done && same_loop(s, b, items->data[i], items->data[k]))
            vec_push(s->mem, &group, items->data[k]);
    return group;
}

/* The group together with another one of the level, over the other side of the same pairs. */
static bool emit_with_other_loop(scheduler *s, block *b, const item_list *items, const item_list *group)
{
    if (!b->sequential || b->in_order || group->n == 0)
        return false;
    for (int i = 0; i < items->n; i++) {
        if (items->data[i]->done || !is_nest(items->data[i]) || items->data[i]->again != group->data[0]->again)
            continue;
        item_list other = with_same_loop(s, b, items, i);
        if (other.n == 0 || !emit_groups_joined(s, b, group, &other))
            continue;
        for (int k = 0; k < other.n; k++)
            other.data[k]->done = true;
        return true;
    }
    return false;
}

/* items: those of a level. */
static void emit_with_same_loop(scheduler *s, block *b, const item_list *items, int i)
{
    item *first = items->data[i];
    if (!is_nest(first)) {
        first->done = true;
        emit_item(s, b, first);
        return;
    }
    if (is_short_row(b, first)) {
        first->done = true;
        emit_short_row(s, b, first);
        return;
    }
    item_list group = with_same_loop(s, b, items, i);
    for (int k = 0; k < group.n; k++)
        group.data[k]->done = true;
    if (comes_first(first))
        emit_group(s, b, group.n, group.data);
    else if (!emit_with_other_loop(s, b, items, &group))
        emit_group(s, b, group.n, group.data);
}

/* At top level a group is a position in the lifetimes of buffers. What it turned out to need on the way was put before
 * it, so all that it uses lives until its end. */
static void emit_next(scheduler *s, block *b, const item_list *items, int i)
{
    int before = s->touched.n;
    if (b == s->root)
        s->position++;
    emit_with_same_loop(s, b, items, i);
    if (b != s->root)
        return;
    s->position++;
    for (int k = before, n = s->touched.n; k < n; k++)
        s->touched.data[k]->last_use = s->position;
}

static void emit_level(scheduler *s, block *b, const item_list *items)
{
    for (int i = 0; i < items->n; i++)
        if (comes_first(items->data[i]) && !items->data[i]->done)
            emit_next(s, b, items, i);
    for (int i = 0; i < items->n; i++)
        if (!items->data[i]->done)
            emit_next(s, b, items, i);
}

static void plan_all(planning *p, int nroots, node *const *roots, const item_list *given)
{
    map_init(&p->seen, p->scratch);
    map_init(&p->items, p->scratch);
    for (int i = 0; given && i < given->n; i++) {
        item *it = given->data[i];
        if (it->n && it->kind == ITEM_STORE)
            map_set(&p->items, it->n, it);
        vec_push(p->s->mem, &p->list, it);
    }
    for (int i = 0; i < nroots; i++)
        visit(p, roots[i]);
    for (int i = 0; given && i < given->n; i++) {
        item *it = given->data[i];
        visit(p, it->body);
        if (it->filter)
            visit(p, it->filter);
    }
}

/* The items of each level, opened; levels[0] is empty. */
static item_list *sort_levels(planning *p, int *nlevels)
{
    int last = 0;
    for (int i = 0; i < p->list.n; i++) {
        int level = item_level(p, p->list.data[i]);
        last = level > last ? level : last;
        if (is_nest(p->list.data[i]))
            open_item(p->s, p->list.data[i]);
    }
    item_list *levels = ARENA_ARRAY(p->s->mem, item_list, last + 1);
    for (int i = 0; i < p->list.n; i++)
        vec_push(p->s->mem, &levels[p->list.data[i]->level], p->list.data[i]);
    *nlevels = last;
    return levels;
}

/* What only those read that are joined with it now need not be stored. */
static void plan_again(planning *p, int nroots, node *const *roots, const item_list *given)
{
    for (int i = 0; i < p->list.n; i++)
        p->list.data[i]->level = 0;
    p->list.n = 0;
    plan_all(p, nroots, roots, given);
}

void schedule_items(scheduler *s, block *b, int nroots, node *const *roots, item_list *given)
{
    planning p = {.s = s, .b = b, .scratch = arena_new()};
    map_init(&p.joined, p.scratch);
    plan_all(&p, nroots, roots, given);
    int last;
    item_list *levels = sort_levels(&p, &last);
    if (p.any_joined) {
        plan_again(&p, nroots, roots, given);
        levels = sort_levels(&p, &last);
    }
    arena_free(p.scratch);
    for (int level = 1; level <= last; level++)
        emit_level(s, b, &levels[level]);
}
