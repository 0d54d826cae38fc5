#!/usr/bin/env bash
# Tests of the command line: every NAME.sh here but this one is a topic. ADC is the compiler to be tested.
#
# A topic runs commands with `expect STATUS COMMAND...` and looks at what they said with out_is, out_has, err_has, ...;
# each of these counts as one test. It starts in an empty folder of its own, with the models in $models.
# ctest: seconds 35
here=$(cd "$(dirname "$0")" && pwd)
ADC=$(realpath "$(command -v "${ADC:-adc}")") || { echo "no adc: set ADC"; exit 2; }
models=$here/models
runtime=$(cd "$here/../../runtime" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ADC_CACHE=$work/cache
unset CC XDG_CACHE_HOME ADC_HOME NO_COLOR
passed=0 failed=0 command=

pass() { passed=$((passed + 1)); }

# fail WHAT: counts a failure and shows the last command with what it said
fail() {
    failed=$((failed + 1))
    printf 'FAILED %s: %s\n  command: %s\n' "$topic" "$1" "$command"
    sed 's/^/  out: /' "$work/out" | head -20
    sed 's/^/  err: /' "$work/err" | head -20
}

test_that() { if "${@:2}"; then pass; else fail "$1"; fi; }

# expect STATUS COMMAND...: runs it, keeps what it says in $work/out and $work/err
expect() {
    local wanted=$1 status
    shift
    command="$*"
    "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    test_that "exit status $status, expected $wanted" [ "$status" = "$wanted" ]
}

adc() { "$ADC" "$@"; }
out_is() { test_that "stdout is not '$1'" [ "$(cat "$work/out")" = "$1" ]; }
out_has() { test_that "stdout has no '$1'" grep -qF -e "$1" "$work/out"; }
out_lacks() { test_that "stdout has '$1'" not grep -qF -e "$1" "$work/out"; }
err_has() { test_that "stderr has no '$1'" grep -qF -e "$1" "$work/err"; }
err_is_empty() { test_that "stderr is not empty" not [ -s "$work/err" ]; }
one_error() { test_that "not exactly one error" [ "$(grep -c 'error:' "$work/err")" = 1 ]; }
exists() { test_that "'$1' is missing" [ -s "$1" ]; }
missing() { test_that "'$1' exists" not [ -e "$1" ]; }
not() { ! "$@"; }

for file in "$here"/*.sh; do
    topic=$(basename "$file" .sh)
    [ "$topic" = run ] && continue
    [ -n "$1" ] && [ "$1" != "$topic" ] && continue
    mkdir -p "$work/in/$topic"
    cd "$work/in/$topic" || exit 2
    # shellcheck disable=SC1090
    . "$file"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
