/* Rewrites the chosen loops: what differs from lane to lane becomes a value per lane, branches on it become selections.
 */
#include "stage/vectorize/vectorize.h"

#include <string.h>

#include "form/loops_live.h"
#include "stage/vectorize/vectorize_state.h"

enum { MAX_LOOPS = 32, LOCAL_ENTRIES = 256 }; /* a larger copy of rows is scratch in the workspace */

/* A copy of the rows that the lanes read, with the lanes innermost. */
typedef struct pack {
    const buffer *of;
    int nsubs; /* leading subscripts: which row */
    lexpr **subs;
    bool guarded;
    buffer *copy;
} pack;

typedef struct carried {
    const temp *key; /* value of the accumulator of all lanes */
    accumulator *whole, *part;
} carried;

typedef struct vectorizing {
    arena *mem;
    nest_fn *f;
    const lane_facts *facts;
    lstmt *loop;
    temp *index, *count, *active, *tile;
    VEC(pack) packs;
    VEC(carried) carried;
    int depth;
    const lstmt *loops[MAX_LOOPS]; /* inside the one in lanes */
} vectorizing;

/* ---- expressions ---- */

static lexpr *rewrite(vectorizing *v, lexpr *e);

static lexpr **rewrite_all(vectorizing *v, int n, lexpr *const *list)
{
    lexpr **out = ARENA_ARRAY(v->mem, lexpr *, n + 1);
    for (int i = 0; i < n; i++)
        out[i] = rewrite(v, list[i]);
    return out;
}

static lexpr **first_of_all(vectorizing *v, int n, lexpr *const *list)
{
    lexpr **out = ARENA_ARRAY(v->mem, lexpr *, n + 1);
    for (int i = 0; i < n; i++)
        out[i] = lane_first(v->facts, list[i]);
    return out;
}

static bool same_expr(const lexpr *a, const lexpr *b)
{
    if (a->kind != b->kind || a->temp != b->temp || a->op != b->op || a->buffer != b->buffer || a->nargs != b->nargs ||
        a->integer != b->integer || a->extent != b->extent)
        return false;
    for (int i = 0; i < a->nargs; i++)
        if (!same_expr(a->args[i], b->args[i]))
            return false;
    return true;
}

static buffer *find_pack(const vectorizing *v, const lexpr *load, int nrow)
{
    for (int i = 0; i < v->packs.n; i++) {
        const pack *p = &v->packs.data[i];
        bool same = p->of == load->buffer && p->nsubs == nrow;
        for (int k = 0; same && k < nrow; k++)
            same = same_expr(p->subs[k], lane_expanded(v->facts, load->args[k]));
        if (same)
            return p->copy;
    }
    return NULL;
}

static bool is_short(const buffer *b)
{
    int64_t total = 1, size;
    for (int i = 0; i < b->rank; i++) {
        if (!extent_is_const(b->extents[i], &size) || size > LOCAL_ENTRIES)
            return false;
        total *= size;
    }
    return total <= LOCAL_ENTRIES;
}

static buffer *add_pack(vectorizing *v, const lexpr *load, int nrow)
{
    pack p = {.of = load->buffer, .nsubs = nrow, .guarded = load->guarded, .subs = ARENA_ARRAY(v->mem, lexpr *, nrow)};
    for (int k = 0; k < nrow; k++)
        p.subs[k] = lane_expanded(v->facts, load->args[k]);
    buffer *b = p.copy = ARENA_NEW(v->mem, buffer);
    *b = (buffer){.name = arena_printf(v->mem, "%s_rows", load->buffer->name),
                  .elem = load->elem,
                  .rank = load->nargs - nrow,
                  .extents = load->buffer->extents + nrow,
                  .arg = -1,
                  .slot = -1,
                  .last_use = INT32_MAX,
                  .lanes = true};
    b->kind = is_short(b) ? BUF_LOCAL : BUF_SCRATCH;
    vec_push(v->mem, &v->f->buffers, b);
    vec_push(v->mem, &v->packs, p);
    return b;
}

static lexpr *load_packed(vectorizing *v, const lexpr *load)
{
    int nrow = lane_row(v->facts, load);
    buffer *copy = find_pack(v, load, nrow);
    if (!copy)
        copy = add_pack(v, load, nrow);
    lexpr e = {.kind = LX_LOAD, .elem = load->elem, .buffer = copy, .guarded = load->guarded, .lanes = true};
    e.nargs = load->nargs - nrow;
    e.args = load->args + nrow;
    return lexpr_new(v->mem, e);
}

static bool any_varies(const vectorizing *v, int n, lexpr *const *list)
{
    for (int i = 0; i < n; i++)
        if (lane_varies(v->facts, list[i]))
            return true;
    return false;
}

