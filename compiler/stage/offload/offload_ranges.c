/* Scatters whose terms lie in ranges that data decide: y[col[e]] += v[i, e] for e in row[i]..row[i+1].
 *
 * How many terms there are no size tells; but where the ranges follow each other, as those of a sparse matrix do, each
 * e has one i at most, its owner. A kernel looks for it, and what remains is a scatter of all e that there are
 * (offload_scatter.c). Whether the ranges are so is only known on the GPU: otherwise other kernels do the work, with a
 * thread for each value of the subscripts that are plainly the index of a loop, which makes the other loops itself;
 * where there are no such subscripts, all is done by one thread. */
#include "form/loops_copy.h"
#include "stage/offload/offload_scatter.h"

enum { SEARCH_STEPS = 64 };

static char mark;

/* ---- threads for plain subscripts ---- */

static bool is_own(const scatter *x, const lstmt *loop)
{
    for (int k = 0; k < x->add->nsubs; k++)
        if (is_index_of(x, k, loop))
            return true;
    return false;
}

static bool has_own_loops(const scatter *x)
{
    for (int i = 0; i < x->path.n; i++)
        if (is_own(x, x->path.data[i]))
            return true;
    return false;
}

static lexpr *is_between(arena *mem, lexpr *lo, lexpr *e, lexpr *hi)
{
    return lexpr_bin(mem, OP_AND, lexpr_bin(mem, OP_LE, lo, e), lexpr_bin(mem, OP_LT, e, hi));
}

/* The points' loops are conditions on their indices. */
static void copy_way(const scatter *x, loops_copying *c, lstmt_list *out, int at)
{
    arena *mem = x->o->mem;
    if (at == x->path.n) {
        vec_push(mem, out, loops_copy(c, x->add));
        return;
    }
    const lstmt *s = x->path.data[at];
    lstmt *copy = lstmt_new(mem, out, LS_IF);
    if (is_own(x, s)) {
        lexpr *lo = loops_copy_expr(c, s->lo), *hi = loops_copy_expr(c, s->hi);
        copy->e = is_between(mem, lo, lexpr_temp(mem, loops_copy_temp(c, s->temp)), hi);
    } else if (s->kind == LS_IF) {
        copy->e = loops_copy_expr(c, s->e);
    } else {
        *copy = (lstmt){.kind = LS_FOR, .lo = loops_copy_expr(c, s->lo), .hi = loops_copy_expr(c, s->hi)};
        copy->temp = temp_new(mem, s->temp->name, ELEM_INT, false);
        map_set(&c->temps, s->temp, copy->temp);
    }
    for (int i = 0; i + 1 < s->body.n; i++)
        vec_push(mem, &copy->body, loops_copy(c, s->body.data[i]));
    copy_way(x, c, &copy->body, at + 1);
}

static void push_own_entries(offloading *o, lstmt *s)
{
    const scatter *x = read_scatter(o, s);
    loops_copying c;
    points p = {.count = lexpr_int(o->mem, 1)};
    loops_copy_init(&c, o->mem, o->f, "");
    for (int k = 0; k < x->add->nsubs; k++)
        for (int i = 0; i < x->path.n; i++) {
            const lstmt *own = x->path.data[i];
            if (!is_index_of(x, k, own))
                continue;
            lstmt *loop = loop_to(o, own->temp->name, x->add->buffer->extents[k]);
            map_set(&c.temps, own->temp, loop->temp);
            p.count = p.loops.n ? lexpr_bin(o->mem, OP_MUL, p.count, loop->hi) : loop->hi;
            vec_push(o->mem, &p.loops, loop);
        }
    copy_way(x, &c, &p.body, 0);
    push_points(o, &p);
}

static void push_without_order(offloading *o, lstmt *s)
{
    flush_serial(o);
    if (has_own_loops(read_scatter(o, s)))
        push_own_entries(o, s);
    else
        push_serial_sums(o, s);
    flush_serial(o);
}

/* ---- ranges and their owners ---- */

typedef struct ranging {
    offloading *o;
    scatter *x;
    const lstmt *ranged; /* the outermost loop whose number of passes is no size */
    const lstmt *owner;  /* the loop around it that its range depends on; NULL: none */
    owned_ranges r;
} ranging;

