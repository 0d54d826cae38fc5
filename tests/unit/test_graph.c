/* Graph text: printing what was read gives the text again; the verifier and the reader find what is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form/graph_check.h"
#include "form/graph_make.h"
#include "unit/graph_sample.h"

#define GOLDEN "tests/golden/graph/ops.txt"

static int failures;

static void expect(bool ok, const char *what, const char *got)
{
    if (ok)
        return;
    printf("FAILED: %s: %s\n", what, got ? got : "(none)");
    failures++;
}

/* UPDATE_GOLDEN=1 rewrites the file with what is printed. */
static void test_golden(void)
{
    arena *mem = arena_new();
    const char *s = sample_file(mem, GOLDEN);
    expect(s != NULL, GOLDEN, "cannot be read");
    sample a;
    const char *error = s ? sample_read(&a, s) : "";
    expect(!error, GOLDEN, error);
    if (!error) {
        const char *printed = sample_print(&a);
        FILE *f = getenv("UPDATE_GOLDEN") ? fopen(GOLDEN, "wb") : NULL;
        if (f) {
            fputs(printed, f);
            fclose(f);
        } else {
            expect(!strcmp(s, printed), "print(read(text)) differs from the text", printed);
        }
        arena_free(a.mem);
    }
    arena_free(mem);
}

static void round_trip(const char *what, const char *s, const char *want)
{
    sample a, b;
    const char *error = sample_read(&a, s);
    expect(!error, what, error);
    if (!error) {
        const char *first = sample_print(&a);
        error = sample_read(&b, first);
        expect(!error, what, error);
        const char *second = error ? "" : sample_print(&b);
        expect(!strcmp(first, second), what, second);
        expect(!want || !strcmp(first, want), what, first);
        arena_free(b.mem);
    }
    arena_free(a.mem);
}

static void test_round_trips(void)
{
    round_trip("a node that does not depend on the index stands outside",
               "%1 = input 0 f64\n%3 = tensor (i: N) {\n%2 = sin %1\nyield %2\n}\nresult %3\n",
               "%1 = input 0 f64\n%2 = sin %1\n%3 = tensor (i: N) {\n    yield %2\n}\nresult %3\n");
    round_trip("equal binders are one",
               "%1 = input 0 f64[N]\n%2 = sum (i: N) {\n%3 = access %1[i]\nyield %3\n}\n"
               "%4 = sum (j: N) {\n%5 = access %1[j]\nyield %5\n}\n%6 = mul %2, %4\nresult %6\n",
               "%1 = input 0 f64[N]\n%3 = sum (i: N) {\n    %2 = access %1[i]\n    yield %2\n}\n%4 = mul %3, %3\n"
               "result %4\n");
    round_trip("an inner index of the same name gets a prime",
               "%1 = input 0 f64[N, N]\n%2 = tensor (i: N) {\n%3 = sum (i': N) {\n%4 = access %1[i, i']\nyield %4\n}\n"
               "yield %3\n}\n%5 = tensor (j: N) {\n%6 = sum (i: N) {\n%7 = access %1[j, i]\nyield %7\n}\nyield %6\n}\n"
               "%8 = tensor (i: N) {\n%9 = sum (j: N) {\n%10 = access %1[j, i]\nyield %10\n}\nyield %9\n}\n"
               "result %2\nresult %5\nresult %8\n",
               NULL);
    round_trip("numbers",
               "result 0.1\nresult 1e300\nresult -2.5e-7f\nresult 3\nresult -4\nresult .inf\nresult -.inff\n"
               "result .nan\nresult true\nresult 0.30000000000000004\n",
               "result 0.1\nresult 1e+300\nresult -2.5e-07f\nresult 3\nresult -4\nresult .inf\nresult -.inff\n"
               "result .nan\nresult true\nresult 0.30000000000000004\n");
    round_trip("sizes", "result <2*N*M-D+1>\nresult <-N>\nresult <N-N+3>\n",
               "result <2*M*N-D+1>\nresult <-N>\nresult 3\n");
}

