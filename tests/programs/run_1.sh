#!/bin/bash
# The programs of this folder, half 1 of 2, against the results they state.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/check.py" --shard=1/2
