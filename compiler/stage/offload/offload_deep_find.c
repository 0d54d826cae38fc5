/* Finds the sums over coordinates of a pair, and what their terms read: see offload_deep.c. */
#include "stage/offload/offload_deep.h"

enum { MOST_NODES = 100 }; /* of an expression */

typedef struct search {
    tiling *t;
    const points *p;
    deep *d;
    map lets;   /* of the sum's body: temporary -> its expression */
    map values; /* of the body itself, not of its loops */
    map inside; /* temporaries of the sum's body */
    map others; /* what else is declared before the sum */
    map before; /* both */
    map column;
    map coordinate;
    map sums; /* values of the sums over coordinates */
    bool in_entries;
    int nodes;
} search;

static char mark;

static bool uses_sums(const search *s, const lexpr *e)
{
    if (e->kind == LX_TEMP) {
        const lexpr *let = map_get(&s->lets, e->temp);
        return map_get(&s->sums, e->temp) || (let && uses_sums(s, let));
    }
    for (int i = 0; i < e->nargs; i++)
        if (uses_sums(s, e->args[i]))
            return true;
    return false;
}

/* The value that the body has of the column. */
static lexpr *kept_value(search *s, temp *t)
{
    arena *mem = s->t->o->mem;
    deep *d = s->d;
    int i = 0;
    while (i < d->kept.n && d->kept.data[i].of != t)
        i++;
    if (i == d->kept.n) {
        buffer *values = deep_array(s->t, BUF_LOCAL, t->name, t->elem, SCORES, 0);
        map_set(&s->before, values, &mark);
        map_set(&s->others, values, &mark);
        vec_push(mem, &d->kept, (deep_kept){t, values});
    }
    buffer *b = d->kept.data[i].values;
    lexpr *at = lexpr_temp(mem, d->column);
    return lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = &at});
}

static lexpr *inserted(search *s, const lexpr *e);

static lexpr *inserted_temp(search *s, const lexpr *e)
{
    const lexpr *let = map_get(&s->lets, e->temp);
    bool of_body = map_get(&s->values, e->temp) || map_get(&s->sums, e->temp);
    bool computed = let && let->kind == LX_POINT && elem_is_float(let->elem); /* not again for each coordinate */
    if (of_body && (computed || uses_sums(s, e)))
        return s->in_entries ? kept_value(s, e->temp) : NULL;
    if (let)
        return inserted(s, let);
    return map_get(&s->inside, e->temp) ? NULL : lexpr_temp(s->t->o->mem, e->temp);
}

/* e in rows, the column's index and the coordinate; NULL: it is not that. */
static lexpr *inserted(search *s, const lexpr *e)
{
    arena *mem = s->t->o->mem;
    if (++s->nodes > MOST_NODES)
        return NULL;
    if (e->kind == LX_TEMP)
        return inserted_temp(s, e);
    lexpr *copy = lexpr_new(mem, *e);
    for (int i = 0; i < e->nargs; i++) {
        copy->args[i] = inserted(s, e->args[i]);
        if (!copy->args[i])
            return NULL;
    }
    return copy;
}

static bool has_load(const lexpr *e)
{
    bool any = e->kind == LX_LOAD;
    for (int i = 0; i < e->nargs && !any; i++)
        any = has_load(e->args[i]);
    return any;
}

static int count_additions(const lstmt_list *body, const accumulator *a)
{
    int n = 0;
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        n += s->kind == LS_ADD && s->acc->value == a->value;
        n += count_additions(&s->body, a) + count_additions(&s->other, a);
    }
    return n;
}

static bool declares(const lstmt_list *body, const accumulator *a)
{
    for (int i = 0; i < body->n; i++)
        if (body->data[i]->kind == LS_ACC && body->data[i]->acc->value == a->value)
            return true;
    return false;
}

/* One more term of a sum. */
static bool is_term(const lstmt *s)
{
    return s->kind == LS_ADD && !s->filter && s->acc->op == OP_SUM && elem_is_float(s->acc->elem) && !s->acc->second;
}

/* An addition to the entry of the coordinate. */
static bool is_entry(const lstmt *s, const temp *coordinate)
{
    return s->kind == LS_STORE && s->accumulate && s->nsubs > 0 && s->subs[0]->kind == LX_TEMP &&
           s->subs[0]->temp == coordinate && elem_is_float(s->buffer->elem);
}

/* for d in 0..D: declarations, terms of sums, additions to entries. */
static bool is_over_coordinates(const lstmt *s)
{
    bool from_zero = s->kind == LS_FOR && s->lo->kind == LX_CONST && s->lo->integer == 0 && !s->e && !s->step;
    bool found = from_zero && s->hi->kind == LX_SIZE && s->body.n > 0;
    for (int i = 0; found && i < s->body.n; i++) {
        const lstmt *x = s->body.data[i];
        found = x->kind == LS_LET || is_term(x) || is_entry(x, s->temp);
    }
    return found;
}

