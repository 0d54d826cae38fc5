/* What several commands share: checking the target, and --emit. */
#ifndef ADC_DRIVER_EMIT_H
#define ADC_DRIVER_EMIT_H
#include "driver/options.h"

/* compile() with the options of o, its diagnostics on stderr. how: o->compile with path, prefix and header completed.
 */
exit_code emit_compile(const options *o, const compile_options *how, compile_output *out);

/* --emit=STAGE: prints the stage to output ("-": stdout). */
exit_code emit_stage(const options *o, const char *output);

/* Reports that CUDA is not available, when it is asked for by --target or by the output's extension. */
exit_code emit_check_target(const options *o, const char *output);

/* The single -o; reports when there is none (then the hint shows example) or more than one. */
exit_code emit_output(const options *o, const char *example, const char **output);

#endif
