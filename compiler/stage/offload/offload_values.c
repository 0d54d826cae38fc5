/* Values of a scatter's terms that take loops of their own.
 *
 * A thread for an entry of the target computes all that stands around the addition, for all terms of its row; what
 * stands before an inner loop it would compute again for each pass. Where that has loops (a squared distance, before
 * the loop over the coordinates; a sum over all points) it is computed by a kernel before, for all terms at once, and
 * stored; in the scatter its loads stand for it. */
#include "form/loops_copy.h"
#include "stage/offload/offload_scatter.h"

enum { MOST_LEVELS = 16, SHORT = 64 };

typedef struct level {
    lstmt *loop;
    const extent *range;
} level;

typedef struct storing {
    offloading *o;
    level levels[MOST_LEVELS]; /* those whose values are stored */
    int n;
    map heavy; /* temporaries that are no plain function of the indices; arrays */
    map read;  /* temporaries and arrays that are read further in */
    VEC(temp *) stored;
    VEC(buffer *) memory;
} storing;

static char mark;

/* Of more passes than a few. */
static bool has_loop(const lstmt_list *body, int n, int64_t few)
{
    for (int i = 0; i < n; i++) {
        const lstmt *s = body->data[i];
        bool is_short = s->kind == LS_FOR && s->hi->kind == LX_CONST && s->hi->integer <= few;
        if ((s->kind == LS_FOR && !is_short) || has_loop(&s->body, s->body.n, few) ||
            has_loop(&s->other, s->other.n, few))
            return true;
    }
    return false;
}

static lstmt *last_of(const lstmt *s)
{
    return s->body.n > 0 ? s->body.data[s->body.n - 1] : NULL;
}

/* The loops down to the deepest one that computes a value by loops: long ones, or any where a loop is behind it. */
static bool find_levels(storing *t, lstmt *s)
{
    int n = 0;
    for (; s && s->kind == LS_FOR && n < MOST_LEVELS; s = last_of(s)) {
        t->levels[n++] = (level){s, loop_range(t->o, s)};
        const lstmt *next = last_of(s);
        if (has_loop(&s->body, s->body.n - 1, next && next->kind == LS_FOR ? 0 : SHORT))
            t->n = n;
    }
    for (int i = 0; i < t->n; i++)
        if (!t->levels[i].range)
            return false;
    return t->n > 0;
}

static void note_reads_of(map *read, const lexpr *e)
{
    if (!e)
        return;
    if (e->kind == LX_TEMP)
        map_set(read, e->temp, &mark);
    if (e->kind == LX_LOAD)
        map_set(read, e->buffer, &mark);
    for (int i = 0; i < e->nargs; i++)
        note_reads_of(read, e->args[i]);
}

static void note_reads(map *read, const lstmt *s)
{
    const lexpr *const all[] = {s->e, s->lo, s->hi, s->filter};
    for (int i = 0; i < 4; i++)
        note_reads_of(read, all[i]);
    for (int i = 0; i < s->nsubs; i++)
        note_reads_of(read, s->subs[i]);
    if (s->from)
        map_set(read, s->from, &mark);
    for (int i = 0; i < s->body.n; i++)
        note_reads(read, s->body.data[i]);
    for (int i = 0; i < s->other.n; i++)
        note_reads(read, s->other.data[i]);
}

static bool is_light(const storing *t, const lstmt *s)
{
    return s->kind == LS_LET && !lexpr_depends(s->e, &t->heavy);
}

static void store_if_read(storing *t, temp *of)
{
    if (!of || !map_get(&t->read, of) || map_get(&t->heavy, of))
        return;
    const extent *extents[MOST_LEVELS];
    for (int i = 0; i < t->n; i++)
        extents[i] = t->levels[i].range;
    vec_push(t->o->mem, &t->stored, of);
    vec_push(t->o->mem, &t->memory, new_memory(t->o, of->name, of->elem, t->n, extents));
}

