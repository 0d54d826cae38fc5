/* Prints loop nests for --emit=loops.
 *
 * Reads a nest_fn; writes one line per buffer and statement, blocks indented. The text is for reading and for golden
 * files: expressions are in ops.def's names, infix for arithmetic and comparisons, in full parentheses. */
#include "form/loops.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [BUF_INPUT] = "input",     [BUF_RESULT] = "result", [BUF_WORKSPACE] = "workspace",
    [BUF_SCRATCH] = "scratch", [BUF_LOCAL] = "local",   [BUF_SHARED] = "shared",
};

static const char *infix(op o)
{
    static const char *const signs[OP_COUNT] = {
        [OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/",   [OP_LT] = "<",
        [OP_LE] = "<=", [OP_EQ] = "==", [OP_NE] = "!=", [OP_AND] = "and", [OP_OR] = "or",
    };
    return signs[o];
}

static void print_expr(text *t, const lexpr *e);

static void print_list(text *t, char open, int n, lexpr *const *list, char close)
{
    text_addf(t, "%c", open);
    for (int i = 0; i < n; i++) {
        text_add(t, i ? ", " : "");
        print_expr(t, list[i]);
    }
    text_addf(t, "%c", close);
}

static void print_entry(text *t, const buffer *b, int n, lexpr *const *subs)
{
    text_add(t, b->name);
    if (n > 0)
        print_list(t, '[', n, subs, ']');
}

static void print_number(text *t, double x)
{
    for (int digits = 1; digits <= 17; digits++) {
        const char *s = arena_printf(t->mem, "%.*g", digits, x);
        if (digits == 17 || !isfinite(x) || strtod(s, NULL) == x) {
            text_add(t, s);
            return;
        }
    }
}

static void print_constant(text *t, const lexpr *e)
{
    if (e->elem == ELEM_BOOL)
        text_add(t, e->integer ? "true" : "false");
    else if (e->elem == ELEM_INT)
        text_addf(t, "%" PRId64, e->integer);
    else
        print_number(t, e->number);
}

static void print_point(text *t, const lexpr *e)
{
    const char *sign = infix(e->op);
    if (!sign || e->nargs != 2) {
        text_add(t, op_text(e->op));
        print_list(t, '(', e->nargs, e->args, ')');
        return;
    }
    text_add(t, "(");
    print_expr(t, e->args[0]);
    text_addf(t, " %s ", sign);
    print_expr(t, e->args[1]);
    text_add(t, ")");
}

static void print_call(text *t, const char *name, const lexpr *e)
{
    text_add(t, name);
    print_list(t, '(', e->nargs, e->args, ')');
}

/* "+3/lane": entries from lane to lane. */
static void print_step(text *t, lane_kind at, const extent *step)
{
    if (at != LANE_STEP)
        return;
    text_add(t, "+");
    extent_print(t, step);
    text_add(t, "/lane");
}

static const char *const place_names[] = {
    [PLACE_THREAD] = "thread", [PLACE_THREADS] = "threads", [PLACE_BLOCK] = "block",
    [PLACE_BLOCKS] = "blocks", [PLACE_SPLIT] = "split",     [PLACE_SPLITS] = "splits",
};

static void print_expr(text *t, const lexpr *e)
{
    switch (e->kind) {
    case LX_CONST:
        print_constant(t, e);
        break;
    case LX_SIZE:
        extent_print(t, e->extent);
        break;
    case LX_TEMP:
    case LX_FIRST:
        text_add(t, e->temp->name);
        break;
    case LX_POINT:
        print_point(t, e);
        break;
    case LX_LOAD:
        print_entry(t, e->buffer, e->nargs, e->args);
        text_add(t, e->guarded ? "?" : "");
        print_step(t, e->at, e->step);
        break;
    case LX_INDEX:
        print_call(t, "index", e);
        break;
    case LX_ACTIVE:
        print_call(t, "active", e);
        break;
    case LX_LIBRARY:
        text_add(t, "library");
        break;
    case LX_WIDTH:
        text_add(t, "lanes");
        break;
    case LX_FOLD:
        text_addf(t, "%s of ", op_text(e->op));
        print_call(t, "lanes", e);
        break;
    case LX_LANE:
        print_call(t, "lane", e);
        break;
    case LX_PLACE:
        text_add(t, place_names[e->integer]);
        break;
    }
}

void loops_print_expr(text *t, const lexpr *e)
{
    print_expr(t, e);
}

/* Statements. */

static void print_body(text *t, const lstmt_list *body, int indent);

static void print_scalar(text *t, const lstmt *s)
{
    const char *word = s->kind == LS_LET ? "let " : s->kind == LS_VAR ? "var " : "";
    text_addf(t, "%s%s", word, s->temp->name);
    if (s->kind != LS_SET)
        text_addf(t, ": %s%s", elem_text(s->temp->elem), s->temp->lanes ? " lanes" : "");
    text_add(t, " = ");
    print_expr(t, s->e);
}

static void print_store(text *t, const lstmt *s)
{
    print_entry(t, s->buffer, s->nsubs, s->subs);
    print_step(t, s->at, s->stride);
    if (s->filter) {
        text_add(t, " where ");
        print_expr(t, s->filter);
    }
    text_addf(t, "%s %s ", s->guarded ? "?" : "", s->accumulate ? "+=" : "=");
    print_expr(t, s->e);
}

static void print_for(text *t, const lstmt *s)
{
    text_addf(t, "%s%sfor %s in ", s->parallel ? "parallel " : "", s->unroll > 1 ? "unrolled " : "", s->temp->name);
    print_expr(t, s->lo);
    text_add(t, "..");
    print_expr(t, s->hi);
    if (s->step)
        text_addf(t, " step %" PRId64, s->step);
    text_add(t, s->lanes ? " in lanes" : "");
    if (s->ahead)
        text_addf(t, ", %d ahead", s->ahead);
    if (s->e) {
        text_add(t, " while ");
        print_expr(t, s->e);
    }
}

static void print_acc(text *t, const lstmt *s)
{
    text_addf(t, "%s %s: %s", op_text(s->acc->op), s->acc->value->name, elem_text(s->acc->elem));
}

static void print_add(text *t, const lstmt *s)
{
    text_addf(t, "%s into %s: ", op_text(s->acc->op), s->acc->value->name);
    print_expr(t, s->e);
    if (s->filter) {
        text_add(t, " where ");
        print_expr(t, s->filter);
    }
}

static void print_join(text *t, const lstmt *s)
{
    text_addf(t, "join %s into %s: %s", s->part->value->name, op_text(s->acc->op), s->acc->value->name);
}

static void print_if(text *t, const lstmt *s)
{
    text_add(t, "if ");
    print_expr(t, s->e);
}

static void print_fill(text *t, const lstmt *s)
{
    text_addf(t, "fill %s = ", s->buffer->name);
    print_expr(t, s->e);
}

static void print_copy(text *t, const lstmt *s)
{
    bool into = s->kind == LS_COPY_INTO;
    text_add(t, "copy ");
    print_entry(t, s->buffer, into ? s->nsubs : 0, s->subs);
    text_add(t, " = ");
    print_entry(t, s->from, into ? 0 : s->nsubs, s->subs);
}

static void print_swap(text *t, const lstmt *s)
{
    text_addf(t, "swap %s, %s", s->buffer->name, s->from->name);
}

static void print_array(text *t, const lstmt *s)
{
    text_addf(t, "array %s", s->buffer->name);
}

static void print_insert(text *t, const lstmt *s)
{
    text_add(t, s->largest ? "insert largest " : "insert ");
    print_entry(t, s->buffer, s->nsubs, s->subs);
    text_add(t, ", ");
    print_entry(t, s->from, s->nsubs, s->subs);
    text_add(t, " (");
    print_expr(t, s->e);
    text_add(t, ", ");
    print_expr(t, s->lo);
    text_add(t, ")");
}

static void print_routine(text *t, const lstmt *s)
{
    text_addf(t, "call %s(", s->routine->name);
    for (int i = 0; i < s->nsubs; i++)
        text_addf(t, "%s%s", i ? ", " : "", s->subs[i]->buffer->name);
    for (int i = 0; i < s->nsizes; i++) {
        text_add(t, i ? ", " : "; ");
        extent_print(t, s->sizes[i]);
    }
    text_add(t, ")");
}

static void print_fail(text *t, const lstmt *s)
{
    text_addf(t, "fail %d, %d if ", s->code, s->arg);
    print_expr(t, s->e);
}

static void print_kernel(text *t, const lstmt *s)
{
    if (s->text)
        text_addf(t, "# %s\n    ", s->text);
    text_addf(t, "kernel %d: ", s->arg);
    print_expr(t, s->lo);
    if (s->hi) {
        text_add(t, " x ");
        print_expr(t, s->hi);
    }
    text_addf(t, " blocks of %" PRId64, s->step);
    if (s->e) {
        text_add(t, " while ");
        print_expr(t, s->e);
    }
}

static void print_barrier(text *t, const lstmt *s)
{
    (void)s;
    text_add(t, "barrier");
}

static void print_last(text *t, const lstmt *s)
{
    (void)s;
    text_add(t, "last split only");
}

static void print_comment(text *t, const lstmt *s)
{
    text_addf(t, "# %s", s->text);
}

static void (*const printers[])(text *t, const lstmt *s) = {
    [LS_LET] = print_scalar,     [LS_VAR] = print_scalar,      [LS_SET] = print_scalar,    [LS_STORE] = print_store,
    [LS_FOR] = print_for,        [LS_IF] = print_if,           [LS_FILL] = print_fill,     [LS_COPY] = print_copy,
    [LS_COPY_INTO] = print_copy, [LS_SWAP] = print_swap,       [LS_ARRAY] = print_array,   [LS_INSERT] = print_insert,
    [LS_ACC] = print_acc,        [LS_ADD] = print_add,         [LS_JOIN] = print_join,     [LS_FAIL] = print_fail,
    [LS_CALL] = print_routine,   [LS_COMMENT] = print_comment, [LS_KERNEL] = print_kernel, [LS_BARRIER] = print_barrier,
    [LS_LAST] = print_last,
};

static void print_body(text *t, const lstmt_list *body, int indent)
{
    for (int i = 0; i < body->n; i++) {
        const lstmt *s = body->data[i];
        text_addf(t, "%*s", indent, "");
        printers[s->kind](t, s);
        text_add(t, "\n");
        print_body(t, &s->body, indent + 4);
        if (s->other.n > 0)
            text_addf(t, "%*selse\n", indent, "");
        print_body(t, &s->other, indent + 4);
    }
}

static void print_buffer(text *t, const buffer *b)
{
    text_addf(t, "    %s %s: %s", kind_names[b->kind], b->name, elem_text(b->elem));
    for (int i = 0; i < b->rank; i++) {
        text_add(t, i ? ", " : "[");
        extent_print(t, b->extents[i]);
    }
    text_addf(t, "%s%s", b->rank ? "]" : "", b->lanes ? " lanes" : "");
    if (b->slot >= 0)
        text_addf(t, ", slot %d, used %d..%d", b->slot, b->first_use, b->last_use);
    text_add(t, "\n");
}

static void print_check(text *t, const size_check *c)
{
    text_add(t, "    check ");
    extent_print(t, c->value);
    text_addf(t, " %s 0, argument %d\n", c->equality ? "==" : ">=", c->arg);
}

int64_t size_share_value(int64_t least, int64_t all, int64_t one, int64_t most)
{
    int64_t n = one > 0 ? all / one : most;
    n = n < least ? least : n;
    n = n > most ? most : n;
    return n < 0 ? 0 : n;
}

extent_pool *loops_pool(const nest_fn *f, arena *mem)
{
    for (int i = 0; i < f->buffers.n; i++)
        if (f->buffers.data[i]->rank > 0)
            return f->buffers.data[i]->extents[0]->pool;
    return extent_pool_new(mem);
}

static const size_share *share_of(const nest_fn *f, const char *name)
{
    for (int i = 0; i < f->shares.n; i++)
        if (!strcmp(f->shares.data[i].name, name))
            return &f->shares.data[i];
    return NULL;
}

bool loops_mention(const nest_fn *f, const extent *e, const char *name)
{
    for (int i = 0; i < e->n; i++)
        for (int k = 0; k < e->terms[i].degree; k++) {
            const size_share *s = share_of(f, e->terms[i].atoms[k]);
            const extent *inside = extent_positive_of(e->pool, e->terms[i].atoms[k]);
            if ((inside && loops_mention(f, inside, name)) || !strcmp(e->terms[i].atoms[k], name) ||
                (s &&
                 (loops_mention(f, s->all, name) || loops_mention(f, s->one, name) || loops_mention(f, s->most, name))))
                return true;
        }
    return false;
}

const char *size_share_text(arena *mem, const size_share *s)
{
    int64_t one;
    const char *all = extent_str(mem, s->all);
    if (!extent_is_const(s->one, &one) || one != 1)
        all = arena_printf(mem, s->all->n > 1 ? "(%s)/(%s)" : "%s/(%s)", all, extent_str(mem, s->one));
    if (s->least > 0)
        all = arena_printf(mem, "max(%s, %d)", all, (int)s->least);
    return arena_printf(mem, "%s = min(%s, %s)", s->name, all, extent_str(mem, s->most));
}

void loops_print(text *t, const nest_fn *f)
{
    text_addf(t, "fn %s\n", f->face->name);
    for (int i = 0; i < f->shares.n; i++)
        text_addf(t, "    size %s\n", size_share_text(t->mem, &f->shares.data[i]));
    for (int i = 0; i < f->buffers.n; i++)
        print_buffer(t, f->buffers.data[i]);
    for (int i = 0; i < f->checks.n; i++)
        print_check(t, &f->checks.data[i]);
    if (f->face->workspace_formula)
        text_addf(t, "    workspace %s\n", f->face->workspace_formula);
    print_body(t, &f->body, 4);
}
