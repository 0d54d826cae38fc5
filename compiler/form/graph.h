/* The graph: hash-consed nodes over named variables. The whole compiler stands on it.
 *
 * A node is a tensor of rank >= 0 that may depend on free variables. Rank 0 nodes ("values") are scalar functions of
 * their free variables; a rank r node is a function of r subscripts besides. Variables are axes (integers in a range)
 * and parameters (the index and the state of a loop, the arguments of a hand-written derivative).
 *
 *   tensor(a, b) body         the tensor whose entry at (a, b) is the value body: binds a and b
 *   access(T, e, f)           entry of T: a value
 *   sum(a, b | filter) body   a reduction: binds a and b
 *   scatter(a | filter)       a tensor of zeros to which value is added at (subscripts) for each a: binds a
 *   loop(t, s...) / out / stack   a loop with named state; its final states; one value stacked per pass
 *   call / out                    a routine of a library over whole tensors (form/routine.h); its results
 *
 * Binding (locally nameless): inside a stored binder the bound variables are canonical, numbered by height, so that two
 * binders that differ in nothing but names are one node. A pass never looks into a binder without graph_open, which
 * replaces them by fresh variables, and never makes one but through the constructors, which close. Hence free
 * variables of nodes that a pass handles are always fresh, and substitution cannot capture.
 *
 * Nodes are immutable and interned: equal nodes are one pointer. All memory is the graph's arena. */
#ifndef ADC_FORM_GRAPH_H
#define ADC_FORM_GRAPH_H
#include "base/diag.h"
#include "base/map.h"
#include "base/text.h"
#include "base/vec.h"
#include "form/checkpoint.h"
#include "form/interface.h" /* elem */
#include "form/routine.h"

typedef enum op {
    /* values */
    OP_CONST, /* number, or integer for int and bool */
    OP_SIZE,  /* extent: an int */
    OP_VAR,   /* var: an axis (int value) or a parameter (tensor) */
#define OP(id, text, arity, result, flags) OP_##id,
#include "form/ops.def"
    OP_ACCESS, /* args: tensor, subscripts[rank of tensor] */
    /* reductions: args: body, filter, then lo, hi per dynamic axis; all inside */
    OP_SUM,
    OP_PROD,
    OP_RMAX,
    OP_RMIN,
    OP_ARGMAX, /* flat row-major index over the axes, -1 when empty */
    OP_ARGMIN,
    OP_LSE,
    OP_ANY,
    OP_ALL,
    OP_ARGKMIN, /* rank 1, extent K: indices sorted by value then index, padded with -1 */
    OP_ARGKMAX,
    /* tensors */
    OP_INPUT,   /* index: argument of the function */
    OP_TENSOR,  /* args: body (inside) */
    OP_SCATTER, /* args: value, filter, subscripts[rank], then lo, hi per dynamic axis; all inside */
    OP_LOOP,    /* no value itself. args: lo, hi, inits[n] outside; nexts[n] inside; vars: t, states[n] */
    OP_OUT,     /* args: loop, call or vjp; index: which result; of a loop of n states, n: how many passes it made */
    OP_CALL,    /* no value itself. args: operands, tensors, then wanted; integer: routine_id. Where it is not wanted (a
                   branch that is not taken) it is not made, cannot fail, and its results are 0 */
    OP_STACK, /* args: loop outside; expr inside; vars as the loop's. First axis: the passes. integer: 1 when it is read
                 only by the loop that goes back, pass by pass (a tape), so that its rows need not be stored */
    OP_AT,    /* args: loop, pass; index: a state's value at the start of that pass, of at most extent passes. Brought
                 back from what the loop keeps (stage/keep) */
    OP_NAME,  /* args: x; index: unique number. What a derivative is taken with respect to; gone after derive */
    OP_CUSTOM, /* hand-written derivative. args: value, xs[n] outside; adjoints[n] inside; vars: xs[n], w */
    /* Solvers: args: start, tolerance, most passes, wanted outside; functions of x inside; vars: x. Loops after derive.
     * Where it is not wanted (a branch that is not taken) nothing is done, and nothing fails.
     * Residuals are relative; one that does not come to its end is AD_NUMERIC. */
    OP_CG,       /* the x with A(x) = start, by conjugate gradients. inside: A(x), symmetric and positive; an
                    approximation of its inverse */
    OP_FIXPOINT, /* the x with f(x) = x. inside: f(x) */
    OP_VJP,      /* args: e, w, names[n]; results through OUT. Gone after derive */
    OP_JVP,      /* args: e, names[n], tangents[n]. Gone after derive */
    OP_COUNT
} op;

typedef enum var_kind { VAR_AXIS, VAR_PARAM } var_kind;

typedef struct var {
    var_kind kind;
    elem elem;
    int rank; /* of a parameter */
    const extent **extents;
    const extent *extent; /* of an axis: it runs over 0..extent; NULL: dynamic, over lo..hi given by the binder */
    int level, index;     /* canonical: height and place in its binder; level 0: fresh */
    int id;
    const char *name;  /* the user's, for printing; may be NULL. Fresh ones only */
    struct node *self; /* its OP_VAR node */
    struct var *next;  /* canonical: another one of the same level and index */
} var;

