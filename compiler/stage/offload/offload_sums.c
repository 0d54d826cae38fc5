/* Sums by blocks of threads.
 *
 * A thread adds up every THREADS-th term of its block's part of the range; the threads' states are joined in shared
 * memory, in two steps of a fixed order; where several blocks share a sum, their states go through the workspace and
 * the last block to finish joins them, in their order. So results depend on the sizes alone (no atomic additions). */
#include "form/loops_copy.h"
#include "stage/offload/offload_state.h"

enum {
    THREADS = 256,
    FAN = 16,     /* states that one thread joins; its square is THREADS */
    TERMS = 1024, /* of a block, at least */
    LEVEL = 64    /* terms of a thread that are added up before they join its sum */
};

/* ---- states in memory ---- */

typedef struct state {
    temp *of;
    buffer *threads, *firsts; /* shared */
} state;

static buffer *new_shared(offloading *o, const char *name, elem e, int entries)
{
    buffer *b = ARENA_NEW(o->mem, buffer);
    *b = (buffer){.kind = BUF_SHARED, .name = name, .elem = e, .rank = 1, .arg = -1, .slot = -1};
    b->extents = ARENA_ARRAY(o->mem, const extent *, 1);
    b->extents[0] = extent_const(o->pool, entries);
    vec_push(o->mem, &o->f->buffers, b);
    return b;
}

static lexpr *entry(offloading *o, buffer *b, lexpr *at)
{
    return lexpr_new(o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = &at});
}

static void store_entry(offloading *o, lstmt_list *out, buffer *b, lexpr *at, lexpr *value)
{
    lstmt *s = lstmt_new(o->mem, out, LS_STORE);
    s->buffer = b;
    s->nsubs = 1;
    s->subs = ARENA_ARRAY(o->mem, lexpr *, 1);
    s->subs[0] = at;
    s->e = value;
}

static int parts_of(const accumulator *a)
{
    return a->second ? 2 : 1;
}

static temp *part_temp(const accumulator *a, int part)
{
    return part ? a->second : a->value;
}

/* A state like that of a, over nothing. */
static accumulator *new_state(offloading *o, lstmt_list *out, const accumulator *a)
{
    accumulator *new = ARENA_NEW(o->mem, accumulator);
    *new = *a;
    new->value = temp_new(o->mem, a->value->name, a->value->elem, false);
    if (a->second)
        new->second = temp_new(o->mem, a->second->name, a->second->elem, false);
    lstmt_new(o->mem, out, LS_ACC)->acc = new;
    return new;
}

static void join_entry(offloading *o, lstmt_list *out, const accumulator *to, buffer *const *from, lexpr *at)
{
    accumulator *part = ARENA_NEW(o->mem, accumulator);
    *part = *to;
    part->value = lstmt_let(o->mem, out, "part", entry(o, from[0], at));
    if (to->second)
        part->second = lstmt_let(o->mem, out, "part_second", entry(o, from[1], at));
    lstmt *join = lstmt_new(o->mem, out, LS_JOIN);
    join->acc = (accumulator *)to;
    join->part = part;
}

static lstmt *new_loop(offloading *o, lstmt_list *out, const char *name, lexpr *lo, lexpr *hi, int64_t most)
{
    lstmt *loop = lstmt_new(o->mem, out, LS_FOR);
    loop->temp = temp_new(o->mem, name, ELEM_INT, false);
    loop->lo = lo;
    loop->hi = hi;
    loop->most = most;
    loop->parts = true; /* it has its levels */
    return loop;
}

/* n entries from `first` on, in their order. */
static accumulator *join_entries(offloading *o, lstmt_list *out, const accumulator *like, buffer *const *from,
                                 lexpr *first, int n)
{
    accumulator *to = new_state(o, out, like);
    lstmt *loop = new_loop(o, out, "k", lexpr_int(o->mem, 0), lexpr_int(o->mem, n), n);
    join_entry(o, &loop->body, to, from, lexpr_bin(o->mem, OP_ADD, first, lexpr_temp(o->mem, loop->temp)));
    return to;
}

static void set_state(offloading *o, lstmt_list *out, const accumulator *a, const accumulator *from)
{
    for (int k = 0; k < parts_of(a); k++)
        lstmt_set(o->mem, out, part_temp(a, k), lexpr_temp(o->mem, part_temp(from, k)));
}

static void barrier(offloading *o, lstmt_list *out)
{
    lstmt_new(o->mem, out, LS_BARRIER);
}

