/* Reads int values, proves inequalities about them.
 *
 * The one idea: a value becomes a form, base + sum of coefficient * atom, where base and coefficients are polynomials
 * in the sizes and an atom is a variable or a value that is not affine. To prove a form >= 0, each atom is replaced by
 * the bound that makes the form smallest (an axis lies in 0..extent-1, a remainder below its divisor; select, min, max
 * and quotients are split), or a guard, itself a form >= 0, is subtracted. What is left is a polynomial, which is >= 0
 * when subtracting facts leaves no negative term. All steps are sufficient conditions; a budget bounds them. */
#include "form/affine.h"

#include <string.h>

enum { MAX_TERMS = 12, MAX_GUARDS = 24, MAX_LOCAL = 32, STEPS = 300, GUARD_DEPTH = 3 };

typedef struct form {
    const extent *base;
    int n;
    struct {
        const node *atom;
        const extent *coef;
    } t[MAX_TERMS];
} form;

typedef struct prover {
    extent_pool *pool;
    const affine_facts *facts;
    int nlocal, nguards, nranges;
    const extent *local[MAX_LOCAL]; /* facts from the existence of axes */
    form guards[MAX_GUARDS];
    const affine_range *ranges;
    int steps;
} prover;

static const extent *minus_one(const extent *e)
{
    return extent_sub(e, extent_const(e->pool, 1));
}

static bool is_zero(const extent *e)
{
    return e->n == 0;
}

/* ---- Polynomials ---- */

/* The polynomial whose product with monomial f is the monomial t, coefficients aside; NULL: f does not divide t. */
static const extent *quotient(extent_pool *pool, const extent_term *t, const extent_term *f)
{
    const extent *q = extent_const(pool, 1);
    int k = 0;
    for (int i = 0; i < t->degree; i++) {
        if (k < f->degree && !strcmp(t->atoms[i], f->atoms[k]))
            k++;
        else
            q = extent_mul(q, extent_name(pool, t->atoms[i]));
    }
    return k == f->degree ? q : NULL;
}

/* Sizes to try: all 1, all 2, then scattered ones. */
static bool size_at(const char *atom, int64_t *value, void *data)
{
    int point = *(int *)data;
    *value = point < 2 ? point + 1
                       : 1 + (int64_t)(hash_bytes(atom, strlen(atom), (uint64_t)point) >> 20) % (3 * (int64_t)point);
    return true;
}

static bool facts_hold(const prover *p, int point)
{
    int64_t x;
    for (int i = 0; i < p->nlocal; i++)
        if (!extent_eval(p->local[i], size_at, &point, &x) || x < 0)
            return false;
    for (int i = 0; p->facts && i < p->facts->n; i++)
        if (!extent_eval(p->facts->nonneg[i], size_at, &point, &x) || x < 0)
            return false;
    return true;
}

/* Negative for some sizes that satisfy the facts: spares the search for a proof. */
static bool is_refuted(const prover *p, const extent *e)
{
    int64_t x;
    for (int point = 0; point < 6; point++)
        if (extent_eval(e, size_at, &point, &x) && x < 0 && facts_hold(p, point))
            return true;
    return false;
}

static bool search(prover *p, const extent *e, int depth);

/* Takes away so much of the fact that a positive term of it meets the term t of e. */
static bool try_fact(prover *p, const extent *e, const extent_term *t, const extent *fact, int depth)
{
    for (int i = 0; i < fact->n; i++) {
        const extent_term *f = &fact->terms[i];
        const extent *q = f->coef > 0 && t->coef >= f->coef ? quotient(p->pool, t, f) : NULL;
        if (!q)
            continue;
        const extent *rest = extent_sub(e, extent_mul(fact, extent_scale(q, t->coef / f->coef)));
        if (search(p, rest, depth + 1))
            return true;
    }
    return false;
}

static bool search(prover *p, const extent *e, int depth)
{
    if (extent_is_nonneg(e))
        return true;
    if (depth > 5 || p->steps-- <= 0)
        return false;
    for (int k = 0; k < e->n; k++) {
        const extent_term *t = &e->terms[k];
        for (int i = 0; i < p->nlocal; i++)
            if (try_fact(p, e, t, p->local[i], depth))
                return true;
        for (int i = 0; p->facts && i < p->facts->n; i++)
            if (try_fact(p, e, t, p->facts->nonneg[i], depth))
                return true;
    }
    return false;
}

