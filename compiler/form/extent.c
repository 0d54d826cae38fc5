/* Polynomials kept as sorted lists of terms, interned by value. */
#include "form/extent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"

enum { BUCKETS = 1024 };

typedef struct positive_part {
    const char *atom;
    const extent *of;
} positive_part;

struct extent_pool {
    arena *mem;
    extent *buckets[BUCKETS];
    VEC(positive_part) positives;
};

extent_pool *extent_pool_new(arena *mem)
{
    extent_pool *p = ARENA_NEW(mem, extent_pool);
    p->mem = mem;
    return p;
}

/* Monomials: higher degree first, then by name. */
static int compare_monomials(const extent_term *a, const extent_term *b)
{
    if (a->degree != b->degree)
        return a->degree > b->degree ? -1 : 1;
    for (int i = 0; i < a->degree; i++) {
        int c = strcmp(a->atoms[i], b->atoms[i]);
        if (c)
            return c;
    }
    return 0;
}

static uint64_t hash_terms(const extent_term *t, int n)
{
    uint64_t h = (uint64_t)n;
    for (int i = 0; i < n; i++) {
        h = hash_bytes(&t[i].coef, sizeof t[i].coef, h);
        for (int k = 0; k < t[i].degree; k++)
            h = hash_bytes(&t[i].atoms[k], sizeof t[i].atoms[k], h);
    }
    return h;
}

static bool same_terms(const extent *e, const extent_term *t, int n)
{
    if (e->n != n)
        return false;
    for (int i = 0; i < n; i++)
        if (e->terms[i].coef != t[i].coef || compare_monomials(&e->terms[i], &t[i]))
            return false;
    return true;
}

/* terms: sorted, distinct monomials, no zero coefficient; owned by the pool afterwards. */
static const extent *intern(extent_pool *p, extent_term *terms, int n)
{
    uint64_t h = hash_terms(terms, n);
    extent **bucket = &p->buckets[h % BUCKETS];
    for (extent *e = *bucket; e; e = e->next)
        if (e->hash == h && same_terms(e, terms, n))
            return e;
    extent *e = ARENA_NEW(p->mem, extent);
    *e = (extent){.pool = p, .n = n, .terms = terms, .hash = h, .next = *bucket};
    return *bucket = e;
}

const extent *extent_const(extent_pool *p, int64_t value)
{
    extent_term *t = ARENA_NEW(p->mem, extent_term);
    t->coef = value;
    return intern(p, t, value != 0);
}

const extent *extent_name(extent_pool *p, const char *atom)
{
    extent_term *t = ARENA_NEW(p->mem, extent_term);
    t->atoms = ARENA_NEW(p->mem, const char *);
    *t = (extent_term){.coef = 1, .degree = 1, .atoms = t->atoms};
    t->atoms[0] = atom;
    return intern(p, t, 1);
}