static void note_heavy(storing *t, const void *what)
{
    if (what)
        map_set(&t->heavy, what, &mark);
}

/* What the values declare; false: an array is read further in. */
static bool find_stored(storing *t)
{
    note_reads(&t->read, last_of(t->levels[t->n - 1].loop));
    for (int i = 0; i < t->n; i++) {
        const lstmt_list *body = &t->levels[i].loop->body;
        for (int k = 0; k + 1 < body->n; k++) {
            const lstmt *s = body->data[k];
            if (is_light(t, s))
                continue;
            temp *const declared[] = {s->kind == LS_LET || s->kind == LS_VAR ? s->temp : NULL,
                                      s->kind == LS_ACC ? s->acc->value : NULL,
                                      s->kind == LS_ACC ? s->acc->second : NULL};
            for (int j = 0; j < 3; j++) {
                store_if_read(t, declared[j]);
                note_heavy(t, declared[j]);
            }
            if (s->kind == LS_ARRAY)
                note_heavy(t, s->buffer);
            if (s->kind == LS_ARRAY && map_get(&t->read, s->buffer))
                return false;
        }
    }
    return true;
}

static lexpr **indices(const storing *t)
{
    lexpr **subs = ARENA_ARRAY(t->o->mem, lexpr *, t->n);
    for (int i = 0; i < t->n; i++)
        subs[i] = lexpr_temp(t->o->mem, t->levels[i].loop->temp);
    return subs;
}

static lstmt *empty_copy(const storing *t, const lstmt *s)
{
    lstmt *copy = ARENA_NEW(t->o->mem, lstmt);
    *copy = *s;
    copy->body = (lstmt_list){0};
    return copy;
}

/* The kernel's loops: all values, and their stores. */
static lstmt *computing(const storing *t, int at)
{
    const lstmt *s = t->levels[at].loop;
    lstmt *copy = empty_copy(t, s);
    copy->parallel = copy->independent = true;
    for (int i = 0; i + 1 < s->body.n; i++)
        vec_push(t->o->mem, &copy->body, s->body.data[i]);
    if (at + 1 < t->n) {
        vec_push(t->o->mem, &copy->body, computing(t, at + 1));
        return copy;
    }
    for (int i = 0; i < t->stored.n; i++) {
        lstmt *store = lstmt_new(t->o->mem, &copy->body, LS_STORE);
        store->buffer = t->memory.data[i];
        store->nsubs = t->n;
        store->subs = indices(t);
        store->e = lexpr_temp(t->o->mem, t->stored.data[i]);
    }
    return copy;
}

/* The scatter's loops: values that take no loops, and loads of the others. */
static lstmt *reading(const storing *t, int at)
{
    arena *mem = t->o->mem;
    const lstmt *s = t->levels[at].loop;
    lstmt *copy = empty_copy(t, s);
    for (int i = 0; at + 1 == t->n && i < t->stored.n; i++) {
        buffer *b = t->memory.data[i];
        lstmt *let = lstmt_new(mem, &copy->body, LS_LET);
        let->temp = t->stored.data[i];
        let->e =
            lexpr_new(mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b, .nargs = t->n, .args = indices(t)});
    }
    for (int i = 0; i + 1 < s->body.n; i++)
        if (is_light(t, s->body.data[i]))
            vec_push(mem, &copy->body, s->body.data[i]);
    vec_push(mem, &copy->body, at + 1 < t->n ? reading(t, at + 1) : last_of(s));
    return copy;
}

lstmt *with_stored_values(offloading *o, lstmt *s)
{
    storing t = {.o = o};
    map_init(&t.heavy, o->mem);
    map_init(&t.read, o->mem);
    if (!find_levels(&t, s) || !find_stored(&t))
        return s;
    const char *comment = o->comment;
    loops_copying c;
    loops_copy_init(&c, o->mem, o->f, "");
    push_kernel(o, loops_copy(&c, computing(&t, 0)));
    o->comment = comment;
    return reading(&t, 0);
}
