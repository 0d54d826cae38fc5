/* Fewer and cheaper operations in inner loops, as the last step: what is better for algebra is not what is cheapest.
 *
 * A value's depth is the place of the innermost variable it depends on; what has less depth than its user is computed
 * once before the loop.
 *
 *   x / c              x * inv(c)              c of less depth
 *   (c * x) * d        x * (c * d)             c, d of less depth than x; signs and constants are such
 *   exp(c * x + d)     exp2(c' * x + d')       c' = c * log2(e): where the factor is free
 *
 *   x - (a * b + c * d) (x - a * b) - c * d    x no product: one operation fewer, as a product is added to something
 *                      in one. Not where the sum of products is read by others too
 *   (x - c * s) * k    (x / c - s) * (c * k)   s a sum, c constant, x without an axis of s: for a GPU, where x is
 *                      computed once for many rows
 *
 *   exp(-c * |x - y|^2) exp2(-|c' * x - c' * y|^2)  c' = sqrt(c * log2(e)): for a GPU, where each point is scaled once
 *                      and a pair's exponential takes one operation less
 *
 * Divisions and exponentials are left alone below a single axis: they are not in an inner loop, and there x / c is
 * exact where the quotient is. The results differ by rounding only (and where inv(c) overflows). */
#include <math.h>

#include "stage/fuse/fuse_strength.h"

int strength_depth(const strengthening *s, const node *n)
{
    int depth = 0;
    for (int i = 0; i < n->nfree; i++) {
        const int *place = map_get(&s->places, n->free[i]);
        if (place && *place > depth)
            depth = *place;
    }
    return depth;
}

static bool scales_points(const strengthening *s)
{
    return s->on_gpu && s->has_distances_alone;
}

static bool is_inner(const node *n)
{
    int axes = 0;
    for (int i = 0; i < n->nfree; i++)
        axes += n->free[i]->kind == VAR_AXIS;
    return axes >= 2;
}

node *strength_product(strengthening *s, node *a, node *b)
{
    double x, y;
    if (node_is_const(a, &x) && node_is_const(b, &y))
        return graph_real(s->g, a->elem, x * y);
    for (int k = 0; k < 2; k++) {
        node *one = k ? b : a, *other = k ? a : b;
        if (node_is_number(one, 1))
            return other;
        if (node_is_number(one, -1))
            return graph_un(s->g, OP_NEG, other);
    }
    return graph_bin(s->g, OP_MUL, a, b);
}

/* n as a product of which the second factor has less depth. */
static bool split_by_depth(const strengthening *s, node *n, node **deep, node **shallow)
{
    int depth = strength_depth(s, n);
    if (n->op == OP_NEG) {
        *deep = n->args[0];
        *shallow = graph_real(s->g, n->elem, -1);
        return depth > 0;
    }
    if (n->op != OP_MUL)
        return false;
    int k = strength_depth(s, n->args[0]) < depth ? 0 : 1;
    *shallow = n->args[k];
    *deep = n->args[1 - k];
    return strength_depth(s, *shallow) < depth;
}

/* a * b, what is shallow in either moved to the others. */
static node *gather(strengthening *s, node *a, node *b)
{
    bool turned = strength_depth(s, a) < strength_depth(s, b);
    node *deep = turned ? b : a, *shallow = turned ? a : b, *d, *c;
    if (strength_depth(s, a) == strength_depth(s, b))
        return strength_product(s, a, b);
    while (split_by_depth(s, deep, &d, &c)) {
        deep = d;
        shallow = gather(s, c, shallow);
    }
    return strength_product(s, deep, shallow);
}

static node *strengthen_product(strengthening *s, node *n)
{
    node *deep, *shallow;
    return split_by_depth(s, n, &deep, &shallow) ? gather(s, deep, shallow) : n;
}

static node *strengthen_quotient(strengthening *s, node *n)
{
    if (n->op != OP_DIV)
        return n;
    node *a = n->args[0], *b = n->args[1];
    if (!is_inner(n) || strength_depth(s, b) >= strength_depth(s, a))
        return n;
    double x;
    node *inverse = node_is_const(b, &x) ? graph_real(s->g, b->elem, 1 / x) : graph_un(s->g, OP_INV, b);
    return gather(s, a, inverse);
}

/* It lacks a variable of the other. */
static bool is_of_fewer(const node *n, const node *other)
{
    return n->nfree < other->nfree;
}

/* ... and is computed once for many of the other. */
static bool is_shared(const strengthening *s, const node *n, const node *other)
{
    return strength_depth(s, n) < strength_depth(s, other) || (s->on_gpu && is_of_fewer(n, other));
}

