/* Index notation: where an index gets its range, what a subscript gives, and which subscripts are proven in range.
 *
 * The first tensor axis that an index subscripts plainly gives its range; later ones must agree. Other subscripts wait
 * until the end of the statement, when all ranges are known: a polynomial is largest and smallest at the ends of its
 * indices' ranges, so comparing those with the axis decides, leaves a requirement on sizes, or a check at run time. */
#include <string.h>

#include "stage/check/check_parts.h"

static index_info *new_info(checker *c, binding *b)
{
    index_info *info = ARENA_NEW(c->mem, index_info);
    map_set(&c->infos, b, info);
    return info;
}

static void reject_hidden(checker *c, const index_def *d)
{
    const binding *known = scope_find(c, d->name);
    bool hides = known && (known->kind == BIND_INDEX || known->kind == BIND_LOOP);
    if (!hides)
        return;
    ((index_info *)map_get(&c->infos, known))->written = true; /* nothing more about it */
    if (diag_error(c->diag, d->at, "index '%s' is in use outside already", d->name))
        diag_hint(c->diag, "choose another letter for one of them");
}

/* [i: n] at run time is [i in 0..n]. */
static expr *zero_bound(checker *c, loc at)
{
    expr *zero = ARENA_NEW(c->mem, expr);
    *zero = (expr){.kind = EXPR_INT, .at = at, .name = "0", .type = kind_type(c, TYPE_INT), .depth = 1};
    return zero;
}

static void write_range(checker *c, index_info *info, index_def *d)
{
    info->written = true;
    if (d->count) {
        if (is_unknown_size(c, d->count) || is_bad(check_scalar_int(c, d->count, "the number of entries")))
            return;
        info->extent = poly_of(c, d->count);
        info->start = constant_extent(c, 0);
        return;
    }
    type *lo = check_scalar_int(c, d->lo, "the range"), *hi = check_scalar_int(c, d->hi, "the range");
    if (is_bad(lo) || is_bad(hi))
        return;
    const extent *end = poly_of(c, d->hi);
    info->start = poly_of(c, d->lo);
    info->extent = info->start && end ? extent_sub(end, info->start) : NULL;
}

void declare_index(checker *c, index_def *d)
{
    index_info range = {0};
    if (d->count || d->lo)
        write_range(c, &range, d);
    reject_hidden(c, d);
    d->bind = scope_declare(c, BIND_INDEX, d->name, d->at, kind_type(c, TYPE_INT));
    set_value(c, d->bind, NULL);
    *new_info(c, d->bind) = range;
}

static bool static_size(checker *c, const extent *e)
{
    return e && is_size_polynomial(c, e) && !mentions_int_param(c, e);
}

static bool range_is_known(checker *c, index_def *d, const char *form, int errors_before)
{
    const index_info *info = map_get(&c->infos, d->bind);
    if (info->written || info->extent)
        return true;
    if (c->diag->errors > errors_before)
        return false;
    const char *why = info->used ? "it subscripts no axis plainly" : "it is not used";
    if (diag_error(c->diag, d->at, "the range of index '%s' is not known: %s", d->name, why))
        diag_hint(c->diag, "write its range: %s[%s: N]", form, d->name);
    return false;
}

void finish_reduction_index(checker *c, index_def *d, const char *form, int errors_before)
{
    const index_info *info = map_get(&c->infos, d->bind);
    if (!range_is_known(c, d, form, errors_before))
        return;
    bool fixed = !info->written || (static_size(c, info->extent) && static_size(c, info->start));
    if (fixed) {
        int64_t n;
        bool empty = extent_is_const(info->extent, &n) && n < 0;
        d->extent = empty ? constant_extent(c, 0) : info->extent;
        d->start = info->start == constant_extent(c, 0) ? NULL : info->start;
    } else if (d->count) {
        d->lo = zero_bound(c, d->at);
        d->hi = d->count;
    }
}

