/* Reads filters of additions; writes the bounds of loops, filters without what they ensure, loads without guards. */
#include "stage/bound.h"

#include "base/map.h"
#include "form/loops_make.h"

typedef VEC(lexpr *) lexpr_list;

typedef struct bounding {
    arena *mem;
    map defs;                 /* temporary of an LS_LET -> its value */
    VEC(const lstmt *) loops; /* around */
    lexpr_list known;         /* what the bounds of these loops ensure */
} bounding;

static char mark;

/* ---- expressions ---- */

static const lexpr *resolve(const bounding *b, const lexpr *e)
{
    const lexpr *def = e->kind == LX_TEMP ? map_get(&b->defs, e->temp) : NULL;
    return def ? resolve(b, def) : e;
}

static bool is_same(const bounding *b, const lexpr *x, const lexpr *y)
{
    x = resolve(b, x);
    y = resolve(b, y);
    if (x->kind != y->kind || x->temp != y->temp || x->op != y->op || x->buffer != y->buffer || x->nargs != y->nargs ||
        x->integer != y->integer || x->extent != y->extent || x->elem != y->elem || x->lanes != y->lanes)
        return false;
    for (int i = 0; i < x->nargs; i++)
        if (!is_same(b, x->args[i], y->args[i]))
            return false;
    return x->kind == LX_TEMP || x->kind == LX_SIZE || (x->kind == LX_CONST && x->elem == ELEM_INT) ||
           x->kind == LX_POINT;
}

static bool is_among(const bounding *b, const lexpr_list *list, const lexpr *e)
{
    for (int i = 0; i < list->n; i++)
        if (is_same(b, list->data[i], e))
            return true;
    return false;
}

static bool mentions(const bounding *b, const map *temps, const lexpr *e)
{
    e = resolve(b, e);
    if (e->kind == LX_TEMP)
        return map_get(temps, e->temp) != NULL;
    for (int i = 0; i < e->nargs; i++)
        if (mentions(b, temps, e->args[i]))
            return true;
    return false;
}

/* ---- what the body needs ---- */

static void add_conjuncts(const bounding *b, lexpr *e, lexpr_list *out)
{
    const lexpr *c = resolve(b, e);
    if (c->kind == LX_POINT && c->op == OP_AND) {
        add_conjuncts(b, c->args[0], out);
        add_conjuncts(b, c->args[1], out);
    } else {
        vec_push(b->mem, out, e);
    }
}

/* The conditions without which nothing happens; none known yet: those of the first that has an effect. */
typedef struct needs {
    lexpr_list list;
    bool known;
    map own; /* values of accumulators of the body */
} needs;

static void need(const bounding *b, needs *n, const lexpr_list *conditions)
{
    lexpr_list both = {0};
    for (int i = 0; i < conditions->n; i++)
        if (!n->known || is_among(b, &n->list, conditions->data[i]))
            vec_push(b->mem, &both, conditions->data[i]);
    n->list = both;
    n->known = true;
}

/* Adds what an accumulator of the body came to: nothing, where nothing was added to it. */
static bool passes_on(const needs *n, const lstmt *s)
{
    const accumulator *of = s->e->kind == LX_TEMP ? map_get(&n->own, s->e->temp) : NULL;
    return of && of->op == s->acc->op && (of->op == OP_SUM || of->op == OP_RMAX || of->op == OP_RMIN);
}

static void find_needs(const bounding *b, needs *n, const lstmt_list *list)
{
    const lexpr_list nothing = {0};
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->kind == LS_LET || s->kind == LS_COMMENT)
            continue;
        if (s->kind == LS_ACC) {
            map_set(&n->own, s->acc->value, s->acc);
        } else if (s->kind == LS_FOR && !s->lanes && !s->e) {
            find_needs(b, n, &s->body);
        } else if (s->kind == LS_ADD && s->filter) {
            lexpr_list conditions = {0};
            add_conjuncts(b, s->filter, &conditions);
            need(b, n, &conditions);
        } else if (s->kind != LS_ADD || !passes_on(n, s)) {
            need(b, n, &nothing);
        }
    }
}

/* ---- bounds ---- */

static void declare(const lstmt_list *list, map *temps)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->temp)
            map_set(temps, s->temp, &mark);
        if (s->kind == LS_ACC)
            map_set(temps, s->acc->value, &mark);
        declare(&s->body, temps);
        declare(&s->other, temps);
    }
}

/* slope * index + rest, rest free of what the loop declares; NULL: 0. */
typedef struct form {
    const bounding *b;
    const lstmt *loop;
    const map *inside;
    int64_t slope;
    lexpr *rest;
    bool fits;
} form;

static void add_term(form *f, lexpr *e, int64_t sign)
{
    const lexpr *x = resolve(f->b, e);
    arena *mem = f->b->mem;
    if (x->kind == LX_TEMP && x->temp == f->loop->temp) {
        f->slope += sign;
    } else if (x->kind == LX_POINT && (x->op == OP_ADD || x->op == OP_SUB)) {
        add_term(f, x->args[0], sign);
        add_term(f, x->args[1], x->op == OP_ADD ? sign : -sign);
    } else if (x->lanes || mentions(f->b, f->inside, x)) {
        f->fits = false;
    } else if (x->kind != LX_CONST || x->integer != 0) {
        lexpr *zero = lexpr_int(mem, 0);
        f->rest = f->rest || sign < 0 ? lexpr_bin(mem, sign < 0 ? OP_SUB : OP_ADD, f->rest ? f->rest : zero, e) : e;
    }
}