typedef struct node {
    op op;
    elem elem;
    int rank;
    const extent **extents; /* [rank] */
    int nargs, ninner;      /* the last ninner arguments are inside the binder */
    struct node **args;
    int nvars;
    var **vars; /* bound; canonical */
    /* attributes: those that the op does not use are 0 */
    double number;
    int64_t integer;
    const extent *extent;
    var *var;
    /* derived */
    int id; /* order of creation: arguments have smaller ids */
    uint64_t hash;
    int nfree;
    var **free; /* free variables, sorted by id */
    int level;  /* greatest height bound inside; closed parts count 0 */
    /* not part of identity: the first maker's */
    const char *hint;        /* the user's name for it, or NULL */
    const char **var_hints;  /* [nvars] the user's index names */
    struct opening *opening; /* of graph_enter, kept for the next */
    loc at;
    struct node *chain;
} node;

/* A binder opened by graph_enter. */
typedef struct opening {
    var **vars;
    node **inner;
    bool *busy; /* shared by all that are opened in these variables */
} opening;

/* What a loop is besides its graph; copies of a loop share it. */
typedef struct loop_rule {
    bool conditional;      /* goes on only while its first state, a bool, is true */
    checkpoint checkpoint; /* what is kept of its states for going back through it */
} loop_rule;

typedef struct graph {
    arena *mem;
    names *names;
    extent_pool *pool;
    node **buckets;
    size_t nbuckets, nnodes;
    int next_var, next_node, next_name;
    VEC(loop_rule) rules; /* of all loops; a loop's integer tells its place, counted from 1 */
    map canonical;        /* level and index -> the latest of the variables there */
    loc at;               /* given to new nodes */
    const char *hint;     /* given to the next new node, then cleared */
} graph;

graph *graph_new(arena *mem, names *n, extent_pool *pool);

/* Fresh variables. */
var *graph_axis(graph *g, const extent *extent, const char *name); /* extent NULL: dynamic */
var *graph_param(graph *g, elem e, int rank, const extent *const *extents, const char *name);

/* Leaves. */
node *graph_real(graph *g, elem e, double x);
node *graph_int(graph *g, int64_t x);
node *graph_bool(graph *g, bool x);
node *graph_number(graph *g, elem e, int64_t x); /* a small integer in any element type */
node *graph_size(graph *g, const extent *e);
node *graph_var(graph *g, var *v);
/* An int of rank 0 may stand in sizes under its name. */
node *graph_input(graph *g, int index, elem e, int rank, const extent *const *extents, const char *name);

/* Pointwise. graph_point checks arity and element types; e is used by ops with result 'R' only. */
node *graph_point(graph *g, op o, int n, node *const *args, elem e);
node *graph_un(graph *g, op o, node *a);
node *graph_bin(graph *g, op o, node *a, node *b);
node *graph_select(graph *g, node *c, node *a, node *b);

/* n subscripts, n the rank of t. An access of a tensor whose body is a mere access, constant or variable ("a view") is
 * resolved at once, unless what it views depends on its axes: copies of that would be computed again. */
node *graph_access(graph *g, node *t, node *const *subs);
/* Entry of t at fresh axes, one per dimension; axes are returned in vars[rank]. Rank 0: t itself. */
node *graph_entry(graph *g, node *t, var **vars);
node *graph_access_vars(graph *g, node *t, var *const *vars);
/* The user's name for an axis of t, or NULL. */
const char *graph_axis_hint(const node *t, int axis);

/* Binders: the variables are fresh ones of the arguments, and are closed. tensor of 0 axes is body itself. */
node *graph_tensor(graph *g, int n, var *const *axes, node *body);
/* filter NULL: none. ranges: lo, hi per dynamic axis, in order, may be NULL when none is. Of 0 axes: by value. */
node *graph_reduce(graph *g, op o, int n, var *const *axes, node *body, node *filter, node *const *ranges);
/* Whether the condition holds for one at least of the values of those axes that none of the operands depends on. Axes
 * over ranges and parameters stay. */
node *graph_somewhere(graph *g, node *condition, int n, node *const *operands);
/* The value of a reduction over nothing: 0, 1, -inf, ... in the element type of the result. */
node *graph_neutral(graph *g, op o, elem e);
node *graph_argk(graph *g, op o, const extent *k, int n, var *const *axes, node *body, node *filter,
                 node *const *ranges);
node *graph_scatter(graph *g, int rank, const extent *const *extents, int n, var *const *axes, node *value,
                    node *filter, node *const *subs, node *const *ranges);
/* vars: t, then n states. Each call makes a loop of its own, whatever its body: what is stacked from one loop may
 * depend on the results of another that happens to be equal. Copies made by substitution stay the same loop. */