void finish_let_index(checker *c, index_def *d, const char *form, int errors_before)
{
    const index_info *info = map_get(&c->infos, d->bind);
    if (!range_is_known(c, d, form, errors_before))
        return;
    if (info->extent && is_size_polynomial(c, info->extent)) {
        d->extent = info->extent;
        require_nonneg(c, info->extent, d->at, "the number of entries");
    } else if (d->count && !is_bad(d->count->type) &&
               diag_error(c->diag, d->count->at, "the number of entries is not a size expression")) {
        diag_hint(c->diag, "sizes are made of numbers, size names and int parameters with + - *");
    }
}

void set_loop_range(checker *c, binding *b, const expr *lo, const expr *hi)
{
    const extent *start = poly_of(c, lo), *end = poly_of(c, hi);
    index_info *info = new_info(c, b);
    info->written = true;
    info->start = start;
    info->extent = start && end ? extent_sub(end, start) : NULL;
}

/* Proofs. */

/* The atom of a term that stands for an index, and whether the rest of the term is a known multiple of sizes. */
static const char *only_local_atom(checker *c, const extent_term *t, bool *decidable)
{
    const char *found = NULL;
    *decidable = true;
    for (int i = 0; i < t->degree; i++)
        if (map_get(&c->atoms, t->atoms[i])) {
            *decidable &= !found;
            found = t->atoms[i];
        }
    return found;
}

static const extent *term_without(checker *c, const extent_term *t, const char *atom)
{
    const extent *p = constant_extent(c, t->coef);
    for (int i = 0; i < t->degree; i++)
        if (t->atoms[i] != atom)
            p = extent_mul(p, extent_name(c->pool, t->atoms[i]));
    return p;
}

static const index_info *info_of_atom(const checker *c, const char *atom)
{
    const binding *b = map_get(&c->atoms, atom);
    return b ? map_get(&c->infos, b) : NULL;
}

/* The range of another index of p depends on this one: it is replaced after that. */
static bool bounds_another(const checker *c, const extent *p, const char *atom)
{
    for (int i = 0; i < p->n; i++)
        for (int k = 0; k < p->terms[i].degree; k++) {
            const index_info *info = info_of_atom(c, p->terms[i].atoms[k]);
            if (info && ((info->start && extent_mentions(info->start, atom)) ||
                         (info->extent && extent_mentions(info->extent, atom))))
                return true;
        }
    return false;
}

/* One step of replacing indices, inner ones first, by the end of their range that makes p largest (or smallest); NULL:
 * cannot be told. */
static const extent *replace_indices(checker *c, const extent *p, bool largest)
{
    const extent *sum = constant_extent(c, 0);
    for (int i = 0; i < p->n; i++) {
        bool decidable;
        const extent_term *t = &p->terms[i];
        const char *atom = only_local_atom(c, t, &decidable);
        const extent *factor = term_without(c, t, atom);
        if (!atom || bounds_another(c, p, atom)) {
            sum = extent_add(sum, atom ? extent_mul(factor, extent_name(c->pool, atom)) : factor);
            continue;
        }
        const index_info *info = info_of_atom(c, atom);
        if (!decidable || !info || !info->start || !info->extent || mentions_int_param(c, factor))
            return NULL;
        const extent *end = info->start;
        if (largest == (t->coef > 0))
            end = extent_sub(extent_add(end, info->extent), constant_extent(c, 1));
        sum = extent_add(sum, extent_mul(factor, end));
    }
    return sum;
}

static const extent *bound_of(checker *c, const extent *p, bool largest)
{
    for (int step = 0; p && step < 16; step++) {
        if (is_size_polynomial(c, p))
            return p;
        p = replace_indices(c, p, largest);
    }
    return NULL;
}

typedef enum verdict { IN_RANGE, OUT_OF_RANGE, DEPENDS, UNKNOWN } verdict;

