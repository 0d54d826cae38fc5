/* Additions of products become fused multiply-adds, and products that sums add a*b - 0, of which the sum makes one.
 *
 * A product that something else reads, too, is there anyway: adding it is cheaper then. So is one that lacks an axis of
 * the addition, which is computed once for all entries of that axis. Readers are counted as binders are stored: there,
 * products of sums that will share a loop are one node. */
#include <assert.h>

#include "stage/fuse/fuse.h"

typedef struct contracting {
    graph *g;
    map readers; /* product, as stored -> how many read it; absent: none */
    map stored;  /* node of an opened binder -> what it is there */
    map seen, done;
} contracting;

static bool is_product(const node *n)
{
    return (n->op == OP_MUL || n->op == OP_SQ) && elem_is_float(n->elem);
}

/* ---- who reads what ---- */

static void count_reader(contracting *c, const node *read)
{
    if (is_product(read))
        map_set(&c->readers, read, (void *)((intptr_t)map_get(&c->readers, read) + 1));
}

static void count(contracting *c, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(&c->seen, n))
        return;
    map_set(&c->seen, n, &mark);
    for (int i = 0; i < n->nargs; i++) {
        count_reader(c, n->args[i]);
        count(c, n->args[i]);
    }
}

/* The other order of arguments that commute. */
static bool is_turned(const node *a, const node *b)
{
    return a->nargs == 2 && !node_is_binder(a) && a->args[0]->op != b->args[0]->op && a->args[0]->op == b->args[1]->op;
}

static void note_stored(contracting *c, node *stored, const node *opened)
{
    if (opened->nargs == 0 || map_get(&c->stored, opened))
        return;
    map_set(&c->stored, opened, stored);
    if (stored == opened || stored->op != opened->op || stored->nargs != opened->nargs)
        return;
    bool turned = is_turned(stored, opened);
    for (int i = 0; i < opened->nargs - opened->ninner; i++)
        note_stored(c, stored->args[i], opened->args[turned ? 1 - i : i]);
}

static opening *enter(contracting *c, node *n)
{
    opening *o = graph_enter(c->g, n);
    const node *stored = map_get(&c->stored, n);
    int outer = n->nargs - n->ninner;
    for (int i = 0; i < n->ninner; i++)
        note_stored(c, (stored ? stored : n)->args[outer + i], o->inner[i]);
    return o;
}

static bool has_one_reader(const contracting *c, const node *n)
{
    const node *stored = map_get(&c->stored, n);
    return (intptr_t)map_get(&c->readers, stored ? stored : n) == 1;
}

/* ---- additions ---- */

static bool varies_as(const node *product, const node *n)
{
    for (int i = 0; i < n->nfree; i++)
        if (n->free[i]->kind == VAR_AXIS && !node_depends(product, n->free[i]))
            return false;
    return true;
}

static bool is_taken_in(const contracting *c, const node *product, const node *n)
{
    return is_product(product) && has_one_reader(c, product) && varies_as(product, n);
}

static node *negated(graph *g, node *n)
{
    if (n->op == OP_CONST)
        return graph_real(g, n->elem, -n->number);
    return n->op == OP_NEG ? n->args[0] : graph_un(g, OP_NEG, n);
}

static bool has_sign(const node *n)
{
    return n->op == OP_CONST || n->op == OP_NEG;
}

/* product + rest, or rest - product. */
static node *fused(graph *g, const node *product, bool minus, node *rest)
{
    assert(is_product(product));
    node *a = product->args[0], *b = product->args[product->op == OP_SQ ? 0 : 1];
    if (minus && has_sign(b))
        b = negated(g, b);
    else if (minus)
        a = negated(g, a);
    return graph_point(g, OP_FMA, 3, (node *[]){a, b, rest}, rest->elem);
}

/* new: n, of which what it reads was contracted. */
static node *contract_addition(const contracting *c, const node *n, node *new)
{
    node *a = new->args[0], *b = new->args[1];
    bool minus = n->op == OP_SUB;
    if (new->op != n->op)
        return new;
    if (is_taken_in(c, n->args[1], n))
        return fused(c->g, b, minus, a);
    return is_taken_in(c, n->args[0], n) ? fused(c->g, a, false, minus ? negated(c->g, b) : b) : new;
}

static node *rewrite(void *data, node *n);

/* A sum adds its first argument inside. */
static node *contract_binder(contracting *c, node *n)
{
    graph *g = c->g;
    node **args = ARENA_ARRAY(g->mem, node *, n->nargs);
    int outer = n->nargs - n->ninner;
    for (int i = 0; i < outer; i++)
        args[i] = rewrite(c, n->args[i]);
    opening *o = enter(c, n);
    for (int i = 0; i < n->ninner; i++)
        args[outer + i] = rewrite(c, o->inner[i]);
    bool adds = n->op == OP_SUM || n->op == OP_SCATTER;
    if (adds && is_product(o->inner[0]) && has_one_reader(c, o->inner[0]))
        args[0] = fused(g, args[0], false, graph_real(g, n->elem, -0.0));
    return graph_leave(g, n, o, args);
}

static node *rewrite(void *data, node *n)
{
    contracting *c = data;
    graph *g = c->g;
    if (n->nargs == 0)
        return n;
    node *known = map_get(&c->done, n);
    if (known)
        return known;
    loc at = g->at;
    g->at = n->at;
    known = node_is_binder(n) ? contract_binder(c, n) : graph_map_args(g, n, rewrite, c);
    if ((n->op == OP_ADD || n->op == OP_SUB) && elem_is_float(n->elem))
        known = contract_addition(c, n, known);
    g->at = at;
    if (!known->hint)
        known->hint = n->hint;
    map_set(&c->done, n, known);
    return known;
}

void fuse_contract(graph *g, graph_fn *f)
{
    contracting c = {.g = g};
    map *const maps[] = {&c.readers, &c.stored, &c.seen, &c.done};
    for (int i = 0; i < 4; i++)
        map_init(maps[i], g->mem);
    for (int i = 0; i < f->nouts; i++) {
        count_reader(&c, f->outs[i]);
        count(&c, f->outs[i]);
    }
    for (int i = 0; i < f->checks.n; i++)
        count(&c, f->checks.data[i].ok);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = rewrite(&c, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = rewrite(&c, f->checks.data[i].ok);
}
