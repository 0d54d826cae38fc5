/* Loops without repetition: states that nothing reads or changes go, states that are always equal become one, and a
 * loop of which another one has all the states is taken from that one.
 *
 * Derivatives of derivatives make such loops: the tangent of a loop runs through its states once more. States are equal
 * when their first values are, and their next values are wherever equal states have equal values. */
#include "base/vec.h"
#include "stage/simplify/simplify.h"

typedef struct loop_use {
    node *loop;
    bool *read;               /* per state: by an out, a stack, or the next value of one that is read */
    int *same;                /* per state: the first that always equals it */
    bool *still;              /* per state: the first that always equals it stays at its first value */
    node *by;                 /* the loop to be used instead, or NULL */
    int *place;               /* per state: its place there */
    VEC(const node *) yields; /* of its stacks */
    int level;                /* more than that of any loop that it needs; 0: not known yet */
} loop_use;

typedef struct pruning {
    graph *g;
    map uses; /* loop -> loop_use */
    VEC(loop_use *) list;
    map seen, done, levels;
    bool strict; /* no loop is taken from one that depends on more variables: some place may be outside of their binder
                  */
} pruning;

static int states_of(const node *loop)
{
    return loop->ninner;
}

static loop_use *use_of(pruning *p, node *loop)
{
    loop_use *u = map_get(&p->uses, loop);
    if (u)
        return u;
    int n = states_of(loop);
    u = ARENA_NEW(p->g->mem, loop_use);
    *u = (loop_use){.loop = loop,
                    .read = ARENA_ARRAY(p->g->mem, bool, n + 1),
                    .same = ARENA_ARRAY(p->g->mem, int, n + 1),
                    .still = ARENA_ARRAY(p->g->mem, bool, n + 1),
                    .place = ARENA_ARRAY(p->g->mem, int, n + 1)};
    for (int i = 0; i < n; i++)
        u->same[i] = i;
    map_set(&p->uses, loop, u);
    vec_push(p->g->mem, &p->list, u);
    return u;
}

/* ---- what is read ---- */

static void use_stack(loop_use *u, arena *mem, const node *stack, const opening *o)
{
    for (int k = 0; k < states_of(u->loop); k++)
        u->read[k] |= node_depends(o->inner[0], o->vars[k + 1]);
    vec_push(mem, &u->yields, stack->args[1]);
}

static void find_uses(pruning *p, node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(&p->seen, n))
        return;
    map_set(&p->seen, n, &mark);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++)
        find_uses(p, n->args[i]);
    opening *o = node_is_binder(n) ? graph_enter(p->g, n) : NULL;
    for (int i = 0; o && i < n->ninner; i++)
        find_uses(p, o->inner[i]);
    if (n->op == OP_LOOP)
        use_of(p, n)->read[0] |= graph_rule(p->g, n).conditional;
    if (n->op == OP_OUT && n->args[0]->op == OP_LOOP && n->integer < states_of(n->args[0]))
        use_of(p, n->args[0])->read[n->integer] = true;
    if (o && n->op == OP_STACK)
        use_stack(use_of(p, n->args[0]), p->g->mem, n, o);
    if (o)
        graph_exit(o);
}

static void spread_reads(graph *g, loop_use *u)
{
    opening *o = graph_enter(g, u->loop);
    int n = states_of(u->loop);
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < n; i++)
            for (int k = 0; u->read[i] && k < n; k++)
                if (!u->read[k] && node_depends(o->inner[i], o->vars[k + 1]))
                    u->read[k] = changed = true;
    }
    graph_exit(o);
}

/* ---- equal states ---- */

static bool same_type(const var *a, const var *b)
{
    if (a->elem != b->elem || a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->extents[i] != b->extents[i])
            return false;
    return true;
}

