/* Exported functions: their interface, their entry checks, their body as graph. */
#include "stage/lower/lower.h"

#include <string.h>

#include "stage/lower/lower_state.h"

typedef struct exported {
    function *fn;
    const export_grad *grad; /* NULL: the function itself */
} exported;

typedef VEC(exported) export_list;

static const char *export_name(arena *mem, const exported *e)
{
    return e->grad ? arena_printf(mem, "%s_grad", e->fn->name) : e->fn->name;
}

/* Extents in the names of the signature, also of sizes that -D fixes. */
static void interface_arg_of(lowering *l, interface_arg *a, const char *name, arg_role role, const type *t)
{
    *a = (interface_arg){.name = name, .role = role, .elem = lower_elem(l, t), .rank = t->rank, .gradient_of = -1};
    a->extents = ARENA_ARRAY(l->mem, const extent *, t->rank + 1);
    for (int i = 0; i < t->rank; i++)
        a->extents[i] = t->extents[i];
}

static int result_count(const function *fn)
{
    return fn->result_type->kind == TYPE_TUPLE ? fn->result_type->n : 1;
}

enum { MAX_RULES = 0x7fff }; /* that a status can tell */

static const char *place_text(arena *mem, loc at)
{
    int line, column;
    if (!at.src)
        return "";
    const char *slash = strrchr(at.src->path, '/');
    source_position(at.src, at.begin, &line, &column);
    return arena_printf(mem, "%s:%d", slash ? slash + 1 : at.src->path, line);
}

int lower_rule(lowering *l, loc at, const char *says)
{
    const char *where = place_text(l->mem, at);
    for (int i = 0; i < l->rules->n; i++)
        if (!strcmp(l->rules->data[i].text, says) && !strcmp(l->rules->data[i].where, where))
            return i + 1;
    if (l->rules->n == MAX_RULES)
        return 0;
    vec_push(l->mem, l->rules, (interface_rule){where, says});
    return l->rules->n;
}

/* grad: NULL for the function itself. */
static interface_fn *make_face(lowering *l, function *fn, const export_grad *grad)
{
    interface_fn *face = ARENA_NEW(l->mem, interface_fn);
    int results = result_count(fn), gradients = grad ? grad->params.n : 0, line, column;
    face->name = export_name(l->mem, &(exported){fn, grad});
    face->doc = grad ? (grad->doc ? grad->doc
                                  : arena_printf(l->mem, "%s and its gradients.%s%s", fn->name, fn->doc ? "\n" : "",
                                                 fn->doc ? fn->doc : ""))
                     : fn->doc;
    face->primal = grad ? fn->name : NULL;
    face->nsizes = fn->sizes.n;
    face->sizes = ARENA_ARRAY(l->mem, const char *, fn->sizes.n + 1);
    for (int i = 0; i < fn->sizes.n; i++)
        face->sizes[i] = fn->sizes.data[i]->name;
    face->args = ARENA_ARRAY(l->mem, interface_arg, fn->params.n + results + gradients);
    for (int i = 0; i < fn->params.n; i++)
        interface_arg_of(l, &face->args[face->nargs++], fn->params.data[i].name, ARG_INPUT,
                         fn->params.data[i].bind->type);
    for (int i = 0; i < results; i++) {
        const type *t = fn->result_type->kind == TYPE_TUPLE ? fn->result_type->items[i] : fn->result_type;
        interface_arg_of(l, &face->args[face->nargs++], fn->result_names.data[i], ARG_RESULT, t);
    }
    for (int i = 0; i < gradients; i++) {
        const param *p = &fn->params.data[grad->params.data[i]];
        interface_arg *a = &face->args[face->nargs++];
        interface_arg_of(l, a, arena_printf(l->mem, "grad_%s", p->name), ARG_GRADIENT, p->bind->type);
        a->gradient_of = grad->params.data[i];
    }
    loc at = grad ? grad->at : fn->at;
    source_position(at.src, at.begin, &line, &column);
    face->where = arena_printf(l->mem, "%s:%d", at.src->path, line);
    face->rules = l->rules;
    return face;
}

static int first_arg_with(const interface_fn *face, const char *size)
{
    for (int i = 0; i < face->nargs; i++)
        for (int k = 0; k < face->args[i].rank; k++)
            if (extent_mentions(face->args[i].extents[k], size))
                return i;
    return 0;
}

/* A size fixed by -D is a constant inside; on entry it must have that value. */
static void fix_sizes(lowering *l, frame *f, const lower_options *o)
{
    for (int i = 0; i < f->nsizes; i++) {
        f->size_values[i] = extent_name(l->p->pool, f->size_names[i]);
        for (int k = 0; k < o->ndefines; k++)
            if (!strcmp(o->define_names[k], f->size_names[i]))
                f->size_values[i] = extent_const(l->p->pool, o->define_values[k]);
    }
}