/* e, what it mentions of the nest being indices of the loops only; NULL: it is more than that. */
static lexpr *in_indices(ranging *g, const lexpr *e)
{
    const scatter *x = g->x;
    if (e->kind == LX_PLACE || (e->kind == LX_LOAD && map_get(&x->declared, e->buffer)))
        return NULL;
    if (e->kind == LX_TEMP) {
        const lstmt *let = map_get(&x->lets, e->temp);
        if (let)
            return in_indices(g, let->e);
        for (int i = 0; i < x->path.n; i++) {
            const lstmt *s = x->path.data[i];
            if (s->kind != LS_FOR || s->temp != e->temp)
                continue;
            bool other = (g->owner && g->owner != s) || !loop_range(g->o, s);
            g->owner = s;
            return other ? NULL : lexpr_temp(g->o->mem, term_index(g->o, 0));
        }
        g->r.fixed = false;
        return map_get(&x->declared, e->temp) ? NULL : lexpr_temp(g->o->mem, e->temp);
    }
    bool is_input = e->kind != LX_LOAD || e->buffer->kind == BUF_INPUT || map_get(&g->o->first_made, e->buffer);
    g->r.fixed &= is_input;
    lexpr *copy = lexpr_new(g->o->mem, *e);
    copy->guarded |= e->kind == LX_LOAD && e->nargs > 0;
    for (int i = 0; i < e->nargs; i++) {
        copy->args[i] = in_indices(g, e->args[i]);
        if (!copy->args[i])
            return NULL;
    }
    return copy;
}

/* The extent of what is read at the index itself. */
static const extent *extent_read_at(const lexpr *e, const temp *index)
{
    const extent *found = NULL;
    for (int i = 0; e && i < e->nargs && !found; i++) {
        bool here = e->kind == LX_LOAD && e->args[i]->kind == LX_TEMP && e->args[i]->temp == index;
        found = here ? e->buffer->extents[i] : extent_read_at(e->args[i], index);
    }
    return found;
}

static const extent *extent_read_in(const lstmt *s, const temp *index)
{
    const lexpr *const all[] = {s->e, s->lo, s->hi, s->filter};
    const extent *found = NULL;
    for (int i = 0; i < s->nsubs && !found; i++)
        found = extent_read_at(s->subs[i], index);
    for (int i = 0; i < 4 && !found; i++)
        found = extent_read_at(all[i], index);
    for (int i = 0; i < s->body.n && !found; i++)
        found = extent_read_in(s->body.data[i], index);
    for (int i = 0; i < s->other.n && !found; i++)
        found = extent_read_in(s->other.data[i], index);
    return found;
}

/* How many e there are, if all is as it should be: those of the target, or of what is read. */
static const extent *extent_of_ranged(const scatter *x, const lstmt *ranged)
{
    for (int k = 0; k < x->add->nsubs; k++)
        if (is_index_of(x, k, ranged))
            return x->add->buffer->extents[k];
    return extent_read_in(ranged, ranged->temp);
}

/* A range for each pass of a loop around it. */
static bool find_ranging(const offloading *o, const lstmt *s, ranging *g)
{
    *g = (ranging){.o = (offloading *)o, .x = read_scatter(o, s), .r.fixed = true};
    for (int i = 0; g->x && !g->ranged && i < g->x->path.n; i++) {
        const lstmt *loop = g->x->path.data[i];
        if (loop->kind == LS_FOR && !loop_range(o, loop))
            g->ranged = loop;
    }
    if (!g->ranged)
        return false;
    g->r.first = in_indices(g, g->ranged->lo);
    g->r.end = g->r.first ? in_indices(g, g->ranged->hi) : NULL;
    g->r.all = extent_of_ranged(g->x, g->ranged);
    if (!g->r.end || !g->r.all || (g->owner && is_own(g->x, g->owner)))
        return false;
    g->r.owners = g->owner ? loop_range(o, g->owner) : extent_const(o->pool, 1);
    return true;
}

bool is_ranged_scatter(const offloading *o, const lstmt *s)
{
    ranging g;
    const scatter *x = read_scatter(o, s);
    return x && (has_own_loops(x) || find_ranging(o, s, &g));
}

/* e for the range of this number. */
static lexpr *of_range(offloading *o, const lexpr *e, temp *number)
{
    loops_copying c;
    loops_copy_init(&c, o->mem, o->f, "");
    map_set(&c.temps, term_index(o, 0), number);
    return loops_copy_expr(&c, e);
}

/* 0 <= first <= end <= the next one's first, or all. */
static lexpr *follows(const owned_ranges *r, offloading *o, lstmt_list *out, temp *number)
{
    arena *mem = o->mem;
    lexpr *one = lexpr_int(mem, 1), *here = lexpr_temp(mem, number), *owners = lexpr_size(mem, r->owners);
    temp *next = lstmt_let(mem, out, "next", lexpr_bin(mem, OP_ADD, here, one));
    lexpr *first = of_range(o, r->first, number);
    lexpr *end = lexpr_temp(mem, lstmt_let(mem, out, "end", of_range(o, r->end, number)));
    lexpr *is_last = lexpr_bin(mem, OP_LE, owners, lexpr_temp(mem, next));
    lexpr *begins = lexpr_bin(mem, OP_LE, end, of_range(o, r->first, next));
    lexpr *is_range =
        lexpr_bin(mem, OP_AND, lexpr_bin(mem, OP_LE, lexpr_int(mem, 0), first), lexpr_bin(mem, OP_LE, first, end));
    lexpr *inside = lexpr_bin(mem, OP_AND, is_range, lexpr_bin(mem, OP_LE, end, lexpr_size(mem, r->all)));
    return lexpr_bin(mem, OP_AND, inside, lexpr_bin(mem, OP_OR, is_last, begins));
}

