/* Types as written, and how the types of values combine: promotion, precision, equal shapes.
 *
 * int goes with every floating type; real, f32 and f64 do not mix, but constants take the precision of what they meet.
 * A scalar goes with every shape; two tensors must have the same one. */
#include <string.h>

#include "stage/check/check_parts.h"

type *kind_type(checker *c, type_kind kind)
{
    return type_scalar(c->mem, kind);
}

type *error_type(checker *c)
{
    return kind_type(c, TYPE_ERROR);
}

type *tensor_like(checker *c, type_kind kind, const type *shape)
{
    return type_tensor(c->mem, kind, shape ? shape->rank : 0, shape ? shape->extents : NULL);
}

type *with_first_axis(checker *c, const type *t, const extent *n)
{
    type *wide = type_tensor(c->mem, t->kind, 0, NULL);
    wide->rank = t->rank + 1;
    wide->extents = ARENA_ARRAY(c->mem, const extent *, wide->rank);
    wide->extents[0] = n;
    for (int i = 0; i < t->rank; i++)
        wide->extents[i + 1] = t->extents[i];
    return wide;
}

bool is_bad(const type *t)
{
    return t->kind == TYPE_ERROR;
}

static bool is_name_of_constant(const expr *e)
{
    return e->kind == EXPR_NAME && e->bind && e->bind->kind == BIND_CONSTANT;
}

/* Constants, and what is made of them and of ints, have no precision of their own and take that of what they meet. */
static bool is_adaptable(const expr *e)
{
    if (e->kind == EXPR_REAL || e->type->kind == TYPE_INT || is_name_of_constant(e))
        return true;
    const builtin *row = e->kind == EXPR_CALL && e->builtin ? builtin_find(e->builtin) : NULL;
    if (e->kind != EXPR_NEG && e->kind != EXPR_BINARY && !(row && row->class <= BUILTIN_NUMBER))
        return false;
    for (int i = 0; i < e->a.n; i++)
        if (!is_adaptable(e->a.data[i]))
            return false;
    return true;
}

static void adapt(checker *c, expr *e, type_kind kind)
{
    if (e->type->kind == TYPE_INT)
        return;
    if (e->type->kind == TYPE_REAL)
        e->type = tensor_like(c, kind, e->type);
    for (int i = 0; i < e->a.n; i++)
        adapt(c, e->a.data[i], kind);
}

/* Makes a constant's kind that of what it meets; returns the kind that it has then. */
static type_kind adapted_kind(checker *c, expr *e, type_kind meets)
{
    if (e->type->kind == TYPE_REAL && (meets == TYPE_F32 || meets == TYPE_F64) && is_adaptable(e))
        adapt(c, e, meets);
    return e->type->kind;
}

type_kind join_kinds(checker *c, expr *a, expr *b, loc at)
{
    type_kind ka = adapted_kind(c, a, b->type->kind), kb = adapted_kind(c, b, ka);
    if (ka == kb)
        return ka;
    if (ka == TYPE_BOOL || kb == TYPE_BOOL) {
        if (diag_error(c->diag, at, "a bool does not mix with %s", type_kind_name(ka == TYPE_BOOL ? kb : ka)))
            diag_hint(c->diag, "write if c then 1.0 else 0.0");
        return TYPE_ERROR;
    }
    if (ka == TYPE_INT || kb == TYPE_INT)
        return ka == TYPE_INT ? kb : ka;
    if (diag_error(c->diag, at, "%s and %s are mixed here", type_kind_name(ka), type_kind_name(kb)))
        diag_hint(c->diag, "convert one of them: %s(...) or %s(...)", type_kind_name(ka), type_kind_name(kb));
    return TYPE_ERROR;
}

type_kind floating(type_kind kind)
{
    return kind == TYPE_INT ? TYPE_REAL : kind;
}

/* The kind that all values become; constants adapt to the others. */
type_kind join_all(checker *c, const expr_list *l)
{
    expr *lead = l->data[0];
    type_kind kind = lead->type->kind;
    for (int i = 1; i < l->n && kind != TYPE_ERROR; i++) {
        kind = join_kinds(c, lead, l->data[i], l->data[i]->at);
        if (lead->type->kind != kind)
            lead = l->data[i];
    }
    for (int i = 0; i < l->n && kind != TYPE_ERROR; i++)
        join_kinds(c, lead, l->data[i], l->data[i]->at);
    return kind;
}

