/* nvcc: which one, and its flags. */
#ifndef ADC_DRIVER_TOOLCHAIN_CUDA_H
#define ADC_DRIVER_TOOLCHAIN_CUDA_H
#include "driver/toolchain.h"

/* Finds the CUDA compiler; the path of its executable in *path. EXIT_TOOL after having reported that there is none. */
exit_code toolchain_find_nvcc(const options *o, toolchain *t, const char **path);
/* The flags of every compilation. */
void toolchain_add_cuda_flags(const options *o, toolchain *t);

#endif