/* Rows in lanes, each with an entry of its own. */
static lexpr **tile_subs(vectorizing *v, int n, lexpr *const *subs, lane_kind *at)
{
    lexpr **out = rewrite_all(v, n, subs);
    *at = any_varies(v, n - 1, subs + 1) ? LANE_GATHER : LANE_ONE;
    out[0] = lexpr_temp(v->mem, v->tile);
    return out;
}

static lexpr *rewrite_load(vectorizing *v, lexpr *load)
{
    const lane_facts *f = v->facts;
    lexpr e = *load;
    if (load->buffer->tiled) {
        e.lanes = true;
        e.args = tile_subs(v, load->nargs, load->args, &e.at);
        return lexpr_new(v->mem, e);
    }
    const extent *step = lane_step(f, load->buffer, load->args);
    int64_t value;
    bool contiguous = step && extent_is_const(step, &value) && value == 1 && !load->guarded;
    bool own = load->buffer->lanes || map_get(&f->lanes, load->buffer);
    if (!own && !contiguous && lane_is_repeated(f, load, v->depth, v->loops))
        return load_packed(v, load);
    e.lanes = true;
    bool even = !own && step && !load->guarded;
    e.args = even ? first_of_all(v, load->nargs, load->args) : rewrite_all(v, load->nargs, load->args);
    e.at = even ? LANE_STEP : any_varies(v, load->nargs, load->args) ? LANE_GATHER : LANE_ONE;
    e.step = even ? step : NULL;
    e.count = even ? v->count : NULL;
    return lexpr_new(v->mem, e);
}

static lexpr *rewrite(vectorizing *v, lexpr *e)
{
    if (!e || !lane_varies(v->facts, e))
        return e;
    if (e->kind == LX_TEMP)
        return lexpr_temp(v->mem, e->temp == v->loop->temp ? v->index : e->temp);
    if (e->kind == LX_LOAD)
        return rewrite_load(v, e);
    lexpr out = *e;
    out.args = rewrite_all(v, e->nargs, e->args);
    return lexpr_new(v->mem, out);
}

static lexpr *both(vectorizing *v, lexpr *a, lexpr *b)
{
    return a && b ? lexpr_bin(v->mem, OP_AND, a, b) : a ? a : b;
}

/* ---- statements ---- */

static void rewrite_list(vectorizing *v, const lstmt_list *list, lstmt_list *out, lexpr *mask);

static void rewrite_scalar(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    s->e = rewrite(v, s->e);
    s->temp->lanes |= map_get(&v->facts->varies, s->temp) != NULL;
    if (s->kind == LS_SET && mask)
        s->e = lexpr_select(v->mem, mask, s->e, lexpr_temp(v->mem, s->temp));
    vec_push(v->mem, out, s);
}

static void rewrite_tile_store(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    s->subs = tile_subs(v, s->nsubs, s->subs, &s->at);
    s->e = rewrite(v, s->e);
    s->filter = mask;
    vec_push(v->mem, out, s);
}

static void rewrite_store(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    const lane_facts *f = v->facts;
    if (s->buffer->tiled) {
        rewrite_tile_store(v, s, out, mask);
        return;
    }
    const extent *step = lane_step(f, s->buffer, s->subs);
    bool own = map_get(&f->lanes, s->buffer) != NULL, even = !own && step && !s->guarded;
    bool moves = any_varies(v, s->nsubs, s->subs);
    s->subs = even ? first_of_all(v, s->nsubs, s->subs) : rewrite_all(v, s->nsubs, s->subs);
    s->e = rewrite(v, s->e);
    s->at = even ? LANE_STEP : moves ? LANE_GATHER : LANE_ONE;
    s->stride = even ? step : NULL;
    s->count = own ? NULL : v->count;
    s->filter = mask;
    s->buffer->lanes |= own;
    vec_push(v->mem, out, s);
}

static void rewrite_for(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    lstmt_list body = {0};
    bool counts = v->depth < MAX_LOOPS;
    if (counts)
        v->loops[v->depth++] = s;
    rewrite_list(v, &s->body, &body, mask);
    if (counts)
        v->depth--;
    s->body = body;
    vec_push(v->mem, out, s);
}

static void rewrite_if(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    if (!lane_varies(v->facts, s->e)) {
        lstmt_list body = {0}, other = {0};
        rewrite_list(v, &s->body, &body, mask);
        rewrite_list(v, &s->other, &other, mask);
        s->body = body;
        s->other = other;
        vec_push(v->mem, out, s);
        return;
    }
    lexpr *c = lexpr_temp(v->mem, lstmt_let(v->mem, out, "where", rewrite(v, s->e)));
    lexpr *not = lexpr_point(v->mem, OP_NOT, ELEM_BOOL, 1, &c);
    rewrite_list(v, &s->body, out, both(v, mask, c));
    rewrite_list(v, &s->other, out, both(v, mask, not ));
}

