/* Derivatives of library routines: of each the tangents of its results and the adjoints of its operands, in terms of
 * the same routines and of sums, so that they can be differentiated again. One row per routine at the end.
 *
 * A prime is the transpose, o the entrywise product. The formulas are those of
 *   M. Giles, Collected matrix derivative results for forward and reverse mode AD, 2008 (solve, eigh, svd);
 *   I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527, 2016;
 *   J. Townsend, Differentiating the singular value decomposition, 2016;
 *   G. Golub, V. Pereyra, The differentiation of pseudo-inverses, SIAM J. Numer. Anal. 10, 1973 (lstsq).
 * NULL stands for zero. */
#include "stage/derive/derive_call.h"

#include <assert.h>

/* ---- matrices of nodes ---- */

typedef enum side { PLAIN, TRANSPOSED } side;

static node *entry(graph *g, node *a, side t, var *i, var *j)
{
    node *subs[2] = {t == PLAIN ? i->self : j->self, t == PLAIN ? j->self : i->self};
    return graph_access(g, a, subs);
}

static var *axis_of(graph *g, const node *a, int k)
{
    return graph_axis(g, a->extents[k], NULL);
}

/* A B, each as it is or transposed. */
static node *product(graph *g, node *a, side ta, node *b, side tb)
{
    if (!a || !b)
        return NULL;
    var *ij[2] = {axis_of(g, a, ta == PLAIN ? 0 : 1), axis_of(g, b, tb == PLAIN ? 1 : 0)};
    var *k = axis_of(g, a, ta == PLAIN ? 1 : 0);
    node *term = graph_bin(g, OP_MUL, entry(g, a, ta, ij[0], k), entry(g, b, tb, k, ij[1]));
    return graph_tensor(g, 2, ij, graph_reduce(g, OP_SUM, 1, &k, term, NULL, NULL));
}

static node *transpose(graph *g, node *a)
{
    if (!a)
        return NULL;
    var *ij[2] = {axis_of(g, a, 1), axis_of(g, a, 0)};
    return graph_tensor(g, 2, ij, entry(g, a, TRANSPOSED, ij[0], ij[1]));
}

static node *entrywise(graph *g, op o, node *a, node *b)
{
    var *axes[8];
    assert(a->rank <= 8);
    node *x = graph_entry(g, a, axes);
    return graph_tensor(g, a->rank, axes, graph_bin(g, o, x, graph_access_vars(g, b, axes)));
}

static node *negative(graph *g, node *a)
{
    var *axes[8];
    node *x = a ? graph_entry(g, a, axes) : NULL;
    return a ? graph_tensor(g, a->rank, axes, graph_un(g, OP_NEG, x)) : NULL;
}

static node *sum(graph *g, node *a, node *b)
{
    return a && b ? entrywise(g, OP_ADD, a, b) : a ? a : b;
}

static node *difference(graph *g, node *a, node *b)
{
    return a && b ? entrywise(g, OP_SUB, a, b) : a ? a : negative(g, b);
}

/* Entries on and below the diagonal; those on it times `diagonal`. */
static node *lower_part(graph *g, node *a, double diagonal)
{
    if (!a)
        return NULL;
    var *ij[2];
    node *x = graph_entry(g, a, ij), *zero = graph_real(g, a->elem, 0);
    node *on = graph_bin(g, OP_MUL, graph_real(g, a->elem, diagonal), x);
    node *below = graph_select(g, graph_bin(g, OP_LT, ij[1]->self, ij[0]->self), x, zero);
    return graph_tensor(g, 2, ij, graph_select(g, graph_bin(g, OP_EQ, ij[0]->self, ij[1]->self), on, below));
}

static node *identity(graph *g, const node *a)
{
    var *ij[2] = {axis_of(g, a, 0), axis_of(g, a, 0)};
    node *on = graph_bin(g, OP_EQ, ij[0]->self, ij[1]->self);
    return graph_tensor(g, 2, ij, graph_select(g, on, graph_real(g, a->elem, 1), graph_real(g, a->elem, 0)));
}

static node *diagonal_of(graph *g, node *a)
{
    var *i = axis_of(g, a, 0);
    return graph_tensor(g, 1, &i, entry(g, a, PLAIN, i, i));
}

