/* Numbers of the oracle: long double with up to DEPTH nilpotents (e_k^2 = 0), the duals of nested derivatives.
 *
 * Component m is the coefficient of the product of the e_k with bit k of m set. d is how many are in use. */
#ifndef ADC_TESTS_ORACLE_NUM_H
#define ADC_TESTS_ORACLE_NUM_H
#include "form/graph.h"

enum { ORACLE_DEPTH = 4, ORACLE_PARTS = 1 << ORACLE_DEPTH };

typedef struct num {
    long double c[ORACLE_PARTS];
} num;

num num_of(long double x);
num num_add(int d, num a, num b);
num num_sub(int d, num a, num b);
num num_scale(int d, num a, long double k);
/* Product; the tangents' products are zero where a factor is zero. */
num num_mul(int d, num a, num b);
num num_mulz(int d, num a, num b);
/* Pointwise ops of one or two float arguments (POLYGAMMA and SINC: the order is order). */
num num_un(int d, op o, int order, num x);
num num_bin(int d, op o, num a, num b);
num num_log(int d, num x);
num num_exp(int d, num x);

/* Ints, in 64 bits. */
int64_t num_int_un(op o, int64_t a);
int64_t num_int_bin(op o, int64_t a, int64_t b);
/* Random numbers of (seed, a, b, ...). */
long double num_random(op o, elem e, int n, const int64_t *args);

#endif
