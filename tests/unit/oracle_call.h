/* What the routines of form/routine.h compute, written plainly, on the oracle's numbers. */
#ifndef ADC_TESTS_ORACLE_CALL_H
#define ADC_TESTS_ORACLE_CALL_H
#include "unit/oracle_num.h"

/* sizes: in the order in which the routine is called with them. in, out: the entries of operands and results. */
void oracle_call(arena *mem, routine_id id, int d, const int64_t *sizes, num *const *in, num **out);

#endif
