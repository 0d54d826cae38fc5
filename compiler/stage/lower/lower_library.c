/* solve, cholesky, eigh, fft, ...: calls of the routines of form/routine.h, and what is written in terms of them. */
#include <assert.h>
#include <string.h>

#include "stage/lower/lower_state.h"

typedef struct call {
    lowering *l;
    graph *g;
    expr *e;
    node *args[2];
} call;

/* The tensor in extents that are known to be equal to its own. */
static node *with_extents(graph *g, node *t, const extent *const *extents)
{
    var *axes[8];
    assert(t->rank <= 8);
    for (int i = 0; i < t->rank; i++)
        axes[i] = graph_axis(g, extents[i], NULL);
    return graph_tensor(g, t->rank, axes, graph_access_vars(g, t, axes));
}

/* The matrix with as many columns as rows. */
static node *square(const call *c)
{
    node *a = c->args[0];
    return with_extents(c->g, a, (const extent *[]){a->extents[0], a->extents[0]});
}

/* (A + A') / 2 */
static node *symmetric(const call *c)
{
    graph *g = c->g;
    node *a = square(c);
    var *ij[2];
    node *x = graph_entry(g, a, ij), *y = graph_access(g, a, (node *[]){ij[1]->self, ij[0]->self});
    node *half = graph_bin(g, OP_MUL, graph_real(g, a->elem, 0.5), graph_bin(g, OP_ADD, x, y));
    return graph_tensor(g, 2, ij, half);
}

/* The second operand as a matrix with so many rows: a vector is its only column. */
static node *columns(const call *c, const extent *rows)
{
    graph *g = c->g;
    node *b = c->args[1];
    bool is_vector = b->rank == 1;
    var *ij[2] = {graph_axis(g, rows, NULL), graph_axis(g, is_vector ? extent_const(g->pool, 1) : b->extents[1], NULL)};
    return graph_tensor(g, 2, ij, graph_access_vars(g, b, ij));
}

/* Wanted where one of the points that its operands do not tell apart wants it. */
static node *call_of(const call *c, routine_id id, node *a, node *b)
{
    node *operands[] = {a, b};
    return graph_call(c->g, id, operands, graph_somewhere(c->g, lower_wanted(c->l), b ? 2 : 1, operands));
}

static node *result(const call *c, routine_id id, node *a, node *b, int k)
{
    return graph_out(c->g, call_of(c, id, a, b), k);
}

static values all_results(const call *c, routine_id id, node *a, int n)
{
    values v = {n, ARENA_ARRAY(c->l->mem, node *, n)};
    for (int k = 0; k < n; k++)
        v.item[k] = result(c, id, a, NULL, k);
    return v;
}

/* X, of one column if the second operand is a vector. */
static values with_columns(const call *c, routine_id id, node *a)
{
    graph *g = c->g;
    node *x = result(c, id, a, columns(c, a->extents[0]), 0);
    if (c->args[1]->rank == 2)
        return one_value(c->l, x);
    var *i = graph_axis(g, x->extents[0], NULL);
    return one_value(c->l, graph_tensor(g, 1, &i, graph_access(g, x, (node *[]){i->self, graph_int(g, 0)})));
}

static values call_solve(const call *c)
{
    return with_columns(c, ROUTINE_SOLVE, square(c));
}

static values call_lstsq(const call *c)
{
    return with_columns(c, ROUTINE_LSTSQ, c->args[0]);
}

static values call_cholesky(const call *c)
{
    return one_value(c->l, result(c, ROUTINE_CHOLESKY, symmetric(c), NULL, 0));
}

static values call_logdet(const call *c)
{
    return one_value(c->l, result(c, ROUTINE_LOGDET, square(c), NULL, 0));
}

static values call_inverse(const call *c)
{
    graph *g = c->g;
    node *a = square(c);
    var *ij[2] = {graph_axis(g, a->extents[0], NULL), graph_axis(g, a->extents[0], NULL)};
    node *one = graph_select(g, graph_bin(g, OP_EQ, ij[0]->self, ij[1]->self), graph_real(g, a->elem, 1),
                             graph_real(g, a->elem, 0));
    return one_value(c->l, result(c, ROUTINE_SOLVE, a, graph_tensor(g, 2, ij, one), 0));
}

static values call_eigh(const call *c)
{
    return all_results(c, ROUTINE_EIGH, symmetric(c), 2);
}

static values call_svd(const call *c)
{
    return all_results(c, ROUTINE_SVD, c->args[0], 3);
}

/* The tensor with this axis and the last one exchanged, times a factor. */
static node *exchanged(graph *g, node *t, int axis, node *factor)
{
    int last = t->rank - 1;
    var *axes[8];
    node *subs[8];
    assert(t->rank <= 8);
    for (int i = 0; i <= last; i++) {
        int from = i == axis ? last : i == last ? axis : i;
        axes[i] = graph_axis(g, t->extents[from], NULL);
    }
    for (int i = 0; i <= last; i++)
        subs[i] = axes[i == axis ? last : i == last ? axis : i]->self;
    node *x = graph_access(g, t, subs);
    return graph_tensor(g, t->rank, axes, factor ? graph_bin(g, OP_MUL, x, factor) : x);
}

static values transform(const call *c, routine_id id, bool scale)
{
    graph *g = c->g;
    node *re = c->args[0], *im = with_extents(g, c->args[1], re->extents), *factor = NULL;
    int axis = c->e->a.n == 3 ? (int)c->e->a.data[2]->integer : re->rank - 1;
    if (scale)
        factor = graph_un(g, OP_INV, lower_cast(c->l, graph_size(g, re->extents[axis]), re->elem));
    node *of = call_of(c, id, exchanged(g, re, axis, NULL), exchanged(g, im, axis, NULL));
    values v = {2, ARENA_ARRAY(c->l->mem, node *, 2)};
    for (int k = 0; k < 2; k++)
        v.item[k] = exchanged(g, graph_out(g, of, k), axis, factor);
    return v;
}

static values call_fft(const call *c)
{
    return transform(c, ROUTINE_DFT, false);
}

static values call_ifft(const call *c)
{
    return transform(c, ROUTINE_DFT_BACK, true);
}

static const struct {
    const char *name;
    values (*fn)(const call *);
} rows[] = {
    {"solve", call_solve},     {"cholesky", call_cholesky}, {"logdet", call_logdet},
    {"inverse", call_inverse}, {"lstsq", call_lstsq},       {"eigh", call_eigh},
    {"svd", call_svd},         {"fft", call_fft},           {"ifft", call_ifft},
};

static elem element_of(const lowering *l, const type *t)
{
    return lower_elem(l, t->kind == TYPE_TUPLE ? t->items[0] : t);
}

bool lower_is_library(const expr *e)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].name, e->builtin))
            return true;
    return false;
}

values lower_library(lowering *l, frame *f, expr *e)
{
    call c = {.l = l, .g = l->g, .e = e};
    for (int i = 0; i < e->a.n && i < 2; i++)
        c.args[i] = lower_as(l, f, e->a.data[i], element_of(l, e->type));
    size_t i = 0;
    while (strcmp(rows[i].name, e->builtin) != 0)
        i++;
    return rows[i].fn(&c);
}
