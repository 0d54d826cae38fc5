#!/usr/bin/env bash
# What loops keep: the schedules are replayed (replay.c says how), and every choice gives the same bits for the models
# here.
# ctest: seconds 40
cd "$(dirname "$0")" || exit 2
adc=$(command -v "${ADC:-adc}") || { echo "no adc: set ADC"; exit 2; }
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
failed=0
"$adc" compile replay.ad -o "$out/replay.c" || exit 1
for flags in "-O2" "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover"; do
    # shellcheck disable=SC2086
    ${CC:-cc} -std=c11 -fno-builtin $flags -I"$out" -I../../runtime/include -Wl,--wrap=sin,--wrap=cos \
        replay.c "$out/replay.c" ../../runtime/status.c -lm -o "$out/replay" || exit 1
    "$out/replay" || failed=1
done
ADC=$adc python3 explain.py || failed=1

choices=("every 1" "every 4" "revolve 1" "revolve 3" "revolve 100" "budget 200 B")
while read -r run; do
    # shellcheck disable=SC2086
    all=$("$adc" run models.ad $run --json -O1 --checkpoint=all) || { echo "FAILED $run"; failed=1; }
    for choice in "${choices[@]}"; do
        # shellcheck disable=SC2086
        [ "$("$adc" run models.ad $run --json -O1 --checkpoint="$choice")" = "$all" ] && continue
        echo "FAILED $run: other bits with $choice"
        failed=1
    done
done < <(sed -n 's/^#! same //p' models.ad)
exit $failed
