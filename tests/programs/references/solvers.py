"""References of the tests on cg and fixpoint: direct solutions, and iterations run until 60 digits stand still."""
from reference import *  # noqa: F403
from reference import arr, dot, hess, jac, jvp, mp, np, reference, sin, sqdist, sqnorm, tanh, total, zeros


def solve(A, b):
    n = len(b)
    x = mp.lu_solve(mp.matrix([[A[i][j] for j in range(n)] for i in range(n)]), mp.matrix(list(b)))
    return arr([x[i] for i in range(n)])


def gram(x, z, s):
    return arr([[mp.exp(-sqdist(a, b) / s**2) for b in z] for a in x])


def eye(n):
    return arr([[mp.mpf(i == j) for j in range(n)] for i in range(n)])


def steps_until_still(f, x):
    for _ in range(2000):
        y = f(x)
        if mp.sqrt(sqnorm(arr(y) - arr(x))) < mp.mpf(10) ** -75:
            return y
        x = y
    raise ValueError("no fixed point")


def laplacian(n):
    return arr([[mp.mpf(3 if i == j else -1 if abs(i - j) == 1 else 0) for j in range(n)] for i in range(n)])


@reference
class solver_cg:
    def ridge(x, y, s, l):
        return solve(gram(x, x, s) + l * eye(len(y)), y)

    def predict(x, y, s, l, z):
        return gram(z, x, s).dot(solver_cg.ridge(x, y, s, l))

    def loss(x, y, s, l):
        a = solver_cg.ridge(x, y, s, l)
        return total(sin(a)) + dot(a, y) / 2

    def bend(x, y, s, l):
        return sqnorm(jac(lambda z: solver_cg.loss(z, y, s, l), x)) + jac(lambda r: solver_cg.loss(x, y, r, l), s)

    def curvature(x, y, s, l, v):
        return np.tensordot(hess(lambda z: solver_cg.loss(z, y, s, l), x), v, 2)

    def drift(x, y, s, l, v):
        return jvp(lambda z: solver_cg.ridge(z, y, s, l), x, v)

    def matrix(b):
        return arr([solve(laplacian(len(b)), c) for c in b.T]).T

    def scaled(d, c, b):
        n = len(d)
        return solve(arr([[c + (d[i] if i == j else 0) for j in range(n)] for i in range(n)]), b)

    def scaled_sum(d, c, b):
        return sqnorm(solver_cg.scaled(d, c, b))

    def scalar(a, b):
        return b / a**2

    def heat(u0, k, steps):
        u = u0
        for _ in range(steps):
            u = arr([solve(eye(len(u)) + k * laplacian(len(u)), c) for c in u.T]).T
        return sqnorm(u) / 2

    def rows(a, b):
        return sum(sqnorm(solve([[1 + p[0] ** 2, p[1] / 2], [p[1] / 2, mp.mpf(2)]], q)) for p, q in zip(a, b))

    def nothing(x, s, l):
        return zeros(len(x))


@reference
class solver_fixpoint:
    def kepler(e, M):
        return steps_until_still(lambda E: M + e * mp.sin(E), M)

    def kepler_bend(e, M):
        return jac(lambda t: solver_fixpoint.kepler(t, M), e) * jac(lambda t: solver_fixpoint.kepler(e, t), M)

    def layer(W, b):
        return steps_until_still(lambda x: tanh(W.dot(x) + b) / 4, zeros(len(b)))

    def layer_loss(W, b, y):
        return sqnorm(solver_fixpoint.layer(W, b) - y)

    def layer_curvature(W, b, y, v):
        return hess(lambda c: solver_fixpoint.layer_loss(W, c, y), b).dot(v)

    def layer_drift(W, b, v):
        return jvp(lambda c: solver_fixpoint.layer(W, c), b, v)

    def layer_bend(W, b, y):
        return sqnorm(jac(lambda V: solver_fixpoint.layer_loss(V, b, y), W))

    def root(A, start):
        return total([mp.sqrt(v) for v in np.ravel(A)])

    def chain(a, n):
        x = a
        for _ in range(n):
            x = steps_until_still(lambda y: mp.cos(x * y) / 2, mp.mpf(0))
        return x

    def guarded(x):
        return x**2


# The tableau of Dormand and Prince (J. Comp. Appl. Math. 6, 1980).
NODES = [[], ["1/5"], ["3/40", "9/40"], ["44/45", "-56/15", "32/9"],
         ["19372/6561", "-25360/2187", "64448/6561", "-212/729"],
         ["9017/3168", "-355/33", "46732/5247", "49/176", "-5103/18656"]]
FIFTH = ["35/384", "0", "500/1113", "125/192", "-2187/6784", "11/84", "0"]
FOURTH = ["5179/57600", "0", "7571/16695", "393/640", "-92097/339200", "187/2100", "1/40"]


def number(s):
    a, b = (s + "/1").split("/")[:2]
    return mp.mpf(int(a)) / int(b)


def along(x, h, row, ks):
    return x + h * sum((number(c) * k for c, k in zip(row, ks)), 0 * x)


