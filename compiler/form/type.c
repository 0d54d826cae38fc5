/* Types: constructors, equality and printing. Reads nothing, writes into the arena it is given.
 *
 * Extents are interned, so two shapes are equal when their pointers are. */
#include "form/type.h"

#include <string.h>

static const char *const kind_names[] = {
    [TYPE_ERROR] = "?", [TYPE_REAL] = "real", [TYPE_F32] = "f32",   [TYPE_F64] = "f64",
    [TYPE_INT] = "int", [TYPE_BOOL] = "bool", [TYPE_TUPLE] = "...", [TYPE_FN] = "fn",
};

const char *type_kind_name(type_kind kind)
{
    return kind_names[kind];
}

type *type_scalar(arena *mem, type_kind kind)
{
    return type_tensor(mem, kind, 0, NULL);
}

type *type_tensor(arena *mem, type_kind kind, int rank, const extent *const *extents)
{
    type *t = ARENA_NEW(mem, type);
    t->kind = kind;
    t->rank = rank;
    t->extents = ARENA_ARRAY(mem, const extent *, rank);
    if (rank)
        memcpy(t->extents, extents, (size_t)rank * sizeof *t->extents);
    return t;
}

type *type_tuple(arena *mem, int n, type *const *items)
{
    type *t = type_scalar(mem, TYPE_TUPLE);
    t->n = n;
    t->items = ARENA_ARRAY(mem, type *, n);
    if (n)
        memcpy(t->items, items, (size_t)n * sizeof *t->items);
    return t;
}

type *type_function(arena *mem, int n, type *const *items, type *result)
{
    type *t = type_tuple(mem, n, items);
    t->kind = TYPE_FN;
    t->result = result;
    return t;
}

bool type_is_float(const type *t)
{
    return t->kind == TYPE_REAL || t->kind == TYPE_F32 || t->kind == TYPE_F64;
}

bool type_is_number(const type *t)
{
    return type_is_float(t) || t->kind == TYPE_INT;
}

bool type_equal(const type *a, const type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->rank != b->rank || a->n != b->n || !a->result != !b->result)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->extents[i] != b->extents[i])
            return false;
    for (int i = 0; i < a->n; i++)
        if (!type_equal(a->items[i], b->items[i]))
            return false;
    return !a->result || type_equal(a->result, b->result);
}

static void print_items(text *t, const type *ty)
{
    text_add(t, "(");
    for (int i = 0; i < ty->n; i++) {
        text_add(t, i ? ", " : "");
        type_print(t, ty->items[i]);
    }
    text_add(t, ")");
}

void type_print(text *t, const type *ty)
{
    if (ty->kind != TYPE_TUPLE)
        text_add(t, kind_names[ty->kind]);
    if (ty->kind == TYPE_TUPLE || ty->kind == TYPE_FN)
        print_items(t, ty);
    if (ty->kind == TYPE_FN) {
        text_add(t, " -> ");
        type_print(t, ty->result);
    }
    for (int i = 0; i < ty->rank; i++) {
        text_add(t, i ? ", " : "[");
        extent_print(t, ty->extents[i]);
    }
    text_add(t, ty->rank ? "]" : "");
}

const char *type_str(arena *mem, const type *ty)
{
    text t;
    text_init(&t, mem);
    type_print(&t, ty);
    return text_str(&t);
}
