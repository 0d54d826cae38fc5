/* The table of builtins. Reads a name, answers with its row; typing by class is the checker's, meaning the lowering's.
 */
#include "form/builtins.h"

#include <stddef.h>
#include <string.h>

#define ELEMENTWISE(name, args)                                                                                        \
    {                                                                                                                  \
        name, BUILTIN_FLOAT, args, args, REDUCE_NONE                                                                   \
    }
#define NUMBER(name, args)                                                                                             \
    {                                                                                                                  \
        name, BUILTIN_NUMBER, args, args, REDUCE_NONE                                                                  \
    }
#define ROW(name, args)                                                                                                \
    {                                                                                                                  \
        name, BUILTIN_ROW, args, args, REDUCE_NONE                                                                     \
    }
#define REDUCTION(name, class)                                                                                         \
    {                                                                                                                  \
        name, BUILTIN_REDUCE, 1, 1, class                                                                              \
    }
#define MATRIX(name, min, max)                                                                                         \
    {                                                                                                                  \
        name, BUILTIN_MATRIX, min, max, REDUCE_NONE                                                                    \
    }

static const builtin rows[] = {
    ELEMENTWISE("exp", 1),
    ELEMENTWISE("log", 1),
    ELEMENTWISE("log1p", 1),
    ELEMENTWISE("expm1", 1),
    ELEMENTWISE("sqrt", 1),
    ELEMENTWISE("rsqrt", 1),
    ELEMENTWISE("sin", 1),
    ELEMENTWISE("cos", 1),
    ELEMENTWISE("tan", 1),
    ELEMENTWISE("asin", 1),
    ELEMENTWISE("acos", 1),
    ELEMENTWISE("atan", 1),
    ELEMENTWISE("atan2", 2),
    ELEMENTWISE("sinh", 1),
    ELEMENTWISE("cosh", 1),
    ELEMENTWISE("tanh", 1),
    ELEMENTWISE("asinh", 1),
    ELEMENTWISE("acosh", 1),
    ELEMENTWISE("atanh", 1),
    ELEMENTWISE("erf", 1),
    ELEMENTWISE("lgamma", 1),
    ELEMENTWISE("pow", 2),
    ELEMENTWISE("inv", 1),
    ELEMENTWISE("sigmoid", 1),
    ELEMENTWISE("softplus", 1),
    ELEMENTWISE("sinc", 1),
    ELEMENTWISE("xlogx", 1),
    NUMBER("abs", 1),
    NUMBER("sign", 1),
    NUMBER("floor", 1),
    NUMBER("ceil", 1),
    NUMBER("round", 1),
    NUMBER("mod", 2),
    NUMBER("sq", 1),
    NUMBER("relu", 1),
    NUMBER("step", 1),
    NUMBER("clamp", 3),
    {"max", BUILTIN_NUMBER, 2, 2, REDUCE_NUMBER},
    {"min", BUILTIN_NUMBER, 2, 2, REDUCE_NUMBER},
    {"div", BUILTIN_INTEGER, 2, 2, REDUCE_NONE},
    ROW("dot", 2),
    ROW("sqnorm", 1),
    ROW("norm", 1),
    ROW("sqdist", 2),
    ROW("cross", 2),
    ROW("outer", 2),
    ROW("concat", 2),
    ROW("normalize", 1),
    {"normal", BUILTIN_RANDOM, 1, -1, REDUCE_NONE},
    {"uniform", BUILTIN_RANDOM, 1, -1, REDUCE_NONE},
    {"stop_gradient", BUILTIN_HOLD, 1, 1, REDUCE_NONE},
    {"real", BUILTIN_CONVERT, 1, 1, REDUCE_NONE},
    {"f32", BUILTIN_CONVERT, 1, 1, REDUCE_NONE},
    {"f64", BUILTIN_CONVERT, 1, 1, REDUCE_NONE},
    {"int", BUILTIN_CONVERT, 1, 1, REDUCE_NONE},
    {"grad", BUILTIN_DERIV, 2, -1, REDUCE_NONE},
    {"vjp", BUILTIN_DERIV, 3, 3, REDUCE_NONE},
    {"jvp", BUILTIN_DERIV, 3, 3, REDUCE_NONE},
    {"hvp", BUILTIN_DERIV, 3, 3, REDUCE_NONE},
    {"jacobian", BUILTIN_DERIV, 2, 2, REDUCE_NONE},
    {"hessian", BUILTIN_DERIV, 2, 2, REDUCE_NONE},
    {"divergence", BUILTIN_DERIV, 2, 2, REDUCE_NONE},
    {"laplacian", BUILTIN_DERIV, 2, 2, REDUCE_NONE},
    {"zeros", BUILTIN_SHAPED, 0, 0, REDUCE_NONE},
    {"ones", BUILTIN_SHAPED, 0, 0, REDUCE_NONE},
    {"eye", BUILTIN_SHAPED, 0, 0, REDUCE_NONE},
    {"full", BUILTIN_SHAPED, 1, 1, REDUCE_NONE},
    {"range", BUILTIN_SHAPED, 0, 0, REDUCE_NONE},
    {"linspace", BUILTIN_SHAPED, 2, 2, REDUCE_NONE},
    REDUCTION("sum", REDUCE_NUMBER),
    REDUCTION("prod", REDUCE_NUMBER),
    REDUCTION("mean", REDUCE_FLOAT),
    REDUCTION("logsumexp", REDUCE_FLOAT),
    {"softmax_mean", BUILTIN_REDUCE, 2, 2, REDUCE_WEIGHTS},
    REDUCTION("argmax", REDUCE_INDEX),
    REDUCTION("argmin", REDUCE_INDEX),
    REDUCTION("max_argmax", REDUCE_BOTH),
    REDUCTION("min_argmin", REDUCE_BOTH),
    REDUCTION("kmin", REDUCE_SORTED),
    REDUCTION("kmax", REDUCE_SORTED),
    REDUCTION("argkmin", REDUCE_SORTED_INDEX),
    REDUCTION("argkmax", REDUCE_SORTED_INDEX),
    REDUCTION("any", REDUCE_BOOL),
    REDUCTION("all", REDUCE_BOOL),
    REDUCTION("count", REDUCE_COUNT),
    MATRIX("solve", 2, 2),
    MATRIX("cholesky", 1, 1),
    MATRIX("logdet", 1, 1),
    MATRIX("inverse", 1, 1),
    MATRIX("lstsq", 2, 2),
    MATRIX("eigh", 1, 1),
    MATRIX("svd", 1, 1),
    MATRIX("fft", 2, 3),
    MATRIX("ifft", 2, 3),
    {"cg", BUILTIN_SOLVER, 3, 5, REDUCE_NONE},
    {"fixpoint", BUILTIN_SOLVER, 4, 4, REDUCE_NONE},
    {"ensure", BUILTIN_ENSURE, 2, 2, REDUCE_NONE},
};

enum { NROWS = sizeof rows / sizeof *rows };

const builtin *builtin_find(const char *name)
{
    for (int i = 0; i < NROWS; i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

const builtin *builtin_rows(int *n)
{
    *n = NROWS;
    return rows;
}

bool builtin_reduces(const builtin *b, int nargs)
{
    if (b->class == BUILTIN_NUMBER)
        return b->reduce != REDUCE_NONE && nargs < b->min_args;
    return b->class == BUILTIN_REDUCE;
}

bool builtin_is_type(const char *name)
{
    static const char *const types[] = {"real", "f32", "f64", "int", "bool"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i], name))
            return true;
    return false;
}