static void push_cell(offloading *o, buffer *cell, lexpr *e)
{
    lstmt *store = ARENA_NEW(o->mem, lstmt);
    *store = (lstmt){.kind = LS_STORE, .buffer = cell, .e = e};
    push_serial(o, store);
}

/* in_order: of all ranges, of which there is one. */
static void push_check(offloading *o, owned_ranges *r)
{
    arena *mem = o->mem;
    lstmt *loop = loop_to(o, "range", r->owners), *acc = ARENA_NEW(mem, lstmt);
    *acc = (lstmt){.kind = LS_ACC, .acc = ARENA_NEW(mem, accumulator)};
    *acc->acc = (accumulator){.op = OP_ALL, .elem = ELEM_BOOL, .value = temp_new(mem, "in_order", ELEM_BOOL, false)};
    lexpr *is_next = follows(r, o, &loop->body, loop->temp);
    lstmt *add = lstmt_new(mem, &loop->body, LS_ADD);
    add->acc = acc->acc;
    add->e = is_next;
    map_set(&o->live, acc->acc->value, &mark);
    map_set(&o->device, acc->acc->value, &mark);
    vec_push(mem, &o->pending, acc);
    push_kernel(o, loop);
    lexpr *some = lexpr_bin(mem, OP_LT, lexpr_int(mem, 0), lexpr_size(mem, r->owners));
    lexpr *holds = lexpr_bin(mem, OP_AND, some, lexpr_temp(mem, acc->acc->value));
    push_cell(o, r->in_order, holds);
    push_cell(o, r->out_of_order, lexpr_point(mem, OP_NOT, ELEM_BOOL, 1, &holds));
    flush_serial(o);
}

/* The last range that begins at e or before, by halves; -1 unless it has e. */
static void push_owners(offloading *o, owned_ranges *r)
{
    arena *mem = o->mem;
    points p = {0};
    lstmt *each = loop_to(o, "e", r->all);
    vec_push(mem, &p.loops, each);
    p.count = each->hi;
    temp *below = temp_new(mem, "below", ELEM_INT, false), *above = temp_new(mem, "above", ELEM_INT, false);
    lexpr *e = lexpr_temp(mem, each->temp), *lo = lexpr_temp(mem, below), *hi = lexpr_temp(mem, above);
    lexpr *one = lexpr_int(mem, 1), *none = lexpr_int(mem, -1);
    lstmt_var(mem, &p.body, below, none); /* begins at e or before; above: behind e */
    lstmt_var(mem, &p.body, above, lexpr_size(mem, r->owners));
    lstmt *halve = lstmt_new(mem, &p.body, LS_FOR);
    halve->lo = lexpr_int(mem, 0);
    halve->hi = lexpr_int(mem, SEARCH_STEPS);
    halve->temp = temp_new(mem, "step", ELEM_INT, false);
    halve->e = lexpr_bin(mem, OP_LT, lexpr_bin(mem, OP_ADD, lo, one), hi);
    halve->parts = true;
    lexpr *middle =
        lexpr_bin(mem, OP_IDIV, lexpr_bin(mem, OP_ADD, lexpr_bin(mem, OP_ADD, lo, hi), one), lexpr_int(mem, 2));
    temp *at = lstmt_let(mem, &halve->body, "middle", middle);
    lexpr *begun = lexpr_bin(mem, OP_LE, of_range(o, r->first, at), e);
    begun = lexpr_temp(mem, lstmt_let(mem, &halve->body, "begun", begun));
    lstmt_set(mem, &halve->body, below, lexpr_select(mem, begun, lexpr_temp(mem, at), lo));
    lstmt_set(mem, &halve->body, above, lexpr_select(mem, begun, hi, lexpr_temp(mem, at)));
    lexpr *has = lexpr_bin(mem, OP_AND, lexpr_bin(mem, OP_LE, lexpr_int(mem, 0), lo),
                           lexpr_bin(mem, OP_LT, e, of_range(o, r->end, below)));
    lstmt *store = lstmt_new(mem, &p.body, LS_STORE);
    store->buffer = r->owner;
    store->nsubs = 1;
    store->subs = ARENA_ARRAY(mem, lexpr *, 1);
    store->subs[0] = e;
    store->e = lexpr_select(mem, has, lo, none);
    push_points(o, &p);
}

