#!/usr/bin/env bash
# Compile time and memory grow no faster than programs: run.sh, ADC set.
# ctest: seconds 30
exec python3 "$(dirname "$0")/check.py"
