/* Nests: one loop for all items of a group, its body a block of its own. */
#include <assert.h>
#include <string.h>

#include "form/loops_make.h"
#include "stage/schedule/schedule_pairs.h"

enum {
    CHUNKS = 64,       /* of a parallel reduction: fixed, so that the result does not depend on the number of threads */
    CHUNK_GRAIN = 16,  /* chunks begin at multiples of it: as many as the most lanes */
    PLAIN_GRAIN = 256, /* ... of a few operations each */
    PLAIN_OPERATIONS = 200,
    UNROLL_ROW = 16, /* entries of a row that are separate values */
    PART_DEPTH = 8   /* operations above a costly part */
};

void open_item(scheduler *s, item *it)
{
    if (it->axes)
        return;
    node *n = it->n;
    node **inner = ARENA_ARRAY(s->mem, node *, n->ninner);
    it->naxes = n->nvars;
    it->axes = ARENA_ARRAY(s->mem, var *, n->nvars);
    graph_open(s->g, n, it->axes, inner);
    it->body = inner[0];
    if (it->kind == ITEM_REDUCE) {
        it->filter = node_is_number(inner[1], 1) ? NULL : inner[1];
        it->ranges = inner + 2;
        it->acc = (accumulator){.op = n->op, .elem = inner[0]->elem};
    }
}

buffer *item_target(scheduler *s, block *b, node *t)
{
    buffer *target = b == s->root ? map_get(&s->targets, t) : NULL;
    return target ? target : new_buffer(s, b, t->hint, t->elem, t->rank, t->extents);
}

static void rename_axis(scheduler *s, item *it, var *v)
{
    var *old = it->axes[0];
    if (old == v)
        return;
    node *by = v->self;
    it->body = graph_subst(s->g, it->body, 1, &old, &by);
    if (it->filter)
        it->filter = graph_subst(s->g, it->filter, 1, &old, &by);
    int dynamic = 0;
    for (int i = 0; i < it->naxes; i++)
        dynamic += it->axes[i]->extent ? 0 : 2;
    node **ranges = ARENA_ARRAY(s->mem, node *, dynamic + 1);
    for (int i = 0; i < dynamic; i++)
        ranges[i] = graph_subst(s->g, it->ranges[i], 1, &old, &by);
    it->ranges = ranges;
    var **axes = arena_grow(s->mem, it->axes, (size_t)it->naxes, (size_t)it->naxes, sizeof *axes);
    axes[0] = v;
    it->axes = axes;
}

static node **rest_ranges(const item *it)
{
    return it->axes[0]->extent || !it->ranges ? it->ranges : it->ranges + 2;
}

static bool is_arg(const item *it)
{
    return it->kind == ITEM_REDUCE && (it->acc.op == OP_ARGMAX || it->acc.op == OP_ARGMIN);
}

/* ---- the body of the loop ---- */

typedef struct plan {
    VEC(node *) roots;
    item_list rows;   /* nests inside, that store */
    item_list stores; /* single entries to store at the end */
    item_list sums;   /* accumulators to add to at the end */
} plan;

static item *row_of(scheduler *s, const item *it, lexpr *at)
{
    item *row = ARENA_NEW(s->mem, item);
    *row = *it;
    row->n = NULL;
    row->level = 0;
    row->done = false;
    row->naxes = it->naxes - 1;
    row->axes = it->axes + 1;
    row->ranges = rest_ranges(it);
    row->stacks.n = row->after.n = 0;
    if (it->kind == ITEM_STORE) {
        row->prefix = arena_grow(s->mem, it->prefix, (size_t)it->nprefix, (size_t)it->nprefix + 1, sizeof *it->prefix);
        row->prefix[row->nprefix++] = at;
    }
    return row;
}

