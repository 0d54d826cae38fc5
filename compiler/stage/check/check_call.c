/* Calls of user functions: binding the callee's sizes by matching extents, lambdas and functions as arguments, and
 * what the callee requires of its sizes.
 *
 * The callee's types are written in its own atoms; substituting gives them in the caller's, with an atom ?K for a size
 * K that is not bound yet. An extent with a single such atom, linear in it, is solved for it. Plain names come first
 * because they are solved by themselves; the rest follows in passes until nothing changes. */
#include <string.h>

#include "stage/check/check_parts.h"

/* The callee's sizes and int parameters in the caller's terms. */
typedef struct sizing {
    checker *c;
    const function *f;
    const extent **sizes; /* NULL: not bound */
    const extent **ints;  /* per parameter; NULL: not an int scalar, or not a size polynomial */
} sizing;

static sizing new_sizing(checker *c, const function *f)
{
    return (sizing){.c = c,
                    .f = f,
                    .sizes = ARENA_ARRAY(c->mem, const extent *, f->sizes.n),
                    .ints = ARENA_ARRAY(c->mem, const extent *, f->params.n)};
}

static const extent *open_atom(checker *c, const char *atom)
{
    return extent_name(c->pool, names_intern(c->prog->names, arena_printf(c->mem, "?%s", atom)));
}

static const extent *value_of_atom(const char *atom, void *data)
{
    const sizing *s = data;
    const extent *value = NULL;
    for (int i = 0; i < s->f->sizes.n; i++)
        if (s->f->sizes.data[i]->name == atom)
            value = s->sizes[i];
    for (int i = 0; i < s->f->params.n; i++)
        if (s->f->params.data[i].name == atom)
            value = s->ints[i];
    return value ? value : open_atom(s->c, atom);
}

static const extent *subst_extent(sizing *s, const extent *e)
{
    return extent_subst(e, value_of_atom, s);
}

static type *subst_type(sizing *s, const type *t)
{
    type *u = type_tuple(s->c->mem, t->n, t->items);
    u->kind = t->kind;
    u->rank = t->rank;
    u->extents = ARENA_ARRAY(s->c->mem, const extent *, t->rank);
    for (int i = 0; i < t->rank; i++)
        u->extents[i] = subst_extent(s, t->extents[i]);
    for (int i = 0; i < t->n; i++)
        u->items[i] = subst_type(s, t->items[i]);
    u->result = t->result ? subst_type(s, t->result) : NULL;
    return u;
}

/* The single term with an open atom, or NULL; *open counts the terms that have one. */
static const extent_term *open_term(const extent *e, int *open)
{
    const extent_term *found = NULL;
    *open = 0;
    for (int i = 0; i < e->n; i++)
        for (int k = 0; k < e->terms[i].degree; k++)
            if (e->terms[i].atoms[k][0] == '?') {
                found = &e->terms[i];
                ++*open;
                break;
            }
    return found;
}

static bool is_open(const extent *e)
{
    int n;
    open_term(e, &n);
    return n > 0;
}

/* The name of the first open atom in t, without its mark; NULL: none. */
static const char *open_name(const type *t)
{
    for (int i = 0; i < t->rank; i++) {
        int n;
        const extent_term *term = open_term(t->extents[i], &n);
        for (int k = 0; term && k < term->degree; k++)
            if (term->atoms[k][0] == '?')
                return term->atoms[k] + 1;
    }
    const char *name = NULL;
    for (int i = 0; i < t->n && !name; i++)
        name = open_name(t->items[i]);
    return name || !t->result ? name : open_name(t->result);
}

static const extent *divided(checker *c, const extent *e, int64_t by)
{
    const extent *sum = constant_extent(c, 0);
    for (int i = 0; i < e->n; i++) {
        if (e->terms[i].coef % by)
            return NULL;
        const extent *term = constant_extent(c, e->terms[i].coef / by);
        for (int k = 0; k < e->terms[i].degree; k++)
            term = extent_mul(term, extent_name(c->pool, e->terms[i].atoms[k]));
        sum = extent_add(sum, term);
    }
    return sum;
}

static bool bind_size(sizing *s, const char *name, const extent *value)
{
    for (int i = 0; i < s->f->sizes.n; i++)
        if (!strcmp(s->f->sizes.data[i]->name, name) && !s->sizes[i]) {
            s->sizes[i] = value;
            return true;
        }
    return false;
}

