"""The workloads: what each computes, on which data, how its values are checked, and what adc is to reach.

A workload is data only; bench.py builds and times it. `function` is what is timed. Where `value` is given, it is timed too, and
`ratio` is the most that function may cost in units of it. `seconds` are the targets of issue 3, for (precision, N) and one
thread, and `limit_seconds` what the best hand-written code took on the machine on which they were set: on another machine the
quotient of the two is the target that holds. `pairs` counts what one call evaluates.
"""
from dataclasses import dataclass, field
from typing import Callable, Optional

import numpy as np

import reference
import reference_models


@dataclass
class Workload:
    key: str
    title: str
    program: str
    function: str
    inputs: Callable  # (N, rng) -> {name: array or number}, in the order of the function's parameters
    sizes: Callable  # N -> the size arguments, in the order of the generated C function
    outputs: Callable  # N -> [(shape, "real" or "int")]
    reference: Callable  # (inputs, rows) -> results, None where not checked
    consistent: Optional[Callable] = None  # (inputs, results) -> a result and what the other results say that it is
    pairs: Callable = lambda n: n * n
    value: Optional[str] = None
    ratio: Optional[float] = None
    limit: Optional[str] = None  # function of limit/
    limit_ratio: Optional[float] = None  # the most that adc may cost in units of it, at every size
    plain: Optional[str] = None  # function of plain/
    hand: Optional[str] = None  # function of adbench/: what adc must not be slower than
    peers: tuple = ()
    reals: tuple = ("f32", "f64")
    defines: tuple = ()
    quick: tuple = (1000,)
    normal: tuple = (1000, 10000)
    full: tuple = ()
    smoke: Optional[int] = 203  # the size of the smoke test; None: not in it
    smoke_reals: tuple = ("f32",)
    tolerance: dict = field(default_factory=lambda: {"f32": 2e-5, "f64": 1e-12})
    seconds: dict = field(default_factory=dict)
    limit_seconds: dict = field(default_factory=dict)
    build_seconds: Optional[float] = None
    unit: str = "pairs"


def cloud(rng, n, dim=3):
    return rng.random((n, dim))


def gaussian_inputs(columns):
    def make(n, rng):
        b = rng.standard_normal((n, columns)) if columns > 1 else rng.standard_normal(n)
        return {"x": cloud(rng, n), "y": cloud(rng, n), "b": b, "s": 0.5}
    return make


def hamiltonian_inputs(n, rng):
    return {"q": cloud(rng, n), "p": rng.standard_normal((n, 3)), "s": 0.5}


def energy_of_gradient(v, results):
    """H = <p, grad_p H> / 2"""
    if len(results) < 3:
        return 1.0, 1.0
    return float(results[0][0]), 0.5 * float(np.sum(v["p"] * results[2].reshape(v["p"].shape)))


def shooting_inputs(n, rng):
    q0 = cloud(rng, n)
    return {"p0": rng.standard_normal((n, 3)) / n, "q0": q0, "target": q0 + 0.1 * rng.standard_normal((n, 3)), "s": 0.5}


def sinkhorn_inputs(n, rng):
    return {"x": cloud(rng, n), "y": cloud(rng, n), "g": 0.1 * rng.standard_normal(n), "eps": 0.05}


def neighbours_inputs(n, rng):
    return {"x": cloud(rng, n), "y": cloud(rng, n)}


def weighted_inputs(n, rng):
    return {**gaussian_inputs(3)(n, rng), "w": rng.standard_normal((n, 3))}


def wide_inputs(dim):
    def make(n, rng):
        return {"x": rng.standard_normal((n, dim)), "y": rng.standard_normal((n, dim)), "b": rng.standard_normal((n, 3)), "s": float(np.sqrt(2 * dim))}
    return make


def gmm_inputs(dim, components):
    def make(n, rng):
        return {"alpha": rng.standard_normal(components), "mu": rng.random((components, dim)), "q": rng.standard_normal((components, dim)),
                "l": rng.standard_normal((components, dim, dim)) * np.triu(np.ones((dim, dim)), 1), "x": rng.standard_normal((n, dim)), "gamma": 1.0, "m": 0}
    return make


