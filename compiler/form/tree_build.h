/* Builders that the grammar's actions call, one per production, and the state that scanner and parser share.
 *
 * They only assemble nodes; what can be said without names or types (a call of 'sum' is a reduction, a number that does
 * not fit, nesting that is too deep) is said here. All memory comes from the builder's arena. */
#ifndef ADC_FORM_TREE_BUILD_H
#define ADC_FORM_TREE_BUILD_H
#include "form/tree.h"

typedef struct tree_builder {
    arena *mem;
    names *names;
    diag *diag;
    const source *src;
    module *module;
    text doc;   /* ## lines that wait for their declaration */
    int offset; /* of the next byte to scan */
    loc last;   /* the last token, and the one before it */
    loc previous;
    int nesting;       /* open brackets */
    bool stopped;      /* nothing more is scanned or reported */
    VEC(expr *) calls; /* f(...) with a builtin's name, until tree_resolve_calls */
} tree_builder;

/* An entry of [...], before it is known whether it is a subscript, an index, or a size. */
typedef struct bracket_item {
    loc at;
    const char *name; /* i: count, k in lo..hi */
    expr *value;      /* plain */
    expr *count, *lo, *hi;
    bool slice; /* lo..hi without a name; either may be NULL */
} bracket_item;

typedef struct brackets {
    VEC(bracket_item) items;
    expr *filter;
} brackets;

typedef VEC(let_def) let_list;

typedef struct let_targets {
    let_list defs;
    bool tuple;
} let_targets;

typedef struct placed_name {
    const char *name;
    loc at;
} placed_name;
typedef VEC(placed_name) placed_names;

/* Scanner. */
enum { TREE_MAX_NESTING = 500, TREE_MAX_DEPTH = 1000 };
void tree_scan_bracket(tree_builder *b, int change, loc at);
const char *tree_take_doc(tree_builder *b);

/* A syntax error at the last token: expected are token names as the grammar declares them. */
void tree_syntax_error(tree_builder *b, bool at_end, const char *found, const char *const *expected, int n);

/* Expressions. */
expr *tree_int(tree_builder *b, loc at, const char *digits);
expr *tree_real(tree_builder *b, loc at, const char *digits);
expr *tree_bool(tree_builder *b, loc at, bool value);
expr *tree_name(tree_builder *b, loc at, const char *module_name, const char *name);
expr *tree_spread(tree_builder *b, loc at, const char *name); /* S... */
expr *tree_unary(tree_builder *b, loc at, expr_kind kind, expr *a);
expr *tree_binary(tree_builder *b, loc at, binary_op op, expr *l, expr *r);
expr *tree_if(tree_builder *b, loc at, expr *c, expr *then, expr *otherwise);
expr *tree_lambda(tree_builder *b, loc at, param_list params, expr *body);
expr *tree_call(tree_builder *b, loc at, const char *module_name, const char *name, expr_list args);
/* When the whole module is read: what f(...) with a builtin's name is, a call of the module's own function f if there
 * is one, else a derivative form, a reduction, a constructor, or a call of the builtin. */
void tree_resolve_calls(tree_builder *b);
expr *tree_subscript(tree_builder *b, loc at, expr *base, brackets subs);
/* name[...](args): a reduction, or full and linspace. */
expr *tree_reduce(tree_builder *b, loc at, expr *base, brackets subs, expr_list args);
expr *tree_literal(tree_builder *b, loc at, expr_list items);
expr *tree_tuple(tree_builder *b, loc at, expr_list items);
expr *tree_loop_value(tree_builder *b, loc at, stmt *loop);
expr *tree_in_parens(expr *e);

/* Types. */
type_syntax *tree_type(tree_builder *b, loc at, const char *name, expr_list extents);
type_syntax *tree_type_fn(tree_builder *b, loc at, type_syntax *items, type_syntax *result);
/* Result lists: an empty one when item is NULL for the first. */
type_syntax *tree_type_list(tree_builder *b, loc at, type_syntax *list, const char *name, type_syntax *item);

/* Statements. */
let_def tree_let_def(tree_builder *b, loc at, const char *name, const brackets *indices, type_syntax *annotation);
stmt *tree_let(tree_builder *b, loc at, stmt_kind kind, let_targets targets, expr *value);
/* The target must be a plain name. */
stmt *tree_assign(tree_builder *b, loc at, expr *target, expr *value);
stmt *tree_expression_statement(tree_builder *b, loc at, expr *e);
stmt *tree_values(tree_builder *b, loc at, stmt_kind kind, expr_list values);
stmt *tree_for(tree_builder *b, loc at, loc name_at, const char *name, expr *lo, expr *hi, stmt_list body);
stmt *tree_while(tree_builder *b, loc at, expr *condition, expr *max, stmt_list body);
stmt *tree_branch(tree_builder *b, loc at, expr *condition, stmt_list body, stmt_list other);
stmt *tree_checkpoint(stmt *loop, checkpoint c);
checkpoint tree_policy(tree_builder *b, loc at, const char *annotation, const char *kind, const char *count,
                       const char *unit);

/* Declarations, added to the builder's module. */
function *tree_function(tree_builder *b, loc at, const char *name, param_list params, type_syntax *result,
                        stmt_list body);
void tree_add_function(tree_builder *b, function *f, bool exported, const char *doc);
void tree_add_import(tree_builder *b, loc at, const char *path, const char *alias);
void tree_add_grad(tree_builder *b, loc at, const char *doc, const char *name, placed_names wrt);
void tree_add_derivative(tree_builder *b, loc at, const char *name, param_list params, param_list along,
                         expr_list values);

#endif
