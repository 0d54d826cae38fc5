#!/usr/bin/env bash
# What loops keep: the schedules are replayed (replay.c says how), and every choice gives the same bits for the models
# here and for random loops (loops.py).
# ctest: seconds 60
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

# made CHOICE REAL : what the calls of models.ad give, a line each
made() {
    local run calls=()
    while read -r run; do
        # shellcheck disable=SC2206
        calls+=(-- $run)
    done < <(sed -n "s/^#! same $2: //p" models.ad)
    # shellcheck disable=SC2086
    "${adc%/*}/tests/calls" models.ad --json -O1 ${ADC_TEST_OPTIONS:-} --checkpoint="$1" --real="$2" "${calls[@]}"
}

# same REAL CHOICE... : each gives the same bits as when everything is kept
same() {
    local real=$1 choice
    made all "$real" >"$out/all" && ! grep -v '^{"status": 0' "$out/all" || { echo "FAILED with everything kept, $real"; failed=1; }
    for choice in "${@:2}"; do
        made "$choice" "$real" >"$out/chosen" && diff "$out/all" "$out/chosen" && continue
        echo "FAILED: other bits with $choice, $real"
        failed=1
    done
}

same f64 "every 1" "every 4" "revolve 1" "revolve 3" "revolve 100" "budget 200 B"
same f32 "every 4" "revolve 3"
# shellcheck disable=SC2086
ADC=$adc python3 loops.py --seeds 1..8 -O1 ${ADC_TEST_OPTIONS:-} || failed=1
exit $failed