/* Scaling n, a part of the sum, adds no operation to it. */
static bool scales_freely(strengthening *s, node *n, const node *sum)
{
    node *deep, *shallow;
    if (is_shared(s, n, sum))
        return true;
    if (n->op == OP_ADD || n->op == OP_SUB)
        return scales_freely(s, n->args[0], sum) && scales_freely(s, n->args[1], sum);
    return split_by_depth(s, n, &deep, &shallow) || strengthen_quotient(s, n) != n;
}

static node *scaled(strengthening *s, node *n, const node *sum, double c)
{
    node *deep, *shallow, *scale = graph_real(s->g, n->elem, c);
    if (!is_shared(s, n, sum) && (n->op == OP_ADD || n->op == OP_SUB))
        return graph_bin(s->g, n->op, scaled(s, n->args[0], sum, c), scaled(s, n->args[1], sum, c));
    n = strengthen_quotient(s, n);
    if (split_by_depth(s, n, &deep, &shallow))
        return gather(s, deep, gather(s, shallow, scale));
    return strength_product(s, n, scale);
}

/* ---- distances in the scale of their exponential ---- */

static bool is_nonnegative(const node *n)
{
    double x;
    switch (n->op) {
    case OP_SQ:
    case OP_EXP:
    case OP_ABS:
    case OP_SQRT:
        return true;
    case OP_INV:
        return is_nonnegative(n->args[0]);
    case OP_MUL:
    case OP_ADD:
    case OP_DIV:
        return is_nonnegative(n->args[0]) && is_nonnegative(n->args[1]);
    default:
        return node_is_const(n, &x) && x >= 0;
    }
}

static bool is_nonpositive(const node *n)
{
    double x;
    if (n->op == OP_NEG)
        return is_nonnegative(n->args[0]);
    if (n->op == OP_MUL || n->op == OP_DIV)
        return (is_nonpositive(n->args[0]) && is_nonnegative(n->args[1])) ||
               (is_nonnegative(n->args[0]) && is_nonpositive(n->args[1]));
    return node_is_const(n, &x) && x <= 0;
}

bool strength_is_difference(const node *n)
{
    return n->op == OP_SUB && n->args[0]->op == OP_ACCESS && n->args[1]->op == OP_ACCESS;
}

/* A sum of squares of differences. */
static bool is_distance(const node *n)
{
    if (n->op == OP_ADD)
        return is_distance(n->args[0]) && is_distance(n->args[1]);
    return n->op == OP_SQ && strength_is_difference(n->args[0]);
}

/* Whether a difference of entries is read but to be squared: then it would have to be computed in both scales. */
static bool reads_differences(map *seen, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n))
        return false;
    map_set(seen, n, &mark);
    for (int i = 0; i < n->nargs; i++)
        if ((strength_is_difference(n->args[i]) && n->op != OP_SQ) || reads_differences(seen, n->args[i]))
            return true;
    return false;
}

static node *scaled_distance(strengthening *s, node *n, node *scale)
{
    graph *g = s->g;
    if (n->op == OP_ADD)
        return graph_bin(g, OP_ADD, scaled_distance(s, n->args[0], scale), scaled_distance(s, n->args[1], scale));
    node *d = n->args[0];
    node *a = graph_bin(g, OP_MUL, d->args[0], scale), *b = graph_bin(g, OP_MUL, d->args[1], scale);
    return graph_un(g, OP_SQ, graph_bin(g, OP_SUB, a, b));
}

/* NULL: x is no such distance times what is not positive. */
static node *in_scale(strengthening *s, node *x)
{
    node *deep, *shallow;
    if (!scales_points(s) || !split_by_depth(s, x, &deep, &shallow) || !is_nonpositive(shallow) || !is_distance(deep))
        return NULL;
    node *c = graph_un(s->g, OP_NEG, gather(s, shallow, graph_real(s->g, x->elem, LOG2_E)));
    node *scale = graph_un(s->g, OP_SQRT, c);
    return graph_un(s->g, OP_EXP2, graph_un(s->g, OP_NEG, scaled_distance(s, deep, scale)));
}

static node *strengthen_exp(strengthening *s, node *n)
{
    node *x = n->args[0];
    node *e = is_inner(x) ? in_scale(s, x) : NULL;
    if (e)
        return e;
    if (!is_inner(x) || !scales_freely(s, x, x))
        return n;
    return graph_un(s->g, OP_EXP2, scaled(s, x, x, LOG2_E));
}

static node *strengthen(strengthening *s, node *n)
{
    if (!elem_is_float(n->elem))
        return n;
    switch (n->op) {
    case OP_MUL:
    case OP_NEG:
        return strengthen_product(s, n);
    case OP_DIV:
        return strengthen_quotient(s, n);
    case OP_EXP:
        return strengthen_exp(s, n);
    default:
        return n;
    }
}