/* Solves formal = actual for the one open size of formal; true when a size was bound. */
static bool solve(sizing *s, const extent *formal, const extent *actual)
{
    int open;
    const extent *now = subst_extent(s, formal);
    const extent_term *t = open_term(now, &open);
    if (open != 1 || t->degree != 1 || is_open(actual))
        return false;
    const extent *unit = extent_name(s->c->pool, t->atoms[0]);
    const extent *rest = extent_sub(now, extent_scale(unit, t->coef));
    const extent *value = divided(s->c, extent_sub(actual, rest), t->coef);
    return value && bind_size(s, t->atoms[0] + 1, value);
}

static bool solve_type(sizing *s, const type *formal, const type *actual)
{
    bool bound = false;
    if (formal->kind == TYPE_TUPLE && actual->kind == TYPE_TUPLE && formal->n == actual->n)
        for (int i = 0; i < formal->n; i++)
            bound |= solve_type(s, formal->items[i], actual->items[i]);
    if (formal->rank != actual->rank)
        return bound;
    for (int i = 0; i < formal->rank; i++)
        bound |= solve(s, formal->extents[i], actual->extents[i]);
    return bound;
}

static const type *param_type(const function *f, int i)
{
    return f->params.data[i].bind->type;
}

static const char *role_of(checker *c, const char *f, const char *name)
{
    return arena_printf(c->mem, "argument '%s' of '%s'", name, f);
}

/* Sizes of the callee that its result alone tells about. */
static void solve_result(sizing *s, const type *expected)
{
    if (expected && !open_name(expected))
        while (solve_type(s, s->f->result_type, expected)) {
        }
}

/* Why a size of the callee is not known: the argument that should tell it, or nothing does. */
static void say_unbound(sizing *s, const expr *call, const char *size)
{
    checker *c = s->c;
    for (int i = 0; i < s->f->params.n && i < call->a.n; i++) {
        const type *formal = param_type(s->f, i), *actual = call->a.data[i]->type;
        if (s->f->params.data[i].name && !strcmp(s->f->params.data[i].name, size)) {
            if (diag_error(c->diag, call->a.data[i]->at, "%s must be a size expression: shapes depend on it",
                           role_of(c, s->f->name, size)))
                diag_hint(c->diag, "sizes are made of numbers, size names and int parameters with + - *");
            return;
        }
        for (int d = 0; d < formal->rank && actual && actual->rank == formal->rank; d++)
            if (is_open(subst_extent(s, formal->extents[d]))) {
                if (diag_error(c->diag, call->a.data[i]->at,
                               "cannot tell size '%s' of '%s': %s has %s, and %s is asked", size, s->f->name,
                               name_text(c, call->a.data[i], "this"),
                               axis_text(c, actual->extents[d], d, actual->rank, true),
                               ext_str(c, subst_extent(s, formal->extents[d]))))
                    diag_hint(c->diag, "declare the argument's size in the same form");
                return;
            }
    }
    if (diag_error(c->diag, call->at, "cannot tell size '%s' of '%s': no argument shows it", size, s->f->name))
        diag_hint(c->diag, "state the type: let x: real[...] = %s(...);", s->f->name);
}

/* What the callee requires, in the caller's sizes. */

static void say_requirement(sizing *s, const requirement *r, loc at)
{
    checker *c = s->c;
    if (!diag_error(c->diag, at, "'%s' asks for %s, which is not so here", s->f->name,
                    requirement_text(c, r->equality, r->value)))
        return;
    text t;
    text_init(&t, c->mem);
    for (int i = 0; i < s->f->sizes.n; i++)
        if (extent_mentions(r->value, s->f->sizes.data[i]->name) && s->sizes[i])
            text_addf(&t, "%s%s is %s", t.n ? ", " : "", s->f->sizes.data[i]->name, ext_str(c, s->sizes[i]));
    if (t.n)
        diag_hint(c->diag, "here %s", text_str(&t));
}

static void inherit_requirements(sizing *s, const expr *call, loc at)
{
    checker *c = s->c;
    for (int i = 0; i < s->f->requirements.n; i++) {
        const requirement *r = &s->f->requirements.data[i];
        const extent *value = subst_extent(s, r->value);
        if (is_open(value)) {
            type *t = type_tensor(c->mem, TYPE_INT, 1, &value);
            say_unbound(s, call, open_name(t));
        } else if (requirement_fails(c, r->equality, value)) {
            say_requirement(s, r, at);
        } else if (r->equality ? value != constant_extent(c, 0) : !provably_nonneg(c, value)) {
            const expr *arg = r->param >= 0 && r->param < call->a.n ? call->a.data[r->param] : NULL;
            require(c, r->equality, value, at, blame_param(c, arg, value), r->what);
        }
    }
}

