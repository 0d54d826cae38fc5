/* Diagnostics: source texts, positions as two offsets, errors as language.md and cli.md show them.
 *
 *   model.ad:7:31: error: sizes differ: 'q' has N rows, 'r' has M
 *       let v[i] = sum[j](sqdist(q[i], r[i]) * p[j]);
 *                                      ^~~~
 *       hint: use another index for 'r', or declare it real[N, 3]
 *
 * Line, column and underline are computed when printing. At most 20 errors are printed; a position gets one error. */
#ifndef ADC_BASE_DIAG_H
#define ADC_BASE_DIAG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

typedef struct source {
    const char *path; /* as the user wrote it: printed */
    const char *data; /* NUL-terminated after n bytes; may contain any bytes before */
    size_t n;
    int nlines;
    const int *lines; /* offsets at which lines start; see source_index */
} source;

typedef struct loc {
    const source *src; /* NULL: no place */
    int begin, end;    /* byte offsets, end exclusive */
} loc;

typedef struct diag {
    arena *mem;
    FILE *out; /* stderr */
    bool color;
    int errors; /* counted, also those past the 20th, which are not printed */
    bool muted; /* the last error was not printed: its hints are not either */
    struct diag_seen *seen;
} diag;

void diag_init(diag *d, arena *mem, FILE *out, bool color);
/* Returns true when the error was printed (then a hint may follow). fmt has no final newline. */
bool diag_error(diag *d, loc at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Indented under the error just printed; ignored when that one was not. */
void diag_hint(diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Fills in the lines of a source. */
void source_index(source *s, arena *mem);
/* 1-based line and column (columns count bytes) of an offset. */
void source_position(const source *s, int offset, int *line, int *column);
/* The candidate nearest to name (edit distance at most a third of its length, at least 1), or NULL. */
const char *diag_nearest(const char *name, const char *const *candidates, int n);

#endif
