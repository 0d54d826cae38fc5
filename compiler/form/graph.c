/* Interning of nodes, variables, leaves and pointwise nodes. Binders are in graph_bind.c. */
#include "form/graph.h"

#include <assert.h>
#include <string.h>

#include "form/graph_make.h"

typedef struct op_row {
    const char *text;
    int arity;
    char result, flags;
} op_row;

static const op_row op_rows[OP_COUNT] = {
    [OP_CONST] = {"const", 0, 0, 0},
    [OP_SIZE] = {"size", 0, 0, 0},
    [OP_VAR] = {"var", 0, 0, 0},
#define OP(id, text, arity, result, flags) [OP_##id] = {text, arity, result, flags},
#include "form/ops.def"
    [OP_ACCESS] = {"access", -1, 0, 0},
    [OP_SUM] = {"sum", -1, 0, 0},
    [OP_PROD] = {"prod", -1, 0, 0},
    [OP_RMAX] = {"rmax", -1, 0, 0},
    [OP_RMIN] = {"rmin", -1, 0, 0},
    [OP_ARGMAX] = {"argmax", -1, 0, 0},
    [OP_ARGMIN] = {"argmin", -1, 0, 0},
    [OP_LSE] = {"logsumexp", -1, 0, 0},
    [OP_ANY] = {"any", -1, 0, 0},
    [OP_ALL] = {"all", -1, 0, 0},
    [OP_ARGKMIN] = {"argkmin", -1, 0, 0},
    [OP_ARGKMAX] = {"argkmax", -1, 0, 0},
    [OP_INPUT] = {"input", 0, 0, 0},
    [OP_TENSOR] = {"tensor", 1, 0, 0},
    [OP_SCATTER] = {"scatter", -1, 0, 0},
    [OP_LOOP] = {"loop", -1, 0, 0},
    [OP_OUT] = {"out", 1, 0, 0},
    [OP_STACK] = {"stack", 2, 0, 0},
    [OP_AT] = {"at", 2, 0, 0},
    [OP_NAME] = {"name", 1, 0, 0},
    [OP_CUSTOM] = {"custom", -1, 0, 0},
    [OP_VJP] = {"vjp", -1, 0, 0},
    [OP_JVP] = {"jvp", -1, 0, 0},
    [OP_CALL] = {"call", -1, 0, 0},
    [OP_CG] = {"cg", -1, 0, 0},
    [OP_FIXPOINT] = {"fixpoint", -1, 0, 0},
};

const char *op_text(op o)
{
    return op_rows[o].text;
}

int op_arity(op o)
{
    return op_rows[o].arity;
}

graph *graph_new(arena *mem, names *n, extent_pool *pool)
{
    graph *g = ARENA_NEW(mem, graph);
    g->mem = mem;
    g->names = n;
    g->pool = pool;
    g->nbuckets = 1 << 12;
    g->buckets = ARENA_ARRAY(mem, node *, g->nbuckets);
    map_init(&g->canonical, mem);
    return g;
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h ^= x + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
    return h * 0xff51afd7ed558ccdu;
}

static uint64_t number_bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static uint64_t node_hash(const node *n)
{
    uint64_t h = mix((uint64_t)n->op, (uint64_t)n->elem * 31 + (uint64_t)n->rank);
    h = mix(h, number_bits(n->number));
    h = mix(h, (uint64_t)n->integer);
    h = mix(h, n->extent ? n->extent->hash : 0);
    h = mix(h, n->var ? (uint64_t)n->var->id + 1 : 0);
    for (int i = 0; i < n->nargs; i++)
        h = mix(h, (uint64_t)n->args[i]->id);
    for (int i = 0; i < n->nvars; i++)
        h = mix(h, (uint64_t)n->vars[i]->id);
    return h;
}

static bool same_extents(const node *a, const node *b)
{
    for (int i = 0; i < a->rank; i++)
        if (a->extents[i] != b->extents[i])
            return false;
    return true;
}

static bool node_same(const node *a, const node *b)
{
    return a->op == b->op && a->elem == b->elem && a->rank == b->rank && a->nargs == b->nargs && a->nvars == b->nvars &&
           a->integer == b->integer && a->extent == b->extent && a->var == b->var &&
           number_bits(a->number) == number_bits(b->number) && same_extents(a, b) &&
           (!a->nargs || !memcmp(a->args, b->args, (size_t)a->nargs * sizeof *a->args)) &&
           (!a->nvars || !memcmp(a->vars, b->vars, (size_t)a->nvars * sizeof *a->vars));
}

