"""Tables, targets, plot: from the list of measured rows to text."""
import datetime
import os
import platform
import shutil
import statistics
import subprocess

import build


def first_line(*args):
    try:
        return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def machine(builder):
    """What a reader must know about where the figures come from."""
    cpu, flags = "unknown", ""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                cpu = value.strip()
            if key.strip() == "flags":
                flags = value
    vectors = "AVX-512" if " avx512f" in flags else "AVX2" if " avx2" in flags else "baseline"
    return {
        "date": datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"),
        "cpu": f"{cpu}, {os.cpu_count()} cores, {vectors}", "clock": clock(builder), "system": f"{platform.system()} {platform.release()}",
        "load": " ".join(f"{x:.2f}" for x in os.getloadavg()),
        "compilers": "; ".join(filter(None, (first_line(c, "--version") for c in builder.compilers))),
        "adc": f"{first_line(builder.adc, '--version')}, commit {first_line('git', '-C', build.HERE, 'describe', '--always', '--dirty')}, "
               f"compiled with {builder.cc or os.environ.get('CC') or ('clang' if shutil.which('clang') else 'gcc')}",
    }


def clock(builder):
    program = builder.path("clock")
    try:
        build.command(["gcc", "-O1", os.path.join(build.HERE, "clock.c"), "-o", program])
        return f"{first_line(program)} GHz, measured just now"
    except (OSError, build.Failed):
        return "unknown"


def seconds_text(s):
    return f"{s:.3f} s" if s >= 1 else f"{s * 1e3:.2f} ms" if s >= 1e-3 else f"{s * 1e6:.1f} us"


def rate_text(r):
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if r >= factor / 10:
            return f"{r / factor:.3g} {prefix}"
    return f"{r:.3g}"


def table(head, rows):
    widths = [max(len(str(r[k])) for r in [head, *rows]) for k in range(len(head))]
    lines = ["| " + " | ".join(str(c).ljust(w) for c, w in zip(r, widths)) + " |" for r in [head, *rows]]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


STATISTICS = {"median": statistics.median, "min": min}
statistic = statistics.median  # what verdicts are taken from; --by sets it


def median(row):
    return statistics.median(row["times"])


def typical(row):
    return statistic(row["times"])


def results_table(rows):
    """A table per workload; x adc is the time in units of adc's at the same size, precision and thread count."""
    text = []
    for key in dict.fromkeys(r["workload"] for r in rows):
        block = [r for r in rows if r["workload"] == key]
        ours = {(r["n"], r["real"], r["threads"]): median(r) for r in block if r["who"] == "adc" and r["times"]}
        lines = [result_line(r, ours.get((r["n"], r["real"], r["threads"]))) for r in block]
        text.append(f"\n**{key}** {block[0]['title']}\n")
        text.append(table(["N", "real", "threads", "who", "median", "min", "spread", f"{block[0]['unit']}/s", "x adc", "error", "note"], lines))
    return "\n".join(text)


def result_line(r, ours):
    where = [r["n"], r["real"], r["threads"], r["who"]]
    if not r["times"]:
        return [*where, "-", "-", "-", "-", "-", "-", r["note"]]
    m = median(r)
    compiled = r["workspace"] is None and r["first"] > 5 * m  # a Python peer that compiles in its first call
    note = r["note"] or (f"first call {r['first']:.1f} s" if compiled else "")
    return [*where, seconds_text(m), seconds_text(min(r["times"])), f"{100 * (max(r['times']) - min(r['times'])) / m:.0f} %", rate_text(r["work"] / m),
            f"{m / ours:.2f}" if ours else "-", f"{r['error']:.1e}", note]


def find(rows, **want):
    return next((r for r in rows if r["times"] and all(r[k] == v for k, v in want.items())), None)


def best(rows, prefix, **want):
    found = [r for r in rows if r["times"] and r["who"].startswith(prefix) and all(r[k] == v for k, v in want.items())]
    return min(found, key=typical) if found else None


def verdict(ok):
    return "pass" if ok else "MISS"


def machine_factor(workloads, rows):
    """How much slower this machine runs hand-written code than the one on which the targets were set: the median over workloads."""
    factors = []
    for w in workloads:
        for (real, n), there in w.limit_seconds.items():
            limit = best(rows, "limit", workload=w.key, n=n, real=real, threads=1)
            if limit:
                factors.append(typical(limit) / there)
    return statistics.median(factors) if factors else 1.0


def time_targets(workloads, rows):
    """Against the limit measured here where there was one on the machine of the targets, else scaled by the machine's factor."""
    factor = machine_factor(workloads, rows)
    for w in workloads:
        for (real, n), goal in w.seconds.items():
            at = {"workload": w.key, "n": n, "real": real, "threads": 1}
            ours, limit = find(rows, who="adc", **at), best(rows, "limit", **at)
            if not ours:
                continue
            m, there = typical(ours), w.limit_seconds.get((real, n))
            if limit and there:
                q = m / typical(limit)
                yield [w.key, f"{real}, N = {n}: time / limit", f"{goal / there:.2f} ({goal:.3g} s there)", f"{q:.2f} ({seconds_text(m)} here)",
                       verdict(q <= goal / there)]
            else:
                yield [w.key, f"{real}, N = {n}: time", f"{seconds_text(goal * factor)} ({goal:.3g} s there, this machine {factor:.2f} x)", seconds_text(m),
                       verdict(m <= goal * factor)]


