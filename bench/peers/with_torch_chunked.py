"""PyTorch on the CPU by blocks of rows that stay in cache, gradients by hand: what an expert writes who does not need autograd.
The number of rows in a block is the best of a few, found before timing."""
import time

import torch

from with_torch import prepare, sqdist, to_numpy

ROWS = (16, 32, 64, 128, 256, 512)


def best_rows(make):
    """make(rows) -> call; the call of the fastest number of rows."""
    found = []
    for rows in ROWS:
        call = make(rows)
        call()
        begin = time.perf_counter()
        call()
        found.append((time.perf_counter() - begin, rows))
    return make(min(found)[1])


def ranges(n, rows):
    return [slice(k, min(k + rows, n)) for k in range(0, n, rows)]


def by_rows(v, block):
    return best_rows(lambda rows: lambda: [torch.cat([block(v.x[r]) for r in ranges(len(v.x), rows)])])


def product(v):
    return by_rows(v, lambda x: sqdist(x, v.y).mul_(-1 / v.s ** 2).exp_() @ v.b)


def sinkhorn(v):
    return by_rows(v, lambda x: -v.eps * torch.logsumexp(sqdist(x, v.y).mul_(-0.5).add_(v.g).div_(v.eps), 1))


def hamiltonian(v):
    def call(rows):
        dq, dp = [], []
        for r in ranges(len(v.q), rows):
            k = sqdist(v.q[r], v.q).mul_(-1 / v.s ** 2).exp_()
            dp.append(k @ v.p)
            k *= v.p[r] @ v.p.T
            dq.append((v.q[r] * k.sum(1)[:, None] - k @ v.q).mul_(-2 / v.s ** 2))
        dp = torch.cat(dp)
        return [0.5 * (v.p * dp).sum(), torch.cat(dq), dp]
    return best_rows(lambda rows: lambda: call(rows))


def neighbours(v):
    def call(rows):
        found = [torch.topk(sqdist(v.x[r], v.y), 10, dim=1, largest=False, sorted=True) for r in ranges(len(v.x), rows)]
        return [torch.cat([d for d, _ in found]), torch.cat([k for _, k in found])]
    return best_rows(lambda rows: lambda: call(rows))


def weighted(v):
    def call(rows):
        value, grad_s, grad_x, grad_y, grad_b = 0, 0, [], torch.zeros_like(v.y), torch.zeros_like(v.b)
        for r in ranges(len(v.x), rows):
            d = sqdist(v.x[r], v.y)
            k = torch.exp(d * (-1 / v.s ** 2))
            grad_b += k.T @ v.w[r]
            k *= v.w[r] @ v.b.T
            value += k.sum()
            grad_s += (k * d).sum()
            grad_x.append(v.x[r] * k.sum(1)[:, None] - k @ v.y)
            grad_y += k.T @ v.x[r] - v.y * k.sum(0)[:, None]
        return [value, torch.cat(grad_x) * (-2 / v.s ** 2), grad_y * (2 / v.s ** 2), grad_b, grad_s * (2 / v.s ** 3)]
    return best_rows(lambda rows: lambda: call(rows))


FORMS = {"W1a": product, "W1b": product, "W2": hamiltonian, "W4": sinkhorn, "W5": neighbours, "W6": weighted, "W7": product}
