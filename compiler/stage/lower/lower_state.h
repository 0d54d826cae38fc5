/* Private to stage/lower*.c: what a function body is lowered in. */
#ifndef ADC_STAGE_LOWER_STATE_H
#define ADC_STAGE_LOWER_STATE_H
#include "form/graph_fn.h"
#include "form/tree.h"

typedef struct frame frame;
typedef struct context context;

/* Several results. */
typedef struct values {
    int n;
    node **item;
} values;

/* What a binding stands for in a frame: a node, or a function (lambda with its frame, or a declared one). */
typedef struct meaning {
    node *value;
    expr *lambda;
    frame *lambda_frame;
    function *fn;
} meaning;

/* One inlined function: its bindings, and its sizes in the sizes of the exported function. */
struct frame {
    function *fn;
    map entries; /* binding -> entry; lambdas have a frame of their own with a parent */
    frame *parent;
    int nsizes;
    const char **size_names;
    const extent **size_values;
};

/* Where in the program we are: axes of index notation or of a reduction, or a loop body. Innermost first. */
struct context {
    context *parent;
    bool is_loop;
    int nvars;
    var **vars;                /* axes; or t and the states */
    node **lo, **hi;           /* of dynamic axes, NULL for others */
    const extent *t_lo, *t_hi; /* of a loop's index, where known */
    VEC(index_check) pending;  /* loop: checks on its variables */
};

typedef struct guard {
    struct guard *parent;
    node *condition;
    bool certain; /* of the passes that a while loop makes: nothing is done where it does not hold */
} guard;

typedef struct call_record {
    function *fn;
    int nargs;
    node **args;
    const extent **sizes;
    guard *guards;
    values result;
} call_record;

typedef struct lowering {
    graph *g;
    arena *mem;
    program *p;
    elem real;
    bool asks;             /* lower_options */
    checkpoint checkpoint; /* of loops that say nothing */
    graph_fn *out;
    interface_rules *rules; /* of the function being lowered */
    context *context;
    guard *guards;
    VEC(call_record) calls;
} lowering;

/* lower_expr.c */
node *lower_expr(lowering *l, frame *f, expr *e);
values lower_values(lowering *l, frame *f, expr *e); /* tuples too */
node *lower_as(lowering *l, frame *f, expr *e, elem to);
node *lower_cast(lowering *l, node *n, elem to);
elem lower_elem(const lowering *l, const type *t);
const extent *lower_extent(lowering *l, frame *f, const extent *e);
/* op elementwise over equal shapes and scalars. */
node *lower_elementwise(lowering *l, op o, int n, node *const *args, elem e);
values one_value(lowering *l, node *n);

/* lower_index.c */
node *lower_subscript(lowering *l, frame *f, expr *e);
values lower_reduce(lowering *l, frame *f, expr *e);
/* Opens axes for indices, binding them in f; pushes a context. */
context *lower_open_indices(lowering *l, frame *f, index_list *indices);
void lower_close_context(lowering *l);
context *lower_push_axes(lowering *l, int n, var **vars);
/* tensor over axes of a body of any rank: its axes follow. */
node *lower_tensor(lowering *l, int n, var *const *axes, node *body);
void lower_push_guard(lowering *l, node *condition);
void lower_pop_guard(lowering *l);
/* Whether what stands here is needed: all conditions around hold, as far as they do not by themselves. */
node *lower_wanted(lowering *l);
/* Adds a run-time check unless 0 <= sub < size is proven. e: what is
 * subscripted in the program, at that axis. */
void lower_check_subscript(lowering *l, node *sub, const extent *size, const node *accessed, const expr *e, int axis);
/* Hands a check on outwards from the current context. */
void lower_add_check(lowering *l, index_check check);

/* lower.c: the number of a rule of the function being lowered. */
int lower_rule(lowering *l, loc at, const char *says);

/* lower_calls.c */
values lower_call(lowering *l, frame *f, expr *e);
values lower_function(lowering *l, function *fn, frame *inner);
frame *lower_new_frame(lowering *l, function *fn);
void lower_bind(lowering *l, frame *f, binding *b, node *value);
void lower_bind_entry(lowering *l, frame *f, binding *b, meaning en);
meaning *lower_find(frame *f, binding *b);
/* What an argument that is a function means; its value for arguments. */
meaning lower_meaning(frame *f, expr *e);
values lower_apply(lowering *l, meaning en, int n, node *const *args);

/* lower_solver.c */
node *lower_solver(lowering *l, frame *f, expr *e);
node *lower_ensure(lowering *l, frame *f, expr *e);

/* lower_derive.c */
values lower_derivative(lowering *l, frame *f, expr *e);
values lower_custom(lowering *l, function *fn, frame *inner, values value);

/* lower_stmt.c */
values lower_body(lowering *l, frame *f, stmt_list *body);
values lower_loop(lowering *l, frame *f, stmt *s);

/* lower_ask.c: subscripts out of range as values. */
/* sub where ok does not hold; else INT64_MAX. */
node *lower_ask(lowering *l, node *ok, node *sub);
/* Makes these values the results of the function. */
void lower_answer(lowering *l, graph_fn *out);

/* lower_library.c: solve, cholesky, ..., fft. */
bool lower_is_library(const expr *e);
values lower_library(lowering *l, frame *f, expr *e);

/* builtins: lower_builtins.c */
node *lower_builtin(lowering *l, frame *f, expr *e);
node *lower_shaped(lowering *l, frame *f, expr *e);
node *lower_literal(lowering *l, frame *f, expr *e);

#endif
