/* Graphs written as text, for tests: read, printed, and evaluated on made-up inputs. */
#ifndef ADC_TESTS_GRAPH_SAMPLE_H
#define ADC_TESTS_GRAPH_SAMPLE_H
#include "form/graph_text.h"

/* A graph read from text, in an arena of its own. */
typedef struct sample {
    arena *mem;
    graph *g;
    int n;
    node **roots;
    const char **titles;
} sample;

/* NULL, or what is wrong: the reader's or the verifier's message. Free with arena_free(s->mem) in any case. */
const char *sample_read(sample *s, const char *s_text);
const char *sample_print(const sample *s);

/* Values of a root where N = 4, M = 3, D = 2, T = 3, E = 6 and the inputs are fixed arbitrary numbers. */
int64_t sample_eval(const sample *s, node *root, long double **out);
/* Values of all roots of both agree to the relative tolerance; NaN agrees with NaN. */
bool sample_agree(const sample *a, const sample *b, long double tolerance);

/* The whole file, or NULL. */
const char *sample_file(arena *mem, const char *path);

#endif
