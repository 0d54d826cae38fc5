#!/usr/bin/env bash
# A thread of the operating system for every thread of a block, under ThreadSanitizer: a barrier that is missing is a data
# race. Under AddressSanitizer and UndefinedBehaviorSanitizer: subscripts.
# ctest: seconds 30
set -u
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${BUILD:-/tmp}/cuda_threads.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
command -v g++ >/dev/null || { echo "g++ is missing"; exit 77; }
echo 'int main() { return 0; }' >empty.cc
g++ -fsanitize=thread empty.cc -o empty 2>/dev/null && setarch -R ./empty 2>/dev/null || { echo "ThreadSanitizer is missing"; exit 77; }

# module FLAGS... : the module and the program that calls it, with the sanitizer
program() {
    local file
    for file in model.cu "$here/threads.cu"; do
        g++ -std=c++17 -O1 -g -pthread -DSHIM_THREADS "$@" -I"$here/shim" -I"$SRC/runtime/include" -I. -x c++ -c "$file" \
            -o "$(basename "$file" .cu)_cu.o" || return 1
    done
    g++ -pthread "$@" model_cu.o threads_cu.o status.o -o program
}

"$ADC" compile -D D=2 "$here/model.ad" -o model.cu && gcc -std=c11 -I"$SRC/runtime/include" -c "$SRC/runtime/status.c" || exit 1
failed=0
program -fsanitize=thread -Wno-tsan && setarch -R ./program >log.txt 2>&1 || { echo "FAILED: ThreadSanitizer"; head -40 log.txt; failed=1; }
program -fsanitize=address,undefined -fno-sanitize-recover=undefined && ./program >log.txt 2>&1 ||
    { echo "FAILED: AddressSanitizer"; head -40 log.txt; failed=1; }
exit $failed
