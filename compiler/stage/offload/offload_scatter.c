/* Scatters: x[k[e], d] += v[e, d] for all e, whatever k holds.
 *
 * Reads a loop nest around one addition to an entry of a buffer; writes kernels with a thread for each entry, which
 * adds up the terms of its row in their order: the same sums as one thread would make, without atomic additions. Which
 * terms those are, sorting the rows of all terms tells (offload_sort.c). A row of many terms has parts of CHUNK terms,
 * at fixed places, that other threads have added up before. */
#include "stage/offload/offload_scatter.h"

#include <string.h>

#include "form/loops_copy.h"

enum { CHUNK = 128, MOST_NODES = 200 };

/* ---- finding ---- */

static char mark;

static void note_declared(scatter *x, const lstmt *s)
{
    if (s->kind == LS_LET || s->kind == LS_VAR || s->kind == LS_FOR)
        map_set(&x->declared, s->temp, &mark);
    if (s->kind == LS_ACC) {
        map_set(&x->declared, s->acc->value, &mark);
        if (s->acc->second)
            map_set(&x->declared, s->acc->second, &mark);
    }
    if (s->kind == LS_ARRAY)
        map_set(&x->declared, s->buffer, &mark);
    for (int i = 0; i < s->body.n; i++)
        note_declared(x, s->body.data[i]);
    for (int i = 0; i < s->other.n; i++)
        note_declared(x, s->other.data[i]);
}

/* All that it changes is declared in the nest. */
static bool is_value(const scatter *x, const lstmt *s)
{
    bool other = s->kind == LS_CALL || s->kind == LS_FAIL || s->kind == LS_SWAP || s->kind == LS_KERNEL;
    bool outside = (s->kind == LS_SET && !map_get(&x->declared, s->temp)) ||
                   (s->acc && !map_get(&x->declared, s->acc->value)) ||
                   (s->buffer && !map_get(&x->declared, s->buffer));
    if (other || outside)
        return false;
    for (int i = 0; i < s->body.n; i++)
        if (!is_value(x, s->body.data[i]))
            return false;
    for (int i = 0; i < s->other.n; i++)
        if (!is_value(x, s->other.data[i]))
            return false;
    return true;
}

static const lstmt *last_of(const lstmt *s)
{
    return s->body.n > 0 ? s->body.data[s->body.n - 1] : NULL;
}

/* From the nest to its addition; what stands before each part of the way are values. */
static bool find_path(scatter *x, lstmt *s)
{
    note_declared(x, s);
    while (s && (s->kind == LS_FOR || s->kind == LS_IF)) {
        bool plain = s->kind == LS_FOR ? !s->e && !s->step : s->other.n == 0;
        for (int i = 0; i + 1 < s->body.n && plain; i++) {
            plain = is_value(x, s->body.data[i]);
            if (s->body.data[i]->kind == LS_LET)
                map_set(&x->lets, s->body.data[i]->temp, s->body.data[i]);
        }
        if (!plain)
            return false;
        vec_push(x->o->mem, &x->path, s);
        s = (lstmt *)last_of(s);
    }
    x->add = s;
    bool adds = s && s->kind == LS_STORE && s->accumulate && s->buffer->rank > 0 && x->path.n > 0;
    return adds && !map_get(&x->declared, s->buffer);
}

const extent *loop_range(const offloading *o, const lstmt *loop)
{
    bool known = loop->lo->kind == LX_CONST && loop->lo->integer == 0;
    if (known && loop->hi->kind == LX_CONST)
        return extent_const(o->pool, loop->hi->integer);
    return known && loop->hi->kind == LX_SIZE ? loop->hi->extent : NULL;
}

/* The number that the size is in this version of the function, or in all calls. */
static const extent *fixed_size_of(const char *name, void *data)
{
    const offloading *o = data;
    for (int i = 0; i < o->f->fixed.n; i++)
        if (!strcmp(o->f->fixed.data[i].name, name))
            return extent_const(o->pool, o->f->fixed.data[i].value);
    for (int i = 0; i < o->f->checks.n; i++) {
        const size_check *c = &o->f->checks.data[i];
        const extent *is = c->equality ? extent_sub(extent_name(o->pool, name), c->value) : NULL;
        if (is && extent_is_const(is, NULL))
            return is;
    }
    return NULL;
}

