/* Private to stage/fuse/fuse_strength.c and fuse_expand.c. */
#ifndef ADC_STAGE_FUSE_STRENGTH_H
#define ADC_STAGE_FUSE_STRENGTH_H
#include "stage/fuse/fuse.h"

#define LOG2_E 1.4426950408889634

typedef struct strengthening {
    graph *g;
    graph_fn *f;
    map done;
    map places;  /* variable -> its place */
    map uses;    /* node -> how many read it */
    map centers; /* array of points -> tensor of their mean */
    int depth;
    loc reduction; /* the innermost one around */
    bool on_gpu;   /* where what lacks the row is computed once for many rows, as what lacks the column is */
    bool is_fast;
    bool has_distances_alone; /* differences of points are read by no others */
} strengthening;

/* a * b; factors 1 and -1 are none. */
node *strength_product(strengthening *s, node *a, node *b);
/* The place of a variable, from 1; 0: a constant. */
int strength_depth(const strengthening *s, const node *n);
/* A difference of entries of arrays. */
bool strength_is_difference(const node *n);

/* fuse_expand.c: the exponential as power of two of an argument with |x|^2 + |y|^2 - 2 x.y; NULL: it has no distance
 * for that. */
node *expand_exponential(strengthening *s, node *exponential);
/* Of a reduction over the column to which it is the same whether all scores are shifted, or its result is: the scores
 * without the shift, which is NULL where there is none; NULL: there is no such distance. */
node *expand_scores(strengthening *s, const node *reduction, var *column, node *scores, node **shift);

#endif
