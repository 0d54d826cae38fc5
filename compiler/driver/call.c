/* Takes name=value words and a function of the description table, gives what its call needs, calls it.
 *
 * Nothing here knows a model: names, types, extents and the function pointers all come from ad_module. */
#include "driver/call.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/diag.h"
#include "driver/subscripts.h"

const ad_function *call_find(const report *r, const ad_module *m, const char *name)
{
    const char *names[256];
    int n = 0;
    for (int i = 0; i < m->function_count; i++) {
        if (!strcmp(m->functions[i].name, name))
            return &m->functions[i];
        if (n < 256)
            names[n++] = m->functions[i].name;
    }
    report_no_function(r, name, names, n);
    return NULL;
}

exit_code call_check_words(const char *const *words, int n, const report *r)
{
    for (int i = 0; i < n; i++)
        if (!strchr(words[i], '=') || words[i][0] == '=') {
            report_error(r, "'%s' is not understood: expected name=value", words[i]);
            return EXIT_USAGE;
        }
    return EXIT_OK;
}

bool call_parse(arena *mem, const report *r, const char *const *words, int n, value_list *out)
{
    for (int i = 0; i < n; i++) {
        value v;
        if (!value_parse(mem, r, words[i], &v))
            return false;
        for (int k = 0; k < out->n; k++)
            if (!strcmp(out->data[k].name, v.name)) {
                report_error(r, "argument '%s' is given twice", v.name);
                return false;
            }
        vec_push(mem, out, v);
    }
    return true;
}

void call_init(call *c, arena *mem, const report *r, const ad_module *m, const ad_function *f)
{
    *c = (call){.mem = mem, .report = r, .module = m, .f = f};
    while (c->inputs < f->arg_count && f->args[c->inputs].role == AD_INPUT)
        c->inputs++;
    c->results = f->arg_count - c->inputs;
    c->known = ARENA_ARRAY(mem, known_size, f->size_count);
    c->sizes = ARENA_ARRAY(mem, int64_t, f->size_count);
    c->in = ARENA_ARRAY(mem, tensor, c->inputs);
    c->in_data = ARENA_ARRAY(mem, const void *, c->inputs);
    c->out = ARENA_ARRAY(mem, tensor, c->results);
    c->out_data = ARENA_ARRAY(mem, void *, c->results);
}

static int find_input(const call *c, const char *name)
{
    for (int i = 0; i < c->inputs; i++)
        if (!strcmp(c->f->args[i].name, name))
            return i;
    return -1;
}

static int find_size(const call *c, const char *name)
{
    for (int i = 0; i < c->f->size_count; i++)
        if (!strcmp(c->f->sizes[i], name))
            return i;
    return -1;
}

bool call_takes(const call *c, const char *name)
{
    return find_input(c, name) >= 0 || find_size(c, name) >= 0;
}

void call_unknown(const call *c, const char *name)
{
    const char **all = ARENA_ARRAY(c->mem, const char *, c->inputs + c->f->size_count);
    int n = 0;
    for (int i = 0; i < c->inputs; i++)
        all[n++] = c->f->args[i].name;
    for (int i = 0; i < c->f->size_count; i++)
        all[n++] = c->f->sizes[i];
    report_error(c->report, "'%s' has no argument '%s'", c->f->name, name);
    const char *nearest = diag_nearest(name, all, n);
    text list;
    text_init(&list, c->mem);
    for (int i = 0; i < n; i++)
        text_addf(&list, "%s%s", i ? ", " : "", all[i]);
    if (nearest)
        report_hint(c->report, "did you mean '%s'?", nearest);
    else if (n)
        report_hint(c->report, "it takes %s", text_str(&list));
}

static bool bind_size(call *c, int k, const value *v)
{
    const tensor *t = &v->given;
    if (v->random || t->rank || t->type != AD_INT64 || *(const int64_t *)t->data < 0) {
        report_error(c->report, "size '%s' is not an integer of at least 0: '%s'", v->name, v->text);
        return false;
    }
    c->known[k] = (known_size){true, *(const int64_t *)t->data, "the command line"};
    return true;
}

