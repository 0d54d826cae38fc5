/* String builder. */
#include "base/text.h"

#include <stdarg.h>
#include <string.h>

void text_init(text *t, arena *mem)
{
    *t = (text){.mem = mem};
}

void text_addn(text *t, const char *s, size_t n)
{
    if (t->cap - t->n < n + 1) {
        size_t cap = 2 * (t->cap + n) + 64;
        t->data = arena_grow(t->mem, t->data, t->n, cap, 1);
        t->cap = cap;
    }
    memcpy(t->data + t->n, s, n);
    t->n += n;
    t->data[t->n] = 0;
}

void text_add(text *t, const char *s)
{
    text_addn(t, s, strlen(s));
}

void text_addf(text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *s = arena_vprintf(t->mem, fmt, ap);
    va_end(ap);
    text_add(t, s);
}

const char *text_str(const text *t)
{
    return t->data ? t->data : "";
}
