"""Programs of any length, with their gradients: chains.py KIND N prints one of N statements."""
import sys

KINDS = {
    # kind: (parameters, first value, statement i, result)
    "scalars": ("x: real", "x", "let v{i} = sin(v{j}) * v{j} + 0.5 * v{j};", "v{n}"),
    "vectors": ("x: real[N]", "x", "let v{i}[i] = sin(v{j}[i]) * v{j}[i] + 0.5 * v{j}[i];", "sum(v{n})"),
    "sums": ("x: real[N]", "1.0", "let v{i} = sum[i](sin(x[i] * v{j}));", "v{n}"),
    "products": ("x: real[N], a: real[N, N]", "x", "let v{i} = sin(a @ v{j});", "sum(v{n})"),
    "pairs": ("x: real[N, 3]", "x", "let v{i}[i] = sum[j](exp(-sqdist(v{j}[i], v{j}[j])) * v{j}[j]);", "sum(v{n})"),
    "steps": ("x: real[N]", "x", "let v{i}[i] = sin(v{j}[i]) * v{j}[i] + 0.5 * v{j}[i];", "v{n}"),
}


def program(kind, n):
    parameters, first, statement, result = KINDS[kind]
    lines = [f"let v0 = {first};"] + [statement.format(i=i, j=i - 1) for i in range(1, n + 1)]
    if kind == "steps":  # the statements are one pass of a loop
        lines[0] = "let v0 = y;"
        body = "\n        ".join(lines)
        lines = ["var y = x;", f"for t in 0..10 {{\n        {body}\n        y = v{n};\n    }}"]
        result = "sum(y)"
    body = "\n    ".join(lines)
    return f"export fn chain({parameters}) -> real {{\n    {body}\n    return {result.format(n=n)};\n}}\nexport grad chain wrt x;\n"


if __name__ == "__main__":
    print(program(sys.argv[1], int(sys.argv[2])), end="")
