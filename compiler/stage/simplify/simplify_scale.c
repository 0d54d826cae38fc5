/* Rules that move constant factors outwards, so that terms that differ in them only become one. Constants of moderate
 * size move: nothing overflows that did not before. */
#include <math.h>

#include "stage/simplify/simplify_state.h"

static bool is_scale(const node *n)
{
    double x;
    int exponent;
    if (!elem_is_float(n->elem) || !node_is_const(n, &x) || !isfinite(x) || x == 0)
        return false;
    frexp(x, &exponent);
    return exponent > -20 && exponent < 20;
}

static bool is_power_of_two(const node *n)
{
    int exponent;
    return is_scale(n) && fabs(frexp(n->number, &exponent)) == 0.5;
}

/* n as c * rest. */
static bool split_scale(node *n, node **c, node **rest)
{
    if (n->op != OP_MUL)
        return false;
    int k = is_scale(n->args[0]) ? 0 : is_scale(n->args[1]) ? 1 : -1;
    if (k < 0 || node_is_const(n->args[1 - k], NULL))
        return false;
    *c = n->args[k];
    *rest = n->args[1 - k];
    return true;
}

/* c * x, as it will be found again. */
static node *scaled(graph *g, double c, node *x)
{
    return c == 1 ? x : c == -1 ? graph_un(g, OP_NEG, x) : graph_bin(g, OP_MUL, graph_real(g, x->elem, c), x);
}

node *simplify_scale_mul(const rewrite *w)
{
    node *c, *rest;
    for (int k = 0; k < 2; k++) {
        node *other = w->args[1 - k];
        if (!split_scale(w->args[k], &c, &rest))
            continue;
        if (is_scale(other))
            return scaled(w->g, c->number * other->number, rest);
        return graph_bin(w->g, OP_MUL, c, graph_bin(w->g, OP_MUL, rest, other));
    }
    return NULL;
}

/* (c x) / y = c (x / y); for powers of two x / (c y) = 1/c (x / y) and x / c = 1/c x. */
node *simplify_scale_div(const rewrite *w)
{
    graph *g = w->g;
    node *a = w->args[0], *b = w->args[1], *c, *rest;
    if (split_scale(a, &c, &rest))
        return graph_bin(g, OP_MUL, c, graph_bin(g, OP_DIV, rest, b));
    if (is_power_of_two(b))
        return scaled(g, 1 / b->number, a);
    if (split_scale(b, &c, &rest) && is_power_of_two(c))
        return scaled(g, 1 / c->number, graph_bin(g, OP_DIV, a, rest));
    return NULL;
}

node *simplify_scale_neg(const rewrite *w)
{
    node *c, *rest;
    if (!split_scale(w->args[0], &c, &rest))
        return NULL;
    return scaled(w->g, -c->number, rest);
}

/* n as *c times what is returned. */
static node *unscaled(node *n, double *c)
{
    node *scale, *rest;
    *c = 1;
    if (n->op == OP_NEG) {
        n = unscaled(n->args[0], c);
        *c = -*c;
    } else if (split_scale(n, &scale, &rest)) {
        *c = scale->number;
        n = rest;
    }
    return n;
}

/* c x + d x = (c + d) x and c x + c y = c (x + y); likewise differences. A sum that cancels is left: x may be NaN. */
node *simplify_scale_add(const rewrite *w)
{
    graph *g = w->g;
    double c, d;
    bool minus = w->n->op == OP_SUB;
    if (!elem_is_float(w->n->elem) || node_is_const(w->args[0], NULL) || node_is_const(w->args[1], NULL))
        return NULL;
    node *x = unscaled(w->args[0], &c), *y = unscaled(w->args[1], &d);
    if (x == y && c + (minus ? -d : d) != 0)
        return scaled(g, c + (minus ? -d : d), x);
    if (x == y || fabs(c) != fabs(d) || fabs(c) == 1)
        return NULL;
    op o = (c == d) == minus ? OP_SUB : OP_ADD;
    return scaled(g, c, graph_bin(g, o, x, y));
}

/* (b - a) * y = -((a - b) * y), in the order of values: what differs in the sign only becomes one. */
node *simplify_order_factor(const rewrite *w)
{
    for (int k = 0; k < 2; k++) {
        node *d = w->args[k], *other = w->args[1 - k];
        if (d->op != OP_SUB || !elem_is_float(d->elem) || simplify_order(d->args[1], d->args[0]) >= 0)
            continue;
        node *turned = graph_bin(w->g, OP_SUB, d->args[1], d->args[0]);
        return graph_un(w->g, OP_NEG, graph_bin(w->g, OP_MUL, turned, other));
    }
    return NULL;
}

/* -a - b = -(a + b) */
node *simplify_sub_of_neg(const rewrite *w)
{
    node *a = w->args[0];
    if (a->op != OP_NEG || !elem_is_float(a->elem))
        return NULL;
    return graph_un(w->g, OP_NEG, graph_bin(w->g, OP_ADD, a->args[0], w->args[1]));
}
