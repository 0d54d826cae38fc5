/* Prints an explanation for people: a block of rows per kernel. A formula is followed by its value when that is known.
 */
#include <math.h>
#include <string.h>

#include "driver/explain.h"
#include "driver/units.h"

enum { HOISTED_SHOWN = 6 };

static const struct {
    const char *one, *many;
} sort_names[COST_SORTS] = {
    [COST_FLOPS] = {"flop", "flops"},
    [COST_ROOTS] = {"division or root", "divisions and roots"},
    [COST_EXPS] = {"exp", "exps"},
    [COST_CALLS] = {"other function", "other functions"},
};

static void row(text *t, const char *label)
{
    text_addf(t, "    %-12s", label);
}

static bool is_number(const char *formula)
{
    return !formula[strspn(formula, "0123456789")];
}

/* "8*N bytes" */
static void add_unit(text *t, const char *formula, const char *one, const char *many)
{
    text_addf(t, "%s%s%s", formula, *many ? " " : "", strcmp(formula, "1") ? many : one);
}

/* "8*N bytes = 78.1 KiB" */
static void add_bytes(text *t, const figure_sizes *sizes, const extent *x)
{
    const char *formula = extent_str(t->mem, x);
    double known = figure(sizes, x);
    add_unit(t, formula, "byte", "bytes");
    if (isfinite(known) && !is_number(formula))
        text_addf(t, " = %s", units_bytes(t->mem, known));
}

/* "N*N exps = 1e+08" */
static void add_quantity(text *t, const figure_sizes *sizes, quantity n, const char *one, const char *many)
{
    const char *formula = quantity_str(t->mem, n);
    double known = figure_quantity(sizes, n);
    add_unit(t, formula, one, many);
    if (isfinite(known) && !is_number(formula))
        text_addf(t, " = %s", units_count(t->mem, known));
}

static void add_counts(text *t, const figure_sizes *sizes, const op_counts *counts)
{
    const char *separator = "";
    for (int i = 0; i < COST_OTHER; i++) {
        if (!counts->of[i].eighths->n)
            continue;
        text_add(t, separator);
        add_quantity(t, sizes, counts->of[i], sort_names[i].one, sort_names[i].many);
        separator = ", ";
    }
    text_add(t, *separator ? "\n" : "no arithmetic\n");
}

static void add_shape(text *t, const buffer *b)
{
    static const char *const elems[] = {
        [ELEM_F32] = "f32", [ELEM_F64] = "f64", [ELEM_INT] = "int", [ELEM_BOOL] = "bool"};
    text_addf(t, "%s: %s", b->name, elems[b->elem]);
    for (int i = 0; i < b->rank; i++) {
        text_add(t, i ? ", " : "[");
        extent_print(t, b->extents[i]);
    }
    text_add(t, b->rank ? "]" : "");
}

static void print_outputs(text *t, const figure_sizes *sizes, const kernel_cost *k)
{
    const char *label = "computes";
    for (int i = 0; i < k->uses.n; i++) {
        const buffer_use *u = &k->uses.data[i];
        if (!u->written)
            continue;
        row(t, label);
        add_shape(t, u->buffer);
        if (u->buffer->kind != BUF_RESULT) {
            text_add(t, ", stored: ");
            add_bytes(t, sizes, extent_scale(u->entries, cost_bytes(u->buffer->elem)));
        }
        text_add(t, "\n");
        label = "";
    }
    if (*label) {
        row(t, label);
        text_add(t, "nothing: it checks the data\n");
    }
}

/* What a loop is to its kernel: rows have entries of the outputs, over others is reduced. */
static const char *role(const kernel_cost *k, int axis)
{
    if (axis >= k->pair_axes)
        return ", inside a pair";
    return k->reduces && axis == k->pair_axes - 1 ? ", reduced" : "";
}

static void print_axes(text *t, const figure_sizes *sizes, const kernel_cost *k)
{
    if (k->axes.n == 0)
        return;
    row(t, "axes");
    for (int i = 0; i < k->axes.n; i++) {
        const kernel_axis *a = &k->axes.data[i];
        text_addf(t, "%s%s: %s", i ? "; " : "", a->loop->temp->name,
                  a->length.kind == LENGTH_UNKNOWN ? "by the data, say " : "");
        add_quantity(t, sizes, a->length.indices, "", "");
        text_add(t, a->length.kind == LENGTH_MEAN ? " in the mean" : "");
        text_addf(t, "%s%s%s", a->parallel ? ", parallel" : "", a->lanes ? ", in vector lanes" : "", role(k, i));
    }
    text_add(t, "\n");
}

