#!/usr/bin/env bash
# The C of every program here, in benchmarks and in examples, has nothing that a compiler warns about.
# ctest: seconds 25
cd "${SRC:-$(dirname "$0")/..}" || exit 2
cc=$(command -v clang || command -v gcc) || { echo "no C compiler"; exit 77; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failed=0
for model in tests/{programs,derivatives}/*.ad bench/programs/*.ad examples/*/*.ad; do
    grep -qE '^#! (error|expect status "passes")' "$model" && continue
    # shellcheck disable=SC2046
    "$ADC" compile "$model" $(sed -n 's/^#! option//p' "$model") -o "$work/model.c" >"$work/log" 2>&1 &&
        "$cc" -std=c11 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iruntime/include \
            "$work/model.c" >"$work/log" 2>&1 && continue
    echo "FAILED $model"
    grep -E "error|warning" "$work/log" | head -4
    failed=1
done
exit $failed
