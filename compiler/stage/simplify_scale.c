/* Rules that move constant factors outwards, so that terms that differ in them only become one. Only powers of two
 * move: then no result changes (overflow and underflow aside). */
#include <math.h>

#include "stage/simplify_state.h"

static bool is_power_of_two(const node *n)
{
    double x;
    int exponent;
    return elem_is_float(n->elem) && node_is_const(n, &x) && isfinite(x) && fabs(frexp(x, &exponent)) == 0.5 &&
           exponent > -20 && exponent < 20;
}

/* n as c * rest, c a power of two. */
static bool split_scale(node *n, node **c, node **rest)
{
    if (n->op != OP_MUL)
        return false;
    int k = is_power_of_two(n->args[0]) ? 0 : is_power_of_two(n->args[1]) ? 1 : -1;
    if (k < 0 || node_is_const(n->args[1 - k], NULL))
        return false;
    *c = n->args[k];
    *rest = n->args[1 - k];
    return true;
}

node *simplify_scale_mul(const rewrite *w)
{
    node *c, *rest;
    for (int k = 0; k < 2; k++) {
        node *other = w->args[1 - k];
        if (!split_scale(w->args[k], &c, &rest))
            continue;
        if (is_power_of_two(other))
            return graph_bin(w->g, OP_MUL, graph_real(w->g, c->elem, c->number * other->number), rest);
        return graph_bin(w->g, OP_MUL, c, graph_bin(w->g, OP_MUL, rest, other));
    }
    return NULL;
}

node *simplify_scale_div(const rewrite *w)
{
    node *c, *rest;
    if (!split_scale(w->args[0], &c, &rest))
        return NULL;
    return graph_bin(w->g, OP_MUL, c, graph_bin(w->g, OP_DIV, rest, w->args[1]));
}

node *simplify_scale_neg(const rewrite *w)
{
    node *c, *rest;
    if (!split_scale(w->args[0], &c, &rest))
        return NULL;
    return graph_bin(w->g, OP_MUL, graph_real(w->g, c->elem, -c->number), rest);
}

node *simplify_scale_sum(const rewrite *w)
{
    node *c, *rest;
    if (!split_scale(w->args[0], &c, &rest))
        return NULL;
    node *sum = graph_reduce(w->g, OP_SUM, w->n->nvars, w->vars, rest, w->args[1], w->args + 2);
    return graph_bin(w->g, OP_MUL, c, sum);
}

/* x + x = 2 x, and c x + c y = c (x + y). */
node *simplify_scale_add(const rewrite *w)
{
    node *a = w->args[0], *b = w->args[1], *c, *d, *x, *y;
    if (!elem_is_float(a->elem))
        return NULL;
    if (a == b)
        return graph_bin(w->g, OP_MUL, graph_real(w->g, a->elem, 2), a);
    if (split_scale(a, &c, &x) && split_scale(b, &d, &y) && (c == d || x == y))
        return c == d ? graph_bin(w->g, OP_MUL, c, graph_bin(w->g, OP_ADD, x, y))
                      : graph_bin(w->g, OP_MUL, graph_real(w->g, c->elem, c->number + d->number), x);
    return NULL;
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
