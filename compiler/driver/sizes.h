/* The sizes of a call, read off the shapes of its arguments. */
#ifndef ADC_DRIVER_SIZES_H
#define ADC_DRIVER_SIZES_H
#include "driver/value.h"

typedef struct known_size {
    bool known;
    int64_t value;
    const char *from; /* for messages: "argument 'q'" */
} known_size;

/* Solves extent = length for all axes of the inputs that are there (in[k].data not NULL), given the sizes that are
 * known already; sizes that no input shows stay unknown. False after having reported a contradiction. */
bool sizes_solve(arena *mem, const report *r, const ad_function *f, const tensor *in, known_size *sizes);

/* Reports the first size that is not known; true when there is none. */
bool sizes_complete(const report *r, const ad_function *f, const known_size *sizes);

#endif
