/* Lifting: a costly value below axes that it does not depend on is stored as a tensor over those it does depend on, so
 * that it is computed once for each of its points (N^2 work stays N^2).
 *
 * The path is the axes around a value, outermost first. An axis that the value lacks costs nothing where only such
 * axes follow (the value leaves their loops), and where it numbers the accumulators of a sum: a tensor's last axis,
 * right above the sum. At any other, the value would be computed again for each of its points; then it becomes
 *
 *   a tensor over its own axes      where that is linear in the inputs and outputs, or recomputing would multiply the
 *                                   work by a size and volume_is_affordable says that the memory may be spent;
 *   else a tensor over those after  the axis that it lacks, made anew at each point of those before it: a row of
 *                                   scratch memory.
 *
 * A sum below several axes of a tensor can have an accumulator for each of their points too: then they follow the axes
 * of the sum, and the row is one for each term. */
#include <assert.h>

#include "stage/fuse/fuse.h"
#include "stage/fuse/fuse_size.h"

enum { SHORT = 64 }; /* terms that a GPU's thread adds up by itself */

typedef struct place {
    var *v;
    int binder;   /* the place of the first axis bound with it */
    bool is_row;  /* of a tensor's axes, but not the first */
    bool is_last; /* of a tensor's axes */
    bool is_sum;  /* bound by a sum */
    bool is_reduced;
    bool is_scatter;
} place;

typedef VEC(place) place_list;

typedef struct lifting {
    graph *g;
    fuse_sizes sizes;
    map marked;            /* nodes walked */
    map done;              /* node -> its new form */
    map repeated;          /* tensor of a reduction in a scatter, or of a result -> where it was met first */
    map tensors;           /* a tensor that is stored, as it was -> itself */
    bool lifted[OP_COUNT]; /* ops of values that are stored */
    place_list path;
    bool costly; /* before derive: costly values of any size */
    bool on_gpu;
} lifting;

static void push_axes(lifting *l, const node *n, var *const *vars)
{
    for (int i = 0, first = l->path.n; i < n->nvars; i++)
        vec_push(l->g->mem, &l->path,
                 (place){.v = vars[i],
                         .binder = first,
                         .is_row = n->op == OP_TENSOR && i > 0,
                         .is_last = n->op == OP_TENSOR && i > 0 && i == n->nvars - 1,
                         .is_sum = n->op == OP_SUM,
                         .is_reduced = node_is_reduce(n),
                         .is_scatter = n->op == OP_SCATTER});
}

/* ---- what a value would be computed again for ---- */

/* The axes of a path, from the innermost loop body on, that a value depends on. */
typedef struct axes_of {
    place_list path;
    int n;
    var **own;
    int *at;       /* their places in the path */
    int first;     /* the place in the path that the loop body begins at */
    int before;    /* of own: those before the first axis that it lacks and would be computed again for */
    bool again;    /* it would be, the accumulators of a sum included */
    bool symbolic; /* ... for a number of times that is not a constant */
} axes_of;

static bool numbers_accumulators(const place_list *path, int k)
{
    return path->data[k].is_last && k > 0 && k + 1 < path->n && path->data[k + 1].is_sum;
}

static int loop_body(const lifting *l)
{
    int first = l->path.n;
    while (first > 0 && l->path.data[first - 1].v->kind == VAR_AXIS)
        first--;
    return first;
}

static axes_of axes_in(const lifting *l, place_list path, const node *n)
{
    arena *mem = l->g->mem;
    axes_of a = {.path = path,
                 .own = ARENA_ARRAY(mem, var *, path.n + 1),
                 .at = ARENA_ARRAY(mem, int, path.n + 1),
                 .first = loop_body(l)};
    bool lacks = false, gap = false, symbolic = false;
    assert(a.first >= 0 && (path.n == 0 || path.data));
    for (int i = a.first; i < path.n; i++) {
        var *v = path.data[i].v;
        if (!node_depends(n, v)) {
            bool counts = !numbers_accumulators(&path, i);
            lacks = true;
            gap |= counts;
            symbolic |= counts && (!v->extent || extent_degree(v->extent) > 0);
            continue;
        }
        a.before += !gap;
        a.again |= lacks;
        a.symbolic |= symbolic;
        a.at[a.n] = i;
        a.own[a.n++] = v;
    }
    return a;
}

