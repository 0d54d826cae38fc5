/* What the checker leaves for run time: for each small program the requirements of its last function and the number of
 * subscripts that need a check at run time, against what stands in the table. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form/tree.h"
#include "stage/check/check.h"
#include "stage/parse.h"

/* Requirements as "2*H-N = 0 (y); N-1 >= 0 (x)", in parentheses the parameter that is blamed. */
static const struct {
    const char *source, *requirements;
    int unproven;
} cases[] = {
    {"fn f(x: real[N]) -> real = sum[i](x[i]);", "", 0},
    {"fn f(x: real[N]) -> real = x[0];", "N-1 >= 0 (x)", 0},
    {"fn f(x: real[N+1]) -> real = x[0] + x[N];", "", 0},
    {"fn f(x: real[W], w: real[K]) -> real[W-K+1] { let y[i: W-K+1] = sum[a](x[i+a] * w[a]); return y; }",
     "W-K+1 >= 0 (w)", 0},
    {"fn f(x: real[2*M]) -> real[M] { let y[i: M] = max(x[2*i], x[2*i+1]); return y; }", "", 0},
    {"fn f(x: real[N*D]) -> real[N, D] { let y[i: N, d: D] = x[i*D+d]; return y; }", "", 0},
    {"fn f(x: real[N]) -> real[N] { let y[i] = x[N-1-i]; return y; }", NULL, 0},
    {"fn f(x: real[N]) -> real[N] { let y[i: N] = x[N-1-i]; return y; }", "", 0},
    {"fn f(x: real[N], y: real[2*H]) -> real = dot(x, y);", "N-2*H = 0 (y)", 0},
    {"fn f(x: real[N], y: real[3]) -> real = sum[i](x[i] * y[i]);", "N-3 = 0 (x)", 0},
    {"fn f(x: real[N], y: real[M], z: real[K]) -> real[K] = concat(x, y) + z;", "M-K+N = 0 (z)", 0},
    {"fn f(x: real[N], M: int) -> real = sum[i: M](x[i]);", "", 1},
    {"fn f(x: real[N], y: real[M]) -> real = sum[i: M](x[i] * y[i]);", "N-M >= 0 (x)", 0},
    {"fn f(x: real[N], n: int) -> real = x[n];", "", 1},
    {"fn f(x: real[n], n: int) -> real { var s = 0.0; for t in 0..n { s = s + x[t]; } return s; }", "", 0},
    {"fn f(x: real, n: int) -> real[n] { let p = for t in 0..n { yield x; }; return p; }", "n >= 0 (n)", 0},
    {"fn f(x: real[N], k: int[M]) -> real[M] { let y[i] = x[k[i]]; return y; }", "", 1},
    {"fn f(x: real[N]) -> real[N] { let y[i] = if i > 0 then x[i-1] else 0 * x[i]; return y; }", "", 1},
    {"fn f(x: real[N]) -> real = sum[i where i > 0](x[i] * x[i-1]);", "", 1},
    {"fn f(x: real[N], r: int[M+1]) -> real[M] { let y[i: M] = sum[e in r[i]..r[i+1]](x[e]); return y; }", "", 1},
    {"fn f(x: real[N]) -> real[N-2] = x[1..N-1];", "N-2 >= 0 (x)", 0},
    {"fn f(x: real[N]) -> real { let y[i: N-2] = sum(x[i..i+3]); return sum(y); }", "N-2 >= 0 (x)", 0},
    {"fn g(x: real[N]) -> real = x[3]; fn f(x: real[M, 2]) -> real = g(x[0..M, 0]);", "M-4 >= 0 (x)", 0},
    {"fn g(x: real[N]) -> real = x[3]; fn f(x: real[5]) -> real = g(x);", "", 0},
    {"fn g(a: real[N], b: real[2*H]) -> real = dot(a, b); fn f(x: real[2*K]) -> real = g(x, x);", "", 0},
    {"fn g(a: real[N], b: real[2*H]) -> real = dot(a, b); fn f(x: real[K], y: real[6]) -> real = g(x, y);",
     "K-6 = 0 (x)", 0},
    {"fn g(n: int, x: real) -> real[n] = full[n](x); fn f(x: real[N]) -> real = sum(g(N-1, x[0]));", "N-1 >= 0 (x)", 0},
    {"fn m(f: fn(real[D]) -> real[E], x: real[N, D]) -> real[N, E] { let y[i] = f(x[i]); return y; }"
     "fn f(x: real[N, 3]) -> real[N, 2] = m(|v| [v[0], v[1] * v[2]], x);",
     "", 0},
    {"fn f(x: real[N], y: real[N]) -> real { let m = N - 1; let z = x[0..m] - y[1..m+1]; return sum(z); }",
     "N-1 >= 0 (y)", 0},
};

