/* Calling other programs. */
#ifndef ADC_DRIVER_PROCESS_H
#define ADC_DRIVER_PROCESS_H
#include "base/text.h"
#include "base/vec.h"
#include "driver/report.h"

/* Words of a command line, NULL-terminated by process_run. */
typedef VEC(const char *) words;

/* Adds the words of s, which blanks separate. */
void words_split(arena *mem, words *w, const char *s);
void words_add(arena *mem, words *to, const words *from);

/* Runs argv (found on PATH), its standard output and error appended to output. Returns its exit status, 128 + signal
 * when it was killed, -1 with errno set when it could not be started. With -v the command is shown. */
int process_run(arena *mem, const report *r, words *argv, text *output);

/* Where a program of that name is found on PATH (or the name itself when it has a slash); NULL: nowhere. */
const char *process_find(arena *mem, const char *name);

#endif
