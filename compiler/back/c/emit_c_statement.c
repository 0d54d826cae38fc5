/* Statements of a loop nest as C.
 *
 * Reads the body of a nest_fn; writes lines. One function per kind of statement, in a table. Names are given where a
 * temporary is declared and live as long as its block; a temporary that nothing reads is not printed. */
#include <assert.h>
#include <string.h>

#include "back/c/emit_c_parts.h"
#include "back/emit_quote.h"
#include "back/print_lane.h"
#include "back/spell.h"
#include "form/loops_live.h"
#include "form/loops_make.h"

/* Operations from which on a loop is worth threads: 5 to 10 microseconds on one core, ten times what a region of two
 * threads takes that still wait for work; more threads, and those that sleep, take longer. */
#define PARALLEL_COST 500000
#define PARALLEL_COST_TEXT "5e5"

enum { MOST_IN_REGISTERS = 32 }; /* entries of a sorted list of a kernel's thread */
enum { SHORT_RANGE = 1024 };     /* passes of a loop of a kernel, whose index is an int */
/* Statements of a loop that may be printed twice, and operations of a pass. */
enum { SHORT_LOOP = 40, SHORT_PASS = 1000 };

/* Scalars. */

/* The text of e as a value of t's type. */
static const char *value_text(emitter *e, const temp *of, const lexpr *x)
{
    text t;
    text_init(&t, e->mem);
    (of->lanes ? print_all : print_expr)(&t, &e->p, x, PREC_SELECT);
    return text_str(&t);
}

/* A function that has no form for lanes: one lane after the other. */
static void emit_lanewise(emitter *e, const lstmt *s)
{
    const char *lane = emitter_name(e, "lane");
    e->p.lane = lane;
    const char *value = emit_text(e, s->e, PREC_SELECT);
    e->p.lane = NULL;
    const char *name = print_declare(&e->p, s->temp, emitter_name(e, s->temp->name))->name;
    emit_linef(e, "%s %s;", print_type(&e->p, s->temp->elem, true), name);
    emit_linef(e, "for (int %s = 0; %s < AD_LANES; %s++)", lane, lane, lane);
    emit_linef(e, "    %s[%s] = %s;", name, lane, value);
}

static void emit_let(emitter *e, const lstmt *s)
{
    if (s->e->lanes && lexpr_is_lanewise(s->e)) {
        emit_lanewise(e, s);
        return;
    }
    bool is_const = s->kind == LS_LET, known = is_const && s->e->elem == ELEM_INT && !s->temp->lanes;
    const char *value = value_text(e, s->temp, s->e);
    int bits = known ? print_bits(&e->p, s->e) : WORD_BITS;
    bool nonneg = known && print_is_nonneg(&e->p, s->e);
    c_local *l = print_declare(&e->p, s->temp, emitter_name(e, s->temp->name));
    l->bits = bits;
    l->nonneg = nonneg;
    const char *type = print_type(&e->p, s->temp->elem, s->temp->lanes);
    emit_linef(e, "%s%s %s = %s;", is_const ? "const " : "", type, l->name, value);
}

/* x = x + a is printed as x += a. */
static void emit_set(emitter *e, const lstmt *s)
{
    const char *name = print_temp_name(&e->p, s->temp);
    const lexpr *x = s->e;
    bool updates = x->kind == LX_POINT && (x->op == OP_ADD || x->op == OP_MUL) && elem_is_float(x->elem) &&
                   x->args[0]->kind == LX_TEMP && x->args[0]->temp == s->temp;
    if (updates)
        emit_linef(e, "%s %s= %s;", name, x->op == OP_ADD ? "+" : "*", emit_text(e, x->args[1], PREC_SELECT));
    else
        emit_linef(e, "%s = %s;", name, value_text(e, s->temp, x));
}

/* Stores. */

static const char *store_condition(emitter *e, const buffer *b, bool guarded, int n, lexpr *const *subs)
{
    text inside;
    text_init(&inside, e->mem);
    if (guarded)
        print_inside(&inside, &e->p, b, n, subs);
    if (!print_may_be_null(b) || b == e->wanted)
        return text_str(&inside);
    return arena_printf(e->mem, "%s%s%s", print_buffer_name(&e->p, b), inside.n ? " && " : "", text_str(&inside));
}