bool is_over_entries(const lstmt *s)
{
    if (is_over_coordinates(s))
        for (int i = 0; i < s->body.n; i++)
            if (s->body.data[i]->kind == LS_STORE)
                return true;
    return false;
}

buffer *deep_array(tiling *t, buffer_kind kind, const char *name, elem e, int rows, int columns)
{
    buffer *b = ARENA_NEW(t->o->mem, buffer);
    *b = (buffer){.kind = kind, .name = name, .elem = e, .rank = columns ? 2 : 1, .arg = -1, .slot = -1};
    b->extents = ARENA_ARRAY(t->o->mem, const extent *, 2);
    b->extents[0] = extent_const(t->o->pool, rows);
    b->extents[1] = extent_const(t->o->pool, columns);
    vec_push(t->o->mem, &t->o->f->buffers, b);
    return b;
}

/* The row's memory has an entry for each coordinate and point. */
static bool add_entries(search *s, const lstmt *add)
{
    bool of_point = add->nsubs == s->p->loops.n + 1;
    for (int i = 0; of_point && i < s->p->loops.n; i++)
        of_point = add->subs[i + 1]->kind == LX_TEMP && add->subs[i + 1]->temp == s->p->loops.data[i]->temp;
    deep_entries found = {.term = of_point ? inserted(s, add->e) : NULL, .to = add->buffer};
    if (found.term)
        vec_push(s->t->o->mem, &s->d->entries, found);
    return found.term != NULL;
}

static bool add_sum(search *s, const lstmt *add)
{
    const lstmt_list *body = &s->t->sum->body;
    if (!declares(body, add->acc) || count_additions(body, add->acc) > 1)
        return false;
    deep_sum found = {.term = inserted(s, add->e)};
    if (!found.term)
        return false;
    found.sums = deep_array(s->t, BUF_LOCAL, add->acc->value->name, add->acc->elem, SCORES, 0);
    map_set(&s->sums, add->acc->value, found.sums);
    vec_push(s->t->o->mem, &s->d->sums, found);
    return true;
}

/* The sums, or the entries, of the loop over as many coordinates as others. */
static bool add_loop(search *s, const lstmt *loop)
{
    deep *d = s->d;
    if (d->length && d->length->extent != loop->hi->extent)
        return false;
    d->length = loop->hi;
    map_set(&s->lets, loop->temp, lexpr_temp(s->t->o->mem, d->coordinate));
    for (int i = 0; i < loop->body.n; i++) {
        const lstmt *x = loop->body.data[i];
        s->nodes = 0;
        if (x->kind == LS_LET)
            map_set(&s->lets, x->temp, x->e);
        else if (x->kind == (s->in_entries ? LS_STORE : LS_ADD) && !(s->in_entries ? add_entries : add_sum)(s, x))
            return false;
    }
    return true;
}

static void let_value(const search *s, lstmt_list *out, const lstmt *add)
{
    arena *mem = s->t->o->mem;
    buffer *b = map_get(&s->sums, add->acc->value);
    lstmt *let = lstmt_new(mem, out, LS_LET);
    let->temp = add->acc->value;
    let->e =
        lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = 1, .args = &s->d->in_group});
}

/* The body with one value, that of its column, for each sum. */
static lstmt_list with_values(const search *s)
{
    lstmt_list out = {0};
    for (int i = 0; i < s->t->sum->body.n; i++) {
        lstmt *x = s->t->sum->body.data[i];
        bool declares_sum = x->kind == LS_ACC && map_get(&s->sums, x->acc->value);
        if (!is_over_coordinates(x) && !declares_sum)
            vec_push(s->t->o->mem, &out, x);
        for (int k = 0; k < x->body.n && is_over_coordinates(x); k++)
            if (x->body.data[k]->kind == LS_ADD)
                let_value(s, &out, x->body.data[k]);
    }
    return out;
}

/* ---- what is kept in shared memory ---- */

static lexpr *kept(search *s, lexpr *e, deep_value *list, int *n, lexpr *at[2])
{
    arena *mem = s->t->o->mem;
    int i = 0;
    while (i < *n && !lexpr_is_equal(list[i].value, e))
        i++;
    if (i == MOST_VALUES)
        return e;
    if (i == *n) {
        list[(*n)++] = (deep_value){.value = e};
        list[i].memory =
            deep_array(s->t, BUF_SHARED, list == s->d->rows ? "row_values" : "column_values", e->elem, 1, 1);
    }
    buffer *b = list[i].memory;
    return lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = e->elem, .buffer = b, .nargs = 2, .args = at});
}