def dopri5(f, x, T, rtol, atol, most):
    def mean_of(d, a, b):
        return mp.sqrt(sum((v / (atol + rtol * max(abs(p), abs(q)))) ** 2 for v, p, q in zip(d, a, b)) / len(d))

    t, steps, refused = mp.mpf(0), 0, 0
    size, speed = mean_of(x, x, x), mean_of(f(x), x, x)
    h = size / speed / 100
    while t < T and steps + refused < most:
        last = t + h >= T
        s = T - t if last else h
        ks = []
        for row in NODES:
            ks.append(f(along(x, s, row, ks)))
        y = along(x, s, FIFTH, ks)
        ks.append(f(y))
        error = mean_of(y - along(x, s, FOURTH, ks), x, y)
        if error <= 1:
            t, x, steps = T if last else t + s, y, steps + 1
        else:
            refused += 1
        h = s * min(max(error ** mp.mpf("-0.2") * 9 / 10, mp.mpf(1) / 5), mp.mpf(5))
    return x, steps, refused


@reference
class stdlib_ode_adaptive:
    def vanderpol(x0, m, T, rtol, most):
        def f(x):
            return arr([x[1], m * (1 - x[0] ** 2) * x[1] - x[0]])

        return dopri5(f, x0, T, mp.mpf(float(rtol)), mp.mpf("1e-10"), most)


def rosenbrock(x):
    return sum((100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1)), mp.mpf(0))


def rosenbrock_slope(x):
    g = zeros(len(x))
    for i in range(len(x) - 1):
        g[i] += -400 * x[i] * (x[i + 1] - x[i] ** 2) - 2 * (1 - x[i])
        g[i + 1] += 200 * (x[i + 1] - x[i] ** 2)
    return g


def exactly(x):
    return mp.mpf(float(x))


@reference
class stdlib_optim:
    tolerance = {"ridge": "~1e-8", "decay_fit": "~1e-7", "line_slope_grad": "~1e-8",
                 "weights_sum_grad": "~1e-10", "weights_bend_grad": "~1e-9"}

    def first_order(x0, rate, keep, steps):
        d, m, v = x0, x0, zeros(len(x0))
        a, p, q = x0, zeros(len(x0)), zeros(len(x0))
        b1, b2, eps = exactly(0.9), exactly(0.999), exactly(1e-8)
        for t in range(1, steps + 1):
            d = d - rate * rosenbrock_slope(d)
            v = keep * v - rate * rosenbrock_slope(m)
            m = m + v
            g = rosenbrock_slope(a)
            p, q = b1 * p + exactly(0.1) * g, b2 * q + exactly(0.001) * g * g
            a = a - 50 * rate * arr([u / (1 - b1**t) / (mp.sqrt(w / (1 - b2**t)) + eps) for u, w in zip(p, q)])
        ends = (d, m, a)
        return d, m, a, sum(map(rosenbrock, ends)), sum(mp.sqrt(sqnorm(rosenbrock_slope(x))) for x in ends)

    def ridge(x, Y, s, l):
        return arr([solve(gram(x, x, s) + l * eye(len(x)), c) for c in Y.T]).T, True

    def decay_fit(t, y, p0):
        def slope(a, b, c, d):
            r = [a * mp.exp(-b * s) + c * mp.exp(-d * s) - v for s, v in zip(t, y)]
            e, f = [mp.exp(-b * s) for s in t], [mp.exp(-d * s) for s in t]
            return [dot(r, e), dot(r, [a * s * u for s, u in zip(t, e)]), dot(r, f), dot(r, [c * s * u for s, u in zip(t, f)])]

        p = mp.findroot(slope, [mp.mpf("1.9"), mp.mpf("1.7"), mp.mpf("1.1"), mp.mpf("0.35")], tol=1e-60, maxsteps=100)
        r = [p[0] * mp.exp(-p[1] * s) + p[2] * mp.exp(-p[3] * s) - v for s, v in zip(t, y)]
        return arr([[p[0], p[1]], [p[2], p[3]]]), sqnorm(r) / 2, True

    def line_slope(t, y):
        n, st, sy = len(t), total(t), total(y)
        return (n * dot(t, y) - st * sy) / (n * dot(t, t) - st**2)

    def weights(X, y, s):
        n, d = X.shape

        def slope(*w):
            m = X.dot(arr(w))
            pull = [-b / (1 + mp.exp(b * u)) for b, u in zip(y, m)]
            return [dot(X[:, k], pull) + 2 * s * w[k] for k in range(d)]

        p = mp.findroot(slope, [mp.mpf("0.5")] * d, tol=1e-150, maxsteps=100)
        return arr([p[k] for k in range(d)])

    def weights_sum(X, y, s):
        return sqnorm(stdlib_optim.weights(X, y, s))

    def weights_bend(X, y, s):
        return jac(lambda t: stdlib_optim.weights_sum(X, y, t), s) + sqnorm(
            jac(lambda Z: stdlib_optim.weights_sum(Z, y, s), X))
