/* Sums a function's kernels for given sizes, in floating point: no size is too large. */
#include "driver/figures.h"

#include <math.h>
#include <string.h>

figure_sizes figures_of_call(const call *c)
{
    figure_sizes list = {0};
    for (int i = 0; i < c->f->size_count; i++)
        vec_push(c->mem, &list, (figure_size){c->f->sizes[i], c->sizes[i]});
    for (int i = 0; i < c->inputs; i++)
        if (c->f->args[i].rank == 0 && c->f->args[i].type == AD_INT64)
            vec_push(c->mem, &list, (figure_size){c->f->args[i].name, *(const int64_t *)c->in[i].data});
    return list;
}

static double atom_value(const figure_sizes *sizes, const char *atom)
{
    for (int i = 0; i < sizes->n; i++)
        if (!strcmp(sizes->data[i].name, atom))
            return (double)sizes->data[i].value;
    return NAN;
}

double figure(const figure_sizes *sizes, const extent *e)
{
    double sum = 0.0;
    for (int i = 0; i < e->n; i++) {
        double product = (double)e->terms[i].coef;
        for (int k = 0; k < e->terms[i].degree; k++) {
            const extent *inside = extent_positive_of(e->pool, e->terms[i].atoms[k]);
            double factor = inside ? figure(sizes, inside) : atom_value(sizes, e->terms[i].atoms[k]);
            product *= inside && factor < 0.0 ? 0.0 : factor;
        }
        sum += product;
    }
    return sum;
}

figure_sizes figures_within(arena *mem, const figure_sizes *sizes, const nest_fn *f)
{
    figure_sizes all = {0};
    for (int i = 0; i < sizes->n; i++)
        vec_push(mem, &all, sizes->data[i]);
    for (int i = 0; i < f->shares.n; i++) {
        const size_share *s = &f->shares.data[i];
        double whole = figure(&all, s->all), one = figure(&all, s->one), most = figure(&all, s->most);
        if (isnan(whole + one + most))
            continue;
        int64_t share = size_share_value(s->least, (int64_t)whole, (int64_t)one, (int64_t)most);
        vec_push(mem, &all, (figure_size){s->name, share});
    }
    return all;
}

double figure_quantity(const figure_sizes *sizes, quantity n)
{
    return figure(sizes, n.eighths) / QUANTITY_PARTS;
}

work work_of(const figure_sizes *sizes, const kernel_list *kernels)
{
    work w = {0};
    for (int i = 0; i < kernels->n; i++) {
        const kernel_cost *k = &kernels->data[i];
        w.is_limit |= kernel_is_limited(k);
        double times = figure_quantity(sizes, k->times), pairs = times * figure_quantity(sizes, k->pairs);
        for (int s = 0; s < COST_SORTS; s++)
            w.counts[s] += times * figure_quantity(sizes, k->once.of[s]);
        w.read += times * figure(sizes, k->read);
        w.written += times * figure(sizes, k->written);
        if (pairs > w.pairs || isnan(pairs)) {
            w.pairs = pairs;
            w.is_pairs = k->pair_axes > 1 && k->reduces;
        }
    }
    return w;
}

double work_flops(const work *w)
{
    return w->counts[COST_FLOPS] + w->counts[COST_ROOTS] + w->counts[COST_EXPS] + w->counts[COST_CALLS];
}
