#!/usr/bin/env python3
"""Random programs against four oracles: the same program in Python, adc at -O0 against -O3, finite differences
(adc gradcheck), and the identities of derivatives that the program states about itself (see generate.py).

    check.py [--adc ADC] [--seeds A..B] [--shard K/N] [--keep DIR]      prints the seeds that fail and keeps their programs
    check.py --target=cuda ...      instead: what the GPU (or its shim) computes against what the C code does
"""
import argparse
import json
import math
import os
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "programs"))
import generate  # noqa: E402
from calls import ended, run_calls  # noqa: E402

PAIRS = [("forward_s", "reverse_s"), ("forward_x", "reverse_x"), ("forward_y", "reverse_y"), ("forward_A", "reverse_A"),
         ("push", "pull"), ("fr", "rf"), ("fr", "hv"), ("across", "back"), ("second_forward", "second_reverse")]


def flat(v):
    return [e for row in v for e in flat(row)] if isinstance(v, list) else [v]


def sq(v):
    return v * v


def mean(v):
    v = flat(v)
    return sum(v) / len(v)


def logsumexp(v):
    m = max(v)
    return m + math.log(sum(math.exp(e - m) for e in v))


def softmax_mean(pairs):
    m = max(s for s, _ in pairs)
    w = [math.exp(s - m) for s, _ in pairs]
    return sum(a * v for a, (_, v) in zip(w, pairs)) / sum(w)


def matvec(a, v):
    return [sum(p * q for p, q in zip(row, v)) for row in a]


def eliminate(a, b):
    """Upper triangle and right side; the diagonal is large enough."""
    rows = [list(row) + [e] for row, e in zip(a, b)]
    for i in range(len(rows)):
        for k in range(i + 1, len(rows)):
            f = rows[k][i] / rows[i][i]
            rows[k] = [p - f * q for p, q in zip(rows[k], rows[i])]
    return rows


def solve(a, b):
    rows, x = eliminate(a, b), [0.0] * len(b)
    for i in reversed(range(len(b))):
        x[i] = (rows[i][-1] - sum(rows[i][k] * x[k] for k in range(i + 1, len(b)))) / rows[i][i]
    return x


def logdet(a):
    return sum(math.log(abs(row[i])) for i, row in enumerate(eliminate(a, a[0])))


def environment(sizes):
    names = {n: getattr(math, n) for n in ("sin", "cos", "tanh", "exp", "log", "sqrt", "atan", "erf", "log1p", "asinh", "atan2", "prod")}
    names.update(sizes, solve=solve, logdet=logdet, sq=sq, mean=mean, logsumexp=logsumexp, softmax_mean=softmax_mean, matvec=matvec, twice=lambda f, a: f(f(a)),
                 transpose=lambda a: [list(row) for row in zip(*a)], add=lambda a, b: [p + q for p, q in zip(a, b)], sigmoid=lambda t: 1 / (1 + math.exp(-t)))
    return names


def inputs(seed):
    pick = random.Random(seed + 100000)
    n, m = pick.randint(2, 5), pick.randint(2, 4)
    def tensor(*shape):
        return [tensor(*shape[1:]) for _ in range(shape[0])] if shape else round(pick.uniform(-1, 1), 4)
    values = {"s": tensor(), "x": tensor(n), "y": tensor(m), "A": tensor(n, m), "k": [pick.randrange(n) for _ in range(n)]}
    directions = {"ds": tensor(), "dx": tensor(n), "dy": tensor(m), "dA": tensor(n, m), "w": tensor(n)}
    return {"N": n, "M": m}, values, directions


def near(a, b, tolerance):
    scale = max([1.0] + [abs(v) for v in flat(a) if v is not None])
    return len(flat(a)) == len(flat(b)) and all(
        p is not None and q is not None and abs(p - q) <= tolerance * scale for p, q in zip(flat(a), flat(b)))


