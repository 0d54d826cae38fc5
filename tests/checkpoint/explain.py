"""What adc explain says of the loops of replay.ad and models.ad, against Griewank and Walther's formula."""
import json
import os
import subprocess
import sys
from math import comb

ADC, HERE = os.environ["ADC"], os.path.dirname(os.path.abspath(__file__))
failed = 0


def explained(model, function, *words):
    command = [ADC, "explain", os.path.join(HERE, model), function, "--json", *words]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["functions"][0]


def optimal(l, s):
    r = 0
    while comb(s + r, s) < l:
        r += 1
    return r * l - comb(s + r, s + 1)


def expect(what, found, value):
    global failed
    if abs(found - value) > 1e-9 * abs(value):
        print(f"{what}: {found}, expected {value}")
        failed += 1


for s in (1, 4, 9):
    for n in (1, 2, 10, 57, 1000, 12345):
        f = explained("replay.ad", f"revolve_{s}_grad", f"n={n}")
        loop, t = f["loops"][0], optimal(n, s)
        expect(f"revolve {s}, {n} passes: again", loop["again"], t - (n - 1))
        expect(f"revolve {s}, {n} passes: ratio", loop["ratio"], 3 + t / n)
        expect(f"revolve {s}, {n} passes: slots", loop["slots"]["value"], min(s + 1, n))
        expect(f"revolve {s}, {n} passes: workspace", f["workspace"]["value"], 64 + 2 * -(-8 * min(s + 1, n) // 64) * 64)
f = explained("models.ad", "states_grad", "N=100", "n=5000", "--checkpoint=budget 64 KiB")
expect("budget: bytes of a slot", f["loops"][0]["slot_bytes"]["value"], 1608)
expect("budget: slots", f["loops"][0]["slots"]["value"], 65536 // 1608)
expect("budget: again", f["loops"][0]["again"], optimal(5000, 65536 // 1608 - 1) - 4999)
f = explained("models.ad", "states_grad", "N=100", "n=5000", "--checkpoint=every 60")
expect("every: again", f["loops"][0]["again"], 83 * 59 + 19)
print(f"{failed} failed")
sys.exit(failed > 0)
