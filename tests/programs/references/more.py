"""References of further tests on loops, index notation and complete models."""
from reference import *  # noqa: F403
from reference import arr, dot, erf, exp, hess, jac, mp, np, reference, sin, sqdist, sqnorm, tanh, total, zeros


def iterate(x, n):
    y = x
    for _ in range(n):
        y = mp.cos(y) * x
    return y


@reference
class loops_nested_runtime:
    def pascal(x, n):
        return total([x**i * (i + 1) for i in range(n)])

    def ragged(x, len, most):
        s = mp.mpf(0)
        for v, n in zip(x, len):
            y = v
            for _ in range(n):
                y = mp.sin(y) + v
            s += y * y
        return s

    def per_element(x, n):
        return arr([iterate(v, n) for v in x])

    def per_element_sum(x, n):
        return total([iterate(v, n) ** 2 for v in x])

    def ragged_elements(x, len, most):
        return total([iterate(v, n) for v, n in zip(x, len)])


@reference
class loops_unbounded:
    def ragged(x, len):
        s = mp.mpf(0)
        for v, n in zip(x, len):
            for _ in range(n):
                s = mp.sin(s) + v
        return s


@reference
class loops_branches_gradient:
    def collatz(x, n):
        for _ in range(n):
            x = x / 2 if x > 1 else 3 * x + 0.25
        return x

    def bounce(h, v, n, e):
        x, w = h, v
        for _ in range(n):
            x = x + mp.mpf("0.1") * w
            w = w - mp.mpf("0.981")
            if x < 0:
                x, w = -x, -e * w
        return x + w

    def guarded(x, n):
        for _ in range(n):
            x = arr([mp.sqrt(v) - mp.mpf("0.3") if v > 0 else -mp.mpf("0.3") for v in x])
        return total(x)


@reference
class loops_yield_shapes:
    def roughness(x0, k, T, w):
        x, path = x0, []
        for v in w:
            x = x + sin(k * x) * v
            path.append(x)
        return total([sqdist(a, b) for a, b in zip(path, path[1:])]) + sqnorm(x)


def mix(x, A):
    return tanh(A @ x) + x / 3


@reference
class chains:
    def doubling(x):
        a = [x]
        for n in range(20):
            v = a[-1]
            a.append(mp.cos(v * v + v / 2 if n % 2 == 0 else v * v - v / 2))
        return a[1] + a[5] + a[10] + a[20]

    def nested_calls(x):
        for _ in range(8):
            x = mp.sin(x) + x * mp.cos(x)
        return x

    def layers(x, A):
        for _ in range(6):
            x = mix(x, A)
        return sqnorm(x)


@reference
class reduce_where_ranges:
    def odd_pairs(x):
        n = len(x)
        return total([x[i] * x[j] for i in range(n) for j in range(i + 1, n) if (i + j) % 2])

    def cut(q, r):
        n = len(q)
        d = [sqdist(q[i], q[j]) for i in range(n) for j in range(i + 1, n)]
        return total([(r**2 - v) ** 2 for v in d if v < r**2])

    def block_sparse(x, y, lo, hi, **ranges):
        return total([mp.exp(-sqdist(x[i], y[j])) for b in range(len(lo)) for i in range(lo[b], hi[b]) for j in range(ranges["from"][b], ranges["to"][b])])


@reference
class index_functions:
    def norm_energy(X, g):
        e = mp.mpf(0)
        for r in X:
            m = total(r) / len(r)
            s = mp.sqrt(sqnorm(r - m) / len(r))
            e += total((g * (r - m) / s) ** 3)
        return e

    def contracted(T, x, y):
        return sqnorm(np.einsum("ijk,j,k->i", T, x, y))