/* Classes of states, made finer until equal states have equal next values in terms of the first of each class. */
static void find_same(graph *g, loop_use *u)
{
    opening *o = graph_enter(g, u->loop);
    int n = states_of(u->loop);
    node **by = ARENA_ARRAY(g->mem, node *, n + 1), **nexts = ARENA_ARRAY(g->mem, node *, n + 1);
    for (int i = 0; i < n; i++) {
        u->same[i] = 0;
        while (u->loop->args[2 + u->same[i]] != u->loop->args[2 + i] ||
               !same_type(o->vars[1 + u->same[i]], o->vars[1 + i]))
            u->same[i]++;
    }
    for (bool changed = true; changed;) {
        int *finer = ARENA_ARRAY(g->mem, int, n + 1);
        changed = false;
        for (int i = 0; i < n; i++)
            by[i] = o->vars[1 + u->same[i]]->self;
        for (int i = 0; i < n; i++)
            nexts[i] = graph_subst(g, o->inner[i], n, o->vars + 1, by);
        for (int i = 0; i < n; i++) {
            while (u->same[finer[i]] != u->same[i] || nexts[finer[i]] != nexts[i])
                finer[i]++;
            changed |= finer[i] != u->same[i];
        }
        u->same = finer;
    }
    bool conditional = graph_rule(g, u->loop).conditional;
    for (int i = 0; i < n; i++) {
        int first = u->same[i];
        u->read[first] |= u->read[i];
        u->still[i] = nexts[first] == o->vars[1 + first]->self && !(conditional && first == 0);
    }
    graph_exit(o);
}

/* ---- loops within loops ---- */

static bool reaches(map *seen, const node *from, const node *to)
{
    static char mark;
    if (from == to)
        return true;
    if (from->nargs == 0 || map_get(seen, from))
        return false;
    map_set(seen, from, &mark);
    for (int i = 0; i < from->nargs; i++)
        if (reaches(seen, from->args[i], to))
            return true;
    return false;
}

static bool same_rule(loop_rule a, loop_rule b)
{
    return a.conditional == b.conditional && a.checkpoint.kind == b.checkpoint.kind &&
           a.checkpoint.value == b.checkpoint.value;
}

/* The first states of b start and go on as those of a. */
static bool has_states(graph *g, node *b, node *a)
{
    int n = states_of(a);
    if (n == 0 || states_of(b) < n || a->args[0] != b->args[0] || a->args[1] != b->args[1] ||
        !same_rule(graph_rule(g, a), graph_rule(g, b)))
        return false;
    for (int i = 0; i < n; i++)
        if (a->args[2 + i] != b->args[2 + i] || !same_type(a->vars[1 + i], b->vars[1 + i]))
            return false;
    opening *o = graph_enter(g, b);
    node **by = ARENA_ARRAY(g->mem, node *, n + 1), **nexts = ARENA_ARRAY(g->mem, node *, n + 1);
    for (int i = 0; i <= n; i++)
        by[i] = o->vars[i]->self;
    graph_apply(g, a, by, nexts);
    bool same = true;
    for (int i = 0; i < n; i++)
        same &= nexts[i] == o->inner[i];
    graph_exit(o);
    return same;
}

/* A loop runs with all that its stacks yield. */
static bool needs(pruning *p, const loop_use *u, const node *loop)
{
    map seen;
    map_init(&seen, p->g->mem);
    bool found = reaches(&seen, u->loop, loop);
    for (int i = 0; i < u->yields.n && !found; i++)
        found = reaches(&seen, u->yields.data[i], loop);
    return found;
}

static int level_of(pruning *p, const node *n);

static int level_of_args(pruning *p, const node *n)
{
    int level = 0;
    for (int i = 0; i < n->nargs; i++) {
        int k = level_of(p, n->args[i]);
        level = k > level ? k : level;
    }
    return level;
}

static int loop_level(pruning *p, const node *loop)
{
    loop_use *u = map_get(&p->uses, loop);
    if (u && u->level)
        return u->level;
    int level = level_of_args(p, loop);
    for (int i = 0; u && i < u->yields.n; i++) {
        int k = level_of(p, u->yields.data[i]);
        level = k > level ? k : level;
    }
    if (u)
        u->level = level + 1;
    return level + 1;
}

static int level_of(pruning *p, const node *n)
{
    if (n->nargs == 0)
        return 0;
    intptr_t level = (intptr_t)map_get(&p->levels, n);
    if (!level) {
        level = 1 + (n->op == OP_LOOP ? loop_level(p, n) : level_of_args(p, n));
        map_set(&p->levels, n, (void *)level);
    }
    return (int)level - 1;
}

static bool depends_on_more(const node *by, const node *loop)
{
    for (int i = 0; i < by->nfree; i++)
        if (!node_depends(loop, by->free[i]))
            return true;
    return false;
}

