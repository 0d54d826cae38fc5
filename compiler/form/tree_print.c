/* Printer of the syntax tree: .ad text that parses to the same tree; adc fmt, --emit=tree and --emit=typed use it.
 *
 * Parentheses stand where the user wrote them and where precedence needs them. With typed, lets carry their types. */
#include <inttypes.h>

#include "form/tree.h"

typedef struct printer {
    text *t;
    int indent;
    bool typed;
    bool tight; /* within an extent: W-w+1 */
} printer;

/* Binding strengths, as in grammar/adc.y. */
enum { OPEN, OR, AND, NOT, COMPARE, SUM, PRODUCT, NEGATIVE, POWER, POSTFIX };

static const struct {
    const char *text;
    int strength;
} operators[] = {
    [BIN_ADD] = {"+", SUM},    [BIN_SUB] = {"-", SUM},        [BIN_MUL] = {"*", PRODUCT}, [BIN_DIV] = {"/", PRODUCT},
    [BIN_POW] = {"^", POWER},  [BIN_MATMUL] = {"@", PRODUCT}, [BIN_EQ] = {"==", COMPARE}, [BIN_NE] = {"!=", COMPARE},
    [BIN_LT] = {"<", COMPARE}, [BIN_LE] = {"<=", COMPARE},    [BIN_GT] = {">", COMPARE},  [BIN_GE] = {">=", COMPARE},
    [BIN_AND] = {"and", AND},  [BIN_OR] = {"or", OR},
};

static void print_expr(printer *p, const expr *e, int context);
static void print_stmt(printer *p, const stmt *s);

static void put(printer *p, const char *s)
{
    text_add(p->t, s);
}

static void print_list(printer *p, const expr_list *l)
{
    for (int i = 0; i < l->n; i++) {
        put(p, i ? ", " : "");
        print_expr(p, l->data[i], OPEN);
    }
}

static void print_qualified(printer *p, const expr *e)
{
    if (e->module_name)
        text_addf(p->t, "%s.", e->module_name);
    put(p, e->name);
}

static void print_spread(printer *p, const expr *e)
{
    text_addf(p->t, "%s...", e->name);
}

static void print_number(printer *p, const expr *e)
{
    put(p, e->name);
}

static void print_bool(printer *p, const expr *e)
{
    put(p, e->integer ? "true" : "false");
}

static void print_negation(printer *p, const expr *e)
{
    put(p, "-");
    print_expr(p, e->a.data[0], NEGATIVE);
}

static void print_not(printer *p, const expr *e)
{
    put(p, "not ");
    print_expr(p, e->a.data[0], NOT);
}

static void print_transpose(printer *p, const expr *e)
{
    print_expr(p, e->a.data[0], POSTFIX);
    put(p, "'");
}

/* The right operand of ^ may be a negation: 2^-1. */
static void print_binary(printer *p, const expr *e)
{
    int s = operators[e->op].strength;
    bool right = e->op == BIN_POW, compare = s == COMPARE;
    const expr *r = e->a.data[1];
    print_expr(p, e->a.data[0], right || compare ? s + 1 : s);
    text_addf(p->t, right || p->tight ? "%s" : " %s ", operators[e->op].text);
    print_expr(p, r, right ? (r->kind == EXPR_NEG ? NEGATIVE : s) : s + 1);
}

static void print_if(printer *p, const expr *e)
{
    put(p, "if ");
    print_expr(p, e->a.data[0], OPEN);
    put(p, " then ");
    print_expr(p, e->a.data[1], OPEN);
    put(p, " else ");
    print_expr(p, e->a.data[2], OPEN);
}

static void print_call(printer *p, const expr *e)
{
    print_qualified(p, e);
    put(p, "(");
    print_list(p, &e->a);
    put(p, ")");
}

