#!/usr/bin/env bash
# What the workloads of bench/programs may cost, by what adc explain counts. The costs of the programs here: unit/test_costs.c.
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
exec python3 "$(dirname "$0")/bench.py"
