/* What the driver itself has to say: about the command line, values, files and tools. Errors in .ad programs have a
 * place and go through base/diag.h instead. */
#ifndef ADC_DRIVER_REPORT_H
#define ADC_DRIVER_REPORT_H
#include <stdbool.h>

typedef enum exit_code { EXIT_OK, EXIT_PROGRAM, EXIT_USAGE, EXIT_TOOL } exit_code;

typedef struct report {
    bool color;
    bool verbose; /* -v: report_note prints */
} report;

/* "adc: error: ..." on stderr. */
void report_error(const report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "adc: warning: ..." */
void report_warning(const report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "    hint: ..." under the error just reported. */
void report_hint(const report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "adc: ..." on stderr, with -v only. */
void report_note(const report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The model exports no function of that name, but the n in names. */
void report_no_function(const report *r, const char *name, const char *const *names, int n);

#endif