static void print_subscripts(printer *p, const expr *e)
{
    print_expr(p, e->a.data[0], POSTFIX);
    put(p, "[");
    for (int i = 0; i < e->subs.n; i++) {
        const subscript *s = &e->subs.data[i];
        put(p, i ? ", " : "");
        if (s->value) {
            print_expr(p, s->value, OPEN);
            continue;
        }
        if (s->lo)
            print_expr(p, s->lo, OPEN);
        put(p, "..");
        if (s->hi)
            print_expr(p, s->hi, OPEN);
    }
    put(p, "]");
}

static void print_literal(printer *p, const expr *e)
{
    put(p, "[");
    print_list(p, &e->a);
    put(p, "]");
}

static void print_shaped(printer *p, const expr *e)
{
    text_addf(p->t, "%s[", e->name);
    print_list(p, &e->sizes);
    put(p, "]");
    if (e->a.n) {
        put(p, "(");
        print_list(p, &e->a);
        put(p, ")");
    }
}

static void print_index(printer *p, const index_def *d)
{
    put(p, d->name);
    if (d->count) {
        put(p, ": ");
        print_expr(p, d->count, OPEN);
    } else if (d->lo) {
        put(p, " in ");
        print_expr(p, d->lo, OPEN);
        put(p, "..");
        print_expr(p, d->hi, OPEN);
    }
}

static void print_indices(printer *p, const index_list *l)
{
    for (int i = 0; i < l->n; i++) {
        put(p, i ? ", " : "");
        print_index(p, &l->data[i]);
    }
}

static void print_reduce(printer *p, const expr *e)
{
    put(p, e->name);
    if (e->indices.n || e->count) {
        put(p, "[");
        print_indices(p, &e->indices);
        if (e->count) {
            put(p, e->indices.n ? ", " : "");
            print_expr(p, e->count, OPEN);
        }
        if (e->filter) {
            put(p, " where ");
            print_expr(p, e->filter, OPEN);
        }
        put(p, "]");
    }
    put(p, "(");
    print_list(p, &e->a);
    put(p, ")");
}

static void print_lambda(printer *p, const expr *e)
{
    for (int i = 0; i < e->params.n; i++)
        text_addf(p->t, "%s%s", i ? ", " : "|", e->params.data[i].name);
    put(p, "| ");
    print_expr(p, e->a.data[0], OPEN);
}

static void print_derivative_form(printer *p, const expr *e)
{
    text_addf(p->t, "%s(", e->name);
    print_expr(p, e->a.data[0], OPEN);
    for (int i = 0; i < e->wrt.n; i++)
        text_addf(p->t, ", %s", e->wrt.data[i]);
    if (e->a.n > 1) {
        put(p, ", ");
        print_expr(p, e->a.data[1], OPEN);
    }
    put(p, ")");
}

static void print_loop_value(printer *p, const expr *e)
{
    print_stmt(p, e->loop);
}

static void print_tuple(printer *p, const expr *e)
{
    put(p, "(");
    print_list(p, &e->a);
    put(p, ")");
}

static void (*const rules[])(printer *, const expr *) = {
    [EXPR_INT] = print_number,
    [EXPR_REAL] = print_number,
    [EXPR_BOOL] = print_bool,
    [EXPR_NAME] = print_qualified,
    [EXPR_NEG] = print_negation,
    [EXPR_NOT] = print_not,
    [EXPR_TRANSPOSE] = print_transpose,
    [EXPR_BINARY] = print_binary,
    [EXPR_IF] = print_if,
    [EXPR_CALL] = print_call,
    [EXPR_SUBSCRIPT] = print_subscripts,
    [EXPR_LITERAL] = print_literal,
    [EXPR_SHAPED] = print_shaped,
    [EXPR_REDUCE] = print_reduce,
    [EXPR_LAMBDA] = print_lambda,
    [EXPR_DERIV] = print_derivative_form,
    [EXPR_FOR] = print_loop_value,
    [EXPR_TUPLE] = print_tuple,
    [EXPR_SPREAD] = print_spread,
};

static int strength_of(const expr *e)
{
    return e->kind == EXPR_BINARY                         ? operators[e->op].strength
           : e->kind == EXPR_IF || e->kind == EXPR_LAMBDA ? OPEN
           : e->kind == EXPR_NEG                          ? NEGATIVE
           : e->kind == EXPR_NOT                          ? NOT
                                                          : POSTFIX;
}

