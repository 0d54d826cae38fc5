/* Finds the sums over pairs in the bodies of rows, turns their terms to the pair (i, j), and counts what sharing saves.
 */
#include "stage/schedule/schedule_pairs.h"

enum {
    MOST_TERMS = 24, /* their accumulators are registers */
    FUNCTION_COST = 10,
    MEMORY_COST = 3,  /* an addition to memory, for the other side */
    MOST_SHARED = 900 /* per mille of the cost of both sides apart that they may take together */
};

typedef struct finding {
    scheduler *s;
    pair_plan *plan;
    map seen;
    const item *it;     /* whose body is searched */
    var *own;           /* its axis */
    const extent *over; /* the range that its sums run over */
    pair_side side;
    VEC(node *) terms; /* of the plan, as functions of the items' axis and of j */
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

/* A plain sum over all of the other side, of floats; a function of the row and of constant entries. */
static bool is_pair_sum(const finding *f, const node *n)
{
    bool same_elem = f->terms.n == 0 || f->terms.data[0]->elem == n->elem;
    if (!same_elem || n->op != OP_SUM || n->nvars != 1 || n->vars[0]->extent != f->over || !elem_is_float(n->elem) ||
        !node_is_number(n->args[1], 1))
        return false;
    bool of_row = false;
    for (int k = 0; k < n->nfree; k++) {
        of_row |= n->free[k] == f->own;
        if (is_own_axis(f->it, n->free[k]) && !is_entry_axis(n->free[k]))
            return false;
    }
    return of_row;
}

static void add_entries(finding *f, pair_sum *p, node *body, int axis)
{
    graph *g = f->s->g;
    if (axis == p->naxes) {
        vec_push(f->s->mem, &f->terms, body);
        vec_push(f->s->mem, &f->plan->terms, (pair_term){0});
        p->nterms++;
        return;
    }
    int64_t size = 0;
    extent_is_const(p->axes[axis]->extent, &size);
    for (int64_t k = 0; k < size && f->terms.n <= MOST_TERMS; k++) {
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
                  .at = f->own,
                  .side = f->side,
                  .in_total = is_whole_term(f, n),
                  .axes = ARENA_ARRAY(mem, var *, n->nfree + 1),
                  .first = f->terms.n};
    for (int k = 0; k < n->nfree; k++)
        if (is_own_axis(f->it, n->free[k]))
            p.axes[p.naxes++] = n->free[k];
    node *inner[2], *by = f->plan->axes[COLUMNS]->self;
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
    if (node_is_binder(n) && node_depends(n, f->own))
        f->possible = false;
    for (int k = n->op == OP_ACCESS; k < n->nargs - n->ninner; k++)
        search(f, n->args[k]);
}

static void search_items(finding *f, int n, item *const *items, pair_side side, const extent *over)
{
    f->own = items[0]->axes[0];
    f->over = over;
    f->side = side;
    map_init(&f->seen, f->s->mem);
    for (int k = 0; k < n; k++) {
        f->it = items[k];
        f->possible &= items[k]->kind != ITEM_VECTOR && !items[k]->filter &&
                       (items[k]->kind == ITEM_STORE || (items[k]->naxes == 1 && items[k]->acc.op == OP_SUM));
        search(f, items[k]->body);
    }
}

/* Term k for a row i and columns j, or the other way round. */
static node *turned(const finding *f, const pair_sum *sum, int k, pair_side side)
{
    node *i = f->plan->axes[ROWS]->self, *j = f->plan->axes[COLUMNS]->self;
    var *vars[] = {sum->at, f->plan->axes[COLUMNS]};
    node *by[] = {side == ROWS ? i : j, side == ROWS ? j : i};
    return graph_subst(f->s->g, f->terms.data[k], 2, vars, by);
}

/* ---- terms seen from the other side ---- */

typedef struct mirroring {
    graph *g;
    const pair_plan *plan;
    map done;
    map differences; /* those of the terms of the rows */
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

/* The third argument has no sign then, and of the first two at most one; none when there is nothing to add. */
static node *fma_with_sign_outside(graph *g, node *n)
{
    node *a = n->args[0], *b = n->args[1], *c = n->args[2];
    bool first = a->op == OP_NEG, second = b->op == OP_NEG;
    bool outside = c->op == OP_NEG || (node_is_number(c, 0) && first != second);
    if (!outside && !(first && second))
        return n;
    a = first ? a->args[0] : a;
    b = second ? b->args[0] : b;
    bool minus = (first != second) != outside;
    c = c->op == OP_NEG ? c->args[0] : c;
    node *fma = graph_point(g, OP_FMA, 3, (node *[]){minus ? negated(g, a) : a, b, c}, n->elem);
    return outside ? graph_un(g, OP_NEG, fma) : fma;
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
    if (n->op == OP_FMA)
        return fma_with_sign_outside(g, n);
    if ((n->op == OP_MUL || n->op == OP_DIV || n->op == OP_MULZ) && (first || second)) {
        node *a = first ? n->args[0]->args[0] : n->args[0], *b = second ? n->args[1]->args[0] : n->args[1];
        node *product = graph_bin(g, n->op, a, b);
        return first && second ? product : negated(g, product);
    }
    return n;
}

static bool depends_on_both(const pair_plan *p, const node *n)
{
    return node_depends(n, p->axes[ROWS]) && node_depends(n, p->axes[COLUMNS]);
}

static node *normalize(void *data, node *n)
{
    mirroring *m = data;
    if (n->nargs == 0 || node_is_binder(n) || !depends_on_both(m->plan, n))
        return n;
    node *known = map_get(&m->done, n);
    if (!known) {
        known = with_sign_outside(m, graph_map_args(m->g, n, normalize, m));
        map_set(&m->done, n, known);
    }
    return known;
}

/* The sum from the side, its differences written as they stand in the terms before it. */
static void take_side(finding *f, const pair_sum *sum, pair_side side)
{
    mirroring m = {.g = f->s->g, .plan = f->plan};
    map seen;
    map_init(&seen, f->s->mem);
    map_init(&m.done, f->s->mem);
    map_init(&m.differences, f->s->mem);
    for (int k = 0; k < f->plan->terms.n; k++)
        for (int a = 0; a < SIDES; a++)
            if (f->plan->terms.data[k].by_side[a])
                note_differences(&m, &seen, f->plan->terms.data[k].by_side[a]);
    for (int k = sum->first; k < sum->first + sum->nterms; k++)
        f->plan->terms.data[k].by_side[side] = normalize(&m, turned(f, sum, k, side));
}

/* ---- costs ---- */

/* Of what depends on both sides of a pair; the rest is done once per row. */
static int count(const pair_plan *p, map *seen, const node *n)
{
    if (n->nargs == 0 || map_get(seen, n) || !depends_on_both(p, n))
        return 0;
    map_set(seen, n, &mark);
    bool is_function = (n->op >= OP_EXP && n->op <= OP_SOFTPLUS) || n->op >= OP_NORMAL;
    int cost = is_function ? FUNCTION_COST : n->op != OP_NEG;
    for (int k = n->op == OP_ACCESS; k < n->nargs; k++)
        cost += count(p, seen, n->args[k]);
    return cost;
}

/* Per pair, of the terms of one side or of both (SIDES). */
static int cost_of_side(scheduler *s, const pair_plan *p, pair_side side)
{
    map seen;
    map_init(&seen, s->mem);
    int cost = 0;
    for (int k = 0; k < p->terms.n; k++)
        for (int a = 0; a < SIDES; a++) {
            const node *n = p->terms.data[k].by_side[a];
            if (n && (side == SIDES || (int)side == a))
                cost += (side == SIDES && a == COLUMNS ? MEMORY_COST : 1) + count(p, &seen, n);
        }
    return cost;
}

static bool pays(scheduler *s, const pair_plan *p)
{
    int apart = cost_of_side(s, p, ROWS) + cost_of_side(s, p, COLUMNS);
    return 1000 * cost_of_side(s, p, SIDES) <= MOST_SHARED * apart;
}

static bool depends_on_either(const pair_plan *p, const node *n)
{
    return node_depends(n, p->axes[ROWS]) || node_depends(n, p->axes[COLUMNS]);
}

/* Rows run in lanes, so what is inside of a term has the same range for all of them. */
static bool has_own_ranges(const pair_plan *p, map *seen, const node *n)
{
    bool varies = depends_on_either(p, n);
    if (n->nargs == 0 || !varies || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    int bounds = 2 * node_dynamic_axes(n);
    bool own = false;
    for (int k = 0; k < n->nargs && !own; k++) {
        const node *a = n->args[k];
        bool bound = n->op == OP_LOOP ? k < 2 : k >= n->nargs - bounds;
        own = (bound && depends_on_either(p, a)) || has_own_ranges(p, seen, a);
    }
    return own;
}

static bool any_has_own_ranges(scheduler *s, const pair_plan *p)
{
    map seen;
    map_init(&seen, s->mem);
    bool own = false;
    for (int k = 0; k < p->terms.n; k++)
        for (int a = 0; a < SIDES; a++)
            own |= p->terms.data[k].by_side[a] && has_own_ranges(p, &seen, p->terms.data[k].by_side[a]);
    return own;
}

static bool has_run_time_range(const item *it)
{
    return it->axes[0]->extent && !extent_is_const(it->axes[0]->extent, NULL);
}

static finding begin(scheduler *s, item *const *rows, item *const *columns)
{
    finding f = {.s = s, .plan = ARENA_NEW(s->mem, pair_plan), .possible = s->sums == SUM_BLOCKED};
    const var *i = rows[0]->axes[0], *j = columns[0]->axes[0];
    f.possible &= has_run_time_range(rows[0]) && has_run_time_range(columns[0]);
    f.plan->axes[ROWS] = graph_axis(s->g, i->extent, i->name);
    f.plan->axes[COLUMNS] = graph_axis(s->g, j->extent, "j");
    return f;
}

static bool is_complete(const finding *f)
{
    return f->possible && f->terms.n > 0 && f->terms.n <= MOST_TERMS;
}

pair_plan *find_pairs(scheduler *s, int n, item *const *items)
{
    finding f = begin(s, items, items);
    pair_plan *p = f.plan;
    p->symmetric = true;
    if (f.possible)
        search_items(&f, n, items, ROWS, items[0]->axes[0]->extent);
    if (!is_complete(&f))
        return NULL;
    for (int side = 0; side < SIDES; side++)
        for (int k = 0; k < p->sums.n; k++)
            take_side(&f, &p->sums.data[k], (pair_side)side);
    for (int k = 0; k < p->sums.n; k++) {
        const pair_term *t = &p->terms.data[p->sums.data[k].first];
        p->sums.data[k].in_total &= t->by_side[ROWS] == t->by_side[COLUMNS];
    }
    return !any_has_own_ranges(s, p) && pays(s, p) ? p : NULL;
}

pair_plan *find_joint_pairs(scheduler *s, int nrows, item *const *rows, int ncolumns, item *const *columns)
{
    finding f = begin(s, rows, columns);
    pair_plan *p = f.plan;
    if (!f.possible)
        return NULL;
    search_items(&f, nrows, rows, ROWS, p->axes[COLUMNS]->extent);
    int of_rows = p->sums.n;
    search_items(&f, ncolumns, columns, COLUMNS, p->axes[ROWS]->extent);
    if (!is_complete(&f) || of_rows == 0 || of_rows == p->sums.n)
        return NULL;
    for (int k = 0; k < p->sums.n; k++) {
        take_side(&f, &p->sums.data[k], p->sums.data[k].side);
        p->sums.data[k].in_total = false;
    }
    return !any_has_own_ranges(s, p) && pays(s, p) ? p : NULL;
}
