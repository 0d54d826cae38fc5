/* W8: value and gradient of the Gaussian mixture's log-likelihood, by hand. Sizes K, D, N; inputs and results as in
 * programs/gmm.ad; calling convention of ad_function.
 *
 * With c = x - mu_k, y = Q c and the softmax weights w_k of the main terms, one point gives
 *     d mu_k = w_k Q' y,   d q_ka = w_k (1 - y_a Q_aa c_a),   d l_k,ba = -w_k y_a c_b.
 * One pass over the points: c and y of all components are kept until the weights are known. */
#include <adc/runtime.h>
#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

typedef struct mixture {
    int64_t K, D, N;
    const double *alpha, *mu, *q, *l, *x;
    double *diagonal, *logdet; /* exp(q), sums of q */
} mixture;

/* y = Q c: the diagonal, then a column at a time, so that the inner loop has no sum. */
static void multiply(const mixture *g, int64_t k, const double *c, double *restrict y)
{
    const double *diagonal = &g->diagonal[k * g->D];
    for (int64_t a = 0; a < g->D; a++)
        y[a] = diagonal[a] * c[a];
    for (int64_t b = 0; b < g->D; b++) {
        const double *column = &g->l[(k * g->D + b) * g->D];
        for (int64_t a = b + 1; a < g->D; a++)
            y[a] += column[a] * c[b];
    }
}

/* Main terms of point i to term; c and y of all components are left in their arrays. The value is log sum exp of them.
 */
static double main_terms(const mixture *g, int64_t i, double *restrict c, double *restrict y, double *restrict term)
{
    double most = -HUGE_VAL, sum = 0;
    for (int64_t k = 0; k < g->K; k++) {
        double *ck = &c[k * g->D], *yk = &y[k * g->D], square = 0;
        for (int64_t a = 0; a < g->D; a++)
            ck[a] = g->x[i * g->D + a] - g->mu[k * g->D + a];
        multiply(g, k, ck, yk);
        for (int64_t a = 0; a < g->D; a++)
            square += yk[a] * yk[a];
        term[k] = g->alpha[k] + g->logdet[k] - 0.5 * square;
        most = term[k] > most ? term[k] : most;
    }
    for (int64_t k = 0; k < g->K; k++)
        sum += exp(term[k] - most);
    return most + log(sum);
}

static void add_gradient(const mixture *g, int64_t k, double w, const double *c, const double *y,
                         double *restrict grad_mu, double *restrict grad_q, double *restrict grad_l)
{
    const double *diagonal = &g->diagonal[k * g->D];
    for (int64_t a = 0; a < g->D; a++) {
        grad_mu[k * g->D + a] += w * diagonal[a] * y[a];
        grad_q[k * g->D + a] += w * (1 - y[a] * diagonal[a] * c[a]);
    }
    for (int64_t b = 0; b < g->D; b++) {
        const double *column = &g->l[(k * g->D + b) * g->D];
        double *to = &grad_l[(k * g->D + b) * g->D], sum = 0, factor = w * c[b];
        for (int64_t a = b + 1; a < g->D; a++) {
            sum += column[a] * y[a];
            to[a] -= factor * y[a];
        }
        grad_mu[k * g->D + b] += w * sum;
    }
}

/* log sum exp of alpha, and its softmax times -N to grad_alpha. */
static double weights(const mixture *g, double *grad_alpha)
{
    double most = -HUGE_VAL, sum = 0;
    for (int64_t k = 0; k < g->K; k++)
        most = g->alpha[k] > most ? g->alpha[k] : most;
    for (int64_t k = 0; k < g->K; k++)
        sum += grad_alpha[k] = exp(g->alpha[k] - most);
    for (int64_t k = 0; k < g->K; k++)
        grad_alpha[k] *= -(double)g->N / sum;
    return most + log(sum);
}

static double prior(const mixture *g, double gamma, int64_t m, double *grad_q, double *grad_l)
{
    double n = (double)(g->D + m + 1), dim = (double)g->D, gammas = 0.25 * dim * (dim - 1) * log(pi), squares = 0,
           sum = 0;
    for (int64_t j = 0; j < g->D; j++)
        gammas += lgamma(0.5 * (n - (double)j));
    for (int64_t k = 0; k < g->K; k++) {
        sum += g->logdet[k];
        for (int64_t b = 0; b < g->D; b++) {
            double diagonal = g->diagonal[k * g->D + b];
            squares += diagonal * diagonal;
            grad_q[k * g->D + b] += gamma * gamma * diagonal * diagonal - (double)m;
            for (int64_t a = b + 1; a < g->D; a++) {
                double l = g->l[(k * g->D + b) * g->D + a];
                squares += l * l;
                grad_l[(k * g->D + b) * g->D + a] += gamma * gamma * l;
            }
        }
    }
    return 0.5 * gamma * gamma * squares - (double)m * sum -
           (double)g->K * (n * dim * (log(gamma) - 0.5 * log(2)) - gammas);
}

size_t gmm_grad_workspace(const int64_t *sizes, const void *const *in)
{
    (void)in;
    return sizeof(double) * (size_t)(sizes[0] * (3 * sizes[1] + 2));
}

ad_status gmm_grad(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t K = sizes[0], D = sizes[1], N = sizes[2];
    double *c = workspace, *y = c + K * D, *diagonal = y + K * D, *logdet = diagonal + K * D, *term = logdet + K;
    double *grad_alpha = out[1], *grad_mu = out[2], *grad_q = out[3], *grad_l = out[4], gamma = *(const double *)in[5];
    mixture g = {K, D, N, in[0], in[1], in[2], in[3], in[4], diagonal, logdet};
    (void)size;
    for (int64_t k = 0; k < K; k++) {
        logdet[k] = 0;
        for (int64_t a = 0; a < D; a++) {
            logdet[k] += g.q[k * D + a];
            diagonal[k * D + a] = exp(g.q[k * D + a]);
        }
    }
    memset(grad_mu, 0, sizeof(double) * (size_t)(K * D));
    memset(grad_q, 0, sizeof(double) * (size_t)(K * D));
    memset(grad_l, 0, sizeof(double) * (size_t)(K * D * D));
    double value = -0.5 * (double)(N * D) * log(2 * pi) - (double)N * weights(&g, grad_alpha);
    for (int64_t i = 0; i < N; i++) {
        double total = main_terms(&g, i, c, y, term);
        value += total;
        for (int64_t k = 0; k < K; k++) {
            double w = exp(term[k] - total);
            grad_alpha[k] += w;
            add_gradient(&g, k, w, &c[k * D], &y[k * D], grad_mu, grad_q, grad_l);
        }
    }
    value += prior(&g, gamma, *(const int64_t *)in[6], grad_q, grad_l);
    *(double *)out[0] = value;
    return AD_OK;
}
