#!/usr/bin/env python3
"""What the workloads of bench/programs may cost, by the counts of `adc explain`: operations, bytes, kernels. Nothing is compiled or timed.

A limit is what code written by hand needs, where it says so, and a few per cent. Where adc needs more than that, the comment says what by
hand would do, and the limit is near what adc does, so that it can only be lowered. -v prints all counts.
"""
import json
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
WEIGHTS = {"flops": 1, "roots": 4, "exps": 10, "calls": 10}  # of an operation
EXP = CALL = 10

# Of pairs in three dimensions: 3 differences, 3 squares, 2 sums and the scale are 9 operations, and the exponential.
KERNEL = 9 + EXP

# program, function, sizes, {function: (operations, bytes, kernels)}
LIMITS = [
    # a product and a sum for each column; every input is read once and every result written once
    ("gaussian", "product1", "N=10000 M=10000", {"product1": ("N*M*(KERNEL + 2.1)", "8*(4*N + 4*M)", 1)}),
    ("gaussian", "product3", "N=10000 M=10000", {"product3": ("N*M*(KERNEL + 6.1)", "8*(6*N + 6*M)", 1)}),
    ("dimensions", "product", "N=10000 M=10000 D=10", {"product": ("N*M*(3*D + EXP + 7.1)", "8*(D + 3)*(N + M)", 1)}),
    # K p_j is added up (6) and its product with p_i taken once a row; the gradient takes <p_i, p_j> (5) and adds up the difference of
    # points, weighted (1 + 6), beside it. A second pass adds up what the rows left.
    ("hamiltonian", "hamiltonian", "N=10000", {
        "hamiltonian": ("N*N*(KERNEL + 6.1)", "220*N", 2),
        "hamiltonian_grad": ("N*N*(KERNEL + 6 + 5 + 7.1)", "340*N", 2)}),
    # the gradient: as the value, <w_i, b_j> (5), the weight (2), two sums of weighted differences and one of weighted w (18)
    ("weighted", "weighted", "N=10000 M=10000", {
        "weighted": ("N*M*(KERNEL + 6.1)", "150*N", 2),
        "weighted_grad": ("N*M*(KERNEL + 5 + 2 + 18)", "350*N", 1)}),
    # the distance and the comparison with the last of the ten
    ("neighbours", "neighbours", "N=10000 M=10000", {"neighbours": ("N*M*(8 + CALL + 0.1)", "8*(23*N + 3*M)", 1)}),
    # the scale, g_j, maximum so far, its difference, a sum and the factor where the maximum grows
    ("sinkhorn", "sinkhorn", "N=10000 M=10000", {"sinkhorn": ("N*M*(KERNEL + 7.1)", "8*(4*N + 4*M)", 1)}),
    # ten steps, each a gradient of the Hamiltonian; reversing a step takes its second derivative: two vectors beside p, of which
    # three products, and four weighted sums (65)
    ("shooting", "distance", "N=1000", {
        "distance": ("10*N*N*(KERNEL + 18.1)", "10*450*N", 4),
        "distance_grad": ("10*N*N*(KERNEL + 18.1 + 65.1 + EXP)", "10*1080*N", 6)}),
    # By hand D^2 + 4 D a pair, as the differences x - mu are taken once: adc takes them for each entry of the triangle. The gradient by
    # hand (adbench/gmm.c) is two such products more, 3 D^2 + 12 D; adc goes through the whole square twice.
    ("gmm", "gmm", "N=1000 K=10 D=20", {
        "gmm": ("N*K*(1.5*D*D + 4*D + 3*EXP)", "8*(2.2*K*D*D + N*D + 5*K*D)", 3),
        "gmm_grad": ("N*K*(7*D*D + 16*D)", "8*(6*K*D*D + 2*N*D + 20*K*D)", 5)}),
    # four fields of 4, three points between of 2, 7 for the end; the gradient runs the fields again and adds up three products each
    ("lorenz", "energy", "N=100 n=1000", {
        "energy": ("n*N*(4*4 + 3*2 + 7.1)", "140*n*N", 6),
        "energy_grad": ("n*N*97", "400*n*N", 14)}),
    # 3 sigmoids, 2 hyperbolic tangents, 11 products and sums a cell. By hand (adbench/lstm.c) the gradient is three times as much; adc
    # adds to all weights in each step.
    ("lstm", "lstm", "L=2 B=14 C=500", {
        "lstm": ("L*B*C*100", "260*L*B*C", 7),
        "lstm_grad": ("L*B*C*336", "1030*L*B*C", 14)}),
    # images of 28 x 28; counts as they are
    ("lenet", "loss", "N=10 S=4", {"loss": ("0.94e6*N", "0.66e6*N", 8), "loss_grad": ("22e6*N", "2e6*N", 17)}),
    # a rotation with sine and cosine, its norm, a projection with two coefficients; 16 columns of derivatives, by hand (adbench/bundle.c)
    # in about 500
    ("bundle", "errors", "C=21 P=1000 O=3000", {"errors": ("165*O", "155*O", 4)}),
    ("bundle", "jacobians", "C=21 P=1000 O=3000", {"jacobians": ("1830*O", "340*O", 3)}),
]


def explained(program, function, sizes):
    command = [os.environ["ADC"], "explain", os.path.join(ROOT, f"bench/programs/{program}.ad"), function, "--json", *sizes.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)["functions"]


def counted(function):
    """Operations, bytes and kernels of a call."""
    operations = sum(k["runs"]["value"] * w * k["counts"][sort]["value"] for k in function["kernels"] for sort, w in WEIGHTS.items())
    memory = sum(k["runs"]["value"] * (k["read"]["value"] + k["written"]["value"]) for k in function["kernels"])
    return operations, memory, len(function["kernels"])


def main():
    failed = checks = 0
    untested = {f[:-3] for f in os.listdir(os.path.join(ROOT, "bench/programs")) if f.endswith(".ad")} - {row[0] for row in LIMITS}
    for program in sorted(untested):
        print(f"FAILED {program}: no limits here")
    for program, function, sizes, limits in LIMITS:
        names = dict(KERNEL=KERNEL, EXP=EXP, CALL=CALL, **{k: int(v) for k, v in (word.split("=") for word in sizes.split())})
        found = {f["name"]: counted(f) for f in explained(program, function, sizes)}
        for name in sorted(found.keys() | limits.keys()):
            for what, count, limit in zip(("operations", "bytes", "kernels"), found.get(name, (1e300,) * 3), limits.get(name, ("0",) * 3)):
                most = eval(str(limit), {}, names)
                checks += 1
                failed += count > most
                if count > most or "-v" in sys.argv:
                    print(f"{'FAILED' if count > most else 'ok'} {program} {name}, {sizes}: {count:.5g} {what}, at most {limit} = {most:.5g}")
    print(f"{checks} counts checked, {failed + len(untested)} above their limits")
    return bool(failed or untested)


if __name__ == "__main__":
    sys.exit(main())
