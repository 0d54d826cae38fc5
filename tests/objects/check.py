#!/usr/bin/env python3
"""Looks at objects: in the innermost loops over pairs arithmetic is packed fused multiply-adds, and nothing is called.

Every model here is compiled with clang and gcc, in f32 and f64, for AVX2 and with the flags of `adc build` for this
machine. An innermost loop is what lies between a backward jump and its target with no other loop inside. Those with
at least FEWEST packed multiply-adds are the ones over pairs: there has to be one, none of them calls, and none has more
scalar than packed multiply-adds. Nothing is run; exit status 77 where the processor has no fused multiply-add, or there
is no objdump. The argument K/N looks at every N-th object.
"""
import glob
import itertools
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

FEWEST = 4
AVX2 = "-std=c11 -O3 -mavx2 -mfma -ffp-contract=fast -fno-math-errno -fno-trapping-math".split()
FOLDER = os.path.dirname(os.path.abspath(__file__))
RUNTIME = os.path.join(FOLDER, "../../runtime/include")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
PACKED, SCALAR = re.compile(r"vfn?m(add|sub)\d+p[sd]"), re.compile(r"vfn?m(add|sub)\d+s[sd]")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stderr}")
    return done.stdout


def functions_of(path):
    """[(address, mnemonic, operands)] of each function of an object."""
    functions = []
    for line in run("objdump", "-d", "--no-show-raw-insn", path).splitlines():
        instruction = INSTRUCTION.match(line)
        if instruction:
            functions[-1].append((int(instruction.group(1), 16), instruction.group(2), instruction.group(3)))
        elif re.match(r"^[0-9a-f]+ <.+>:$", line):
            functions.append([])
    return functions


def target_of(name, operands):
    m = re.match(r"([0-9a-f]+) <", operands)
    return int(m.group(1), 16) if name.startswith("j") and m else None


def closes(body, low, high):
    """Whether the jump at `high` to `low` is reached from there inside: a loop, and no rare case laid out far below."""
    inside = [i for i in body if low <= i[0] <= high]
    following = {a[0]: b[0] for a, b in zip(inside, inside[1:])}
    at = {address: (name, operands) for address, name, operands in inside}
    seen, open_ = set(), [low]
    while open_:
        address = open_.pop()
        if address in seen or address not in at:
            continue
        seen.add(address)
        name, operands = at[address]
        open_.append(target_of(name, operands))
        if name not in ("jmp", "ret", "retq"):
            open_.append(following.get(address))
    return high in seen


def innermost_loops(body):
    jumps = [(target_of(name, operands), address) for address, name, operands in body]
    jumps = [(low, high) for low, high in jumps if low is not None and low <= high and closes(body, low, high)]
    for low, high in jumps:
        if not any(low <= a and b <= high and (a, b) != (low, high) for a, b in jumps):
            yield [(name, operands) for address, name, operands in body if low <= address <= high]


def complaints_of(functions):
    loops = [loop for f in functions for loop in innermost_loops(f)]
    packed = [sum(bool(PACKED.match(name)) for name, _ in loop) for loop in loops]
    if max(packed, default=0) < FEWEST:
        yield f"no innermost loop with {FEWEST} packed multiply-adds; most: {max(packed, default=0)} in {len(loops)} loops"
    for n, loop in zip(packed, loops):
        calls = [operands for name, operands in loop if name.startswith("call")]
        scalar = sum(bool(SCALAR.match(name)) for name, _ in loop)
        if n >= FEWEST and calls:
            yield f"a loop over pairs calls {calls}"
        if n >= FEWEST and scalar > n:
            yield f"a loop over pairs has {scalar} scalar and {n} packed multiply-adds"


def build(adc, work, model, compiler, real, native):
    output, source = os.path.join(work, "model.o"), os.path.join(work, "model.c")
    if native:
        run(adc, "build", model, "-o", output, f"--real={real}", f"--cc={compiler}")
    else:
        run(adc, "compile", model, "-o", source, f"--real={real}")
        run(compiler, *AVX2, "-I", RUNTIME, "-c", source, "-o", output)
    return output


def has_fma():
    if platform.machine() != "x86_64":
        return False
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return re.search(r"^flags\s*:.*\bfma\b", f.read(), re.M) is not None


def main():
    adc = shutil.which(os.environ.get("ADC", "adc")) or sys.exit("no adc: set ADC")
    compilers = [c for c in ("clang", "gcc") if shutil.which(c)]
    if not has_fma() or not shutil.which("objdump") or not compilers:
        print("needs a processor with fused multiply-adds, objdump, and clang or gcc")
        return 77
    part, parts = map(int, (sys.argv[1:] or ["1/1"])[0].split("/"))
    models = sorted(glob.glob(os.path.join(FOLDER, "*.ad")))
    failed = 0
    for case in list(itertools.product(compilers, ("f32", "f64"), (False, True), models))[part - 1 :: parts]:
        compiler, real, native, model = case
        with tempfile.TemporaryDirectory(dir=os.environ.get("BUILD")) as work:
            functions = functions_of(build(adc, work, model, compiler, real, native))
        for complaint in complaints_of(functions):
            failed += 1
            print(f"{os.path.basename(model)}, {compiler}, {real}, {'this machine' if native else 'AVX2'}: {complaint}")
    return 1 if failed else 0


sys.exit(main())
