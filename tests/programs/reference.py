#!/usr/bin/env python3
"""Computes expected values independently of adc and writes them into the tests (needs numpy and mpmath; not run by the tests).

    reference.py [--dir FOLDER] [NAME ...]      rewrites the '#! expect' lines of runs that have a reference here

Each class is named like a test file and holds plain NumPy/mpmath versions of its functions, run with 80 digits. The gradients of
`export grad f wrt x` and the helpers grad, jac, hess below are central differences in 80 digits, so that they are exact to far
beyond double precision without any rule of differentiation.
"""
import inspect
import itertools
import json
import os
import re
import shlex
import sys

import mpmath
import numpy as np
from mpmath import mp

mp.dps = 80
sys.dont_write_bytecode = True
STEP = mp.mpf(10) ** -18


def lift(f):
    g = np.frompyfunc(f, 1, 1)
    return lambda x: g(x)


exp, log, sqrt, sin, cos, tan = map(lift, (mp.exp, mp.log, mp.sqrt, mp.sin, mp.cos, mp.tan))
asin, acos, atan, sinh, cosh, tanh = map(lift, (mp.asin, mp.acos, mp.atan, mp.sinh, mp.cosh, mp.tanh))
asinh, acosh, atanh, erf, lgamma = map(lift, (mp.asinh, mp.acosh, mp.atanh, mp.erf, mp.loggamma))
atan2 = np.frompyfunc(mp.atan2, 2, 1)
sigmoid = lift(lambda x: 1 / (1 + mp.exp(-x)))
softplus = lift(lambda x: mp.log(1 + mp.exp(x)))
sinc = lift(lambda x: mp.sin(mp.pi * x) / (mp.pi * x) if x != 0 else mp.mpf(1))
xlogx = lift(lambda x: x * mp.log(x) if x != 0 else mp.mpf(0))
pi = mp.pi


def arr(x):
    return np.array(x, dtype=object)


def zeros(*shape):
    a = np.empty(shape, dtype=object)
    a[...] = mp.mpf(0)
    return a


def norm(x):
    return mp.sqrt(sqnorm(x))


def sqnorm(x):
    return sum((v * v for v in np.ravel(arr(x))), mp.mpf(0))


def sqdist(x, y):
    return sqnorm(arr(x) - arr(y))


def dot(x, y):
    return sum((a * b for a, b in zip(np.ravel(arr(x)), np.ravel(arr(y)))), mp.mpf(0))


def total(x):
    return sum(np.ravel(arr(x)), mp.mpf(0))


def lse(values):
    values = list(np.ravel(arr(values)))
    return mp.log(sum(mp.exp(v) for v in values)) if values else -mp.inf


def jac(f, x):
    """Jacobian of f at x, of shape f.shape + x.shape."""
    x = arr(x)
    parts = {}
    for k in itertools.product(*(range(n) for n in x.shape)):
        up, down = x.copy(), x.copy()
        if x.shape:
            up[k], down[k] = x[k] + STEP, x[k] - STEP
        else:
            up, down = x[()] + STEP, x[()] - STEP
        parts[k] = (arr(f(up)) - arr(f(down))) / (2 * STEP)
    out = zeros(*(np.shape(f(x if x.shape else x[()])) + x.shape))
    for k, v in parts.items():
        out[(...,) + k] = v
    return out if out.shape else out[()]


grad = jac


def hess(f, x):
    return jac(lambda y: jac(f, y), x)


def jvp(f, x, v):
    x, v = arr(x), arr(v)
    return (arr(f(x + STEP * v)) - arr(f(x - STEP * v))) / (2 * STEP)


def vjp(f, x, w):
    return jac(lambda y: dot(f(y), w), x)


# ---------------------------------------------------------------------------------------------------------- references
FILES = {}


def reference(cls):
    FILES[cls.__name__] = cls
    return cls


# ------------------------------------------------------------------------------------------------------------- writing
SIGNATURE = re.compile(r"\bfn\s+(\w+)\s*\(([^)]*)\)\s*(?:->\s*(\([^)]*\)|[^={]*))?")


def signatures(text):
    """name -> ([(parameter, is int)], [result names] or None)"""
    found = {}
    for name, parameters, results in SIGNATURE.findall(text):
        ps = re.findall(r"(\w+)\s*:\s*(\w+)", parameters)
        names = re.findall(r"(\w+)\s*:", results) if results.startswith("(") else None
        found[name] = ([(p, t) for p, t in ps], names)
    return found


