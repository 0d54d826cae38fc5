/* Like terms, sums over the same axes, common factors: a sum is taken apart into its terms, each a constant times
 * factors, and put together again.
 *
 * Reads and writes the graph. How often a value is used decides what may be taken apart, so bodies are opened with
 * variables chosen by what is free in them: two bodies over equal axes at one place then share their nodes, as they
 * will share their loop. */
#include "stage/collect.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TERMS = 400 }; /* longer sums are left alone: compile time stays linear */

typedef struct collecting {
    graph *g;
    map pools;   /* extent -> var_list: axes of that extent */
    map opened;  /* binder -> opening */
    map uses;    /* node -> int */
    map done;    /* node -> its new form */
    map covered; /* inner nodes of sums that stay as they are */
    bool found;  /* in the sum at hand */
    bool changed;
} collecting;

typedef VEC(var *) var_list;

static node *rewrite(void *data, node *n);

/* ---- opening, and counting uses ---- */

static bool is_taken(const node *n, var *const *chosen, int nchosen, const var *v)
{
    for (int i = 0; i < nchosen; i++)
        if (chosen[i] == v)
            return true;
    return node_depends(n, v);
}

static var *choose_axis(collecting *c, const node *n, int k, var *const *chosen)
{
    static const char dynamic;
    const var *like = n->vars[k];
    const void *key = like->extent ? (const void *)like->extent : &dynamic;
    var_list *pool = map_get(&c->pools, key);
    if (!pool) {
        pool = ARENA_NEW(c->g->mem, var_list);
        map_set(&c->pools, key, pool);
    }
    for (int i = 0; i < pool->n; i++)
        if (!is_taken(n, chosen, k, pool->data[i]))
            return pool->data[i];
    vec_push(c->g->mem, pool, graph_axis(c->g, like->extent, n->var_hints ? n->var_hints[k] : NULL));
    return pool->data[pool->n - 1];
}

static opening *open_binder(collecting *c, node *n)
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
        o->vars[i] = v->kind == VAR_AXIS
                         ? choose_axis(c, n, i, o->vars)
                         : graph_param(g, v->elem, v->rank, v->extents, n->var_hints ? n->var_hints[i] : NULL);
        by[i] = o->vars[i]->self;
    }
    graph_apply(g, n, by, o->inner);
    map_set(&c->opened, n, o);
    return o;
}

static void count(collecting *c, node *n)
{
    if (n->nargs == 0)
        return;
    int *uses = map_get(&c->uses, n);
    if (uses) {
        ++*uses;
        return;
    }
    uses = ARENA_NEW(c->g->mem, int);
    *uses = 1;
    map_set(&c->uses, n, uses);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++)
        count(c, n->args[i]);
    opening *o = node_is_binder(n) ? open_binder(c, n) : NULL;
    for (int i = 0; o && i < n->ninner; i++)
        count(c, o->inner[i]);
}

static bool is_shared(const collecting *c, const node *n)
{
    const int *uses = map_get(&c->uses, n);
    return uses && *uses > 1;
}

/* ---- terms ---- */

typedef VEC(node *) factor_list;

/* c * factors * built; a factor of type bool is a mask: 0 where it is false. */
typedef struct term {
    double c, outer; /* outer: without the constants inside whole */
    node *whole;     /* outer * whole is the term as it stands in the graph */
    bool known;      /* the factors are */
    bool touched;    /* no longer as it stands in the graph */
    factor_list factors;
    node *built; /* in its new form already; or NULL */
} term;

typedef VEC(term) term_list;

static bool is_scale(const node *n, double *x)
{
    int exponent;
    if (!elem_is_float(n->elem) || !node_is_const(n, x) || !isfinite(*x) || *x == 0)
        return false;
    frexp(*x, &exponent);
    return exponent > -20 && exponent < 20;
}

/* n as a constant times what is returned. */
static node *unscaled(node *n, double *c)
{
    double x;
    if (n->op == OP_NEG) {
        *c = -*c;
        return n->args[0];
    }
    for (int k = 0; n->op == OP_MUL && k < 2; k++)
        if (is_scale(n->args[k], &x)) {
            *c *= x;
            return n->args[1 - k];
        }
    return n;
}

