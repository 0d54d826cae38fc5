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

/* Compiles o->compile.path (or takes it from the cache), loads it and returns its description table.
 * What went wrong is reported. The library stays loaded until the process ends. */
exit_code cache_load(const options *o, const ad_module **table);

#endif
