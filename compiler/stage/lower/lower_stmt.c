/* Statements: let and var bind nodes; loops become loop nodes with the rebound vars as state; if merges by select. */
#include <assert.h>
#include <string.h>

#include "stage/lower/lower_state.h"

static values lower_stmts(lowering *l, frame *f, stmt_list *body, values *yields);

/* let (a[i], b[i]) = e: all names have the same indices; e is lowered once under them. */
static values lower_indexed(lowering *l, frame *f, stmt *s)
{
    let_def *first = &s->defs.data[0];
    context *c = lower_open_indices(l, f, &first->indices);
    for (int d = 1; d < s->defs.n; d++)
        for (int i = 0; i < first->indices.n; i++)
            lower_bind(l, f, s->defs.data[d].indices.data[i].bind, lower_find(f, first->indices.data[i].bind)->value);
    values v = lower_values(l, f, s->value);
    for (int i = 0; i < v.n; i++) {
        node *body = v.item[i];
        const type *t = s->defs.data[i].bind->type;
        body = lower_cast(l, body, lower_elem(l, t));
        v.item[i] = lower_tensor(l, c->nvars, c->vars, body);
    }
    lower_close_context(l);
    return v;
}

static void lower_let(lowering *l, frame *f, stmt *s)
{
    values v = s->defs.data[0].indexed ? lower_indexed(l, f, s) : lower_values(l, f, s->value);
    assert(v.n == s->defs.n);
    for (int i = 0; i < v.n; i++)
        lower_bind(l, f, s->defs.data[i].bind, v.item[i]);
}

static void lower_if_stmt(lowering *l, frame *f, stmt *s)
{
    int n = s->state.n;
    node *c = lower_expr(l, f, s->value);
    node **before = ARENA_ARRAY(l->mem, node *, n + 1), **then = ARENA_ARRAY(l->mem, node *, n + 1);
    for (int i = 0; i < n; i++)
        before[i] = lower_find(f, s->state.data[i])->value;
    lower_push_guard(l, c);
    lower_stmts(l, f, &s->body, NULL);
    lower_pop_guard(l);
    for (int i = 0; i < n; i++) {
        then[i] = lower_find(f, s->state.data[i])->value;
        lower_bind(l, f, s->state.data[i], before[i]);
    }
    lower_push_guard(l, graph_un(l->g, OP_NOT, c));
    lower_stmts(l, f, &s->other, NULL);
    lower_pop_guard(l);
    for (int i = 0; i < n; i++) {
        node *args[3] = {c, then[i], lower_find(f, s->state.data[i])->value};
        lower_bind(l, f, s->state.data[i], lower_elementwise(l, OP_SELECT, 3, args, args[1]->elem));
    }
}

typedef struct loop_parts {
    node *lo, *hi;
    int n; /* states: whether to go on, in a while loop; what the body rebinds; the check's flag where there is one */
    int first; /* of what the body rebinds */
    node **inits, **nexts;
    var **vars; /* t, states */
    context *body;
} loop_parts;

static void add_state(lowering *l, loop_parts *p, node *init, const char *name)
{
    p->inits[p->n] = init;
    p->vars[++p->n] = graph_param(l->g, init->elem, init->rank, init->extents, name);
}

/* Whether a while loop makes pass t; the condition is not evaluated beyond its last pass. */
static node *lower_go_on(lowering *l, frame *f, stmt *s, node *t, node *most)
{
    graph *g = l->g;
    node *within = graph_bin(g, OP_LT, t, most);
    lower_push_guard(l, within);
    node *c = lower_expr(l, f, s->value);
    lower_pop_guard(l);
    return graph_select(g, within, c, graph_bool(g, false));
}

