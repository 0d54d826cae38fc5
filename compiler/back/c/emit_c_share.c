/* Loops that several places run are printed once, as functions.
 *
 * Reads the loops and conditions of a module's functions; writes static functions and their calls. The form of a
 * statement is its text with numbers for the names of what it uses; places of one form share a function, and pass it
 * what they use, in the order of these numbers. A module is printed twice: the first time only counts, so that what
 * stands in one place alone stays there. */
#include <assert.h>
#include <string.h>

#include "back/c/emit_c_parts.h"
#include "back/print_lane.h"
#include "back/spell.h"
#include "form/loops_live.h"

enum { SMALL_PART = 6 }; /* statements; what has fewer is not worth a call */

typedef enum use_kind {
    USE_ATOM,   /* a size, an int input */
    USE_TEMP,   /* a temporary of the statements around */
    USE_BUFFER, /* a pointer; an input of rank 0: its value */
    USE_SLOT    /* scratch memory of all threads */
} use_kind;

typedef struct part_use {
    use_kind kind;
    const char *atom;
    const temp *temp;
    const buffer *buffer; /* USE_SLOT: one of those in it */
} part_use;

typedef VEC(part_use) use_list;

typedef struct form {
    emitter *e;
    text t;
    map numbers;          /* atom, temp, buffer or slot -> its number */
    map declared;         /* temporaries of the statement itself */
    map written;          /* buffers */
    int count;            /* numbers given */
    use_list uses;        /* what is declared elsewhere */
    const buffer *wanted; /* a result that is not NULL where the statement runs */
    int depth;            /* of loops over axes in the function, from here, as far as the statement can tell */
    bool in_parallel;
    bool alone; /* it does what a function could not do for another one */
} form;

/* ---- the form of a statement ---- */

/* True: it was not known. */
static bool give_number(form *f, const void *what)
{
    int *known = map_get(&f->numbers, what);
    if (known) {
        text_addf(&f->t, "%d ", *known);
        return false;
    }
    int *number = ARENA_NEW(f->t.mem, int);
    *number = f->count++;
    map_set(&f->numbers, what, number);
    text_addf(&f->t, "%d:", *number);
    return true;
}

static void form_atom(form *f, const char *atom)
{
    atom = names_intern(&f->e->sharing->atoms, atom);
    if (give_number(f, atom))
        vec_push(f->t.mem, &f->uses, (part_use){.kind = USE_ATOM, .atom = atom});
}

static void form_extent(form *f, const extent *x)
{
    text_addf(&f->t, "(%d ", x ? x->n : -1);
    for (int i = 0; x && i < x->n; i++) {
        text_addf(&f->t, "%lld^%d ", (long long)x->terms[i].coef, x->terms[i].degree);
        for (int k = 0; k < x->terms[i].degree; k++) {
            const extent *inside = extent_positive_of(x->pool, x->terms[i].atoms[k]);
            if (inside)
                form_extent(f, inside);
            else
                form_atom(f, x->terms[i].atoms[k]);
        }
    }
    text_add(&f->t, ")");
}

static void form_temp(form *f, const temp *v)
{
    if (!v) {
        text_add(&f->t, "- ");
        return;
    }
    if (!give_number(f, v))
        return;
    const c_local *l = map_get(&f->e->p.locals, v);
    assert(l && "a temporary is read before its declaration");
    text_addf(&f->t, "t%d%d,%d%d ", v->elem, v->lanes, l->bits, l->nonneg);
    vec_push(f->t.mem, &f->uses, (part_use){.kind = USE_TEMP, .temp = v});
}

/* In the statement itself: whatever it is outside is another one. */
static void form_declared_temp(form *f, const temp *v)
{
    map_set(&f->numbers, v, NULL);
    map_set(&f->declared, v, f);
    give_number(f, v);
    text_addf(&f->t, "d%d%d ", v->elem, v->lanes);
}

static void form_extents(form *f, const buffer *b)
{
    text_addf(&f->t, "%d%d,%d", b->elem, b->lanes, b->rank);
    for (int i = 0; i < b->rank; i++)
        form_extent(f, b->extents[i]);
}

static void form_slot(form *f, const buffer *b)
{
    const extent **bytes = &f->e->fn->slot_bytes[b->slot];
    text_addf(&f->t, "s%d", map_get(&f->e->shared, b) != NULL);
    if (give_number(f, bytes))
        vec_push(f->t.mem, &f->uses, (part_use){.kind = USE_SLOT, .buffer = b});
    form_extent(f, *bytes);
    f->alone |= !f->in_parallel;
}

