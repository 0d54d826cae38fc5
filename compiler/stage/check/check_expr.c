/* Expressions: operators, conditions, literals, names. Sets every expr.type; one small function per kind of node.
 *
 * expected is the type that the context asks for, or NULL; it only helps where a call's sizes cannot be told otherwise.
 */
#include <string.h>

#include "stage/check/check_parts.h"

type *check_value(checker *c, expr *e, const type *expected)
{
    type *t = check_expr(c, e, expected);
    if (t->kind == TYPE_TUPLE) {
        if (diag_error(c->diag, e->at, "this is several values, %s, where one is asked for", type_str(c->mem, t)))
            diag_hint(c->diag, "take them apart first: let (a, b) = ...;");
        return e->type = error_type(c);
    }
    return t;
}

type *check_scalar_int(checker *c, expr *e, const char *what)
{
    type *t = check_value(c, e, NULL);
    if (is_bad(t))
        return t;
    if (t->kind == TYPE_INT && t->rank == 0)
        return t;
    if (diag_error(c->diag, e->at, "%s must be an int, and this is %s", what, type_str(c->mem, t)) &&
        type_is_float(t) && !t->rank)
        diag_hint(c->diag, "int(x) drops the fraction");
    return error_type(c);
}

type *check_condition(checker *c, expr *e, const char *what, bool scalar)
{
    type *t = check_value(c, e, NULL);
    if (is_bad(t))
        return t;
    if (t->kind != TYPE_BOOL) {
        if (diag_error(c->diag, e->at, "%s must be a bool, and this is %s", what, type_str(c->mem, t)))
            diag_hint(c->diag, "compare it: x > 0");
        return error_type(c);
    }
    if (scalar && t->rank) {
        if (diag_error(c->diag, e->at, "%s must be a single bool, and this is %s", what, type_str(c->mem, t)))
            diag_hint(c->diag, "any(...) and all(...) make one of many");
        return error_type(c);
    }
    return t;
}

static type *check_literal_int(checker *c, expr *e, const type *expected)
{
    (void)e;
    (void)expected;
    return kind_type(c, TYPE_INT);
}

static type *check_literal_real(checker *c, expr *e, const type *expected)
{
    (void)e;
    (void)expected;
    return kind_type(c, TYPE_REAL);
}

static type *check_literal_bool(checker *c, expr *e, const type *expected)
{
    (void)e;
    (void)expected;
    return kind_type(c, TYPE_BOOL);
}

static type *function_as_value(checker *c, const expr *e)
{
    if (diag_error(c->diag, e->at, "'%s' is a function, not a value", e->name))
        diag_hint(c->diag, "call it, or pass it where a function is asked for");
    return error_type(c);
}

static binding *constant_named(const checker *c, const char *name)
{
    return name == c->pi->name ? c->pi : name == c->inf->name ? c->inf : NULL;
}

static type *check_name(checker *c, expr *e, const type *expected)
{
    (void)expected;
    if (e->module_name)
        return find_qualified(c, e) ? function_as_value(c, e) : error_type(c);
    e->bind = scope_find(c, e->name);
    if (!e->bind)
        e->bind = constant_named(c, e->name);
    if (!e->bind && (find_function(c, c->fn->module, e->name) || builtin_find(e->name)))
        return function_as_value(c, e);
    if (!e->bind) {
        report_unknown_name(c, e->at, e->name, false);
        return error_type(c);
    }
    if (e->bind->type->kind == TYPE_FN)
        return function_as_value(c, e);
    index_info *info = map_get(&c->infos, e->bind);
    if (info)
        info->used = true;
    return e->bind->type;
}

static type *check_negation(checker *c, expr *e, const type *expected)
{
    type *t = check_value(c, e->a.data[0], expected);
    if (is_bad(t) || type_is_number(t))
        return t;
    if (diag_error(c->diag, e->at, "'-' takes a number, and this is %s", type_str(c->mem, t)))
        diag_hint(c->diag, "'not' negates a bool");
    return error_type(c);
}

static type *check_not(checker *c, expr *e, const type *expected)
{
    (void)expected;
    return check_condition(c, e->a.data[0], "what 'not' negates", false);
}

static type *check_transpose(checker *c, expr *e, const type *expected)
{
    (void)expected;
    type *t = check_value(c, e->a.data[0], NULL);
    if (is_bad(t))
        return t;
    if (t->rank != 2) {
        if (diag_error(c->diag, e->at, "only a matrix is transposed, and this is %s", type_str(c->mem, t)))
            diag_hint(c->diag, "axes are exchanged by indices: let y[j, i, k] = x[i, j, k];");
        return error_type(c);
    }
    return type_tensor(c->mem, t->kind, 2, (const extent *const[]){t->extents[1], t->extents[0]});
}

