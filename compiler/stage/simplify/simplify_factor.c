/* Rules that take out of a reduction what does not depend on its axes: factors of sums, terms of maxima and of
 * logsumexp, conditions. A sum over several axes is split where a factor depends on some of them only.
 *
 *   sum[j](c * f(j)) = c * sum[j](f(j))      sum[i, j](a(i) * f(i, j)) = sum[i](a(i) * sum[j](f(i, j)))
 *
 * This is real arithmetic: rounding changes, and what overflows on the way. A sum of which terms may be left out (by a
 * filter, a range of data, a select against 0) is multiplied by mulz, so that one without terms stays 0 whatever the
 * factor. Factors do not leave squares: x / max(x) in a square is there against overflow. */
#include <limits.h>

#include "stage/simplify/simplify_state.h"

enum { FACTORS = 64 }; /* products are looked through this far */

/* n == num / den * rest, num and den free of the axes; NULL: 1. */
typedef struct split {
    node *num, *den, *rest;
    bool masked; /* rest is 0 where something was not taken */
} split;

typedef struct splitting {
    graph *g;
    int naxes;
    var *const *axes;
    int budget;
} splitting;

static node *times(graph *g, node *a, node *b)
{
    return !a ? b : !b ? a : graph_bin(g, OP_MUL, a, b);
}

static node *over(graph *g, node *a, node *b)
{
    return !b ? a : !a ? graph_un(g, OP_INV, b) : graph_bin(g, OP_DIV, a, b);
}

static bool is_split(const split *s)
{
    return s->num || s->den;
}

static split split_factors(splitting *q, node *n);

static split unsplit(node *n)
{
    return (split){.rest = n};
}

/* a * b or a / b; masked parts keep their products as they are. */
static split split_product(splitting *q, node *n)
{
    graph *g = q->g;
    split a = split_factors(q, n->args[0]), b = split_factors(q, n->args[1]);
    if (!is_split(&a) && !is_split(&b))
        return unsplit(n);
    bool division = n->op == OP_DIV;
    split s = {.num = times(g, a.num, division ? b.den : b.num), .den = times(g, a.den, division ? b.num : b.den)};
    s.masked = a.masked || (b.masked && !division) || n->op == OP_MULZ;
    if (division)
        s.rest = over(g, a.rest, b.rest);
    else
        s.rest = a.rest && b.rest ? graph_bin(g, n->op, a.rest, b.rest) : times(g, a.rest, b.rest);
    return s;
}

static split split_negative(splitting *q, node *n)
{
    split s = split_factors(q, n->args[0]);
    s.num = s.num ? graph_un(q->g, OP_NEG, s.num) : graph_real(q->g, n->elem, -1);
    return s;
}

static split split_inverse(splitting *q, node *n)
{
    split s = split_factors(q, n->args[0]);
    return is_split(&s) && !s.masked
               ? (split){.num = s.den, .den = s.num, .rest = s.rest ? graph_un(q->g, OP_INV, s.rest) : NULL}
               : unsplit(n);
}

/* select(c, x, 0) and select(c, 0, x) */
static split split_select(splitting *q, node *n)
{
    int k = node_is_number(n->args[2], 0) ? 1 : node_is_number(n->args[1], 0) ? 2 : 0;
    split s = k ? split_factors(q, n->args[k]) : unsplit(n);
    if (!is_split(&s))
        return unsplit(n);
    node *args[3] = {n->args[0], n->args[1], n->args[2]};
    args[k] = s.rest ? s.rest : graph_real(q->g, n->elem, 1);
    s.rest = graph_select(q->g, args[0], args[1], args[2]);
    s.masked = true;
    return s;
}

/* A common factor of both terms. */
static split split_sum(splitting *q, node *n)
{
    graph *g = q->g;
    split a = split_factors(q, n->args[0]), b = split_factors(q, n->args[1]);
    if (!is_split(&a) || a.num != b.num || a.den != b.den || a.masked || b.masked)
        return unsplit(n);
    node *one = graph_real(g, n->elem, 1);
    a.rest = graph_bin(g, n->op, a.rest ? a.rest : one, b.rest ? b.rest : one);
    return a;
}

