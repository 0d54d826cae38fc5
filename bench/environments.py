"""The Python peers' virtual environments, made when first asked for in ~/.cache/adc-bench (or $ADC_BENCH_CACHE).

Two, because Debian's PyTorch needs another NumPy than a recent JAX: `torch` sees the system's packages (python3-torch) and has
pykeops, `jax` has jax and casadi. Nothing is installed into the system; what cannot be had is left out with a message.
"""
import functools
import os
import subprocess
import sys

FOLDER = os.environ.get("ADC_BENCH_CACHE", os.path.expanduser("~/.cache/adc-bench"))
PACKAGES = {"torch": ["pykeops==2.3"], "jax": ["jax", "casadi"]}
ENVIRONMENT = {"keops": "torch", "torch": "torch", "chunked": "torch", "jax": "jax", "casadi": "jax"}
MODULE = {"keops": "pykeops.torch", "torch": "torch", "chunked": "torch", "jax": "jax", "casadi": "casadi"}


def quiet(*args):
    return subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def system_python():
    """Debian's packages belong to /usr/bin/python3."""
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


@functools.lru_cache(maxsize=None)
def environment(name):
    """The interpreter of an environment, made and filled if it is not there; None when that fails."""
    folder = os.path.join(FOLDER, name)
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        print(f"making {folder} with {', '.join(PACKAGES[name])} ...", file=sys.stderr, flush=True)
        share = ["--system-site-packages"] if name == "torch" else []
        if not quiet(system_python(), "-m", "venv", *share, folder):
            print(f"cannot make {folder}: is python3-venv installed?", file=sys.stderr)
            return None
        for package in PACKAGES[name]:
            if not quiet(python, "-m", "pip", "install", "-q", package):
                print(f"cannot install {package}", file=sys.stderr)
    return python


@functools.lru_cache(maxsize=None)
def interpreter(peer):
    """The interpreter that has the peer, or None."""
    python = environment(ENVIRONMENT[peer])
    if python and quiet(python, "-c", f"import {MODULE[peer]}"):
        return python
    hint = " (Debian: apt install python3-torch)" if MODULE[peer].endswith("torch") else ""
    print(f"{peer} is left out: {MODULE[peer]} is not installed{hint}", file=sys.stderr)
    return None