node *graph_loop(graph *g, loop_rule rule, node *lo, node *hi, int n, node *const *inits, var *const *vars,
                 node *const *nexts);
loop_rule graph_rule(const graph *g, const node *loop);
/* How many passes a loop makes. */
node *graph_passes(graph *g, node *loop);
/* Operands of the shapes that the routine takes. wanted: a bool. */
node *graph_call(graph *g, routine_id id, node *const *operands, node *wanted);
int graph_call_operands(const node *call);
node *graph_call_wanted(const node *call);
void graph_call_sizes(graph *g, const node *call, routine_sizes *z);
int graph_call_results(const node *call);
node *graph_out(graph *g, node *of, int k);
/* passes: the extent of the first axis, equal to hi - lo. */
node *graph_stack(graph *g, node *loop, const extent *passes, var *const *vars, node *e);
node *graph_tape(graph *g, node *loop, const extent *passes, var *const *vars, node *e);
node *graph_at(graph *g, node *loop, node *pass, const extent *passes, int k);
node *graph_custom(graph *g, node *value, int n, node *const *xs, var *const *vars, node *const *adjoints);
/* outer: start, a floating tensor or value, then the tolerance, the most passes, whether it is wanted. x is a parameter
 * like start, as are the n functions of it. */
enum { SOLVER_FUNCTIONS = 4 }; /* the place of the first function among the arguments: outer has so many */
node *graph_solver(graph *g, op o, node *const *outer, var *x, int n, node *const *functions);
/* The same solver from another start, with functions of its own. */
node *graph_solver_like(graph *g, const node *solver, node *start, var *x, int n, node *const *functions);
/* The solver's first function at x. */
node *graph_solved_function(graph *g, node *solver, node *x);
/* x, and 0 where it is -inf, with derivative 1: for the logarithm of a sum that weights are divided by, so that those
 * of nothing but zeros are 0. */
node *graph_finite(graph *g, node *x);
node *graph_name(graph *g, node *x); /* a new one each time */
node *graph_vjp(graph *g, node *e, node *w, int n, node *const *names);
node *graph_jvp(graph *g, node *e, int n, node *const *names, node *const *tangents);

/* A tensor of zeros, or of f(entries), in the shape of like. */
node *graph_zeros(graph *g, elem e, int rank, const extent *const *extents);
node *graph_zeros_like(graph *g, const node *like);

/* Looks into a binder: fresh variables in vars[nvars], the inside arguments in inner[ninner]. */
void graph_open(graph *g, node *n, var **vars, node **inner);
/* For passes that rewrite a graph in place of itself, binder by binder: as graph_open, but a binder that is not entered
 * at the time is given the same variables again, and leaving it with the arguments it had is free. A stack is given the
 * variables of its loop: what both compute in a pass is one node, and is rewritten once. What is outside the binder is
 * to be rewritten before it is entered: a stack's loop is. */
opening *graph_enter(graph *g, node *n);
/* Leaves it as it was. */
void graph_exit(opening *o);
/* args: all arguments of n, the inside ones in the variables of o. */
node *graph_leave(graph *g, node *n, opening *o, node *const *args);
/* The inside arguments with the bound variables replaced by given nodes (of the same type and shape). */
void graph_apply(graph *g, node *n, node *const *by, node **inner);
/* n with each free variable vars[k] replaced by by[k]. */
node *graph_subst(graph *g, node *n, int count, var *const *vars, node *const *by);
/* The same op and attributes over other arguments (no binder). */
node *graph_with_args(graph *g, const node *n, node *const *args);
/* The binder n over other arguments (all of them), the inside ones in terms of vars: undoes graph_open. */
node *graph_close(graph *g, node *n, var *const *vars, node *const *args);
/* n with f applied to all its arguments, inside ones opened and closed again. */
node *graph_map_args(graph *g, node *n, node *(*f)(void *data, node *arg), void *data);

bool node_is_binder(const node *n);
bool node_is_reduce(const node *n);
bool node_is_point(const node *n);
bool node_is_solver(const node *n);
bool node_depends(const node *n, const var *v); /* v is free in n */
bool node_depends_any(const node *n, int count, var *const *vars);
bool node_is_const(const node *n, double *value); /* rank 0 constant of any type */
bool node_is_number(const node *n, double value);
bool elem_is_float(elem e);
const char *elem_text(elem e); /* "f64", "int", ... */
const char *op_text(op o);
int op_arity(op o);
/* An int value as a polynomial in sizes and in the names of int arguments, or NULL. */
const extent *graph_extent(graph *g, const node *n);
/* Number of entries. */
const extent *graph_volume(graph *g, int rank, const extent *const *extents);
/* Nodes below n, n included, leaves not; counted up to a limit. The insides of tensors that are only read count when
 * tensors is set. */
int graph_count(const node *n, int limit, bool tensors);
/* Number of dynamic axes of a binder. */
int node_dynamic_axes(const node *n);

#endif
