#!/bin/bash
# The derivative tests of this folder, or the part K/N of them, against the results they state.
# ctest: seconds 15
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
here=$(dirname "$0")
exec python3 "$here/../programs/check.py" -j 1 --option=-O0 --dir "$here" --shard="${1:-1/1}"
