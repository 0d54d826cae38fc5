/* The compile cache of adc run and gradcheck: shared libraries under a key of all that went into them. */
#ifndef ADC_DRIVER_CACHE_H
#define ADC_DRIVER_CACHE_H
#include <adc/runtime.h>

#include "driver/options.h"

/* ADC_CACHE, else XDG_CACHE_HOME/adc, else ~/.cache/adc, else /tmp/adc-UID: the first that can be created and written.
 * NULL when none can. */
const char *cache_folder(arena *mem);

/* 32 hex digits that n texts determine. */
const char *cache_key(arena *mem, int n, const char *const *texts);

/* A program ready to be called. The library stays loaded until the process ends. */
typedef struct loaded {
    const ad_module *table;
    compile_output generated;
    const char *path; /* of the library */
    bool parallel;    /* compiled with OpenMP */
} loaded;

/* The functions of the model that are compiled, unless --whole asks for all. */
typedef struct choice {
    const char *name; /* an export; NULL: all */
    bool family;      /* also its gradients; or, of a gradient, the function and its other gradients */
} choice;

/* Compiles the model that the first operand names (or takes it from the cache) and loads it. What went wrong is
 * reported, also that the model exports no function of the name chosen. */
exit_code cache_load(const options *o, choice which, loaded *out);

#endif
