#!/bin/bash
# The programs of this folder and of tests/derivatives in single precision.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
here=$(dirname "$0")
python3 "$here/check.py" --real=f32
first=$?
python3 "$here/check.py" --real=f32 --dir "$here/../derivatives" && exit $first
