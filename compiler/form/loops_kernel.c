/* Finds the kernels of a function: groups of statements behind a comment, also those inside serial loops.
 *
 * For each: its loops down to the one over pairs, what one pair costs, and which entries of which buffers it touches:
 * an axis that a subscript moves along counts whole, one that is only entered at fixed places counts these places. */
#include "form/loops_cost.h"

#include <string.h>

/* Places at which the axes of a buffer are entered. */
typedef struct axis_use {
    bool whole;
    VEC(const lexpr *) places; /* subscripts that stand still during the kernel, each once */
} axis_use;

typedef struct touched {
    const buffer *buffer;
    bool read, written;
    axis_use *axes; /* [rank] */
} touched;

typedef struct finder {
    arena *mem;
    coster coster;
    const nest_fn *fn;
    kernel_list kernels;
    VEC(const lstmt *) around;
    VEC(touched) touched; /* of the kernel at hand */
    map moving;           /* temps that change during the kernel */
} finder;

/* Memory. */

static bool moves(const finder *f, const lexpr *e)
{
    if (e->kind == LX_TEMP)
        return map_get(&f->moving, e->temp);
    bool any = false;
    for (int i = 0; i < e->nargs && !any; i++)
        any = moves(f, e->args[i]);
    return any;
}

static bool is_memory(const buffer *b)
{
    return b->kind == BUF_RESULT || (b->kind != BUF_LOCAL && b->kind != BUF_SCRATCH && b->rank > 0);
}

static touched *find_touched(finder *f, const buffer *b)
{
    for (int i = 0; i < f->touched.n; i++)
        if (f->touched.data[i].buffer == b)
            return &f->touched.data[i];
    vec_push(f->mem, &f->touched, (touched){.buffer = b, .axes = ARENA_ARRAY(f->mem, axis_use, b->rank)});
    return &f->touched.data[f->touched.n - 1];
}

static bool is_same(const lexpr *a, const lexpr *b)
{
    bool same = a->kind == b->kind && a->integer == b->integer && a->extent == b->extent && a->temp == b->temp &&
                a->op == b->op && a->buffer == b->buffer && a->nargs == b->nargs;
    for (int i = 0; i < a->nargs && same; i++)
        same = is_same(a->args[i], b->args[i]);
    return same;
}

static void touch_axis(finder *f, axis_use *a, const lexpr *sub)
{
    if (moves(f, sub)) {
        a->whole = true;
        return;
    }
    for (int i = 0; i < a->places.n; i++)
        if (is_same(a->places.data[i], sub))
            return;
    vec_push(f->mem, &a->places, sub);
}

/* The part of b under n leading subscripts. */
static void touch(finder *f, const buffer *b, bool write, int n, lexpr *const *subs)
{
    if (!is_memory(b))
        return;
    touched *t = find_touched(f, b);
    t->read |= !write;
    t->written |= write;
    for (int i = 0; i < b->rank; i++)
        if (i < n)
            touch_axis(f, &t->axes[i], subs[i]);
        else
            t->axes[i].whole = true;
}

static void touch_expr(finder *f, const lexpr *e)
{
    if (e->kind == LX_LOAD)
        touch(f, e->buffer, false, e->nargs, e->args);
    for (int i = 0; i < e->nargs; i++)
        touch_expr(f, e->args[i]);
}

static void touch_call(finder *f, const lstmt *s)
{
    int operands = routine_shapes(s->routine->operands);
    for (int i = 0; i < s->nsubs; i++)
        touch(f, s->subs[i]->buffer, i >= operands, 0, NULL);
}

