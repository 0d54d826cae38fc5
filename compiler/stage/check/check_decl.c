/* Declarations: signatures with their size names, hand-written derivatives, export grad.
 *
 * Reads the written types, writes function.sizes, result_type, result_names and the parameters' bindings. */
#include <string.h>

#include "form/tree_copy.h"
#include "stage/check/check_parts.h"

static void declare_size(checker *c, const expr *e)
{
    binding *b = scope_find(c, e->name);
    if (b || e->module_name)
        return;
    b = scope_declare(c, BIND_SIZE, e->name, e->at, kind_type(c, TYPE_INT));
    set_value(c, b, extent_name(c->pool, e->name));
    vec_push(c->mem, &c->fn->sizes, b);
}

static void declare_sizes_of(checker *c, const expr *e)
{
    if (e->kind == EXPR_NAME)
        declare_size(c, e);
    else if (e->kind == EXPR_BINARY || e->kind == EXPR_NEG)
        for (int i = 0; i < e->a.n; i++)
            declare_sizes_of(c, e->a.data[i]);
}

static void declare_sizes(checker *c, const type_syntax *s)
{
    for (int i = 0; i < s->extents.n; i++)
        declare_sizes_of(c, s->extents.data[i]);
    for (int i = 0; i < s->items.n; i++)
        declare_sizes(c, s->items.data[i]);
    if (s->result)
        declare_sizes(c, s->result);
}

static bool is_int_scalar(const type_syntax *s)
{
    return s && s->kind == TYPE_INT && !s->extents.n;
}

/* Parameters of type int may be used in extents, also in those that stand before them. */
static void declare_int_params(checker *c)
{
    for (int i = 0; i < c->fn->params.n; i++) {
        param *p = &c->fn->params.data[i];
        if (!is_int_scalar(p->type))
            continue;
        p->bind = scope_declare(c, BIND_PARAM, p->name, p->at, kind_type(c, TYPE_INT));
        set_value(c, p->bind, extent_name(c->pool, p->name));
    }
}

static void declare_other_params(checker *c)
{
    for (int i = 0; i < c->fn->params.n; i++) {
        param *p = &c->fn->params.data[i];
        if (is_int_scalar(p->type))
            continue;
        type *t = p->type ? type_of_syntax(c, p->type) : error_type(c);
        const binding *known = scope_find(c, p->name);
        if (known && known->kind == BIND_SIZE)
            diag_error(c->diag, p->at, "'%s' is a size and a parameter; only a parameter of type int can be both",
                       p->name);
        if (t->kind == TYPE_TUPLE)
            diag_error(c->diag, p->type->at, "a parameter holds one value");
        p->bind = ARENA_NEW(c->mem, binding);
        *p->bind = (binding){.kind = BIND_PARAM, .name = p->name, .at = p->at, .type = t};
        name_is_free(c, p->name, p->at);
        if (!known || known->kind != BIND_SIZE)
            scope_enter(c, p->bind);
        if (t->kind == TYPE_FN && builtin_find(p->name))
            diag_error(c->diag, p->at, "'%s' is a builtin and cannot be the name of a function", p->name);
    }
}

static void require_distinct(checker *c, const name_list *l, int i, loc at)
{
    const char *name = l->data[i];
    for (int k = 0; k < i; k++)
        if (l->data[k] == name)
            diag_error(c->diag, at, "two results are named '%s'", name);
    const binding *b = scope_find(c, name);
    if (b && b->kind != BIND_SIZE && diag_error(c->diag, at, "result '%s' has the name of a parameter", name))
        diag_hint(c->diag, "name it otherwise: -> (%s1: ...)", name);
}

static void name_results(checker *c, function *f)
{
    const type_syntax *s = f->result;
    int n = f->result_type->kind == TYPE_TUPLE ? f->result_type->n : 1;
    bool list = s->kind == TYPE_TUPLE && s->item_names.n == n;
    for (int i = 0; i < n; i++) {
        const char *name = list ? s->item_names.data[i] : NULL;
        if (!name)
            name = n == 1 ? "result" : arena_printf(c->mem, "result%d", i);
        vec_push(c->mem, &f->result_names, names_intern(c->prog->names, name));
        loc at = list ? s->items.data[i]->at : s->at;
        if (list ? s->item_names.data[i] != NULL : f->exported)
            require_distinct(c, &f->result_names, i, at);
    }
}

