#!/usr/bin/env bash
# A loop that only the GPU knows to be over: the host stops launching passes when it hears of it, and results are the
# same bits whenever that is. SHIM_AHEAD: how far ahead of the GPU the host launches; 0: to the end.
# ctest: seconds 4
set -u
here=$(cd "$(dirname "$0")" && pwd)
adc=$(command -v "${ADC:-adc}") || { echo "no adc: set ADC"; exit 2; }
command -v g++ >/dev/null || { echo "a C++ compiler is missing"; exit 77; }
folder=$(mktemp -d "${BUILD:-/tmp}/watch.XXXXXX")
trap 'rm -rf "$folder"' EXIT
export NVCC="$here/shim/nvcc --shim=$(cat "$here"/shim/* | cksum | tr ' ' -)" SHIM_COUNT=1
cat >"$folder/fit.ad" <<'END'
export fn fit(x: real[N, 2], b: real[N]) -> real[N] = cg(|u| system(u, x), b, 1e-10);
fn system(u: real[N], x: real[N, 2]) -> real[N] {
    let y[i] = u[i] + sum[j](exp(-sqdist(x[i], x[j])) * u[j]);
    return y;
}
END

run() { # AHEAD: results, launches
    SHIM_AHEAD=$1 "$adc" run "$folder/fit.ad" fit 'x=normal(30,2)' 'b=normal(30)' --target=cuda -O0 --json \
        >"$folder/$1.json" 2>"$folder/$1.txt" || { cat "$folder/$1.txt"; exit 1; }
    sed -n 's/^shim: \([0-9]*\) launches$/\1/p' "$folder/$1.txt"
}

failed=0
all=$(run 0)
for ahead in 1 40; do
    some=$(run $ahead)
    [ "$some" -lt $((all / 3)) ] || { echo "FAILED ahead $ahead: $some of $all launches"; failed=1; }
    cmp "$folder/0.json" "$folder/$ahead.json" || failed=1
done
exit $failed
