/* Readability: a temporary that is read once, further down in the same list of statements, is printed in its place. */
#ifndef ADC_STAGE_COLLAPSE_H
#define ADC_STAGE_COLLAPSE_H
#include "form/loops.h"

void collapse(nest_fn *f, arena *mem);

#endif