/* Functions as arguments. */

/* A named function where want is asked: its sizes from want's parameters. Gives the type of its result, or NULL. */
static type *pass_function(checker *c, expr *e, function *f, const type *want, const char *role)
{
    f = instance_for(c, f, want->n, (const type *const *)want->items);
    ensure_checked(c, f, e->at);
    sizing s = new_sizing(c, f);
    if (f->params.n != want->n) {
        diag_error(c->diag, e->at, "%s takes %d argument%s, and '%s' takes %d", role, want->n, want->n == 1 ? "" : "s",
                   f->name, f->params.n);
        return NULL;
    }
    bool again = true;
    while (again) {
        again = false;
        for (int i = 0; i < want->n; i++)
            again |= solve_type(&s, param_type(f, i), want->items[i]);
    }
    solve_result(&s, want->result);
    for (int i = 0; i < want->n; i++)
        if (!fits_type(c, want->items[i], subst_type(&s, param_type(f, i)), e->at, NULL,
                       role_of(c, f->name, f->params.data[i].name)))
            return NULL;
    type *result = subst_type(&s, f->result_type);
    if (open_name(result)) {
        diag_error(c->diag, e->at, "cannot tell size '%s' of '%s' here", open_name(result), f->name);
        return NULL;
    }
    expr call = {.kind = EXPR_CALL, .at = e->at};
    inherit_requirements(&s, &call, e->at);
    e->bind = map_get(&c->functions, f);
    e->size_args = s.sizes;
    return result;
}

static type *pass_lambda(checker *c, expr *e, const type *want, const char *role)
{
    if (e->params.n != want->n) {
        diag_error(c->diag, e->at, "%s takes %d argument%s, and this function has %d", role, want->n,
                   want->n == 1 ? "" : "s", e->params.n);
        return NULL;
    }
    int scope = scope_open(c);
    for (int i = 0; i < want->n; i++) {
        param *p = &e->params.data[i];
        p->bind = scope_declare(c, BIND_PARAM, p->name, p->at, want->items[i]);
        if (want->items[i]->kind == TYPE_INT && !want->items[i]->rank)
            set_value(c, p->bind, NULL);
    }
    const type *expected = open_name(want->result) ? NULL : want->result;
    type *result = check_expr(c, e->a.data[0], expected);
    scope_close(c, scope);
    return result;
}

static type *pass_param(checker *c, expr *e, binding *b, const type *want, const char *role)
{
    e->bind = b;
    if (b->type->n == want->n) {
        bool ok = true;
        for (int i = 0; i < want->n; i++)
            ok &= fits_type(c, want->items[i], b->type->items[i], e->at, NULL, role);
        return ok ? b->type->result : NULL;
    }
    diag_error(c->diag, e->at, "%s is %s, and this is %s", role, plain_text(c, type_str(c->mem, want)),
               type_str(c->mem, b->type));
    return NULL;
}

static type *pass_name(checker *c, expr *e, const type *want, const char *role)
{
    binding *b = e->module_name ? NULL : scope_find(c, e->name);
    if (b && b->type->kind == TYPE_FN)
        return pass_param(c, e, b, want, role);
    if (e->module_name || !b) {
        function *f = e->module_name ? find_qualified(c, e) : find_function(c, c->fn->module, e->name);
        if (f)
            return pass_function(c, e, f, want, role);
        if (e->module_name)
            return NULL;
    }
    if (!b && builtin_find(e->name)) {
        if (diag_error(c->diag, e->at, "a builtin is not passed by its name"))
            diag_hint(c->diag, "write |x| %s(x)", e->name);
        return NULL;
    }
    if (b)
        diag_error(c->diag, e->at, "%s is a function, %s, and '%s' is %s", role, plain_text(c, type_str(c->mem, want)),
                   e->name, type_str(c->mem, b->type));
    else
        report_unknown_name(c, e->at, e->name, true);
    return NULL;
}

