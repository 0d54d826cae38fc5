/* The version of adc: printed by --version, written into headers, part of the cache key. */
#ifndef ADC_DRIVER_VERSION_H
#define ADC_DRIVER_VERSION_H

#ifndef ADC_VERSION
#define ADC_VERSION "0.1.0"
#endif

#endif
