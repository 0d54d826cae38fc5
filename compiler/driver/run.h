/* Running a function of a model that is loaded already. */
#ifndef ADC_DRIVER_RUN_H
#define ADC_DRIVER_RUN_H
#include "driver/cache.h"

/* The second operand of o names the function, those after it are name=value. Results are printed or written as o says;
 * what went wrong is reported. */
exit_code run_loaded(const options *o, const loaded *made);

#endif
