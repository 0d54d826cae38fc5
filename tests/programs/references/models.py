"""References of the model_* tests: complete small models."""
from reference import *  # noqa: F403
from reference import arr, cos, dot, grad, itertools, jac, lse, mp, norm, np, reference, sigmoid, sin, sqdist, sqnorm, tanh, total, zeros


def rk4(f, x, h, n):
    for _ in range(n):
        k1 = f(x)
        k2 = f(x + h / 2 * k1)
        k3 = f(x + h / 2 * k2)
        k4 = f(x + h * k3)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x


def lorenz(x, s, r, b):
    return arr([s * (x[1] - x[0]), x[0] * (r - x[2]) - x[1], x[0] * x[1] - b * x[2]])


@reference
class model_rk4:
    def flow(x0, s, r, b, h, n):
        return rk4(lambda x: lorenz(x, s, r, b), x0, h, n)

    def distance(x0, s, r, b, h, n):
        return sqnorm(rk4(lambda x: lorenz(x, s, r, b), x0, h, n))

    def circle(T):
        return rk4(lambda x: arr([-x[1], x[0]]), arr([mp.mpf(1), mp.mpf(0)]), 2 * mp.pi / T, T)

    def sensitivities(x0, h):
        return jac(lambda x0: rk4(lambda x: lorenz(x, 10, 28, mp.mpf(8) / 3), x0, h, 4), x0)


def fly(q, p, m, g, n, dt):
    for _ in range(n):
        q, p = q + dt * p / m, p - dt * arr([mp.mpf(0), m * g])
    return q, p


def miss(p0, g):
    q, _ = fly(arr([mp.mpf(0), mp.mpf(0.5)]), p0, 15, g, 10, mp.mpf("0.1"))
    return sqdist(q, arr([7, 2]))


@reference
class model_ballistic:
    def fly(q0, p0, m, g, n, dt):
        return fly(q0, p0, m, g, n, dt)

    miss = miss

    def aim(p0, step, n):
        p = p0
        for _ in range(n):
            q, _p = fly(arr([mp.mpf(0), mp.mpf(0.5)]), p, 15, mp.mpf("9.81"), 10, mp.mpf("0.1"))
            p = p - step * 2 * (q - arr([7, 2])) / 15
        return p, miss(p, mp.mpf("9.81"))


def hamiltonian(q, p, s):
    n = len(q)
    return total([mp.exp(-sqdist(q[i], q[j]) / s**2) * dot(p[i], p[j]) for i in range(n) for j in range(n)]) / 2


def shoot(q, p, s, n, h):
    for _ in range(n):
        dq, dp = jac(lambda t: hamiltonian(t, p, s), q), jac(lambda t: hamiltonian(q, t, s), p)
        q, p = q + h * dp, p - h * dq
    return q, p


@reference
class model_hamiltonian:
    hamiltonian = hamiltonian

    def shoot(q0, p0, s, steps, dt):
        return shoot(q0, p0, s, steps, dt)

    def matching(p0, q0, target, s):
        q1, _ = shoot(q0, p0, s, 4, mp.mpf("0.1"))
        return hamiltonian(q0, p0, s) + sqnorm(q1 - target)


def logits(W1, b1, W2, b2, X):
    return arr([W2 @ tanh(W1 @ x + b1) + b2 for x in X])


def loss(W1, b1, W2, b2, X, label):
    Y = logits(W1, b1, W2, b2, X)
    return sum(lse(y) - y[k] for y, k in zip(Y, label)) / len(X)


@reference
class model_mlp:
    logits = logits
    loss = loss

    def trained(W1, b1, W2, b2, X, label, rate, n):
        p = [W1, b1, W2, b2]
        for _ in range(n):
            g = [jac(lambda t, i=i: loss(*p[:i], t, *p[i + 1 :], X, label), p[i]) for i in range(4)]
            p = [a - rate * b for a, b in zip(p, g)]
        return loss(*p, X, label)


def cell(W, b, x, h, c):
    n = len(h)
    z = W @ np.concatenate([x, h]) + b
    c1 = sigmoid(z[n : 2 * n]) * c + sigmoid(z[:n]) * tanh(z[2 * n : 3 * n])
    return sigmoid(z[3 * n :]) * tanh(c1), c1


