#!/usr/bin/env bash
# Rounding of long sums, up to 1e7 terms, for each --sum: sums.c holds the errors against sums without rounding.
# ctest: seconds 25
set -u
cd "$(dirname "$0")" || exit 2
cc=$(command -v "${CC:-cc}" || command -v clang || command -v gcc) || { echo "no C compiler"; exit 77; }
work=$(mktemp -d "${BUILD:-/tmp}/accuracy.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$cc" -std=c11 -O2 -Wall -Wextra -Werror -I../../runtime/include sums.c -o "$work/sums" -ldl -lm || exit 1
failed=0

library() { # MODE REAL
    local suffix=
    [ "$2" = f32 ] && suffix=_f32
    module=sums_module$suffix
    # shellcheck disable=SC2086
    "$ADC" build sums.ad -o "$work/sums.so" --sum="$1" --real="$2" ${ADC_TEST_OPTIONS:-} || exit 1
    mode=$1
}

check() { # TERMS PLACE...
    "$work/sums" "$work/sums.so" "$module" "$mode" "$@" || failed=1
}

library blocked f32
check 100000 all product rows vectors wide columns slope ranges
check 10000000 all product columns slope ranges
library blocked f64
check 100000 all product rows vectors wide columns slope ranges
check 10000000 all product columns slope ranges
library f64 f32
check 1000000 rows vectors wide
check 10000000 all product columns slope ranges
library kahan f64
check 1000000 rows vectors wide
check 10000000 all product columns slope ranges
exit $failed
