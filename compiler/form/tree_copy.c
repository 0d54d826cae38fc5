/* Deep copies of the tree: each part is copied as it is, and then its parts. Shape names become lists of sizes. */
#include "form/tree_copy.h"

typedef struct copier {
    arena *mem;
    names *names;
    const shape_ranks *ranks;
} copier;

static expr *copy_expr(copier *k, const expr *e);
static stmt *copy_stmt(copier *k, const stmt *s);

static expr *copy_optional(copier *k, const expr *e)
{
    return e ? copy_expr(k, e) : NULL;
}

static void add_sizes(copier *k, expr_list *list, const expr *spread, int rank)
{
    for (int i = 0; i < rank; i++) {
        expr *size = ARENA_NEW(k->mem, expr);
        *size = *spread;
        size->kind = EXPR_NAME;
        size->name = names_intern(k->names, arena_printf(k->mem, "%s[%d]", spread->name, i));
        vec_push(k->mem, list, size);
    }
}

static int rank_of(const copier *k, const expr *e)
{
    for (int i = 0; e->kind == EXPR_SPREAD && i < k->ranks->n; i++)
        if (k->ranks->data[i].name == e->name)
            return k->ranks->data[i].rank;
    return -1;
}

static expr_list copy_list(copier *k, const expr_list *l)
{
    expr_list copy = {0};
    for (int i = 0; i < l->n; i++) {
        int rank = rank_of(k, l->data[i]);
        if (rank >= 0)
            add_sizes(k, &copy, l->data[i], rank);
        else
            vec_push(k->mem, &copy, copy_expr(k, l->data[i]));
    }
    return copy;
}

static type_syntax *copy_type(copier *k, const type_syntax *s)
{
    if (!s)
        return NULL;
    type_syntax *copy = ARENA_NEW(k->mem, type_syntax);
    *copy = *s;
    copy->extents = copy_list(k, &s->extents);
    copy->items.data = NULL;
    copy->items.n = copy->items.cap = 0;
    for (int i = 0; i < s->items.n; i++)
        vec_push(k->mem, &copy->items, copy_type(k, s->items.data[i]));
    copy->result = copy_type(k, s->result);
    return copy;
}

static param_list copy_params(copier *k, const param_list *l)
{
    param_list copy = {0};
    for (int i = 0; i < l->n; i++) {
        param p = l->data[i];
        p.type = copy_type(k, p.type);
        vec_push(k->mem, &copy, p);
    }
    return copy;
}

static index_list copy_indices(copier *k, const index_list *l)
{
    index_list copy = {0};
    for (int i = 0; i < l->n; i++) {
        index_def d = l->data[i];
        d.count = copy_optional(k, d.count);
        d.lo = copy_optional(k, d.lo);
        d.hi = copy_optional(k, d.hi);
        vec_push(k->mem, &copy, d);
    }
    return copy;
}

static subscript_list copy_subs(copier *k, const subscript_list *l)
{
    subscript_list copy = {0};
    for (int i = 0; i < l->n; i++) {
        subscript s = l->data[i];
        s.value = copy_optional(k, s.value);
        s.lo = copy_optional(k, s.lo);
        s.hi = copy_optional(k, s.hi);
        vec_push(k->mem, &copy, s);
    }
    return copy;
}

static expr *copy_expr(copier *k, const expr *e)
{
    expr *copy = ARENA_NEW(k->mem, expr);
    *copy = *e;
    copy->a = copy_list(k, &e->a);
    copy->sizes = copy_list(k, &e->sizes);
    copy->subs = copy_subs(k, &e->subs);
    copy->indices = copy_indices(k, &e->indices);
    copy->filter = copy_optional(k, e->filter);
    copy->count = copy_optional(k, e->count);
    copy->params = copy_params(k, &e->params);
    copy->loop = e->loop ? copy_stmt(k, e->loop) : NULL;
    return copy;
}

static stmt_list copy_stmts(copier *k, const stmt_list *l)
{
    stmt_list copy = {0};
    for (int i = 0; i < l->n; i++)
        vec_push(k->mem, &copy, copy_stmt(k, l->data[i]));
    return copy;
}

static stmt *copy_stmt(copier *k, const stmt *s)
{
    stmt *copy = ARENA_NEW(k->mem, stmt);
    *copy = *s;
    copy->defs.data = NULL;
    copy->defs.n = copy->defs.cap = 0;
    for (int i = 0; i < s->defs.n; i++) {
        let_def d = s->defs.data[i];
        d.indices = copy_indices(k, &d.indices);
        d.type = copy_type(k, d.type);
        vec_push(k->mem, &copy->defs, d);
    }
    copy->value = copy_optional(k, s->value);
    copy->values = copy_list(k, &s->values);
    copy->lo = copy_optional(k, s->lo);
    copy->hi = copy_optional(k, s->hi);
    copy->max = copy_optional(k, s->max);
    copy->body = copy_stmts(k, &s->body);
    copy->other = copy_stmts(k, &s->other);
    return copy;
}

static hand_derivative *copy_derivative(copier *k, const hand_derivative *d)
{
    if (!d)
        return NULL;
    hand_derivative *copy = ARENA_NEW(k->mem, hand_derivative);
    *copy = *d;
    copy->params = copy_params(k, &d->params);
    copy->along = copy_params(k, &d->along);
    copy->values = copy_list(k, &d->values);
    return copy;
}

function *tree_copy_function(arena *mem, names *n, const function *f, const shape_ranks *ranks)
{
    copier k = {mem, n, ranks};
    function *copy = ARENA_NEW(mem, function);
    *copy = *f;
    copy->params = copy_params(&k, &f->params);
    copy->result = copy_type(&k, f->result);
    copy->body = copy_stmts(&k, &f->body);
    copy->derivative = copy_derivative(&k, f->derivative);
    return copy;
}

bool type_has_shape(const type_syntax *s)
{
    bool has = false;
    for (int i = 0; i < s->extents.n; i++)
        has |= s->extents.data[i]->kind == EXPR_SPREAD;
    for (int i = 0; i < s->items.n; i++)
        has |= type_has_shape(s->items.data[i]);
    return has || (s->result && type_has_shape(s->result));
}

static void add_shape(arena *mem, shape_ranks *l, const char *name)
{
    for (int i = 0; i < l->n; i++)
        if (l->data[i].name == name)
            return;
    vec_push(mem, l, (shape_rank){name, 1});
}

static void add_shapes(arena *mem, shape_ranks *l, const type_syntax *s)
{
    for (int i = 0; s && i < s->extents.n; i++)
        if (s->extents.data[i]->kind == EXPR_SPREAD)
            add_shape(mem, l, s->extents.data[i]->name);
    for (int i = 0; s && i < s->items.n; i++)
        add_shapes(mem, l, s->items.data[i]);
    if (s && s->result)
        add_shapes(mem, l, s->result);
}

shape_ranks tree_shapes(arena *mem, const function *f)
{
    shape_ranks l = {0};
    for (int i = 0; i < f->params.n; i++)
        add_shapes(mem, &l, f->params.data[i].type);
    return l;
}
