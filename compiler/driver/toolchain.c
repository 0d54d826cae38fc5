/* Chooses the C compiler (--cc, CC, clang, gcc), learns once per compiler whether OpenMP and -march=native work (the
 * answer is kept in the cache folder), and compiles generated C in a temporary folder.
 *
 * A shared library takes the runtime's sources with it and needs nothing of adc; archives and objects are linked with
 * libadc_runtime by their user. */
#include "driver/toolchain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/cache.h"
#include "driver/files.h"

#ifndef ADC_SOURCE_DIR
#define ADC_SOURCE_DIR "."
#endif

static const char *const runtime_files[] = {"status.c", "include/adc/runtime.h"};
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

static void split_words(arena *mem, words *w, const char *s)
{
    for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
        size_t n = strcspn(s, " \t");
        vec_push(mem, w, arena_strndup(mem, s, n));
        s += n;
    }
}

/* Finds the compiler; the path of its executable in *path. */
static exit_code find_compiler(const options *o, toolchain *t, const char **path)
{
    static const char *const defaults[] = {"clang", "gcc", "cc"};
    const char *from = o->cc ? "--cc" : "CC", *chosen = o->cc ? o->cc : getenv("CC");
    if (chosen && chosen[strspn(chosen, " \t")]) {
        split_words(o->mem, &t->compiler, chosen);
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

static void add_words(arena *mem, words *to, const words *from)
{
    for (int i = 0; i < from->n; i++)
        vec_push(mem, to, from->data[i]);
}

/* Whether a small parallel program compiles and links with this flag. */
static bool flag_works(const options *o, const toolchain *t, const char *folder, const char *flag)
{
    static const char code[] = "int main(void) { int s = 0;\n"
                               "#pragma omp parallel for reduction(+ : s)\n"
                               "for (int i = 0; i < 9; i++) s += i; return s != 36; }\n";
    const char *file = arena_printf(o->mem, "%s/probe.c", folder), *out = arena_printf(o->mem, "%s/probe", folder);
    if (!files_write(o->mem, &o->report, 1, &(out_file){file, code, sizeof code - 1}))
        return false;
    words argv = {0};
    text said;
    text_init(&said, o->mem);
    add_words(o->mem, &argv, &t->compiler);
    const char *const rest[] = {"-std=c11", flag, file, "-o", out};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        vec_push(o->mem, &argv, rest[i]);
    return process_run(o->mem, &o->report, &argv, &said) == 0;
}

/* The optional flags that work, as "flag flag "; remembered in the cache folder under the compiler's identity. */
static exit_code probe(const options *o, const toolchain *t, const char *identity, const char **flags)
{
    static const char *const optional[] = {"-march=native", "-fopenmp"};
    const char *cache = cache_folder(o->mem);
    const char *memo = cache ? arena_printf(o->mem, "%s/probe-%s", cache, cache_key(o->mem, 1, &identity)) : NULL;
    bytes known;
    if (memo && file_read(o->mem, memo, &known)) {
        *flags = known.data;
        return EXIT_OK;
    }
    const char *folder = make_temporary_folder(o->mem, NULL);
    if (!folder) {
        report_error(&o->report, "cannot create a temporary folder: %s", strerror(errno));
        return EXIT_PROGRAM;
    }
    text found;
    text_init(&found, o->mem);
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        if (flag_works(o, t, folder, optional[i]))
            text_addf(&found, "%s ", optional[i]);
    remove_folder(o->mem, folder);
    *flags = text_str(&found);
    if (memo)
        files_write(o->mem, &o->report, 1, &(out_file){memo, *flags, found.n});
    return EXIT_OK;
}

static const char *whole_identity(const options *o, const toolchain *t, const char *compiler)
{
    text id;
    text_init(&id, o->mem);
    text_add(&id, compiler);
    for (int i = 0; i < t->flags.n; i++)
        text_addf(&id, "%s ", t->flags.data[i]);
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
    *t = (toolchain){0};
    const char *path, *optional;
    exit_code code = find_runtime(o, t);
    if (!code)
        code = find_compiler(o, t, &path);
    if (code)
        return code;
    const char *compiler = compiler_identity(o->mem, t, path);
    code = probe(o, t, compiler, &optional);
    if (code)
        return code;
    split_words(o->mem, &t->flags, "-std=c11 -fPIC -fno-math-errno -fno-trapping-math");
    split_words(o->mem, &t->flags, optional);
    vec_push(o->mem, &t->flags, o->optimise);
    if (o->debug)
        vec_push(o->mem, &t->flags, "-g");
    t->identity = whole_identity(o, t, compiler);
    return EXIT_OK;
}

static exit_code call_tool(const options *o, words *argv)
{
    text said;
    text_init(&said, o->mem);
    int status = process_run(o->mem, &o->report, argv, &said);
    if (status == 0) {
        if (o->report.verbose)
            fputs(text_str(&said), stderr);
        return EXIT_OK;
    }
    report_error(&o->report, "'%s' failed with status %d", argv->data[0], status);
    fputs(text_str(&said), stderr);
    return EXIT_TOOL;
}

/* The steps of a build, all in one temporary folder. */
typedef struct build {
    const options *o;
    const toolchain *t;
    const char *folder, *source;
} build;

static exit_code call_compiler(const build *b, product kind, const char *output)
{
    arena *mem = b->o->mem;
    words argv = {0};
    add_words(mem, &argv, &b->t->compiler);
    add_words(mem, &argv, &b->t->flags);
    vec_push(mem, &argv, arena_printf(mem, "-I%s", b->folder));
    vec_push(mem, &argv, arena_printf(mem, "-I%s/include", b->t->runtime));
    vec_push(mem, &argv, kind == PRODUCT_SHARED ? "-shared" : "-c");
    vec_push(mem, &argv, b->source);
    if (kind == PRODUCT_SHARED)
        vec_push(mem, &argv, arena_printf(mem, "%s/%s", b->t->runtime, runtime_files[0]));
    vec_push(mem, &argv, "-o");
    vec_push(mem, &argv, output);
    if (kind == PRODUCT_SHARED)
        vec_push(mem, &argv, "-lm");
    return call_tool(b->o, &argv);
}

static exit_code call_archiver(const build *b, const char *object, const char *output)
{
    if (!process_find(b->o->mem, "ar")) {
        report_error(&b->o->report, "'ar' is not found");
        report_hint(&b->o->report, "install it: apt-get install binutils");
        return EXIT_TOOL;
    }
    words argv = {0};
    const char *const call[] = {"ar", "rcs", output, object};
    for (size_t i = 0; i < sizeof call / sizeof *call; i++)
        vec_push(b->o->mem, &argv, call[i]);
    return call_tool(b->o, &argv);
}

static exit_code build_in_folder(const build *b, product kind, const char *output)
{
    arena *mem = b->o->mem;
    const char *made = arena_printf(mem, "%s/made", b->folder);
    const char *compiled = kind == PRODUCT_ARCHIVE ? path_replace_extension(mem, b->source, ".o") : made;
    exit_code code = call_compiler(b, kind, compiled);
    if (!code && kind == PRODUCT_ARCHIVE)
        code = call_archiver(b, compiled, made);
    bytes result;
    if (code)
        return code;
    if (!file_read(mem, made, &result)) {
        report_error(&b->o->report, "'%s' wrote no output: %s", b->t->compiler.data[0], strerror(errno));
        return EXIT_TOOL;
    }
    bool ok = files_write(mem, &b->o->report, 1, &(out_file){output, result.data, result.n});
    return ok ? EXIT_OK : EXIT_PROGRAM;
}

exit_code toolchain_build(const options *o, const toolchain *t, product kind, const compile_output *generated,
                          const char *header_name, const char *output)
{
    const char *folder = make_temporary_folder(o->mem, NULL);
    if (!folder) {
        report_error(&o->report, "cannot create a temporary folder: %s", strerror(errno));
        return EXIT_PROGRAM;
    }
    build b = {o, t, folder, arena_printf(o->mem, "%s/%s.c", folder, generated->interface->prefix)};
    const out_file inputs[] = {
        {b.source, text_str(&generated->c), generated->c.n},
        {arena_printf(o->mem, "%s/%s", folder, header_name), text_str(&generated->header), generated->header.n},
    };
    exit_code code = files_write(o->mem, &o->report, 2, inputs) ? build_in_folder(&b, kind, output) : EXIT_PROGRAM;
    remove_folder(o->mem, folder);
    return code;
}
