/* Builders of statements and declarations, and the wording of syntax errors.
 *
 * Reads parts, writes nodes of form/tree.h; a NULL part stands for one that was not understood and already reported. */
#include <stdlib.h>
#include <string.h>

#include "form/habits.h"
#include "form/tree_build.h"

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static int depth_of(const expr *e)
{
    return e ? e->depth : 0;
}

static int list_depth(const stmt_list *l)
{
    int depth = 0;
    for (int i = 0; i < l->n; i++)
        depth = max_int(depth, l->data[i]->depth);
    return depth;
}

static stmt *new_stmt(tree_builder *b, loc at, stmt_kind kind)
{
    stmt *s = ARENA_NEW(b->mem, stmt);
    s->at = at;
    s->kind = kind;
    return s;
}

/* Sets the height; NULL when it is too high. */
static stmt *finish(tree_builder *b, stmt *s)
{
    int depth = max_int(list_depth(&s->body), list_depth(&s->other));
    depth = max_int(depth, max_int(depth_of(s->value), depth_of(s->max)));
    depth = max_int(depth, max_int(depth_of(s->lo), depth_of(s->hi)));
    for (int i = 0; i < s->values.n; i++)
        depth = max_int(depth, s->values.data[i]->depth);
    s->depth = depth + 1;
    if (s->depth <= TREE_MAX_DEPTH)
        return s;
    diag_error(b->diag, s->at, "statements nest more than %d deep", TREE_MAX_DEPTH);
    return NULL;
}

let_def tree_let_def(tree_builder *b, loc at, const char *name, const brackets *in, type_syntax *annotation)
{
    let_def d = {.name = name, .at = at, .type = annotation, .indexed = in != NULL};
    for (int i = 0; in && i < in->items.n; i++) {
        const bracket_item *item = &in->items.data[i];
        index_def x = {.name = item->name, .at = item->at, .count = item->count, .lo = item->lo, .hi = item->hi};
        if (item->value && item->value->kind == EXPR_NAME && !item->value->module_name)
            x.name = item->value->name;
        if (x.name && x.lo && diag_error(b->diag, x.at, "an index that defines entries starts at 0"))
            diag_hint(b->diag, "write %s[%s: n] for n entries, and shift the subscripts on the right", name, x.name);
        else if (!x.name && diag_error(b->diag, item->at, "an index on the left of '=' is a name"))
            diag_hint(b->diag, "entries are defined all at once: let %s[i] = ... i ...", name);
        if (x.name)
            vec_push(b->mem, &d.indices, x);
    }
    if (in && in->filter)
        diag_error(b->diag, in->filter->at, "'where' filters a reduction, not a definition");
    return d;
}

stmt *tree_let(tree_builder *b, loc at, stmt_kind kind, let_targets targets, expr *value)
{
    if (!value)
        return NULL;
    stmt *s = new_stmt(b, at, kind);
    for (int i = 0; i < targets.defs.n; i++)
        vec_push(b->mem, &s->defs, targets.defs.data[i]);
    s->tuple = targets.tuple;
    s->value = value;
    return finish(b, s);
}

stmt *tree_assign(tree_builder *b, loc at, expr *target, expr *value)
{
    if (target->kind == EXPR_SUBSCRIPT) {
        if (diag_error(b->diag, target->at, "single entries cannot be assigned: values never change"))
            diag_hint(b->diag, "define all entries at once: let y[i] = if i == k then a else x[i];");
        return NULL;
    }
    if (target->kind == EXPR_TUPLE) {
        if (diag_error(b->diag, at, "several names cannot be assigned at once"))
            diag_hint(b->diag, "write let (a, b) = ...; and then assign each");
        return NULL;
    }
    if (target->kind != EXPR_NAME || target->module_name) {
        diag_error(b->diag, target->at, "the left side of '=' must be a name");
        return NULL;
    }
    if (!value)
        return NULL;
    stmt *s = new_stmt(b, at, STMT_ASSIGN);
    s->name = target->name;
    s->name_at = target->at;
    s->value = value;
    return finish(b, s);
}

stmt *tree_expression_statement(tree_builder *b, loc at, expr *e)
{
    (void)at;
    if (diag_error(b->diag, e->at, "the value of this expression is not used"))
        diag_hint(b->diag, "write let x = ...; or return ...;");
    return NULL;
}

stmt *tree_values(tree_builder *b, loc at, stmt_kind kind, expr_list values)
{
    stmt *s = new_stmt(b, at, kind);
    for (int i = 0; i < values.n; i++)
        if (values.data[i])
            vec_push(b->mem, &s->values, values.data[i]);
    if (!s->values.n)
        return NULL;
    return finish(b, s);
}

stmt *tree_for(tree_builder *b, loc at, loc name_at, const char *name, expr *lo, expr *hi, stmt_list body)
{
    stmt *s = new_stmt(b, at, STMT_FOR);
    s->name = name;
    s->name_at = name_at;
    s->lo = lo;
    s->hi = hi;
    s->body = body;
    return finish(b, s);
}

