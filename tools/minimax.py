#!/usr/bin/env python3
"""Coefficients of the polynomials in compiler/back/prelude/prelude_lanes_*.c.

    python3 tools/minimax.py [NAME...]      all of them, or those whose name contains one of the words
    python3 tools/minimax.py --check        whether each of them stands there

Each is the polynomial p over the given powers for which the greatest |weight * (f - p)| on the interval is least
(Remez' exchange, 60 digits), with coefficients that are numbers of the target format: they are rounded one after the
other, lowest power first, and those that remain are fitted again to what is left. Needs mpmath.
"""
import re
import struct
import sys
from pathlib import Path

from mpmath import asin, atan, cos, erf, erfc, exp, expm1, floor, log, log1p, lu_solve, matrix, mp, mpf, pi, sin, sqrt, tan

mp.dps = 60


def round_to(x, fmt):
    """x as the nearest number of the format (ties do not occur)."""
    if fmt == "f64":
        return mpf(float(x))
    y = float(x)  # double rounding is harmless here
    return mpf(struct.unpack("f", struct.pack("f", y))[0])


def remez(f, weight, a, b, powers, rounds=40):
    """Coefficients of the best combination of x**powers to f, and its weighted error."""
    n, low = len(powers), powers[0]
    size = 24 * n + 1  # odd: none of the points is the middle
    points = [(a + b) / 2 - (b - a) / 2 * cos(pi * k / size) for k in range(size + 1)]
    # The lowest power is divided out, so that what remains is a Chebyshev system around 0 too.
    values = [(x, f(x) / x**low, abs(x**low) * weight(x)) for x in points if x]
    points = [x for x in points if x]
    rows = [[x ** (p - low) for p in powers] for x in points]
    nodes = [(len(points) - 1) * k // n for k in range(n + 1)]
    for _ in range(rounds):
        m, rhs = matrix(n + 1), matrix(n + 1, 1)
        for i, k in enumerate(nodes):
            x, fx, w = values[k]
            for j in range(n):
                m[i, j] = w * rows[k][j]
            m[i, n] = (-1) ** i
            rhs[i] = w * fx
        solution = lu_solve(m, rhs)
        c = [solution[j] for j in range(n)]
        error = [w * (fx - sum(cj * r for cj, r in zip(c, row))) for (x, fx, w), row in zip(values, rows)]
        # one extremum per run of equal signs; n + 1 consecutive ones around the greatest
        extrema = []
        for k, e in enumerate(error):
            if extrema and (e >= 0) == (error[extrema[-1]] >= 0):
                if abs(e) > abs(error[extrema[-1]]):
                    extrema[-1] = k
            else:
                extrema.append(k)
        while len(extrema) > n + 1:  # the least goes, with a neighbour unless it is at an end
            size = [abs(error[k]) for k in extrema]
            at = size.index(min(size))
            if at in (0, len(size) - 1):
                extrema.pop(at)
            elif len(extrema) == n + 2:
                extrema.pop(0 if size[0] < size[-1] else -1)
            else:
                at -= size[at - 1] < size[at + 1]
                del extrema[at:at + 2]
        worst = max(abs(e) for e in error)
        if len(extrema) < n + 1:
            raise ArithmeticError("the error does not alternate: f - p has too few zeros")
        if extrema == nodes or worst <= abs(solution[n]) * mpf("1.0005"):
            break
        nodes = extrema
    return c, worst


def minimax(f, weight, a, b, powers, fmt, fixed=()):
    """Rounded coefficients {power: value} and the weighted error of the polynomial that they make."""
    done = dict(fixed)
    left = [p for p in powers if p not in done]
    a, b = mpf(a), mpf(b)
    rest = lambda x: f(x) - sum(c * x**p for p, c in done.items())
    while left:
        c, _ = remez(rest, weight, a, b, left)
        done[left[0]] = round_to(c[0], fmt)
        left = left[1:]
    points = [a + (b - a) * mpf(k) / 4001 for k in range(4002)]
    return done, max(abs(weight(x) * rest(x)) for x in points if x)


BITS = {"f32": 24, "f64": 53}


def in_ulps(f, fmt):
    """Weight that makes the error one of f in ulps."""
    return lambda x: mpf(2) ** (BITS[fmt] - 1 - int(floor(log(abs(f(x)), 2))))


def exp2_plan(fmt, degree):
    # Where the result is below 1 an ulp is worth less, and the errors of the sums grow with |x|: less there.
    ulps = in_ulps(lambda x: mpf(2) ** x, fmt)
    lean = lambda x: ulps(x) * (mpf("1.2") if x < 0 else 1) * (1 + mpf("0.6") * abs(x))
    return (f"exp2_{fmt}_{degree}", "2^x on [-1/2, 1/2]", lambda x: mpf(2) ** x, lean, -mpf("0.5001"), mpf("0.5001"),
            range(degree + 1), fmt, {0: mpf(1)})


def exp_plan(fmt, degree):
    h = log(2) / 2 * mpf("1.0005")
    ulps = in_ulps(exp, fmt)
    lean = lambda x: ulps(x) * (mpf("1.1") if x < 0 else 1) * (1 + mpf("0.3") * abs(x) / h)
    return (f"exp_{fmt}_{degree}", "e^x on [-log(2)/2, log(2)/2]", exp, lean, -h, h, range(degree + 1), fmt, {0: mpf(1)})


def expm1_plan(fmt, degree):
    h = log(2) / 2 * mpf("1.0005")
    return (f"expm1_{fmt}_{degree}", "e^x - 1 on [-log(2)/2, log(2)/2]", expm1, in_ulps(expm1, fmt), -h, h,
            range(1, degree + 1), fmt, {1: mpf(1)})


def log_plan(degree):
    third = mpf("0.33334")
    return (f"log_f32_{degree}", "log(1 + x) on [-1/3, 1/3]", log1p, in_ulps(log1p, "f32"), -third, third,
            range(1, degree + 1), "f32", {1: mpf(1)})


def log_odd_plan(name, fmt, degree, top):
    f = lambda z: log((1 + sqrt(z)) / (1 - sqrt(z))) / sqrt(z) - 2
    return (f"{name}_{fmt}_{degree}", f"z = s^2: log((1 + s) / (1 - s)) / s - 2, |s| <= {top}", f,
            lambda z: mpf(2) ** (BITS[fmt] - 2), mpf(0), mpf(top) ** 2, range(1, degree + 1), fmt, {})


def log2_plan(degree):
    third = mpf("0.33334")
    f = lambda x: log1p(x) / log(2)
    return (f"log2_f32_{degree}", "log2(1 + x) on [-1/3, 1/3]", f, in_ulps(f, "f32"), -third, third,
            range(1, degree + 1), "f32", {1: 1 / log(2)})


def sin_plan(fmt, degree, part):
    """part: of pi, the greatest |x|"""
    h = pi * part * mpf("1.00001")
    f = lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z
    return (f"sin_{fmt}_{degree}", f"z = x^2: (sin(x) - x) / x^3, |x| <= {part} pi", f,
            lambda z: z * mpf(2) ** BITS[fmt], mpf("1e-9"), h * h, range(degree + 1), fmt, {})


def cos_plan(fmt, degree):
    h = pi / 4 * mpf("1.00001")
    f = lambda z: (cos(sqrt(z)) - 1) / z
    return (f"cos_{fmt}_{degree}", "z = x^2: (cos(x) - 1) / x^2, |x| <= pi/4", f,
            lambda z: z * mpf(2) ** BITS[fmt], mpf("1e-9"), h * h, range(degree + 1), fmt, {0: mpf("-0.5")})


def tan_plan(fmt, degree):
    h = pi / 4 * mpf("1.00001")
    f = lambda z: (tan(sqrt(z)) / sqrt(z) - 1) / z
    return (f"tan_{fmt}_{degree}", "z = x^2: (tan(x) - x) / x^3, |x| <= pi/4", f,
            lambda z: z * mpf(2) ** BITS[fmt], mpf("1e-9"), h * h, range(degree + 1), fmt, {})


def odd_plan(name, fmt, degree, f, top):
    """z = x^2: (f(x) - x) / x^3 on [0, top]"""
    g = lambda z: (f(sqrt(z)) / sqrt(z) - 1) / z
    return (f"{name}_{fmt}_{degree}", f"z = x^2: ({name}(x) - x) / x^3, |x| <= {top}", g,
            lambda z: z * mpf(2) ** BITS[fmt], mpf("1e-9"), mpf(top) ** 2 * mpf("1.00001"), range(degree + 1), fmt, {})


def erf_plan(fmt, degree):
    """|x| <= 1"""
    return (f"erf_{fmt}_{degree}", "z = x^2: (erf(x) - x) / x, |x| <= 1", lambda z: erf(sqrt(z)) / sqrt(z) - 1,
            lambda z: mpf(2) ** BITS[fmt], mpf("1e-9"), mpf(1), range(degree + 1), fmt, {})


def erfc_plan(fmt, degree, top):
    """Beyond top, erfc is nothing beside 1."""
    return (f"erfc_{fmt}_{degree}", f"log(erfc(x + 2)), 1 <= x + 2 <= {top}", lambda x: log(erfc(x + 2)),
            lambda x: erfc(x + 2) * mpf(2) ** BITS[fmt], mpf(-1), mpf(top - 2), range(degree + 1), fmt, {})


def power_log_plan(degree):
    f = lambda z: ((log((1 + sqrt(z)) / (1 - sqrt(z))) / sqrt(z)) * 3 / 2 - 3 - z) / z**2
    return (f"powlog_f64_{degree}", "z = s^2: (3/2 log((1 + s) / (1 - s)) / s - 3 - z) / z^2, |s| <= 0.1716", f,
            lambda z: z**2 * mpf(2) ** 64, mpf("1e-9"), mpf("0.02945"), range(degree + 1), "f64", {})


def single_log2_plan(degree):
    """For powers of f32, computed in f64."""
    f = lambda z: log((1 + sqrt(z)) / (1 - sqrt(z))) / sqrt(z) / log(2)
    return (f"singlelog2_f64_{degree}", "z = s^2: log2((1 + s) / (1 - s)) / s, |s| <= 0.1716", f,
            lambda z: mpf(2) ** 36, mpf("1e-9"), mpf("0.02945"), range(degree + 1), "f64", {})


PLANS = [
    exp2_plan("f32", 5),
    exp2_plan("f64", 6),
    exp2_plan("f64", 10),
    exp2_plan("f64", 11),
    exp_plan("f32", 5),
    exp_plan("f32", 6),
    exp_plan("f64", 10),
    exp_plan("f64", 11),
    expm1_plan("f32", 6),
    expm1_plan("f64", 11),
    log_plan(9),
    log_odd_plan("log", "f64", 7, "0.2001"),
    log_odd_plan("softlog", "f32", 4, "0.33334"),
    log_odd_plan("softlog", "f64", 10, "0.33334"),
    log2_plan(9),
    sin_plan("f32", 2, 0.25),
    sin_plan("f32", 3, 0.5),
    sin_plan("f64", 5, 0.25),
    sin_plan("f64", 6, 0.5),
    cos_plan("f32", 3),
    cos_plan("f64", 6),
    tan_plan("f32", 6),
    tan_plan("f64", 13),
    erf_plan("f32", 6),
    erf_plan("f64", 11),
    erfc_plan("f32", 6, 4),
    erfc_plan("f64", 17, 6),
    power_log_plan(6),
    single_log2_plan(4),
    odd_plan("asin", "f32", 4, asin, 0.5),
    odd_plan("asin", "f64", 11, asin, 0.5),
    odd_plan("atan", "f32", 4, atan, 0.5),
    odd_plan("atan", "f64", 11, atan, 0.5),
]


def literal(c, fmt):
    digits = repr(float(c)) if fmt == "f64" else f"{float(c):.9g}"
    return (digits if "." in digits or "e" in digits else digits + ".0") + ("f" if fmt == "f32" else "")


def missing(literals):
    folder = Path(__file__).resolve().parent.parent / "compiler" / "back" / "prelude"
    text = " ".join(path.read_text() for path in folder.glob("prelude_lanes*.c"))
    return [c for c in literals if not re.search(r"(?<![\d.])" + re.escape(c.lstrip("-")) + r"\b", text)]


def main(words):
    check, absent = "--check" in words, []
    for name, what, f, weight, a, b, powers, fmt, fixed in PLANS:
        if check or not words or any(w in name for w in words):
            done, worst = minimax(f, weight, a, b, list(powers), fmt, fixed)
            literals = {p: literal(done[p], fmt) for p in sorted(set(powers) - set(fixed), reverse=True)}
            if check:
                absent += [f"{name}: {c}" for c in missing(literals.values())]
                continue
            print(f"{name}: {what}; weighted error {float(worst):.3g}")
            for p, c in literals.items():
                print(f"    {c:24} x^{p}")
    if absent:
        sys.exit("not in compiler/back/prelude: " + ", ".join(absent))


if __name__ == "__main__":
    main(sys.argv[1:])
