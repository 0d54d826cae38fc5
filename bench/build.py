"""Builds what is measured, in a folder outside of the sources: the driver, adc's programs, the hand-written C."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(HERE, "..", "runtime", "include")
PLAIN = ("-O3", "-Ofast")
COMPILERS = ("clang", "gcc")


class Failed(Exception):
    """A command failed; the text says which and shows its last words."""


def command(args, **options):
    done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **options)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise Failed(f"{os.path.basename(str(args[0]))} failed with status {done.returncode}: " + " | ".join(words[:3]))
    return done.stdout


def flags(compiler, level):
    """The flags of adc build (docs/c-api.md), and what gcc needs for the widest vectors."""
    wide = ["-mprefer-vector-width=512"] if "gcc" in compiler else []
    return ["-std=gnu11", "-fPIC", "-march=native", "-fno-math-errno", "-fno-trapping-math", level, "-fopenmp", *wide]


def children_seconds():
    """CPU time of all finished child processes: other processes do not lengthen it."""
    t = os.times()
    return t.children_user + t.children_system


class Builder:
    def __init__(self, adc, folder, cc=None, level="-O3", compilers=COMPILERS):
        self.adc, self.folder, self.cc, self.level = adc, folder, cc, level
        self.compilers = [c for c in compilers if shutil.which(c)]
        self.made = {}
        os.makedirs(folder, exist_ok=True)
        self.driver = self.path("driver")
        compiler = "gcc" if shutil.which("gcc") else self.compilers[0]
        command([compiler, "-std=c11", "-O2", f"-I{INCLUDE}", os.path.join(HERE, "driver.c"), "-o", self.driver, "-ldl"])

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name, real, defines=()):
        """adc build of programs/NAME.ad: (library, module symbol, CPU seconds). Each is built once."""
        key = "_".join([name, real, *(d.replace("=", "") for d in defines)])
        if key not in self.made:
            out = self.path(f"{key}.so")
            options = [f"--real={real}", "--prefix", name, self.level]
            for d in defines:
                options += ["-D", d]
            if self.cc:
                options.append(f"--cc={self.cc}")
            begin = children_seconds()
            command([self.adc, "build", os.path.join(HERE, "programs", f"{name}.ad"), "-o", out, *options])
            self.made[key] = out, f"{name}_module" + ("_f32" if real == "f32" else ""), children_seconds() - begin
        return self.made[key]

    def c_library(self, folder, real, compiler, level):
        """All C files of a folder of bench/ as one library."""
        key = f"{folder}_{real}_{compiler}{level}"
        if key not in self.made:
            out = self.path(f"{key}.so")
            sources = sorted(os.path.join(HERE, folder, f) for f in os.listdir(os.path.join(HERE, folder)) if f.endswith(".c"))
            command([compiler, *flags(compiler, level), "-shared", f"-DREAL={real[1:]}", f"-I{INCLUDE}", *sources, "-o", out, "-lm"])
            self.made[key] = out
        return self.made[key]
