/* Reductions: R[j](e) over indices, R(e) over all entries of a tensor.
 *
 * A body that is a tensor is reduced entry by entry; what comes out per entry is a matter of the reduction's class. */
#include <string.h>

#include "stage/check/check_parts.h"

static const builtin *find_reduction(checker *c, const expr *e)
{
    const builtin *row = builtin_find(e->name);
    if (row && row->reduce != REDUCE_NONE)
        return row;
    const char *names_[128];
    int n, kept = 0;
    const builtin *rows = builtin_rows(&n);
    for (int i = 0; i < n && kept < 128; i++)
        if (rows[i].reduce != REDUCE_NONE)
            names_[kept++] = rows[i].name;
    if (diag_error(c->diag, e->at, "'%s' is not a reduction", e->name)) {
        const char *nearest = diag_nearest(e->name, names_, kept);
        if (nearest)
            diag_hint(c->diag, "did you mean '%s'?", nearest);
        else
            diag_hint(c->diag, "the reductions are sum, mean, prod, max, min, argmax, logsumexp, ...");
    }
    return NULL;
}

static bool is_sorted(const builtin *row)
{
    return row->reduce == REDUCE_SORTED || row->reduce == REDUCE_SORTED_INDEX;
}

static bool gives_index(const builtin *row)
{
    return row->reduce == REDUCE_INDEX || row->reduce == REDUCE_BOTH || row->reduce == REDUCE_SORTED_INDEX;
}

/* The kind that the class asks of its body; false and reported when the body is of another. */
static bool body_kind_ok(checker *c, const builtin *row, const expr *body)
{
    bool wants_bool = row->reduce == REDUCE_BOOL || row->reduce == REDUCE_COUNT;
    const type *t = body->type;
    if (wants_bool ? t->kind == TYPE_BOOL : type_is_number(t))
        return true;
    if (!diag_error(c->diag, body->at, "%s is taken of %s, and this is %s", row->name,
                    wants_bool ? "a bool" : "numbers", type_str(c->mem, t)))
        return false;
    if (wants_bool)
        diag_hint(c->diag, "compare it: x > 0");
    else if (t->kind == TYPE_BOOL)
        diag_hint(c->diag, "count, any and all are taken of bools");
    return false;
}

/* shape: what is left of the body's axes. */
static type *reduced_type(checker *c, const builtin *row, type_kind kind, const type *shape, const extent *k)
{
    type *value = tensor_like(c, kind, shape), *index = tensor_like(c, TYPE_INT, shape);
    switch (row->reduce) {
    case REDUCE_FLOAT:
    case REDUCE_WEIGHTS:
        return tensor_like(c, floating(kind), shape);
    case REDUCE_INDEX:
    case REDUCE_COUNT:
        return index;
    case REDUCE_BOOL:
        return tensor_like(c, TYPE_BOOL, shape);
    case REDUCE_BOTH:
        return type_tuple(c->mem, 2, (type *const[]){value, index});
    case REDUCE_SORTED:
        return with_first_axis(c, value, k);
    case REDUCE_SORTED_INDEX:
        return with_first_axis(c, index, k);
    default:
        return value;
    }
}

static bool right_number_of_bodies(checker *c, const builtin *row, const expr *e)
{
    int n = row->reduce == REDUCE_WEIGHTS ? 2 : 1;
    if (e->a.n == n)
        return true;
    if (diag_error(c->diag, e->at, "%s takes %d value%s, and this has %d", row->name, n, n > 1 ? "s" : "", e->a.n))
        diag_hint(c->diag, n > 1 ? "write %s[j](s[j], v[j])" : "write %s[j](x[j])", row->name);
    return false;
}

/* K of kmin[j, K]; NULL for other reductions, or after an error (*ok is false then). */
static const extent *check_count(checker *c, const builtin *row, expr *e, bool *ok)
{
    if (!is_sorted(row))
        return NULL;
    if (!e->count) {
        *ok = false;
        if (diag_error(c->diag, e->at, "%s needs the number of values to keep", row->name))
            diag_hint(c->diag, "write %s[j, 3](x[j])", row->name);
        return NULL;
    }
    const extent *k = size_of(c, e->count, "the number of values to keep");
    *ok = k != NULL;
    if (k)
        require_nonneg(c, k, e->count->at, "the number of values to keep");
    return k;
}

