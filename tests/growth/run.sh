#!/usr/bin/env bash
# Compile time and memory grow no faster than programs: run.sh, ADC set.
exec python3 "$(dirname "$0")/check.py"
