#!/bin/bash
# Golden error messages: `adc check NAME.ad` must print NAME.err on stderr and exit with 1. Files lib_*.ad are only
# imported. CHECK replaces "$ADC check"; with --update the .err files are written anew (read the difference before
# you commit them).
cd "$(dirname "$0")" || exit 1
check=${CHECK:-$ADC check}
passed=0 failed=0
for source in *.ad; do
    name=${source%.ad}
    case $name in lib_*) continue ;; esac
    actual=$($check "$source" 2>&1 >/dev/null)
    status=$?
    if [ "$1" = --update ]; then
        printf '%s\n' "$actual" >"$name.err"
    fi
    if [ $status -eq 1 ] && [ "$actual" = "$(cat "$name.err")" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name (status $status)"
        diff <(printf '%s\n' "$actual") "$name.err"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
