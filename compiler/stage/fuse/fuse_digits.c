/* Axes of which only the digits are read are split: sum[i: N*S](x[div(i, S), mod(i, S)] * w[i]) runs over N and S.
 *
 * Reads and writes the graph after the last round of derive: before, the adjoint of w would be a scatter. Then div and
 * mod of hi * S + lo are known (stage/simplify), subscripts are in range without tests, and a scatter at the digits
 * stores each entry once. */
#include "form/affine.h"
#include "stage/fuse/fuse.h"

typedef struct splitting {
    graph *g;
    map done;
    bool any;
} splitting;

typedef struct search {
    graph *g;
    map seen;
    const var *axis;
    const extent *by; /* what the axis is divided by, NULL: nothing yet */
} search;

static bool is_one(const extent *e)
{
    int64_t value;
    return extent_is_const(e, &value) && value == 1;
}

/* The smallest divisor of the axis: the others are its multiples, or no digits. */
static void note_division(search *s, const node *n)
{
    const extent *by = affine_extent(n->args[1], s->g->pool);
    bool smaller = by && (!s->by || extent_quotient(s->by, by));
    if (smaller && !is_one(by) && extent_quotient(s->axis->extent, by))
        s->by = by;
}

static void search_divisions(search *s, const node *n)
{
    static char mark;
    if (!node_depends(n, s->axis) || map_get(&s->seen, n))
        return;
    map_set(&s->seen, n, &mark);
    if ((n->op == OP_IDIV || n->op == OP_IMOD) && n->args[0] == s->axis->self)
        note_division(s, n);
    for (int i = 0; i < n->nargs; i++)
        search_divisions(s, n->args[i]);
}

static const extent *divisor_of(graph *g, const var *axis, int n, node *const *inner)
{
    search s = {.g = g, .axis = axis};
    arena *scratch = arena_new();
    map_init(&s.seen, scratch);
    for (int i = 0; i < n; i++)
        search_divisions(&s, inner[i]);
    arena_free(scratch);
    return s.by != axis->extent ? s.by : NULL;
}

static bool can_split(const node *n)
{
    return n->op == OP_SUM || n->op == OP_PROD || n->op == OP_RMAX || n->op == OP_RMIN || n->op == OP_ANY ||
           n->op == OP_ALL || n->op == OP_SCATTER;
}

/* The binder with its axis k as two. */
static node *split_axis(splitting *s, node *n, int k, const extent *by, var *const *vars, node *const *inner)
{
    graph *g = s->g;
    var *old = vars[k], **axes = ARENA_ARRAY(g->mem, var *, n->nvars + 1);
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs + 1);
    for (int i = 0; i < n->nvars; i++)
        axes[i < k ? i : i + 1] = vars[i];
    axes[k] = graph_axis(g, extent_quotient(old->extent, by), old->name);
    axes[k + 1] = graph_axis(g, by, old->name);
    node *high = graph_bin(g, OP_MUL, axes[k]->self, graph_size(g, by));
    node *index = graph_bin(g, OP_ADD, high, axes[k + 1]->self);
    for (int i = 0; i < n->nargs; i++)
        args[i] = graph_subst(g, inner[i], 1, &old, &index);
    if (n->op == OP_SCATTER)
        return graph_scatter(g, n->rank, n->extents, n->nvars + 1, axes, args[0], args[1], args + 2,
                             args + 2 + n->rank);
    return graph_reduce(g, n->op, n->nvars + 1, axes, args[0], args[1], args + 2);
}

/* One axis at a time: simplify finds the digits of its parts. */
static node *split(splitting *s, node *n)
{
    if (!can_split(n))
        return n;
    var **vars = ARENA_ARRAY(s->g->mem, var *, n->nvars);
    node **inner = ARENA_ARRAY(s->g->mem, node *, n->nargs);
    graph_open(s->g, n, vars, inner);
    for (int k = 0; k < n->nvars; k++) {
        const extent *by = vars[k]->extent ? divisor_of(s->g, vars[k], n->nargs, inner) : NULL;
        if (!by)
            continue;
        s->any = true;
        return split_axis(s, n, k, by, vars, inner);
    }
    return n;
}

static node *rewrite(void *data, node *n)
{
    splitting *s = data;
    if (n->nargs == 0)
        return n;
    node *known = map_get(&s->done, n);
    if (!known) {
        loc at = s->g->at;
        s->g->at = n->at;
        known = split(s, graph_map_args(s->g, n, rewrite, s));
        s->g->at = at;
        map_set(&s->done, n, known);
    }
    return known;
}

static bool holds_digits(map *seen, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    if ((n->op == OP_IDIV || n->op == OP_IMOD) && n->args[0]->op == OP_VAR)
        return true;
    for (int i = 0; i < n->nargs; i++)
        if (holds_digits(seen, n->args[i]))
            return true;
    return false;
}

bool fuse_digits(graph *g, graph_fn *f)
{
    splitting s = {.g = g};
    map seen;
    bool any = false;
    map_init(&s.done, g->mem);
    map_init(&seen, g->mem);
    for (int i = 0; i < f->nouts; i++)
        any = any || holds_digits(&seen, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        any = any || holds_digits(&seen, f->checks.data[i].ok);
    for (int i = 0; i < f->nouts && any; i++)
        f->outs[i] = rewrite(&s, f->outs[i]);
    for (int i = 0; i < f->checks.n && any; i++)
        f->checks.data[i].ok = rewrite(&s, f->checks.data[i].ok);
    return s.any;
}
