/* A function: its checks, then what its results need, then the results. */
#include "stage/schedule/schedule.h"

#include <assert.h>

#include "stage/schedule/schedule_state.h"

static void reserve_names(scheduler *s)
{
    const interface_fn *f = s->f->face;
    for (int i = 0; i < f->nsizes; i++)
        map_set(&s->taken, names_intern(s->used_names, f->sizes[i]), s);
    for (int i = 0; i < f->nargs; i++)
        map_set(&s->taken, names_intern(s->used_names, f->args[i].name), s);
}

static buffer *result_buffer(scheduler *s, int arg)
{
    const interface_arg *a = &s->f->face->args[arg];
    buffer *b = ARENA_NEW(s->mem, buffer);
    *b = (buffer){.kind = BUF_RESULT,
                  .name = a->name,
                  .elem = a->elem,
                  .rank = a->rank,
                  .extents = a->extents,
                  .arg = arg,
                  .slot = -1,
                  .first_use = 0};
    vec_push(s->mem, &s->out->buffers, b);
    return b;
}

static int first_result(const interface_fn *f)
{
    int k = 0;
    while (k < f->nargs && f->args[k].role == ARG_INPUT)
        k++;
    return k;
}

static bool fills_result(const node *n)
{
    return n->op == OP_TENSOR || n->op == OP_STACK || n->op == OP_SCATTER || n->op == OP_ARGKMIN || n->op == OP_ARGKMAX;
}

static void schedule_checks(scheduler *s)
{
    const graph_fn *f = s->f;
    for (int i = 0; i < f->checks.n; i++)
        schedule_items(s, s->root, 1, &f->checks.data[i].ok, NULL);
    for (int i = 0; i < f->checks.n; i++) {
        node *ok = f->checks.data[i].ok;
        if (node_is_number(ok, 1))
            continue;
        lexpr *e = emit_value(s, s->root, ok);
        lstmt *st = add_stmt(s, s->root->out, LS_FAIL);
        st->e = lx_point(s, OP_NOT, ELEM_BOOL, 1, &e);
        st->code = 3; /* AD_INDEX */
        st->arg = f->checks.data[i].arg;
        st->rule = f->checks.data[i].rule;
    }
}

static bool is_kept(const buffer *b)
{
    return b->kind == BUF_WORKSPACE || b->kind == BUF_SCRATCH || (b->kind == BUF_RESULT && b->readable);
}

static bool memory_depends_on(const nest_fn *f, const char *name)
{
    for (int i = 0; i < f->buffers.n; i++)
        for (int k = 0; is_kept(f->buffers.data[i]) && k < f->buffers.data[i]->rank; k++)
            if (loops_mention(f, f->buffers.data[i]->extents[k], name))
                return true;
    return false;
}

/* The int inputs that kept states are sized by: the workspace query takes them after the sizes. */
static void set_workspace_args(scheduler *s)
{
    interface_fn *f = s->out->face;
    f->workspace_args = ARENA_ARRAY(s->mem, const char *, f->nargs + 1);
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        const char *name = names_intern(s->g->names, a->name);
        if (a->role == ARG_INPUT && a->elem == ELEM_INT && a->rank == 0 && memory_depends_on(s->out, name))
            f->workspace_args[f->nworkspace_args++] = name;
    }
}

static void finish_result(scheduler *s, node *out, buffer *result)
{
    if (out->rank == 0) {
        add_store(s, s->root->out, result, 0, NULL, emit_value(s, s->root, out));
        return;
    }
    buffer *from = find_buffer(s, s->root, out);
    if (from == result)
        return;
    if (!from) {
        emit_single(s, s->root, out->op == OP_OUT || out->op == OP_STACK ? out->args[0] : out);
        from = find_buffer(s, s->root, out);
    }
    assert(from);
    if (from == result)
        return;
    lstmt *st = add_stmt(s, s->root->out, LS_COPY);
    st->buffer = result;
    st->from = from;
    touch_buffer(s, from);
    if (from->kind == BUF_RESULT)
        from->readable = true;
}

nest_fn *schedule(graph *g, const graph_fn *f, sum_mode sums, target_kind target)
{
    scheduler s = {.g = g, .mem = g->mem, .f = f, .sums = sums, .target = target, .used_names = g->names};
    nest_fn *out = s.out = ARENA_NEW(g->mem, nest_fn);
    out->face = f->face;
    out->threads = CPU_THREADS;
    for (int i = 0; i < f->size_checks.n; i++)
        vec_push(g->mem, &out->checks, f->size_checks.data[i]);
    map_init(&s.taken, g->mem);
    map_init(&s.numbered, g->mem);
    map_init(&s.targets, g->mem);
    map_init(&s.keepers, g->mem);
    map_init(&s.readers, g->mem);
    s.root = new_block(&s, NULL, 0, NULL, &out->body);
    s.root->sequential = true;
    reserve_words(&s);
    reserve_names(&s);
    int first = first_result(f->face);
    buffer **results = ARENA_ARRAY(g->mem, buffer *, f->nouts + 1);
    for (int i = 0; i < f->nouts; i++)
        results[i] = result_buffer(&s, first + i);
    find_readers(&s, f->nouts, f->outs);
    schedule_checks(&s);
    for (int i = 0; i < f->nouts; i++) /* only now: nothing is written where a check fails */
        if (fills_result(f->outs[i]) && !map_get(&s.targets, f->outs[i]))
            map_set(&s.targets, f->outs[i], results[i]);
    schedule_items(&s, s.root, f->nouts, f->outs, NULL);
    s.position++;
    for (int i = 0; i < f->nouts; i++)
        finish_result(&s, f->outs[i], results[i]);
    for (int i = 0; i < f->nouts; i++)
        results[i]->last_use = s.position;
    set_workspace_args(&s);
    return out;
}