static const char *int_argument(const emitter *e, const buffer *b)
{
    return b->kind == BUF_INPUT && b->rank == 0 && b->elem == ELEM_INT ? e->fn->face->args[b->arg].name : NULL;
}

static void form_buffer(form *f, const buffer *b)
{
    if (!b) {
        text_add(&f->t, "- ");
        return;
    }
    const char *atom = int_argument(f->e, b);
    if (atom) {
        form_atom(f, atom);
        return;
    }
    if (!give_number(f, b))
        return;
    form_extents(f, b);
    if (b->kind == BUF_SCRATCH) {
        form_slot(f, b);
        return;
    }
    bool is_value = b->kind == BUF_INPUT && b->rank == 0;
    text_add(&f->t, is_value ? "v " : print_may_be_null(b) && b != f->wanted ? "z " : "p ");
    f->alone |= b->kind == BUF_LOCAL && b->rank == 0;
    vec_push(f->t.mem, &f->uses, (part_use){.kind = USE_BUFFER, .buffer = b});
}

static void form_declared_buffer(form *f, const buffer *b)
{
    map_set(&f->numbers, b, NULL);
    give_number(f, b);
    text_add(&f->t, "d");
    form_extents(f, b);
}

static void form_expr(form *f, const lexpr *x)
{
    if (!x) {
        text_add(&f->t, "- ");
        return;
    }
    text_addf(&f->t, "[%d,%d,%d,%a,%lld,%d%d%d,%d ", x->kind, x->elem, x->op, x->number, (long long)x->integer,
              x->guarded, x->lanes, x->at, x->nargs);
    f->alone |= x->kind == LX_POINT && spell_op(x->op, x->elem)->kind == SPELL_SEEK;
    form_extent(f, x->extent);
    form_extent(f, x->step);
    form_temp(f, x->temp);
    form_temp(f, x->count);
    form_buffer(f, x->buffer);
    for (int i = 0; i < x->nargs; i++)
        form_expr(f, x->args[i]);
    text_add(&f->t, "]");
}

static void form_write(form *f, const buffer *b)
{
    map_set(&f->written, b, f);
}

static void form_statements(form *f, const lstmt_list *list);

static void form_body(form *f, const lstmt *s)
{
    bool in_parallel = f->in_parallel;
    f->in_parallel |= s->kind == LS_FOR && s->parallel;
    form_statements(f, &s->body);
    f->in_parallel = in_parallel;
    form_statements(f, &s->other);
}

/* What it assigns, declares or exchanges. */
static void form_effect(form *f, const lstmt *s)
{
    switch (s->kind) {
    case LS_SET:
        f->alone |= !map_get(&f->declared, s->temp);
        break;
    case LS_SWAP:
        f->alone |= s->buffer->kind != BUF_LOCAL || s->from->kind != BUF_LOCAL;
        form_write(f, s->buffer);
        form_write(f, s->from);
        break;
    case LS_STORE:
    case LS_FILL:
    case LS_COPY:
    case LS_COPY_INTO:
        form_write(f, s->buffer);
        break;
    case LS_INSERT:
        form_write(f, s->buffer);
        form_write(f, s->from);
        break;
    case LS_CALL:
        assert(s->routine);
        f->alone |= !s->routine->total;
        for (int i = routine_shapes(s->routine->operands); i < s->nsubs; i++)
            form_write(f, s->subs[i]->buffer);
        break;
    default:
        f->alone |= s->kind == LS_FAIL;
    }
}