static node *lookup(graph *g, node *n)
{
    n->hash = node_hash(n);
    n->hash ^= n->hash >> 32;
    for (node *m = g->buckets[n->hash & (g->nbuckets - 1)]; m; m = m->chain)
        if (m->hash == n->hash && node_same(m, n))
            return m;
    return NULL;
}

static bool is_bound_by(const node *n, const var *v)
{
    for (int i = 0; i < n->nvars; i++)
        if (n->vars[i] == v)
            return true;
    return false;
}

/* Union of the arguments' free variables, less the bound ones of inside arguments. */
static void set_free(graph *g, node *n)
{
    int total = 0;
    for (int i = 0; i < n->nargs; i++)
        total += n->args[i]->nfree;
    var **all = ARENA_ARRAY(g->mem, var *, total + 1);
    int count = 0;
    for (int i = 0; i < n->nargs; i++) {
        const node *a = n->args[i];
        bool inside = i >= n->nargs - n->ninner;
        for (int k = 0; k < a->nfree; k++) {
            var *v = a->free[k];
            if (inside && is_bound_by(n, v))
                continue;
            int at = 0;
            while (at < count && all[at]->id < v->id)
                at++;
            if (at < count && all[at] == v)
                continue;
            memmove(all + at + 1, all + at, (size_t)(count - at) * sizeof *all);
            all[at] = v;
            count++;
        }
    }
    n->free = all;
    n->nfree = count;
}

/* A closed node counts as 0: no variable of a binder around occurs in it, so none can be captured there. */
static void set_level(node *n)
{
    if (n->nfree == 0)
        return;
    int level = n->nvars ? n->vars[0]->level : 0;
    for (int i = 0; i < n->nargs; i++)
        if (n->args[i]->level > level)
            level = n->args[i]->level;
    n->level = level;
}

static void grow(graph *g)
{
    size_t size = g->nbuckets * 4;
    node **buckets = ARENA_ARRAY(g->mem, node *, size);
    for (size_t i = 0; i < g->nbuckets; i++)
        for (node *n = g->buckets[i], *next; n; n = next) {
            next = n->chain;
            n->chain = buckets[n->hash & (size - 1)];
            buckets[n->hash & (size - 1)] = n;
        }
    g->buckets = buckets;
    g->nbuckets = size;
}

node *graph_intern(graph *g, const node *proto)
{
    node n = *proto;
    node *found = lookup(g, &n);
    if (!found && op_rows[n.op].flags == 'C') {
        node swapped = n;
        node *args[3] = {n.args[1], n.args[0], n.nargs > 2 ? n.args[2] : NULL};
        swapped.args = args;
        found = lookup(g, &swapped);
    }
    if (found) {
        if (g->hint && !found->hint)
            found->hint = g->hint;
        g->hint = NULL;
        return found;
    }
    node *m = ARENA_NEW(g->mem, node);
    n.level = 0;
    n.opening = NULL;
    *m = n;
    m->args = arena_grow(g->mem, n.args, (size_t)n.nargs, (size_t)n.nargs + 1, sizeof *n.args);
    m->vars = n.nvars ? arena_grow(g->mem, n.vars, (size_t)n.nvars, (size_t)n.nvars, sizeof *n.vars) : NULL;
    m->id = g->next_node++;
    m->at = g->at;
    m->hint = g->hint;
    g->hint = NULL;
    if (n.op == OP_VAR) {
        m->free = ARENA_NEW(g->mem, var *);
        m->free[0] = n.var;
        m->nfree = 1;
    } else {
        set_free(g, m);
    }
    set_level(m);
    if (++g->nnodes > g->nbuckets)
        grow(g);
    node **bucket = &g->buckets[m->hash & (g->nbuckets - 1)];
    m->chain = *bucket;
    return *bucket = m;
}

static var *new_var(graph *g, var proto)
{
    var *v = ARENA_NEW(g->mem, var);
    *v = proto;
    v->id = g->next_var++;
    node n = {.op = OP_VAR, .elem = v->elem, .rank = v->rank, .extents = v->extents, .var = v};
    const char *hint = g->hint;
    g->hint = NULL;
    v->self = graph_intern(g, &n);
    g->hint = hint;
    return v;
}

