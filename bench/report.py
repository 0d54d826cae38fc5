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


def plot(rows, path):
    """Rates on one core at the largest N of each workload and precision, one bar per contestant; False without gnuplot."""
    if not shutil.which("gnuplot"):
        return False
    groups, names = {}, []
    for r in rows:
        if not r["times"] or r["threads"] != 1 or r["who"].endswith("value"):
            continue
        who = r["who"].split(" ")[0]
        key = (r["workload"], r["real"])
        most = max(x["n"] for x in rows if x["times"] and (x["workload"], x["real"]) == key and x["who"] == "adc") if find(rows, who="adc", workload=key[0], real=key[1]) else r["n"]
        if r["n"] != most:
            continue
        names += [who] if who not in names else []
        rate = r["work"] / median(r) / 1e9
        groups.setdefault(f"{key[0]} {key[1]}", {})
        groups[f"{key[0]} {key[1]}"][who] = max(rate, groups[f"{key[0]} {key[1]}"].get(who, 0))
    if not groups:
        return False
    data = path[:-4] + ".dat"
    with open(data, "w", encoding="utf-8") as f:
        for group, rates in groups.items():
            f.write(f'"{group.replace("_", " D=")}"' + "".join(f" {rates[n]:.5g}" if n in rates else " ?" for n in names) + "\n")
    bars = ", ".join(f'"{data}" using {k + 2}:xtic(1) title "{n}"' for k, n in enumerate(names))
    script = (f'set terminal svg size {max(900, 90 * len(groups))},520; set output "{path}"; set datafile missing "?"; set style data histograms; '
              'set style histogram clustered gap 1; set style fill solid 0.8; set logscale y; set grid ytics; set key outside right; '
              f'set ylabel "10^9 terms per second, one core"; set xtics rotate by -40; plot {bars}')
    done = subprocess.run(["gnuplot", "-e", script], stderr=subprocess.PIPE, text=True)
    os.remove(data)
    return done.returncode == 0
