#!/usr/bin/env bash
# Sums of a million terms of one sign in f32 on the GPU that the CPU plays: within 1e-5 of the C code's in f64, and the
# same bits in two runs.
# ctest: seconds 5
set -u
here=$(cd "$(dirname "$0")" && pwd)
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
command -v clang++ >/dev/null || command -v g++ >/dev/null || { echo "a C++ compiler is missing"; exit 77; }
if command -v clang++ >/dev/null; then export SHIM_CXX=clang++; fi
NVCC="$here/shim/nvcc --shim=$(cat "$here"/shim/* | cksum | tr ' ' -)"
export NVCC
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
model=$here/../../bench/gpu/workloads.ad
failed=0

# holds FUNCTION VALUES...
holds() {
    "$ADC" run "$model" "$@" --json -O1 >"$work/c" &&
        "$ADC" run "$model" "$@" --json -O1 --real=f32 --target=cuda >"$work/first" &&
        "$ADC" run "$model" "$@" --json -O1 --real=f32 --target=cuda >"$work/second" &&
        python3 - "$work" <<'END' || { echo "FAILED $*"; failed=1; }
import json, sys
c, first = (json.load(open(f"{sys.argv[1]}/{name}")) for name in ("c", "first"))
def flat(v):
    return [x for row in v for x in flat(row)] if isinstance(v, list) else [v]
ok = open(f"{sys.argv[1]}/first").read() == open(f"{sys.argv[1]}/second").read()
for name in c:
    want, got = flat(c[name]), flat(first[name])
    ok &= len(want) == len(got) and max(abs(a - b) for a, b in zip(want, got)) <= 1e-5 * max(map(abs, want))
sys.exit(not ok)
END
}

holds g1 'x=uniform(3,3)' 'y=uniform(1000000,3)' 'b=uniform(1000000)' s=0.5
holds g3 'x=uniform(2,3)' 'y=uniform(1000000,3)' 'f=uniform(1000000)' e=0.1
holds g2_grad 'q=uniform(900,3)' 'p=uniform(900,3)' s=0.5
exit $failed
