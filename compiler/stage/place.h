/* Workspace by lifetime: which buffers share memory, and the formula of what a function needs. */
#ifndef ADC_STAGE_PLACE_H
#define ADC_STAGE_PLACE_H
#include "form/loops.h"

enum {
    SLOT_ALIGNMENT = 64 /* bytes; what a slot takes is a multiple of it */
};

/* Gives every workspace, scratch and readable result buffer a slot, and fills nslots, slot_bytes, slot_scratch,
 * face->workspace_formula and face->workspace_args. Needs first_use and last_use of the buffers; keeps everything else.
 */
void place(nest_fn *f, arena *mem);

#endif
