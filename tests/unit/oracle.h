/* The oracle: what a graph means, in long double, slow and obviously right.
 *
 * Evaluates every op, also NAME, VJP and JVP: derivatives are taken by nested forward duals, one seed per entry, which
 * shares nothing with stage/derive. Floats of either width are long double; reads out of range give NaN (int: 0). */
#ifndef ADC_TESTS_ORACLE_H
#define ADC_TESTS_ORACLE_H
#include "form/graph.h"

typedef struct oracle_input {
    const long double *real; /* entries of a float input, row-major */
    const int64_t *ints;     /* of an int or bool one; the other may be NULL */
} oracle_input;

typedef struct oracle {
    graph *g;
    int nsizes;
    const char *const *size_names; /* also int inputs that extents mention */
    const int64_t *sizes;
    int ninputs;
    const oracle_input *inputs;
} oracle;

/* Number of entries of root. */
int64_t oracle_count(const oracle *o, const node *root);
/* Evaluates a closed node; out has oracle_count entries. */
void oracle_eval(const oracle *o, node *root, long double *out);

#endif