static const extent **copy_extents(graph *g, int rank, const extent *const *extents)
{
    const extent **copy = ARENA_ARRAY(g->mem, const extent *, rank + 1);
    for (int i = 0; i < rank; i++)
        copy[i] = extents[i];
    return copy;
}

var *graph_axis(graph *g, const extent *e, const char *name)
{
    return new_var(g, (var){.kind = VAR_AXIS, .elem = ELEM_INT, .extent = e, .name = name});
}

var *graph_param(graph *g, elem e, int rank, const extent *const *extents, const char *name)
{
    return new_var(
        g, (var){.kind = VAR_PARAM, .elem = e, .rank = rank, .extents = copy_extents(g, rank, extents), .name = name});
}

static bool var_fits(const var *c, const var *v, int level, int index)
{
    if (c->kind != v->kind || c->elem != v->elem || c->rank != v->rank || c->extent != v->extent || c->level != level ||
        c->index != index)
        return false;
    for (int i = 0; i < v->rank; i++)
        if (c->extents[i] != v->extents[i])
            return false;
    return true;
}

var *graph_canonical(graph *g, const var *like, int level, int index)
{
    const void *place = (const void *)(((uintptr_t)level << 24 ^ (uintptr_t)index) + 1);
    var *first = map_get(&g->canonical, place);
    for (var *v = first; v; v = v->next)
        if (var_fits(v, like, level, index))
            return v;
    var proto = *like;
    proto.level = level;
    proto.index = index;
    proto.name = NULL;
    proto.next = first;
    var *v = new_var(g, proto);
    map_set(&g->canonical, place, v);
    return v;
}

node *graph_real(graph *g, elem e, double x)
{
    node n = {.op = OP_CONST, .elem = e, .number = e == ELEM_F32 ? (double)(float)x : x};
    return graph_intern(g, &n);
}

node *graph_int(graph *g, int64_t x)
{
    node n = {.op = OP_CONST, .elem = ELEM_INT, .integer = x};
    return graph_intern(g, &n);
}

node *graph_bool(graph *g, bool x)
{
    node n = {.op = OP_CONST, .elem = ELEM_BOOL, .integer = x};
    return graph_intern(g, &n);
}

node *graph_number(graph *g, elem e, int64_t x)
{
    if (elem_is_float(e))
        return graph_real(g, e, (double)x);
    return e == ELEM_BOOL ? graph_bool(g, x != 0) : graph_int(g, x);
}

node *graph_size(graph *g, const extent *e)
{
    int64_t value;
    if (extent_is_const(e, &value))
        return graph_int(g, value);
    node n = {.op = OP_SIZE, .elem = ELEM_INT, .extent = e};
    return graph_intern(g, &n);
}

node *graph_var(graph *g, var *v)
{
    (void)g;
    return v->self;
}

node *graph_input(graph *g, int index, elem e, int rank, const extent *const *extents, const char *name)
{
    node n = {.op = OP_INPUT, .elem = e, .rank = rank, .extents = copy_extents(g, rank, extents), .integer = index};
    if (e == ELEM_INT && rank == 0 && name)
        n.extent = extent_name(g->pool, names_intern(g->names, name));
    g->hint = name;
    return graph_intern(g, &n);
}

static elem result_elem(const op_row *row, node *const *args, elem given)
{
    switch (row->result) {
    case 'A':
        return args[0]->elem;
    case '2':
        return args[1]->elem;
    case 'B':
        return ELEM_BOOL;
    case 'I':
        return ELEM_INT;
    case '4':
        return ELEM_F32;
    case '8':
        return ELEM_F64;
    default:
        return given;
    }
}

bool graph_args_agree(op o, int n, node *const *args)
{
    int first = o == OP_SELECT || o == OP_POLYGAMMA || o == OP_SINC;
    for (int i = 0; i < n; i++)
        if (args[i]->rank || (i > first && args[i]->elem != args[first]->elem))
            return false;
    return o != OP_SELECT || args[0]->elem == ELEM_BOOL;
}