stmt *tree_while(tree_builder *b, loc at, expr *condition, expr *max, stmt_list body)
{
    stmt *s = new_stmt(b, at, STMT_WHILE);
    if (!max && diag_error(b->diag, condition->at, "a while loop needs a bound on its passes"))
        diag_hint(b->diag, "write while c, max 100 { ... }");
    s->value = condition;
    s->max = max;
    s->body = body;
    return finish(b, s);
}

stmt *tree_branch(tree_builder *b, loc at, expr *condition, stmt_list body, stmt_list other)
{
    stmt *s = new_stmt(b, at, STMT_IF);
    s->value = condition;
    s->body = body;
    s->other = other;
    return finish(b, s);
}

stmt *tree_checkpoint(stmt *loop, checkpoint c)
{
    if (loop)
        loop->checkpoint = c;
    return loop;
}

checkpoint tree_policy(tree_builder *b, loc at, const char *annotation, const char *kind, const char *count,
                       const char *unit)
{
    checkpoint c = {KEEP_DEFAULT, 0};
    if (strcmp(annotation, "checkpoint")) {
        if (diag_error(b->diag, at, "unknown annotation '@%s'", annotation))
            diag_hint(b->diag, "the only one is @checkpoint(...), before a loop");
        return c;
    }
    if (!checkpoint_of_words(kind, count, unit, &c) &&
        diag_error(b->diag, at, "this checkpoint choice is not understood"))
        diag_hint(b->diag, "write all, every 10, revolve 8, budget 64 MiB or recompute");
    return c;
}

function *tree_function(tree_builder *b, loc at, const char *name, param_list params, type_syntax *result,
                        stmt_list body)
{
    function *f = ARENA_NEW(b->mem, function);
    f->name = name;
    f->at = at;
    f->module = b->module;
    f->params = params;
    f->result = result;
    f->body = body;
    for (int i = 0; i < params.n; i++)
        if (!params.data[i].type &&
            diag_error(b->diag, params.data[i].at, "parameter '%s' has no type", params.data[i].name))
            diag_hint(b->diag, "write %s: real, or %s: real[N] for a vector", params.data[i].name, params.data[i].name);
    if (!result && diag_error(b->diag, at, "function '%s' has no result type", name))
        diag_hint(b->diag, "write fn %s(...) -> real", name);
    return f;
}

static void add_order(tree_builder *b, char kind, int index)
{
    module *m = b->module;
    if (m->order.n == m->order.cap) {
        int cap = m->order.cap ? 2 * m->order.cap : 8;
        m->order.data = arena_grow(b->mem, m->order.data, (size_t)m->order.n, (size_t)cap, sizeof *m->order.data);
        m->order.cap = cap;
    }
    m->order.data[m->order.n].kind = kind;
    m->order.data[m->order.n++].index = index;
}

void tree_add_function(tree_builder *b, function *f, bool exported, const char *doc)
{
    f->exported = exported;
    f->doc = doc;
    vec_push(b->mem, &b->module->functions, f);
    add_order(b, 'f', b->module->functions.n - 1);
}

void tree_add_import(tree_builder *b, loc at, const char *path, const char *alias)
{
    vec_push(b->mem, &b->module->imports, (import){.at = at, .path = path, .alias = alias});
    add_order(b, 'i', b->module->imports.n - 1);
}

void tree_add_grad(tree_builder *b, loc at, const char *doc, const char *name, placed_names wrt)
{
    export_grad g = {.at = at, .doc = doc, .name = name};
    for (int i = 0; i < wrt.n; i++) {
        vec_push(b->mem, &g.wrt, wrt.data[i].name);
        vec_push(b->mem, &g.wrt_at, wrt.data[i].at);
    }
    vec_push(b->mem, &b->module->export_grads, g);
    add_order(b, 'g', b->module->export_grads.n - 1);
}

void tree_add_derivative(tree_builder *b, loc at, const char *name, param_list params, param_list along,
                         expr_list values)
{
    function *f = module_function(b->module, name);
    if (!f) {
        if (diag_error(b->diag, at, "a derivative of '%s', which is not a function above", name))
            diag_hint(b->diag, "write it after the function, in the same file");
        return;
    }
    if (f->derivative) {
        diag_error(b->diag, at, "'%s' has a derivative already", name);
        return;
    }
    for (int i = 0; i < params.n; i++)
        if (params.data[i].type)
            diag_error(b->diag, params.data[i].type->at, "names only: the types are those of '%s'", name);
    f->derivative = ARENA_NEW(b->mem, hand_derivative);
    *f->derivative = (hand_derivative){.at = at, .params = params, .along = along, .values = values};
}

/* Syntax errors. The expected tokens fall into a few situations; each has its sentence. */

static bool has(const char *const *expected, int n, const char *token)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(expected[i], token))
            return true;
    return false;
}

static bool one_of(const char *const *set, int n, const char *token)
{
    return has(set, n, token);
}

/* What can follow an expression without ending it. */
static bool is_operator(const char *token)
{
    static const char *const operators[] = {"'+'",  "'-'",  "'*'",  "'/'",   "'@'",  "'^'",   "'<'", "'>'", "'=='",
                                            "'!='", "'<='", "'>='", "'and'", "'or'", "'\\''", "'['", "'('", "'.'"};
    return one_of(operators, sizeof operators / sizeof *operators, token);
}

