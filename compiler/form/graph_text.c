/* Prints a graph; form/graph_read.c reads it back.
 *
 * Each binder is opened into a scope with a text of its own. A node is written into the innermost scope that binds one
 * of its free variables, once, after its arguments; a finished scope is put between the head and the tail of its
 * binder. So what does not depend on an index stands outside the block, and equal nodes appear once. */
#include "form/graph_text.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct scope {
    struct scope *up;
    int depth, nvars;
    var **vars;
    const char **names;
    text body;
} scope;

typedef struct printer {
    graph *g;
    map labels; /* of nodes that have a line */
    int next;
} printer;

static const char *operand(printer *p, scope *s, node *n);

static const char *print_real(arena *mem, double x, bool narrow)
{
    const char *suffix = narrow ? "f" : "";
    if (isnan(x))
        return arena_printf(mem, "%s.nan%s", signbit(x) ? "-" : "", suffix);
    if (isinf(x))
        return arena_printf(mem, "%s.inf%s", x < 0 ? "-" : "", suffix);
    const char *s = "";
    for (int digits = narrow ? 6 : 15; digits <= 17; digits++) {
        s = arena_printf(mem, "%.*g", digits, x);
        double back = strtod(s, NULL);
        if (narrow ? (float)back == (float)x : back == x)
            break;
    }
    return arena_printf(mem, "%s%s%s", s, strpbrk(s, ".e") ? "" : ".0", suffix);
}

static const char *print_const(arena *mem, const node *n)
{
    if (elem_is_float(n->elem))
        return print_real(mem, n->number, n->elem == ELEM_F32);
    if (n->elem == ELEM_BOOL)
        return n->integer ? "true" : "false";
    return arena_printf(mem, "%" PRId64, n->integer);
}

static const char *var_name(scope *s, const var *v)
{
    for (; s; s = s->up)
        for (int i = 0; i < s->nvars; i++)
            if (s->vars[i] == v)
                return s->names[i];
    return v->name ? v->name : "_";
}

static bool binds_free(const scope *s, const node *n)
{
    return node_depends_any(n, s->nvars, s->vars);
}

static scope *home_of(scope *s, const node *n)
{
    while (s->up && !binds_free(s, n))
        s = s->up;
    return s;
}

static void print_type(text *t, elem e, int rank, const extent *const *extents)
{
    text_add(t, elem_text(e));
    for (int i = 0; i < rank; i++) {
        text_add(t, i ? ", " : "[");
        extent_print(t, extents[i]);
    }
    text_add(t, rank ? "]" : "");
}

static bool name_taken(scope *s, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(s->names[i], name))
            return true;
    return s->up && name_taken(s->up, s->up->nvars, name);
}

static void open_scope(printer *p, scope *inner, scope *up, node *n, node **args)
{
    arena *mem = p->g->mem;
    *inner = (scope){.up = up, .depth = up->depth + 1, .nvars = n->nvars};
    inner->vars = ARENA_ARRAY(mem, var *, n->nvars + 1);
    inner->names = ARENA_ARRAY(mem, const char *, n->nvars + 1);
    text_init(&inner->body, mem);
    if (n->nvars)
        graph_open(p->g, n, inner->vars, args);
    else
        memcpy(args, n->args + n->nargs - n->ninner, (size_t)n->ninner * sizeof *args);
    for (int i = 0; i < n->nvars; i++) {
        const char *name = inner->vars[i]->name ? inner->vars[i]->name : "_";
        while (name_taken(inner, i, name))
            name = arena_printf(mem, "%s'", name);
        inner->names[i] = name;
    }
}

/* ---- One line per op ---- */

typedef struct entry {
    printer *p;
    scope *home, *inner; /* inner: of a block */
    const node *n;
    node **args; /* inside ones opened */
    text *head;
} entry;

static void add_operands(entry *e, text *t, scope *s, int from, int to)
{
    for (int i = from; i < to; i++)
        text_addf(t, "%s%s", i == from ? " " : ", ", operand(e->p, s, e->args[i]));
}

static void head_plain(entry *e)
{
    add_operands(e, e->head, e->home, 0, e->n->nargs);
}

static void head_random(entry *e)
{
    text_addf(e->head, " %s", elem_text(e->n->elem));
    add_operands(e, e->head, e->home, 0, e->n->nargs);
}