static void form_statement(form *f, const lstmt *s)
{
    if (s->kind == LS_COMMENT || loops_is_dead(&f->e->live, s))
        return;
    text_addf(&f->t, "{%d,%d%d%d%d%d%d%d%d%d%d%d%d,%lld,%lld,%d,%s ", s->kind, s->accumulate, s->guarded, s->parallel,
              s->largest, s->independent, s->must, s->symmetric, s->lanes, s->either, s->parts, s->rest, s->at,
              (long long)s->most, (long long)s->step, s->nsubs, s->routine ? s->routine->name : "");
    form_effect(f, s);
    form_expr(f, s->lo);
    form_expr(f, s->hi);
    bool declares = s->kind == LS_LET || s->kind == LS_VAR;
    if (declares)
        form_expr(f, s->e);
    if (declares || s->kind == LS_FOR)
        form_declared_temp(f, s->temp);
    else
        form_temp(f, s->temp);
    if (!declares)
        form_expr(f, s->e);
    if (s->kind == LS_ARRAY)
        form_declared_buffer(f, s->buffer);
    else
        form_buffer(f, s->buffer);
    form_buffer(f, s->from);
    for (int i = 0; i < s->nsubs; i++)
        form_expr(f, s->subs[i]);
    for (int i = 0; i < s->nsizes; i++)
        form_extent(f, s->sizes[i]);
    form_expr(f, s->filter);
    form_extent(f, s->whole);
    form_extent(f, s->stride);
    form_temp(f, s->count);
    form_body(f, s);
    text_add(&f->t, "}");
}

static void form_statements(form *f, const lstmt_list *list)
{
    for (int i = 0; i < list->n && !f->alone; i++)
        form_statement(f, list->data[i]);
    text_add(&f->t, ";");
}

static form form_of(emitter *e, const lstmt *s, arena *scratch)
{
    form f = {.e = e};
    text_init(&f.t, scratch);
    map_init(&f.numbers, scratch);
    map_init(&f.declared, scratch);
    map_init(&f.written, scratch);
    const buffer *result = sole_result(e, s);
    f.wanted = result && print_may_be_null(result) ? result : NULL;
    lstmt_list one = {.data = (lstmt *[]){(lstmt *)(uintptr_t)s}, .n = 1};
    int inside = emit_depth(&one) + 1, around = e->depth - e->axes;
    f.depth = inside < around ? inside : around;
    text_addf(&f.t, "%d ", f.depth);
    form_statement(&f, s);
    return f;
}

/* ---- the function ---- */

static int find_size(const emitter *e, const char *atom)
{
    const interface_fn *f = e->fn->face;
    int k = 0;
    while (k < f->nsizes && strcmp(f->sizes[k], atom))
        k++;
    return k;
}

static bool is_atom_used(const emitter *e, const char *atom)
{
    const interface_fn *f = e->fn->face;
    int k = find_size(e, atom);
    if (k < f->nsizes)
        return e->p.size_used[k];
    for (k = 0; k < f->nargs; k++)
        if (!strcmp(f->args[k].name, atom))
            return e->p.arg_used[k];
    k = 0;
    while (strcmp(e->fn->shares.data[k].name, atom))
        k++;
    return e->p.share_used[k];
}

static bool is_use_used(const emitter *e, const part_use *u)
{
    const void *what = u->kind == USE_TEMP ? (const void *)u->temp : u->buffer;
    if (u->kind == USE_ATOM)
        return is_atom_used(e, u->atom);
    if (u->kind == USE_SLOT)
        return true;
    if (u->kind == USE_BUFFER && (u->buffer->kind == BUF_INPUT || u->buffer->kind == BUF_RESULT))
        return e->p.arg_used[u->buffer->arg];
    const c_local *l = map_get(&e->p.locals, what);
    return l->used;
}

/* Its name, which counts as used from now on. */
static const char *use_name(emitter *e, const part_use *u)
{
    switch (u->kind) {
    case USE_ATOM:
        return print_atom(&e->p, u->atom);
    case USE_TEMP:
        return print_temp_name(&e->p, u->temp);
    case USE_BUFFER:
        return print_buffer_name(&e->p, u->buffer);
    default:
        return emit_slot_name(e, u->buffer->slot);
    }
}

/* Nothing else points to the memory of a buffer while the statement runs. */
static const char *parameter(emitter *e, const form *f, const part_use *u)
{
    const char *name = use_name(e, u);
    if (u->kind == USE_ATOM)
        return arena_printf(e->mem, "int64_t %s", name);
    if (u->kind == USE_SLOT)
        return arena_printf(e->mem, "char *%s", name);
    if (u->kind == USE_TEMP)
        return arena_printf(e->mem, "%s %s", print_type(&e->p, u->temp->elem, u->temp->lanes), name);
    const buffer *b = u->buffer;
    const char *type = print_type(&e->p, b->elem, b->lanes);
    if (b->kind == BUF_INPUT && b->rank == 0)
        return arena_printf(e->mem, "%s %s", type, name);
    return arena_printf(e->mem, "%s%s *restrict %s", map_get(&f->written, b) ? "" : "const ", type, name);
}

