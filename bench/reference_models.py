"""Values and gradients of W8 to W10 in f64 with NumPy. Derivatives by a complex step (exact to rounding) where there are few
directions, by hand where there are many. The conventions are those of reference.py."""
import math

import numpy as np

TINY = 1e-30


def gmm(v, rows):
    """ADBench's Gaussian mixture with a Wishart prior, and its gradients in alpha, mu, q, l."""
    alpha, mu, q, l, x, gamma, m = (v[k] for k in ("alpha", "mu", "q", "l", "x", "gamma", "m"))
    (K, D), N = mu.shape, len(x)
    lower = np.tril(np.ones((D, D)), -1) * np.swapaxes(l, 1, 2)
    diagonal = np.exp(q)
    factor = lower + diagonal[:, None, :] * np.eye(D)
    terms = np.empty((N, K))
    centred = [x - mu[k] for k in range(K)]
    turned = [centred[k] @ factor[k].T for k in range(K)]
    for k in range(K):
        terms[:, k] = alpha[k] + q[k].sum() - 0.5 * (turned[k] ** 2).sum(axis=1)
    most = terms.max(axis=1)
    total = most + np.log(np.exp(terms - most[:, None]).sum(axis=1))
    w = np.exp(terms - total[:, None])
    share = np.exp(alpha - alpha.max())
    lse_alpha = alpha.max() + math.log(share.sum())
    n = D + m + 1
    constant = n * D * (math.log(gamma) - 0.5 * math.log(2)) - 0.25 * D * (D - 1) * math.log(math.pi) \
        - sum(math.lgamma(0.5 * (n - j)) for j in range(D))
    value = -0.5 * N * D * math.log(2 * math.pi) + total.sum() - N * lse_alpha \
        + 0.5 * gamma ** 2 * ((diagonal ** 2).sum() + (lower ** 2).sum()) - m * q.sum() - K * constant
    grad_mu = np.stack([(w[:, k, None] * (turned[k] @ factor[k])).sum(axis=0) for k in range(K)])
    grad_q = np.stack([(w[:, k, None] * (1 - turned[k] * diagonal[k] * centred[k])).sum(axis=0) for k in range(K)]) \
        + gamma ** 2 * diagonal ** 2 - m
    grad_l = np.stack([-(w[:, k, None] * centred[k]).T @ turned[k] for k in range(K)])
    grad_l = (grad_l + gamma ** 2 * l) * np.triu(np.ones((D, D)), 1)
    return [np.array([value]), w.sum(axis=0) - N * share / share.sum(), grad_mu, grad_q, grad_l]


def reprojection(c, x, w, feature):
    """Errors of many observations; every argument may be complex."""
    r, d = c[:, 0:3], x - c[:, 3:6]
    angle = np.sqrt((r * r).sum(axis=1))[:, None]
    axis = r / angle
    y = d * np.cos(angle) + np.cross(axis, d) * np.sin(angle) + axis * ((axis * d).sum(axis=1)[:, None] * (1 - np.cos(angle)))
    u = y[:, :2] / y[:, 2:]
    r2 = (u * u).sum(axis=1)[:, None]
    return w[:, None] * (c[:, 6:7] * (1 + c[:, 9:10] * r2 + c[:, 10:11] * r2 ** 2) * u + c[:, 7:9] - feature)


def bundle(v, rows):
    c, x, w, feature = v["cams"][v["cam"][rows]], v["pts"][v["pt"][rows]], v["w"][rows], v["feature"][rows]

    def along(which, k):
        moved = [np.array(a, dtype=complex) for a in (c, x, w)]
        moved[which][(slice(None), k) if moved[which].ndim == 2 else slice(None)] += 1j * TINY
        return reprojection(*moved, feature).imag / TINY
    return [reprojection(c, x, w, feature), 1 - w ** 2, np.stack([along(0, k) for k in range(11)], axis=2),
            np.stack([along(1, k) for k in range(3)], axis=2), along(2, 0), -2 * w]


def lstm_loss(layers, ends, start, sequence):
    """The loss for many parameter sets at once: layers [P, L, 2, 4, B], ends [P, 3, B]."""
    hidden = [np.broadcast_to(s[0], ends[:, 0].shape) for s in start]
    cell = [np.broadcast_to(s[1], ends[:, 0].shape) for s in start]
    total = 0
    for now, after in zip(sequence[:-1], sequence[1:]):
        x = ends[:, 0] * now
        for k in range(layers.shape[1]):
            weight, bias = layers[:, k, 0], layers[:, k, 1]
            forget = 1 / (1 + np.exp(-(x * weight[:, 0] + bias[:, 0])))
            ingate = 1 / (1 + np.exp(-(hidden[k] * weight[:, 1] + bias[:, 1])))
            outgate = 1 / (1 + np.exp(-(x * weight[:, 2] + bias[:, 2])))
            change = np.tanh(hidden[k] * weight[:, 3] + bias[:, 3])
            cell[k] = cell[k] * forget + ingate * change
            x = hidden[k] = outgate * np.tanh(cell[k])
        prediction = x * ends[:, 1] + ends[:, 2]
        total = total + ((prediction - np.log(2 + np.exp(prediction).sum(axis=1))[:, None]) * after).sum(axis=1)
    return -total / (sequence.shape[1] * (len(sequence) - 1))


