"""Functions that treat every element alike."""

import numpy
import torch
import torch.nn.functional as F
from scipy import special

from golden_ops.cases import Case, integers, normal, rational, uniform


def between(low, high, count=24):
    """Numbers in a range, its ends among them."""
    return lambda: (rational(torch.cat([torch.tensor([low, high]), uniform(count - 2, low=low, high=high)]).double()),)


def inside(low, high, count=24):
    return lambda: (uniform(count, low=low, high=high),)


def pair(low=-3, high=3, shape=(4, 6)):
    return lambda: (uniform(*shape, low=low, high=high), uniform(*shape, low=low, high=high))


def ints(low=-20, high=20, least=-7, most=7):
    """Two tensors of int64, no zero in the second."""

    def draw():
        b = integers(24, low=least, high=most)
        return integers(24, low=low, high=high), torch.where(b == 0, 5, b)

    return draw


def torch_polygamma(n):
    return lambda x: torch.polygamma(n, x)


def below_zero(x):
    """Trigamma by reflection: SciPy's has no value below zero."""
    return (numpy.pi / numpy.sin(numpy.pi * x.numpy())) ** 2 - special.polygamma(1, 1 - x.numpy())


CASES = {
    "exp2": Case(torch.exp2, inside(-20, 20)),
    "log10": Case(torch.log10, inside(0.001, 1000)),
    "asin": Case(torch.asin, inside(-1, 1)),
    "acos": Case(torch.acos, inside(-1, 1)),
    "atan": Case(torch.atan, inside(-30, 30)),
    "sinh": Case(torch.sinh, inside(-10, 10)),
    "cosh": Case(torch.cosh, inside(-10, 10)),
    "asinh": Case(torch.asinh, inside(-100, 100)),
    "acosh": Case(torch.acosh, inside(1, 100)),
    "atanh": Case(torch.atanh, inside(-1, 1)),
    "erfc": Case(torch.erfc, inside(-5, 9)),
    "erfinv": Case(torch.erfinv, inside(-1, 1)),
    "lgamma": Case(torch.lgamma, inside(-6, 40)),
    "digamma": Case(torch.digamma, inside(-6, 40), gradient=False),
    # SciPy's, because PyTorch's trigamma has twelve digits.
    "polygamma-1": Case(lambda x: special.polygamma(1, x), inside(0.1, 30), gradient=False),
    "polygamma-4": Case(torch_polygamma(4), inside(0.1, 30)),
    "polygamma-40": Case(torch_polygamma(40), inside(0.5, 30)),
    "trigamma-negative": Case(below_zero, inside(-6, 0), gradient=False),
    "i0": Case(torch.special.i0, inside(-30, 60)),
    "i0e": Case(torch.special.i0e, inside(-30, 600)),
    "i1": Case(torch.special.i1, inside(-30, 60)),
    "i1e": Case(torch.special.i1e, inside(-30, 600)),
    "sinc": Case(torch.sinc, between(0, 4)),
    "frac": Case(torch.frac, inside(-5, 5)),
    "deg2rad": Case(torch.deg2rad, inside(-360, 360)),
    "rad2deg": Case(torch.rad2deg, inside(-7, 7)),
    "logit": Case(torch.logit, inside(0, 1)),
    "logit-eps": Case(lambda x: torch.logit(x, eps=0.2), inside(0, 1)),
    "nan-to-num": Case(
        lambda x: torch.nan_to_num(x, nan=2, posinf=3, neginf=-4),
        lambda: (torch.tensor([1, float("nan"), float("inf"), -float("inf"), -2], dtype=torch.float64),),
    ),
    "round-decimals": Case(lambda x: torch.round(x, decimals=2), inside(-10, 10), gradient=False),
    "atan2": Case(torch.atan2, pair()),
    "hypot": Case(torch.hypot, pair()),
    "copysign": Case(torch.copysign, pair()),
    "fmod": Case(torch.fmod, pair()),
    "remainder": Case(torch.remainder, pair()),
    "floor-divide": Case(torch.floor_divide, pair(), gradient=False),
    "div-trunc": Case(lambda a, b: torch.div(a, b, rounding_mode="trunc"), pair(), gradient=False),
    "fmod-int": Case(torch.fmod, ints()),
    "remainder-int": Case(torch.remainder, ints()),
    "floor-divide-int": Case(torch.floor_divide, ints()),
    "div-trunc-int": Case(lambda a, b: torch.div(a, b, rounding_mode="trunc"), ints()),
    "pow-int": Case(torch.pow, ints(-5, 6, -3, 9)),
    "gcd": Case(torch.gcd, ints()),
    "lcm": Case(torch.lcm, ints()),
    "bitwise-and": Case(torch.bitwise_and, ints()),
    "bitwise-or": Case(torch.bitwise_or, ints()),
    "bitwise-xor": Case(torch.bitwise_xor, ints()),
    "bitwise-not": Case(torch.bitwise_not, lambda: (integers(9, low=-20, high=20),)),
    "bitwise-left-shift": Case(torch.bitwise_left_shift, ints(least=-3, most=70)),
    "bitwise-right-shift": Case(torch.bitwise_right_shift, ints(least=-3, most=70)),
    "logaddexp": Case(torch.logaddexp, pair(-20, 20)),
    "logaddexp2": Case(torch.logaddexp2, pair(-20, 20)),
    "xlogy": Case(torch.xlogy, pair(0, 3)),
    "heaviside": Case(torch.heaviside, lambda: (integers(24, low=-2, high=3).double(), normal(24)), gradient=False),
    "fmax": Case(torch.fmax, lambda: (integers(24, low=-2, high=3).double(), integers(24, low=-2, high=3).double())),
    "fmin": Case(torch.fmin, lambda: (integers(24, low=-2, high=3).double(), integers(24, low=-2, high=3).double())),
    "lerp": Case(torch.lerp, lambda: (normal(4, 3), normal(4, 3), normal(3))),
    "lerp-number": Case(lambda a, b: torch.lerp(a, b, 0.75), lambda: (normal(4, 3), normal(4, 3))),
    "ldexp": Case(torch.ldexp, lambda: (normal(24), normal(24))),
    "isclose": Case(
        lambda a, b: torch.isclose(a, b, rtol=0.1, atol=0.05).to(torch.int64), pair(0.5, 1.5), gradient=False
    ),
    "addcmul": Case(lambda x, a, b: torch.addcmul(x, a, b, value=0.5), lambda: (normal(4, 3), normal(3), normal(4, 1))),
    "addcdiv": Case(
        lambda x, a, b: torch.addcdiv(x, a, b, value=0.5),
        lambda: (normal(4, 3), normal(3), uniform(4, 1, low=0.5, high=2)),
    ),
    "clamp-tensors": Case(
        lambda x, low, high: torch.clamp(x, low, high),
        lambda: (integers(4, 3, low=-4, high=5).double(), integers(3, low=-3, high=1).double(), normal(4, 1)),
    ),
    "relu6": Case(F.relu6, lambda: (integers(20, low=-2, high=9).double(),)),
    "hardtanh": Case(lambda x: F.hardtanh(x, -2, 3), lambda: (integers(20, low=-4, high=5).double(),)),
    # PyTorch has 1 / 6 in float32 in the gradient of its own.
    "hardsigmoid": Case(lambda x: F.relu6(x + 3) / 6, lambda: (integers(20, low=-5, high=6).double(),)),
    "hardswish": Case(F.hardswish, inside(-5, 5)),
    "selu": Case(F.selu, inside(-5, 5)),
    "celu": Case(lambda x: F.celu(x, alpha=1.5), inside(-5, 5)),
    "mish": Case(F.mish, inside(-20, 30)),
    "softsign": Case(F.softsign, inside(-5, 5)),
    "tanhshrink": Case(F.tanhshrink, inside(-5, 5)),
    "softshrink": Case(F.softshrink, between(-0.5, 2)),
    "hardshrink": Case(F.hardshrink, between(-0.5, 2)),
    "threshold": Case(lambda x: F.threshold(x, 0.5, 20), between(-2, 0.5)),
    "prelu": Case(F.prelu, lambda: (normal(2, 3, 4), normal(3))),
    "rrelu": Case(lambda x: F.rrelu(x, 0.2, 0.4), inside(-5, 5)),
    "log-sigmoid": Case(F.logsigmoid, inside(-50, 50)),
    "glu": Case(lambda x: F.glu(x, dim=1), lambda: (normal(2, 4, 3),)),
    "softmin": Case(lambda x: F.softmin(x, dim=1), lambda: (normal(3, 4),)),
}