static bool is_same_size(const scatter *x, const extent *a, const extent *b)
{
    return a && extent_subst(a, fixed_size_of, x->o) == extent_subst(b, fixed_size_of, x->o);
}

static bool mentions(const scatter *x, const lexpr *e, const temp *t)
{
    if (e->kind == LX_TEMP) {
        const lstmt *let = map_get(&x->lets, e->temp);
        return e->temp == t || (let && mentions(x, let->e, t));
    }
    for (int i = 0; i < e->nargs; i++)
        if (mentions(x, e->args[i], t))
            return true;
    return false;
}

bool is_index_of(const scatter *x, int axis, const lstmt *loop)
{
    const lexpr *sub = x->add->subs[axis];
    if (loop->kind != LS_FOR || sub->kind != LX_TEMP || sub->temp != loop->temp)
        return false;
    for (int k = 0; k < x->add->nsubs; k++)
        if (k != axis && mentions(x, x->add->subs[k], loop->temp))
            return false;
    return true;
}

/* The loop over all of the axis whose index the subscript is, and no other subscript's. */
static lstmt *free_loop(const scatter *x, int axis)
{
    for (int i = 0; i < x->path.n; i++) {
        lstmt *s = x->path.data[i];
        if (is_index_of(x, axis, s) && is_same_size(x, loop_range(x->o, s), x->add->buffer->extents[axis]))
            return s;
    }
    return NULL;
}

static bool is_in_range(const scatter *x, const lexpr *sub, const extent *n)
{
    int64_t size;
    bool known = extent_is_const(extent_subst(n, fixed_size_of, x->o), &size);
    return sub->kind == LX_CONST && sub->integer >= 0 && known && sub->integer < size;
}

static bool is_free(const scatter *x, const lstmt *loop)
{
    for (int i = 0; i < x->frees.n; i++)
        if (x->frees.data[i] == loop)
            return true;
    return false;
}

/* Which loops and subscripts are what. */
static bool find_roles(scatter *x)
{
    x->roles = ARENA_ARRAY(x->o->mem, role, x->add->nsubs + 1);
    for (int k = 0; k < x->add->nsubs; k++) {
        lstmt *loop = free_loop(x, k);
        x->roles[k] = loop                                                          ? ROLE_FREE
                      : is_in_range(x, x->add->subs[k], x->add->buffer->extents[k]) ? ROLE_CONST
                                                                                    : ROLE_ROW;
        if (loop)
            vec_push(x->o->mem, &x->frees, loop);
    }
    x->rows.terms = extent_const(x->o->pool, 1);
    for (int i = 0; i < x->path.n; i++) {
        lstmt *s = x->path.data[i];
        if (s->kind != LS_FOR || is_free(x, s))
            continue;
        const extent *range = loop_range(x->o, s);
        if (!range)
            return false;
        vec_push(x->o->mem, &x->terms, s);
        vec_push(x->o->mem, &x->rows.ranges, range);
        x->rows.terms = extent_mul(x->rows.terms, range);
    }
    return x->terms.n > 0;
}

/* ---- the row of a term ---- */

typedef struct insertion {
    scatter *x;
    int nodes;
    bool fixed;
} insertion;

static lexpr *inserted(insertion *n, const lexpr *e);

static lexpr *inserted_temp(insertion *n, const lexpr *e)
{
    scatter *x = n->x;
    for (int i = 0; i < x->terms.n; i++)
        if (x->terms.data[i]->temp == e->temp)
            return lexpr_temp(x->o->mem, term_index(x->o, i));
    const lstmt *let = map_get(&x->lets, e->temp);
    if (let)
        return inserted(n, let->e);
    n->fixed = false;
    return map_get(&x->declared, e->temp) ? NULL : lexpr_temp(x->o->mem, e->temp);
}