/* The kind of the (last) body; TYPE_ERROR after an error. */
static type_kind bodies_kind(checker *c, const builtin *row, expr *e)
{
    for (int i = 0; i < e->a.n; i++)
        if (is_bad(e->a.data[i]->type) || !body_kind_ok(c, row, e->a.data[i]))
            return TYPE_ERROR;
    expr *last = e->a.data[e->a.n - 1];
    return e->a.n == 2 ? join_kinds(c, e->a.data[0], last, e->at) : last->type->kind;
}

static bool all_static(const expr *e)
{
    for (int i = 0; i < e->indices.n; i++)
        if (!e->indices.data[i].extent)
            return false;
    return true;
}

static type *reduce_indices(checker *c, const builtin *row, expr *e)
{
    int scope = scope_open(c), errors = c->diag->errors;
    for (int i = 0; i < e->indices.n; i++)
        declare_index(c, &e->indices.data[i]);
    if (e->filter)
        check_condition(c, e->filter, "the filter", true);
    c->guard += e->filter != NULL;
    for (int i = 0; i < e->a.n; i++)
        check_value(c, e->a.data[i], NULL);
    c->guard -= e->filter != NULL;
    for (int i = 0; i < e->indices.n; i++)
        finish_reduction_index(c, &e->indices.data[i], row->name, errors);
    scope_close(c, scope);
    bool ok = true;
    const extent *k = check_count(c, row, e, &ok);
    type_kind kind = right_number_of_bodies(c, row, e) ? bodies_kind(c, row, e) : TYPE_ERROR;
    if (kind == TYPE_ERROR || !ok)
        return error_type(c);
    if (gives_index(row) && e->indices.n > 1 && !all_static(e)) {
        if (diag_error(c->diag, e->at, "%s over several indices needs ranges that are size expressions", row->name))
            diag_hint(c->diag, "it gives the flat row-major index; take it over one index at a time");
        return error_type(c);
    }
    if (e->a.n == 2 && e->a.data[0]->type->rank) {
        diag_error(c->diag, e->a.data[0]->at, "the weights of %s must be scalars here, and these are %s", row->name,
                   type_str(c->mem, e->a.data[0]->type));
        return error_type(c);
    }
    return reduced_type(c, row, kind, e->a.data[e->a.n - 1]->type, k);
}

static type *reduce_entries(checker *c, const builtin *row, expr *e)
{
    bool ok = right_number_of_bodies(c, row, e);
    for (int i = 0; i < e->a.n; i++)
        check_value(c, e->a.data[i], NULL);
    const extent *k = check_count(c, row, e, &ok);
    type_kind kind = ok ? bodies_kind(c, row, e) : TYPE_ERROR;
    if (e->filter)
        diag_error(c->diag, e->filter->at, "a filter needs an index");
    if (kind == TYPE_ERROR)
        return error_type(c);
    expr *body = e->a.data[0];
    if (e->a.n == 2 && !same_shape(c, body, e->a.data[1], e->at, "*"))
        return error_type(c);
    if (!body->type->rank) {
        if (diag_error(c->diag, body->at, "%s(...) runs over the entries of a tensor, and this is a scalar, %s",
                       row->name, type_str(c->mem, body->type)))
            diag_hint(c->diag, "name the index that it runs over: %s[i](...)", row->name);
        return error_type(c);
    }
    return reduced_type(c, row, kind, NULL, k);
}

type *check_reduce(checker *c, expr *e, const type *expected)
{
    (void)expected;
    const builtin *row = find_reduction(c, e);
    if (!row)
        return error_type(c);
    e->builtin = names_intern(c->prog->names, row->name);
    bool no_count =
        is_sorted(row) && !e->indices.n && e->count && e->count->kind == EXPR_NAME && !scope_find(c, e->count->name);
    if (no_count) {
        e->count = NULL; /* kmin[j](x[j]) */
        check_count(c, row, e, &no_count);
        return error_type(c);
    }
    return e->indices.n ? reduce_indices(c, row, e) : reduce_entries(c, row, e);
}
