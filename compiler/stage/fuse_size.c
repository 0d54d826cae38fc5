/* Costs and uses, counted on the closed graph. */
#include "stage/fuse_size.h"

enum { HEAVY = 1000 };

static const extent *volume(graph *g, int rank, const extent *const *extents)
{
    const extent *v = extent_const(g->pool, 1);
    for (int i = 0; i < rank; i++)
        v = extent_mul(v, extents[i]);
    return v;
}

void fuse_sizes_init(fuse_sizes *s, graph *g, const graph_fn *f)
{
    *s = (fuse_sizes){.g = g};
    map_init(&s->costs, g->mem);
    s->volumes = ARENA_ARRAY(g->mem, const extent *, f->face->nargs + 1);
    for (int i = 0; i < f->face->nargs; i++)
        s->volumes[s->n++] = volume(g, f->face->args[i].rank, f->face->args[i].extents);
}

bool fuse_volume_is_storable(fuse_sizes *s, const extent *v)
{
    return extent_is_dominated(v, s->n, s->volumes);
}

bool fuse_is_storable(fuse_sizes *s, const node *t)
{
    return fuse_volume_is_storable(s, volume(s->g, t->rank, t->extents));
}

static int own_cost(const node *n)
{
    if (node_is_reduce(n) || n->op == OP_LOOP || n->op == OP_SCATTER || n->op == OP_STACK)
        return HEAVY;
    if (!node_is_point(n) || n->op == OP_STOP)
        return 0;
    if (!elem_is_float(n->elem) && n->elem != ELEM_INT)
        return 1;
    if (n->op == OP_DIV || n->op == OP_SQRT || n->op == OP_ROOT || n->op == OP_INV)
        return 4;
    return n->op >= OP_EXP && n->op <= OP_SOFTPLUS ? 10 : n->op >= OP_NORMAL ? 40 : 1;
}

typedef struct counting {
    map seen;
    int total;
} counting;

static void count(counting *c, const node *n)
{
    static char seen;
    if (c->total > HEAVY || n->nargs == 0 || map_get(&c->seen, n))
        return;
    map_set(&c->seen, n, &seen);
    c->total += own_cost(n);
    if (n->op == OP_ACCESS) /* the tensor is stored, only its subscripts are computed */
        for (int i = 1; i < n->nargs; i++)
            count(c, n->args[i]);
    else
        for (int i = 0; i < n->nargs; i++)
            count(c, n->args[i]);
}

int fuse_cost(fuse_sizes *s, const node *value)
{
    counting c = {0};
    map_init(&c.seen, s->g->mem);
    count(&c, value);
    return c.total;
}

typedef struct use_record {
    int count;
    bool exact;
} use_record;

/* Axes around, from the innermost, that t is not a function of; a loop counts as more than any. */
static int axes_around(const fuse_uses *u, const node *t)
{
    int axes = 0;
    for (int i = u->depth - 1; i >= 0; i--) {
        const node *b = u->path[i];
        if (node_depends_any(t, b->nvars, b->vars))
            break;
        axes += b->op == OP_LOOP || b->op == OP_STACK ? 1000 : b->nvars;
    }
    return axes;
}

static bool plain_distinct(const node *access)
{
    for (int i = 1; i < access->nargs; i++) {
        if (access->args[i]->op != OP_VAR || access->args[i]->var->kind != VAR_AXIS)
            return false;
        for (int k = 1; k < i; k++)
            if (access->args[k] == access->args[i])
                return false;
    }
    return true;
}

static use_record *record(fuse_uses *u, const node *t)
{
    use_record *r = map_get(&u->uses, t);
    if (!r) {
        r = ARENA_NEW(u->g->mem, use_record);
        map_set(&u->uses, t, r);
    }
    return r;
}

static void note_use(fuse_uses *u, const node *n)
{
    for (int i = 0; i < n->nargs; i++) {
        if (n->args[i]->op != OP_TENSOR)
            continue;
        use_record *r = record(u, n->args[i]);
        r->count++;
        r->exact = n->op == OP_ACCESS && plain_distinct(n) && axes_around(u, n->args[i]) == n->args[i]->rank;
    }
}

static void walk(fuse_uses *u, const node *n)
{
    static char seen;
    if (n->nargs == 0 || map_get(&u->seen, n))
        return;
    map_set(&u->seen, n, &seen);
    note_use(u, n);
    int outer = n->nargs - n->ninner;
    for (int i = 0; i < outer; i++)
        walk(u, n->args[i]);
    if (!n->ninner)
        return;
    if (u->depth == u->cap) {
        u->path = arena_grow(u->g->mem, u->path, (size_t)u->cap, (size_t)(2 * u->cap + 16), sizeof *u->path);
        u->cap = 2 * u->cap + 16;
    }
    u->path[u->depth++] = n;
    for (int i = outer; i < n->nargs; i++)
        walk(u, n->args[i]);
    u->depth--;
}

void fuse_uses_init(fuse_uses *u, graph *g, const graph_fn *f)
{
    *u = (fuse_uses){.g = g};
    map_init(&u->uses, g->mem);
    map_init(&u->seen, g->mem);
    for (int i = 0; i < f->nouts; i++) {
        if (f->outs[i]->op == OP_TENSOR)
            record(u, f->outs[i])->count++;
        walk(u, f->outs[i]);
    }
    for (int i = 0; i < f->checks.n; i++)
        walk(u, f->checks.data[i].ok);
}

bool fuse_is_used_once(fuse_uses *u, const node *tensor)
{
    const use_record *r = map_get(&u->uses, tensor);
    return r && r->count == 1 && r->exact;
}