static bool is_sum(const node *n)
{
    return (n->op == OP_ADD || n->op == OP_SUB) && elem_is_float(n->elem);
}

static void gather_terms(collecting *c, node *n, double scale, bool root, term_list *terms)
{
    double x = 1;
    node *rest = unscaled(n, &x);
    if (rest != n && !is_shared(c, n)) {
        gather_terms(c, rest, scale * x, false, terms);
        return;
    }
    if (!is_sum(n) || (!root && is_shared(c, n))) {
        vec_push(c->g->mem, terms, (term){.c = scale, .outer = scale, .whole = n});
        return;
    }
    gather_terms(c, n->args[0], scale, false, terms);
    gather_terms(c, n->args[1], n->op == OP_SUB ? -scale : scale, false, terms);
}

static void gather_factors(collecting *c, term *t, node *n)
{
    graph *g = c->g;
    double x;
    if (is_scale(n, &x)) {
        t->c *= x;
    } else if (is_shared(c, n)) {
        vec_push(g->mem, &t->factors, n);
    } else if (n->op == OP_NEG) {
        t->c = -t->c;
        gather_factors(c, t, n->args[0]);
    } else if (n->op == OP_MUL) {
        gather_factors(c, t, n->args[0]);
        gather_factors(c, t, n->args[1]);
    } else if (n->op == OP_DIV) {
        gather_factors(c, t, n->args[0]);
        vec_push(g->mem, &t->factors, graph_un(g, OP_INV, n->args[1]));
    } else if (n->op == OP_SELECT && node_is_number(n->args[2], 0)) {
        vec_push(g->mem, &t->factors, n->args[0]);
        gather_factors(c, t, n->args[1]);
    } else {
        vec_push(g->mem, &t->factors, n);
    }
}

