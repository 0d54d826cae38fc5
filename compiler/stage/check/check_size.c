/* Sizes: int expressions as polynomials, equality of extents, and the requirements left for run time.
 *
 * Reads checked int expressions, writes the function's requirements. Whatever is decided here holds for all values of
 * the sizes (>= 0); int parameters may be negative, so nothing is concluded from their sign. */
#include <string.h>

#include "stage/check/check_parts.h"

enum { MAX_DEGREE = 8, MAX_TERMS = 64 };
static const int64_t max_coefficient = (int64_t)1 << 40;

/* Polynomials that grow without bound are given up: their values are then run-time values. */
static const extent *small(const extent *e)
{
    if (extent_degree(e) > MAX_DEGREE || e->n > MAX_TERMS)
        return NULL;
    for (int i = 0; i < e->n; i++)
        if (e->terms[i].coef > max_coefficient || e->terms[i].coef < -max_coefficient)
            return NULL;
    return e;
}

static const extent *poly_power(const extent *a, const expr *exponent)
{
    if (exponent->kind != EXPR_INT || exponent->integer < 0 || exponent->integer > MAX_DEGREE)
        return NULL;
    const extent *p = extent_const(a->pool, 1);
    for (int64_t i = 0; i < exponent->integer && p; i++)
        p = small(extent_mul(p, a));
    return p;
}

static const extent *poly_binary(checker *c, const expr *e)
{
    const extent *l = poly_of(c, e->a.data[0]);
    if (l && e->op == BIN_POW)
        return poly_power(l, e->a.data[1]);
    const extent *r = l ? poly_of(c, e->a.data[1]) : NULL;
    if (!r)
        return NULL;
    return e->op == BIN_ADD   ? extent_add(l, r)
           : e->op == BIN_SUB ? extent_sub(l, r)
           : e->op == BIN_MUL ? extent_mul(l, r)
                              : NULL;
}

const extent *poly_of(checker *c, const expr *e)
{
    const extent *p = NULL;
    if (!e->type || e->type->kind != TYPE_INT || e->type->rank)
        return NULL;
    if (e->kind == EXPR_INT)
        p = extent_const(c->pool, e->integer);
    else if (e->kind == EXPR_NAME && e->bind)
        p = map_get(&c->values, e->bind);
    else if (e->kind == EXPR_NEG && (p = poly_of(c, e->a.data[0])))
        p = extent_scale(p, -1);
    else if (e->kind == EXPR_BINARY)
        p = poly_binary(c, e);
    return p ? small(p) : NULL;
}

const extent *constant_extent(checker *c, int64_t value)
{
    return extent_const(c->pool, value);
}

void set_value(checker *c, binding *b, const extent *value)
{
    if (!value) {
        const char *atom = names_intern(c->prog->names, arena_printf(c->mem, "%s.%d", b->name, ++c->counter));
        map_set(&c->atoms, atom, b);
        value = extent_name(c->pool, atom);
    }
    map_set(&c->values, b, (void *)(uintptr_t)value);
}

static bool any_atom(const checker *c, const extent *e, bool (*test)(const checker *, const char *))
{
    for (int i = 0; i < e->n; i++)
        for (int k = 0; k < e->terms[i].degree; k++)
            if (test(c, e->terms[i].atoms[k]))
                return true;
    return false;
}

static bool is_local_atom(const checker *c, const char *atom)
{
    return map_get(&c->atoms, atom) != NULL;
}

static bool is_int_param(const checker *c, const char *atom)
{
    for (int i = 0; i < c->fn->params.n; i++)
        if (c->fn->params.data[i].name == atom)
            return true;
    return false;
}

bool is_size_polynomial(const checker *c, const extent *e)
{
    return !any_atom(c, e, is_local_atom);
}

bool mentions_int_param(const checker *c, const extent *e)
{
    return any_atom(c, e, is_int_param);
}

/* e with max(x, 0) replaced by x, which is not more, where that is added. */
static const extent *without_positives(const extent *e)
{
    const extent *out = e;
    for (int i = 0; i < e->n; i++) {
        const extent_term *t = &e->terms[i];
        const extent *inside = t->degree == 1 && t->coef > 0 ? extent_positive_of(e->pool, t->atoms[0]) : NULL;
        if (inside)
            out = extent_add(out, extent_scale(extent_sub(inside, extent_name(e->pool, t->atoms[0])), t->coef));
    }
    return out;
}