static void store_state(offloading *o, lstmt_list *out, const accumulator *a, buffer *const *to, lexpr *at)
{
    for (int k = 0; k < parts_of(a); k++)
        store_entry(o, out, to[k], at, lexpr_temp(o->mem, part_temp(a, k)));
}

/* The states of all threads of the block, in each of them. */
static void join_threads(offloading *o, lstmt_list *out, const lstmt_list *accs)
{
    lexpr *thread = here(o, PLACE_THREAD);
    buffer *(*all)[2] = arena_array(o->mem, (size_t)accs->n, sizeof *all);
    buffer *(*firsts)[2] = arena_array(o->mem, (size_t)accs->n, sizeof *firsts);
    for (int i = 0; i < accs->n; i++)
        for (int k = 0; k < parts_of(accs->data[i]->acc); k++) {
            const temp *t = part_temp(accs->data[i]->acc, k);
            all[i][k] = new_shared(o, arena_printf(o->mem, "%s_threads", t->name), t->elem, THREADS);
            firsts[i][k] = new_shared(o, arena_printf(o->mem, "%s_firsts", t->name), t->elem, FAN);
            lstmt_new(o->mem, out, LS_ARRAY)->buffer = all[i][k];
            lstmt_new(o->mem, out, LS_ARRAY)->buffer = firsts[i][k];
        }
    for (int i = 0; i < accs->n; i++)
        store_state(o, out, accs->data[i]->acc, all[i], thread);
    barrier(o, out);
    lstmt *few = lstmt_new(o->mem, out, LS_IF);
    few->e = lexpr_bin(o->mem, OP_LT, thread, lexpr_int(o->mem, FAN));
    for (int i = 0; i < accs->n; i++) {
        lexpr *first = lexpr_bin(o->mem, OP_MUL, thread, lexpr_int(o->mem, FAN));
        accumulator *a = join_entries(o, &few->body, accs->data[i]->acc, all[i], first, FAN);
        store_state(o, &few->body, a, firsts[i], thread);
    }
    barrier(o, out);
    for (int i = 0; i < accs->n; i++) {
        accumulator *a = join_entries(o, out, accs->data[i]->acc, firsts[i], lexpr_int(o->mem, 0), FAN);
        set_state(o, out, accs->data[i]->acc, a);
    }
}

/* ---- splits ---- */

/* Memory for the k-th state of that type of every split. */
static buffer *parts_buffer(offloading *o, elem e, int k)
{
    buffer_parts *list = &o->parts[e];
    while (list->n <= k) {
        buffer *b = ARENA_NEW(o->mem, buffer);
        *b = (buffer){.kind = BUF_WORKSPACE,
                      .name = arena_printf(o->mem, "parts_%s_%d", elem_text(e), list->n),
                      .elem = e,
                      .rank = 1,
                      .slot = -1,
                      .first_use = 0,
                      .last_use = INT32_MAX};
        b->extents = ARENA_ARRAY(o->mem, const extent *, 1);
        b->extents[0] = extent_const(o->pool, MANY_BLOCKS);
        vec_push(o->mem, &o->f->buffers, b);
        vec_push(o->mem, list, b);
    }
    return list->data[k];
}

void note_tile_rows(offloading *o, const lexpr *count)
{
    if (count->kind != LX_SIZE)
        o->any_rows = true;
    else if (!o->tile_rows)
        o->tile_rows = count->extent;
    else if (o->tile_rows != count->extent)
        o->tile_rows = extent_add(o->tile_rows, count->extent);
}

/* As large as the splits of tiles can need: so many entries, but not more than every row has in the most splits. */
void size_parts(offloading *o)
{
    const extent *entries = NULL;
    if (o->any_rows)
        entries = extent_const(o->pool, SPLIT_ENTRIES);
    else if (o->tile_rows)
        entries = extent_name(o->pool, "ad_split_entries");
    if (!entries)
        return;
    if (!o->any_rows) {
        size_share s = {.name = "ad_split_entries", .least = MANY_BLOCKS, .one = extent_const(o->pool, 1)};
        s.all = extent_const(o->pool, SPLIT_ENTRIES);
        s.most = extent_add(extent_scale(o->tile_rows, MOST_SPLITS), extent_const(o->pool, MANY_BLOCKS));
        vec_push(o->mem, &o->f->shares, s);
    }
    for (int e = 0; e <= ELEM_BOOL; e++)
        for (int k = 0; k < o->parts[e].n; k++)
            o->parts[e].data[k]->extents[0] = entries;
}

