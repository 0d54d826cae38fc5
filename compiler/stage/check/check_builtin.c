/* Builtin functions: what each class of form/builtins.c takes and gives; and the constructors zeros[N], full[N](x), ...
 *
 * Reads calls whose name is a row of that table, sets expr.builtin. */
#include <string.h>

#include "stage/check/check_parts.h"

static bool right_number(checker *c, const expr *e, const builtin *row)
{
    bool ok = e->a.n >= row->min_args && (row->max_args < 0 || e->a.n <= row->max_args);
    if (ok)
        return true;
    bool few = e->a.n < row->min_args, any = row->max_args < 0;
    const char *bound = !any && row->min_args == row->max_args ? "" : few ? "at least " : "at most ";
    int wanted = few ? row->min_args : row->max_args;
    if (diag_error(c->diag, e->at, "%s takes %s%d value%s, and this has %d", row->name, bound, wanted,
                   wanted == 1 ? "" : "s", e->a.n) &&
        row->reduce != REDUCE_NONE)
        diag_hint(c->diag, "of several values: %s([a, b, c])", row->name);
    return false;
}

static bool all_numbers(checker *c, const expr *e)
{
    for (int i = 0; i < e->a.n; i++) {
        const expr *a = e->a.data[i];
        if (type_is_number(a->type))
            continue;
        diag_error(c->diag, a->at, "%s takes numbers, and this is %s", e->name, type_str(c->mem, a->type));
        return false;
    }
    return true;
}

static type *elementwise(checker *c, expr *e, const builtin *row)
{
    if (!all_numbers(c, e))
        return error_type(c);
    type_kind kind = join_all(c, &e->a);
    const type *shape = common_shape(c, e->a.data, e->a.n, e->at, ",");
    if (kind == TYPE_ERROR || !shape)
        return error_type(c);
    if (row->class == BUILTIN_INTEGER && kind != TYPE_INT) {
        if (diag_error(c->diag, e->at, "%s is the division of ints, and this is of %s", row->name,
                       type_kind_name(kind)))
            diag_hint(c->diag, "write floor(a / b), or a / b");
        return error_type(c);
    }
    return tensor_like(c, row->class == BUILTIN_FLOAT ? floating(kind) : kind, shape);
}

static type *random_number(checker *c, expr *e, const builtin *row)
{
    for (int i = 0; i < e->a.n; i++) {
        const expr *a = e->a.data[i];
        if (a->type->kind == TYPE_INT && !a->type->rank)
            continue;
        if (diag_error(c->diag, a->at, "%s takes ints, and this is %s", row->name, type_str(c->mem, a->type)))
            diag_hint(c->diag, "a tensor of noise: let z[i: N] = %s(seed, i);", row->name);
        return error_type(c);
    }
    return kind_type(c, TYPE_REAL);
}

static type *hold(checker *c, expr *e, const builtin *row)
{
    (void)c;
    (void)row;
    return e->a.data[0]->type;
}

static type *convert(checker *c, expr *e, const builtin *row)
{
    static const type_kind kinds[] = {TYPE_REAL, TYPE_F32, TYPE_F64, TYPE_INT};
    const type *t = e->a.data[0]->type;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(type_kind_name(kinds[i]), row->name))
            return tensor_like(c, kinds[i], t);
    return error_type(c);
}

/* Row functions. */

static bool rank_is(checker *c, const expr *e, int i, int low, const char *what)
{
    const expr *a = e->a.data[i];
    if (low < 0 ? a->type->rank >= -low : a->type->rank == low)
        return true;
    diag_error(c->diag, a->at, "%s takes %s, and this is %s", e->name, what, type_str(c->mem, a->type));
    return false;
}

static type *row_product(checker *c, expr *e, type_kind kind)
{
    bool ok = same_shape(c, e->a.data[0], e->a.data[1], e->at, "*");
    return ok ? kind_type(c, kind) : error_type(c);
}

static type *row_square(checker *c, expr *e, type_kind kind)
{
    (void)e;
    return kind_type(c, kind);
}

static type *row_norm(checker *c, expr *e, type_kind kind)
{
    (void)e;
    return kind_type(c, floating(kind));
}

static type *row_normalize(checker *c, expr *e, type_kind kind)
{
    return tensor_like(c, floating(kind), e->a.data[0]->type);
}

static type *row_cross(checker *c, expr *e, type_kind kind)
{
    const extent *three = constant_extent(c, 3);
    for (int i = 0; i < 2; i++) {
        expr *a = e->a.data[i];
        if (!rank_is(c, e, i, 1, "vectors of 3 entries"))
            return error_type(c);
        if (same_extent(c, a->type->extents[0], three, a->at, a) == SAME_NO) {
            diag_error(c->diag, a->at, "cross takes vectors of 3 entries, and this is %s", type_str(c->mem, a->type));
            return error_type(c);
        }
    }
    return type_tensor(c->mem, kind, 1, &three);
}

static type *row_outer(checker *c, expr *e, type_kind kind)
{
    if (!rank_is(c, e, 0, 1, "vectors") || !rank_is(c, e, 1, 1, "vectors"))
        return error_type(c);
    const extent *extents[] = {e->a.data[0]->type->extents[0], e->a.data[1]->type->extents[0]};
    return type_tensor(c->mem, kind, 2, extents);
}