bool provably_nonneg(const checker *c, const extent *e)
{
    const extent *least = without_positives(e);
    return (extent_is_nonneg(e) && !mentions_int_param(c, e) && is_size_polynomial(c, e)) ||
           (least != e && provably_nonneg(c, least));
}

const char *plain_text(const checker *c, const char *printed)
{
    char *s = arena_strdup(c->mem, printed), *to = s;
    for (const char *from = s; *from; from++) {
        if (*from == '.') {
            from += strspn(from + 1, "0123456789");
            continue;
        }
        if (*from != '?')
            *to++ = *from;
    }
    *to = 0;
    return s;
}

const char *ext_str(const checker *c, const extent *e)
{
    return plain_text(c, extent_str(c->mem, e));
}

static void say_unknown_size(checker *c, const expr *e)
{
    if (!diag_error(c->diag, e->at, "unknown size '%s'", e->name))
        return;
    text known;
    text_init(&known, c->mem);
    for (int i = 0; i < c->fn->sizes.n; i++)
        text_addf(&known, "%s%s", i ? ", " : "", c->fn->sizes.data[i]->name);
    if (known.n)
        diag_hint(c->diag, "the sizes of '%s' are %s; its signature names them", c->fn->name, text_str(&known));
    else
        diag_hint(c->diag, "sizes are named in the signature: x: real[%s]", e->name);
}

bool is_unknown_size(checker *c, expr *e)
{
    if (e->kind != EXPR_NAME || e->module_name || scope_find(c, e->name))
        return false;
    say_unknown_size(c, e);
    e->type = error_type(c);
    return true;
}

const extent *size_of(checker *c, expr *e, const char *what)
{
    if (is_unknown_size(c, e))
        return NULL;
    const type *t = check_value(c, e, NULL);
    const extent *p = poly_of(c, e);
    if (is_bad(t) || (p && is_size_polynomial(c, p)))
        return p;
    bool is_int = t->kind == TYPE_INT && !t->rank;
    if (is_int ? diag_error(c->diag, e->at, "%s is not a size expression", what)
               : diag_error(c->diag, e->at, "%s must be a size, and this is %s", what, type_str(c->mem, t)))
        diag_hint(c->diag, "sizes are made of numbers, size names and int parameters with + - *");
    return NULL;
}

static bool mentions_param(const extent *value, const type *t)
{
    for (int i = 0; i < value->n; i++)
        for (int k = 0; k < value->terms[i].degree; k++)
            for (int d = 0; d < t->rank; d++)
                if (extent_mentions(t->extents[d], value->terms[i].atoms[k]))
                    return true;
    return false;
}

int blame_param(const checker *c, const expr *e, const extent *value)
{
    int blamed = -1;
    const param_list *params = &c->fn->params;
    for (int i = 0; i < params->n; i++) {
        const binding *b = params->data[i].bind;
        bool concerned = b && b->type && (mentions_param(value, b->type) || extent_mentions(value, b->name));
        if (concerned && e && e->kind == EXPR_NAME && e->bind == b)
            return i;
        if (concerned)
            blamed = i;
    }
    return blamed;
}

const char *requirement_text(checker *c, bool equality, const extent *value)
{
    const extent *left = constant_extent(c, 0), *right = left;
    for (int i = 0; i < value->n; i++) {
        const extent_term *t = &value->terms[i];
        const extent *term = constant_extent(c, t->coef);
        for (int k = 0; k < t->degree; k++)
            term = extent_mul(term, extent_name(c->pool, t->atoms[k]));
        if (t->coef > 0)
            left = extent_add(left, term);
        else
            right = extent_sub(right, term);
    }
    return arena_printf(c->mem, "%s %s %s", ext_str(c, left), equality ? "=" : ">=", ext_str(c, right));
}