def bundle_sizes(n):
    """Cameras and points of ADBench's problems with so many observations; smaller ones in proportion."""
    return {36455: (21, 11315), 63551: (39, 18060)}.get(n, (n // 1700 + 2, n // 3 + 1))


def bundle_inputs(n, rng):
    cameras, points = bundle_sizes(n)
    scale, centre = np.repeat([0.1, 0.3, 0.1, 0.1, 0.05], [3, 3, 1, 2, 2]), np.repeat([0, 1, 0], [6, 1, 4])
    return {"cams": centre + scale * rng.standard_normal((cameras, 11)), "pts": [0, 0, 3] + 0.5 * rng.standard_normal((points, 3)), "w": rng.random(n),
            "cam": rng.integers(cameras, size=n), "pt": rng.integers(points, size=n), "feature": rng.standard_normal((n, 2))}


LSTM_BITS = 14


def lstm_inputs(depth):
    def make(n, rng):
        return {"layers": rng.standard_normal((depth, 2, 4, LSTM_BITS)), "ends": rng.standard_normal((3, LSTM_BITS)),
                "start": rng.standard_normal((depth, 2, LSTM_BITS)), "sequence": rng.integers(2, size=(n, LSTM_BITS)).astype(float)}
    return make


LORENZ_SITES = 100


def lorenz_inputs(n, rng):
    return {"x0": 8 + rng.standard_normal(LORENZ_SITES), "force": 8.0, "h": 1.0 / 10000, "n": n}


LENET_SHAPES = {"k1": (20, 1, 5, 5), "b1": (20,), "k2": (50, 20, 5, 5), "b2": (50,), "w3": (500, 800), "b3": (500,), "w4": (10, 500), "b4": (10,)}


def lenet_inputs(n, rng):
    weights = {k: rng.standard_normal(s) / np.sqrt(np.prod(s[1:], dtype=float)) for k, s in LENET_SHAPES.items()}
    return {"x": rng.random((n, 1, 28, 28)), "label": rng.integers(10, size=n), **weights}


def real(*shapes):
    return [(shape, "real") for shape in shapes]


ALL = [
    Workload("W1a", "Gaussian product, 1 column", "gaussian", "product1", gaussian_inputs(1), lambda n: [n, n], lambda n: real((n,)),
             reference.product, limit="product1", plain="product1", peers=("keops", "torch", "chunked", "jax"),
             full=(50000, 100000), seconds={("f32", 10000): 0.022, ("f64", 10000): 0.075},
             limit_seconds={("f32", 10000): 0.0170, ("f64", 10000): 0.057}, build_seconds=0.5, smoke_reals=("f32", "f64")),
    Workload("W1b", "Gaussian product, 3 columns", "gaussian", "product3", gaussian_inputs(3), lambda n: [n, n], lambda n: real((n, 3)),
             reference.product, limit="product3", plain="product3", peers=("keops", "torch", "chunked", "jax"), full=(50000, 100000)),
    Workload("W2", "Hamiltonian, value and both gradients", "hamiltonian", "hamiltonian_grad", hamiltonian_inputs, lambda n: [n],
             lambda n: real((), (n, 3), (n, 3)), reference.hamiltonian, consistent=energy_of_gradient, value="hamiltonian", ratio=1.6, limit="hamiltonian_grad",
             plain="hamiltonian_grad", peers=("keops", "torch", "chunked", "jax"), full=(50000, 100000),
             seconds={("f32", 10000): 0.033, ("f64", 10000): 0.085}, limit_seconds={("f32", 10000): 0.0240, ("f64", 10000): 0.062},
             build_seconds=0.7, smoke_reals=("f32", "f64")),
    Workload("W3", "shooting, 10 Euler steps, and the gradient in p0", "shooting", "distance_grad", shooting_inputs, lambda n: [n],
             lambda n: real((), (n, 3)), reference.shooting, pairs=lambda n: 20 * n * n, value="distance", ratio=3.6, limit="distance_grad",
             peers=("keops", "torch", "jax"), quick=(300,), normal=(1000,), full=(5000,), smoke=67,
             tolerance={"f32": 2e-4, "f64": 1e-11}, seconds={("f32", 1000): 0.013}, limit_seconds={("f32", 1000): 0.0080},
             build_seconds=1.0),
    Workload("W4", "Sinkhorn step (logsumexp)", "sinkhorn", "sinkhorn", sinkhorn_inputs, lambda n: [n, n], lambda n: real((n,)),
             reference.sinkhorn, limit="sinkhorn", plain="sinkhorn", peers=("keops", "torch", "chunked", "jax"), full=(50000,),
             seconds={("f32", 10000): 0.026}, limit_seconds={("f32", 10000): 0.0188}),
    Workload("W5", "10 nearest neighbours", "neighbours", "neighbours", neighbours_inputs, lambda n: [n, n],
             lambda n: [((n, 10), "real"), ((n, 10), "int")], reference.neighbours, limit="neighbours", plain="neighbours",
             peers=("keops", "torch", "chunked", "jax"), normal=(1000, 10000), full=(100000,), seconds={("f32", 10000): 0.040}),
    Workload("W6", "gradients of a weighted product in x, y, b, s", "weighted", "weighted_grad", weighted_inputs, lambda n: [n, n],
             lambda n: real((), (n, 3), (n, 3), (n, 3), ()), reference.weighted, pairs=lambda n: 2 * n * n, value="weighted", ratio=2.2,
             plain="weighted_grad", peers=("keops", "torch", "chunked", "jax"), full=(50000,), tolerance={"f32": 1e-4, "f64": 1e-11}),
] + [
    Workload(f"W7_{dim}", f"Gaussian product in D = {dim}, 3 columns", "dimensions", "product", wide_inputs(dim), lambda n, d=dim: [n, d, n],
             lambda n: real((n, 3)), reference.product, limit="product_d", limit_ratio=1 / 0.7, plain="product_d", peers=("keops", "torch", "chunked", "jax"),
             defines=(f"D={dim}",), smoke=203 if dim == 10 else None) for dim in (10, 50, 100)
] + [
    Workload(f"W8_gmm_d{d}_K{k}", f"Gaussian mixture, D = {d}, K = {k}, value and gradient", "gmm", "gmm_grad", gmm_inputs(d, k),
             lambda n, d=d, k=k: [k, d, n], lambda n, d=d, k=k: real((), (k,), (k, d), (k, d), (k, d, d)), reference_models.gmm,
             pairs=lambda n, k=k: n * k, value="gmm", hand="gmm_grad", reals=("f64",), normal=(1000, 10000), smoke=31 if d == 10 else None, smoke_reals=("f64",),
             tolerance={"f64": 1e-11}, unit="terms") for d, k in ((10, 25), (32, 50), (64, 25))
] + [
    Workload("W8_bundle", "bundle adjustment, errors and block Jacobian", "bundle", "jacobians", bundle_inputs,
             lambda n: [*bundle_sizes(n), n], lambda n: real((n, 2), (n,), (n, 2, 11), (n, 2, 3), (n, 2), (n,)), reference_models.bundle,
             pairs=lambda n: n, value="errors", hand="jacobians", peers=("casadi",), reals=("f64",), quick=(3000,), normal=(36455,), full=(63551,), smoke=50, smoke_reals=("f64",),
             tolerance={"f64": 1e-11}, unit="observations"),
] + [
    Workload(f"W8_lstm_l{depth}", f"diagonal LSTM of {depth} layers, value and gradient", "lstm", "lstm_grad", lstm_inputs(depth),
             lambda n, d=depth: [d, LSTM_BITS, n], lambda n, d=depth: real((), (d, 2, 4, LSTM_BITS), (3, LSTM_BITS)), reference_models.lstm,
             pairs=lambda n, d=depth: n * d * LSTM_BITS, value="lstm", hand="lstm_grad", reals=("f64",), quick=(200,), normal=(1024,), smoke=7 if depth == 2 else None, smoke_reals=("f64",),
             tolerance={"f64": 1e-10}, unit="cells") for depth in (2, 4)
] + [
    Workload("W9", "Lorenz 96, 100 states, RK4, value and gradient; N is the number of steps", "lorenz", "energy_grad", lorenz_inputs,
             lambda n: [LORENZ_SITES], lambda n: real((), (LORENZ_SITES,), ()), reference_models.lorenz, pairs=lambda n: 4 * n * LORENZ_SITES,
             value="energy", ratio=4, peers=("jax", "casadi"), reals=("f64",), normal=(10000,), smoke=20, smoke_reals=("f64",), tolerance={"f64": 1e-10}, unit="states"),
    Workload("W10", "LeNet, value and gradient; N is the batch", "lenet", "loss_grad", lenet_inputs, lambda n: [n, 4],
             lambda n: real((), *LENET_SHAPES.values()), reference_models.lenet, pairs=lambda n: n, value="loss", peers=("torch", "jax"), reals=("f32",),
             quick=(10,), normal=(100,), smoke=2, tolerance={"f32": 1e-3, "f64": 1e-10}, unit="images"),
]