static bool poly_nonneg(prover *p, const extent *e)
{
    return extent_is_nonneg(e) || (!is_refuted(p, e) && search(p, e, 0));
}

static void add_local(prover *p, const extent *fact)
{
    for (int i = 0; i < p->nlocal; i++)
        if (p->local[i] == fact)
            return;
    if (p->nlocal < MAX_LOCAL && !extent_is_nonneg(fact))
        p->local[p->nlocal++] = fact;
}

/* ---- Forms ---- */

static bool add_atom(form *f, const node *atom, const extent *k)
{
    for (int i = 0; i < f->n; i++)
        if (f->t[i].atom == atom) {
            f->t[i].coef = extent_add(f->t[i].coef, k);
            if (is_zero(f->t[i].coef))
                f->t[i] = f->t[--f->n];
            return true;
        }
    if (f->n == MAX_TERMS)
        return false;
    f->t[f->n].atom = atom;
    f->t[f->n++].coef = k;
    return true;
}

static bool add_node(form *f, const node *e, const extent *k);

static bool add_product(form *f, const node *e, const extent *k)
{
    for (int i = 0; i < 2; i++) {
        const extent *factor = affine_extent(e->args[i], k->pool);
        if (factor)
            return is_zero(factor) || add_node(f, e->args[1 - i], extent_mul(k, factor));
    }
    return add_atom(f, e, k);
}

/* f += k * e. False: too many terms. */
static bool add_node(form *f, const node *e, const extent *k)
{
    switch (e->op) {
    case OP_CONST:
        f->base = extent_add(f->base, extent_scale(k, e->integer));
        return true;
    case OP_SIZE:
        f->base = extent_add(f->base, extent_mul(k, e->extent));
        return true;
    case OP_STOP:
        return add_node(f, e->args[0], k);
    case OP_NEG:
        return add_node(f, e->args[0], extent_scale(k, -1));
    case OP_ADD:
        return add_node(f, e->args[0], k) && add_node(f, e->args[1], k);
    case OP_SUB:
        return add_node(f, e->args[0], k) && add_node(f, e->args[1], extent_scale(k, -1));
    case OP_MUL:
        return add_product(f, e, k);
    default:
        return add_atom(f, e, k);
    }
}

static bool add_form(form *f, const form *g, const extent *k)
{
    f->base = extent_add(f->base, extent_mul(g->base, k));
    for (int i = 0; i < g->n; i++)
        if (!add_atom(f, g->t[i].atom, extent_mul(g->t[i].coef, k)))
            return false;
    return true;
}

static form form_zero(extent_pool *pool)
{
    return (form){.base = extent_const(pool, 0)};
}

const extent *affine_extent(const node *e, extent_pool *pool)
{
    if (e->nfree || e->rank || e->elem != ELEM_INT)
        return NULL;
    form f = form_zero(pool);
    switch (e->op) {
    case OP_CONST:
    case OP_SIZE:
    case OP_STOP:
    case OP_NEG:
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        return add_node(&f, e, extent_const(pool, 1)) && !f.n ? f.base : NULL;
    default:
        return NULL;
    }
}

/* ---- Guards ---- */

static void push_form(prover *p, const form *f)
{
    if (p->nguards < MAX_GUARDS)
        p->guards[p->nguards++] = *f;
}

/* big - small - gap >= 0 */
static void push_difference(prover *p, const node *big, const node *small, int64_t gap)
{
    form f = form_zero(p->pool);
    f.base = extent_const(p->pool, -gap);
    if (add_node(&f, big, extent_const(p->pool, 1)) && add_node(&f, small, extent_const(p->pool, -1)))
        push_form(p, &f);
}

