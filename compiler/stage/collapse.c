/* Reads nest statements, writes them with single-use temporaries folded into their use. A value is moved only past
 * statements that change nothing it reads: declarations of other temporaries. */
#include "stage/collapse.h"

#include "form/loops_live.h"
#include "form/loops_make.h"

enum { MAX_OPERATIONS = 12 }; /* of one printed expression */

typedef struct use {
    int count;
    lstmt *let;
    lstmt_list *list; /* where it is declared */
    int position;     /* there */
} use;

typedef struct collapsing {
    arena *mem;
    map uses; /* temp -> use */
} collapsing;

static use *use_of(collapsing *c, const temp *t)
{
    use *u = map_get(&c->uses, t);
    if (!u) {
        u = ARENA_NEW(c->mem, use);
        map_set(&c->uses, t, u);
    }
    return u;
}

static void count_temp(collapsing *c, const temp *t)
{
    if (t)
        use_of(c, t)->count++;
}

static void count_expr(collapsing *c, const lexpr *e)
{
    if (!e)
        return;
    if (e->kind == LX_TEMP)
        use_of(c, e->temp)->count++;
    count_temp(c, e->count);
    for (int i = 0; i < e->nargs; i++)
        count_expr(c, e->args[i]);
}

static void count_list(collapsing *c, lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        count_expr(c, s->e);
        count_expr(c, s->lo);
        count_expr(c, s->hi);
        count_expr(c, s->filter);
        count_temp(c, s->count);
        for (int k = 0; k < s->nsubs; k++)
            count_expr(c, s->subs[k]);
        if (s->kind == LS_LET) {
            use *u = use_of(c, s->temp);
            u->let = s;
            u->list = list;
            u->position = i;
        }
        count_list(c, &s->body);
        count_list(c, &s->other);
    }
}

typedef struct folding {
    collapsing *c;
    lstmt_list *list;
    int from; /* statements from here on are declarations up to the one at hand */
    int budget;
} folding;

static bool is_between(const folding *f, const use *u)
{
    return u->list == f->list && u->position >= f->from;
}

static int operations(const lexpr *e)
{
    int n = e->kind == LX_POINT || e->kind == LX_LOAD;
    for (int i = 0; i < e->nargs; i++)
        n += operations(e->args[i]);
    return n;
}

/* e with single-use temporaries of the current run of declarations replaced by their expressions. */
static lexpr *fold(folding *f, lexpr *e)
{
    if (!e)
        return NULL;
    if (e->kind == LX_TEMP) {
        use *u = use_of(f->c, e->temp);
        if (!u->let || u->count != 1 || lexpr_is_lanewise(u->let->e) || !is_between(f, u))
            return e;
        int cost = operations(u->let->e);
        if (cost > f->budget)
            return e;
        f->budget -= cost;
        u->count = -1; /* gone */
        return u->let->e;
    }
    for (int i = 0; i < e->nargs; i++)
        e->args[i] = fold(f, e->args[i]);
    return e;
}

static void collapse_list(collapsing *c, lstmt_list *list)
{
    folding f = {.c = c, .list = list};
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        f.budget = MAX_OPERATIONS;
        if (s->kind != LS_FOR) { /* a bound of a loop is read at each pass: stays a name */
            if (s->e && !lexpr_is_lanewise(s->e))
                s->e = fold(&f, s->e);
            s->filter = fold(&f, s->filter);
            for (int k = 0; k < s->nsubs; k++)
                s->subs[k] = fold(&f, s->subs[k]);
        }
        collapse_list(c, &s->body);
        collapse_list(c, &s->other);
        if (s->kind != LS_LET)
            f.from = i + 1;
    }
    int kept = 0;
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        bool gone = s->kind == LS_LET && use_of(c, s->temp)->count <= 0;
        if (!gone)
            list->data[kept++] = s;
    }
    list->n = kept;
}

/* ---- what nothing reads ---- */

static void drop_dead(const map *live, lstmt_list *list)
{
    int kept = 0;
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        drop_dead(live, &s->body);
        drop_dead(live, &s->other);
        if (!loops_is_dead(live, s))
            list->data[kept++] = s;
    }
    list->n = kept;
}

static void note_loads(map *loaded, const lexpr *e)
{
    static char mark;
    if (!e)
        return;
    if (e->kind == LX_LOAD)
        map_set(loaded, e->buffer, &mark);
    for (int i = 0; i < e->nargs; i++)
        note_loads(loaded, e->args[i]);
}

static void note_list(map *loaded, const lstmt_list *list)
{
    static char mark;
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        note_loads(loaded, s->e);
        note_loads(loaded, s->lo);
        note_loads(loaded, s->hi);
        note_loads(loaded, s->filter);
        for (int k = 0; k < s->nsubs; k++)
            note_loads(loaded, s->subs[k]);
        if (s->from)
            map_set(loaded, s->from, &mark);
        if (s->buffer && s->kind != LS_STORE && s->kind != LS_ARRAY && s->kind != LS_FILL)
            map_set(loaded, s->buffer, &mark);
        note_list(loaded, &s->body);
        note_list(loaded, &s->other);
    }
}

static bool is_unread(const map *loaded, const lstmt *s)
{
    return s->buffer && s->buffer->kind == BUF_LOCAL && !map_get(loaded, s->buffer);
}

/* Drops stores to local arrays that nothing loads, and loops left empty. */
static void drop_unread(const map *loaded, lstmt_list *list)
{
    int kept = 0;
    for (int i = 0; i < list->n; i++) {
        lstmt *s = list->data[i];
        drop_unread(loaded, &s->body);
        drop_unread(loaded, &s->other);
        bool empty = (s->kind == LS_FOR || s->kind == LS_IF) && s->body.n == 0 && s->other.n == 0;
        if (!empty && !is_unread(loaded, s))
            list->data[kept++] = s;
    }
    list->n = kept;
}

void collapse(nest_fn *f, arena *mem)
{
    collapsing c = {.mem = mem};
    map live, loaded;
    map_init(&live, mem);
    map_init(&loaded, mem);
    map_init(&c.uses, mem);
    loops_live(&live, &f->body);
    drop_dead(&live, &f->body);
    count_list(&c, &f->body);
    collapse_list(&c, &f->body);
    note_list(&loaded, &f->body);
    drop_unread(&loaded, &f->body);
}
