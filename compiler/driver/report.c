/* Prints the driver's own errors, hints and notes on stderr, coloured as --color says.
 *
 * They look like diagnostics without a place: "adc: error: ..." and, indented, "hint: ...". */
#include "driver/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/text.h"

static void paint(const report *r, const char *code, const char *word)
{
    if (r->color)
        fprintf(stderr, "\033[%sm%s\033[0m ", code, word);
    else
        fprintf(stderr, "%s ", word);
}

void report_error(const report *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("adc: ", stderr);
    paint(r, "1;31", "error:");
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void report_warning(const report *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("adc: ", stderr);
    paint(r, "1;35", "warning:");
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void report_hint(const report *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("    ", stderr);
    paint(r, "36", "hint:");
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void report_note(const report *r, const char *fmt, ...)
{
    if (!r->verbose)
        return;
    va_list ap;
    va_start(ap, fmt);
    fputs("adc: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void report_no_function(const report *r, const char *name, const char *const *names, int n)
{
    enum { MOST = 8 };
    report_error(r, "the model exports no function '%s'", name);
    const char *nearest = diag_nearest(name, names, n);
    if (nearest) {
        report_hint(r, "did you mean '%s'?", nearest);
        return;
    }
    arena *mem = arena_new();
    text t;
    text_init(&t, mem);
    for (int i = 0; i < n && i < MOST; i++)
        text_addf(&t, "%s%s", i ? ", " : "it exports ", names[i]);
    text_add(&t, n > MOST ? ", ...; " : n ? "; " : "");
    report_hint(r, "%swrite 'export' before a function to make it known", text_str(&t));
    arena_free(mem);
}
