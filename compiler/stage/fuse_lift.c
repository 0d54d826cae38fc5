/* Lifting: a reduction below axes that it does not depend on is stored as a tensor over those it does depend on,
 * so that it is computed once for each of its points (N^2 work stays N^2). */
#include "stage/fuse.h"
#include "stage/fuse_size.h"

typedef struct lifting {
    graph *g;
    fuse_sizes sizes;
    map done;
    map lifted; /* the stored tensors made */
    var **path; /* axes around, outermost first */
    int depth, cap;
    bool costly; /* before derive: costly values of any size, the largest such, top down */
    bool reuse;  /* second walk: accesses the tensors made by the first wherever their entry is computed */
} lifting;

static void push_axes(lifting *l, int n, var *const *vars)
{
    if (l->depth + n > l->cap) {
        int cap = 2 * (l->depth + n) + 16;
        l->path = arena_grow(l->g->mem, l->path, (size_t)l->depth, (size_t)cap, sizeof *l->path);
        l->cap = cap;
    }
    for (int i = 0; i < n; i++)
        l->path[l->depth++] = vars[i];
}

/* The axes of the path, from the innermost loop body on, that n depends on. *again: it would be computed for each point
 * of another one, too. */
static int own_axes(const lifting *l, const node *n, var **own, bool *again)
{
    int count = 0;
    bool gap = false;
    *again = false;
    for (int i = 0; i < l->depth; i++) {
        if (l->path[i]->kind == VAR_PARAM) {
            count = 0;
            gap = *again = false;
            continue;
        }
        if (!node_depends(n, l->path[i])) {
            gap = true;
            continue;
        }
        *again |= gap;
        own[count++] = l->path[i];
    }
    return count;
}

static node *as_tensor(lifting *l, int n, var **own, node *value)
{
    const extent *volume = extent_const(l->g->pool, 1);
    for (int i = 0; i < n; i++) {
        if (!own[i]->extent)
            return NULL;
        volume = extent_mul(volume, own[i]->extent);
    }
    bool wanted = l->costly || fuse_volume_is_storable(&l->sizes, volume);
    return wanted ? graph_tensor(l->g, n, own, value) : NULL;
}

static bool is_candidate(const lifting *l, const node *n)
{
    if (n->rank)
        return false;
    return l->costly ? elem_is_float(n->elem) && fuse_is_costly(n) : node_is_reduce(n);
}

/* A name that depends on the axes is what a derivative around refers to: it must stay below them. */
static bool holds_name(map *seen, const node *n, int count, var *const *own)
{
    static char mark;
    if (!node_depends_any(n, count, own) || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    if (n->op == OP_NAME)
        return true;
    for (int i = 0; i < n->nargs; i++)
        if (holds_name(seen, n->args[i], count, own))
            return true;
    return false;
}

static node *walk(lifting *l, node *n);

/* What is lifted from the top down still has its inside to be walked: below its own axes alone. */
static node *walk_lifted(lifting *l, node *t)
{
    int depth = l->depth;
    var **path = arena_grow(l->g->mem, l->path, (size_t)depth, (size_t)depth + 1, sizeof *path);
    while (l->depth > 0 && l->path[l->depth - 1]->kind == VAR_AXIS)
        l->depth--;
    node *r = walk(l, t);
    l->depth = 0;
    push_axes(l, depth, path);
    return r;
}

static node *lift(lifting *l, node *n)
{
    bool again;
    var **own = ARENA_ARRAY(l->g->mem, var *, l->depth + 1);
    int count = own_axes(l, n, own, &again);
    if (count == 0 || (!again && !l->reuse))
        return n;
    map seen;
    map_init(&seen, l->g->mem);
    if (l->costly && holds_name(&seen, n, count, own))
        return n;
    l->g->at = n->at;
    node *t = as_tensor(l, count, own, n);
    if (!t || t->op != OP_TENSOR || (l->reuse && !map_get(&l->lifted, t)))
        return n;
    if (!t->hint)
        t->hint = n->hint;
    map_set(&l->lifted, t, t);
    return graph_access_vars(l->g, l->costly ? walk_lifted(l, t) : t, own);
}

static node *walk_binder(lifting *l, node *n)
{
    graph *g = l->g;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    int outer = n->nargs - n->ninner, depth = l->depth;
    for (int i = 0; i < outer; i++)
        args[i] = walk(l, n->args[i]);
    opening *o = graph_enter(g, n);
    push_axes(l, n->nvars, o->vars);
    for (int i = 0; i < n->ninner; i++)
        args[outer + i] = walk(l, o->inner[i]);
    l->depth = depth;
    g->at = n->at;
    return graph_leave(g, n, o, args);
}

static node *walk_args(lifting *l, node *n)
{
    node **args = ARENA_ARRAY(l->g->mem, node *, n->nargs);
    for (int i = 0; i < n->nargs; i++)
        args[i] = walk(l, n->args[i]);
    l->g->at = n->at;
    return graph_with_args(l->g, n, args);
}

static node *walk(lifting *l, node *n)
{
    if (n->nargs == 0)
        return n;
    node *r = map_get(&l->done, n);
    if (r)
        return r;
    r = n;
    if ((l->reuse || l->costly) && is_candidate(l, n))
        r = lift(l, n);
    if (r == n) {
        r = node_is_binder(n) ? walk_binder(l, n) : walk_args(l, n);
        if (!l->reuse && !l->costly && is_candidate(l, r))
            r = lift(l, r);
    }
    map_set(&l->done, n, r);
    return r;
}

static void walk_fn(lifting *l, graph_fn *f)
{
    map_init(&l->done, l->g->mem);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = walk(l, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = walk(l, f->checks.data[i].ok);
}

void fuse_lift_costly(graph *g, graph_fn *f)
{
    lifting l = {.g = g, .costly = true};
    fuse_sizes_init(&l.sizes, g, f);
    map_init(&l.lifted, g->mem);
    walk_fn(&l, f);
}

bool fuse_lift(graph *g, graph_fn *f)
{
    lifting l = {.g = g};
    fuse_sizes_init(&l.sizes, g, f);
    map_init(&l.lifted, g->mem);
    for (int pass = 0; pass < 2; pass++) {
        l.reuse = pass == 1;
        walk_fn(&l, f);
        if (!l.lifted.n)
            return false;
    }
    return true;
}
