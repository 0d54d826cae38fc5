/* The prover of subscripts and the splitting of affine ones, on small graphs. */
#include <stdio.h>

#include "form/affine.h"

static arena *mem;
static graph *g;
static extent_pool *pool;
static names table;
static int failures;

static const extent *size(const char *s)
{
    return extent_name(pool, names_intern(&table, s));
}

static const extent *k(int64_t x)
{
    return extent_const(pool, x);
}

static node *num(int64_t x)
{
    return graph_int(g, x);
}

static node *add(node *a, node *b)
{
    return graph_bin(g, OP_ADD, a, b);
}

static node *sub(node *a, node *b)
{
    return graph_bin(g, OP_SUB, a, b);
}

static node *mul(node *a, node *b)
{
    return graph_bin(g, OP_MUL, a, b);
}

static void expect(bool got, bool want, const char *what)
{
    if (got == want)
        return;
    printf("FAILED: %s: got %d\n", what, got);
    failures++;
}

static void in_range(node *e, const extent *n, bool want, const char *what)
{
    expect(affine_in_range(e, n, NULL, 0, NULL, 0, NULL), want, what);
}

static void guarded(node *e, const extent *n, node *guard, bool want, const char *what)
{
    expect(affine_in_range(e, n, NULL, 1, &guard, 0, NULL), want, what);
}

static void test_axes(void)
{
    const extent *N = size("N"), *W = size("W"), *w = size("w"), *H = size("H");
    node *i = graph_axis(g, N, "i")->self, *j = graph_axis(g, extent_sub(N, k(1)), "j")->self;
    node *o = graph_axis(g, extent_add(extent_sub(W, w), k(1)), "o")->self, *a = graph_axis(g, w, "a")->self;
    node *h = graph_axis(g, H, "h")->self, *two = graph_axis(g, k(2), "two")->self;
    in_range(i, N, true, "i in N");
    in_range(i, extent_add(N, k(1)), true, "i in N+1");
    in_range(i, extent_sub(N, k(1)), false, "i in N-1");
    in_range(add(j, num(1)), N, true, "j+1 in N");
    in_range(add(i, num(1)), N, false, "i+1 in N");
    in_range(sub(i, num(1)), N, false, "i-1 in N");
    in_range(sub(graph_size(g, N), add(num(1), i)), N, true, "N-1-i in N");
    in_range(add(o, a), W, true, "o+a in W");
    in_range(add(mul(num(2), h), two), extent_scale(H, 2), true, "2*h+t in 2*H");
    in_range(add(mul(num(2), h), two), extent_sub(extent_scale(H, 2), k(1)), false, "2*h+t in 2*H-1");
    in_range(add(mul(graph_size(g, N), h), i), extent_mul(N, H), true, "N*h+i in N*H");
    in_range(add(mul(i, graph_size(g, H)), h), extent_mul(N, H), true, "i*H+h in N*H");
    in_range(num(2), k(3), true, "2 in 3");
    in_range(num(3), k(3), false, "3 in 3");
    in_range(num(0), N, false, "0 in N");
    in_range(add(sub(i, i), num(0)), N, true, "0 in N where i exists");
}