static axes_of find_axes(const lifting *l, const node *n)
{
    return axes_in(l, l->path, n);
}

static int end_of_binder(const place_list *path, int k)
{
    int end = k;
    while (end < path->n && path->data[end].binder == path->data[k].binder)
        end++;
    return end;
}

/* Places from k on of a tensor's axes that can number the accumulators of the sum below them: the last one, or more of
 * features, not points. */
static bool has_accumulators(const lifting *l, const place_list *path, int k)
{
    int end = end_of_binder(path, k);
    bool fits = path->data[k].is_row && end < path->n && path->data[end].is_sum;
    for (int i = k; i < end && !numbers_accumulators(path, k); i++)
        fits &= path->data[i].v->extent && !volume_has_points(&l->sizes.rule, path->data[i].v->extent);
    return fits;
}

/* The path where the accumulators of sums, from the first that the value lacks, follow the axes of the sum. */
static place_list path_in_sums(const lifting *l, const node *n)
{
    arena *mem = l->g->mem;
    const place_list *path = &l->path;
    place_list out = {0};
    for (int i = 0; i < path->n; i++) {
        if (node_depends(n, path->data[i].v) || !has_accumulators(l, path, i)) {
            vec_push(mem, &out, path->data[i]);
            continue;
        }
        int sum = end_of_binder(path, i), end = end_of_binder(path, sum);
        for (int k = sum; k < end; k++)
            vec_push(mem, &out, path->data[k]);
        for (int k = i; k < sum; k++)
            vec_push(mem, &out, path->data[k]);
        i = end - 1;
    }
    return out;
}

