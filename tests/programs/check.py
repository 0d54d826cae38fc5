#!/usr/bin/env python3
"""Runs the .ad programs of a folder and holds their results against what they state.

A test is one .ad file whose comments say what to run and what must come out:

    #! run FUNCTION x=[1,2] s=0.5      adc run FILE FUNCTION x=[1,2] s=0.5 --json
    #! expect result = 1.25            a result of the run above; ~1e-9 after the value widens the tolerance
    #! expect status "argument 'F'"    the run must exit 1 with this text on stderr instead
    #! gradcheck [FUNCTION] [ARGS]     adc gradcheck FILE ... must exit 0
    #! error "text"                    adc check FILE must exit 1 with this text on stderr
    #! option -D D=3                   given to every command on this file
    #! f32 off | f32 ~1e-3             skip the file, or widen its tolerance, under --real=f32
    #! cuda off | cuda run             skip the file, or its gradchecks, under --target=cuda

Tolerances are relative (to a hundredth of the largest entry where an entry is smaller still). A non-finite expectation (inf, nan) is met by
JSON's null with the result's name listed under "nonfinite".
"""
import argparse
import json
import math
import os
import re
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
from calls import ended, run_calls  # noqa: E402

DIRECTIVE = re.compile(r"^#!\s*(\w+)\s*(.*?)\s*$")
TOLERANCE = re.compile(r"\s+~([0-9.e+-]+)$")


class Run:
    """One command of a test file, with what it must produce."""

    def __init__(self, line, kind, words):
        self.line, self.kind, self.words = line, kind, words
        self.expect = []  # (name, value, tolerance, line)
        self.status = None


class Test:
    def __init__(self, path):
        self.path, self.runs, self.options, self.f32, self.cuda = path, [], [], "on", "on"
        with open(path, encoding="utf-8") as f:
            for number, text in enumerate(f, 1):
                m = DIRECTIVE.match(text)
                if m:
                    self.directive(number, m.group(1), m.group(2))

    def directive(self, line, word, rest):
        if word in ("run", "gradcheck"):
            self.runs.append(Run(line, word, shlex.split(rest)))
        elif word == "error":
            run = Run(line, "check", [])
            run.status = shlex.split(rest)[0]
            self.runs.append(run)
        elif word == "expect" and rest.startswith("status"):
            self.runs[-1].status = shlex.split(rest)[1]
        elif word == "expect":
            self.runs[-1].expect.append(expectation(rest, line))
        elif word == "option":
            self.options += shlex.split(rest)
        elif word == "f32":
            self.f32 = rest
        elif word == "cuda":
            self.cuda = rest
        else:
            raise ValueError(f"{self.path}:{line}: unknown directive '{word}'")


def expectation(text, line):
    name, value = (part.strip() for part in text.split("=", 1))
    tolerance = 1e-12
    m = TOLERANCE.search(value)
    if m:
        tolerance, value = float(m.group(1)), value[: m.start()]
    value = re.sub(r"\binf\b", "Infinity", value)
    return name, json.loads(re.sub(r"\bnan\b", "NaN", value)), tolerance, line


def flatten(value):
    if isinstance(value, list):
        for v in value:
            yield from flatten(v)
    else:
        yield value


def shape(value):
    dims = []
    while isinstance(value, list):
        dims.append(len(value))
        if not value:
            break
        value = value[0]
    return dims


def same_shape(want, got):
    """Equal shapes; an empty tensor is written [] whatever its other extents are."""
    if 0 in shape(want):
        return not any(True for _ in flatten(got))
    return shape(want) == shape(got)


def same_entry(want, got, slack):
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    if not math.isfinite(want):
        return got is None
    return got is not None and math.isfinite(got) and abs(want - got) <= slack


def mismatch(want, got, tolerance):
    """What is wrong with a result, or None. Entries below a hundredth of the largest are held to its absolute error."""
    if not same_shape(want, got):
        return f"expected {json.dumps(want)}, got {json.dumps(got)} (shapes differ)"
    sizes = [abs(v) for v in flatten(want) if not isinstance(v, bool) and math.isfinite(v)]
    floor = 0.01 * max(sizes, default=0.0) or 1.0
    for w, g in zip(flatten(want), flatten(got)):
        if not same_entry(w, g, tolerance * max(abs(w), floor)):
            return f"expected {json.dumps(want)}, got {json.dumps(got)} (tolerance {tolerance:g})"
    return None


