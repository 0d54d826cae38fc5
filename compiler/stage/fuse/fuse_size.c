/* Costs and uses, counted on the closed graph. */
#include "stage/fuse/fuse_size.h"

#include "form/affine.h"

void fuse_sizes_init(fuse_sizes *s, graph *g, const graph_fn *f)
{
    *s = (fuse_sizes){.g = g};
    map_init(&s->costs, g->mem);
    map_init(&s->nodes, g->mem);
    map_init(&s->copied, g->mem);
    volume_rule_init(&s->rule, g, f);
}

bool fuse_is_storable(fuse_sizes *s, const node *t)
{
    return volume_is_linear(&s->rule, graph_volume(s->g, t->rank, t->extents));
}

static int own_cost(const node *n)
{
    if (node_is_reduce(n) || n->op == OP_LOOP || n->op == OP_CALL || n->op == OP_SCATTER || n->op == OP_STACK ||
        node_is_solver(n))
        return FUSE_HEAVY;
    if (!node_is_point(n) || n->op == OP_STOP)
        return 0;
    if (!elem_is_float(n->elem) && n->elem != ELEM_INT)
        return 1;
    if (n->op == OP_DIV || n->op == OP_SQRT || n->op == OP_ROOT || n->op == OP_INV)
        return 4;
    return n->op >= OP_EXP && n->op <= OP_SOFTPLUS ? 10 : n->op >= OP_NORMAL ? 40 : 1;
}

bool fuse_is_costly(const node *n)
{
    return own_cost(n) >= 4;
}

bool fuse_is_function(const node *n)
{
    return own_cost(n) >= 10 && own_cost(n) < FUSE_HEAVY;
}

typedef struct counting {
    map seen;
    int total, limit;
    int naxes;
    var *const *axes;
} counting;

static void count(counting *c, const node *n)
{
    static char seen;
    if (c->total > c->limit || n->nargs == 0 || map_get(&c->seen, n) || !node_depends_any(n, c->naxes, c->axes))
        return;
    map_set(&c->seen, n, &seen);
    c->total += own_cost(n);
    bool stored = n->op == OP_ACCESS && n->args[0]->op == OP_TENSOR; /* only its subscripts are computed */
    for (int i = stored; i < n->nargs; i++)
        count(c, n->args[i]);
}

static int count_operations(const node *n, int naxes, var *const *axes, int limit)
{
    arena *scratch = arena_new();
    counting c = {.naxes = naxes, .axes = axes, .limit = limit};
    map_init(&c.seen, scratch);
    count(&c, n);
    arena_free(scratch);
    return c.total;
}

bool fuse_is_long(const node *n, int naxes, var *const *axes)
{
    return count_operations(n, naxes, axes, FUSE_CHEAP) > FUSE_CHEAP;
}

static int count_loads(map *seen, const node *n, const node *tensor)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n) || !node_depends_any(n, tensor->nvars, tensor->vars))
        return 0;
    map_set(seen, n, &mark);
    int loads = n->op == OP_ACCESS;
    for (int i = n->op == OP_ACCESS; i < n->nargs; i++)
        loads += count_loads(seen, n->args[i], tensor);
    return loads;
}

int fuse_loads(const node *tensor)
{
    arena *scratch = arena_new();
    map seen;
    map_init(&seen, scratch);
    int loads = count_loads(&seen, tensor->args[0], tensor);
    arena_free(scratch);
    return loads;
}

static int remember(fuse_sizes *s, map *m, const node *tensor, int value)
{
    int *kept = ARENA_NEW(s->g->mem, int);
    *kept = value;
    map_set(m, tensor, kept);
    return value;
}

int fuse_cost(fuse_sizes *s, const node *tensor)
{
    const int *known = map_get(&s->costs, tensor);
    if (known)
        return *known;
    return remember(s, &s->costs, tensor, count_operations(tensor->args[0], tensor->nvars, tensor->vars, FUSE_HEAVY));
}

int fuse_nodes(fuse_sizes *s, const node *tensor, int limit)
{
    const int *known = map_get(&s->nodes, tensor);
    if (known)
        return *known;
    return remember(s, &s->nodes, tensor, graph_count(tensor->args[0], limit, false));
}

static int count_copied(map *seen, const node *n, const node *tensor, int limit)
{
    static char mark;
    if (n->nargs == 0 || limit <= 0 || map_get(seen, n) || !node_depends_any(n, tensor->nvars, tensor->vars))
        return 0;
    map_set(seen, n, &mark);
    int total = 1;
    for (int i = 0; i < n->nargs && total < limit; i++)
        total += count_copied(seen, n->args[i], tensor, limit - total);
    return total;
}

int fuse_copied(fuse_sizes *s, const node *tensor, int limit)
{
    const int *known = map_get(&s->copied, tensor);
    if (known)
        return *known;
    arena *scratch = arena_new();
    map seen;
    map_init(&seen, scratch);
    int total = count_copied(&seen, tensor->args[0], tensor, limit);
    arena_free(scratch);
    return remember(s, &s->copied, tensor, total);
}

typedef struct use_record {
    int count, exact, shifted;
} use_record;

/* Axes around, from the innermost, that t is not a function of; a loop counts as more than any. */
static int axes_around(const fuse_uses *u, const node *t)
{
    int axes = 0;
    for (int i = u->path.n - 1; i >= 0; i--) {
        const fuse_binder *b = &u->path.data[i];
        int own = 0;
        for (int k = 0; k < b->nvars; k++)
            own += node_depends(t, b->vars[k]);
        axes += b->is_loop && !own ? 1000 : b->nvars - own;
        if (own)
            break;
    }
    return axes;
}