static void plan_store(scheduler *s, plan *w, item *row)
{
    int64_t size;
    if (row->naxes == 0) {
        vec_push(s->mem, &w->stores, row);
        vec_push(s->mem, &w->roots, row->body);
        if (row->filter)
            vec_push(s->mem, &w->roots, row->filter);
        return;
    }
    if (!row->axes[0]->extent || !extent_is_const(row->axes[0]->extent, &size) || size > UNROLL_ROW) {
        vec_push(s->mem, &w->rows, row);
        return;
    }
    for (int64_t k = 0; k < size; k++) {
        item *one = row_of(s, row, lx_int(s, k));
        node *by = graph_int(s->g, k);
        one->body = graph_subst(s->g, row->body, 1, row->axes, &by);
        if (row->filter)
            one->filter = graph_subst(s->g, row->filter, 1, row->axes, &by);
        plan_store(s, w, one);
    }
}

/* A vector item runs over its summation axes; below the last, its row is added entry by entry. */
static void plan_vector(scheduler *s, plan *w, item *row)
{
    if (row->naxes > 0) {
        vec_push(s->mem, &w->rows, row);
        return;
    }
    row->kind = ITEM_STORE;
    row->accumulate = true;
    row->naxes = row->nentries;
    row->axes = arena_grow(s->mem, row->entries, (size_t)row->nentries, (size_t)row->nentries, sizeof *row->axes);
    row->ranges = NULL;
    plan_store(s, w, row);
}

/* A reduction over several axes is one over the first of those over the rest. */
static void nest_axes(scheduler *s, item *it)
{
    if (it->kind != ITEM_REDUCE || is_arg(it) || it->naxes <= 1)
        return;
    it->body = graph_reduce(s->g, it->acc.op, it->naxes - 1, it->axes + 1, it->body, it->filter, rest_ranges(it));
    it->filter = NULL;
    it->naxes = 1;
}

static void plan_reduce(scheduler *s, plan *w, item *it)
{
    vec_push(s->mem, &w->sums, it);
    if (is_arg(it) && it->naxes > 1)
        return;
    vec_push(s->mem, &w->roots, it->body);
    if (it->filter)
        vec_push(s->mem, &w->roots, it->filter);
}

/* ---- vector reductions: sums for all points of some axes in one pass, that share costly parts free of the first ----
 */

static bool is_costly(const node *n)
{
    return node_is_reduce(n) || n->op == OP_TENSOR || (n->op >= OP_EXP && n->op <= OP_SOFTPLUS) || n->op == OP_DIV;
}

static bool holds_costly_part(const node *n, const var *entry, int naxes, var *const *axes, int depth)
{
    if (is_costly(n) && !node_depends(n, entry) && node_depends_any(n, naxes, axes))
        return true;
    for (int i = 0; i < n->nargs && depth > 0; i++)
        if (holds_costly_part(n->args[i], entry, naxes, axes, depth - 1))
            return true;
    return false;
}

typedef struct vectorizing {
    scheduler *s;
    block *k;
    item *row;
    map done;
    item_list made;
} vectorizing;

static bool is_axis_of(const item *row, const var *v)
{
    for (int i = 0; i < row->naxes; i++)
        if (row->axes[i] == v)
            return true;
    return false;
}

static item *vector_item(vectorizing *v, node *n)
{
    scheduler *s = v->s;
    item *row = v->row, probe = {.kind = ITEM_REDUCE, .n = n};
    if (n->op != OP_SUM || !node_depends(n, row->axes[0]))
        return NULL;
    for (int i = 0; i < n->nfree; i++)
        if (!is_axis_of(row, n->free[i]) && !home_block(s, v->k, n->free[i]->self))
            return NULL;
    open_item(s, &probe);
    if (probe.filter && node_depends_any(probe.filter, row->naxes, row->axes))
        return NULL;
    for (int i = 0; i < 2 * node_dynamic_axes(n); i++)
        if (node_depends_any(probe.ranges[i], row->naxes, row->axes))
            return NULL;
    if (!holds_costly_part(probe.body, row->axes[0], probe.naxes, probe.axes, PART_DEPTH))
        return NULL;
    item *it = ARENA_NEW(s->mem, item);
    *it = probe;
    it->kind = ITEM_VECTOR;
    it->n = NULL;
    it->entries = ARENA_ARRAY(s->mem, var *, row->naxes);
    for (int i = 0; i < row->naxes; i++)
        if (node_depends(n, row->axes[i]))
            it->entries[it->nentries++] = row->axes[i];
    return it;
}

