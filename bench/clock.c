/* Prints the core's real frequency in GHz: a chain of a thousand million additions, one per cycle. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>

int main(void)
{
    struct timespec a, b;
    long x = 1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (long i = 0; i < 1000000000; i++) {
        x += 1;
        __asm__ volatile("" : "+r"(x));
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    printf("%.2f\n", 1e9 / ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)));
    return 0;
}