static void push_guard(prover *p, const node *c, bool holds)
{
    if (c->op == OP_NOT)
        push_guard(p, c->args[0], !holds);
    if (c->nargs != 2)
        return;
    const node *a = c->args[0], *b = c->args[1];
    bool ints = a->elem == ELEM_INT;
    if (c->op == (holds ? OP_AND : OP_OR)) {
        push_guard(p, a, holds);
        push_guard(p, b, holds);
    } else if (c->op == OP_LT && ints) {
        push_difference(p, holds ? b : a, holds ? a : b, holds);
    } else if (c->op == OP_LE && ints) {
        push_difference(p, holds ? b : a, holds ? a : b, !holds);
    } else if (c->op == (holds ? OP_EQ : OP_NE) && ints) {
        push_difference(p, a, b, 0);
        push_difference(p, b, a, 0);
    }
}

/* ---- Bounds of atoms ---- */

typedef struct bounds {
    const extent *lo, *hi; /* inclusive; NULL: unknown */
} bounds;

static bounds var_bounds(const prover *p, const var *v)
{
    for (int i = 0; i < p->nranges; i++)
        if (p->ranges[i].v == v)
            return (bounds){p->ranges[i].lo, minus_one(p->ranges[i].hi)};
    if (v->kind == VAR_AXIS && v->extent)
        return (bounds){extent_const(p->pool, 0), minus_one(v->extent)};
    return (bounds){0};
}

/* The number of passes of a loop. */
static bounds passes_bounds(const prover *p, const node *loop)
{
    const node *end = loop->args[1];
    const extent *lo = affine_extent(loop->args[0], p->pool);
    const extent *hi = end->op == OP_INPUT ? end->extent : affine_extent(end, p->pool);
    return (bounds){extent_const(p->pool, 0), lo && hi ? extent_sub(hi, lo) : NULL};
}

/* An int argument is a size like any other inside a loop up to it: there it is positive. */
static bool counts_passes(const prover *p, const extent *e)
{
    int64_t lo;
    for (int i = 0; e && i < p->nranges; i++)
        if (p->ranges[i].hi == e && extent_is_const(p->ranges[i].lo, &lo) && lo >= 0)
            return true;
    return false;
}

static bounds atom_bounds(prover *p, const node *atom)
{
    if (atom->op == OP_VAR)
        return var_bounds(p, atom->var);
    if (atom->op == OP_INPUT && counts_passes(p, atom->extent))
        return (bounds){atom->extent, atom->extent};
    if (atom->op == OP_OUT && atom->args[0]->op == OP_LOOP && atom->integer == atom->args[0]->ninner)
        return passes_bounds(p, atom->args[0]);
    if (atom->op == OP_IMOD) {
        const extent *b = affine_extent(atom->args[1], p->pool);
        if (b && poly_nonneg(p, minus_one(b)))
            return (bounds){extent_const(p->pool, 0), minus_one(b)};
    }
    return (bounds){0};
}

/* ---- The proof ---- */

static bool prove(prover *p, const form *f, int depth);

/* Atom k of f replaced by e (its coefficient kept). */
static bool prove_replaced(prover *p, const form *f, int k, const node *e, int depth)
{
    form g = *f;
    const extent *coef = g.t[k].coef;
    g.t[k] = g.t[--g.n];
    return add_node(&g, e, coef) && prove(p, &g, depth);
}

static bool prove_select(prover *p, const form *f, int k, int depth)
{
    const node *s = f->t[k].atom;
    int mark = p->nguards;
    push_guard(p, s->args[0], true);
    bool ok = prove_replaced(p, f, k, s->args[1], depth);
    p->nguards = mark;
    if (!ok)
        return false;
    push_guard(p, s->args[0], false);
    ok = prove_replaced(p, f, k, s->args[2], depth);
    p->nguards = mark;
    return ok;
}

static bool prove_extremum(prover *p, const form *f, int k, bool positive, int depth)
{
    const node *m = f->t[k].atom;
    bool both = (m->op == OP_MIN) == positive;
    bool first = prove_replaced(p, f, k, m->args[0], depth);
    if (first != both)
        return first;
    return prove_replaced(p, f, k, m->args[1], depth);
}

