#!/bin/bash
# Random programs against their oracles: twelve seeds, or the part K/N of them. `check.py --seeds A..B` runs others.
# ctest: seconds 30
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/check.py" -j 1 --seeds 1..12 --shard="${1:-1/1}"
