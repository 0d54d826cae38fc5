#!/usr/bin/env python3
"""Times adc beside its peers, checks every value against an f64 reference, and says which targets of issue 3 are met.

    bench.py --adc ADC [--workloads W1,W4] [--quick | --full] [--threads 1,2] [--reals f32,f64] [--peers] [--cc COMPILER]
             [--budget SECONDS] [--by median|min] [--no-save] [--smoke]

Exit status 0; 1 when a value is wrong or a program does not compile; missed targets do not count, because times are noisy.
--smoke runs every program once on a small size and only checks the values. See bench/README.md.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import build
import environments
import measure
import report
import workloads

PEERS = os.path.join(build.HERE, "peers", "run.py")
PEER_SLACK = 10  # a peer may choose a less accurate form, such as |x|^2 + |y|^2 - 2 <x, y>; its error is shown
RESULTS = os.path.join(build.HERE, "results")


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        made = os.path.join(folder, "made")
        self.builder = build.Builder(options.adc, made, options.cc, "-O0", build.COMPILERS[:1]) if options.smoke else build.Builder(options.adc, made, options.cc)
        self.rows, self.builds, self.memory, self.failures = [], {}, {}, []
        self.predicted = {}  # (workload, real, who, threads) -> (N, seconds) of the size before

    def fail(self, what):
        self.failures.append(what)
        print(f"FAILED: {what}", file=sys.stderr, flush=True)

    def too_long(self, task, who, threads):
        """Seconds that the size before foretells, when that is beyond the budget."""
        n, seconds = self.predicted.get((task.workload.key, task.real, who, threads), (0, 0))
        expected = seconds * task.workload.pairs(task.n) / task.workload.pairs(n) if n else 0
        return expected if expected > self.options.budget else None

    def record(self, task, who, threads, run, work=None):
        """run() -> (record, results) of one contestant; None as record: not available, with the reason."""
        w = task.workload
        row = {"workload": w.key, "title": w.title, "n": task.n, "real": task.real, "threads": threads, "who": who, "unit": w.unit,
               "work": work or w.pairs(task.n), "times": [], "error": None, "note": "", "same_bits": None}
        long = self.too_long(task, who, threads)
        if long:
            row["note"] = f"left out: about {long:.0f} s a call"
        results = None if long else self.attempt(row, task, run)
        self.rows.append(row)
        found = report.seconds_text(report.median(row)) if row["times"] else row["note"]
        print(f"  {who}, {threads} thread{'s' if threads > 1 else ''}: {found}", file=sys.stderr, flush=True)
        return results

    def attempt(self, row, task, run):
        """Fills the row; the results, or None."""
        w, who = task.workload, row["who"]
        try:
            found, results = run()
            if found is None:
                row["note"] = results
            else:
                row["error"] = task.check(results, PEER_SLACK if who in environments.MODULE else 1)
                row.update(times=found["times"], first=found.get("first"), peak=found.get("peak"), workspace=found.get("workspace"))
                self.predicted[w.key, task.real, who, row["threads"]] = task.n, report.median(row)
                return results
        except (build.Failed, subprocess.TimeoutExpired, OSError) as e:
            row["note"] = f"failed: {e}"
            if who.startswith("adc"):
                self.fail(f"{w.key} {task.real} N={task.n} {who}: {e}")
        except measure.Wrong as e:
            row["note"] = f"WRONG: {e}"
            self.fail(f"{w.key} {task.real} N={task.n} {who}: {e}")
        return None

    def native(self, task, library, entry, threads, wanted=None, runs=None):
        o = self.options
        return measure.run_native(self.builder.driver, library, entry, task, threads, runs or o.runs, o.seconds, wanted)

    def adc(self, task):
        w = task.workload
        try:
            library, module, seconds = self.builder.program(w.program, task.real, w.defines)
        except build.Failed as e:
            self.fail(f"{w.key} {task.real}: {e}")
            return
        self.builds[w.key, task.real] = seconds
        first = None
        for threads in self.options.threads:
            results = self.record(task, "adc", threads, lambda: self.native(task, library, f"{module}:{w.function}", threads))
            if results is None:
                continue
            if first is None:
                first = results
            self.rows[-1]["same_bits"] = all(a.tobytes() == b.tobytes() for a, b in zip(first, results))
            if w.value and threads == 1:
                self.record(task, "adc value", threads, lambda: self.native(task, library, f"{module}:{w.value}", threads, 1), w.pairs(task.n))

    def hand_written(self, task):
        """limit/, adbench/ with each compiler at -O3; plain/ at -O3 and -Ofast, one thread."""
        w = task.workload
        for compiler in self.builder.compilers:
            for threads in self.options.threads:
                for who, folder, entry in (("limit", "limit", w.limit), ("hand", "adbench", w.hand)):
                    if entry and (threads == 1 or who == "limit"):
                        self.c_peer(task, f"{who} {compiler}", folder, entry, compiler, self.builder.level, threads)
            for level in (build.PLAIN if not self.options.smoke else ("-O0",)) if w.plain else ():
                self.c_peer(task, f"loop {compiler} {level}", "plain", w.plain, compiler, level, 1)

    def c_peer(self, task, who, folder, entry, compiler, level, threads):
        try:
            library = self.builder.c_library(folder, task.real, compiler, level)
        except build.Failed as e:
            self.fail(str(e))
            return
        self.record(task, who, threads, lambda: self.native(task, library, entry, threads))

    def peers(self, task):
        for peer in task.workload.peers:
            python = environments.interpreter(peer)
            self.record(task, peer, 1, lambda: measure.run_peer(python, PEERS, peer, task, 1, self.options.runs, self.options.seconds)
                        if python else (None, "could not be installed"))

    def check_memory(self, w, real):
        """Generated code allocates nothing, so the workspace for N = 1e6 with inputs and outputs is the memory it needs. --full runs it too."""
        library, module, _ = self.builder.program(w.program, real, w.defines)
        n, width = 10 ** 6, 4 if real == "f32" else 8
        sizes = ",".join(str(s) for s in w.sizes(n))
        text = build.command([self.builder.driver, library, f"{module}:{w.function}", sizes, "", "", 0, 0])
        values = 12 * n * width  # q, p and their gradients
        allowed = 3 * values + 64e6
        self.memory[w.key, f"{real}, N = 1e6: workspace, inputs and outputs"] = json.loads(text)["workspace"] + values, allowed
        if self.options.full and real == "f32":
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                record = self.native(measure.Task(w, n, real, folder), library, f"{module}:{w.function}", max(self.options.threads), None, -1)[0]
            self.memory[w.key, f"{real}, N = 1e6: peak of the process"] = record["peak"], allowed

    def run(self, w):
        for real in self.options.reals:
            if real not in (w.smoke_reals if self.options.smoke else w.reals):
                continue
            for n in self.sizes(w):
                with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                    task = measure.Task(w, n, real, folder)
                    print(f"{w.key} {real} N = {n} ...", file=sys.stderr, flush=True)
                    self.adc(task)
                    self.hand_written(task)
                    if self.options.peers:
                        self.peers(task)
            if w.key == "W2" and not self.options.smoke:
                try:
                    self.check_memory(w, real)
                except build.Failed as e:
                    self.fail(str(e))

    def sizes(self, w):
        o = self.options
        if o.smoke:
            return (w.smoke,) if w.smoke else ()
        return w.quick if o.quick else w.normal + w.full if o.full else w.normal


def named(key, prefix):
    """W1 means W1a and W1b, not W10."""
    return key.startswith(prefix) and not (prefix[-1:].isdigit() and key[len(prefix):][:1].isdigit())


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Times adc beside its peers; see bench/README.md.")
    parser.add_argument("--adc", default=os.environ.get("ADC", "adc"), help="the compiler to measure")
    parser.add_argument("--workloads", default="", help="W1,W4: those whose names begin so (W1 is W1a and W1b)")
    parser.add_argument("--quick", action="store_true", help="small sizes, 3 runs")
    parser.add_argument("--full", action="store_true", help="large sizes too")
    parser.add_argument("--smoke", action="store_true", help="every program once on a small size; only the values count")
    parser.add_argument("--threads", default="1,2", help="thread counts (1,2)")
    parser.add_argument("--reals", default="f32,f64", help="precisions (f32,f64)")
    parser.add_argument("--peers", action="store_true", help="also KeOps, PyTorch, JAX, CasADi where they can be had")
    parser.add_argument("--cc", help="the C compiler that adc build uses (its own choice)")
    parser.add_argument("--budget", type=float, default=5, help="leave out what would take more seconds a call (5)")
    parser.add_argument("--by", choices=sorted(report.STATISTICS), default="median", help="which time of a contestant the verdicts take (median)")
    parser.add_argument("--no-save", action="store_true", help="write nothing to bench/results/")
    o = parser.parse_args()
    o.threads = [int(t) for t in o.threads.split(",")]
    o.reals = o.reals.split(",")
    o.runs, o.seconds = (1, 0) if o.smoke else (3, 2) if o.quick else (11, 4)
    wanted = [p for p in o.workloads.split(",") if p]
    o.chosen = [w for w in workloads.ALL if not wanted or any(named(w.key.lower(), p.lower()) for p in wanted)]
    return o


def save(bench, text, machine):
    os.makedirs(RESULTS, exist_ok=True)
    name = os.path.join(RESULTS, datetime.datetime.now().strftime("%Y-%m-%d_%H%M%S"))
    drawn = report.plot(bench.rows, name + ".svg")
    with open(name + ".md", "w", encoding="utf-8") as f:
        f.write(text + (f"\n\n![rates](./{os.path.basename(name)}.svg)\n" if drawn else "\n"))
    with open(name + ".json", "w", encoding="utf-8") as f:
        json.dump({"machine": machine, "rows": bench.rows}, f, indent=1)
    print(f"\nwritten: {os.path.relpath(name)}.md, .json" + (", .svg" if drawn else ""))


def main():
    options = parse()
    if not options.chosen:
        print("no workload has such a name; there are " + ", ".join(w.key for w in workloads.ALL), file=sys.stderr)
        return 2
    base = os.path.join(os.environ.get("BUILD", os.path.join(build.HERE, "..", "build")), "bench")
    os.makedirs(base, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        bench = Bench(options, folder)
        machine = report.machine(bench.builder)
        report.statistic = report.STATISTICS[options.by]
        for w in options.chosen:
            bench.run(w)
        if options.smoke:
            print(f"{len(bench.rows)} runs, {len(bench.failures)} failures")
            return 1 if bench.failures else 0
        targets, _ = report.targets_table(options.chosen, bench.rows, bench.builds, bench.memory)
        text = "# Measurement\n\n" + "\n".join(f"- {k}: {v}" for k, v in machine.items()) + f"\n- command: `./dev bench {' '.join(sys.argv[1:])}`\n"
        text += report.results_table(bench.rows) + "\n\n## Targets\n\n" + targets
        text += "".join(f"\n- FAILED: {f}" for f in bench.failures)
        print(text)
        if not options.no_save:
            save(bench, text, machine)
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