static void print_around(text *t, const figure_sizes *sizes, const kernel_cost *k)
{
    if (k->around.n == 0)
        return;
    row(t, "runs");
    text_add(t, kernel_is_limited(k) ? "at most " : "");
    add_quantity(t, sizes, k->times, "time", "times");
    text_add(t, ", in the loop");
    for (int i = 0; i < k->around.n; i++)
        text_addf(t, "%s %s", i ? "," : k->around.n > 1 ? "s over" : " over", k->around.data[i]->temp->name);
    text_add(t, "\n");
}

static void print_fused(text *t, const explained_kernel *k)
{
    if (k->fused.n == 0)
        return;
    row(t, "fused");
    for (int i = 0; i < k->fused.n; i++)
        text_addf(t, "%s%s", i ? ", " : "", k->fused.data[i]);
    text_add(t, "\n");
}

static void print_hoisted(text *t, const explained_kernel *k)
{
    const char *label = "hoisted";
    for (int i = 0; i < k->hoisted.n; i++) {
        const hoisted *h = &k->hoisted.data[i];
        row(t, label);
        text_add(t, h->axis ? arena_printf(t->mem, "once per %s: ", h->axis->loop->temp->name) : "once: ");
        for (int n = 0; n < h->expressions.n && n < HOISTED_SHOWN; n++)
            text_addf(t, "%s%s", n ? ", " : "", h->expressions.data[n]);
        if (h->expressions.n > HOISTED_SHOWN)
            text_addf(t, " and %d more", h->expressions.n - HOISTED_SHOWN);
        text_add(t, "\n");
        label = "";
    }
}

static void print_costs(text *t, const figure_sizes *sizes, const kernel_cost *k)
{
    bool pairs = k->pair_axes > 1 && k->reduces;
    if (k->pair_axes) {
        row(t, pairs ? "pairs" : "elements");
        add_quantity(t, sizes, k->pairs, "", "");
        text_add(t, "\n");
        row(t, pairs ? "per pair" : "per element");
        add_counts(t, sizes, &k->per_pair);
    }
    if (k->pair_axes) {
        row(t, "in all");
        add_counts(t, sizes, &k->once);
    }
    row(t, "memory");
    text_add(t, "reads ");
    add_bytes(t, sizes, k->read);
    text_add(t, ", writes ");
    add_bytes(t, sizes, k->written);
    text_add(t, "\n");
}

/* Routines of libraries, in a branch or not, but not those for which loops may stand: products. */
static bool add_calls(text *t, const lstmt_list *body, bool any)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_IF && !s->either)
            any = add_calls(t, &s->body, any);
        if (s->kind != LS_CALL)
            continue;
        if (!any)
            row(t, "calls");
        text_addf(t, "%s%s", any ? ", " : "", s->routine->name);
        any = true;
    }
    return any;
}

static bool print_calls(text *t, const kernel_cost *k)
{
    bool any = add_calls(t, &k->body, false);
    text_add(t, any ? "\n" : "");
    return any;
}

static void add_conditions(text *t, const launch_conditions *all)
{
    for (int i = 0; i < all->n; i++) {
        text_add(t, i ? " and " : all->data[i].holds ? ", if " : ", unless ");
        loops_print_expr(t, all->data[i].e);
    }
}

static void print_launches(text *t, const figure_sizes *sizes, const explained_kernel *k)
{
    for (int i = 0; i < k->launches.n; i++) {
        const explained_launch *l = &k->launches.data[i];
        const lstmt *s = l->kernel;
        if (s->kind == LS_CALL) {
            row(t, s->routine->name);
            text_addf(t, "%s ints\n", extent_str(t->mem, s->sizes[0]));
            continue;
        }
        row(t, arena_printf(t->mem, "kernel %d", s->arg));
        text_add(t, launch_blocks(t->mem, sizes, s->lo));
        double splits = s->hi ? launch_value(sizes, s->hi) : 1.0;
        if (isnan(splits))
            text_add(t, " x splits by the sizes,");
        else if (splits > 1.0)
            text_addf(t, " x %.0f", splits);
        text_addf(t, " blocks of %lld", (long long)s->step);
        if (s->most > 1)
            text_addf(t, ", %lld rows of a thread", (long long)s->most);
        if (l->shared > 0)
            text_addf(t, ", %s shared", units_bytes(t->mem, (double)l->shared));
        add_conditions(t, &l->conditions);
        text_add(t, "\n");
    }
}

