"""PyTorch on the CPU, dense: whole N x M matrices in their best form (|x|^2 + |y|^2 - 2 xy), gradients by autograd."""
from types import SimpleNamespace

import torch


def prepare(arrays, job):
    torch.set_num_threads(job["threads"])
    torch.set_default_dtype(torch.float32 if job["real"] == "f32" else torch.float64)
    return SimpleNamespace(**{k: torch.from_numpy(a.copy()) for k, a in arrays.items()})


def to_numpy(t):
    return t.detach().numpy()


def sqdist(x, y):
    return torch.addmm((y * y).sum(1)[None, :], x, y.T, alpha=-2).add_((x * x).sum(1)[:, None]).clamp_(min=0)


def sqdist_smooth(x, y):
    """The same without in-place operations, for autograd."""
    return (x * x).sum(1)[:, None] + (y * y).sum(1)[None, :] - 2 * x @ y.T


def product(v):
    return lambda: [sqdist(v.x, v.y).mul_(-1 / v.s ** 2).exp_() @ v.b]


def energy(q, p, s):
    return 0.5 * (p * (torch.exp(-sqdist_smooth(q, q) / s ** 2) @ p)).sum()


def hamiltonian(v):
    def call():
        q, p = v.q.clone().requires_grad_(), v.p.clone().requires_grad_()
        h = energy(q, p, v.s)
        return [h, *torch.autograd.grad(h, (q, p))]
    return call


def shooting(v):
    def call():
        p0 = v.p0.clone().requires_grad_()
        q, p = v.q0.clone().requires_grad_(), p0
        for _ in range(10):
            dq, dp = torch.autograd.grad(energy(q, p, v.s), (q, p), create_graph=True)
            q, p = q + 0.1 * dp, p - 0.1 * dq
        value = ((q - v.target) ** 2).sum()
        return [value, *torch.autograd.grad(value, (p0,))]
    return call


def sinkhorn(v):
    return lambda: [-v.eps * torch.logsumexp((v.g[None, :] - sqdist(v.x, v.y) / 2) / v.eps, 1)]


def neighbours(v):
    return lambda: list(torch.topk(sqdist(v.x, v.y), 10, dim=1, largest=False, sorted=True))


def weighted(v):
    def call():
        x, y, b, s = (t.clone().requires_grad_() for t in (v.x, v.y, v.b, v.s))
        value = (v.w * (torch.exp(-sqdist_smooth(x, y) / s ** 2) @ b)).sum()
        return [value, *torch.autograd.grad(value, (x, y, b, s))]
    return call


def lenet(v):
    names = ("k1", "b1", "k2", "b2", "w3", "b3", "w4", "b4")
    f = torch.nn.functional

    def call():
        p = [getattr(v, n).clone().requires_grad_() for n in names]
        h = f.max_pool2d(torch.relu(f.conv2d(v.x, p[0], p[1])), 2)
        h = f.max_pool2d(torch.relu(f.conv2d(h, p[2], p[3])), 2).flatten(1)
        h = torch.relu(f.linear(h, p[4], p[5]))
        value = f.cross_entropy(f.linear(h, p[6], p[7]), v.label)
        return [value, *torch.autograd.grad(value, p)]
    return call


FORMS = {"W1a": product, "W1b": product, "W2": hamiltonian, "W3": shooting, "W4": sinkhorn, "W5": neighbours, "W6": weighted, "W7": product, "W10": lenet}
