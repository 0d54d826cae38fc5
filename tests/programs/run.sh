#!/bin/bash
# The programs of this folder, or the part K/N of them, against the results they state.
# ctest: seconds 30, shards 2
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/check.py" -j 1 --option=-O0 --shard="${1:-1/1}"
