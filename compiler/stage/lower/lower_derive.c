/* Derivative forms in terms of two: vjp (reverse) and jvp (forward), which stage/derive removes. */
#include <assert.h>
#include <string.h>

#include "stage/lower/lower_state.h"

/* 1 where the subscripts are the given ones, else 0: a basis tensor in the shape of like. */
static node *one_hot(lowering *l, const node *like, node *const *at)
{
    graph *g = l->g;
    var **axes = ARENA_ARRAY(l->mem, var *, like->rank + 1);
    node *body = graph_number(g, like->elem, 1);
    for (int i = like->rank - 1; i >= 0; i--) {
        axes[i] = graph_axis(g, like->extents[i], NULL);
        node *hit = graph_bin(g, OP_EQ, axes[i]->self, at[i]);
        body = graph_select(g, hit, body, graph_number(g, like->elem, 0));
    }
    return graph_tensor(g, like->rank, axes, body);
}

static var **open_axes(lowering *l, const node *like, node **at)
{
    var **axes = ARENA_ARRAY(l->mem, var *, like->rank + 1);
    for (int i = 0; i < like->rank; i++) {
        axes[i] = graph_axis(l->g, like->extents[i], NULL);
        at[i] = axes[i]->self;
    }
    return axes;
}

static node *vjp_one(lowering *l, node *e, node *x, node *w)
{
    return graph_out(l->g, graph_vjp(l->g, e, w, 1, &x), 0);
}

static node *jvp_one(lowering *l, node *e, node *x, node *v)
{
    return graph_jvp(l->g, e, 1, &x, &v);
}

static node *gradient(lowering *l, node *e, node *x)
{
    return vjp_one(l, e, x, graph_number(l->g, e->elem, 1));
}

/* Forward mode costs a pass per entry of x, reverse one per entry of e. */
static bool forward_is_cheaper(lowering *l, const node *e, const node *x)
{
    const extent *ve = graph_volume(l->g, e->rank, e->extents), *vx = graph_volume(l->g, x->rank, x->extents);
    int64_t a, b;
    if (extent_is_const(ve, &a) && extent_is_const(vx, &b))
        return b <= a;
    return extent_degree(vx) <= extent_degree(ve);
}

static node *jacobian(lowering *l, node *e, node *x, bool forward)
{
    graph *g = l->g;
    node **o = ARENA_ARRAY(l->mem, node *, e->rank + x->rank + 1), **k = o + e->rank;
    var **rows = open_axes(l, e, o), **columns = open_axes(l, x, k);
    node *entry = forward ? graph_access(g, jvp_one(l, e, x, one_hot(l, x, k)), o)
                          : graph_access(g, vjp_one(l, e, x, one_hot(l, e, o)), k);
    var **all = ARENA_ARRAY(l->mem, var *, e->rank + x->rank + 1);
    memcpy(all, rows, (size_t)e->rank * sizeof *all);
    memcpy(all + e->rank, columns, (size_t)x->rank * sizeof *all);
    return graph_tensor(g, e->rank + x->rank, all, entry);
}

/* sum_k d e_k / d x_k */
static node *divergence(lowering *l, node *e, node *x)
{
    node **k = ARENA_ARRAY(l->mem, node *, x->rank + 1);
    var **axes = open_axes(l, x, k);
    node *entry = graph_access(l->g, jvp_one(l, e, x, one_hot(l, x, k)), k);
    return graph_reduce(l->g, OP_SUM, x->rank, axes, entry, NULL, NULL);
}

typedef struct form {
    node *e, **x, *with;
    int n;
} form;

static values form_grad(lowering *l, const form *d)
{
    node *pack = graph_vjp(l->g, d->e, d->with ? d->with : graph_number(l->g, d->e->elem, 1), d->n, d->x);
    values v = {d->n, ARENA_ARRAY(l->mem, node *, d->n)};
    for (int i = 0; i < d->n; i++)
        v.item[i] = graph_out(l->g, pack, i);
    return v;
}

static values form_jvp(lowering *l, const form *d)
{
    return one_value(l, jvp_one(l, d->e, d->x[0], d->with));
}