node *graph_point(graph *g, op o, int n, node *const *args, elem e)
{
    const op_row *row = &op_rows[o];
    assert(node_is_point(&(node){.op = o}) && (row->arity < 0 || row->arity == n) && graph_args_agree(o, n, args));
    if ((o == OP_TO_F64 && args[0]->elem == ELEM_F64) || (o == OP_TO_F32 && args[0]->elem == ELEM_F32) ||
        (o == OP_TO_INT && args[0]->elem == ELEM_INT))
        return args[0];
    node proto = {.op = o, .elem = result_elem(row, args, e), .nargs = n};
    proto.args = arena_grow(g->mem, args, (size_t)n, (size_t)n, sizeof *args);
    return graph_intern(g, &proto);
}

node *graph_un(graph *g, op o, node *a)
{
    return graph_point(g, o, 1, &a, a->elem);
}

node *graph_bin(graph *g, op o, node *a, node *b)
{
    return graph_point(g, o, 2, (node *[]){a, b}, a->elem);
}

node *graph_select(graph *g, node *c, node *a, node *b)
{
    return graph_point(g, OP_SELECT, 3, (node *[]){c, a, b}, a->elem);
}

node *graph_passes(graph *g, node *loop)
{
    return graph_out(g, loop, loop->ninner);
}

static bool bind_operands(graph *g, const routine *r, node *const *operands, routine_sizes *z)
{
    int n = routine_shapes(r->operands), wrong, axis;
    routine_shape *shapes = ARENA_ARRAY(g->mem, routine_shape, n);
    for (int i = 0; i < n; i++)
        shapes[i] = (routine_shape){operands[i]->elem, operands[i]->rank, operands[i]->extents};
    return routine_bind(r, g->mem, g->pool, shapes, z, &wrong, &axis);
}

node *graph_call(graph *g, routine_id id, node *const *operands, node *wanted)
{
    int n = routine_shapes(routine_row(id)->operands);
    node proto = {.op = OP_CALL, .elem = operands[0]->elem, .integer = id, .nargs = n + 1};
    proto.args = arena_grow(g->mem, operands, (size_t)n, (size_t)n + 1, sizeof *operands);
    proto.args[n] = wanted;
    return graph_intern(g, &proto);
}

int graph_call_operands(const node *call)
{
    return call->nargs - 1;
}

node *graph_call_wanted(const node *call)
{
    return call->args[call->nargs - 1];
}

void graph_call_sizes(graph *g, const node *call, routine_sizes *z)
{
    bool fits = bind_operands(g, routine_row((routine_id)call->integer), call->args, z);
    assert(fits && "operands of the shapes that the routine takes");
    (void)fits;
}

int graph_call_results(const node *call)
{
    return routine_shapes(routine_row((routine_id)call->integer)->results);
}

/* The type of result k of a loop, a call or a vjp. */
static routine_shape result_shape(graph *g, const node *of, int k)
{
    if (of->op == OP_CALL) {
        routine_sizes z;
        graph_call_sizes(g, of, &z);
        return routine_shape_of(&z, routine_row((routine_id)of->integer)->results, k, of->elem);
    }
    const node *like = of->op == OP_LOOP && k == of->ninner ? of->args[0] : of->args[2 + k];
    return (routine_shape){like->elem, like->rank, like->extents};
}

node *graph_out(graph *g, node *of, int k)
{
    routine_shape like = result_shape(g, of, k);
    node n = {.op = OP_OUT,
              .elem = like.elem,
              .rank = like.rank,
              .extents = like.extents,
              .nargs = 1,
              .args = &of,
              .integer = k};
    return graph_intern(g, &n);
}

node *graph_at(graph *g, node *loop, node *pass, const extent *passes, int k)
{
    const node *like = loop->args[2 + k];
    node n = {.op = OP_AT,
              .elem = like->elem,
              .rank = like->rank,
              .extents = like->extents,
              .nargs = 2,
              .args = (node *[]){loop, pass},
              .integer = k,
              .extent = passes};
    return graph_intern(g, &n);
}

node *graph_name(graph *g, node *x)
{
    node n = {.op = OP_NAME,
              .elem = x->elem,
              .rank = x->rank,
              .extents = x->extents,
              .nargs = 1,
              .args = &x,
              .integer = ++g->next_name};
    return graph_intern(g, &n);
}

node *graph_vjp(graph *g, node *e, node *w, int n, node *const *ns)
{
    node **args = ARENA_ARRAY(g->mem, node *, n + 2);
    args[0] = e;
    args[1] = w;
    memcpy(args + 2, ns, (size_t)n * sizeof *ns);
    node proto = {.op = OP_VJP, .elem = e->elem, .nargs = n + 2, .args = args};
    return graph_intern(g, &proto);
}

