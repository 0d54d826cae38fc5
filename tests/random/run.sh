#!/bin/bash
# Random well-typed programs against their oracles.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/check.py"