/* e with its greatest parts that are of a row and a coordinate, or of a column and one, in shared memory. */
static lexpr *with_kept(search *s, lexpr *e, lexpr *of_row[2], lexpr *of_column[2])
{
    deep *d = s->d;
    bool before = lexpr_depends(e, &s->before), column = lexpr_depends(e, &s->column);
    if (lexpr_depends(e, &s->coordinate) && has_load(e) && before != column) {
        if (column)
            return kept(s, e, d->columns, &d->ncolumns, of_column);
        if (!lexpr_depends(e, &s->others))
            return kept(s, e, d->rows, &d->nrows, of_row);
    }
    lexpr *copy = lexpr_new(s->t->o->mem, *e);
    for (int i = 0; i < e->nargs; i++)
        copy->args[i] = with_kept(s, e->args[i], of_row, of_column);
    return copy;
}

static void lay_out(search *s)
{
    deep *d = s->d;
    lexpr *of_row[2] = {lexpr_temp(s->t->o->mem, d->at), here(s->t->o, PLACE_THREAD)};
    lexpr *of_column[2] = {lexpr_temp(s->t->o->mem, d->slot), lexpr_temp(s->t->o->mem, d->column)};
    of_column[0] = lexpr_bin(s->t->o->mem, OP_ADD, of_column[0], of_row[0]);
    for (int i = 0; i < d->sums.n; i++)
        d->sums.data[i].term = with_kept(s, d->sums.data[i].term, of_row, of_column);
    for (int i = 0; i < d->entries.n; i++)
        d->entries.data[i].term = with_kept(s, d->entries.data[i].term, of_row, of_column);
}

static void begin_search(search *s, tiling *t, const points *p)
{
    arena *mem = t->o->mem;
    *s = (search){.t = t, .p = p, .d = ARENA_NEW(mem, deep)};
    map *const maps[] = {&s->lets,   &s->values, &s->inside,     &s->others,
                         &s->before, &s->column, &s->coordinate, &s->sums};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        map_init(maps[i], mem);
    temp **const temps[] = {&s->d->coordinate, &s->d->at, &s->d->slot, &s->d->column};
    static const char *const called[] = {"coordinate", "at", "slot", "c"};
    for (int i = 0; i < 4; i++)
        *temps[i] = temp_new(mem, called[i], ELEM_INT, false);
    s->d->in_group = lexpr_temp(mem, temp_new(mem, "in_group", ELEM_INT, false));
    for (int i = 0; i < p->loops.n; i++)
        map_set(&s->before, p->loops.data[i]->temp, &mark);
    lstmt_list before = p->body;
    for (before.n = 0; p->body.data[before.n] != t->sum;)
        before.n++;
    note_declared(&s->others, &before);
    note_declared(&s->before, &before);
    note_declared(&s->inside, &t->sum->body);
    map_set(&s->column, t->sum->temp, &mark);
    map_set(&s->coordinate, s->d->coordinate, &mark);
    for (int i = 0; i < t->sum->body.n; i++)
        if (t->sum->body.data[i]->kind == LS_LET) {
            map_set(&s->lets, t->sum->body.data[i]->temp, t->sum->body.data[i]->e);
            map_set(&s->values, t->sum->body.data[i]->temp, &mark);
        }
}

/* The column's values that its entries need are kept at the end of its body. */
static void keep_values(search *s, lstmt_list *body)
{
    arena *mem = s->t->o->mem;
    for (int i = 0; i < s->d->kept.n; i++) {
        lstmt *keep = lstmt_new(mem, body, LS_STORE);
        keep->buffer = s->d->kept.data[i].values;
        keep->nsubs = 1;
        keep->subs = ARENA_ARRAY(mem, lexpr *, 1);
        keep->subs[0] = s->d->in_group;
        keep->e = lexpr_temp(mem, s->d->kept.data[i].of);
    }
}

deep *find_deep(tiling *t, const points *p)
{
    search s;
    begin_search(&s, t, p);
    const lstmt_list *all = &t->sum->body;
    for (int pass = 0; pass < 2; pass++) {
        s.in_entries = pass > 0;
        for (int i = 0; i < all->n; i++)
            if (is_over_coordinates(all->data[i]) && !add_loop(&s, all->data[i]))
                return NULL;
    }
    lstmt_list body = with_values(&s);
    if (s.d->sums.n == 0 || !can_group(t->o->mem, &body))
        return NULL;
    keep_values(&s, &body);
    t->sum->body = body;
    lay_out(&s);
    return s.d;
}

bool has_deep_entries(const deep *d)
{
    return d->entries.n > 0;
}
