/* Prints an explanation as one JSON object. A formula is {"formula": text, "value": number or null}. */
#include <math.h>

#include "driver/explain.h"

static const char *const sort_names[COST_SORTS] = {
    [COST_FLOPS] = "flops", [COST_ROOTS] = "roots", [COST_EXPS] = "exps",
    [COST_CALLS] = "calls", [COST_OTHER] = "other",
};

static void add_key(text *t, const char *key)
{
    text_addf(t, "\"%s\": ", key);
}

static void add_number(text *t, double x)
{
    if (isfinite(x))
        text_addf(t, "%.17g", x);
    else
        text_add(t, "null");
}

static void add_string(text *t, const char *s)
{
    if (s)
        print_json_string(t, s);
    else
        text_add(t, "null");
}

static void add_formula(text *t, const figure_sizes *sizes, const extent *x)
{
    text_add(t, "{\"formula\": ");
    print_json_string(t, extent_str(t->mem, x));
    text_add(t, ", \"value\": ");
    add_number(t, figure(sizes, x));
    text_add(t, "}");
}

static void add_quantity(text *t, const figure_sizes *sizes, quantity n)
{
    text_add(t, "{\"formula\": ");
    print_json_string(t, quantity_str(t->mem, n));
    text_add(t, ", \"value\": ");
    add_number(t, figure_quantity(sizes, n));
    text_add(t, "}");
}

static void add_counts(text *t, const figure_sizes *sizes, const op_counts *counts)
{
    text_add(t, "{");
    for (int i = 0; i < COST_SORTS; i++) {
        text_add(t, i ? ", " : "");
        add_key(t, sort_names[i]);
        add_quantity(t, sizes, counts->of[i]);
    }
    text_add(t, "}");
}

static void add_strings(text *t, int n, const char *const *strings)
{
    text_add(t, "[");
    for (int i = 0; i < n; i++) {
        text_add(t, i ? ", " : "");
        print_json_string(t, strings[i]);
    }
    text_add(t, "]");
}

static void add_buffers(text *t, const figure_sizes *sizes, const kernel_cost *k)
{
    static const char *const kinds[] = {
        [BUF_INPUT] = "input",     [BUF_RESULT] = "result", [BUF_WORKSPACE] = "workspace",
        [BUF_SCRATCH] = "scratch", [BUF_LOCAL] = "local",
    };
    text_add(t, "[");
    for (int i = 0; i < k->uses.n; i++) {
        const buffer_use *u = &k->uses.data[i];
        text_add(t, i ? ", {\"name\": " : "{\"name\": ");
        print_json_string(t, u->buffer->name);
        text_addf(t, ", \"kind\": \"%s\", \"read\": %s, \"written\": %s, \"bytes\": ", kinds[u->buffer->kind],
                  u->read ? "true" : "false", u->written ? "true" : "false");
        add_formula(t, sizes, extent_scale(u->entries, cost_bytes(u->buffer->elem)));
        text_add(t, "}");
    }
    text_add(t, "]");
}

static void add_axes(text *t, const figure_sizes *sizes, const kernel_cost *k)
{
    text_add(t, "[");
    for (int i = 0; i < k->axes.n; i++) {
        const kernel_axis *a = &k->axes.data[i];
        text_add(t, i ? ", {\"name\": " : "{\"name\": ");
        print_json_string(t, a->loop->temp->name);
        text_add(t, ", \"length\": ");
        add_quantity(t, sizes, a->length.indices);
        text_addf(t, ", \"known\": %s, \"parallel\": %s, \"lanes\": %s, \"inside_pair\": %s}",
                  a->length.kind != LENGTH_UNKNOWN ? "true" : "false", a->parallel ? "true" : "false",
                  a->lanes ? "true" : "false", i >= k->pair_axes ? "true" : "false");
    }
    text_add(t, "]");
}

static void add_hoisted(text *t, const explained_kernel *k)
{
    text_add(t, "[");
    for (int i = 0; i < k->hoisted.n; i++) {
        const hoisted *h = &k->hoisted.data[i];
        text_add(t, i ? ", {\"per\": " : "{\"per\": ");
        add_string(t, h->axis ? h->axis->loop->temp->name : NULL);
        text_add(t, ", \"expressions\": ");
        add_strings(t, h->expressions.n, h->expressions.data);
        text_add(t, "}");
    }
    text_add(t, "]");
}

static void add_launches(text *t, const figure_sizes *sizes, const explained_kernel *k)
{
    text_add(t, "[");
    for (int i = 0; i < k->launches.n; i++) {
        const explained_launch *l = &k->launches.data[i];
        const lstmt *s = l->kernel;
        if (s->kind == LS_CALL) {
            text_addf(t, "%s{\"%s\": ", i ? ", " : "", s->routine->name);
            add_formula(t, sizes, s->sizes[0]);
            text_add(t, "}");
            continue;
        }
        text_addf(t, "%s{\"kernel\": %d, \"blocks\": ", i ? ", " : "", s->arg);
        add_number(t, launch_value(sizes, s->lo));
        text_add(t, ", \"splits\": ");
        add_number(t, s->hi ? launch_value(sizes, s->hi) : 1.0);
        text_addf(t, ", \"threads\": %lld, \"rows\": %lld, \"shared\": %lld}", (long long)s->step,
                  (long long)(s->most ? s->most : 1), (long long)l->shared);
    }
    text_add(t, "]");
}

