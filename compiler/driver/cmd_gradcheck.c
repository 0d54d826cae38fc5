/* adc gradcheck: holds every gradient that a model exports against finite differences of the value beside it.
 *
 * Always in f64. Inputs that are not given are random (inputs.c), chosen anew until the value is finite. Up to 64
 * entries of a gradient are checked one by one, of larger ones 32 and a random direction through all. Errors are
 * relative to the largest entry, and to the value: a gradient that is 0 but for rounding passes. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "driver/cache.h"
#include "driver/call.h"
#include "driver/command.h"
#include "driver/differences.h"
#include "driver/emit.h"
#include "driver/inputs.h"

enum { ALL_ENTRIES = 64, SOME_ENTRIES = 32 };

/* Relative error allowed; f32 declared in the model cannot do better than the second. */
static const double tolerance = 1e-6, tolerance_f32 = 2e-2;
/* A derivative this small beside the value is below what differences of it can tell. */
static const double visible = 1e-6;
/* Values are wrong by a few units of rounding: so many times what one unit makes of a difference is no error. */
static const double units = 64.0;

typedef struct check {
    const options *o;
    call *c;
    int arg;       /* of the gradient, in f->args */
    tensor *input; /* that it belongs to */
    int64_t entry; /* the one moved; -1: all, along direction */
    const double *direction;
    double *origin; /* the input's own values */
    double unit;    /* of rounding */
    double tolerance;
} check;

/* The value with the input moved by t. The input is put back. */
static bool value_at(void *data, double t, double *result)
{
    check *k = data;
    int64_t from = k->entry < 0 ? 0 : k->entry, to = k->entry < 0 ? k->input->count : k->entry + 1;
    for (int64_t i = from; i < to; i++)
        tensor_put(k->input, i, k->origin[i] + t * (k->entry < 0 ? k->direction[i] : 1.0));
    bool ok = call_run(k->c);
    for (int64_t i = from; i < to; i++)
        tensor_put(k->input, i, k->origin[i]);
    *result = tensor_get(&k->c->out[0], 0);
    return ok;
}

/* What comparing one gradient has found. */
typedef struct outcome {
    double largest; /* relative error; NAN: the gradient or the differences are not finite */
    int64_t entry;  /* where; -1: along the direction */
    double gradient, slope;
} outcome;

/* Puts one comparison into worst; scale is the whole gradient's. Where the gradient is 0 but for rounding, at a
 * minimum, so is the slope: the scale is one on which what rounding can make of it is allowed. */
static void compare(const check *k, outcome *worst, int64_t entry, double gradient, const difference *d, double scale)
{
    double least = units * d->noise / k->tolerance;
    double error = gradient == d->value ? 0.0 : fabs(gradient - d->value) / fmax(scale, least);
    bool worse = isnan(error) ? !isnan(worst->largest) : error > worst->largest;
    if (worse)
        *worst = (outcome){error, entry, gradient, d->value};
}

static double first_step(double x)
{
    return 0x1p-6 * fmax(1.0, fabs(x));
}

/* Compares the entries chosen; gradient holds all entries. */
static bool check_entries(check *k, const double *gradient, const int64_t *entries, int n, double at, outcome *worst)
{
    difference *found = ARENA_ARRAY(k->o->mem, difference, n ? n : 1);
    double scale = visible * fabs(at) + 1e-300;
    for (int64_t i = 0; i < k->input->count; i++)
        scale = fmax(scale, fabs(gradient[i]));
    for (int i = 0; i < n; i++) {
        k->entry = entries[i];
        if (!difference_estimate(value_at, k, first_step(k->origin[entries[i]]), k->unit, &found[i]))
            return false;
        scale = fmax(scale, fabs(found[i].value));
    }
    for (int i = 0; i < n; i++)
        compare(k, worst, entries[i], gradient[entries[i]], &found[i], scale);
    return true;
}