static verdict judge(checker *c, const extent *slack)
{
    if (!slack)
        return UNKNOWN;
    if (provably_nonneg(c, slack))
        return IN_RANGE;
    if (provably_nonneg(c, extent_sub(extent_scale(slack, -1), constant_extent(c, 1))))
        return OUT_OF_RANGE;
    return mentions_int_param(c, slack) ? UNKNOWN : DEPENDS;
}

enum { LONGEST_QUOTE = 40 };

static const char *source_text(checker *c, const expr *e)
{
    int n = e->at.end - e->at.begin;
    if (n > LONGEST_QUOTE || !e->at.src)
        return "this subscript";
    return arena_printf(c->mem, "'%.*s'", n, e->at.src->data + e->at.begin);
}

/* "subscript 'i+1'", "this slice" */
static const char *subject(checker *c, const expr *e, const char *kind)
{
    int n = e->at.end - e->at.begin;
    return n > LONGEST_QUOTE ? arena_printf(c->mem, "this %s", kind)
                             : arena_printf(c->mem, "%s '%.*s'", kind, n, e->at.src->data + e->at.begin);
}

static void say_outside(checker *c, const pending *w, const expr *value, const extent *p)
{
    const expr *base = w->e->a.data[0];
    const type *t = base->type;
    if (!diag_error(c->diag, value->at, "%s %s is out of range: %s has %s",
                    w->e->subs.data[w->sub].value ? "subscript" : "the slice's end", ext_str(c, p),
                    name_text(c, base, "this tensor"), axis_text(c, t->extents[w->sub], w->sub, t->rank, true)))
        return;
    const extent *last = extent_sub(t->extents[w->sub], constant_extent(c, 1));
    if (w->e->subs.data[w->sub].value)
        diag_hint(c->diag, "the entries are 0 to %s", ext_str(c, last));
}

static void say_below(checker *c, const expr *value, const expr *base, const extent *low)
{
    if (diag_error(c->diag, value->at, "subscript out of range: %s of %s starts at %s", source_text(c, value),
                   name_text(c, base, "this tensor"), ext_str(c, low)))
        diag_hint(c->diag, "the first entry is 0");
}

static void say_above(checker *c, const expr *value, const expr *base, int axis, const extent *high)
{
    const type *t = base->type;
    if (diag_error(c->diag, value->at, "subscript out of range: %s reaches %s, %s has %s", source_text(c, value),
                   ext_str(c, high), name_text(c, base, "this tensor"),
                   axis_text(c, t->extents[axis], axis, t->rank, true)))
        diag_hint(c->diag, "the last entry is %s; give the index a shorter range: [i: ...]",
                  ext_str(c, extent_sub(t->extents[axis], constant_extent(c, 1))));
}

/* What is known of the smallest and of the largest value that a subscript or a slice's ends take. */
typedef struct limits {
    const extent *min, *max, *slack; /* slack: how far max is from the last that is allowed */
    verdict below, above;
} limits;

/* A slice's ends may be one past the last entry. */
static limits limits_of(checker *c, const pending *w, const extent *n, bool slice)
{
    limits l = {0};
    const extent *last = slice ? n : extent_sub(n, constant_extent(c, 1));
    l.min = w->low ? bound_of(c, w->low, false) : NULL;
    l.max = w->high ? bound_of(c, w->high, true) : NULL;
    l.slack = l.max ? extent_sub(last, l.max) : NULL;
    l.below = judge(c, l.min);
    l.above = judge(c, l.slack);
    return l;
}

static void report_out_of_range(checker *c, const pending *w, const limits *l, const expr *first, const expr *last)
{
    const expr *base = w->e->a.data[0];
    bool below = l->below == OUT_OF_RANGE && first;
    if (below && is_size_polynomial(c, w->low))
        say_outside(c, w, first, w->low);
    else if (!below && last && is_size_polynomial(c, w->high))
        say_outside(c, w, last, w->high);
    else if (below)
        say_below(c, first, base, l->min);
    else if (last)
        say_above(c, last, base, w->sub, l->max);
}

