/* Checking a program: signatures first, then the bodies, each after those of the functions that it calls, so that what
 * a callee requires of its sizes is known at the call. The order is found on an explicit stack; a call that leads back
 * to a function on the stack is recursion. */
#include "stage/check/check.h"

#include <math.h>
#include <stdint.h>

#include "stage/check/check_parts.h"

static fn_state state_of(const checker *c, const function *f)
{
    return (fn_state)(intptr_t)map_get(&c->states, f);
}

static void set_state(checker *c, const function *f, fn_state s)
{
    map_set(&c->states, f, (void *)(intptr_t)s);
}

void begin_function(checker *c, function *f)
{
    c->fn = f;
    map_init(&c->scope, c->mem);
    map_init(&c->values, c->mem);
    map_init(&c->atoms, c->mem);
    map_init(&c->infos, c->mem);
    map_init(&c->depths, c->mem);
    c->undo.n = c->scope_start = c->pending.n = c->regions.n = c->guard = 0;
    c->loop_value = NULL;
    c->yielded = NULL;
}

static void check_function(checker *c, function *f)
{
    if (is_generic(c, f)) {
        set_state(c, f, FN_DONE);
        return;
    }
    begin_function(c, f);
    int scope = scope_open(c);
    enter_signature(c, f);
    check_body(c, &f->body);
    scope_close(c, scope);
    if (f->derivative)
        check_hand_derivative(c, f);
    set_state(c, f, FN_DONE);
}

checker suspend(checker *c)
{
    checker outer = *c;
    c->undo.data = NULL;
    c->undo.cap = c->pending.cap = c->regions.cap = 0;
    c->pending.data = NULL;
    c->regions.data = NULL;
    return outer;
}

void resume(checker *c, const checker *outer)
{
    checker now = *c;
    *c = *outer;
    c->functions = now.functions;
    c->states = now.states;
    c->generic = now.generic;
    c->cyclic = now.cyclic;
}

/* Functions are ordered before, by the names that stand in calls; what that overlooks is caught up here. */
void ensure_checked(checker *c, function *f, loc at)
{
    if (state_of(c, f) == FN_DONE)
        return;
    if (state_of(c, f) == FN_OPEN) {
        if (!c->cyclic)
            diag_error(c->diag, at, "recursion: %s -> %s", f->name, f->name);
        return;
    }
    checker outer = suspend(c);
    set_state(c, f, FN_OPEN);
    check_function(c, f);
    resume(c, &outer);
}

/* One place where a function's text names another. */
typedef struct edge {
    function *to;
    loc at;
} edge;

typedef struct node {
    function *f;
    VEC(edge) edges;
    int next;
} node;

typedef struct collector {
    checker *c;
    node *node;
    map locals; /* names that the function declares anywhere */
} collector;

static void collect_expr(collector *k, const expr *e);
static void collect_stmt(collector *k, const stmt *s);

static void collect_optional(collector *k, const expr *e)
{
    if (e)
        collect_expr(k, e);
}

static void collect_list(collector *k, const expr_list *l)
{
    for (int i = 0; i < l->n; i++)
        collect_expr(k, l->data[i]);
}

static void collect_local(collector *k, const char *name)
{
    map_set(&k->locals, name, k);
}

static void collect_name(collector *k, const expr *e)
{
    checker *c = k->c;
    const module *m = e->module_name ? module_import(k->node->f->module, e->module_name) : k->node->f->module;
    bool hidden = !e->module_name && map_get(&k->locals, e->name) && e->kind == EXPR_NAME;
    function *f = m && !hidden ? find_function(c, m, e->name) : NULL;
    for (int i = 0; f && !e->module_name && i < k->node->f->params.n; i++) {
        const param *p = &k->node->f->params.data[i];
        if (p->name == e->name && p->type && p->type->kind == TYPE_FN)
            f = NULL;
    }
    edge to = {f, e->at};
    if (f)
        vec_push(c->mem, &k->node->edges, to);
}

static void collect_indices(collector *k, const index_list *l)
{
    for (int i = 0; i < l->n; i++) {
        collect_local(k, l->data[i].name);
        collect_optional(k, l->data[i].count);
        collect_optional(k, l->data[i].lo);
        collect_optional(k, l->data[i].hi);
    }
}

static void collect_expr(collector *k, const expr *e)
{
    if (e->kind == EXPR_CALL || e->kind == EXPR_NAME)
        collect_name(k, e);
    for (int i = 0; i < e->subs.n; i++) {
        collect_optional(k, e->subs.data[i].value);
        collect_optional(k, e->subs.data[i].lo);
        collect_optional(k, e->subs.data[i].hi);
    }
    collect_indices(k, &e->indices);
    for (int i = 0; i < e->params.n; i++)
        collect_local(k, e->params.data[i].name);
    collect_optional(k, e->filter);
    collect_list(k, &e->a);
    if (e->loop)
        collect_stmt(k, e->loop);
}

static void collect_stmts(collector *k, const stmt_list *l)
{
    for (int i = 0; i < l->n; i++)
        collect_stmt(k, l->data[i]);
}

