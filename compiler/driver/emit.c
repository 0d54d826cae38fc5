/* The steps that compile, build, run and gradcheck have in common. */
#include "driver/emit.h"

#include <string.h>

#include "driver/command.h"
#include "driver/files.h"

exit_code emit_compile(const options *o, const compile_options *how, compile_output *out)
{
    diag d;
    diag_init(&d, o->mem, stderr, o->report.color);
    *out = (compile_output){0};
    return compile(how, o->mem, &d, out) ? EXIT_OK : EXIT_PROGRAM;
}

exit_code emit_stage(const options *o, const char *output)
{
    compile_options how = o->compile;
    compile_output out;
    how.path = options_operand(o, 0);
    how.header_name = "model.h";
    exit_code code = emit_compile(o, &how, &out);
    if (code)
        return code;
    out_file f = {output, text_str(&out.stage), out.stage.n};
    return files_write(o->mem, &o->report, 1, &f) ? EXIT_OK : EXIT_PROGRAM;
}

exit_code emit_find_target(const options *o, const char *output, target_kind *target)
{
    *target = !strcmp(path_extension(output), ".cu") ? TARGET_CUDA : o->compile.target;
    if (*target == TARGET_C || strcmp(path_extension(output), ".c"))
        return EXIT_OK;
    report_error(&o->report, "-o %s: --target=cuda writes .cu files", output);
    report_hint(&o->report, "adc compile %s -o %s", options_operand(o, 0),
                path_replace_extension(o->mem, output, ".cu"));
    return EXIT_USAGE;
}

exit_code emit_output(const options *o, const char *example, const char **output)
{
    if (o->outputs.n == 1) {
        *output = o->outputs.data[0];
        return EXIT_OK;
    }
    report_error(&o->report, o->outputs.n ? "more than one -o" : "where to write? -o is missing");
    report_hint(&o->report, "adc %s %s -o %s", o->command->name, options_operand(o, 0), example);
    return EXIT_USAGE;
}