static void add_requirements(text *t, const function *f)
{
    for (int i = 0; i < f->requirements.n; i++) {
        const requirement *r = &f->requirements.data[i];
        text_addf(t, "%s%s %s 0 (%s)", i ? "; " : "", extent_str(t->mem, r->value),
                  r->equality ? "=" : ">=", r->param < 0 ? "?" : f->params.data[r->param].name);
    }
}

static int count_unproven(const expr *e);

static int count_in_list(const expr_list *l)
{
    int n = 0;
    for (int i = 0; i < l->n; i++)
        n += count_unproven(l->data[i]);
    return n;
}

static int count_unproven(const expr *e)
{
    int n = count_in_list(&e->a) + (e->filter ? count_unproven(e->filter) : 0);
    for (int i = 0; i < e->subs.n; i++) {
        const subscript *s = &e->subs.data[i];
        n += !s->in_range + (s->value ? count_unproven(s->value) : 0);
    }
    for (int i = 0; i < e->indices.n; i++)
        if (e->indices.data[i].lo)
            n += count_unproven(e->indices.data[i].lo) + count_unproven(e->indices.data[i].hi);
    return n;
}

static int count_in_statements(const stmt_list *l)
{
    int n = 0;
    for (int i = 0; i < l->n; i++) {
        const stmt *s = l->data[i];
        n += (s->value ? count_unproven(s->value) : 0) + count_in_list(&s->values);
        n += count_in_statements(&s->body) + count_in_statements(&s->other);
    }
    return n;
}

static bool check_case(const char *path, int k, FILE *sink)
{
    arena *mem = arena_new();
    FILE *out = fopen(path, "wb");
    if (!out || fputs(cases[k].source, out) < 0 || fclose(out))
        exit(1);
    diag d;
    diag_init(&d, mem, cases[k].requirements ? stderr : sink, false);
    program p;
    text found;
    text_init(&found, mem);
    bool ok = parse_program(&p, path, &(parse_options){0}, &d) && check_program(&p, &d);
    bool as_expected = ok == (cases[k].requirements != NULL);
    if (ok && as_expected) {
        module *m = p.modules.data[0];
        const function *f = m->functions.data[m->functions.n - 1];
        add_requirements(&found, f);
        int unproven = count_in_statements(&f->body);
        as_expected = !strcmp(text_str(&found), cases[k].requirements) && unproven == cases[k].unproven;
        if (!as_expected)
            printf("%s\n  found    %s, %d unproven\n  expected %s, %d unproven\n", cases[k].source, text_str(&found),
                   unproven, cases[k].requirements, cases[k].unproven);
    }
    arena_free(mem);
    return as_expected;
}

int main(void)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/adc_sizes_%d.ad", (int)getpid());
    FILE *sink = tmpfile();
    int n = sizeof cases / sizeof *cases, passed = 0;
    for (int k = 0; sink && k < n; k++)
        passed += check_case(path, k, sink);
    unlink(path);
    printf("%d passed, %d failed\n", passed, n - passed);
    return passed != n;
}
