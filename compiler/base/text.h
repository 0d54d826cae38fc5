/* String builder in an arena. Outputs are built here and written to files only when everything succeeded. */
#ifndef ADC_BASE_TEXT_H
#define ADC_BASE_TEXT_H
#include <stddef.h>

#include "base/arena.h"

typedef struct text {
    arena *mem;
    char *data; /* NUL-terminated once something was added; use text_str */
    size_t n, cap;
} text;

void text_init(text *t, arena *mem);
void text_add(text *t, const char *s);
void text_addn(text *t, const char *s, size_t n);
void text_addf(text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *text_str(const text *t); /* "" when empty */

#endif
