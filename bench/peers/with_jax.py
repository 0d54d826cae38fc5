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


FORMS = {"W1a": product, "W1b": product, "W2": hamiltonian, "W3": shooting, "W4": sinkhorn, "W5": neighbours, "W6": weighted, "W7": product}
