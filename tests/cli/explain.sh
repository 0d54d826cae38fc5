# adc explain: formulas, numbers, JSON, what is wrong usage. Whole texts are compared in tests/explain.
model=$models/kernel.ad
export ADC_CACHE=$work/cache

expect 0 adc explain "$model"
err_is_empty
for word in "energy, kernel.ad:4" "energy_grad, kernel.ad:9" "flow, kernel.ad:12" "fused       K" "N*N exps" "workspace"; do
    out_has "$word"
done
out_lacks "predicted"
missing "$ADC_CACHE"/machine.ad
expect 0 adc explain "$model" energy
out_has "energy_grad"
out_lacks "flow"
expect 0 adc explain "$model" flow --real=f32
out_lacks "energy"
out_has "4*D*N bytes"

# With sizes: numbers, and a prediction from rates that are measured once.
expect 0 adc explain "$model" energy N=10000 -v
out_has "pairs       N*N = 1e+08"
out_has "8*N bytes = 78.1 KiB"
out_has "predicted"
out_has "Gexp/s"
err_has "measuring this machine"
cp "$work/out" first
expect 0 adc explain "$model" energy N=10000 -v
test_that "measured again" not grep -q measuring "$work/err"
test_that "another text the second time" cmp -s first "$work/out"
expect 0 adc explain "$model" flow N=100
out_lacks "predicted "

json_is() { test_that "JSON: not $1" python3 -c "import json, sys; r = json.load(open('$work/out')); f = r['functions']; sys.exit(not ($1))"; }
expect 0 adc explain "$model" flow N=200 D=3 steps=7 --json
json_is "r['sizes'] == {'N': 200, 'D': 3, 'steps': 7} and len(f) == 1 and f[0]['name'] == 'flow'"
json_is "any(k['runs'] == {'formula': 'steps', 'value': 7} and k.get('pairs') == {'formula': 'N*N', 'value': 40000} for k in f[0]['kernels'])"
json_is "f[0]['predicted'] > 0 and abs(sum(k['predicted'] for k in f[0]['kernels']) / f[0]['predicted'] - 1) < 1e-9"
json_is "all(v >= 0 for v in r['machine']['seconds_per'].values()) and r['machine']['seconds_per']['exps'] > 0"
json_is "all(k['symmetry'] is None for k in f[0]['kernels'])"
workspace=$(python3 -c "import json; print(json.load(open('$work/out'))['functions'][0]['workspace']['value'])")
expect 0 adc bench "$model" flow N=200 D=3 steps=7 --repeat=1 --json
json_is "f[0]['workspace'] == $workspace"
expect 0 adc explain "$model" energy --json
json_is "[x['name'] for x in f] == ['energy', 'energy_grad']"
json_is "all(any(k.get('pairs', {}).get('formula') == 'N*N' and k['per_pair']['exps']['formula'] == '1' for k in x['kernels']) for x in f)"
json_is "any(b['name'] == 'grad_q' and b['written'] for k in f[1]['kernels'] for b in k['buffers'])"
expect 0 adc explain "$model" flow N=200 --json
json_is "f[0]['predicted'] is None and f[0]['workspace']['value'] is None"
expect 0 adc explain "$model" --json
json_is "r['sizes'] == {} and 'machine' not in r and len(f) == 3"

expect 1 adc explain "$model" enrgy
one_error
err_has "did you mean 'energy'?"
expect 1 adc explain "$model" energy M=3
one_error
err_has "'M' is no size"
expect 1 adc explain "$models/error.ad"
expect 2 adc explain "$model" energy N=-1
err_has "NAME=INT"
expect 2 adc explain "$model" energy N=1.5
expect 2 adc explain
expect 3 adc explain "$model" energy N=10 --cc=no-such-compiler
expect 0 adc explain "$model" energy --cc=no-such-compiler