static void add_size_checks(lowering *l, frame *f, function *fn)
{
    for (int i = 0; i < f->nsizes; i++) {
        const extent *name = extent_name(l->p->pool, f->size_names[i]);
        if (name != f->size_values[i])
            vec_push(l->mem, &l->out->size_checks,
                     (size_check){true, extent_sub(name, f->size_values[i]),
                                  first_arg_with(l->out->face, f->size_names[i]),
                                  lower_rule(l, (loc){0},
                                             arena_printf(l->mem, "this size was fixed when compiling: %s = %s",
                                                          f->size_names[i], extent_str(l->mem, f->size_values[i])))});
    }
    for (int i = 0; i < fn->requirements.n; i++) {
        const requirement *r = &fn->requirements.data[i];
        vec_push(l->mem, &l->out->size_checks,
                 (size_check){r->equality, lower_extent(l, f, r->value), r->param < 0 ? 0 : r->param,
                              lower_rule(l, r->at, r->text)});
    }
    VEC(const extent *) facts = {0};
    for (int i = 0; i < l->out->size_checks.n; i++) {
        const size_check *c = &l->out->size_checks.data[i];
        vec_push(l->mem, &facts, c->value);
        if (c->equality)
            vec_push(l->mem, &facts, extent_scale(c->value, -1));
    }
    l->out->facts = (affine_facts){facts.n, facts.data};
}

static void bind_inputs(lowering *l, frame *f, function *fn, bool named)
{
    for (int i = 0; i < fn->params.n; i++) {
        const interface_arg *a = &l->out->face->args[i];
        binding *b = fn->params.data[i].bind;
        const extent **extents = ARENA_ARRAY(l->mem, const extent *, a->rank + 1);
        for (int k = 0; k < a->rank; k++)
            extents[k] = lower_extent(l, f, a->extents[k]);
        node *in = graph_input(l->g, i, a->elem, a->rank, extents, a->name);
        if (in->elem == ELEM_INT && in->rank == 0) {
            f->size_names[f->nsizes] = a->name;
            f->size_values[f->nsizes++] = extent_name(l->p->pool, names_intern(l->p->names, a->name));
        }
        lower_bind(l, f, b, in);
        if (named && !b->independent && elem_is_float(in->elem))
            lower_bind_entry(l, f, b, (meaning){.value = graph_name(l->g, in)});
    }
}

static graph_fn *lower_export(lowering *l, function *fn, const export_grad *grad, const lower_options *o)
{
    graph_fn *out = l->out = ARENA_NEW(l->mem, graph_fn);
    l->calls.n = 0;
    if (!l->rules)
        l->rules = ARENA_NEW(l->mem, interface_rules);
    frame *f = lower_new_frame(l, fn);
    fix_sizes(l, f, o);
    out->face = make_face(l, fn, grad);
    add_size_checks(l, f, fn);
    bind_inputs(l, f, fn, grad != NULL);
    values v = lower_function(l, fn, f);
    out->outs = ARENA_ARRAY(l->mem, node *, v.n + (grad ? grad->params.n : 0));
    for (int i = 0; i < v.n; i++)
        out->outs[out->nouts++] = v.item[i];
    if (l->asks)
        lower_answer(l, out);
    if (!grad || l->asks)
        return out;
    node **xs = ARENA_ARRAY(l->mem, node *, grad->params.n);
    for (int i = 0; i < grad->params.n; i++)
        xs[i] = lower_find(f, fn->params.data[grad->params.data[i]].bind)->value;
    node *pack = graph_vjp(l->g, v.item[0], graph_number(l->g, v.item[0]->elem, 1), grad->params.n, xs);
    for (int i = 0; i < grad->params.n; i++)
        out->outs[out->nouts++] = graph_out(l->g, pack, i);
    return out;
}

static export_list chosen_of(arena *mem, const export_list *all, const lower_options *o)
{
    export_list list = {0};
    const exported *found = NULL;
    for (int i = 0; i < all->n && !found; i++)
        if (!strcmp(export_name(mem, &all->data[i]), o->chosen))
            found = &all->data[i];
    for (int i = 0; i < all->n; i++)
        if (!found || &all->data[i] == found || (o->family && all->data[i].fn == found->fn))
            vec_push(mem, &list, all->data[i]);
    return list;
}

static export_list exports_of(program *p, const lower_options *o)
{
    module *main = p->modules.data[0];
    export_list list = {0};
    for (int i = 0; i < main->order.n; i++) {
        int index = main->order.data[i].index;
        if (main->order.data[i].kind == 'f' && main->functions.data[index]->exported)
            vec_push(p->mem, &list, (exported){main->functions.data[index], NULL});
        if (main->order.data[i].kind == 'g') {
            export_grad *grad = &main->export_grads.data[index];
            vec_push(p->mem, &list, (exported){grad->fn, grad});
        }
    }
    return o->chosen ? chosen_of(p->mem, &list, o) : list;
}

graph_fn *lower_version(graph_module *m, program *p, const lower_options *o, int index)
{
    lowering l = {.g = m->g, .mem = p->mem, .p = p, .real = o->real, .asks = o->asks, .checkpoint = o->checkpoint};
    l.rules = m->fns.data[index]->face->rules;
    exported e = exports_of(p, o).data[index];
    return lower_export(&l, e.fn, e.grad, o);
}

void lower(graph_module *m, program *p, const lower_options *o)
{
    lowering l = {.g = m->g, .mem = p->mem, .p = p, .real = o->real, .asks = o->asks, .checkpoint = o->checkpoint};
    export_list list = exports_of(p, o);
    for (int i = 0; i < list.n; i++) {
        l.rules = NULL;
        vec_push(p->mem, &m->fns, lower_export(&l, list.data[i].fn, list.data[i].grad, o));
    }
    interface *face = m->face;
    face->fns = ARENA_ARRAY(p->mem, interface_fn, m->fns.n + 1);
    for (int i = 0; i < m->fns.n; i++) {
        face->fns[face->nfns++] = *m->fns.data[i]->face;
        m->fns.data[i]->face = &face->fns[i];
    }
}
