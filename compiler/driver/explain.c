/* Reads placed loop nests and the tree's names; fills struct explanation. */
#include "driver/explain.h"

#include <math.h>
#include <string.h>

#include "stage/place.h"

/* The names of lets. */

static void collect_lets(map *lets, names *pool, const stmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const stmt *s = body->data[i];
        for (int k = 0; s->kind == STMT_LET && k < s->defs.n; k++)
            map_set(lets, names_intern(pool, s->defs.data[k].name), (void *)s);
        collect_lets(lets, pool, &s->body);
        collect_lets(lets, pool, &s->other);
    }
}

static void all_lets(map *lets, const program *p)
{
    for (int i = 0; i < p->modules.n; i++)
        for (int k = 0; k < p->modules.data[i]->functions.n; k++)
            collect_lets(lets, p->names, &p->modules.data[i]->functions.data[k]->body);
}

/* The let that a temporary was named after, "K" of K_1, or NULL. */
static const char *let_name(const map *lets, names *pool, const char *temp_name)
{
    const char *whole = names_intern(pool, temp_name), *mark = strrchr(temp_name, '_');
    if (map_get(lets, whole))
        return whole;
    if (!mark || !mark[1] || mark[1 + strspn(mark + 1, "0123456789")])
        return NULL;
    const char *base = names_intern_n(pool, temp_name, (size_t)(mark - temp_name));
    return map_get(lets, base) ? base : NULL;
}

static bool is_stored(const kernel_cost *k, const char *name)
{
    for (int i = 0; i < k->uses.n; i++)
        if (k->uses.data[i].written && !strcmp(k->uses.data[i].buffer->name, name))
            return true;
    return false;
}

static void add_fused(arena *mem, explained_kernel *k, const char *name)
{
    for (int i = 0; i < k->fused.n; i++)
        if (k->fused.data[i] == name)
            return;
    if (!is_stored(k->cost, name))
        vec_push(mem, &k->fused, name);
}

static void find_fused(arena *mem, explained_kernel *k, const compile_output *out)
{
    map lets;
    map_init(&lets, mem);
    all_lets(&lets, out->program);
    for (int i = 0; i < out->temps.n; i++) {
        const kernel_temps *t = &out->temps.data[i];
        for (int n = 0; t->text == k->cost->text && n < t->names.n; n++) {
            const char *name = let_name(&lets, out->program->names, t->names.data[n]);
            if (name)
                add_fused(mem, k, name);
        }
    }
}

/* Where it comes from: "v, w; model.ad:6: let v[i] = ..." */

static void split_comment(arena *mem, explained_kernel *k)
{
    const char *place = k->cost->text, *semicolon = place ? strchr(place, ';') : NULL;
    const char *colon = place ? strchr(place, ':') : NULL;
    if (colon && semicolon && semicolon < colon)
        place = semicolon + 2;
    const char *code = colon ? strstr(colon + 1, ": ") : NULL;
    if (!code)
        return;
    k->place = arena_strndup(mem, place, (size_t)(code - place));
    k->code = code + 2;
}

/* What leaves the inner loop. */

static void add_hoisted(arena *mem, hoisted *h, const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        text t;
        if (s->kind != LS_LET || s->e->elem == ELEM_INT)
            continue;
        text_init(&t, mem);
        text_addf(&t, "%s = ", s->temp->name);
        loops_print_expr(&t, s->e);
        vec_push(mem, &h->expressions, text_str(&t));
    }
}

/* The values beside a loop, in the lists of statements that lead to it. */
static bool add_on_path(arena *mem, hoisted *h, const lstmt_list *body, const lstmt *to)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s != to && !add_on_path(mem, h, &s->body, to) && !add_on_path(mem, h, &s->other, to))
            continue;
        add_hoisted(mem, h, body);
        return true;
    }
    return false;
}

static void find_hoisted(arena *mem, explained_kernel *k)
{
    const kernel_cost *c = k->cost;
    for (int i = 0; i < c->pair_axes; i++) {
        hoisted h = {.axis = i ? &c->axes.data[i - 1] : NULL};
        add_on_path(mem, &h, i ? &h.axis->loop->body : &c->body, c->axes.data[i].loop);
        if (h.expressions.n)
            vec_push(mem, &k->hoisted, h);
    }
}

/* The function. */

static double rounded(double bytes, double to)
{
    return ceil(bytes / to) * to;
}

/* As stage/place says in words: each slot, scratch once per thread, padded; and room to align the first. */
static double workspace_bytes(const figure_sizes *sizes, const nest_fn *f)
{
    double sum = 0.0;
    for (int i = 0; i < f->nslots; i++) {
        double bytes = rounded(figure(sizes, f->slot_bytes[i]), SLOT_ALIGNMENT);
        sum += f->slot_scratch[i] ? f->threads * bytes : bytes;
    }
    return f->nslots || f->state_bytes ? sum + f->state_bytes + SLOT_ALIGNMENT : 0.0;
}

static void add_loops(arena *mem, explained_fn *f)
{
    for (int i = 0; i < f->fn->kept.n; i++) {
        explained_loop l = {.kept = &f->fn->kept.data[i]};
        double passes = figure(&f->sizes, l.kept->passes), slots = figure(&f->sizes, l.kept->slots);
        l.again = isnan(passes + slots) ? NAN : checkpoint_again(l.kept->choice, passes, slots);
        if (l.kept->conditional && l.kept->choice.kind != KEEP_EVERY)
            l.again += passes;
        l.ratio = 3.0 + (passes > 0.0 ? (passes - 1.0 + l.again) / passes : 0.0);
        vec_push(mem, &f->loops, l);
    }
}

void explain_add(explanation *e, const compile_output *out, const nest_fn *fn)
{
    arena *mem = e->o->mem;
    explained_fn f = {.fn = fn, .sizes = figures_within(mem, &e->sizes, fn)};
    f.workspace = workspace_bytes(&f.sizes, fn);
    add_loops(mem, &f);
    kernel_list kernels = loops_kernels(mem, fn);
    for (int i = 0; i < kernels.n; i++) {
        explained_kernel k = {.cost = &kernels.data[i], .seconds = NAN};
        split_comment(mem, &k);
        find_fused(mem, &k, out);
        find_hoisted(mem, &k);
        if (e->has_machine)
            k.seconds = machine_predict(&e->machine, &f.sizes, k.cost);
        f.seconds += k.seconds;
        vec_push(mem, &f.kernels, k);
    }
    if (!e->has_machine)
        f.seconds = NAN;
    explain_launches(mem, &f);
    vec_push(mem, &e->fns, f);
}
