/* The prelude's lanes, for every width of vector that this machine has: accuracy of the functions (lanes/accuracy.c),
 * everything else (lanes/values.c), and what a compiler makes of exp2 in a loop.
 *
 * With the argument "print" writes the prelude to standard output instead, for bench/lanes.sh.
 * ctest: seconds 10, shards 2 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "back/prelude/prelude.h"

typedef struct variant {
    const char *compiler, *flags;
    int lane_bytes;
    bool all; /* go through all of f32 for some functions */
} variant;

static const char warnings[] = "-Wall -Wextra -Wconversion -Wpedantic -Wdouble-promotion -Wshadow -Wno-psabi -Werror";

/* Neighbours go to different shards. */
static const variant variants[] = {
    {"gcc", "-std=c11 -O2 -fno-math-errno", 8, false},
    {"clang", "-std=c11 -O2", 4, false},
    {"gcc", "-std=gnu11 -O3 -mavx2 -mfma -fno-math-errno", 4, true},
    {"clang", "-std=gnu11 -O2 -mavx2 -mfma -DAD_FAST_MATH -fno-math-errno", 8, false},
    {"gcc", "-std=c11 -O2 -mavx512f -mavx512dq -mfma -ffp-contract=off -DAD_FAST_MATH -fno-math-errno", 4, false},
    {"clang", "-std=c11 -O3 -mavx512f -mavx512dq -mavx512vl -mfma -ffp-contract=off -fno-math-errno", 8, false},
    {"clang", "-std=c11 -O2 -mavx512f -mfma -ffp-contract=off -fno-math-errno", 4, false},
    {"gcc", "-std=c11 -O2 -mavx2 -mfma -ffp-contract=off", 8, false},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static const char exp2_loop[] = "void exp2_loop(@T *x, int64_t n);\n"
                                "void exp2_loop(@T *x, int64_t n)\n"
                                "{\n"
                                "    for (int64_t i = 0; i < n; i += AD_LANES)\n"
                                "        ad_store_@Es(x + i, ad_exp2_@Es(ad_load_@Es(x + i, AD_LANES)), AD_LANES);\n"
                                "}\n";

static bool runs_here(const char *flags)
{
#if defined __x86_64__
    __builtin_cpu_init();
    if (strstr(flags, "avx512"))
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    return !strstr(flags, "avx2") || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
#else
    return !strstr(flags, "-m");
#endif
}

static void print_prelude(text *t, arena *mem)
{
    static const char *const memory[] = {"ad_all", "ad_load", "ad_store", "ad_gather", "ad_gather_strided", "ad_pick"};
    static const char *const sums[] = {"ad_sum_of", "ad_prod_of", "ad_max_of", "ad_min_of"};
    prelude p;
    prelude_init(&p, mem);
    prelude_use_all(&p);
    for (int i = 0; i < 6; i++)
        for (int e = 0; e < 4; e++)
            prelude_use_lanes(&p, memory[i], (elem)e);
    for (int i = 0; i < 4; i++)
        prelude_use_lanes(&p, sums[i], ELEM_INT);
    text_add(t, "#pragma GCC diagnostic ignored \"-Wunused-function\"\n"
                "#include <math.h>\n#include <stdbool.h>\n#include <stdint.h>\n");
    prelude_print(t, &p);
}

static int shell(const char *command)
{
    int rc = system(command);
    if (rc != 0)
        fprintf(stderr, "failed: %s\n", command);
    return rc != 0;
}

static int test_variant(const variant *v, const char *folder, const char *sources)
{
    static const char *const programs[] = {"values", "accuracy"};
    int failures = 0;
    char command[2000];
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof command,
                 "cd %s && %s %s -DAD_LANE_BYTES=%d %s -include prelude.h -o %s '%s/%s.c' -lm && ./%s", folder,
                 v->compiler, v->flags, v->lane_bytes, warnings, programs[i], sources, programs[i], programs[i]);
        failures += shell(command);
    }
    if (v->all) {
        snprintf(command, sizeof command, "%s/accuracy all", folder);
        failures += shell(command);
    }
    return failures;
}

/* The loop is vector instructions with fused multiplications, and nothing is called. */
static int test_code(const char *folder, const char *compiler, const char *element)
{
    char command[1000];
    snprintf(command, sizeof command,
             "cd %s && %s -std=gnu11 -O2 -mavx2 -mfma -Wno-psabi -DAD_LANE_BYTES=%d -include prelude.h -S -o loop.s "
             "loop_%s.c && "
             "grep -q 'vfmadd.*p%c.*ymm' loop.s && ! grep -E 'call|vfm[a-z0-9]*s[sd]' loop.s",
             folder, compiler, element[1] == '3' ? 4 : 8, element, element[1] == '3' ? 's' : 'd');
    return shell(command);
}

static void write_file(const char *folder, const char *name, const char *s)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f || fputs(s, f) < 0 || fclose(f))
        exit(2);
}

static const char *replaced(arena *mem, const char *s, char hole, const char *by)
{
    text t;
    text_init(&t, mem);
    for (; *s; s++)
        if (*s == '@' && s[1] == hole) {
            text_add(&t, by);
            s++;
        } else {
            text_addn(&t, s, 1);
        }
    return text_str(&t);
}

static void write_loop(arena *mem, const char *folder, const char *element, const char *type)
{
    const char *loop = replaced(mem, replaced(mem, exp2_loop, 'E', element), 'T', type);
    write_file(folder, arena_printf(mem, "loop_%s.c", element), loop);
}

static bool have(const char *compiler)
{
    char command[100];
    snprintf(command, sizeof command, "command -v %s >/dev/null", compiler);
    return system(command) == 0;
}

static int test_all(arena *mem, const char *prelude_text, int shard, int shards)
{
    char folder[] = "/tmp/adc_lanes_XXXXXX";
    char *root = realpath(getenv("SRC") ? getenv("SRC") : ".", NULL);
    if (!mkdtemp(folder))
        return 1;
    write_file(folder, "prelude.h", prelude_text);
    write_loop(mem, folder, "f32", "float");
    write_loop(mem, folder, "f64", "double");
    int failures = 0;
    for (int i = 0; i < VARIANTS; i++)
        if (i % shards == shard && have(variants[i].compiler) && runs_here(variants[i].flags))
            failures += test_variant(&variants[i], folder, arena_printf(mem, "%s/tests/unit/lanes", root));
#ifdef __x86_64__
    static const char *const compilers[] = {"gcc", "clang"};
    for (int i = 0; i < 2; i++)
        if (i % shards == shard && have(compilers[i]))
            failures += test_code(folder, compilers[i], "f32") + test_code(folder, compilers[i], "f64");
#endif
    free(root);
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return getenv("KEEP") ? failures : failures + shell(command);
}

int main(int argc, char **argv)
{
    arena *mem = arena_new();
    text t;
    text_init(&t, mem);
    print_prelude(&t, mem);
    int shard = 1, shards = 1, failures = 0;
    if (argc > 1 && !strcmp(argv[1], "print"))
        puts(text_str(&t));
    else if (argc > 1 && sscanf(argv[1], "%d/%d", &shard, &shards) != 2)
        failures = 2;
    else
        failures = test_all(mem, text_str(&t), shard - 1, shards);
    arena_free(mem);
    return failures != 0;
}