@reference
class index_strides_dilation:
    def toeplitz_energy(t, x, w):
        m = len(x)
        return total([(w[i] * sum(t[i - j + m - 1] * x[j] for j in range(m))) ** 2 for i in range(len(w))])

    def hankel(h):
        n = (len(h) + 1) // 2
        return total([h[i + j] ** 2 * (i + 1) for i in range(n) for j in range(n)])

    def upsample_energy(x, w):
        return total([(w[k] * x[k // 3]) ** 2 for k in range(len(w))])

    def periodic(x):
        return sqnorm(x - np.roll(x, -1))

    def patches(x):
        return total([np.prod(x[i : i + 2, j : j + 2]) for i in range(x.shape[0] - 1) for j in range(x.shape[1] - 1)])

    def backwards(x):
        return total(x[1:] * x[:-1])


@reference
class whole_tensor:
    def energy(A, B):
        return total((A + B) * A / (1 + B * B))

    def spread(A):
        v = np.ravel(A)
        return sqnorm((A - total(A) / len(v)) / (max(v) - min(v)))


@reference
class checkpoint_all:
    def kept(x, n):
        y = x
        for _ in range(n):
            y = mp.sin(y) + x
        return y


def block(X, Q, K, V, W1, W2):
    T, D = X.shape
    q, k, v = X @ Q, X @ K, X @ V
    A = []
    for t in range(T):
        w = [mp.exp(dot(q[t], k[u]) / mp.sqrt(D)) for u in range(t + 1)]
        A.append(sum(a * v[u] for u, a in enumerate(w)) / sum(w))
    Y = X + arr(A)
    Z = []
    for y in Y:
        m = total(y) / D
        Z.append((y - m) / mp.sqrt(sqnorm(y - m) / D + mp.mpf("1e-5")))
    h = arr(Z) @ W1
    return Y + (h * (1 + erf(h / mp.sqrt(2))) / 2) @ W2


@reference
class model_transformer:
    block = block

    def loss(X, Q, K, V, W1, W2):
        return sqnorm(block(X, Q, K, V, W1, W2))


def weights(X, b, s, noise, n):
    A = arr([[mp.exp(-sqdist(u, v) / (2 * s**2)) + (noise if i == j else 0) for j, v in enumerate(X)] for i, u in enumerate(X)])
    x, r, p = zeros(len(b)), b, b
    for _ in range(n):
        q = A @ p
        a = sqnorm(r) / dot(p, q)
        r1 = r - a * q
        x, p, r = x + a * p, r1 + sqnorm(r1) / sqnorm(r) * p, r1
    return x


@reference
class model_gp:
    def weights(X, b, s, noise, n):
        return weights(X, b, s, noise, n)

    def fit(X, b, s, noise, n):
        return dot(b, weights(X, b, s, noise, n))


def score(x):
    g = -x
    g[0] = g[0] + 1 / (1 + mp.exp(-x[0]))
    return g


def pull(x, y, h):
    k = mp.exp(-sqdist(x, y) / h)
    return k * score(x) - 2 * (x - y) / h * k


def velocity(X, h):
    return arr([sum(pull(y, x, h) for y in X) / len(X) for x in X])


@reference
class model_svgd:
    def velocity(X, h):
        return velocity(X, h)

    def moved(X, h, T):
        for _ in range(T):
            X = X + mp.mpf("0.2") * velocity(X, h)
        return sqnorm(X)

    def discrepancy(X, h):
        return total([dot(pull(y, x, h), score(x)) for x in X for y in X])


@reference
class model_pinn:
    def loss(w, b, c, d, P):
        e = mp.mpf(0)
        for p in P:
            t = tanh(w * p[0] + d * p[1] + b)
            u = dot(c, t)
            lap = total(c * (w * w + d * d) * (-2 * t * (1 - t * t)))
            e += (lap + u**2 - p[0]) ** 2
        return e / len(P)


@reference
class functions_repeated:
    def in_loop(x, n):
        s = total(x)
        for _ in range(n):
            s = total(x * s) + total(x)
        return s * total(x)


@reference
class moments:
    def weights(x, c):
        return [[mp.exp(-sqdist(x[i], c[k])) for i in range(len(x))] for k in range(len(c))]

    def second(x, c):
        w, n, d = moments.weights(x, c), range(len(x)), range(x.shape[1])
        return arr([[[sum(w[k][i] * (x[i, a] - c[k, a]) * mp.tanh(x[i, b] - c[k, b]) for i in n) for b in d] for a in d] for k in range(len(c))])

    def third(x, c):
        w, n, d = moments.weights(x, c), range(len(x)), range(x.shape[1])
        term = lambda k, i, a, b, e: w[k][i] * x[i, a] * total(x[i, : a + 1]) * mp.sin(x[i, b]) * x[i, e]
        return arr([[[[sum(term(k, i, a, b, e) for i in n) for e in d] for b in d] for a in d] for k in range(len(c))])

    def total(x, c):
        return total(moments.second(x, c) ** 2) + total(moments.third(x, c))


@reference
class index_rotations:
    def ring(x):
        n = len(x)
        return sum(mp.sin(x[i]) * x[(i - 2) % n] * x[(i + 1) % n] ** 2 for i in range(n))

    def mirrored(x, y):
        n = len(x)
        return sum(x[(3 - i) % n] * y[(i + 1) % n] ** 2 * y[-i % n] for i in range(n))

    def circular(x, w):
        n = len(x)
        return sum(sum(w[a] * x[(i + 2 * a - 1) % n] for a in range(len(w))) ** 2 for i in range(n))

    def part(x):
        n = len(x) - 2
        return sum(x[(i + 1) % n] * mp.sin(x[(i + 3) % n]) * x[i + 2] for i in range(n))

    def torus(x):
        n, m = x.shape
        return sum(x[i, j] * x[(i + 1) % n, (j - 1) % m] * mp.sin(x[(i + j) % n, j]) for i in range(n) for j in range(m))

    def both(x):
        n = len(x)
        return sum(x[(i + 1) % n, i] ** 2 + x[(i + 2) % n, (i + 5) % n] ** 3 for i in range(n))

    def second(x, v):
        return arr([dot(row, v) for row in hess(index_rotations.ring, x)])