static void open_loop(lowering *l, frame *f, stmt *s, loop_parts *p)
{
    int n = s->state.n;
    p->inits = ARENA_ARRAY(l->mem, node *, n + 2);
    p->nexts = ARENA_ARRAY(l->mem, node *, n + 2);
    p->vars = ARENA_ARRAY(l->mem, var *, n + 3);
    p->vars[0] = graph_param(l->g, ELEM_INT, 0, NULL, s->bind ? s->bind->name : "pass");
    if (s->kind == STMT_WHILE)
        add_state(l, p, lower_go_on(l, f, s, graph_int(l->g, 0), p->hi), "go");
    p->first = p->n;
    for (int i = 0; i < n; i++)
        add_state(l, p, lower_find(f, s->state.data[i])->value, s->state.data[i]->name);
    for (int i = 0; i < n; i++)
        lower_bind(l, f, s->state.data[i], p->vars[p->first + i + 1]->self);
    if (s->bind)
        lower_bind(l, f, s->bind, p->vars[0]->self);
    context *c = lower_push_axes(l, p->n + 1, p->vars);
    c->is_loop = true;
    c->t_lo = graph_extent(l->g, p->lo);
    c->t_hi = graph_extent(l->g, p->hi);
}

/* Room for so many states more. */
static void reserve_states(lowering *l, loop_parts *p, int more)
{
    loop_parts old = *p;
    p->inits = ARENA_ARRAY(l->mem, node *, p->n + more);
    p->nexts = ARENA_ARRAY(l->mem, node *, p->n + more);
    p->vars = ARENA_ARRAY(l->mem, var *, p->n + more + 1);
    memcpy(p->vars, old.vars, (size_t)(p->n + 1) * sizeof *p->vars);
    for (int i = 0; i < p->n; i++) {
        p->inits[i] = old.inits[i];
        p->nexts[i] = old.nexts[i];
    }
}

/* Where subscripts are asked for, each check is a state of its own: the least one found so far. */
static void add_asked_states(lowering *l, loop_parts *p)
{
    graph *g = l->g;
    const context *c = p->body;
    reserve_states(l, p, c->pending.n);
    for (int i = 0; i < c->pending.n; i++) {
        add_state(l, p, graph_int(g, INT64_MAX), "subscript");
        p->nexts[p->n - 1] = graph_bin(g, OP_MIN, p->vars[p->n]->self, c->pending.data[i].ok);
    }
}

/* Checks on the loop's variables become one more state, a bool that stays true. */
static void add_check_state(lowering *l, loop_parts *p)
{
    const context *c = p->body;
    if (!c->pending.n)
        return;
    graph *g = l->g;
    add_state(l, p, graph_bool(g, true), "ok");
    node *next = p->vars[p->n]->self;
    for (int i = 0; i < c->pending.n; i++)
        next = graph_bin(g, OP_AND, next, c->pending.data[i].ok);
    p->nexts[p->n - 1] = next;
}

/* The check that a loop hands on for all those of its body. */
static void hand_on_checks(lowering *l, const stmt *s, const loop_parts *p, node *loop)
{
    int n = p->body->pending.n;
    for (int i = 0; i < (l->asks ? n : n > 0); i++) {
        index_check check = p->body->pending.data[i];
        check.ok = graph_out(l->g, loop, l->asks ? p->n - n + i : p->n - 1);
        if (!l->asks && n > 1)
            check.rule = lower_rule(l, s->at, "a subscript in this loop is out of range");
        lower_add_check(l, check);
    }
}

/* What the passes of a while loop yield: a row of each; those of passes that it did not make are 0. */
static node *rows_of_passes(lowering *l, node *loop, node *stack)
{
    graph *g = l->g;
    var **axes = ARENA_ARRAY(l->mem, var *, stack->rank);
    node *entry = graph_entry(g, stack, axes);
    node *made = graph_bin(g, OP_LT, axes[0]->self, graph_passes(g, loop));
    return graph_tensor(g, stack->rank, axes, graph_select(g, made, entry, graph_number(g, stack->elem, 0)));
}