static values form_hvp(lowering *l, const form *d)
{
    return one_value(l, jvp_one(l, gradient(l, d->e, d->x[0]), d->x[0], d->with));
}

static values form_jacobian(lowering *l, const form *d)
{
    return one_value(l, jacobian(l, d->e, d->x[0], forward_is_cheaper(l, d->e, d->x[0])));
}

static values form_hessian(lowering *l, const form *d)
{
    return one_value(l, jacobian(l, gradient(l, d->e, d->x[0]), d->x[0], true));
}

static values form_divergence(lowering *l, const form *d)
{
    return one_value(l, divergence(l, d->e, d->x[0]));
}

static values form_laplacian(lowering *l, const form *d)
{
    return one_value(l, divergence(l, gradient(l, d->e, d->x[0]), d->x[0]));
}

static const struct {
    const char *name;
    values (*fn)(lowering *, const form *);
} forms[] = {
    {"grad", form_grad},
    {"vjp", form_grad},
    {"jvp", form_jvp},
    {"hvp", form_hvp},
    {"jacobian", form_jacobian},
    {"hessian", form_hessian},
    {"divergence", form_divergence},
    {"laplacian", form_laplacian},
};

values lower_derivative(lowering *l, frame *f, expr *e)
{
    form d = {.n = e->wrt_bind.n};
    d.x = ARENA_ARRAY(l->mem, node *, d.n);
    d.e = lower_expr(l, f, e->a.data[0]);
    for (int i = 0; i < d.n; i++) {
        d.x[i] = lower_find(f, e->wrt_bind.data[i])->value;
        assert(d.x[i]->op == OP_NAME);
    }
    if (!elem_is_float(d.e->elem))
        d.e = lower_cast(l, d.e, d.x[0]->elem);
    if (e->a.n > 1) {
        elem to = !strcmp(e->name, "vjp") ? d.e->elem : d.x[0]->elem;
        d.with = lower_as(l, f, e->a.data[1], to);
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!strcmp(forms[i].name, e->name))
            return forms[i].fn(l, &d);
    assert(false && "unknown derivative form");
    return (values){0};
}

/* derivative f(x) along w = e: each result becomes a custom node, its adjoint e with the other results' w zero. */
values lower_custom(lowering *l, function *fn, frame *inner, values value)
{
    hand_derivative *h = fn->derivative;
    int nx = 0;
    node **xs = ARENA_ARRAY(l->mem, node *, fn->params.n + 1);
    var **vars = ARENA_ARRAY(l->mem, var *, fn->params.n + 2);
    values r = {value.n, ARENA_ARRAY(l->mem, node *, value.n)};
    frame *f = lower_new_frame(l, fn);
    f->size_values = inner->size_values;
    f->size_names = inner->size_names;
    f->nsizes = inner->nsizes;
    for (int i = 0; i < fn->params.n; i++) {
        meaning *en = lower_find(inner, fn->params.data[i].bind);
        binding *b = h->params.data[i].bind;
        if (!en->value || !elem_is_float(en->value->elem)) {
            lower_bind_entry(l, f, b, *en);
            continue;
        }
        vars[nx] = graph_param(l->g, en->value->elem, en->value->rank, en->value->extents, b->name);
        lower_bind(l, f, b, vars[nx]->self);
        xs[nx++] = en->value;
    }
    for (int k = 0; k < value.n; k++) {
        node *v = value.item[k];
        r.item[k] = v;
        if (!elem_is_float(v->elem))
            continue;
        vars[nx] = graph_param(l->g, v->elem, v->rank, v->extents, h->along.data[k].name);
        for (int i = 0; i < value.n; i++)
            lower_bind(l, f, h->along.data[i].bind, i == k ? vars[nx]->self : graph_zeros_like(l->g, value.item[i]));
        node **adjoints = ARENA_ARRAY(l->mem, node *, nx + 1);
        for (int i = 0; i < nx; i++)
            adjoints[i] = lower_as(l, f, h->values.data[i], xs[i]->elem);
        r.item[k] = graph_custom(l->g, v, nx, xs, vars, adjoints);
    }
    return r;
}
