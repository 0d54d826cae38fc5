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
    pairs: Callable = lambda n: n * n
    value: Optional[str] = None
    ratio: Optional[float] = None
    limit: Optional[str] = None  # function of limit/
    plain: Optional[str] = None  # function of plain/
    hand: Optional[str] = None  # function of adbench/: what adc must not be slower than
    peers: tuple = ()
    reals: tuple = ("f32", "f64")
    defines: tuple = ()
    quick: tuple = (1000,)
    normal: tuple = (1000, 10000)
    full: tuple = ()
    smoke: int = 203
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


def real(*shapes):
    return [(shape, "real") for shape in shapes]


ALL = [
    Workload("W1a", "Gaussian product, 1 column", "gaussian", "product1", gaussian_inputs(1), lambda n: [n, n], lambda n: real((n,)),
             reference.product, limit="product1", plain="product1", peers=("keops", "torch", "chunked", "jax"),
             full=(50000, 100000), seconds={("f32", 10000): 0.022, ("f64", 10000): 0.075},
             limit_seconds={("f32", 10000): 0.0170, ("f64", 10000): 0.057}, build_seconds=0.5),
    Workload("W1b", "Gaussian product, 3 columns", "gaussian", "product3", gaussian_inputs(3), lambda n: [n, n], lambda n: real((n, 3)),
             reference.product, limit="product3", plain="product3", peers=("keops", "torch", "chunked", "jax"), full=(50000, 100000)),
    Workload("W2", "Hamiltonian, value and both gradients", "hamiltonian", "hamiltonian_grad", hamiltonian_inputs, lambda n: [n],
             lambda n: real((), (n, 3), (n, 3)), reference.hamiltonian, value="hamiltonian", ratio=1.6, limit="hamiltonian_grad",
             plain="hamiltonian_grad", peers=("keops", "torch", "chunked", "jax"), full=(50000, 100000),
             seconds={("f32", 10000): 0.033, ("f64", 10000): 0.085}, limit_seconds={("f32", 10000): 0.0240, ("f64", 10000): 0.062},
             build_seconds=0.7),
    Workload("W3", "shooting, 10 Euler steps, and the gradient in p0", "shooting", "distance_grad", shooting_inputs, lambda n: [n],
             lambda n: real((), (n, 3)), reference.shooting, pairs=lambda n: 20 * n * n, value="distance", ratio=3.6,
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
             lambda n: real((n, 3)), reference.product, plain="product_d", peers=("keops", "torch", "chunked", "jax"),
             defines=(f"D={dim}",)) for dim in (10, 50, 100)
]