def numbers(value, kind):
    if isinstance(value, list):
        a = np.empty(np.shape(value), dtype=object)
        for k in itertools.product(*(range(n) for n in a.shape)):
            a[k] = numbers(value_at(value, k), kind)
        return a
    return int(value) if kind == "int" else bool(value) if kind == "bool" else mp.mpf(float(value))


def value_at(value, k):
    for i in k:
        value = value[i]
    return value


def parse(text):
    if re.fullmatch(r"[-0-9.e+]+(,[-0-9.e+]+)+", text):
        text = "[" + text + "]"
    return json.loads(text)


def shown(v):
    if isinstance(v, np.ndarray):
        return "[" + ", ".join(shown(e) for e in v) + "]" if v.shape else shown(v[()])
    if isinstance(v, (list, tuple)):
        return "[" + ", ".join(shown(e) for e in v) + "]"
    if isinstance(v, (bool, np.bool_)):
        return "true" if v else "false"
    if isinstance(v, (int, np.integer)):
        return str(int(v))
    if mp.isnan(v) or mp.isinf(v):
        return "nan" if mp.isnan(v) else "inf" if v > 0 else "-inf"
    f = float(v)
    if f == int(f) and abs(f) < 1e15:
        return str(int(f))
    return repr(f)


def call(cls, text, function, args):
    sig = signatures(text)
    base = function
    wrt = None
    if not hasattr(cls, function) and function.endswith("_grad"):
        base = function[: -len("_grad")]
        m = re.search(r"export\s+grad\s+" + base + r"\s+wrt\s+([\w\s,]+);", text)
        wrt = [w.strip() for w in m.group(1).split(",")] if m else None
    f = getattr(cls, base, None)
    if f is None:
        return None
    wanted = list(inspect.signature(f).parameters)
    kinds = dict(sig[base][0]) if base in sig else {}
    values = {k: numbers(parse(v), kinds.get(k, "int")) for k, v in args.items()}
    if not any(p.kind is p.VAR_KEYWORD for p in inspect.signature(f).parameters.values()):
        values = {k: v for k, v in values.items() if k in wanted}
    out = f(**values)
    names = sig[base][1] if base in sig else None
    if isinstance(out, dict):
        results = dict(out)
    elif isinstance(out, tuple):
        results = dict(zip(names or [f"result{i}" for i in range(len(out))], out))
    else:
        results = {(names or ["result"])[0]: out}
    if wrt:
        first = next(iter(results))
        for w in wrt:
            def scalar(x, w=w):
                r = f(**{**values, w: x})
                return r[first] if isinstance(r, dict) else r[0] if isinstance(r, tuple) else r
            results["grad_" + w] = jac(scalar, values[w])
    return results


def rewrite(path, cls):
    text = open(path).read()
    out, skipping = [], False
    for line in text.splitlines():
        if skipping and line.startswith("#! expect") and "status" not in line:
            continue
        skipping = False
        out.append(line)
        if not line.startswith("#! run "):
            continue
        words = shlex.split(line[len("#! run "):])
        args = dict(w.split("=", 1) for w in words[1:] if not w.startswith("-"))
        results = call(cls, text, words[0], args)
        if results is None:
            continue
        tolerance = getattr(cls, "tolerance", {}).get(words[0], "")
        for name, v in results.items():
            out.append(f"#! expect {name} = {shown(v)}{' ' + tolerance if tolerance else ''}")
        skipping = True
    new = "\n".join(out) + "\n"
    if new != text:
        open(path, "w").write(new)
        return True
    return False


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    import importlib
    folders = [here, os.path.join(here, "..", "derivatives")]
    for module in sorted(f[:-3] for f in os.listdir(os.path.join(here, "references")) if f.endswith(".py")):
        importlib.import_module("references." + module)
    for name, cls in sys.modules["reference"].FILES.items():
        if sys.argv[1:] and not any(a in name for a in sys.argv[1:]):
            continue
        paths = [p for p in (os.path.join(d, name + ".ad") for d in folders) if os.path.exists(p)]
        if not paths:
            print(f"no test file for the reference {name}")
        for p in paths:
            if rewrite(p, cls):
                print("rewrote", os.path.relpath(p))


if __name__ == "__main__":
    import reference
    reference.main()
