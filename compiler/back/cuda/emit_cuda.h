/* The generated .cu of a module: kernels, and host functions in C++17 that launch them. */
#ifndef ADC_BACK_EMIT_CUDA_H
#define ADC_BACK_EMIT_CUDA_H
#include "form/loops.h"

/* header_name: how the .cu includes its header, "model.h". Allocates in t's arena; cannot fail. */
void emit_cuda(text *t, const nest_module *m, const char *header_name);

#endif
