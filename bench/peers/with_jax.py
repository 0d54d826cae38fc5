"""JAX on the CPU: dense formulas under jit, gradients by jax.grad. XLA decides what is stored."""
from types import SimpleNamespace

import jax

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np


def prepare(arrays, job):
    return SimpleNamespace(**{k: jnp.asarray(a) for k, a in arrays.items()})


def to_numpy(a):
    return np.asarray(a)


def jit(f, *args):
    """A call of f under jit that waits for its results and returns them as a flat list."""
    compiled = jax.jit(f)
    return lambda: [r.block_until_ready() for r in jax.tree_util.tree_leaves(compiled(*args))]


def sqdist(x, y):
    return (x * x).sum(1)[:, None] + (y * y).sum(1)[None, :] - 2 * x @ y.T


def product(v):
    return jit(lambda x, y, b, s: jnp.exp(-sqdist(x, y) / s ** 2) @ b, v.x, v.y, v.b, v.s)


def energy(q, p, s):
    return 0.5 * jnp.sum(p * (jnp.exp(-sqdist(q, q) / s ** 2) @ p))


def hamiltonian(v):
    return jit(jax.value_and_grad(energy, (0, 1)), v.q, v.p, v.s)


def distance(p0, q0, target, s):
    def step(state, _):
        q, p = state
        dq, dp = jax.grad(energy, (0, 1))(q, p, s)
        return (q + 0.1 * dp, p - 0.1 * dq), None
    (q, _), _ = jax.lax.scan(step, (q0, p0), None, length=10)
    return jnp.sum((q - target) ** 2)


def shooting(v):
    return jit(jax.value_and_grad(distance), v.p0, v.q0, v.target, v.s)


def sinkhorn(v):
    return jit(lambda x, y, g, eps: -eps * jax.nn.logsumexp((g[None, :] - sqdist(x, y) / 2) / eps, axis=1), v.x, v.y, v.g, v.eps)


def neighbours(v):
    def search(x, y):
        d, k = jax.lax.top_k(-sqdist(x, y), 10)
        return -d, k
    return jit(search, v.x, v.y)


def weighted(v):
    return jit(jax.value_and_grad(lambda x, y, b, s, w: jnp.sum(w * (jnp.exp(-sqdist(x, y) / s ** 2) @ b)), (0, 1, 2, 3)), v.x, v.y, v.b, v.s, v.w)


def energy_after(x0, force, h, n):
    def field(x):
        return (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + force

    def step(x, _):
        k1 = field(x)
        k2 = field(x + h / 2 * k1)
        k3 = field(x + h / 2 * k2)
        k4 = field(x + h * k3)
        return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None
    x, _ = jax.lax.scan(step, x0, None, length=n)
    return jnp.sum(x * x) / 2


def lorenz(v):
    n = int(v.n)
    return jit(jax.value_and_grad(lambda x0, force, h: energy_after(x0, force, h, n), (0, 1)), v.x0, v.force, v.h)


def loss(weights, x, label):
    k1, b1, k2, b2, w3, b3, w4, b4 = weights

    def layer(h, k, b):
        y = jax.nn.relu(jax.lax.conv(h, k, (1, 1), "VALID") + b[None, :, None, None])
        return jax.lax.reduce_window(y, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    h = layer(layer(x, k1, b1), k2, b2).reshape(len(x), -1)
    s = jax.nn.relu(h @ w3.T + b3) @ w4.T + b4
    return jnp.mean(jax.nn.logsumexp(s, axis=1) - jnp.take_along_axis(s, label[:, None], 1)[:, 0])


def lenet(v):
    weights = [getattr(v, k) for k in ("k1", "b1", "k2", "b2", "w3", "b3", "w4", "b4")]
    return jit(jax.value_and_grad(loss), weights, v.x, v.label)


FORMS = {"W1a": product, "W1b": product, "W2": hamiltonian, "W3": shooting, "W4": sinkhorn, "W5": neighbours, "W6": weighted, "W7": product, "W9": lorenz, "W10": lenet}
