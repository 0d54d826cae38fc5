/* The launches of a GPU's kernels: how many blocks of how many threads.
 *
 * Reads the statements of the host; a launch belongs to the kernel of the line that it was made of, one without a line
 * to that of the launch before. Numbers are told where all sizes are known. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "driver/explain.h"

typedef struct walk {
    arena *mem;
    explained_fn *f;
    explained_kernel *kernel; /* of the launches that come */
    launch_conditions around;
} walk;

/* ---- values ---- */

static double value_of_point(const figure_sizes *sizes, const lexpr *e)
{
    double x[3] = {NAN, NAN, NAN};
    for (int i = 0; i < e->nargs && i < 3; i++)
        x[i] = launch_value(sizes, e->args[i]);
    switch (e->op) {
    case OP_ADD:
        return x[0] + x[1];
    case OP_SUB:
        return x[0] - x[1];
    case OP_MUL:
        return x[0] * x[1];
    case OP_IDIV:
        return floor(x[0] / x[1]);
    case OP_IMOD:
        return x[0] - x[1] * floor(x[0] / x[1]);
    case OP_MIN:
        return isnan(x[0] + x[1]) ? NAN : fmin(x[0], x[1]);
    case OP_MAX:
        return isnan(x[0] + x[1]) ? NAN : fmax(x[0], x[1]);
    case OP_LT:
        return isnan(x[0] + x[1]) ? NAN : x[0] < x[1];
    case OP_LE:
        return isnan(x[0] + x[1]) ? NAN : x[0] <= x[1];
    case OP_AND:
        return x[0] == 0.0 || x[1] == 0.0 ? 0.0 : x[0] * x[1];
    default:
        return NAN;
    }
}

double launch_value(const figure_sizes *sizes, const lexpr *e)
{
    switch (e->kind) {
    case LX_CONST:
        return elem_is_float(e->elem) ? e->number : (double)e->integer;
    case LX_SIZE:
        return figure(sizes, e->extent);
    case LX_LOAD:
        for (int i = 0; i < sizes->n && e->buffer->kind == BUF_INPUT; i++)
            if (!strcmp(sizes->data[i].name, e->buffer->name))
                return (double)sizes->data[i].value;
        return NAN;
    case LX_POINT:
        return value_of_point(sizes, e);
    default:
        return NAN;
    }
}

/* ---- walking ---- */

static int64_t shared_bytes(const lstmt_list *body)
{
    int64_t sum = 0;
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        sum += shared_bytes(&s->body) + shared_bytes(&s->other);
        if (s->kind != LS_ARRAY || s->buffer->kind != BUF_SHARED)
            continue;
        int64_t bytes = cost_bytes(s->buffer->elem), n = 1;
        for (int k = 0; k < s->buffer->rank; k++)
            bytes *= extent_is_const(s->buffer->extents[k], &n) ? n : 1;
        sum += bytes;
    }
    return sum;
}

static void add_launch(walk *w, const lstmt *s)
{
    for (int i = 0; i < w->f->kernels.n && s->text; i++)
        if (w->f->kernels.data[i].cost->text == s->text)
            w->kernel = &w->f->kernels.data[i];
    if (!w->kernel)
        return;
    explained_launch l = {.kernel = s, .shared = shared_bytes(&s->body)};
    for (int i = 0; i < w->around.n; i++) {
        const launch_condition *c = &w->around.data[i];
        double known = launch_value(&w->f->sizes, c->e);
        if (!isnan(known) && (known != 0.0) != c->holds)
            return;
        if (isnan(known))
            vec_push(w->mem, &l.conditions, *c);
    }
    vec_push(w->mem, &w->kernel->launches, l);
}

static void add_all(walk *w, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_KERNEL || (s->kind == LS_CALL && s->routine == routine_row(ROUTINE_SORT))) {
            add_launch(w, s);
        } else if (s->kind == LS_FOR) {
            add_all(w, &s->body);
        } else if (s->kind == LS_IF) {
            vec_push(w->mem, &w->around, (launch_condition){s->e, true});
            add_all(w, &s->body);
            w->around.data[w->around.n - 1].holds = false;
            add_all(w, &s->other);
            w->around.n--;
        }
    }
}

void explain_launches(arena *mem, explained_fn *f)
{
    walk w = {.mem = mem, .f = f, .kernel = f->kernels.n ? &f->kernels.data[0] : NULL};
    add_all(&w, &f->fn->body);
}

/* ---- words ---- */

static const lexpr *divided(const lexpr *e, int64_t *by)
{
    bool rounded = e->kind == LX_POINT && e->op == OP_IDIV && e->args[1]->kind == LX_CONST &&
                   e->args[0]->kind == LX_POINT && e->args[0]->op == OP_ADD && e->args[0]->args[1]->kind == LX_CONST &&
                   e->args[0]->args[1]->integer == e->args[1]->integer - 1;
    *by = rounded ? e->args[1]->integer : 1;
    return rounded ? e->args[0]->args[0] : e;
}

const char *launch_blocks(arena *mem, const figure_sizes *sizes, const lexpr *e)
{
    int64_t by;
    double known = launch_value(sizes, e);
    text t;
    text_init(&t, mem);
    if (!isnan(known)) {
        text_addf(&t, "%.0f", known);
        return text_str(&t);
    }
    loops_print_expr(&t, divided(e, &by));
    return by > 1 ? arena_printf(mem, "%s/%" PRId64 " rounded up", text_str(&t), by) : text_str(&t);
}
