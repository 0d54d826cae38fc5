#!/usr/bin/env python3
"""Random loops whose gradients, and second derivatives, must have the same bits whatever the loops keep.

Their states are sums of products, differences that are squared, kernels over pairs, products that several read, of
vectors, points and scalars, loops inside, branches, beside sums that only the value needs: what the way there computes in
the company of these sums, and the way back again without them.

    loops.py [--adc ADC] [--seeds A..B] [--jobs N] [--keep FOLDER] [OPTION OF adc run...]

prints what differs; FOLDER keeps the programs.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

CHOICES = ["all", "every 3", "revolve 2", "recompute"]
SECOND = 7  # every so many programs a second derivative, and one with a way back for each entry of an axis
SIZES = [11, 11, 11, 3, 70, 600]


class Program:
    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.vectors = ["x", "y"]
        self.scalars = ["a", "b"]
        self.named = 0

    def vector_entry(self):
        v, at = self.pick.choice(self.vectors), self.pick.choice(["i", "i", "i", "mod(i + 1, N)", "mod(i + 3, N)"])
        return f"{v}[{at}]"

    def leaf(self, entry):
        return self.pick.choice([self.vector_entry if entry else lambda: self.pick.choice(self.scalars),
                                 lambda: self.pick.choice(self.scalars), lambda: self.pick.choice(["0.3", "c", "h", "1.7"])])()

    def value(self, depth, entry):
        if depth == 0:
            return self.leaf(entry)
        p, q = (lambda: self.value(depth - 1, entry)), self.pick.random()
        if q < .34:
            return f"({p()} * {p()} + {p()})" if q < .17 else f"({p()} - {p()} * {p()})"
        if q < .5:
            return f"({p()} * {p()} - {p()} * {p()})"
        if q < .6:
            return f"sq({p()} - {p()} * {self.leaf(entry)})"
        if q < .75:
            return f"{self.pick.choice(['sin', 'cos', 'tanh', 'sigmoid'])}({p()})"
        if q < .85:
            return f"({p()} / (1.5 + sq({p()})))"
        return self.leaf(entry)

    def bounded(self, depth, entry):
        return f"tanh({self.value(depth, entry)}) * {self.pick.choice(['h', '0.3', 'c'])}"

    def let(self, lines):
        self.named += 1
        name, q = f"v{self.named}", self.pick.random()
        if q < .5:
            lines.append(f"let {name}[i: N] = {self.bounded(2, True)};")
        elif q < .75:
            u, w = self.pick.choice(self.vectors), self.pick.choice(self.vectors)
            weight = self.pick.choice([f"{u}[j]", f"({u}[j] - {w}[i])", f"{u}[j] * {w}[i]"])
            lines.append(f"let {name}[i: N] = sum[j: N](exp(-sq({u}[i] - {w}[j])) * {weight}) * h;")
        elif q < .8:
            lines.append(f"let {name}[i: N] = sum[d: 2](p[i, d] * sum[j: N](exp(-sqdist(p[i], p[j])) * p[j, d])) * h;")
        elif q < .87:
            entry = self.bounded(1, True).replace("[i]", "[k]").replace("(i ", "(k ")
            lines += [f"var {name} = x;", f"for k_{name} in 0..2 {{ let w[k: N] = {name}[k] + {entry}; {name} = 0.5 * w; }}"]
        else:
            lines.append(f"let {name} = sum[i: N]({self.bounded(1, True)} * {self.vector_entry()}) * h;")
            self.scalars.append(name)
            return
        self.vectors.append(name)

    def text(self):
        lines = []
        for _ in range(self.pick.randint(1, 3)):
            self.let(lines)
        updates = [f"let x_next[i: N] = x[i] {self.pick.choice('+-')} {self.bounded(1, True)};",
                   f"let y_next[i: N] = {self.bounded(1, True)} + {self.pick.choice(self.vectors)}[i] * 0.5;",
                   f"let a_next = 0.5 * a - h * {self.value(1, False)};", f"let b_next = (if a > 0.1 then {self.bounded(1, False)} else {self.bounded(0, False)}) + 0.1 * a;",
                   f"let p_next[i: N, d: 2] = p[i, d] {self.pick.choice('+-')} h * {self.pick.choice(self.vectors)}[i] * p[i, d];"]
        seen = self.pick.sample(["sqnorm(x_next)", "dot(x_next, y)", "sq(a_next)", "sum(y_next) * a", "dot(y_next, x_next)",
                                 "norm(x_next - y_next)",
                                 "sum[i: N, j: N](exp(-sqdist(p[i], p[j])) * x[i] * y_next[j])", "sqnorm(p_next)"], 2)
        body = lines + updates + [f"e = e + {' + '.join(seen)};"]
        head = self.pick.choice(["for t in 0..T", "for t in 0..T", "while sqnorm(x) < 1000 * N, max T"])
        loop = "\n        ".join(body + [f"{v} = {v}_next;" for v in "xyabp"])
        return f"""export fn walk(x0: real[N], c: real, h: real, T: int) -> real {{
    var x = x0;
    let start[i] = 0.1 * x0[i];
    let points[i, d: 2] = sin(x0[i] * (d + 1));
    var y = start;
    var p = points;
    var a = 0.3;
    var b = -0.2;
    var e = 0.0;
    {head} {{
        {loop}
    }}
    return e + sum(x);
}}
export grad walk wrt x0, c;
export fn rows(x0: real[N], w: real[M], c: real, h: real, T: int) -> (g: real[M], e: real) {{
    let e = walk(x0, c, h, T);
    let g[k] = grad(sin(w[k] * e) + w[k] * w[k], c);
    return g, e;
}}
export fn second(x0: real[N], v: real[N], c: real, h: real, T: int) -> (hv: real[N], g: real) {{
    let e = walk(x0, c, h, T);
    return hvp(e, x0, v), grad(dot(grad(e, x0), v), c);
}}
"""


def run(adc, path, seed, choice, options):
    n = SIZES[seed % len(SIZES)]
    called = (["second", f"v=uniform({n})", "T=7"] if seed % SECOND == 0 else
              ["rows", "w=uniform(5)", "T=9"] if seed % SECOND == 3 else ["walk_grad", "T=13"])
    command = [adc, "run", path, *called, f"x0=normal({n})", "c=.37", "h=.11", f"--checkpoint={choice}", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"


def differs(adc, folder, seed, options):
    path = os.path.join(folder, f"loop{seed}.ad")
    with open(path, "w") as f:
        f.write(Program(seed).text())
    made = {choice: run(adc, path, seed, choice, options) for choice in CHOICES}
    for choice, text in made.items():
        if "nonfinite" in text or text.startswith("exit"):
            return f"seed {seed}, {choice}: {text.strip().splitlines()[0]}"
    other = [choice for choice in CHOICES if made[choice] != made[CHOICES[0]]]
    return f"seed {seed}: other bits with {', '.join(other)}" if other else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--adc", default=os.environ.get("ADC", "adc"))
    parser.add_argument("--seeds", default="1..12")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", default="")
    args, options = parser.parse_known_args()
    first, last = map(int, args.seeds.split(".."))
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(args.jobs) as pool:
        folder = args.keep or temporary
        found = [d for d in pool.map(lambda s: differs(args.adc, folder, s, options), range(first, last + 1)) if d]
    print("\n".join(found) or f"{last - first + 1} loops: the same bits with {', '.join(CHOICES)}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
