/* adc bench: a model, a function and values in; how long the function and its gradients take out.
 *
 * Inputs that are not given are random. Each function is called with a workspace of its own (driver/timing.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cache.h"
#include "driver/command.h"
#include "driver/emit.h"
#include "driver/figures.h"
#include "driver/files.h"
#include "driver/inputs.h"
#include "driver/machine.h"
#include "driver/timing.h"
#include "driver/units.h"

typedef struct bench {
    const options *o;
    loaded made;
    const ad_function *value; /* the function asked for, or what the gradient asked for belongs to; may be NULL */
    timing_list timings;
} bench;

/* What to measure. */

static const char *primal_of(const ad_module *m, const char *name)
{
    for (int i = 0; i < m->function_count; i++)
        if (!strcmp(m->functions[i].name, name))
            return m->functions[i].primal ? m->functions[i].primal : name;
    return name;
}

/* The function of that name and its gradients; the gradient of that name and its function. */
static bool find_functions(bench *b, const char *name)
{
    const ad_module *m = b->made.table;
    const char *primal = primal_of(m, name);
    for (int i = 0; i < m->function_count; i++) {
        const ad_function *f = &m->functions[i];
        bool is_value = !strcmp(f->name, primal);
        bool is_wanted = is_value || !strcmp(f->name, name) || (f->primal && !strcmp(f->primal, name));
        if (is_value)
            b->value = f;
        if (!is_wanted)
            continue;
        timing t = {0};
        call_init(&t.c, b->o->mem, &b->o->report, m, f);
        t.c.options = b->o;
        vec_push(b->o->mem, &b->timings, t);
    }
    return b->timings.n > 0 || call_find(&b->o->report, m, name);
}

/* Inputs. */

static bool check_names(const bench *b, const value_list *values)
{
    for (int i = 0; i < values->n; i++) {
        bool taken = false;
        for (int k = 0; k < b->timings.n && !taken; k++)
            taken = call_takes(&b->timings.data[k].c, values->data[i].name);
        if (!taken) {
            call_unknown(&b->timings.data[0].c, values->data[i].name);
            return false;
        }
    }
    return true;
}

/* How often something is done is not left to chance. */
static bool has_counts(const call *c)
{
    for (int i = 0; i < c->inputs; i++) {
        const ad_argument *a = &c->f->args[i];
        if (a->rank == 0 && a->type == AD_INT64 && !c->in[i].data) {
            report_error(c->report, "argument '%s' of '%s' is missing: give %s=INT", a->name, c->f->name, a->name);
            return false;
        }
    }
    return true;
}

static bool take_workspace(timing *t)
{
    const call *c = &t->c;
    t->workspace_size = c->f->workspace(c->sizes, c->in_data);
    if (t->workspace_size == SIZE_MAX) {
        report_error(c->report, "these sizes are impossible for '%s'", c->f->name);
        return false;
    }
    if (c->module->device) {
        t->device = ARENA_NEW(c->mem, device_call);
        return device_open(t->device, c, t->workspace_size);
    }
    t->workspace = ad_allocate(t->workspace_size + !t->workspace_size);
    if (!t->workspace)
        report_error(c->report, "'%s' needs %s of workspace: there is not so much memory", c->f->name,
                     units_bytes(c->mem, (double)t->workspace_size));
    return t->workspace != NULL;
}

static bool prepare(const bench *b, timing *t, const value_list *values)
{
    const options *o = b->o;
    call *c = &t->c;
    for (int i = 0; i < o->compile.defines.n; i++)
        call_define(c, o->compile.defines.data[i].name, o->compile.defines.data[i].value);
    if (!call_bind(c, values, o->seed) || !sizes_complete(&o->report, c->f, c->known) || !has_counts(c))
        return false;
    if (!inputs_random(c, o->seed)) {
        report_error(&o->report, "the inputs of '%s' are too large for these sizes", c->f->name);
        return false;
    }
    return call_allocate(c) && take_workspace(t);
}

