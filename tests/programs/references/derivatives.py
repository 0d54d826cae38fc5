"""References of the tests in tests/derivatives."""
from reference import *  # noqa: F403
from reference import arr, dot, hess, jac, jvp, lse, mp, norm, np, reference, sin, sqdist, sqnorm, total, vjp


def trace(J):
    n = int(round(np.prod(J.shape) ** 0.5)) if J.shape else 1
    return total(np.diagonal(np.reshape(J, (n, n))))


def field(x):
    s = sqnorm(x)
    return arr([mp.sin(v) * s + i * v for i, v in enumerate(x)])


def energy(x):
    return mp.exp(-sqnorm(x) / 4) * total(x**3) + np.prod(x)


@reference
class forms:
    def f_vjp(x, w):
        return vjp(field, x, w)

    def f_jvp(x, v):
        return jvp(field, x, v)

    def f_jacobian(x):
        return jac(field, x)

    def f_divergence(x):
        return trace(jac(field, x))

    def e_grad(x):
        return jac(energy, x)

    def e_hessian(x):
        return hess(energy, x)

    def e_hvp(x, v):
        return hess(energy, x) @ v

    def e_laplacian(x):
        return trace(hess(energy, x))

    def m_jacobian(x):
        return jac(lambda x: arr([sqnorm(x), x[0] * mp.sin(x[1])]), x)


def matrix_energy(A):
    return total(sin(A)) + total(A) ** 2


@reference
class forms_matrices:
    def hessian_of(A):
        return hess(matrix_energy, A)

    def laplacian_of(A):
        return trace(hess(matrix_energy, A))

    def divergence_of(A):
        return trace(jac(lambda A: A @ A, A))


def f1(x):
    return mp.exp(mp.sin(x)) * x**2


def g1(x):
    p = np.prod(x)
    return total([mp.sin(v) * p for v in x]) + mp.exp(dot(x, x) / 8)


def gradient_norm(x):
    return sqnorm(jac(g1, x))


@reference
class nesting:
    def first(x):
        return mp.diff(f1, x, 1)

    def second(x):
        return mp.diff(f1, x, 2)

    def third(x):
        return mp.diff(f1, x, 3)

    def fourth(x):
        return mp.diff(f1, x, 4)

    second_ff = second_fr = second_rf = second
    third_rfr = third_frf = third

    def mixed(x, y):
        return jac(lambda y: jac(lambda x: mp.sin(x * y) * y, x), y)

    mixed_other = mixed

    def third_tensor(x, u, v):
        return jac(lambda x: dot(hess(g1, x) @ u, v), x)

    def gradient_norm(x):
        return gradient_norm(x)

    def laplacian_gradient(x):
        return trace(hess(g1, x))

    def hessian_of_grad_norm(x):
        return hess(gradient_norm, x)


def residual(c, p):
    return arr([c[0] * p[0] + mp.sin(c[1] * p[1]), c[2] * p[0] * p[1]])


def slope(x, a):
    return mp.sin(a * x) + a * x * mp.cos(a * x)


@reference
class inside_index:
    def blocks(C, P, c, p):
        pairs = list(zip(c, p))
        return (
            arr([jac(lambda t: residual(t, P[j]), C[i]) for i, j in pairs]),
            arr([jac(lambda t: residual(C[i], t), P[j]) for i, j in pairs]),
        )

    def slopes(x, a):
        return arr([slope(v, a) for v in x])

    def total_slope(x, a):
        return total([slope(v, a) ** 2 for v in x])

    def block_energy(C, P, c, p):
        return total([sqnorm(jac(lambda t: residual(t, P[j]), C[i])) for i, j in zip(c, p)])

    def forces(q):
        return arr([sum(-2 * (x - y) * mp.exp(-sqdist(x, y)) for y in q) for x in q])

    def curvatures(X):
        return arr([-mp.sin(a) * b**3 + 6 * b * mp.sin(a) for a, b in X])


