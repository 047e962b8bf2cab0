"""Functions of whole matrices, and least squares."""

import numpy
import torch
from torch import linalg

from golden_ops.cases import Case, normal


def norm(order):
    return lambda x: linalg.matrix_norm(x, order)


def full_rank(a, b):
    return linalg.lstsq(a, b).solution


def low_rank(x):
    return x[..., :2] @ x[..., :2].mT


CASES = {
    "matrixNorm-fro": Case(norm("fro"), lambda: (normal(2, 3, 4),)),
    "matrixNorm-nuc": Case(norm("nuc"), lambda: (normal(2, 3, 4),)),
    "matrixNorm-one": Case(norm(1), lambda: (normal(2, 3, 4),)),
    "matrixNorm-least-row": Case(norm(-numpy.inf), lambda: (normal(2, 3, 4),)),
    "matrixNorm-spectral": Case(norm(2), lambda: (normal(2, 3, 4),)),
    "cond": Case(linalg.cond, lambda: (normal(2, 3, 4),)),
    "cond-fro": Case(lambda x: linalg.cond(x, "fro"), lambda: (normal(3, 3),), gradient=False),
    "matrixRank": Case(lambda x: linalg.matrix_rank(low_rank(x)), lambda: (normal(4, 3),), gradient=False),
    "matrixPower": Case(lambda x: linalg.matrix_power(x, 5), lambda: (normal(3, 3),)),
    "matrixPower-negative": Case(lambda x: linalg.matrix_power(x, -3), lambda: (normal(3, 3),)),
    "matrixExp": Case(lambda x: linalg.matrix_exp(x * torch.tensor([[[1.0]], [[9.0]]])), lambda: (normal(2, 3, 3),)),
    "lstsq": Case(full_rank, lambda: (normal(2, 5, 3), normal(2, 5, 2))),
    "lstsq-wide": Case(full_rank, lambda: (normal(3, 5), normal(3, 2))),
    "lstsq-low-rank": Case(
        lambda x, b: numpy.linalg.lstsq(low_rank(x).numpy(), b.numpy(), rcond=1e-4)[0],
        lambda: (normal(4, 3), normal(4, 2)),
        gradient=False,
    ),
    "tensorinv": Case(linalg.tensorinv, lambda: (normal(2, 3, 6),)),
    "tensorsolve": Case(linalg.tensorsolve, lambda: (normal(2, 3, 6), normal(2, 3))),
}