/* diag(d), d a vector of as many entries as a has rows. */
static node *diagonal_matrix(graph *g, node *d)
{
    if (!d)
        return NULL;
    var *ij[2] = {axis_of(g, d, 0), axis_of(g, d, 0)};
    node *on = graph_bin(g, OP_EQ, ij[0]->self, ij[1]->self), *x = graph_access(g, d, &ij[0]->self);
    return graph_tensor(g, 2, ij, graph_select(g, on, x, graph_real(g, d->elem, 0)));
}

/* a / b; 0 where b is 0. */
static node *quotient(graph *g, node *a, node *b)
{
    node *zero = graph_real(g, a->elem, 0);
    return graph_select(g, graph_bin(g, OP_EQ, b, zero), zero, graph_bin(g, OP_DIV, a, b));
}

/* A with column j divided by d_j. */
static node *columns_over(graph *g, node *a, node *d)
{
    var *ij[2];
    node *x = graph_entry(g, a, ij);
    return graph_tensor(g, 2, ij, quotient(g, x, graph_access(g, d, &ij[1]->self)));
}

/* A_ij / (f(d_j) - f(d_i)), 0 where these are equal; f the identity or the square. */
static node *over_gaps(graph *g, node *a, node *d, bool squares)
{
    if (!a)
        return NULL;
    var *ij[2];
    node *x = graph_entry(g, a, ij), *di = graph_access(g, d, &ij[0]->self), *dj = graph_access(g, d, &ij[1]->self);
    node *gap = graph_bin(g, OP_SUB, dj, di);
    if (squares) /* as a product: squares may overflow, and lose digits where they are close */
        gap = graph_bin(g, OP_MUL, gap, graph_bin(g, OP_ADD, dj, di));
    return graph_tensor(g, 2, ij, quotient(g, x, gap));
}

/* The first result of another routine, wanted where the call at hand is. */
static node *call1(graph *g, const node *call, routine_id id, node *a, node *b)
{
    return graph_out(g, graph_call(g, id, (node *[]){a, b}, graph_call_wanted(call)), 0);
}

static node *solve(graph *g, const node *call, routine_id id, node *a, node *b)
{
    return b ? call1(g, call, id, a, b) : NULL;
}

/* ---- solve: A X = B, or A' X = B ---- */

/* dX = A^-1 (dB - dA X) */
static node *tangent_solve(graph *g, node *call, node *const *d, int k)
{
    (void)k;
    bool t = call->integer == ROUTINE_SOLVE_T;
    node *x = graph_out(g, call, 0);
    return solve(g, call, (routine_id)call->integer, call->args[0],
                 difference(g, d[1], product(g, d[0], t ? TRANSPOSED : PLAIN, x, PLAIN)));
}

/* b = A^-T x_, a = -b X' */
static void adjoint_solve(graph *g, node *call, node *const *w, node **a)
{
    bool t = call->integer == ROUTINE_SOLVE_T;
    node *x = graph_out(g, call, 0);
    a[1] = solve(g, call, t ? ROUTINE_SOLVE : ROUTINE_SOLVE_T, call->args[0], w[0]);
    a[0] = negative(g, t ? product(g, x, PLAIN, a[1], TRANSPOSED) : product(g, a[1], PLAIN, x, TRANSPOSED));
}

/* ---- logdet: d log|det A| = tr(A^-1 dA) ---- */

static node *inverse_transposed(graph *g, const node *call)
{
    return call1(g, call, ROUTINE_SOLVE_T, call->args[0], identity(g, call->args[0]));
}

static node *tangent_logdet(graph *g, node *call, node *const *d, int k)
{
    (void)k;
    var *ij[2];
    node *x = graph_entry(g, inverse_transposed(g, call), ij);
    node *term = graph_bin(g, OP_MUL, x, graph_access_vars(g, d[0], ij));
    return graph_reduce(g, OP_SUM, 2, ij, term, NULL, NULL);
}

static void adjoint_logdet(graph *g, node *call, node *const *w, node **a)
{
    var *ij[2];
    node *x = graph_entry(g, inverse_transposed(g, call), ij);
    a[0] = graph_tensor(g, 2, ij, graph_bin(g, OP_MUL, w[0], x));
}

/* ---- lstsq: A' A X = A' B, with the residual R = B - A X; A has full column rank ---- */

