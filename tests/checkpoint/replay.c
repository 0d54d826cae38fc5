/* Replays every schedule of replay.ad for 0..60 passes: each pass is reversed once, in order, from its own state; no
 * memory but the announced is touched; as many passes are run again as the schedule says, and the results have the same
 * bits as when everything is kept. sin and cos are linked to the counters here. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 60 };

double __real_sin(double x), __real_cos(double x), __wrap_sin(double x), __wrap_cos(double x);

static double reversed[4 * MOST];
static int passes, nreversed, failures;

double __wrap_sin(double x)
{
    passes++;
    return __real_sin(x);
}

double __wrap_cos(double x)
{
    if (nreversed < 4 * MOST)
        reversed[nreversed] = x;
    nreversed++;
    return __real_cos(x);
}

typedef ad_status function(double x, int64_t n, double *result, double *grad_x, void *workspace, size_t size);
typedef size_t query(int64_t n);

static int64_t binomial(int64_t n, int64_t k)
{
    int64_t b = 1;
    for (int64_t i = 1; i <= k; i++)
        b = b * (n - k + i) / i;
    return b;
}

/* Griewank and Walther: the least number of passes before those that are reversed, the first way included. */
static int64_t optimal(int64_t l, int64_t s)
{
    int64_t r = 0;
    while (binomial(s + r, s) < l)
        r++;
    return l ? r * l - binomial(s + r, s + 1) : 0;
}

static int64_t rounded(int64_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static void fail(const char *name, int64_t n, const char *what, int64_t found, int64_t expected)
{
    printf("%s, %d passes: %s %lld, expected %lld\n", name, (int)n, what, (long long)found, (long long)expected);
    failures++;
}

/* extra: passes before those that are reversed; slots: states that are kept, but for that of the last pass. */
static void replay(const char *name, function *f, query *q, int64_t n, int64_t extra, int64_t slots)
{
    const double x = 0.7;
    double states[MOST + 1] = {x}, value, slope, all_value, all_slope;
    for (int64_t t = 0; t < n; t++)
        states[t + 1] = __real_sin(states[t]) + x;
    if (replay_all_grad(x, n, &all_value, &all_slope, NULL, 0))
        fail(name, n, "status", 1, 0);
    size_t size = q(n);
    void *workspace = malloc(size ? size : 1);
    passes = nreversed = 0;
    ad_status status = f(x, n, &value, &slope, workspace, size);
    free(workspace);
    if (status)
        fail(name, n, "status", (int64_t)status, 0);
    if (memcmp(&value, &all_value, sizeof value) || memcmp(&slope, &all_slope, sizeof slope))
        fail(name, n, "other bits", 1, 0);
    if (nreversed != n)
        fail(name, n, "reversed", nreversed, n);
    for (int64_t i = 0; i < n && nreversed == n; i++)
        if (memcmp(&reversed[i], &states[n - 1 - i], sizeof *states))
            fail(name, n, "wrong state, reversed as number", i, i);
    if (n && passes != extra + 1)
        fail(name, n, "passes", passes, extra + 1);
    int64_t entries = slots < n ? slots : n;
    if (slots >= 0 && (int64_t)size != 2 * rounded(8 * entries) + 64)
        fail(name, n, "bytes of workspace", (int64_t)size, 2 * rounded(8 * entries) + 64);
}

#define FUNCTION(name) #name, replay_##name##_grad, replay_##name##_grad_workspace

/* From the start of its block on, a block at a time: a pass is run again but for the last of each block. */
static int64_t every(int64_t n, int64_t k)
{
    int64_t whole = n / k * (k - 1), rest = n % k ? n % k - 1 : 0;
    return n ? n - 1 + whole + rest : 0;
}

static size_t passes_bytes(int64_t n)
{
    (void)n;
    return replay_passes_grad_workspace();
}

int main(void)
{
    for (int64_t n = 0; n <= MOST; n++) {
        replay(FUNCTION(revolve_1), n, optimal(n, 1), 2);
        replay(FUNCTION(revolve_2), n, optimal(n, 2), 3);
        replay(FUNCTION(revolve_3), n, optimal(n, 3), 4);
        replay(FUNCTION(revolve_4), n, optimal(n, 4), 5);
        replay(FUNCTION(revolve_5), n, optimal(n, 5), 6);
        replay(FUNCTION(revolve_6), n, optimal(n, 6), 7);
        replay(FUNCTION(revolve_7), n, optimal(n, 7), 8);
        replay(FUNCTION(revolve_8), n, optimal(n, 8), 9);
        replay(FUNCTION(revolve_9), n, optimal(n, 9), 10);
        replay(FUNCTION(every_1), n, every(n, 1), n);
        replay(FUNCTION(every_7), n, every(n, 7), (n + 6) / 7 + 5);
        replay(FUNCTION(recompute), n, optimal(n, 1), 2);
        replay(FUNCTION(budget), n, optimal(n, 5), 6);
        replay("passes", replay_passes_grad, passes_bytes, n, n + optimal(n, 4) - 1, -1);
    }
    printf("%d failed\n", failures);
    return failures > 0;
}
