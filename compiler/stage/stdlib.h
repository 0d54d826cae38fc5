/* The standard library: the texts of stdlib/NAME.ad, embedded when adc is built (cmake/embed_stdlib.cmake). */
#ifndef ADC_STAGE_STDLIB_H
#define ADC_STAGE_STDLIB_H

/* The text of a module ("kernels"), static and NUL-terminated; NULL: there is no such module. */
const char *stdlib_source(const char *module);

/* The names of all modules, sorted, with a NULL at the end. */
const char *const *stdlib_modules(void);

#endif
