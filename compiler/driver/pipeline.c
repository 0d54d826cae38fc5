/* The way of the data, one line per stage:
 *
 *   .ad text -> tree -> typed tree -> graph -> adjoint -> fused -> loops -> C, header, manifest
 *
 * After each stage --emit=STAGE may stop and print; debug builds verify the graph. */
#include "driver/pipeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "back/c/emit_c.h"
#include "back/cuda/emit_cuda.h"
#include "back/emit_interface.h"
#include "driver/version.h"
#include "form/graph_check.h"
#include "form/graph_text.h"
#include "form/loops_copy.h"
#include "stage/accumulate.h"
#include "stage/block.h"
#include "stage/bound.h"
#include "stage/check/check.h"
#include "stage/collapse.h"
#include "stage/collect.h"
#include "stage/derive/derive.h"
#include "stage/factor/factor.h"
#include "stage/fuse/fuse.h"
#include "stage/iterate.h"
#include "stage/jam.h"
#include "stage/keep.h"
#include "stage/lower/lower.h"
#include "stage/offload/offload.h"
#include "stage/overlap.h"
#include "stage/parse.h"
#include "stage/place.h"
#include "stage/schedule/schedule.h"
#include "stage/simplify/simplify.h"
#include "stage/specialize.h"
#include "stage/stdlib.h"
#include "stage/vectorize/vectorize.h"

enum { LARGE_PROGRAM = 4000 }; /* nodes; larger ones have no versions: compile time stays in bounds */

typedef struct pipeline {
    const compile_options *o;
    arena *mem;
    diag *d;
    compile_output *out;
    graph_module graphs;
} pipeline;

static bool stops_at(const pipeline *p, const char *stage)
{
    return p->o->emit && !strcmp(p->o->emit, stage);
}

/* ---- front end ---- */

bool compile_check(const compile_options *o, arena *mem, diag *d, compile_output *out)
{
    parse_options parse = {
        .ninclude_dirs = o->include_dirs.n, .include_dirs = o->include_dirs.data, .embedded = stdlib_source};
    text_init(&out->stage, mem);
    out->program = ARENA_NEW(mem, program);
    return parse_program(out->program, o->path, &parse, d) && check_program(out->program, d);
}

/* ---- the interface ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "my-model.ad" -> "my_model" */
static const char *default_prefix(arena *mem, const char *path)
{
    const char *base = base_name(path), *dot = strrchr(base, '.');
    char *s = arena_strndup(mem, base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
    for (char *c = s; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c))
            *c = '_';
    return *s >= '0' && *s <= '9' ? arena_printf(mem, "_%s", s) : s;
}

static const char *source_hash(arena *mem, const program *p)
{
    uint64_t a = 1, b = 2;
    for (int i = 0; i < p->modules.n; i++) {
        const source *src = p->modules.data[i]->src;
        a = hash_bytes(src->data, src->n, a);
        b = hash_bytes(src->data, src->n, b * 31);
    }
    return arena_printf(mem, "%016" PRIx64 "%016" PRIx64, a, b);
}

static interface *make_interface(pipeline *p)
{
    const compile_options *o = p->o;
    interface *face = ARENA_NEW(p->mem, interface);
    *face = (interface){.prefix = o->prefix ? o->prefix : default_prefix(p->mem, o->path),
                        .suffix = o->real == ELEM_F32 ? "_f32" : "",
                        .source_name = base_name(o->path),
                        .version = ADC_VERSION,
                        .source_hash = source_hash(p->mem, p->out->program),
                        .command = o->command ? o->command : "adc compile",
                        .real = o->real,
                        .target = o->target};
    return face;
}

/* ---- the middle ---- */

static void verify(pipeline *p, const graph_fn *f, const char *stage)
{
#if ADC_VERIFY
    const char *wrong = graph_check(p->graphs.g, f->nouts, f->outs);
    if (wrong) {
        fprintf(stderr, "adc: internal error after stage %s of %s: %s\n", stage, f->face->name, wrong);
        abort();
    }
#else
    (void)p;
    (void)f;
    (void)stage;
#endif
}

