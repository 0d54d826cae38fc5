/* Solvers, which take functions, and ensure. */
#include "stage/check/check_parts.h"

/* A single number that value i of the call is; int: an int. */
static bool is_single(checker *c, const expr *e, int i, bool is_int, const char *what)
{
    const expr *a = e->a.data[i];
    if (!a->type->rank && (is_int ? a->type->kind == TYPE_INT : type_is_number(a->type)))
        return true;
    diag_error(c->diag, a->at, "%s of %s is %s, and this is %s", what, e->name, is_int ? "an int" : "a single number",
               type_str(c->mem, a->type));
    return false;
}

type *check_solver(checker *c, expr *e, const builtin *row)
{
    expr *start = e->a.data[1], *tolerance = e->a.data[2];
    if (!type_is_number(start->type)) {
        diag_error(c->diag, start->at, "%s takes numbers, and this is %s", row->name, type_str(c->mem, start->type));
        return error_type(c);
    }
    if (!is_single(c, e, 2, false, "the tolerance") ||
        (e->a.n > 3 && !is_single(c, e, 3, true, "the number of passes")))
        return error_type(c);
    type *of = tensor_like(c, floating(start->type->kind), start->type);
    if (!fits(c, tolerance, kind_type(c, of->kind), "the tolerance"))
        return error_type(c);
    type *map_of = type_function(c->mem, 1, &of, of);
    if (!check_passed(c, e->a.data[0], map_of, arena_printf(c->mem, "the function of %s", row->name)))
        return error_type(c);
    if (e->a.n > SOLVER_PRECONDITIONER &&
        !check_passed(c, e->a.data[SOLVER_PRECONDITIONER], map_of, "the preconditioner of cg"))
        return error_type(c);
    return of;
}

type *check_ensure(checker *c, expr *e, const builtin *row)
{
    const expr *condition = e->a.data[0], *x = e->a.data[1];
    if (condition->type->kind != TYPE_BOOL || condition->type->rank) {
        diag_error(c->diag, condition->at, "the condition of %s is a bool, and this is %s", row->name,
                   type_str(c->mem, condition->type));
        return error_type(c);
    }
    if (!type_is_float(x->type)) {
        diag_error(c->diag, x->at, "%s gives real numbers, and this is %s", row->name, type_str(c->mem, x->type));
        return error_type(c);
    }
    return x->type;
}
