/* Builders of expressions and types: what the grammar's actions call. Reads parts, writes nodes of form/tree.h.
 *
 * Every node knows the height of the tree below it; a node that would be too high is reported once and replaced by a
 * leaf, so that later stages may walk the tree by recursion whatever the user types. */
#include "form/tree_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "form/builtins.h"

void tree_scan_bracket(tree_builder *b, int change, loc at)
{
    b->nesting += change;
    if (b->nesting < 0)
        b->nesting = 0;
    if (b->nesting > TREE_MAX_NESTING && !b->stopped) {
        diag_error(b->diag, at, "brackets nest more than %d deep", TREE_MAX_NESTING);
        b->stopped = true;
    }
}

const char *tree_take_doc(tree_builder *b)
{
    size_t n = b->doc.n;
    b->doc.n = 0;
    return n ? arena_strndup(b->mem, b->doc.data, n - 1) : NULL;
}

static int max_depth(int depth, const expr *e)
{
    return e && e->depth > depth ? e->depth : depth;
}

static int list_depth(int depth, const expr_list *l)
{
    for (int i = 0; i < l->n; i++)
        depth = max_depth(depth, l->data[i]);
    return depth;
}

static expr *leaf(tree_builder *b, loc at, expr_kind kind)
{
    expr *e = ARENA_NEW(b->mem, expr);
    e->kind = kind;
    e->at = at;
    e->depth = 1;
    return e;
}

/* Sets the height once all parts are in place. */
static expr *finish(tree_builder *b, expr *e)
{
    int depth = list_depth(max_depth(max_depth(0, e->filter), e->count), &e->a);
    depth = list_depth(depth, &e->sizes);
    for (int i = 0; i < e->subs.n; i++)
        depth = max_depth(max_depth(max_depth(depth, e->subs.data[i].value), e->subs.data[i].lo), e->subs.data[i].hi);
    for (int i = 0; i < e->indices.n; i++) {
        const index_def *d = &e->indices.data[i];
        depth = max_depth(max_depth(max_depth(depth, d->count), d->lo), d->hi);
    }
    if (e->loop && e->loop->depth > depth)
        depth = e->loop->depth;
    e->depth = depth + 1;
    if (e->depth <= TREE_MAX_DEPTH)
        return e;
    if (diag_error(b->diag, e->at, "this expression nests more than %d operations deep", TREE_MAX_DEPTH))
        diag_hint(b->diag, "give a part of it a name with let");
    expr *zero = leaf(b, e->at, EXPR_INT);
    zero->name = "0";
    return zero;
}

static void add(tree_builder *b, expr *e, expr *part)
{
    vec_push(b->mem, &e->a, part);
}

expr *tree_int(tree_builder *b, loc at, const char *digits)
{
    expr *e = leaf(b, at, EXPR_INT);
    e->name = digits;
    errno = 0;
    e->integer = strtoll(digits, NULL, 10);
    if (errno && diag_error(b->diag, at, "this number does not fit into 64 bits"))
        diag_hint(b->diag, "write it as a real: %s.0", digits);
    e->real = (double)e->integer;
    return e;
}

expr *tree_real(tree_builder *b, loc at, const char *digits)
{
    expr *e = leaf(b, at, EXPR_REAL);
    e->name = digits;
    e->real = strtod(digits, NULL);
    if (e->real > 1e300 * 1e8 && diag_error(b->diag, at, "this number is too large for a real"))
        diag_hint(b->diag, "infinity is written inf");
    return e;
}

expr *tree_bool(tree_builder *b, loc at, bool value)
{
    expr *e = leaf(b, at, EXPR_BOOL);
    e->integer = value;
    return e;
}

expr *tree_name(tree_builder *b, loc at, const char *module_name, const char *name)
{
    expr *e = leaf(b, at, EXPR_NAME);
    e->module_name = module_name;
    e->name = name;
    return e;
}

expr *tree_spread(tree_builder *b, loc at, const char *name)
{
    expr *e = leaf(b, at, EXPR_SPREAD);
    e->name = name;
    return e;
}

expr *tree_unary(tree_builder *b, loc at, expr_kind kind, expr *a)
{
    expr *e = leaf(b, at, kind);
    add(b, e, a);
    return finish(b, e);
}

expr *tree_binary(tree_builder *b, loc at, binary_op op, expr *l, expr *r)
{
    expr *e = leaf(b, at, EXPR_BINARY);
    e->op = op;
    add(b, e, l);
    add(b, e, r);
    return finish(b, e);
}