enum { COLLECT_ROUNDS = 8, DIGITS = 8 }; /* what one round finds may show more */

static node **take_roots(graph *g, const graph_fn *f)
{
    node **roots = ARENA_ARRAY(g->mem, node *, f->nouts + f->checks.n + 1);
    for (int i = 0; i < f->nouts; i++)
        roots[i] = f->outs[i];
    for (int i = 0; i < f->checks.n; i++)
        roots[f->nouts + i] = f->checks.data[i].ok;
    return roots;
}

static void put_roots(graph_fn *f, node **roots)
{
    for (int i = 0; i < f->nouts; i++)
        f->outs[i] = roots[i];
    for (int i = 0; i < f->checks.n; i++)
        f->checks.data[i].ok = roots[f->nouts + i];
}

static void simplify_fn(graph *g, graph_fn *f)
{
    node **roots = take_roots(g, f);
    simplify(g, f->nouts + f->checks.n, roots);
    put_roots(f, roots);
}

/* Simplified, its sums with the fewest operations. */
static void collect_fn(graph *g, graph_fn *f)
{
    int n = f->nouts + f->checks.n;
    node **roots = take_roots(g, f);
    simplify(g, n, roots);
    bool changed = true;
    for (int i = 0; i < COLLECT_ROUNDS && changed; i++) {
        bool smaller = simplify_loops(g, n, roots);
        changed = collect(g, n, roots) || smaller;
        if (changed)
            simplify(g, n, roots);
    }
    put_roots(f, roots);
}

static void scatter_fn(graph *g, graph_fn *f, const compile_options *o)
{
    if (fuse_scatter(g, f, o->sum))
        simplify_fn(g, f);
}

static void fuse(graph *g, graph_fn *f, const compile_options *o)
{
    fuse_inline(g, f);
    scatter_fn(g, f, o);
    for (int i = 0; i < DIGITS && fuse_digits(g, f); i++)
        simplify_fn(g, f);
    if (fuse_unroll(g, f))
        simplify_fn(g, f);
    scatter_fn(g, f, o);
    fuse_inline(g, f);
    collect_fn(g, f);
    if (fuse_unroll(g, f))
        collect_fn(g, f);
    if (fuse_lift(g, f, o->target)) {
        fuse_inline(g, f);
        simplify_fn(g, f);
    }
    fuse_strength(g, f, o->target, o->math == MATH_FAST);
    fuse_contract(g, f);
}

static void print_graphs(pipeline *p)
{
    text *t = &p->out->stage;
    for (int i = 0; i < p->graphs.fns.n; i++) {
        const graph_fn *f = p->graphs.fns.data[i];
        const char **titles = ARENA_ARRAY(p->mem, const char *, f->nouts + 1);
        for (int k = 0, first = f->face->nargs - f->nouts; k < f->nouts; k++)
            titles[k] = f->face->args[first + k].name;
        text_addf(t, "%s# %s\n", i ? "\n" : "", f->face->name);
        graph_print(t, p->graphs.g, f->nouts, f->outs, titles);
    }
}

/* Derivatives of derivatives take a round each, simplified in between. */
static void derive_fn(pipeline *p, graph_fn *f, derive_error *error)
{
    graph *g = p->graphs.g;
    bool more = true;
    while (more) {
        collect_fn(g, f);
        fuse_prepare(g, f);
        verify(p, f, "prepare");
        more = derive(g, f, error);
        verify(p, f, "derive");
    }
    derive_finish(g, f);
    iterate(g, f);
    factor(g, f);
    collect_fn(g, f);
    verify(p, f, "simplify");
}

static void derive_reported(pipeline *p, graph_fn *f)
{
    derive_error error = {0};
    derive_fn(p, f, &error);
    if (error.message) {
        diag_error(p->d, error.at, "%s", error.message);
        diag_hint(p->d, "give the loop a bound that is a size or an int argument: for t in 0..min(n, steps), or write "
                        "while c, max steps");
    }
}