bool fuse_is_plain(const node *access)
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

/* The axis v of v + c, c - v, mod(v + c, n), c a number or a size; is_shifted: not v itself. NULL: it is none. */
static const var *axis_of(graph *g, node *sub, bool *is_shifted)
{
    int64_t coef;
    node *rest;
    if (sub->op == OP_IMOD)
        sub = sub->args[0];
    if (sub->nfree != 1 || sub->free[0]->kind != VAR_AXIS)
        return NULL;
    var *v = sub->free[0];
    if (sub == v->self)
        return v;
    *is_shifted = true;
    return affine_split(g, sub, v, &coef, &rest) && (coef == 1 || coef == -1) ? v : NULL;
}

/* The entry beside another, for each of them. */
static bool is_shifted(graph *g, const node *access)
{
    bool shifted = false;
    for (int i = 1; i < access->nargs; i++) {
        const var *v = axis_of(g, access->args[i], &shifted);
        if (!v)
            return false;
        for (int k = 1; k < i; k++)
            if (node_depends(access->args[k], v))
                return false;
    }
    return shifted;
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

/* The place in the path of the binder of v; -1: none. */
static int place_of(const fuse_uses *u, const var *v)
{
    for (int i = u->path.n - 1; i >= 0; i--)
        for (int k = 0; k < u->path.data[i].nvars; k++)
            if (u->path.data[i].vars[k] == v)
                return i;
    return -1;
}

/* Inside the loops over the subscripts there is a tensor for each point of others: all of it for one entry. */
static bool is_inside_out(const fuse_uses *u, const node *access)
{
    const node *t = access->args[0];
    int inmost = -1;
    for (int i = 0; i < t->nfree; i++) {
        int place = place_of(u, t->free[i]);
        inmost = place > inmost ? place : inmost;
    }
    for (int i = 1; i < access->nargs; i++) {
        int place = place_of(u, access->args[i]->var);
        if (place < 0 || place >= inmost)
            return false;
    }
    return true;
}

static bool finds_call(map *seen, const node *n)
{
    if (n->op == OP_CALL)
        return true;
    if (n->nargs == 0 || map_get(seen, n))
        return false;
    map_set(seen, n, seen);
    for (int i = 0; i < n->nargs; i++)
        if (finds_call(seen, n->args[i]))
            return true;
    return false;
}

/* It is made of results of a routine, which are had as a whole. */
static bool holds_call(const node *t)
{
    map seen;
    arena *scratch = arena_new();
    map_init(&seen, scratch);
    bool found = finds_call(&seen, t);
    arena_free(scratch);
    return found;
}

static bool is_exact(const fuse_uses *u, const node *n)
{
    return n->op == OP_ACCESS && fuse_is_plain(n) &&
           (axes_around(u, n->args[0]) == n->args[0]->rank || (is_inside_out(u, n) && holds_call(n->args[0])));
}

static void note_use(fuse_uses *u, const node *n)
{
    for (int i = 0; i < n->nargs; i++) {
        if (n->args[i]->op != OP_TENSOR)
            continue;
        use_record *r = record(u, n->args[i]);
        r->count++;
        r->shifted += n->op == OP_ACCESS && i == 0 && is_shifted(u->g, n);
        r->exact += i == 0 && is_exact(u, n);
    }
}

void fuse_uses_push(fuse_uses *u, const node *b, var **vars)
{
    vec_push(u->g->mem, &u->path,
             (fuse_binder){b->nvars, vars, b->op == OP_LOOP || b->op == OP_STACK || node_is_solver(b)});
}

void fuse_uses_pop(fuse_uses *u)
{
    u->path.n--;
}

void fuse_uses_count(fuse_uses *u, const node *n)
{
    static char seen;
    if (n->nargs == 0 || map_get(&u->seen, n))
        return;
    map_set(&u->seen, n, &seen);
    note_use(u, n);
    int outer = n->nargs - n->ninner;
    for (int i = 0; i < outer; i++)
        fuse_uses_count(u, n->args[i]);
    if (!n->ninner)
        return;
    fuse_uses_push(u, n, n->vars);
    for (int i = outer; i < n->nargs; i++)
        fuse_uses_count(u, n->args[i]);
    fuse_uses_pop(u);
}

void fuse_uses_count_root(fuse_uses *u, const node *n)
{
    if (n->op == OP_TENSOR)
        record(u, n)->count++;
    fuse_uses_count(u, n);
}

void fuse_uses_init(fuse_uses *u, graph *g)
{
    *u = (fuse_uses){.g = g};
    map_init(&u->uses, g->mem);
    map_init(&u->seen, g->mem);
}

bool fuse_is_used_once(fuse_uses *u, const node *tensor)
{
    const use_record *r = map_get(&u->uses, tensor);
    return r && r->count == 1 && r->exact == 1;
}

bool fuse_is_used_exactly(fuse_uses *u, const node *tensor)
{
    const use_record *r = map_get(&u->uses, tensor);
    return r && r->count == r->exact;
}

int fuse_shifted_uses(fuse_uses *u, const node *tensor)
{
    const use_record *r = map_get(&u->uses, tensor);
    return r ? r->shifted : 0;
}