/* The statement, under a condition when there is one. */
static void emit_conditional(emitter *e, const char *condition, const char *statement)
{
    if (*condition)
        emit_linef(e, "if (%s)", condition);
    e->indent += *condition ? 4 : 0;
    emit_line(e, statement);
    e->indent -= *condition ? 4 : 0;
}

static void emit_lane_store(emitter *e, const lstmt *s)
{
    text t;
    text_init(&t, e->mem);
    print_lane_store(&t, &e->p, s);
    emit_conditional(e, store_condition(e, s->buffer, false, s->nsubs, s->subs), text_str(&t));
}

static void emit_store(emitter *e, const lstmt *s)
{
    if (s->at != LANE_ONE || s->buffer->lanes) {
        emit_lane_store(e, s);
        return;
    }
    const char *condition = store_condition(e, s->buffer, s->guarded, s->nsubs, s->subs);
    text t;
    text_init(&t, e->mem);
    print_entry(&t, &e->p, s->buffer, s->nsubs, s->subs);
    text_addf(&t, " %s %s;", s->accumulate ? "+=" : "=", emit_text(e, s->e, PREC_SELECT));
    emit_conditional(e, condition, text_str(&t));
}

const char *emit_place(emitter *e, const buffer *b, int n, lexpr *const *subs)
{
    text t;
    text_init(&t, e->mem);
    print_part(&t, &e->p, b, n, subs);
    return text_str(&t);
}

static const char *count(emitter *e, const buffer *b)
{
    text t;
    text_init(&t, e->mem);
    print_count(&t, &e->p, 0, b->rank, b->extents);
    return text_str(&t);
}

/* A helper for the entries of a buffer. */
static const char *helper(emitter *e, const char *name, const buffer *b)
{
    if (!b->lanes)
        return prelude_use_for(e->p.helpers, name, b->elem);
    return b->elem == ELEM_BOOL ? prelude_use(e->p.helpers, arena_printf(e->mem, "%s_bools", name))
                                : prelude_use_lanes(e->p.helpers, name, b->elem);
}

static void emit_fill(emitter *e, const lstmt *s)
{
    const buffer *b = s->buffer;
    const temp entry = {.elem = b->elem, .lanes = b->lanes};
    const char *value = value_text(e, &entry, s->e);
    text t;
    text_init(&t, e->mem);
    if (b->rank == 0) {
        print_entry(&t, &e->p, b, 0, NULL);
        text_addf(&t, " = %s;", value);
    } else {
        text_addf(&t, "%s(%s, %s, %s);", helper(e, "ad_fill", b), emit_place(e, b, 0, NULL), count(e, b), value);
    }
    emit_conditional(e, store_condition(e, b, false, 0, NULL), text_str(&t));
}

/* The smaller side of a copy: the whole of one buffer, at leading subscripts of the other. */
static void emit_copy(emitter *e, const lstmt *s)
{
    bool into = s->kind == LS_COPY_INTO;
    const buffer *to = s->buffer, *from = s->from, *whole = into ? from : to;
    text t;
    text_init(&t, e->mem);
    if (whole->rank == 0) {
        print_entry(&t, &e->p, to, into ? s->nsubs : 0, s->subs);
        text_add(&t, " = ");
        print_entry(&t, &e->p, from, into ? 0 : s->nsubs, s->subs);
        text_add(&t, ";");
    } else {
        text_addf(&t, "%s(%s, %s, %s);", helper(e, "ad_copy", to), emit_place(e, to, into ? s->nsubs : 0, s->subs),
                  emit_place(e, from, into ? 0 : s->nsubs, s->subs), count(e, whole));
    }
    emit_conditional(e, store_condition(e, to, false, 0, NULL), text_str(&t));
    if (into)
        emit_ahead_of_copy(e, s);
}