/* Each accumulator's memory for what the splits give. */
static buffer *(*find_parts(offloading *o, const lstmt_list *accs, int each))[2]
{
    int used[ELEM_BOOL + 1] = {0};
    buffer *(*parts)[2] = arena_array(o->mem, (size_t)each, sizeof *parts);
    for (int i = 0; i < each; i++)
        for (int k = 0; k < parts_of(accs->data[i]->acc); k++) {
            elem e = part_temp(accs->data[i]->acc, k)->elem;
            parts[i][k] = parts_buffer(o, e, used[e]++);
        }
    return parts;
}

static lexpr *split_entry(offloading *o, lexpr *split, lexpr *entry_at, lexpr *entries)
{
    return lexpr_bin(o->mem, OP_ADD, lexpr_bin(o->mem, OP_MUL, split, entries), entry_at);
}

void join_splits(offloading *o, lstmt_list *out, const lstmt_list *accs, int n, lexpr *const *at, lexpr *const *stores,
                 lexpr *entries)
{
    lexpr *splits = here(o, PLACE_SPLITS);
    lstmt *several = lstmt_new(o->mem, out, LS_IF);
    several->e = lexpr_bin(o->mem, OP_LT, lexpr_int(o->mem, 1), splits);
    int each = accs->n / n;
    buffer *(*parts)[2] = find_parts(o, accs, each);
    for (int k = 0; k < n; k++) {
        lstmt *own = lstmt_new(o->mem, &several->body, LS_IF);
        own->e = stores[k];
        for (int i = 0; i < each; i++)
            store_state(o, &own->body, accs->data[k * each + i]->acc, parts[i],
                        split_entry(o, here(o, PLACE_SPLIT), at[k], entries));
    }
    lstmt_new(o->mem, &several->body, LS_LAST);
    for (int i = 0; i < accs->n; i++) {
        accumulator *a = new_state(o, &several->body, accs->data[i]->acc);
        lstmt *loop = new_loop(o, &several->body, "split", lexpr_int(o->mem, 0), splits, MOST_SPLITS);
        join_entry(o, &loop->body, a, parts[i % each],
                   split_entry(o, lexpr_temp(o->mem, loop->temp), at[i / each], entries));
        set_state(o, &several->body, accs->data[i]->acc, a);
    }
}

/* How many blocks share a sum, when there are so many without that. */
lexpr *count_splits(offloading *o, lexpr *blocks, lexpr *terms, int least)
{
    lexpr *one = lexpr_int(o->mem, 1);
    lexpr *room = lexpr_bin(o->mem, OP_IDIV, lexpr_int(o->mem, MANY_BLOCKS), lexpr_bin(o->mem, OP_MAX, one, blocks));
    lexpr *most = lexpr_bin(o->mem, OP_MIN, lexpr_int(o->mem, MOST_SPLITS), room);
    most = lexpr_bin(o->mem, OP_MIN, most, rounded_up(o, terms, least));
    return lexpr_bin(o->mem, OP_MAX, one, most);
}

/* The part of 0..terms that is this split's, as begin and end: multiples of `grain`. */
void let_split(offloading *o, lstmt_list *out, lexpr *terms, int grain, lexpr **begin, lexpr **end)
{
    lexpr *grains = rounded_up(o, terms, grain), *splits = here(o, PLACE_SPLITS);
    lexpr *up = lexpr_bin(o->mem, OP_SUB, lexpr_bin(o->mem, OP_ADD, grains, splits), lexpr_int(o->mem, 1));
    lexpr *length = lexpr_bin(o->mem, OP_MUL, lexpr_bin(o->mem, OP_IDIV, up, splits), lexpr_int(o->mem, grain));
    lexpr *part = lexpr_temp(o->mem, lstmt_let(o->mem, out, "part_length", length));
    lexpr *first = lexpr_bin(o->mem, OP_MUL, here(o, PLACE_SPLIT), part);
    *begin = lexpr_temp(o->mem, lstmt_let(o->mem, out, "part_begin", lexpr_bin(o->mem, OP_MIN, first, terms)));
    lexpr *last = lexpr_bin(o->mem, OP_MIN, lexpr_bin(o->mem, OP_ADD, *begin, part), terms);
    *end = lexpr_temp(o->mem, lstmt_let(o->mem, out, "part_end", last));
}

/* ---- kernels ---- */

void begin_parts(offloading *o, lstmt_list *out, lstmt_list *after, const lstmt_list *accs, map *parts)
{
    for (int i = 0; i < accs->n; i++) {
        accumulator *whole = accs->data[i]->acc;
        if (whole->op != OP_SUM || !elem_is_float(whole->elem) || whole->second)
            continue;
        accumulator *part = ARENA_NEW(o->mem, accumulator);
        *part = *whole;
        part->value = temp_new(o->mem, arena_printf(o->mem, "%s_part", whole->value->name), whole->value->elem, false);
        lstmt_new(o->mem, out, LS_ACC)->acc = part;
        lstmt *join = lstmt_new(o->mem, after, LS_JOIN);
        join->acc = whole;
        join->part = part;
        map_set(parts, whole->value, part->value);
    }
}