static type *row_concat(checker *c, expr *e, type_kind kind)
{
    expr *a = e->a.data[0], *b = e->a.data[1];
    if (!rank_is(c, e, 0, -1, "tensors") || !rank_is(c, e, 1, -1, "tensors"))
        return error_type(c);
    if (a->type->rank != b->type->rank) {
        diag_error(c->diag, e->at, "shapes differ: %s and %s", type_str(c->mem, a->type), type_str(c->mem, b->type));
        return error_type(c);
    }
    for (int i = 1; i < a->type->rank; i++)
        if (same_extent(c, a->type->extents[i], b->type->extents[i], e->at, b) == SAME_NO) {
            say_sizes_differ(c, e->at, a, i, b, i);
            return error_type(c);
        }
    type *t = tensor_like(c, kind, a->type);
    t->extents[0] = extent_add(a->type->extents[0], b->type->extents[0]);
    return t;
}

static const struct {
    const char *name;
    type *(*rule)(checker *, expr *, type_kind);
} row_rules[] = {
    {"dot", row_product}, {"sqdist", row_product}, {"sqnorm", row_square}, {"norm", row_norm},
    {"cross", row_cross}, {"outer", row_outer},    {"concat", row_concat}, {"normalize", row_normalize},
};

static type *row_function(checker *c, expr *e, const builtin *row)
{
    if (!all_numbers(c, e))
        return error_type(c);
    type_kind kind = join_all(c, &e->a);
    for (size_t i = 0; i < sizeof row_rules / sizeof *row_rules; i++)
        if (kind != TYPE_ERROR && !strcmp(row_rules[i].name, row->name))
            return row_rules[i].rule(c, e, kind);
    return error_type(c);
}

static type *(*const rules[])(checker *, expr *, const builtin *) = {
    [BUILTIN_FLOAT] = elementwise,   [BUILTIN_NUMBER] = elementwise,   [BUILTIN_INTEGER] = elementwise,
    [BUILTIN_ROW] = row_function,    [BUILTIN_RANDOM] = random_number, [BUILTIN_HOLD] = hold,
    [BUILTIN_CONVERT] = convert,     [BUILTIN_MATRIX] = check_library, [BUILTIN_SOLVER] = check_solver,
    [BUILTIN_ENSURE] = check_ensure,
};

/* Argument i of the call is a function, which is checked when the other arguments are known. */
static bool takes_function(const builtin *row, int i)
{
    return row->class == BUILTIN_SOLVER && (i == 0 || i == SOLVER_PRECONDITIONER);
}

type *check_builtin(checker *c, expr *e, const builtin *row)
{
    bool bad = false;
    e->builtin = names_intern(c->prog->names, row->name);
    for (int i = 0; i < e->a.n; i++)
        if (!takes_function(row, i))
            bad |= is_bad(check_value(c, e->a.data[i], NULL));
    if (!right_number(c, e, row) || bad || row->class == BUILTIN_DERIV)
        return error_type(c);
    return rules[row->class](c, e, row);
}

/* zeros[N, D], ... */

static bool shaped_values_ok(checker *c, expr *e, const builtin *row)
{
    if (e->a.n != row->min_args) {
        if (diag_error(c->diag, e->at, "%s takes %d value%s in (...), and this has %d", e->name, row->min_args,
                       row->min_args == 1 ? "" : "s", e->a.n))
            diag_hint(c->diag, "write %s[N]%s", e->name, row->min_args == 2 ? "(a, b)" : row->min_args ? "(x)" : "");
        return false;
    }
    for (int i = 0; i < e->a.n; i++) {
        const type *t = check_value(c, e->a.data[i], NULL);
        if (is_bad(t))
            return false;
        if (t->rank || (t->kind == TYPE_BOOL && e->a.n == 2)) {
            diag_error(c->diag, e->a.data[i]->at, "%s takes a single number, and this is %s", e->name,
                       type_str(c->mem, t));
            return false;
        }
    }
    return true;
}

static type_kind shaped_kind(checker *c, const expr *e)
{
    if (!strcmp(e->name, "range"))
        return TYPE_INT;
    if (!strcmp(e->name, "full"))
        return e->a.data[0]->type->kind;
    if (!strcmp(e->name, "linspace"))
        return floating(join_kinds(c, e->a.data[0], e->a.data[1], e->at));
    return TYPE_REAL;
}

static bool shaped_rank_ok(checker *c, const expr *e)
{
    bool eye = !strcmp(e->name, "eye"), line = !strcmp(e->name, "range") || !strcmp(e->name, "linspace");
    int n = e->sizes.n;
    bool whole = !eye && !line; /* zeros[S...] of a scalar has no size */
    if (whole || (n && n <= (eye ? 2 : 1)))
        return true;
    if (diag_error(c->diag, e->at, "%s takes %s, and this has %d", e->name, eye ? "one or two sizes" : "one size", n))
        diag_hint(c->diag, "write %s[N]", e->name);
    return false;
}

type *check_shaped(checker *c, expr *e, const type *expected)
{
    (void)expected;
    const builtin *row = builtin_find(e->name);
    e->builtin = e->name;
    if (!shaped_rank_ok(c, e) || !shaped_values_ok(c, e, row))
        return error_type(c);
    const extent **extents = ARENA_ARRAY(c->mem, const extent *, e->sizes.n + 1);
    for (int i = 0; i < e->sizes.n; i++) {
        extents[i] = size_of(c, e->sizes.data[i], "the extent");
        if (!extents[i])
            return error_type(c);
        require_nonneg(c, extents[i], e->sizes.data[i]->at, "the extent");
    }
    bool square = !strcmp(e->name, "eye") && e->sizes.n == 1;
    extents[e->sizes.n] = extents[0];
    return type_tensor(c->mem, shaped_kind(c, e), e->sizes.n + square, extents);
}