static bool can_replace(pruning *p, const loop_use *u, const loop_use *by)
{
    int n = states_of(u->loop), m = states_of(by->loop);
    bool comes_first = m > n || (m == n && by->loop->id < u->loop->id);
    return comes_first && !(p->strict && depends_on_more(by->loop, u->loop)) && has_states(p->g, by->loop, u->loop);
}

static void replace_by(loop_use *u, loop_use *by)
{
    u->by = by->loop;
    for (int s = 0; s < states_of(u->loop); s++)
        u->place[s] = s;
}

/* All loops that others of their level can be used instead of: then nothing waits for itself. */
static bool find_repeated_in_levels(pruning *p)
{
    bool found = false;
    for (int i = 0; i < p->list.n; i++)
        loop_level(p, p->list.data[i]->loop);
    for (int i = 0; i < p->list.n; i++)
        for (int k = 0; k < p->list.n && !p->list.data[i]->by; k++) {
            loop_use *u = p->list.data[i], *by = p->list.data[k];
            if (i == k || u->level != by->level || !can_replace(p, u, by))
                continue;
            replace_by(u, by);
            found = true;
        }
    return found;
}

/* One loop that another one can be used instead of. */
static bool find_repeated(pruning *p)
{
    for (int i = 0; i < p->list.n; i++)
        for (int k = 0; k < p->list.n; k++) {
            loop_use *u = p->list.data[i], *by = p->list.data[k];
            if (i == k || !can_replace(p, u, by) || needs(p, by, u->loop) || needs(p, u, by->loop))
                continue;
            replace_by(u, by);
            return true;
        }
    return false;
}

/* ---- rewriting ---- */

static node *rewrite(void *data, node *n);

static bool is_kept(const loop_use *u, int state)
{
    return u->same[state] == state && u->read[state] && !u->still[state];
}

/* In a pass, in terms of the states that are kept. */
static node *state_value(const loop_use *u, const opening *o, int state)
{
    int first = u->same[state];
    return u->still[state] ? u->loop->args[2 + first] : o->vars[1 + first]->self;
}

/* A loop with the states that are read and change, one for each class, their values in terms of these. */
static void make_smaller(pruning *p, loop_use *u)
{
    graph *g = p->g;
    node *loop = u->loop;
    int n = states_of(loop), kept = 0;
    var **vars = ARENA_ARRAY(g->mem, var *, n + 1);
    node **inits = ARENA_ARRAY(g->mem, node *, n + 1), **nexts = ARENA_ARRAY(g->mem, node *, n + 1),
         **by = ARENA_ARRAY(g->mem, node *, n + 1);
    for (int i = 0; i < n; i++)
        if (is_kept(u, i)) {
            u->place[i] = kept++;
            inits[u->place[i]] = rewrite(p, loop->args[2 + i]);
        }
    opening *o = graph_enter(g, loop);
    vars[0] = o->vars[0];
    for (int i = 0; i < n; i++)
        by[i] = state_value(u, o, i);
    for (int i = 0; i < n; i++) {
        int k = u->place[i];
        if (!is_kept(u, i))
            continue;
        vars[1 + k] = o->vars[1 + i];
        nexts[k] = rewrite(p, graph_subst(g, o->inner[i], n, o->vars + 1, by));
    }
    for (int i = 0; i < n; i++)
        u->place[i] = u->place[u->same[i]];
    g->at = loop->at;
    u->by = graph_loop(g, graph_rule(g, loop), rewrite(p, loop->args[0]), rewrite(p, loop->args[1]), kept, inits, vars,
                       nexts);
    map_set(&p->done, u->by, u->by);
    graph_exit(o);
}

static bool is_smaller(const loop_use *u)
{
    for (int i = 0; i < states_of(u->loop); i++)
        if (!is_kept(u, i))
            return true;
    return false;
}

/* What to use instead of a loop, or NULL. */
static const loop_use *replacement(pruning *p, node *loop)
{
    loop_use *u = loop->op == OP_LOOP ? map_get(&p->uses, loop) : NULL;
    if (u && !u->by && u->read && is_smaller(u))
        make_smaller(p, u);
    return u && u->by ? u : NULL;
}

/* The loop to be used in the end, rewritten. */
static node *final_loop(pruning *p, const loop_use *u)
{
    node *loop = u->by;
    for (const loop_use *next = map_get(&p->uses, loop); next && next->by; next = map_get(&p->uses, loop))
        loop = next->by;
    return rewrite(p, loop);
}

