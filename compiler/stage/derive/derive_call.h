/* Private to stage/derive*.c: the derivatives of library routines. */
#ifndef ADC_STAGE_DERIVE_CALL_H
#define ADC_STAGE_DERIVE_CALL_H
#include "form/graph.h"

enum { MAX_OPERANDS = 4 };

/* The tangent of result k; tangents of the operands, of which one at least is not NULL (zero). */
node *call_tangent(graph *g, node *call, node *const *tangents, int k);
/* The adjoints of the operands from those of the results, of which one at least is not NULL (zero). */
void call_adjoints(graph *g, node *call, node *const *weights, node **adjoints);

#endif
