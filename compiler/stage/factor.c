/* Reads a graph without derivatives; writes routines that are mathematics in terms of those that libraries have.
 *
 * solve(A, B) becomes lu_solve(lu(A), B), and so on. Nodes are hash-consed, so a value and its derivatives, which need
 * the same matrix, share one factorisation. Eigenvectors that nothing in the function uses are not computed. */
#include "stage/factor.h"

typedef struct factoring {
    graph *g;
    map seen;
    bool needed[ROUTINE_COUNT]; /* more of the results than the values */
    map done;                   /* node -> its new form */
} factoring;

static node *call(graph *g, routine_id id, node *const *operands)
{
    return graph_call(g, id, operands);
}

static node *lu_solve(graph *g, node *n, routine_id id)
{
    node *lu = call(g, ROUTINE_LU, n->args);
    return graph_out(g, call(g, id, (node *[]){graph_out(g, lu, 0), graph_out(g, lu, 1), n->args[1]}), 0);
}

static node *factor_solve(graph *g, node *n)
{
    return lu_solve(g, n, ROUTINE_LU_SOLVE);
}

static node *factor_solve_t(graph *g, node *n)
{
    return lu_solve(g, n, ROUTINE_LU_SOLVE_T);
}

/* sum_i log |U_ii| */
static node *factor_logdet(graph *g, node *n)
{
    node *lu = graph_out(g, call(g, ROUTINE_LU, n->args), 0);
    var *i = graph_axis(g, lu->extents[0], NULL);
    node *pivot = graph_access(g, lu, (node *[]){i->self, i->self});
    return graph_reduce(g, OP_SUM, 1, &i, graph_un(g, OP_LOG, graph_un(g, OP_ABS, pivot)), NULL, NULL);
}

static node *factor_lstsq(graph *g, node *n)
{
    node *qr = call(g, ROUTINE_QR, n->args);
    return graph_out(g, call(g, ROUTINE_QR_SOLVE, (node *[]){graph_out(g, qr, 0), graph_out(g, qr, 1), n->args[1]}), 0);
}

static node *factor_gram(graph *g, node *n)
{
    node *qr = graph_out(g, call(g, ROUTINE_QR, n->args), 0);
    return graph_out(g, call(g, ROUTINE_QR_GRAM, (node *[]){qr, n->args[1]}), 0);
}

static node *(*const rows[ROUTINE_COUNT])(graph *g, node *call) = {
    [ROUTINE_SOLVE] = factor_solve, [ROUTINE_SOLVE_T] = factor_solve_t, [ROUTINE_LOGDET] = factor_logdet,
    [ROUTINE_LSTSQ] = factor_lstsq, [ROUTINE_GRAM] = factor_gram,
};

/* What computes one result of a routine alone. */
static const struct {
    routine_id all, values;
    int place;
} value_rows[] = {{ROUTINE_EIGH, ROUTINE_EIGVALS, 0}, {ROUTINE_SVD, ROUTINE_SINGULAR, 1}};
enum { VALUE_ROWS = sizeof value_rows / sizeof *value_rows };

static void find_needed(factoring *f, const node *n)
{
    if (n->nargs == 0 || map_get(&f->seen, n))
        return;
    map_set(&f->seen, n, f);
    for (int i = 0; i < VALUE_ROWS; i++)
        if (n->op == OP_OUT && n->args[0]->op == OP_CALL && n->args[0]->integer == value_rows[i].all)
            f->needed[value_rows[i].all] |= n->integer != value_rows[i].place;
    for (int i = 0; i < n->nargs; i++)
        find_needed(f, n->args[i]);
}

static node *values_alone(factoring *f, node *out)
{
    for (int i = 0; i < VALUE_ROWS; i++)
        if (out->args[0]->integer == value_rows[i].all && !f->needed[value_rows[i].all])
            return graph_out(f->g, call(f->g, value_rows[i].values, out->args[0]->args), 0);
    return out;
}

static node *factored(factoring *f, node *out)
{
    node *(*row)(graph * g, node * call) = rows[out->args[0]->integer];
    return row ? row(f->g, out->args[0]) : values_alone(f, out);
}

static node *rewrite(void *data, node *n)
{
    factoring *f = data;
    if (n->nargs == 0)
        return n;
    node *r = map_get(&f->done, n);
    if (r)
        return r;
    r = graph_map_args(f->g, n, rewrite, f);
    if (r->op == OP_OUT && r->args[0]->op == OP_CALL) {
        const char *hint = r->hint;
        r = factored(f, r);
        if (!r->hint)
            r->hint = hint;
    }
    map_set(&f->done, n, r);
    return r;
}

void factor(graph *g, graph_fn *f)
{
    factoring s = {.g = g};
    map_init(&s.done, g->mem);
    map_init(&s.seen, g->mem);
    for (int i = 0; i < f->nouts; i++)
        find_needed(&s, f->outs[i]);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = rewrite(&s, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = rewrite(&s, f->checks.data[i].ok);
}
