/* Places buffers in the slots of one workspace.
 *
 * Reads the buffers of a nest_fn with their lifetimes (positions of top level statements) and the swaps in its body;
 * writes buffer.slot, the slots and the workspace formula. The one idea: two buffers share a slot when their sizes are
 * the same polynomial, so that they fit for every call, and their lifetimes do not meet. Buffers whose memory is
 * swapped live as long as the longest of them. */
#include "stage/place.h"

#include <string.h>

enum { MOST_LANES = 16, LANES_BYTES = 8 * MOST_LANES };

/* One buffer that needs a slot. */
typedef struct need {
    buffer *buffer;
    const extent *bytes;
    int first, last;
    int group; /* index of a need that it is swapped with, or its own */
} need;

/* Buffers of one size that do not live at the same time, by lifetimes. */
typedef struct slot {
    int number;
    VEC(const need *) users;
} slot;

/* The slots for buffers of one size, of one kind. */
typedef struct shelf {
    VEC(slot) slots;
} shelf;

typedef struct placer {
    arena *mem;
    nest_fn *f;
    extent_pool *pool;
    VEC(need) needs;
    map index;      /* buffer -> need + 1 */
    map shelves[2]; /* bytes -> shelf; the second of scratch */
} placer;

static const int elem_bytes[] = {[ELEM_F32] = 4, [ELEM_F64] = 8, [ELEM_INT] = 8, [ELEM_BOOL] = 1};

static bool needs_slot(const buffer *b)
{
    return b->kind == BUF_WORKSPACE || b->kind == BUF_SCRATCH || (b->kind == BUF_RESULT && b->readable);
}

/* Rows of the tiles that hold those of the buffer, at most. */
static const extent *whole_tiles(extent_pool *pool, const buffer *b)
{
    return extent_add(b->extents[0], extent_const(pool, MOST_LANES - 1));
}

static const extent *buffer_bytes(extent_pool *pool, const buffer *b)
{
    const extent *bytes = extent_const(pool, b->lanes && !b->tiled ? LANES_BYTES : elem_bytes[b->elem]);
    for (int i = 0; i < b->rank; i++)
        bytes = extent_mul(bytes, b->tiled && i == 0 ? whole_tiles(pool, b) : b->extents[i]);
    return bytes;
}

static void collect_needs(placer *p)
{
    for (int i = 0; i < p->f->buffers.n; i++) {
        buffer *b = p->f->buffers.data[i];
        b->slot = -1;
        if (!needs_slot(b))
            continue;
        int k = p->needs.n;
        vec_push(p->mem, &p->needs, (need){b, buffer_bytes(p->pool, b), b->first_use, b->last_use, k});
        map_set(&p->index, b, (void *)(intptr_t)p->needs.n);
    }
}

/* Swaps: groups by union-find. */

static int find_group(placer *p, int k)
{
    need *all = p->needs.data;
    while (all[k].group != k)
        k = all[k].group = all[all[k].group].group;
    return k;
}

static void join_swapped(placer *p, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        join_swapped(p, &s->body);
        join_swapped(p, &s->other);
        if (s->kind != LS_SWAP)
            continue;
        intptr_t a = (intptr_t)map_get(&p->index, s->buffer), b = (intptr_t)map_get(&p->index, s->from);
        if (a && b)
            p->needs.data[find_group(p, (int)a - 1)].group = find_group(p, (int)b - 1);
    }
}

static void extend_lifetimes(placer *p)
{
    for (int i = 0; i < p->needs.n; i++) {
        need *n = &p->needs.data[i], *root = &p->needs.data[find_group(p, i)];
        root->first = n->first < root->first ? n->first : root->first;
        root->last = n->last > root->last ? n->last : root->last;
    }
    for (int i = 0; i < p->needs.n; i++) {
        need *n = &p->needs.data[i], *root = &p->needs.data[find_group(p, i)];
        n->first = root->first;
        n->last = root->last;
    }
}

/* Slots. */

