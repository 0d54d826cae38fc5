/* Random inputs for a function of which nothing but its signature is known. */
#ifndef ADC_DRIVER_INPUTS_H
#define ADC_DRIVER_INPUTS_H
#include "driver/call.h"

/* Number of different ways in which inputs_complete can choose. */
extern const int inputs_trials;

/* Completes a bound call: gives the sizes and inputs that are still unknown values, in the way trial (0, 1, ...), and
 * fixes it. False when its sizes make a shape impossible. */
bool inputs_complete(call *c, int trial, uint64_t seed);

/* Completes a bound call whose sizes are known for a measurement: normal tensors, indices over the whole range. */
bool inputs_random(call *c, uint64_t seed);

#endif