static bool derive_all(pipeline *p)
{
    for (int i = 0; i < p->graphs.fns.n; i++)
        derive_reported(p, p->graphs.fns.data[i]);
    for (int i = 0; i < p->graphs.fns.n && p->d->errors == 0; i++)
        for (int k = 0; k < p->graphs.fns.data[i]->versions.n; k++)
            derive_reported(p, p->graphs.fns.data[i]->versions.data[k]);
    return p->d->errors == 0;
}

static void fuse_all(pipeline *p, graph_fn *f)
{
    fuse(p->graphs.g, f, p->o);
    verify(p, f, "fuse");
    for (int k = 0; k < f->versions.n; k++)
        fuse_all(p, f->versions.data[k]);
}

/* Rows in lanes, pairs of rows in registers. */
static void shape_for_cpu(pipeline *p, nest_fn *n)
{
    vectorize(n, p->mem);
    bound(n, p->mem);
    block(n, p->mem);
    jam(n, p->mem);
}

/* Rows in threads of kernels. */
static void shape_for_gpu(pipeline *p, nest_fn *n)
{
    n->cost = cost_of(p->mem, &n->body);
    n->plain = loops_copy_all(p->mem, &n->body);
    offload(n, p->mem);
    block(n, p->mem);
}

static const char *place_of(arena *mem, loc at)
{
    int line, column;
    source_position(at.src, at.begin, &line, &column);
    return arena_printf(mem, "%s:%d", base_name(at.src->path), line);
}

/* Each place once. */
static void tell_distances(pipeline *p, nest_fn *n, const graph_fn *f)
{
    for (int i = 0; i < f->distances.n; i++) {
        const distance_form *d = &f->distances.data[i];
        told_distance told = {.expanded = d->expanded, .error = d->error, .elem = d->elem};
        told.where = d->at.src ? place_of(p->mem, d->at) : "";
        bool known = false;
        for (int k = 0; k < n->distances.n && !known; k++)
            known = !strcmp(n->distances.data[k].where, told.where);
        if (!known)
            vec_push(p->mem, &n->distances, told);
    }
}

static nest_fn *schedule_fn(pipeline *p, graph_fn *f)
{
    keep(p->graphs.g, f);
    verify(p, f, "keep");
    nest_fn *n = schedule(p->graphs.g, f, p->o->sum, p->o->target);
    n->fixed = f->fixed;
    (p->o->target == TARGET_CUDA ? shape_for_gpu : shape_for_cpu)(p, n);
    accumulate(n, p->mem);
    loops_temps(p->mem, n, &p->out->temps);
    collapse(n, p->mem);
    if (p->o->target == TARGET_C)
        overlap(n, p->mem);
    place(n, p->mem);
    tell_distances(p, n, f);
    for (int k = 0; k < f->versions.n; k++)
        vec_push(p->mem, &n->versions, schedule_fn(p, f->versions.data[k]));
    return n;
}

static void schedule_all(pipeline *p)
{
    for (int i = 0; i < p->graphs.fns.n; i++)
        vec_push(p->mem, &p->out->nests.fns, schedule_fn(p, p->graphs.fns.data[i]));
}

static void print_loops(pipeline *p)
{
    for (int i = 0; i < p->out->nests.fns.n; i++)
        loops_print(&p->out->stage, p->out->nests.fns.data[i]);
}