static void find_work(const bench *b, timing *t)
{
    const nest_module *m = &b->made.generated.nests;
    figure_sizes sizes = figures_of_call(&t->c);
    for (int i = 0; i < m->fns.n; i++)
        if (!strcmp(m->fns.data[i]->face->name, t->c.f->name)) {
            kernel_list kernels = loops_kernels(b->o->mem, m->fns.data[i]);
            sizes = figures_within(b->o->mem, &sizes, m->fns.data[i]);
            t->work = work_of(&sizes, &kernels);
        }
}

/* Results. */

static int threads(const bench *b)
{
    return b->made.parallel ? machine_threads() : 1;
}

static const timing *value_timing(const bench *b)
{
    for (int i = 0; i < b->timings.n; i++)
        if (b->timings.data[i].c.f == b->value)
            return &b->timings.data[i];
    return NULL;
}

/* Times of the function alone; NAN: that is not known, or this is the function. */
static double ratio(const bench *b, const timing *t)
{
    const timing *v = value_timing(b);
    return v && v != t ? timing_median(t) / timing_median(v) : NAN;
}

static bool is_finite(const tensor *x)
{
    for (int64_t i = 0; i < x->count; i++)
        if (!isfinite(tensor_get(x, i)))
            return false;
    return true;
}

static void tell_nonfinite(const bench *b)
{
    for (int i = 0; i < b->timings.n; i++) {
        const call *c = &b->timings.data[i].c;
        for (int k = 0; k < c->results; k++)
            if (!is_finite(&c->out[k])) {
                report_warning(&b->o->report, "'%s' of '%s' is not finite on these inputs",
                               c->f->args[c->inputs + k].name, c->f->name);
                report_hint(&b->o->report, "give values: name=uniform(1000,3), name=@file.npy, ...");
                return;
            }
    }
}

static const char *or_dash(arena *mem, double x, const char *format)
{
    return isfinite(x) ? arena_printf(mem, format, x) : "-";
}

static const char *rate(arena *mem, const work *w, double x)
{
    return or_dash(mem, x, w->is_limit ? "<%.3g" : "%.3g");
}

/* The sizes, and the ints that the time depends on. */
static void print_title(const bench *b)
{
    const call *c = &b->timings.data[0].c;
    figure_sizes sizes = figures_of_call(c);
    printf("%s:", path_base(options_operand(b->o, 0)));
    for (int i = 0; i < sizes.n; i++)
        printf(" %s=%lld", sizes.data[i].name, (long long)sizes.data[i].value);
    int n = threads(b);
    printf("%s%s, ", sizes.n ? ", " : " ", b->made.table->real);
    if (b->made.table->device)
        printf("GPU\n\n");
    else
        printf("%d thread%s\n\n", n, n == 1 ? "" : "s");
}

static void print_table(const bench *b)
{
    arena *mem = b->o->mem;
    bool pairs = b->timings.data[0].work.is_pairs, limited = false;
    print_title(b);
    printf("%-20s %10s %10s %7s %9s %10s %9s %11s\n", "", "median", "min", "spread", "ratio",
           pairs ? "pairs/s" : "elements/s", "GFLOP/s", "workspace");
    for (int i = 0; i < b->timings.n; i++) {
        const timing *t = &b->timings.data[i];
        double m = timing_median(t);
        printf("%-20s %10s %10s %5.1f %% %9s %10s %9s %11s\n", t->c.f->name, units_time(mem, m),
               units_time(mem, t->samples.data[0]), 100.0 * timing_spread(t), or_dash(mem, ratio(b, t), "%.2f"),
               rate(mem, &t->work, t->work.pairs / m), rate(mem, &t->work, 1e-9 * work_flops(&t->work) / m),
               units_bytes(mem, (double)t->workspace_size));
        limited |= t->work.is_limit;
    }
    if (limited)
        printf("\n<: loops with a condition are counted with the most passes that they may make.\n");
}

