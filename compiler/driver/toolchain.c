/* Chooses the C compiler (--cc, CC, clang, gcc) and learns once per compiler which optional flags work: OpenMP,
 * -march=native (a cross compiler has none), instruction sets. The answer is kept in the cache folder. */
#include "driver/toolchain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/cache.h"
#include "driver/files.h"
#include "driver/toolchain_cuda.h"

#ifndef ADC_SOURCE_DIR
#define ADC_SOURCE_DIR "."
#endif

static const char *const runtime_files[] = {RUNTIME_SOURCE, "include/adc/runtime.h"};
enum { RUNTIME_FILES = sizeof runtime_files / sizeof *runtime_files };

static bool is_runtime(arena *mem, const char *folder)
{
    for (int i = 0; i < RUNTIME_FILES; i++)
        if (access(arena_printf(mem, "%s/%s", folder, runtime_files[i]), R_OK) != 0)
            return false;
    return true;
}

/* ADC_HOME (a source tree or an installation), then around the adc executable, then where adc was built. */
static exit_code find_runtime(const options *o, toolchain *t)
{
    arena *mem = o->mem;
    char exe[4096] = "";
    if (readlink("/proc/self/exe", exe, sizeof exe - 1) < 0)
        exe[0] = 0;
    const char *home = getenv("ADC_HOME"), *bin = path_folder(mem, exe);
    const char *const candidates[] = {
        home ? arena_printf(mem, "%s/runtime", home) : NULL,
        home ? arena_printf(mem, "%s/share/adc/runtime", home) : NULL,
        arena_printf(mem, "%s/../runtime", bin),
        arena_printf(mem, "%s/../share/adc/runtime", bin),
        ADC_SOURCE_DIR "/runtime",
    };
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (candidates[i] && is_runtime(mem, candidates[i])) {
            t->runtime = candidates[i];
            return EXIT_OK;
        }
    report_error(&o->report, "the runtime's sources (runtime/status.c) are not found");
    report_hint(&o->report, "set ADC_HOME to adc's source folder or to the folder it is installed in");
    return EXIT_TOOL;
}

/* Finds the compiler; the path of its executable in *path. */
static exit_code find_compiler(const options *o, toolchain *t, const char **path)
{
    static const char *const defaults[] = {"clang", "gcc", "cc"};
    const char *from = o->cc ? "--cc" : "CC", *chosen = o->cc ? o->cc : getenv("CC");
    if (chosen && chosen[strspn(chosen, " \t")]) {
        words_split(o->mem, &t->compiler, chosen);
        *path = process_find(o->mem, t->compiler.data[0]);
        if (*path)
            return EXIT_OK;
        report_error(&o->report, "C compiler '%s' (from %s) is not found", t->compiler.data[0], from);
        report_hint(&o->report, "install it, or leave %s out to use clang or gcc", from);
        return EXIT_TOOL;
    }
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if ((*path = process_find(o->mem, defaults[i]))) {
            vec_push(o->mem, &t->compiler, defaults[i]);
            return EXIT_OK;
        }
    report_error(&o->report, "no C compiler is found (looked for clang, gcc and cc)");
    report_hint(&o->report, "install one: apt-get install clang libomp-dev; or name one with --cc or CC");
    return EXIT_TOOL;
}

/* Which program this really is, without calling it: what it is called with, its file, that file's size and time. */
static const char *compiler_identity(arena *mem, const toolchain *t, const char *path)
{
    text id;
    text_init(&id, mem);
    for (int i = 0; i < t->compiler.n; i++)
        text_addf(&id, "%s ", t->compiler.data[i]);
    char *real = realpath(path, NULL);
    struct stat st = {0};
    stat(path, &st);
    text_addf(&id, "%s %lld %lld.%09ld\n", real ? real : path, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
              st.st_mtim.tv_nsec);
    free(real);
    return text_str(&id);
}

/* The processor that -march=native means: the first entry of /proc/cpuinfo, without what changes while running. */
static const char *processor_identity(arena *mem)
{
    bytes info;
    text id;
    text_init(&id, mem);
    if (!file_read(mem, "/proc/cpuinfo", &info))
        return "";
    static const char *const keys[] = {"vendor_id", "model", "stepping", "flags", "Features", "CPU "};
    for (char *line = info.data; *line && *line != '\n';) {
        size_t n = strcspn(line, "\n");
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (!strncmp(line, keys[i], strlen(keys[i]))) {
                text_addn(&id, line, n);
                break;
            }
        line += n + (line[n] != 0);
    }
    return text_str(&id);
}

/* Flags that a compiler may or may not take. */
typedef struct optional_flags {
    const char *flags; /* separated by blanks */
    bool must_link;    /* a program has to link with them, too */
} optional_flags;

enum { MAX_OPTIONAL = 8 };
typedef struct optional_list {
    int n;
    optional_flags data[MAX_OPTIONAL];
} optional_list;

/* Whether a small parallel program compiles (and links) with these flags. */
static bool flags_work(const options *o, const toolchain *t, const char *folder, const optional_flags *f)
{
    static const char code[] = "#ifdef _OPENMP\n#include <omp.h>\n#endif\n"
                               "int main(void) { int s = 0;\n"
                               "#pragma omp parallel for reduction(+ : s)\n"
                               "for (int i = 0; i < 9; i++) s += i; return s != 36; }\n";
    const char *file = arena_printf(o->mem, "%s/probe.c", folder), *out = arena_printf(o->mem, "%s/probe", folder);
    if (!files_write(o->mem, &o->report, 1, &(out_file){file, code, sizeof code - 1}))
        return false;
    words argv = {0};
    text said;
    text_init(&said, o->mem);
    words_add(o->mem, &argv, &t->compiler);
    words_split(o->mem, &argv, "-std=c11 -Werror");
    words_split(o->mem, &argv, f->flags);
    if (!f->must_link)
        vec_push(o->mem, &argv, "-c");
    const char *const rest[] = {file, "-o", out};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        vec_push(o->mem, &argv, rest[i]);
    return process_run(o->mem, &o->report, &argv, &said) == 0;
}