/* An array of zeros with an entry for each sum of the item; params stand for such arrays. */
static buffer *array_of_sums(vectorizing *v, const item *it, const char *hint, elem e, var **param)
{
    scheduler *s = v->s;
    block *k = v->k;
    const extent **extents = ARENA_ARRAY(s->mem, const extent *, it->nentries);
    for (int i = 0; i < it->nentries; i++)
        extents[i] = it->entries[i]->extent;
    buffer *f = new_buffer(s, k, hint, e, it->nentries, extents);
    lstmt *fill = add_stmt(s, k->out, LS_FILL);
    fill->buffer = f;
    fill->e = lx_const(s, e, 0);
    *param = graph_param(s->g, e, it->nentries, extents, hint);
    map_set(&k->tensors, (*param)->self, f);
    k->vars = arena_grow(s->mem, k->vars, (size_t)k->nvars, (size_t)k->nvars + 1, sizeof *k->vars);
    k->vars[k->nvars++] = *param;
    return f;
}

/* What was lost is added when the sum is finite. */
static node *with_lost(graph *g, node *sum, node *lost)
{
    node *finite = graph_bin(g, OP_EQ, graph_bin(g, OP_SUB, sum, sum), graph_real(g, sum->elem, 0));
    return graph_select(g, finite, graph_bin(g, OP_ADD, sum, lost), sum);
}

/* Arrays for the sums n of an item, for all its entries; returns what n then is. */
static node *declare_sums(vectorizing *v, item *it, const node *n)
{
    graph *g = v->s->g;
    const char *hint = n->hint ? n->hint : "sums";
    bool wide = v->s->sums == SUM_F64 && n->elem == ELEM_F32;
    var *sums, *lost;
    it->target = array_of_sums(v, it, hint, wide ? ELEM_F64 : n->elem, &sums);
    node *sum = graph_access_vars(g, sums->self, it->entries);
    if (v->s->sums == SUM_KAHAN && elem_is_float(n->elem)) {
        it->lost = array_of_sums(v, it, "lost", n->elem, &lost);
        sum = with_lost(g, sum, graph_access_vars(g, lost->self, it->entries));
    }
    return wide ? graph_un(g, OP_TO_F32, sum) : sum;
}

/* Replaces the sums in the row by accesses to accumulator arrays. */
static node *vectorize(void *data, node *n)
{
    vectorizing *v = data;
    scheduler *s = v->s;
    if (n->nargs == 0 || !node_depends(n, v->row->axes[0]))
        return n;
    node *r = map_get(&v->done, n);
    if (r)
        return r;
    item *it = vector_item(v, n);
    if (it) {
        vec_push(s->mem, &v->made, it);
        r = declare_sums(v, it, n);
    } else {
        r = graph_map_args(s->g, n, vectorize, v);
    }
    map_set(&v->done, n, r);
    return r;
}

static bool shares_passes(scheduler *s, map *seen, node *n, const var *entry)
{
    static char mark;
    if (n->nargs == 0 || map_get(seen, n) || !node_depends(n, entry))
        return false;
    map_set(seen, n, &mark);
    item probe = {.kind = ITEM_REDUCE, .n = n};
    if (n->op == OP_SUM) {
        open_item(s, &probe);
        if (holds_costly_part(probe.body, entry, probe.naxes, probe.axes, PART_DEPTH))
            return true;
    }
    for (int i = 0; i < n->nargs; i++)
        if (shares_passes(s, seen, n->args[i], entry))
            return true;
    return false;
}

static bool is_short_axis(const var *v)
{
    int64_t size;
    return v->extent && extent_is_const(v->extent, &size) && size <= UNROLL_ROW;
}

bool rows_share_passes(scheduler *s, const item *it)
{
    map seen;
    map_init(&seen, s->mem);
    return it->kind == ITEM_STORE && it->naxes > 1 && !is_short_axis(it->axes[1]) &&
           shares_passes(s, &seen, it->body, it->axes[1]);
}