static void emit_swap(emitter *e, const lstmt *s)
{
    const char *a = print_buffer_name(&e->p, s->buffer), *b = print_buffer_name(&e->p, s->from);
    bool contents = s->buffer->kind == BUF_LOCAL || s->from->kind == BUF_LOCAL;
    if (contents) {
        emit_linef(e, "%s(%s, %s, %s);", helper(e, "ad_exchange", s->buffer), emit_place(e, s->buffer, 0, NULL),
                   emit_place(e, s->from, 0, NULL), count(e, s->buffer));
        return;
    }
    const char *keep = emitter_name(e, "swapped");
    emit_linef(e, "%s *const %s = %s;", print_type(&e->p, s->buffer->elem, s->buffer->lanes), keep, a);
    emit_linef(e, "%s = %s;", a, b);
    emit_linef(e, "%s = %s;", b, keep);
}

static void emit_array(emitter *e, const lstmt *s)
{
    const buffer *b = s->buffer;
    if (b->kind == BUF_WORKSPACE)
        return;
    const char *name = print_declare(&e->p, b, emitter_name(e, b->name))->name;
    int64_t n = 1, k = 1;
    for (int i = 0; i < b->rank; i++) {
        bool is_const = extent_is_const(b->extents[i], &k);
        assert(is_const && "a local array has constant extents");
        n *= is_const ? k : 1;
    }
    const char *type = print_type(&e->p, b->elem, b->lanes);
    if (b->kind == BUF_SHARED)
        type = arena_printf(e->mem, "__shared__ __align__(16) %s", type);
    if (b->rank == 0)
        emit_linef(e, "%s %s;", type, name);
    else
        emit_linef(e, "%s %s[%s];", type, name, print_integer(e->mem, n > 0 ? n : 1));
}

/* In a kernel, a list of known length. */
static bool emit_gpu_insert(emitter *e, const lstmt *s)
{
    int64_t k;
    bool known = extent_is_const(s->buffer->extents[s->buffer->rank - 1], &k) && k > 0 && k <= MOST_IN_REGISTERS;
    if (!e->p.host || !known || s->buffer->kind != BUF_LOCAL || !elem_is_float(s->buffer->elem))
        return false;
    const char *function = helper(e, s->largest ? "ad_gpu_insert_largest" : "ad_gpu_insert", s->buffer);
    emit_linef(e, "%s<%s>(%s, %s, %s, %s);", function, print_integer(e->mem, k),
               emit_place(e, s->buffer, s->nsubs, s->subs), emit_place(e, s->from, s->nsubs, s->subs),
               emit_text(e, s->e, PREC_SELECT), emit_text(e, s->lo, PREC_SELECT));
    return true;
}

static void emit_insert(emitter *e, const lstmt *s)
{
    if (emit_gpu_insert(e, s))
        return;
    const char *function = helper(e, s->largest ? "ad_insert_largest" : "ad_insert", s->buffer);
    const temp key = {.elem = s->buffer->elem, .lanes = s->buffer->lanes}, at = {.elem = ELEM_INT, .lanes = key.lanes};
    const temp mask = {.elem = ELEM_BOOL, .lanes = true};
    text t;
    text_init(&t, e->mem);
    text_addf(&t, "%s(%s, %s, %s, %s, %s", function, emit_place(e, s->buffer, s->nsubs, s->subs),
              emit_place(e, s->from, s->nsubs, s->subs),
              emit_size(e, s->buffer->extents[s->buffer->rank - 1], PREC_SELECT), value_text(e, &key, s->e),
              value_text(e, &at, s->lo));
    const lexpr all = {.kind = LX_CONST, .elem = ELEM_BOOL, .integer = 1};
    if (key.lanes)
        text_addf(&t, ", %s", value_text(e, &mask, s->filter ? s->filter : &all));
    text_add(&t, ");");
    emit_line(e, text_str(&t));
}

/* Control. */

static void emit_block(emitter *e, const lstmt_list *body)
{
    int mark = enter_scope(e);
    e->indent += 4;
    emit_statements(e, body);
    e->indent -= 4;
    leave_scope(e, mark);
}

static bool can_fail(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_FAIL || can_fail(&s->body) || can_fail(&s->other))
            return true;
    }
    return false;
}