/* e in indices of the terms and what is declared outside; NULL: it is not that, or too long. */
static lexpr *inserted(insertion *n, const lexpr *e)
{
    scatter *x = n->x;
    if (++n->nodes > MOST_NODES || e->kind == LX_PLACE || (e->kind == LX_LOAD && map_get(&x->declared, e->buffer)))
        return NULL;
    if (e->kind == LX_TEMP)
        return inserted_temp(n, e);
    n->fixed &= e->kind != LX_LOAD || e->buffer->kind == BUF_INPUT || map_get(&x->o->first_made, e->buffer);
    lexpr *copy = lexpr_new(x->o->mem, *e);
    copy->guarded |= e->kind == LX_LOAD && e->nargs > 0; /* it comes before the checks of the data */
    for (int i = 0; i < e->nargs; i++) {
        copy->args[i] = inserted(n, e->args[i]);
        if (!copy->args[i])
            return NULL;
    }
    return copy;
}

static lexpr *both(arena *mem, lexpr *a, lexpr *b)
{
    return a ? lexpr_bin(mem, OP_AND, a, b) : b;
}

/* Conditions around the addition that do not depend on free indices; the others each thread looks at. */
static lexpr *condition_of_term(insertion *n)
{
    lexpr *all = NULL;
    for (int i = 0; i < n->x->path.n; i++) {
        const lstmt *s = n->x->path.data[i];
        insertion alone = *n;
        lexpr *e = s->kind == LS_IF ? inserted(&alone, s->e) : NULL;
        if (e) {
            all = both(n->x->o->mem, all, e);
            *n = alone;
        }
    }
    return all;
}

/* The row's number, as that of an entry of the axes that are computed from the term. */
static bool find_row(scatter *x)
{
    arena *mem = x->o->mem;
    insertion n = {.x = x, .fixed = true};
    lexpr *row = NULL, *inside = condition_of_term(&n);
    x->rows.rows = extent_const(x->o->pool, 1);
    for (int k = 0; k < x->add->nsubs; k++) {
        if (x->roles[k] != ROLE_ROW)
            continue;
        const extent *size = x->add->buffer->extents[k];
        lexpr *sub = inserted(&n, x->add->subs[k]), *length = lexpr_size(mem, size);
        if (!sub)
            return false;
        inside = both(mem, inside, lexpr_bin(mem, OP_LE, lexpr_int(mem, 0), sub));
        inside = lexpr_bin(mem, OP_AND, inside, lexpr_bin(mem, OP_LT, sub, length));
        row = row ? lexpr_bin(mem, OP_ADD, lexpr_bin(mem, OP_MUL, row, length), sub) : sub;
        x->rows.rows = extent_mul(x->rows.rows, size);
    }
    row = row ? row : lexpr_int(mem, 0);
    x->rows.row = inside ? lexpr_select(mem, inside, row, lexpr_size(mem, x->rows.rows)) : row;
    x->rows.fixed = n.fixed;
    return true;
}

static bool is_read(const lexpr *e, const buffer *b)
{
    if (e && e->kind == LX_LOAD && e->buffer == b)
        return true;
    for (int i = 0; e && i < e->nargs; i++)
        if (is_read(e->args[i], b))
            return true;
    return false;
}

/* The target's memory is read, or a thread's own is used, which threads of other entries do not have. */
static bool is_entangled(const lstmt *s, const buffer *target)
{
    bool found = is_read(s->e, target) || is_read(s->lo, target) || is_read(s->hi, target) ||
                 is_read(s->filter, target) || (s->buffer && s->buffer != target && s->buffer->kind == BUF_SCRATCH);
    for (int i = 0; i < s->nsubs && !found; i++)
        found = is_read(s->subs[i], target);
    for (int i = 0; i < s->body.n && !found; i++)
        found = is_entangled(s->body.data[i], target);
    for (int i = 0; i < s->other.n && !found; i++)
        found = is_entangled(s->other.data[i], target);
    return found;
}

scatter *read_scatter(const offloading *o, const lstmt *s)
{
    scatter *x = ARENA_NEW(o->mem, scatter);
    *x = (scatter){.o = (offloading *)o};
    map_init(&x->lets, o->mem);
    map_init(&x->declared, o->mem);
    bool found = s->kind == LS_FOR && find_path(x, (lstmt *)s);
    return found && !is_entangled(s, x->add->buffer) ? x : NULL;
}

