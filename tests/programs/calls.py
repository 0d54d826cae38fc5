"""adc run many times on one model, in one process where the build folder has one for that (calls.c)."""
import json
import os
import subprocess

SECONDS = 300  # that a process may take


def ended(command):
    """The process that this command was."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, errors="replace")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"more than {SECONDS} s")


def run_calls(adc, model, options, calls):
    """What `adc run model CALL... options` is for each call, a list of words: processes that have ended, in order."""
    together = os.path.join(os.path.dirname(adc), "tests", "calls")
    if not os.access(together, os.X_OK):
        return [ended([adc, "run", model, *call, *options]) for call in calls]
    process = ended([together, model, *options, *(word for call in calls for word in ["--", *call])])
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    made = [subprocess.CompletedProcess(call, d["status"], d["out"], process.stderr + d["err"]) for call, d in zip(calls, lines)]
    why = process.stderr or "no line from calls"
    return made + [subprocess.CompletedProcess(call, process.returncode or 1, "", why) for call in calls[len(made) :]]
