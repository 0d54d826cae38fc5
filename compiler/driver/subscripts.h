/* Which subscript is out of range, told after a call that was refused for it. */
#ifndef ADC_DRIVER_SUBSCRIPTS_H
#define ADC_DRIVER_SUBSCRIPTS_H
#include "driver/call.h"

/* Compiles and calls the function that answers this (lower_options.asks). *rule: the rule that the call broke, and then
 * the one for the subscript that is found. ": it is 7, and the axis has 5 entries", or "". */
const char *subscripts_find(const call *c, const ad_rule **rule);

#endif