def limit_targets(workloads, rows):
    for w in workloads:
        for ours in [r for r in rows if w.limit_ratio and r["workload"] == w.key and r["who"] == "adc" and r["threads"] == 1 and r["times"]]:
            limit = best(rows, "limit", workload=w.key, n=ours["n"], real=ours["real"], threads=1)
            if limit:
                q = typical(ours) / typical(limit)
                yield [w.key, f"{ours['real']}, N = {ours['n']}: time / limit", f"{w.limit_ratio:.2f}", f"{q:.2f}", verdict(q <= w.limit_ratio)]


def hand_targets(workloads, rows):
    for w in workloads:
        if not w.hand:
            continue
        for ours in [r for r in rows if r["workload"] == w.key and r["who"] == "adc" and r["threads"] == 1 and r["times"]]:
            hand = best(rows, "hand", workload=w.key, n=ours["n"], real=ours["real"], threads=1)
            if hand:
                quotient = typical(ours) / typical(hand)
                yield [w.key, f"{ours['real']}, N = {ours['n']}: time / hand-written", "1.00", f"{quotient:.2f}", verdict(quotient <= 1)]


def ratio_targets(workloads, rows):
    for w in workloads:
        for ours in [r for r in rows if r["workload"] == w.key and r["who"] == "adc" and r["threads"] == 1 and r["times"]]:
            value = find(rows, workload=w.key, who="adc value", n=ours["n"], real=ours["real"], threads=1)
            if value and w.ratio:
                q = typical(ours) / typical(value)
                yield [w.key, f"{ours['real']}, N = {ours['n']}: gradient / value", f"{w.ratio:.1f}", f"{q:.2f}", verdict(q <= w.ratio)]


def thread_targets(workloads, rows):
    for w in workloads:
        for two in [r for r in rows if r["workload"] == w.key and r["who"] == "adc" and r["threads"] == 2 and r["times"]]:
            one = find(rows, workload=w.key, who="adc", n=two["n"], real=two["real"], threads=1)
            if not one:
                continue
            where = f"{two['real']}, N = {two['n']}: "
            if two["n"] >= 10000:
                q = typical(one) / typical(two)
                yield [w.key, where + "speed-up with 2 threads", "1.85", f"{q:.2f}", verdict(q >= 1.85)]
            yield [w.key, where + "same bits with 2 threads", "yes", "yes" if two["same_bits"] else "no", verdict(two["same_bits"])]


def build_targets(workloads, builds):
    for w in workloads:
        for real in ("f32", "f64"):
            taken = builds.get((w.key, real))
            if taken is not None:
                goal = w.build_seconds
                yield [w.key, f"{real}: adc build", f"{goal} s" if goal else "-", f"{taken:.2f} s", verdict(taken <= goal) if goal else "-"]


def memory_targets(memory):
    for key, (used, allowed) in memory.items():
        yield [*key, f"{allowed / 1e6:.0f} MB", f"{used / 1e6:.0f} MB", verdict(used <= allowed)]


def targets_table(workloads, rows, builds, memory):
    lines = [*time_targets(workloads, rows), *limit_targets(workloads, rows), *hand_targets(workloads, rows), *ratio_targets(workloads, rows), *thread_targets(workloads, rows),
             *build_targets(workloads, builds), *memory_targets(memory)]
    missed = sum(1 for r in lines if r[-1] == "MISS")
    return table(["workload", "what", "goal", "measured", "verdict"], lines) + f"\n\n{missed} of {len(lines)} missed.", missed


def speeds(rows, real):
    """{workload: {who: speed in units of adc's}} on one core at adc's largest N; of several compilers the best."""
    groups = {}
    for w in dict.fromkeys(r["workload"] for r in rows):
        found = [r for r in rows if r["times"] and r["workload"] == w and r["real"] == real and r["threads"] == 1 and r["who"] != "adc value"]
        sizes = [r["n"] for r in found if r["who"] == "adc"]
        if not sizes:
            continue
        at = [r for r in found if r["n"] == max(sizes)]
        ours = median(next(r for r in at if r["who"] == "adc"))
        groups[w] = {}
        for r in at:
            who = r["who"].split(" ")[0]
            groups[w][who] = max(ours / median(r), groups[w].get(who, 0))
    return groups


def panel(groups, real, data):
    """gnuplot commands for the bars of one precision; data is the file that they read, written here."""
    names = list(dict.fromkeys(who for g in groups.values() for who in g))
    with open(data, "w", encoding="utf-8") as f:
        for w, group in groups.items():
            label = w.replace("_", " ")
            f.write(f'"{label}"' + "".join(f" {group[n]:.5g}" if n in group else " ?" for n in names) + "\n")
    bars = ", ".join(f'"{data}" using {k + 2}:xtic(1) title "{n}"' for k, n in enumerate(names))
    return f'set title "{real}: speed on one core, adc = 1"; plot {bars}, 1 with lines linecolor "black" notitle; '


def plot(rows, path):
    """An SVG of the speeds relative to adc's; False where gnuplot is missing."""
    groups = {real: speeds(rows, real) for real in ("f32", "f64")}
    groups = {real: g for real, g in groups.items() if g}
    if not groups or not shutil.which("gnuplot"):
        return False
    files = {real: f"{path[:-4]}.{real}.dat" for real in groups}
    script = (f'set terminal svg size 1200,{360 * len(groups)} font "sans,11"; set output "{path}"; set datafile missing "?"; set style data histograms; '
              'set style histogram clustered gap 2; set style fill solid 0.8 noborder; set logscale y; set format y "10^{%L}"; set grid ytics; '
              f'set key outside right; set xtics rotate by -30; set bmargin 5; set yrange [1e-3:30]; set multiplot layout {len(groups)},1; ')
    script += "".join(panel(g, real, files[real]) for real, g in groups.items())
    done = subprocess.run(["gnuplot", "-e", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for data in files.values():
        os.remove(data)
    return done.returncode == 0
