#!/usr/bin/env bash
# Rounding of squared distances that --math=fast expands and of those that it does not: distances.c holds the errors
# against long double, of the C code and of the CUDA code on a GPU that the processor plays.
# ctest: seconds 6
set -u
cd "$(dirname "$0")" || exit 2
cc=$(command -v "${CC:-cc}" || command -v clang || command -v gcc) || { echo "no C compiler"; exit 77; }
work=$(mktemp -d "${BUILD:-/tmp}/distances.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$cc" -std=c11 -O2 -Wall -Wextra -Werror -I../../runtime/include distances.c -o "$work/distances" -ldl -lm || exit 1
failed=0

check() { # REAL MATH MODULE [OPTION...]
    "$ADC" build distances.ad -o "$work/library.so" --real="$1" --math="$2" -O1 "${@:4}" || exit 1
    "$work/distances" "$work/library.so" "$3" "$2" || failed=1
}

check f32 fast distances_module_f32
check f32 precise distances_module_f32
check f64 fast distances_module
if command -v g++ >/dev/null; then
    export NVCC=$PWD/../cuda/shim/nvcc
    check f32 fast distances_module_f32_cuda --target=cuda
    check f32 precise distances_module_f32_cuda --target=cuda
fi
exit $failed
