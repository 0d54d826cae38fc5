/* Functions whose parameters have shapes: fn f(x: real[S...]) takes tensors of any rank.
 *
 * They are not checked as they stand. Each combination of ranks that one is called with has a copy, in which S... is
 * spelled out as the sizes S[0], S[1], ...; the copy is a function like any other. One that nothing calls is checked
 * for shapes of rank 1. */
#include "form/tree_copy.h"
#include "stage/check/check_parts.h"

typedef struct instance {
    shape_ranks ranks;
    function *f;
} instance;

typedef VEC(instance) instance_list;

bool is_generic(checker *c, const function *f)
{
    return tree_shapes(c->mem, f).n > 0;
}

/* S... in the extents of s, where it is the only one. */
static const char *single_shape(const type_syntax *s)
{
    const char *name = NULL;
    for (int i = 0; s && s->kind != TYPE_FN && i < s->extents.n; i++) {
        if (s->extents.data[i]->kind != EXPR_SPREAD)
            continue;
        if (name)
            return NULL;
        name = s->extents.data[i]->name;
    }
    return name;
}

static void find_ranks(const function *f, int n, const type *const *types, shape_ranks *ranks)
{
    for (int k = 0; k < ranks->n; k++)
        for (int i = n - 1; i >= 0; i--) {
            const type_syntax *s = i < f->params.n ? f->params.data[i].type : NULL;
            if (types[i] && single_shape(s) == ranks->data[k].name && types[i]->rank >= s->extents.n - 1)
                ranks->data[k].rank = types[i]->rank - (s->extents.n - 1);
        }
}

static bool same_ranks(const shape_ranks *a, const shape_ranks *b)
{
    for (int i = 0; i < a->n; i++)
        if (a->data[i].rank != b->data[i].rank)
            return false;
    return true;
}

static instance_list *instances_of(checker *c, const function *f)
{
    instance_list *l = map_get(&c->generic, f);
    if (!l) {
        l = ARENA_NEW(c->mem, instance_list);
        map_set(&c->generic, f, l);
    }
    return l;
}

static function *new_instance(checker *c, instance_list *l, const function *f, const shape_ranks *ranks)
{
    function *copy = tree_copy_function(c->mem, c->prog->names, f, ranks);
    copy->exported = false;
    vec_push(c->mem, l, (instance){*ranks, copy});
    declare_function(c, copy);
    checker outer = suspend(c);
    check_signature(c, copy);
    resume(c, &outer);
    return copy;
}

function *instance_for(checker *c, function *f, int n, const type *const *types)
{
    shape_ranks ranks = tree_shapes(c->mem, f);
    if (!ranks.n)
        return f;
    find_ranks(f, n, types, &ranks);
    instance_list *l = instances_of(c, f);
    for (int i = 0; i < l->n; i++)
        if (same_ranks(&l->data[i].ranks, &ranks))
            return l->data[i].f;
    if (c->cyclic) /* a new rank each time */
        return f;
    return new_instance(c, l, f, &ranks);
}

/* Each shape must be that of a tensor parameter, from which calls tell its rank. */
static void check_shapes(checker *c, const function *f, const shape_ranks *shapes)
{
    for (int k = 0; k < shapes->n; k++) {
        bool told = false;
        for (int i = 0; i < f->params.n; i++)
            told |= single_shape(f->params.data[i].type) == shapes->data[k].name;
        if (!told &&
            diag_error(c->diag, f->at, "no argument of '%s' tells the rank of '%s...'", f->name, shapes->data[k].name))
            diag_hint(c->diag, "a parameter of type real[%s...] does", shapes->data[k].name);
    }
}

bool check_generic_signature(checker *c, function *f)
{
    shape_ranks shapes = tree_shapes(c->mem, f);
    if (!shapes.n)
        return false;
    check_shapes(c, f, &shapes);
    f->result_type = error_type(c);
    for (int i = 0; i < f->params.n; i++) {
        param *p = &f->params.data[i];
        p->bind = ARENA_NEW(c->mem, binding);
        *p->bind = (binding){.kind = BIND_PARAM, .name = p->name, .at = p->at, .type = error_type(c)};
    }
    if (f->exported)
        check_exported(c, f);
    return true;
}

void check_unused_shapes(checker *c, const module *m)
{
    for (int i = 0; i < m->functions.n && !c->cyclic; i++) {
        function *f = m->functions.data[i];
        if (is_generic(c, f) && !instances_of(c, f)->n)
            ensure_checked(c, instance_for(c, f, 0, NULL), f->at);
    }
}
