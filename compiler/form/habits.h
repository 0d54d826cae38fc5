/* What people write who come from Python, C or Julia, and what it is called here: for hints only. */
#ifndef ADC_FORM_HABITS_H
#define ADC_FORM_HABITS_H
#include <stdbool.h>

/* What adc has instead of a function, member or name of another language; NULL: not known. */
const char *habit_of_name(const char *name);
/* A library of another language: np, math, torch. */
bool habit_is_library(const char *name);
/* What to write where a token was found that does not fit behind the one before it. expects tells whether a token could
 * stand here. NULL: not known. */
typedef bool habit_expects(const void *data, const char *token);
const char *habit_of_syntax(const char *before, const char *found, habit_expects *expects, const void *data);

#endif
