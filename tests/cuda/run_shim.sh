#!/usr/bin/env bash
# The shim itself: what it must compute, and the mistakes that it must find.
# ctest: seconds 6
set -u
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${BUILD:-/tmp}/shim.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
failed=0
ulimit -c 0

fail() {
    echo "FAILED $*"
    failed=1
}

# cases PROGRAM : all of them; "fails NAME" must end by a signal
cases() {
    local name status
    while read -r name; do
        { timeout 60 "./$1" "$name"; } >log.txt 2>&1
        status=$?
        case $name in
        fails*) [ $status -ge 128 ] || fail "$1 '$name': status $status" ;;
        *) [ $status = 0 ] || { fail "$1 '$name': status $status"; cat log.txt; } ;;
        esac
    done < <("./$1")
}

# build PROGRAM COMPILER FLAGS...
build() {
    local program=$1
    shift
    "$@" -std=c++17 -Wall -Wextra -Werror -I"$here/shim" -x c++ "$here/shim_check.cu" -o "$program"
}

found=0
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    found=1
    build $compiler $compiler -O1 && cases $compiler || fail "$compiler"
    build $compiler.threads $compiler -O1 -pthread -DSHIM_THREADS && cases $compiler.threads || fail "$compiler, threads"
done
[ $found = 1 ] || { echo "a C++ compiler is missing"; exit 77; }

# ThreadSanitizer sees the barrier that is missing in "races", and no race in what is right.
if build tsan g++ -O1 -g -pthread -DSHIM_THREADS -fsanitize=thread -Wno-tsan 2>/dev/null && setarch -R ./tsan graphs 2>/dev/null; then
    setarch -R ./tsan sums >log.txt 2>&1 || { fail "ThreadSanitizer: sums"; head -30 log.txt; }
    setarch -R ./tsan races >log.txt 2>&1 && fail "ThreadSanitizer finds no race"
fi
exit $failed
