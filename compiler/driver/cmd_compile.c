/* adc compile and adc check: source file in; C text, header and manifest out, all of them or none. */
#include <string.h>

#include "driver/command.h"
#include "driver/emit.h"
#include "driver/files.h"

exit_code cmd_check(const options *o)
{
    if (o->compile.emit)
        return emit_stage(o, "-");
    compile_options how = o->compile;
    how.versions = true;
    compile_output out = {0};
    diag d;
    how.path = options_operand(o, 0);
    diag_init(&d, o->mem, stderr, o->report.color);
    return compile_check(&how, o->mem, &d, &out) ? EXIT_OK : EXIT_PROGRAM;
}

/* An output that is no file of its own: nothing can be written beside it. */
static bool is_stream(const char *output)
{
    return !strcmp(output, "-") || !strncmp(output, "/dev/", 5);
}

static exit_code check_extension(const options *o, const char *output, target_kind *target)
{
    const char *extension = path_extension(output);
    if (is_stream(output) || !strcmp(extension, ".c") || !strcmp(extension, ".cu"))
        return emit_find_target(o, output, target);
    report_error(&o->report, "-o %s: 'adc compile' writes .c and .cu files", output);
    if (!strcmp(extension, ".so") || !strcmp(extension, ".a") || !strcmp(extension, ".o"))
        report_hint(&o->report, "adc build %s -o %s", options_operand(o, 0), output);
    return EXIT_USAGE;
}

/* Beside a stream the header is written only where --header says. */
static exit_code write_outputs(const options *o, const char *output, const char *header, const compile_output *out)
{
    out_file files[3] = {{output, text_str(&out->c), out->c.n}};
    int n = 1;
    if (!is_stream(output) || o->header)
        files[n++] = (out_file){header, text_str(&out->header), out->header.n};
    const char *manifest = is_stream(output) ? path_base(options_operand(o, 0)) : output;
    if (o->manifest)
        files[n++] =
            (out_file){path_replace_extension(o->mem, manifest, ".json"), text_str(&out->manifest), out->manifest.n};
    return files_write(o->mem, &o->report, n, files) ? EXIT_OK : EXIT_PROGRAM;
}

exit_code cmd_compile(const options *o)
{
    const char *output = "-";
    compile_options how = o->compile;
    how.versions = true;
    exit_code code = o->compile.emit && !o->outputs.n ? EXIT_OK : emit_output(o, "model.c", &output);
    if (!code && o->compile.emit)
        return emit_stage(o, output);
    if (!code)
        code = check_extension(o, output, &how.target);
    if (code)
        return code;
    const char *beside = is_stream(output) ? path_base(options_operand(o, 0)) : output;
    const char *header = o->header ? o->header : path_replace_extension(o->mem, beside, ".h");
    compile_output out;
    how.path = options_operand(o, 0);
    how.header_name = path_base(header);
    code = emit_compile(o, &how, &out);
    return code ? code : write_outputs(o, output, header, &out);
}
