/* What several commands share: checking the target, and --emit. */
#ifndef ADC_DRIVER_EMIT_H
#define ADC_DRIVER_EMIT_H
#include "driver/options.h"

/* compile() with the options of o, its diagnostics on stderr. how: o->compile with path, prefix and header completed.
 */
exit_code emit_compile(const options *o, const compile_options *how, compile_output *out);

/* --emit=STAGE: prints the stage to output ("-": stdout). */
exit_code emit_stage(const options *o, const char *output);

/* What to generate: what the output's extension says, else --target. EXIT_USAGE, reported, when they contradict. */
exit_code emit_find_target(const options *o, const char *output, target_kind *target);

/* The single -o; reports when there is none (then the hint shows example) or more than one. */
exit_code emit_output(const options *o, const char *example, const char **output);

#endif
