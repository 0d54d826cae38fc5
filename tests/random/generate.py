#!/usr/bin/env python3
"""Writes a random, well-typed, total adc program and the same program in Python, from a seed.

Every expression is made as a pair of texts: adc and Python. Values stay bounded (squashed sums, guarded quotients, roots and
logarithms), so that no input in [-1, 1] gives a NaN or an overflow, and kinks are met with probability 0.

The program has inputs s: real, x: real[N], y: real[M], A: real[N, M], k: int[N] (values 0 <= k < N, N, M >= 2) and exports
    value    the random scalar                      value_grad  with its gradients
    field    a random vector in R^N                 pairs       both sides of every identity of derivatives, side by side
"""
import random
import sys

INPUTS = "s: real, x: real[N], y: real[M], A: real[N, M], k: int[N]"
NAMES = "s, x, y, A, k"
SHAPES = {"s": (), "x": ("N",), "y": ("M",), "A": ("N", "M")}

UNARY = [  # adc, Python
    ("sin({})", "sin({})"),
    ("cos({})", "cos({})"),
    ("tanh({})", "tanh({})"),
    ("sigmoid({})", "sigmoid({})"),
    ("exp(-sq({}))", "exp(-sq({}))"),
    ("log(1 + sq({}))", "log(1 + sq({}))"),
    ("sqrt(0.5 + sq({}))", "sqrt(0.5 + sq({}))"),
    ("atan({})", "atan({})"),
    ("erf({})", "erf({})"),
    ("softplus({})", "log1p(exp({}))"),
    ("log1p(sigmoid({}))", "log1p(sigmoid({}))"),
    ("(1 + sq({})) ^ -0.5", "(1 + sq({})) ** -0.5"),
    ("tanh({}) ^ 3", "tanh({}) ** 3"),
    ("-{}", "-{}"),
    ("relu({} + 0.0137)", "max({} + 0.0137, 0.0)"),
    ("abs({} - 0.0213)", "abs({} - 0.0213)"),
    ("asinh({})", "asinh({})"),
    ("clamp({}, -0.713, 0.817)", "min(max({}, -0.713), 0.817)"),
]
BINARY = [
    ("({} + {})", "({} + {})"),
    ("({} - {})", "({} - {})"),
    ("tanh({}) * {}", "tanh({}) * {}"),
    ("sin({}) * cos({})", "sin({}) * cos({})"),
    ("{} / (1.5 + sq({}))", "{} / (1.5 + sq({}))"),
    ("max({}, {} + 0.0111)", "max({}, {} + 0.0111)"),
    ("min({}, {} - 0.0173)", "min({}, {} - 0.0173)"),
    ("atan2({}, 1.1 + sq({}))", "atan2({}, 1.1 + sq({}))"),
    ("(0.3 + sigmoid({})) ^ sin({})", "(0.3 + sigmoid({})) ** sin({})"),
]
REDUCTIONS = ["sum", "mean", "max", "min", "prod", "logsumexp", "softmax_mean", "norm"]


class Scope:
    """What an expression may mention: tensors by shape, indices by extent, functions."""

    def __init__(self, tensors, indices=(), scalars=(), functions=(), vectors=()):
        self.tensors, self.indices, self.scalars = dict(tensors), list(indices), list(scalars)
        self.functions, self.vectors = list(functions), list(vectors)

    def under(self, index, extent):
        return Scope(self.tensors, self.indices + [(index, extent)], self.scalars, self.functions, self.vectors)


