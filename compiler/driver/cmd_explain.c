/* adc explain: a model in; what its kernels compute, keep and cost out, and with sizes how long they will take. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/command.h"
#include "driver/emit.h"
#include "driver/explain.h"

/* name NULL: all; else that function and its gradients. */
static bool is_wanted(const interface_fn *f, const char *name)
{
    return !name || !strcmp(f->name, name) || (f->primal && !strcmp(f->primal, name));
}

static bool find_wanted(const options *o, const nest_module *m, const char *name)
{
    const char **known = ARENA_ARRAY(o->mem, const char *, m->fns.n + 1);
    for (int i = 0; i < m->fns.n; i++) {
        known[i] = m->fns.data[i]->face->name;
        if (is_wanted(m->fns.data[i]->face, name))
            return true;
    }
    if (!name) {
        report_error(&o->report, "the model exports no function");
        return false;
    }
    report_no_function(&o->report, name, known, m->fns.n);
    return false;
}

/* A size, or an int input, of the functions that are explained. */
static bool is_size(const nest_module *m, const char *name, const char *size)
{
    for (int i = 0; i < m->fns.n; i++) {
        const interface_fn *f = m->fns.data[i]->face;
        if (!is_wanted(f, name))
            continue;
        for (int k = 0; k < f->nsizes; k++)
            if (!strcmp(f->sizes[k], size))
                return true;
        for (int k = 0; k < f->nargs; k++)
            if (f->args[k].role == ARG_INPUT && f->args[k].rank == 0 && f->args[k].elem == ELEM_INT &&
                !strcmp(f->args[k].name, size))
                return true;
    }
    return false;
}

/* NAME=INT */
static exit_code read_size(const options *o, const char *word, figure_sizes *sizes)
{
    const char *equals = strchr(word, '=');
    char *end = NULL;
    errno = 0;
    long long n = equals ? strtoll(equals + 1, &end, 10) : 0;
    if (!equals || equals == word || end == equals + 1 || *end || errno || n < 0) {
        report_error(&o->report, "'%s' is not understood: expected a size, NAME=INT", word);
        return EXIT_USAGE;
    }
    figure_size s = {arena_strndup(o->mem, word, (size_t)(equals - word)), n};
    vec_push(o->mem, sizes, s);
    return EXIT_OK;
}

static exit_code read_sizes(const options *o, int first, figure_sizes *sizes)
{
    exit_code code = EXIT_OK;
    for (int i = first; i < o->operands.n && !code; i++)
        code = read_size(o, o->operands.data[i], sizes);
    return code;
}

static bool check_sizes(const options *o, const nest_module *m, const char *name, const figure_sizes *sizes)
{
    for (int i = 0; i < sizes->n; i++)
        if (!is_size(m, name, sizes->data[i].name)) {
            report_error(&o->report, "'%s' is no size and no int argument of what is explained", sizes->data[i].name);
            return false;
        }
    return true;
}

exit_code cmd_explain(const options *o)
{
    if (o->compile.emit)
        return emit_stage(o, "-");
    const char *name = options_operand(o, 1);
    if (name && strchr(name, '='))
        name = NULL;
    explanation e = {.o = o};
    compile_output out;
    compile_options how = o->compile;
    how.path = options_operand(o, 0);
    how.chosen = name;
    how.family = true;
    exit_code code = read_sizes(o, name ? 2 : 1, &e.sizes);
    if (!code)
        code = emit_compile(o, &how, &out);
    if (code)
        return code;
    if (!find_wanted(o, &out.nests, name) || !check_sizes(o, &out.nests, name, &e.sizes))
        return EXIT_PROGRAM;
    for (int i = 0; i < o->compile.defines.n; i++)
        vec_push(o->mem, &e.sizes, (figure_size){o->compile.defines.data[i].name, o->compile.defines.data[i].value});
    e.has_machine = e.sizes.n > 0 && how.target == TARGET_C;
    if (e.has_machine)
        code = machine_measure(o, &e.machine);
    if (code)
        return code;
    for (int i = 0; i < out.nests.fns.n; i++)
        if (is_wanted(out.nests.fns.data[i]->face, name))
            explain_add(&e, &out, out.nests.fns.data[i]);
    text t;
    text_init(&t, o->mem);
    if (o->json)
        explain_json(&t, &e);
    else
        explain_text(&t, &e);
    fwrite(text_str(&t), 1, t.n, stdout);
    return EXIT_OK;
}
