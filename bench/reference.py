"""Values of the workloads in f64 with NumPy, by blocks of rows so that memory stays small.

Every function takes the workload's inputs as a dict of f64 arrays (an f32 run gives the rounded ones) and `rows`, the rows whose
results are wanted, and returns the results in the order of the .ad function. None stands for a result that is not checked.
"""
import numpy as np

BLOCK = 400


def blocks(rows):
    return [rows[k:k + BLOCK] for k in range(0, len(rows), BLOCK)]


def sqdist(x, y):
    return sum((x[:, None, k] - y[None, :, k]) ** 2 for k in range(x.shape[1]))


def stack(parts):
    return np.concatenate(parts, axis=0)


def product(v, rows):
    """a_i = sum_j exp(-|x_i - y_j|^2 / s^2) b_j"""
    return [stack([np.exp(-sqdist(v["x"][r], v["y"]) / v["s"] ** 2) @ v["b"] for r in blocks(rows)])]


def hamiltonian_rows(q, p, s, rows):
    """Gradients of H in q and p at some rows; complex arguments are allowed."""
    dq, dp = [], []
    for r in blocks(rows):
        k = np.exp(-sqdist(q[r], q) / s ** 2)
        dp.append(k @ p)
        k *= p[r] @ p.T
        dq.append(-2 / s ** 2 * (q[r] * k.sum(axis=1)[:, None] - k @ q))
    return stack(dq), stack(dp)


def hamiltonian(v, rows):
    """H = <p, K p> / 2 and its gradients. The value needs all rows of K p."""
    dq, dp = hamiltonian_rows(v["q"], v["p"], v["s"], rows)
    whole = len(rows) == len(v["q"])
    return [np.array([0.5 * np.sum(v["p"] * dp)]) if whole else None, dq, dp]


def shooting(v, rows):
    """Ten Euler steps, and backwards through them: the adjoint of a step along (a, b) is the derivative of the gradient of H
    along (-b, a), taken here by a complex step, which has no rounding error of its own."""
    everything, s, dt, tiny = np.arange(len(v["q0"])), v["s"], 0.1, 1e-30
    states = [(v["q0"], v["p0"])]
    for _ in range(10):
        q, p = states[-1]
        dq, dp = hamiltonian_rows(q, p, s, everything)
        states.append((q + dt * dp, p - dt * dq))
    difference = states[-1][0] - v["target"]
    a, b = 2 * difference, np.zeros_like(difference)
    for q, p in reversed(states[:-1]):
        dq, dp = hamiltonian_rows(q - 1j * tiny * b, p + 1j * tiny * a, s, everything)
        a, b = a + dt * dq.imag / tiny, b + dt * dp.imag / tiny
    return [np.array([np.sum(difference ** 2)]), b[rows]]


def sinkhorn(v, rows):
    """f_i = -eps logsumexp_j((g_j - |x_i - y_j|^2 / 2) / eps)"""
    parts = []
    for r in blocks(rows):
        t = (v["g"][None, :] - sqdist(v["x"][r], v["y"]) / 2) / v["eps"]
        most = t.max(axis=1)
        parts.append(-v["eps"] * (most + np.log(np.exp(t - most[:, None]).sum(axis=1))))
    return [stack(parts)]


def neighbours(v, rows):
    """The 10 smallest |x_i - y_j|^2, sorted, and their j."""
    distances, indices = [], []
    for r in blocks(rows):
        d = sqdist(v["x"][r], v["y"])
        near = np.argpartition(d, 10, axis=1)[:, :10] if d.shape[1] > 10 else np.broadcast_to(np.arange(d.shape[1]), d.shape)
        order = np.argsort(np.take_along_axis(d, near, 1), axis=1, kind="stable")
        near = np.take_along_axis(near, order, 1)
        distances.append(np.take_along_axis(d, near, 1))
        indices.append(near)
    return [stack(distances), stack(indices)]


def weighted(v, rows):
    """sum_i <w_i, a_i> and its gradients in x, y, b and s."""
    x, y, b, s, w = (v[k] for k in ("x", "y", "b", "s", "w"))
    everything = np.arange(len(x))
    grad_x, grad_y, grad_b, value, grad_s = [], np.zeros_like(y), np.zeros_like(b), 0.0, 0.0
    for r in blocks(everything):
        d = sqdist(x[r], y)
        k = np.exp(-d / s ** 2)
        grad_b += k.T @ w[r]
        k *= w[r] @ b.T
        value += k.sum()
        grad_s += 2 / s ** 3 * np.sum(k * d)
        grad_x.append(-2 / s ** 2 * (x[r] * k.sum(axis=1)[:, None] - k @ y))
        grad_y += 2 / s ** 2 * (k.T @ x[r] - y * k.sum(axis=0)[:, None])
    return [np.array([value]), stack(grad_x)[rows], grad_y[rows], grad_b[rows], np.array([grad_s])]