/* What -D fixes, and then the version. */
static lower_options lowering_of(pipeline *p, const fixed_sizes *fixed)
{
    const compile_options *o = p->o;
    int n = 0, most = o->defines.n + fixed->n;
    const char **fixed_names = ARENA_ARRAY(p->mem, const char *, most + 1);
    int64_t *values = ARENA_ARRAY(p->mem, int64_t, most + 1);
    for (int i = 0; i < o->defines.n; i++, n++) {
        fixed_names[n] = o->defines.data[i].name;
        values[n] = o->defines.data[i].value;
    }
    for (int i = 0; i < fixed->n; i++, n++) {
        fixed_names[n] = fixed->data[i].name;
        values[n] = fixed->data[i].value;
    }
    return (lower_options){.real = o->real,
                           .ndefines = n,
                           .define_names = fixed_names,
                           .define_values = values,
                           .checkpoint = o->checkpoint,
                           .asks = o->asks,
                           .chosen = o->chosen,
                           .family = o->family};
}

static bool is_defined(const compile_options *o, const fixed_sizes *fixed)
{
    for (int i = 0; i < o->defines.n; i++)
        for (int k = 0; k < fixed->n; k++)
            if (!strcmp(o->defines.data[i].name, fixed->data[k].name))
                return true;
    return false;
}

static void lower_versions(pipeline *p, int index)
{
    graph_fn *f = p->graphs.fns.data[index];
    version_list list = specialize(p->mem, f->face);
    for (int k = 0; k < list.n; k++) {
        if (is_defined(p->o, &list.data[k]))
            continue;
        lower_options lo = lowering_of(p, &list.data[k]);
        graph_fn *version = lower_version(&p->graphs, p->out->program, &lo, index);
        version->fixed = list.data[k];
        vec_push(p->mem, &f->versions, version);
    }
}

static void lower_all(pipeline *p)
{
    program *tree = p->out->program;
    lower_options lo = lowering_of(p, &(fixed_sizes){0});
    p->graphs.g = graph_new(p->mem, tree->names, tree->pool);
    p->graphs.face = make_interface(p);
    lower(&p->graphs, tree, &lo);
    bool is_large = p->graphs.g->nnodes > LARGE_PROGRAM;
    for (int i = 0; i < p->graphs.fns.n; i++) {
        verify(p, p->graphs.fns.data[i], "lower");
        if (p->o->versions && !is_large && !p->o->emit)
            lower_versions(p, i);
    }
}

static bool report_clash(pipeline *p)
{
    const char *symbol = emit_symbol_clash(p->mem, p->graphs.face);
    if (symbol)
        diag_error(p->d, (loc){0}, "two exported functions would both define the C symbol '%s'", symbol);
    return symbol == NULL;
}

bool compile(const compile_options *o, arena *mem, diag *d, compile_output *out)
{
    pipeline p = {.o = o, .mem = mem, .d = d, .out = out};
    text_init(&out->stage, mem);
    if (stops_at(&p, "tokens"))
        return parse_tokens(&out->stage, o->path, d);
    if (!compile_check(o, mem, d, out))
        return false;
    if (stops_at(&p, "tree") || stops_at(&p, "typed")) {
        tree_print(&out->stage, out->program, stops_at(&p, "typed"));
        return true;
    }
    lower_all(&p);
    if (stops_at(&p, "graph")) {
        print_graphs(&p);
        return true;
    }
    if (!report_clash(&p) || !derive_all(&p))
        return false;
    if (stops_at(&p, "adjoint")) {
        print_graphs(&p);
        return true;
    }
    for (int i = 0; i < p.graphs.fns.n; i++)
        fuse_all(&p, p.graphs.fns.data[i]);
    if (stops_at(&p, "fused")) {
        print_graphs(&p);
        return true;
    }
    out->interface = out->nests.face = p.graphs.face;
    out->nests.fast_math = o->math == MATH_FAST;
    schedule_all(&p);
    if (stops_at(&p, "loops")) {
        print_loops(&p);
        return true;
    }
    text_init(&out->c, mem);
    text_init(&out->header, mem);
    text_init(&out->manifest, mem);
    (o->target == TARGET_CUDA ? emit_cuda : emit_c)(&out->c, &out->nests, o->header_name ? o->header_name : "model.h");
    emit_header(&out->header, out->interface);
    emit_manifest(&out->manifest, out->interface);
    return true;
}