static const char *spell_as_double(const char *atom, const void *data)
{
    const atom_speller *s = data;
    const char *name = s->spell(atom, s->data);
    c_printer *p = (c_printer *)s->data;
    return arena_printf(p->mem, "(double)%s", name);
}

/* The terms of highest degree: the others do not decide. */
static const extent *leading_terms(emitter *e, const extent *x)
{
    extent *copy = ARENA_NEW(e->mem, extent);
    *copy = *x;
    while (copy->n > 0 && copy->terms[copy->n - 1].degree < extent_degree(x))
        copy->n--;
    return copy;
}

/* Of one pass, where the number of passes is not known. */
static const extent *cost_of_loop(emitter *e, const lstmt *s)
{
    const extent *trips, *body = cost_of_pass(e->mem, s);
    return leading_terms(e, cost_trips(e->pool, s, &trips) ? extent_mul(body, trips) : body);
}

/* The condition under which a parallel loop is worth its threads; NULL: whatever the sizes, it is too small. */
static const char *worth_threads(emitter *e, const lstmt *s, const char *lo, const char *hi)
{
    const extent *trips, *cost = cost_of_loop(e, s);
    bool known = cost_trips(e->pool, s, &trips);
    int64_t value;
    if (known && extent_is_const(cost, &value) && value < PARALLEL_COST)
        return NULL;
    text t;
    text_init(&t, e->mem);
    atom_speller plain = print_speller(&e->p);
    emit_extent(&t, cost, (atom_speller){spell_as_double, &plain});
    if (!known)
        text_addf(&t, " > " PARALLEL_COST_TEXT " / (double)(%s - (%s))", hi, lo);
    else
        text_add(&t, " > " PARALLEL_COST_TEXT);
    return text_str(&t);
}

int emit_count(const lstmt_list *body)
{
    int n = body->n;
    for (int i = 0; i < body->n; i++)
        n += emit_count(&body->data[i]->body) + emit_count(&body->data[i]->other);
    return n;
}

/* No size squared: such a loop is over pairs of points, and outlasts what a region costs, as does one of long passes.
 */
static bool is_short(const extent *cost)
{
    for (int i = 0; i < cost->n; i++) {
        if (cost->terms[i].coef > SHORT_PASS)
            return false;
        for (int k = 1; k < cost->terms[i].degree; k++)
            if (cost->terms[i].atoms[k] == cost->terms[i].atoms[k - 1])
                return false;
    }
    return true;
}

/* Over one more axis; not over its parts, not from one time to the next. */
static bool is_over_axis(const lstmt *s)
{
    if (s->kind != LS_FOR || !s->independent || s->parts)
        return false;
    return s->lo->kind != LX_CONST || s->hi->kind != LX_CONST;
}

/* Some loop of the list is not short. */
static bool holds_long(emitter *e, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->kind == LS_FOR && s->parallel && !is_short(cost_of_loop(e, s)))
            return true;
        if (holds_long(e, &s->body) || holds_long(e, &s->other))
            return true;
    }
    return false;
}

/* Where a short loop of a few operations runs again and again, even asking for no threads takes longer than its passes.
 * That does not matter where other loops of the function take longer still. */
static bool is_short_and_repeated(emitter *e, const lstmt *s)
{
    bool deepest = e->axes + emit_depth(&s->body) + is_over_axis(s) >= e->depth;
    bool matters = deepest || !holds_long(e, &e->fn->body);
    return e->loops > 0 && matters && emit_count(&s->body) <= SHORT_LOOP && is_short(cost_of_loop(e, s));
}

typedef struct scratch_list {
    arena *mem;
    VEC(const buffer *) buffers;
    VEC(c_local *) outside; /* what they were outside the loop; NULL: not declared */
} scratch_list;

static void collect_scratch(void *data, const buffer *b)
{
    scratch_list *list = data;
    for (int i = 0; i < list->buffers.n; i++)
        if (list->buffers.data[i] == b)
            return;
    if (b->kind == BUF_SCRATCH)
        vec_push(list->mem, &list->buffers, b);
}

