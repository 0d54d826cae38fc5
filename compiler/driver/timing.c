/* Calls functions again and again and keeps how long each call took.
 *
 * A sample is one call, or as many as are long enough to be timed. The samples of the functions alternate, so that what
 * disturbs the machine disturbs all of them, and ratios of their medians hold. */
#include "driver/timing.h"

#include <math.h>
#include <stdlib.h>

#include "driver/progress.h"

enum { MIN_SAMPLES = 3, MAX_SAMPLES = 10000, MAX_BATCH = 1000000 };

static const double shortest_sample = 2e-4, warm_up = 0.05;

static ad_status run(const timing *t, int64_t n)
{
    const call *c = &t->c;
    ad_status status = AD_OK;
    for (int64_t i = 0; i < n && status == AD_OK; i++)
        status = c->f->call(c->sizes, c->in_data, c->out_data, t->workspace, t->workspace_size);
    return status;
}

/* Calls the function so many times; seconds per call, or NAN when it failed (reported). */
static double time_calls(const timing *t, int64_t n)
{
    double start = progress_clock();
    ad_status status = t->device ? device_run(t->device, n) : run(t, n);
    if (status == AD_OK)
        return (progress_clock() - start) / (double)n;
    call_status(&t->c, status);
    return NAN;
}

/* Calls until caches, threads and clock frequency have settled; then chooses how many samples of how many calls. */
static bool warm(timing *t, int repeat)
{
    double start = progress_clock(), each = INFINITY;
    do {
        double once = time_calls(t, 1);
        if (isnan(once))
            return false;
        each = fmin(each, once);
    } while (progress_clock() - start < fmin(warm_up, t->budget));
    t->batch = each >= shortest_sample ? 1 : (int64_t)fmin(ceil(shortest_sample / fmax(each, 1e-9)), MAX_BATCH);
    t->wanted = repeat;
    return true;
}

static bool is_done(const timing *t)
{
    if (t->wanted)
        return t->samples.n >= t->wanted;
    bool slow = t->samples.n > 0 && t->spent > t->budget * MIN_SAMPLES;
    return slow || t->samples.n >= MAX_SAMPLES || (t->samples.n >= MIN_SAMPLES && t->spent >= t->budget);
}

static double fraction_done(const timing_list *all)
{
    double sum = 0.0;
    for (int i = 0; i < all->n; i++) {
        const timing *t = &all->data[i];
        double samples = t->samples.n / (double)(t->wanted ? t->wanted : MIN_SAMPLES);
        sum += fmin(1.0, t->wanted ? samples : fmin(samples, t->spent / t->budget));
    }
    return sum / all->n;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool sample_all(arena *mem, timing_list *all)
{
    progress p;
    progress_begin(&p);
    bool ok = true, more = true;
    while (ok && more) {
        more = false;
        for (int i = 0; i < all->n && ok; i++) {
            timing *t = &all->data[i];
            if (is_done(t))
                continue;
            progress_show(&p, fraction_done(all), t->c.f->name);
            double each = time_calls(t, t->batch);
            ok = !isnan(each);
            vec_push(mem, &t->samples, each);
            t->spent += each * (double)t->batch;
            more = true;
        }
    }
    progress_end(&p);
    for (int i = 0; i < all->n; i++)
        qsort(all->data[i].samples.data, (size_t)all->data[i].samples.n, sizeof(double), compare);
    return ok;
}

bool timing_measure(arena *mem, timing_list *all, double seconds, int repeat)
{
    for (int i = 0; i < all->n; i++) {
        all->data[i].budget = all->data[i].spent + seconds;
        if (!warm(&all->data[i], repeat))
            return false;
    }
    return sample_all(mem, all);
}

/* Of sorted samples: the value below which a fraction of them lies. */
static double quantile(const timing *t, double fraction)
{
    double at = fraction * (t->samples.n - 1);
    int below = (int)at, above = below + 1 < t->samples.n ? below + 1 : below;
    return t->samples.data[below] + (at - below) * (t->samples.data[above] - t->samples.data[below]);
}

double timing_median(const timing *t)
{
    return quantile(t, 0.5);
}

double timing_spread(const timing *t)
{
    return (quantile(t, 0.75) - quantile(t, 0.25)) / timing_median(t);
}