static scatter *find_scatter(const offloading *o, const lstmt *s)
{
    scatter *x = read_scatter(o, s);
    return x && find_roles(x) && find_row(x) ? x : NULL;
}

bool is_scatter(const offloading *o, const lstmt *s)
{
    return find_scatter(o, s) || is_ranged_scatter(o, s);
}

/* ---- kernels ---- */

typedef struct summing {
    scatter *x;
    const sorting *w;
    loops_copying copy;
    points entries; /* of the kernel: rows, or chunks, and free axes */
    lexpr *first;   /* index of the row or chunk */
    temp *total;
} summing;

static lstmt *new_loop(const scatter *x, const char *name, lexpr *lo, lexpr *hi)
{
    lstmt *loop = ARENA_NEW(x->o->mem, lstmt);
    *loop = (lstmt){.kind = LS_FOR, .lo = lo, .hi = hi, .temp = temp_new(x->o->mem, name, ELEM_INT, false)};
    loop->parts = true;
    return loop;
}

static lexpr *load_at(const scatter *x, buffer *b, int n, lexpr **subs)
{
    return lexpr_new(x->o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = n, .args = subs});
}

static void store_at(const scatter *x, lstmt_list *out, buffer *b, int n, lexpr **subs, lexpr *e)
{
    lstmt *s = lstmt_new(x->o->mem, out, LS_STORE);
    s->buffer = b;
    s->nsubs = n;
    s->subs = subs;
    s->e = e;
}

/* A kernel for so many rows or chunks, and all entries of the free axes. */
static void begin_summing(summing *g, scatter *x, const sorting *w, const char *name, const extent *n)
{
    arena *mem = x->o->mem;
    *g = (summing){.x = x, .w = w};
    loops_copy_init(&g->copy, mem, x->o->f, "");
    lstmt *outer = new_loop(x, name, lexpr_int(mem, 0), lexpr_size(mem, n));
    vec_push(mem, &g->entries.loops, outer);
    g->first = lexpr_temp(mem, outer->temp);
    g->entries.count = outer->hi;
    for (int i = 0; i < x->frees.n; i++) {
        lstmt *loop = new_loop(x, x->frees.data[i]->temp->name, x->frees.data[i]->lo, x->frees.data[i]->hi);
        vec_push(mem, &g->entries.loops, loop);
        map_set(&g->copy.temps, x->frees.data[i]->temp, loop->temp);
        g->entries.count = lexpr_bin(mem, OP_MUL, g->entries.count, loop->hi);
    }
    g->total = temp_new(mem, "total", x->add->buffer->elem, false);
}

static void copy_path(summing *g, lstmt_list *out, int at)
{
    scatter *x = g->x;
    if (at == x->path.n) {
        lexpr *term = loops_copy_expr(&g->copy, x->add->e);
        lstmt_set(x->o->mem, out, g->total, lexpr_bin(x->o->mem, OP_ADD, lexpr_temp(x->o->mem, g->total), term));
        return;
    }
    const lstmt *s = x->path.data[at];
    if (s->kind == LS_IF) {
        lstmt *copy = lstmt_new(x->o->mem, out, LS_IF);
        copy->e = loops_copy_expr(&g->copy, s->e);
        out = &copy->body;
    }
    for (int i = 0; i + 1 < s->body.n; i++)
        vec_push(x->o->mem, out, loops_copy(&g->copy, s->body.data[i]));
    copy_path(g, out, at + 1);
}

/* total += the terms of these places in the order by rows. */
static void add_terms(summing *g, lstmt_list *out, lexpr *from, lexpr *to)
{
    scatter *x = g->x;
    arena *mem = x->o->mem;
    lstmt *loop = new_loop(x, "place", from, to);
    lexpr *place = lexpr_temp(mem, loop->temp);
    points terms = {0};
    for (int i = 0; i < x->terms.n; i++) {
        lstmt *own = new_loop(x, x->terms.data[i]->temp->name, x->terms.data[i]->lo, x->terms.data[i]->hi);
        vec_push(mem, &terms.loops, own);
        map_set(&g->copy.temps, x->terms.data[i]->temp, own->temp);
    }
    lexpr *number = lexpr_temp(mem, lstmt_let(mem, &loop->body, "number", load_at(x, g->w->order, 1, &place)));
    let_indices(x->o, &loop->body, &terms, number);
    copy_path(g, &loop->body, 0);
    vec_push(mem, out, loop);
}

