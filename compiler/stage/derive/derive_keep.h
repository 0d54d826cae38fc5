/* Private to derive_loop.c: values that the way forward through a loop leaves for the way back. */
#ifndef ADC_STAGE_DERIVE_KEEP_H
#define ADC_STAGE_DERIVE_KEEP_H
#include "form/graph.h"

typedef struct kept_rows {
    node *loop;
    const extent *passes;
    int nvars, nstates;
    var **vars; /* t, states: what the way forward knows */
    int nbars;
    var **bars; /* what only the way back knows */
    node *pass; /* forwards, in terms of the pass backwards */
} kept_rows;

/* n with rows in place of the values that are kept. */
node *keep_values(graph *g, const kept_rows *rows, node *n);

#endif
