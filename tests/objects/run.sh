#!/usr/bin/env bash
# What C compilers make of the innermost loops of kernels over pairs (see check.py).
# ctest: seconds 5, shards 2
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/check.py" "${1:-1/1}"
