/* Few rows of long reductions: the rows run one after the other, each reduction in parallel and its axis in lanes. With
 * many rows it is the other way round. Which, is a matter of the sizes alone, so that results do not depend on threads.
 * Rows whose entries share a pass over the terms are not for it: each entry would take a pass of its own. */
#include "stage/schedule_symmetry.h"

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
        if (items[i]->kind == ITEM_VECTOR || rows_share_passes(s, items[i]))
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

static void branch(scheduler *s, block *b, int n, item *const *items, bool in_order, pair_plan *plan, lstmt_list *out)
{
    item **own = copies(s, n, items);
    if (plan)
        emit_pairs(s, b, plan, n, own, out);
    else
        emit_loops(s, b, n, own, in_order, out);
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_join(s, out, &items[i]->acc, &own[i]->acc);
}

static lexpr *few_rows(scheduler *s, const extent *rows, const extent *longest)
{
    lexpr *few = lx_bin(s, OP_LT, lx_size(s, rows), lx_int(s, FEW_ROWS));
    return lx_bin(s, OP_AND, few, lx_bin(s, OP_LT, lx_int(s, LONG), lx_size(s, longest)));
}

void emit_either(scheduler *s, block *b, int n, item *const *items, const extent *longest, pair_plan *plan)
{
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_begin(s, b->out, &items[i]->acc, items[i]->n->hint);
    const extent *rows = items[0]->axes[0]->extent;
    lstmt *choice = ARENA_NEW(s->mem, lstmt);
    *choice = (lstmt){.kind = LS_IF, .either = true, .e = plan ? pairs_condition(s, rows) : few_rows(s, rows, longest)};
    branch(s, b, n, items, plan == NULL, plan, &choice->body);
    branch(s, b, n, items, false, NULL, &choice->other);
    vec_push(s->mem, b->out, choice);
}
