#!/usr/bin/env bash
# How long adc compile takes: the Hamiltonian with its gradient, and chains of statements with theirs.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# measure LABEL FILE GOAL : processor time and peak memory, the least of 3 runs, and the size of the C text
measure() {
    read -r time memory < <(python3 bench/compile_cost.py "$2" "$folder/out.c")
    printf '%-44s %8.1f ms %8.1f MiB %10d bytes of C   (goal: %s)\n' "$1" "$time" "$memory" \
        "$(wc -c <"$folder/out.c")" "$3"
}

uname -m
measure "examples/hamiltonian, all functions" examples/hamiltonian/model.ad "-"
sed -n '/^## Kinetic/,/^export grad/p' examples/hamiltonian/model.ad >"$folder/h.ad"
measure "the Hamiltonian with its gradient" "$folder/h.ad" "30 ms"
for kind in scalars vectors sums products; do
    for n in 250 500 1000 2000; do
        python3 bench/chains.py $kind $n >"$folder/chain.ad"
        measure "$n chained $kind with the gradient" "$folder/chain.ad" "2 s at 2000, linear in n"
    done
done
for n in 25 50 100 200; do
    python3 bench/chains.py pairs $n >"$folder/chain.ad"
    measure "$n chained pair sums with the gradient" "$folder/chain.ad" "linear in n"
done
