"""KeOps (pykeops.torch LazyTensor) on the CPU: matrices that are never stored, gradients by autograd through its formulas."""
import torch
import pykeops
from pykeops.torch import LazyTensor

from with_torch import prepare, to_numpy

pykeops.set_verbose(False)
BACKEND = "CPU"


def sqdist(x, y):
    return ((LazyTensor(x[:, None, :].contiguous()) - LazyTensor(y[None, :, :].contiguous())) ** 2).sum(-1)


def times(k, b):
    columns = b if b.dim() == 2 else b[:, None]
    return (k * LazyTensor(columns[None, :, :].contiguous())).sum(1, backend=BACKEND).reshape(b.shape[:0] + (-1,) + b.shape[1:])


def product(v):
    return lambda: [times((-sqdist(v.x, v.y) / v.s.item() ** 2).exp(), v.b)]


def energy(q, p, s):
    return 0.5 * (p * times((-sqdist(q, q) / s ** 2).exp(), p)).sum()


def hamiltonian(v):
    def call():
        q, p = v.q.clone().requires_grad_(), v.p.clone().requires_grad_()
        h = energy(q, p, v.s.item())
        return [h, *torch.autograd.grad(h, (q, p))]
    return call


def shooting(v):
    def call():
        p0 = v.p0.clone().requires_grad_()
        q, p = v.q0.clone().requires_grad_(), p0
        for _ in range(10):
            dq, dp = torch.autograd.grad(energy(q, p, v.s.item()), (q, p), create_graph=True)
            q, p = q + 0.1 * dp, p - 0.1 * dq
        value = ((q - v.target) ** 2).sum()
        return [value, *torch.autograd.grad(value, (p0,))]
    return call


def sinkhorn(v):
    eps = v.eps.item()
    return lambda: [-eps * ((LazyTensor(v.g[None, :, None].contiguous()) - sqdist(v.x, v.y) / 2) / eps).logsumexp(1, backend=BACKEND)[:, 0]]


def neighbours(v):
    return lambda: list(sqdist(v.x, v.y).Kmin_argKmin(10, dim=1, backend=BACKEND))


def weighted(v):
    def call():
        x, y, b, s = (t.clone().requires_grad_() for t in (v.x, v.y, v.b, v.s))
        value = (v.w * times((-sqdist(x / s, y / s)).exp(), b)).sum()
        return [value, *torch.autograd.grad(value, (x, y, b, s))]
    return call


FORMS = {"W1a": product, "W1b": product, "W2": hamiltonian, "W3": shooting, "W4": sinkhorn, "W5": neighbours, "W6": weighted, "W7": product}
