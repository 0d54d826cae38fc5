"""References of the tests on branches and loops."""
from reference import *  # noqa: F403
from reference import dot, mp, reference, sqnorm, tanh, total


@reference
class if_lazy:
    def padded_energy(x, k):
        n = len(x)
        y = [sum(x[i + a - 1] * k[a] for a in range(3) if 0 <= i + a - 1 < n) for i in range(n)]
        return sqnorm(y)

    def nan_branch(x):
        return total([v * v if v < 0 else v * mp.sqrt(v) * mp.log(v) for v in x])


@reference
class loops_gradient:
    def logistic(x, r, n):
        for _ in range(n):
            x = r * x * (1 - x)
        return x

    def horner(c, x):
        s = mp.mpf(0)
        for v in c:
            s = s * x + v
        return s

    def coupled(a, b, n):
        for _ in range(n):
            a, b = a * mp.cos(b), b + 0.1 * a * a
        return a * b

    def nested(x, n, m):
        y = x
        for i in range(n):
            z = y
            for _ in range(m):
                z = mp.sin(z) + mp.mpf(0.1) * i * x
            y = y * z + x / 2
        return y

    def matrix(A, x, n):
        for _ in range(n):
            x = tanh(A @ x)
        return sqnorm(x)

    def weighted(w, x):
        for v in w:
            x = x + v * mp.sin(x)
        return x

    def two_loops(x, n):
        y = x
        for _ in range(n):
            y = y * x
        for _ in range(n):
            y = mp.sin(y)
        return y


@reference
class loops_yield:
    def energy(x):
        s, p = mp.mpf(1), []
        for v in x:
            s = s * v
            p.append(s)
        return sqnorm(p)

    def mean_square(x, a):
        s, p = mp.mpf(0), []
        for v in x:
            s = a * s + v
            p.append(s)
        return sqnorm(p) / len(p) + s
