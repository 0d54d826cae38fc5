/* Random values of the command line: SplitMix64, one stream per seed and argument name, so that a value does not depend
 * on which others are drawn. normal(...) is Box and Muller's method. */
#include <math.h>
#include <string.h>

#include "base/map.h"
#include "driver/value.h"

uint64_t random_stream(uint64_t seed, const char *name)
{
    uint64_t state = hash_bytes(name, strlen(name), 0) ^ (seed * 0x9e3779b97f4a7c15u);
    return random_next(&state);
}

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double random_uniform(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

static double random_normal(uint64_t *state)
{
    static const double two_pi = 6.283185307179586477;
    double u = 1.0 - random_uniform(state), v = random_uniform(state);
    return sqrt(-2.0 * log(u)) * cos(two_pi * v);
}

void random_fill(tensor *t, distribution how, uint64_t seed, const char *name)
{
    uint64_t state = random_stream(seed, name);
    for (int64_t i = 0; i < t->count; i++)
        tensor_put(t, i, how == NORMAL ? random_normal(&state) : random_uniform(&state));
}
