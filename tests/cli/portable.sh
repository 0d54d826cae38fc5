# adc build --portable: one library with versions for several instruction sets; cross compilers.
# The data are such that baseline and avx2 give other bits.
echo 'export fn total(x: real[N], s: real) -> real = sum[i](s * x[i] * x[i] + x[i] * x[i] / s);' >model.ad
cat >main.c <<'PROGRAM'
#include "model.h"
#include <stdio.h>
#include <string.h>

#ifdef VERSIONS
extern __typeof__(model_total) adt_baseline_model_total, adt_avx2_model_total, adt_avx512_model_total;
#endif

/* The value by the function, by the table, and by the version that argv[1] names: the same bits. */
int main(int argc, char **argv)
{
    enum { N = 1000 };
    double x[N], s = 1.7, value[3] = {0};
    for (int i = 0; i < N; i++)
        x[i] = i * 7919 % 1000 / 997.0 - 0.3;
    const int64_t n = N;
    const void *in[] = {x, &s};
    void *out[] = {&value[1]};
    int status = model_total(N, x, s, &value[0], NULL, 0) | model_module.functions[0].call(&n, in, out, NULL, 0);
    value[2] = value[0];
#ifdef VERSIONS
    if (argc > 1 && !strcmp(argv[1], "baseline"))
        status |= adt_baseline_model_total(N, x, s, &value[2], NULL, 0);
    if (argc > 1 && !strcmp(argv[1], "avx2"))
        status |= adt_avx2_model_total(N, x, s, &value[2], NULL, 0);
    if (argc > 1 && !strcmp(argv[1], "avx512"))
        status |= adt_avx512_model_total(N, x, s, &value[2], NULL, 0);
#endif
    printf("%.6f\n", value[0]);
    if (memcmp(value, value + 1, sizeof *value) || memcmp(value, value + 2, sizeof *value))
        printf("%a %a %a\n", value[0], value[1], value[2]);
    return status | (argc > 2);
}
PROGRAM

sets="baseline"
grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo && sets="$sets avx2"
grep -qw avx512dq /proc/cpuinfo && grep -qw avx512bw /proc/cpuinfo && grep -qw avx512vl /proc/cpuinfo && sets="$sets avx512"

# gives_same COMMAND...: the right value with each set that this machine has, and with one that nobody has
gives_same() {
    for set in $sets nonesuch; do
        expect 0 env ADC_ISA=$set "$@" $set
        out_is "284.285132"
    done
}

portable_with() {
    local compiler=$1
    expect 0 adc build model.ad -o libmodel.so --portable --cc="$compiler"
    err_is_empty
    expect 0 "$compiler" main.c -I. -I"$runtime/include" ./libmodel.so -o shared
    gives_same ./shared
    expect 0 adc build model.ad -o libmodel.a --portable --cc="$compiler"
    expect 0 "$compiler" $versions main.c "$runtime/status.c" libmodel.a -I. -I"$runtime/include" -fopenmp -lm -o archive
    gives_same ./archive
    expect 0 adc build model.ad -o model.o --portable --cc="$compiler"
    expect 0 "$compiler" $versions main.c "$runtime/status.c" model.o -I. -I"$runtime/include" -fopenmp -lm -o object
    gives_same ./object
}

# What each version consists of.
look_inside() {
    expect 0 nm -D libmodel.so
    out_has "model_total"
    out_lacks "adt_"
    rm -rf parts
    mkdir parts
    (cd parts && ar x ../libmodel.a)
    expect 0 objdump -d parts/model_baseline.o
    out_lacks "%ymm"
    out_lacks "vfmadd"
    for set in avx2 avx512; do
        expect 0 objdump -d parts/model_$set.o
        out_has "vfmadd"
    done
}

versions=
[ "$(uname -m)" = x86_64 ] && versions=-DVERSIONS
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    portable_with $compiler
    if [ "$(uname -m)" = x86_64 ] && command -v objdump >/dev/null; then look_inside; fi
done
test_that "files left behind" [ -z "$(find . -maxdepth 1 -name "model_*")" ]

# A cross compiler is not told about this machine.
cross=aarch64-linux-gnu-gcc
if command -v $cross >/dev/null && [ "$(uname -m)" != aarch64 ]; then
    for how in "" --portable; do
        expect 0 adc build model.ad -o model.o --cc=$cross -v $how
        test_that "a flag of this machine" not grep -q 'model\.c.*-march=native\|-march=native.*model\.c' "$work/err"
        expect 0 od -An -tu2 -j18 -N2 model.o
        test_that "not an object for aarch64" [ "$(tr -d ' \n' <"$work/out")" = 183 ]
    done
    expect 0 adc build model.ad -o libmodel.a --cc=$cross
fi