/* Subscripts of the chunks' sums: the chunk, the free indices. */
static lexpr **chunk_entry(const summing *g, lexpr *chunk)
{
    lexpr **subs = ARENA_ARRAY(g->x->o->mem, lexpr *, g->entries.loops.n);
    subs[0] = chunk;
    for (int i = 1; i < g->entries.loops.n; i++)
        subs[i] = lexpr_temp(g->x->o->mem, g->entries.loops.data[i]->temp);
    return subs;
}

/* The sums of the chunks that lie in one row each. */
static void push_chunks(scatter *x, const sorting *w, buffer *sums)
{
    arena *mem = x->o->mem;
    summing g;
    begin_summing(&g, x, w, "chunk", sums->extents[0]);
    lstmt_list *out = &g.entries.body;
    lexpr *from = lexpr_bin(mem, OP_MUL, g.first, lexpr_int(mem, CHUNK));
    from = lexpr_temp(mem, lstmt_let(mem, out, "from", from));
    lexpr *to = lexpr_bin(mem, OP_ADD, from, lexpr_int(mem, CHUNK)), *rows[2];
    for (int i = 0; i < 2; i++) {
        lexpr *place = i ? lexpr_bin(mem, OP_SUB, to, lexpr_int(mem, 1)) : from;
        lexpr *term = load_at(x, w->order, 1, &place);
        rows[i] = lexpr_temp(mem, lstmt_let(mem, out, "row", load_at(x, w->keys, 1, &term)));
    }
    lstmt *one = lstmt_new(mem, out, LS_IF);
    one->e = lexpr_bin(mem, OP_AND, lexpr_bin(mem, OP_EQ, rows[0], rows[1]),
                       lexpr_bin(mem, OP_LT, rows[0], lexpr_size(mem, w->rows)));
    lstmt_var(mem, &one->body, g.total, lexpr_const(mem, sums->elem, 0));
    add_terms(&g, &one->body, from, to);
    store_at(x, &one->body, sums, sums->rank, chunk_entry(&g, g.first), lexpr_temp(mem, g.total));
    push_points(x->o, &g.entries);
}

/* Subscripts of the entry of the target. */
static lexpr **target_entry(const summing *g)
{
    const scatter *x = g->x;
    arena *mem = x->o->mem;
    lexpr **subs = ARENA_ARRAY(mem, lexpr *, x->add->nsubs + 1), *row = g->first;
    int axes = 0;
    for (int k = 0; k < x->add->nsubs; k++)
        axes += x->roles[k] == ROLE_ROW;
    for (int k = x->add->nsubs - 1; k >= 0; k--) {
        lexpr *size = lexpr_size(mem, x->add->buffer->extents[k]);
        if (x->roles[k] != ROLE_ROW) {
            subs[k] = loops_copy_expr(&g->copy, x->add->subs[k]);
            continue;
        }
        axes--;
        subs[k] = axes ? lexpr_bin(mem, OP_IMOD, row, size) : row;
        row = lexpr_bin(mem, OP_IDIV, row, size);
    }
    return subs;
}

/* Terms up to the first whole chunk, the sums of the chunks, the other terms: the loop of two passes has their code
 * once. */
