/* Text to tree: the main file and everything it imports. */
#ifndef ADC_STAGE_PARSE_H
#define ADC_STAGE_PARSE_H
#include "form/tree.h"

typedef struct parse_options {
    int ninclude_dirs;
    const char *const *include_dirs;             /* searched first for import NAME; */
    const char *(*embedded)(const char *module); /* then this: the text of a module that adc carries, or NULL */
} parse_options;

/* Fills p (what it held is lost; memory from d->mem): the main module first, then the imported ones, each once.
 * True when there were no errors; files that cannot be read are reported like any other error. */
bool parse_program(program *p, const char *path, const parse_options *options, diag *d);

/* The tokens of one file as text, one per line, for --emit=tokens. False when it cannot be read. */
bool parse_tokens(text *out, const char *path, diag *d);

#endif
