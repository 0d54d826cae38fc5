/* What the files of the checker share: stage/check*.c only.
 *
 * Extents in types are polynomials in the function's sizes and in its int scalar parameters ("size polynomials").
 * While reasoning about subscripts the checker also uses atoms that stand for indices, loop variables and int values
 * ("local atoms", named i.7 so that they clash with nothing); those never enter a type. */
#ifndef ADC_STAGE_CHECK_PARTS_H
#define ADC_STAGE_CHECK_PARTS_H
#include "form/builtins.h"
#include "stage/check/check.h"

/* An index or loop variable: its values are start .. start+extent-1. */
typedef struct index_info {
    const extent *start;  /* may contain local atoms; NULL: not a polynomial */
    const extent *extent; /* NULL: not known (yet), or not a polynomial */
    bool written;         /* its range stands in the program */
    bool used;
    const expr *base; /* the tensor whose axis gave the range */
    int axis;
} index_info;

/* A subscript to be proven in range once all ranges of its statement are known. */
typedef struct pending {
    expr *e;
    int sub;
    bool guarded;
    const extent *low, *high; /* its value, or the ends of the slice; NULL: not a polynomial */
} pending;

typedef enum fn_state { FN_NEW, FN_OPEN, FN_DONE } fn_state;

typedef struct undo {
    const char *name;
    binding *outer;
} undo;

typedef struct checker {
    program *prog;
    arena *mem;
    diag *diag;
    extent_pool *pool;
    map functions; /* function -> its binding (BIND_FUNCTION) */
    map states;    /* function -> fn_state */
    map generic;   /* function with shape parameters -> instances */
    map modules;   /* module -> map of name -> function */
    binding *pi, *inf;
    bool cyclic; /* recursion was reported */

    /* The function being checked. */
    function *fn;
    map scope; /* name -> innermost binding */
    VEC(undo) undo;
    int scope_start; /* first entry of undo that belongs to the innermost scope */
    map values;      /* binding -> its size polynomial or local atom, for int scalars */
    map atoms;       /* local atom -> binding */
    map infos;       /* binding -> index_info */
    map depths;      /* binding -> number of loops and branches around its declaration, plus 1 */
    VEC(pending) pending;
    VEC(stmt *) regions; /* enclosing loops and branches, outermost first */
    int guard;           /* > 0: evaluated only when some condition holds */
    int counter;
    stmt *loop_value; /* the loop with a value whose body is being checked */
    type *yielded;    /* what its yield gives */
} checker;

/* check.c */
void begin_function(checker *c, function *f);
void declare_function(checker *c, function *f);
/* Leaves the function being checked for another one; what is known of the program is kept. */
checker suspend(checker *c);
void resume(checker *c, const checker *outer);
/* f's requirements are known after this (not while recursion is being reported). */
void ensure_checked(checker *c, function *f, loc at);

/* check_shape.c: functions whose parameters have shapes S... are copied for each rank that they are called with. */
bool is_generic(checker *c, const function *f);
/* f for the ranks of these arguments (types[i] NULL: not known); f itself when it is not generic. */
function *instance_for(checker *c, function *f, int n, const type *const *types);
/* False: f is not generic. */
bool check_generic_signature(checker *c, function *f);
void check_unused_shapes(checker *c, const module *m);

/* check_names.c: scopes. */
int scope_open(checker *c); /* returns what scope_close takes */
void scope_close(checker *c, int outer);
/* Makes a binding and enters it; a second one of a name in one scope is reported. */
binding *scope_declare(checker *c, binding_kind kind, const char *name, loc at, type *ty);
void scope_enter(checker *c, binding *b);
binding *scope_find(const checker *c, const char *name);
function *find_function(checker *c, const module *m, const char *name);
/* With the nearest known name; call: functions are candidates. */
void report_unknown_name(checker *c, loc at, const char *name, bool call);
/* A qualified name's function; reported and NULL when there is none. */
function *find_qualified(checker *c, const expr *e);
/* False and reported when the language uses the name itself. */
bool name_is_free(checker *c, const char *name, loc at);

/* check_size.c: polynomials of int expressions, equality, requirements. */
typedef enum same { SAME_NO, SAME_REQUIRED, SAME_YES } same;
const extent *poly_of(checker *c, const expr *e); /* NULL: not a polynomial */
const extent *constant_extent(checker *c, int64_t value);
bool is_size_polynomial(const checker *c, const extent *e); /* no local atoms */
bool mentions_int_param(const checker *c, const extent *e);
bool provably_nonneg(const checker *c, const extent *e);
/* Whether e is a name that nothing has, where a size is asked for; then that is reported. */
bool is_unknown_size(checker *c, expr *e);
/* The value of an int expression as a size polynomial; reported and NULL when it is none. what: "the extent". */
const extent *size_of(checker *c, expr *e, const char *what);
same compare_extents(checker *c, const extent *a, const extent *b);
/* Also records the requirement when only run time can tell. blame: the expression whose parameter is at fault. */
same same_extent(checker *c, const extent *a, const extent *b, loc at, const expr *blame);
/* "2*H = N" from 2*H - N == 0; "N >= 1" from N - 1 >= 0. */
const char *requirement_text(checker *c, bool equality, const extent *value);
/* what: "the extent must not be negative". */
void require(checker *c, bool equality, const extent *value, loc at, int blamed, const char *what);
/* value >= 0: an error when that is decidably false, nothing when it is true, else a requirement. what: "the extent".
 */
