/* Calls of library routines: operands, results and scratch memory are whole buffers. */
#include <assert.h>

#include "stage/schedule_state.h"

static lexpr *whole(scheduler *s, buffer *b)
{
    return lx_load(s, b, 0, NULL, false);
}

void emit_call(scheduler *s, block *b, item *it)
{
    node *n = it->n;
    const routine *r = routine_row((routine_id)n->integer);
    routine_sizes z;
    graph_call_sizes(s->g, n, &z);
    int nresults = routine_shapes(r->results);
    lstmt call = {.kind = LS_CALL, .routine = r, .cost = routine_polynomial(&z, r->cost)};
    call.subs = ARENA_ARRAY(s->mem, lexpr *, n->nargs + nresults + 1);
    for (int i = 0; i < n->nargs; i++)
        call.subs[call.nsubs++] = whole(s, buffer_of(s, b, n->args[i]));
    for (int i = 0; i < nresults; i++) {
        node *out = graph_out(s->g, n, i);
        buffer *result = new_buffer(s, b, out->hint ? out->hint : r->name, out->elem, out->rank, out->extents);
        map_set(&b->tensors, out, result);
        call.subs[call.nsubs++] = whole(s, result);
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
    *add_stmt(s, b->out, LS_CALL) = call;
    map_set(&b->tensors, n, ARENA_NEW(s->mem, buffer)); /* done */
}
