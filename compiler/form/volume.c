#include "form/volume.h"

typedef struct collecting {
    graph *g;
    map seen;
    VEC(const extent *) volumes;
} collecting;

static void add_volume(collecting *c, int rank, const extent *const *extents)
{
    const extent *volume = graph_volume(c->g, rank, extents);
    for (int i = 0; i < c->volumes.n; i++)
        if (c->volumes.data[i] == volume)
            return;
    vec_push(c->g->mem, &c->volumes, volume);
}

static void add_operands(collecting *c, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(&c->seen, n))
        return;
    map_set(&c->seen, n, &mark);
    for (int i = 0; n->op == OP_CALL && i < graph_call_operands(n); i++)
        add_volume(c, n->args[i]->rank, n->args[i]->extents);
    for (int i = 0; i < n->nargs; i++)
        add_operands(c, n->args[i]);
}

void volume_rule_init(volume_rule *r, graph *g, const graph_fn *f)
{
    arena *scratch = arena_new();
    collecting c = {.g = g};
    *r = (volume_rule){.pool = g->pool, .features = extent_const(g->pool, 0)};
    for (int i = 0; i < f->face->nargs; i++) {
        const interface_arg *a = &f->face->args[i];
        add_volume(&c, a->rank, a->extents);
        for (int k = 1; k < a->rank; k++) /* squared, so that nothing cancels */
            r->features = extent_add(r->features, extent_mul(a->extents[k], a->extents[k]));
    }
    map_init(&c.seen, scratch);
    for (int i = 0; i < f->nouts; i++)
        add_operands(&c, f->outs[i]);
    r->n = c.volumes.n;
    r->volumes = c.volumes.data;
    arena_free(scratch);
}

bool volume_is_linear(const volume_rule *r, const extent *volume)
{
    return extent_is_dominated(volume, r->n, r->volumes);
}

/* The product of the atoms of a monomial that are in the set. */
static const extent *part(const volume_rule *r, const extent_term *m, unsigned set)
{
    const extent *e = extent_const(r->pool, 1);
    for (int i = 0; i < m->degree; i++)
        if (set >> i & 1)
            e = extent_mul(e, extent_name(r->pool, m->atoms[i]));
    return e;
}

static int count_points(const volume_rule *r, const extent_term *m)
{
    int points = 0;
    for (int i = 0; i < m->degree; i++)
        points += !extent_mentions(r->features, m->atoms[i]);
    return points > 1 && volume_is_linear(r, part(r, m, ~0u)) ? 1 : points;
}

bool volume_has_points(const volume_rule *r, const extent *volume)
{
    for (int i = 0; i < volume->n; i++)
        if (count_points(r, &volume->terms[i]) > 0)
            return true;
    return false;
}

static bool monomial_is_affordable(const volume_rule *r, const extent_term *m)
{
    enum { LONGEST = 8 };
    if (count_points(r, m) > 1 || m->degree > LONGEST)
        return false;
    unsigned all = (1u << m->degree) - 1;
    for (unsigned set = 0; set <= all; set++)
        if (volume_is_linear(r, part(r, m, set)) && volume_is_linear(r, part(r, m, all & ~set)))
            return true;
    return false;
}

bool volume_is_affordable(const volume_rule *r, const extent *volume)
{
    for (int i = 0; i < volume->n; i++)
        if (!monomial_is_affordable(r, &volume->terms[i]))
            return false;
    return true;
}