@reference
class model_lstm:
    step_once = cell

    def energy(W, b, X, h0, c0):
        h, c = h0, c0
        for x in X:
            h, c = cell(W, b, x, h, c)
        return sqnorm(h) + total(c)


@reference
class model_gmm:
    def likelihood(alpha, mu, q, l, x):
        n, d = x.shape
        out = mp.mpf(0)
        for i in range(n):
            e = []
            for k in range(len(alpha)):
                y = x[i] - mu[k]
                z = [mp.exp(q[k, a]) * y[a] + sum(l[k, a, b] * y[b] for b in range(a)) for a in range(d)]
                e.append(alpha[k] + total(q[k]) - sqnorm(z) / 2)
            out += lse(e)
        return out - n * lse(alpha)


def project(c, x):
    w = c[:3]
    t = norm(w)
    k = w / t
    x = x - c[3:6]
    y = x * mp.cos(t) + np.cross(k, x) * mp.sin(t) + k * dot(k, x) * (1 - mp.cos(t))
    u = y[:2] / y[2]
    r2 = sqnorm(u)
    return c[6] * (1 + c[9] * r2 + c[10] * r2**2) * u + c[7:9]


@reference
class model_bundle:
    def residuals(cams, pts, c, p):
        return arr([project(cams[i], pts[j]) for i, j in zip(c, p)])

    def blocks(cams, pts, c, p):
        pairs = list(zip(c, p))
        return (
            arr([jac(lambda t: project(t, pts[j]), cams[i]) for i, j in pairs]),
            arr([jac(lambda t: project(cams[i], t), pts[j]) for i, j in pairs]),
        )

    def cost(cams, pts, c, p, feat):
        return total([sqdist(project(cams[i], pts[j]), z) for i, j, z in zip(c, p, feat)]) / 2


@reference
class model_sinkhorn:
    def transport(x, y, eps, n):
        f, g = zeros(len(x)), zeros(len(y))
        C = arr([[sqdist(a, b) / 2 for b in y] for a in x])
        for _ in range(n):
            f = arr([-eps * (lse((g - C[i]) / eps) - mp.log(len(y))) for i in range(len(x))])
            g = arr([-eps * (lse((f - C[:, j]) / eps) - mp.log(len(x))) for j in range(len(y))])
        return total(f) / len(f) + total(g) / len(g)


def rotation(a):
    c, s, o, z = cos(a), sin(a), mp.mpf(1), mp.mpf(0)
    X = arr([[o, z, z], [z, c[0], -s[0]], [z, s[0], c[0]]])
    Y = arr([[c[1], z, s[1]], [z, o, z], [-s[1], z, c[1]]])
    Z = arr([[c[2], -s[2], z], [s[2], c[2], z], [z, z, o]])
    return Z @ Y @ X


def skin(angles, shift, V, W):
    R = [rotation(a) for a in angles]
    return arr([sum(W[n, b] * (R[b] @ V[n] + shift[b]) for b in range(len(R))) for n in range(len(V))])


@reference
class model_hand:
    skin = skin

    def energy(angles, shift, V, W, target, match):
        P = skin(angles, shift, V, W)
        return total([sqdist(P[k], t) for k, t in zip(match, target)])


def heat(u, c, T):
    n = len(u)
    for _ in range(T):
        u = arr([u[i] + c * (u[max(i - 1, 0)] - 2 * u[i] + u[min(i + 1, n - 1)]) for i in range(n)])
    return u


def lennard_jones(q):
    n = len(q)
    r = [sqdist(q[i], q[j]) for i in range(n) for j in range(i + 1, n)]
    return total([4 * (1 / v**6 - 1 / v**3) for v in r])


@reference
class model_physics:
    def heat(u0, c, T):
        return heat(u0, c, T)

    def heat_energy(u0, c, T):
        return sqnorm(heat(u0, c, T))

    lennard_jones = lennard_jones

    def virial(q):
        return dot(q, jac(lennard_jones, q))

    def leapfrog(q0, v0, dt, n):
        q, v = q0, v0
        for _ in range(n):
            v = v - dt / 2 * jac(lennard_jones, q)
            q = q + dt * v
            v = v - dt / 2 * jac(lennard_jones, q)
        return q, v