node *graph_jvp(graph *g, node *e, int n, node *const *ns, node *const *tangents)
{
    node **args = ARENA_ARRAY(g->mem, node *, 2 * n + 1);
    args[0] = e;
    memcpy(args + 1, ns, (size_t)n * sizeof *ns);
    memcpy(args + 1 + n, tangents, (size_t)n * sizeof *ns);
    node proto = {
        .op = OP_JVP, .elem = e->elem, .rank = e->rank, .extents = e->extents, .nargs = 2 * n + 1, .args = args};
    return graph_intern(g, &proto);
}

bool node_is_binder(const node *n)
{
    return n->nvars > 0;
}

bool node_is_reduce(const node *n)
{
    return n->op >= OP_SUM && n->op <= OP_ARGKMAX;
}

bool node_is_point(const node *n)
{
    return n->op >= OP_NEG && n->op <= OP_UNIFORM;
}

bool node_is_solver(const node *n)
{
    return n->op == OP_CG || n->op == OP_FIXPOINT;
}

bool node_depends(const node *n, const var *v)
{
    for (int i = 0; i < n->nfree; i++)
        if (n->free[i] == v)
            return true;
    return false;
}

bool node_depends_any(const node *n, int count, var *const *vars)
{
    for (int i = 0; i < count; i++)
        if (node_depends(n, vars[i]))
            return true;
    return false;
}

bool node_is_const(const node *n, double *value)
{
    if (n->op != OP_CONST)
        return false;
    if (value)
        *value = elem_is_float(n->elem) ? n->number : (double)n->integer;
    return true;
}

bool node_is_number(const node *n, double value)
{
    double x;
    return node_is_const(n, &x) && x == value;
}

bool elem_is_float(elem e)
{
    return e == ELEM_F32 || e == ELEM_F64;
}

const char *elem_text(elem e)
{
    static const char *const texts[] = {
        [ELEM_F32] = "f32", [ELEM_F64] = "f64", [ELEM_INT] = "int", [ELEM_BOOL] = "bool"};
    return texts[e];
}

int node_dynamic_axes(const node *n)
{
    int count = 0;
    for (int i = 0; i < n->nvars; i++)
        count += n->vars[i]->kind == VAR_AXIS && !n->vars[i]->extent;
    return count;
}

const extent *graph_extent(graph *g, const node *n)
{
    const extent *a = NULL, *b = NULL;
    if (n->op == OP_CONST)
        return n->elem == ELEM_INT ? extent_const(g->pool, n->integer) : NULL;
    if (n->op == OP_SIZE || n->op == OP_INPUT)
        return n->extent;
    if (n->op == OP_NAME)
        return graph_extent(g, n->args[0]);
    if (n->elem != ELEM_INT || (n->op != OP_ADD && n->op != OP_SUB && n->op != OP_MUL && n->op != OP_NEG))
        return NULL;
    a = graph_extent(g, n->args[0]);
    if (n->op == OP_NEG)
        return a ? extent_scale(a, -1) : NULL;
    b = graph_extent(g, n->args[1]);
    if (!a || !b)
        return NULL;
    return n->op == OP_ADD ? extent_add(a, b) : n->op == OP_SUB ? extent_sub(a, b) : extent_mul(a, b);
}

typedef struct counting {
    map seen;
    int left;
    bool tensors;
} counting;

static void count_nodes(counting *c, const node *n)
{
    static char mark;
    if (n->nargs == 0 || c->left <= 0 || map_get(&c->seen, n))
        return;
    map_set(&c->seen, n, &mark);
    c->left--;
    for (int i = n->op == OP_ACCESS && !c->tensors; i < n->nargs; i++)
        count_nodes(c, n->args[i]);
}

int graph_count(const node *n, int limit, bool tensors)
{
    arena *scratch = arena_new();
    counting c = {.left = limit, .tensors = tensors};
    map_init(&c.seen, scratch);
    count_nodes(&c, n);
    arena_free(scratch);
    return limit - c.left;
}

const extent *graph_volume(graph *g, int rank, const extent *const *extents)
{
    const extent *v = extent_const(g->pool, 1);
    for (int i = 0; i < rank; i++)
        v = extent_mul(v, extents[i]);
    return v;
}