/* The type of what e gives for want's parameters; NULL when something was reported. */
static type *pass(checker *c, expr *e, const type *want, const char *role)
{
    if (e->kind == EXPR_LAMBDA)
        return pass_lambda(c, e, want, role);
    if (e->kind == EXPR_NAME)
        return pass_name(c, e, want, role);
    diag_error(c->diag, e->at, "%s is a function, %s, and this is not", role, plain_text(c, type_str(c->mem, want)));
    return NULL;
}

static bool result_fits(checker *c, expr *e, const type *result, const type *want, const char *role)
{
    e->type = type_function(c->mem, want->n, want->items, want->result);
    expr *body = e->kind == EXPR_LAMBDA ? e->a.data[0] : NULL;
    return fits_type(c, result, want->result, body ? body->at : e->at, body,
                     arena_printf(c->mem, "the result of %s", role));
}

bool check_passed(checker *c, expr *e, const type *want, const char *role)
{
    type *result = pass(c, e, want, role);
    return result && !is_bad(result) && result_fits(c, e, result, want, role);
}

/* want: the parameter's type in the caller's sizes; its result may have open sizes, which the argument then binds. */
static bool check_function_argument(sizing *s, expr *e, const type *formal, const char *role)
{
    checker *c = s->c;
    const type *want = subst_type(s, formal);
    for (int i = 0; i < want->n; i++)
        if (open_name(want->items[i])) {
            diag_error(c->diag, e->at, "cannot tell size '%s' of '%s' for this function", open_name(want->items[i]),
                       s->f->name);
            return false;
        }
    type *result = pass(c, e, want, role);
    if (!result || is_bad(result))
        return false;
    while (solve_type(s, formal->result, result)) {
    }
    return result_fits(c, e, result, subst_type(s, formal), role);
}

/* Calls. */

static bool check_values(checker *c, expr *e, const function *f)
{
    bool ok = true;
    for (int i = 0; i < e->a.n; i++) {
        expr *a = e->a.data[i];
        const type_syntax *formal = i < f->params.n ? f->params.data[i].type : NULL;
        bool passed = formal && formal->kind == TYPE_FN;
        if (!passed)
            ok &= !is_bad(check_value(c, a, NULL));
    }
    return ok;
}

static bool right_number(checker *c, const expr *e, const function *f)
{
    if (e->a.n == f->params.n)
        return true;
    if (!diag_error(c->diag, e->at, "'%s' takes %d argument%s, and this has %d", f->name, f->params.n,
                    f->params.n == 1 ? "" : "s", e->a.n))
        return false;
    text t;
    text_init(&t, c->mem);
    for (int i = 0; i < f->params.n; i++)
        text_addf(&t, "%s%s: %s", i ? ", " : "", f->params.data[i].name, type_str(c->mem, param_type(f, i)));
    bool hides = f->module == c->fn->module && builtin_find(f->name);
    diag_hint(c->diag, "it is declared %s(%s)%s", f->name, text_str(&t),
              hides ? " in this file, which hides the builtin" : "");
    return false;
}

static void bind_ints(sizing *s, expr *e)
{
    for (int i = 0; i < e->a.n; i++) {
        const type *formal = param_type(s->f, i);
        if (formal->kind != TYPE_INT || formal->rank)
            continue;
        const extent *p = poly_of(s->c, e->a.data[i]);
        s->ints[i] = p && is_size_polynomial(s->c, p) ? p : NULL;
    }
}

static bool is_plain(const type *t, int axis)
{
    return extent_is_name(t->extents[axis]);
}

/* Plain names first: what they say is what the user meant, and composites then check it. */
static void bind_plain_sizes(sizing *s, const expr *e)
{
    for (int i = 0; i < e->a.n; i++) {
        const type *formal = param_type(s->f, i), *actual = e->a.data[i]->type;
        if (formal->kind == TYPE_FN || formal->rank != actual->rank)
            continue;
        for (int d = 0; d < formal->rank; d++)
            if (is_plain(formal, d))
                solve(s, formal->extents[d], actual->extents[d]);
    }
}

static void bind_sizes(sizing *s, const expr *e)
{
    bind_plain_sizes(s, e);
    bool again = true;
    while (again) {
        again = false;
        for (int i = 0; i < e->a.n; i++)
            if (param_type(s->f, i)->kind != TYPE_FN)
                again |= solve_type(s, param_type(s->f, i), e->a.data[i]->type);
    }
}