void call_define(call *c, const char *size, int64_t n)
{
    int k = find_size(c, size);
    if (k >= 0)
        c->known[k] = (known_size){true, n, "-D"};
}

bool call_bind(call *c, const value_list *values, uint64_t seed)
{
    for (int i = 0; i < values->n; i++) {
        const value *v = &values->data[i];
        int input = find_input(c, v->name), size = find_size(c, v->name);
        const ad_argument *a = input >= 0 ? &c->f->args[input] : NULL;
        if (a && !value_convert(c->mem, c->report, v, seed, a->type, a->rank, &c->in[input]))
            return false;
        if (!a && size >= 0 && !bind_size(c, size, v))
            return false;
    }
    return sizes_solve(c->mem, c->report, c->f, c->in, c->known);
}

void call_fix(call *c)
{
    for (int i = 0; i < c->f->size_count; i++)
        c->sizes[i] = c->known[i].value;
    for (int i = 0; i < c->inputs; i++)
        c->in_data[i] = c->in[i].data;
}

void call_extents(const call *c, int arg, int64_t *dims)
{
    if (c->f->args[arg].rank)
        c->f->extents(arg, c->sizes, c->in_data, dims);
}

bool call_allocate(call *c)
{
    for (int i = 0; i < c->results; i++) {
        const ad_argument *a = &c->f->args[c->inputs + i];
        int64_t *dims = ARENA_ARRAY(c->mem, int64_t, a->rank);
        call_extents(c, c->inputs + i, dims);
        for (int k = 0; k < a->rank; k++)
            if (dims[k] < 0 && !call_run(c))
                return false;
        if (!tensor_new(c->mem, a->type, a->rank, dims, &c->out[i])) {
            report_error(c->report, "result '%s' cannot have the shape %s", a->name, shape_str(c->mem, a->rank, dims));
            return false;
        }
        c->out_data[i] = c->out[i].data;
    }
    return true;
}

static bool names_argument(int code)
{
    return code == AD_NULL || code == AD_SIZE || code == AD_INDEX;
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether the name stands in the text as a word. */
static bool has_word(const char *words, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = strstr(words, name); at; at = strstr(at + 1, name))
        if ((at == words || !is_letter(at[-1])) && !is_letter(at[n]))
            return true;
    return false;
}

/* "here N = 2, M = 3": the sizes and int scalars that stand in the text; words NULL: all sizes. */
static void hint_values(const call *c, const char *words)
{
    text t;
    text_init(&t, c->mem);
    for (int i = 0; i < c->f->size_count; i++)
        if (!words || has_word(words, c->f->sizes[i]))
            text_addf(&t, "%s%s = %" PRId64, t.n ? ", " : "", c->f->sizes[i], c->sizes[i]);
    for (int i = 0; words && i < c->inputs; i++) {
        const ad_argument *a = &c->f->args[i];
        if (a->type == AD_INT64 && a->rank == 0 && has_word(words, a->name))
            text_addf(&t, "%s%s = %" PRId64, t.n ? ", " : "", a->name, *(const int64_t *)c->in_data[i]);
    }
    if (t.n)
        report_hint(c->report, "here %s", text_str(&t));
}

void call_status(const call *c, ad_status status)
{
    int arg = AD_STATUS_ARG(status), code = AD_STATUS_CODE(status);
    const ad_rule *rule = ad_status_rule(c->f, status);
    const char *found = code == AD_INDEX && rule && c->options ? subscripts_find(c, &rule) : "";
    const char *what = arena_printf(c->mem, "%s%s", rule ? rule->text : ad_status_string(status), found);
    const char *where = rule && *rule->where ? arena_printf(c->mem, "%s: ", rule->where) : "";
    if (names_argument(code) && arg < c->f->arg_count)
        report_error(c->report, "%sargument '%s': %s", where, c->f->args[arg].name, what);
    else
        report_error(c->report, "%s'%s': %s", where, c->f->name, what);
    if (rule || code == AD_SIZE)
        hint_values(c, rule ? rule->text : NULL);
}

bool call_run(const call *c)
{
    ad_status status = c->f->call(c->sizes, c->in_data, c->out_data, NULL, 0);
    if (status != AD_OK)
        call_status(c, status);
    return status == AD_OK;
}
