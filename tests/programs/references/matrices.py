"""References of the tests on linear algebra and Fourier transforms: mpmath's own, and the sums that define them."""
from reference import *  # noqa: F403
from reference import arr, cos, dot, hess, jac, jvp, lse, mp, np, reference, sin, sqnorm, total, zeros

c, s = (lambda x: mp.cos(mp.mpf(x))), (lambda x: mp.sin(mp.mpf(x)))


def matrix(a):
    return mp.matrix(a.tolist())


def array(m):
    return arr(m.tolist()).reshape(m.rows, m.cols)


def solve(A, b):
    x = array(mp.inverse(matrix(A))) @ b
    return x


def inverse(A):
    return array(mp.inverse(matrix(A)))


def logdet(A):
    return mp.log(abs(mp.det(matrix(A))))


def cholesky(A):
    return array(mp.cholesky(matrix((A + A.T) / 2)))


def lstsq(A, b):
    return solve(A.T @ A, A.T @ b)


def eigh(A):
    w, V = mp.eigsy(matrix((A + A.T) / 2))
    w, V = arr(list(w)), array(V)
    order = sorted(range(len(w)), key=lambda k: w[k])
    return w[order], V[:, order]


def svd(A):
    U, sv, V = mp.svd_r(matrix(A))
    return array(U), arr(list(sv)), array(V)


def transform(z, sign, axis=-1):
    z = np.moveaxis(z, axis, -1)
    n = z.shape[-1]
    W = arr([[mp.expjpi(mp.mpf(sign * 2 * j * k) / n) for k in range(n)] for j in range(n)])
    out = z @ W
    if sign > 0:
        out = out / n
    return np.moveaxis(out, -1, axis)


def parts(z):
    return lift_re(z), lift_im(z)


lift_re = lambda z: np.frompyfunc(lambda v: mp.mpf(v.real), 1, 1)(z)
lift_im = lambda z: np.frompyfunc(lambda v: mp.mpf(v.imag), 1, 1)(z)


def complexes(x, y):
    return x + mp.mpc(0, 1) * y


@reference
class matrix_solve:
    def vector(A, b):
        return solve(A, b)

    def matrix(A, B):
        return solve(A, B)

    def inv(A):
        return inverse(A)

    def volume(A):
        return logdet(A) if len(A) else mp.mpf(0)

    def energy(A, b):
        x = solve(A, b)
        return sum(c(i + 0.5) * x[i] ** 3 for i in range(len(x))) + logdet(A)

    def columns(A, B):
        X, Y = solve(A, B), inverse(A)
        n, h = X.shape
        return sum(mp.cos(mp.mpf(13) / 10 * i + mp.mpf(7) / 10 * k) * X[i, k] ** 2 for i in range(n) for k in range(h)) + \
            sum(s(i + 2 * j) * Y[i, j] for i in range(n) for j in range(n))

    def second(A, b, W):
        return jvp(lambda B: jac(lambda C: matrix_solve.energy(C, b), B), A, W)

    def curvature(A):
        return hess(logdet, A)

    def slope(A, b, W):
        return jvp(lambda B: solve(B, b), A, W)

    def third(A, W):
        return mp.diff(lambda t: logdet(A + t * W), 0, 3)

    def steps(A, b, n):
        x = b
        for _ in range(n):
            x = solve(A, x) + b / 10
        return sqnorm(x)

    def changing(A, n):
        M = A
        for _ in range(n):
            M = M + inverse(M) / 2
        return logdet(M)

    def each(S, b):
        return arr([logdet(A) for A in S]), arr([solve(A, v) for A, v in zip(S, b)])

    def mixture(S, x):
        P, d = [inverse(A) for A in S], [logdet(A) for A in S]
        return sum(lse([-dot(v, p @ v) / 2 - e / 2 for p, e in zip(P, d)]) for v in x)

    def passed(A, b):
        return solve(A, solve(A, b))

    def rational(b):
        return solve(arr([[mp.mpf(2), mp.mpf(1)], [mp.mpf(1), mp.mpf(3)]]), b)


def weight(i, j):
    return mp.cos(mp.mpf(13) / 10 * i + mp.mpf(7) / 10 * j * j + mp.mpf(2) / 10)


def weighed(B):
    return sum(weight(i, j) * B[i, j] for i in range(B.shape[0]) for j in range(B.shape[1]))


