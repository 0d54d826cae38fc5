/* Removes vjp and jvp nodes, innermost first and a round at a time (so that the driver simplifies between rounds), then
 * the names and hand-written derivatives: leaves plain graph.
 *
 * Reverse mode accumulates adjoints per node, not per path, so a derivative is a small multiple of the program. */
#ifndef ADC_STAGE_DERIVE_H
#define ADC_STAGE_DERIVE_H
#include "form/graph_fn.h"

typedef struct derive_error {
    const char *message; /* NULL: none */
    loc at;
} derive_error;

/* Each rewrites the outs and checks of f in place. True: derivatives of derivatives are left for another round. */
bool derive(graph *g, graph_fn *f, derive_error *error);
void derive_finish(graph *g, graph_fn *f);

#endif
