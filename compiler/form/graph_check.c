/* Walks all nodes below the roots once and compares each with what its constructor guarantees.
 *
 * Checks are functions by kind of op that return NULL or what is wrong; the walk adds which node it is. */
#include "form/graph_check.h"

typedef struct checker {
    graph *g;
    map seen;
} checker;

static const char *check_value(const node *n, const char *what)
{
    return n->rank ? what : NULL;
}

static bool same_type(elem e, int rank, const extent *const *extents, const node *n)
{
    if (n->elem != e || n->rank != rank)
        return false;
    for (int i = 0; i < rank; i++)
        if (n->extents[i] != extents[i])
            return false;
    return true;
}

static bool like_node(const node *a, const node *b)
{
    return same_type(a->elem, a->rank, a->extents, b);
}

static bool like_var(const var *v, const node *n)
{
    return same_type(v->elem, v->rank, v->extents, n);
}

static bool is_int_value(const node *n)
{
    return n->elem == ELEM_INT && n->rank == 0;
}

/* ---- Values ---- */

static const char *check_leaf(const node *n)
{
    if (n->nargs)
        return "a leaf with arguments";
    if (n->op == OP_SIZE && (!n->extent || n->elem != ELEM_INT))
        return "a size that is no polynomial or no int";
    if (n->op == OP_VAR && !like_var(n->var, n))
        return "differs in type from its variable";
    return NULL;
}

static const char *check_point(const node *n)
{
    int first = n->op == OP_SELECT || n->op == OP_POLYGAMMA || n->op == OP_SINC;
    if (n->rank || (op_arity(n->op) >= 0 && n->nargs != op_arity(n->op)))
        return "a pointwise op with rank, or with a wrong number of arguments";
    for (int i = 0; i < n->nargs; i++) {
        if (n->args[i]->rank)
            return "a pointwise op on a tensor";
        if (i > first && n->args[i]->elem != n->args[first]->elem)
            return "arguments differ in element type";
    }
    if (n->op == OP_SELECT && n->args[0]->elem != ELEM_BOOL)
        return "the condition is not bool";
    if ((n->op == OP_AND || n->op == OP_OR || n->op == OP_NOT) && n->args[0]->elem != ELEM_BOOL)
        return "the argument is not bool";
    if ((n->op == OP_NORMAL || n->op == OP_UNIFORM) && (!n->nargs || n->args[0]->elem != ELEM_INT))
        return "random numbers are functions of ints";
    return NULL;
}

static const char *check_access(const node *n)
{
    if (n->nargs < 2 || n->nargs != n->args[0]->rank + 1 || n->rank || n->elem != n->args[0]->elem)
        return "subscripts do not fit the tensor";
    for (int i = 1; i < n->nargs; i++)
        if (!is_int_value(n->args[i]))
            return "a subscript is not an int";
    return NULL;
}

/* ---- Binders ---- */

static const char *check_axes(const node *n, int first_range)
{
    for (int i = 0; i < n->nvars; i++)
        if (n->vars[i]->kind != VAR_AXIS || n->vars[i]->elem != ELEM_INT)
            return "binds something that is not an axis";
    if (n->nargs != first_range + 2 * node_dynamic_axes(n) || n->ninner != n->nargs)
        return "ranges do not fit the dynamic axes";
    for (int i = first_range; i < n->nargs; i++)
        if (!is_int_value(n->args[i]))
            return "a range is not an int";
    if (n->args[1]->elem != ELEM_BOOL || n->args[1]->rank)
        return "the filter is not a bool";
    return check_value(n->args[0], "the body is a tensor");
}

static const char *check_reduce(const node *n)
{
    bool index = n->op == OP_ARGMAX || n->op == OP_ARGMIN || n->op == OP_ARGKMIN || n->op == OP_ARGKMAX;
    bool many = n->op == OP_ARGKMIN || n->op == OP_ARGKMAX;
    bool logic = n->op == OP_ANY || n->op == OP_ALL;
    if (n->nvars < 1 || n->nargs < 2)
        return "a reduction over nothing";
    if (n->rank != many || n->elem != (index ? ELEM_INT : n->args[0]->elem))
        return "type differs from the body's";
    if (logic != (n->args[0]->elem == ELEM_BOOL) || (n->op == OP_LSE && !elem_is_float(n->elem)))
        return "the body has the wrong element type";
    return check_axes(n, 2);
}