static axes_of find_axes_in_sums(const lifting *l, const node *n)
{
    return axes_in(l, path_in_sums(l, n), n);
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

/* What a routine of a library computes. */
static bool is_result(const node *n)
{
    return n->op == OP_OUT && n->args[0]->op == OP_CALL;
}

static bool has_many_terms(const node *n)
{
    bool many = false;
    for (int i = 0; i < n->nvars; i++)
        many |= !n->vars[i]->extent || extent_degree(n->vars[i]->extent) > 0;
    return many;
}

/* Indices of the K extreme values of many. */
static bool is_selection(const lifting *l, const node *n)
{
    return !l->costly && (n->op == OP_ARGKMIN || n->op == OP_ARGKMAX) && has_many_terms(n);
}

/* It is had as a whole, not entry by entry. */
static bool is_whole(const lifting *l, const node *n)
{
    return is_result(n) || is_selection(l, n);
}

/* One operation that is worth being done once. */
static bool is_costly(const lifting *l, const node *n)
{
    if (is_whole(l, n))
        return true;
    if (n->rank)
        return false;
    if (l->costly)
        return elem_is_float(n->elem) && fuse_is_costly(n);
    return node_is_reduce(n) || (elem_is_float(n->elem) && fuse_is_function(n));
}

/* Many cheap ones that would be done for each index of an axis of any length. */
static bool is_long(const lifting *l, const node *n, const axes_of *a)
{
    return !l->costly && a->symbolic && fuse_is_long(n, a->n, a->own);
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

/* ... where the whole would be too large. */
static int first_of_row(const lifting *l, axes_of *a, const node *n)
{
    axes_of inner = find_axes_in_sums(l, n);
    if (!inner.symbolic)
        return a->n;
    if (inner.before > a->before)
        *a = inner;
    const extent *row = volume_of(l, a->n - a->before, a->own + a->before);
    return row && a->before > 0 && volume_is_affordable(&l->sizes.rule, row) ? a->before : a->n;
}

static const extent *volume_of_entries(const lifting *l, const axes_of *a, const node *n)
{
    const extent *points = volume_of(l, a->n, a->own);
    return points ? extent_mul(points, graph_volume(l->g, n->rank, n->extents)) : NULL;
}

/* The first of a's axes that the value is stored over: 0 all, n none. */
static int first_stored(lifting *l, axes_of *a, const node *n)
{
    const extent *all = volume_of_entries(l, a, n);
    map seen;
    map_init(&seen, l->g->mem);
    if (l->costly)
        return all && !holds_name(&seen, n, a->n, a->own) ? 0 : a->n;
    if (all && volume_is_linear(&l->sizes.rule, all))
        return 0;
    if (!a->symbolic)
        return a->n;
    if (all && volume_is_affordable(&l->sizes.rule, all))
        return 0;
    return first_of_row(l, a, n);
}

/* ---- the order of a tensor's axes ---- */

typedef struct ranking {
    lifting *l;
    map seen;
    int n;
    var **own;
    bool *lacked; /* by a costly part that cannot be stored */
} ranking;

static bool is_storable_part(lifting *l, const node *n)
{
    const extent *volume = extent_const(l->g->pool, 1);
    for (int i = 0; i < n->nfree; i++) {
        if (n->free[i]->kind == VAR_AXIS && !n->free[i]->extent)
            return false;
        if (n->free[i]->kind == VAR_AXIS)
            volume = extent_mul(volume, n->free[i]->extent);
    }
    return volume_is_affordable(&l->sizes.rule, volume);
}

static void rank_axes(ranking *r, const node *n, bool root)
{
    static char mark;
    if (n->nargs == 0 || map_get(&r->seen, n))
        return;
    map_set(&r->seen, n, &mark);
    bool part = !root && is_costly(r->l, n);
    if (part && is_storable_part(r->l, n))
        return;
    for (int i = 0; part && i < r->n; i++)
        r->lacked[i] |= !node_depends(n, r->own[i]);
    for (int i = n->op == OP_ACCESS; i < n->nargs; i++)
        rank_axes(r, n->args[i], false);
}

/* The last axis numbers accumulators: one that costly parts of the value lack. */
static void order_axes(lifting *l, int n, var **own, const node *value)
{
    ranking r = {.l = l, .n = n, .own = own, .lacked = ARENA_ARRAY(l->g->mem, bool, n)};
    map_init(&r.seen, l->g->mem);
    if (n < 2 || l->costly)
        return;
    rank_axes(&r, value, true);
    int k = n - 1;
    while (k >= 0 && !r.lacked[k])
        k--;
    if (k < 0)
        return;
    var *last = own[k];
    for (; k + 1 < n; k++)
        own[k] = own[k + 1];
    own[k] = last;
}

/* The value, or the entries of a result, over these axes. */
static node *tensor_of(graph *g, int n, var *const *own, node *value)
{
    var **axes = ARENA_ARRAY(g->mem, var *, n + value->rank + 1);
    for (int i = 0; i < n; i++)
        axes[i] = own[i];
    return graph_tensor(g, n + value->rank, axes, value->rank ? graph_entry(g, value, axes + n) : value);
}

/* The tensor of the value that is to be stored, over the axes in any order, which then is that of own; NULL: none. */
static node *find_tensor(lifting *l, int n, var **own, int fixed, node *value)
{
    enum { LONGEST = 3 };
    if (fixed == n || n > LONGEST)
        return map_get(&l->tensors, tensor_of(l->g, n, own, value));
    for (int i = fixed; i < n; i++) {
        var *first = own[i];
        own[i] = own[fixed];
        own[fixed] = first;
        node *found = find_tensor(l, n, own, fixed + 1, value);
        if (found)
            return found;
        own[fixed] = own[i];
        own[i] = first;
    }
    return NULL;
}

/* ---- first walk: what is to be stored ---- */

static void mark(lifting *l, node *n);

static void mark_inside(lifting *l, node *n)
{
    opening *o = graph_enter(l->g, n);
    int first = loop_body(l);
    const place_list path = l->path;
    if (!l->costly)
        l->path = path_in_sums(l, n);
    assert(first >= 0 && (l->path.n == 0 || l->path.data));
    while (!l->costly && l->path.n > first && !node_depends(n, l->path.data[l->path.n - 1].v))
        l->path.n--; /* it leaves these loops */
    l->path.cap = l->path.n;
    push_axes(l, n, o->vars);
    for (int i = 0; i < n->ninner; i++)
        mark(l, o->inner[i]);
    l->path = path;
    graph_exit(o);
}

/* Its inside is walked below its own axes alone, and those of the first places of a path. */
static void mark_tensor(lifting *l, node *t, const place_list *around, int places)
{
    const place_list path = l->path;
    l->path = (place_list){0};
    for (int i = 0; i < places; i++)
        vec_push(l->g->mem, &l->path, around->data[i]);
    mark_inside(l, t);
    l->path = path;
}

/* Scatters do not share their passes, which one thread makes: a reduction that two of them need, or one of many terms,
 * is stored. So is a result, or a selection, that two tensors need. */
static bool is_repeated(lifting *l, const axes_of *a, node *n)
{
    const extent *all = volume_of_entries(l, a, n);
    bool scattered = l->path.n > 0 && l->path.data[l->path.n - 1].is_scatter && node_is_reduce(n);
    if ((!scattered && !is_whole(l, n)) || a->n == 0 || !all || !volume_is_affordable(&l->sizes.rule, all))
        return false;
    if (scattered && has_many_terms(n))
        return true;
    node *t = tensor_of(l->g, a->n, a->own, n);
    const node *first = map_get(&l->repeated, t);
    if (!first)
        map_set(&l->repeated, t, n);
    return first && first != n;
}

static bool mark_stored(lifting *l, node *t, const place_list *around, int places)
{
    if (t->op != OP_TENSOR)
        return false;
    map_set(&l->tensors, t, t);
    mark_tensor(l, t, around, places);
    return true;
}

/* A long reduction that one over other terms reads. On a GPU each is a kernel with tiles of its own, so that the first
 * is stored between them. */
static bool is_read_by_reduction(const lifting *l, const node *n)
{
    const place *last = l->path.n > 0 ? &l->path.data[l->path.n - 1] : NULL;
    if (!l->on_gpu || !node_is_reduce(n) || !last || !last->is_reduced || node_depends(n, last->v))
        return false;
    bool is_long = false;
    int64_t size;
    for (int i = 0; i < n->nvars; i++)
        is_long |= !n->vars[i]->extent || !extent_is_const(n->vars[i]->extent, &size) || size > SHORT;
    return is_long;
}

/* With a result of a call, the others of it. */
static bool mark_lifted(lifting *l, node *n)
{
    bool is_value = n->rank == 0 && (node_is_reduce(n) || (node_is_point(n) && elem_is_float(n->elem)));
    if (!is_value && !is_whole(l, n))
        return false;
    axes_of a = find_axes(l, n);
    bool again = a.again && (is_costly(l, n) || is_long(l, n, &a));
    int from = again || is_read_by_reduction(l, n) ? first_stored(l, &a, n) : a.n;
    if (from == a.n && is_repeated(l, &a, n))
        from = 0;
    if (from == a.n)
        return false;
    var **own = a.own + from;
    if (find_tensor(l, a.n - from, own, 0, n))
        return true;
    order_axes(l, a.n - from, own, n);
    int places = from ? a.at[from - 1] + 1 : a.first, results = is_result(n) ? graph_call_results(n->args[0]) : 0;
    for (int k = 0; k < results; k++)
        mark_stored(l, tensor_of(l->g, a.n - from, own, graph_out(l->g, n->args[0], k)), &a.path, places);
    return results > 0 || mark_stored(l, tensor_of(l->g, a.n - from, own, n), &a.path, places);
}

/* What a tensor has for each point: its body, or the whole whose entries that is. */
static const node *stored_value(const lifting *l, const node *t)
{
    const node *body = t->args[0];
    return body->op == OP_ACCESS && is_whole(l, body->args[0]) ? body->args[0] : body;
}

static void mark(lifting *l, node *n)
{
    static char yes;
    if (n->nargs == 0 || map_get(&l->marked, n))
        return;
    map_set(&l->marked, n, &yes);
    if (mark_lifted(l, n)) {
        l->lifted[n->op] = true;
        return;
    }
    if (n->op == OP_TENSOR && is_costly(l, stored_value(l, n)) && (!l->costly || is_result(stored_value(l, n)))) {
        map_set(&l->tensors, n, n); /* it is stored already */
        l->lifted[stored_value(l, n)->op] = true;
    }
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++)
        mark(l, n->args[i]);
    if (node_is_binder(n))
        mark_inside(l, n);
}

/* ---- second walk: every entry of what is stored becomes an access ---- */

static node *rewrite(lifting *l, node *n);

static node *rewrite_args(lifting *l, node *n)
{
    graph *g = l->g;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs, depth = l->path.n;
    for (int i = 0; i < outer; i++)
        args[i] = rewrite(l, n->args[i]);
    opening *o = node_is_binder(n) ? graph_enter(g, n) : NULL;
    if (o)
        push_axes(l, n, o->vars);
    for (int i = 0; o && i < n->ninner; i++)
        args[outer + i] = rewrite(l, o->inner[i]);
    l->path.n = depth;
    g->at = n->at;
    node *r = o ? graph_leave(g, n, o, args) : graph_with_args(g, n, args);
    if (!r->hint && r->nargs)
        r->hint = n->hint;
    return r;
}

/* The stored tensor that n is an entry of, at these axes, or NULL. */
static node *find_stored(lifting *l, node *n, var ***own)
{
    const axes_of orders[] = {find_axes(l, n), find_axes_in_sums(l, n)};
    for (int i = 0; i < 2; i++) {
        const axes_of *a = &orders[i];
        for (int from = 0; from <= a->before && from < a->n; from++) {
            *own = a->own + from;
            node *t = volume_of(l, a->n - from, *own) ? find_tensor(l, a->n - from, *own, 0, n) : NULL;
            if (t)
                return t;
        }
    }
    return NULL;
}

static node *rewrite_stored(lifting *l, node *t)
{
    opening *o = graph_enter(l->g, t);
    int depth = l->path.n;
    push_axes(l, t, o->vars);
    node *body = o->inner[0]; /* not an access to t itself */
    if (is_whole(l, stored_value(l, t)) && body->rank == 0 && body->op == OP_ACCESS)
        body = graph_access(l->g, rewrite_args(l, body->args[0]), body->args + 1);
    else
        body = rewrite_args(l, body);
    l->path.n = depth;
    node *r = graph_leave(l->g, t, o, &body);
    if (!r->hint)
        r->hint = o->inner[0]->hint;
    return r;
}

/* What n is in the tensor that it is stored in. */
static node *entry_of(graph *g, node *t, var *const *own, const node *n)
{
    var **axes = ARENA_ARRAY(g->mem, var *, t->rank + 1);
    int first = t->rank - n->rank;
    for (int i = 0; i < t->rank; i++)
        axes[i] = i < first ? own[i] : graph_axis(g, t->extents[i], NULL);
    return graph_tensor(g, n->rank, axes + first, graph_access_vars(g, t, axes));
}

static node *rewrite(lifting *l, node *n)
{
    if (n->nargs == 0)
        return n;
    node *r = map_get(&l->done, n), *t;
    var **own;
    if (r)
        return r;
    if (map_get(&l->tensors, n))
        r = rewrite_stored(l, n);
    else if (l->lifted[n->op] && (t = find_stored(l, n, &own)))
        r = entry_of(l->g, rewrite(l, t), own, n);
    else
        r = rewrite_args(l, n);
    map_set(&l->done, n, r);
    return r;
}

static bool lift(lifting *l, graph *g, graph_fn *f)
{
    l->g = g;
    fuse_sizes_init(&l->sizes, g, f);
    map_init(&l->marked, g->mem);
    map_init(&l->done, g->mem);
    map_init(&l->tensors, g->mem);
    map_init(&l->repeated, g->mem);
    for (int i = 0; i < f->nouts; i++)
        mark(l, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        mark(l, f->checks.data[i].ok);
    for (int i = 0; l->tensors.n && i < f->nouts; i++)
        f->outs[i] = rewrite(l, f->outs[i]);
    for (int i = 0; l->tensors.n && i < f->checks.n; i++)
        f->checks.data[i].ok = rewrite(l, f->checks.data[i].ok);
    return l->tensors.n > 0;
}

void fuse_lift_costly(graph *g, graph_fn *f)
{
    lifting l = {.costly = true};
    lift(&l, g, f);
}

bool fuse_lift(graph *g, graph_fn *f, target_kind target)
{
    lifting l = {.costly = false, .on_gpu = target == TARGET_CUDA};
    return lift(&l, g, f);
}