static void print_expr(printer *p, const expr *e, int context)
{
    bool parens = (e->parens && e->kind != EXPR_TUPLE) || strength_of(e) < context;
    put(p, parens ? "(" : "");
    rules[e->kind](p, e);
    put(p, parens ? ")" : "");
}

/* Types. */

static void print_type(printer *p, const type_syntax *s);

static void print_type_items(printer *p, const type_syntax *s)
{
    put(p, "(");
    for (int i = 0; i < s->items.n; i++) {
        put(p, i ? ", " : "");
        if (s->item_names.data[i])
            text_addf(p->t, "%s: ", s->item_names.data[i]);
        print_type(p, s->items.data[i]);
    }
    put(p, ")");
}

static void print_type(printer *p, const type_syntax *s)
{
    put(p, s->kind == TYPE_TUPLE ? "" : type_kind_name(s->kind));
    if (s->kind == TYPE_TUPLE || s->kind == TYPE_FN)
        print_type_items(p, s);
    if (s->extents.n) {
        put(p, "[");
        p->tight = true;
        print_list(p, &s->extents);
        p->tight = false;
        put(p, "]");
    }
    if (s->result) {
        put(p, " -> ");
        print_type(p, s->result);
    }
}

/* Statements. */

static void new_line(printer *p)
{
    text_addf(p->t, "%*s", 4 * p->indent, "");
}

static void print_block(printer *p, const stmt_list *l)
{
    put(p, "{\n");
    p->indent++;
    for (int i = 0; i < l->n; i++) {
        new_line(p);
        print_stmt(p, l->data[i]);
        put(p, l->data[i]->kind >= STMT_FOR ? "\n" : ";\n");
    }
    p->indent--;
    new_line(p);
    put(p, "}");
}

static void print_target(printer *p, const let_def *d)
{
    put(p, d->name);
    if (d->indexed) {
        put(p, "[");
        print_indices(p, &d->indices);
        put(p, "]");
    }
    if (p->typed && d->bind) {
        put(p, ": ");
        type_print(p->t, d->bind->type);
    } else if (d->type) {
        put(p, ": ");
        print_type(p, d->type);
    }
}

static void print_let(printer *p, const stmt *s)
{
    put(p, s->kind == STMT_VAR ? "var " : "let ");
    put(p, s->tuple ? "(" : "");
    for (int i = 0; i < s->defs.n; i++) {
        put(p, i ? ", " : "");
        print_target(p, &s->defs.data[i]);
    }
    put(p, s->tuple ? ") = " : " = ");
    print_expr(p, s->value, OPEN);
}

static void print_assign(printer *p, const stmt *s)
{
    text_addf(p->t, "%s = ", s->name);
    print_expr(p, s->value, OPEN);
}

static void print_values(printer *p, const stmt *s)
{
    put(p, s->kind == STMT_RETURN ? "return " : "yield ");
    print_list(p, &s->values);
}

static void print_checkpoint(printer *p, const stmt *s)
{
    if (s->checkpoint.kind != KEEP_DEFAULT)
        text_addf(p->t, "@checkpoint(%s) ", checkpoint_text(p->t->mem, s->checkpoint));
}

static void print_for(printer *p, const stmt *s)
{
    print_checkpoint(p, s);
    text_addf(p->t, "for %s in ", s->name);
    print_expr(p, s->lo, OPEN);
    put(p, "..");
    print_expr(p, s->hi, OPEN);
    put(p, " ");
    print_block(p, &s->body);
}

static void print_while(printer *p, const stmt *s)
{
    print_checkpoint(p, s);
    put(p, "while ");
    print_expr(p, s->value, OPEN);
    put(p, ", max ");
    print_expr(p, s->max, OPEN);
    put(p, " ");
    print_block(p, &s->body);
}

