#!/usr/bin/env bash
# Every reduction against references in C (harness.h): each model X.ad here has its references in X.c. The argument K/N
# runs every N-th model; NAME... or NAME:TEST runs those alone.
# ctest: seconds 60, shards 2
set -u
cd "$(dirname "$0")" || exit 2
cc=$(command -v "${CC:-cc}" || command -v clang || command -v gcc) || { echo "no C compiler"; exit 77; }
work=$(mktemp -d "${BUILD:-/tmp}/reductions.XXXXXX")
trap 'rm -rf "$work"' EXIT
models=(*.ad)
case ${1:-1/1} in
*/*) shard=${1:-1/1} ;;
*) shard=1/1 models=("$@") ;;
esac
failed=0

build() { # NAME TEST : its two libraries and its program; -O3 takes twice as long as -O1
    local name=${1%.ad}
    # shellcheck disable=SC2086
    "$ADC" build "$name.ad" -o "$work/${name}_f64.so" -O1 ${ADC_TEST_OPTIONS:-} || return 1
    # shellcheck disable=SC2086
    "$ADC" build "$name.ad" -o "$work/${name}_f32.so" --real=f32 ${ADC_TEST_OPTIONS:-} || return 1
    "$cc" -std=c11 -O2 -Wall -Wextra -Werror -I../../runtime/include "$name.c" harness.c harness_data.c -o "$work/$name" -ldl -lm
}

for ((i = ${shard%/*} - 1; i < ${#models[@]}; i += ${shard#*/})); do
    IFS=: read -r name test <<<"${models[i]}"
    name=${name%.ad}
    # shellcheck disable=SC2086
    build "$name" && "$work/$name" "$work/${name}_f64.so" "$work/${name}_f32.so" "$name" $test || failed=1
done
exit $failed
