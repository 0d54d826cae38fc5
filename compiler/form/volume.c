#include "form/volume.h"

void volume_rule_init(volume_rule *r, arena *mem, extent_pool *pool, const interface_fn *f)
{
    *r = (volume_rule){.pool = pool, .features = extent_const(pool, 0)};
    r->volumes = ARENA_ARRAY(mem, const extent *, f->nargs + 1);
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        const extent *volume = extent_const(pool, 1);
        for (int k = 0; k < a->rank; k++) {
            volume = extent_mul(volume, a->extents[k]);
            if (k > 0) /* squared, so that nothing cancels */
                r->features = extent_add(r->features, extent_mul(a->extents[k], a->extents[k]));
        }
        r->volumes[r->n++] = volume;
    }
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
    return points;
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