/* The loop, its passes one after the other to the threads of the block. */
static void emit_strided(offloading *o, lstmt_list *out, const lstmt *loop, const lstmt_list *accs)
{
    lexpr *begin, *end, *terms = passes_of(o, loop);
    let_split(o, out, terms, THREADS, &begin, &end);
    lexpr *rounds = lexpr_bin(o->mem, OP_IDIV, lexpr_bin(o->mem, OP_SUB, end, begin), lexpr_int(o->mem, THREADS));
    rounds =
        lexpr_temp(o->mem, lstmt_let(o->mem, out, "rounds", lexpr_bin(o->mem, OP_ADD, rounds, lexpr_int(o->mem, 1))));
    lstmt *levels = new_loop(o, out, "level", lexpr_int(o->mem, 0), rounds, 0);
    levels->step = LEVEL;
    lexpr *level = lexpr_temp(o->mem, levels->temp);
    lexpr *last = lexpr_bin(o->mem, OP_MIN, lexpr_bin(o->mem, OP_ADD, level, lexpr_int(o->mem, LEVEL)), rounds);
    lstmt_list after = {0};
    loops_copying parts;
    loops_copy_init(&parts, o->mem, o->f, "");
    begin_parts(o, &levels->body, &after, accs, &parts.temps);
    lstmt *strided = new_loop(o, &levels->body, "round", level, last, 0);
    for (int i = 0; i < after.n; i++)
        vec_push(o->mem, &levels->body, after.data[i]);
    lexpr *at = lexpr_bin(o->mem, OP_MUL, lexpr_temp(o->mem, strided->temp), lexpr_int(o->mem, THREADS));
    at = lexpr_bin(o->mem, OP_ADD, lexpr_bin(o->mem, OP_ADD, begin, at), here(o, PLACE_THREAD));
    at = lexpr_temp(o->mem, lstmt_let(o->mem, &strided->body, "term", at));
    lstmt *inside = lstmt_new(o->mem, &strided->body, LS_IF);
    inside->e = lexpr_bin(o->mem, OP_LT, at, end);
    lstmt *index = lstmt_new(o->mem, &inside->body, LS_LET);
    index->temp = loop->temp;
    bool from_zero = loop->lo->kind == LX_CONST && loop->lo->integer == 0;
    index->e = from_zero ? at : lexpr_bin(o->mem, OP_ADD, loop->lo, at);
    for (int i = 0; i < loop->body.n; i++)
        vec_push(o->mem, &inside->body, loops_copy(&parts, loop->body.data[i]));
}

static lexpr *is_first_thread(offloading *o)
{
    return lexpr_bin(o->mem, OP_EQ, here(o, PLACE_THREAD), lexpr_int(o->mem, 0));
}

static lstmt *first_thread(offloading *o, lstmt_list *out)
{
    lstmt *s = lstmt_new(o->mem, out, LS_IF);
    s->e = is_first_thread(o);
    return s;
}

void push_sums(offloading *o, lstmt *loop, const lstmt_list *accs)
{
    lstmt *k = new_kernel(o, lexpr_int(o->mem, 1), THREADS);
    lexpr *zero = lexpr_int(o->mem, 0);
    k->hi = count_splits(o, lexpr_int(o->mem, 1), passes_of(o, loop), TERMS);
    hoisting h;
    begin_hoisting(&h, o, &k->body);
    lstmt_list one = {0};
    vec_push(o->mem, &one, loop);
    hoist_cells(&h, &one);
    for (int i = 0; i < accs->n; i++)
        vec_push(o->mem, &k->body, accs->data[i]);
    emit_strided(o, &k->body, loop, accs);
    join_threads(o, &k->body, accs);
    lexpr *stores = is_first_thread(o);
    join_splits(o, &k->body, accs, 1, &zero, &stores, lexpr_int(o->mem, 1));
    lstmt *first = first_thread(o, &k->body);
    finish_states(o, &first->body, accs);
}