expr *tree_if(tree_builder *b, loc at, expr *c, expr *then, expr *otherwise)
{
    expr *e = leaf(b, at, EXPR_IF);
    add(b, e, c);
    add(b, e, then);
    add(b, e, otherwise);
    return finish(b, e);
}

expr *tree_lambda(tree_builder *b, loc at, param_list params, expr *body)
{
    expr *e = leaf(b, at, EXPR_LAMBDA);
    e->params = params;
    add(b, e, body);
    return finish(b, e);
}

/* grad(e, x, y), or vjp(e, x, w): the second kind takes one name and one value. */
static void derivative_form(tree_builder *b, expr *e, const builtin *row)
{
    bool takes_value = row->min_args == 3;
    expr_list args = e->a;
    e->a = (expr_list){0};
    int last = takes_value ? 2 : args.n;
    if (args.n < row->min_args || (row->max_args >= 0 && args.n > row->max_args)) {
        diag_error(b->diag, e->at, "%s takes %s", row->name,
                   takes_value          ? "an expression, a name and a value"
                   : row->max_args >= 0 ? "an expression and a name"
                                        : "an expression and one or more names");
        diag_hint(b->diag, "write %s(e, x%s)", row->name, takes_value ? ", v" : row->max_args >= 0 ? "" : ", y, ...");
        return;
    }
    e->kind = EXPR_DERIV;
    add(b, e, args.data[0]);
    for (int i = 1; i < last; i++) {
        expr *name = args.data[i];
        if (name->kind != EXPR_NAME || name->module_name) {
            if (diag_error(b->diag, name->at, "%s is taken with respect to a name, and this is an expression",
                           row->name))
                diag_hint(b->diag, "bind it first: let y = ...; then %s(e, y)", row->name);
            continue;
        }
        vec_push(b->mem, &e->wrt, name->name);
        vec_push(b->mem, &e->wrt_at, name->at);
    }
    if (takes_value)
        add(b, e, args.data[2]);
}

expr *tree_call(tree_builder *b, loc at, const char *module_name, const char *name, expr_list args)
{
    expr *e = leaf(b, at, EXPR_CALL);
    e->module_name = module_name;
    e->name = name;
    e->a = args;
    if (!module_name && builtin_find(name))
        vec_push(b->mem, &b->calls, e);
    return finish(b, e);
}

void tree_resolve_calls(tree_builder *b)
{
    map own;
    map_init(&own, b->mem);
    for (int i = 0; i < b->module->functions.n; i++)
        map_set(&own, b->module->functions.data[i]->name, b->module->functions.data[i]);
    for (int i = 0; i < b->calls.n; i++) {
        expr *e = b->calls.data[i];
        const builtin *row = builtin_find(e->name);
        if (map_get(&own, e->name))
            continue;
        if (row->class == BUILTIN_DERIV)
            derivative_form(b, e, row);
        else if (builtin_reduces(row, e->a.n))
            e->kind = EXPR_REDUCE;
        else if (row->class == BUILTIN_SHAPED)
            e->kind = EXPR_SHAPED;
    }
}

/* The brackets hold sizes: zeros[N, D], full[N](x). */
static expr *shaped(tree_builder *b, expr *e, const brackets *in, expr_list args)
{
    e->kind = EXPR_SHAPED;
    e->a = args;
    for (int i = 0; i < in->items.n; i++) {
        const bracket_item *item = &in->items.data[i];
        if (item->value)
            vec_push(b->mem, &e->sizes, item->value);
        else
            diag_error(b->diag, item->at, "%s[...] takes sizes", e->name);
    }
    if (in->filter)
        diag_error(b->diag, in->filter->at, "%s[...] takes sizes only", e->name);
    return finish(b, e);
}

expr *tree_subscript(tree_builder *b, loc at, expr *base, brackets in)
{
    expr *e = leaf(b, at, EXPR_SUBSCRIPT);
    const builtin *row = base->kind == EXPR_NAME && !base->module_name ? builtin_find(base->name) : NULL;
    if (row && row->class == BUILTIN_SHAPED) {
        e->name = base->name;
        return shaped(b, e, &in, (expr_list){0});
    }
    add(b, e, base);
    for (int i = 0; i < in.items.n; i++) {
        const bracket_item *item = &in.items.data[i];
        if (item->name && diag_error(b->diag, item->at, "a subscript is a value or a slice a..b"))
            diag_hint(b->diag, "ranges of indices are written after a reduction or in let: sum[%s: N](...)",
                      item->name);
        else if (item->value || item->slice)
            vec_push(b->mem, &e->subs, (subscript){.value = item->value, .lo = item->lo, .hi = item->hi});
    }
    if (in.filter && diag_error(b->diag, in.filter->at, "'where' filters a reduction, not a subscript"))
        diag_hint(b->diag, "write sum[j where condition](...)");
    return finish(b, e);
}

