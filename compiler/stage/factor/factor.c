/* Reads a graph without derivatives; writes routines that are mathematics in terms of those that libraries have.
 *
 * solve(A, B) becomes lu_solve(lu(A), B), and so on. Nodes are hash-consed, so a value and its derivatives, which need
 * the same matrix, share one factorisation; it is wanted where one of them is. Eigenvectors that nothing in the
 * function uses are not computed. */
#include "stage/factor/factor.h"

#include "stage/factor/factor_columns.h"

/* A loop around that makes all of its passes, and its index. */
typedef struct passes {
    const struct passes *parent;
    var *const *vars;
    int nvars;
    node *lo, *hi;
} passes;

typedef struct factoring {
    graph *g;
    const passes *around;
    map seen;
    bool needed[ROUTINE_COUNT]; /* more of the results than the values */
    map done;                   /* node -> its new form */
} factoring;

static bool any_depends(int n, node *const *operands, int nvars, var *const *vars)
{
    for (int i = 0; i < n; i++)
        if (node_depends_any(operands[i], nvars, vars))
            return true;
    return false;
}

/* Whether the condition, which the index alone of the loop decides, holds in one of its passes. */
static node *in_some_pass(graph *g, const passes *p, node *condition)
{
    var *t = graph_axis(g, NULL, p->vars[0]->name);
    node *ranges[2] = {p->lo, p->hi}, *body = graph_subst(g, condition, 1, p->vars, &t->self);
    return graph_reduce(g, OP_ANY, 1, &t, body, NULL, ranges);
}

/* Wanted where the call of is, for one at least of the points and passes that it serves. */
static node *call(factoring *f, routine_id id, node *const *operands, const node *of)
{
    graph *g = f->g;
    int n = routine_shapes(routine_row(id)->operands);
    node *wanted = graph_somewhere(g, graph_call_wanted(of), n, operands);
    for (const passes *p = f->around; p && !any_depends(n, operands, p->nvars, p->vars); p = p->parent) {
        if (node_depends_any(wanted, p->nvars - 1, p->vars + 1))
            break;
        if (node_depends(wanted, p->vars[0]))
            wanted = graph_somewhere(g, in_some_pass(g, p, wanted), n, operands);
    }
    return graph_call(g, id, operands, wanted);
}

static node *lu_solve(factoring *f, node *n, routine_id id)
{
    graph *g = f->g;
    node *lu = call(f, ROUTINE_LU, n->args, n);
    return graph_out(g, call(f, id, (node *[]){graph_out(g, lu, 0), graph_out(g, lu, 1), n->args[1]}, n), 0);
}

static node *factor_solve(factoring *f, node *n)
{
    return lu_solve(f, n, ROUTINE_LU_SOLVE);
}

static node *factor_solve_t(factoring *f, node *n)
{
    return lu_solve(f, n, ROUTINE_LU_SOLVE_T);
}

/* sum_i log |U_ii| */
static node *factor_logdet(factoring *f, node *n)
{
    graph *g = f->g;
    node *lu = graph_out(g, call(f, ROUTINE_LU, n->args, n), 0);
    var *i = graph_axis(g, lu->extents[0], NULL);
    node *pivot = graph_access(g, lu, (node *[]){i->self, i->self});
    return graph_reduce(g, OP_SUM, 1, &i, graph_un(g, OP_LOG, graph_un(g, OP_ABS, pivot)), NULL, NULL);
}

static node *factor_lstsq(factoring *f, node *n)
{
    graph *g = f->g;
    node *qr = call(f, ROUTINE_QR, n->args, n);
    node *operands[] = {graph_out(g, qr, 0), graph_out(g, qr, 1), n->args[1]};
    return graph_out(g, call(f, ROUTINE_QR_SOLVE, operands, n), 0);
}

static node *factor_gram(factoring *f, node *n)
{
    graph *g = f->g;
    node *qr = graph_out(g, call(f, ROUTINE_QR, n->args, n), 0);
    return graph_out(g, call(f, ROUTINE_QR_GRAM, (node *[]){qr, n->args[1]}, n), 0);
}

static node *(*const rows[ROUTINE_COUNT])(factoring *f, node *call) = {
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
            return graph_out(f->g, call(f, value_rows[i].values, out->args[0]->args, out->args[0]), 0);
    node *as_it_is = call(f, (routine_id)out->args[0]->integer, out->args[0]->args, out->args[0]);
    return graph_out(f->g, as_it_is, (int)out->integer);
}

static node *factored(factoring *f, node *out)
{
    node *(*row)(factoring * f, node * call) = rows[out->args[0]->integer];
    return row ? row(f, out->args[0]) : values_alone(f, out);
}

static node *rewrite(void *data, node *n);

