/* Finds the sums over pairs in the bodies of rows, mirrors their terms, and counts what sharing saves. */
#include "stage/schedule_symmetry.h"

enum {
    MOST_TERMS = 24, /* their accumulators are registers */
    FUNCTION_COST = 10,
    MEMORY_COST = 3,  /* an addition to memory, for the other row */
    MOST_SHARED = 165 /* percent of the cost of one side that both may take together */
};

typedef struct finding {
    scheduler *s;
    pair_plan *plan;
    map seen;
    const item *it; /* whose body is searched */
    const extent *size;
    bool possible;
} finding;

static char mark;

static bool is_own_axis(const item *it, const var *v)
{
    for (int k = 1; k < it->naxes; k++)
        if (it->axes[k] == v)
            return true;
    return false;
}

static bool is_entry_axis(const var *v)
{
    int64_t size;
    return v->extent && extent_is_const(v->extent, &size) && size <= MOST_TERMS;
}

/* A plain sum over all j, of floats; a function of i and of constant entries. */
static bool is_pair_sum(const finding *f, const node *n)
{
    bool same_elem = f->plan->terms.n == 0 || f->plan->terms.data[0].here->elem == n->elem;
    if (!same_elem || n->op != OP_SUM || n->nvars != 1 || n->vars[0]->extent != f->size || !elem_is_float(n->elem) ||
        !node_is_number(n->args[1], 1))
        return false;
    bool of_row = false;
    for (int k = 0; k < n->nfree; k++) {
        of_row |= n->free[k] == f->plan->i;
        if (is_own_axis(f->it, n->free[k]) && !is_entry_axis(n->free[k]))
            return false;
    }
    return of_row;
}

static void add_entries(finding *f, pair_sum *p, node *body, int axis)
{
    graph *g = f->s->g;
    if (axis == p->naxes) {
        vec_push(f->s->mem, &f->plan->terms, (pair_term){.here = body});
        p->nterms++;
        return;
    }
    int64_t size = 0;
    extent_is_const(p->axes[axis]->extent, &size);
    for (int64_t k = 0; k < size && f->plan->terms.n <= MOST_TERMS; k++) {
        node *by = graph_int(g, k);
        add_entries(f, p, graph_subst(g, body, 1, &p->axes[axis], &by), axis + 1);
    }
}

/* The term of a sum over the rows. */
static bool is_whole_term(const finding *f, const node *n)
{
    return f->it->kind == ITEM_REDUCE && f->it->body == n;
}

static void add_sum(finding *f, node *n)
{
    arena *mem = f->s->mem;
    pair_sum p = {.sum = n,
                  .in_total = is_whole_term(f, n),
                  .axes = ARENA_ARRAY(mem, var *, n->nfree + 1),
                  .first = f->plan->terms.n};
    for (int k = 0; k < n->nfree; k++)
        if (is_own_axis(f->it, n->free[k]))
            p.axes[p.naxes++] = n->free[k];
    node *inner[2], *by = f->plan->j->self;
    graph_apply(f->s->g, n, &by, inner);
    add_entries(f, &p, inner[0], 0);
    vec_push(mem, &f->plan->sums, p);
}

static void note_other_use(finding *f, const node *n)
{
    for (int k = 0; k < f->plan->sums.n; k++)
        if (f->plan->sums.data[k].sum == n)
            f->plan->sums.data[k].in_total &= is_whole_term(f, n);
}

/* Every reduction over the range of the rows must be such a sum, else its pairs are visited anyway. */
static void search(finding *f, node *n)
{
    if (n->nargs == 0 || map_get(&f->seen, n) || !f->possible) {
        note_other_use(f, n);
        return;
    }
    map_set(&f->seen, n, &mark);
    if (is_pair_sum(f, n)) {
        add_sum(f, n);
        return;
    }
    if (node_is_binder(n) && node_depends(n, f->plan->i))
        f->possible = false;
    for (int k = n->op == OP_ACCESS; k < n->nargs - n->ninner; k++)
        search(f, n->args[k]);
}

/* ---- mirror images ---- */

typedef struct mirroring {
    graph *g;
    const pair_plan *plan;
    map done;
    map differences; /* those of the terms as they stand */
} mirroring;

static void note_differences(mirroring *m, map *seen, node *n)
{
    if (n->nargs == 0 || map_get(seen, n))
        return;
    map_set(seen, n, &mark);
    if (n->op == OP_SUB)
        map_set(&m->differences, n, &mark);
    for (int k = 0; k < n->nargs - n->ninner; k++)
        note_differences(m, seen, n->args[k]);
}

static node *negated(graph *g, node *n)
{
    return n->op == OP_NEG ? n->args[0] : graph_un(g, OP_NEG, n);
}