/* "name": 1.5 behind a comma; null when it is not finite. */
static void add_json(text *t, const char *name, double x)
{
    text_addf(t, isfinite(x) ? ", \"%s\": %.9g" : ", \"%s\": null", name, x);
}

static void add_timing(text *t, const bench *b, const timing *m)
{
    text_add(t, "{\"name\": ");
    print_json_string(t, m->c.f->name);
    add_json(t, "median", timing_median(m));
    add_json(t, "min", m->samples.data[0]);
    add_json(t, "spread", timing_spread(m));
    text_addf(t, ", \"samples\": %d, \"calls_per_sample\": %lld", m->samples.n, (long long)m->batch);
    add_json(t, "ratio", ratio(b, m));
    add_json(t, m->work.is_pairs ? "pairs" : "elements", m->work.pairs);
    add_json(t, m->work.is_pairs ? "pairs_per_second" : "elements_per_second", m->work.pairs / timing_median(m));
    add_json(t, "flops", work_flops(&m->work));
    add_json(t, "exps", m->work.counts[COST_EXPS]);
    add_json(t, "gflops_per_second", 1e-9 * work_flops(&m->work) / timing_median(m));
    text_addf(t, ", \"counts_are_most\": %s, \"workspace\": %zu}", m->work.is_limit ? "true" : "false",
              m->workspace_size);
}

static void print_json_object(const bench *b)
{
    text t;
    text_init(&t, b->o->mem);
    figure_sizes sizes = figures_of_call(&b->timings.data[0].c);
    text_add(&t, "{\"model\": ");
    print_json_string(&t, options_operand(b->o, 0));
    text_add(&t, ", \"sizes\": {");
    for (int i = 0; i < sizes.n; i++)
        text_addf(&t, "%s\"%s\": %lld", i ? ", " : "", sizes.data[i].name, (long long)sizes.data[i].value);
    text_addf(&t, "}, \"real\": \"%s\", \"target\": \"%s\", \"threads\": %d, \"functions\": [", b->made.table->real,
              b->made.table->device ? "cuda" : "c", threads(b));
    for (int i = 0; i < b->timings.n; i++) {
        text_add(&t, i ? ", " : "");
        add_timing(&t, b, &b->timings.data[i]);
    }
    text_add(&t, "]}\n");
    fwrite(text_str(&t), 1, t.n, stdout);
}

static void release(timing *t, bool has_results)
{
    if (t->device && has_results)
        device_read(t->device);
    if (t->device)
        device_close(t->device);
    ad_release(t->workspace);
}

static bool prepare_all(bench *b, const value_list *values)
{
    if (!find_functions(b, options_operand(b->o, 1)) || !check_names(b, values))
        return false;
    for (int i = 0; i < b->timings.n; i++) {
        if (!prepare(b, &b->timings.data[i], values))
            return false;
        find_work(b, &b->timings.data[i]);
    }
    return true;
}

exit_code cmd_bench(const options *o)
{
    bench b = {.o = o};
    value_list values = {0};
    if (o->compile.emit)
        return emit_stage(o, "-");
    const char *const *words = o->operands.data + 2;
    exit_code code = call_check_words(words, o->operands.n - 2, &o->report);
    if (!code)
        code = cache_load(o, (choice){options_operand(o, 1), true}, &b.made);
    if (code)
        return code;
    bool ok = call_parse(o->mem, &o->report, words, o->operands.n - 2, &values) && prepare_all(&b, &values) &&
              timing_measure(o->mem, &b.timings, o->seconds, o->repeat);
    if (ok && o->json)
        print_json_object(&b);
    else if (ok)
        print_table(&b);
    for (int i = 0; i < b.timings.n; i++)
        release(&b.timings.data[i], ok);
    if (ok)
        tell_nonfinite(&b);
    return ok ? EXIT_OK : EXIT_PROGRAM;
}