static void test_patterns(void)
{
    const extent *N = size("N"), *M = size("M");
    node *i = graph_axis(g, N, "i")->self, *m = graph_axis(g, M, "m")->self;
    node *x = graph_input(g, 0, ELEM_INT, 0, NULL, "x"), *n = graph_size(g, N);
    node *clamped = graph_bin(g, OP_MIN, graph_bin(g, OP_MAX, x, num(0)), sub(n, num(1)));
    in_range(add(clamped, sub(i, i)), N, true, "clamp(x, 0, N-1) in N, N >= 1 unknown");
    in_range(graph_bin(g, OP_MIN, add(i, num(1)), sub(n, num(1))), N, true, "min(i+1, N-1)");
    in_range(graph_bin(g, OP_MAX, sub(i, num(1)), num(0)), N, true, "max(i-1, 0)");
    in_range(graph_bin(g, OP_IMOD, add(i, num(1)), n), N, true, "mod(i+1, N)");
    in_range(graph_bin(g, OP_IMOD, x, num(5)), k(5), true, "mod(x, 5)");
    in_range(graph_bin(g, OP_IDIV, i, num(2)), N, true, "div(i, 2) in N");
    node *q = graph_axis(g, extent_scale(N, 2), "q")->self;
    in_range(graph_bin(g, OP_IDIV, q, num(2)), N, true, "div(q, 2) in N, q in 2N");
    in_range(graph_bin(g, OP_IDIV, add(q, num(1)), num(2)), N, false, "div(q+1, 2) in N");
    node *p = graph_axis(g, extent_mul(N, M), "p")->self;
    in_range(graph_bin(g, OP_IDIV, p, graph_size(g, M)), N, false, "div(p, M) in N: M >= 1 unknown");
    node *c = graph_bin(g, OP_LT, sub(i, num(1)), num(0));
    in_range(graph_select(g, c, num(0), sub(i, num(1))), N, true, "if i-1 < 0 then 0 else i-1");
    in_range(graph_select(g, graph_un(g, OP_NOT, c), num(0), sub(i, num(1))), N, false, "if i-1 >= 0 then 0 else i-1");
    guarded(m, N, graph_bin(g, OP_LE, m, i), true, "m <= i");
    guarded(sub(i, m), N, graph_bin(g, OP_LT, m, i), true, "i-m where m < i");
    guarded(sub(i, m), N, graph_bin(g, OP_NE, m, i), false, "i-m where m != i");
    guarded(x, N, graph_bin(g, OP_AND, graph_bin(g, OP_LE, num(0), x), graph_bin(g, OP_LT, x, n)), true, "checked x");
    guarded(x, N, graph_bin(g, OP_EQ, x, i), true, "x = i");
    guarded(x, N, graph_un(g, OP_NOT, graph_bin(g, OP_OR, graph_bin(g, OP_LT, x, num(0)), graph_bin(g, OP_LE, n, x))),
            true, "not (x < 0 or N <= x)");
}

static void test_facts(void)
{
    const extent *N = size("N"), *M = size("M"), *fact = extent_sub(M, N);
    affine_facts facts = {1, &fact};
    node *i = graph_axis(g, N, "i")->self;
    expect(affine_in_range(i, M, &facts, 0, NULL, 0, NULL), true, "i in M with M >= N");
    in_range(i, M, false, "i in M");
    var *t = graph_param(g, ELEM_INT, 0, NULL, "t");
    affine_range r = {t, k(0), N};
    expect(affine_in_range(t->self, N, NULL, 0, NULL, 1, &r), true, "t in N");
    expect(affine_in_range(add(t->self, num(1)), N, NULL, 0, NULL, 1, &r), false, "t+1 in N");
    expect(affine_in_range(num(0), N, NULL, 0, NULL, 1, &r), true, "0 in N inside the loop");
    expect(affine_extent_nonneg(extent_sub(extent_mul(M, M), extent_mul(N, M)), &facts), true, "M*M - N*M >= 0");
    expect(affine_extent_nonneg(extent_sub(N, M), &facts), false, "N - M >= 0");
    expect(affine_le(i, add(i, num(1)), NULL, 0, NULL, 0, NULL, pool), true, "i <= i+1");
    expect(affine_is_nonneg(sub(num(-1), i), NULL, 0, NULL, 0, NULL, pool), false, "-1-i >= 0");
}

static void splits(node *e, var *v, int64_t slope, node *rest, const char *what)
{
    int64_t coef;
    node *r;
    bool ok = affine_split(g, e, v, &coef, &r);
    expect(ok, slope != 0, what);
    if (ok && slope)
        expect(coef == slope && r == rest, true, what);
}

static void test_split(void)
{
    var *v = graph_axis(g, size("N"), "i");
    node *i = v->self, *a = graph_axis(g, size("w"), "a")->self;
    splits(i, v, 1, num(0), "i");
    splits(add(mul(num(2), i), a), v, 2, a, "2*i+a");
    splits(sub(a, i), v, -1, a, "a-i");
    splits(mul(num(3), sub(i, a)), v, 3, mul(num(3), graph_un(g, OP_NEG, a)), "3*(i-a)");
    splits(a, v, 0, NULL, "a");
    splits(add(sub(i, i), a), v, 0, NULL, "i-i+a");
    splits(mul(i, i), v, 0, NULL, "i*i");
    splits(add(i, graph_bin(g, OP_IMOD, i, num(2))), v, 0, NULL, "i + i mod 2");
}

int main(void)
{
    mem = arena_new();
    names_init(&table, mem);
    pool = extent_pool_new(mem);
    g = graph_new(mem, &table, pool);
    test_axes();
    test_patterns();
    test_facts();
    test_split();
    arena_free(mem);
    return failures ? 1 : 0;
}