static void collect_stmt(collector *k, const stmt *s)
{
    for (int i = 0; i < s->defs.n; i++) {
        collect_local(k, s->defs.data[i].name);
        collect_indices(k, &s->defs.data[i].indices);
    }
    if (s->kind == STMT_FOR)
        collect_local(k, s->name);
    collect_optional(k, s->value);
    collect_optional(k, s->lo);
    collect_optional(k, s->hi);
    collect_optional(k, s->max);
    collect_list(k, &s->values);
    collect_stmts(k, &s->body);
    collect_stmts(k, &s->other);
}

static node *new_node(checker *c, function *f)
{
    node *n = ARENA_NEW(c->mem, node);
    n->f = f;
    collector k = {.c = c, .node = n};
    map_init(&k.locals, c->mem);
    for (int i = 0; i < f->params.n; i++)
        collect_local(&k, f->params.data[i].name);
    collect_stmts(&k, &f->body);
    if (f->derivative)
        collect_list(&k, &f->derivative->values);
    return n;
}

typedef VEC(node *) node_stack;

static void report_recursion(checker *c, const node_stack *stack, const edge *back)
{
    int from = stack->n - 1;
    while (from > 0 && stack->data[from]->f != back->to)
        from--;
    text t;
    text_init(&t, c->mem);
    for (int i = from; i < stack->n; i++)
        text_addf(&t, "%s -> ", stack->data[i]->f->name);
    c->cyclic = true;
    if (!diag_error(c->diag, back->at, "recursion: %s%s", text_str(&t), back->to->name))
        return;
    if (builtin_find(back->to->name))
        diag_hint(c->diag, "'%s' is this file's function here, not the builtin; give it another name", back->to->name);
    else
        diag_hint(c->diag, "functions are put in place of their calls; write a loop");
}

static void open_node(checker *c, node_stack *stack, function *f)
{
    set_state(c, f, FN_OPEN);
    vec_push(c->mem, stack, new_node(c, f));
}

/* Depth first from f: each function is checked when all that it calls are. */
static void check_from(checker *c, function *f)
{
    node_stack stack = {0};
    open_node(c, &stack, f);
    while (stack.n) {
        node *top = stack.data[stack.n - 1];
        if (top->next == top->edges.n) {
            check_function(c, top->f);
            stack.n--;
            continue;
        }
        const edge *e = &top->edges.data[top->next++];
        if (state_of(c, e->to) == FN_NEW)
            open_node(c, &stack, e->to);
        else if (state_of(c, e->to) == FN_OPEN)
            report_recursion(c, &stack, e);
    }
}

void declare_function(checker *c, function *f)
{
    binding *b = ARENA_NEW(c->mem, binding);
    *b = (binding){.kind = BIND_FUNCTION, .name = f->name, .at = f->at, .type = error_type(c), .fn = f};
    map_set(&c->functions, f, b);
}

static void add_functions(checker *c, module *m)
{
    map *known = ARENA_NEW(c->mem, map);
    map_init(known, c->mem);
    map_set(&c->modules, m, known);
    for (int i = 0; i < m->functions.n; i++) {
        function *f = m->functions.data[i];
        const function *old = map_get(known, f->name);
        if (old) {
            int line, column;
            source_position(old->at.src, old->at.begin, &line, &column);
            diag_error(c->diag, f->at, "function '%s' is declared already, on line %d", f->name, line);
            continue;
        }
        map_set(known, f->name, f);
        declare_function(c, f);
    }
}

static binding *constant(checker *c, const char *name, double value)
{
    binding *b = ARENA_NEW(c->mem, binding);
    *b = (binding){.kind = BIND_CONSTANT, .name = names_intern(c->prog->names, name), .constant = value};
    b->type = kind_type(c, TYPE_REAL);
    return b;
}

static checker *new_checker(program *p, diag *d)
{
    checker *c = ARENA_NEW(p->mem, checker);
    c->prog = p;
    c->mem = p->mem;
    c->diag = d;
    c->pool = p->pool;
    map_init(&c->functions, c->mem);
    map_init(&c->states, c->mem);
    map_init(&c->modules, c->mem);
    map_init(&c->generic, c->mem);
    c->pi = constant(c, "pi", 3.14159265358979323846);
    c->inf = constant(c, "inf", (double)INFINITY);
    return c;
}

bool check_program(program *p, diag *d)
{
    int before = d->errors;
    checker *c = new_checker(p, d);
    for (int i = 0; i < p->modules.n; i++)
        add_functions(c, p->modules.data[i]);
    for (int i = 0; i < p->modules.n; i++)
        for (int k = 0; k < p->modules.data[i]->functions.n; k++)
            if (!check_generic_signature(c, p->modules.data[i]->functions.data[k]))
                check_signature(c, p->modules.data[i]->functions.data[k]);
    for (int i = 0; i < p->modules.n; i++)
        for (int k = 0; k < p->modules.data[i]->functions.n; k++)
            if (state_of(c, p->modules.data[i]->functions.data[k]) == FN_NEW)
                check_from(c, p->modules.data[i]->functions.data[k]);
    for (int i = 0; i < p->modules.n; i++)
        check_unused_shapes(c, p->modules.data[i]);
    for (int i = 0; i < p->modules.n; i++)
        check_export_grads(c, p->modules.data[i]);
    return d->errors == before;
}