static node *residual(graph *g, node *call)
{
    return difference(g, call->args[1], product(g, call->args[0], PLAIN, graph_out(g, call, 0), PLAIN));
}

/* dX = A^+ (dB - dA X) + (A' A)^-1 dA' R */
static node *tangent_lstsq(graph *g, node *call, node *const *d, int k)
{
    (void)k;
    node *a = call->args[0], *x = graph_out(g, call, 0);
    node *right = difference(g, d[1], product(g, d[0], PLAIN, x, PLAIN));
    node *turned = product(g, d[0], TRANSPOSED, residual(g, call), PLAIN);
    return sum(g, solve(g, call, ROUTINE_LSTSQ, a, right), solve(g, call, ROUTINE_GRAM, a, turned));
}

/* u = (A' A)^-1 x_, b = A u, a = R u' - b X' */
static void adjoint_lstsq(graph *g, node *call, node *const *w, node **a)
{
    node *x = graph_out(g, call, 0), *u = call1(g, call, ROUTINE_GRAM, call->args[0], w[0]);
    a[1] = product(g, call->args[0], PLAIN, u, PLAIN);
    a[0] = difference(g, product(g, residual(g, call), PLAIN, u, TRANSPOSED), product(g, a[1], PLAIN, x, TRANSPOSED));
}

/* ---- gram: A' A X = B ---- */

/* dX = (A' A)^-1 (dB - dA' (A X) - A' (dA X)) */
static node *tangent_gram(graph *g, node *call, node *const *d, int k)
{
    (void)k;
    node *a = call->args[0], *x = graph_out(g, call, 0);
    node *moved = product(g, d[0], TRANSPOSED, product(g, a, PLAIN, x, PLAIN), PLAIN);
    moved = sum(g, moved, product(g, a, TRANSPOSED, product(g, d[0], PLAIN, x, PLAIN), PLAIN));
    return solve(g, call, ROUTINE_GRAM, a, difference(g, d[1], moved));
}

/* b = (A' A)^-1 x_, a = -(A b) X' - (A X) b' */
static void adjoint_gram(graph *g, node *call, node *const *w, node **a)
{
    node *m = call->args[0], *x = graph_out(g, call, 0), *b = call1(g, call, ROUTINE_GRAM, m, w[0]);
    node *ab = product(g, m, PLAIN, b, PLAIN), *ax = product(g, m, PLAIN, x, PLAIN);
    a[1] = b;
    a[0] = negative(g, sum(g, product(g, ab, PLAIN, x, TRANSPOSED), product(g, ax, PLAIN, b, TRANSPOSED)));
}

/* ---- cholesky: L L' = A; P halves the diagonal and drops what is above it ---- */

/* dL = L P(L^-1 dA L^-T), dA symmetric */
static node *tangent_cholesky(graph *g, node *call, node *const *d, int k)
{
    (void)k;
    node *l = graph_out(g, call, 0);
    node *half = call1(g, call, ROUTINE_LOWER, l, d[0]);
    node *both = call1(g, call, ROUTINE_LOWER, l, transpose(g, half));
    return product(g, l, PLAIN, lower_part(g, both, 0.5), PLAIN);
}

/* s = L^-T P(L' l_) L^-1, a = (s + s') / 2, l_ below and on the diagonal */
static void adjoint_cholesky(graph *g, node *call, node *const *w, node **a)
{
    node *l = graph_out(g, call, 0);
    node *p = lower_part(g, product(g, l, TRANSPOSED, lower_part(g, w[0], 1), PLAIN), 0.5);
    node *right = call1(g, call, ROUTINE_LOWER_T, l, transpose(g, p)); /* (P L^-1)' */
    node *s = call1(g, call, ROUTINE_LOWER_T, l, transpose(g, right));
    var *ij[2];
    node *x = graph_entry(g, s, ij), *y = entry(g, s, TRANSPOSED, ij[0], ij[1]);
    a[0] = graph_tensor(g, 2, ij, graph_bin(g, OP_MUL, graph_real(g, s->elem, 0.5), graph_bin(g, OP_ADD, x, y)));
}

/* ---- lower: L X = B, or L' X = B, L lower triangular ---- */