static void declare_uses(emitter *e, const emitter *around, const use_list *uses)
{
    for (int i = 0; i < uses->n; i++) {
        const part_use *u = &uses->data[i];
        if (u->kind == USE_TEMP) {
            const c_local *l = map_get(&around->p.locals, u->temp);
            c_local *own = print_declare(&e->p, u->temp, emitter_name(e, u->temp->name));
            own->bits = l->bits;
            own->nonneg = l->nonneg;
        } else if (u->kind == USE_BUFFER && (u->buffer->kind == BUF_WORKSPACE || u->buffer->kind == BUF_LOCAL)) {
            print_declare(&e->p, u->buffer, emitter_name(e, u->buffer->name));
        }
    }
}

static void print_part_function(emitter *e, const lstmt *s, const form *f, shared_part *p)
{
    sharing *all = e->sharing;
    emitter run;
    text body;
    text_init(&body, e->mem);
    emitter_init(&run, e->mem, e->face, e->fn, e->p.helpers);
    run.sharing = all;
    run.live = e->live;
    run.shared = e->shared;
    run.part = s;
    run.depth = f->depth;
    run.loops = 1; /* it may run again and again */
    run.wanted = f->wanted;
    run.out = &body;
    run.indent = 4;
    declare_uses(&run, e, &f->uses);
    emit_statements(&run, &(lstmt_list){.data = (lstmt *[]){(lstmt *)(uintptr_t)s}, .n = 1});
    p->used = ARENA_ARRAY(e->mem, bool, f->uses.n + 1);
    const char **parameters = ARENA_ARRAY(e->mem, const char *, f->uses.n + 1);
    int n = 0;
    for (int i = 0; i < f->uses.n; i++) {
        p->used[i] = is_use_used(&run, &f->uses.data[i]);
        if (p->used[i])
            parameters[n++] = parameter(&run, f, &f->uses.data[i]);
    }
    p->name = arena_printf(e->mem, "adt_part%d", ++all->count);
    text_addf(&all->functions, "/* %d places run this. */\n", p->places);
    emit_folded(&all->functions, arena_printf(e->mem, "static void %s(", p->name), n, parameters);
    text_addf(&all->functions, ")\n{\n%s}\n\n", text_str(&body));
}

static void print_part_call(emitter *e, const form *f, const shared_part *p)
{
    text t;
    text_init(&t, e->mem);
    const char *separator = "";
    text_addf(&t, "%s(", p->name);
    for (int i = 0; i < f->uses.n; i++) {
        if (!p->used[i])
            continue;
        text_addf(&t, "%s%s", separator, use_name(e, &f->uses.data[i]));
        separator = ", ";
    }
    text_add(&t, ");");
    emit_line(e, text_str(&t));
}

void sharing_init(sharing *all, arena *mem)
{
    *all = (sharing){.mem = mem, .counting = true};
    names_init(&all->forms, mem);
    names_init(&all->atoms, mem);
    map_init(&all->parts, mem);
    map_init(&all->kernels, mem);
    text_init(&all->functions, mem);
}

static shared_part *find_part(sharing *all, const form *f)
{
    const char *key = names_intern(&all->forms, text_str(&f->t));
    shared_part *p = map_get(&all->parts, key);
    if (!p) {
        p = ARENA_NEW(all->mem, shared_part);
        map_set(&all->parts, key, p);
    }
    return p;
}

/* The function is printed where it is first called; while the module is counted, the first place is looked into. */
static bool print_shared(emitter *e, const lstmt *s, const form *f)
{
    shared_part *p = find_part(e->sharing, f);
    if (e->sharing->counting)
        return p->places++ > 0;
    if (p->places < 2)
        return false;
    if (!p->name)
        print_part_function(e, s, f, p);
    print_part_call(e, f, p);
    return true;
}

bool emit_shared(emitter *e, const lstmt *s)
{
    bool is_part = s->kind == LS_FOR || s->kind == LS_IF;
    if (!is_part || e->in_parallel || s == e->part)
        return false;
    lstmt_list one = {.data = (lstmt *[]){(lstmt *)(uintptr_t)s}, .n = 1};
    if (emit_count(&one) < SMALL_PART)
        return false;
    arena *scratch = arena_new();
    form f = form_of(e, s, scratch);
    bool shared = !f.alone && print_shared(e, s, &f);
    arena_free(scratch);
    return shared;
}
