/* adc run: a model, a function and name=value words in; results printed, or written as .npy files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/call.h"
#include "driver/command.h"
#include "driver/emit.h"
#include "driver/files.h"
#include "driver/run.h"

/* Wrong usage is told before anything is compiled. */
static exit_code check_words(const options *o)
{
    for (int i = 0; i < o->outputs.n; i++) {
        const char *word = o->outputs.data[i], *equals = strchr(word, '=');
        if (!equals || equals == word || strcmp(path_extension(equals + 1), ".npy")) {
            report_error(&o->report, "-o '%s': expected name=file.npy", word);
            return EXIT_USAGE;
        }
    }
    return call_check_words(o->operands.data + 2, o->operands.n - 2, &o->report);
}

static const char *result_name(const call *c, int i)
{
    return c->f->args[c->inputs + i].name;
}

/* The file that -o or --out-dir wants this result in, or NULL. */
static const char *result_file(const options *o, const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < o->outputs.n; i++)
        if (!strncmp(o->outputs.data[i], name, n) && o->outputs.data[i][n] == '=')
            return o->outputs.data[i] + n + 1;
    return o->out_dir ? arena_printf(o->mem, "%s/%s.npy", o->out_dir, name) : NULL;
}

/* Every -o names a result. */
static bool check_outputs(const options *o, const call *c)
{
    for (int i = 0; i < o->outputs.n; i++) {
        size_t n = strcspn(o->outputs.data[i], "=");
        bool found = false;
        for (int k = 0; k < c->results && !found; k++)
            found = strlen(result_name(c, k)) == n && !strncmp(result_name(c, k), o->outputs.data[i], n);
        if (!found) {
            report_error(&o->report, "-o %s: '%s' has no result '%.*s'", o->outputs.data[i], c->f->name, (int)n,
                         o->outputs.data[i]);
            return false;
        }
    }
    return true;
}

static bool check_arguments(const call *c, const value_list *values)
{
    for (int i = 0; i < values->n; i++)
        if (!call_takes(c, values->data[i].name)) {
            call_unknown(c, values->data[i].name);
            return false;
        }
    for (int i = 0; i < c->inputs; i++) {
        bool found = false;
        for (int k = 0; k < values->n && !found; k++)
            found = !strcmp(values->data[k].name, c->f->args[i].name);
        if (!found) {
            report_error(c->report, "argument '%s' of '%s' is missing", c->f->args[i].name, c->f->name);
            return false;
        }
    }
    return true;
}

static void print_all_json(const call *c)
{
    text t, nonfinite;
    text_init(&t, c->mem);
    text_init(&nonfinite, c->mem);
    text_add(&t, "{");
    for (int i = 0; i < c->results; i++) {
        text_add(&t, i ? ", " : "");
        print_json_string(&t, result_name(c, i));
        text_add(&t, ": ");
        if (!print_json(&t, &c->out[i]))
            continue;
        text_add(&nonfinite, nonfinite.n ? ", " : "");
        print_json_string(&nonfinite, result_name(c, i));
    }
    if (nonfinite.n)
        text_addf(&t, ", \"nonfinite\": [%s]", text_str(&nonfinite));
    text_add(&t, "}\n");
    fwrite(t.data, 1, t.n, stdout);
}

static bool write_files(const options *o, const call *c)
{
    if (o->out_dir && !make_folders(o->mem, o->out_dir)) {
        report_error(&o->report, "cannot create the folder '%s': %s", o->out_dir, strerror(errno));
        return false;
    }
    for (int i = 0; i < c->results; i++) {
        const char *path = result_file(o, result_name(c, i));
        if (path && !npy_write(o->mem, &o->report, path, &c->out[i]))
            return false;
    }
    return true;
}

static void print_all_text(const options *o, const call *c)
{
    text t;
    text_init(&t, c->mem);
    for (int i = 0; i < c->results; i++) {
        const char *path = result_file(o, result_name(c, i));
        if (path)
            text_addf(&t, "%s -> %s\n", result_name(c, i), path);
        else
            print_result(&t, result_name(c, i), &c->out[i]);
    }
    fwrite(text_str(&t), 1, t.n, stdout);
}

static bool prepare(const options *o, const ad_module *m, call *c)
{
    const ad_function *f = call_find(&o->report, m, options_operand(o, 1));
    value_list values = {0};
    if (!f || !call_parse(o->mem, &o->report, o->operands.data + 2, o->operands.n - 2, &values))
        return false;
    call_init(c, o->mem, &o->report, m, f);
    c->options = o;
    for (int i = 0; i < o->compile.defines.n; i++)
        call_define(c, o->compile.defines.data[i].name, o->compile.defines.data[i].value);
    if (!check_outputs(o, c) || !check_arguments(c, &values) || !call_bind(c, &values, o->seed))
        return false;
    if (!sizes_complete(&o->report, f, c->known))
        return false;
    call_fix(c);
    return call_allocate(c);
}

exit_code run_loaded(const options *o, const loaded *made)
{
    call c;
    if (!prepare(o, made->table, &c) || !call_run(&c) || !write_files(o, &c))
        return EXIT_PROGRAM;
    if (o->json)
        print_all_json(&c);
    else
        print_all_text(o, &c);
    return EXIT_OK;
}

exit_code cmd_run(const options *o)
{
    loaded made;
    if (o->compile.emit)
        return emit_stage(o, "-");
    exit_code code = check_words(o);
    if (!code)
        code = cache_load(o, (choice){options_operand(o, 1), false}, &made);
    return code ? code : run_loaded(o, &made);
}
