/* Calls: functions are specialised and inlined; equal calls are lowered once. */
#include <assert.h>
#include <string.h>

#include "stage/lower/lower_state.h"

meaning *lower_find(frame *f, binding *b)
{
    for (; f; f = f->parent) {
        meaning *en = map_get(&f->entries, b);
        if (en)
            return en;
    }
    return NULL;
}

void lower_bind_entry(lowering *l, frame *f, binding *b, meaning en)
{
    meaning *p = ARENA_NEW(l->mem, meaning);
    *p = en;
    map_set(&f->entries, b, p);
}

void lower_bind(lowering *l, frame *f, binding *b, node *value)
{
    if (b->kind != BIND_INDEX && b->type && b->type->kind <= TYPE_BOOL && b->type->kind != TYPE_ERROR)
        value = lower_cast(l, value, lower_elem(l, b->type));
    if (!value->hint && value->op != OP_CONST && value->op != OP_VAR)
        value->hint = b->name;
    if (value->op == OP_TENSOR && !value->args[0]->hint && value->args[0]->nargs)
        value->args[0]->hint = b->name; /* what is not stored has the name as a value */
    if (b->independent)
        value = graph_name(l->g, value);
    /* a var is rebound in the frame that declared it, which may enclose a lambda's */
    frame *home = f;
    for (frame *p = f; p; p = p->parent)
        if (map_get(&p->entries, b))
            home = p;
    lower_bind_entry(l, home, b, (meaning){.value = value});
}

frame *lower_new_frame(lowering *l, function *fn)
{
    frame *f = ARENA_NEW(l->mem, frame);
    f->fn = fn;
    map_init(&f->entries, l->mem);
    if (fn) {
        f->nsizes = fn->sizes.n;
        f->size_names = ARENA_ARRAY(l->mem, const char *, fn->sizes.n + fn->params.n + 1);
        f->size_values = ARENA_ARRAY(l->mem, const extent *, fn->sizes.n + fn->params.n + 1);
        for (int i = 0; i < fn->sizes.n; i++)
            f->size_names[i] = fn->sizes.data[i]->name;
    }
    return f;
}

/* An int argument that is a polynomial in sizes may stand in extents: for t in 0..steps { ...; yield q; }. */
static void bind_int_as_size(lowering *l, frame *f, const param *p, node *value)
{
    if (value->elem != ELEM_INT || value->rank)
        return;
    const extent *e = graph_extent(l->g, value);
    if (!e)
        return;
    f->size_names[f->nsizes] = p->name;
    f->size_values[f->nsizes++] = e;
}

values lower_function(lowering *l, function *fn, frame *inner)
{
    values v = lower_body(l, inner, &fn->body);
    const type *t = fn->result_type;
    for (int i = 0; i < v.n; i++)
        v.item[i] = lower_cast(l, v.item[i], lower_elem(l, t->kind == TYPE_TUPLE ? t->items[i] : t));
    return fn->derivative ? lower_custom(l, fn, inner, v) : v;
}

static values *recorded(lowering *l, const call_record *c)
{
    for (int i = 0; i < l->calls.n; i++) {
        call_record *r = &l->calls.data[i];
        if (r->fn == c->fn && r->guards == c->guards && r->nargs == c->nargs &&
            !memcmp(r->args, c->args, (size_t)c->nargs * sizeof *c->args) &&
            !memcmp(r->sizes, c->sizes, (size_t)c->fn->sizes.n * sizeof *c->sizes))
            return &r->result;
    }
    return NULL;
}

meaning lower_meaning(frame *f, expr *e)
{
    if (e->kind == EXPR_LAMBDA)
        return (meaning){.lambda = e, .lambda_frame = f};
    assert(e->kind == EXPR_NAME);
    if (e->bind->kind == BIND_FUNCTION)
        return (meaning){.fn = e->bind->fn};
    return *lower_find(f, e->bind);
}

