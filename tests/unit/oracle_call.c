/* Elimination with pivots, Jacobi's rotations, sums: each the textbook's way, differentiated by carrying duals along.
 *
 * What a factorisation packs is its own matter, but for the diagonal of an LU, whose product is the determinant: a QR
 * keeps the matrix, and solves the normal equations, for which long double has the digits to spare. */
#include "unit/oracle_call.h"

#include <math.h>

enum { SWEEPS = 24 };

typedef struct kit {
    arena *mem;
    int d;
} kit;

/* Entries in rows. */
typedef struct matrix {
    int64_t rows, columns;
    num *x;
} matrix;

static num *at(const matrix *a, int64_t i, int64_t j)
{
    return &a->x[i * a->columns + j];
}

static matrix new_matrix(const kit *q, int64_t rows, int64_t columns)
{
    return (matrix){rows, columns, ARENA_ARRAY(q->mem, num, rows * columns + 1)};
}

static matrix view(int64_t rows, int64_t columns, num *x)
{
    return (matrix){rows, columns, x};
}

static num over(const kit *q, num a, num b)
{
    return num_bin(q->d, OP_DIV, a, b);
}

/* a - b c */
static num less(const kit *q, num a, num b, num c)
{
    return num_sub(q->d, a, num_mul(q->d, b, c));
}

static matrix product(const kit *q, const matrix *a, bool transposed, const matrix *b)
{
    int64_t rows = transposed ? a->columns : a->rows, inner = transposed ? a->rows : a->columns;
    matrix c = new_matrix(q, rows, b->columns);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < b->columns; j++)
            for (int64_t k = 0; k < inner; k++)
                *at(&c, i, j) =
                    num_add(q->d, *at(&c, i, j), num_mul(q->d, transposed ? *at(a, k, i) : *at(a, i, k), *at(b, k, j)));
    return c;
}

static matrix copy_of(const kit *q, const matrix *a, bool transposed)
{
    matrix c = transposed ? new_matrix(q, a->columns, a->rows) : new_matrix(q, a->rows, a->columns);
    for (int64_t i = 0; i < c.rows; i++)
        for (int64_t j = 0; j < c.columns; j++)
            *at(&c, i, j) = transposed ? *at(a, j, i) : *at(a, i, j);
    return c;
}

static void swap_rows(const matrix *a, int64_t i, int64_t k)
{
    for (int64_t j = 0; j < a->columns; j++) {
        num t = *at(a, i, j);
        *at(a, i, j) = *at(a, k, j);
        *at(a, k, j) = t;
    }
}

/* x = T^-1 x; T the lower or upper triangle of t, transposed, with ones on the diagonal. */
static void substitute(const kit *q, const matrix *t, matrix *x, bool lower, bool transposed, bool unit)
{
    bool down = lower != transposed;
    int64_t n = x->rows;
    for (int64_t step = 0; step < n; step++)
        for (int64_t i = down ? step : n - 1 - step, j = 0; j < x->columns; j++) {
            num sum = *at(x, i, j);
            for (int64_t k = down ? 0 : i + 1; k < (down ? i : n); k++)
                sum = less(q, sum, transposed ? *at(t, k, i) : *at(t, i, k), *at(x, k, j));
            *at(x, i, j) = unit ? sum : over(q, sum, *at(t, i, i));
        }
}

/* Rows of a are exchanged; pivots[i] is what row i was exchanged with. */
static void eliminate(const kit *q, matrix *a, num *pivots)
{
    for (int64_t i = 0; i < a->rows; i++) {
        int64_t best = i;
        for (int64_t k = i; k < a->rows; k++)
            if (fabsl(at(a, k, i)->c[0]) > fabsl(at(a, best, i)->c[0]))
                best = k;
        swap_rows(a, i, best);
        pivots[i] = num_of((long double)best);
        for (int64_t k = i + 1; k < a->rows; k++) {
            num factor = *at(a, k, i) = over(q, *at(a, k, i), *at(a, i, i));
            for (int64_t j = i + 1; j < a->columns; j++)
                *at(a, k, j) = less(q, *at(a, k, j), factor, *at(a, i, j));
        }
    }
}

static void use_lu(const kit *q, const matrix *lu, const num *pivots, matrix *x, bool transposed)
{
    if (transposed) {
        substitute(q, lu, x, false, true, false);
        substitute(q, lu, x, true, true, true);
        for (int64_t i = x->rows - 1; i >= 0; i--)
            swap_rows(x, i, (int64_t)pivots[i].c[0]);
        return;
    }
    for (int64_t i = 0; i < x->rows; i++)
        swap_rows(x, i, (int64_t)pivots[i].c[0]);
    substitute(q, lu, x, true, false, true);
    substitute(q, lu, x, false, false, false);
}

static void solve_into(const kit *q, const matrix *a, const matrix *b, bool transposed, num *out)
{
    matrix lu = copy_of(q, a, false), x = copy_of(q, b, false);
    num *pivots = ARENA_ARRAY(q->mem, num, a->rows + 1);
    eliminate(q, &lu, pivots);
    use_lu(q, &lu, pivots, &x, transposed);
    for (int64_t i = 0; i < x.rows * x.columns; i++)
        out[i] = x.x[i];
}