static void head_access(entry *e)
{
    text_addf(e->head, " %s[", operand(e->p, e->home, e->args[0]));
    for (int i = 1; i < e->n->nargs; i++)
        text_addf(e->head, "%s%s", i > 1 ? ", " : "", operand(e->p, e->home, e->args[i]));
    text_add(e->head, "]");
}

static void head_input(entry *e)
{
    text_addf(e->head, " %" PRId64 " ", e->n->integer);
    print_type(e->head, e->n->elem, e->n->rank, e->n->extents);
}

static void head_numbered(entry *e)
{
    text_addf(e->head, " %" PRId64, e->n->integer);
    add_operands(e, e->head, e->home, 0, e->n->nargs);
}

static void add_axes(entry *e)
{
    text_add(e->head, " (");
    for (int i = 0; i < e->n->nvars; i++) {
        text_addf(e->head, "%s%s: ", i ? ", " : "", e->inner->names[i]);
        if (e->inner->vars[i]->extent)
            extent_print(e->head, e->inner->vars[i]->extent);
        else
            text_add(e->head, "_");
    }
    text_add(e->head, ")");
}

static void head_call(entry *e)
{
    text_addf(e->head, " %s", routine_row((routine_id)e->n->integer)->name);
    add_operands(e, e->head, e->home, 0, e->n->nargs);
}

static void head_axes(entry *e)
{
    if (e->n->op == OP_ARGKMIN || e->n->op == OP_ARGKMAX)
        text_addf(e->head, " <%s>", extent_str(e->p->g->mem, e->n->extents[0]));
    if (e->n->op == OP_SCATTER) {
        text_add(e->head, " ");
        print_type(e->head, e->n->elem, e->n->rank, e->n->extents);
    }
    add_axes(e);
}

/* vars from..to with types and, of the first ninits, outer values. */
static void add_params(entry *e, int from, int first_init, int ninits)
{
    text_add(e->head, " (");
    for (int i = from; i < e->n->nvars; i++) {
        const var *v = e->inner->vars[i];
        text_addf(e->head, "%s%s: ", i > from ? ", " : "", e->inner->names[i]);
        print_type(e->head, v->elem, v->rank, v->extents);
        if (i - from < ninits)
            text_addf(e->head, " = %s", operand(e->p, e->home, e->args[first_init + i - from]));
    }
    text_add(e->head, ")");
}

static void head_loop(entry *e)
{
    assert(e->inner->names && "a loop names its index");
    const char *lo = operand(e->p, e->home, e->args[0]), *hi = operand(e->p, e->home, e->args[1]);
    text_addf(e->head, "%s %s in %s..%s", graph_rule(e->p->g, e->n).conditional ? " while" : "", e->inner->names[0], lo,
              hi);
    add_params(e, 1, 2, e->n->nvars - 1);
}

static void head_stack(entry *e)
{
    const char *loop = operand(e->p, e->home, e->args[0]);
    text_addf(e->head, " %s <%s> (", loop, extent_str(e->p->g->mem, e->n->extents[0]));
    for (int i = 0; i < e->n->nvars; i++)
        text_addf(e->head, "%s%s", i ? ", " : "", e->inner->names[i]);
    text_add(e->head, ")");
}

static void head_custom(entry *e)
{
    text_addf(e->head, " %s", operand(e->p, e->home, e->args[0]));
    add_params(e, 0, 1, e->n->nvars - 1);
}

static void head_solver(entry *e)
{
    add_operands(e, e->head, e->home, 0, SOLVER_FUNCTIONS);
    add_params(e, 0, 0, 0);
}

static void head_of(entry *e)
{
    switch (e->n->op) {
    case OP_ACCESS:
        head_access(e);
        break;
    case OP_INPUT:
        head_input(e);
        break;
    case OP_OUT:
    case OP_AT:
    case OP_NAME:
        head_numbered(e);
        break;
    case OP_NORMAL:
    case OP_UNIFORM:
        head_random(e);
        break;
    case OP_LOOP:
        head_loop(e);
        break;
    case OP_CALL:
        head_call(e);
        break;
    case OP_STACK:
        head_stack(e);
        break;
    case OP_CUSTOM:
        head_custom(e);
        break;
    case OP_CG:
    case OP_FIXPOINT:
        head_solver(e);
        break;
    default:
        if (e->n->ninner)
            head_axes(e);
        else
            head_plain(e);
    }
}