/* Callers change what they get. */
static values copy_values(lowering *l, values v)
{
    return (values){v.n, arena_grow(l->mem, v.item, (size_t)v.n, (size_t)v.n + 1, sizeof *v.item)};
}

static values call_function(lowering *l, frame *f, expr *e, function *fn, const extent **size_args)
{
    frame *inner = lower_new_frame(l, fn);
    call_record record = {.fn = fn, .guards = l->guards};
    record.args = ARENA_ARRAY(l->mem, node *, e->a.n + 1);
    bool pure = true;
    for (int i = 0; i < fn->sizes.n; i++)
        inner->size_values[i] = size_args ? lower_extent(l, f, size_args[i]) : NULL;
    for (int i = 0; i < e->a.n; i++) {
        binding *b = fn->params.data[i].bind;
        if (b->type->kind == TYPE_FN) {
            lower_bind_entry(l, inner, b, lower_meaning(f, e->a.data[i]));
            pure = false;
            continue;
        }
        node *value = lower_as(l, f, e->a.data[i], lower_elem(l, b->type));
        record.args[record.nargs++] = value;
        bind_int_as_size(l, inner, &fn->params.data[i], value);
        lower_bind(l, inner, b, value);
    }
    record.sizes = inner->size_values;
    values *known = pure ? recorded(l, &record) : NULL;
    if (known)
        return copy_values(l, *known);
    record.result = lower_function(l, fn, inner);
    if (pure)
        vec_push(l->mem, &l->calls, record);
    return copy_values(l, record.result);
}

/* The sizes of a declared function passed as an argument are read off the shapes it is called with. */
static const extent **sizes_of_values(lowering *l, function *fn, int n, node *const *args)
{
    const extent **sizes = ARENA_ARRAY(l->mem, const extent *, fn->sizes.n + 1);
    for (int i = 0; i < n; i++) {
        const type *t = fn->params.data[i].bind->type;
        for (int k = 0; k < t->rank && k < args[i]->rank; k++)
            for (int s = 0; s < fn->sizes.n; s++)
                if (extent_is_name(t->extents[k]) && extent_mentions(t->extents[k], fn->sizes.data[s]->name))
                    sizes[s] = args[i]->extents[k];
    }
    for (int s = 0; s < fn->sizes.n; s++)
        if (!sizes[s])
            sizes[s] = extent_name(l->p->pool, fn->sizes.data[s]->name);
    return sizes;
}

values lower_apply(lowering *l, meaning en, int n, node *const *args)
{
    if (en.fn) {
        frame *inner = lower_new_frame(l, en.fn);
        inner->size_values = sizes_of_values(l, en.fn, n, args);
        inner->nsizes = en.fn->sizes.n;
        for (int i = 0; i < n; i++)
            lower_bind(l, inner, en.fn->params.data[i].bind, args[i]);
        return lower_function(l, en.fn, inner);
    }
    frame *inner = lower_new_frame(l, NULL);
    inner->parent = en.lambda_frame;
    for (int i = 0; i < n; i++)
        lower_bind(l, inner, en.lambda->params.data[i].bind, args[i]);
    return lower_values(l, inner, en.lambda->a.data[0]);
}

static values call_parameter(lowering *l, frame *f, expr *e)
{
    node **args = ARENA_ARRAY(l->mem, node *, e->a.n + 1);
    for (int i = 0; i < e->a.n; i++)
        args[i] = lower_as(l, f, e->a.data[i], lower_elem(l, e->callee->type->items[i]));
    return lower_apply(l, *lower_find(f, e->callee), e->a.n, args);
}

values lower_call(lowering *l, frame *f, expr *e)
{
    if (e->builtin && lower_is_library(e))
        return lower_library(l, f, e);
    if (e->builtin)
        return one_value(l, lower_builtin(l, f, e));
    if (e->target)
        return call_function(l, f, e, e->target, e->size_args);
    return call_parameter(l, f, e);
}
