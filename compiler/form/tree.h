/* The syntax tree. stage/parse builds it through grammar/adc.y; stage/check fills in the fields marked (check):
 * after a check without errors every expression has a type, every name its binding, every call its target.
 *
 * Everything lives in the compilation's arena. Names are interned: compare them as pointers. */
#ifndef ADC_FORM_TREE_H
#define ADC_FORM_TREE_H
#include "base/diag.h"
#include "base/map.h"
#include "base/vec.h"
#include "form/checkpoint.h"
#include "form/type.h"

typedef struct expr expr;
typedef struct stmt stmt;
typedef struct binding binding;
typedef struct function function;
typedef struct module module;

typedef VEC(expr *) expr_list;
typedef VEC(stmt *) stmt_list;
typedef VEC(binding *) binding_list;
typedef VEC(const char *) name_list;

/* What a name stands for. One object per declaration; every use points to it. */
typedef enum binding_kind {
    BIND_PARAM, /* of a function or lambda; also 'w' of a hand-written derivative */
    BIND_LET,
    BIND_VAR,
    BIND_INDEX,    /* index of index notation, or of a reduction */
    BIND_LOOP,     /* t of for t in a..b */
    BIND_SIZE,     /* a size name of the signature, an int in the body */
    BIND_CONSTANT, /* pi, inf */
    BIND_FUNCTION
} binding_kind;

struct binding {
    binding_kind kind;
    const char *name;
    loc at;
    type *type;       /* (check) */
    bool independent; /* (check) some derivative form is taken with respect to it */
    function *fn;     /* BIND_FUNCTION (check) */
    double constant;  /* BIND_CONSTANT */
};

/* A type as written: real[N, 2*H]. */
typedef struct type_syntax {
    loc at;
    type_kind kind;    /* TYPE_FN: a function; TYPE_TUPLE: only as a result list */
    expr_list extents; /* size expressions */
    VEC(struct type_syntax *) items;
    name_list item_names; /* result lists: names or NULL, one per item */
    struct type_syntax *result;
} type_syntax;

typedef struct param {
    const char *name;
    loc at;
    type_syntax *type; /* NULL: lambda parameter, inferred */
    binding *bind;     /* (check) */
} param;

typedef VEC(param) param_list;

/* One index of let A[i: N-1, j] or of sum[j: M, k in a..b]. */
typedef struct index_def {
    const char *name;
    loc at;
    expr *count;          /* i: N-1; NULL otherwise */
    expr *lo, *hi;        /* k in a..b; NULL otherwise */
    binding *bind;        /* (check) */
    const extent *extent; /* (check) index runs over 0..extent; NULL when it runs over lo..hi at run time */
    const extent *start;  /* (check) lo as a polynomial when lo..hi has a static length: then extent is that length and
                             the index's value is start + 0..extent. NULL: starts at 0 */
} index_def;

typedef VEC(index_def) index_list;

typedef enum expr_kind {
    EXPR_INT,       /* integer */
    EXPR_REAL,      /* real */
    EXPR_BOOL,      /* integer is 0 or 1 (true, false) */
    EXPR_NAME,      /* name, module_name; bind (check) */
    EXPR_NEG,       /* a[0] */
    EXPR_NOT,       /* a[0] */
    EXPR_TRANSPOSE, /* a[0] ' */
    EXPR_BINARY,    /* op, a[0], a[1] */
    EXPR_IF,        /* a[0] condition, a[1], a[2] */
    EXPR_CALL,      /* name, module_name, a: arguments; one of target, callee, builtin (check) */
    EXPR_SUBSCRIPT, /* a[0][subs] */
    EXPR_LITERAL,   /* [e1, e2, ...]; nested for higher rank */
    EXPR_SHAPED,    /* name one of zeros ones eye full range linspace; sizes; a: arguments */
    EXPR_REDUCE,    /* name the reduction; indices; filter; count (K of kmin); a: body (two for softmax_mean) */
    EXPR_LAMBDA,    /* params, a[0] */
    EXPR_DERIV,     /* name one of grad vjp jvp hvp jacobian hessian divergence laplacian; a[0] is e; wrt; then a[1] */
    EXPR_FOR,       /* let path = for ...: loop is the STMT_FOR with its yields */
    EXPR_TUPLE,     /* only as right hand side: (a, b) */
    EXPR_SPREAD     /* only among extents: name... stands for the sizes of a shape, as many as its rank */
} expr_kind;

typedef enum binary_op {
    BIN_ADD,
    BIN_SUB,
    BIN_MUL,
    BIN_DIV,
    BIN_POW,
    BIN_MATMUL,
    BIN_EQ,
    BIN_NE,
    BIN_LT,
    BIN_LE,
    BIN_GT,
    BIN_GE,
    BIN_AND,
    BIN_OR
} binary_op;

/* One subscript: a value, or a slice lo..hi (either may be NULL for open ends if the grammar allows it). */
typedef struct subscript {
    expr *value; /* NULL for a slice */
    expr *lo, *hi;
    bool in_range; /* (check) proven, or guaranteed by a size requirement: no run-time check is needed */
} subscript;

typedef VEC(subscript) subscript_list;