/* All entries at once, each by plus or minus one. */
static bool check_direction(check *k, const double *gradient, uint64_t *stream, double at, outcome *worst)
{
    double *direction = ARENA_ARRAY(k->o->mem, double, k->input->count), dot = 0.0, square = 0.0;
    for (int64_t i = 0; i < k->input->count; i++) {
        direction[i] = random_next(stream) >> 63 ? 1.0 : -1.0;
        dot += gradient[i] * direction[i];
        square += gradient[i] * gradient[i];
    }
    difference d;
    k->entry = -1;
    k->direction = direction;
    if (!difference_estimate(value_at, k, first_step(0.0), k->unit, &d))
        return false;
    compare(k, worst, -1, dot, &d, fmax(fmax(fabs(d.value), sqrt(square)), visible * fabs(at) + 1e-300));
    return true;
}

static bool check_gradient(check *k, double at, outcome *worst)
{
    const tensor *computed = &k->c->out[k->arg - k->c->inputs];
    int64_t count = k->input->count, entries[ALL_ENTRIES];
    double *gradient = ARENA_ARRAY(k->o->mem, double, count ? count : 1);
    uint64_t stream = random_stream(k->o->seed, k->c->f->args[k->arg].name);
    int n = count <= ALL_ENTRIES ? (int)count : SOME_ENTRIES;
    k->origin = ARENA_ARRAY(k->o->mem, double, count ? count : 1);
    for (int64_t i = 0; i < count; i++) {
        gradient[i] = tensor_get(computed, i);
        k->origin[i] = tensor_get(k->input, i);
    }
    for (int i = 0; i < n; i++)
        entries[i] = count <= ALL_ENTRIES ? i : (int64_t)(random_next(&stream) % (uint64_t)count);
    *worst = (outcome){0};
    return check_entries(k, gradient, entries, n, at, worst) &&
           (count <= ALL_ENTRIES || check_direction(k, gradient, &stream, at, worst));
}

/* "[3, 1]" of entry i, "" of a scalar. */
static const char *entry_name(arena *mem, const tensor *t, int64_t i)
{
    int64_t *index = ARENA_ARRAY(mem, int64_t, t->rank ? t->rank : 1);
    if (i < 0)
        return " along a random direction";
    for (int k = t->rank; k-- > 0; i /= t->dims[k])
        index[k] = i % t->dims[k];
    return t->rank ? shape_str(mem, t->rank, index) : "";
}

/* Whether f32 is declared in the model. */
static bool is_single(const ad_function *f)
{
    bool single = false;
    for (int i = 0; i < f->arg_count; i++)
        single |= f->args[i].type == AD_F32;
    return single;
}

/* One line per gradient, a second one where it is wrong. */
static bool tell(const check *k, const outcome *worst)
{
    const ad_function *f = k->c->f;
    const char *name = f->args[k->arg].name;
    bool pass = worst->largest <= k->tolerance;
    printf("%s  %s: %s: max relative error %.2g\n", pass ? "PASS" : "FAIL", f->name, name, worst->largest);
    if (!pass)
        printf("      %s%s is %.17g, finite differences give %.17g\n", name,
               entry_name(k->o->mem, k->input, worst->entry), worst->gradient, worst->slope);
    return pass;
}

/* Binds, completes and runs the function, in the first way in which its value is finite. */
static bool find_inputs(const options *o, call *c, const ad_module *m, const ad_function *f, const value_list *values)
{
    ad_status status = AD_OK;
    for (int t = 0; t < inputs_trials; t++) {
        call_init(c, o->mem, &o->report, m, f);
        c->options = o;
        for (int i = 0; i < o->compile.defines.n; i++)
            call_define(c, o->compile.defines.data[i].name, o->compile.defines.data[i].value);
        if (!call_bind(c, values, o->seed))
            return false;
        if (!inputs_complete(c, t, o->seed) || !call_allocate(c))
            continue;
        status = f->call(c->sizes, c->in_data, c->out_data, NULL, 0);
        if (status == AD_OK && isfinite(tensor_get(&c->out[0], 0)))
            return true;
    }
    if (status != AD_OK)
        call_status(c, status);
    else
        report_error(&o->report, "'%s' is not finite on the inputs tried", f->name);
    report_hint(&o->report, "give values: adc gradcheck %s %s name=value ...", options_operand(o, 0), f->name);
    return false;
}

typedef struct score {
    int gradients, failed;
    bool broken; /* a function could not be called */
} score;

