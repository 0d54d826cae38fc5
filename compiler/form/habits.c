/* Habits from other languages: two tables, of words and of sequences of tokens, with what is written here instead.
 *
 * Nothing depends on them but hints, so that a row is all that a further habit takes. */
#include "form/habits.h"

#include <stddef.h>
#include <string.h>

typedef struct word_habit {
    const char *word, *hint;
} word_habit;

static const char transposed[] = "the transpose of A is A'", sizes[] = "a size has a name: x: real[N, D] has N rows",
                  entries[] = "entries are given by an index: let y[i] = f(x[i]);",
                  product[] = "a product of matrices is A @ B; any other let C[i, j] = sum[k](A[i, k] * B[k, j]);",
                  joined[] = "vectors are joined by concat(x, y)", chosen[] = "write if c then a else b",
                  shaped[] = "axes are rearranged by an index: let y[i, j] = x[i*M + j];",
                  zeros[] = "tensors of a value are zeros[N], ones[N, D], full[N](x)",
                  ordered[] = "the K smallest, in order, are kmin[i, K](x[i])",
                  ranged[] = "an index is bound where it ranges: sum[i](x[i]), let y[i] = 2 * x[i];",
                  declared[] = "a function is fn f(x: real) -> real { ... }";

static const word_habit words[] = {
    {"len", sizes},
    {"length", sizes},
    {"numel", sizes},
    {"shape", sizes},
    {"size", sizes},
    {"T", transposed},
    {"transpose", transposed},
    {"map", entries},
    {"vmap", entries},
    {"apply", entries},
    {"matmul", product},
    {"mm", product},
    {"einsum", product},
    {"concatenate", joined},
    {"append", joined},
    {"cat", joined},
    {"hstack", joined},
    {"where", chosen},
    {"ifelse", chosen},
    {"reshape", shaped},
    {"view", shaped},
    {"permute", shaped},
    {"fill", zeros},
    {"zeros_like", zeros},
    {"ones_like", zeros},
    {"arange", "0, 1, ..., N-1 are range[N]"},
    {"sort", ordered},
    {"sorted", ordered},
    {"topk", ordered},
    {"argsort", "the indices of the K smallest, in order, are argkmin[i, K](x[i])"},
    {"cumsum", "write let c[i: N] = sum[k in 0..i+1](x[k]);"},
    {"diff", "write let d[i: N-1] = x[i+1] - x[i];"},
    {"trace", "write sum[i](A[i, i])"},
    {"diag", "the diagonal is let d[i] = A[i, i]; a diagonal matrix let D[i: N, j: N] = if i == j then d[i] else 0.0;"},
    {"det", "logdet(A) is the log of the determinant's absolute value"},
    {"std", "write sqrt(mean(sq(x - mean(x))))"},
    {"softmax", "write exp(x - logsumexp(x)); a mean with these weights is softmax_mean[j](s[j], v[j])"},
    {"fabs", "write abs(x)"},
    {"absolute", "write abs(x)"},
    {"power", "write x^n or pow(x, y)"},
    {"square", "write sq(x) or x^2"},
    {"ln", "the natural logarithm is log(x)"},
    {"log2", "write log(x) / log(2.0)"},
    {"log10", "write log(x) / log(10.0)"},
    {"exp2", "write 2^x"},
    {"cbrt", "write sign(x) * abs(x)^(1/3)"},
    {"erfc", "write 1 - erf(x)"},
    {"gamma", "its logarithm is lgamma(x)"},
    {"arcsin", "write asin(x)"},
    {"arccos", "write acos(x)"},
    {"arctan", "write atan(x)"},
    {"arctan2", "write atan2(y, x)"},
    {"maximum", "write max(x, y)"},
    {"minimum", "write min(x, y)"},
    {"fmax", "write max(x, y)"},
    {"fmin", "write min(x, y)"},
    {"clip", "write clamp(x, a, b)"},
    {"heaviside", "write step(x)"},
    {"float", "write real(x)"},
    {"double", "write f64(x)"},
    {"print", "a program has no output but its results: return what is to be seen"},
    {"random", "random numbers are functions of integers: normal(seed, i), uniform(seed, i)"},
    {"randn", "random numbers are functions of integers: normal(seed, i)"},
    {"rand", "random numbers are functions of integers: uniform(seed, i)"},
    {"i", ranged},
    {"j", ranged},
    {"k", ranged},
};

static const char *const libraries[] = {"np",  "numpy", "math", "cmath", "torch", "jnp",
                                        "jax", "scipy", "tf",   "std",   "Math"};

/* A token before, the token found, one that could stand there; NULL: any. The first row that fits counts. */
typedef struct token_habit {
    const char *before, *found, *expected, *hint;
} token_habit;

static const token_habit tokens[] = {
    {NULL, "def", NULL, declared},
    {NULL, "function", NULL, declared},
    {NULL, "func", NULL, declared},
    {NULL, "void", NULL, declared},
    {NULL, "double", NULL, declared},
    {NULL, "class", NULL, "there are functions and tensors only: several values are several arguments and results"},
    {"lambda", NULL, NULL, "a function without a name is |x| x^2"},
    {"elif", NULL, NULL, "write else if c { ... }"},
    {"elseif", NULL, NULL, "write else if c { ... }"},
    {"for", "(", NULL, "a loop is for i in 0..n { ... }"},
    {NULL, "{", "'..'", "a loop runs over a range: for i in 0..n { ... }"},
    {NULL, ":", "'..'", "a slice is x[a..b]; x[1..] is all but the first"},
    {")", ":", "'->'", "a result type follows '->'"},
    {NULL, ":", "'{'", "the statements of a block stand in braces: { ... }"},
    {NULL, "for", "')'", "a sum over an index is sum[i](x[i])"},
    {NULL, "if", "';'", chosen},
    {NULL, "if", "')'", chosen},
    {NULL, "as", "';'", "modules are imported by import kernels; files by import \"shapes.ad\" as shapes;"},
    {NULL, ".", NULL, "functions have no prefix but that of an imported module: norm(x), ode.rk4(...)"},
};

const char *habit_of_name(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].word, name))
            return words[i].hint;
    return NULL;
}

bool habit_is_library(const char *name)
{
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (!strcmp(libraries[i], name))
            return true;
    return false;
}

const char *habit_of_syntax(const char *before, const char *found, habit_expects *expects, const void *data)
{
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        const token_habit *t = &tokens[i];
        if ((!t->before || !strcmp(t->before, before)) && (!t->found || !strcmp(t->found, found)) &&
            (!t->expected || expects(data, t->expected)))
            return t->hint;
    }
    return NULL;
}
