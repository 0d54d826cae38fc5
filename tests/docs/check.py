#!/usr/bin/env python3
"""Compiles every block marked ```adc in README.md and docs/*.md: each must be a complete program.

    check.py [--adc ADC]      needs SRC (the repository) in the environment, or to be called from there
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```adc\n(.*?)^```", re.S | re.M)


def blocks(path):
    """(line, text) of each adc block."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return [(text.count("\n", 0, m.start()) + 2, m.group(1)) for m in BLOCK.finditer(text)]


def main():
    adc = sys.argv[2] if sys.argv[1:2] == ["--adc"] else os.environ.get("ADC", "adc")
    root = os.environ.get("SRC", os.getcwd())
    pages = [os.path.join(root, "README.md")] + sorted(glob.glob(os.path.join(root, "docs", "*.md")))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for page in filter(os.path.exists, pages):
            for line, text in blocks(page):
                source = os.path.join(scratch, f"{os.path.basename(page)[:-3]}_{line}.ad")
                with open(source, "w", encoding="utf-8") as f:
                    f.write(text)
                done = subprocess.run([adc, "compile", source, "-o", source[:-3] + ".c"], capture_output=True, text=True)
                passed, failed = passed + (done.returncode == 0), failed + (done.returncode != 0)
                if done.returncode:
                    print(f"{page}:{line}: exit {done.returncode}\n{done.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