static void say_shape_is_open(checker *c, const function *f, const param *p)
{
    if (diag_error(c->diag, p->at, "the exported function '%s' cannot take tensors of any rank", f->name))
        diag_hint(c->diag, "name the sizes, real[N, D], and call the general function");
}

void check_exported(checker *c, const function *f)
{
    static const char *const taken[] = {"workspace", "workspace_size", "stream"};
    for (int i = 0; i < f->params.n; i++) {
        const param *p = &f->params.data[i];
        if (p->type && type_has_shape(p->type))
            say_shape_is_open(c, f, p);
        if (p->bind && p->bind->type->kind == TYPE_FN) {
            if (diag_error(c->diag, p->at, "the exported function '%s' cannot have a function as parameter", f->name))
                diag_hint(c->diag, "export a function that calls it with the functions that are needed");
        }
        for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
            if (!strcmp(p->name, taken[k]))
                diag_error(c->diag, p->at, "'%s' is taken by the generated interface", p->name);
    }
}

void check_signature(checker *c, function *f)
{
    begin_function(c, f);
    int scope = scope_open(c);
    if (builtin_is_type(f->name) && diag_error(c->diag, f->at, "'%s' is a type and cannot be declared", f->name))
        diag_hint(c->diag, "choose another name");
    declare_int_params(c);
    for (int i = 0; i < f->params.n; i++)
        if (f->params.data[i].type)
            declare_sizes(c, f->params.data[i].type);
    if (f->result)
        declare_sizes(c, f->result);
    declare_other_params(c);
    f->result_type = f->result ? type_of_syntax(c, f->result) : error_type(c);
    if (f->result && f->result_type->kind == TYPE_FN) {
        diag_error(c->diag, f->result->at, "a function cannot be returned");
        f->result_type = error_type(c);
    }
    if (f->result)
        name_results(c, f);
    if (f->exported)
        check_exported(c, f);
    scope_close(c, scope);
}

void enter_signature(checker *c, const function *f)
{
    for (int i = 0; i < f->sizes.n; i++) {
        scope_enter(c, f->sizes.data[i]);
        set_value(c, f->sizes.data[i], extent_name(c->pool, f->sizes.data[i]->name));
    }
    for (int i = 0; i < f->params.n; i++) {
        binding *b = f->params.data[i].bind;
        const binding *known = scope_find(c, b->name);
        if (!known)
            scope_enter(c, b);
        if (b->type->kind == TYPE_INT && !b->type->rank)
            set_value(c, b, extent_name(c->pool, b->name));
    }
}

/* derivative f(x) along w = e; */

static void declare_derivative_params(checker *c, function *f, hand_derivative *d)
{
    for (int i = 0; i < d->params.n; i++) {
        param *p = &d->params.data[i];
        p->bind = scope_declare(c, BIND_PARAM, p->name, p->at, f->params.data[i].bind->type);
        if (p->bind->type->kind == TYPE_INT && !p->bind->type->rank)
            set_value(c, p->bind, extent_name(c->pool, f->params.data[i].name));
    }
    for (int i = 0; i < d->along.n; i++) {
        param *p = &d->along.data[i];
        type *t = f->result_type->kind == TYPE_TUPLE ? f->result_type->items[i] : f->result_type;
        p->bind = scope_declare(c, BIND_PARAM, p->name, p->at, t);
    }
}

static int count_float_params(const function *f)
{
    int n = 0;
    for (int i = 0; i < f->params.n; i++)
        n += type_is_float(f->params.data[i].bind->type);
    return n;
}

static bool derivative_counts_ok(checker *c, const function *f, const hand_derivative *d)
{
    int results = f->result_type->kind == TYPE_TUPLE ? f->result_type->n : 1, wanted = count_float_params(f);
    if (d->params.n != f->params.n)
        diag_error(c->diag, d->at, "'%s' takes %d argument%s, and its derivative names %d", f->name, f->params.n,
                   f->params.n == 1 ? "" : "s", d->params.n);
    else if (d->along.n != results)
        diag_error(c->diag, d->at, "'%s' has %d result%s, and its derivative names %d after 'along'", f->name, results,
                   results == 1 ? "" : "s", d->along.n);
    else if (d->values.n != wanted)
        diag_error(c->diag, d->values.data[0]->at,
                   "the derivative of '%s' needs one value per real parameter: %d, and this has %d", f->name, wanted,
                   d->values.n);
    else
        return true;
    return false;
}