static const owned_ranges *find_owned(const offloading *o, const owned_ranges *wanted)
{
    for (int i = 0; i < o->ranges.n; i++) {
        const owned_ranges *r = o->ranges.data[i];
        if (r->owners == wanted->owners && r->all == wanted->all && lexpr_is_equal(r->first, wanted->first) &&
            lexpr_is_equal(r->end, wanted->end))
            return r;
    }
    return NULL;
}

static void push_ranges(offloading *o, owned_ranges *r)
{
    push_owners(o, r);
    push_check(o, r);
}

/* As wanted, from now on in memory. What depends on inputs alone is made once, before the statement of the function
 * that first needs it. */
static const owned_ranges *owned(offloading *o, const owned_ranges *wanted)
{
    const owned_ranges *found = wanted->fixed ? find_owned(o, wanted) : NULL;
    if (found)
        return found;
    owned_ranges *r = ARENA_NEW(o->mem, owned_ranges);
    *r = *wanted;
    r->owner = new_memory(o, "owners", ELEM_INT, 1, &r->all);
    r->in_order = new_cell(o, "in_order", ELEM_BOOL);
    r->out_of_order = new_cell(o, "out_of_order", ELEM_BOOL);
    if (!r->fixed) {
        push_ranges(o, r);
        return r;
    }
    vec_push(o->mem, &o->ranges, r);
    map_set(&o->first_made, r->owner, &mark);
    lstmt_list *around = o->out;
    lexpr *guard = o->guard;
    o->out = &o->first;
    o->guard = NULL;
    push_ranges(o, r);
    o->out = around;
    o->guard = guard;
    return r;
}

/* ---- the scatter of all e ---- */

typedef struct widening {
    const ranging *g;
    const owned_ranges *r;
    lexpr *inside;
} widening;

/* A loop over all e, where that of their owners was. */
static lstmt *widen_loop(widening *w, lstmt_list *out)
{
    const ranging *g = w->g;
    arena *mem = g->o->mem;
    lstmt *loop = loop_to(g->o, g->ranged->temp->name, w->r->all);
    lexpr *e = lexpr_temp(mem, g->ranged->temp);
    loop->temp = g->ranged->temp;
    loop->independent = is_own(g->x, g->ranged);
    vec_push(mem, out, loop);
    lexpr *owner =
        lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = ELEM_INT, .buffer = w->r->owner, .nargs = 1, .args = &e});
    owner = lexpr_temp(mem, lstmt_let(mem, &loop->body, "owner", owner));
    w->inside = lexpr_bin(mem, OP_LE, lexpr_int(mem, 0), owner);
    if (g->owner) {
        lstmt *let = lstmt_new(mem, &loop->body, LS_LET);
        let->temp = g->owner->temp;
        let->e = lexpr_bin(mem, OP_MAX, owner, lexpr_int(mem, 0));
    }
    return loop;
}

/* Values around the addition are computed for an e without owner too; only the addition is not made. */
static void widen(widening *w, lstmt_list *out, int at)
{
    const ranging *g = w->g;
    arena *mem = g->o->mem;
    if (at == g->x->path.n) {
        lstmt *only = lstmt_new(mem, out, LS_IF);
        only->e = w->inside;
        vec_push(mem, &only->body, (lstmt *)g->x->add);
        return;
    }
    const lstmt *s = g->x->path.data[at];
    if (s == (g->owner ? g->owner : g->ranged)) {
        out = &widen_loop(w, out)->body;
    } else if (s != g->ranged) {
        lstmt *copy = lstmt_new(mem, out, s->kind);
        *copy = *s;
        copy->body = (lstmt_list){0};
        out = &copy->body;
    }
    for (int i = 0; i + 1 < s->body.n; i++)
        vec_push(mem, out, s->body.data[i]);
    widen(w, out, at + 1);
}

static buffer *guard_cell(offloading *o, buffer *cell)
{
    return o->guard ? push_guard(o, load_cell(o, cell)) : cell;
}

void push_ranged_scatter(offloading *o, lstmt *s)
{
    ranging g;
    if (!find_ranging(o, s, &g)) {
        push_without_order(o, s);
        return;
    }
    const char *comment = o->comment;
    const owned_ranges *r = owned(o, &g.r);
    buffer *holds = guard_cell(o, r->in_order), *fails = guard_cell(o, r->out_of_order);
    loops_copying c;
    loops_copy_init(&c, o->mem, o->f, "");
    lstmt *otherwise = loops_copy(&c, s);
    widening w = {.g = &g, .r = r};
    lstmt_list wide = {0};
    widen(&w, &wide, 0);
    o->comment = comment;
    walk_guarded(o, &wide, holds);
    lexpr *around = o->guard;
    o->guard = load_cell(o, fails);
    o->comment = comment;
    push_without_order(o, otherwise);
    o->guard = around;
}