@reference
class matrix_cholesky:
    def factor(A):
        return cholesky(A)

    def direct(A):
        return weighed(cholesky(A))

    def spd(X):
        return X @ X.T + np.diag(arr([mp.mpf(1) / 2] * len(X)))

    def chained(X):
        return weighed(cholesky(matrix_cholesky.spd(X)))

    def second(X, W):
        return jvp(lambda Y: jac(matrix_cholesky.chained, Y), X, W)

    def slope(A, W):
        return jvp(lambda X: cholesky(matrix_cholesky.spd(X)), A, W)

    def curvature(A):
        return hess(matrix_cholesky.direct, A)

    def density(A, x):
        L = cholesky(A)
        return -sqnorm(solve(L, x)) / 2 - sum(mp.log(L[i, i]) for i in range(len(L)))

    def each(S):
        return arr([cholesky(A) for A in S])


@reference
class matrix_lstsq:
    def fit(A, b):
        return lstsq(A, b)

    def fits(A, B):
        return lstsq(A, B)

    def loss(A, b):
        x = lstsq(A, b)
        return sum(c(i + 0.5) * x[i] ** 2 for i in range(len(x)))

    def losses(A, B):
        X = lstsq(A, B)
        return sum(c(i + 0.5 * k) * X[i, k] ** 2 for i in range(X.shape[0]) for k in range(X.shape[1]))

    def second(A, b, W):
        return jvp(lambda B: jac(lambda C: matrix_lstsq.loss(C, b), B), A, W)

    def slope(A, b, W):
        return jvp(lambda B: lstsq(B, b), A, W)


@reference
class matrix_eigen:
    def values(A):
        return eigh(A)[0]

    def power(A, p):
        w, V = eigh(A)
        return (V * arr([v**p for v in w])) @ V.T

    def root(A):
        return weighed(matrix_eigen.power(A, mp.mpf(1) / 2))

    def gap(A):
        w, V = eigh(A)
        return w[1] ** 2 - w[0] + sum(V[i, 0] ** 4 * (i + 1) for i in range(len(w)))

    def second(A, W):
        return jvp(lambda B: jac(matrix_eigen.root, B), A, W)

    def slope(A, W):
        return jvp(matrix_eigen.values, A, W)

    def each(S):
        return arr([eigh(A)[0][1] for A in S])

    def singular(A):
        return svd(A)[1]

    def bent(A):
        U, v, Vt = svd(A)
        return weighed((U * v**2) @ Vt) + sum(U[i, 0] ** 4 * (i + 1) for i in range(len(U))) + \
            sum(Vt[0, j] ** 4 * (j + 2) for j in range(Vt.shape[1]))

    def nuclear(A):
        return total(svd(A)[1])

    def bent_second(A, W):
        return jvp(lambda B: jac(matrix_eigen.bent, B), A, W)

    def bent_slope(A, W):
        return jvp(matrix_eigen.bent, A, W)


@reference
class matrix_fft:
    def forward(x, y):
        return parts(transform(complexes(x, y), -1))

    def back(x, y):
        return parts(transform(complexes(x, y), 1))

    def rows(x, y):
        return parts(transform(complexes(x, y), -1))

    def columns(x, y):
        return parts(transform(complexes(x, y), -1, 0))

    def plane(x, y):
        return parts(transform(transform(complexes(x, y), -1), -1, 0))

    def turned(x, y):
        return parts(transform(complexes(x, y), 1, 1))

    def spectrum(x):
        a, b = parts(transform(complexes(x, 0 * x), -1))
        return sum(c(k + mp.mpf(3) / 10) * (a[k] ** 2 + b[k] ** 2) + s(k + 1) * a[k] ** 3 for k in range(len(x)))

    def second(x, w):
        return jvp(lambda v: jac(matrix_fft.spectrum, v), x, w)

    def slope(x, w):
        return jvp(lambda v: parts(transform(complexes(v, v), -1))[1], x, w)

    def filtered(x, y, h):
        u, v = parts(transform(transform(complexes(x, y), -1) * h, 1))
        return sum(c(k + mp.mpf(3) / 10 * i) * u[i, k] * v[i, k] for i in range(len(u)) for k in range(len(h)))

    def each(x):
        return parts(transform(complexes(x, 2 * x), -1))[0]

    def diffuse(x, steps):
        u = x
        damping = arr([mp.exp(-mp.mpf(k) / 10) for k in range(len(x))])
        for _ in range(steps):
            r = parts(transform(transform(complexes(u, 0 * u), -1) * damping, 1))[0]
            u = r + r * r / 10
        return sqnorm(u)


@reference
class matrix_kernels:
    def evidence(x, y, s, noise):
        n = len(x)
        K = arr([[mp.exp(-sqnorm(x[i] - x[j]) / s**2) + (noise if i == j else 0) for j in range(n)] for i in range(n)])
        return -dot(y, solve(K, y)) / 2 - logdet(K) / 2 - n * mp.log(2 * mp.pi) / 2

    by_factor = evidence
    by_spectrum = evidence

    def second(x, y, s, noise, w):
        return jvp(lambda v: jac(lambda u: matrix_kernels.evidence(u, y, s, noise), v), x, w)
