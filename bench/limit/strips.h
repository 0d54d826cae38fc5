/* Sums over all pairs of points, each pair evaluated once, where the two contributions follow from one evaluation.
 *
 * Included by a file that has defined INPUTS, the number of reals per point, GROUP, the number of row vectors at a
 * time, and static inline void pair(const lanes *row, const real *column, lanes own[6], lanes other[6]) which gives
 * what the columns' point adds to the rows' six sums and the rows' points to the column's.
 *
 * A strip of STRIP columns j meets all row vectors i before it. Rows add to the thread's private copy of the sums;
 * columns add to one vector per quantity, whose lanes are summed once at the strip's end. The square on the diagonal is
 * done in full. */
#ifndef BENCH_STRIPS_H
#define BENCH_STRIPS_H

#include "limit.h"
#include <omp.h>

enum { STRIP = 64, STEP = GROUP * WIDTH };

/* rows: INPUTS padded arrays; columns: the same, INPUTS reals for each j; sums: 6 padded arrays. */
typedef struct strip_data {
    const real *rows, *columns;
    int64_t padded;
    real *sums;
} strip_data;

static inline void load_rows(const strip_data *d, int64_t i, lanes row[GROUP][INPUTS])
{
    for (int g = 0; g < GROUP; g++)
        for (int k = 0; k < INPUTS; k++)
            row[g][k] = *(const lanes *)&d->rows[k * d->padded + i + g * WIDTH];
}

static inline void add_rows(const strip_data *d, int64_t i, lanes sum[GROUP][6])
{
    for (int g = 0; g < GROUP; g++)
        for (int e = 0; e < 6; e++)
            *(lanes *)&d->sums[e * d->padded + i + g * WIDTH] += sum[g][e];
}

/* Rows [i, i+STEP) against the strip, both ways; other[6*(j-from)...] collects the columns' side. */
static void both_sides(const strip_data *d, int64_t i, int64_t from, lanes *others)
{
    lanes row[GROUP][INPUTS], sum[GROUP][6] = {0};
    load_rows(d, i, row);
    for (int64_t j = 0; j < STRIP; j++) {
        lanes back[6], own[6], other[6];
        for (int g = 0; g < GROUP; g++) {
            pair(row[g], &d->columns[INPUTS * (from + j)], own, other);
            for (int e = 0; e < 6; e++) {
                sum[g][e] += own[e];
                back[e] = (g ? back[e] : others[6 * j + e]) + other[e];
            }
        }
        for (int e = 0; e < 6; e++)
            others[6 * j + e] = back[e];
    }
    add_rows(d, i, sum);
}

/* Rows [i, i+STEP) against the strip, the rows' side only. */
static void one_side(const strip_data *d, int64_t i, int64_t from)
{
    lanes row[GROUP][INPUTS], sum[GROUP][6] = {0}, own[6], other[6];
    load_rows(d, i, row);
    for (int64_t j = from; j < from + STRIP; j++)
        for (int g = 0; g < GROUP; g++) {
            pair(row[g], &d->columns[INPUTS * j], own, other);
            for (int e = 0; e < 6; e++)
                sum[g][e] += own[e];
        }
    add_rows(d, i, sum);
}

static void strip(const strip_data *d, int64_t from)
{
    lanes others[STRIP * 6];
    memset(others, 0, sizeof others);
    for (int64_t i = 0; i < from; i += STEP)
        both_sides(d, i, from, others);
    for (int64_t i = from; i < from + STRIP; i += STEP)
        one_side(d, i, from);
    for (int64_t j = 0; j < STRIP; j++)
        for (int e = 0; e < 6; e++)
            d->sums[e * d->padded + from + j] += sum_lanes(others[6 * j + e]);
}

/* The six sums of all points to the first six arrays of sums, which has room for six per thread; columns is scratch. */
static void sum_pairs(const real *rows, int64_t padded, int threads, real *columns, real *sums)
{
    for (int64_t j = 0; j < padded; j++)
        for (int k = 0; k < INPUTS; k++)
            columns[INPUTS * j + k] = rows[k * padded + j];
#pragma omp parallel num_threads(threads)
    {
        strip_data d = {rows, columns, padded, sums + 6 * padded * omp_get_thread_num()};
        memset(d.sums, 0, sizeof(real) * (size_t)(6 * padded));
#pragma omp for schedule(dynamic)
        for (int64_t k = padded / STRIP - 1; k >= 0; k--)
            strip(&d, k * STRIP);
    }
    for (int t = 1; t < threads; t++)
        for (int64_t i = 0; i < 6 * padded; i++)
            sums[i] += sums[6 * padded * t + i];
}

#endif