static node *tangent_lower(graph *g, node *call, node *const *d, int k)
{
    (void)k;
    bool t = call->integer == ROUTINE_LOWER_T;
    node *x = graph_out(g, call, 0), *dl = lower_part(g, d[0], 1);
    return solve(g, call, (routine_id)call->integer, call->args[0],
                 difference(g, d[1], product(g, dl, t ? TRANSPOSED : PLAIN, x, PLAIN)));
}

static void adjoint_lower(graph *g, node *call, node *const *w, node **a)
{
    bool t = call->integer == ROUTINE_LOWER_T;
    node *x = graph_out(g, call, 0);
    a[1] = solve(g, call, t ? ROUTINE_LOWER : ROUTINE_LOWER_T, call->args[0], w[0]);
    node *full = t ? product(g, x, PLAIN, a[1], TRANSPOSED) : product(g, a[1], PLAIN, x, TRANSPOSED);
    a[0] = negative(g, lower_part(g, full, 1));
}

/* ---- eigh: A = V diag(w) V', A symmetric, F_ij = 1 / (w_j - w_i) ---- */

/* dw = diag(V' dA V), dV = V (F o V' dA V); of equal eigenvalues F is 0, which is right for what does not depend on the
 * choice of their eigenvectors */
static node *tangent_eigh(graph *g, node *call, node *const *d, int k)
{
    node *w = graph_out(g, call, 0), *v = graph_out(g, call, 1);
    node *p = product(g, v, TRANSPOSED, product(g, d[0], PLAIN, v, PLAIN), PLAIN);
    return k == 0 ? diagonal_of(g, p) : product(g, v, PLAIN, over_gaps(g, p, w, false), PLAIN);
}

/* a = V (diag(w_) + F o V' v_) V' */
static void adjoint_eigh(graph *g, node *call, node *const *b, node **a)
{
    node *w = graph_out(g, call, 0), *v = graph_out(g, call, 1);
    node *turns = over_gaps(g, product(g, v, TRANSPOSED, b[1], PLAIN), w, false);
    node *inner = sum(g, diagonal_matrix(g, b[0]), turns);
    a[0] = product(g, product(g, v, PLAIN, inner, PLAIN), PLAIN, v, TRANSPOSED);
}

/* ---- svd: A = U diag(s) V', F_ij = 1 / (s_j^2 - s_i^2), the singular values distinct and not 0 ---- */

/* (A o row factors) + (A' o column factors), entry (i, j): A_ij s_j + A_ji s_i, or with by_rows A_ij s_i + A_ji s_j */
static node *both_ways(graph *g, node *a, node *s, bool by_rows)
{
    var *ij[2];
    node *x = graph_entry(g, a, ij), *y = entry(g, a, TRANSPOSED, ij[0], ij[1]);
    node *si = graph_access(g, s, &ij[0]->self), *sj = graph_access(g, s, &ij[1]->self);
    return graph_tensor(
        g, 2, ij,
        graph_bin(g, OP_ADD, graph_bin(g, OP_MUL, x, by_rows ? si : sj), graph_bin(g, OP_MUL, y, by_rows ? sj : si)));
}

/* X - U U' X: what is across the columns of U */
static node *across(graph *g, node *u, node *x)
{
    return difference(g, x, product(g, u, PLAIN, product(g, u, TRANSPOSED, x, PLAIN), PLAIN));
}

/* P = U' dA V;  ds = diag(P);  dU = U (F o (P S + S P')) + (1 - U U') dA V S^-1;  dV = V (F o (S P + P' S)) */
static node *tangent_svd(graph *g, node *call, node *const *d, int k)
{
    node *u = graph_out(g, call, 0), *s = graph_out(g, call, 1), *vt = graph_out(g, call, 2);
    node *av = product(g, d[0], PLAIN, vt, TRANSPOSED), *p = product(g, u, TRANSPOSED, av, PLAIN);
    if (k == 1)
        return diagonal_of(g, p);
    if (k == 2) /* dV' = -(F o (S P + P' S)) V', since F changes its sign when transposed and the rest does not */
        return negative(g, product(g, over_gaps(g, both_ways(g, p, s, true), s, true), PLAIN, vt, PLAIN));
    node *inside = product(g, u, PLAIN, over_gaps(g, both_ways(g, p, s, false), s, true), PLAIN);
    return sum(g, inside, columns_over(g, across(g, u, av), s));
}