/* f = g + c*q with q = floor(a/d): an integer form f is >= 0 exactly when d*f + d-1 is, and d*q lies in a-d+1..a. */
static bool prove_quotient(prover *p, const form *f, int k, bool positive, int depth)
{
    const node *q = f->t[k].atom;
    const extent *c = f->t[k].coef, *d = affine_extent(q->args[1], p->pool);
    if (!d || !poly_nonneg(p, minus_one(d)))
        return false;
    form rest = *f, g = form_zero(p->pool);
    rest.t[k] = rest.t[--rest.n];
    if (!add_form(&g, &rest, d) || !add_node(&g, q->args[0], c))
        return false;
    const extent *slack = minus_one(d);
    if (positive)
        slack = extent_mul(slack, extent_sub(extent_const(p->pool, 1), c));
    g.base = extent_add(g.base, slack);
    return prove(p, &g, depth);
}

/* Splits atom k when it is of a kind that can be: 1 proved, 0 not proved, -1 not such an atom. */
static int prove_split(prover *p, const form *f, int k, int depth)
{
    const node *a = f->t[k].atom;
    bool up = poly_nonneg(p, f->t[k].coef);
    if (a->op == OP_SELECT)
        return prove_select(p, f, k, depth);
    if (a->op != OP_MIN && a->op != OP_MAX && a->op != OP_IDIV)
        return -1;
    if (!up && !poly_nonneg(p, extent_scale(f->t[k].coef, -1)))
        return 0;
    return a->op == OP_IDIV ? prove_quotient(p, f, k, up, depth) : prove_extremum(p, f, k, up, depth);
}

/* Every atom at its worst. */
static bool prove_by_bounds(prover *p, const form *f)
{
    const extent *sum = f->base;
    for (int i = 0; i < f->n; i++) {
        bounds b = atom_bounds(p, f->t[i].atom);
        const extent *c = f->t[i].coef, *worst = NULL;
        if (b.lo && poly_nonneg(p, c))
            worst = b.lo;
        else if (b.hi && poly_nonneg(p, extent_scale(c, -1)))
            worst = b.hi;
        if (!worst)
            return false;
        sum = extent_add(sum, extent_mul(c, worst));
    }
    return poly_nonneg(p, sum);
}

static bool shares_atom(const form *f, const form *g)
{
    for (int i = 0; i < f->n; i++)
        for (int k = 0; k < g->n; k++)
            if (f->t[i].atom == g->t[k].atom)
                return true;
    return g->n == 0;
}

static bool prove_by_guards(prover *p, const form *f, int depth)
{
    const extent *minus = extent_const(p->pool, -1);
    for (int i = 0; i < p->nguards && depth < GUARD_DEPTH; i++) {
        form rest = *f;
        if (shares_atom(f, &p->guards[i]) && add_form(&rest, &p->guards[i], minus) && prove(p, &rest, depth + 1))
            return true;
    }
    return false;
}

static bool prove(prover *p, const form *f, int depth)
{
    if (p->steps-- <= 0)
        return false;
    int split = -1;
    for (int i = 0; i < f->n && split < 0; i++)
        split = prove_split(p, f, i, depth);
    if (split > 0 || (split < 0 && prove_by_bounds(p, f)))
        return true;
    return prove_by_guards(p, f, depth);
}

/* ---- Entry ---- */

static void add_existence(prover *p, const node *e)
{
    for (int i = 0; i < e->nfree; i++)
        if (e->free[i]->kind == VAR_AXIS && e->free[i]->extent)
            add_local(p, minus_one(e->free[i]->extent));
}

static void prover_init(prover *p, extent_pool *pool, const affine_facts *facts, int nguards, node *const *guards,
                        int nranges, const affine_range *ranges)
{
    p->pool = pool;
    p->facts = facts;
    p->ranges = ranges;
    p->nranges = nranges;
    p->nlocal = p->nguards = 0;
    p->steps = STEPS;
    for (int i = 0; i < nranges; i++)
        add_local(p, minus_one(extent_sub(ranges[i].hi, ranges[i].lo)));
    for (int i = 0; i < nguards; i++) {
        add_existence(p, guards[i]);
        push_guard(p, guards[i], true);
    }
}

