"""References of the tests on the standard library."""
from reference import *  # noqa: F403
from reference import arr, dot, mp, norm, reference, sqdist, total


def cauchy(u, v, s):
    return 1 / (1 + sqdist(u, v) / s**2)


def energy(u, v):
    d = sqdist(u, v)
    return -mp.sqrt(d) if d else mp.mpf(0)


@reference
class stdlib_kernels:
    def values(x, y, s):
        r2 = sqdist(x, y)
        r = mp.sqrt(r2)
        return arr([mp.exp(-r2 / s**2), mp.exp(-r / s), cauchy(x, y, s), 1 / mp.sqrt(1 + r2 / s**2), -r, dot(x, y)])

    def smoothed(x, y, b, s):
        return arr([sum(mp.exp(-sqdist(u, v) / s**2) * c for v, c in zip(y, b)) for u in x])

    def size(x, p, s):
        return total([cauchy(x[i], x[j], s) * dot(p[i], p[j]) for i in range(len(x)) for j in range(len(x))])

    def gap(x, a, y, b):
        def pairs(x, a, y, b):
            return total([energy(u, v) * c * d for u, c in zip(x, a) for v, d in zip(y, b)])

        return pairs(x, a, x, a) - 2 * pairs(x, a, y, b) + pairs(y, b, y, b)


@reference
class stdlib_ode:
    def decay(x0, a, dt, n):
        z = -a * dt
        steps = (1 + z, 1 + z + z**2 / 2, 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24)
        return tuple(x0 * s**n for s in steps)

    def height(x0, g, dt, n):
        def f(x):
            return arr([x[1], -g * mp.sin(x[0])])

        x = x0
        for _ in range(n):
            k1 = f(x)
            k2 = f(x + dt / 2 * k1)
            k3 = f(x + dt / 2 * k2)
            k4 = f(x + dt * k3)
            x = x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return 1 - mp.cos(x[0])
