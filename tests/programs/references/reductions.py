"""References of the tests on reductions."""
from reference import *  # noqa: F403
from reference import arr, dot, exp, hess, lse, mp, norm, np, reference, sqdist, sqnorm, total


def softmax_mean(s, v):
    m = max(s)
    w = [mp.exp(a - m) for a in s]
    return sum(a * b for a, b in zip(w, v)) / sum(w)


@reference
class reduce_values:
    def softs(A, v):
        return arr([lse(r) for r in A]), lse(A), lse(A), arr([softmax_mean(r, v) for r in A])


@reference
class reduce_filters:
    def inverse_distances(q):
        n = len(q)
        return total([1 / norm(q[i] - q[j]) for i in range(n) for j in range(n) if i != j])

    def even_lse(x):
        return lse(x[::2])

    def masked_soft(s, v):
        keep = [i for i in range(len(v)) if v[i] > 0]
        return softmax_mean(s[keep], v[keep])


@reference
class reduce_logsumexp:
    def lse(x):
        return lse(x)

    def lse_hessian(x):
        return hess(lse, x)

    def rows(A):
        return arr([lse(r) for r in A])

    def repeated(A):
        return lse(A)

    def alternating(A, a, b):
        n, m = A.shape
        f = [a[i] - lse(A[i]) for i in range(n)]
        g = [b[j] - lse([A[i, j] + f[i] for i in range(n)]) for j in range(m)]
        h = [a[i] - lse([A[i, j] + g[j] for j in range(m)]) for i in range(n)]
        return dot(h, a) + dot(g, b)


@reference
class reduce_softmax_mean:
    def attention(Q, K, V):
        d = mp.sqrt(Q.shape[1])
        return arr([[softmax_mean([dot(q, k) / d for k in K], V[:, e]) for e in range(V.shape[1])] for q in Q])

    def energy(Q, K, V, W):
        return total(W * reduce_softmax_mean.attention(Q, K, V))

    def huge(s, v):
        return softmax_mean(s, v)


@reference
class reduce_kmin:
    def spread(q, w):
        n = len(q)
        return total([dot(w, sorted(sqdist(q[i], q[j]) for j in range(n) if j != i)[:2]) for i in range(n)])


@reference
class reduce_gradients:
    def weighted_mean(A, w):
        return dot(w, [total(r * r) / len(r) for r in A])

    def max_of_sums(A):
        return max(sqnorm(r) for r in A)

    def sum_of_products(A):
        return total([mp.sin(np.prod(A[:, j])) for j in range(A.shape[1])])

    def variance(x):
        m = total(x) / len(x)
        return total((x - m) ** 2) / len(x)

    def standardised(x, w):
        m = total(x) / len(x)
        return dot(w, x - m) / mp.sqrt(reduce_gradients.variance(x))

    def nested(A):
        n, m = A.shape
        return total([mp.log(1 + sum(mp.exp(A[i, j]) * (A @ A)[i, j] for j in range(m))) for i in range(n)])

    def kernel(q, p, s):
        n = len(q)
        return total([mp.exp(-sqdist(q[i], q[j]) / s**2) * dot(p[i], p[j]) for i in range(n) for j in range(n)]) / 2


@reference
class sparse_ranges:
    def energy(row, col, w, x):
        return total([sum(w[e] * x[col[e]] for e in range(row[i], row[i + 1])) ** 2 for i in range(len(x))])
