/* Which versions of a function to make besides that for all sizes: points are mostly in the plane or in space, and a
 * number of coordinates that is known leaves no loop over them. */
#ifndef ADC_STAGE_SPECIALIZE_H
#define ADC_STAGE_SPECIALIZE_H
#include "base/arena.h"
#include "form/interface.h"

typedef VEC(fixed_sizes) version_list;

/* Sizes that are lengths of rows only: of a real input's last axis, never of a first. */
version_list specialize(arena *mem, const interface_fn *f);

#endif