static const char *check_tensor(const node *n)
{
    if (n->nargs != 1 || n->ninner != 1 || n->nvars != n->rank || n->rank < 1)
        return "wrong shape";
    for (int i = 0; i < n->nvars; i++)
        if (n->vars[i]->kind != VAR_AXIS || !n->vars[i]->extent || n->vars[i]->extent != n->extents[i])
            return "an axis differs from the extent";
    if (n->args[0]->elem != n->elem)
        return "element type differs from the body's";
    return check_value(n->args[0], "the body is a tensor");
}

static const char *check_scatter(const node *n)
{
    if (n->nargs < 2 + n->rank || n->elem != n->args[0]->elem)
        return "wrong number of subscripts or type";
    for (int i = 0; i < n->rank; i++)
        if (!is_int_value(n->args[2 + i]))
            return "a subscript is not an int";
    return check_axes(n, 2 + n->rank);
}

static const char *check_loop(const graph *g, const node *n)
{
    int count = n->nvars - 1;
    if (count < 0 || n->nargs != 2 * count + 2 || n->ninner != count)
        return "wrong number of states";
    if (!is_int_value(n->args[0]) || !is_int_value(n->args[1]) || !like_var(n->vars[0], n->args[0]))
        return "the range is not int";
    for (int i = 0; i < count; i++)
        if (!like_var(n->vars[1 + i], n->args[2 + i]) || !like_var(n->vars[1 + i], n->args[2 + count + i]))
            return "a state differs in type from its first or next value";
    if (graph_rule(g, n).conditional && (count == 0 || n->vars[1]->elem != ELEM_BOOL || n->vars[1]->rank))
        return "the first state does not tell whether to go on";
    return NULL;
}

static const char *check_stack(const node *n)
{
    if (n->nargs != 2 || n->ninner != 1 || n->args[0]->op != OP_LOOP || n->nvars != n->args[0]->nvars)
        return "not over a loop";
    for (int i = 0; i < n->nvars; i++)
        if (!like_var(n->vars[i], n->args[0]->vars[i]->self))
            return "a variable differs from the loop's";
    if (n->rank < 1 || !same_type(n->elem, n->rank - 1, n->extents + 1, n->args[1]))
        return "type differs from the value's";
    return NULL;
}

static const char *check_custom(const node *n)
{
    int count = n->nvars - 1;
    if (count < 0 || n->nargs != 2 * count + 1 || n->ninner != count || !like_node(n, n->args[0]))
        return "wrong number of arguments or type";
    for (int i = 0; i < count; i++)
        if (!like_var(n->vars[i], n->args[1 + i]) || !like_node(n->args[1 + i], n->args[1 + count + i]))
            return "an adjoint differs in type from its argument";
    return like_var(n->vars[count], n) ? NULL : "the weight differs in type from the value";
}

static const char *check_solver(const node *n)
{
    int count = n->op == OP_CG ? 2 : 1;
    if (n->nargs != SOLVER_FUNCTIONS + count || n->ninner != count || n->nvars != 1 || !elem_is_float(n->elem))
        return "wrong number of arguments or type";
    if (n->args[1]->elem != n->elem || n->args[1]->rank || !is_int_value(n->args[2]))
        return "the tolerance or the number of passes has the wrong type";
    if (n->args[3]->elem != ELEM_BOOL || n->args[3]->rank)
        return "whether it is wanted is not a bool";
    if (!like_node(n, n->args[0]) || !like_var(n->vars[0], n))
        return "type differs from what it starts with";
    for (int i = 0; i < count; i++)
        if (!like_node(n, n->args[SOLVER_FUNCTIONS + i]))
            return "a function's value differs in type from its argument";
    return NULL;
}

static const char *check_levels(const node *n)
{
    int inner = 0;
    for (int i = n->nargs - n->ninner; i < n->nargs; i++)
        if (n->args[i]->level > inner)
            inner = n->args[i]->level;
    for (int i = 0; i < n->nvars; i++)
        if (n->vars[i]->level != inner + 1 || n->vars[i]->index != i)
            return "a bound variable is not the canonical one";
    return NULL;
}

/* ---- The rest ---- */

/* The shapes of its operands are asserted where a result is made. */
static const char *check_call(const node *n)
{
    if (n->integer < 0 || n->integer >= ROUTINE_COUNT)
        return "no such routine";
    if (n->nargs != routine_shapes(routine_row((routine_id)n->integer)->operands) + 1)
        return "wrong number of operands";
    const node *wanted = graph_call_wanted(n);
    return wanted->rank == 0 && wanted->elem == ELEM_BOOL ? NULL : "whether it is wanted is no bool";
}

