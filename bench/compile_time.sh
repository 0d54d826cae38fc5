#!/usr/bin/env bash
# How long adc compile takes: the Hamiltonian with its gradient, and chains of statements with theirs.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# chain N : a function of N statements, each of which uses the one before three times
chain() {
    echo 'export fn chain(x: real) -> real {'
    echo '    let v0 = x;'
    for ((i = 1; i <= $1; i++)); do echo "    let v$i = sin(v$((i - 1))) * v$((i - 1)) + 0.5 * v$((i - 1));"; done
    echo "    return v$1;"
    echo '}'
    echo 'export grad chain wrt x;'
}

# measure LABEL FILE GOAL : the best of 5 runs, and the size of the C text
measure() {
    local best=999999 begin end i
    for i in 1 2 3 4 5; do
        begin=$(date +%s%N)
        "$ADC" compile "$2" -o "$folder/out.c"
        end=$(date +%s%N)
        [ $(((end - begin) / 1000)) -ge "$best" ] || best=$(((end - begin) / 1000))
    done
    printf '%-44s %8.1f ms %10d bytes of C   (goal: %s)\n' "$1" "$(echo "$best" | awk '{print $1 / 1000}')" \
        "$(wc -c <"$folder/out.c")" "$3"
}

uname -m
measure "examples/hamiltonian, all functions" examples/hamiltonian/model.ad "-"
sed -n '/^## Kinetic/,/^export grad/p' examples/hamiltonian/model.ad >"$folder/h.ad"
measure "the Hamiltonian with its gradient" "$folder/h.ad" "30 ms"
for n in 250 500 1000 2000; do
    chain $n >"$folder/chain.ad"
    measure "$n chained statements with the gradient" "$folder/chain.ad" "1 s at 2000, text linear in n"
done