void require_nonneg(checker *c, const extent *value, loc at, const char *what);
/* False and an error when value >= 0 is decidably false. */
bool must_be_nonneg(checker *c, const extent *value, loc at, const char *what);
bool requirement_fails(checker *c, bool equality, const extent *value);
int blame_param(const checker *c, const expr *e, const extent *value);
/* The value of an int binding; NULL: a fresh local atom. */
void set_value(checker *c, binding *b, const extent *value);
/* As the user wrote it: i.7 as i, and ?K (a callee's size that is not bound) as K. */
const char *plain_text(const checker *c, const char *printed);
const char *ext_str(const checker *c, const extent *e);

/* check_type.c: written types, and how types combine. */
type *error_type(checker *c);
type *kind_type(checker *c, type_kind kind);
type *tensor_like(checker *c, type_kind kind, const type *shape); /* NULL: a scalar */
type *with_first_axis(checker *c, const type *t, const extent *n);
type *type_of_syntax(checker *c, type_syntax *s);
bool is_bad(const type *t);
type_kind floating(type_kind kind); /* int becomes real */
/* The kind of a value made from both; TYPE_ERROR and reported when they do not mix. Constants adapt. */
type_kind join_kinds(checker *c, expr *a, expr *b, loc at);
type_kind join_all(checker *c, const expr_list *l);
/* e's value may stand where want is asked; else an error. role: "argument 'q' of 'f'". */
bool fits(checker *c, expr *e, const type *want, const char *role);
/* The same for a type; e, the expression that has it, may be NULL. */
bool fits_type(checker *c, const type *have, const type *want, loc at, expr *e, const char *role);
/* The shape of elementwise operands (a scalar goes with every shape); NULL after an error. op is for the hint. */
const type *common_shape(checker *c, expr *const *operands, int n, loc at, const char *op);
bool same_shape(checker *c, expr *a, expr *b, loc at, const char *op);
const char *axis_text(checker *c, const extent *e, int axis, int rank, bool unit); /* "N rows", or "N" */
const char *name_text(checker *c, const expr *e, const char *otherwise);
void say_sizes_differ(checker *c, loc at, const expr *a, int axis_a, const expr *b, int axis_b);

/* check_expr.c: sets and returns e->type; TYPE_ERROR when something was reported. */
type *check_expr(checker *c, expr *e, const type *expected);
type *check_value(checker *c, expr *e, const type *expected); /* no tuple */
type *check_scalar_int(checker *c, expr *e, const char *what);
type *check_condition(checker *c, expr *e, const char *what, bool scalar);

/* One kind of expression each; they return the type. */
type *check_call(checker *c, expr *e, const type *expected);
type *check_shaped(checker *c, expr *e, const type *expected);
type *check_reduce(checker *c, expr *e, const type *expected);
type *check_subscript(checker *c, expr *e, const type *expected);
type *check_derivative_form(checker *c, expr *e, const type *expected);
type *check_loop_value(checker *c, expr *e, const type *expected);
type *check_builtin(checker *c, expr *e, const builtin *row);
type *check_library(checker *c, expr *e, const builtin *row);

/* check_solver.c: cg(A, b, tolerance, most, preconditioner), fixpoint(f, start, tolerance, most); ensure(c, x). */
enum { SOLVER_PRECONDITIONER = 4 };
type *check_solver(checker *c, expr *e, const builtin *row);
type *check_ensure(checker *c, expr *e, const builtin *row);
/* check_call.c: e is a function of type want, which has no open sizes. */
bool check_passed(checker *c, expr *e, const type *want, const char *role);

/* check_index.c: form is how the index is introduced, "sum" or "A": for hints. An unknown range is reported unless
 * there were more than errors_before errors. */
void declare_index(checker *c, index_def *d);
void finish_reduction_index(checker *c, index_def *d, const char *form, int errors_before);
void finish_let_index(checker *c, index_def *d, const char *form, int errors_before);
void set_loop_range(checker *c, binding *b, const expr *lo, const expr *hi);
void check_pending(checker *c);

/* check_stmt.c */
void check_body(checker *c, stmt_list *body);

/* check_decl.c */
void check_signature(checker *c, function *f);
void check_exported(checker *c, const function *f);
void enter_signature(checker *c, const function *f);
void check_hand_derivative(checker *c, function *f);
void check_export_grads(checker *c, module *m);

#endif