static const char *check_out(const node *n)
{
    const node *of = n->nargs == 1 ? n->args[0] : NULL;
    if (!of || (of->op != OP_LOOP && of->op != OP_VJP && of->op != OP_CALL))
        return "not of a loop";
    if (of->op == OP_CALL)
        return n->integer >= 0 && n->integer < graph_call_results(of) ? NULL : "no such result";
    int64_t count = of->op == OP_LOOP ? of->nvars - 1 : of->nargs - 2;
    if (of->op == OP_LOOP && n->integer == count)
        return like_node(n, of->args[0]) ? NULL : "a number of passes is an int";
    if (n->integer < 0 || n->integer >= count)
        return "no such result";
    return like_node(n, of->args[2 + n->integer]) ? NULL : "type differs from the result's";
}

static const char *check_at(const node *n)
{
    if (n->nargs != 2 || n->args[0]->op != OP_LOOP || !is_int_value(n->args[1]) || !n->extent)
        return "not a pass of a loop";
    if (n->integer < 0 || n->integer >= n->args[0]->ninner)
        return "no such state";
    return like_node(n, n->args[0]->args[2 + n->integer]) ? NULL : "type differs from the state's";
}

static const char *check_derivative(const node *n)
{
    int first = n->op == OP_VJP ? 2 : 1, count = n->op == OP_VJP ? n->nargs - 2 : (n->nargs - 1) / 2;
    if (count < 0 || (n->op == OP_VJP && !like_node(n->args[0], n->args[1])))
        return "the weight differs in type from the value";
    for (int i = 0; i < count; i++) {
        if (n->args[first + i]->op != OP_NAME)
            return "not with respect to a name";
        if (n->op == OP_JVP && !like_node(n->args[1 + i], n->args[1 + count + i]))
            return "a tangent differs in type from its name";
    }
    return n->op == OP_JVP && !like_node(n, n->args[0]) ? "type differs from the value's" : NULL;
}

static const char *check_op(const graph *g, const node *n)
{
    if (node_is_point(n))
        return check_point(n);
    if (node_is_reduce(n))
        return check_reduce(n);
    switch (n->op) {
    case OP_ACCESS:
        return check_access(n);
    case OP_TENSOR:
        return check_tensor(n);
    case OP_SCATTER:
        return check_scatter(n);
    case OP_LOOP:
        return check_loop(g, n);
    case OP_STACK:
        return check_stack(n);
    case OP_CUSTOM:
        return check_custom(n);
    case OP_CALL:
        return check_call(n);
    case OP_CG:
    case OP_FIXPOINT:
        return check_solver(n);
    case OP_OUT:
        return check_out(n);
    case OP_AT:
        return check_at(n);
    case OP_NAME:
        return n->nargs == 1 && like_node(n, n->args[0]) ? NULL : "type differs from what it names";
    case OP_VJP:
    case OP_JVP:
        return check_derivative(n);
    default:
        return check_leaf(n);
    }
}

static const char *check_node(const graph *g, const node *n)
{
    for (int i = 0; i < n->nargs; i++)
        if (n->args[i]->id >= n->id)
            return "an argument is younger than it";
    if (node_is_binder(n)) {
        const char *error = check_levels(n);
        if (error)
            return error;
    }
    return check_op(g, n);
}

static const char *check_tree(checker *c, node *n)
{
    if (map_get(&c->seen, n))
        return NULL;
    map_set(&c->seen, n, n);
    for (int i = 0; i < n->nargs; i++) {
        const char *error = check_tree(c, n->args[i]);
        if (error)
            return error;
    }
    const char *error = check_node(c->g, n);
    if (!error)
        return NULL;
    return arena_printf(c->g->mem, "node %d, %s%s%s: %s", n->id, op_text(n->op), n->hint ? " " : "",
                        n->hint ? n->hint : "", error);
}

const char *graph_check(graph *g, int n, node *const *roots)
{
    checker c = {.g = g};
    map_init(&c.seen, g->mem);
    for (int i = 0; i < n; i++) {
        const char *error = check_tree(&c, roots[i]);
        if (error)
            return error;
        if (roots[i]->nfree)
            return arena_printf(g->mem, "root %d, %s: variable %s is not bound", i, op_text(roots[i]->op),
                                roots[i]->free[0]->name ? roots[i]->free[0]->name : "without a name");
    }
    return NULL;
}