static void touch_statement(finder *f, const lstmt *s)
{
    if (s->kind == LS_CALL) {
        touch_call(f, s);
        return;
    }
    const kind_cost *row = &kind_costs[s->kind];
    const lexpr *const exprs[] = {s->e, s->lo, s->hi, s->filter};
    for (int i = 0; i < 4; i++)
        if (exprs[i])
            touch_expr(f, exprs[i]);
    for (int i = 0; i < s->nsubs; i++)
        touch_expr(f, s->subs[i]);
    int n = row->subs_of_from ? 0 : s->nsubs;
    if (row->reads || s->accumulate)
        touch(f, s->buffer, false, n, s->subs);
    if (row->writes)
        touch(f, s->buffer, true, n, s->subs);
    if (row->reads_from)
        touch(f, s->from, false, s->nsubs - n, s->subs);
}

static void touch_all(finder *f, const lstmt_list *body, bool inside)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->temp && (inside || s->kind == LS_FOR))
            map_set(&f->moving, s->temp, f);
        touch_statement(f, s);
        touch_all(f, &s->body, inside || s->kind == LS_FOR);
        touch_all(f, &s->other, inside);
    }
}

static const extent *axis_entries(const finder *f, const touched *t, int axis)
{
    const axis_use *a = &t->axes[axis];
    int64_t places = a->places.n, size;
    const extent *whole = extent_add(extent_const(f->coster.pool, 0), t->buffer->extents[axis]);
    bool all = a->whole || (extent_is_const(whole, &size) && places > size);
    return all ? whole : extent_const(f->coster.pool, places);
}

int64_t cost_bytes(elem e)
{
    static const int64_t bytes[] = {[ELEM_F32] = 4, [ELEM_F64] = 8, [ELEM_INT] = 8, [ELEM_BOOL] = 1};
    return bytes[e];
}

static void measure_memory(finder *f, kernel_cost *k)
{
    k->read = k->written = extent_const(f->coster.pool, 0);
    f->touched.n = 0;
    map_init(&f->moving, f->mem);
    touch_all(f, &k->body, false);
    for (int i = 0; i < f->touched.n; i++) {
        const touched *t = &f->touched.data[i];
        const extent *n = extent_const(f->coster.pool, 1);
        for (int a = 0; a < t->buffer->rank; a++)
            n = extent_mul(n, axis_entries(f, t, a));
        const extent *bytes = extent_scale(n, cost_bytes(t->buffer->elem));
        if (t->read)
            k->read = extent_add(k->read, bytes);
        if (t->written)
            k->written = extent_add(k->written, bytes);
        vec_push(f->mem, &k->uses, (buffer_use){t->buffer, n, t->read, t->written});
    }
}

/* Loops. */

/* Of greater degree, or equal with larger coefficients there. */
static bool is_more(const extent *a, const extent *b)
{
    if (extent_degree(a) != extent_degree(b))
        return extent_degree(a) > extent_degree(b);
    int64_t sums[2] = {0};
    const extent *const both[] = {a, b};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < both[k]->n && both[k]->terms[i].degree == extent_degree(a); i++)
            sums[k] += both[k]->terms[i].coef;
    return sums[0] > sums[1];
}

/* The loop among the statements, also under conditions, that costs most. */
static const lstmt *longest_loop(const finder *f, const lstmt_list *body, const extent **weight)
{
    const lstmt *best = NULL;
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        const lstmt_list one = {.data = &body->data[i], .n = 1};
        const lstmt *found[2] = {0};
        const extent *c[2] = {0};
        if (s->kind == LS_FOR) {
            found[0] = s;
            const op_counts counts = coster_count(&f->coster, &one);
            c[0] = coster_weight(&f->coster, &counts);
        } else {
            found[0] = s->either ? NULL : longest_loop(f, &s->body, &c[0]);
            found[1] = longest_loop(f, &s->other, &c[1]);
        }
        for (int k = 0; k < 2; k++)
            if (found[k] && (!best || is_more(c[k], *weight))) {
                best = found[k];
                *weight = c[k];
            }
    }
    return best;
}