/* k*e + base >= 0 */
static bool prove_node(prover *p, const node *e, int64_t k, const extent *base)
{
    form f = form_zero(p->pool);
    f.base = base;
    p->steps = STEPS;
    add_existence(p, e);
    return add_node(&f, e, extent_const(p->pool, k)) && prove(p, &f, 0);
}

bool affine_in_range(const node *e, const extent *size, const affine_facts *facts, int nguards, node *const *guards,
                     int nranges, const affine_range *ranges)
{
    prover p;
    prover_init(&p, size->pool, facts, nguards, guards, nranges, ranges);
    return prove_node(&p, e, 1, extent_const(size->pool, 0)) && prove_node(&p, e, -1, minus_one(size));
}

bool affine_is_nonneg(const node *e, const affine_facts *facts, int nguards, node *const *guards, int nranges,
                      const affine_range *ranges, extent_pool *pool)
{
    prover p;
    prover_init(&p, pool, facts, nguards, guards, nranges, ranges);
    return prove_node(&p, e, 1, extent_const(pool, 0));
}

bool affine_le(const node *a, const node *b, const affine_facts *facts, int nguards, node *const *guards, int nranges,
               const affine_range *ranges, extent_pool *pool)
{
    prover p;
    prover_init(&p, pool, facts, nguards, guards, nranges, ranges);
    add_existence(&p, a);
    add_existence(&p, b);
    form f = form_zero(pool);
    return add_node(&f, b, extent_const(pool, 1)) && add_node(&f, a, extent_const(pool, -1)) && prove(&p, &f, 0);
}

bool affine_extent_nonneg(const extent *e, const affine_facts *facts)
{
    prover p;
    prover_init(&p, e->pool, facts, 0, NULL, 0, NULL);
    return poly_nonneg(&p, e);
}

/* ---- Slopes ---- */

static node *add_or_drop(graph *g, op o, node *a, node *b)
{
    if (node_is_number(b, 0))
        return a;
    if (node_is_number(a, 0))
        return o == OP_ADD ? b : graph_un(g, OP_NEG, b);
    return graph_bin(g, o, a, b);
}

static bool split_sum(graph *g, node *e, var *v, int64_t *coef, node **rest)
{
    int64_t a, b;
    node *x, *y;
    if (!affine_split(g, e->args[0], v, &a, &x) && a)
        return false;
    if (!affine_split(g, e->args[1], v, &b, &y) && b)
        return false;
    bool add = e->op == OP_ADD;
    *rest = add_or_drop(g, e->op, x, y);
    return add ? !__builtin_add_overflow(a, b, coef) : !__builtin_sub_overflow(a, b, coef);
}

static bool split_product(graph *g, node *e, var *v, int64_t *coef, node **rest)
{
    for (int i = 0; i < 2; i++) {
        node *k = e->args[i], *x;
        int64_t slope;
        if (k->op != OP_CONST || !affine_split(g, e->args[1 - i], v, &slope, &x))
            continue;
        *rest = node_is_number(x, 0) ? x : graph_bin(g, OP_MUL, k, x);
        return !__builtin_mul_overflow(slope, k->integer, coef);
    }
    return false;
}

/* On false, *coef is 0 exactly when e has slope 0 (then *rest equals e and is free of v). */
bool affine_split(graph *g, node *e, var *v, int64_t *coef, node **rest)
{
    *coef = 0;
    *rest = e;
    if (!node_depends(e, v))
        return false;
    bool ok = true;
    if (e->op == OP_VAR) {
        *coef = 1;
        *rest = graph_int(g, 0);
    } else if (e->op == OP_NEG && affine_split(g, e->args[0], v, coef, rest)) {
        *coef = -*coef;
        *rest = add_or_drop(g, OP_SUB, graph_int(g, 0), *rest);
    } else if (e->op == OP_ADD || e->op == OP_SUB) {
        ok = split_sum(g, e, v, coef, rest);
    } else if (e->op == OP_MUL) {
        ok = split_product(g, e, v, coef, rest);
    } else {
        ok = false;
    }
    if (ok && *coef)
        return true;
    *coef = ok ? 0 : 1;
    return false;
}
