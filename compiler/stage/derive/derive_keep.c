/* What a pass backwards reads besides the states of the pass forwards: values of functions and of loops inside, which
 * would be computed again. Those that are no larger than the states are kept as they are, row by row; what a pass
 * forwards has no such function of, is computed as well on the way back. */
#include "stage/derive/derive_keep.h"

enum { MOST_KEPT = 16 }; /* of one loop */

typedef struct keeping {
    const kept_rows *rows;
    graph *g;
    int count;
    map seen, done;
    VEC(var *) axes; /* of the binders around that have a place in a row */
    VEC(var *) others;
    const extent *states;    /* their entries together */
    bool forwards[OP_COUNT]; /* what a pass forwards computes */
} keeping;

static bool is_bound(const node *n, int count, var *const *vars)
{
    return node_depends_any(n, count, vars);
}

/* Each term of e is less in degree than one of the states, or the same and no more. */
static bool is_small(const keeping *k, const extent *e)
{
    for (int i = 0; i < e->n; i++) {
        const extent one = {.pool = e->pool, .n = 1, .terms = &e->terms[i]};
        bool fits = e->terms[i].degree == 0;
        for (int m = 0; m < k->states->n && !fits; m++) {
            const extent_term *of = &k->states->terms[m];
            const extent by = {.pool = e->pool, .n = 1, .terms = (extent_term *)of};
            const extent *of_one = &by;
            bool divides = extent_is_dominated(&one, 1, &of_one);
            fits = divides && (of->degree > e->terms[i].degree || of->coef >= e->terms[i].coef);
        }
        if (!fits)
            return false;
    }
    return true;
}

static void find_functions(map *seen, bool *found, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n))
        return;
    map_set(seen, n, &mark);
    found[n->op] = true;
    for (int i = 0; i < n->nargs; i++)
        find_functions(seen, found, n->args[i]);
}

static bool is_worth(const keeping *k, const node *n)
{
    bool function =
        n->rank == 0 && elem_is_float(n->elem) && n->op >= OP_EXP && n->op <= OP_SOFTPLUS && k->forwards[n->op];
    bool loop = (n->op == OP_OUT || n->op == OP_STACK) && n->args[0]->op == OP_LOOP && elem_is_float(n->elem);
    return function || loop;
}

/* States of the loop, or of one around: what only its index gives is as good computed again. */
static bool reads_states(const keeping *k, const node *n)
{
    const kept_rows *r = k->rows;
    bool around = false;
    for (int i = 0; i < n->nfree; i++)
        around |= n->free[i]->kind == VAR_PARAM && n->free[i] != r->vars[0];
    return is_bound(n, r->nstates, r->vars + 1) || (around && node_depends(n, r->vars[0]));
}

static const extent *volume_of(keeping *k, const node *n, int naxes, var *const *axes)
{
    const extent *volume = graph_volume(k->g, n->rank, n->extents);
    for (int i = 0; i < naxes; i++)
        volume = extent_mul(volume, axes[i]->extent);
    return volume;
}

/* The axes around that n depends on. */
static int axes_of(const keeping *k, const node *n, var **axes)
{
    int count = 0;
    for (int i = 0; i < k->axes.n; i++)
        if (node_depends(n, k->axes.data[i]))
            axes[count++] = k->axes.data[i];
    return count;
}

/* n as rows of a tape: n itself at the pass. */
static node *kept(keeping *k, node *n)
{
    graph *g = k->g;
    const kept_rows *r = k->rows;
    var **axes = ARENA_ARRAY(g->mem, var *, k->axes.n + n->rank + 1);
    int naxes = axes_of(k, n, axes);
    if (k->count >= MOST_KEPT || is_bound(n, k->others.n, k->others.data) || !is_small(k, volume_of(k, n, naxes, axes)))
        return NULL;
    k->count++;
    node *row = n;
    if (naxes > 0) {
        node *entry = graph_entry(g, n, axes + naxes);
        row = graph_tensor(g, naxes + n->rank, axes, entry);
    }
    node *tape = graph_tape(g, r->loop, r->passes, r->vars, row);
    node **subs = ARENA_ARRAY(g->mem, node *, tape->rank);
    subs[0] = r->pass;
    for (int i = 0; i < naxes; i++)
        subs[i + 1] = axes[i]->self;
    for (int i = 0; i < n->rank; i++) {
        axes[i] = graph_axis(g, n->extents[i], NULL);
        subs[naxes + 1 + i] = axes[i]->self;
    }
    return graph_tensor(g, n->rank, axes, graph_access(g, tape, subs));
}

static node *rewrite(void *data, node *n);

static node *rewrite_binder(keeping *k, node *n)
{
    graph *g = k->g;
    int naxes = k->axes.n, nothers = k->others.n, outer = n->nargs - n->ninner;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs), **inner = ARENA_ARRAY(g->mem, node *, n->ninner);
    var **vars = ARENA_ARRAY(g->mem, var *, n->nvars);
    for (int i = 0; i < outer; i++)
        args[i] = rewrite(k, n->args[i]);
    graph_open(g, n, vars, inner);
    for (int i = 0; i < n->nvars; i++) {
        if (vars[i]->kind == VAR_AXIS && vars[i]->extent)
            vec_push(g->mem, &k->axes, vars[i]);
        else
            vec_push(g->mem, &k->others, vars[i]);
    }
    for (int i = 0; i < n->ninner; i++)
        args[outer + i] = rewrite(k, inner[i]);
    k->axes.n = naxes;
    k->others.n = nothers;
    return graph_close(g, n, vars, args);
}

static node *rewrite(void *data, node *n)
{
    keeping *k = data;
    if (n->nargs == 0 || !is_bound(n, k->rows->nvars, k->rows->vars))
        return n;
    node *r = map_get(&k->done, n);
    if (r)
        return r;
    bool known = reads_states(k, n) && !is_bound(n, k->rows->nbars, k->rows->bars);
    r = known && is_worth(k, n) ? kept(k, n) : NULL;
    if (!r)
        r = n->ninner ? rewrite_binder(k, n) : graph_map_args(k->g, n, rewrite, k);
    map_set(&k->done, n, r);
    return r;
}

node *keep_values(graph *g, const kept_rows *rows, node *n)
{
    keeping k = {.rows = rows, .g = g, .states = extent_const(g->pool, 0)};
    for (int i = 0; i < rows->nstates; i++) {
        const var *v = rows->vars[i + 1];
        if (elem_is_float(v->elem))
            k.states = extent_add(k.states, graph_volume(g, v->rank, v->extents));
    }
    map_init(&k.done, g->mem);
    map_init(&k.seen, g->mem);
    for (int i = 2 + rows->nstates; i < rows->loop->nargs; i++)
        find_functions(&k.seen, k.forwards, rows->loop->args[i]);
    return rewrite(&k, n);
}