/* Also a loop without state, which has variables but nothing inside. */
static bool is_block(const node *n)
{
    return n->ninner || n->nvars;
}

static const char *yield_of(entry *e)
{
    text t;
    text_init(&t, e->p->g->mem);
    text_add(&t, "yield");
    bool filtered = node_is_reduce(e->n) || e->n->op == OP_SCATTER;
    int first = e->n->nargs - e->n->ninner;
    if (!filtered) {
        add_operands(e, &t, e->inner, first, e->n->nargs);
        return text_str(&t);
    }
    int subs = e->n->op == OP_SCATTER ? e->n->rank : 0;
    add_operands(e, &t, e->inner, 0, 1);
    if (subs) {
        text_add(&t, " at");
        add_operands(e, &t, e->inner, 2, 2 + subs);
    }
    if (!node_is_number(e->args[1], 1)) {
        text_add(&t, " where");
        add_operands(e, &t, e->inner, 1, 2);
    }
    for (int i = 2 + subs; i < e->n->nargs; i += 2) {
        const char *lo = operand(e->p, e->inner, e->args[i]);
        text_addf(&t, "%s %s..%s", i == 2 + subs ? " over" : ",", lo, operand(e->p, e->inner, e->args[i + 1]));
    }
    return text_str(&t);
}

static void add_comment(text *t, const node *n)
{
    bool place = n->at.src && (is_block(n) || n->op == OP_INPUT);
    if (!n->hint && !place)
        return;
    text_addf(t, "  # %s", n->hint ? n->hint : "");
    if (place) {
        int line, column;
        source_position(n->at.src, n->at.begin, &line, &column);
        text_addf(t, "%s%s:%d", n->hint ? ", " : "", n->at.src->path, line);
    }
}

static void indent(text *t, int depth)
{
    text_addf(t, "%*s", 4 * depth, "");
}

static void print_node(printer *p, scope *home, node *n)
{
    arena *mem = p->g->mem;
    text head;
    scope inner = {0};
    entry e = {.p = p, .home = home, .inner = &inner, .n = n, .head = &head};
    text_init(&head, mem);
    int outer = n->nargs - n->ninner;
    e.args = ARENA_ARRAY(mem, node *, n->nargs + 1);
    for (int i = 0; i < outer; i++)
        e.args[i] = n->args[i];
    if (is_block(n))
        open_scope(p, &inner, home, n, e.args + outer);
    text_add(&head, op_text(n->op));
    head_of(&e);
    if (is_block(n)) {
        const char *yield = yield_of(&e);
        text_addf(&head, " {\n%s", text_str(&inner.body));
        indent(&head, inner.depth);
        text_addf(&head, "%s\n", yield);
        indent(&head, home->depth);
        text_add(&head, "}");
    }
    add_comment(&head, n);
    const char *label = arena_printf(mem, "%%%d", ++p->next);
    indent(&home->body, home->depth);
    text_addf(&home->body, "%s = ", label);
    text_addn(&home->body, head.data, head.n);
    text_add(&home->body, "\n");
    map_set(&p->labels, n, (void *)(uintptr_t)label);
}

static const char *operand(printer *p, scope *s, node *n)
{
    switch (n->op) {
    case OP_CONST:
        return print_const(p->g->mem, n);
    case OP_SIZE:
        return arena_printf(p->g->mem, "<%s>", extent_str(p->g->mem, n->extent));
    case OP_VAR:
        return var_name(s, n->var);
    default:
        if (!map_get(&p->labels, n))
            print_node(p, home_of(s, n), n);
        return map_get(&p->labels, n);
    }
}

void graph_print(text *t, graph *g, int n, node *const *roots, const char *const *titles)
{
    printer p = {.g = g};
    map_init(&p.labels, g->mem);
    scope top = {0};
    text_init(&top.body, g->mem);
    for (int i = 0; i < n; i++) {
        const char *root = operand(&p, &top, roots[i]);
        text_addf(&top.body, "result %s%s%s\n", titles && titles[i] ? titles[i] : "", titles && titles[i] ? " = " : "",
                  root);
    }
    text_addn(t, text_str(&top.body), top.body.n);
}
