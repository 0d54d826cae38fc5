/* A bar on the terminal for what takes long. Nothing is shown when standard error is no terminal, nor in the first
 * second. */
#ifndef ADC_DRIVER_PROGRESS_H
#define ADC_DRIVER_PROGRESS_H

/* Seconds on a clock that only goes forward. */
double progress_clock(void);

typedef struct progress {
    double began, drawn; /* on the clock; drawn 0: never */
} progress;

void progress_begin(progress *p);
/* fraction of the work that is done, in [0, 1]; what is being done. */
void progress_show(progress *p, double fraction, const char *what);
/* Takes the bar off the terminal. */
void progress_end(progress *p);

#endif
