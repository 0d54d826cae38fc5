/* Reads and writes a graph of calls that libraries have.
 *
 * lu_solve(LU, B) where B depends on axes that LU does not, as for `let y[i] = solve(S, x[i])`, is one call whose right
 * sides are the columns of B at all points of these axes, side by side, where their results may be stored. */
#include "stage/factor/factor_columns.h"

#include "form/volume.h"

typedef struct columns {
    graph *g;
    volume_rule rule;
    map done;
} columns;

/* A call whose last operand has columns that depend on more than the others. */
typedef struct system {
    node *call, *right;
    int noperands, naxes;
    var **axes; /* of the columns alone */
} system;

static bool any_depends(int n, node *const *operands, const var *v)
{
    for (int i = 0; i < n; i++)
        if (node_depends(operands[i], v))
            return true;
    return false;
}

static system system_of(graph *g, node *call)
{
    system s = {.call = call, .noperands = graph_call_operands(call)};
    s.right = call->args[s.noperands - 1];
    s.axes = ARENA_ARRAY(g->mem, var *, s.right->nfree + 1);
    for (int i = 0; i < s.right->nfree; i++) {
        var *v = s.right->free[i];
        if (v->kind == VAR_AXIS && v->extent && !any_depends(s.noperands - 1, call->args, v))
            s.axes[s.naxes++] = v;
    }
    return s;
}

/* There is a matrix for each point of some other axes: threads have right sides, and results, of their own. */
static bool has_matrices(const system *s)
{
    for (int i = 0; i + 1 < s->noperands; i++)
        for (int k = 0; k < s->call->args[i]->nfree; k++)
            if (s->call->args[i]->free[k]->kind == VAR_AXIS)
                return true;
    return false;
}

static bool may_store(const columns *c, const system *s, const extent *wide)
{
    const extent *all = extent_mul(s->right->extents[0], wide);
    if (has_matrices(s) && volume_has_points(&c->rule, wide))
        return false;
    return volume_is_linear(&c->rule, all) || volume_is_affordable(&c->rule, all);
}

static const extent *width_of(const system *s)
{
    const extent *wide = s->right->extents[1];
    for (int i = 0; i < s->naxes; i++)
        wide = extent_mul(wide, s->axes[i]->extent);
    return wide;
}

static bool is_one(const extent *e)
{
    int64_t size;
    return extent_is_const(e, &size) && size == 1;
}

/* The last digit of n in this base; what is before it is left in n. */
static node *take_digit(graph *g, node **n, const extent *base)
{
    if (is_one(base))
        return graph_int(g, 0);
    node *size = graph_size(g, base), *digit = graph_bin(g, OP_IMOD, *n, size);
    *n = graph_bin(g, OP_IDIV, *n, size);
    return digit;
}

static node *add_digit(graph *g, node *n, node *digit, const extent *base)
{
    if (is_one(base))
        return n;
    return graph_bin(g, OP_ADD, graph_bin(g, OP_MUL, n, graph_size(g, base)), digit);
}

/* The right sides of all points: column ((i I' + i') C + c) is column c at (i, i'). */
static node *side_by_side(graph *g, const system *s, const extent *wide)
{
    var *at[2] = {graph_axis(g, s->right->extents[0], NULL), graph_axis(g, wide, NULL)};
    node *rest = at[1]->self, **by = ARENA_ARRAY(g->mem, node *, s->naxes);
    node *column = take_digit(g, &rest, s->right->extents[1]);
    for (int i = s->naxes - 1; i > 0; i--)
        by[i] = take_digit(g, &rest, s->axes[i]->extent);
    by[0] = rest;
    node *entry = graph_access(g, s->right, (node *[]){at[0]->self, column});
    return graph_tensor(g, 2, at, graph_subst(g, entry, s->naxes, s->axes, by));
}

/* Of the results for all points those at this one. */
static node *at_point(graph *g, const system *s, node *all)
{
    var *at[2] = {graph_axis(g, all->extents[0], NULL), graph_axis(g, s->right->extents[1], NULL)};
    node *column = s->axes[0]->self;
    for (int i = 1; i < s->naxes; i++)
        column = add_digit(g, column, s->axes[i]->self, s->axes[i]->extent);
    column = add_digit(g, column, at[1]->self, s->right->extents[1]);
    return graph_tensor(g, 2, at, graph_access(g, all, (node *[]){at[0]->self, column}));
}

static node *in_columns(columns *c, node *out)
{
    graph *g = c->g;
    system s = system_of(g, out->args[0]);
    const extent *wide = width_of(&s);
    if (s.naxes == 0 || !may_store(c, &s, wide))
        return out;
    node **operands = ARENA_ARRAY(g->mem, node *, s.noperands);
    for (int i = 0; i + 1 < s.noperands; i++)
        operands[i] = s.call->args[i];
    operands[s.noperands - 1] = side_by_side(g, &s, wide);
    node *wanted = graph_somewhere(g, graph_call_wanted(s.call), s.noperands, operands);
    return at_point(g, &s, graph_out(g, graph_call(g, (routine_id)s.call->integer, operands, wanted), 0));
}

static node *rewrite(void *data, node *n)
{
    columns *c = data;
    if (n->nargs == 0)
        return n;
    node *known = map_get(&c->done, n);
    if (known)
        return known;
    known = graph_map_args(c->g, n, rewrite, c);
    if (known->op == OP_OUT && known->args[0]->op == OP_CALL &&
        routine_has_columns(routine_row((routine_id)known->args[0]->integer)))
        known = in_columns(c, known);
    map_set(&c->done, n, known);
    return known;
}

void factor_columns(graph *g, graph_fn *f)
{
    columns c = {.g = g};
    volume_rule_init(&c.rule, g, f);
    map_init(&c.done, g->mem);
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = rewrite(&c, f->outs[i]);
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = rewrite(&c, f->checks.data[i].ok);
}
