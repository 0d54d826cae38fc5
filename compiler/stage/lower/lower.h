/* Typed tree to graph: every exported function, and every export grad, becomes a graph_fn with its interface.
 *
 * Functions are inlined, sizes become polynomials in the exported function's sizes, derivative forms become vjp and jvp
 * nodes. Needs a checked tree without errors; never fails. */
#ifndef ADC_STAGE_LOWER_H
#define ADC_STAGE_LOWER_H
#include "form/graph_fn.h"
#include "form/tree.h"

typedef struct lower_options {
    elem real;
    int ndefines;
    const char *const *define_names; /* -D NAME=INT */
    const int64_t *define_values;
    checkpoint checkpoint; /* of loops that say nothing */
    bool asks;          /* the functions' results are, for each rule, a subscript that is out of range (INT64_MAX: none
                           is) and the extent of its axis; nothing is checked */
    const char *chosen; /* only this export; NULL: all. Where there is none of this name: all */
    bool family;        /* and the function that it is a gradient of, and the gradients of that */
} lower_options;

/* Lowers export number `index` (of m->fns) again, with the sizes that the options fix: a version of it, with an
 * interface of its own that is equal. */
graph_fn *lower_version(graph_module *m, program *p, const lower_options *o, int index);
/* Fills m->fns and the functions of m->face; m->g is given. */
void lower(graph_module *m, program *p, const lower_options *o);

#endif
