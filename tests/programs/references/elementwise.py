"""Elementwise functions and their derivatives."""
from reference import *  # noqa: F403
from reference import STEP, lift, mp, reference

TABLE = {
    "elementwise_exp": ['exp', 'expm1', 'log', 'log1p'],
    "elementwise_roots": ['sqrt', 'rsqrt', 'sq', 'inv'],
    "elementwise_trig": ['sin', 'cos', 'tan', 'atan'],
    "elementwise_arc": ['asin', 'acos', 'atanh', 'asinh'],
    "elementwise_hyper": ['sinh', 'cosh', 'tanh', 'acosh'],
    "elementwise_special": ['erf', 'sigmoid', 'softplus'],
}
PLAIN = {
    "expm1": mp.expm1,
    "log1p": lambda x: mp.log(1 + x),
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "sq": lambda x: x * x,
    "inv": lambda x: 1 / x,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
}


def functions(name):
    f = PLAIN.get(name) or getattr(mp, name)
    first = lift(lambda x: (f(x + STEP) - f(x - STEP)) / (2 * STEP))
    second = lift(lambda x: (f(x + STEP) - 2 * f(x) + f(x - STEP)) / (STEP * STEP))
    return {
        name + "_value": staticmethod(lambda x: lift(f)(x)),
        name + "_reverse": staticmethod(lambda x: first(x)),
        name + "_forward": staticmethod(lambda x: first(x)),
        name + "_second": staticmethod(lambda x: second(x)),
    }


for file, names in TABLE.items():
    members = {}
    for n in names:
        members.update(functions(n))
    reference(type(file, (), members))