static void rewrite_buffers(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    const map *lanes = &v->facts->lanes;
    s->e = rewrite(v, s->e);
    s->buffer->lanes |= map_get(lanes, s->buffer) != NULL;
    if (s->from)
        s->from->lanes |= map_get(lanes, s->from) != NULL;
    if (s->kind == LS_INSERT) {
        s->lo = rewrite(v, s->lo);
        s->filter = mask;
    }
    vec_push(v->mem, out, s);
}

static carried *carry(vectorizing *v, const accumulator *a)
{
    for (int i = 0; i < v->carried.n; i++)
        if (v->carried.data[i].key == a->value)
            return &v->carried.data[i];
    carried c = {.key = a->value, .whole = ARENA_NEW(v->mem, accumulator), .part = ARENA_NEW(v->mem, accumulator)};
    *c.whole = *c.part = *a;
    c.part->value = temp_new(v->mem, arena_printf(v->mem, "%s_lanes", a->value->name), a->value->elem, true);
    if (a->second)
        c.part->second = temp_new(v->mem, arena_printf(v->mem, "%s_lanes", a->second->name), a->second->elem, true);
    vec_push(v->mem, &v->carried, c);
    return &v->carried.data[v->carried.n - 1];
}

static void rewrite_add(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    s->e = rewrite(v, s->e);
    s->lo = rewrite(v, s->lo);
    s->filter = both(v, mask, rewrite(v, s->filter));
    if (!map_get(&v->facts->inside, s->acc->value)) {
        s->acc = carry(v, s->acc)->part;
        s->filter = both(v, lexpr_temp(v->mem, v->active), s->filter);
    }
    vec_push(v->mem, out, s);
}

static void rewrite_acc(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    (void)mask;
    s->acc->value->lanes |= map_get(&v->facts->varies, s->acc->value) != NULL;
    if (s->acc->second)
        s->acc->second->lanes |= s->acc->value->lanes;
    vec_push(v->mem, out, s);
}

static void rewrite_none(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask)
{
    (void)mask;
    vec_push(v->mem, out, s);
}

/* What is missing makes a loop impossible. */
static void (*const rewriters[LS_COMMENT + 1])(vectorizing *v, lstmt *s, lstmt_list *out, lexpr *mask) = {
    [LS_LET] = rewrite_scalar,   [LS_VAR] = rewrite_scalar,   [LS_SET] = rewrite_scalar,
    [LS_STORE] = rewrite_store,  [LS_FOR] = rewrite_for,      [LS_IF] = rewrite_if,
    [LS_FILL] = rewrite_buffers, [LS_COPY] = rewrite_buffers, [LS_COPY_INTO] = rewrite_buffers,
    [LS_SWAP] = rewrite_buffers, [LS_ARRAY] = rewrite_none,   [LS_INSERT] = rewrite_buffers,
    [LS_ACC] = rewrite_acc,      [LS_ADD] = rewrite_add,      [LS_COMMENT] = rewrite_none,
};

static void rewrite_list(vectorizing *v, const lstmt_list *list, lstmt_list *out, lexpr *mask)
{
    for (int i = 0; i < list->n; i++)
        rewriters[list->data[i]->kind](v, list->data[i], out, mask);
}

/* ---- the loop ---- */

/* The rows of the lanes, copied entry by entry. */
static void fill_pack(vectorizing *v, const pack *p, lstmt_list *out)
{
    int rank = p->copy->rank;
    lexpr load = {.kind = LX_LOAD, .elem = p->copy->elem, .buffer = (buffer *)p->of, .nargs = p->of->rank};
    load.args = ARENA_ARRAY(v->mem, lexpr *, load.nargs + 1);
    memcpy(load.args, p->subs, (size_t)p->nsubs * sizeof *p->subs);
    lstmt_list *at = out;
    for (int k = 0; k < rank; k++) {
        lstmt *loop = lstmt_new(v->mem, at, LS_FOR);
        loop->temp = temp_new(v->mem, "d", ELEM_INT, false);
        loop->lo = lexpr_int(v->mem, 0);
        loop->hi = lexpr_size(v->mem, p->copy->extents[k]);
        load.args[p->nsubs + k] = lexpr_temp(v->mem, loop->temp);
        at = &loop->body;
    }
    lstmt *store = lstmt_new(v->mem, at, LS_STORE);
    store->buffer = p->copy;
    store->nsubs = rank;
    store->subs = load.args + p->nsubs;
    int depth = v->depth;
    v->depth = 0;
    load.guarded = p->guarded;
    store->e = rewrite_load(v, lexpr_new(v->mem, load));
    v->depth = depth;
}

