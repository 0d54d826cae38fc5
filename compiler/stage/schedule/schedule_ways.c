/* The ways to run the loops of a group; which of them is a matter of the sizes alone, so that results do not depend on
 * threads.
 *
 * - Row by row.
 * - Few rows of long reductions: the rows run one after the other, each reduction in parallel and its axis in lanes.
 *   Rows whose entries share a pass over the terms are not for it: each entry would take a pass of its own.
 * - A product of matrices by BLAS.
 * - Sums over pairs from both sides at once: of rows with themselves, or of the rows of one group and those of another.
 */
#include "stage/schedule/schedule_pairs.h"

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

/* The extent of a reduction inside the rows, that may be longer than they are many; NULL: there is none. */
static const extent *longest_inside(scheduler *s, int n, item *const *items)
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

static lexpr *few_rows(scheduler *s, const extent *rows, const extent *longest)
{
    lexpr *few = lx_bin(s, OP_LT, lx_size(s, rows), lx_int(s, FEW_ROWS));
    return lx_bin(s, OP_AND, few, lx_bin(s, OP_LT, lx_int(s, LONG), lx_size(s, longest)));
}

static void begin_sums(scheduler *s, block *b, int n, item *const *items)
{
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_begin(s, b->out, &items[i]->acc, items[i]->n->hint);
}

/* What copies of the items have summed up goes to the items. */
static void end_sums(scheduler *s, int n, item *const *items, item *const *own, lstmt_list *out)
{
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_join(s, out, &items[i]->acc, &own[i]->acc);
}

static lstmt *new_choice(scheduler *s, lexpr *condition)
{
    lstmt *choice = ARENA_NEW(s->mem, lstmt);
    *choice = (lstmt){.kind = LS_IF, .either = true, .e = condition};
    return choice;
}

static void add_loops(scheduler *s, block *b, int n, item *const *items, bool in_order, lstmt_list *out)
{
    item **own = copies(s, n, items);
    emit_loops(s, b, n, own, in_order, out);
    end_sums(s, n, items, own, out);
}

/* The sums of the plan, then the rows that use them. */
static void add_pairs(scheduler *s, block *b, pair_plan *plan, int n, item *const *items, lstmt_list *out)
{
    item **own = copies(s, n, items);
    emit_pair_sums(s, b, plan, n, own, out);
    emit_loops(s, b, n, own, false, out);
    end_sums(s, n, items, own, out);
}

static void emit_few_or_many(scheduler *s, block *b, int n, item *const *items, const extent *longest, lstmt_list *out)
{
    begin_sums(s, b, n, items);
    lstmt *choice = new_choice(s, few_rows(s, items[0]->axes[0]->extent, longest));
    add_loops(s, b, n, items, true, &choice->body);
    add_loops(s, b, n, items, false, &choice->other);
    vec_push(s->mem, out, choice);
}

/* What costs count is the way row by row: half of it is done. */
static void emit_symmetric(scheduler *s, block *b, int n, item *const *items, pair_plan *plan)
{
    begin_sums(s, b, n, items);
    lstmt *choice = new_choice(s, pairs_condition(s, plan));
    add_pairs(s, b, plan, n, items, &choice->body);
    add_loops(s, b, n, items, false, &choice->other);
    vec_push(s->mem, b->out, choice);
}

static bool may_share_pairs(const scheduler *s, const block *b)
{
    return s->target == TARGET_C && b->sequential && !b->in_order;
}

static void emit_apart(scheduler *s, block *b, int n, item *const *items, lstmt_list *out)
{
    const bool may_choose = s->target == TARGET_C && b == s->root && is_parallel_row(b, items[0]);
    const extent *longest = may_choose ? longest_inside(s, n, items) : NULL;
    if (longest)
        emit_few_or_many(s, b, n, items, longest, out);
    else
        emit_loops(s, b, n, items, false, out);
}

static void emit_joint(scheduler *s, block *b, pair_plan *plan, int nrows, item *const *rows, int ncolumns,
                       item *const *columns)
{
    begin_sums(s, b, nrows, rows);
    begin_sums(s, b, ncolumns, columns);
    lstmt *choice = new_choice(s, lx_point(s, OP_NOT, ELEM_BOOL, 1, (lexpr *[]){pairs_condition(s, plan)}));
    item **own = copies(s, nrows, rows), **others = copies(s, ncolumns, columns);
    emit_apart(s, b, nrows, own, &choice->body);
    emit_apart(s, b, ncolumns, others, &choice->body);
    end_sums(s, nrows, rows, own, &choice->body);
    end_sums(s, ncolumns, columns, others, &choice->body);
    item_list all = {0};
    own = copies(s, nrows, rows);
    others = copies(s, ncolumns, columns);
    for (int i = 0; i < nrows; i++)
        vec_push(s->mem, &all, own[i]);
    for (int i = 0; i < ncolumns; i++)
        vec_push(s->mem, &all, others[i]);
    emit_pair_sums(s, b, plan, all.n, all.data, &choice->other);
    emit_loops(s, b, nrows, own, false, &choice->other);
    emit_loops(s, b, ncolumns, others, false, &choice->other);
    end_sums(s, nrows, rows, own, &choice->other);
    end_sums(s, ncolumns, columns, others, &choice->other);
    vec_push(s->mem, b->out, choice);
}

bool emit_joined(scheduler *s, block *b, int nrows, item *const *rows, int ncolumns, item *const *columns)
{
    pair_plan *plan = may_share_pairs(s, b) ? find_joint_pairs(s, nrows, rows, ncolumns, columns) : NULL;
    if (plan)
        emit_joint(s, b, plan, nrows, rows, ncolumns, columns);
    return plan != NULL;
}

static bool emit_by_library(scheduler *s, block *b, item *const *items)
{
    lstmt *choice = new_choice(s, NULL);
    choice->e = emit_product(s, b, items[0], &choice->body);
    if (!choice->e)
        return false;
    emit_apart(s, b, 1, copies(s, 1, items), &choice->other);
    vec_push(s->mem, b->out, choice);
    return true;
}

void emit_ways(scheduler *s, block *b, int n, item *const *items)
{
    pair_plan *plan = may_share_pairs(s, b) ? find_pairs(s, n, items) : NULL;
    if (plan)
        emit_symmetric(s, b, n, items, plan);
    else if (n != 1 || !emit_by_library(s, b, items))
        emit_apart(s, b, n, items, b->out);
}