void check_hand_derivative(checker *c, function *f)
{
    hand_derivative *d = f->derivative;
    if (is_bad(f->result_type) || !derivative_counts_ok(c, f, d))
        return;
    int scope = scope_open(c);
    for (int i = 0; i < f->sizes.n; i++) {
        scope_enter(c, f->sizes.data[i]);
        set_value(c, f->sizes.data[i], extent_name(c->pool, f->sizes.data[i]->name));
    }
    declare_derivative_params(c, f, d);
    for (int i = 0, k = 0; i < f->params.n; i++) {
        const type *t = f->params.data[i].bind->type;
        if (!type_is_float(t))
            continue;
        expr *value = d->values.data[k++];
        if (!is_bad(check_value(c, value, t)))
            fits(c, value, t, arena_printf(c->mem, "the derivative along '%s'", d->params.data[i].name));
        check_pending(c);
    }
    scope_close(c, scope);
}

/* export grad f wrt x, y; */

static int param_index(const function *f, const char *name)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.data[i].name == name)
            return i;
    return -1;
}

static void say_no_such_param(checker *c, const function *f, const char *name, loc at)
{
    const char **known = ARENA_ARRAY(c->mem, const char *, f->params.n);
    for (int i = 0; i < f->params.n; i++)
        known[i] = f->params.data[i].name;
    const char *nearest = diag_nearest(name, known, f->params.n);
    if (diag_error(c->diag, at, "'%s' has no parameter '%s'", f->name, name) && nearest)
        diag_hint(c->diag, "did you mean '%s'?", nearest);
}

static void check_grad_names(checker *c, export_grad *g)
{
    for (int i = 0; i < g->wrt.n; i++) {
        const char *name = g->wrt.data[i];
        loc at = g->wrt_at.data[i];
        int p = param_index(g->fn, name);
        if (p < 0) {
            say_no_such_param(c, g->fn, name, at);
            continue;
        }
        const type *t = g->fn->params.data[p].bind->type;
        for (int k = 0; k < g->params.n; k++)
            if (g->params.data[k] == p)
                diag_error(c->diag, at, "'%s' is named twice", name);
        if (!is_bad(t) && !type_is_float(t))
            diag_error(c->diag, at, "no derivative with respect to '%s': it is %s", name, type_str(c->mem, t));
        vec_push(c->mem, &g->params, p);
        if (param_index(g->fn, names_intern(c->prog->names, arena_printf(c->mem, "grad_%s", name))) >= 0)
            diag_error(c->diag, at, "the gradient 'grad_%s' has the name of a parameter", name);
    }
}

static void check_grad_function(checker *c, const module *m, const export_grad *g)
{
    const function *f = g->fn;
    const char *name = names_intern(c->prog->names, arena_printf(c->mem, "%s_grad", f->name));
    if (find_function(c, m, name))
        diag_error(c->diag, g->at, "'%s' is generated by this, and is declared as a function too", name);
    for (const export_grad *h = m->export_grads.data; h < g; h++)
        if (h->name == g->name)
            diag_error(c->diag, g->at, "the gradient of '%s' is exported already", f->name);
    if (!is_bad(f->result_type) && (!type_is_float(f->result_type) || f->result_type->rank) &&
        diag_error(c->diag, g->at, "export grad needs a function with one scalar real result, and '%s' gives %s",
                   f->name, type_str(c->mem, f->result_type)))
        diag_hint(c->diag, "for others write a function that calls vjp or jacobian, and export that");
    check_exported(c, f);
}

void check_export_grads(checker *c, module *m)
{
    for (int i = 0; i < m->export_grads.n; i++) {
        export_grad *g = &m->export_grads.data[i];
        g->fn = find_function(c, m, g->name);
        if (g->fn) {
            c->fn = g->fn;
            check_grad_function(c, m, g);
            check_grad_names(c, g);
            continue;
        }
        const char **known = ARENA_ARRAY(c->mem, const char *, m->functions.n);
        for (int k = 0; k < m->functions.n; k++)
            known[k] = m->functions.data[k]->name;
        const char *nearest = diag_nearest(g->name, known, m->functions.n);
        if (diag_error(c->diag, g->at, "unknown function '%s'", g->name) && nearest)
            diag_hint(c->diag, "did you mean '%s'?", nearest);
    }
}
