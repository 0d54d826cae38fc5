/* Compiles a small program of sums over pairs, one per sort of operation, times it, and solves for what one operation
 * of each sort takes: the sums are in an order in which each has one sort that those before it have not.
 *
 * So the rates are those of adc's own loops with this compiler, on this machine, with these threads. */
#include "driver/machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/cache.h"
#include "driver/files.h"
#include "driver/inputs.h"
#include "driver/timing.h"

static const char source_text[] =
    "export fn flops(x: real[N], y: real[N]) -> (a: real[N]) {\n"
    "    let d[i, j] = (x[i] - y[j])^2;\n"
    "    let a[i] = sum[j](((((d[i, j] * 0.1 + 0.2) * d[i, j] + 0.3) * d[i, j] + 0.4) * d[i, j] + 0.5) * d[i, j]);\n"
    "    return a;\n}\n"
    "export fn roots(x: real[N], y: real[N]) -> (a: real[N]) {\n"
    "    let a[i] = sum[j](1 / (1 + (x[i] - y[j])^2));\n"
    "    return a;\n}\n"
    "export fn exps(x: real[N], y: real[N]) -> (a: real[N]) {\n"
    "    let a[i] = sum[j](exp(-(x[i] - y[j])^2));\n"
    "    return a;\n}\n"
    "export fn calls(x: real[N], y: real[N]) -> (a: real[N]) {\n"
    "    let a[i] = sum[j](log(1 + (x[i] - y[j])^2));\n"
    "    return a;\n}\n"
    "export fn bytes(x: real[N], s: real) -> (y: real[N]) = s * x;\n";

enum { PAIR_SIZE = 2000, MEMORY_SIZE = 8000000, MEASURED = COST_SORTS, ATTEMPTS = 3 };

/* The functions in order, and the sort that each adds; the last one is for memory. */
static const struct {
    const char *name;
    cost_sort sort;
    int64_t size;
} measured[MEASURED] = {
    {"flops", COST_FLOPS, PAIR_SIZE}, {"roots", COST_ROOTS, PAIR_SIZE},   {"exps", COST_EXPS, PAIR_SIZE},
    {"calls", COST_CALLS, PAIR_SIZE}, {"bytes", COST_OTHER, MEMORY_SIZE},
};

static const double measure_seconds = 0.05;