static int by_id(const void *a, const void *b)
{
    const node *x = *(node *const *)a, *y = *(node *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void find_factors(collecting *c, term_list *terms)
{
    for (int i = 0; i < terms->n; i++) {
        term *t = &terms->data[i];
        if (t->known)
            continue;
        t->known = true;
        gather_factors(c, t, t->whole);
        if (t->factors.n > 1)
            qsort(t->factors.data, (size_t)t->factors.n, sizeof *t->factors.data, by_id);
    }
}

/* ---- like terms ---- */

static bool is_like(const term *a, const term *b)
{
    return !a->built && !b->built && a->factors.n && a->factors.n == b->factors.n &&
           !memcmp(a->factors.data, b->factors.data, (size_t)a->factors.n * sizeof *a->factors.data);
}

/* The first term of terms before k that is like term k, by a map from the hash of their factors. */
static void merge_like(collecting *c, term_list *terms)
{
    int kept = 0;
    map first;
    map_init(&first, c->g->mem);
    for (int i = 0; i < terms->n; i++) {
        term *t = &terms->data[i];
        uintptr_t hash = 1;
        for (int k = 0; k < t->factors.n; k++)
            hash = (hash * 31 + (uintptr_t)t->factors.data[k]->id) * 2 + 1;
        const void *key = (const void *)hash;
        int *at = map_get(&first, key);
        term *like = at ? &terms->data[*at] : NULL;
        if (like && is_like(like, t) && like->c + t->c != 0) {
            like->c += t->c;
            like->touched = true;
            c->found = true;
            continue;
        }
        if (!at) {
            at = ARENA_NEW(c->g->mem, int);
            map_set(&first, key, at);
        }
        *at = kept;
        terms->data[kept++] = *t;
    }
    terms->n = kept;
}

/* ---- common factors ---- */

static bool same_free(const node *a, const node *b)
{
    return a->nfree == b->nfree && !memcmp(a->free, b->free, (size_t)a->nfree * sizeof *a->free);
}

/* Terms that depend on the same variables are computed in the same loop. */
static bool same_loop(const term *a, const term *b)
{
    return same_free(a->whole, b->whole);
}

static int find_factor(const term *t, const node *f)
{
    for (int i = 0; i < t->factors.n; i++)
        if (t->factors.data[i] == f)
            return i;
    return -1;
}

/* Behind a mask nothing is taken out but masks: elsewhere a factor may be infinite. */
static bool is_masked(const term *t)
{
    for (int i = 0; i < t->factors.n; i++)
        if (t->factors.data[i]->elem == ELEM_BOOL)
            return true;
    return false;
}

/* x * y + x is as cheap as x * (y + 1). */
static bool offers(const term *t, int k)
{
    const node *f = t->factors.data[k];
    bool again = k > 0 && t->factors.data[k - 1] == f, alone = t->factors.n == 1 && !t->built;
    return !again && !alone && (f->elem == ELEM_BOOL || !is_masked(t));
}

static bool is_better(const node *a, int na, const node *b, int nb)
{
    if (na != nb)
        return na > nb;
    return a->nfree != b->nfree ? a->nfree > b->nfree : a->id < b->id;
}

/* The factor that most terms of the class of terms[0] share, or NULL. */
static node *choose_factor(collecting *c, const term_list *terms)
{
    node *best = NULL;
    int most = 1;
    map counts;
    map_init(&counts, c->g->mem);
    for (int i = 0; i < terms->n; i++) {
        const term *t = &terms->data[i];
        for (int k = 0; k < t->factors.n; k++) {
            node *f = t->factors.data[k];
            if (!offers(t, k))
                continue;
            int *n = map_get(&counts, f);
            if (!n) {
                n = ARENA_NEW(c->g->mem, int);
                map_set(&counts, f, n);
            }
            ++*n;
            if (*n > 1 && (!best || is_better(f, *n, best, most))) {
                best = f;
                most = *n;
            }
        }
    }
    return best;
}

static node *build_sum(collecting *c, term_list *terms, double *scale);

static node *times(graph *g, node *a, node *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a->elem == ELEM_BOOL)
        return b->elem == ELEM_BOOL ? graph_bin(g, OP_AND, a, b) : graph_select(g, a, b, graph_real(g, b->elem, 0));
    return b->elem == ELEM_BOOL ? times(g, b, a) : graph_bin(g, OP_MUL, a, b);
}

/* terms, of one class: those with factor f become one. */
static void take_out(collecting *c, term_list *terms, node *f)
{
    term_list with = {0};
    int kept = 0, at = -1;
    for (int i = 0; i < terms->n; i++) {
        term t = terms->data[i];
        int k = find_factor(&t, f);
        if (k < 0 || !offers(&t, k)) {
            terms->data[kept++] = t;
            continue;
        }
        if (at < 0)
            at = kept++;
        t.factors.data =
            arena_grow(c->g->mem, t.factors.data, (size_t)t.factors.n, (size_t)t.factors.n, sizeof *t.factors.data);
        memmove(t.factors.data + k, t.factors.data + k + 1, (size_t)(t.factors.n - k - 1) * sizeof *t.factors.data);
        t.factors.n--;
        t.touched = true;
        vec_push(c->g->mem, &with, t);
    }
    terms->n = kept;
    assert(with.n > 0 && at >= 0);
    term joint = {.c = 1, .whole = with.data[0].whole, .known = true, .touched = true};
    joint.built = times(c->g, build_sum(c, &with, &joint.c), rewrite(c, f));
    terms->data[at] = joint;
    c->found = true;
}

static void take_out_all(collecting *c, term_list *terms)
{
    term_list rest = {0};
    while (terms->n > 0) {
        const term first = terms->data[0];
        term_list class = {0};
        int kept = 0;
        for (int i = 0; i < terms->n; i++) {
            if (same_loop(&first, &terms->data[i]))
                vec_push(c->g->mem, &class, terms->data[i]);
            else
                terms->data[kept++] = terms->data[i];
        }
        terms->n = kept;
        for (node *f; (f = choose_factor(c, &class));)
            take_out(c, &class, f);
        for (int i = 0; i < class.n; i++)
            vec_push(c->g->mem, &rest, class.data[i]);
    }
    *terms = rest;
}

/* ---- sums over the same axes ---- */

static bool is_single_sum(const collecting *c, const term *t)
{
    return t->factors.n == 1 && !t->built && t->factors.data[0]->op == OP_SUM && !is_shared(c, t->factors.data[0]);
}

/* Equal free variables and extents: they were opened with the same variables. */
static bool same_axes(collecting *c, node *a, node *b)
{
    if (!same_free(a, b) || a->nvars != b->nvars || a->nargs != b->nargs)
        return false;
    opening *x = open_binder(c, a), *y = open_binder(c, b);
    return !memcmp(x->vars, y->vars, (size_t)a->nvars * sizeof *x->vars) &&
           !memcmp(x->inner + 1, y->inner + 1, (size_t)(a->ninner - 1) * sizeof *x->inner);
}

/* The sum of body over the axes of another. */
static node *sum_like(collecting *c, node *sum, node *body)
{
    opening *o = open_binder(c, sum);
    node **ranges = ARENA_ARRAY(c->g->mem, node *, sum->ninner);
    for (int i = 2; i < sum->ninner; i++)
        ranges[i - 2] = rewrite(c, o->inner[i]);
    return graph_reduce(c->g, OP_SUM, sum->nvars, o->vars, body, rewrite(c, o->inner[1]), ranges);
}

static void merge_group(collecting *c, term_list *group, term *into)
{
    node *first = group->data[0].factors.data[0];
    term_list terms = {0};
    for (int i = 0; i < group->n; i++)
        gather_terms(c, open_binder(c, group->data[i].factors.data[0])->inner[0], group->data[i].c, true, &terms);
    *into = (term){.c = 1, .whole = first, .known = true, .touched = true};
    into->built = sum_like(c, first, build_sum(c, &terms, &into->c));
    c->found = true;
}

static void merge_sums(collecting *c, term_list *terms)
{
    for (int i = 0; i < terms->n; i++) {
        if (!is_single_sum(c, &terms->data[i]))
            continue;
        term_list group = {0};
        int kept = i + 1;
        vec_push(c->g->mem, &group, terms->data[i]);
        for (int k = i + 1; k < terms->n; k++) {
            bool same = is_single_sum(c, &terms->data[k]) &&
                        same_axes(c, terms->data[i].factors.data[0], terms->data[k].factors.data[0]);
            if (same)
                vec_push(c->g->mem, &group, terms->data[k]);
            else
                terms->data[kept++] = terms->data[k];
        }
        terms->n = kept;
        if (group.n > 1)
            merge_group(c, &group, &terms->data[i]);
    }
}

/* ---- products with sums ---- */

/* The factor of the term that is a sum, or the entry of a tensor of sums, and used here only: its place; -1: none. */
static int find_own_sum(collecting *c, const term *t, node **sum)
{
    for (int k = 0; k < t->factors.n && !t->built && !is_masked(t); k++) {
        node *f = t->factors.data[k], *of = f->op == OP_ACCESS ? f->args[0] : f;
        if (is_shared(c, f) || (of != f && of->op != OP_TENSOR) || (of == f ? f : of->args[0])->op != OP_SUM)
            continue;
        *sum = of;
        if (of != f)
            graph_apply(c->g, of, f->args + 1, sum);
        return k;
    }
    return -1;
}

/* Every use of the tensor that a term reads an entry of is in one of the terms. */
static bool is_read_here_only(collecting *c, const term_list *terms, const int *at, const term *t, int k)
{
    const node *f = t->factors.data[k], *of = f->op == OP_ACCESS ? f->args[0] : NULL;
    const int *uses = of ? map_get(&c->uses, of) : NULL;
    int here = 0;
    for (int i = 0; i < terms->n; i++) {
        const node *other = at[i] < 0 ? NULL : terms->data[i].factors.data[at[i]];
        here += other && other->op == OP_ACCESS && other->args[0] == of;
    }
    return !of || (uses && *uses == here);
}

/* The other factors are the same for all that the sum runs over. */
static bool are_outside(collecting *c, const term *t, int at, node *sum)
{
    const opening *o = open_binder(c, sum);
    for (int k = 0; k < t->factors.n; k++)
        if (k != at && node_depends_any(t->factors.data[k], sum->nvars, o->vars))
            return false;
    return true;
}

/* Which factor of each term is a sum over the axes that all of these run over (-1: none); how many there are. */
static int find_own_sums(collecting *c, const term_list *terms, int *at, node **sums)
{
    int first = -1, n = 0;
    for (int i = 0; i < terms->n; i++)
        at[i] = find_own_sum(c, &terms->data[i], &sums[i]);
    for (int i = 0; i < terms->n; i++) {
        if (at[i] < 0)
            continue;
        first = first < 0 ? i : first;
        const term *t = &terms->data[i];
        bool joins = is_read_here_only(c, terms, at, t, at[i]) && same_axes(c, sums[first], sums[i]) &&
                     are_outside(c, t, at[i], sums[i]);
        at[i] = joins ? at[i] : -1;
        n += joins;
    }
    return n;
}

/* The term, its factor at a sum, below the axes of that. */
static node *inside_sum(collecting *c, const term *t, int at, node *sum)
{
    node *part = open_binder(c, sum)->inner[0];
    for (int k = t->factors.n - 1; k >= 0; k--)
        part = k == at ? part : graph_bin(c->g, OP_MUL, t->factors.data[k], part);
    return part;
}

/* w0 * sum(j) a0 + w1 * sum(j) a1 is sum(j) (w0 * a0 + w1 * a1), which costs nothing where other sums have that term.
 */
static void join_products(collecting *c, term_list *terms)
{
    graph *g = c->g;
    int *at = ARENA_ARRAY(g->mem, int, terms->n);
    node **sums = ARENA_ARRAY(g->mem, node *, terms->n), *over = NULL;
    term_list parts = {0}, rest = {0};
    if (find_own_sums(c, terms, at, sums) < 2)
        return;
    for (int i = 0; i < terms->n; i++) {
        const term *t = &terms->data[i];
        if (at[i] < 0) {
            vec_push(g->mem, &rest, *t);
            continue;
        }
        over = over ? over : sums[i];
        vec_push(g->mem, &parts, (term){.c = t->c, .outer = t->c, .whole = inside_sum(c, t, at[i], sums[i])});
    }
    bool found = c->found;
    assert(parts.n > 0);
    term joint = {.c = 1, .whole = parts.data[0].whole, .known = true, .touched = true};
    node *body = build_sum(c, &parts, &joint.c);
    c->found = found;
    if (!map_get(&c->uses, body))
        return;
    joint.built = sum_like(c, over, body);
    vec_push(g->mem, &rest, joint);
    *terms = rest;
    c->found = true;
}

/* ---- putting together ---- */

static node *build_term(collecting *c, const term *t)
{
    node *x = t->built;
    if (!t->touched && t->c == t->outer)
        return rewrite(c, t->whole);
    for (int i = t->factors.n - 1; i >= 0; i--)
        x = times(c->g, rewrite(c, t->factors.data[i]), x);
    return x;
}

/* The common constant of the terms, which the first has. */
static double common_scale(const term_list *terms)
{
    assert(terms->n > 0);
    for (int i = 1; i < terms->n; i++)
        if (fabs(terms->data[i].c) != fabs(terms->data[0].c))
            return 1;
    return terms->data[0].c;
}

/* scale * the sum of the terms is what *scale * what is returned is. */
static node *build_sum(collecting *c, term_list *terms, double *scale)
{
    graph *g = c->g;
    elem e = terms->data[0].whole->elem;
    find_factors(c, terms);
    merge_like(c, terms);
    merge_sums(c, terms);
    join_products(c, terms);
    take_out_all(c, terms);
    double common = common_scale(terms);
    node *sum = NULL;
    for (int i = 0; i < terms->n; i++) {
        double k = terms->data[i].c / common;
        node *x = build_term(c, &terms->data[i]), *size = graph_real(g, e, fabs(k));
        x = !x                     ? size
            : x->elem == ELEM_BOOL ? graph_select(g, x, size, graph_real(g, e, 0))
            : fabs(k) == 1         ? x
                                   : graph_bin(g, OP_MUL, size, x);
        sum = sum ? graph_bin(g, k < 0 ? OP_SUB : OP_ADD, sum, x) : k < 0 ? graph_un(g, OP_NEG, x) : x;
    }
    *scale *= common;
    return sum;
}

static node *scaled(graph *g, double c, node *x)
{
    return c == 1 ? x : c == -1 ? graph_un(g, OP_NEG, x) : graph_bin(g, OP_MUL, graph_real(g, x->elem, c), x);
}

/* Would anything be found? */
static bool is_worthwhile(collecting *c, const term_list *terms)
{
    map seen;
    map_init(&seen, c->g->mem);
    for (int i = 0; i < terms->n; i++) {
        const term *t = &terms->data[i];
        for (int k = 0; k < t->factors.n; k++) {
            node *f = t->factors.data[k];
            const term *other = map_get(&seen, f);
            if (other && other != t)
                return true;
            map_set(&seen, f, &terms->data[i]);
        }
        for (int k = 0; k < i && is_single_sum(c, t); k++)
            if (is_single_sum(c, &terms->data[k]) && same_axes(c, terms->data[k].factors.data[0], t->factors.data[0]))
                return true;
    }
    int *at = ARENA_ARRAY(c->g->mem, int, terms->n + 1);
    node **sums = ARENA_ARRAY(c->g->mem, node *, terms->n + 1);
    return find_own_sums(c, terms, at, sums) > 1;
}

static void cover(collecting *c, node *n, bool root)
{
    double x = 1;
    node *rest = unscaled(n, &x);
    if (!root && is_shared(c, n))
        return;
    if (rest != n) {
        cover(c, rest, false);
    } else if (is_sum(n)) {
        map_set(&c->covered, n, n);
        cover(c, n->args[0], false);
        cover(c, n->args[1], false);
    }
}

/* The sum n in its new form, or NULL when it stays. */
static node *collect_sum(collecting *c, node *n)
{
    term_list terms = {0};
    gather_terms(c, n, 1, true, &terms);
    if (terms.n <= TERMS) {
        find_factors(c, &terms);
        if (is_worthwhile(c, &terms)) {
            double scale = 1;
            node *sum = build_sum(c, &terms, &scale);
            if (c->found)
                return scaled(c->g, scale, sum);
        }
    }
    cover(c, n, true);
    return NULL;
}

static node *rewrite_args(collecting *c, node *n)
{
    graph *g = c->g;
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs + 1);
    bool same = true;
    for (int i = 0; i < outer; i++) {
        args[i] = rewrite(c, n->args[i]);
        same &= args[i] == n->args[i];
    }
    opening *o = node_is_binder(n) ? open_binder(c, n) : NULL;
    for (int i = 0; o && i < n->ninner; i++) {
        args[outer + i] = rewrite(c, o->inner[i]);
        same &= args[outer + i] == o->inner[i];
    }
    g->at = n->at;
    return same ? n : o ? graph_close(g, n, o->vars, args) : graph_with_args(g, n, args);
}

static node *rewrite(void *data, node *n)
{
    collecting *c = data;
    if (n->nargs == 0)
        return n;
    node *r = map_get(&c->done, n);
    if (r)
        return r;
    loc at = c->g->at;
    bool found = c->found;
    c->found = false;
    c->g->at = n->at;
    r = is_sum(n) && !map_get(&c->covered, n) ? collect_sum(c, n) : NULL;
    if (!r)
        r = rewrite_args(c, n);
    c->changed |= c->found;
    c->found = found;
    c->g->at = at;
    if (!r->hint)
        r->hint = n->hint;
    map_set(&c->done, n, r);
    return r;
}

bool collect(graph *g, int n, node **roots)
{
    collecting c = {.g = g};
    map *const maps[] = {&c.pools, &c.opened, &c.uses, &c.done, &c.covered};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_init(maps[i], g->mem);
    for (int i = 0; i < n; i++)
        count(&c, roots[i]);
    for (int i = 0; i < n; i++)
        roots[i] = rewrite(&c, roots[i]);
    return c.changed;
}