def hamiltonian(q, p, s):
    n = len(q)
    return total([mp.exp(-sqdist(q[i], q[j]) / s**2) * dot(p[i], p[j]) for i in range(n) for j in range(n)]) / 2


def shoot(q, p, s, n):
    h = mp.mpf(0.1)
    for _ in range(n):
        dq, dp = jac(lambda t: hamiltonian(t, p, s), q), jac(lambda t: hamiltonian(q, t, s), p)
        q, p = q + h * dp, p - h * dq
    return q, p


def loop(x, n):
    y = x
    for _ in range(n):
        y = mp.sin(y) + x * y
    return y


def vector_loop(x, n):
    y = x
    for _ in range(n):
        y = sin(y) + x * total(y)
    return sqnorm(y)


@reference
class inside_loops:
    def descend(x0, k, n):
        for _ in range(n):
            x0 = x0 - mp.mpf(0.1) * (k * x0 - sin(x0))
        return x0

    def reached(x0, k, n):
        return sqnorm(inside_loops.descend(x0, k, n))

    def shoot(q0, p0, s, n):
        return shoot(q0, p0, s, n)

    def matching(p0, q0, target, s):
        q1, _ = shoot(q0, p0, s, 3)
        return hamiltonian(q0, p0, s) + sqnorm(q1 - target)

    def loop_hessian(x, n):
        return mp.diff(lambda t: loop(t, n), x, 2)

    def loop_hvp(x, v, n):
        return hess(lambda t: vector_loop(t, n), x) @ v

    def loop_forward(x, n):
        first, second = mp.diff(lambda t: loop(t, n), x), mp.diff(lambda t: loop(t, n), x, 2)
        return first, first, second, second


@reference
class at_zero:
    def distance_kernel(q, p):
        n = len(q)
        return total([mp.exp(-norm(q[i] - q[j])) * p[i] * p[j] for i in range(n) for j in range(n)])

    def smooth_hessian(x):
        return hess(lambda x: mp.sqrt(sqnorm(x) + 1), x)


def constructs(x, k):
    y = [v * v if v > 0 else mp.sin(v) for v in x]
    s = sum(y[m] * x[m] for m in k)
    for v in x:
        s = s + v * mp.cos(s)
    return s + lse(x) * max(x) + total(y) / len(y) + np.prod(x) + norm(x)


@reference
class forward_mode:
    def forward(x, k, v):
        return dot(jac(lambda t: constructs(t, k), x), v)

    def reverse(x, k):
        return jac(lambda t: constructs(t, k), x)

    def matrix(A, V):
        return V @ A.T + A @ V.T

    def tangents(q, v):
        return jvp(lambda q: arr([sum(mp.exp(-sqdist(a, b)) for b in q) for a in q]), q, v)


def spring(V, E):
    return total([(norm(V[a] - V[b]) - 1) ** 2 for a, b in E])


def conv(x, k):
    return total([(x[i] * k[0] + x[i + 1] * k[1] + x[i + 2] * k[2]) ** 3 for i in range(len(x) - 2)])


@reference
class gather_second:
    def spring_hvp(V, E, U):
        return np.tensordot(hess(lambda V: spring(V, E), V), U, axes=2)

    def spring_hessian(V, E):
        return hess(lambda V: spring(V, E), V)

    def conv_mixed(x, k, v):
        return jac(lambda x: jac(lambda k: conv(x, k), k), x) @ v

    def conv_hessian(x, k):
        return hess(lambda x: conv(x, k), x)

    def filtered_hvp(x, v):
        n = len(x)
        return hess(lambda x: total([mp.log(1 + (x[i] - x[j]) ** 2) for i in range(n) for j in range(i + 1, n)]), x) @ v

    def repeated(x, k, v):
        return hess(lambda x: total([x[m] ** 3 * x[n] for m in k for n in k]), x) @ v


@reference
class many_inputs:
    def model(a, x, A, b, c):
        return dot(A @ x + a, x) * c[1] + b * b


def softmax_mean(s, v):
    w = [mp.exp(t) for t in s]
    return sum(a * b for a, b in zip(w, v)) / sum(w)