/* Rows of equal length share their axis, and so their loops. */
static void share_row_axes(scheduler *s, item_list *rows)
{
    for (int i = 0; i < rows->n; i++)
        for (int k = 0; k < i; k++)
            if (rows->data[i]->kind == ITEM_STORE && rows->data[k]->kind == ITEM_STORE &&
                rows->data[i]->axes[0]->extent && rows->data[i]->axes[0]->extent == rows->data[k]->axes[0]->extent) {
                rename_axis(s, rows->data[i], rows->data[k]->axes[0]);
                break;
            }
}

static void vectorize_rows(scheduler *s, block *k, plan *w)
{
    share_row_axes(s, &w->rows);
    int n = w->rows.n;
    vectorizing v = {.s = s, .k = k};
    map_init(&v.done, s->mem);
    for (int i = 0; i < n; i++) {
        item *row = w->rows.data[i];
        if (row->kind != ITEM_STORE || row->naxes == 0 || row->accumulate || !row->axes[0]->extent)
            continue;
        v.row = row;
        v.made.n = 0;
        row->body = vectorize(&v, row->body);
        for (int m = 0; m < v.made.n; m++) {
            vec_push(s->mem, &w->rows, v.made.data[m]);
            vec_push(s->mem, &row->after, v.made.data[m]);
        }
    }
}

/* ---- assembling the loop ---- */

lexpr *flat_index(scheduler *s, const item *it, int n, lexpr *const *at)
{
    lexpr *index = at[0];
    for (int i = 1; i < n; i++)
        index = lx_bin(s, OP_ADD, lx_bin(s, OP_MUL, index, lx_size(s, it->axes[i]->extent)), at[i]);
    return index;
}

/* argmax over several axes: plain loops below the first. */
static void arg_loops(scheduler *s, block *b, item *it, int depth, lexpr **at)
{
    if (depth == it->naxes) {
        lexpr *x = emit_value(s, b, it->body), *filter = it->filter ? emit_value(s, b, it->filter) : NULL;
        acc_add(s, b->out, &it->acc, x, filter, flat_index(s, it, depth, at));
        return;
    }
    lstmt *loop = ARENA_NEW(s->mem, lstmt);
    *loop = (lstmt){.kind = LS_FOR,
                    .temp = new_temp(s, axis_name(s, it->axes[depth]), ELEM_INT),
                    .lo = lx_int(s, 0),
                    .hi = lx_size(s, it->axes[depth]->extent)};
    block *k = new_block(s, b, 1, &it->axes[depth], &loop->body);
    at[depth] = lx_temp(s, loop->temp);
    map_set(&k->values, it->axes[depth]->self, at[depth]);
    arg_loops(s, k, it, depth + 1, at);
    vec_push(s->mem, b->out, loop);
}

static void finish_sum(scheduler *s, block *k, item *it, lexpr *at)
{
    if (is_arg(it) && it->naxes > 1) {
        lexpr **subs = ARENA_ARRAY(s->mem, lexpr *, it->naxes);
        subs[0] = at;
        arg_loops(s, k, it, 1, subs);
        return;
    }
    lexpr *x = emit_value(s, k, it->body), *filter = it->filter ? emit_value(s, k, it->filter) : NULL;
    acc_add(s, k->out, &it->acc, x, filter, at);
}

static void add_to_compensated(scheduler *s, lstmt_list *out, const item *it, lexpr *x)
{
    lexpr *sum = lx_temp(s, add_let(s, out, "sum", lx_load(s, it->target, it->nprefix, it->prefix, false)));
    lexpr *lost = lx_temp(s, add_let(s, out, "lost", lx_load(s, it->lost, it->nprefix, it->prefix, false)));
    lexpr *still_lost;
    lexpr *total = lstmt_compensated(s->mem, out, sum, lost, x, &still_lost);
    add_store(s, out, it->lost, it->nprefix, it->prefix, still_lost);
    add_store(s, out, it->target, it->nprefix, it->prefix, total);
}