static split split_factors(splitting *q, node *n)
{
    if (!node_depends_any(n, q->naxes, q->axes) && !node_is_number(n, 1))
        return (split){.num = n};
    if (!elem_is_float(n->elem) || q->budget <= 0)
        return unsplit(n);
    q->budget--;
    switch (n->op) {
    case OP_MUL:
    case OP_MULZ:
    case OP_DIV:
        return split_product(q, n);
    case OP_NEG:
        return split_negative(q, n);
    case OP_INV:
        return split_inverse(q, n);
    case OP_SELECT:
        return split_select(q, n);
    case OP_ADD:
    case OP_SUB:
        return split_sum(q, n);
    default:
        return unsplit(n);
    }
}

/* ---- sums ---- */

typedef struct summing {
    graph *g;
    node *body, *filter; /* filter: true when there is none */
    int naxes;
    var **axes;
    node **ranges; /* lo, hi per dynamic axis */
} summing;

static summing sum_of(const rewrite *w)
{
    return (summing){w->g, w->args[0], w->args[1], w->n->nvars, w->vars, w->args + 2};
}

static bool may_lack_terms(const summing *s)
{
    bool lacks = !node_is_number(s->filter, 1);
    for (int i = 0; i < s->naxes; i++)
        lacks |= !s->axes[i]->extent;
    return lacks;
}

/* The sum of s->body, which was split, over all axes of s. */
static node *sum_of_split(const summing *s, const split *p)
{
    graph *g = s->g;
    node *rest = p->rest ? p->rest : graph_real(g, s->body->elem, 1);
    node *sum = graph_reduce(g, OP_SUM, s->naxes, s->axes, rest, s->filter, s->ranges);
    bool constant = p->num && node_is_const(p->num, NULL) && !p->den;
    if (!constant && (p->masked || may_lack_terms(s)))
        return graph_bin(g, OP_MULZ, over(g, p->num, p->den), sum);
    return over(g, times(g, p->num, sum), p->den);
}

static bool is_one(const split *s)
{
    return s->num && !s->den && node_is_number(s->num, 1);
}

node *simplify_sum_factor(const rewrite *w)
{
    summing s = sum_of(w);
    if (!elem_is_float(w->n->elem) || node_is_number(s.body, 1))
        return NULL;
    splitting q = {w->g, s.naxes, s.axes, FACTORS};
    split p = split_factors(&q, s.body);
    return is_split(&p) && !is_one(&p) ? sum_of_split(&s, &p) : NULL;
}

/* sum(1) is the number of terms, where no extent may be negative. */
node *simplify_sum_count(const rewrite *w)
{
    graph *g = w->g;
    summing s = sum_of(w);
    if (!node_is_number(s.body, 1) || may_lack_terms(&s))
        return NULL;
    const extent *volume = extent_const(g->pool, 1);
    for (int i = 0; i < s.naxes; i++) {
        if (!extent_is_nonneg(s.axes[i]->extent))
            return NULL;
        volume = extent_mul(volume, s.axes[i]->extent);
    }
    node *count = graph_size(g, volume);
    return elem_is_float(w->n->elem) ? graph_un(g, w->n->elem == ELEM_F32 ? OP_TO_F32 : OP_TO_F64, count) : count;
}

/* ---- sums over several axes ---- */

static void split_filter(graph *g, node *c, const var *v, node **inner, node **outer)
{
    if (c->op == OP_AND) {
        split_filter(g, c->args[0], v, inner, outer);
        split_filter(g, c->args[1], v, inner, outer);
        return;
    }
    node **to = node_depends(c, v) ? inner : outer;
    *to = node_is_number(*to, 1) ? c : node_is_number(c, 1) ? *to : graph_bin(g, OP_AND, *to, c);
}

/* The sum over axis k alone, in inner, and that over the others, in outer, but for their bodies. False: the ranges of
 * others depend on it. */
static bool separate(const summing *s, int k, summing *inner, summing *outer)
{
    graph *g = s->g;
    *inner = *outer = *s;
    inner->axes = s->axes + k;
    inner->naxes = 1;
    outer->axes = ARENA_ARRAY(g->mem, var *, s->naxes);
    outer->ranges = ARENA_ARRAY(g->mem, node *, 2 * s->naxes);
    outer->naxes = 0;
    for (int i = 0, from = 0, to = 0; i < s->naxes; i++) {
        int bounds = s->axes[i]->extent ? 0 : 2;
        if (i == k)
            inner->ranges = s->ranges + from;
        else
            outer->axes[outer->naxes++] = s->axes[i];
        for (int b = 0; b < bounds; b++, from++) {
            if (i == k)
                continue;
            if (node_depends(s->ranges[from], s->axes[k]))
                return false;
            outer->ranges[to++] = s->ranges[from];
        }
    }
    inner->filter = outer->filter = graph_bool(g, true);
    split_filter(g, s->filter, s->axes[k], &inner->filter, &outer->filter);
    return true;
}

