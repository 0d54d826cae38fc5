/* Copies of functions in which shape names are spelled out: real[m, S...] with S of rank 2 is real[m, S[0], S[1]]. */
#ifndef ADC_FORM_TREE_COPY_H
#define ADC_FORM_TREE_COPY_H
#include "form/tree.h"

typedef struct shape_rank {
    const char *name; /* S of S... */
    int rank;
} shape_rank;

typedef VEC(shape_rank) shape_ranks;

bool type_has_shape(const type_syntax *s);
/* The shape names in the types of f's parameters, each once, of rank 1. */
shape_ranks tree_shapes(arena *mem, const function *f);
/* As written, nothing of it checked. Shape names that are not among the ranks stay. */
function *tree_copy_function(arena *mem, names *n, const function *f, const shape_ranks *ranks);

#endif
