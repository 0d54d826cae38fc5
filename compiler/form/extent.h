/* Sizes as polynomials with integer coefficients in the user's size names: N, 2*H, W-w+1, N*D.
 *
 * Extents are interned in a pool: two extents are equal as polynomials exactly when their pointers are equal.
 * An atom is a name interned by the caller's name table (pointer identity). Atoms stand for integers >= 0. */
#ifndef ADC_FORM_EXTENT_H
#define ADC_FORM_EXTENT_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

typedef struct extent_term {
    int64_t coef;       /* never 0 */
    int degree;         /* number of atoms, with repeats */
    const char **atoms; /* sorted by strcmp */
} extent_term;

typedef struct extent {
    struct extent_pool *pool;
    int n; /* terms, highest degree first; 0: the polynomial 0 */
    extent_term *terms;
    uint64_t hash;
    struct extent *next; /* in the pool's bucket */
} extent;

typedef struct extent_pool extent_pool;

extent_pool *extent_pool_new(arena *mem);
const extent *extent_const(extent_pool *p, int64_t value);
const extent *extent_name(extent_pool *p, const char *atom);
const extent *extent_add(const extent *a, const extent *b);
const extent *extent_sub(const extent *a, const extent *b);
const extent *extent_mul(const extent *a, const extent *b);
const extent *extent_scale(const extent *a, int64_t k);
/* a / b where b is a single term and divides each term of a, else NULL. */
const extent *extent_quotient(const extent *a, const extent *b);

/* max(e, 0): e itself where its sign is known, else an atom named so. */
const extent *extent_positive(const extent *e);
/* The e of such an atom; NULL: it is a name. */
const extent *extent_positive_of(const extent_pool *p, const char *atom);

bool extent_is_const(const extent *e, int64_t *value);   /* value may be NULL */
bool extent_is_name(const extent *e);                    /* one name with coefficient 1 */
bool extent_mentions(const extent *e, const char *atom); /* also inside of max(e, 0) */
/* Provably >= 0 for all atoms >= 0 (sufficient test: no negative coefficient). */
bool extent_is_nonneg(const extent *e);
/* Total degree; 0 for constants. */
int extent_degree(const extent *e);
/* Each monomial of e divides some monomial of one of the n extents: e is at most linear in them, constants aside. */
bool extent_is_dominated(const extent *e, int n, const extent *const *by);

/* Replace each atom by lookup(atom, data); NULL keeps the atom. */
const extent *extent_subst(const extent *e, const extent *(*lookup)(const char *atom, void *data), void *data);
/* Value for given atoms; false when an atom is unknown or the result overflows. */
bool extent_eval(const extent *e, bool (*lookup)(const char *atom, int64_t *value, void *data), void *data,
                 int64_t *out);

/* As the user would write it: "N", "2*H", "W-w+1". */
void extent_print(text *t, const extent *e);
const char *extent_str(arena *mem, const extent *e);

#endif
