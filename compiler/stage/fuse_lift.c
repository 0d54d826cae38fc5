/* Lifting: a costly value below axes that it does not depend on is stored as a tensor over those it does depend on, so
 * that it is computed once for each of its points (N^2 work stays N^2).
 *
 * The path is the axes around a value, outermost first. An axis that the value lacks costs nothing where only such
 * axes follow (the value leaves their loops), and where it numbers the accumulators of a sum: a tensor's last axis,
 * right above the sum. At any other, the value would be computed again for each of its points; then it becomes
 *
 *   a tensor over its own axes      where that is linear in the inputs and outputs, or recomputing would multiply the
 *                                   work by a size and fuse_volume_is_affordable says that the memory may be spent;
 *   else a tensor over those after  the axis that it lacks, made anew at each point of those before it: a row of
 *                                   scratch memory. */
#include "stage/fuse.h"
#include "stage/fuse_size.h"

typedef struct place {
    var *v;
    bool is_last; /* of a tensor's axes */
    bool is_sum;  /* bound by a sum */
} place;

typedef VEC(place) place_list;

typedef struct lifting {
    graph *g;
    fuse_sizes sizes;
    map done;
    map made;   /* tensor -> itself when its inside was walked */
    map lifted; /* what made has */
    place_list path;
    bool costly; /* before derive: costly values of any size */
    bool reuse;  /* second walk: accesses the tensors made by the first wherever their entry is computed */
} lifting;

static void push_axes(lifting *l, const node *n, var *const *vars)
{
    for (int i = 0; i < n->nvars; i++)
        vec_push(l->g->mem, &l->path,
                 (place){vars[i], n->op == OP_TENSOR && i > 0 && i == n->nvars - 1, n->op == OP_SUM});
}

/* The axes of the path, from the innermost loop body on, that a value depends on. */
typedef struct axes_of {
    int n;
    var **own;
    int first;     /* the place in the path that the loop body begins at */
    int before;    /* of own: those before the first axis that it lacks and would be computed again for */
    bool again;    /* it would be, the accumulators of a sum included */
    bool symbolic; /* ... for a number of times that is not a constant */
} axes_of;

static bool numbers_accumulators(const lifting *l, int k)
{
    return l->path.data[k].is_last && k > 0 && k + 1 < l->path.n && l->path.data[k + 1].is_sum;
}

static axes_of find_axes(const lifting *l, const node *n)
{
    axes_of a = {.own = ARENA_ARRAY(l->g->mem, var *, l->path.n + 1)};
    bool lacks = false, gap = false, symbolic = false;
    for (int i = l->path.n; i > 0 && l->path.data[i - 1].v->kind == VAR_AXIS; i--)
        a.first = i - 1;
    if (l->path.n && l->path.data[l->path.n - 1].v->kind == VAR_PARAM)
        a.first = l->path.n;
    for (int i = a.first; i < l->path.n; i++) {
        var *v = l->path.data[i].v;
        if (!node_depends(n, v)) {
            bool counts = !numbers_accumulators(l, i);
            lacks = true;
            gap |= counts;
            symbolic |= counts && (!v->extent || extent_degree(v->extent) > 0);
            continue;
        }
        a.before += !gap;
        a.again |= lacks;
        a.symbolic |= symbolic;
        a.own[a.n++] = v;
    }
    return a;
}

static const extent *volume_of(const lifting *l, int n, var *const *own)
{
    const extent *volume = extent_const(l->g->pool, 1);
    for (int i = 0; i < n; i++) {
        if (!own[i]->extent)
            return NULL;
        volume = extent_mul(volume, own[i]->extent);
    }
    return volume;
}

/* The tensor of the value in the map, over the axes in any order, which then is that of own; NULL: none. */
static node *find_tensor(lifting *l, const map *m, int n, var **own, int fixed, node *value)
{
    enum { LONGEST = 3 };
    if (fixed == n || n > LONGEST)
        return map_get(m, graph_tensor(l->g, n, own, value));
    for (int i = fixed; i < n; i++) {
        var *first = own[i];
        own[i] = own[fixed];
        own[fixed] = first;
        node *found = find_tensor(l, m, n, own, fixed + 1, value);
        if (found)
            return found;
        own[fixed] = own[i];
        own[i] = first;
    }
    return NULL;
}