static bool check_arguments(sizing *s, expr *e)
{
    checker *c = s->c;
    bool ok = true;
    for (int i = 0; i < e->a.n; i++)
        if (param_type(s->f, i)->kind == TYPE_FN)
            ok &= check_function_argument(s, e->a.data[i], param_type(s->f, i),
                                          role_of(c, s->f->name, s->f->params.data[i].name));
    for (int i = 0; i < e->a.n && ok; i++) {
        const type *formal = param_type(s->f, i), *actual = e->a.data[i]->type;
        if (formal->kind == TYPE_FN)
            continue;
        const type *want = subst_type(s, formal);
        if (open_name(want) && formal->rank == actual->rank && !is_bad(actual)) {
            say_unbound(s, e, open_name(want));
            return false;
        }
        ok &= fits(c, e->a.data[i], want, role_of(c, s->f->name, s->f->params.data[i].name));
    }
    return ok;
}

static const type *const *argument_types(checker *c, const expr *e)
{
    const type **types = ARENA_ARRAY(c->mem, const type *, e->a.n + 1);
    for (int i = 0; i < e->a.n; i++)
        types[i] = e->a.data[i]->type;
    return types;
}

static type *call_function(checker *c, expr *e, function *f, const type *expected)
{
    bool ok = check_values(c, e, f);
    f = e->target = instance_for(c, f, e->a.n, argument_types(c, e));
    ensure_checked(c, f, e->at);
    if (!right_number(c, e, f) || !ok || is_bad(f->result_type))
        return error_type(c);
    sizing s = new_sizing(c, f);
    bind_ints(&s, e);
    bind_sizes(&s, e);
    if (!check_arguments(&s, e))
        return error_type(c);
    solve_result(&s, expected);
    for (int i = 0; i < f->sizes.n; i++)
        if (!s.sizes[i]) {
            say_unbound(&s, e, f->sizes.data[i]->name);
            return error_type(c);
        }
    type *result = subst_type(&s, f->result_type);
    if (open_name(result)) {
        say_unbound(&s, e, open_name(result));
        return error_type(c);
    }
    inherit_requirements(&s, e, e->at);
    e->size_args = s.sizes;
    e->int_args = s.ints;
    return result;
}

static type *call_param(checker *c, expr *e, binding *b)
{
    const type *t = b->type;
    e->callee = b;
    bool ok = true;
    for (int i = 0; i < e->a.n; i++)
        ok &= !is_bad(check_value(c, e->a.data[i], i < t->n ? t->items[i] : NULL));
    if (e->a.n != t->n) {
        diag_error(c->diag, e->at, "'%s' takes %d argument%s, and this has %d", b->name, t->n, t->n == 1 ? "" : "s",
                   e->a.n);
        return error_type(c);
    }
    for (int i = 0; i < e->a.n && ok; i++)
        ok &= fits(c, e->a.data[i], t->items[i], arena_printf(c->mem, "argument %d of '%s'", i + 1, b->name));
    return ok ? t->result : error_type(c);
}

static type *call_nothing(checker *c, expr *e, const binding *b)
{
    for (int i = 0; i < e->a.n; i++)
        if (e->a.data[i]->kind != EXPR_LAMBDA)
            check_value(c, e->a.data[i], NULL);
    if (!b) {
        report_unknown_name(c, e->at, e->name, true);
    } else if (diag_error(c->diag, e->at, "'%s' is not a function, it is %s", e->name, type_str(c->mem, b->type))) {
        if (b->type->rank)
            diag_hint(c->diag, "entries are written with brackets: %s[...]", e->name);
        else
            diag_hint(c->diag, "a product needs its '*'");
    }
    return error_type(c);
}

type *check_call(checker *c, expr *e, const type *expected)
{
    binding *b = e->module_name ? NULL : scope_find(c, e->name);
    if (b && b->type->kind == TYPE_FN)
        return call_param(c, e, b);
    function *f = e->module_name ? find_qualified(c, e) : find_function(c, c->fn->module, e->name);
    if (f)
        return call_function(c, e, f, expected);
    const builtin *row = e->module_name ? NULL : builtin_find(e->name);
    if (row)
        return check_builtin(c, e, row);
    if (!e->module_name)
        return call_nothing(c, e, b);
    for (int i = 0; i < e->a.n; i++)
        if (e->a.data[i]->kind != EXPR_LAMBDA)
            check_value(c, e->a.data[i], NULL);
    return error_type(c);
}
