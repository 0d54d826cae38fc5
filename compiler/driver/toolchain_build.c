/* Generated C or CUDA C in, a library or object out: compiles in a temporary folder, where the output is moved from
 * when whole.
 *
 * A shared library takes the runtime's sources with it and needs nothing of adc; archives and objects are linked with
 * libadc_runtime by their user. A portable one holds an object per instruction set and one that chooses among them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/files.h"
#include "driver/toolchain.h"
#include "driver/toolchain_library.h"

/* The steps of a build, all in one temporary folder. */
typedef struct build {
    const options *o;
    const toolchain *t;
    const compile_output *generated;
    const char *folder, *file, *header_name;
    library_flags libraries;
} build;

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

/* "clang -std=c11 ... -iquotefolder -Iruntime"; nvcc knows -I only. */
static words compiler_call(const build *b)
{
    arena *mem = b->o->mem;
    words argv = {0};
    words_add(mem, &argv, &b->t->compiler);
    words_add(mem, &argv, &b->t->flags);
    words_add(mem, &argv, &b->libraries.compiler);
    vec_push(mem, &argv, arena_printf(mem, "%s%s", b->t->target == TARGET_CUDA ? "-I" : "-iquote", b->folder));
    vec_push(mem, &argv, arena_printf(mem, "-I%s/include", b->t->runtime));
    return argv;
}

/* flags: more of them, separated by blanks. */
static exit_code compile_object(const build *b, const char *path, const char *flags, const char *object)
{
    words argv = compiler_call(b);
    words_split(b->o->mem, &argv, flags);
    const char *const rest[] = {"-c", path, "-o", object};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        vec_push(b->o->mem, &argv, rest[i]);
    return call_tool(b->o, &argv);
}

/* inputs: sources or objects; the runtime is added to them. */
static exit_code link_shared(const build *b, const words *inputs, const char *output)
{
    words argv = compiler_call(b);
    vec_push(b->o->mem, &argv, "-shared");
    words_add(b->o->mem, &argv, inputs);
    const char *const rest[] = {arena_printf(b->o->mem, "%s/" RUNTIME_SOURCE, b->t->runtime), "-o", output, "-lm"};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        vec_push(b->o->mem, &argv, rest[i]);
    words_add(b->o->mem, &argv, &b->libraries.linker);
    return call_tool(b->o, &argv);
}

/* Several objects into one. */
static exit_code link_object(const build *b, const words *objects, const char *output)
{
    words argv = {0};
    words_add(b->o->mem, &argv, &b->t->compiler);
    words_split(b->o->mem, &argv, "-r -nostdlib");
    words_add(b->o->mem, &argv, objects);
    vec_push(b->o->mem, &argv, "-o");
    vec_push(b->o->mem, &argv, output);
    return call_tool(b->o, &argv);
}

/* A cross compiler has its archiver beside it: aarch64-linux-gnu-gcc, aarch64-linux-gnu-ar. */
static const char *find_archiver(const build *b)
{
    const char *compiler = b->t->compiler.data[b->t->compiler.n - 1], *dash = strrchr(compiler, '-');
    const char *beside = dash ? arena_printf(b->o->mem, "%.*s-ar", (int)(dash - compiler), compiler) : NULL;
    return beside && process_find(b->o->mem, beside) ? beside : process_find(b->o->mem, "ar") ? "ar" : NULL;
}

static exit_code call_archiver(const build *b, const words *objects, const char *output)
{
    const char *archiver = find_archiver(b);
    if (!archiver) {
        report_error(&b->o->report, "'ar' is not found");
        report_hint(&b->o->report, "install it: apt-get install binutils");
        return EXIT_TOOL;
    }
    words argv = {0};
    vec_push(b->o->mem, &argv, archiver);
    vec_push(b->o->mem, &argv, "rcs");
    vec_push(b->o->mem, &argv, output);
    words_add(b->o->mem, &argv, objects);
    return call_tool(b->o, &argv);
}

/* An object for each instruction set, then the one that chooses among them. */
static exit_code compile_variants(const build *b, words *objects)
{
    arena *mem = b->o->mem;
    int n = b->t->variants.n;
    const isa **sets = ARENA_ARRAY(mem, const isa *, n);
    for (int i = 0; i < n; i++) {
        const variant *v = &b->t->variants.data[i];
        const char *object = arena_printf(mem, "%s/%s_%s.o", b->folder, b->generated->interface->prefix, v->isa->name);
        const char *flags =
            arena_printf(mem, "%s -DAD_VARIANT=%s -fvisibility=hidden", v->flags, emit_variant_prefix(mem, v->isa));
        exit_code code = compile_object(b, b->file, flags, object);
        if (code)
            return code;
        sets[i] = v->isa;
        vec_push(mem, objects, object);
    }
    text t;
    text_init(&t, mem);
    emit_dispatch(&t, b->generated->interface, b->header_name, n, sets);
    const char *path = arena_printf(mem, "%s/%s_dispatch.c", b->folder, b->generated->interface->prefix);
    const char *object = path_replace_extension(mem, path, ".o");
    vec_push(mem, objects, object);
    if (!files_write(mem, &b->o->report, 1, &(out_file){path, text_str(&t), t.n}))
        return EXIT_PROGRAM;
    return compile_object(b, path, "", object);
}

static exit_code make(const build *b, product kind, const char *made)
{
    words inputs = {0};
    exit_code code = EXIT_OK;
    bool single = b->t->variants.n == 0;
    if (!single)
        code = compile_variants(b, &inputs);
    else
        vec_push(b->o->mem, &inputs, b->file);
    if (!code && kind == PRODUCT_SHARED)
        return link_shared(b, &inputs, made);
    if (!code && kind == PRODUCT_OBJECT)
        return single ? compile_object(b, b->file, "", made) : link_object(b, &inputs, made);
    if (!code && single) {
        inputs.data[0] = path_replace_extension(b->o->mem, b->file, ".o");
        code = compile_object(b, b->file, "", inputs.data[0]);
    }
    return code ? code : call_archiver(b, &inputs, made);
}

static exit_code build_in_folder(const build *b, product kind, const char *output)
{
    arena *mem = b->o->mem;
    const char *made = arena_printf(mem, "%s/made", b->folder);
    exit_code code = make(b, kind, made);
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
    const char *extension = t->target == TARGET_CUDA ? "cu" : "c";
    const char *path = arena_printf(o->mem, "%s/%s.%s", folder, generated->interface->prefix, extension);
    build b = {o, t, generated, folder, path, header_name, {{0}, {0}}};
    const out_file inputs[] = {
        {b.file, text_str(&generated->c), generated->c.n},
        {arena_printf(o->mem, "%s/%s", folder, header_name), text_str(&generated->header), generated->header.n},
    };
    exit_code code = toolchain_libraries(o, t, generated, folder, kind == PRODUCT_SHARED, &b.libraries);
    if (!code)
        code = files_write(o->mem, &o->report, 2, inputs) ? build_in_folder(&b, kind, output) : EXIT_PROGRAM;
    remove_folder(o->mem, folder);
    return code;
}