def chamfer(x, y):
    d = arr([[sqdist(a, b) for b in y] for a in x])
    return total([min(r) for r in d]) / len(x) + total([min(r) for r in d.T]) / len(y)


@reference
class model_icp:
    chamfer = chamfer_index = chamfer_kmin = chamfer

    def soft(x, y, t):
        return total([-t * lse([-sqdist(a, b) / t for b in y]) for a in x]) / len(x)


def cot(a, b):
    return dot(a, b) / norm(np.cross(a, b))


@reference
class model_mesh:
    def volume(V, F):
        return total([dot(V[a], np.cross(V[b], V[c])) for a, b, c in F]) / 6

    def normals(V, F):
        n = [np.cross(V[b] - V[a], V[c] - V[a]) for a, b, c in F]
        return arr([v / norm(v) for v in n])

    def dirichlet(V, F, u):
        e = mp.mpf(0)
        for f in F:
            for k in range(3):
                o, a, b = f[k], f[(k + 1) % 3], f[(k + 2) % 3]
                e += cot(V[a] - V[o], V[b] - V[o]) * (u[a] - u[b]) ** 2
        return e / 4

    def smoothness(V, row, col):
        e = mp.mpf(0)
        for i in range(len(V)):
            near = col[row[i] : row[i + 1]]
            e += sqnorm(V[i] - sum((V[k] for k in near), zeros(3)) / max(len(near), 1))
        return e


@reference
class model_kalman:
    def likelihood(y, q, r):
        m, P, l = mp.mpf(0), mp.mpf(1), mp.mpf(0)
        for v in y:
            S = P + q + r
            K = (P + q) / S
            e = v - m
            l -= (mp.log(2 * mp.pi * S) + e**2 / S) / 2
            m, P = m + K * e, (1 - K) * (P + q)
        return l

    def curvature(y, q, r):
        return jac(lambda q: jac(lambda r: model_kalman.likelihood(y, q, r), r), q)


@reference
class model_cnn:
    def loss(x, k, b):
        C, H, W = x.shape
        p = zeros(C, H + 2, W + 2)
        p[:, 1:-1, 1:-1] = x
        y = zeros(len(b), H, W)
        for f in range(len(b)):
            for i in range(H):
                for j in range(W):
                    v = b[f] + total(p[:, i : i + 3, j : j + 3] * k[f])
                    y[f, i, j] = v if v > 0 else mp.mpf(0)
        return total([max(np.ravel(y[f, i : i + 2, j : j + 2])) ** 2 for f in range(len(b)) for i in range(0, H, 2) for j in range(0, W, 2)])


@reference
class model_batch:
    def batch(seed, k, w):
        images = [arr([[mp.sin(s + mp.mpf(1.3) * i * i - mp.mpf(0.7) * j + mp.mpf(0.1) * i * j) for j in range(6)] for i in range(6)]) for s in seed]

        def score(k, w):
            z, single, N = zeros(len(images), len(k), 2, 2), {}, len(images)
            for n, x in enumerate(images):
                for f in range(len(k)):
                    y = arr([[max(total(x[i : i + 3, j : j + 3] * k[f]) + mp.mpf(0.1), mp.mpf(0)) for j in range(4)] for i in range(4)])
                    single[n, f] = y[:2, :2]
                    for i, j in itertools.product(range(2), range(2)):
                        z[n, f, i, j] = max(np.ravel(y[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]))
            s = [[dot(w[c], z[n]) for c in range(len(w))] for n in range(len(images))]
            ring = total([single[n, 0][0, 1] * single[(n + 1) % N, 1][0, 0] * seed[(n + 2) % N] + single[n, 1][1, 1] ** 2 * seed[n] for n in range(N)])
            losses = [lse(row) - row[n % len(w)] for n, row in enumerate(s)]
            return total(losses) / len(images) + sqnorm(np.sum(z, 0) / len(images)) + single[N - 1, 0][0, 0] + ring

        return score(k, w), grad(lambda v: score(v, w), k), grad(lambda v: score(k, v), w)
