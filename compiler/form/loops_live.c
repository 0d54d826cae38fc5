/* Marks from the statements with an effect on: a temporary that is found to be read puts what its assignments read on
 * the list of work. Each statement is looked at twice. */
#include "form/loops_live.h"

#include "base/map.h"

typedef struct assignment {
    const lstmt *s;
    struct assignment *next; /* to the same temporary */
} assignment;

typedef struct marking {
    arena *scratch;
    map *live;
    map assigned; /* temp -> its assignments */
    VEC(assignment *) work;
} marking;

static bool assigns(const lstmt *s)
{
    return s->kind == LS_LET || s->kind == LS_VAR || s->kind == LS_SET;
}

bool loops_is_dead(const map *live, const lstmt *s)
{
    return assigns(s) && !map_get(live, s->temp);
}

static void note_assignments(marking *m, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (assigns(s)) {
            assignment *a = ARENA_NEW(m->scratch, assignment);
            *a = (assignment){s, map_get(&m->assigned, s->temp)};
            map_set(&m->assigned, s->temp, a);
        }
        note_assignments(m, &s->body);
        note_assignments(m, &s->other);
    }
}

static void mark_temp(marking *m, const temp *t)
{
    static char mark;
    if (!t || map_get(m->live, t))
        return;
    map_set(m->live, t, &mark);
    assignment *first = map_get(&m->assigned, t);
    if (first)
        vec_push(m->scratch, &m->work, first);
}

static void mark_expr(marking *m, const lexpr *e)
{
    if (!e)
        return;
    if (e->kind == LX_TEMP)
        mark_temp(m, e->temp);
    mark_temp(m, e->count);
    for (int i = 0; i < e->nargs; i++)
        mark_expr(m, e->args[i]);
}

static void mark_statement(marking *m, const lstmt *s)
{
    mark_expr(m, s->e);
    mark_expr(m, s->lo);
    mark_expr(m, s->hi);
    mark_expr(m, s->filter);
    mark_temp(m, s->count);
    for (int i = 0; i < s->nsubs; i++)
        mark_expr(m, s->subs[i]);
}

static void mark_effects(marking *m, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        if (!assigns(s))
            mark_statement(m, s);
        mark_effects(m, &s->body);
        mark_effects(m, &s->other);
    }
}

void loops_live(map *live, const lstmt_list *body)
{
    marking m = {.scratch = arena_new(), .live = live};
    map_init(&m.assigned, m.scratch);
    note_assignments(&m, body);
    mark_effects(&m, body);
    while (m.work.n > 0)
        for (const assignment *a = m.work.data[--m.work.n]; a; a = a->next)
            mark_statement(&m, a->s);
    arena_free(m.scratch);
}

/* ---- uses of buffers ---- */

static void count_use(map *uses, arena *mem, const buffer *b)
{
    int *n = map_get(uses, b);
    if (!n) {
        n = ARENA_NEW(mem, int);
        map_set(uses, b, n);
    }
    ++*n;
}

static void count_expr_uses(map *uses, arena *mem, const lexpr *e)
{
    if (!e)
        return;
    if (e->kind == LX_LOAD)
        count_use(uses, mem, e->buffer);
    for (int i = 0; i < e->nargs; i++)
        count_expr_uses(uses, mem, e->args[i]);
}

void loops_count_uses(map *uses, arena *mem, const lstmt_list *list)
{
    for (int i = 0; i < list->n; i++) {
        const lstmt *s = list->data[i];
        count_expr_uses(uses, mem, s->e);
        count_expr_uses(uses, mem, s->lo);
        count_expr_uses(uses, mem, s->hi);
        count_expr_uses(uses, mem, s->filter);
        for (int k = 0; k < s->nsubs; k++)
            count_expr_uses(uses, mem, s->subs[k]);
        if (s->buffer)
            count_use(uses, mem, s->buffer);
        if (s->from)
            count_use(uses, mem, s->from);
        loops_count_uses(uses, mem, &s->body);
        loops_count_uses(uses, mem, &s->other);
    }
}
