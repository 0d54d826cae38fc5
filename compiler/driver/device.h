/* A call whose arrays are in the memory of the GPU that the module computes on. */
#ifndef ADC_DRIVER_DEVICE_H
#define ADC_DRIVER_DEVICE_H
#include "driver/call.h"

typedef struct device_call {
    const call *c;
    const ad_device *device;
    const void **in; /* [inputs]: scalars are the caller's */
    void **out;      /* [results] */
    void *workspace;
    size_t workspace_size;
} device_call;

/* Allocates on the device, copies the inputs of c there. False after having reported what failed. */
bool device_open(device_call *d, const call *c, size_t workspace_size);
/* Enqueues n calls and waits for them. */
ad_status device_run(const device_call *d, int64_t n);
/* Copies the results back into those of the call. */
void device_read(const device_call *d);
/* Frees the device's memory, also after device_open failed. */
void device_close(device_call *d);

#endif