static node *rewrite_passes(factoring *f, node *n)
{
    node *loop = n->op == OP_STACK ? n->args[0] : n;
    if (graph_rule(f->g, loop).conditional)
        return graph_map_args(f->g, n, rewrite, f);
    const passes *parent = f->around;
    opening *o = graph_enter(f->g, n);
    graph_exit(o);
    const passes own = {parent, o->vars, n->nvars, rewrite(f, loop->args[0]), rewrite(f, loop->args[1])};
    f->around = &own;
    node *r = graph_map_args(f->g, n, rewrite, f);
    f->around = parent;
    return r;
}

static node *rewrite(void *data, node *n)
{
    factoring *f = data;
    if (n->nargs == 0)
        return n;
    node *r = map_get(&f->done, n);
    if (r)
        return r;
    r = n->op == OP_LOOP || n->op == OP_STACK ? rewrite_passes(f, n) : graph_map_args(f->g, n, rewrite, f);
    if (r->op == OP_OUT && r->args[0]->op == OP_CALL) {
        const char *hint = r->hint;
        r = factored(f, r);
        if (!r->hint)
            r->hint = hint;
    }
    map_set(&f->done, n, r);
    return r;
}

/* ---- calls of the same operands, each wanted under a condition of its own ---- */

typedef struct sharing {
    graph *g;
    map seen;
    map wanted; /* call, as if always wanted -> when it is */
    map done;
} sharing;

static node *unconditional(graph *g, const node *n)
{
    return graph_call(g, (routine_id)n->integer, n->args, graph_bool(g, true));
}

static bool holds_call(map *seen, const node *n)
{
    if (n->nargs == 0 || map_get(seen, n))
        return false;
    map_set(seen, n, seen);
    if (n->op == OP_CALL)
        return true;
    for (int i = 0; i < n->nargs; i++)
        if (holds_call(seen, n->args[i]))
            return true;
    return false;
}

/* Where the call is known, its condition is; and it does not wait for another call, which may wait for this one. */
static bool is_shared(const node *n)
{
    const node *wanted = graph_call_wanted(n);
    for (int i = 0; i < wanted->nfree; i++) {
        bool known = false;
        for (int k = 0; k < graph_call_operands(n); k++)
            known |= node_depends(n->args[k], wanted->free[i]);
        if (!known)
            return false;
    }
    arena *scratch = arena_new();
    map seen;
    map_init(&seen, scratch);
    bool waits = holds_call(&seen, wanted);
    arena_free(scratch);
    return !waits;
}

static void note_call(sharing *s, node *n)
{
    if (!is_shared(n))
        return;
    node *key = unconditional(s->g, n), *wanted = graph_call_wanted(n), *before = map_get(&s->wanted, key);
    map_set(&s->wanted, key, before && before != wanted ? graph_bin(s->g, OP_OR, before, wanted) : wanted);
}

static void find_calls(sharing *s, node *n)
{
    if (n->nargs == 0 || map_get(&s->seen, n))
        return;
    map_set(&s->seen, n, s);
    if (n->op == OP_CALL)
        note_call(s, n);
    int outer = node_is_binder(n) ? n->nargs - n->ninner : n->nargs;
    for (int i = 0; i < outer; i++)
        find_calls(s, n->args[i]);
    opening *o = node_is_binder(n) ? graph_enter(s->g, n) : NULL;
    for (int i = 0; o && i < n->ninner; i++)
        find_calls(s, o->inner[i]);
    if (o)
        graph_exit(o);
}

static node *share(void *data, node *n)
{
    sharing *s = data;
    if (n->nargs == 0)
        return n;
    node *known = map_get(&s->done, n);
    if (known)
        return known;
    node *wanted = n->op == OP_CALL ? map_get(&s->wanted, unconditional(s->g, n)) : NULL;
    known = graph_map_args(s->g, n, share, s);
    if (wanted && (is_shared(n) || node_is_number(wanted, 1)))
        known = graph_call(s->g, (routine_id)n->integer, known->args, share(s, wanted));
    map_set(&s->done, n, known);
    return known;
}

/* What any of them wants is done once for all. */
static void share_calls(graph *g, graph_fn *f)
{
    sharing s = {.g = g};
    map_init(&s.seen, g->mem);
    map_init(&s.wanted, g->mem);
    map_init(&s.done, g->mem);
    for (int i = 0; i < f->nouts; i++)
        find_calls(&s, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        find_calls(&s, f->checks.data[i].ok);
    for (int i = 0; s.wanted.n && i < f->nouts; i++)
        f->outs[i] = share(&s, f->outs[i]);
    for (int i = 0; s.wanted.n && i < f->checks.n; i++)
        f->checks.data[i].ok = share(&s, f->checks.data[i].ok);
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
    share_calls(g, f);
    factor_columns(g, f);
}