class Checker:
    def __init__(self, adc, folder, target):
        self.adc, self.folder, self.target = adc, folder, target

    def results(self, path, calls, *options):
        """The results of [(function, values)...]."""
        lines = [[f] + [f"{k}={json.dumps(v, separators=(',', ':'))}" for k, v in values.items()] for f, values in calls]
        return [json.loads(output(line[0], done)) for line, done in zip(lines, run_calls(self.adc, path, ("--json", "--whole", *options), lines))]

    def write(self, name, adc):
        path = os.path.join(self.folder, f"random_{name}.ad")
        with open(path, "w", encoding="utf-8") as f:
            f.write(adc)
        return path

    def problems(self, seed):
        adc, python = generate.program(seed)
        path, short = self.write(seed, adc), self.write(f"{seed}_value", generate.value_only(adc))
        sizes, values, directions = inputs(seed)
        names = environment(sizes)
        exec(python, names)
        calls = [("value_grad", values), ("field", values), ("pairs", {**values, **directions})]
        plain, field, pairs = self.results(path, calls, "-O0")
        want = names["value"](**values)
        if not near(want, plain["result"], 1e-11):
            yield f"value: Python says {want!r}, adc {plain['result']!r}"
        want = names["field"](**values)
        if not near(want, field["result"], 1e-11):
            yield f"field: Python says {want!r}, adc {field['result']!r}"
        fast = self.results(short, calls[:1], "-O3")[0]
        for name, v in plain.items():
            if not near(v, fast[name], 1e-10):
                yield f"{name}: -O0 gives {v!r}, -O3 {fast[name]!r}"
        for a, b in PAIRS:
            if not near(pairs[a], pairs[b], 1e-9):
                yield f"{a} = {pairs[a]!r}, {b} = {pairs[b]!r}"
        words = [f"{k}={json.dumps(v, separators=(',', ':'))}" for k, v in values.items()]
        output("gradcheck", ended([self.adc, "gradcheck", short, "value", "--whole", *words]))

    def differences(self, seed):
        path = self.write(seed, generate.program(seed)[0])
        _, values, directions = inputs(seed)
        calls = [("value_grad", values), ("field", values), ("pairs", {**values, **directions})]
        pairs = zip(calls, self.results(path, calls, "-O0"), self.results(path, calls, "-O0", "--target=cuda"))
        for (function, _), plain, cuda in pairs:
            for name, v in cuda.items():
                if not near(plain.get(name), v, 1e-10):
                    yield f"{function}: {name}: C gives {plain.get(name)!r}, CUDA {v!r}"

    def seed(self, seed):
        try:
            return [f"seed {seed}: {p}" for p in (self.differences if self.target == "cuda" else self.problems)(seed)]
        except Failure as failure:
            return [f"seed {seed}: {failure}"]


class Failure(Exception):
    pass


def output(what, done):
    if done.returncode:
        raise Failure(f"{what}: exit {done.returncode}: {(done.stderr.strip() or done.stdout.strip())[:1500]}")
    return done.stdout


def main():
    p = argparse.ArgumentParser(description="random programs against four oracles")
    p.add_argument("--adc", default=os.environ.get("ADC", "adc"))
    p.add_argument("--seeds", default="1..40", metavar="A..B")
    p.add_argument("--target", choices=("c", "cuda"), default="c")
    p.add_argument("--shard", default="1/1", metavar="K/N", help="every N-th seed, from the K-th")
    p.add_argument("--keep", metavar="DIR", help="where the programs are written, and stay")
    p.add_argument("-j", type=int, default=2)
    args = p.parse_args()
    first, last = (int(v) for v in args.seeds.split(".."))
    part, parts = (int(v) for v in args.shard.split("/"))
    seeds = range(first, last + 1)[part - 1 :: parts]
    with tempfile.TemporaryDirectory() as scratch:
        if args.keep:
            os.makedirs(args.keep, exist_ok=True)
        checker = Checker(args.adc, args.keep or scratch, args.target)
        failed = 0
        with ThreadPoolExecutor(args.j) as pool:
            for lines in pool.map(checker.seed, seeds):
                failed += bool(lines)
                for line in lines:
                    print(line, flush=True)
    print(f"{len(seeds) - failed} passed, {failed} failed")
    return 1 if failed or not seeds else 0


if __name__ == "__main__":
    sys.exit(main())