/* "N rows"; without the unit "N". */
const char *axis_text(checker *c, const extent *e, int axis, int rank, bool unit)
{
    const char *n = ext_str(c, e);
    if (!unit)
        return n;
    if (rank > 2)
        return arena_printf(c->mem, "%s entries along axis %d", n, axis);
    return arena_printf(c->mem, "%s %s", n, rank == 1 ? "entries" : axis == 0 ? "rows" : "columns");
}

const char *name_text(checker *c, const expr *e, const char *otherwise)
{
    if (e && e->kind == EXPR_NAME)
        return arena_printf(c->mem, "'%s'", e->name);
    return otherwise;
}

void say_sizes_differ(checker *c, loc at, const expr *a, int axis_a, const expr *b, int axis_b)
{
    const type *ta = a->type, *tb = b->type;
    bool same_unit = ta->rank == tb->rank && (axis_a == axis_b || ta->rank == 1);
    bool named = a->kind == EXPR_NAME && b->kind == EXPR_NAME;
    diag_error(c->diag, at, "sizes differ: %s has %s, %s has %s", name_text(c, a, named ? "" : "the first"),
               axis_text(c, ta->extents[axis_a], axis_a, ta->rank, true), name_text(c, b, named ? "" : "the second"),
               axis_text(c, tb->extents[axis_b], axis_b, tb->rank, !same_unit));
}

static const char *const letters[] = {"i", "j", "k", "l"};
enum { MAX_LETTERS = 4 };

/* The letter of an axis of e when `of` has the axes i, j, ...: that of the first axis of its size from `from` on. */
static int letter_of(const type *t, int axis, const type *of, int from)
{
    for (int k = from; k < of->rank && k < MAX_LETTERS; k++)
        if (of->extents[k] == t->extents[axis])
            return k;
    return from < MAX_LETTERS ? from : MAX_LETTERS - 1;
}

/* x[i, j] or x, with indices that go with those of the larger tensor. */
static const char *indexed_text(checker *c, const expr *e, const type *of, const char *otherwise)
{
    text t;
    text_init(&t, c->mem);
    text_add(&t, e && e->kind == EXPR_NAME ? e->name : otherwise);
    const type *ty = e ? e->type : of;
    for (int i = 0, from = 0; i < ty->rank; i++) {
        int letter = letter_of(ty, i, of, from);
        text_addf(&t, "%s%s", i ? ", " : "[", letters[letter]);
        from = letter + 1;
    }
    text_add(&t, ty->rank ? "]" : "");
    return text_str(&t);
}

static void say_shapes_differ(checker *c, const expr *a, const expr *b, loc at, const char *op)
{
    if (!diag_error(c->diag, at, "shapes differ: %s and %s", type_str(c->mem, a->type), type_str(c->mem, b->type)))
        return;
    const type *larger = a->type->rank >= b->type->rank ? a->type : b->type;
    diag_hint(c->diag, "tensors go together entry by entry; with indices: let %s = %s %s %s;",
              indexed_text(c, NULL, larger, "z"), indexed_text(c, a, larger, "x"), op, indexed_text(c, b, larger, "y"));
}

bool same_shape(checker *c, expr *a, expr *b, loc at, const char *op)
{
    const type *ta = a->type, *tb = b->type;
    if (ta->rank != tb->rank) {
        say_shapes_differ(c, a, b, at, op);
        return false;
    }
    for (int i = 0; i < ta->rank; i++)
        if (same_extent(c, ta->extents[i], tb->extents[i], at, b) == SAME_NO) {
            say_sizes_differ(c, at, a, i, b, i);
            return false;
        }
    return true;
}

const type *common_shape(checker *c, expr *const *operands, int n, loc at, const char *op)
{
    expr *shape = operands[0];
    for (int i = 1; i < n; i++) {
        if (operands[i]->type->rank && shape->type->rank && !same_shape(c, shape, operands[i], at, op))
            return NULL;
        if (!shape->type->rank)
            shape = operands[i];
    }
    return shape->type;
}

static bool kind_fits(checker *c, const type *have, const type *want, expr *e)
{
    if (e && want->n == 0 && e->type == have)
        return adapted_kind(c, e, want->kind) == want->kind || (e->type->kind == TYPE_INT && type_is_float(want));
    return have->kind == want->kind || (have->kind == TYPE_INT && type_is_float(want));
}

