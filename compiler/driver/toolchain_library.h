/* The libraries that generated code may need besides libc and libm. */
#ifndef ADC_DRIVER_TOOLCHAIN_LIBRARY_H
#define ADC_DRIVER_TOOLCHAIN_LIBRARY_H
#include "driver/toolchain.h"

/* Those of the generated code that the C compiler finds no header for, or (links) cannot link: reported. Else EXIT_OK,
 * and their flags for the linker are added. folder: for trying. */
exit_code toolchain_libraries(const options *o, const toolchain *t, const compile_output *generated, const char *folder,
                              bool links, words *flags);

#endif
