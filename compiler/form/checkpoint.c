/* Choices as words, and what the binomial schedule costs. */
#include "form/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    checkpoint_kind kind;
    bool counted, unit;
} choices[] = {
    {"all", KEEP_ALL, false, false},
    {"every", KEEP_EVERY, true, false},
    {"revolve", KEEP_REVOLVE, true, false},
    {"budget", KEEP_BUDGET, true, true},
    {"recompute", KEEP_RECOMPUTE, false, false},
};

static const struct {
    const char *name;
    int64_t bytes;
} units[] = {{"B", 1},     {"KiB", 1 << 10}, {"MiB", 1 << 20},  {"GiB", 1 << 30},
             {"kB", 1000}, {"MB", 1000000},  {"GB", 1000000000}};

const char *checkpoint_text(arena *mem, checkpoint c)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].kind == c.kind)
            return choices[i].counted
                       ? arena_printf(mem, "%s %" PRId64 "%s", choices[i].name, c.value, choices[i].unit ? " B" : "")
                       : choices[i].name;
    return "";
}

static int64_t unit_bytes(const char *unit)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(units[i].name, unit))
            return units[i].bytes;
    return 0;
}

bool checkpoint_of_words(const char *kind, const char *count, const char *unit, checkpoint *out)
{
    *out = (checkpoint){KEEP_DEFAULT, 0};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (!strcmp(choices[i].name, kind) && choices[i].counted == !!count && choices[i].unit == !!unit)
            out->kind = choices[i].kind;
    int64_t scale = unit ? unit_bytes(unit) : 1;
    if (count && __builtin_mul_overflow(strtoll(count, NULL, 10), scale, &out->value))
        out->value = 0;
    if (count && out->value <= 0)
        out->kind = KEEP_DEFAULT;
    return out->kind != KEEP_DEFAULT;
}

bool checkpoint_read(const char *text, checkpoint *out)
{
    char kind[16] = "", count[20] = "", unit[8] = "", rest = 0;
    int n = sscanf(text, "%15[a-z] %19[0-9] %7[A-Za-z] %c", kind, count, unit, &rest);
    return n >= 1 && n <= 3 && checkpoint_of_words(kind, n > 1 ? count : NULL, n > 2 ? unit : NULL, out);
}

/* What is run before the passes that are reversed, the first way included: the least number for so many slots. */
static double least_passes(double passes, double slots)
{
    double r = 0.0, reach = 1.0; /* binomial(slots + r, r) */
    while (reach < passes) {
        r++;
        reach *= (slots + r) / r;
    }
    return r * passes - reach * r / (slots + 1.0);
}

double checkpoint_again(checkpoint c, double passes, double slots)
{
    if (passes <= 0.0 || c.kind == KEEP_ALL || c.kind == KEEP_DEFAULT)
        return 0.0;
    if (c.kind != KEEP_EVERY)
        return least_passes(passes, slots > 2.0 ? slots - 1.0 : 1.0) - (passes - 1.0);
    double k = (double)c.value, blocks = floor(passes / k), rest = passes - blocks * k;
    return blocks * (k - 1.0) + (rest > 0.0 ? rest - 1.0 : 0.0);
}
