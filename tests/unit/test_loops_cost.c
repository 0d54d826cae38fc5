/* The kernels of small programs and what they cost, as polynomials in the sizes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/pipeline.h"
#include "form/loops_cost.h"

static int failures;

static void expect(const char *what, const char *got, const char *want)
{
    if (!strcmp(got, want))
        return;
    printf("FAILED: %s: got %s, expected %s\n", what, got, want);
    failures++;
}

typedef struct expected {
    const char *text;                                         /* the comment begins so; NULL: none */
    const char *times, *pairs, *flops, *roots, *exps, *calls; /* the last four per pair */
    const char *read, *written;
    int loops;
} expected;

static void check_kernel(arena *mem, const kernel_cost *k, const expected *e)
{
    bool same = k->text ? e->text && !strncmp(k->text, e->text, strlen(e->text)) : !e->text;
    if (!same || k->pair_axes != e->loops) {
        printf("FAILED: kernel '%s' with %d loops, expected '%s' with %d\n", k->text ? k->text : "", k->pair_axes,
               e->text ? e->text : "", e->loops);
        failures++;
    }
    expect("times", quantity_str(mem, k->times), e->times);
    expect("pairs", quantity_str(mem, k->pairs), e->pairs);
    expect("flops", quantity_str(mem, k->per_pair.of[COST_FLOPS]), e->flops);
    expect("roots", quantity_str(mem, k->per_pair.of[COST_ROOTS]), e->roots);
    expect("exps", quantity_str(mem, k->per_pair.of[COST_EXPS]), e->exps);
    expect("calls", quantity_str(mem, k->per_pair.of[COST_CALLS]), e->calls);
    expect("read", extent_str(mem, k->read), e->read);
    expect("written", extent_str(mem, k->written), e->written);
}

static void check(const char *code, int n, const expected *wanted)
{
    arena *mem = arena_new();
    char path[] = "/tmp/adc_cost_XXXXXX.ad";
    int fd = mkstemps(path, 3);
    if (fd < 0 || write(fd, code, strlen(code)) != (ssize_t)strlen(code)) {
        perror(path);
        exit(2);
    }
    close(fd);
    compile_options o = {.path = path, .real = ELEM_F64};
    compile_output out = {0};
    diag d;
    diag_init(&d, mem, stderr, false);
    bool ok = compile(&o, mem, &d, &out);
    unlink(path);
    kernel_list kernels = {0};
    if (ok)
        kernels = loops_kernels(mem, out.nests.fns.data[0]);
    if (kernels.n != n) {
        printf("FAILED: %d kernels instead of %d in: %s\n", kernels.n, n, code);
        failures++;
    }
    for (int i = 0; i < n && i < kernels.n; i++)
        check_kernel(mem, &kernels.data[i], &wanted[i]);
    arena_free(mem);
}

int main(void)
{
    check("export fn gauss(x: real[N, 3], y: real[M, 3], b: real[M], s: real) -> (a: real[N]) {\n"
          "    let a[i] = sum[j](exp(-sqdist(x[i], y[j]) / s^2) * b[j]);\n    return a;\n}\n",
          1, (expected[]){{"a; ", "1", "M*N", "11", "0", "1", "0", "32*M+24*N", "8*N", 2}});
    check("export fn gauss(x: real[N, D], y: real[M, D], b: real[M], s: real) -> (a: real[N]) {\n"
          "    let a[i] = sum[j](exp(-sqdist(x[i], y[j]) / s^2) * b[j]);\n    return a;\n}\n",
          1, (expected[]){{"a; ", "1", "M*N", "3*D+3", "0", "1", "0", "8*D*M+8*D*N+8*M", "8*N", 2}});
    check("export fn first(x: real[N, 3], k: int) -> (y: real[N], z: real) {\n"
          "    var y[i] = x[i, 1];\n    for t in 0..k {\n        y = y + sin(y);\n    }\n    return y, sum(y);\n}\n",
          3,
          (expected[]){{"y_1; ", "1", "N", "0", "0", "0", "0", "16*N", "16*N", 1},
                       {"y_4; ", "k", "N", "1", "0", "0", "1", "8*N", "8*N", 1},
                       {"adc_cost_", "1", "N", "1", "0", "0", "0", "8*N", "8*N+8", 1}});
    check("export fn nearest(x: real[N, 3], y: real[M, 3]) -> (k: int[N, 5]) {\n"
          "    let k[i] = argkmin[j, 5](sqdist(x[i], y[j]));\n    return k;\n}\n",
          1, (expected[]){{"k; ", "1", "M*N", "8", "0", "0", "1", "24*M+24*N", "40*N", 2}});
    check("export fn product(a: real[N, M], b: real[M, K]) -> (c: real[N, K]) {\n"
          "    let c[i, k] = sum[j](a[i, j] * b[j, k]);\n    return c;\n}\n",
          1, (expected[]){{"c; ", "1", "K*M*N", "2", "0", "0", "0", "8*K*M+8*M*N", "8*K*N", 3}});
    check("export fn lower(x: real[N]) -> (a: real[N]) {\n"
          "    let a[i] = sum[j in 0..i](exp(x[i] * x[j]));\n    return a;\n}\n",
          1, (expected[]){{"a; ", "1", "(N*N-N)/2", "2", "0", "1", "0", "8*N", "8*N", 2}});
    check("export fn soft(x: real[N], y: real[M]) -> (a: real[N]) {\n"
          "    let a[i] = logsumexp[j](x[i] * y[j]);\n    return a;\n}\n",
          1, (expected[]){{"a; ", "1", "M*N", "6", "0", "1", "0", "8*M+8*N", "8*N", 2}});
    check("export fn total(x: real[1000]) -> real = sum[i](x[i]^2 / 3);\n", 1,
          (expected[]){{"adc_cost_", "1", "1000", "2", "0", "0", "0", "8000", "8", 1}});
    printf("%s\n", failures ? "FAILED" : "passed");
    return failures != 0;
}
