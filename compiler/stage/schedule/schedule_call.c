/* Calls of library routines: operands, results and scratch memory are whole buffers. */
#include <assert.h>

#include "stage/schedule/schedule_state.h"

static lexpr *whole(scheduler *s, buffer *b)
{
    return lx_load(s, b, 0, NULL, false);
}

/* Where it is not wanted, its results are zeros. */
static lstmt_list *where_wanted(scheduler *s, block *b, node *call, int n, buffer *const *results)
{
    node *wanted = graph_call_wanted(call);
    if (node_is_number(wanted, 1))
        return b->out;
    lexpr *e = emit_value(s, b, wanted);
    lstmt *branch = add_stmt(s, b->out, LS_IF);
    branch->e = e;
    for (int i = 0; i < n; i++) {
        lstmt *fill = add_stmt(s, &branch->other, LS_FILL);
        fill->buffer = results[i];
        fill->e = lx_const(s, results[i]->elem, 0);
    }
    return &branch->body;
}

void emit_call(scheduler *s, block *b, item *it)
{
    node *n = it->n;
    const routine *r = routine_row((routine_id)n->integer);
    routine_sizes z;
    graph_call_sizes(s->g, n, &z);
    int noperands = graph_call_operands(n), nresults = routine_shapes(r->results);
    buffer **results = ARENA_ARRAY(s->mem, buffer *, nresults);
    lstmt call = {.kind = LS_CALL, .routine = r, .cost = routine_polynomial(&z, r->cost)};
    call.subs = ARENA_ARRAY(s->mem, lexpr *, noperands + nresults + 1);
    for (int i = 0; i < noperands; i++)
        call.subs[call.nsubs++] = whole(s, buffer_of(s, b, n->args[i]));
    for (int i = 0; i < nresults; i++) {
        node *out = graph_out(s->g, n, i);
        results[i] = new_buffer(s, b, out->hint ? out->hint : r->name, out->elem, out->rank, out->extents);
        map_set(&b->tensors, out, results[i]);
        call.subs[call.nsubs++] = whole(s, results[i]);
    }
    if (!n->hint)
        n->hint = r->name;
    if (b->sequential && !b->in_order)
        add_comment(s, b, 1, &it);
    assert(r->work && "a routine that a library has");
    const extent *work = routine_polynomial(&z, s->target == TARGET_CUDA ? r->gpu_work : r->work);
    if (work->n > 0)
        call.subs[call.nsubs++] = whole(s, new_buffer(s, b, "work", n->elem, 1, &work));
    call.sizes = ARENA_ARRAY(s->mem, const extent *, 4);
    call.nsizes = routine_arguments(r, &z, call.sizes);
    *add_stmt(s, where_wanted(s, b, n, nresults, results), LS_CALL) = call;
    map_set(&b->tensors, n, ARENA_NEW(s->mem, buffer)); /* done */
}
