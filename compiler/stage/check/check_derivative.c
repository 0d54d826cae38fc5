/* Derivative forms: grad(e, x, ...), vjp, jvp, hvp, jacobian, hessian, divergence, laplacian.
 *
 * Each form is a row: what it asks of e and of its value, and what it gives. The names are marked independent. */
#include <string.h>

#include "stage/check/check_parts.h"

typedef type *result_rule(checker *c, expr *e, const type *of, const type *in);

static type *like_names(checker *c, expr *e, const type *of, const type *in)
{
    (void)of;
    if (e->wrt_bind.n == 1)
        return tensor_like(c, in->kind, in);
    type **items = ARENA_ARRAY(c->mem, type *, e->wrt_bind.n);
    for (int i = 0; i < e->wrt_bind.n; i++)
        items[i] = e->wrt_bind.data[i]->type;
    return type_tuple(c->mem, e->wrt_bind.n, items);
}

static type *like_expression(checker *c, expr *e, const type *of, const type *in)
{
    (void)e;
    (void)in;
    return tensor_like(c, of->kind, of);
}

static type *joined(checker *c, type_kind kind, const type *a, const type *b)
{
    type *t = kind_type(c, kind);
    t->rank = a->rank + b->rank;
    t->extents = ARENA_ARRAY(c->mem, const extent *, t->rank);
    for (int i = 0; i < t->rank; i++)
        t->extents[i] = i < a->rank ? a->extents[i] : b->extents[i - a->rank];
    return t;
}

static type *block(checker *c, expr *e, const type *of, const type *in)
{
    (void)e;
    return joined(c, of->kind, of, in);
}

static type *square_block(checker *c, expr *e, const type *of, const type *in)
{
    (void)e;
    return joined(c, of->kind, in, in);
}

static type *scalar_result(checker *c, expr *e, const type *of, const type *in)
{
    (void)e;
    (void)in;
    return kind_type(c, of->kind);
}

typedef enum value_like { NO_VALUE, LIKE_EXPRESSION, LIKE_NAME } value_like;

static const struct form {
    const char *name;
    bool of_scalar; /* e must be a scalar */
    bool same;      /* e must have the shape of the name */
    value_like value;
    result_rule *result;
} forms[] = {
    {"grad", true, false, NO_VALUE, like_names},          {"vjp", false, false, LIKE_EXPRESSION, like_names},
    {"jvp", false, false, LIKE_NAME, like_expression},    {"hvp", true, false, LIKE_NAME, like_names},
    {"jacobian", false, false, NO_VALUE, block},          {"hessian", true, false, NO_VALUE, square_block},
    {"divergence", false, true, NO_VALUE, scalar_result}, {"laplacian", true, false, NO_VALUE, scalar_result},
};

static const struct form *find_form(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!strcmp(forms[i].name, name))
            return &forms[i];
    return NULL;
}

static bool bind_name(checker *c, expr *e, int i)
{
    const char *name = e->wrt.data[i];
    loc at = e->wrt_at.data[i];
    binding *b = scope_find(c, name);
    if (!b) {
        report_unknown_name(c, at, name, false);
        return false;
    }
    for (int k = 0; k < e->wrt_bind.n; k++)
        if (e->wrt_bind.data[k] == b) {
            diag_error(c->diag, at, "'%s' is named twice", name);
            return false;
        }
    if (is_bad(b->type))
        return false;
    if (!type_is_float(b->type)) {
        if (diag_error(c->diag, at, "no derivative with respect to '%s': it is %s", name, type_str(c->mem, b->type)) &&
            b->type->kind == TYPE_INT)
            diag_hint(c->diag, "only real, f32 and f64 values have derivatives: let y = real(%s);", name);
        return false;
    }
    b->independent = true;
    vec_push(c->mem, &e->wrt_bind, b);
    return true;
}

static bool expression_ok(checker *c, const struct form *form, expr *body, const expr *e)
{
    const type *t = body->type;
    if (!type_is_float(t)) {
        diag_error(c->diag, body->at, "no derivative of this: it is %s", type_str(c->mem, t));
        return false;
    }
    if (form->of_scalar && t->rank) {
        if (diag_error(c->diag, body->at, "%s is taken of a scalar, and this is %s", form->name, type_str(c->mem, t)))
            diag_hint(c->diag, "of a tensor take vjp(e, x, w), jvp(e, x, v) or jacobian(e, x)");
        return false;
    }
    const binding *b = e->wrt_bind.data[0];
    return !form->same || fits(c, body, b->type, arena_printf(c->mem, "%s: '%s'", form->name, b->name));
}

type *check_derivative_form(checker *c, expr *e, const type *expected)
{
    (void)expected;
    const struct form *form = find_form(e->name);
    expr *body = e->a.data[0];
    const type *of = check_value(c, body, NULL);
    bool ok = e->wrt.n > 0 && !is_bad(of);
    for (int i = 0; i < e->wrt.n; i++)
        ok &= bind_name(c, e, i);
    const type *v = e->a.n > 1 ? check_value(c, e->a.data[1], NULL) : NULL;
    if (!ok || (v && is_bad(v)) || !expression_ok(c, form, body, e))
        return error_type(c);
    const type *in = e->wrt_bind.data[0]->type;
    const type *want = form->value == LIKE_NAME ? in : of;
    const char *role = arena_printf(c->mem, "the third argument of %s", form->name);
    if (v && !fits(c, e->a.data[1], want, role))
        return error_type(c);
    return form->result(c, e, of, in);
}