/* The body of the outermost parallel loop: each iteration has the scratch of its thread. */
static void emit_parallel_body(emitter *e, const lstmt *s, bool threads)
{
    scratch_list list = {.mem = e->mem};
    for_each_buffer(&s->body, collect_scratch, &list);
    int mark = enter_scope(e);
    e->in_parallel = true;
    e->indent += 4;
    for (int i = 0; i < list.buffers.n; i++) {
        vec_push(e->mem, &list.outside, map_get(&e->p.locals, list.buffers.data[i]));
        emit_scratch_pointer(e, list.buffers.data[i], threads);
    }
    emit_statements(e, &s->body);
    for (int i = 0; i < list.buffers.n; i++)
        map_set(&e->p.locals, list.buffers.data[i], list.outside.data[i]);
    e->indent -= 4;
    e->in_parallel = false;
    leave_scope(e, mark);
}

/* Cheap to evaluate in each pass: no load, no helper. */
static bool is_plain_bound(const lexpr *x)
{
    bool plain = x->kind == LX_CONST || x->kind == LX_SIZE || x->kind == LX_TEMP ||
                 (x->kind == LX_LOAD && x->nargs == 0 && x->buffer->kind == BUF_INPUT) ||
                 (x->kind == LX_POINT && (x->op == OP_ADD || x->op == OP_SUB));
    for (int i = 0; i < x->nargs; i++)
        plain = plain && is_plain_bound(x->args[i]);
    return plain;
}

/* A bound that is not plain is computed once, before the loop. */
static const char *loop_bound(emitter *e, const lstmt *s, const lexpr *bound, const char *which)
{
    const char *value = emit_text(e, bound, PREC_ADD);
    if (is_plain_bound(bound))
        return value;
    const char *name = emitter_name(e, arena_printf(e->mem, "%s_%s", s->temp->name, which));
    emit_linef(e, "const int64_t %s = %s;", name, value);
    return name;
}

/* A loop does not run for more than 2^INDEX_BITS passes. */
static int index_bits(const emitter *e, const lstmt *s)
{
    int lo = print_bits(&e->p, s->lo), hi = print_bits(&e->p, s->hi);
    hi = hi < INDEX_BITS ? hi : INDEX_BITS;
    return lo > hi ? lo : hi;
}

static c_local *declare_index(emitter *e, const lstmt *s)
{
    c_local *l = print_declare(&e->p, s->temp, emitter_name(e, s->temp->name));
    l->bits = index_bits(e, s);
    l->nonneg = print_is_nonneg(&e->p, s->lo);
    l->below = s->hi;
    return l;
}

static const char *loop_step(emitter *e, const lstmt *s, const char *name)
{
    if (s->lanes) {
        prelude_use(e->p.helpers, "ad_lanes");
        return arena_printf(e->mem, "%s += AD_LANES", name);
    }
    return s->step > 1 ? arena_printf(e->mem, "%s += %s", name, print_integer(e->mem, s->step))
                       : arena_printf(e->mem, "%s++", name);
}

static void emit_inner_body(emitter *e, const lstmt *s)
{
    const lstmt *around = e->sequence;
    if (!s->independent && !s->lanes && !e->kernels) {
        e->sequence = s;
        e->indent += 4;
        emit_ahead(e, s);
        e->indent -= 4;
    }
    e->loops += !s->independent;
    emit_block(e, &s->body);
    e->loops -= !s->independent;
    e->sequence = around;
}

int emit_depth(const lstmt_list *list)
{
    int most = 0;
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        int body = emit_depth(&s->body) + is_over_axis(s), other = emit_depth(&s->other);
        most = body > most ? body : most;
        most = other > most ? other : most;
    }
    return most;
}

/* Most of the function's time is spent elsewhere: in loops over more axes. */
static bool runs_seldom(const emitter *e, const lstmt *s)
{
    int inside = emit_depth(&s->body);
    return s->lanes && (inside > 0 || e->axes + is_over_axis(s) < e->depth);
}