static int64_t wrapping_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrapping_mul(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* What the atoms of one pool mean is known in the other, which takes terms from it. */
static void adopt_positives(extent_pool *to, const extent_pool *from)
{
    for (int i = 0; to != from && i < from->positives.n; i++)
        if (!extent_positive_of(to, from->positives.data[i].atom))
            vec_push(to->mem, &to->positives, from->positives.data[i]);
}

/* a + k*b, a merge of two sorted lists. */
static const extent *add_scaled(const extent *a, const extent *b, int64_t k)
{
    adopt_positives(a->pool, b->pool);
    extent_term *t = ARENA_ARRAY(a->pool->mem, extent_term, a->n + b->n + 1);
    int n = 0, i = 0, j = 0;
    while (i < a->n || j < b->n) {
        int c = i == a->n ? 1 : j == b->n ? -1 : compare_monomials(&a->terms[i], &b->terms[j]);
        t[n] = c <= 0 ? a->terms[i] : b->terms[j];
        if (c == 0)
            t[n].coef = wrapping_add(a->terms[i].coef, wrapping_mul(k, b->terms[j].coef));
        else if (c > 0)
            t[n].coef = wrapping_mul(k, t[n].coef);
        i += c <= 0;
        j += c >= 0;
        n += t[n].coef != 0;
    }
    return intern(a->pool, t, n);
}

const extent *extent_add(const extent *a, const extent *b)
{
    return add_scaled(a, b, 1);
}

const extent *extent_sub(const extent *a, const extent *b)
{
    return add_scaled(a, b, -1);
}

const extent *extent_scale(const extent *a, int64_t k)
{
    return add_scaled(extent_const(a->pool, 0), a, k);
}

static int compare_atoms(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const extent *mul_term(const extent *a, const extent_term *u)
{
    extent_pool *p = a->pool;
    const extent *sum = extent_const(p, 0);
    for (int i = 0; i < a->n; i++) {
        const extent_term *s = &a->terms[i];
        extent_term *t = ARENA_NEW(p->mem, extent_term);
        t->coef = wrapping_mul(s->coef, u->coef);
        t->degree = s->degree + u->degree;
        t->atoms = ARENA_ARRAY(p->mem, const char *, t->degree + 1);
        if (s->degree)
            memcpy(t->atoms, s->atoms, (size_t)s->degree * sizeof *t->atoms);
        if (u->degree)
            memcpy(t->atoms + s->degree, u->atoms, (size_t)u->degree * sizeof *t->atoms);
        qsort(t->atoms, (size_t)t->degree, sizeof *t->atoms, compare_atoms);
        sum = extent_add(sum, intern(p, t, t->coef != 0));
    }
    return sum;
}

const extent *extent_mul(const extent *a, const extent *b)
{
    adopt_positives(a->pool, b->pool);
    const extent *sum = extent_const(a->pool, 0);
    for (int i = 0; i < b->n; i++)
        sum = extent_add(sum, mul_term(a, &b->terms[i]));
    return sum;
}

const extent *extent_positive_of(const extent_pool *p, const char *atom)
{
    for (int i = 0; i < p->positives.n; i++)
        if (p->positives.data[i].atom == atom)
            return p->positives.data[i].of;
    return NULL;
}

/* max(x, 0) - k as x - k: below 0 alike. */
static const extent *without_inner(const extent *e)
{
    bool shifted = e->n == 2 && e->terms[0].degree == 1 && e->terms[0].coef == 1 && e->terms[1].degree == 0;
    const extent *x = shifted && e->terms[1].coef < 0 ? extent_positive_of(e->pool, e->terms[0].atoms[0]) : NULL;
    return x ? extent_add(x, extent_const(e->pool, e->terms[1].coef)) : e;
}

const extent *extent_positive(const extent *e)
{
    extent_pool *p = e->pool;
    int64_t value;
    e = without_inner(e);
    if (extent_is_nonneg(e))
        return e;
    if (extent_is_const(e, &value))
        return extent_const(p, 0);
    for (int i = 0; i < p->positives.n; i++)
        if (p->positives.data[i].of == e)
            return extent_name(p, p->positives.data[i].atom);
    positive_part part = {arena_printf(p->mem, "max(%s, 0)", extent_str(p->mem, e)), e};
    vec_push(p->mem, &p->positives, part);
    return extent_name(p, part.atom);
}

bool extent_is_const(const extent *e, int64_t *value)
{
    if (e->n > 1 || (e->n == 1 && e->terms[0].degree > 0))
        return false;
    if (value)
        *value = e->n ? e->terms[0].coef : 0;
    return true;
}

bool extent_is_name(const extent *e)
{
    return e->n == 1 && e->terms[0].degree == 1 && e->terms[0].coef == 1 &&
           !extent_positive_of(e->pool, e->terms[0].atoms[0]);
}

bool extent_mentions(const extent *e, const char *atom)
{
    for (int i = 0; i < e->n; i++)
        for (int k = 0; k < e->terms[i].degree; k++) {
            const extent *inside = extent_positive_of(e->pool, e->terms[i].atoms[k]);
            if (e->terms[i].atoms[k] == atom || (inside && extent_mentions(inside, atom)))
                return true;
        }
    return false;
}

bool extent_is_nonneg(const extent *e)
{
    for (int i = 0; i < e->n; i++)
        if (e->terms[i].coef < 0)
            return false;
    return true;
}

int extent_degree(const extent *e)
{
    return e->n ? e->terms[0].degree : 0;
}

static bool monomial_divides(const extent_term *a, const extent_term *b)
{
    int k = 0;
    for (int i = 0; i < a->degree; i++, k++) {
        while (k < b->degree && strcmp(b->atoms[k], a->atoms[i]) < 0)
            k++;
        if (k == b->degree || strcmp(b->atoms[k], a->atoms[i]))
            return false;
    }
    return true;
}

static bool monomial_is_dominated(const extent_term *t, int n, const extent *const *by)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < by[i]->n; k++)
            if (monomial_divides(t, &by[i]->terms[k]))
                return true;
    return t->degree == 0;
}

