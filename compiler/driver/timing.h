/* How long calls take. */
#ifndef ADC_DRIVER_TIMING_H
#define ADC_DRIVER_TIMING_H
#include "base/vec.h"
#include "driver/call.h"
#include "driver/device.h"
#include "driver/figures.h"

/* One function, ready to be called, and what was measured of it. */
typedef struct timing {
    call c;
    work work;
    device_call *device; /* NULL: on the CPU, with this workspace */
    void *workspace;
    size_t workspace_size;
    int64_t batch;        /* calls per sample */
    int wanted;           /* samples; 0: as many as the time allows */
    VEC(double) samples;  /* seconds per call, sorted */
    double spent, budget; /* seconds */
} timing;

typedef VEC(timing) timing_list;

/* Measures each for about so many seconds (more), or until it has that many samples when repeat is not 0. Shows a
 * progress bar. False when a call fails (reported). */
bool timing_measure(arena *mem, timing_list *all, double seconds, int repeat);

double timing_median(const timing *t);
/* Half of the samples lie in a range this wide, relative to the median. */
double timing_spread(const timing *t);

#endif
