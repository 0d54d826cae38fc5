#!/bin/bash
# Every adc block of README.md and docs/*.md compiles.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/check.py"