class Program:
    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.fresh = 0
        self.statements = [self.let_scalar, self.let_tensor, self.let_tensor, self.loop, self.loop, self.let_vector,
                           self.let_extremes, self.let_scatter, self.let_path, self.let_solution]
        self.adc, self.python = [], []

    def name(self, prefix):
        self.fresh += 1
        return f"{prefix}{self.fresh}"

    def line(self, adc, python):
        self.adc.append(adc)
        self.python.append(python)

    # ---- expressions: pairs (adc, Python), safe as operands of anything
    def constant(self):
        text = f"{self.pick.uniform(0.1, 1.5):.3f}"
        return text, text

    def subscript(self, scope, extent):
        """A subscript that stays inside an axis of this extent: (adc, Python)."""
        fitting = [i for i, e in scope.indices if e == extent]
        roll = self.pick.random()
        if not fitting or roll < 0.08:
            c = self.pick.choice(["0", "1", f"{extent} - 1"])
            return c, c
        i = self.pick.choice(fitting)
        if roll < 0.70:
            return i, i
        if roll < 0.80:
            return f"{extent} - 1 - {i}", f"{extent} - 1 - {i}"
        if roll < 0.90:
            return f"mod({i} + 1, {extent})", f"({i} + 1) % {extent}"
        return (f"k[{i}]", f"k[{i}]") if extent == "N" else (i, i)

    def element(self, scope):
        name = self.pick.choice(sorted(scope.tensors))
        subs = [self.subscript(scope, e) for e in scope.tensors[name]]
        if not subs:
            return name, name
        return name + "[" + ", ".join(a for a, _ in subs) + "]", name + "".join(f"[{p}]" for _, p in subs)

    def leaf(self, scope):
        roll = self.pick.random()
        if roll < 0.12:
            return self.constant()
        if isinstance(scope, Pure):
            v = self.pick.choice(scope.scalars)
            return v, v
        if roll < 0.18 and scope.indices:
            i, e = self.pick.choice(scope.indices)
            return f"({i} / {e})", f"({i} / {e})"
        if roll < 0.35 and scope.scalars:
            v = self.pick.choice(scope.scalars)
            return v, v
        return self.element(scope)

    def condition(self, scope, depth):
        """Never decided by rounding: data against odd constants, or indices against indices."""
        if scope.indices and not isinstance(scope, Pure) and self.pick.random() < 0.5:
            i, e = self.pick.choice(scope.indices)
            return self.pick.choice([(f"{i} > 0", f"{i} > 0"), (f"mod({i}, 2) == 0", f"{i} % 2 == 0"), (f"{i} < {e} - 1", f"{i} < {e} - 1")])
        a, p = self.scalar(scope, depth)
        c = f"{self.pick.uniform(-0.5, 0.5):.4f}7"
        c = f"({c})" if c.startswith("-") else c
        return f"{a} > {c}", f"{p} > {c}"

    def reduction(self, scope, depth):
        kind = self.pick.choice(REDUCTIONS)
        extent = self.pick.choice(["N", "M"])
        j = self.name("j")
        inner = scope.under(j, extent)
        a, p = self.scalar(inner, depth)
        head, rows = f"{j}: {extent}", f"for {j} in range({extent})"
        if kind in ("sum", "mean") and self.pick.random() < 0.3:
            c, d = self.pick.choice([(f"{j} != 0", f"{j} != 0"), (f"{j} < {extent} - 1", f"{j} < {extent} - 1")])
            head, rows = f"{head} where {c}", f"{rows} if {d}"
        if kind == "sum" and self.pick.random() < 0.2 and inner.indices[:-1]:
            i = inner.indices[0][0]
            if inner.indices[0][1] == extent:
                head, rows = f"{j} in 0..{i}", f"for {j} in range(0, {i})"
        if kind == "sum":
            return f"tanh(sum[{head}]({a}))", f"tanh(sum([{p} {rows}]))"
        if kind == "prod":
            return f"prod[{head}](1 + sin({a}) / 2)", f"prod([1 + sin({p}) / 2 {rows}])"
        if kind == "norm":
            return f"sqrt(0.1 + sum[{head}](sq({a})))", f"sqrt(0.1 + sum([sq({p}) {rows}]))"
        if kind == "softmax_mean":
            b, q = self.scalar(inner, depth - 1)
            return f"softmax_mean[{head}]({a}, {b})", f"softmax_mean([({p}, {q}) {rows}])"
        return f"{kind}[{head}]({a})", f"{kind}([{p} {rows}])"

    def scalar(self, scope, depth):
        roll = self.pick.random()
        if depth <= 0 or roll < 0.10:
            return self.leaf(scope)
        if roll < 0.35:
            form = self.pick.choice(UNARY)
            return self.filled(form, [self.scalar(scope, depth - 1)])
        if roll < 0.70:
            form = self.pick.choice(BINARY)
            return self.filled(form, [self.scalar(scope, depth - 1), self.scalar(scope, depth - 1)])
        if roll < 0.80:
            (c, d), (a, p), (b, q) = self.condition(scope, 0), self.scalar(scope, depth - 1), self.scalar(scope, depth - 1)
            return f"(if {c} then {a} else {b})", f"({p} if {d} else {q})"
        if roll < 0.86 and scope.functions:
            f = self.pick.choice(scope.functions)
            return self.filled((f + "({}, {})", f + "({}, {})"), [self.scalar(scope, depth - 1), self.scalar(scope, depth - 1)])
        if roll < 0.90 and scope.vectors:
            f = self.pick.choice(scope.vectors)
            a, p = self.vector(scope)
            return f"{f}({a})", f"{f}({p})"
        if roll < 0.92 and scope.functions and not isinstance(scope, Pure):
            t = self.name("z")
            a, p = self.scalar(Pure([t], scope.functions), 2)
            b, q = self.scalar(scope, depth - 1)
            return f"twice(|{t}| tanh({a}), {b})", f"twice(lambda {t}: tanh({p}), {q})"
        if isinstance(scope, Pure) or len(scope.indices) >= 3:
            return self.leaf(scope)
        return self.reduction(scope, depth - 1)

    def vector(self, scope):
        """A value of shape [N]: a tensor, a row of a matrix, a slice, a product."""
        rows = [(n, i) for n in sorted(scope.tensors) for i, e in scope.indices if scope.tensors[n] == (e, "N")]
        if rows and self.pick.random() < 0.5:
            n, i = self.pick.choice(rows)
            return f"{n}[{i}]", f"{n}[{i}]"
        v = self.pick.choice([n for n in sorted(scope.tensors) if scope.tensors[n] == ("N",)])
        return self.pick.choice([
            (v, v),
            (v, v),
            (f"(A @ y + {v})", f"add(matvec(A, y), {v})"),
            (f"concat({v}[1..N], [{v}[0]])", f"({v}[1:N] + [{v}[0]])"),
            (f"sin({v}) * x", f"[sin(a) * b for a, b in zip({v}, x)]"),
            (f"(A @ (A' @ {v}))", f"matvec(A, matvec(transpose(A), {v}))"),
            (f"(s * {v} - x / 2)", f"[s * a - b / 2 for a, b in zip({v}, x)]"),
        ])

    def filled(self, form, parts):
        return "(" + form[0].format(*(a for a, _ in parts)) + ")", "(" + form[1].format(*(p for _, p in parts)) + ")"

    # ---- statements
    def let_scalar(self, scope):
        v = self.name("a")
        a, p = self.scalar(scope, 3)
        self.line(f"    let {v} = {a};", f"    {v} = {p}")
        scope.scalars.append(v)

    def let_tensor(self, scope):
        v = self.name("t")
        shape = self.pick.choice([("N",), ("M",), ("N",), ("N", "M"), ("M", "N"), ("N", "N")])
        inner, heads, rows = scope, [], []
        for e in shape:
            i = self.name("i")
            inner = inner.under(i, e)
            heads.append(f"{i}: {e}")
            rows.append(f"for {i} in range({e})")
        a, p = self.scalar(inner, 3)
        for row in reversed(rows):
            p = f"[{p} {row}]"
        self.line(f"    let {v}[{', '.join(heads)}] = {a};", f"    {v} = {p}")
        scope.tensors[v] = shape

    def let_vector(self, scope):
        v = self.name("t")
        a, p = self.vector(scope)
        self.line(f"    let {v} = {a};", f"    {v} = {p}")
        scope.tensors[v] = ("N",)

    def let_extremes(self, scope):
        """The smallest two, the largest with its place, and what stands there in x."""
        v, w, k, j = self.name("m"), self.name("a"), self.name("place"), self.name("j")
        a, p = self.scalar(scope.under(j, "N"), 2)
        a, p = f"sin(x[{j}]) + {a} / 4", f"sin(x[{j}]) + {p} / 4"
        self.line(f"    let {v} = kmin[{j}: N, 2]({a});", f"    {v} = sorted([{p} for {j} in range(N)])[:2]")
        self.line(f"    let ({w}, {k}) = max_argmax[{j}: N]({a});", f"    {w} = max([{p} for {j} in range(N)])")
        self.line(f"    let {w}_there = {w} * x[{k}] + {v}[0] * {v}[1];",
                  f"    {w}_there = {w} * x[[{p} for {j} in range(N)].index({w})] + {v}[0] * {v}[1]")
        scope.scalars += [w, w + "_there"]

    def let_solution(self, scope):
        """A linear system whose diagonal outweighs its rows, and the volume of its matrix."""
        m, v, w, i, j = self.name("M"), self.name("t"), self.name("a"), self.name("i"), self.name("j")
        a, p = self.scalar(scope.under(i, "N").under(j, "N"), 2)
        b, q = self.vector(scope)
        self.line(f"    let {m}[{i}: N, {j}: N] = sin({a}) + (if {i} == {j} then 7.0 else 0.0);",
                  f"    {m} = [[sin({p}) + (7.0 if {i} == {j} else 0.0) for {j} in range(N)] for {i} in range(N)]")
        self.line(f"    let {v} = 5 * solve({m}, {b});", f"    {v} = [5 * e for e in solve({m}, {q})]")
        self.line(f"    let {w} = logdet({m}) / N - 1.9;", f"    {w} = logdet({m}) / N - 1.9")
        scope.tensors[v] = ("N",)
        scope.scalars.append(w)

    def let_scatter(self, scope):
        """Entries of an expression added up by their class k."""
        v, i, j = self.name("t"), self.name("i"), self.name("j")
        a, p = self.scalar(scope.under(j, "N"), 2)
        self.line(f"    let {v}[{i}: N] = tanh(sum[{j}: N where k[{j}] == {i}]({a}));",
                  f"    {v} = [tanh(sum([{p} for {j} in range(N) if k[{j}] == {i}])) for {i} in range(N)]")
        scope.tensors[v] = ("N",)

    def keeps(self):
        """What a loop keeps for its derivative: no choice changes a value."""
        return self.pick.choice(["", "", "@checkpoint(every 2) ", "@checkpoint(revolve 2) ", "@checkpoint(recompute) "])

    def let_path(self, scope):
        """A loop that yields, with a nested loop in it half of the time."""
        v, path, t = self.name("v"), self.name("path"), self.name("step")
        a, p = self.scalar(scope, 2)
        self.line(f"    var {v} = {a};", f"    {v} = {p}; {path} = []")
        self.line(f"    let {path} = {self.keeps()}for {t} in 0..N {{", f"    for {t} in range(N):")
        inner = Scope(scope.tensors, scope.indices, scope.scalars + [v], scope.functions, scope.vectors)
        b, q = self.scalar(inner, 2)
        if self.pick.random() < 0.5:
            u = self.name("step")
            self.line(f"        {self.keeps()}for {u} in 0..{t} {{", f"        for {u} in range({t}):")
            self.line(f"            {v} = cos({b}) * {v} + {u} / 7;", f"            {v} = cos({q}) * {v} + {u} / 7")
            self.line("        }", "        pass")
        self.line(f"        {v} = tanh({v} + x[{t}] * {b});", f"        {v} = tanh({v} + x[{t}] * {q})")
        self.line(f"        yield {v} * s;", f"        {path}.append({v} * s)")
        self.line("    };", "    pass")
        scope.scalars.append(v)
        scope.tensors[path] = ("N",)

    def loop(self, scope):
        v, w, t = self.name("v"), self.name("w"), self.name("step")
        trips = self.pick.choice(["2", "3", "N"])
        a, p = self.scalar(scope, 2)
        self.line(f"    var {v} = {a};", f"    {v} = {p}")
        i = self.name("i")
        b, q = self.scalar(scope.under(i, "N"), 1)
        self.line(f"    let {w}_start[{i}: N] = {b};", f"    {w} = [{q} for {i} in range(N)]")
        self.line(f"    var {w} = {w}_start;", "    pass")
        inner = Scope(scope.tensors, scope.indices, scope.scalars + [v], scope.functions, scope.vectors)
        inner.tensors[w] = ("N",)
        if self.pick.random() < 0.3:
            g, h = self.condition(inner, 1)
            self.line(f"    var {t} = 0;\n    {self.keeps()}while {g}, max {trips} {{",
                      f"    {t} = -1\n    while {t} + 1 < {trips} and ({h}):\n        {t} += 1")
            count = f"        {t} = {t} + 1;"
        else:
            self.line(f"    {self.keeps()}for {t} in 0..{trips} {{", f"    for {t} in range({trips}):")
            count = ""
        n = self.name("n")
        c, d = self.scalar(inner.under(n, "N"), 2)
        new = self.name("u")
        self.line(f"        let {new}[{n}: N] = tanh({c});", f"        {new} = [tanh({d}) for {n} in range(N)]")
        e, f = self.scalar(inner, 2)
        step = (f"{v} = sin({e}) + {t} / 10;", f"{v} = sin({f}) + {t} / 10")
        if self.pick.random() < 0.4:
            g, h = self.condition(inner, 1)
            self.line(f"        if {g} {{", f"        if {h}:")
            self.line(f"            {step[0]}", f"            {step[1]}")
            self.line("        }", "        pass")
        else:
            self.line(f"        {step[0]}", f"        {step[1]}")
        self.line(f"        {w} = {new};{count}", f"        {w} = {new}")
        self.line("    }", "    pass")
        scope.scalars.append(v)
        scope.tensors[w] = ("N",)

    def helpers(self):
        f, g, h = self.name("f"), self.name("g"), self.name("h")
        a, p = self.scalar(Pure(["a", "b"]), 3)
        self.line(f"fn {f}(a: real, b: real) -> real = {a};", f"def {f}(a, b):\n    return {p}")
        scope = Scope({"v": ("N",)})
        scope.functions.append(f)
        a, p = self.without_gathers(scope)
        self.line(f"fn {g}(v: real[N]) -> real = {a};", f"def {g}(v):\n    return {p}")
        self.line(f"fn {h}(v: real[N]) -> real = sqnorm(grad({g}(v), v)) / (1 + sqnorm(grad({g}(v), v)));", f"{h} = None")
        return f, g, h

    def without_gathers(self, scope):
        """A scalar of v alone (no k, no M): a mean over its entries of something smooth."""
        i = self.name("i")
        a, p = self.scalar(Pure([f"v[{i}]", f"v[N - 1 - {i}]", "v[0]"], scope.functions), 2)
        return f"mean[{i}: N]({a})", f"mean([{p} for {i} in range(N)])"

    def body(self, functions, vectors, field):
        scope = Scope(SHAPES, functions=functions, vectors=vectors)
        for _ in range(self.pick.randint(1, 4)):
            self.pick.choice(self.statements)(scope)
        defined = [t for t in scope.tensors if t not in SHAPES]
        uses = "".join([f" + mean({t}) / 3" for t in defined] + [f" + {v} / 5" for v in scope.scalars])
        if field:
            a, p = self.scalar(scope.under("i", "N"), 3)
            self.line(f"    let out[i: N] = {a} + x[i] * sin(s{uses});", f"    out = [{p} + x[i] * sin(s{uses}) for i in range(N)]")
            self.line("    return out;", "    return out")
        else:
            a, p = self.scalar(scope, 4)
            b, q = self.reduction(scope, 3)
            self.line(f"    return {a} + {b}{uses};", f"    return {p} + {q}{uses}")
        self.line("}", "")

    def whole(self):
        self.adc.append("fn twice(f: fn(real) -> real, a: real) -> real = f(f(a));")
        f, g, h = self.helpers()
        self.line(f"export fn value({INPUTS}) -> real {{", f"def value({NAMES}):")
        self.body([f], [g], False)
        self.line("export grad value wrt s, x, y, A;", "")
        self.line(f"export fn field({INPUTS}) -> real[N] {{", f"def field({NAMES}):")
        self.body([f], [g], True)
        self.adc.append(f"export fn second({INPUTS}) -> real = value({NAMES}) * {h}(x);")
        self.adc.append(IDENTITIES)
        return "\n".join(self.adc) + "\n", "\n".join(self.python) + "\n"


