/* The libraries that generated code may need besides libc and libm. */
#ifndef ADC_DRIVER_TOOLCHAIN_LIBRARY_H
#define ADC_DRIVER_TOOLCHAIN_LIBRARY_H
#include "driver/toolchain.h"

typedef struct library_flags {
    words compiler, linker;
} library_flags;

/* Flags for the libraries that the generated code needs, and for BLAS where it can do with it: in a shared library,
 * which is not for other machines. EXIT_TOOL: one that is needed is not found, which is reported. folder: for trying.
 */
exit_code toolchain_libraries(const options *o, const toolchain *t, const compile_output *generated, const char *folder,
                              bool is_shared, library_flags *flags);

#endif