static void add_row(summing *g, lstmt_list *out, buffer *sums)
{
    scatter *x = g->x;
    arena *mem = x->o->mem;
    lexpr *zero = lexpr_int(mem, 0), *one = lexpr_int(mem, 1), *chunk = lexpr_int(mem, CHUNK);
    lexpr *next = lexpr_bin(mem, OP_ADD, g->first, one);
    lexpr *begin = lexpr_temp(mem, lstmt_let(mem, out, "begin", load_at(x, g->w->starts, 1, &g->first)));
    lexpr *end = lexpr_temp(mem, lstmt_let(mem, out, "end", load_at(x, g->w->starts, 1, &next)));
    lexpr *first = lexpr_temp(mem, lstmt_let(mem, out, "first", rounded_up(x->o, begin, CHUNK)));
    lexpr *last = lexpr_temp(mem, lstmt_let(mem, out, "last", lexpr_bin(mem, OP_IDIV, end, chunk)));
    lexpr *whole = lexpr_temp(mem, lstmt_let(mem, out, "whole", lexpr_bin(mem, OP_LT, first, last)));
    lstmt *parts = new_loop(x, "part", zero, lexpr_int(mem, 2));
    parts->most = 2;
    lexpr *is_first = lexpr_bin(mem, OP_EQ, lexpr_temp(mem, parts->temp), zero);
    lexpr *before = lexpr_select(mem, whole, lexpr_bin(mem, OP_MUL, first, chunk), end);
    lexpr *behind = lexpr_select(mem, whole, lexpr_bin(mem, OP_MUL, last, chunk), end);
    lexpr *from = lexpr_select(mem, is_first, begin, behind), *to = lexpr_select(mem, is_first, before, end);
    from = lexpr_temp(mem, lstmt_let(mem, &parts->body, "from", from));
    add_terms(g, &parts->body, from, lexpr_temp(mem, lstmt_let(mem, &parts->body, "to", to)));
    lstmt *chunks = new_loop(x, "chunk", first, lexpr_select(mem, is_first, last, first));
    lexpr *sum = load_at(x, sums, sums->rank, chunk_entry(g, lexpr_temp(mem, chunks->temp)));
    lstmt_set(mem, &chunks->body, g->total, lexpr_bin(mem, OP_ADD, lexpr_temp(mem, g->total), sum));
    vec_push(mem, &parts->body, chunks);
    vec_push(mem, out, parts);
}

/* A thread for each entry. */
static void push_entries(scatter *x, const sorting *w, buffer *sums)
{
    arena *mem = x->o->mem;
    summing g;
    begin_summing(&g, x, w, "row", w->rows);
    lstmt_list *out = &g.entries.body;
    lexpr **subs = target_entry(&g);
    lstmt_var(mem, out, g.total, load_at(x, x->add->buffer, x->add->nsubs, subs));
    add_row(&g, out, sums);
    store_at(x, out, x->add->buffer, x->add->nsubs, subs, lexpr_temp(mem, g.total));
    push_points(x->o, &g.entries);
}

/* The chunks' sums, which are read before those of the next scatter are stored. */
static buffer *find_sums(scatter *x, const sorting *w)
{
    offloading *o = x->o;
    const extent **extents = ARENA_ARRAY(o->mem, const extent *, x->frees.n + 1);
    extents[0] = share_of(o, w->terms, CHUNK);
    for (int i = 0; i < x->frees.n; i++)
        extents[i + 1] = loop_range(x->o, x->frees.data[i]);
    for (int i = 0; i < o->chunk_sums.n; i++) {
        buffer *b = o->chunk_sums.data[i];
        bool fits = b->elem == x->add->buffer->elem && b->rank == x->frees.n + 1;
        for (int k = 0; fits && k < b->rank; k++)
            fits = b->extents[k] == extents[k];
        if (fits)
            return b;
    }
    buffer *b = new_memory(o, "chunk_sums", x->add->buffer->elem, x->frees.n + 1, extents);
    vec_push(o->mem, &o->chunk_sums, b);
    return b;
}

static void push_sorted(offloading *o, lstmt *s)
{
    scatter *x = find_scatter(o, with_stored_values(o, s));
    const char *comment = o->comment;
    const sorting *w = sorted(o, &x->rows);
    buffer *sums = find_sums(x, w);
    o->comment = comment;
    push_chunks(x, w, sums);
    o->comment = comment;
    push_entries(x, w, sums);
}

void push_scatter(offloading *o, lstmt *s)
{
    flush_serial(o);
    if (find_scatter(o, s))
        push_sorted(o, s);
    else
        push_ranged_scatter(o, s);
}