static void print_branch(printer *p, const stmt *s)
{
    put(p, "if ");
    print_expr(p, s->value, OPEN);
    put(p, " ");
    print_block(p, &s->body);
    if (!s->other.n)
        return;
    put(p, " else ");
    if (s->other.n == 1 && s->other.data[0]->kind == STMT_IF)
        print_stmt(p, s->other.data[0]);
    else
        print_block(p, &s->other);
}

static void (*const stmt_rules[])(printer *, const stmt *) = {
    [STMT_LET] = print_let,      [STMT_VAR] = print_let, [STMT_ASSIGN] = print_assign, [STMT_RETURN] = print_values,
    [STMT_YIELD] = print_values, [STMT_FOR] = print_for, [STMT_WHILE] = print_while,   [STMT_IF] = print_branch,
};

static void print_stmt(printer *p, const stmt *s)
{
    stmt_rules[s->kind](p, s);
}

/* Declarations. */

static void print_doc(printer *p, const char *doc)
{
    if (!doc)
        return;
    put(p, "## ");
    for (const char *s = doc; *s; s++) {
        text_addn(p->t, s, 1);
        if (*s == '\n')
            put(p, s[1] == '\n' ? "##" : "## ");
    }
    put(p, "\n");
}

static void print_params(printer *p, const param_list *l)
{
    for (int i = 0; i < l->n; i++) {
        text_addf(p->t, "%s%s", i ? ", " : "", l->data[i].name);
        if (l->data[i].type) {
            put(p, ": ");
            print_type(p, l->data[i].type);
        }
    }
}

static void print_hand_derivative(printer *p, const function *f)
{
    const hand_derivative *d = f->derivative;
    text_addf(p->t, "derivative %s(", f->name);
    print_params(p, &d->params);
    put(p, ") along ");
    print_params(p, &d->along);
    put(p, " = ");
    print_list(p, &d->values);
    put(p, ";\n");
}

static void print_function(printer *p, const function *f)
{
    print_doc(p, f->doc);
    text_addf(p->t, "%sfn %s(", f->exported ? "export " : "", f->name);
    print_params(p, &f->params);
    put(p, ") -> ");
    print_type(p, f->result);
    bool brief = f->body.n == 1 && f->brief;
    put(p, brief ? " = " : " ");
    if (brief)
        print_list(p, &f->body.data[0]->values);
    else
        print_block(p, &f->body);
    put(p, brief ? ";\n" : "\n");
    if (f->derivative)
        print_hand_derivative(p, f);
}

static void print_grad(printer *p, const export_grad *g)
{
    print_doc(p, g->doc);
    text_addf(p->t, "export grad %s wrt ", g->name);
    for (int i = 0; i < g->wrt.n; i++)
        text_addf(p->t, "%s%s", i ? ", " : "", g->wrt.data[i]);
    put(p, ";\n");
}

static void print_import(printer *p, const import *in)
{
    if (in->path)
        text_addf(p->t, "import \"%s\" as %s;\n", in->path, in->alias);
    else
        text_addf(p->t, "import %s;\n", in->alias);
}

/* A blank line around functions; imports and gradients stand together, a gradient below its function. */
void module_print(text *t, const module *m, bool typed)
{
    printer pr = {.t = t, .typed = typed}, *p = &pr;
    char before = 0;
    for (int i = 0; i < m->order.n; i++) {
        char kind = m->order.data[i].kind;
        int index = m->order.data[i].index;
        put(p, before && (kind == 'f' || (kind == 'i' && before != 'i')) ? "\n" : "");
        if (kind == 'i')
            print_import(p, &m->imports.data[index]);
        else if (kind == 'f')
            print_function(p, m->functions.data[index]);
        else
            print_grad(p, &m->export_grads.data[index]);
        before = kind;
    }
}

void tree_print(text *t, const program *p, bool typed)
{
    for (int i = 0; i < p->modules.n; i++) {
        if (i)
            text_addf(t, "\n# module %s\n", p->modules.data[i]->name);
        module_print(t, p->modules.data[i], typed);
    }
}
