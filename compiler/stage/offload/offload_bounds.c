/* What ints that only the GPU knows can be at most and at least, in terms of what the host knows: so that the host can
 * run loops whose length depends on data.
 *
 * Reads all assignments of a temporary, and all stores of a buffer, wherever they stand; a value is between the least
 * and the greatest of them. */
#include "stage/offload/offload_state.h"

typedef struct origin {
    lstmt_kind kind;
    lexpr *e, *lo, *hi;
    struct origin *next;
} origin;

typedef struct bounding {
    offloading *o;
    map busy[2]; /* temporary or buffer -> the shifts around it, as its least or greatest value is looked for */
    intptr_t shifts;
} bounding;

/* A value of which is asked while it is looked for: it adds nothing. */
static lexpr nothing;

/* ---- origins ---- */

static void add_origin(offloading *o, const void *of, const lstmt *s)
{
    if (!of)
        return;
    origin *x = ARENA_NEW(o->mem, origin);
    *x = (origin){s->accumulate ? LS_ADD : s->kind, s->e, s->lo, s->hi, map_get(&o->origins, of)};
    map_set(&o->origins, of, x);
}

static void add_call(offloading *o, const lstmt *s)
{
    for (int i = 0; i < s->nsubs; i++)
        add_origin(o, s->subs[i]->buffer, s);
}

void find_origins(offloading *o, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->kind == LS_CALL)
            add_call(o, s);
        if (s->acc) {
            add_origin(o, s->acc->value, s);
            add_origin(o, s->acc->second, s);
        }
        add_origin(o, s->temp, s);
        if (s->kind != LS_ARRAY)
            add_origin(o, s->buffer, s);
        add_origin(o, s->from, s);
        find_origins(o, &s->body);
        find_origins(o, &s->other);
    }
}

/* ---- bounds ---- */

static lexpr *bound(bounding *b, lexpr *e, bool greatest);

static lexpr *wider(bounding *b, lexpr *x, lexpr *y, bool greatest)
{
    if (!x || !y)
        return NULL;
    if (x == &nothing || y == &nothing)
        return x == &nothing ? y : x;
    return lexpr_bin(b->o->mem, greatest ? OP_MAX : OP_MIN, x, y);
}

/* Of an index: its range, which may be empty. */
static lexpr *bound_of_index(bounding *b, const origin *s, bool greatest)
{
    lexpr *first = bound(b, s->lo, greatest);
    if (!greatest || !first)
        return first;
    b->shifts++;
    lexpr *end = bound(b, s->hi, true);
    b->shifts--;
    if (!end || end == &nothing)
        return NULL;
    return wider(b, first, lexpr_bin(b->o->mem, OP_SUB, end, lexpr_int(b->o->mem, 1)), true);
}

static lexpr *bound_of_origin(bounding *b, const origin *s, bool greatest)
{
    switch (s->kind) {
    case LS_LET:
    case LS_VAR:
    case LS_SET:
    case LS_STORE:
        return bound(b, s->e, greatest);
    case LS_FOR:
        return bound_of_index(b, s, greatest);
    default:
        return NULL;
    }
}

static lexpr *bound_of(bounding *b, const void *of, bool greatest)
{
    const intptr_t before = (intptr_t)map_get(&b->busy[greatest], of);
    if (before)
        return before == b->shifts + 1 ? &nothing : NULL;
    map_set(&b->busy[greatest], of, (void *)(b->shifts + 1));
    lexpr *found = &nothing;
    const origin *s = map_get(&b->o->origins, of);
    if (!s)
        found = NULL;
    for (; s && found; s = s->next)
        found = wider(b, found, bound_of_origin(b, s, greatest), greatest);
    map_set(&b->busy[greatest], of, NULL);
    return found;
}

static lexpr *bound_of_point(bounding *b, lexpr *e, bool greatest)
{
    lexpr *x, *y;
    switch (e->op) {
    case OP_ADD:
    case OP_SUB:
        b->shifts++;
        x = bound(b, e->args[0], greatest);
        y = bound(b, e->args[1], e->op == OP_ADD ? greatest : !greatest);
        b->shifts--;
        return x && y && x != &nothing && y != &nothing ? lexpr_bin(b->o->mem, e->op, x, y) : NULL;
    case OP_MAX:
    case OP_MIN:
        x = bound(b, e->args[0], greatest);
        y = bound(b, e->args[1], greatest);
        return x && y && x != &nothing && y != &nothing ? lexpr_bin(b->o->mem, e->op, x, y) : NULL;
    case OP_SELECT:
        return wider(b, bound(b, e->args[1], greatest), bound(b, e->args[2], greatest), greatest);
    default:
        return NULL;
    }
}

static lexpr *bound(bounding *b, lexpr *e, bool greatest)
{
    switch (e->kind) {
    case LX_CONST:
    case LX_SIZE:
        return e;
    case LX_TEMP:
        return bound_of(b, e->temp, greatest);
    case LX_LOAD:
        if (e->buffer->kind == BUF_INPUT)
            return e->buffer->rank == 0 ? e : NULL;
        return e->guarded || e->buffer->kind == BUF_RESULT ? NULL : bound_of(b, e->buffer, greatest);
    case LX_POINT:
        return bound_of_point(b, e, greatest);
    default:
        return NULL;
    }
}

lexpr *host_bound(const offloading *o, lexpr *e, bool greatest)
{
    arena *mem = o->mem;
    if (host_knows(o, e))
        return e;
    if (e->elem != ELEM_INT)
        return NULL;
    bounding b = {.o = (offloading *)o};
    map_init(&b.busy[0], mem);
    map_init(&b.busy[1], mem);
    lexpr *found = bound(&b, e, greatest);
    return found == &nothing ? NULL : found;
}