struct expr {
    expr_kind kind;
    loc at;      /* without parentheses around it */
    bool parens; /* was written in parentheses */
    int depth;   /* height of the tree below; limited, so that walks may recurse */
    type *type;  /* (check) extents in the sizes of the enclosing function */
    int64_t integer;
    double real;
    const char *name, *module_name; /* module_name NULL when unqualified */
    binary_op op;
    expr_list a;
    subscript_list subs;
    expr_list sizes;
    index_list indices;
    expr *filter, *count;
    param_list params;
    name_list wrt;
    VEC(loc) wrt_at;
    binding_list wrt_bind; /* (check) */
    stmt *loop;
    binding *bind;       /* EXPR_NAME (check) */
    function *target;    /* EXPR_CALL of a user function (check) */
    binding *callee;     /* EXPR_CALL of a function parameter (check) */
    const char *builtin; /* EXPR_CALL of a builtin: its interned name (check) */
    /* EXPR_CALL of a user function, and EXPR_NAME of one that is passed as argument (check): value of
     * target->sizes[k] (for a name: bind->fn->sizes[k]) in the caller's sizes. */
    const extent **size_args;
    /* EXPR_CALL of a user function (check): for each parameter that is an int scalar the argument as a polynomial in
     * the caller's sizes and int parameters, or NULL where it is not one. */
    const extent **int_args;
};

typedef enum stmt_kind {
    STMT_LET,    /* defs = value */
    STMT_VAR,    /* defs = value */
    STMT_ASSIGN, /* name = value */
    STMT_RETURN, /* values */
    STMT_YIELD,  /* values */
    STMT_FOR,    /* index; lo, hi; body; checkpoint */
    STMT_WHILE,  /* value condition; max; body */
    STMT_IF      /* value condition; body; other */
} stmt_kind;

/* One name on the left of let: a, or a[i, j: M]. */
typedef struct let_def {
    const char *name;
    loc at;
    index_list indices;
    bool indexed;
    type_syntax *type; /* let x: real[N] = ...; or NULL */
    binding *bind;     /* (check) */
} let_def;

struct stmt {
    stmt_kind kind;
    loc at;
    int depth; /* as of expr */
    VEC(let_def) defs;
    bool tuple; /* let (a, b) = ... */
    const char *name;
    loc name_at;
    binding *bind; /* STMT_ASSIGN: the var; STMT_FOR: the loop index (check) */
    expr *value;
    expr_list values;
    expr *lo, *hi, *max;
    const extent *passes; /* (check) of a loop with a value: how many rows it stacks */
    stmt_list body, other;
    checkpoint checkpoint;
    binding_list state; /* STMT_FOR, STMT_WHILE, STMT_IF (check): outer vars that the body rebinds, each once */
};

/* What must hold of the sizes at run time: value == 0, or value >= 0. In the sizes of the function it belongs to. */
typedef struct requirement {
    bool equality;
    const extent *value;
    int param; /* the parameter to blame (index into params), or -1 */
    loc at;
    const char *what, *text; /* what asks for it; with what it asks for, for the user: "...: N >= 2" */
} requirement;

/* derivative f(x) along w = e1, e2;  one expression per real parameter, in order. */
typedef struct hand_derivative {
    loc at;
    param_list params; /* names only; bind (check) has the type of f's parameter */
    param_list along;  /* one per result; bind (check) */
    expr_list values;
} hand_derivative;

struct function {
    const char *name;
    loc at;
    const char *doc; /* ## lines joined by \n, without the marks; or NULL */
    module *module;
    bool exported;
    param_list params;
    type_syntax *result; /* TYPE_TUPLE for several or named results */
    stmt_list body;      /* fn f(x) = e; is one STMT_RETURN */
    bool brief;          /* was written so */
    hand_derivative *derivative;
    binding_list sizes;            /* (check) in the order in which the signature first names them */
    type *result_type;             /* (check) TYPE_TUPLE when there are several results */
    name_list result_names;        /* (check) cli.md: the name in the signature, "result", or "result0", ... */
    VEC(requirement) requirements; /* (check) its own and those of its calls */
};

/* export grad f wrt x, y; */
typedef struct export_grad {
    loc at;
    const char *doc;
    const char *name;
    function *fn; /* (check) */
    name_list wrt;
    VEC(loc) wrt_at;
    VEC(int) params; /* (check) indices into fn->params */
} export_grad;

typedef struct import {
    loc at;
    const char *path;  /* import "x/y.ad" as z; NULL for import z; */
    const char *alias; /* the name it is known by */
    module *module;    /* set by parse */
} import;

struct module {
    const char *name;
    const source *src;
    bool loading; /* parse: its imports are not all there yet */
    VEC(import) imports;
    VEC(function *) functions;
    VEC(export_grad) export_grads;
    /* Declarations in source order, for the printer: kind 'i', 'f', 'g' and index. */
    VEC(struct {
        char kind;
        int index;
    })
    order;
};

/* A program: the main module first, then the imported ones. */
typedef struct program {
    arena *mem;
    names *names;
    extent_pool *pool;
    VEC(module *) modules;
} program;

/* Empty, with its name table and extents; memory from mem. */
void program_init(program *p, arena *mem);
/* The module that the import with this alias names, or NULL; the function of that name, or NULL. */
module *module_import(const module *m, const char *alias);
function *module_function(const module *m, const char *name);

/* The tree as .ad text (typed: with every let's inferred type). */
void tree_print(text *t, const program *p, bool typed);
/* One module of it. */
void module_print(text *t, const module *m, bool typed);

#endif