static void open_lanes(vectorizing *v, lstmt_list *out)
{
    lexpr *first = lexpr_temp(v->mem, v->loop->temp);
    v->count = lstmt_let(v->mem, out, arena_printf(v->mem, "%s_count", v->loop->temp->name),
                         lexpr_bin(v->mem, OP_SUB, v->loop->hi, first));
    lexpr *args[] = {first, lexpr_temp(v->mem, v->count)};
    lexpr index = {.kind = LX_INDEX, .elem = ELEM_INT, .nargs = 2, .args = args, .lanes = true};
    lexpr active = {.kind = LX_ACTIVE, .elem = ELEM_BOOL, .nargs = 1, .args = args + 1, .lanes = true};
    const char *name = arena_printf(v->mem, "%s_lanes", v->loop->temp->name);
    v->index = lstmt_let(v->mem, out, name, lexpr_new(v->mem, index));
    v->active = lstmt_let(v->mem, out, "active", lexpr_new(v->mem, active));
    lexpr *width = lexpr_new(v->mem, (lexpr){.kind = LX_WIDTH, .elem = ELEM_INT});
    v->tile = lstmt_let(v->mem, out, arena_printf(v->mem, "%s_tile", v->loop->temp->name),
                        lexpr_bin(v->mem, OP_IDIV, first, width));
}

static void run_in_lanes(vectorizing *v, lstmt_list *out)
{
    lstmt *loop = v->loop;
    if (loop->hi->kind == LX_POINT)
        loop->hi = lexpr_temp(v->mem, lstmt_let(v->mem, out, "end", loop->hi));
    lstmt_list head = {0}, body = {0};
    open_lanes(v, &head);
    rewrite_list(v, &loop->body, &body, NULL);
    for (int i = 0; i < v->packs.n; i++) {
        if (v->packs.data[i].copy->kind == BUF_LOCAL)
            lstmt_new(v->mem, &head, LS_ARRAY)->buffer = v->packs.data[i].copy;
        fill_pack(v, &v->packs.data[i], &head);
    }
    for (int i = 0; i < body.n; i++)
        vec_push(v->mem, &head, body.data[i]);
    loop->body = head;
    loop->lanes = true;
    for (int i = 0; i < v->carried.n; i++)
        lstmt_new(v->mem, out, LS_ACC)->acc = v->carried.data[i].part;
    vec_push(v->mem, out, loop);
    for (int i = 0; i < v->carried.n; i++) {
        lstmt *join = lstmt_new(v->mem, out, LS_JOIN);
        join->acc = v->carried.data[i].whole;
        join->part = v->carried.data[i].part;
    }
}

static void vectorize_list(nest_fn *f, const lane_choice *choice, lstmt_list *list)
{
    lstmt_list out = {0};
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        const lane_facts *facts = map_get(&choice->chosen, s);
        if (facts) {
            vectorizing v = {.mem = choice->mem, .f = f, .facts = facts, .loop = s};
            run_in_lanes(&v, &out);
            continue;
        }
        vectorize_list(f, choice, &s->body);
        vectorize_list(f, choice, &s->other);
        vec_push(choice->mem, &out, s);
    }
    *list = out;
}

/* Whether what is written for lanes can run in them. */
static bool can_run(const lane_choice *choice, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        lane_facts facts = {.possible = true};
        if (s->kind == LS_FOR && s->must)
            lane_facts_find(&facts, choice->mem, &choice->uses, s);
        if (!facts.possible || !can_run(choice, &s->body) || !can_run(choice, &s->other))
            return false;
    }
    return true;
}

/* Of two ways to compute the same, one may turn out not to be one. */
static void drop_impossible(const lane_choice *choice, lstmt_list *list)
{
    lstmt_list out = {0};
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        drop_impossible(choice, &s->body);
        drop_impossible(choice, &s->other);
        bool chooses = s->kind == LS_IF && s->either;
        const lstmt_list *only = !chooses                      ? NULL
                                 : !can_run(choice, &s->body)  ? &s->other
                                 : !can_run(choice, &s->other) ? &s->body
                                                               : NULL;
        if (!only)
            vec_push(choice->mem, &out, s);
        for (int k = 0; only && k < only->n; k++)
            vec_push(choice->mem, &out, only->data[k]);
    }
    *list = out;
}

void vectorize(nest_fn *f, arena *mem)
{
    lane_choice choice = {.mem = mem};
    map_init(&choice.uses, mem);
    map_init(&choice.chosen, mem);
    loops_count_uses(&choice.uses, mem, &f->body);
    drop_impossible(&choice, &f->body);
    tile_choose(&choice, f);
    vectorize_list(f, &choice, &f->body);
    tile_finish(mem, &f->body);
    for (int i = 0; i < f->buffers.n; i++)
        f->buffers.data[i]->lanes |= f->buffers.data[i]->tiled;
}