/* ---- sums that begin with what is no product ---- */

enum { MOST_TERMS = 64 };

typedef struct chain {
    const node *sum;
    node *terms[MOST_TERMS];
    bool negative[MOST_TERMS];
    int n, products;
} chain;

static void count_uses(strengthening *s, node *n)
{
    for (int i = 0; i < n->nargs - n->ninner; i++) {
        int *count = map_get(&s->uses, n->args[i]);
        if (!count) {
            count = ARENA_NEW(s->g->mem, int);
            map_set(&s->uses, n->args[i], count);
            count_uses(s, n->args[i]);
        }
        ++*count;
    }
}

/* By more than one; of what is made here nothing is known, and it is not. */
static bool is_read_again(const strengthening *s, const node *n)
{
    const int *count = map_get(&s->uses, n);
    return count && *count > 1;
}

static bool is_product(const node *n, const node *sum)
{
    return (n->op == OP_MUL || n->op == OP_SQ) && !is_of_fewer(n, sum);
}

static bool add_terms(strengthening *s, chain *c, node *n, bool negative);

/* c * |x - y|^2 as the squares of differences of scaled points. */
static bool add_squares(strengthening *s, chain *c, node *n, bool negative)
{
    node *deep, *factor;
    if (!scales_points(s) || !split_by_depth(s, n, &deep, &factor) || !is_distance(deep) || is_read_again(s, deep))
        return false;
    bool falls = is_nonpositive(factor);
    if (!falls && !is_nonnegative(factor))
        return false;
    double x;
    node *scale = falls ? strength_product(s, factor, graph_real(s->g, factor->elem, -1)) : factor;
    scale = node_is_const(scale, &x) ? graph_real(s->g, n->elem, sqrt(x)) : graph_un(s->g, OP_SQRT, scale);
    return add_terms(s, c, scaled_distance(s, deep, scale), negative != falls);
}

/* False: it has too many terms. */
static bool add_terms(strengthening *s, chain *c, node *n, bool negative)
{
    bool is_sum = n->op == OP_ADD || n->op == OP_SUB;
    if (is_sum && !is_read_again(s, n))
        return add_terms(s, c, n->args[0], negative) && add_terms(s, c, n->args[1], negative != (n->op == OP_SUB));
    node *product = strengthen_quotient(s, n);
    if (product->op == OP_MUL && add_squares(s, c, product, negative))
        return true;
    if (c->n == MOST_TERMS)
        return false;
    c->terms[c->n] = n;
    c->negative[c->n++] = negative;
    c->products += is_product(n, c->sum);
    return true;
}

static node *walk(strengthening *s, node *n);

static bool has_same_variables(const node *a, const node *b)
{
    bool same = a->nfree == b->nfree;
    for (int i = 0; same && i < a->nfree; i++)
        same = a->free[i] == b->free[i];
    return same;
}

static node *add_term(strengthening *s, node *sum, node *term, bool negative)
{
    if (sum)
        return graph_bin(s->g, negative ? OP_SUB : OP_ADD, sum, term);
    return negative ? graph_un(s->g, OP_NEG, term) : term;
}

/* The sum of the terms from `from` on that are no products and depend on the same. They are taken out. */
static node *take_alike(strengthening *s, chain *c, int from)
{
    node *first = c->terms[from], *sum = NULL;
    for (int i = from; i < c->n; i++)
        if (c->terms[i] && !is_product(c->terms[i], c->sum) && has_same_variables(c->terms[i], first)) {
            sum = add_term(s, sum, walk(s, c->terms[i]), c->negative[i]);
            c->terms[i] = NULL;
        }
    return sum;
}

/* NULL: n is no sum of several products and something else. */
static node *chained(strengthening *s, node *n)
{
    chain c = {.sum = n};
    node *sum = NULL;
    bool is_sum = (n->op == OP_ADD || n->op == OP_SUB) && elem_is_float(n->elem) && is_inner(n);
    if (!is_sum || !add_terms(s, &c, n, false) || c.products < 2 || c.n == c.products)
        return NULL;
    for (int i = 0; i < c.n; i++)
        if (c.terms[i] && !is_product(c.terms[i], n))
            sum = add_term(s, sum, take_alike(s, &c, i), false);
    for (int i = 0; i < c.n; i++)
        if (c.terms[i])
            sum = add_term(s, sum, walk(s, c.terms[i]), c.negative[i]);
    return sum;
}

