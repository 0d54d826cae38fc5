#!/bin/bash
# Derivative tests in single precision: one of each kind.
# ctest: seconds 20
command -v python3 >/dev/null || { echo "python3 is missing"; exit 77; }
here=$(dirname "$0")
exec python3 "$here/../programs/check.py" -j 1 --real=f32 --no-gradcheck --option=-O1 --dir "$here" forms.ad reduce_second gather_second handwritten.ad \
    hamiltonian_second inside_index nesting wrt_parts