static bool check_function(const options *o, const ad_module *m, const ad_function *f, const value_list *values,
                           score *total)
{
    call c;
    if (!find_inputs(o, &c, m, f, values))
        return false;
    double at = tensor_get(&c.out[0], 0);
    for (int i = c.inputs; i < f->arg_count; i++) {
        outcome worst;
        if (f->args[i].role != AD_GRADIENT)
            continue;
        check k = {.o = o, .c = &c, .arg = i, .input = &c.in[f->args[i].gradient_of]};
        k.unit = is_single(f) ? FLT_EPSILON : DBL_EPSILON;
        k.tolerance = is_single(f) ? tolerance_f32 : tolerance;
        if (!call_run(&c) || !check_gradient(&k, at, &worst))
            return false;
        total->gradients++;
        total->failed += !tell(&k, &worst);
    }
    return true;
}

static bool has_gradient(const ad_function *f)
{
    for (int i = 0; i < f->arg_count; i++)
        if (f->args[i].role == AD_GRADIENT)
            return true;
    return false;
}

/* name NULL: all functions; else the gradient of that name, or of the function of that name. */
static bool is_wanted(const ad_function *f, const char *name)
{
    bool named = !name || !strcmp(f->name, name) || (f->primal && !strcmp(f->primal, name));
    return named && has_gradient(f);
}

/* Values of names that none of the functions takes are errors. */
static bool check_names(const options *o, const ad_module *m, const char *name, const value_list *values)
{
    for (int i = 0; i < values->n; i++) {
        bool taken = false;
        call c;
        for (int k = 0; k < m->function_count && !taken; k++)
            if (is_wanted(&m->functions[k], name)) {
                call_init(&c, o->mem, &o->report, m, &m->functions[k]);
                taken = call_takes(&c, values->data[i].name);
            }
        if (!taken) {
            call_unknown(&c, values->data[i].name);
            return false;
        }
    }
    return true;
}

static bool any_wanted(const options *o, const ad_module *m, const char *name)
{
    for (int i = 0; i < m->function_count; i++)
        if (is_wanted(&m->functions[i], name))
            return true;
    if (name && !call_find(&o->report, m, name))
        return false;
    if (name)
        report_error(&o->report, "the model exports no gradient of '%s'", name);
    else
        report_error(&o->report, "the model exports no gradient");
    report_hint(&o->report, "add 'export grad %s wrt x;' with the names of its arguments", name ? name : "f");
    return false;
}

static exit_code check_module(const options *o, const ad_module *m, const char *name, const value_list *values)
{
    score total = {0};
    if (!any_wanted(o, m, name) || !check_names(o, m, name, values))
        return EXIT_PROGRAM;
    for (int i = 0; i < m->function_count; i++)
        if (is_wanted(&m->functions[i], name)) {
            fflush(stdout);
            total.broken |= !check_function(o, m, &m->functions[i], values, &total);
        }
    printf("%d gradient%s checked, %d failed\n", total.gradients, total.gradients == 1 ? "" : "s", total.failed);
    fflush(stdout);
    if (total.failed)
        report_error(&o->report, "%d gradient%s differ%s from finite differences by more than %g", total.failed,
                     total.failed == 1 ? "" : "s", total.failed == 1 ? "s" : "", tolerance);
    return total.broken || total.failed ? EXIT_PROGRAM : EXIT_OK;
}

exit_code cmd_gradcheck(const options *o)
{
    options f64 = *o;
    loaded made;
    value_list values = {0};
    if (o->compile.emit)
        return emit_stage(o, "-");
    const char *name = options_operand(o, 1);
    if (name && strchr(name, '='))
        name = NULL;
    int first = name ? 2 : 1;
    exit_code code = call_check_words(o->operands.data + first, o->operands.n - first, &o->report);
    f64.compile.real = ELEM_F64;
    if (!code)
        code = cache_load(&f64, (choice){name, true}, &made);
    if (code)
        return code;
    if (!call_parse(o->mem, &o->report, o->operands.data + first, o->operands.n - first, &values))
        return EXIT_PROGRAM;
    return check_module(&f64, made.table, name, &values);
}
