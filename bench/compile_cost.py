"""Processor time and peak memory of adc compile: compile_cost.py FILE OUT prints milliseconds and MiB; ADC set."""
import os
import sys


def compile_once(adc, source, out):
    """Seconds and KiB."""
    pid = os.posix_spawn(adc, [adc, "compile", source, "-o", out], os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{source}: adc compile failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def compile_cost(adc, source, out, runs=3):
    """The least of some runs, so that a busy machine does not matter much."""
    seconds, memory = zip(*(compile_once(adc, source, out) for _ in range(runs)))
    return min(seconds), min(memory)


if __name__ == "__main__":
    seconds, memory = compile_cost(os.environ["ADC"], sys.argv[1], sys.argv[2])
    print(f"{1e3 * seconds:.1f} {memory / 1024:.1f}")
