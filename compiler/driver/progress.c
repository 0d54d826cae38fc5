/* Redraws one line of standard error, at most ten times a second. */
#include "driver/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 30 };

static const double patience = 1.0, interval = 0.1;

double progress_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_begin(progress *p)
{
    *p = (progress){.began = progress_clock()};
}

void progress_show(progress *p, double fraction, const char *what)
{
    double now = progress_clock();
    if (now - p->began < patience || now - p->drawn < interval || !isatty(STDERR_FILENO))
        return;
    p->drawn = now;
    int full = (int)(fraction * WIDTH + 0.5);
    fputs("\r[", stderr);
    for (int i = 0; i < WIDTH; i++)
        fputc(i < full ? '#' : '.', stderr);
    fprintf(stderr, "] %3.0f %%  %s\033[K", 100.0 * fraction, what);
    fflush(stderr);
}

void progress_end(progress *p)
{
    if (p->drawn > 0.0)
        fputs("\r\033[K", stderr);
    *p = (progress){0};
}