/* Tries them out: "1" or "0" for each. */
static exit_code try_flags(const options *o, const toolchain *t, const optional_list *list, text *found)
{
    const char *folder = make_temporary_folder(o->mem, NULL);
    if (!folder) {
        report_error(&o->report, "cannot create a temporary folder: %s", strerror(errno));
        return EXIT_PROGRAM;
    }
    for (int i = 0; i < list->n; i++)
        text_add(found, flags_work(o, t, folder, &list->data[i]) ? "1" : "0");
    remove_folder(o->mem, folder);
    return EXIT_OK;
}

/* Which of them work, one character each; remembered in the cache folder under the compiler's identity. */
static exit_code probe(const options *o, const toolchain *t, const char *identity, const optional_list *list,
                       const char **works)
{
    text key, found;
    text_init(&key, o->mem);
    text_add(&key, identity);
    for (int i = 0; i < list->n; i++)
        text_addf(&key, "%s\n", list->data[i].flags);
    const char *name = text_str(&key), *cache = cache_folder(o->mem);
    const char *memo = cache ? arena_printf(o->mem, "%s/probe-%s", cache, cache_key(o->mem, 1, &name)) : NULL;
    bytes known;
    if (memo && file_read(o->mem, memo, &known) && known.n == (size_t)list->n) {
        *works = known.data;
        return EXIT_OK;
    }
    text_init(&found, o->mem);
    exit_code code = try_flags(o, t, list, &found);
    *works = text_str(&found);
    if (!code && memo)
        files_write(o->mem, &o->report, 1, &(out_file){memo, *works, found.n});
    return code;
}

/* "-mavx2 -mfma" */
static const char *isa_flags(arena *mem, const isa *s)
{
    text t;
    text_init(&t, mem);
    for (int i = 0; i < ISA_FEATURES && s->features[i]; i++)
        text_addf(&t, "-m%s ", s->features[i]);
    return text_str(&t);
}

/* The flags beyond what every compiler takes, and the versions of a portable library. */
static exit_code add_optional(const options *o, toolchain *t, const char *identity)
{
    static const optional_flags general[] = {
        {"-ffp-contract=off", false}, {"-mprefer-vector-width=512", false}, {"-fopenmp", true}};
    enum { GENERAL = sizeof general / sizeof *general };
    optional_list list = {0};
    const char *works;
    for (int i = 0; i < GENERAL; i++)
        list.data[list.n++] = general[i];
    if (!o->portable)
        list.data[list.n++] = (optional_flags){"-march=native", false};
    if (!o->portable &&
        !strcmp(o->optimise, "-O1")) /* clang 14 takes minutes for addresses that -O2 makes equal before */
        list.data[list.n++] = (optional_flags){"-mllvm -disable-lsr", false};
    for (int i = 0; o->portable && i < isa_count - 1; i++)
        list.data[list.n++] = (optional_flags){isa_flags(o->mem, &isa_table[i]), false};
    exit_code code = probe(o, t, identity, &list, &works);
    if (code)
        return code;
    for (int i = 0; i < list.n; i++)
        if (works[i] == '1' && (i < GENERAL || !o->portable))
            words_split(o->mem, &t->flags, list.data[i].flags);
        else if (works[i] == '1')
            vec_push(o->mem, &t->variants, (variant){&isa_table[i - GENERAL], list.data[i].flags});
    if (t->variants.n)
        vec_push(o->mem, &t->variants, (variant){&isa_table[isa_count - 1], ""});
    return EXIT_OK;
}

static exit_code add_c_flags(const options *o, toolchain *t, const char *identity)
{
    words_split(o->mem, &t->flags, "-std=c11 -fPIC -fno-math-errno -fno-trapping-math");
    return add_optional(o, t, identity);
}

static const char *whole_identity(const options *o, const toolchain *t, const char *compiler)
{
    text id;
    text_init(&id, o->mem);
    text_add(&id, compiler);
    for (int i = 0; i < t->flags.n; i++)
        text_addf(&id, "%s ", t->flags.data[i]);
    text_add(&id, o->no_blas ? "--no-blas " : "");
    text_add(&id, processor_identity(o->mem));
    for (int i = 0; i < RUNTIME_FILES; i++) {
        bytes file;
        if (file_read(o->mem, arena_printf(o->mem, "%s/%s", t->runtime, runtime_files[i]), &file))
            text_addn(&id, file.data, file.n);
    }
    return text_str(&id);
}

exit_code toolchain_find(const options *o, toolchain *t)
{
    *t = (toolchain){.target = o->compile.target};
    const bool is_cuda = t->target == TARGET_CUDA;
    const char *path;
    exit_code code = find_runtime(o, t);
    if (!code)
        code = (is_cuda ? toolchain_find_nvcc : find_compiler)(o, t, &path);
    if (code)
        return code;
    const char *compiler = compiler_identity(o->mem, t, path);
    code = is_cuda ? EXIT_OK : add_c_flags(o, t, compiler);
    if (is_cuda)
        toolchain_add_cuda_flags(o, t);
    if (code)
        return code;
    vec_push(o->mem, &t->flags, o->optimise);
    if (o->debug)
        vec_push(o->mem, &t->flags, "-g");
    t->identity = whole_identity(o, t, compiler);
    return EXIT_OK;
}