/* (x - c * sum) * k as (x / c - sum) * (c * k), where x is computed once for many rows; NULL: n is no such product. */
static node *with_factor_outside(strengthening *s, node *n)
{
    graph *g = s->g;
    if (!s->on_gpu || !elem_is_float(n->elem) || !is_inner(n))
        return NULL;
    n = strengthen_quotient(s, n);
    if (n->op != OP_MUL)
        return NULL;
    for (int i = 0; i < 4; i++) {
        node *sum = n->args[i / 2], *k = n->args[1 - i / 2];
        bool is_sum = (sum->op == OP_ADD || sum->op == OP_SUB) && !is_read_again(s, sum);
        if (!is_sum || strength_depth(s, k) >= strength_depth(s, sum))
            continue;
        node *t = sum->args[i % 2], *x = sum->args[1 - i % 2];
        double c;
        bool scaled = t->op == OP_MUL && node_is_const(t->args[0], &c) && c != 0 && t->args[1]->op == OP_ADD;
        if (!scaled || is_read_again(s, t) || !is_of_fewer(x, n))
            continue;
        x = graph_bin(g, OP_MUL, x, graph_real(g, x->elem, 1 / c));
        node *rest = t->args[1], *factor = graph_bin(g, OP_MUL, k, graph_real(g, k->elem, c));
        return graph_bin(g, OP_MUL, graph_bin(g, sum->op, i % 2 ? x : rest, i % 2 ? rest : x), factor);
    }
    return NULL;
}

/* The exponential of a sum as power of two, before the sum becomes one of which the parts are not seen. */
static node *power_of_sum(strengthening *s, node *n)
{
    node *x = n->args[0];
    bool is_sum = (x->op == OP_ADD || x->op == OP_SUB) && elem_is_float(n->elem) && is_inner(x);
    return is_sum && scales_freely(s, x, x) ? graph_un(s->g, OP_EXP2, scaled(s, x, x, LOG2_E)) : NULL;
}

/* n written in another way, which is to be walked; NULL: it stays. */
static node *rewritten(strengthening *s, node *n)
{
    if (n->op != OP_EXP)
        return with_factor_outside(s, n);
    node *expanded = expand_exponential(s, n);
    return expanded ? expanded : power_of_sum(s, n);
}

static void push(strengthening *s, const node *n, var *const *vars)
{
    for (int i = 0; i < n->nvars; i++) {
        int *place = ARENA_NEW(s->g->mem, int);
        *place = ++s->depth;
        map_set(&s->places, vars[i], place);
    }
}

/* The inside arguments; gives what is to be added to the result, or NULL. */
static node *walk_inside(strengthening *s, node *n, const opening *o, node **inside)
{
    node *shift = NULL, *scores = NULL;
    loc around = s->reduction;
    if (node_is_reduce(n))
        s->reduction = n->at;
    push(s, n, o->vars);
    for (int i = 0; i < n->ninner; i++)
        count_uses(s, o->inner[i]);
    if (node_is_reduce(n) && n->nvars == 1)
        scores = expand_scores(s, n, o->vars[0], o->inner[0], &shift);
    for (int i = 0; i < n->ninner; i++)
        inside[i] = walk(s, i == 0 && scores ? scores : o->inner[i]);
    s->reduction = around;
    return shift;
}

static node *walk(strengthening *s, node *n)
{
    if (n->nargs == 0)
        return n;
    node *known = map_get(&s->done, n);
    if (known)
        return known;
    graph *g = s->g;
    node *other = rewritten(s, n);
    known = other ? walk(s, other) : chained(s, n);
    if (known) {
        map_set(&s->done, n, known);
        return known;
    }
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    int outer = n->nargs - n->ninner, depth = s->depth;
    for (int i = 0; i < outer; i++)
        args[i] = walk(s, n->args[i]);
    opening *o = node_is_binder(n) ? graph_enter(g, n) : NULL;
    node *shift = o ? walk_inside(s, n, o, args + outer) : NULL;
    s->depth = depth;
    g->at = n->at;
    node *r = o ? graph_leave(g, n, o, args) : strengthen(s, graph_with_args(g, n, args));
    if (shift)
        r = graph_bin(g, OP_ADD, r, walk(s, shift));
    if (!r->hint)
        r->hint = n->hint;
    map_set(&s->done, n, r);
    return r;
}

void fuse_strength(graph *g, graph_fn *f, target_kind target, bool is_fast)
{
    strengthening s = {.g = g, .f = f, .on_gpu = target == TARGET_CUDA, .is_fast = is_fast};
    map seen;
    s.has_distances_alone = true;
    map_init(&seen, g->mem);
    for (int i = 0; i < f->nouts; i++)
        s.has_distances_alone = s.has_distances_alone && !reads_differences(&seen, f->outs[i]);
    map_init(&s.done, g->mem);
    map_init(&s.places, g->mem);
    map_init(&s.uses, g->mem);
    map_init(&s.centers, g->mem);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = walk(&s, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = walk(&s, f->checks.data[i].ok);
}