static const char *operator_text(binary_op op)
{
    static const char *const texts[] = {
        [BIN_ADD] = "+",    [BIN_SUB] = "-", [BIN_MUL] = "*",   [BIN_DIV] = "/", [BIN_POW] = "^",
        [BIN_MATMUL] = "@", [BIN_EQ] = "==", [BIN_NE] = "!=",   [BIN_LT] = "<",  [BIN_LE] = "<=",
        [BIN_GT] = ">",     [BIN_GE] = ">=", [BIN_AND] = "and", [BIN_OR] = "or",
    };
    return texts[op];
}

/* A hint where the product fits with one of the two transposed. */
static void say_transposed(checker *c, const expr *a, const expr *b)
{
    const type *ta = a->type, *tb = b->type;
    if (a->kind != EXPR_NAME || b->kind != EXPR_NAME)
        return;
    if (ta->rank == 2 && compare_extents(c, ta->extents[0], tb->extents[0]) == SAME_YES)
        diag_hint(c->diag, "did you mean %s' @ %s?", a->name, b->name);
    else if (tb->rank == 2 && compare_extents(c, ta->extents[ta->rank - 1], tb->extents[1]) == SAME_YES)
        diag_hint(c->diag, "did you mean %s @ %s'?", a->name, b->name);
}

static type *check_matmul(checker *c, expr *e)
{
    expr *a = e->a.data[0], *b = e->a.data[1];
    const type *ta = a->type, *tb = b->type;
    bool ranks = ta->rank >= 1 && ta->rank <= 2 && tb->rank >= 1 && tb->rank <= 2 && ta->rank + tb->rank > 2;
    if (!ranks || !type_is_number(ta) || !type_is_number(tb)) {
        if (diag_error(c->diag, e->at, "'@' multiplies matrices and vectors, and these are %s and %s",
                       type_str(c->mem, ta), type_str(c->mem, tb)))
            diag_hint(c->diag, ta->rank == 1 && tb->rank == 1 ? "the product of two vectors is dot(x, y)"
                               : !ta->rank || !tb->rank       ? "a scalar multiplies with '*'"
                                                        : "write the sum with indices: sum[k](a[i, k] * b[k, j])");
        return error_type(c);
    }
    type_kind kind = join_kinds(c, a, b, e->at);
    const extent *inner = ta->extents[ta->rank - 1];
    if (same_extent(c, inner, tb->extents[0], e->at, b) == SAME_NO) {
        say_sizes_differ(c, e->at, a, ta->rank - 1, b, 0);
        say_transposed(c, a, b);
        return error_type(c);
    }
    const extent *extents[2];
    int rank = 0;
    if (ta->rank == 2)
        extents[rank++] = ta->extents[0];
    if (tb->rank == 2)
        extents[rank++] = tb->extents[1];
    return type_tensor(c->mem, kind, rank, extents);
}

static bool nonneg_literal(const expr *e)
{
    return e->kind == EXPR_INT && e->integer >= 0;
}

static bool number_operand(checker *c, const expr *e, binary_op op)
{
    if (type_is_number(e->type))
        return true;
    if (diag_error(c->diag, e->at, "'%s' takes numbers, and this is %s", operator_text(op),
                   type_str(c->mem, e->type)) &&
        e->type->kind == TYPE_BOOL)
        diag_hint(c->diag, "write if c then 1.0 else 0.0");
    return false;
}

static type *check_arithmetic(checker *c, expr *e)
{
    expr *a = e->a.data[0], *b = e->a.data[1];
    if (!number_operand(c, a, e->op) || !number_operand(c, b, e->op))
        return error_type(c);
    type_kind kind = join_kinds(c, a, b, e->at);
    const type *shape = common_shape(c, e->a.data, 2, e->at, operator_text(e->op));
    if (kind == TYPE_ERROR || !shape)
        return error_type(c);
    if (kind == TYPE_INT && (e->op == BIN_DIV || (e->op == BIN_POW && !nonneg_literal(b))))
        kind = TYPE_REAL;
    return tensor_like(c, kind, shape);
}

static type *check_comparison(checker *c, expr *e)
{
    bool equality = e->op == BIN_EQ || e->op == BIN_NE;
    expr *a = e->a.data[0], *b = e->a.data[1];
    bool bools = equality && a->type->kind == TYPE_BOOL && b->type->kind == TYPE_BOOL;
    if (!bools && (!number_operand(c, a, e->op) || !number_operand(c, b, e->op)))
        return error_type(c);
    type_kind kind = join_kinds(c, a, b, e->at);
    const type *shape = common_shape(c, e->a.data, 2, e->at, operator_text(e->op));
    return kind == TYPE_ERROR || !shape ? error_type(c) : tensor_like(c, TYPE_BOOL, shape);
}

static type *check_logic(checker *c, expr *e)
{
    const char *what = e->op == BIN_AND ? "what 'and' joins" : "what 'or' joins";
    type *a = check_condition(c, e->a.data[0], what, false);
    c->guard++;
    type *b = check_condition(c, e->a.data[1], what, false);
    c->guard--;
    const type *shape = is_bad(a) || is_bad(b) ? NULL : common_shape(c, e->a.data, 2, e->at, operator_text(e->op));
    return shape ? tensor_like(c, TYPE_BOOL, shape) : error_type(c);
}

