#!/usr/bin/env bash
# Every program of bench/ on a small size: its values against the f64 reference, and those of the hand-written C beside it.
# ctest: seconds 12
for python in python3 /usr/bin/python3; do
    "$python" -c 'import numpy' 2>/dev/null && exec "$python" "$SRC/bench/bench.py" --adc "$ADC" --smoke
done
echo "NumPy is not installed"
exit 77