static void reads_error(const char *s, const char *want)
{
    sample a;
    const char *error = sample_read(&a, s);
    expect(error && strstr(error, want), s, error);
    arena_free(a.mem);
}

static void test_reader_errors(void)
{
    reads_error("%1 = frob 2.0\n", "unknown op frob");
    reads_error("%1 = input 0 f64\n%2 = add %1, %3\n", "line 2: unknown label");
    reads_error("%2 = add 1.0\n", "wrong number of operands");
    reads_error("%2 = input 0 f65\n", "unknown element type");
    reads_error("%2 = tensor (i: N) {\nyield x\n}\n", "unknown name x");
    reads_error("result\n", "expected an integer");
    reads_error("%1 = out 0 2.0\n", "no such result");
    reads_error("%1 = and 1, 2\n%1 = add 1, 2.0\n", "wrong type");
    reads_error("%1 = input 0 f64[N]\nresult %1\n%2 = sin %1 %1\n", "line 3");
}

/* A node that no constructor would make is found. */
static void check_error(graph *g, node proto, const char *want)
{
    node *n = graph_intern(g, &proto);
    const char *error = graph_check(g, 1, &n);
    expect(error && strstr(error, want), want, error);
}

static void test_verifier(void)
{
    arena *mem = arena_new();
    names table;
    names_init(&table, mem);
    graph *g = graph_new(mem, &table, extent_pool_new(mem));
    const extent *n = extent_name(g->pool, names_intern(&table, "N")), *m = extent_const(g->pool, 3);
    node *x = graph_input(g, 0, ELEM_F64, 1, &n, "x"), *k = graph_int(g, 1), *r = graph_real(g, ELEM_F64, 1);
    var *i = graph_axis(g, n, "i"), *j = graph_axis(g, m, "j");
    node *args[4] = {r, k};
    node *root = i->self;
    expect(graph_check(g, 1, &x) == NULL, "a good graph", graph_check(g, 1, &x));
    expect(graph_check(g, 1, &root) != NULL, "a free index", NULL);
    check_error(g, (node){.op = OP_ADD, .elem = ELEM_F64, .nargs = 2, .args = args}, "differ in element type");
    args[0] = x;
    check_error(g, (node){.op = OP_SIN, .elem = ELEM_F64, .nargs = 1, .args = args}, "a pointwise op on a tensor");
    args[1] = r;
    check_error(g, (node){.op = OP_ACCESS, .elem = ELEM_F64, .nargs = 2, .args = args}, "a subscript is not an int");
    args[0] = r;
    check_error(g, (node){.op = OP_SELECT, .elem = ELEM_F64, .nargs = 3, .args = (node *[]){r, r, r}}, "not bool");
    check_error(g,
                (node){.op = OP_TENSOR,
                       .elem = ELEM_F64,
                       .rank = 1,
                       .extents = &n,
                       .nargs = 1,
                       .ninner = 1,
                       .args = args,
                       .nvars = 1,
                       .vars = &i},
                "canonical");
    var *c = graph_canonical(g, j, 1, 0);
    check_error(g,
                (node){.op = OP_TENSOR,
                       .elem = ELEM_F64,
                       .rank = 1,
                       .extents = &n,
                       .nargs = 1,
                       .ninner = 1,
                       .args = args,
                       .nvars = 1,
                       .vars = &c},
                "an axis differs from the extent");
    check_error(
        g,
        (node){
            .op = OP_SUM, .elem = ELEM_F64, .nargs = 2, .ninner = 2, .args = (node *[]){r, r}, .nvars = 1, .vars = &c},
        "the filter is not a bool");
    check_error(g, (node){.op = OP_OUT, .elem = ELEM_F64, .nargs = 1, .args = args}, "not of a loop");
    arena_free(mem);
}

int main(void)
{
    test_golden();
    test_round_trips();
    test_reader_errors();
    test_verifier();
    return failures ? 1 : 0;
}
