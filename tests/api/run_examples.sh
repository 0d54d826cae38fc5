#!/usr/bin/env bash
# Installs adc and builds each example alone against the installation, found through PATH only; the examples check themselves
# (to save time: the Hamiltonian's large cloud with 20,000 points instead of 50,000, the registration with coarse meshes,
# the largest model compiled with -O1).
# ctest: seconds 45
set -eu
work=$(mktemp -d "$BUILD/examples_alone.XXXXXX")
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$BUILD" --prefix "$prefix" >/dev/null
export PATH="$prefix/bin:$PATH"
for example in ballistic "hamiltonian 20000" control "lddmm 12" normalized_hamiltonian; do
    read -r name argument <<<"$example"
    folder=$work/$name
    mkdir -p "$folder"
    cp -r "$SRC/examples/$name" "$folder/source"
    [ "$name" != normalized_hamiltonian ] || options="-DMODEL_OPTIONS=-O1;-march=native"
    cmake -S "$folder/source" -B "$folder/build" ${options:+"$options"} >"$folder/log.txt" 2>&1 || { cat "$folder/log.txt"; exit 1; }
    cmake --build "$folder/build" >"$folder/log.txt" 2>&1 || { cat "$folder/log.txt"; exit 1; }
    grep -q "^ADC:FILEPATH=$prefix/bin/adc" "$folder/build/CMakeCache.txt" || { echo "not the installed adc"; exit 1; }
    (cd "$folder/build" && "./$name" $argument)
done
