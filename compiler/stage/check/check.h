/* Tree to typed tree: names, types, shapes. */
#ifndef ADC_STAGE_CHECK_H
#define ADC_STAGE_CHECK_H
#include "form/tree.h"

/* Fills in the fields of p's tree that are marked (check); reports errors to d. True when there were none; otherwise
 * the typed fields may be incomplete. Every function of every module is checked once, in its own symbolic sizes. */
bool check_program(program *p, diag *d);

#endif
