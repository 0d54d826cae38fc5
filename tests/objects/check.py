#!/usr/bin/env python3
"""Looks at objects: in the innermost loops over pairs arithmetic is packed fused multiply-adds, and nothing is called.

Every model here is compiled with clang and gcc, in f32 and f64, for AVX2 and with the flags of `adc build` for this
machine. An innermost loop is a cycle of the control flow with no other one inside, wherever it is laid out. Those with
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
AVX2 = "-std=c11 -O3 -mavx2 -mfma -ffp-contract=off -fno-math-errno -fno-trapping-math".split()
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


def successors_of(body):
    """Index of an instruction -> those that may come after it."""
    index = {address: i for i, (address, _, _) in enumerate(body)}
    successors = []
    for i, (_, name, operands) in enumerate(body):
        target = index.get(target_of(name, operands))
        falls = i + 1 if name not in ("jmp", "ret", "retq") and i + 1 < len(body) else None
        successors.append([k for k in (falls, target) if k is not None])
    return successors


def components(nodes, successors):
    """Strongly connected components among the nodes (Tarjan 1972), those that are cycles."""
    number, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in nodes:
        work = [] if root in number else [(root, iter(successors[root]))]
        if work:
            number[root] = low[root] = len(number)
            stack.append(root)
            on_stack.add(root)
        while work:
            node, rest = work[-1]
            for k in rest:
                if k not in nodes:
                    continue
                if k not in number:
                    number[k] = low[k] = len(number)
                    stack.append(k)
                    on_stack.add(k)
                    work.append((k, iter(successors[k])))
                    break
                if k in on_stack:
                    low[node] = min(low[node], number[k])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    at = stack.index(node)
                    part, stack = stack[at:], stack[:at]
                    on_stack.difference_update(part)
                    if len(part) > 1 or node in successors[node]:
                        found.append(set(part))
    return found


def loops_inside(nodes, successors):
    """The innermost loops: cycles that, without the places where they are entered, hold none."""
    for loop in components(nodes, successors):
        entered = {k for i, after in enumerate(successors) if i not in loop for k in after if k in loop}
        inner = list(loops_inside(loop - entered, successors)) if entered else []
        yield from inner or [loop]


def without_rare_calls(loop, successors, body):
    """What every pass runs: the loop without calls that a pass can do without, as for the last lanes."""
    calls = {i for i in loop if body[i][1].startswith("call")}
    rest = components(loop - calls, successors) if calls else [loop]
    return max(rest, key=len, default=loop)


def innermost_loops(body):
    successors = successors_of(body)
    for loop in loops_inside(set(range(len(body))), successors):
        yield [body[i][1:] for i in sorted(without_rare_calls(loop, successors, body))]


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