/* x where value is a multiple of max(x, 0) - x, or NULL. */
static const extent *equals_its_positive(const extent *value)
{
    for (int i = 0; i < value->n; i++) {
        const extent_term *t = &value->terms[i];
        const extent *x = t->degree == 1 ? extent_positive_of(value->pool, t->atoms[0]) : NULL;
        if (x && value == extent_scale(extent_sub(extent_name(value->pool, t->atoms[0]), x), t->coef))
            return x;
    }
    return NULL;
}

void require(checker *c, bool equality, const extent *value, loc at, int blamed, const char *what)
{
    const extent *negative = equality ? equals_its_positive(value) : NULL;
    if (negative) {
        require_nonneg(c, negative, at, "the number of passes");
        return;
    }
    for (int i = 0; i < c->fn->requirements.n; i++) {
        const requirement *r = &c->fn->requirements.data[i];
        if (r->equality == equality && (r->value == value || (equality && r->value == extent_scale(value, -1))))
            return;
    }
    requirement r = {.equality = equality, .value = value, .param = blamed, .at = at, .what = what};
    r.text = arena_printf(c->mem, "%s: %s", what, requirement_text(c, equality, value));
    vec_push(c->mem, &c->fn->requirements, r);
}

/* Zero only where sizes are zero: N against 2*N. */
static bool one_sign(checker *c, const extent *d)
{
    return provably_nonneg(c, d) || provably_nonneg(c, extent_scale(d, -1));
}

/* Never zero, for all sizes. */
static bool never_zero(checker *c, const extent *d)
{
    const extent *one = constant_extent(c, 1);
    return provably_nonneg(c, extent_sub(d, one)) || provably_nonneg(c, extent_sub(extent_scale(d, -1), one));
}

same compare_extents(checker *c, const extent *a, const extent *b)
{
    if (a == b)
        return SAME_YES;
    if (one_sign(c, extent_sub(a, b)) || !is_size_polynomial(c, a) || !is_size_polynomial(c, b))
        return SAME_NO;
    bool plain = extent_is_name(a) && extent_is_name(b);
    return plain && !mentions_int_param(c, a) && !mentions_int_param(c, b) ? SAME_NO : SAME_REQUIRED;
}

same same_extent(checker *c, const extent *a, const extent *b, loc at, const expr *blame)
{
    same s = compare_extents(c, a, b);
    if (s == SAME_REQUIRED) {
        const extent *d = extent_sub(a, b);
        require(c, true, d, at, blame_param(c, blame, d), "these sizes must be equal");
    }
    return s;
}

bool must_be_nonneg(checker *c, const extent *value, loc at, const char *what)
{
    const extent *below = extent_sub(extent_scale(value, -1), constant_extent(c, 1));
    bool negative = provably_nonneg(c, below);
    if (negative)
        diag_error(c->diag, at, "%s is negative: %s", what, ext_str(c, value));
    return !negative;
}

void require_nonneg(checker *c, const extent *value, loc at, const char *what)
{
    if (!provably_nonneg(c, value) && must_be_nonneg(c, value, at, what))
        require(c, false, value, at, blame_param(c, NULL, value),
                arena_printf(c->mem, "%s must not be negative", what));
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a < 0 ? -a : a;
}

/* 2*N - 2*M: two sizes that are asked to be equal. */
static bool is_name_difference(const extent *d)
{
    return d->n == 2 && d->terms[0].degree == 1 && d->terms[1].degree == 1 && d->terms[0].coef == -d->terms[1].coef &&
           !extent_positive_of(d->pool, d->terms[0].atoms[0]) && !extent_positive_of(d->pool, d->terms[1].atoms[0]);
}

bool requirement_fails(checker *c, bool equality, const extent *value)
{
    if (equality) {
        int64_t g = 0, rest = 0;
        for (int i = 0; i < value->n; i++) {
            if (value->terms[i].degree)
                g = gcd(g, value->terms[i].coef);
            else
                rest = value->terms[i].coef;
        }
        bool indivisible = g > 1 && rest % g != 0;
        return indivisible || never_zero(c, value) || (is_name_difference(value) && !mentions_int_param(c, value));
    }
    return provably_nonneg(c, extent_sub(extent_scale(value, -1), constant_extent(c, 1)));
}
