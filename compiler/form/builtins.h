/* The builtin functions and reductions: one row each. The checker and the lowering read the same rows. */
#ifndef ADC_FORM_BUILTINS_H
#define ADC_FORM_BUILTINS_H
#include <stdbool.h>

typedef enum builtin_class {
    BUILTIN_FLOAT,   /* elementwise; int arguments are promoted, the result is floating */
    BUILTIN_NUMBER,  /* elementwise; int stays int */
    BUILTIN_INTEGER, /* elementwise on int only: div */
    BUILTIN_ROW,     /* dot, sqnorm, norm, sqdist, cross, outer, concat, normalize */
    BUILTIN_RANDOM,  /* normal, uniform: int scalars to a real scalar */
    BUILTIN_HOLD,    /* stop_gradient */
    BUILTIN_CONVERT, /* real, f32, f64, int */
    BUILTIN_DERIV,   /* grad, vjp, ... : EXPR_DERIV */
    BUILTIN_SHAPED,  /* zeros, ones, ...: EXPR_SHAPED */
    BUILTIN_REDUCE,  /* sum, ...: EXPR_REDUCE */
    BUILTIN_MATRIX,  /* solve, ..., fft: stage/check/check_library.c */
    BUILTIN_SOLVER,  /* cg, fixpoint: functions among their arguments */
    BUILTIN_ENSURE
} builtin_class;

typedef enum reduce_class {
    REDUCE_NONE,
    REDUCE_NUMBER,  /* sum, prod, max, min: of the body's type */
    REDUCE_FLOAT,   /* mean, logsumexp */
    REDUCE_WEIGHTS, /* softmax_mean: two bodies */
    REDUCE_INDEX,   /* argmax, argmin: int */
    REDUCE_BOTH,    /* max_argmax, min_argmin: a tuple */
    REDUCE_SORTED,  /* kmin, kmax: a new first axis of K entries */
    REDUCE_SORTED_INDEX,
    REDUCE_BOOL, /* any, all */
    REDUCE_COUNT
} reduce_class;

typedef struct builtin {
    const char *name;
    builtin_class class;
    int min_args, max_args; /* values; for BUILTIN_DERIV all arguments; max_args -1: any number */
    reduce_class reduce;    /* BUILTIN_REDUCE, and max and min */
} builtin;

/* The row of that name, or NULL. */
const builtin *builtin_find(const char *name);
/* All rows, for hints. */
const builtin *builtin_rows(int *n);
/* The row reduces when it is called with this many values: true for sum(e), false for max(a, b). */
bool builtin_reduces(const builtin *b, int nargs);
/* Type names: real f32 f64 int bool. */
bool builtin_is_type(const char *name);

#endif