/* More of the condition of a loop: the host has not seen yet that the GPU is done with it. */
static const char *watched(emitter *e, const lstmt *s, const char *index)
{
    if (!s->from)
        return "";
    const char *watch = arena_printf(e->mem, "ad_watch_%s", index);
    emit_linef(e, "%s %s(stream);", prelude_use(e->p.helpers, "ad_gpu_watch"), watch);
    return arena_printf(e->mem, " && !%s.is_over(%s)", watch, emit_place(e, s->from, 0, NULL));
}

static void emit_passes(emitter *e, const lstmt *s, const char *lo, const char *hi, bool threads)
{
    int mark = enter_scope(e);
    const c_local *l = declare_index(e, s);
    const char *watch = watched(e, s, l->name);
    bool is_short = e->p.host && s->most > 0 && s->most <= SHORT_RANGE;
    const char *type = is_short ? "int" : "int64_t";
    if (is_short && s->hi->kind != LX_CONST)
        hi = arena_printf(e->mem, "(int)(%s)", hi);
    const char *while_ = s->e ? arena_printf(e->mem, " && %s", emit_text(e, s->e, PREC_AND)) : "";
    emit_linef(e, "for (%s %s = %s; %s < %s%s%s; %s) {", type, l->name, lo, l->name, hi, while_, watch,
               loop_step(e, s, l->name));
    bool seldom = e->p.seldom;
    e->p.seldom = runs_seldom(e, s);
    e->axes += is_over_axis(s);
    if (s->parallel && !e->in_parallel && !e->kernels)
        emit_parallel_body(e, s, threads);
    else
        emit_inner_body(e, s);
    e->axes -= is_over_axis(s);
    e->p.seldom = seldom;
    emit_line(e, "}");
    leave_scope(e, mark);
}

static void emit_in_threads(emitter *e, const lstmt *s, const char *lo, const char *hi, const char *condition)
{
    emit_linef(e, "%s(%s)", prelude_use(e->p.helpers, "AD_PARALLEL"), condition);
    emit_passes(e, s, lo, hi, true);
}

/* The last vector is moved back to the end of the range. */
static void emit_whole(emitter *e, const lstmt *s, const char *lo, const char *hi)
{
    int mark = enter_scope(e);
    lstmt outer = *s;
    outer.temp = temp_new(e->mem, arena_printf(e->mem, "%s_next", s->temp->name), ELEM_INT, false);
    const char *index = declare_index(e, s)->name, *next = declare_index(e, &outer)->name;
    lstmt_list body = whole_body(e, s, outer.temp);
    bool seldom = e->p.seldom;
    e->indent += 4;
    emit_line(e, "/* whole vectors, the last moved back to the end of the range */");
    emit_linef(e, "for (int64_t %s = %s; %s < %s; %s) {", next, lo, next, hi, loop_step(e, s, next));
    emit_linef(e, "    const int64_t %s = %s(%s, %s - AD_LANES);", index, prelude_use(e->p.helpers, "ad_min_int"), next,
               hi);
    e->p.seldom = runs_seldom(e, s);
    e->axes += is_over_axis(s);
    emit_block(e, &body);
    e->axes -= is_over_axis(s);
    e->p.seldom = seldom;
    emit_line(e, "}");
    e->indent -= 4;
    leave_scope(e, mark);
}

/* A loop over few entries: in threads where it is worth it, else in whole vectors where there is one. */
static void emit_short(emitter *e, const lstmt *s, const char *lo, const char *hi, const char *worth)
{
    if (worth) {
        emit_linef(e, "if (%s) {", worth);
        e->indent += 4;
        emit_in_threads(e, s, lo, hi, "true");
        e->indent -= 4;
    }
    if (can_repeat(s)) {
        bool is_word = !strpbrk(lo, " +-*?(");
        emit_linef(e, "%sif (%s - %s%s%s >= AD_LANES) {", worth ? "} else " : "", hi, is_word ? "" : "(", lo,
                   is_word ? "" : ")");
        emit_whole(e, s, lo, hi);
    }
    emit_line(e, "} else {");
    e->indent += 4;
    bool before = e->in_short;
    e->in_short = true;
    emit_passes(e, s, lo, hi, false);
    e->in_short = before;
    e->indent -= 4;
    emit_line(e, "}");
}

