/* Private to unit/oracle*.c: values, and what they are at the moment. */
#ifndef ADC_TESTS_ORACLE_MACHINE_H
#define ADC_TESTS_ORACLE_MACHINE_H
#include <string.h>

#include "base/vec.h"
#include "unit/oracle.h"
#include "unit/oracle_num.h"

/* A tensor: entries of 1 << depth parts each. */
typedef struct array {
    int depth;
    int64_t count;
    long double *c;
} array;

typedef struct binding {
    long stamp;
    array value;
} binding;

typedef struct cached {
    long *stamps; /* of the free variables, then of the seeds */
    array value;
} cached;

/* name + e * (tangent, or 1 at one entry). */
typedef struct seed {
    const node *name;
    int level; /* which nilpotent */
    int64_t entry;
    const array *tangent; /* NULL: entry */
} seed;

typedef struct machine {
    const oracle *o;
    arena *mem;
    map bindings; /* var -> binding */
    map values;   /* node -> cached */
    VEC(seed) seeds;
    long seed_stamp, stamps;
    int depth;
} machine;

static inline array array_new(machine *m, int64_t count)
{
    return (array){m->depth, count, ARENA_ARRAY(m->mem, long double, (size_t)(count << m->depth) + 1)};
}

static inline num get(const array *a, int64_t i)
{
    num x = {{0}};
    memcpy(x.c, a->c + (i << a->depth), sizeof *a->c << a->depth);
    return x;
}

static inline void put(array *a, int64_t i, num x)
{
    memcpy(a->c + (i << a->depth), x.c, sizeof *a->c << a->depth);
}

/* oracle.c */
array eval(machine *m, node *n);
int64_t count_of(const oracle *o, int rank, const extent *const *extents);
void bind_value(machine *m, const var *v, array value);
/* The bindings of the variables of a binder, kept while it runs. */
binding *save(machine *m, const node *n);
void restore(machine *m, const node *n, const binding *old);

/* oracle_derive.c */
array eval_name(machine *m, node *n);
array eval_vjp(machine *m, const node *vjp, int64_t k);
array eval_jvp(machine *m, const node *n);
array eval_custom(machine *m, node *n);

#endif
