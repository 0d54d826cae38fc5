/* Values in lanes as C: vectors of AD_LANES numbers (back/prelude/prelude_lanes.c). */
#ifndef ADC_BACK_PRINT_LANE_H
#define ADC_BACK_PRINT_LANE_H
#include "back/print_expr.h"

/* "ad_f64s", "double": the type of a value. */
const char *print_type(c_printer *p, elem e, bool lanes);
/* As print_expr, of a value with lanes; print_all puts one that is the same for all into each lane. */
void print_lane(text *t, c_printer *p, const lexpr *e, int prec);
void print_all(text *t, c_printer *p, const lexpr *e, int prec);
int lane_prec(const c_printer *p, const lexpr *e);
/* "ad_store_f64s(x + i, value, i_count);" and the like: the entries of a buffer that has one for all lanes, or the
 * private entry of each lane under subscripts that differ. */
void print_lane_store(text *t, c_printer *p, const lstmt *s);

#endif
