/* Remainders and quotients by a size: sums of indices and sizes lose their multiples of it, and remainders by it; the
 * digits of what is written by its digits are those.
 *
 * What data give is left alone: a sum of remainders stays in range where that of the numbers may not. */
#include "form/affine.h"
#include "stage/simplify/simplify_state.h"

typedef struct reducing {
    graph *g;
    node *by;
    const extent *period; /* a single term, or NULL */
    bool changed;
} reducing;

static bool is_of_indices(const node *n)
{
    if (n->op == OP_VAR)
        return n->var->kind == VAR_AXIS;
    if (n->op != OP_ADD && n->op != OP_SUB && n->op != OP_NEG && n->op != OP_IMOD)
        return n->op == OP_SIZE || n->op == OP_CONST;
    for (int i = 0; i < n->nargs; i++)
        if (!is_of_indices(n->args[i]))
            return false;
    return true;
}

static bool is_same_monomial(const extent_term *a, const extent_term *b)
{
    bool same = a->degree == b->degree;
    for (int i = 0; same && i < a->degree; i++)
        same = a->atoms[i] == b->atoms[i];
    return same;
}

static node *without_multiples(reducing *r, node *size)
{
    for (int i = 0; r->period && i < size->extent->n; i++) {
        const extent_term *t = &size->extent->terms[i];
        if (!is_same_monomial(t, r->period->terms) || t->coef % r->period->terms->coef)
            continue;
        r->changed = true;
        const extent *rest = extent_sub(size->extent, extent_scale(r->period, t->coef / r->period->terms->coef));
        return graph_size(r->g, rest);
    }
    return size;
}

static node *reduced(reducing *r, node *n)
{
    if (n->op == OP_SIZE)
        return without_multiples(r, n);
    if (n->op == OP_IMOD && n->args[1] == r->by) {
        r->changed = true;
        return reduced(r, n->args[0]);
    }
    if (n->op == OP_NEG)
        return graph_un(r->g, OP_NEG, reduced(r, n->args[0]));
    if (n->op == OP_ADD || n->op == OP_SUB)
        return graph_bin(r->g, n->op, reduced(r, n->args[0]), reduced(r, n->args[1]));
    return n;
}

node *simplify_mod_sum(const rewrite *w)
{
    reducing r = {.g = w->g, .by = w->args[1]};
    const extent *by = r.by->op == OP_SIZE ? r.by->extent : NULL;
    if (!by || !is_of_indices(w->args[0]))
        return NULL;
    r.period = by->n == 1 && by->terms->degree > 0 ? by : NULL;
    node *x = reduced(&r, w->args[0]);
    return r.changed ? graph_bin(w->g, OP_IMOD, x, r.by) : NULL;
}

/* n == high * size + low with 0 <= low < size. */
static bool find_digits(const rewrite *w, const node *n, node **high, const extent **size, node **low)
{
    for (int i = 0; n->op == OP_ADD && i < 2; i++) {
        const node *product = n->args[i];
        *low = n->args[1 - i];
        for (int k = 0; product->op == OP_MUL && k < 2; k++) {
            *high = product->args[k];
            *size = affine_extent(product->args[1 - k], w->g->pool);
            if (*size && affine_in_range(*low, *size, NULL, 0, NULL, 0, NULL))
                return true;
        }
    }
    return false;
}

node *simplify_digits(const rewrite *w)
{
    graph *g = w->g;
    node *high, *low;
    const extent *size, *by = affine_extent(w->args[1], g->pool);
    if (!by || !find_digits(w, w->args[0], &high, &size, &low))
        return NULL;
    const extent *rest = extent_quotient(by, size);
    if (!rest)
        return NULL;
    node *digit = graph_bin(g, w->n->op, high, graph_size(g, rest));
    return w->n->op == OP_IDIV ? digit : graph_bin(g, OP_ADD, graph_bin(g, OP_MUL, digit, graph_size(g, size)), low);
}