/* ---- one function per routine ---- */

static void do_solve(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[0], in[0]), b = view(z[0], z[1], in[1]);
    solve_into(q, &a, &b, false, out[0]);
}

static void do_solve_t(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[0], in[0]), b = view(z[0], z[1], in[1]);
    solve_into(q, &a, &b, true, out[0]);
}

static void do_lu(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[0], in[0]), lu = view(z[0], z[0], out[0]);
    for (int64_t i = 0; i < z[0] * z[0]; i++)
        lu.x[i] = a.x[i];
    eliminate(q, &lu, out[1]);
}

static void do_logdet(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[0], in[0]), lu = copy_of(q, &a, false);
    eliminate(q, &lu, ARENA_ARRAY(q->mem, num, z[0] + 1));
    out[0][0] = num_of(0);
    for (int64_t i = 0; i < z[0]; i++)
        out[0][0] = num_add(q->d, out[0][0], num_log(q->d, num_un(q->d, OP_ABS, 0, *at(&lu, i, i))));
}

static void apply_lu(const kit *q, const int64_t *z, num *const *in, num **out, bool transposed)
{
    matrix lu = view(z[0], z[0], in[0]), b = view(z[0], z[1], in[2]), x = copy_of(q, &b, false);
    use_lu(q, &lu, in[1], &x, transposed);
    for (int64_t i = 0; i < z[0] * z[1]; i++)
        out[0][i] = x.x[i];
}

static void do_lu_solve(const kit *q, const int64_t *z, num *const *in, num **out)
{
    apply_lu(q, z, in, out, false);
}

static void do_lu_solve_t(const kit *q, const int64_t *z, num *const *in, num **out)
{
    apply_lu(q, z, in, out, true);
}

static void do_gram(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[1], in[0]), b = view(z[1], z[2], in[1]), square = product(q, &a, true, &a);
    solve_into(q, &square, &b, false, out[0]);
}

static void least_squares(const kit *q, const int64_t *z, num *a_entries, num *b_entries, num *out)
{
    matrix a = view(z[0], z[1], a_entries), b = view(z[0], z[2], b_entries);
    matrix square = product(q, &a, true, &a), right = product(q, &a, true, &b);
    solve_into(q, &square, &right, false, out);
}

static void do_lstsq(const kit *q, const int64_t *z, num *const *in, num **out)
{
    least_squares(q, z, in[0], in[1], out[0]);
}

static void do_qr(const kit *q, const int64_t *z, num *const *in, num **out)
{
    (void)q;
    for (int64_t i = 0; i < z[0] * z[1]; i++)
        out[0][i] = in[0][i];
    for (int64_t i = 0; i < z[1]; i++)
        out[1][i] = num_of(0);
}

static void do_qr_solve(const kit *q, const int64_t *z, num *const *in, num **out)
{
    least_squares(q, z, in[0], in[2], out[0]);
}

static void do_cholesky(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[0], in[0]), l = view(z[0], z[0], out[0]);
    for (int64_t i = 0; i < z[0]; i++)
        for (int64_t j = 0; j < z[0]; j++) {
            num sum = j <= i ? *at(&a, i, j) : num_of(0);
            for (int64_t k = 0; k < j && j <= i; k++)
                sum = less(q, sum, *at(&l, i, k), *at(&l, j, k));
            *at(&l, i, j) = j > i ? sum : j == i ? num_un(q->d, OP_SQRT, 0, sum) : over(q, sum, *at(&l, j, j));
        }
}

static void apply_lower(const kit *q, const int64_t *z, num *const *in, num **out, bool transposed)
{
    matrix l = view(z[0], z[0], in[0]), x = view(z[0], z[1], out[0]);
    for (int64_t i = 0; i < z[0] * z[1]; i++)
        x.x[i] = in[1][i];
    substitute(q, &l, &x, true, transposed, false);
}

static void do_lower(const kit *q, const int64_t *z, num *const *in, num **out)
{
    apply_lower(q, z, in, out, false);
}

static void do_lower_t(const kit *q, const int64_t *z, num *const *in, num **out)
{
    apply_lower(q, z, in, out, true);
}

/* Columns p and q of a turned by the angle with cosine c and sine s. */
static void turn(const kit *q, matrix *a, int64_t i, int64_t j, num c, num s)
{
    for (int64_t k = 0; k < a->rows; k++) {
        num x = *at(a, k, i), y = *at(a, k, j);
        *at(a, k, i) = less(q, num_mul(q->d, c, x), s, y);
        *at(a, k, j) = num_add(q->d, num_mul(q->d, s, x), num_mul(q->d, c, y));
    }
}