/* The first user that lives on when n begins. */
static int first_after(const slot *s, const need *n)
{
    int lo = 0, hi = s->users.n;
    while (lo < hi) {
        int middle = (lo + hi) / 2;
        if (s->users.data[middle]->last < n->first)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static bool can_share(const slot *s, const need *n)
{
    int k = first_after(s, n);
    return k == s->users.n || n->last < s->users.data[k]->first;
}

static void add_user(placer *p, slot *s, const need *n)
{
    int k = first_after(s, n);
    vec_push(p->mem, &s->users, n);
    for (int i = s->users.n - 1; i > k; i--)
        s->users.data[i] = s->users.data[i - 1];
    s->users.data[k] = n;
    n->buffer->slot = s->number;
}

static shelf *find_shelf(placer *p, const need *n)
{
    map *shelves = &p->shelves[n->buffer->kind == BUF_SCRATCH];
    shelf *found = map_get(shelves, n->bytes);
    if (!found) {
        found = ARENA_NEW(p->mem, shelf);
        map_set(shelves, n->bytes, found);
    }
    return found;
}

static slot *new_slot(placer *p, shelf *at, const need *n)
{
    nest_fn *f = p->f;
    f->slot_bytes[f->nslots] = n->bytes;
    f->slot_scratch[f->nslots] = n->buffer->kind == BUF_SCRATCH;
    vec_push(p->mem, &at->slots, (slot){.number = f->nslots++});
    return &at->slots.data[at->slots.n - 1];
}

static void assign_slot(placer *p, const need *n)
{
    shelf *at = find_shelf(p, n);
    int k = 0;
    while (k < at->slots.n && !can_share(&at->slots.data[k], n))
        k++;
    add_user(p, k < at->slots.n ? &at->slots.data[k] : new_slot(p, at, n), n);
}

/* The int inputs that the workspace query needs: those in the size of a slot. */
static void find_workspace_args(placer *p)
{
    interface_fn *face = p->f->face;
    face->nworkspace_args = 0;
    face->workspace_args = ARENA_ARRAY(p->mem, const char *, face->nargs);
    for (int i = 0; i < face->nargs; i++) {
        const interface_arg *a = &face->args[i];
        bool used = false;
        for (int k = 0; a->role == ARG_INPUT && a->rank == 0 && a->elem == ELEM_INT && k < p->f->nslots; k++)
            used = used || loops_mention(p->f, p->f->slot_bytes[k], a->name);
        if (used)
            face->workspace_args[face->nworkspace_args++] = a->name;
    }
}

static const char *formula(const placer *p)
{
    const extent *sum = extent_const(p->pool, 0);
    for (int i = 0; i < p->f->nslots; i++)
        sum = extent_add(sum, extent_scale(p->f->slot_bytes[i], p->f->slot_scratch[i] ? p->f->threads : 1));
    int more = SLOT_ALIGNMENT + p->f->state_bytes;
    if (p->f->nslots == 0)
        return p->f->state_bytes ? arena_printf(p->mem, "%d", more) : "0";
    const char *parts = p->f->nslots == 1 ? "rounded up to a multiple of" : "each part rounded up to a multiple of";
    const char *bytes = extent_str(p->mem, sum);
    for (int i = 0; i < p->f->shares.n; i++)
        bytes =
            arena_printf(p->mem, "%s%s %s", bytes, i ? "," : " with", size_share_text(p->mem, &p->f->shares.data[i]));
    return arena_printf(p->mem, "%s, %s %d, plus %d", bytes, parts, SLOT_ALIGNMENT, more);
}

void place(nest_fn *f, arena *mem)
{
    placer p = {.mem = mem, .f = f, .pool = loops_pool(f, mem)};
    map_init(&p.index, mem);
    collect_needs(&p);
    join_swapped(&p, &f->body);
    extend_lifetimes(&p);
    f->nslots = 0;
    f->slot_bytes = ARENA_ARRAY(mem, const extent *, p.needs.n);
    f->slot_scratch = ARENA_ARRAY(mem, bool, p.needs.n);
    for (int i = 0; i < 2; i++)
        map_init(&p.shelves[i], mem);
    for (int i = 0; i < p.needs.n; i++)
        assign_slot(&p, &p.needs.data[i]);
    f->face->workspace_formula = formula(&p);
    find_workspace_args(&p);
}
