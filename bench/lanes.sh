#!/usr/bin/env bash
# How long functions take in lanes, beside glibc's vector library: cycles per vector, for each width of this processor.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cc=${CC:-$(command -v clang || command -v gcc)}
"${BUILD:-build/release}/tests/test.unit.test_prelude_lanes" print >"$folder/prelude.h"

# measure BYTES LANE_BYTES PREFIX FLAGS... : PREFIX as in libmvec's names, "" where there is none
measure() {
    local library=() prefix=$3
    [ -z "$prefix" ] || library=("-DMVEC=_ZGV${prefix}N$(($1 / $2))" -lmvec)
    "$cc" -std=gnu11 -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math -Wno-psabi -DAD_LANE_BYTES="$2" "${@:4}" \
        -include "$folder/prelude.h" -o "$folder/lanes" bench/lanes.c "${library[@]}" -lm
    "$folder/lanes"
}

echo "$cc"
for bytes in 4 8; do
    case $(uname -m)$(grep -m1 -o 'avx512dq' /proc/cpuinfo || true) in
    x86_64avx512dq) measure 64 $bytes e -march=native ;;
    esac
    case $(uname -m)$(grep -m1 -o 'avx2' /proc/cpuinfo || true) in
    x86_64avx2) measure 32 $bytes d -mavx2 -mfma ;;
    x86_64) measure 16 $bytes b ;;
    *) measure 16 $bytes "" ;;
    esac
done
