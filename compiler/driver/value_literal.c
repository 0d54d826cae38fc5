/* Reads numbers and nested lists: "3", "60,30", "[[1,2],[3,4]]", "[]" into a tensor.
 *
 * A list without brackets is one with them. All lists at one depth must have one length; the first one sets it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/value.h"

static bool add(arena *mem, numbers *l, double real, int64_t integer)
{
    vec_push(mem, &l->reals, real);
    vec_push(mem, &l->ints, integer);
    return true;
}

bool numbers_add(arena *mem, numbers *l, const char *s, size_t n)
{
    char word[128], *end;
    if (!n || n >= sizeof word || strspn(s, " \t") > 0)
        return false;
    memcpy(word, s, n);
    word[n] = 0;
    bool is_true = !strcmp(word, "true");
    if (is_true || !strcmp(word, "false")) {
        l->any_bool = l->not_int = true;
        return add(mem, l, is_true, is_true);
    }
    double real = strtod(word, &end);
    if (end != word + n)
        return false;
    errno = 0;
    int64_t integer = strtoll(word, &end, 10);
    l->not_int |= end != word + n || errno;
    l->not_bool = true;
    return add(mem, l, real, integer);
}

bool numbers_finish(arena *mem, const numbers *l, int rank, const int64_t *dims, tensor *out)
{
    if (l->any_bool && l->not_bool)
        return false;
    ad_type type = l->any_bool ? AD_BOOL : l->not_int ? AD_F64 : AD_INT64;
    if (!tensor_new(mem, type, rank, dims, out) || out->count != l->reals.n)
        return false;
    for (int i = 0; i < l->reals.n; i++)
        if (type == AD_BOOL)
            ((bool *)out->data)[i] = l->ints.data[i] != 0;
        else if (type == AD_INT64)
            ((int64_t *)out->data)[i] = l->ints.data[i];
        else
            ((double *)out->data)[i] = l->reals.data[i];
    return true;
}

typedef struct reader {
    arena *mem;
    const char *s;
    numbers found;
    int rank; /* of the numbers; -1 until the first one or the first empty list */
    int64_t dims[VALUE_MAX_RANK];
    const char *wrong; /* what is wrong, or NULL */
} reader;

static bool fail(reader *p, const char *what)
{
    if (!p->wrong)
        p->wrong = what;
    return false;
}

static void skip_blanks(reader *p)
{
    p->s += strspn(p->s, " \t\r\n");
}

static bool read_list(reader *p, int depth, const char *closers);

static bool read_item(reader *p, int depth)
{
    skip_blanks(p);
    if (*p->s == '[') {
        p->s++;
        if (!read_list(p, depth + 1, "]"))
            return false;
        p->s++;
        skip_blanks(p);
        return true;
    }
    if (p->rank >= 0 && p->rank != depth)
        return fail(p, "numbers and lists are mixed");
    p->rank = depth;
    size_t n = strcspn(p->s, ",[] \t\r\n");
    if (!n)
        return fail(p, "a number is missing");
    if (!numbers_add(p->mem, &p->found, p->s, n))
        return fail(p, "that is no number");
    p->s += n;
    skip_blanks(p);
    return true;
}

/* Items up to a closing character, which stays; depth counts this list. */
static bool read_list(reader *p, int depth, const char *closers)
{
    int64_t n = 0;
    if (depth > VALUE_MAX_RANK)
        return fail(p, "the lists are nested too deeply");
    skip_blanks(p);
    if (*p->s == *closers && *closers)
        p->rank = p->rank < 0 ? depth : p->rank;
    else
        for (;; p->s++) {
            if (!read_item(p, depth))
                return false;
            n++;
            if (*p->s != ',')
                break;
        }
    if (*p->s != *closers)
        return fail(p, *closers ? "']' is missing" : "there is something after the value");
    if (depth > p->rank || (p->dims[depth - 1] >= 0 && p->dims[depth - 1] != n))
        return fail(p, "the lists have different lengths");
    p->dims[depth - 1] = n;
    return true;
}

/* Whether a comma stands outside all brackets: then the word is a list without its own. */
static bool has_top_comma(const char *s)
{
    int depth = 0;
    for (; *s; s++) {
        depth += (*s == '[') - (*s == ']');
        if (*s == ',' && depth == 0)
            return true;
    }
    return false;
}

bool literal_parse(arena *mem, const report *r, const char *name, const char *s, tensor *out)
{
    reader p = {.mem = mem, .s = s, .rank = -1};
    for (int k = 0; k < VALUE_MAX_RANK; k++)
        p.dims[k] = -1;
    bool ok = has_top_comma(s) ? read_list(&p, 1, "") : read_item(&p, 0);
    if (ok && *p.s)
        ok = fail(&p, "there is something after the value");
    if (ok && !numbers_finish(mem, &p.found, p.rank, p.dims, out))
        ok = fail(&p, "numbers and bools are mixed");
    if (!ok)
        report_error(r, "argument '%s': '%s' is not understood: %s", name, s, p.wrong);
    return ok;
}