static bool is_candidate(const lifting *l, const node *n)
{
    if (n->rank)
        return false;
    if (l->costly)
        return elem_is_float(n->elem) && fuse_is_costly(n);
    return node_is_reduce(n) || (elem_is_float(n->elem) && fuse_is_function(n));
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

/* A reduction over an axis of any length. */
static bool holds_long_reduction(map *seen, const node *n, int count, var *const *own)
{
    static char mark;
    if (!node_depends_any(n, count, own) || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    for (int i = 0; node_is_reduce(n) && i < n->nvars; i++)
        if (!n->vars[i]->extent || extent_degree(n->vars[i]->extent) > 0)
            return true;
    for (int i = n->op == OP_ACCESS; i < n->nargs; i++)
        if (holds_long_reduction(seen, n->args[i], count, own))
            return true;
    return false;
}

/* The first of a's axes that the value is stored over: 0 all, n none. */
static int first_stored(lifting *l, const axes_of *a, const node *n)
{
    const extent *all = volume_of(l, a->n, a->own), *row = volume_of(l, a->n - a->before, a->own + a->before);
    map seen;
    if (all && (l->costly || fuse_volume_is_storable(&l->sizes, all)))
        return 0;
    map_init(&seen, l->g->mem);
    if (l->costly || !a->symbolic || !holds_long_reduction(&seen, n, a->n, a->own))
        return a->n;
    if (all && fuse_volume_is_affordable(&l->sizes, all))
        return 0;
    return row && a->before > 0 && fuse_volume_is_affordable(&l->sizes, row) ? a->before : a->n;
}

static node *walk(lifting *l, node *n);

/* What is lifted from the top down still has its inside to be walked: below its own axes alone, and those of the first
 * places of the path. */
static node *walk_lifted(lifting *l, node *t, int places)
{
    const place_list path = l->path;
    l->path = (place_list){0};
    for (int i = 0; i < places; i++)
        vec_push(l->g->mem, &l->path, path.data[i]);
    node *r = walk(l, t);
    l->path = path;
    return r;
}

static node *make_tensor(lifting *l, int n, var *const *own, node *value, int places)
{
    node *t = graph_tensor(l->g, n, own, value);
    if (t->op != OP_TENSOR)
        return NULL;
    if (!t->hint)
        t->hint = value->hint;
    node *walked = walk_lifted(l, t, places);
    map_set(&l->made, t, walked);
    map_set(&l->lifted, walked, walked);
    return walked;
}

static node *lift(lifting *l, node *n)
{
    axes_of a = find_axes(l, n);
    if (a.n == 0 || (!a.again && !l->reuse))
        return n;
    map seen;
    map_init(&seen, l->g->mem);
    if (l->costly && holds_name(&seen, n, a.n, a.own))
        return n;
    int from = l->reuse && !a.again ? 0 : first_stored(l, &a, n);
    if (from == a.n || !volume_of(l, a.n - from, a.own + from))
        return n;
    l->g->at = n->at;
    var **own = a.own + from;
    node *t = find_tensor(l, l->reuse ? &l->lifted : &l->made, a.n - from, own, 0, n);
    if (!t && !l->reuse)
        t = make_tensor(l, a.n - from, own, n, a.first + from);
    return t ? graph_access_vars(l->g, t, own) : n;
}

static node *walk_args(lifting *l, node *n)
{
    graph *g = l->g;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs, depth = l->path.n;
    for (int i = 0; i < outer; i++)
        args[i] = walk(l, n->args[i]);
    opening *o = node_is_binder(n) ? graph_enter(g, n) : NULL;
    if (o)
        push_axes(l, n, o->vars);
    for (int i = 0; o && i < n->ninner; i++)
        args[outer + i] = walk(l, o->inner[i]);
    l->path.n = depth;
    g->at = n->at;
    return o ? graph_leave(g, n, o, args) : graph_with_args(g, n, args);
}

static node *walk(lifting *l, node *n)
{
    if (n->nargs == 0)
        return n;
    node *r = map_get(&l->done, n);
    if (r)
        return r;
    r = is_candidate(l, n) ? lift(l, n) : n;
    if (r == n)
        r = walk_args(l, n);
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
    map_init(&l.made, g->mem);
    map_init(&l.lifted, g->mem);
    walk_fn(&l, f);
}

bool fuse_lift(graph *g, graph_fn *f)
{
    lifting l = {.g = g};
    fuse_sizes_init(&l.sizes, g, f);
    map_init(&l.made, g->mem);
    map_init(&l.lifted, g->mem);
    for (int pass = 0; pass < 2; pass++) {
        l.reuse = pass == 1;
        walk_fn(&l, f);
        if (!l.lifted.n)
            return false;
    }
    return true;
}
