/* An exported function as graph: what stage/lower makes and the later stages rewrite. */
#ifndef ADC_FORM_GRAPH_FN_H
#define ADC_FORM_GRAPH_FN_H
#include "form/affine.h"
#include "form/graph.h"

/* A bool of rank 0 without free variables that must hold, else AD_INDEX about the argument. */
typedef struct index_check {
    node *ok; /* where subscripts are asked for: an int, a subscript that is out of range, or INT64_MAX */
    int arg, rule;
    const extent *size; /* of the axis that is subscripted; NULL: this is a check for several */
} index_check;

/* Squared distances of points that exponents or scores are linear in. */
typedef struct distance_form {
    loc at;
    bool expanded;       /* |x|^2 + |y|^2 - 2 x.y */
    const extent *error; /* then: at most, in units of u R^2 (docs/accuracy.md) */
    elem elem;
} distance_form;

typedef struct graph_fn {
    interface_fn *face;
    int nouts; /* results and gradients in the order of face->args */
    node **outs;
    VEC(index_check) checks;
    VEC(size_check) size_checks; /* tested on entry: facts for the provers */
    affine_facts facts;
    VEC(distance_form) distances;    /* found by fuse_strength */
    fixed_sizes fixed;               /* this is the version for these sizes alone; n == 0: for all */
    VEC(struct graph_fn *) versions; /* of the same function and interface */
} graph_fn;

typedef struct graph_module {
    graph *g;
    interface *face;
    VEC(graph_fn *) fns;
} graph_module;

#endif