static bool is_closer(const char *token)
{
    return !strcmp(token, "')'") || !strcmp(token, "']'") || !strcmp(token, "'}'");
}

static bool is_comparison(const char *token)
{
    static const char *const comparisons[] = {"'<'", "'>'", "'=='", "'!='", "'<='", "'>='"};
    return one_of(comparisons, sizeof comparisons / sizeof *comparisons, token);
}

static bool is_soft(const char *token)
{
    static const char *const soft[] = {"'grad'", "'wrt'", "'along'", "'derivative'", "'max'", "'as'"};
    return one_of(soft, sizeof soft / sizeof *soft, token);
}

static bool is_keyword(const char *token)
{
    return token[0] == '\'' && token[1] >= 'a' && token[1] <= 'z' && !is_soft(token);
}

static const char *found_text(tree_builder *b, bool at_end)
{
    int n = b->last.end - b->last.begin;
    if (at_end)
        return "the end of the file";
    if (n > 30)
        return "this";
    return arena_printf(b->mem, "'%.*s'", n, b->src->data + b->last.begin);
}

/* The expected tokens that are worth naming, joined by "or". */
static const char *list_expected(tree_builder *b, const char *const *expected, int n, bool after_expression)
{
    bool named = has(expected, n, "a name");
    const char *kept[4];
    int count = 0;
    for (int pass = 0; pass < 2; pass++) /* what closes a bracket comes first */
        for (int i = 0; i < n; i++) {
            bool skip = (after_expression && is_operator(expected[i])) || (named && is_soft(expected[i]));
            if (!skip && count < 3 && is_closer(expected[i]) == (pass == 0))
                kept[count++] = expected[i];
        }
    text t;
    text_init(&t, b->mem);
    for (int i = 0; i < count; i++) {
        text_add(&t, i == 0 ? "" : i == count - 1 ? " or " : ", ");
        text_add(&t, kept[i]);
    }
    return text_str(&t);
}

static loc just_after(loc at)
{
    return (loc){at.src, at.end, at.end + 1};
}

typedef struct situation {
    const char *found, *text;
    const char *const *expected;
    int n;
    bool at_end, starts, after; /* an expression is expected; one has just ended */
} situation;

/* Each of these gives its own hint, or NULL. */

static const char *say_declaration(tree_builder *b, const situation *s)
{
    diag_error(b->diag, b->last, "expected a declaration, found %s", s->text);
    return "a file holds import, fn, export and derivative declarations";
}

static const char *say_after(tree_builder *b, const situation *s)
{
    if (is_comparison(s->found)) {
        diag_error(b->diag, b->last, "comparisons do not chain");
        return "write a < b and b < c";
    }
    if (has(s->expected, s->n, "';'"))
        diag_error(b->diag, just_after(b->previous), "expected ';' after this, found %s", s->text);
    else
        diag_error(b->diag, b->last, "expected %s, found %s", list_expected(b, s->expected, s->n, true), s->text);
    return NULL;
}

static const char *say_other(tree_builder *b, const situation *s)
{
    if (s->starts && has(s->expected, s->n, "'let'"))
        diag_error(b->diag, s->at_end ? just_after(b->previous) : b->last,
                   s->at_end ? "expected '}' before %s" : "expected a statement, found %s", s->text);
    else if (s->starts)
        diag_error(b->diag, b->last, "expected an expression, found %s", s->text);
    else if (has(s->expected, s->n, "a name") && is_keyword(s->found))
        diag_error(b->diag, b->last, "expected a name, and %s is a word of the language", s->text);
    else if (s->n == 1 && has(s->expected, s->n, "';'"))
        diag_error(b->diag, just_after(b->previous), "expected ';' after this, found %s", s->text);
    else
        diag_error(b->diag, b->last, "expected %s, found %s", list_expected(b, s->expected, s->n, false), s->text);
    return NULL;
}

static bool expects(const void *data, const char *token)
{
    const situation *s = data;
    return has(s->expected, s->n, token);
}

static const char *token_text(tree_builder *b, loc at)
{
    return arena_strndup(b->mem, b->src->data + at.begin, (size_t)(at.end - at.begin));
}

void tree_syntax_error(tree_builder *b, bool at_end, const char *found, const char *const *expected, int n)
{
    if (b->stopped)
        return;
    situation s = {.found = found, .text = found_text(b, at_end), .expected = expected, .n = n, .at_end = at_end};
    s.starts = has(expected, n, "a number") && has(expected, n, "a name") && has(expected, n, "'('");
    s.after = has(expected, n, "'+'") && !s.starts;
    const char *hint = has(expected, n, "'import'") ? say_declaration(b, &s)
                       : s.after                    ? say_after(b, &s)
                                                    : say_other(b, &s);
    const char *habit = habit_of_syntax(token_text(b, b->previous), token_text(b, b->last), expects, &s);
    if (habit || hint)
        diag_hint(b->diag, "%s", habit ? habit : hint);
}
