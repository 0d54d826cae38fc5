# adc bench: what it prints, what it takes, what is wrong usage.
model=$models/kernel.ad
export ADC_CACHE=$work/cache

expect 0 adc bench "$model" energy N=40 --repeat=3 --threads=1
err_is_empty
out_has "kernel.ad: N=40, f64, 1 thread"
out_has "median"
out_has "pairs/s"
test_that "not the value and the gradient" [ "$(grep -c '^energy' "$work/out")" = 2 ]
test_that "no ratio" grep -qE '^energy_grad .* [0-9]+\.[0-9]{2} ' "$work/out"
expect 0 adc bench "$model" energy_grad 'q=uniform(40,3)' s=2 --repeat=1 --real=f32
out_has "N=40, f32"
test_that "not both" [ "$(grep -c '^energy' "$work/out")" = 2 ]

# The figures fit each other: pairs and times; the sizes are those of the values.
json_is() { test_that "JSON: not $1" python3 -c "import json, sys; r = json.load(open('$work/out')); f = r['functions']; sys.exit(not ($1))"; }
expect 0 adc bench "$model" energy N=50 --repeat=5 --json --threads=1
json_is "r['sizes'] == {'N': 50} and r['threads'] == 1 and r['real'] == 'f64'"
json_is "[x['name'] for x in f] == ['energy', 'energy_grad']"
json_is "all(x['pairs'] == 2500 and x['exps'] == 2500 and x['samples'] == 5 for x in f)"
json_is "all(0 < x['min'] <= x['median'] and x['spread'] >= 0 for x in f)"
json_is "f[0]['ratio'] is None and abs(f[1]['ratio'] * f[0]['median'] / f[1]['median'] - 1) < 1e-6"
json_is "all(abs(x['pairs_per_second'] * x['median'] / 2500 - 1) < 1e-6 for x in f)"
expect 0 adc bench "$model" flow N=30 D=2 steps=7 --time=0.05 --json
json_is "r['sizes'] == {'N': 30, 'D': 2, 'steps': 7} and f[0]['pairs'] == 7 * 900 and f[0]['samples'] >= 3"
expect 0 adc bench "$models/values.ad" fill N=1000 --repeat=2 --json
json_is "f[0]['elements'] == 1000 and f[0]['exps'] == 0"
expect 0 adc bench "$models/values.ad" h N=9 --repeat=1
err_has "'result' of 'h' is not finite"
expect 0 adc bench "$models/values.ad" h 'q=uniform(9,3)' --repeat=1
err_is_empty

# A fixed size is no argument any more.
expect 0 adc bench "$model" energy -D N=20 --repeat=1 --json
json_is "f[0].get('pairs', f[0].get('elements')) == 400"

expect 1 adc bench "$model" energy --repeat=1
one_error
err_has "give N=INT"
expect 1 adc bench "$model" flow N=30 D=2
one_error
err_has "give steps=INT"
expect 1 adc bench "$model" enrgy N=3
err_has "did you mean 'energy'?"
expect 1 adc bench "$model" quadrature N=3
err_has "it exports energy, "
err_has "write 'export' before a function"
expect 1 adc bench "$model" energy N=3 M=4
err_has "has no argument 'M'"
expect 1 adc bench "$model" energy N=3 'q=normal(4,3)'
one_error
expect 1 adc bench "$model" flow N=9223372036854775807 D=2 steps=1
one_error
expect 2 adc bench "$model"
one_error
expect 2 adc bench "$model" energy N
err_has "name=value"
expect 2 adc bench "$model" energy N=3 --repeat=0
err_has "at least 1"
expect 2 adc bench "$model" energy N=3 --time=-1
expect 2 adc bench "$model" energy N=3 --threads=two
expect 3 adc bench "$model" energy N=3 --cc=no-such-compiler

# On a terminal what takes long shows a bar, and takes it away.
cat >terminal.py <<'PROGRAM'
import os, pty, sys
said = bytearray()
def read(fd):
    data = os.read(fd, 4096)
    said.extend(data)
    return data
status = pty.spawn(sys.argv[1:], read)
sys.exit(not (status == 0 and b"[###" in said and b"energy" in said and said.count(b"\r\x1b[K") == 1))
PROGRAM
expect 0 python3 terminal.py "$ADC" bench "$model" energy N=300 --time=0.9