/* A root or a function among the statements, not inside loops: what makes a pair costly. */
static bool is_heavy(const finder *f, const lstmt_list *body)
{
    bool heavy = false;
    for (int i = 0; i < body->n && !heavy; i++) {
        lstmt *s = body->data[i];
        if (s->kind == LS_FOR)
            continue;
        const op_counts c = coster_count(&f->coster, &(lstmt_list){.data = &s, .n = 1});
        heavy = c.of[COST_ROOTS].eighths->n || c.of[COST_EXPS].eighths->n || c.of[COST_CALLS].eighths->n;
    }
    return heavy;
}

/* The loop's length is that of the rows of an input: it runs over points, not over their features. */
static bool is_over_rows(const finder *f, const length *l)
{
    const quantity one = coster_one(&f->coster);
    for (int i = 0; i < f->fn->face->nargs; i++) {
        const interface_arg *a = &f->fn->face->args[i];
        bool has_rows = a->role == ARG_INPUT && a->rank > 0;
        if (has_rows && extent_mul(one.eighths, a->extents[0]) == l->indices.eighths)
            return true;
    }
    return false;
}

static bool is_store(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++)
        if (body->data[i]->kind == LS_STORE && body->data[i]->buffer->kind != BUF_SCRATCH &&
            body->data[i]->buffer->kind != BUF_LOCAL)
            return true;
    return false;
}

/* How many of the axes make up a pair; those inside run over its features. */
static int count_pair_axes(const finder *f, const kernel_cost *k)
{
    int n = k->axes.n, found = 0;
    if (n > 0 && is_store(&k->axes.data[n - 1].loop->body))
        return n;
    for (int i = 0; i < n; i++)
        if (is_over_rows(f, &k->axes.data[i].length) || is_heavy(f, &k->axes.data[i].loop->body))
            found = i + 1;
    return found ? found : n;
}

static void find_axes(const finder *f, kernel_cost *k)
{
    const extent *weight;
    bool parallel = false, lanes = false;
    const lstmt_list *body = &k->body;
    for (const lstmt *s; (s = longest_loop(f, body, &weight)); body = &s->body) {
        kernel_axis a = {.loop = s, .length = coster_length(&f->coster, s)};
        parallel |= s->parallel;
        lanes |= s->lanes;
        if (s->parts)
            continue;
        a.parallel = parallel;
        a.lanes = lanes;
        parallel = lanes = false;
        vec_push(f->mem, &k->axes, a);
    }
}

/* e / by, where that is no polynomial 0. */
static const extent *quotient(extent_pool *pool, const extent_term *e, const extent_term *by)
{
    const extent *q = extent_const(pool, e->coef / by->coef);
    int matched = 0;
    for (int i = 0; i < e->degree; i++)
        if (matched < by->degree && !strcmp(e->atoms[i], by->atoms[matched]))
            matched++;
        else
            q = extent_mul(q, extent_name(pool, e->atoms[i]));
    return matched == by->degree ? q : extent_const(pool, 0);
}

/* What there is of each sort for every pair, leading terms alone. Sums over the same pairs may be several loops beside
 * each other, so it is the cost of one loop only where numbers would mix with lengths: a loop over 20. */
static op_counts per_pair(const finder *f, const kernel_cost *k)
{
    extent_pool *pool = f->coster.pool;
    const extent *pairs = k->pairs.eighths, *one = coster_one(&f->coster).eighths;
    bool is_single = pairs->n > 0 && pairs->terms[0].coef <= QUANTITY_PARTS && extent_degree(pairs) > 0 &&
                     (pairs->n == 1 || pairs->terms[1].degree < pairs->terms[0].degree);
    op_counts out = coster_index(&f->coster, k->axes.data[k->pair_axes - 1].loop);
    for (int s = 0; s < COST_SORTS && is_single; s++) {
        const extent *all = extent_mul(k->once.of[s].eighths, one);
        out.of[s].eighths = extent_const(pool, 0);
        for (int i = 0; i < all->n; i++)
            out.of[s].eighths = extent_add(out.of[s].eighths, quotient(pool, &all->terms[i], &pairs->terms[0]));
    }
    return out;
}

