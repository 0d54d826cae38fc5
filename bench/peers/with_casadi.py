"""CasADi: the C that it generates for functions of moderate size, compiled with gcc -O3 -march=native: bundle adjustment's block
Jacobian mapped over the observations, and Runge-Kutta steps as a mapaccum with its reverse-mode gradient."""
import os
import subprocess
import tempfile
from types import SimpleNamespace

import casadi as ca
import numpy as np


def prepare(arrays, job):
    return SimpleNamespace(**arrays)


def to_numpy(a):
    return a if isinstance(a, np.ndarray) else np.asarray(a)


def compiled(function):
    """The function's generated C as a shared library, loaded again."""
    folder = tempfile.mkdtemp()
    here = os.getcwd()
    os.chdir(folder)
    try:
        function.generate("generated.c")
        subprocess.run(["gcc", "-O3", "-march=native", "-fno-math-errno", "-fPIC", "-shared", "generated.c", "-o", "generated.so", "-lm"], check=True)
        return ca.external(function.name(), os.path.join(folder, "generated.so"))
    finally:
        os.chdir(here)


def caller(function, inputs):
    """A call through CasADi's buffers, without conversions: (run, inputs and outputs as flat arrays, column-major as CasADi has them)"""
    buffer, run = function.buffer()
    inputs = [np.array(a, dtype=np.float64).ravel() for a in inputs]
    outputs = [np.zeros(function.numel_out(k)) for k in range(function.n_out())]
    for k, a in enumerate(inputs):
        buffer.set_arg(k, memoryview(a))
    for k, a in enumerate(outputs):
        buffer.set_res(k, memoryview(a))
    return lambda: (buffer, inputs, run())[2], inputs, outputs  # which the buffer does not keep alive


def reprojection(c, x, w, feature):
    r, d = c[0:3], x - c[3:6]
    angle = ca.sqrt(ca.sumsqr(r))
    axis = r / angle
    y = d * ca.cos(angle) + ca.cross(axis, d) * ca.sin(angle) + axis * (ca.dot(axis, d) * (1 - ca.cos(angle)))
    u = y[0:2] / y[2]
    r2 = ca.sumsqr(u)
    return w * (c[6] * (1 + c[9] * r2 + c[10] * r2 ** 2) * u + c[7:9] - feature)


def bundle(v):
    c, x, w, feature = ca.SX.sym("c", 11), ca.SX.sym("x", 3), ca.SX.sym("w"), ca.SX.sym("feature", 2)
    e = reprojection(c, x, w, feature)
    blocks = [ca.densify(ca.jacobian(e, p).T) for p in (c, x, w)]
    one = ca.Function("observation", [c, x, w, feature], [e, 1 - w ** 2, *[ca.vec(b) for b in blocks], -2 * w])
    count = len(v.w)
    run, inputs, outputs = caller(compiled(one.map(count)), [v.cams[v.cam], v.pts[v.pt], v.w, v.feature])
    cams, points = inputs[0].reshape(count, 11), inputs[1].reshape(count, 3)

    def call():
        np.take(v.cams, v.cam, axis=0, out=cams)  # the gather is part of the work
        np.take(v.pts, v.pt, axis=0, out=points)
        run()
        return outputs
    return call


def lorenz(v):
    size, h = len(v.x0), float(v.h)
    x, force = ca.SX.sym("x", size), ca.SX.sym("force")

    def field(y):
        turn = lambda k: ca.vertcat(y[k:], y[:k])
        return (turn(1) - turn(size - 2)) * turn(size - 1) - y + force
    k1 = field(x)
    k2 = field(x + h / 2 * k1)
    k3 = field(x + h / 2 * k2)
    k4 = field(x + h * k3)
    step = ca.Function("step", [x, force], [x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)])
    x0, f = ca.MX.sym("x0", size), ca.MX.sym("f")
    n = int(v.n)
    last = step.fold(n)(x0, ca.repmat(f, 1, n))
    energy = ca.sumsqr(last) / 2
    gradient = ca.Function("energy_grad", [x0, f], [energy, ca.gradient(energy, x0), ca.gradient(energy, f)])
    run, _, outputs = caller(compiled(gradient), [v.x0, v.force])

    def call():
        run()
        return outputs
    return call


FORMS = {"W8": bundle, "W9": lorenz}
