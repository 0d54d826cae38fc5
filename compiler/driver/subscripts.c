/* Subscripts out of range: no function keeps them, so that functions are as fast without. One that only looks for them is
 * compiled when a call was refused: its results are, for each rule, a subscript and the extent of its axis. */
#include "driver/subscripts.h"

#include <inttypes.h>
#include <string.h>

#include "driver/cache.h"

static bool is_same(const ad_rule *a, const ad_rule *b)
{
    return !strcmp(a->where, b->where) && !strcmp(a->text, b->text);
}

static const ad_function *load(const call *c)
{
    options own = *c->options;
    loaded made;
    own.compile.asks = true;
    own.compile.versions = false;
    own.compile.target = TARGET_C;
    own.optimise = "-O0";
    own.whole = false;
    return cache_load(&own, (choice){c->f->name, false}, &made) ? NULL : call_find(c->report, made.table, c->f->name);
}

const char *subscripts_find(const call *c, const ad_rule **rule)
{
    const ad_function *f = load(c);
    int found = -1;
    if (!f)
        return "";
    int64_t *answers = ARENA_ARRAY(c->mem, int64_t, 2 * f->rule_count + 1);
    void **out = ARENA_ARRAY(c->mem, void *, 2 * f->rule_count + 1);
    for (int i = 0; i < 2 * f->rule_count; i++)
        out[i] = &answers[i];
    if (f->call(c->sizes, c->in_data, out, NULL, 0) != AD_OK)
        return "";
    for (int i = 0; i < f->rule_count; i++)
        if (answers[2 * i] != INT64_MAX && (found < 0 || is_same(&f->rules[i], *rule)))
            found = i;
    if (found < 0)
        return "";
    *rule = &f->rules[found];
    return arena_printf(c->mem, ": it is %" PRId64 ", and the axis has %" PRId64 " entr%s", answers[2 * found],
                        answers[2 * found + 1], answers[2 * found + 1] == 1 ? "y" : "ies");
}
