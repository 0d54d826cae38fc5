#!/usr/bin/env python3
"""Instructions per pair of the CUDA kernels, where there is no GPU to time them on.

usage: counts.py [--adc ADC] [--arch sm_90]

Compiles workloads.ad to CUDA C, that with nvcc to machine code, and counts what the innermost loops issue for a pair of
points. A scheduler of an H200 issues one instruction for 32 pairs per cycle; special functions (MUFU) take it 8 cycles,
64-bit floating operations 2. The bound is the greatest of these; times are for 132 SMs at 1.98 GHz.
"""
import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RATE = 132 * 128 * 1.98e9  # lane cycles per second

# name, what is compiled (a key of MODELS), kernels (a part of their name; all are added up), what there is one of per
# pair, asked: cycles
WORKLOADS = [
    ("G1 Gaussian sum", "f32", ["g1_2"], "MUFU.EX2", 9.0),
    ("G2 value, both gradients", "f32", ["g2_grad_2"], "MUFU.EX2", 20.0),
    ("LDDMM forward", "f32", ["shoot_grad_4"], "MUFU.EX2", None),
    ("LDDMM adjoint", "f32", ["shoot_grad_12"], "MUFU.EX2", None),
    ("G3 log-sum-exp", "f32", ["g3_2"], "MUFU.EX2", 9.5),
    ("G3 with --math=fast", "fast", ["g3_5"], "MUFU.EX2", 9.5),
    ("G4 ten coordinates", "f32", ["g4_2"], "MUFU.EX2", None),
    ("G4 with --math=fast", "fast", ["g4_5"], "MUFU.EX2", None),
    ("G5 Gaussian sum, f64", "f64", ["g1_2"], "DMUL", 44.0),
    ("G6 gradient in x", "f32", ["g6_2"], "MUFU.EX2", None),
    ("G7 ten nearest, none enters", "f32", ["g7_1"], "FMNMX", 9.0),
    ("G7 with --math=fast", "fast", ["g7_4"], "FMNMX", 9.0),
]

MODELS = {"f32": ["--real=f32"], "f64": ["--real=f64"], "fast": ["--real=f32", "--math=fast"]}


def find(name):
    for path in (shutil.which(name), f"/usr/local/cuda/bin/{name}"):
        if path and os.path.exists(path):
            return path
    sys.exit(f"counts.py: {name} is missing: it comes with the CUDA toolkit")


def machine_code(adc, arch, model, folder):
    source = os.path.join(folder, f"model_{model}.cu")
    subprocess.run([adc, "compile", os.path.join(HERE, "workloads.ad"), *MODELS[model], "-o", source], check=True)
    binary = os.path.join(folder, f"{model}.cubin")
    include = os.path.join(HERE, "..", "..", "runtime", "include")
    command = [find("nvcc"), f"-arch={arch}", "-fmad=false", "-cubin", "-Xptxas", "-v", f"-I{include}", source, "-o", binary]
    report = subprocess.run(command, capture_output=True, text=True)
    if report.returncode:
        sys.exit(report.stderr)
    text = subprocess.run([find("nvdisasm"), "-c", binary], capture_output=True, text=True, check=True).stdout
    return kernels_of(text), resources(report.stderr)


def resources(text):
    """kernel -> (registers, spilled bytes)"""
    found, name, spilled = {}, None, 0
    for line in text.splitlines():
        if m := re.search(r"entry function '([^']+)'", line):
            name = m.group(1)
        elif m := re.search(r"(\d+) bytes spill stores", line):
            spilled = int(m.group(1))
        elif m := re.search(r"Used (\d+) registers", line):
            found[name] = (int(m.group(1)), spilled)
    return found


def kernels_of(text):
    """kernel -> its innermost loops, each a list of instructions"""
    kernels = {}
    for part in re.split(r"\n\.text\.", text)[1:]:
        name, code, labels = part.split(":")[0], [], {}
        for line in part.splitlines():
            if m := re.match(r"\s*(\.L_x_\d+):", line):
                labels[m.group(1)] = len(code)
            elif m := re.match(r"\s*/\*[0-9a-f]+\*/\s+(.*?);", line):
                code.append(m.group(1))
        loops = []
        for i, instruction in enumerate(code):
            m = re.search(r"BRA.*`\((\.L_x_\d+)\)", instruction)
            if m and labels.get(m.group(1), i + 1) <= i:
                loops.append((labels[m.group(1)], i))
        ends = {end for _, end in loops}
        paths = [usual_path(code, labels, begin, end) for begin, end in loops]
        inner = [path for path in paths if not ends & set(path[:-1])]
        kernels[name] = [[opcode(code[at]) for at in path] for path in inner]
    return kernels


def opcode(instruction):
    return re.sub(r"^@!?U?P\w+\s+", "", instruction).split()[0]


def usual_path(code, labels, begin, end):
    """The instructions of a pass when no branch is entered: a point that enters a list, an exponential out of range, a
    score far beyond those before it."""
    path, at = [], begin
    while at <= end:
        path.append(at)
        m = re.match(r"@.*BRA.*`\((\.L_x_\d+)\)", code[at])
        target = labels.get(m.group(1), 0) if m else 0
        at = target if at < target <= end else at + 1
    return path


def main_loop(loops, unit):
    """The one that serves the most pairs, and how many."""
    def pairs(loop):
        return sum(x.startswith(unit) for x in loop)
    loop = max(loops, key=pairs, default=[])
    return loop, pairs(loop)


def cycles(loop, pairs):
    count = collections.Counter(x.split(".")[0] for x in loop)
    double = 2 * (count["DFMA"] + count["DADD"] + count["DMUL"])
    return len(loop) / pairs, 8 * count["MUFU"] / pairs, double / pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adc", default=os.environ.get("ADC", "adc"))
    parser.add_argument("--arch", default="sm_90")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        code = {model: machine_code(options.adc, options.arch, model, folder) for model in MODELS}
    print("| workload | issue | MUFU | f64 | registers | spilled | asked | bound N=1e5 | N=1e6 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, model, wanted, unit, asked in WORKLOADS:
        kernels, used = code[model]
        for kernel, loops in kernels.items():
            if not any(f"adt_{w}l" in kernel or f"adt_{w}P" in kernel for w in wanted):
                continue
            loop, pairs = main_loop(loops, unit)
            issue, special, double = cycles(loop, max(pairs, 1))
            bound = max(issue, special, double)
            registers, spilled = used[kernel]
            print(f"| {name} | {issue:.2f} | {special:.2f} | {double:.2f} | {registers} | {spilled} | {asked or ''} | "
                  f"{1e10 * bound / RATE * 1e3:.2f} ms | {1e12 * bound / RATE:.3f} s |")


if __name__ == "__main__":
    main()
