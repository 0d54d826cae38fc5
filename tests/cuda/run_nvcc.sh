#!/usr/bin/env bash
# Where nvcc is: every kernel of these models compiles for sm_90 (ALL=1: and sm_80) in f32, for some in f64 as well, and none spills
# registers.
# run_nvcc.sh K/N takes a part of them.
# ctest: seconds 40, shards 2
set -u
here=$(cd "$(dirname "$0")" && pwd)
nvcc=$(command -v nvcc || command -v /usr/local/cuda/bin/nvcc) || { echo "nvcc is missing"; exit 77; }
folder=$(mktemp -d "${BUILD:-/tmp}/cuda_nvcc.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2

# spills FILE : "kernel for sm_90: 16 bytes" for each that spills, out of what ptxas -v says
spills() {
    awk '/Compiling entry function/ { split($0, part, "\x27"); name = part[2]; arch = part[4] }
        /bytes spill stores/ { if ($5 + $9 > 0) print name " for " arch ": " $5 + $9 " bytes" }' "$1"
}

# compiles MODEL REAL
compiles() {
    local name=$2_$(basename "$1" .ad)
    "$ADC" compile "$1" --real="$2" -o "$name.cu" &&
        "$nvcc" -fatbin -O3 -fmad=false $older -gencode arch=compute_90,code=sm_90 -Xptxas -v \
            -I"$SRC/runtime/include" "$name.cu" -o "$name.fatbin" >"$name.log" 2>&1 || {
        grep -E "error|fatal" "$name.log" | head -5
        echo "FAILED $1 in $2"
        return 1
    }
    [ -z "$(spills "$name.log")" ] || {
        echo "FAILED $1 in $2: registers spill"
        spills "$name.log"
        return 1
    }
}

libraries=
printf '#include <cusolverDn.h>\n#include <cufft.h>\n' >libraries.cu
"$nvcc" -E libraries.cu >libraries.txt 2>&1 && libraries=$here/library.ad

part=${1:-1/1}
older= # ALL=1: for sm_80, too
[ -z "${ALL:-}" ] || older="-gencode arch=compute_80,code=sm_80"
failed=0
n=0
for model in "$here"/model.ad $libraries "$SRC"/bench/programs/{gaussian,hamiltonian,sinkhorn,neighbours,shooting}.ad \
    "$SRC"/tests/golden/loops/{filters,few_rows,kmin,logsumexp,scatter,while}.ad; do
    n=$((n + 1))
    [ $((n % ${part#*/})) = $((${part%/*} % ${part#*/})) ] || continue
    compiles "$model" f32 || failed=1
    case $model in
    */gaussian.ad | */hamiltonian.ad | */logsumexp.ad | */cuda/model.ad) compiles "$model" f64 || failed=1 ;;
    esac
done
exit $failed
