/* The C compiler or nvcc that adc calls: which one, what it can do, and calling it. */
#ifndef ADC_DRIVER_TOOLCHAIN_H
#define ADC_DRIVER_TOOLCHAIN_H
#include "back/emit_interface.h"
#include "driver/options.h"
#include "driver/process.h"

typedef enum product { PRODUCT_SHARED, PRODUCT_ARCHIVE, PRODUCT_OBJECT } product;

/* One of the versions in a portable library. */
typedef struct variant {
    const isa *isa;
    const char *flags; /* separated by blanks */
} variant;

#define RUNTIME_SOURCE "status.c"

typedef struct toolchain {
    target_kind target;
    words compiler;        /* "clang", or "ccache", "gcc"; "nvcc" */
    words flags;           /* for every compilation */
    VEC(variant) variants; /* with --portable: best first; none: one version will do */
    const char *runtime;   /* folder with status.c and include/adc/runtime.h */
    const char *identity;  /* text that differs when compiler, flags, processor or runtime differ */
} toolchain;

/* Finds compiler and runtime and probes what flags work. EXIT_OK, or EXIT_TOOL after having reported what is missing.
 */
exit_code toolchain_find(const options *o, toolchain *t);

/* Compiles the generated text into output (complete, or not there). The header is found under header_name by it.
 * EXIT_OK, EXIT_TOOL when the compiler fails, EXIT_PROGRAM when files cannot be written; reported. */
exit_code toolchain_build(const options *o, const toolchain *t, product kind, const compile_output *generated,
                          const char *header_name, const char *output);

#endif
