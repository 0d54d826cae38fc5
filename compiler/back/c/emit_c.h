/* The generated .c of a module: placed loop nests as C11. */
#ifndef ADC_BACK_EMIT_C_H
#define ADC_BACK_EMIT_C_H
#include "form/loops.h"

/* header_name: how the .c includes its header, "model.h". Allocates in t's arena; cannot fail. */
void emit_c(text *t, const nest_module *m, const char *header_name);

#endif
