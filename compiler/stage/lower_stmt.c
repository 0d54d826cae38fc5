/* Statements: let and var bind nodes; loops become loop nodes with the rebound vars as state; if merges by select. */
#include <assert.h>
#include <string.h>

#include "stage/lower_state.h"

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
    int n; /* states, with the check's flag last where there is one */
    node **inits, **nexts;
    var **vars; /* t, states */
    values yields;
} loop_parts;

static void open_loop(lowering *l, frame *f, stmt *s, node *lo, node *hi, loop_parts *p)
{
    int n = p->n = s->state.n;
    p->inits = ARENA_ARRAY(l->mem, node *, n + 1);
    p->nexts = ARENA_ARRAY(l->mem, node *, n + 1);
    p->vars = ARENA_ARRAY(l->mem, var *, n + 2);
    p->vars[0] = graph_param(l->g, ELEM_INT, 0, NULL, s->bind->name);
    for (int i = 0; i < n; i++) {
        node *init = p->inits[i] = lower_find(f, s->state.data[i])->value;
        p->vars[i + 1] = graph_param(l->g, init->elem, init->rank, init->extents, s->state.data[i]->name);
        lower_bind(l, f, s->state.data[i], p->vars[i + 1]->self);
    }
    lower_bind(l, f, s->bind, p->vars[0]->self);
    context *c = lower_push_axes(l, n + 1, p->vars);
    c->is_loop = true;
    c->t_lo = graph_extent(l->g, lo);
    c->t_hi = graph_extent(l->g, hi);
}

/* Checks on the loop's variables become one more state, a bool that stays true. */
static void add_check_state(lowering *l, loop_parts *p, const context *c)
{
    if (!c->pending.n)
        return;
    graph *g = l->g;
    var *ok = graph_param(g, ELEM_BOOL, 0, NULL, "ok");
    node *next = ok->self;
    for (int i = 0; i < c->pending.n; i++)
        next = graph_bin(g, OP_AND, next, c->pending.data[i].ok);
    p->inits[p->n] = graph_bool(g, true);
    p->nexts[p->n] = next;
    p->vars[++p->n] = ok;
}

values lower_for(lowering *l, frame *f, stmt *s)
{
    graph *g = l->g;
    node *lo = lower_expr(l, f, s->lo), *hi = lower_expr(l, f, s->hi);
    loop_parts p;
    open_loop(l, f, s, lo, hi, &p);
    values yields = {0};
    lower_stmts(l, f, &s->body, &yields);
    for (int i = 0; i < s->state.n; i++)
        p.nexts[i] = lower_find(f, s->state.data[i])->value;
    context *c = l->context;
    lower_close_context(l);
    add_check_state(l, &p, c);
    node *loop = graph_loop(g, lo, hi, p.n, p.inits, p.vars, p.nexts);
    for (int i = 0; i < s->state.n; i++)
        lower_bind(l, f, s->state.data[i], graph_out(g, loop, i));
    if (c->pending.n)
        lower_add_check(l, graph_out(g, loop, p.n - 1), c->pending.data[0].arg);
    const extent *passes = NULL;
    if (yields.n) {
        const extent *a = graph_extent(l->g, lo), *b = graph_extent(l->g, hi);
        passes = a && b ? extent_sub(b, a) : NULL;
    }
    for (int i = 0; i < yields.n; i++)
        yields.item[i] = graph_stack(g, loop, passes, p.vars, yields.item[i]);
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
            *yields = lower_list(l, f, &s->values);
            break;
        case STMT_FOR:
            lower_for(l, f, s);
            break;
        case STMT_IF:
            lower_if_stmt(l, f, s);
            break;
        case STMT_WHILE:
            assert(false && "refused by check");
        }
    }
    return result;
}

values lower_body(lowering *l, frame *f, stmt_list *body)
{
    return lower_stmts(l, f, body, NULL);
}
