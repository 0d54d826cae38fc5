"""Compiles chains of statements of two lengths and compares processor time and peak memory.

Of four times the statements, linear growth is 4, quadratic 16: no more than FACTORS is allowed.
"""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import chains  # noqa: E402
from compile_cost import compile_cost  # noqa: E402

FACTORS = {"time": 9, "memory": 6}
LENGTHS = {"scalars": 250, "vectors": 100, "sums": 100, "products": 100, "pairs": 25, "steps": 100}


def measure(adc, folder, kind, n):
    source = os.path.join(folder, f"{kind}{n}.ad")
    pathlib.Path(source).write_text(chains.program(kind, n))
    return compile_cost(adc, source, os.path.join(folder, "out.c"))


# A derivative of a derivative of a loop, whose sums over 4 entries have bodies of thousands of operations.
NESTED = """import ode;
fn field(s: real[4], m: real) -> real[4] {
    let d = s[0] - s[1];
    let c = 2 + m - cos(2 * d);
    return [s[2], s[3], (sin(s[0]) * m - sin(d) * (s[3]^2 + s[2]^2 * cos(d))) / c, 2 * sin(d) * (s[2]^2 * m + cos(s[0])) / c];
}
export fn spread(s: real[4], m: real, h: real, n: int) -> real {
    let e = ode.rk4(|s| field(s, m), s, h, n);
    let J = jacobian(e, s);
    return logdet(J' @ J + eye[4]);
}
export grad spread wrt s, m;
"""
NESTED_BYTES = 800_000


def nested_size(adc, folder):
    source, c = os.path.join(folder, "nested.ad"), os.path.join(folder, "nested.c")
    pathlib.Path(source).write_text(NESTED)
    compile_cost(adc, source, c)
    return os.path.getsize(c)


def main():
    adc = os.environ["ADC"]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, n in LENGTHS.items():
            short, long = measure(adc, folder, kind, n), measure(adc, folder, kind, 4 * n)
            for (what, factor), a, b in zip(FACTORS.items(), short, long):
                ratio = b / max(a, 0.005 if what == "time" else 1)
                ok = ratio <= factor
                failed += not ok
                print(f"{'ok' if ok else 'FAILED'} {kind}: {what} of {4 * n} statements is {ratio:.1f} times that of {n}")
        size = nested_size(adc, folder)
        failed += size > NESTED_BYTES
        print(f"{'ok' if size <= NESTED_BYTES else 'FAILED'} nested: {size} bytes of C")
    print(f"{2 * len(LENGTHS) + 1 - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