def lstm(v, rows):
    layers, ends = v["layers"], v["ends"]
    count = layers.size + ends.size
    steps = 1j * TINY * np.eye(count)
    moved_layers = layers + steps[:, :layers.size].reshape((count,) + layers.shape)
    moved_ends = ends + steps[:, layers.size:].reshape((count,) + ends.shape)
    loss = lstm_loss(moved_layers, moved_ends, v["start"], v["sequence"])
    gradient = loss.imag / TINY
    return [loss.real[:1], gradient[:layers.size].reshape(layers.shape), gradient[layers.size:].reshape(ends.shape)]


def lorenz_energy(x, force, h, n):
    """x: [P, N], force: [P, 1]."""
    def field(y):
        return (np.roll(y, -1, axis=1) - np.roll(y, 2, axis=1)) * np.roll(y, 1, axis=1) - y + force
    for _ in range(n):
        k1 = field(x)
        k2 = field(x + h / 2 * k1)
        k3 = field(x + h / 2 * k2)
        k4 = field(x + h * k3)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return (x ** 2).sum(axis=1) / 2


def lorenz(v, rows):
    size = len(v["x0"])
    x = v["x0"] + 1j * TINY * np.eye(size + 1, size)
    force = np.full((size + 1, 1), v["force"], dtype=complex)
    force[size] += 1j * TINY
    value = lorenz_energy(x, force, v["h"], v["n"])
    return [value.real[:1], value.imag[:size] / TINY, value.imag[size:] / TINY]


def patches(x):
    """[N, C, H, W] -> [N, H-4, W-4, C*25]"""
    windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(2, 3))
    return np.moveaxis(windows, 1, 3).reshape(len(x), windows.shape[2], windows.shape[3], -1)


def convolve(x, k, b):
    """relu(x * k + b) pooled: (result, what the way back needs)"""
    columns = patches(x)
    y = np.maximum(columns @ k.reshape(len(k), -1).T + b, 0)
    n, h, w, f = y.shape
    quads = y.reshape(n, h // 2, 2, w // 2, 2, f).transpose(0, 5, 1, 3, 2, 4).reshape(n, f, h // 2, w // 2, 4)
    return quads.max(axis=4), (columns, quads, x.shape)


def convolve_back(d, k, kept):
    """Adjoints of x, k, b."""
    columns, quads, shape = kept
    first = np.arange(4) == quads.argmax(axis=4)[..., None]
    dquads = d[..., None] * first * (quads > 0)
    n, f, h, w, _ = quads.shape
    dy = dquads.reshape(n, f, h, w, 2, 2).transpose(0, 2, 4, 3, 5, 1).reshape(n, 2 * h, 2 * w, f)
    dk = np.tensordot(dy, columns, axes=((0, 1, 2), (0, 1, 2))).reshape(k.shape)
    dx = np.zeros(shape)
    for p in range(5):
        for q in range(5):
            dx[:, :, p:p + 2 * h, q:q + 2 * w] += np.moveaxis(dy @ k[:, :, p, q], 3, 1)
    return dx, dk, dy.sum(axis=(0, 1, 2))


def lenet(v, rows):
    k1, b1, k2, b2, w3, b3, w4, b4 = (v[k] for k in ("k1", "b1", "k2", "b2", "w3", "b3", "w4", "b4"))
    n = len(v["x"])
    h1, kept1 = convolve(v["x"], k1, b1)
    h2, kept2 = convolve(h1, k2, b2)
    flat = h2.reshape(n, -1)
    h3 = np.maximum(flat @ w3.T + b3, 0)
    s = h3 @ w4.T + b4
    most = s.max(axis=1, keepdims=True)
    lse = most + np.log(np.exp(s - most).sum(axis=1, keepdims=True))
    value = (lse[:, 0] - s[np.arange(n), v["label"]]).mean()
    ds = np.exp(s - lse)
    ds[np.arange(n), v["label"]] -= 1
    ds /= n
    d3 = (ds @ w4) * (h3 > 0)
    d2, dk2, db2 = convolve_back((d3 @ w3).reshape(h2.shape), k2, kept2)
    _, dk1, db1 = convolve_back(d2, k1, kept1)
    return [np.array([value]), dk1, db1, dk2, db2, d3.T @ flat, d3.sum(axis=0), ds.T @ h3, ds.sum(axis=0)]
