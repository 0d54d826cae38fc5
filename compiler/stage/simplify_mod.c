/* Remainders by a size: sums of indices and sizes lose their multiples of it, and remainders by it.
 *
 * What data give is left alone: a sum of remainders stays in range where that of the numbers may not. */
#include "stage/simplify_state.h"

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
