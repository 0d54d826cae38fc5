"""Runs one contestant on one workload in a process of its own, times it, and holds its results against the reference."""
import json
import os
import subprocess

import numpy as np

import build

DTYPES = {"f32": np.float32, "f64": np.float64}
SAMPLED_ROWS = 1000  # rows that are checked where all would take minutes
ALL_ROWS = 20000


class Wrong(Exception):
    """A result is not the reference's."""


class Task:
    """A workload with data: N, precision, input files, the reference's results."""

    def __init__(self, workload, n, real, folder):
        self.workload, self.n, self.real, self.folder = workload, n, real, folder
        rng = np.random.default_rng(n)
        dtype = DTYPES[real]
        given = workload.inputs(n, rng)
        self.arrays = {k: np.asarray(v, dtype=np.int64 if np.asarray(v).dtype.kind == "i" else dtype) for k, v in given.items()}
        self.rows = np.arange(n) if n <= ALL_ROWS else np.sort(rng.choice(n, SAMPLED_ROWS, replace=False))
        self.files = []
        for name, a in self.arrays.items():
            self.files.append(os.path.join(folder, f"in_{name}.bin"))
            a.tofile(self.files[-1])
        self.outputs = [(shape, dtype if kind == "real" else np.dtype(np.int64)) for shape, kind in workload.outputs(n)]
        self.expected = None

    def exact(self):
        """The inputs in f64; scalars as numbers."""
        return {k: (a if a.dtype.kind == "i" else a.astype(np.float64)) if a.ndim else a.item() for k, a in self.arrays.items()}

    def check(self, results, slack=1.0):
        """Largest error relative to the largest entry of its result; raises Wrong beyond the tolerance times slack."""
        allowed = slack * self.workload.tolerance[self.real]
        if self.expected is None:
            self.expected = self.workload.reference(self.exact(), self.rows)
        worst = 0.0
        if self.workload.consistent:
            got, expected = self.workload.consistent(self.exact(), results)
            worst = abs(got / expected - 1)
            if not worst <= allowed:
                raise Wrong(f"result 0 does not fit the others: relative error {worst:.2g}")
        for k, (got, expected) in enumerate(zip(results, self.expected)):
            if expected is None or got is None:
                continue
            got = got.reshape(self.outputs[k][0])
            if len(self.rows) < self.n and got.shape[:1] == (self.n,) and len(expected) == len(self.rows):
                got = got[self.rows]
            expected = np.asarray(expected)
            if expected.dtype.kind == "i":
                self.check_indices(got, results[k - 1].reshape(self.outputs[k - 1][0]), allowed)
                continue
            difference = np.abs(got.astype(np.float64) - expected.reshape(got.shape))
            error = float(np.max(difference) / (np.max(np.abs(expected)) or 1.0)) if got.size else 0.0
            if not error <= allowed:
                raise Wrong(f"result {k} is wrong: relative error {error:.2g}, allowed {allowed:.0e}")
            worst = max(worst, error)
        return worst

    def check_indices(self, index, distance, allowed):
        """Neighbours may be told in another order where rounding ties them: every index must be distinct and have its distance."""
        v = self.exact()
        distance = distance[self.rows] if len(distance) > len(self.rows) else distance
        actual = np.sum((v["x"][self.rows][:, None, :] - v["y"][index]) ** 2, axis=2)
        if np.any(np.diff(np.sort(index, axis=1), axis=1) == 0):
            raise Wrong("an index occurs twice")
        error = float(np.max(np.abs(actual - distance)) / np.max(actual))
        if not error <= allowed:
            raise Wrong(f"an index does not have its distance: {error:.2g}")


def environment(threads):
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}


def run_native(driver, library, entry, task, threads, runs, seconds, wanted=None):
    """wanted: how many of the outputs the function has, where it has fewer than the task (the value alone). -> (record, results)"""
    files, items = [], []
    for k, (shape, dtype) in enumerate(task.outputs[:wanted]):
        files.append(os.path.join(task.folder, f"out_{k}.bin"))
        items.append(f"{files[-1]}={int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize}")
    sizes = ",".join(str(s) for s in task.workload.sizes(task.n))
    text = build.command([driver, library, entry, sizes, ",".join(task.files), ",".join(items), runs, seconds], env=environment(threads))
    results = [np.fromfile(f, dtype=dtype) for f, (_, dtype) in zip(files, task.outputs)]
    return json.loads(text), results


def run_peer(python, script, peer, task, threads, runs, seconds):
    """A Python peer: bench/peers/run.py in the interpreter that has it. -> (record, results)"""
    files = [os.path.join(task.folder, f"out_{k}.bin") for k in range(len(task.outputs))]
    job = {"peer": peer, "workload": task.workload.key, "real": task.real, "n": task.n, "runs": runs, "seconds": seconds, "threads": threads,
           "inputs": [[name, file, a.dtype.name, list(a.shape)] for (name, a), file in zip(task.arrays.items(), task.files)],
           "outputs": [[file, np.dtype(dtype).name, list(shape)] for file, (shape, dtype) in zip(files, task.outputs)]}
    done = subprocess.run([python, script], input=json.dumps(job), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
                          env=environment(threads))
    if done.returncode == 77:
        return None, done.stderr.strip().splitlines()[-1]
    if done.returncode:
        raise build.Failed(f"{peer}: " + (done.stderr.strip().splitlines() or ["?"])[-1])
    record = json.loads(done.stdout.strip().splitlines()[-1])
    return record, [np.fromfile(f, dtype=dtype) for f, (_, dtype) in zip(files, task.outputs)]
