/* Statements on whole buffers as loops over their entries, all of which are independent. */
#include "stage/offload/offload_state.h"

typedef struct entries {
    lstmt *outer, *inner;
    int rank;
    lexpr **at;
} entries;

/* for i0 in 0..e0: for i1 in 0..e1: ...; the body is to come. */
static entries loop_over(offloading *o, const buffer *b)
{
    entries e = {.rank = b->rank, .at = ARENA_ARRAY(o->mem, lexpr *, b->rank + 1)};
    for (int i = 0; i < b->rank; i++) {
        lstmt *loop = ARENA_NEW(o->mem, lstmt);
        *loop = (lstmt){.kind = LS_FOR, .independent = true, .lo = lexpr_int(o->mem, 0)};
        loop->hi = lexpr_size(o->mem, b->extents[i]);
        loop->temp = temp_new(o->mem, arena_printf(o->mem, "i%d", i), ELEM_INT, false);
        e.at[i] = lexpr_temp(o->mem, loop->temp);
        if (e.inner)
            vec_push(o->mem, &e.inner->body, loop);
        else
            e.outer = loop;
        e.inner = loop;
    }
    return e;
}

static lexpr *entry(offloading *o, buffer *b, int n, lexpr **subs)
{
    return lexpr_new(o->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = n, .args = subs});
}

static void store(offloading *o, lstmt_list *out, buffer *b, int n, lexpr **subs, lexpr *value)
{
    lstmt *s = lstmt_new(o->mem, out, LS_STORE);
    s->buffer = b;
    s->nsubs = n;
    s->subs = subs;
    s->e = value;
}

static lexpr **joined(offloading *o, int n, lexpr **prefix, const entries *e)
{
    lexpr **all = arena_grow(o->mem, prefix, (size_t)n, (size_t)n + (size_t)e->rank + 1, sizeof *all);
    for (int i = 0; i < e->rank; i++)
        all[n + i] = e->at[i];
    return all;
}

/* The loops; a buffer without axes has one entry and no loop. */
static lstmt *finished(offloading *o, const entries *e, lstmt_list *body)
{
    if (e->inner) {
        e->inner->body = *body;
        return e->outer;
    }
    lstmt *one = ARENA_NEW(o->mem, lstmt);
    *one = (lstmt){.kind = LS_IF, .e = lexpr_const(o->mem, ELEM_BOOL, 1), .body = *body};
    return body->n == 1 ? body->data[0] : one;
}

lstmt *nest_of_fill(offloading *o, const lstmt *s)
{
    entries e = loop_over(o, s->buffer);
    lstmt_list body = {0};
    store(o, &body, s->buffer, e.rank, e.at, s->e);
    return finished(o, &e, &body);
}

lstmt *nest_of_copy(offloading *o, const lstmt *s)
{
    bool into = s->kind == LS_COPY_INTO;
    entries e = loop_over(o, into ? s->from : s->buffer);
    lexpr **longer = joined(o, s->nsubs, s->subs, &e);
    int n = s->nsubs + e.rank;
    lstmt_list body = {0};
    lexpr *value = entry(o, s->from, into ? e.rank : n, into ? e.at : longer);
    store(o, &body, s->buffer, into ? n : e.rank, into ? longer : e.at, value);
    return finished(o, &e, &body);
}

lstmt *nest_of_exchange(offloading *o, const lstmt *s)
{
    entries e = loop_over(o, s->buffer);
    lstmt_list body = {0};
    temp *kept = lstmt_let(o->mem, &body, "kept", entry(o, s->buffer, e.rank, e.at));
    store(o, &body, s->buffer, e.rank, e.at, entry(o, s->from, e.rank, e.at));
    store(o, &body, s->from, e.rank, e.at, lexpr_temp(o->mem, kept));
    return finished(o, &e, &body);
}