static void measure_loops(finder *f, kernel_cost *k)
{
    find_axes(f, k);
    k->pair_axes = count_pair_axes(f, k);
    k->pairs = coster_one(&f->coster);
    for (int i = 0; i < k->pair_axes; i++)
        k->pairs = coster_product(&f->coster, k->pairs, k->axes.data[i].length.indices);
    const lstmt *last = k->pair_axes ? k->axes.data[k->pair_axes - 1].loop : NULL;
    k->reduces = last && !is_store(&last->body);
    k->per_pair = last ? per_pair(f, k) : k->once;
}

/* Kernels. */

static bool has_comment(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_COMMENT || has_comment(&s->body) || has_comment(&s->other))
            return true;
    }
    return false;
}

/* Statements that touch no memory belong to no kernel of their own. */
static void add_kernel(finder *f, const char *title, const lstmt_list *body)
{
    kernel_cost k = {.text = title, .body = *body, .times = coster_one(&f->coster)};
    for (int i = 0; i < f->around.n; i++) {
        length l = coster_length(&f->coster, f->around.data[i]);
        k.times = coster_product(&f->coster, k.times, l.indices);
        vec_push(f->mem, &k.around, f->around.data[i]);
    }
    measure_memory(f, &k);
    if (!title && k.uses.n == 0)
        return;
    k.once = coster_count(&f->coster, body);
    measure_loops(f, &k);
    vec_push(f->mem, &f->kernels, k);
}

static void find_kernels(finder *f, const lstmt_list *body)
{
    const char *title = NULL;
    lstmt_list group = {.data = body->data};
    for (int i = 0; i < body->n; i++) {
        lstmt *s = body->data[i];
        bool is_around = has_comment(&s->body) || has_comment(&s->other);
        if (s->kind != LS_COMMENT && !is_around) {
            group.n++;
            continue;
        }
        add_kernel(f, title, &group);
        title = s->text;
        group = (lstmt_list){.data = body->data + i + 1};
        if (s->kind == LS_FOR)
            vec_push(f->mem, &f->around, s);
        find_kernels(f, &s->body);
        find_kernels(f, &s->other);
        f->around.n -= s->kind == LS_FOR;
    }
    add_kernel(f, title, &group);
}

kernel_list loops_kernels(arena *mem, const nest_fn *fn)
{
    finder f = {.mem = mem, .fn = fn};
    const lstmt_list *body = fn->plain.n > 0 ? &fn->plain : &fn->body;
    coster_init(&f.coster, mem, body);
    find_kernels(&f, body);
    return f.kernels;
}

static bool has_symmetric(const lstmt_list *body)
{
    for (int i = 0; i < body->n; i++)
        if (body->data[i]->symmetric || has_symmetric(&body->data[i]->body) || has_symmetric(&body->data[i]->other))
            return true;
    return false;
}

bool kernel_is_limited(const kernel_cost *k)
{
    for (int i = 0; i < k->around.n; i++)
        if (k->around.data[i]->e)
            return true;
    return false;
}

const char *kernel_symmetry(const kernel_cost *k)
{
    return has_symmetric(&k->body) ? "each pair of rows once, for both" : NULL;
}

static void collect_temps(arena *mem, const lstmt_list *body, kernel_temps_list *list)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        if (s->kind == LS_COMMENT)
            vec_push(mem, list, (kernel_temps){.text = s->text});
        if (s->kind == LS_LET && list->n)
            vec_push(mem, &list->data[list->n - 1].names, s->temp->name);
        collect_temps(mem, &s->body, list);
        collect_temps(mem, &s->other, list);
    }
}

void loops_temps(arena *mem, const nest_fn *f, kernel_temps_list *list)
{
    collect_temps(mem, &f->body, list);
}