/* Guarded subscripts may be out of range where the guard is false, unless all is constant. */
static void prove(checker *c, const pending *w)
{
    expr *base = w->e->a.data[0];
    subscript *s = &w->e->subs.data[w->sub];
    const expr *first = s->value ? s->value : s->lo, *last = s->value ? s->value : s->hi;
    const extent *n = base->type->extents[w->sub];
    limits l = limits_of(c, w, n, !s->value);
    bool constant = w->low && w->low == w->high && extent_is_const(w->low, NULL) && extent_is_const(n, NULL);
    bool known = l.below != UNKNOWN && l.above != UNKNOWN;
    loc at = first ? first->at : w->e->at;
    s->in_range = l.below == IN_RANGE && l.above == IN_RANGE;
    if (l.below == OUT_OF_RANGE || l.above == OUT_OF_RANGE) {
        if (!w->guarded || constant)
            report_out_of_range(c, w, &l, first, last);
    } else if (!w->guarded && known) {
        const char *what = arena_printf(c->mem, "%s must be inside of %s",
                                        s->value ? subject(c, s->value, "subscript") : subject(c, w->e, "slice"),
                                        name_text(c, base, "this tensor"));
        if (l.below == DEPENDS)
            require(c, false, l.min, at, blame_param(c, base, l.min), what);
        if (l.above == DEPENDS)
            require(c, false, l.slack, at, blame_param(c, base, l.slack), what);
        s->in_range = true;
    }
}

void check_pending(checker *c)
{
    for (int i = 0; i < c->pending.n; i++)
        prove(c, &c->pending.data[i]);
    c->pending.n = 0;
}

/* Subscripts. */

static void postpone(checker *c, expr *e, int k, const extent *low, const extent *high)
{
    pending w = {.e = e, .sub = k, .guarded = c->guard > 0, .low = low, .high = high};
    vec_push(c->mem, &c->pending, w);
}

/* The shorter one of axes as of a function on nodes and one on the intervals between them; NULL: they are not like
 * that. */
static const extent *shorter_by_a_number(const extent *a, const extent *b)
{
    int64_t more;
    bool related = !extent_is_const(a, NULL) && extent_is_const(extent_sub(b, a), &more) && more != 0;
    return !related ? NULL : more > 0 ? a : b;
}

static void say_index_disagrees(checker *c, const expr *e, int k, const index_info *info, const char *name)
{
    const expr *base = e->a.data[0], *old = info->base;
    int axis = info->axis;
    const type *t = base->type, *u = old->type;
    bool unit = t->rank != u->rank || (k != axis && t->rank > 1);
    if (!diag_error(c->diag, e->at, "sizes differ: %s has %s, %s has %s", name_text(c, old, "the tensor before"),
                    axis_text(c, u->extents[axis], axis, u->rank, true), name_text(c, base, "this one"),
                    axis_text(c, t->extents[k], k, t->rank, unit)))
        return;
    if (base->kind != EXPR_NAME) {
        diag_hint(c->diag, "use another index than '%s'", name);
        return;
    }
    const extent *fewer = shorter_by_a_number(u->extents[axis], t->extents[k]);
    if (fewer) {
        diag_hint(c->diag, "use another index for %s, or write the range of '%s': %s: %s", name_text(c, base, "it"),
                  name, name, extent_str(c->mem, fewer));
        return;
    }
    type *wanted = tensor_like(c, t->kind, t);
    wanted->extents[k] = u->extents[axis];
    diag_hint(c->diag, "use another index for %s, or declare it %s", name_text(c, base, "it"),
              type_str(c->mem, wanted));
}