def top_two(x):
    m = sorted([v * v for v in x])
    return m[-1] * m[-2]


def deviation(x):
    m = total(x) / len(x)
    return mp.sqrt(sqnorm(x - m) / len(x))


@reference
class reduce_second:
    def h_logsumexp(x):
        return hess(lambda x: lse(x**2), x)

    def h_softmax_mean(s, v):
        return hess(lambda s: softmax_mean(s, v), s)

    def mixed_softmax(s, v, u):
        return jac(lambda s: jac(lambda v: softmax_mean(s, sin(v)), v), s) @ u

    def h_min(x):
        return hess(lambda x: min(v**3 * x[0] for v in x), x)

    def h_mean(x):
        return hess(lambda x: total(sin(x * x[0])) / len(x), x)

    def h_prod(x):
        return hess(lambda x: np.prod(sin(x)), x)

    def h_norm(x):
        return hess(norm, x)

    def h_kmax(x):
        return hess(top_two, x)

    def h_pair(x):
        return hess(lambda x: max(v * v for v in x) * x[0], x)

    def h_filtered(x):
        return hess(lambda x: total([mp.log(1 + (a - b) ** 2) for a in x for b in x]), x)

    def h_variance(x):
        return hess(deviation, x)


def nested(x, n):
    y = x
    for i in range(n):
        z = y
        for _ in range(i):
            z = sin(z) + mp.mpf("0.1") * x
        y = y * z + x / 2
    return total(y)


def with_path(x):
    s, p = mp.mpf(1), []
    for v in x:
        s = s * v + mp.sin(s)
        p.append(s)
    return sqnorm(p)


def branches(x, n):
    for _ in range(n):
        x = x**2 / 3 if x > 1 else mp.exp(x) - 0.5
    return x


@reference
class loops_second:
    def nested_hessian(x, n):
        return hess(lambda x: nested(x, n), x)

    def path_hessian(x):
        return hess(with_path, x)

    def branches_second(x, n):
        return jac(lambda x: jac(lambda x: branches(x, n), x), x)

    def branches_third(x, n):
        return jac(lambda x: jac(lambda x: jac(lambda x: branches(x, n), x), x), x)

    def inner_loop(x, n, m):
        for _ in range(n):
            x = x - mp.mpf("0.1") * jac(lambda x: branches(x, m), x)
        return x


@reference
class handwritten_placed:
    def both(x, k):
        return mp.log(1 + mp.exp(k * x)) / k


def third(f):
    return lambda x: mp.diff(f, x, 3)


@reference
class elementwise_third:
    a3 = staticmethod(lambda x: third(lambda x: mp.sin(x) * mp.exp(-x) + mp.tanh(x) ** 2)(x))
    b3 = staticmethod(lambda x: third(lambda x: mp.sqrt(1 + x**2) * mp.log(2 + mp.cos(x)))(x))
    c3 = staticmethod(lambda x: third(lambda x: mp.erf(x) * mp.atan(x) / (1 + mp.log(1 + mp.exp(x))))(x))
    d3 = staticmethod(
        lambda x: third(lambda x: mp.sin(mp.pi * x) / (mp.pi * x) + (1 + x**2) * mp.log(1 + x**2) + (1 + x**2) ** mp.mpf("0.3"))(x)
    )


def gradients(q, p, s):
    return jac(lambda q: hamiltonian(q, p, s), q), jac(lambda p: hamiltonian(q, p, s), p)


@reference
class hamiltonian_second:
    def products(q, p, s, u):
        return (
            np.tensordot(hess(lambda q: hamiltonian(q, p, s), q), u, axes=2),
            np.tensordot(jac(lambda q: gradients(q, p, s)[1], q), u, axes=2),
            np.tensordot(hess(lambda p: hamiltonian(q, p, s), p), u, axes=2),
        )

    def dense(q, p, s):
        return hess(lambda q: hamiltonian(q, p, s), q)

    def gradient_energy(q, p, s):
        gq, gp = gradients(q, p, s)
        return sqnorm(gq) + dot(gp, p) * s
