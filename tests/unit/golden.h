/* Passes over the graph, held against cases written as text.
 *
 * A case is "## what it shows", the graph before, "--", the graph after. */
#ifndef ADC_TESTS_GOLDEN_H
#define ADC_TESTS_GOLDEN_H
#include "form/graph.h"

typedef void golden_pass(graph *g, int n, node **roots);

/* Runs the pass on the cases of a file. The graphs before and after must have equal values by the oracle, the text
 * after must be that of the file, and a second run must change nothing. Failures are printed, and counted in the
 * result; seen gets what the cases show, in names of the table. UPDATE_GOLDEN=1 rewrites the file. */
int golden_run(const char *path, golden_pass *pass, map *seen, names *table);

#endif
