"""Times one Python peer on one workload: reads a job as JSON on stdin, writes the results to files and the times to stdout.

Exit status 77 and a line on stderr: the package is not there, or it has no form of this workload. See measure.run_peer.
"""
import importlib
import json
import os
import sys
import time

MODULES = {"keops": "with_keops", "torch": "with_torch", "chunked": "with_torch_chunked", "jax": "with_jax", "casadi": "with_casadi"}


def skip(why):
    print(why, file=sys.stderr)
    sys.exit(77)


def main():
    job = json.load(sys.stdin)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[:job["threads"]]))
    import numpy as np
    try:
        module = importlib.import_module(MODULES[job["peer"]])
    except ImportError as e:
        skip(f"not installed: {e}")
    form = module.FORMS.get(job["workload"].split("_")[0])
    if not form:
        skip("has no form of this workload")
    arrays = {name: np.fromfile(file, dtype=dtype).reshape(shape) for name, file, dtype, shape in job["inputs"]}
    begin = time.perf_counter()
    try:
        call = form(module.prepare(arrays, job))
        results = call()
    except MemoryError:
        skip("out of memory")
    first = time.perf_counter() - begin
    for (file, dtype, _), result in zip(job["outputs"], results):
        np.ascontiguousarray(module.to_numpy(result), dtype=dtype).tofile(file)
    clock = time.process_time if job["threads"] == 1 else time.perf_counter
    times, start = [], time.perf_counter()
    while len(times) < job["runs"] and (len(times) < 3 or time.perf_counter() - start < job["seconds"]):
        begin = clock()
        call()
        times.append(clock() - begin)
    print(json.dumps({"times": times, "first": first}))


if __name__ == "__main__":
    main()