int machine_threads(void)
{
    const char *given = getenv("OMP_NUM_THREADS");
    int n = given ? atoi(given) : 0;
    return n > 0 ? n : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* Solving. */

/* time: of one call of a function that does this work. Only what is known already may be in it besides sort. False when
 * the known work alone would have taken longer: something disturbed the measurement. Then an operation of the sort is
 * taken to last as long as a flop. */
static bool solve_rate(machine *m, const work *w, cost_sort sort, double time)
{
    double known = 0.0, unknown = w->counts[sort];
    for (int s = 0; s < COST_SORTS; s++)
        known += s == (int)sort ? 0.0 : w->counts[s] * m->seconds[s];
    if (sort == COST_FLOPS) {
        unknown += w->counts[COST_OTHER];
        known = 0.0;
    }
    double flop = sort == COST_FLOPS ? 0.0 : m->seconds[COST_FLOPS];
    m->seconds[sort] = fmax((time - known) / unknown, flop);
    if (sort == COST_FLOPS)
        m->seconds[COST_OTHER] = m->seconds[COST_FLOPS];
    return time > known;
}

/* From the shortest sample of each function. */
static bool solve(machine *m, const timing_list *all)
{
    bool consistent = true;
    for (int i = 0; i < MEASURED; i++) {
        const timing *t = &all->data[i];
        if (measured[i].sort == COST_OTHER)
            m->byte_seconds = t->samples.data[0] / (t->work.read + t->work.written);
        else
            consistent &= solve_rate(m, &t->work, measured[i].sort, t->samples.data[0]);
    }
    return consistent;
}

/* Measuring. */

static bool add_function(const options *o, const loaded *made, int i, timing_list *all)
{
    const nest_module *nests = &made->generated.nests;
    timing t = {0};
    const ad_function *f = call_find(&o->report, made->table, measured[i].name);
    if (!f)
        return false;
    call_init(&t.c, o->mem, &o->report, made->table, f);
    call_define(&t.c, "N", measured[i].size);
    if (!inputs_random(&t.c, 0) || !call_allocate(&t.c))
        return false;
    t.workspace_size = f->workspace(t.c.sizes, t.c.in_data);
    t.workspace = ad_allocate(t.workspace_size + !t.workspace_size);
    figure_sizes sizes = figures_of_call(&t.c);
    for (int k = 0; k < nests->fns.n; k++)
        if (!strcmp(nests->fns.data[k]->face->name, measured[i].name)) {
            kernel_list kernels = loops_kernels(o->mem, nests->fns.data[k]);
            t.work = work_of(&sizes, &kernels);
        }
    vec_push(o->mem, all, t);
    return t.workspace != NULL;
}

static exit_code measure(const options *o, const loaded *made, machine *m)
{
    timing_list all = {0};
    bool ok = true;
    for (int i = 0; i < MEASURED && ok; i++)
        ok = add_function(o, made, i, &all);
    bool consistent = false;
    for (int i = 0; i < ATTEMPTS && ok && !consistent; i++) {
        ok = timing_measure(o->mem, &all, measure_seconds, 0);
        consistent = ok && solve(m, &all);
    }
    for (int i = 0; i < all.n; i++)
        ad_release(all.data[i].workspace);
    return ok ? EXIT_OK : EXIT_PROGRAM;
}

/* The cache. */

static bool read_machine(arena *mem, const char *path, machine *m)
{
    bytes file;
    if (!file_read(mem, path, &file))
        return false;
    char *at = file.data, *end;
    for (int i = 0; i <= COST_SORTS; i++, at = end) {
        double x = strtod(at, &end);
        if (end == at || !(x >= 0.0))
            return false;
        *(i < COST_SORTS ? &m->seconds[i] : &m->byte_seconds) = x;
    }
    return true;
}

static void write_machine(const options *o, const char *path, const machine *m)
{
    text t;
    text_init(&t, o->mem);
    for (int i = 0; i <= COST_SORTS; i++)
        text_addf(&t, "%.17g\n", i < COST_SORTS ? m->seconds[i] : m->byte_seconds);
    files_write(o->mem, &o->report, 1, &(out_file){path, text_str(&t), t.n});
}

/* The program, compiled and loaded. Its file stays in the cache folder: generated C says where it comes from. */
static exit_code load(const options *o, loaded *made)
{
    options own = *o;
    const char *folder = cache_folder(o->mem), *path = arena_printf(o->mem, "%s/machine.ad", folder ? folder : ".");
    if (!folder) {
        report_error(&o->report, "no cache folder can be written");
        return EXIT_PROGRAM;
    }
    if (!files_write(o->mem, &o->report, 1, &(out_file){path, source_text, sizeof source_text - 1}))
        return EXIT_PROGRAM;
    own.operands.n = own.operands.cap = 0;
    vec_push(o->mem, &own.operands, path);
    own.compile.defines.n = 0;
    return cache_load(&own, (choice){0}, made);
}

exit_code machine_measure(const options *o, machine *m)
{
    loaded made;
    *m = (machine){0};
    exit_code code = load(o, &made);
    if (code)
        return code;
    m->threads = made.parallel ? machine_threads() : 1;
    const char *kept = arena_printf(o->mem, "%s.%d.rates", made.path, m->threads);
    if (read_machine(o->mem, kept, m))
        return EXIT_OK;
    report_note(&o->report, "measuring this machine");
    code = measure(o, &made, m);
    if (!code)
        write_machine(o, kept, m);
    return code;
}

/* Predicting. */

static bool is_parallel(const kernel_cost *k)
{
    for (int i = 0; i < k->axes.n; i++)
        if (k->axes.data[i].parallel)
            return true;
    return false;
}

double machine_predict(const machine *m, const figure_sizes *sizes, const kernel_cost *k)
{
    double compute = 0.0, memory = (figure(sizes, k->read) + figure(sizes, k->written)) * m->byte_seconds;
    for (int s = 0; s < COST_SORTS; s++)
        compute += figure_quantity(sizes, k->once.of[s]) * m->seconds[s];
    if (!is_parallel(k))
        compute *= m->threads;
    return figure_quantity(sizes, k->times) * (compute > memory || isnan(compute) ? compute : memory);
}
