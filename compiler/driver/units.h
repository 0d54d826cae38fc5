/* Numbers as people read them: three digits and a unit. All strings live in the arena. */
#ifndef ADC_DRIVER_UNITS_H
#define ADC_DRIVER_UNITS_H
#include "base/arena.h"

/* "12.3 ms" */
const char *units_time(arena *mem, double seconds);
/* "24.4 KiB" */
const char *units_bytes(arena *mem, double bytes);
/* "640", "1.23e+09" */
const char *units_count(arena *mem, double n);

#endif
