#!/bin/bash
# The derivative tests of this folder against the results they state.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
here=$(dirname "$0")
exec python3 "$here/../programs/check.py" --dir "$here"