static void finish_store(scheduler *s, block *k, item *it)
{
    lexpr *x = emit_value(s, k, it->body);
    if (it->filter)
        x = lx_select(s, emit_value(s, k, it->filter), x, lx_const(s, x->elem, 0));
    if (it->lost) {
        add_to_compensated(s, k->out, it, x);
        return;
    }
    if (x->elem != it->target->elem)
        x = lx_point(s, OP_TO_F64, ELEM_F64, 1, &x);
    add_store(s, k->out, it->target, it->nprefix, it->prefix, x);
    k->out->data[k->out->n - 1]->accumulate = it->accumulate;
}

void fill_body(scheduler *s, block *b, lstmt *loop, int n, item *const *items)
{
    var *v = items[0]->axes[0];
    block *k = new_block(s, b, 1, &v, &loop->body);
    k->sequential = k->in_order = s->in_order;
    s->in_order = false;
    lexpr *at = lx_temp(s, loop->temp);
    map_set(&k->values, v->self, at);
    plan w = {0};
    for (int i = 0; i < n; i++) {
        item *it = items[i];
        if (it->kind == ITEM_REDUCE)
            plan_reduce(s, &w, it);
        else if (it->kind == ITEM_STORE)
            plan_store(s, &w, row_of(s, it, at));
        else
            plan_vector(s, &w, row_of(s, it, at));
    }
    if (!k->sequential)
        vectorize_rows(s, k, &w);
    schedule_items(s, k, w.roots.n, w.roots.data, &w.rows);
    for (int i = 0; i < w.stores.n; i++)
        finish_store(s, k, w.stores.data[i]);
    for (int i = 0; i < w.sums.n; i++)
        finish_sum(s, k, w.sums.data[i], at);
}

lstmt *make_loop(scheduler *s, const char *name, lexpr *lo, lexpr *hi)
{
    lstmt *loop = ARENA_NEW(s->mem, lstmt);
    *loop = (lstmt){.kind = LS_FOR, .temp = new_temp(s, name, ELEM_INT), .lo = lo, .hi = hi};
    return loop;
}

void add_comment(scheduler *s, block *b, int n, item *const *items)
{
    text t;
    text_init(&t, s->mem);
    const node *placed = NULL;
    for (int i = 0; i < n; i++) {
        const node *of = items[i]->n ? items[i]->n : items[i]->body;
        const char *name = items[i]->target ? items[i]->target->name : of->hint;
        if (name)
            text_addf(&t, "%s%s", t.n ? ", " : "", name);
        if (!placed && of->at.src)
            placed = of;
    }
    if (placed) {
        int line, column, begin = placed->at.begin, end;
        const source *src = placed->at.src;
        source_position(src, begin, &line, &column);
        begin -= column - 1;
        while (src->data[begin] == ' ' || src->data[begin] == '\t')
            begin++;
        for (end = begin; end < (int)src->n && src->data[end] != '\n' && end - begin < 90; end++)
            ;
        const char *base = strrchr(src->path, '/');
        text_addf(&t, "%s%s:%d: %.*s", t.n ? "; " : "", base ? base + 1 : src->path, line, end - begin,
                  src->data + begin);
    }
    if (t.n)
        add_stmt(s, b->out, LS_COMMENT)->text = text_str(&t);
}

static buffer *part_buffer(scheduler *s, block *b, elem e)
{
    const extent *chunks = extent_const(s->g->pool, CHUNKS);
    buffer *f = new_buffer(s, b, "parts", e, 1, &chunks);
    f->kind = BUF_LOCAL;
    add_stmt(s, b->out, LS_ARRAY)->buffer = f;
    return f;
}

typedef struct chunking {
    lexpr *grain, *grains, *count;
    const extent *size;
} chunking;

/* Where chunk c begins: chunks are whole grains, as equal as can be. */
static lexpr *chunk_begin(scheduler *s, const chunking *k, lexpr *c)
{
    lexpr *first = lx_bin(s, OP_IDIV, lx_bin(s, OP_MUL, c, k->grains), k->count);
    return lx_bin(s, OP_MIN, lx_bin(s, OP_MUL, first, k->grain), lx_size(s, k->size));
}

static void count_plain(map *seen, const node *n, const var *v, int *operations)
{
    static char mark;
    if (n->nargs == 0 || !node_depends(n, v) || map_get(seen, n))
        return;
    map_set(seen, n, &mark);
    *operations += node_is_point(n) || n->op == OP_ACCESS ? 1 : PLAIN_OPERATIONS;
    for (int i = 0; i < n->nargs; i++)
        count_plain(seen, n->args[i], v, operations);
}

