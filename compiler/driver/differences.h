/* Derivatives by finite differences: Richardson extrapolation of central differences (Ridders' method). */
#ifndef ADC_DRIVER_DIFFERENCES_H
#define ADC_DRIVER_DIFFERENCES_H
#include <stdbool.h>

/* f at t; false when it cannot be had (then the whole estimate fails). */
typedef bool difference_function(void *data, double t, double *value);

typedef struct difference {
    double value, error; /* d f / d t at t = 0, and the estimated error of it */
    double noise;        /* what rounding of f alone makes of it */
} difference;

/* Steps start at first and are halved; the estimate with the smallest error counts. unit: of rounding in f. Points
 * where f is not finite are left out; where there is no other, value is NAN. False when f could not be had. */
bool difference_estimate(difference_function *f, void *data, double first, double unit, difference *out);

#endif
