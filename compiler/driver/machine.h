/* How fast this machine runs generated code: rates of operations, measured once and kept in the cache folder. */
#ifndef ADC_DRIVER_MACHINE_H
#define ADC_DRIVER_MACHINE_H
#include "driver/figures.h"
#include "driver/options.h"

typedef struct machine {
    int threads;
    double seconds[COST_SORTS]; /* for one operation, all threads at work */
    double byte_seconds;        /* for a byte read from or written to memory */
} machine;

/* Measures with the options' compiler and real, or takes what was measured before. What went wrong is reported. */
exit_code machine_measure(const options *o, machine *m);

/* Seconds that a kernel's runs take together; NAN when a size is unknown. */
double machine_predict(const machine *m, const figure_sizes *sizes, const kernel_cost *k);

/* Threads that OpenMP will start: OMP_NUM_THREADS, else one per processor. */
int machine_threads(void);

#endif