/* The condition bounds the index; its bounds are then those of the loop. */
static bool tighten(const bounding *b, lstmt *s, const map *inside, const lexpr *condition)
{
    const lexpr *c = resolve(b, condition);
    bool strict = c->op == OP_LT;
    if (c->kind != LX_POINT || c->lanes || (!strict && c->op != OP_LE) || c->args[0]->elem != ELEM_INT)
        return false;
    form f = {.b = b, .loop = s, .inside = inside, .fits = true};
    add_term(&f, c->args[1], 1);
    add_term(&f, c->args[0], -1);
    if (!f.fits || (f.slope != 1 && f.slope != -1))
        return false;
    lexpr *rest = f.rest ? f.rest : lexpr_int(b->mem, 0);
    if (f.slope > 0) { /* index >= -rest, index > -rest */
        lexpr *least = lexpr_bin(b->mem, OP_SUB, lexpr_int(b->mem, strict), rest);
        s->lo = lexpr_bin(b->mem, OP_MAX, s->lo, least);
    } else { /* index <= rest, index < rest */
        lexpr *end = strict ? rest : lexpr_bin(b->mem, OP_ADD, rest, lexpr_int(b->mem, 1));
        s->hi = lexpr_bin(b->mem, OP_MIN, s->hi, end);
    }
    return true;
}

/* ---- without tests ---- */

static lexpr *without_known(const bounding *b, lexpr *filter)
{
    lexpr_list all = {0};
    lexpr *left = NULL;
    add_conjuncts(b, filter, &all);
    for (int i = 0; i < all.n; i++)
        if (!is_among(b, &b->known, all.data[i]))
            left = left ? lexpr_bin(b->mem, OP_AND, left, all.data[i]) : all.data[i];
    return left;
}

static bool knows(const bounding *b, op o, lexpr *x, lexpr *y)
{
    return is_among(b, &b->known, lexpr_bin(b->mem, o, x, y));
}

static bool runs_over(const lstmt *loop, const extent *size)
{
    int64_t n;
    bool known = loop->lo->kind == LX_CONST && loop->hi->kind == LX_CONST && extent_is_const(size, &n);
    return known ? loop->lo->integer >= 0 && loop->hi->integer <= n : lstmt_range(loop) == size;
}

static bool is_index_of(const bounding *b, const lexpr *sub, const extent *size)
{
    const lexpr *x = resolve(b, sub);
    for (int i = 0; i < b->loops.n && x->kind == LX_TEMP; i++)
        if (b->loops.data[i]->temp == x->temp && runs_over(b->loops.data[i], size))
            return true;
    return false;
}

static bool is_inside(const bounding *b, lexpr *sub, const extent *size)
{
    int64_t n;
    const lexpr *x = resolve(b, sub);
    if (x->kind == LX_CONST)
        return x->integer >= 0 && extent_is_const(size, &n) && x->integer < n;
    return is_index_of(b, sub, size) ||
           (knows(b, OP_LE, lexpr_int(b->mem, 0), sub) && knows(b, OP_LT, sub, lexpr_size(b->mem, size)));
}

static void unguard(const bounding *b, lexpr *e)
{
    if (!e)
        return;
    bool inside = e->kind == LX_LOAD;
    for (int i = 0; i < e->nargs; i++) {
        unguard(b, e->args[i]);
        bool is_tile = e->kind == LX_LOAD && e->buffer->tiled && i == 0;
        inside = inside && (is_tile || is_inside(b, e->args[i], e->buffer->extents[i]));
    }
    e->guarded &= !inside;
}

/* ---- loops ---- */

static void bound_list(bounding *b, lstmt_list *list);

static bool can_bound(const lstmt *s)
{
    return s->kind == LS_FOR && s->independent && !s->lanes && !s->parallel && !s->e && !s->must && !s->symmetric &&
           !s->parts && !s->whole && s->step == 0;
}

static void bound_loop(bounding *b, lstmt *s)
{
    int before = b->known.n;
    bool known = s->lo->kind == LX_CONST && s->hi->kind == LX_CONST;
    int64_t most = known ? s->hi->integer - s->lo->integer : 0;
    needs n = {0};
    map inside;
    map_init(&n.own, b->mem);
    map_init(&inside, b->mem);
    if (can_bound(s)) {
        find_needs(b, &n, &s->body);
        declare(&s->body, &inside);
    }
    for (int i = 0; i < n.list.n; i++)
        if (tighten(b, s, &inside, n.list.data[i]))
            vec_push(b->mem, &b->known, n.list.data[i]);
    if (b->known.n > before && !s->most)
        s->most = most;
    vec_push(b->mem, &b->loops, s);
    bound_list(b, &s->body);
    b->loops.n--;
    b->known.n = before;
}

static void bound_list(bounding *b, lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        if (s->kind == LS_FOR) {
            bound_loop(b, s);
        } else {
            bound_list(b, &s->body);
            bound_list(b, &s->other);
        }
        if (!b->known.n)
            continue;
        unguard(b, s->e);
        if (s->kind == LS_ADD && s->filter)
            s->filter = without_known(b, s->filter);
    }
}

static void note_definitions(bounding *b, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (s->kind == LS_LET && !s->temp->lanes)
            map_set(&b->defs, s->temp, s->e);
        note_definitions(b, &s->body);
        note_definitions(b, &s->other);
    }
}

void bound(nest_fn *f, arena *mem)
{
    bounding b = {.mem = mem};
    map_init(&b.defs, mem);
    note_definitions(&b, &f->body);
    bound_list(&b, &f->body);
}