bool extent_is_dominated(const extent *e, int n, const extent *const *by)
{
    for (int i = 0; i < e->n; i++)
        if (!monomial_is_dominated(&e->terms[i], n, by))
            return false;
    return true;
}

static const extent *term_quotient(extent_pool *pool, const extent_term *a, const extent_term *b)
{
    if (a->coef % b->coef || !monomial_divides(b, a))
        return NULL;
    const extent *q = extent_const(pool, a->coef / b->coef);
    for (int i = 0, k = 0; i < a->degree; i++) {
        bool taken = k < b->degree && !strcmp(a->atoms[i], b->atoms[k]);
        k += taken;
        q = taken ? q : extent_mul(q, extent_name(pool, a->atoms[i]));
    }
    return q;
}

const extent *extent_quotient(const extent *a, const extent *b)
{
    if (b->n != 1)
        return NULL;
    const extent *sum = extent_const(a->pool, 0);
    for (int i = 0; i < a->n; i++) {
        const extent *q = term_quotient(a->pool, &a->terms[i], b->terms);
        if (!q)
            return NULL;
        sum = extent_add(sum, q);
    }
    return sum;
}

const extent *extent_subst(const extent *e, const extent *(*lookup)(const char *, void *), void *data)
{
    const extent *sum = extent_const(e->pool, 0);
    for (int i = 0; i < e->n; i++) {
        const extent *product = extent_const(e->pool, e->terms[i].coef);
        for (int k = 0; k < e->terms[i].degree; k++) {
            const char *atom = e->terms[i].atoms[k];
            const extent *inside = extent_positive_of(e->pool, atom);
            const extent *by = inside ? extent_positive(extent_subst(inside, lookup, data)) : lookup(atom, data);
            product = extent_mul(product, by ? by : extent_name(e->pool, atom));
        }
        sum = extent_add(sum, product);
    }
    return sum;
}

bool extent_eval(const extent *e, bool (*lookup)(const char *, int64_t *, void *), void *data, int64_t *out)
{
    int64_t sum = 0;
    for (int i = 0; i < e->n; i++) {
        int64_t product = e->terms[i].coef, v;
        for (int k = 0; k < e->terms[i].degree; k++) {
            const extent *inside = extent_positive_of(e->pool, e->terms[i].atoms[k]);
            if (inside ? !extent_eval(inside, lookup, data, &v) : !lookup(e->terms[i].atoms[k], &v, data))
                return false;
            v = inside && v < 0 ? 0 : v;
            if (__builtin_mul_overflow(product, v, &product))
                return false;
        }
        if (__builtin_add_overflow(sum, product, &sum))
            return false;
    }
    *out = sum;
    return true;
}

static void print_term(text *t, const extent_term *m, bool first)
{
    uint64_t magnitude = m->coef < 0 ? 0 - (uint64_t)m->coef : (uint64_t)m->coef;
    text_add(t, m->coef < 0 ? "-" : first ? "" : "+");
    if (magnitude != 1 || m->degree == 0)
        text_addf(t, "%" PRIu64 "%s", magnitude, m->degree ? "*" : "");
    for (int k = 0; k < m->degree; k++)
        text_addf(t, "%s%s", k ? "*" : "", m->atoms[k]);
}

/* Positive terms first, so that W-w+1 does not start with a minus sign. */
void extent_print(text *t, const extent *e)
{
    bool first = true;
    for (int i = 0; i < e->n && first; i++)
        if (e->terms[i].coef > 0 && e->terms[0].coef < 0) {
            print_term(t, &e->terms[i], true);
            for (int k = 0; k < e->n; k++)
                if (k != i)
                    print_term(t, &e->terms[k], false);
            return;
        }
    for (int i = 0; i < e->n; i++, first = false)
        print_term(t, &e->terms[i], first);
    if (!e->n)
        text_add(t, "0");
}

const char *extent_str(arena *mem, const extent *e)
{
    text t;
    text_init(&t, mem);
    extent_print(&t, e);
    return text_str(&t);
}