/* Jacobi: the angle that makes entry (i, j) zero, of the two that which puts the smaller value first. */
static void rotate(const kit *q, matrix *a, matrix *v, int64_t i, int64_t j)
{
    num gap = num_sub(q->d, *at(a, j, j), *at(a, i, i));
    num angle = num_scale(q->d, num_bin(q->d, OP_ATAN2, num_scale(q->d, *at(a, i, j), 2), gap), 0.5L);
    num c = num_un(q->d, OP_COS, 0, angle), s = num_un(q->d, OP_SIN, 0, angle);
    turn(q, a, i, j, c, s);
    matrix t = copy_of(q, a, true);
    turn(q, &t, i, j, c, s);
    *a = copy_of(q, &t, true);
    turn(q, v, i, j, c, s);
}

static void eigen(const kit *q, const matrix *m, num *w, matrix *v)
{
    matrix a = copy_of(q, m, false);
    int64_t n = a.rows;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            *at(v, i, j) = num_of(i == j);
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = i + 1; j < n; j++)
                rotate(q, &a, v, i, j);
    for (int64_t i = 0; i < n; i++)
        w[i] = *at(&a, i, i);
}

static void do_eigh(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[0], in[0]), v = view(z[0], z[0], out[1]);
    eigen(q, &a, out[0], &v);
}

static void do_eigvals(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix a = view(z[0], z[0], in[0]), v = new_matrix(q, z[0], z[0]);
    eigen(q, &a, out[0], &v);
}

/* A' A = V s^2 V', U = A V / s, the greatest first */
static void do_svd(const kit *q, const int64_t *z, num *const *in, num **out)
{
    int64_t m = z[0], n = z[1];
    matrix a = view(m, n, in[0]), square = product(q, &a, true, &a), v = new_matrix(q, n, n);
    num *w = ARENA_ARRAY(q->mem, num, n + 1);
    eigen(q, &square, w, &v);
    matrix av = product(q, &a, false, &v);
    for (int64_t k = 0; k < n; k++) {
        int64_t from = n - 1 - k;
        out[1][k] = num_un(q->d, OP_SQRT, 0, w[from]);
        for (int64_t i = 0; i < m; i++)
            out[0][i * n + k] = over(q, *at(&av, i, from), out[1][k]);
        for (int64_t j = 0; j < n; j++)
            out[2][k * n + j] = *at(&v, j, from);
    }
}

static void do_singular(const kit *q, const int64_t *z, num *const *in, num **out)
{
    matrix u = new_matrix(q, z[0], z[1]), vt = new_matrix(q, z[1], z[1]);
    num *all[] = {u.x, out[0], vt.x};
    do_svd(q, z, in, all);
}

static void transform(const kit *q, const int64_t *z, num *const *in, num **out, int sign)
{
    int64_t b = z[0], n = z[1];
    for (int64_t row = 0; row < b * n; row += n)
        for (int64_t k = 0; k < n; k++) {
            num re = num_of(0), im = num_of(0);
            for (int64_t j = 0; j < n; j++) {
                long double angle = (long double)sign * 2 * acosl(-1) * (long double)(j * k % n) / (long double)n;
                num x = in[0][row + j], y = in[1][row + j];
                re = num_add(q->d, re, num_sub(q->d, num_scale(q->d, x, cosl(angle)), num_scale(q->d, y, sinl(angle))));
                im = num_add(q->d, im, num_add(q->d, num_scale(q->d, x, sinl(angle)), num_scale(q->d, y, cosl(angle))));
            }
            out[0][row + k] = re;
            out[1][row + k] = im;
        }
}

static void do_dft(const kit *q, const int64_t *z, num *const *in, num **out)
{
    transform(q, z, in, out, -1);
}

static void do_dft_back(const kit *q, const int64_t *z, num *const *in, num **out)
{
    transform(q, z, in, out, 1);
}

static void (*const rows[ROUTINE_COUNT])(const kit *q, const int64_t *sizes, num *const *in, num **out) = {
    [ROUTINE_SOLVE] = do_solve,
    [ROUTINE_SOLVE_T] = do_solve_t,
    [ROUTINE_LOGDET] = do_logdet,
    [ROUTINE_LSTSQ] = do_lstsq,
    [ROUTINE_GRAM] = do_gram,
    [ROUTINE_LU] = do_lu,
    [ROUTINE_LU_SOLVE] = do_lu_solve,
    [ROUTINE_LU_SOLVE_T] = do_lu_solve_t,
    [ROUTINE_QR] = do_qr,
    [ROUTINE_QR_SOLVE] = do_qr_solve,
    [ROUTINE_QR_GRAM] = do_gram,
    [ROUTINE_CHOLESKY] = do_cholesky,
    [ROUTINE_LOWER] = do_lower,
    [ROUTINE_LOWER_T] = do_lower_t,
    [ROUTINE_EIGH] = do_eigh,
    [ROUTINE_EIGVALS] = do_eigvals,
    [ROUTINE_SINGULAR] = do_singular,
    [ROUTINE_SVD] = do_svd,
    [ROUTINE_DFT] = do_dft,
    [ROUTINE_DFT_BACK] = do_dft_back,
};

void oracle_call(arena *mem, routine_id id, int d, const int64_t *sizes, num *const *in, num **out)
{
    const kit q = {mem, d};
    rows[id](&q, sizes, in, out);
}
