#include "unit/graph_cost.h"

#include "base/vec.h"

typedef struct place {
    int nvars;
    var **vars;
    const extent *trips;
    bool is_entry; /* an axis of a tensor, but not the first: can number accumulators */
} place;

typedef VEC(place) place_list;

typedef struct costing {
    graph *g;
    map pools;       /* extent -> var_list */
    map opened;      /* binder -> opening */
    map levels;      /* node -> int: tensors on the way to it */
    map kernels;     /* stored nodes seen */
    VEC(map *) seen; /* per level: values seen */
    const extent *total;
} costing;

typedef VEC(var *) var_list;

/* ---- opening: equal axes at one place are one variable, so equal values are one node ---- */

static var *choose_axis(costing *c, const node *n, int k, var *const *chosen)
{
    static const char dynamic;
    const var *like = n->vars[k];
    const void *key = like->extent ? (const void *)like->extent : &dynamic;
    var_list *pool = map_get(&c->pools, key);
    if (!pool) {
        pool = ARENA_NEW(c->g->mem, var_list);
        map_set(&c->pools, key, pool);
    }
    for (int i = 0; i < pool->n; i++) {
        bool taken = node_depends(n, pool->data[i]);
        for (int j = 0; j < k; j++)
            taken |= chosen[j] == pool->data[i];
        if (!taken)
            return pool->data[i];
    }
    vec_push(c->g->mem, pool, graph_axis(c->g, like->extent, NULL));
    return pool->data[pool->n - 1];
}

static opening *open_binder(costing *c, node *n)
{
    graph *g = c->g;
    opening *o = map_get(&c->opened, n);
    if (o)
        return o;
    o = ARENA_NEW(g->mem, opening);
    o->vars = ARENA_ARRAY(g->mem, var *, n->nvars);
    o->inner = ARENA_ARRAY(g->mem, node *, n->ninner);
    node **by = ARENA_ARRAY(g->mem, node *, n->nvars);
    for (int i = 0; i < n->nvars; i++) {
        const var *v = n->vars[i];
        o->vars[i] =
            v->kind == VAR_AXIS ? choose_axis(c, n, i, o->vars) : graph_param(g, v->elem, v->rank, v->extents, NULL);
        by[i] = o->vars[i]->self;
    }
    graph_apply(g, n, by, o->inner);
    map_set(&c->opened, n, o);
    return o;
}

/* ---- levels ---- */

static bool is_kernel(const node *n)
{
    return n->op == OP_TENSOR || n->op == OP_SCATTER || n->op == OP_LOOP || n->op == OP_CALL;
}

static int level_of(costing *c, node *n)
{
    if (n->nargs == 0)
        return 0;
    const int *known = map_get(&c->levels, n);
    if (known)
        return *known;
    int level = 0;
    for (int i = 0; i < n->nargs; i++) {
        int k = level_of(c, n->args[i]);
        level = k > level ? k : level;
    }
    int *kept = ARENA_NEW(c->g->mem, int);
    *kept = level + (n->nfree == 0 && (is_kernel(n) || node_is_reduce(n)));
    map_set(&c->levels, n, kept);
    return *kept;
}

static map *seen_at(costing *c, int level)
{
    while (c->seen.n <= level) {
        map *m = ARENA_NEW(c->g->mem, map);
        map_init(m, c->g->mem);
        vec_push(c->g->mem, &c->seen, m);
    }
    return c->seen.data[level];
}

/* ---- counting ---- */

static int own_cost(const node *n)
{
    if (!node_is_point(n) || n->op == OP_STOP || n->op == OP_NEG)
        return 0;
    if (!elem_is_float(n->elem) && !(n->nargs && elem_is_float(n->args[0]->elem)))
        return 0;
    if (n->op == OP_DIV || n->op == OP_INV || n->op == OP_SQRT || n->op == OP_ROOT)
        return 4;
    if (n->op == OP_FMA)
        return node_is_number(n->args[2], 0) ? 1 : 2;
    return n->op == OP_MULZ ? 3 : n->op >= OP_EXP && n->op <= OP_SOFTPLUS ? 10 : n->op >= OP_NORMAL ? 40 : 1;
}

static int step_cost(const node *n)
{
    return n->op == OP_LSE ? 12 : n->op >= OP_ARGMAX ? 2 : 1;
}

