/* A tape can be brought back when it is only read by rows, and each row is asked for by loops alone: between where the
 * loop runs and where the row is known there is no axis, whose points would ask in any order and at the same time. */
#include "stage/keep.h"

typedef struct keeping {
    graph *g;
    map seen, done;
    map binders; /* variable -> the binder that was entered */
    map depths;  /* variable -> how many binders must be entered to know it */
    map stored;  /* tapes that something needs as a whole */
} keeping;

static char mark;

/* ---- where a node is known ---- */

static intptr_t depth_of(const keeping *k, const var *v)
{
    return (intptr_t)map_get(&k->depths, v);
}

/* The innermost variable that n depends on, or NULL. */
static const var *home_of(const keeping *k, const node *n)
{
    const var *home = NULL;
    for (int i = 0; i < n->nfree; i++)
        if (!home || depth_of(k, n->free[i]) > depth_of(k, home))
            home = n->free[i];
    return home;
}

static void note_binder(keeping *k, node *n, const opening *o)
{
    const var *home = home_of(k, n);
    intptr_t depth = home ? depth_of(k, home) + 1 : 1;
    for (int i = 0; i < n->nvars; i++) {
        map_set(&k->binders, o->vars[i], n);
        map_set(&k->depths, o->vars[i], (void *)depth);
    }
}

static bool is_asked_by_loops(const keeping *k, const node *loop, const node *pass)
{
    const var *v = home_of(k, pass), *end = home_of(k, loop);
    while (v && v != end) {
        const node *binder = map_get(&k->binders, v);
        if (!binder || (binder->op != OP_LOOP && binder->op != OP_STACK))
            return false;
        v = home_of(k, binder);
    }
    return v == end;
}

/* ---- which tapes ---- */

static bool is_tape(const node *n)
{
    return n->op == OP_STACK && n->integer;
}

static void find(keeping *k, node *n);

static void find_use(keeping *k, const node *user, int place)
{
    node *n = user->args[place];
    if (!is_tape(n))
        return;
    bool is_row = user->op == OP_ACCESS && place == 0;
    if (!is_row || !is_asked_by_loops(k, n->args[0], user->args[1]))
        map_set(&k->stored, n, &mark);
}

static void find(keeping *k, node *n)
{
    if (n->nargs == 0 || map_get(&k->seen, n))
        return;
    map_set(&k->seen, n, &mark);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++) {
        find_use(k, n, i);
        find(k, n->args[i]);
    }
    if (!node_is_binder(n))
        return;
    opening *o = graph_enter(k->g, n);
    note_binder(k, n, o);
    for (int i = 0; i < n->ninner; i++) {
        if (is_tape(o->inner[i]))
            map_set(&k->stored, o->inner[i], &mark);
        find(k, o->inner[i]);
    }
    graph_exit(o);
}

/* ---- their rows ---- */

static node *rewrite(void *data, node *n);

static node *bring_back(keeping *k, node *row)
{
    graph *g = k->g;
    node *tape = row->args[0], *loop = rewrite(k, tape->args[0]), *pass = rewrite(k, row->args[1]), *e;
    node **by = ARENA_ARRAY(g->mem, node *, tape->nvars), **subs = ARENA_ARRAY(g->mem, node *, row->nargs);
    by[0] = node_is_number(loop->args[0], 0) ? pass : graph_bin(g, OP_ADD, loop->args[0], pass);
    for (int i = 1; i < tape->nvars; i++)
        by[i] = graph_at(g, loop, pass, tape->extents[0], i - 1);
    graph_apply(g, tape, by, &e);
    for (int i = 2; i < row->nargs; i++)
        subs[i - 2] = rewrite(k, row->args[i]);
    e = rewrite(k, e);
    return e->rank ? graph_access(g, e, subs) : e;
}

static bool keeps_all(const keeping *k, const node *tape)
{
    return graph_rule(k->g, tape->args[0]).checkpoint.kind == KEEP_ALL;
}

static bool is_brought_back(const keeping *k, const node *n)
{
    return is_tape(n) && map_get(&k->seen, n) && !map_get(&k->stored, n) && !keeps_all(k, n);
}

/* No tape: what is still one afterwards is what another choice than `all` brings back, and the schedule treats its
 * states alike. */
static node *as_whole(keeping *k, node *tape)
{
    opening *o = graph_enter(k->g, tape);
    graph_exit(o);
    return graph_stack(k->g, tape->args[0], tape->extents[0], o->vars, o->inner[0]);
}

static node *rewrite(void *data, node *n)
{
    keeping *k = data;
    if (n->nargs == 0)
        return n;
    node *r = map_get(&k->done, n);
    if (r)
        return r;
    bool back = n->op == OP_ACCESS && is_brought_back(k, n->args[0]);
    r = back ? bring_back(k, n) : graph_map_args(k->g, n, rewrite, k);
    if (is_tape(n) && map_get(&k->stored, n))
        r = as_whole(k, r);
    if (!r->hint)
        r->hint = n->hint;
    map_set(&k->done, n, r);
    return r;
}

static bool has_choice(const graph *g)
{
    for (int i = 0; i < g->rules.n; i++)
        if (g->rules.data[i].checkpoint.kind != KEEP_DEFAULT)
            return true;
    return false;
}

void keep(graph *g, graph_fn *f)
{
    keeping k = {.g = g};
    if (!has_choice(g))
        return;
    map *const maps[] = {&k.seen, &k.done, &k.binders, &k.depths, &k.stored};
    for (int i = 0; i < 5; i++)
        map_init(maps[i], g->mem);
    for (int i = 0; i < f->nouts; i++) {
        if (is_tape(f->outs[i]))
            map_set(&k.stored, f->outs[i], &mark);
        find(&k, f->outs[i]);
    }
    for (int i = 0; i < f->checks.n; i++)
        find(&k, f->checks.data[i].ok);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = rewrite(&k, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = rewrite(&k, f->checks.data[i].ok);
}
