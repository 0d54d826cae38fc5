#!/usr/bin/env bash
# Golden texts: adc explain NAME.ad is NAME.out; a line "#! options ..." gives options. run.sh --update writes them anew (then read the difference).
cd "$(dirname "$0")" || exit 2
adc=$(command -v "${ADC:-adc}") || { echo "no adc: set ADC"; exit 2; }
failed=0
for model in *.ad; do
    golden=${model%.ad}.out
    read -ra options < <(sed -n 's/^#! options //p' "$model")
    if [ "$1" = --update ]; then
        "$adc" explain "$model" "${options[@]}" >"$golden"
    elif ! "$adc" explain "$model" "${options[@]}" 2>&1 | diff -u "$golden" -; then
        echo "FAILED $model"
        failed=1
    fi
done
exit $failed