static void print_kernel(text *t, const figure_sizes *sizes, const explained_kernel *k)
{
    text_add(t, "\n  ");
    if (k->place)
        text_addf(t, "%s: %s\n", k->place, k->code);
    else
        text_addf(t, "%s\n", k->cost->text ? k->cost->text : "copies");
    print_outputs(t, sizes, k->cost);
    bool calls = print_calls(t, k->cost);
    print_axes(t, sizes, k->cost);
    print_around(t, sizes, k->cost);
    print_fused(t, k);
    print_hoisted(t, k);
    if (k->cost->pair_axes > 1 && k->cost->reduces) {
        row(t, "symmetry");
        text_addf(t, "%s\n", kernel_symmetry(k->cost) ? kernel_symmetry(k->cost) : "none");
    }
    if (calls && !k->cost->pair_axes) {
        row(t, "in all");
        add_counts(t, sizes, &k->cost->once);
    }
    print_costs(t, sizes, k->cost);
    print_launches(t, sizes, k);
    if (isfinite(k->seconds)) {
        row(t, "predicted");
        text_addf(t, "%s%s\n", kernel_is_limited(k->cost) ? "at most " : "", units_time(t->mem, k->seconds));
    }
}

static void print_loop(text *t, const figure_sizes *sizes, const explained_loop *l)
{
    const kept_loop *k = l->kept;
    double slots = figure(sizes, k->slots);
    text_addf(t, "\n  loop over %s%s%s\n", k->index, k->where ? ", " : "", k->where ? k->where : "");
    row(t, "keeps");
    text_addf(t, "%s: %s states of ", checkpoint_text(t->mem, k->choice), extent_str(t->mem, k->slots));
    add_bytes(t, sizes, k->bytes);
    double bytes = slots * figure(sizes, k->bytes);
    if (isfinite(bytes))
        text_addf(t, ", %.0f of them: %s", slots, units_bytes(t->mem, bytes));
    text_add(t, "\n");
    if (isnan(l->again))
        return;
    row(t, "passes");
    text_addf(t, "%s%.0f, %.0f run again; gradient/value about %.3g\n", k->conditional ? "at most " : "",
              figure(sizes, k->passes), l->again, l->ratio);
}

static void print_distance(text *t, const told_distance *d)
{
    text_addf(t, "\n  distances in %s\n", d->where);
    row(t, "form");
    text_add(t, d->expanded ? "|x|^2 + |y|^2 - 2 x.y\n" : "|x - y|^2; with --math=fast |x|^2 + |y|^2 - 2 x.y\n");
    if (!d->expanded)
        return;
    row(t, "error");
    const char *factor = extent_str(t->mem, d->error);
    text_addf(t, is_number(factor) ? "at most %s" : "at most (%s)", factor);
    text_addf(t, " * 2^-%d R^2, R the greatest distance of a point from the mean of the y\n",
              d->elem == ELEM_F32 ? 24 : 53);
}

static bool is_limited(const explained_fn *f)
{
    for (int i = 0; i < f->kernels.n; i++)
        if (kernel_is_limited(f->kernels.data[i].cost))
            return true;
    return false;
}

static void print_function(text *t, const explained_fn *f)
{
    const interface_fn *face = f->fn->face;
    const char *where = face->where ? face->where : "", *slash = strrchr(where, '/');
    text_addf(t, "%s, %s\n", face->name, slash ? slash + 1 : where);
    for (int i = 0; i < f->kernels.n; i++)
        print_kernel(t, &f->sizes, &f->kernels.data[i]);
    for (int i = 0; i < f->loops.n; i++)
        print_loop(t, &f->sizes, &f->loops.data[i]);
    for (int i = 0; i < f->fn->distances.n; i++)
        print_distance(t, &f->fn->distances.data[i]);
    text_addf(t, "\n  workspace    %s bytes", face->workspace_formula);
    if (isfinite(f->workspace) && f->fn->nslots)
        text_addf(t, " = %s", units_bytes(t->mem, f->workspace));
    text_add(t, "\n");
    if (isfinite(f->seconds))
        text_addf(t, "  predicted    %s%s\n", is_limited(f) ? "at most " : "", units_time(t->mem, f->seconds));
}

static const char *rate(arena *mem, double seconds)
{
    return seconds > 0.0 ? arena_printf(mem, "%.3g", 1e-9 / seconds) : "many";
}

static void print_machine(text *t, const machine *m)
{
    arena *mem = t->mem;
    text_addf(t,
              "\nPredicted with rates that adc's own loops reached on this machine with %d thread%s, measured once:\n",
              m->threads, m->threads == 1 ? "" : "s");
    text_addf(t, "%s Gflop/s, %s G divisions or roots/s, %s Gexp/s, %s G other functions/s, %s GB/s of memory.\n",
              rate(mem, m->seconds[COST_FLOPS]), rate(mem, m->seconds[COST_ROOTS]), rate(mem, m->seconds[COST_EXPS]),
              rate(mem, m->seconds[COST_CALLS]), rate(mem, m->byte_seconds));
}

void explain_text(text *t, const explanation *e)
{
    for (int i = 0; i < e->fns.n; i++) {
        text_add(t, i ? "\n" : "");
        print_function(t, &e->fns.data[i]);
    }
    if (e->has_machine)
        print_machine(t, &e->machine);
}