static void say_does_not_fit(checker *c, const type *have, const type *want, loc at, const char *role)
{
    if (!diag_error(c->diag, at, "%s is %s, and this is %s", role, plain_text(c, type_str(c->mem, want)),
                    type_str(c->mem, have)))
        return;
    text shape;
    text_init(&shape, c->mem);
    if (want->kind == TYPE_INT && type_is_float(have) && have->rank == want->rank)
        diag_hint(c->diag, "int(x) drops the fraction");
    else if (type_is_float(want) && type_is_float(have) && have->kind != want->kind)
        diag_hint(c->diag, "convert it: %s(...)", type_kind_name(want->kind));
    else if (want->kind == TYPE_TUPLE && have->kind != TYPE_TUPLE)
        diag_hint(c->diag, "%d values are asked for", want->n);
    else if (have->kind == TYPE_TUPLE)
        diag_hint(c->diag, "take it apart: let (a, b) = ...;");
    else if (want->rank && !have->rank && want->kind != TYPE_BOOL && !is_bad(want)) {
        for (int i = 0; i < want->rank; i++)
            text_addf(&shape, "%s%s", i ? ", " : "", ext_str(c, want->extents[i]));
        diag_hint(c->diag, "a scalar becomes a tensor with full[%s](...)", text_str(&shape));
    }
}

static bool tuple_fits(checker *c, const type *have, const type *want, loc at, expr *e, const char *role)
{
    if (have->kind != TYPE_TUPLE || have->n != want->n) {
        say_does_not_fit(c, have, want, at, role);
        return false;
    }
    bool parts = e && e->kind == EXPR_TUPLE;
    bool ok = true;
    for (int i = 0; i < want->n; i++) {
        expr *part = parts ? e->a.data[i] : NULL;
        ok &= fits_type(c, have->items[i], want->items[i], part ? part->at : at, part, role);
    }
    return ok;
}

bool fits_type(checker *c, const type *have, const type *want, loc at, expr *e, const char *role)
{
    if (is_bad(have) || is_bad(want))
        return true;
    if (want->kind == TYPE_TUPLE)
        return tuple_fits(c, have, want, at, e, role);
    if (!kind_fits(c, have, want, e) || have->rank != want->rank) {
        say_does_not_fit(c, have, want, at, role);
        return false;
    }
    for (int i = 0; i < want->rank; i++)
        if (same_extent(c, want->extents[i], have->extents[i], at, e) == SAME_NO) {
            diag_error(c->diag, at, "sizes differ: %s has %s, %s has %s", role,
                       axis_text(c, want->extents[i], i, want->rank, true), name_text(c, e, "this"),
                       axis_text(c, have->extents[i], i, want->rank, false));
            return false;
        }
    return true;
}

bool fits(checker *c, expr *e, const type *want, const char *role)
{
    return fits_type(c, e->type, want, e->at, e, role);
}

/* Written types. */

static type *tensor_of_syntax(checker *c, type_syntax *s)
{
    type *t = type_tensor(c->mem, s->kind, 0, NULL);
    t->extents = ARENA_ARRAY(c->mem, const extent *, s->extents.n);
    t->rank = s->extents.n;
    for (int i = 0; i < s->extents.n; i++) {
        expr *e = s->extents.data[i];
        t->extents[i] = size_of(c, e, "the extent");
        if (!t->extents[i])
            return error_type(c);
        if (!must_be_nonneg(c, t->extents[i], e->at, "the extent"))
            return error_type(c);
    }
    return t;
}

type *type_of_syntax(checker *c, type_syntax *s)
{
    if (s->kind != TYPE_TUPLE && s->kind != TYPE_FN)
        return s->kind == TYPE_ERROR ? error_type(c) : tensor_of_syntax(c, s);
    type **items = ARENA_ARRAY(c->mem, type *, s->items.n);
    for (int i = 0; i < s->items.n; i++) {
        items[i] = type_of_syntax(c, s->items.data[i]);
        if (s->kind == TYPE_TUPLE && (items[i]->kind == TYPE_TUPLE || items[i]->kind == TYPE_FN))
            diag_error(c->diag, s->items.data[i]->at, "several results cannot hold %s",
                       items[i]->kind == TYPE_FN ? "a function" : "several results");
    }
    if (s->kind == TYPE_FN)
        return type_function(c->mem, s->items.n, items, type_of_syntax(c, s->result));
    return s->items.n == 1 ? items[0] : type_tuple(c->mem, s->items.n, items);
}