/* b - a is -(a - b) where that stands in a term; the sign then moves outwards as far as it can. */
static node *with_sign_outside(mirroring *m, node *n)
{
    graph *g = m->g;
    bool first = n->nargs > 0 && n->args[0]->op == OP_NEG, second = n->nargs > 1 && n->args[1]->op == OP_NEG;
    if (n->op == OP_SUB) {
        node *turned = graph_bin(g, OP_SUB, n->args[1], n->args[0]);
        return map_get(&m->differences, turned) ? graph_un(g, OP_NEG, turned) : n;
    }
    if ((n->op == OP_SQ || n->op == OP_ABS) && first)
        return graph_un(g, n->op, n->args[0]->args[0]);
    if (n->op == OP_NEG && first)
        return n->args[0]->args[0];
    if (n->op == OP_ADD && first && second)
        return graph_un(g, OP_NEG, graph_bin(g, OP_ADD, n->args[0]->args[0], n->args[1]->args[0]));
    if ((n->op == OP_MUL || n->op == OP_DIV || n->op == OP_MULZ) && (first || second)) {
        node *a = first ? n->args[0]->args[0] : n->args[0], *b = second ? n->args[1]->args[0] : n->args[1];
        node *product = graph_bin(g, n->op, a, b);
        return first && second ? product : negated(g, product);
    }
    return n;
}

static node *normalize(void *data, node *n)
{
    mirroring *m = data;
    if (n->nargs == 0 || node_is_binder(n) || !node_depends(n, m->plan->i) || !node_depends(n, m->plan->j))
        return n;
    node *known = map_get(&m->done, n);
    if (!known) {
        known = with_sign_outside(m, graph_map_args(m->g, n, normalize, m));
        map_set(&m->done, n, known);
    }
    return known;
}

static void mirror_terms(scheduler *s, pair_plan *p)
{
    mirroring m = {.g = s->g, .plan = p};
    map seen;
    map_init(&seen, s->mem);
    map_init(&m.done, s->mem);
    map_init(&m.differences, s->mem);
    for (int k = 0; k < p->terms.n; k++)
        note_differences(&m, &seen, p->terms.data[k].here);
    var *vars[] = {p->i, p->j};
    node *by[] = {p->j->self, p->i->self};
    for (int k = 0; k < p->terms.n; k++) {
        pair_term *t = &p->terms.data[k];
        t->mirror = normalize(&m, graph_subst(s->g, t->here, 2, vars, by));
    }
    for (int k = 0; k < p->sums.n; k++) {
        const pair_term *t = &p->terms.data[p->sums.data[k].first];
        p->sums.data[k].in_total &= t->here == t->mirror;
    }
}

/* ---- costs ---- */

/* Of what depends on both sides of a pair; the rest is done once per row. */
static int count(const pair_plan *p, map *seen, const node *n)
{
    if (n->nargs == 0 || map_get(seen, n) || !node_depends(n, p->i) || !node_depends(n, p->j))
        return 0;
    map_set(seen, n, &mark);
    bool is_function = (n->op >= OP_EXP && n->op <= OP_SOFTPLUS) || n->op >= OP_NORMAL;
    int cost = is_function ? FUNCTION_COST : n->op != OP_NEG;
    for (int k = n->op == OP_ACCESS; k < n->nargs; k++)
        cost += count(p, seen, n->args[k]);
    return cost;
}

static bool pays(scheduler *s, const pair_plan *p)
{
    map seen;
    map_init(&seen, s->mem);
    int one = p->terms.n, both = 0;
    for (int k = 0; k < p->terms.n; k++)
        one += count(p, &seen, p->terms.data[k].here);
    for (int k = 0; k < p->terms.n; k++)
        both += MEMORY_COST + count(p, &seen, p->terms.data[k].mirror);
    return 100 * (one + both) <= MOST_SHARED * one;
}

/* Rows run in lanes, so what is inside of a term has the same range for all of them. */
static bool has_own_ranges(const pair_plan *p, map *seen, const node *n)
{
    bool varies = node_depends(n, p->i) || node_depends(n, p->j);
    if (n->nargs == 0 || !varies || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    int bounds = 2 * node_dynamic_axes(n);
    bool own = false;
    for (int k = 0; k < n->nargs && !own; k++) {
        const node *a = n->args[k];
        bool bound = n->op == OP_LOOP ? k < 2 : k >= n->nargs - bounds;
        own = (bound && (node_depends(a, p->i) || node_depends(a, p->j))) || has_own_ranges(p, seen, a);
    }
    return own;
}

static bool any_has_own_ranges(scheduler *s, const pair_plan *p)
{
    map seen;
    map_init(&seen, s->mem);
    bool own = false;
    for (int k = 0; k < p->terms.n; k++)
        own |= has_own_ranges(p, &seen, p->terms.data[k].here);
    return own;
}

pair_plan *find_pairs(scheduler *s, int n, item *const *items)
{
    const extent *size = items[0]->axes[0]->extent;
    if (!size || extent_is_const(size, NULL) || s->sums != SUM_BLOCKED)
        return NULL;
    pair_plan *p = ARENA_NEW(s->mem, pair_plan);
    p->i = items[0]->axes[0];
    p->j = graph_axis(s->g, size, "j");
    finding f = {.s = s, .plan = p, .size = size, .possible = true};
    map_init(&f.seen, s->mem);
    for (int k = 0; k < n; k++) {
        f.it = items[k];
        f.possible &= items[k]->kind != ITEM_VECTOR && !items[k]->filter &&
                      (items[k]->kind == ITEM_STORE || (items[k]->naxes == 1 && items[k]->acc.op == OP_SUM));
        search(&f, items[k]->body);
    }
    if (!f.possible || p->terms.n == 0 || p->terms.n > MOST_TERMS || any_has_own_ranges(s, p))
        return NULL;
    mirror_terms(s, p);
    return pays(s, p) ? p : NULL;
}