static bool depends(const node *n, const place *p)
{
    return node_depends_any(n, p->nvars, p->vars);
}

/* The path up to the innermost place that n depends on. */
static place_list around(const place_list *path, const node *n)
{
    place_list p = *path;
    while (p.n > 0 && !depends(n, &p.data[p.n - 1]))
        p.n--;
    p.cap = p.n; /* pushing makes a copy */
    return p;
}

static void add_each(costing *c, const place_list *path, const extent *e)
{
    for (int i = 0; i < path->n; i++)
        e = extent_mul(e, path->data[i].trips);
    c->total = extent_add(c->total, e);
}

static void add(costing *c, const place_list *path, int count)
{
    add_each(c, path, extent_const(c->g->pool, count));
}

static void add_call(costing *c, const place_list *path, const node *n)
{
    routine_sizes z;
    graph_call_sizes(c->g, n, &z);
    add_each(c, path, routine_polynomial(&z, routine_row((routine_id)n->integer)->cost));
}

/* The greatest value of an int expression, as polynomial: an axis counts as its extent. */
static const extent *greatest(costing *c, const node *n)
{
    const extent *e = graph_extent(c->g, n);
    if (e)
        return e;
    if (n->op == OP_VAR)
        return n->var->extent;
    if (n->op == OP_ADD || n->op == OP_SUB) {
        const extent *a = greatest(c, n->args[0]), *b = greatest(c, n->args[1]);
        return !a || !b ? NULL : n->op == OP_ADD ? extent_add(a, b) : a;
    }
    return NULL;
}

static void visit(costing *c, node *n, const place_list *path, int level);

static place_list inside(costing *c, const place_list *path, node *n, const opening *o)
{
    place_list p = {0};
    int outer = path->n, range = 2 + (n->op == OP_SCATTER ? n->rank : 0);
    while (n->op == OP_SUM && outer > 1 && path->data[outer - 1].is_entry)
        outer--;
    for (int i = 0; i < outer; i++)
        vec_push(c->g->mem, &p, path->data[i]);
    if (n->op == OP_LOOP || n->op == OP_STACK) {
        const node *loop = n->op == OP_LOOP ? n : n->args[0];
        const extent *hi = greatest(c, loop->args[1]);
        vec_push(c->g->mem, &p, (place){n->nvars, o->vars, hi ? hi : extent_const(c->g->pool, 4), false});
        return p;
    }
    for (int i = 0; i < n->nvars; i++) {
        const extent *e = o->vars[i]->extent;
        if (!e) {
            e = greatest(c, o->inner[range + 1]);
            range += 2;
        }
        vec_push(c->g->mem, &p,
                 (place){1, &o->vars[i], e ? e : extent_const(c->g->pool, 4), n->op == OP_TENSOR && i > 0});
    }
    for (int i = outer; i < path->n; i++)
        vec_push(c->g->mem, &p, path->data[i]);
    return p;
}

static void visit_binder(costing *c, node *n, const place_list *path, int level)
{
    opening *o = open_binder(c, n);
    place_list p = inside(c, path, n, o);
    add(c, &p, n->op == OP_LOOP || n->op == OP_STACK ? 0 : node_is_reduce(n) ? step_cost(n) : 1);
    for (int i = 0; i < n->ninner; i++)
        visit(c, o->inner[i], &p, level);
}

static void visit(costing *c, node *n, const place_list *path, int level)
{
    static char mark;
    if (n->nargs == 0)
        return;
    bool own = is_kernel(n) || (node_is_reduce(n) && n->nfree == 0);
    level = own ? level_of(c, n) : level;
    map *seen = own ? &c->kernels : seen_at(c, level);
    if (map_get(seen, n))
        return;
    map_set(seen, n, &mark);
    place_list p = around(path, n);
    add(c, &p, own_cost(n));
    if (n->op == OP_CALL)
        add_call(c, &p, n);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++)
        visit(c, n->args[i], &p, level);
    if (node_is_binder(n))
        visit_binder(c, n, &p, level);
}

const extent *graph_cost(graph *g, int n, node *const *roots)
{
    costing c = {.g = g, .total = extent_const(g->pool, 0)};
    map *const maps[] = {&c.pools, &c.opened, &c.levels, &c.kernels};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_init(maps[i], g->mem);
    place_list top = {0};
    for (int i = 0; i < n; i++)
        visit(&c, roots[i], &top, 0);
    return c.total;
}
