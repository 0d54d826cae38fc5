#!/usr/bin/env bash
# Compiles the models of README.md and docs/c-api.md; each C program of c-api.md is built as C and C++ without a warning and run.
# ctest: seconds 6
set -u
folder=$(mktemp -d "$BUILD/docs_api.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
failures=0
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

# blocks FENCE FILE STEM SUFFIX : writes each fenced block of the file to STEM1.SUFFIX, STEM2.SUFFIX, ...
blocks() {
    awk -v fence="\`\`\`$1" -v stem="$3" -v suffix="$4" '
        $0 == fence { n++; inside = 1; next }
        $0 == "```" { inside = 0 }
        inside { print > (stem n "." suffix) }' "$2"
}

try() { # LABEL COMMAND...
    local label=$1
    shift
    "$@" >log.txt 2>&1 && return 0
    echo "failed: $label: $*"
    head -20 log.txt
    failures=1
    return 1
}

blocks adc "$SRC/README.md" readme ad
blocks adc "$SRC/docs/c-api.md" api ad
blocks c "$SRC/docs/c-api.md" program c
try "README's model" "$ADC" compile readme1.ad -o readme.c
try "README's run" "$ADC" run readme1.ad hamiltonian "q=normal(100,3)" "p=normal(100,3)" s=1.5
try "README's gradcheck" "$ADC" gradcheck readme1.ad
mv api1.ad model.ad
try "c-api's model" "$ADC" compile model.ad -o model.c --manifest || exit 1
try "c-api's model in f32" "$ADC" compile --real=f32 model.ad -o model_f32.c
try "manifest is JSON" python3 -m json.tool model.json

for compiler in "gcc -std=c11" "clang -std=c11" "g++ -std=c++17 -x c++" "clang++ -std=c++17 -x c++"; do
    command -v "${compiler%% *}" >/dev/null || continue
    case $compiler in clang*) c_compiler=clang ;; *) c_compiler=gcc ;; esac
    # shellcheck disable=SC2086
    try "$c_compiler" $c_compiler -std=c11 -O2 $warnings -I"$SRC/runtime/include" -c model.c model_f32.c || continue
    for program in program*.c; do
        try "$program" $compiler $warnings -I"$SRC/runtime/include" -c "$program" -o program.o &&
            try "$program" $c_compiler program.o model.o model_f32.o "$BUILD/lib/libadc_runtime.a" -lm -o program &&
            try "$program" ./program
    done
done
[ -e program3.c ] || { echo "c-api.md has lost its programs"; failures=1; }
exit $failures
