/* The helper functions that generated C may call: a table of their texts, of which only those in use are printed.
 *
 * A helper's name is that of its row with the element type behind it ("ad_max" for f32: "ad_max_f32"), or the row's
 * name alone when it has none ("ad_take", "AD_PARALLEL"). */
#ifndef ADC_BACK_PRELUDE_H
#define ADC_BACK_PRELUDE_H
#include "base/text.h"
#include "form/interface.h"

typedef struct prelude {
    arena *mem;
    bool *used; /* [row][element type] */
    target_kind target;
} prelude;

void prelude_init(prelude *p, arena *mem);
/* Marks the helper as used and returns its name in C. The helper must exist: an unknown name is an assertion. */
const char *prelude_use(prelude *p, const char *name);
const char *prelude_use_for(prelude *p, const char *name, elem e);
/* Likewise that for vectors of AD_LANES values: "ad_max" for f32 is "ad_max_f32s". Every op of form/ops.def has one
 * under "ad_" and the op's text, for f32 and f64, and for int where the op has an int result. */
const char *prelude_use_lanes(prelude *p, const char *name, elem e);
/* Everything in use, with what it needs, each before its first use. */
void prelude_print(text *t, const prelude *p);
/* Marks all helpers, for tests. */
void prelude_use_all(prelude *p);

#endif
