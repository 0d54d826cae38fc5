#!/usr/bin/env bash
# Generated code allocates nothing: its objects refer to no allocator but the runtime's (for a workspace that the caller
# leaves to it), and of LAPACKE only to functions whose memory is given to them.
# ctest: seconds 4
set -u
cc=$(command -v clang || command -v gcc) && command -v nm >/dev/null || { echo "clang or gcc, and nm, are needed"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
for model in "$SRC"/tests/programs/{matrix_solve,matrix_eigen,matrix_lstsq,matrix_cholesky,matrix_fft,loops_gradient}.ad; do
    object=$scratch/object.o
    "$ADC" build "$model" -o "$object" -O0 || { failed=1; continue; }
    bad=$(nm -u "$object" | awk '{print $2}' |
        grep -E '^(malloc|calloc|realloc|free|aligned_alloc|posix_memalign|alloca|LAPACKE_.*|fftwf?_(malloc|alloc).*)$' |
        grep -v '_work$')
    [ -z "$bad" ] || { echo "$model: $bad"; failed=1; }
done
exit $failed
