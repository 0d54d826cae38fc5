/* Derivatives of the oracle.
 *
 * One adds a nilpotent: the named node gets it as tangent, the expression is evaluated again, and the coefficient is
 * read off. Of a hand-written derivative the adjoint is evaluated for each unit weight. */
#include <assert.h>

#include "unit/oracle_machine.h"

array eval_name(machine *m, node *n)
{
    array x = eval(m, n->args[0]), a = array_new(m, x.count);
    for (int64_t i = 0; i < x.count; i++)
        put(&a, i, get(&x, i));
    for (int s = 0; s < m->seeds.n; s++) {
        const seed *given = &m->seeds.data[s];
        if (given->name != n)
            continue;
        for (int64_t i = 0; i < x.count; i++) {
            num tangent = given->tangent ? get(given->tangent, i) : num_of(i == given->entry), y = get(&a, i);
            for (int k = 0; k < 1 << given->level; k++)
                y.c[k + (1 << given->level)] += tangent.c[k];
            put(&a, i, y);
        }
    }
    return a;
}

static void push_seed(machine *m, seed s)
{
    vec_push(m->mem, &m->seeds, s);
    m->seed_stamp = ++m->stamps;
}

/* e with one nilpotent more, and of that the coefficients. */
static array eval_tangent(machine *m, node *e)
{
    assert(m->depth < ORACLE_DEPTH);
    m->depth++;
    array x = eval(m, e);
    m->depth--;
    array a = array_new(m, x.count);
    for (int64_t i = 0; i < x.count; i++) {
        num y = get(&x, i), t = {{0}};
        for (int k = 0; k < 1 << m->depth; k++)
            t.c[k] = y.c[k + (1 << m->depth)];
        put(&a, i, t);
    }
    return a;
}

array eval_vjp(machine *m, const node *vjp, int64_t k)
{
    node *name = vjp->args[2 + k];
    array w = eval(m, vjp->args[1]), a = array_new(m, count_of(m->o, name->rank, name->extents));
    long outer = m->seed_stamp;
    for (int64_t i = 0; i < a.count; i++) {
        push_seed(m, (seed){.name = name, .level = m->depth, .entry = i});
        array t = eval_tangent(m, vjp->args[0]);
        num sum = num_of(0);
        for (int64_t j = 0; j < t.count; j++)
            sum = num_add(m->depth, sum, num_mulz(m->depth, get(&w, j), get(&t, j)));
        put(&a, i, sum);
        m->seeds.n--;
    }
    m->seed_stamp = outer;
    return a;
}

array eval_jvp(machine *m, const node *n)
{
    int count = (n->nargs - 1) / 2;
    array *tangents = ARENA_ARRAY(m->mem, array, count + 1);
    long outer = m->seed_stamp;
    for (int i = 0; i < count; i++)
        tangents[i] = eval(m, n->args[1 + count + i]);
    for (int i = 0; i < count; i++)
        push_seed(m, (seed){.name = n->args[1 + i], .level = m->depth, .tangent = &tangents[i]});
    array a = eval_tangent(m, n->args[0]);
    m->seeds.n -= count;
    m->seed_stamp = outer;
    return a;
}

/* The arguments x of a hand-written derivative, cut to d nilpotents, and its adjoint for weight 1 at entry j: what the
 * tangents of the d-th nilpotent, x_k, bring to entry j is sum_k adjoint_k x_k. */
static num custom_tangent(machine *m, const node *n, const array *xs, const array *w, int d)
{
    int count = n->ninner;
    num sum = num_of(0);
    m->depth = d;
    for (int i = 0; i < count; i++) {
        array cut = array_new(m, xs[i].count);
        for (int64_t k = 0; k < cut.count; k++)
            put(&cut, k, get(&xs[i], k));
        bind_value(m, n->vars[i], cut);
    }
    bind_value(m, n->vars[count], *w);
    for (int i = 0; i < count; i++) {
        array a = eval(m, n->args[1 + count + i]);
        for (int64_t k = 0; k < a.count && xs[i].depth > d; k++) {
            num x = get(&xs[i], k), t = {{0}};
            memcpy(t.c, x.c + (1 << d), sizeof *t.c << d);
            sum = num_add(d, sum, num_mulz(d, get(&a, k), t));
        }
    }
    return sum;
}

array eval_custom(machine *m, node *n)
{
    array value = eval(m, n->args[0]), a = array_new(m, value.count), *xs = ARENA_ARRAY(m->mem, array, n->nvars);
    int depth = m->depth;
    long outer = m->seed_stamp;
    for (int i = 0; i < n->ninner; i++)
        xs[i] = eval(m, n->args[1 + i]);
    binding *old = save(m, n);
    for (int64_t j = 0; j < a.count; j++) {
        array w = {0, value.count, ARENA_ARRAY(m->mem, long double, value.count + 1)};
        num y = num_of(get(&value, j).c[0]);
        w.c[j] = 1;
        for (int d = 0; d < depth; d++) {
            m->seed_stamp = ++m->stamps; /* values of another depth are not these */
            num t = custom_tangent(m, n, xs, &w, d);
            memcpy(y.c + (1 << d), t.c, sizeof *t.c << d);
        }
        m->depth = depth;
        put(&a, j, y);
    }
    m->seed_stamp = outer;
    restore(m, n, old);
    return a;
}
