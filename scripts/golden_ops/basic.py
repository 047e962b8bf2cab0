"""Arithmetic, elementary functions, comparisons, logic, rounding."""

import numpy
import torch

from golden_ops.cases import Case, flags, integers, normal, uniform


def inside(low, high, count=24):
    return lambda: (uniform(count, low=low, high=high),)


def pair(low=-3, high=3):
    return lambda: (uniform(4, 6, low=low, high=high), uniform(6, low=low, high=high))


def halves():
    """Numbers of which many are equal, and many lie half way between integers."""
    return (integers(4, 6, low=-5, high=6).double() / 2, integers(6, low=-5, high=6).double() / 2)


def bools():
    return (flags(4, 6), flags(6))


def specials():
    inf = float("inf")
    return (torch.tensor([0.0, -0.0, 1.5, -2.5, inf, -inf, float("nan")], dtype=torch.float64),)


def neighbours(a, b):
    """In float32, whatever the precision: the next number depends on it."""
    return torch.nextafter(a.float(), b.float())


CASES = {
    "add": Case(torch.add, pair()),
    "sub": Case(torch.sub, pair()),
    "mul": Case(torch.mul, pair()),
    "div": Case(torch.div, pair(0.5, 3)),
    "pow": Case(torch.pow, pair(0.5, 3)),
    "pow-number": Case(lambda x: x**3, inside(-3, 3)),
    "neg": Case(torch.neg, inside(-3, 3)),
    "abs": Case(torch.abs, inside(-3, 3)),
    "sign": Case(torch.sign, specials, gradient=False),
    "square": Case(torch.square, inside(-3, 3)),
    "sqrt": Case(torch.sqrt, inside(0.01, 9)),
    "rsqrt": Case(torch.rsqrt, inside(0.01, 9)),
    "reciprocal": Case(torch.reciprocal, inside(0.1, 9)),
    "cbrt": Case(lambda x: numpy.cbrt(x.numpy()), inside(-9, 9), gradient=False),
    "cbrt-gradient": Case(lambda x: x ** (1 / 3), inside(0.1, 9)),
    "exp": Case(torch.exp, inside(-20, 20)),
    "expm1": Case(torch.expm1, inside(-2, 2)),
    "log": Case(torch.log, inside(0.01, 100)),
    "log1p": Case(torch.log1p, inside(-0.9, 2)),
    "log2": Case(torch.log2, inside(0.01, 100)),
    "sin": Case(torch.sin, inside(-10, 10)),
    "cos": Case(torch.cos, inside(-10, 10)),
    "tan": Case(torch.tan, inside(-1.5, 1.5)),
    "tanh": Case(torch.tanh, inside(-5, 5)),
    "erf": Case(torch.erf, inside(-3, 3)),
    "sigmoid": Case(torch.sigmoid, inside(-20, 20)),
    "maximum": Case(torch.maximum, halves),
    "minimum": Case(torch.minimum, halves),
    "floor": Case(torch.floor, lambda: halves()[:1]),
    "ceil": Case(torch.ceil, lambda: halves()[:1]),
    "round": Case(torch.round, lambda: halves()[:1]),
    "trunc": Case(torch.trunc, lambda: halves()[:1]),
    "trunc-divide": Case(lambda a, b: torch.div(a, b, rounding_mode="trunc"), pair(), gradient=False),
    "clamp": Case(lambda x: x.clamp(-1, 1.5), lambda: halves()[:1]),
    "nextafter": Case(neighbours, pair(), gradient=False),
    "eq": Case(torch.eq, halves, gradient=False),
    "ne": Case(torch.ne, halves, gradient=False),
    "lt": Case(torch.lt, halves, gradient=False),
    "le": Case(torch.le, halves, gradient=False),
    "gt": Case(torch.gt, halves, gradient=False),
    "ge": Case(torch.ge, halves, gradient=False),
    "logical-and": Case(torch.logical_and, bools),
    "logical-or": Case(torch.logical_or, bools),
    "logical-xor": Case(torch.logical_xor, bools),
    "logical-not": Case(torch.logical_not, lambda: (flags(9),)),
    "isnan": Case(torch.isnan, specials, gradient=False),
    "isinf": Case(torch.isinf, specials, gradient=False),
    "isfinite": Case(torch.isfinite, specials, gradient=False),
    "isposinf": Case(torch.isposinf, specials, gradient=False),
    "isneginf": Case(torch.isneginf, specials, gradient=False),
    "signbit": Case(torch.signbit, specials, gradient=False),
    "equal": Case(
        lambda a, b: torch.tensor([torch.equal(a, a), torch.equal(a, b), torch.allclose(a, a + 1e-9), torch.allclose(a, b)]),
        lambda: (normal(4), normal(4)),
        gradient=False,
    ),
    "cast": Case(lambda x: (x.int(), x.to(torch.int64), x.bool()), inside(-9, 9), gradient=False),
}