static node *rewrite_stack(pruning *p, node *n, const loop_use *u)
{
    graph *g = p->g;
    node *loop = final_loop(p, u);
    int states = states_of(u->loop), more = states_of(loop);
    var **vars = ARENA_ARRAY(g->mem, var *, more + 1);
    node **by = ARENA_ARRAY(g->mem, node *, states + 1);
    opening *o = graph_enter(g, n);
    vars[0] = o->vars[0];
    for (int k = 0; k < more; k++) {
        const var *v = loop->vars[1 + k];
        vars[1 + k] = graph_param(g, v->elem, v->rank, v->extents, loop->var_hints[1 + k]);
    }
    for (int i = 0; i < states; i++) {
        by[i] = state_value(u, o, i);
        if (!u->read || is_kept(u, u->same[i]))
            vars[1 + u->place[i]] = o->vars[1 + u->same[i]];
    }
    node *e = rewrite(p, graph_subst(g, o->inner[0], states, o->vars + 1, by));
    graph_exit(o);
    return n->integer ? graph_tape(g, loop, n->extents[0], vars, e) : graph_stack(g, loop, n->extents[0], vars, e);
}

static node *rewrite(void *data, node *n)
{
    pruning *p = data;
    if (n->nargs == 0)
        return n;
    node *r = map_get(&p->done, n);
    if (r)
        return r;
    const loop_use *u = n->op == OP_OUT || n->op == OP_STACK ? replacement(p, n->args[0]) : NULL;
    if (!u)
        r = graph_map_args(p->g, n, rewrite, p);
    else if (n->op == OP_OUT && n->integer == states_of(n->args[0]))
        r = graph_passes(p->g, final_loop(p, u));
    else if (n->op == OP_OUT && u->still[n->integer])
        r = rewrite(p, n->args[0]->args[2 + u->same[n->integer]]);
    else if (n->op == OP_OUT)
        r = graph_out(p->g, final_loop(p, u), u->place[n->integer]);
    else
        r = rewrite_stack(p, n, u);
    if (!r->hint)
        r->hint = n->hint;
    map_set(&p->done, n, r);
    return r;
}

static void prune_init(pruning *p, graph *g, int n, node *const *roots)
{
    *p = (pruning){.g = g, .strict = p->strict};
    map_init(&p->uses, g->mem);
    map_init(&p->seen, g->mem);
    map_init(&p->done, g->mem);
    map_init(&p->levels, g->mem);
    for (int i = 0; i < n; i++)
        find_uses(p, roots[i]);
}

static bool rewrite_roots(pruning *p, int n, node **roots)
{
    bool changed = false;
    for (int i = 0; i < n; i++) {
        node *r = rewrite(p, roots[i]);
        changed |= r != roots[i];
        roots[i] = r;
    }
    return changed;
}

/* As rewrite_roots; false and nothing is changed where a variable would get out of its binder. */
static bool rewrite_within_binders(pruning *p, int n, node **roots, bool *changed)
{
    node **before = ARENA_ARRAY(p->g->mem, node *, n + 1);
    bool within = true;
    for (int i = 0; i < n; i++)
        before[i] = roots[i];
    *changed = rewrite_roots(p, n, roots);
    for (int i = 0; i < n; i++)
        within &= roots[i]->nfree <= before[i]->nfree;
    for (int i = 0; i < n && !within; i++)
        roots[i] = before[i];
    return within;
}

bool simplify_loops(graph *g, int n, node **roots)
{
    bool found = false, changed = true;
    pruning p = {0};
    prune_init(&p, g, n, roots);
    while (changed && p.list.n && (find_repeated_in_levels(&p) || find_repeated(&p))) {
        for (int i = 0; i < p.list.n; i++)
            p.list.data[i]->read = NULL; /* nothing else in this walk */
        bool within = rewrite_within_binders(&p, n, roots, &changed);
        found |= within && changed;
        p.strict |= !within;
        changed |= !within;
        prune_init(&p, g, n, roots);
    }
    bool smaller = false;
    for (int i = 0; i < p.list.n; i++) {
        spread_reads(g, p.list.data[i]);
        find_same(g, p.list.data[i]);
        smaller |= is_smaller(p.list.data[i]);
    }
    bool rewritten = smaller && rewrite_roots(&p, n, roots);
    return found || rewritten;
}