static void add_kernel(text *t, const figure_sizes *sizes, const explained_kernel *k)
{
    const kernel_cost *c = k->cost;
    text_add(t, "{\"place\": ");
    add_string(t, k->place);
    text_add(t, ", \"code\": ");
    add_string(t, k->code);
    text_add(t, ", \"buffers\": ");
    add_buffers(t, sizes, c);
    text_add(t, ", \"axes\": ");
    add_axes(t, sizes, c);
    text_add(t, ", \"runs\": ");
    add_quantity(t, sizes, c->times);
    text_addf(t, ", \"runs_are_most\": %s, \"fused\": ", kernel_is_limited(c) ? "true" : "false");
    add_strings(t, k->fused.n, k->fused.data);
    text_add(t, ", \"hoisted\": ");
    add_hoisted(t, k);
    text_add(t, ", \"symmetry\": ");
    add_string(t, kernel_symmetry(c));
    text_add(t, c->pair_axes > 1 && c->reduces ? ", \"pairs\": " : ", \"elements\": ");
    add_quantity(t, sizes, c->pairs);
    text_add(t, ", \"per_pair\": ");
    add_counts(t, sizes, &c->per_pair);
    text_add(t, ", \"counts\": ");
    add_counts(t, sizes, &c->once);
    text_add(t, ", \"read\": ");
    add_formula(t, sizes, c->read);
    text_add(t, ", \"written\": ");
    add_formula(t, sizes, c->written);
    text_add(t, ", \"launches\": ");
    add_launches(t, sizes, k);
    text_add(t, ", \"predicted\": ");
    add_number(t, k->seconds);
    text_add(t, "}");
}

static void add_loop(text *t, const figure_sizes *sizes, const explained_loop *l)
{
    const kept_loop *k = l->kept;
    text_add(t, "{\"index\": ");
    print_json_string(t, k->index);
    text_add(t, ", \"place\": ");
    add_string(t, k->where);
    text_add(t, ", \"keeps\": ");
    print_json_string(t, checkpoint_text(t->mem, k->choice));
    text_add(t, ", \"slots\": ");
    add_formula(t, sizes, k->slots);
    text_add(t, ", \"slot_bytes\": ");
    add_formula(t, sizes, k->bytes);
    text_add(t, ", \"passes\": ");
    add_formula(t, sizes, k->passes);
    text_add(t, ", \"again\": ");
    add_number(t, l->again);
    text_add(t, ", \"ratio\": ");
    add_number(t, l->ratio);
    text_add(t, "}");
}

static void add_distance(text *t, const told_distance *d)
{
    text_add(t, "{\"place\": ");
    print_json_string(t, d->where);
    text_addf(t, ", \"expanded\": %s, \"error\": ", d->expanded ? "true" : "false");
    add_string(t, d->expanded ? extent_str(t->mem, d->error) : NULL);
    text_add(t, "}");
}

static void add_function(text *t, const explained_fn *f)
{
    text_add(t, "{\"name\": ");
    print_json_string(t, f->fn->face->name);
    text_add(t, ", \"place\": ");
    add_string(t, f->fn->face->where);
    text_add(t, ", \"kernels\": [");
    for (int i = 0; i < f->kernels.n; i++) {
        text_add(t, i ? ", " : "");
        add_kernel(t, &f->sizes, &f->kernels.data[i]);
    }
    text_add(t, "], \"loops\": [");
    for (int i = 0; i < f->loops.n; i++) {
        text_add(t, i ? ", " : "");
        add_loop(t, &f->sizes, &f->loops.data[i]);
    }
    text_add(t, "], \"distances\": [");
    for (int i = 0; i < f->fn->distances.n; i++) {
        text_add(t, i ? ", " : "");
        add_distance(t, &f->fn->distances.data[i]);
    }
    text_add(t, "], \"workspace\": {\"formula\": ");
    print_json_string(t, f->fn->face->workspace_formula);
    text_add(t, ", \"value\": ");
    add_number(t, f->workspace);
    text_add(t, "}, \"predicted\": ");
    add_number(t, f->seconds);
    text_add(t, "}");
}

static void add_machine(text *t, const machine *m)
{
    text_addf(t, ", \"machine\": {\"threads\": %d, \"seconds_per\": {", m->threads);
    for (int i = 0; i < COST_SORTS; i++) {
        add_key(t, sort_names[i]);
        add_number(t, m->seconds[i]);
        text_add(t, ", ");
    }
    text_add(t, "\"byte\": ");
    add_number(t, m->byte_seconds);
    text_add(t, "}}");
}

void explain_json(text *t, const explanation *e)
{
    text_add(t, "{\"model\": ");
    print_json_string(t, options_operand(e->o, 0));
    text_addf(t, ", \"real\": \"%s\", \"sizes\": {", e->o->compile.real == ELEM_F32 ? "f32" : "f64");
    for (int i = 0; i < e->sizes.n; i++)
        text_addf(t, "%s\"%s\": %lld", i ? ", " : "", e->sizes.data[i].name, (long long)e->sizes.data[i].value);
    text_add(t, "}, \"functions\": [");
    for (int i = 0; i < e->fns.n; i++) {
        text_add(t, i ? ", " : "");
        add_function(t, &e->fns.data[i]);
    }
    text_add(t, "]");
    if (e->has_machine)
        add_machine(t, &e->machine);
    text_add(t, "}\n");
}