/* x[.., i, ..] with an index whose range is not written: it ranges over the axis. */
static void plain_use(checker *c, expr *e, int k, index_info *info, const char *name)
{
    expr *base = e->a.data[0];
    const extent *n = base->type->extents[k];
    if (!info->extent) {
        info->extent = n;
        info->start = constant_extent(c, 0);
        info->base = base;
        info->axis = k;
    }
    same s = compare_extents(c, info->extent, n);
    if (s == SAME_NO) {
        say_index_disagrees(c, e, k, info, name);
    } else if (s == SAME_REQUIRED && c->guard) {
        const extent *p = poly_of(c, e->subs.data[k].value);
        postpone(c, e, k, p, p);
    } else {
        same_extent(c, info->extent, n, e->at, base);
        e->subs.data[k].in_range = true;
    }
}

/* False after an error. */
static bool check_point(checker *c, expr *e, int k)
{
    expr *v = e->subs.data[k].value;
    type *t = check_value(c, v, NULL);
    if (is_bad(t))
        return false;
    if (t->kind != TYPE_INT || t->rank) {
        diag_error(c->diag, v->at, "a subscript must be an int, and this is %s", type_str(c->mem, t));
        if (t->kind == TYPE_INT)
            diag_hint(c->diag, "gather entry by entry: let y[i] = x[%s[i]];", v->kind == EXPR_NAME ? v->name : "k");
        else if (type_is_float(t) && !t->rank)
            diag_hint(c->diag, "int(x) drops the fraction");
        return false;
    }
    index_info *info = v->kind == EXPR_NAME ? map_get(&c->infos, v->bind) : NULL;
    const extent *p = poly_of(c, v);
    if (info && !info->written)
        plain_use(c, e, k, info, v->name);
    else
        postpone(c, e, k, p, p);
    return true;
}

/* The length of x[a..b], or NULL after an error. */
static const extent *check_slice(checker *c, expr *e, int k)
{
    subscript *s = &e->subs.data[k];
    const extent *n = e->a.data[0]->type->extents[k], *lo = constant_extent(c, 0), *hi = n;
    bool bad = s->lo && is_bad(check_scalar_int(c, s->lo, "the end of a slice"));
    bad |= s->hi && is_bad(check_scalar_int(c, s->hi, "the end of a slice"));
    if (bad)
        return NULL;
    if (s->lo)
        lo = poly_of(c, s->lo);
    if (s->hi)
        hi = poly_of(c, s->hi);
    const extent *length = lo && hi ? extent_sub(hi, lo) : NULL;
    loc at = s->lo ? s->lo->at : s->hi ? s->hi->at : e->at;
    if (!length || !is_size_polynomial(c, length)) {
        if (diag_error(c->diag, at, "the length of this slice is not a size expression"))
            diag_hint(c->diag, "sizes are made of numbers, size names and int parameters with + - *");
        return NULL;
    }
    require_nonneg(c, length, at, "the length of this slice");
    postpone(c, e, k, lo, hi);
    return length;
}

type *check_subscript(checker *c, expr *e, const type *expected)
{
    (void)expected;
    expr *base = e->a.data[0];
    type *t = check_value(c, base, NULL);
    bool bad = is_bad(t), failed = bad;
    if (!bad && e->subs.n > t->rank) {
        diag_error(c->diag, e->at, t->rank ? "too many subscripts: %s is %s" : "%s is %s, a scalar, and has no entries",
                   name_text(c, base, "this"), type_str(c->mem, t));
        bad = true;
    }
    const extent **extents = ARENA_ARRAY(c->mem, const extent *, e->subs.n + t->rank);
    int rank = 0;
    for (int k = 0; k < e->subs.n; k++) {
        subscript *s = &e->subs.data[k];
        if (bad) {
            if (s->value)
                check_value(c, s->value, NULL);
        } else if (s->value) {
            failed |= !check_point(c, e, k);
        } else {
            extents[rank] = check_slice(c, e, k);
            failed |= !extents[rank++];
        }
    }
    if (bad || failed)
        return error_type(c);
    for (int k = e->subs.n; k < t->rank; k++)
        extents[rank++] = t->extents[k];
    return type_tensor(c->mem, t->kind, rank, extents);
}