class Pure(Scope):
    """A scope of scalars only: its leaves are these texts, and it has no reductions."""

    def __init__(self, texts, functions=()):
        super().__init__({}, scalars=texts, functions=functions)


IDENTITIES = """
## Pairs of numbers that must be equal: reverse against forward for every input, and the three second-order products.
export fn pairs(INPUTS, ds: real, dx: real[N], dy: real[M], dA: real[N, M], w: real[N]) ->
    (forward_s: real, reverse_s: real, forward_x: real, reverse_x: real, forward_y: real, reverse_y: real, forward_A: real, reverse_A: real,
     push: real, pull: real, fr: real[N], rf: real[N], hv: real[N], across: real, back: real, second_forward: real, second_reverse: real) {
    let e = value(NAMES);
    let (gs, gx, gy, gA) = grad(e, s, x, y, A);
    let r = field(NAMES);
    let d = jvp(e, x, dx);
    let g2 = second(NAMES);
    return jvp(e, s, ds), gs * ds, d, dot(gx, dx), jvp(e, y, dy), dot(gy, dy), jvp(e, A, dA), dot(gA, dA),
           dot(jvp(r, x, dx), w), dot(dx, vjp(r, x, w)), jvp(gx, x, dx), grad(d, x), hvp(e, x, dx),
           dot(jvp(gx, y, dy), dx), dot(jvp(gy, x, dx), dy), jvp(g2, x, dx), dot(grad(g2, x), dx);
}
""".replace("INPUTS", INPUTS).replace("NAMES", NAMES)


def program(seed):
    """(adc text, Python text) of a seed."""
    return Program(seed).whole()


def value_only(adc):
    """The part of a program that value and its gradient are: a sixth of the code, for the optimiser's sake."""
    return adc[: adc.index("export fn field(")]


if __name__ == "__main__":
    texts = program(int(sys.argv[1]))
    print(texts["--python" in sys.argv])
