"""References of the tests on arithmetic, whole-tensor operations, slices and index notation."""
from reference import *  # noqa: F403
from reference import arr, dot, jac, mp, norm, np, reference, sqdist, sqnorm, total


@reference
class elementwise_pow:
    def general(x, p):
        return x**p

    def function_form(x, p):
        return x**p

    def d_base(x, p):
        if p == 2 or p == 1:
            return arr([p * v ** (p - 1) for v in x])
        return p * x ** (p - 1)

    def d_exponent(x, p):
        return x**p * mp.log(x)

    def d2_base(x, p):
        return p * (p - 1) * x ** (p - 2)

    def exponential(x):
        return mp.mpf(2) ** x

    def d_exponential(x):
        return mp.log(2) * mp.mpf(2) ** x


@reference
class elementwise_atan2_mod:
    def angle(y, x):
        return atan2(y, x)

    def d_angle(y, x):
        r = x * x + y * y
        return x / r, -y / r


@reference
class elementwise_sinc_xlogx:
    def f_sinc(x):
        return sinc(x)

    def d_sinc(x):
        return arr([mp.mpf(0) if v == 0 else mp.diff(lambda t: mp.sin(mp.pi * t) / (mp.pi * t), v) for v in x])

    def d2_sinc(x):
        return arr([-mp.pi**2 / 3 if v == 0 else mp.diff(lambda t: mp.sin(mp.pi * t) / (mp.pi * t), v, 2) for v in x])

    def f_xlogx(x):
        return xlogx(x)

    def d_xlogx(x):
        return log(x) + 1


@reference
class elementwise_lgamma:
    def f_lgamma(x):
        return lgamma(x)

    def d_lgamma(x):
        return arr([mp.digamma(v) for v in x])


@reference
class build_tensors:
    def d_literal(a, b):
        def e(a, b):
            A = arr([[a, b], [a * b, mp.mpf(1)]])
            return total(A @ A)

        return {"da": jac(lambda t: e(t, b), a), "db": jac(lambda t: e(a, t), b)}


@reference
class matrix_products:
    def quadratic(A, x):
        return dot(x, A @ x)

    def chain(A, B, x):
        return A @ B @ x

    def frobenius(A, B, C):
        return sqnorm(A @ B - C)


@reference
class row_functions:
    def f_dot(x, y):
        return dot(x, y)

    def f_sqnorm(x):
        return sqnorm(x)

    def f_norm(x):
        return norm(x) if any(x) else {"result": mp.mpf(0)}

    def f_sqdist(x, y):
        return sqdist(x, y)

    def matrix_norm(A):
        return norm(A)

    def triple(x, y, z):
        return dot(np.cross(x, y), z)

    def weighted(x, y, A):
        return total(A * np.outer(x, y) ** 2)

    def joined(x, y, w):
        return dot(np.concatenate([x, y]) ** 2, w)

    def direction(x, w):
        return dot(x / norm(x), w)


@reference
class slices_rows:
    def differences(x):
        return sqnorm(x[1:] - x[:-1])


@reference
class index_gradients:
    def diagonal(A):
        return sqnorm(np.diagonal(A))

    def antisymmetric(A):
        return sqnorm(A - A.T)

    def reversed(x, w):
        return dot(w, x[::-1] ** 2)

    def shifted(x):
        return total(x[2:] * x[1:-1] * x[:-2])

    def trace_product(A, B):
        return total(A * B.T)

    def three(A, x, y):
        return total(np.einsum("ij,i,k,ik->ijk", A, x, y, A) ** 2)


@reference
class index_affine:
    def loss(x, k, t):
        n = len(x) - len(k) + 1
        return sqnorm(arr([sum(x[i + a] * k[a] for a in range(len(k))) for i in range(n)]) - t)

    def loss2(x, k):
        h, w = k.shape
        return total([mp.sin(total(x[i : i + h, j : j + w] * k)) for i in range(x.shape[0] - h + 1) for j in range(x.shape[1] - w + 1)])

    def strided(x):
        return total([(x[3 * i] ** 2 + x[3 * i + 2] ** 2) ** 2 for i in range(len(x) // 3)])

    def dilated(x):
        return total([x[i] * x[i + 2] * x[i + 4] for i in range(len(x) - 4)])


@reference
class index_gather:
    def energy(x, k, w):
        return dot(w, x[list(k)] ** 2)

    def edges(V, F):
        return total([sqdist(V[a], V[b]) for a, b in F])

    def area(V, F):
        return total([norm(np.cross(V[b] - V[a], V[c] - V[a])) / 2 for a, b, c in F])

    def twice(x, k, l):
        return total([x[k[m]] ** 3 for m in l])

    def two_axes(A, r, c):
        return total([A[i, j] ** 2 for i, j in zip(r, c)])


@reference
class index_digits:
    def dense(x, w):
        return arr([[dot(np.ravel(x[n]), w[o]) for o in range(len(w))] for n in range(len(x))])

    def energy(x, w):
        return sqnorm(index_digits.dense(x, w))

    def transpose(x):
        return np.ravel(x.T)

    def checkers(x):
        n = len(x)
        even = total([x[i, j] for i in range(n) for j in range(n) if (i + j) % 2 == 0])
        return even, max(v - mp.mpf(k % 4) / 4 for k, v in enumerate(np.ravel(x)))

    def halves(x, y):
        return total([v * y[k] * k for k, v in enumerate(np.ravel(x))])