static node *symmetric_sum(graph *g, node *a)
{
    return a ? sum(g, a, transpose(g, a)) : NULL;
}

/* (a as rows or columns scaled by s) */
static node *scaled(graph *g, node *a, node *s, int axis)
{
    if (!a)
        return NULL;
    var *ij[2];
    node *x = graph_entry(g, a, ij);
    return graph_tensor(g, 2, ij, graph_bin(g, OP_MUL, x, graph_access(g, s, &ij[axis]->self)));
}

/* G = F o U' u_, H = F o V' v_;  a = U (diag(s_) + (G + G') S + S (H + H')) V' + (1 - U U') u_ S^-1 V' */
static void adjoint_svd(graph *g, node *call, node *const *w, node **a)
{
    node *u = graph_out(g, call, 0), *s = graph_out(g, call, 1), *vt = graph_out(g, call, 2);
    node *turn_u = over_gaps(g, product(g, u, TRANSPOSED, w[0], PLAIN), s, true);
    node *turn_v = over_gaps(g, product(g, vt, PLAIN, w[2], TRANSPOSED), s, true);
    node *p = sum(g, diagonal_matrix(g, w[1]), scaled(g, symmetric_sum(g, turn_u), s, 1));
    p = sum(g, p, scaled(g, symmetric_sum(g, turn_v), s, 0));
    node *left = product(g, u, PLAIN, p, PLAIN);
    if (w[0])
        left = sum(g, left, columns_over(g, across(g, u, w[0]), s));
    a[0] = product(g, left, PLAIN, vt, PLAIN);
}

/* ---- dft: linear, and its adjoint is the transform with the other sign ---- */

static node *zeros_for(graph *g, node *x, const node *like)
{
    return x ? x : graph_zeros_like(g, like);
}

static node *tangent_dft(graph *g, node *call, node *const *d, int k)
{
    node *parts[2] = {zeros_for(g, d[0], call->args[0]), zeros_for(g, d[1], call->args[1])};
    return graph_out(g, graph_call(g, (routine_id)call->integer, parts, graph_call_wanted(call)), k);
}

static void adjoint_dft(graph *g, node *call, node *const *w, node **a)
{
    node *parts[2] = {zeros_for(g, w[0], call->args[0]), zeros_for(g, w[1], call->args[1])};
    routine_id other = call->integer == ROUTINE_DFT ? ROUTINE_DFT_BACK : ROUTINE_DFT;
    node *back = graph_call(g, other, parts, graph_call_wanted(call));
    a[0] = graph_out(g, back, 0);
    a[1] = graph_out(g, back, 1);
}

typedef struct rule {
    node *(*tangent)(graph *g, node *call, node *const *tangents, int k);
    void (*adjoint)(graph *g, node *call, node *const *weights, node **adjoints);
} rule;

static const rule rules[ROUTINE_COUNT] = {
    [ROUTINE_SOLVE] = {tangent_solve, adjoint_solve},    [ROUTINE_SOLVE_T] = {tangent_solve, adjoint_solve},
    [ROUTINE_LOGDET] = {tangent_logdet, adjoint_logdet}, [ROUTINE_LSTSQ] = {tangent_lstsq, adjoint_lstsq},
    [ROUTINE_GRAM] = {tangent_gram, adjoint_gram},       [ROUTINE_CHOLESKY] = {tangent_cholesky, adjoint_cholesky},
    [ROUTINE_LOWER] = {tangent_lower, adjoint_lower},    [ROUTINE_LOWER_T] = {tangent_lower, adjoint_lower},
    [ROUTINE_EIGH] = {tangent_eigh, adjoint_eigh},       [ROUTINE_SVD] = {tangent_svd, adjoint_svd},
    [ROUTINE_DFT] = {tangent_dft, adjoint_dft},          [ROUTINE_DFT_BACK] = {tangent_dft, adjoint_dft},
};

node *call_tangent(graph *g, node *call, node *const *tangents, int k)
{
    return rules[call->integer].tangent(g, call, tangents, k);
}

void call_adjoints(graph *g, node *call, node *const *weights, node **adjoints)
{
    rules[call->integer].adjoint(g, call, weights, adjoints);
}