static void emit_parallel(emitter *e, const lstmt *s)
{
    const char *lo = loop_bound(e, s, s->lo, "begin"), *hi = loop_bound(e, s, s->hi, "end");
    const char *worth = can_fail(&s->body) ? NULL : worth_threads(e, s, lo, hi);
    if (!worth)
        emit_passes(e, s, lo, hi, false);
    else if (is_short_and_repeated(e, s))
        emit_short(e, s, lo, hi, worth);
    else
        emit_in_threads(e, s, lo, hi, worth);
}

static void emit_if(emitter *e, const lstmt *s);

static void emit_for(emitter *e, const lstmt *s)
{
    if (s->ahead) {
        emit_line(e, "/* what ends in _next is computed a pass ahead */");
        emit_if(e, overlapped(e, s));
        return;
    }
    if (s->unroll)
        emit_linef(e, "#pragma unroll %d", s->unroll);
    if (s->parallel && !e->in_parallel && !e->kernels) {
        emit_parallel(e, s);
        return;
    }
    const char *lo = emit_text(e, s->lo, PREC_SELECT), *hi = loop_bound(e, s, s->hi, "end");
    if (e->in_short && !s->unroll && can_repeat(s))
        emit_short(e, s, lo, hi, NULL);
    else
        emit_passes(e, s, lo, hi, false);
}

static void emit_if(emitter *e, const lstmt *s)
{
    emit_linef(e, "if (%s) {", emit_text(e, s->e, PREC_SELECT));
    emit_block(e, &s->body);
    if (s->other.n > 0) {
        emit_line(e, "} else {");
        emit_block(e, &s->other);
    }
    emit_line(e, "}");
}

static const char *status_name(int code)
{
    static const char *const status_names[] = {"AD_OK",        "AD_NULL",   "AD_SIZE",    "AD_INDEX",
                                               "AD_WORKSPACE", "AD_MEMORY", "AD_NUMERIC", "AD_DEVICE"};
    assert(code >= 0 && code < (int)(sizeof status_names / sizeof *status_names));
    return status_names[code];
}

static void emit_fail(emitter *e, const lstmt *s)
{
    emit_linef(e, e->p.host ? "if (%s) {" : "if (%s)", emit_text(e, s->e, PREC_SELECT));
    if (e->p.host) {
        print_capture(&e->p, "int32_t *", "ad_state");
        e->checked = true;
        emit_linef(e, "    *ad_state = %s;", emit_status(e, status_name(s->code), s->arg, s->rule));
        emit_line(e, "    return;");
        emit_line(e, "}");
    } else {
        emit_linef(e, "    return %s;", emit_status(e, status_name(s->code), s->arg, s->rule));
    }
}

/* Operands, results, scratch memory, sizes. */
static void add_routine_arguments(emitter *e, text *t, const lstmt *s)
{
    for (int i = 0; i < s->nsubs; i++)
        text_addf(t, "%s%s", i ? ", " : "", emit_place(e, s->subs[i]->buffer, 0, NULL));
    for (int i = 0; i < s->nsizes; i++)
        text_addf(t, ", %s", emit_size(e, s->sizes[i], PREC_SELECT));
}

/* The condition under which a routine is called that cannot fail. */
static const char *call_condition(emitter *e, const lstmt *s)
{
    const buffer *result = s->subs[routine_shapes(s->routine->operands)]->buffer;
    return s->routine->total ? store_condition(e, result, false, 0, NULL) : "";
}

/* The host enqueues it; a condition that only the GPU knows, it is told. */
static void emit_gpu_routine(emitter *e, const lstmt *s)
{
    text t;
    text_init(&t, e->mem);
    const char *condition = call_condition(e, s);
    const char *name = arena_printf(e->mem, "ad_gpu_%s", s->routine->name);
    text_addf(&t, "if (%s%s!%s(", condition, *condition ? " && " : "",
              prelude_use_for(e->p.helpers, name, s->subs[0]->buffer->elem));
    add_routine_arguments(e, &t, s);
    text_addf(&t, ", ad_gpu_call{stream, %s, %s}))", s->e ? emit_place(e, s->e->buffer, 0, NULL) : "NULL",
              s->routine->total ? "NULL" : "ad_failed");
    emit_line(e, text_str(&t));
    emit_line(e, "    return AD_STATUS(AD_DEVICE, 0);");
    e->p.can_fail |= !s->routine->total;
}

