/* Private to form/graph*.c: raw construction. */
#ifndef ADC_FORM_GRAPH_MAKE_H
#define ADC_FORM_GRAPH_MAKE_H
#include "form/graph.h"

/* The interned node equal to proto (its arrays are copied when it is new). */
node *graph_intern(graph *g, const node *proto);
/* The canonical variable of this type at a height and place. */
var *graph_canonical(graph *g, const var *like, int level, int index);

/* Values of one element type, as the pointwise op o takes them. */
bool graph_args_agree(op o, int n, node *const *args);

#endif
