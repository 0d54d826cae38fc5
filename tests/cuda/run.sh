#!/usr/bin/env bash
# All program and derivative tests on a GPU that is played by the CPU (the shim), held against the results they state; a
# dozen models in f32; random programs against the C code. Or the part K/N of them.
# ctest: seconds 35, shards 4
set -u
here=$(cd "$(dirname "$0")" && pwd)
part=${1:-1/1}
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
# clang without optimisation compiles in half the time; these programs run only once.
level=-O0
if command -v clang++ >/dev/null; then
    export SHIM_CXX=clang++
else
    command -v g++ >/dev/null || { echo "a C++ compiler is missing"; exit 77; }
    level=-O1
fi
NVCC="$here/shim/nvcc --shim=$(cat "$here"/shim/* | cksum | tr ' ' -)"
export NVCC
programs() { python3 "$here/../programs/check.py" -j 1 --target=cuda --option=$level --shard="$part" "$@"; }

failed=0
programs --no-gradcheck || failed=1 # what runs is held against results; the gradients of these are checked in C
programs --dir "$here/../derivatives" || failed=1
programs --real=f32 /precision /reduce_ /sums_ /model_{hamiltonian,sinkhorn}.ad || failed=1
python3 "$here/../random/check.py" -j 1 --target=cuda --seeds 1..4 --shard="$part" || failed=1
exit $failed