static type *check_binary(checker *c, expr *e, const type *expected)
{
    (void)expected;
    if (e->op == BIN_AND || e->op == BIN_OR)
        return check_logic(c, e);
    type *a = check_value(c, e->a.data[0], NULL), *b = check_value(c, e->a.data[1], NULL);
    if (is_bad(a) || is_bad(b))
        return error_type(c);
    return e->op == BIN_MATMUL ? check_matmul(c, e)
           : e->op <= BIN_POW  ? check_arithmetic(c, e)
                               : check_comparison(c, e);
}

static type *check_if(checker *c, expr *e, const type *expected)
{
    type *cond = check_condition(c, e->a.data[0], "the condition", false);
    c->guard++;
    type *a = check_value(c, e->a.data[1], expected), *b = check_value(c, e->a.data[2], expected);
    c->guard--;
    if (is_bad(cond) || is_bad(a) || is_bad(b))
        return error_type(c);
    if ((a->kind == TYPE_BOOL) != (b->kind == TYPE_BOOL)) {
        diag_error(c->diag, e->a.data[2]->at, "the branches differ: %s and %s", type_str(c->mem, a),
                   type_str(c->mem, b));
        return error_type(c);
    }
    type_kind kind = join_kinds(c, e->a.data[1], e->a.data[2], e->a.data[2]->at);
    expr *operands[] = {e->a.data[1], e->a.data[2], e->a.data[0]};
    const type *shape = common_shape(c, operands, 3, e->at, "+");
    return kind == TYPE_ERROR || !shape ? error_type(c) : tensor_like(c, kind, shape);
}

/* [a, b, c]: all of one type, which gets a new first axis. */
static type *check_list(checker *c, expr *e, const type *expected)
{
    (void)expected;
    expr *first = e->a.data[0];
    bool bad = false;
    for (int i = 0; i < e->a.n; i++)
        bad |= is_bad(check_value(c, e->a.data[i], NULL));
    if (bad)
        return error_type(c);
    for (int i = 1; i < e->a.n; i++) {
        expr *x = e->a.data[i];
        if (x->type->rank != first->type->rank) {
            diag_error(c->diag, x->at, "the entries differ: %s and %s", type_str(c->mem, first->type),
                       type_str(c->mem, x->type));
            return error_type(c);
        }
        if (!same_shape(c, first, x, x->at, "+"))
            return error_type(c);
    }
    type_kind kind = join_all(c, &e->a);
    if (kind == TYPE_ERROR)
        return error_type(c);
    return with_first_axis(c, tensor_like(c, kind, first->type), constant_extent(c, e->a.n));
}

static type *check_tuple(checker *c, expr *e, const type *expected)
{
    type **items = ARENA_ARRAY(c->mem, type *, e->a.n);
    bool fit = expected && expected->kind == TYPE_TUPLE && expected->n == e->a.n;
    for (int i = 0; i < e->a.n; i++)
        items[i] = check_value(c, e->a.data[i], fit ? expected->items[i] : NULL);
    return type_tuple(c->mem, e->a.n, items);
}

static type *stray_lambda(checker *c, expr *e, const type *expected)
{
    (void)expected;
    if (diag_error(c->diag, e->at, "a function can only be passed to a function"))
        diag_hint(c->diag, "declare it: fn f(x: real) -> real = ...;");
    return error_type(c);
}

static type *stray_shape(checker *c, expr *e, const type *expected)
{
    (void)expected;
    if (diag_error(c->diag, e->at, "'%s...' is not the shape of a parameter", e->name))
        diag_hint(c->diag, "shapes are named in the types of parameters, fn f(x: real[%s...]), and stand among sizes",
                  e->name);
    return error_type(c);
}

static type *(*const rules[])(checker *, expr *, const type *) = {
    [EXPR_INT] = check_literal_int,
    [EXPR_REAL] = check_literal_real,
    [EXPR_BOOL] = check_literal_bool,
    [EXPR_NAME] = check_name,
    [EXPR_NEG] = check_negation,
    [EXPR_NOT] = check_not,
    [EXPR_TRANSPOSE] = check_transpose,
    [EXPR_BINARY] = check_binary,
    [EXPR_IF] = check_if,
    [EXPR_CALL] = check_call,
    [EXPR_SUBSCRIPT] = check_subscript,
    [EXPR_LITERAL] = check_list,
    [EXPR_SHAPED] = check_shaped,
    [EXPR_REDUCE] = check_reduce,
    [EXPR_LAMBDA] = stray_lambda,
    [EXPR_DERIV] = check_derivative_form,
    [EXPR_FOR] = check_loop_value,
    [EXPR_TUPLE] = check_tuple,
    [EXPR_SPREAD] = stray_shape,
};

type *check_expr(checker *c, expr *e, const type *expected)
{
    e->type = error_type(c); /* while its parts are looked at */
    return e->type = rules[e->kind](c, e, expected);
}
