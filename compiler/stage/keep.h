/* What going back through a loop needs: stored, or brought back.
 *
 * Reads and writes a fused graph, which need not be simple afterwards. Tapes are stacks of states that the loop back
 * reads pass by pass. Where the loop's choice of checkpoint is other than `all`, such a row becomes an expression in
 * OP_AT, the states at the start of that pass, which the schedule brings back from the few that are kept. Afterwards
 * tapes are left under `all` alone, those whose rows become that under another choice; others are plain stacks. */
#ifndef ADC_STAGE_KEEP_H
#define ADC_STAGE_KEEP_H
#include "form/graph_fn.h"

void keep(graph *g, graph_fn *f);

#endif
