/* Few rows of long reductions: the rows run one after the other, each reduction in parallel and its axis in lanes. With
 * many rows it is the other way round. Which, is a matter of the sizes alone, so that results do not depend on threads.
 */
#include "stage/schedule_state.h"

enum { FEW_ROWS = 64, LONG = 4096, LARGE = 400 }; /* nodes of a body that is not worth a second copy */

typedef struct searching {
    map seen;
    int nodes;
    const extent *rows, *found;
} searching;

static void search(searching *f, const node *n)
{
    static char mark;
    if (n->nargs == 0 || map_get(&f->seen, n))
        return;
    map_set(&f->seen, n, &mark);
    f->nodes++;
    if (node_is_reduce(n)) {
        const extent *e = n->vars[0]->extent;
        if (e && !extent_is_const(e, NULL) && e != f->rows && !f->found)
            f->found = e;
    }
    for (int i = n->op == OP_ACCESS; i < n->nargs; i++)
        search(f, n->args[i]);
}

const extent *longest_inside(scheduler *s, int n, item *const *items)
{
    searching f = {.rows = items[0]->axes[0]->extent};
    if (extent_is_const(f.rows, NULL))
        return NULL;
    map_init(&f.seen, s->mem);
    for (int i = 0; i < n; i++) {
        if (items[i]->kind == ITEM_VECTOR)
            return NULL;
        search(&f, items[i]->body);
    }
    return f.nodes <= LARGE ? f.found : NULL;
}

static item **copies(scheduler *s, int n, item *const *items)
{
    item **out = ARENA_ARRAY(s->mem, item *, n + 1);
    for (int i = 0; i < n; i++) {
        out[i] = ARENA_NEW(s->mem, item);
        *out[i] = *items[i];
    }
    return out;
}

static void branch(scheduler *s, block *b, int n, item *const *items, bool in_order, lstmt_list *out)
{
    item **own = copies(s, n, items);
    emit_loops(s, b, n, own, in_order, out);
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_join(s, out, &items[i]->acc, &own[i]->acc);
}

void emit_either(scheduler *s, block *b, int n, item *const *items, const extent *longest)
{
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_begin(s, b->out, &items[i]->acc, items[i]->n->hint);
    lexpr *few = lx_bin(s, OP_LT, lx_size(s, items[0]->axes[0]->extent), lx_int(s, FEW_ROWS));
    lexpr *many = lx_bin(s, OP_LT, lx_int(s, LONG), lx_size(s, longest));
    lstmt *choice = ARENA_NEW(s->mem, lstmt);
    *choice = (lstmt){.kind = LS_IF, .either = true, .e = lx_bin(s, OP_AND, few, many)};
    branch(s, b, n, items, true, &choice->body);
    branch(s, b, n, items, false, &choice->other);
    vec_push(s->mem, b->out, choice);
}
