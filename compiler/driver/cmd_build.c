/* adc build: source file in; a library or object and the header that its callers include out. */
#include <string.h>

#include "driver/command.h"
#include "driver/emit.h"
#include "driver/files.h"
#include "driver/toolchain.h"

static const char *const extensions[] = {
    [PRODUCT_SHARED] = ".so",
    [PRODUCT_ARCHIVE] = ".a",
    [PRODUCT_OBJECT] = ".o",
};
enum { PRODUCTS = sizeof extensions / sizeof *extensions };

static exit_code find_product(const options *o, const char *output, product *kind)
{
    for (int i = 0; i < PRODUCTS; i++)
        if (!strcmp(path_extension(output), extensions[i])) {
            *kind = (product)i;
            return EXIT_OK;
        }
    report_error(&o->report, "-o %s: 'adc build' writes .so, .a or .o files", output);
    if (!strcmp(path_extension(output), ".c") || !strcmp(path_extension(output), ".cu"))
        report_hint(&o->report, "adc compile %s -o %s", options_operand(o, 0), output);
    return EXIT_USAGE;
}

static exit_code check_portable(const options *o)
{
    if (!o->portable || o->compile.target == TARGET_C)
        return EXIT_OK;
    report_error(&o->report, "--portable is for --target=c");
    report_hint(&o->report, "--arch=sm_80,sm_90 lists the GPUs that a CUDA library is for");
    return EXIT_USAGE;
}

/* The header and, with --manifest, the description; named after the model, in the output's folder. */
static exit_code write_beside(const options *o, const char *output, const char *header, const compile_output *out)
{
    const char *manifest = arena_printf(o->mem, "%s/%s.json", path_folder(o->mem, output), out->interface->prefix);
    const out_file files[] = {
        {header, text_str(&out->header), out->header.n},
        {manifest, text_str(&out->manifest), out->manifest.n},
    };
    return files_write(o->mem, &o->report, o->manifest ? 2 : 1, files) ? EXIT_OK : EXIT_PROGRAM;
}

static const char *header_path(const options *o, const char *output)
{
    const char *model = o->compile.prefix ? o->compile.prefix : path_base(options_operand(o, 0));
    const char *name = path_replace_extension(o->mem, model, ".h");
    return o->header ? o->header : arena_printf(o->mem, "%s/%s", path_folder(o->mem, output), name);
}

exit_code cmd_build(const options *o)
{
    const char *output;
    product kind;
    toolchain t;
    compile_output out;
    compile_options how = o->compile;
    how.versions = true;
    if (o->compile.emit)
        return emit_stage(o, "-");
    exit_code code = emit_output(o, "libmodel.so", &output);
    if (!code)
        code = find_product(o, output, &kind);
    if (!code)
        code = check_portable(o);
    if (code)
        return code;
    const char *header = header_path(o, output);
    how.path = options_operand(o, 0);
    how.header_name = path_base(header);
    code = emit_compile(o, &how, &out);
    if (!code)
        code = toolchain_find(o, &t);
    if (!code)
        code = toolchain_build(o, &t, kind, &out, how.header_name, output);
    return code ? code : write_beside(o, output, header, &out);
}
