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
    print(f"{2 * len(LENGTHS) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
