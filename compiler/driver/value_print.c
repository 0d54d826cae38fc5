/* Prints numbers and tensors: text for people, JSON for programs. Both write nested lists in the form that name=value
 * reads back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/value.h"

enum { WHOLE = 20, FIRST = 5 };

static bool reads_back(const char *s, double x, ad_type type)
{
    return type == AD_F32 ? strtof(s, NULL) == (float)x : strtod(s, NULL) == x;
}

void print_value_number(text *t, const tensor *x, int64_t i, int digits)
{
    if (x->type == AD_INT64) {
        text_addf(t, "%lld", (long long)((const int64_t *)x->data)[i]);
        return;
    }
    double v = tensor_get(x, i);
    if (x->type == AD_BOOL) {
        text_add(t, v > 0.0 ? "true" : "false");
        return;
    }
    if (!isfinite(v)) {
        text_add(t, isnan(v) ? "nan" : v > 0.0 ? "inf" : "-inf");
        return;
    }
    char word[40];
    for (int d = digits ? digits : x->type == AD_F32 ? 6 : 15; d <= 17; d++) {
        snprintf(word, sizeof word, "%.*g", d, v);
        if (digits || reads_back(word, v, x->type))
            break;
    }
    text_add(t, word);
}

typedef struct lister {
    text *t;
    const tensor *x;
    int digits;
    bool json, nonfinite; /* nonfinite: an entry was */
} lister;

static void list_entry(lister *l, int64_t i)
{
    if (l->json && !isfinite(tensor_get(l->x, i))) {
        l->nonfinite = true;
        text_add(l->t, "null");
    } else {
        print_value_number(l->t, l->x, i, l->digits);
    }
}

/* Entries i, ... of the axes from axis on; returns the entry behind them. */
static int64_t list_axis(lister *l, int axis, int64_t i)
{
    if (axis == l->x->rank) {
        list_entry(l, i);
        return i + 1;
    }
    text_add(l->t, "[");
    for (int64_t k = 0; k < l->x->dims[axis]; k++) {
        text_add(l->t, k ? ", " : "");
        i = list_axis(l, axis + 1, i);
    }
    text_add(l->t, "]");
    return i;
}

static void print_summary(text *t, const tensor *x)
{
    double low = INFINITY, high = -INFINITY, sum = 0.0;
    int64_t finite = 0;
    for (int64_t i = 0; i < x->count; i++) {
        double v = tensor_get(x, i);
        if (!isfinite(v))
            continue;
        finite++;
        sum += v;
        low = fmin(low, v);
        high = fmax(high, v);
    }
    text_addf(t, "%s%s: ", type_name(x->type), shape_str(t->mem, x->rank, x->dims));
    if (finite)
        text_addf(t, "min %.6g, max %.6g, mean %.6g, ", low, high, sum / (double)finite);
    if (finite < x->count)
        text_addf(t, "%lld not finite, ", (long long)(x->count - finite));
    text_add(t, "first");
    for (int64_t i = 0; i < FIRST; i++) {
        text_add(t, i ? ", " : " ");
        print_value_number(t, x, i, 0);
    }
    text_add(t, ", ...");
}

void print_result(text *t, const char *name, const tensor *x)
{
    text_addf(t, "%s = ", name);
    if (x->count <= WHOLE)
        list_axis(&(lister){.t = t, .x = x}, 0, 0);
    else
        print_summary(t, x);
    text_add(t, "\n");
}

bool print_json(text *t, const tensor *x)
{
    lister l = {.t = t, .x = x, .digits = x->type == AD_F32 ? 9 : 17, .json = true};
    list_axis(&l, 0, 0);
    return l.nonfinite;
}

void print_json_string(text *t, const char *s)
{
    text_add(t, "\"");
    for (; *s; s++)
        if ((unsigned char)*s < 0x20)
            text_addf(t, "\\u%04x", (unsigned)*s);
        else
            text_addf(t, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    text_add(t, "\"");
}