void push_few_rows(offloading *o, const points *p, lstmt *sum)
{
    lstmt *k = new_kernel(o, p->count, THREADS);
    k->hi = count_splits(o, p->count, passes_of(o, sum), TERMS);
    hoisting h;
    begin_hoisting(&h, o, &k->body);
    hoist_cells(&h, &p->body);
    lexpr *row = lexpr_temp(o->mem, lstmt_let(o->mem, &k->body, "point", here(o, PLACE_BLOCK)));
    let_indices(o, &k->body, p, row);
    lstmt_list accs = {0};
    int at = 0;
    for (; p->body.data[at] != sum; at++) {
        vec_push(o->mem, &k->body, p->body.data[at]);
        if (p->body.data[at]->kind == LS_ACC)
            vec_push(o->mem, &accs, p->body.data[at]);
    }
    emit_strided(o, &k->body, sum, &accs);
    join_threads(o, &k->body, &accs);
    lexpr *stores = is_first_thread(o);
    join_splits(o, &k->body, &accs, 1, &row, &stores, p->count);
    lstmt *first = first_thread(o, &k->body);
    for (at++; at < p->body.n; at++)
        vec_push(o->mem, &first->body, p->body.data[at]);
}

/* ---- sums of rows that have sums ---- */

/* Additions to the accumulators become stores, one entry for each pass. */
static void store_terms(offloading *o, lstmt_list *body, const accumulator *a, buffer *terms, const lstmt *loop)
{
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        store_terms(o, &s->body, a, terms, loop);
        store_terms(o, &s->other, a, terms, loop);
        if (s->kind != LS_ADD || s->acc->value != a->value)
            continue;
        lstmt *store = ARENA_NEW(o->mem, lstmt);
        *store = (lstmt){.kind = LS_STORE, .buffer = terms, .e = s->e, .nsubs = 1};
        store->subs = ARENA_ARRAY(o->mem, lexpr *, 1);
        store->subs[0] = lexpr_temp(o->mem, loop->temp);
        body->data[i] = store;
    }
}

static const lstmt *find_addition(const lstmt_list *body, const accumulator *a)
{
    for (int i = 0; i < body->n; i++)
        if (body->data[i]->kind == LS_ADD && body->data[i]->acc->value == a->value)
            return body->data[i];
    return NULL;
}

static buffer *terms_buffer(offloading *o, const lstmt *loop, elem e, const char *name)
{
    buffer *b = ARENA_NEW(o->mem, buffer);
    *b = (buffer){
        .kind = BUF_WORKSPACE, .name = arena_printf(o->mem, "%s_of_rows", name), .elem = e, .rank = 1, .slot = -1};
    b->first_use = 0;
    b->last_use = INT32_MAX;
    b->extents = ARENA_ARRAY(o->mem, const extent *, 1);
    b->extents[0] = loop->hi->kind == LX_SIZE ? loop->hi->extent : extent_const(o->pool, loop->hi->integer);
    vec_push(o->mem, &o->f->buffers, b);
    return b;
}

/* The rows' terms can be stored: one each, added in every pass. */
static bool has_plain_terms(const lstmt *loop, const lstmt_list *accs)
{
    bool sized = loop->lo->kind == LX_CONST && loop->lo->integer == 0 &&
                 (loop->hi->kind == LX_SIZE || loop->hi->kind == LX_CONST);
    for (int i = 0; i < accs->n && sized; i++)
        sized = find_addition(&loop->body, accs->data[i]->acc) != NULL;
    return sized;
}

void push_rows_then_sums(offloading *o, lstmt *loop, const lstmt_list *accs)
{
    if (!has_plain_terms(loop, accs)) {
        push_sums(o, loop, accs);
        return;
    }
    lstmt *sums = ARENA_NEW(o->mem, lstmt);
    *sums = *loop;
    sums->body = (lstmt_list){0};
    sums->temp = temp_new(o->mem, loop->temp->name, ELEM_INT, false);
    lexpr *at = lexpr_temp(o->mem, sums->temp);
    for (int i = 0; i < accs->n; i++) {
        const accumulator *a = accs->data[i]->acc;
        const lstmt *add = find_addition(&loop->body, a);
        buffer *terms = terms_buffer(o, loop, add->e->elem, a->value->name), *filter = NULL;
        lstmt *sum = lstmt_new(o->mem, &sums->body, LS_ADD);
        sum->acc = (accumulator *)a;
        sum->e = entry(o, terms, at);
        sum->lo = add->lo ? at : NULL;
        if (add->filter) {
            filter = terms_buffer(o, loop, ELEM_BOOL, a->value->name);
            sum->filter = entry(o, filter, at);
            store_entry(o, &loop->body, filter, lexpr_temp(o->mem, loop->temp), add->filter);
        }
        store_terms(o, &loop->body, a, terms, loop);
    }
    push_rows(o, loop);
    push_sums(o, sums, accs);
}
