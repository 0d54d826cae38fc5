#!/usr/bin/env bash
# Golden texts: adc compile --emit=loops loops/NAME.ad is loops/NAME.txt. The first lines of a model say what its text
# is to show; a line "#! options ..." gives options. run.sh --update writes the texts anew (then read the difference).
cd "$(dirname "$0")/loops" || exit 2
adc=$(command -v "${ADC:-adc}") || { echo "no adc: set ADC"; exit 2; }
failed=0
for model in *.ad; do
    golden=${model%.ad}.txt
    read -ra options < <(sed -n 's/^#! options //p' "$model")
    if [ "${1:-}" = --update ]; then
        "$adc" compile "$model" --emit=loops "${options[@]}" >"$golden" || failed=1
    elif ! "$adc" compile "$model" --emit=loops "${options[@]}" 2>&1 | diff -u "$golden" -; then
        echo "FAILED $model"
        failed=1
    fi
done
exit $failed