/* Passes so short that a chunk of few takes less time than a thread does to begin. */
static bool are_plain(scheduler *s, int n, item *const *items)
{
    int operations = 0;
    map seen;
    map_init(&seen, s->mem);
    for (int i = 0; i < n; i++) {
        operations += items[i]->naxes > 1 ? PLAIN_OPERATIONS : 0;
        count_plain(&seen, items[i]->body, items[i]->axes[0], &operations);
    }
    return operations < PLAIN_OPERATIONS;
}

static chunking plan_chunks(scheduler *s, block *b, int n, item *const *items)
{
    int grain = are_plain(s, n, items) ? PLAIN_GRAIN : CHUNK_GRAIN;
    chunking k = {.grain = lx_int(s, grain), .size = items[0]->axes[0]->extent};
    lexpr *up = lx_bin(s, OP_ADD, lx_size(s, k.size), lx_int(s, grain - 1));
    k.grains = lx_temp(s, add_let(s, b->out, "grains", lx_bin(s, OP_IDIV, up, k.grain)));
    k.count = lx_temp(s, add_let(s, b->out, "chunks", lx_bin(s, OP_MIN, lx_int(s, CHUNKS), k.grains)));
    return k;
}

/* One chunk of the axis per pass of a parallel loop; partial results are combined in order. */
static void chunked_loop(scheduler *s, block *b, int n, item *const *items, lstmt_list *loops)
{
    buffer *(*parts)[2] = arena_array(s->mem, (size_t)n, sizeof *parts);
    for (int i = 0; i < n; i++)
        for (int p = 0; items[i]->kind == ITEM_REDUCE && p < acc_parts(s, &items[i]->acc); p++)
            parts[i][p] = part_buffer(s, b, acc_part_elem(s, &items[i]->acc, p));
    chunking k = plan_chunks(s, b, n, items);
    lstmt *chunks = make_loop(s, "chunk", lx_int(s, 0), k.count);
    chunks->parallel = chunks->parts = true;
    lexpr *c = lx_temp(s, chunks->temp), *next = lx_bin(s, OP_ADD, c, lx_int(s, 1));
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_begin(s, &chunks->body, &items[i]->acc, items[i]->n->hint);
    temp *begin = add_let(s, &chunks->body, "begin", chunk_begin(s, &k, c));
    temp *end = add_let(s, &chunks->body, "end", chunk_begin(s, &k, next));
    lstmt *loop = make_loop(s, axis_name(s, items[0]->axes[0]), lx_temp(s, begin), lx_temp(s, end));
    loop->independent = true;
    loop->whole = k.size;
    loop->aligned = true;
    fill_range(s, b, loop, n, items, &chunks->body);
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_store_part(s, &chunks->body, &items[i]->acc, parts[i], c);
    vec_push(s->mem, loops, chunks);
    lstmt *join = make_loop(s, "chunk", lx_int(s, 0), k.count);
    for (int i = 0; i < n; i++) {
        if (items[i]->kind != ITEM_REDUCE)
            continue;
        accumulator whole = items[i]->acc;
        acc_begin(s, b->out, &whole, items[i]->n->hint);
        acc_add_part(s, &join->body, &whole, parts[i], lx_temp(s, join->temp));
        items[i]->acc = whole;
    }
    vec_push(s->mem, loops, join);
}

static void plain_loop(scheduler *s, block *b, int n, item *const *items, bool parallel, lstmt_list *loops)
{
    const item *first = items[0];
    lexpr *lo = lx_int(s, 0), *hi;
    if (first->axes[0]->extent) {
        hi = lx_size(s, first->axes[0]->extent);
    } else {
        lo = emit_value(s, b, first->ranges[0]);
        hi = emit_value(s, b, first->ranges[1]);
    }
    for (int i = 0; i < n; i++)
        if (items[i]->kind == ITEM_REDUCE)
            acc_begin(s, b->out, &items[i]->acc, items[i]->n->hint);
    lstmt *loop = make_loop(s, axis_name(s, first->axes[0]), lo, hi);
    loop->parallel = parallel;
    loop->independent = true;
    fill_range(s, b, loop, n, items, loops);
}