static void stack_yields(lowering *l, frame *f, const stmt *s, const loop_parts *p, node *loop, values *yields)
{
    for (int i = 0; i < yields->n; i++) {
        node *stack = graph_stack(l->g, loop, lower_extent(l, f, s->passes), p->vars, yields->item[i]);
        yields->item[i] = s->kind == STMT_WHILE ? rows_of_passes(l, loop, stack) : stack;
    }
}

/* The body runs where the condition holds. Its subscripts were checked when it was found whether to go on. */
static void push_condition(lowering *l, frame *f, stmt *s)
{
    context *c = l->context;
    int checks = c->pending.n;
    lower_push_guard(l, lower_expr(l, f, s->value));
    l->guards->certain = true;
    c->pending.n = checks;
}

static void lower_passes(lowering *l, frame *f, stmt *s, loop_parts *p, values *yields)
{
    graph *g = l->g;
    open_loop(l, f, s, p);
    bool goes = s->kind == STMT_WHILE;
    if (goes)
        push_condition(l, f, s);
    lower_stmts(l, f, &s->body, yields);
    if (goes)
        lower_pop_guard(l);
    for (int i = 0; i < s->state.n; i++)
        p->nexts[p->first + i] = lower_find(f, s->state.data[i])->value;
    if (goes)
        p->nexts[0] = lower_go_on(l, f, s, graph_bin(g, OP_ADD, p->vars[0]->self, graph_int(g, 1)), p->hi);
    p->body = l->context;
    lower_close_context(l);
    (l->asks ? add_asked_states : add_check_state)(l, p);
}

values lower_loop(lowering *l, frame *f, stmt *s)
{
    graph *g = l->g;
    bool goes = s->kind == STMT_WHILE;
    loop_parts p = {.lo = goes ? graph_int(g, 0) : lower_expr(l, f, s->lo),
                    .hi = lower_expr(l, f, goes ? s->max : s->hi)};
    values yields = {0};
    lower_passes(l, f, s, &p, &yields);
    g->at = s->at;
    loop_rule rule = {goes, s->checkpoint.kind == KEEP_DEFAULT ? l->checkpoint : s->checkpoint};
    node *loop = graph_loop(g, rule, p.lo, p.hi, p.n, p.inits, p.vars, p.nexts);
    for (int i = 0; i < s->state.n; i++)
        lower_bind(l, f, s->state.data[i], graph_out(g, loop, p.first + i));
    hand_on_checks(l, s, &p, loop);
    stack_yields(l, f, s, &p, loop, &yields);
    return yields;
}

static values lower_list(lowering *l, frame *f, expr_list *list)
{
    if (list->n == 1)
        return lower_values(l, f, list->data[0]);
    values v = {list->n, ARENA_ARRAY(l->mem, node *, list->n + 1)};
    for (int i = 0; i < list->n; i++)
        v.item[i] = lower_expr(l, f, list->data[i]);
    return v;
}

static values lower_stmts(lowering *l, frame *f, stmt_list *body, values *yields)
{
    values result = {0};
    for (int i = 0; i < body->n; i++) {
        stmt *s = body->data[i];
        l->g->at = s->at;
        switch (s->kind) {
        case STMT_LET:
        case STMT_VAR:
            lower_let(l, f, s);
            break;
        case STMT_ASSIGN:
            lower_bind(l, f, s->bind, lower_expr(l, f, s->value));
            break;
        case STMT_RETURN:
            result = lower_list(l, f, &s->values);
            break;
        case STMT_YIELD:
            assert(yields); /* only a loop's own body yields */
            *yields = lower_list(l, f, &s->values);
            break;
        case STMT_FOR:
        case STMT_WHILE:
            lower_loop(l, f, s);
            break;
        case STMT_IF:
            lower_if_stmt(l, f, s);
            break;
        }
    }
    return result;
}

values lower_body(lowering *l, frame *f, stmt_list *body)
{
    return lower_stmts(l, f, body, NULL);
}
