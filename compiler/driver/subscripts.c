/* Subscripts out of range: no function keeps them, so that functions are as fast without. One that only looks for them
 * is compiled when a call was refused: its results are, for each rule, a subscript and the extent of its axis. */
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

/* What the function says of a rule: the subscript that breaks it, or INT64_MAX, and the length of the axis. */
typedef struct answer {
    int64_t subscript, entries;
} answer;

const char *subscripts_find(const call *c, const ad_rule **rule)
{
    const ad_function *f = load(c);
    const answer *found = NULL;
    if (!f)
        return "";
    answer *answers = ARENA_ARRAY(c->mem, answer, f->rule_count + 1);
    VEC(void *) out = {0};
    for (int i = 0; i < f->rule_count; i++) {
        vec_push(c->mem, &out, &answers[i].subscript);
        vec_push(c->mem, &out, &answers[i].entries);
    }
    if (f->call(c->sizes, c->in_data, out.data, NULL, 0) != AD_OK)
        return "";
    const ad_rule *broken = *rule;
    for (int i = 0; i < f->rule_count; i++)
        if (answers[i].subscript != INT64_MAX && (!found || is_same(&f->rules[i], broken))) {
            found = &answers[i];
            *rule = &f->rules[i];
        }
    if (!found)
        return "";
    return arena_printf(c->mem, ": it is %" PRId64 ", and the axis has %" PRId64 " entr%s", found->subscript,
                        found->entries, found->entries == 1 ? "y" : "ies");
}