/* Rows may share their axis with the entries of a vector item; a reduction's axis is its own. */
static var *group_axis(int n, item *const *items)
{
    for (int i = 0; i < n; i++)
        if (items[i]->kind != ITEM_STORE)
            return items[i]->axes[0];
    return items[0]->axes[0];
}

bool is_parallel_row(const block *b, const item *it)
{
    int64_t size;
    const extent *e = it->axes[0]->extent;
    int64_t fewest = it->kind == ITEM_STORE ? UNROLL_ROW : CHUNKS;
    return b->sequential && e && !(extent_is_const(e, &size) && size <= fewest);
}

void emit_loops(scheduler *s, block *b, int n, item *const *items, bool in_order, lstmt_list *loops)
{
    bool reduces = false;
    for (int i = 0; i < n; i++)
        reduces |= items[i]->kind == ITEM_REDUCE;
    bool parallel = !in_order && is_parallel_row(b, items[0]);
    s->in_order = in_order;
    if (reduces && parallel && s->target == TARGET_C)
        chunked_loop(s, b, n, items, loops);
    else
        plain_loop(s, b, n, items, parallel, loops);
    s->in_order = false;
}

/* One axis for all rows, and what lies inside it in order. */
static void prepare_group(scheduler *s, block *b, int n, item *const *items)
{
    var *axis = group_axis(n, items);
    for (int i = 0; i < n; i++) {
        rename_axis(s, items[i], axis);
        nest_axes(s, items[i]);
        if (items[i]->kind == ITEM_STORE && !items[i]->target)
            items[i]->target = item_target(s, b, items[i]->n);
    }
}

static void finish_group(scheduler *s, block *b, int n, item *const *items)
{
    for (int i = 0; i < n; i++) {
        if (items[i]->kind == ITEM_REDUCE)
            map_set(&b->values, items[i]->n, acc_end(s, &items[i]->acc));
        else if (items[i]->n)
            map_set(&b->tensors, items[i]->n, items[i]->target);
    }
}

void emit_group(scheduler *s, block *b, int n, item *const *items)
{
    prepare_group(s, b, n, items);
    if (b->sequential && !b->in_order)
        add_comment(s, b, n, items);
    emit_ways(s, b, n, items);
    finish_group(s, b, n, items);
}

bool emit_groups_joined(scheduler *s, block *b, const item_list *rows, const item_list *columns)
{
    prepare_group(s, b, rows->n, rows->data);
    prepare_group(s, b, columns->n, columns->data);
    lstmt_list before = *b->out;
    item_list all = {0};
    for (int i = 0; i < rows->n; i++)
        vec_push(s->mem, &all, rows->data[i]);
    for (int i = 0; i < columns->n; i++)
        vec_push(s->mem, &all, columns->data[i]);
    add_comment(s, b, all.n, all.data);
    if (!emit_joined(s, b, rows->n, rows->data, columns->n, columns->data)) {
        *b->out = before;
        return false;
    }
    finish_group(s, b, rows->n, rows->data);
    finish_group(s, b, columns->n, columns->data);
    return true;
}

bool is_short_row(const block *b, const item *it)
{
    int64_t size;
    return it->kind == ITEM_STORE && !b->sequential && it->n && it->axes[0]->extent &&
           extent_is_const(it->axes[0]->extent, &size) && size <= UNROLL_ROW;
}

void emit_short_row(scheduler *s, block *b, item *it)
{
    plan w = {0};
    if (!it->target)
        it->target = item_target(s, b, it->n);
    plan_store(s, &w, it);
    schedule_items(s, b, w.roots.n, w.roots.data, &w.rows);
    for (int i = 0; i < w.stores.n; i++)
        finish_store(s, b, w.stores.data[i]);
    map_set(&b->tensors, it->n, it->target);
}

void emit_single(scheduler *s, block *b, node *n)
{
    schedule_items(s, b, 1, &n, NULL);
}