/* Points that the sum over axis k alone is computed at, by degree. */
static int points_of(const summing *inner, const node *rest)
{
    int degree = 0;
    for (int i = 0; rest && i < rest->nfree; i++) {
        const var *v = rest->free[i];
        degree += v->kind == VAR_AXIS && (!v->extent || extent_degree(v->extent) > 0);
    }
    for (int i = 0; i < inner->filter->nfree; i++)
        degree += inner->filter->free[i]->kind == VAR_AXIS && inner->filter->free[i] != inner->axes[0] &&
                  !(rest && node_depends(rest, inner->filter->free[i]));
    return degree;
}

/* What leaves the sum over axis k. False: nothing. */
static bool split_axis(const summing *s, int k, split *p, summing *inner, summing *outer)
{
    splitting q = {s->g, 1, s->axes + k, FACTORS};
    *p = split_factors(&q, s->body);
    return is_split(p) && !is_one(p) && separate(s, k, inner, outer);
}

node *simplify_sum_split(const rewrite *w)
{
    summing s = sum_of(w), inner, outer;
    split p;
    int best = -1, least = 0;
    if (s.naxes < 2 || !elem_is_float(w->n->elem))
        return NULL;
    for (int k = s.naxes - 1; k >= 0; k--) {
        int points = split_axis(&s, k, &p, &inner, &outer) ? points_of(&inner, p.rest) : INT_MAX;
        if (points < INT_MAX && (best < 0 || points < least)) {
            best = k;
            least = points;
        }
    }
    if (best < 0 || !split_axis(&s, best, &p, &inner, &outer))
        return NULL;
    node *body = sum_of_split(&inner, &p);
    return graph_reduce(w->g, OP_SUM, outer.naxes, outer.axes, body, outer.filter, outer.ranges);
}

/* ---- conditions ---- */

/* Those parts of the condition c that depend on the axes stay, the others leave. */
static void split_condition(const rewrite *w, node *c, node **stay, node **leave)
{
    if (c->op == OP_AND) {
        split_condition(w, c->args[0], stay, leave);
        split_condition(w, c->args[1], stay, leave);
        return;
    }
    node **to = node_depends_any(c, w->n->nvars, w->vars) ? stay : leave;
    *to = node_is_number(*to, 1) ? c : node_is_number(c, 1) ? *to : graph_bin(w->g, OP_AND, *to, c);
}

node *simplify_reduce_condition(const rewrite *w)
{
    graph *g = w->g;
    node *yes = graph_bool(g, true), *stay = yes, *leave = yes;
    split_condition(w, w->args[1], &stay, &leave);
    if (leave == yes)
        return NULL;
    node *r = graph_reduce(g, w->n->op, w->n->nvars, w->vars, w->args[0], stay, w->args + 2);
    return graph_select(g, leave, r, graph_neutral(g, w->n->op, w->n->elem));
}

node *simplify_sum_select(const rewrite *w)
{
    graph *g = w->g;
    node *s = w->args[0], *yes = graph_bool(g, true), *stay = yes, *leave = yes;
    if (s->op != OP_SELECT || !node_is_number(s->args[2], 0))
        return NULL;
    split_condition(w, s->args[0], &stay, &leave);
    if (leave == yes)
        return NULL;
    node *body = stay == yes ? s->args[1] : graph_select(g, stay, s->args[1], s->args[2]);
    node *sum = graph_reduce(g, OP_SUM, w->n->nvars, w->vars, body, w->args[1], w->args + 2);
    return graph_select(g, leave, sum, graph_number(g, w->n->elem, 0));
}

/* ---- terms that leave maxima and logsumexp ---- */

node *simplify_extremum_term(const rewrite *w)
{
    graph *g = w->g;
    summing s = sum_of(w);
    node *x = w->args[0];
    if ((x->op != OP_ADD && x->op != OP_SUB) || !elem_is_float(x->elem) || may_lack_terms(&s))
        return NULL;
    for (int k = x->op == OP_ADD ? 0 : 1; k < 2; k++) {
        if (node_depends_any(x->args[k], w->n->nvars, w->vars))
            continue;
        node *r = graph_reduce(g, w->n->op, w->n->nvars, w->vars, x->args[1 - k], w->args[1], w->args + 2);
        return graph_bin(g, x->op, r, x->args[k]);
    }
    return NULL;
}
