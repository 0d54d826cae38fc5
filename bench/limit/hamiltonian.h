/* The pair sums of the Hamiltonian's gradients, shared by W2 and W3. */
#ifndef BENCH_HAMILTONIAN_H
#define BENCH_HAMILTONIAN_H

#include "limit.h"

enum { PADDING = 64 }; /* numbers of points are rounded up to it; what is added has p = 0 */

/* rows: q scaled by sqrt(log2 e)/s, then p, six arrays of padded reals. To sums: sum_j K_ij p_j, sum_j K_ij <p_i, p_j>
 * d_ij with d_ij the difference of the scaled q. columns: 6 * padded reals of scratch; sums: 6 * padded for each
 * thread. */
void hamiltonian_sums(const real *rows, int64_t padded, int threads, real *columns, real *sums);

#endif