static void add_index(tree_builder *b, index_list *l, const bracket_item *item)
{
    index_def d = {.name = item->name, .at = item->at, .count = item->count, .lo = item->lo, .hi = item->hi};
    if (item->value && item->value->kind == EXPR_NAME && !item->value->module_name)
        d.name = item->value->name;
    if (d.name)
        vec_push(b->mem, l, d);
    else if (diag_error(b->diag, item->at, "an index is a name here"))
        diag_hint(b->diag, "write [i], [i: N] or [i in a..b]");
}

static bool takes_count(const builtin *row)
{
    return row && (row->reduce == REDUCE_SORTED || row->reduce == REDUCE_SORTED_INDEX);
}

expr *tree_reduce(tree_builder *b, loc at, expr *base, brackets in, expr_list args)
{
    expr *e = leaf(b, at, EXPR_REDUCE);
    if (base->kind != EXPR_NAME || base->module_name) {
        diag_error(b->diag, base->at, "only a reduction takes indices in [...] and a body in (...)");
        return base;
    }
    e->name = base->name;
    const builtin *row = builtin_find(e->name);
    if (row && row->class == BUILTIN_SHAPED)
        return shaped(b, e, &in, args);
    int n = in.items.n;
    if (takes_count(row) && in.items.data[n - 1].value)
        e->count = in.items.data[--n].value;
    for (int i = 0; i < n; i++)
        add_index(b, &e->indices, &in.items.data[i]);
    e->filter = in.filter;
    e->a = args;
    return finish(b, e);
}

expr *tree_literal(tree_builder *b, loc at, expr_list items)
{
    expr *e = leaf(b, at, EXPR_LITERAL);
    e->a = items;
    return finish(b, e);
}

expr *tree_tuple(tree_builder *b, loc at, expr_list items)
{
    expr *e = leaf(b, at, EXPR_TUPLE);
    e->a = items;
    return finish(b, e);
}

expr *tree_loop_value(tree_builder *b, loc at, stmt *loop)
{
    if (!loop)
        return NULL;
    expr *e = leaf(b, at, EXPR_FOR);
    e->loop = loop;
    return finish(b, e);
}

expr *tree_in_parens(expr *e)
{
    e->parens = true;
    return e;
}

static const char *const type_names[] = {"real", "f32", "f64", "int", "bool"};
static const type_kind type_kinds[] = {TYPE_REAL, TYPE_F32, TYPE_F64, TYPE_INT, TYPE_BOOL};

type_syntax *tree_type(tree_builder *b, loc at, const char *name, expr_list extents)
{
    int n = sizeof type_names / sizeof *type_names;
    type_syntax *t = ARENA_NEW(b->mem, type_syntax);
    t->at = at;
    t->extents = extents;
    for (int i = 0; i < n; i++)
        if (!strcmp(name, type_names[i]))
            t->kind = type_kinds[i];
    if (t->kind == TYPE_ERROR && diag_error(b->diag, at, "unknown type '%s'", name)) {
        const char *nearest = diag_nearest(name, type_names, n);
        if (nearest)
            diag_hint(b->diag, "did you mean '%s'?", nearest);
        else
            diag_hint(b->diag, "the types are real, f32, f64, int and bool, and tensors of them: real[N, 3]");
    }
    return t;
}

type_syntax *tree_type_fn(tree_builder *b, loc at, type_syntax *items, type_syntax *result)
{
    (void)b;
    items->at = at;
    items->kind = TYPE_FN;
    items->result = result;
    return items;
}

type_syntax *tree_type_list(tree_builder *b, loc at, type_syntax *list, const char *name, type_syntax *item)
{
    if (!list) {
        list = ARENA_NEW(b->mem, type_syntax);
        list->kind = TYPE_TUPLE;
        list->at = at;
    }
    if (item) {
        vec_push(b->mem, &list->items, item);
        vec_push(b->mem, &list->item_names, name);
    }
    return list;
}
