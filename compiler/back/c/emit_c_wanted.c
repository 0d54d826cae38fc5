/* Work that only serves a result which the caller may not want.
 *
 * Reads statements; tells which result is all that a statement writes, so that the printer can skip the statement when
 * that result is NULL. What is declared inside the statement does not count as written. */
#include "back/c/emit_c_parts.h"

typedef struct effects {
    const buffer *result; /* written, may be NULL at run time */
    bool other;           /* something else is written */
    map inside;           /* temporaries and arrays declared in the statement */
} effects;

static void write_buffer(effects *w, const buffer *b, bool in_parallel)
{
    bool is_private = map_get(&w->inside, b) || (b->kind == BUF_SCRATCH && in_parallel);
    if (is_private)
        return;
    w->other = w->other || !print_may_be_null(b) || (w->result && w->result != b);
    w->result = b;
}

static void collect_effects(effects *w, const lstmt *s, int depth, bool in_parallel);

static void collect_all(effects *w, const lstmt_list *body, int depth, bool in_parallel)
{
    for (int i = 0; i < body->n && !w->other; i++)
        collect_effects(w, body->data[i], depth, in_parallel);
}

static void declare(effects *w, const void *what, int depth)
{
    w->other = w->other || depth == 0;
    map_set(&w->inside, what, w);
}

static void collect_effects(effects *w, const lstmt *s, int depth, bool in_parallel)
{
    switch (s->kind) {
    case LS_LET:
    case LS_VAR:
        declare(w, s->temp, depth);
        break;
    case LS_SET:
        w->other = w->other || !map_get(&w->inside, s->temp);
        break;
    case LS_ARRAY:
        declare(w, s->buffer, depth);
        break;
    case LS_STORE:
    case LS_FILL:
    case LS_COPY:
    case LS_COPY_INTO:
        write_buffer(w, s->buffer, in_parallel);
        break;
    case LS_SWAP:
    case LS_INSERT:
        write_buffer(w, s->buffer, in_parallel);
        write_buffer(w, s->from, in_parallel);
        break;
    case LS_FOR:
    case LS_IF:
    case LS_KERNEL:
        collect_all(w, &s->body, depth + 1, in_parallel || s->parallel || s->kind == LS_KERNEL);
        collect_all(w, &s->other, depth + 1, in_parallel);
        break;
    case LS_ACC:
    case LS_ADD:
    case LS_JOIN:
    case LS_CALL:
        w->other = w->other || !s->routine->total;
        for (int i = routine_shapes(s->routine->operands); i < s->nsubs; i++)
            write_buffer(w, s->subs[i]->buffer, in_parallel);
        break;
    case LS_FAIL:
        w->other = true;
        break;
    case LS_COMMENT:
    case LS_BARRIER:
    case LS_LAST:
        break;
    }
}

const buffer *sole_result(const emitter *e, const lstmt *s)
{
    effects w = {0};
    map_init(&w.inside, e->mem);
    collect_effects(&w, s, 0, e->in_parallel);
    return w.other || s->kind == LS_COMMENT ? NULL : w.result;
}