class Runner:
    def __init__(self, adc, extra, real, target, gradchecks):
        self.adc, self.extra, self.real, self.target, self.gradchecks = adc, extra, real, target, gradchecks

    def options(self, test, kind):
        options = list(test.options)
        if kind != "check":  # the whole file, so that all runs of it share one compilation
            options += ["--whole", *self.extra]
        if self.real == "f32":
            options.append("--real=f32")
        if self.target == "cuda" and kind != "check":
            options.append("--target=cuda")
        return options + (["--json"] if kind == "run" else [])

    def outcomes(self, test, runs):
        """(run, its words after adc, the process) of each."""
        plain = [r for r in runs if r.kind == "run"]
        made = iter(run_calls(self.adc, test.path, self.options(test, "run"), [r.words for r in plain]) if plain else [])
        for run in runs:
            words = [run.kind, test.path] + run.words + self.options(test, run.kind)
            yield run, words, next(made) if run.kind == "run" else ended([self.adc] + words)

    def judge(self, test, run, words, done):
        """Yields a line per failed expectation, None per one that holds."""
        where = f"{test.path}:{run.line}"
        shown = " ".join(shlex.quote(w) for w in ["adc"] + words)
        error = done.stderr.strip()
        if run.status is not None:
            ok = done.returncode == 1 and run.status in done.stderr
            yield None if ok else f"{where}: {shown}: expected exit 1 with {run.status!r}, got {done.returncode}: {error[:600]}"
        elif done.returncode != 0:
            said = error or done.stdout.strip()[-900:]
            yield f"{where}: {shown}: exit {done.returncode}: {said[:900]}"
        elif run.kind == "run":
            yield from self.compare(test, run, done.stdout)
        else:
            yield None

    def compare(self, test, run, text):
        try:
            results = json.loads(text)
        except ValueError:
            yield f"{test.path}:{run.line}: not JSON: {text[:300]!r}"
            return
        if not run.expect:
            yield f"{test.path}:{run.line}: the run states no expectation"
        widest = 0.0
        if self.real == "f32":
            widest = float(test.f32[1:]) if test.f32.startswith("~") else 1e-4
        nonfinite = results.get("nonfinite", [])
        for name, want, tolerance, line in run.expect:
            where = f"{test.path}:{line}: {' '.join(run.words)}: {name}"
            if name not in results:
                yield f"{where}: no such result, only {', '.join(results)}"
                continue
            wrong = mismatch(want, results[name], max(tolerance, widest))
            odd = any(not isinstance(v, bool) and not math.isfinite(v) for v in flatten(want))
            if not wrong and odd != (name in nonfinite):
                wrong = f'expected it {"" if odd else "not "}among "nonfinite", which lists {nonfinite}'
            yield f"{where}: {wrong}" if wrong else None

    def file(self, test):
        """The lines of a file's runs; a file that does not compile tells why once."""
        if (self.real == "f32" and test.f32 == "off") or (self.target == "cuda" and test.cuda == "off"):
            return []
        lines, said = [], set()
        checked = self.gradchecks and (self.target == "c" or test.cuda == "on")
        runs = [r for r in test.runs if r.kind != "gradcheck" or checked]
        for line in (line for outcome in self.outcomes(test, runs) for line in self.judge(test, *outcome)):
            why = line and line.split(": exit ", 1)[-1].replace("\n", " ")[:45]
            if line and ": exit " in line and why in said:
                line = line.split(": ", 1)[0] + ": the same"
            said.add(why)
            lines.append(line)
        return lines


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description="runs .ad programs against the results they state")
    p.add_argument("filter", nargs="*", help="only files whose path contains one of these")
    p.add_argument("--dir", default=here, help="folder of .ad files")
    p.add_argument("--adc", default=os.environ.get("ADC", "adc"))
    p.add_argument("--real", choices=("f64", "f32"), default="f64")
    p.add_argument("--target", choices=("c", "cuda"), default="c")
    p.add_argument("--shard", default="1/1", metavar="K/N", help="every N-th file, from the K-th")
    p.add_argument("-j", type=int, default=2, help="files at a time")
    p.add_argument("--option", action="append", default=[],
                   help="passed to adc run and adc gradcheck, before $ADC_TEST_OPTIONS")
    p.add_argument("--no-gradcheck", action="store_true", help="only what is run: finite differences take many calls")
    args = p.parse_args()
    k, n = (int(v) for v in args.shard.split("/"))
    paths = sorted(os.path.join(args.dir, f) for f in os.listdir(args.dir) if f.endswith(".ad"))
    tests = [t for t in map(Test, paths) if t.runs]
    tests = [t for t in tests if not args.filter or any(f in t.path for f in args.filter)][k - 1 :: n]
    runner = Runner(args.adc, args.option + os.environ.get("ADC_TEST_OPTIONS", "").split(), args.real, args.target, not args.no_gradcheck)
    passed, failed = 0, 0
    with ThreadPoolExecutor(args.j) as pool:
        for lines in pool.map(runner.file, tests):
            for line in lines:
                passed, failed = passed + (line is None), failed + (line is not None)
                if line:
                    print(line, flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