static void emit_routine(emitter *e, const lstmt *s)
{
    if (e->kernels) {
        emit_gpu_routine(e, s);
        return;
    }
    text t;
    text_init(&t, e->mem);
    elem real = s->subs[0]->buffer->elem;
    text_addf(&t, s->routine->total ? "%s(" : "if (!%s(",
              prelude_use_for(e->p.helpers, arena_printf(e->mem, "ad_%s", s->routine->name), real));
    add_routine_arguments(e, &t, s);
    text_add(&t, s->routine->total ? ");" : "))");
    if (s->routine->total) {
        emit_conditional(e, call_condition(e, s), text_str(&t));
        return;
    }
    emit_line(e, text_str(&t));
    emit_linef(e, "    %s(&ad_failed);", prelude_use(e->p.helpers, "ad_note"));
    e->p.can_fail = true;
}

static void emit_note(emitter *e, const lstmt *s)
{
    text_addf(e->out, "%*s/* ", e->indent, "");
    emit_comment_text(e->out, s->text, strlen(s->text));
    text_add(e->out, " */\n");
}

static void emit_barrier(emitter *e, const lstmt *s)
{
    (void)s;
    emit_line(e, "__syncthreads();");
}

static void emit_last(emitter *e, const lstmt *s)
{
    (void)s;
    print_capture(&e->p, "unsigned *", "ad_tickets");
    emit_linef(e, "if (!%s(&ad_tickets[blockIdx.x]))", prelude_use(e->p.helpers, "ad_last_block"));
    emit_line(e, "    return;");
}

static void (*const statement_printers[])(emitter *e, const lstmt *s) = {
    [LS_LET] = emit_let,         [LS_VAR] = emit_let,      [LS_SET] = emit_set,      [LS_STORE] = emit_store,
    [LS_FOR] = emit_for,         [LS_IF] = emit_if,        [LS_FILL] = emit_fill,    [LS_COPY] = emit_copy,
    [LS_COPY_INTO] = emit_copy,  [LS_SWAP] = emit_swap,    [LS_ARRAY] = emit_array,  [LS_INSERT] = emit_insert,
    [LS_FAIL] = emit_fail,       [LS_COMMENT] = emit_note, [LS_CALL] = emit_routine, [LS_KERNEL] = emit_kernel,
    [LS_BARRIER] = emit_barrier, [LS_LAST] = emit_last,
};

static void emit_statement(emitter *e, const lstmt *s)
{
    if (!loops_is_dead(&e->live, s) && (e->kernels || !emit_shared(e, s)))
        statement_printers[s->kind](e, s);
}

/* Statements begin..end serve one result only: skipped where it is not wanted. */
static void emit_wanted(emitter *e, const lstmt_list *body, int begin, int end, const buffer *result)
{
    emit_linef(e, "if (%s) {", print_buffer_name(&e->p, result));
    int mark = enter_scope(e);
    e->indent += 4;
    e->wanted = result;
    for (int i = begin; i < end; i++)
        emit_statement(e, body->data[i]);
    e->wanted = NULL;
    e->indent -= 4;
    leave_scope(e, mark);
    emit_line(e, "}");
}

static const buffer *unchecked_result(const emitter *e, const lstmt *s)
{
    const buffer *result = e->wanted ? NULL : sole_result(e, s);
    return result && print_may_be_null(result) ? result : NULL;
}

void emit_statements(emitter *e, const lstmt_list *body)
{
    for (int i = 0, end; i < body->n; i = end) {
        const lstmt *s = body->data[i];
        const buffer *result = unchecked_result(e, s);
        end = i + 1;
        while (result && end < body->n && unchecked_result(e, body->data[end]) == result)
            end++;
        bool is_block = result && (end > i + 1 || s->kind == LS_FOR || s->kind == LS_IF);
        if (is_block)
            emit_wanted(e, body, i, end, result);
        else
            emit_statement(e, s);
    }
}
