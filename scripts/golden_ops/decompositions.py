"""Decompositions and what is made of them. Vectors whose sign is free are compared by what does not depend on it."""

import torch
from torch import linalg

from golden_ops.cases import Case, normal


def positive(x):
    return x @ x.mT + 3 * torch.eye(x.shape[-1], dtype=x.dtype)


def symmetric(x):
    return x + x.mT


def triangle(x):
    return x.tril() + 3 * torch.eye(x.shape[-1], dtype=x.dtype)


def signless(x):
    values, vectors = linalg.eigh(symmetric(x))
    return values, vectors.square()


def products_of_svd(x, full_matrices=False):
    u, s, vh = linalg.svd(x, full_matrices=full_matrices)
    size = s.shape[-1]
    return s, u[..., :size] @ vh[..., :size, :], (u[..., :size] * s.exp().unsqueeze(-2)) @ vh[..., :size, :]


def low_rank(x):
    return x[..., :2] @ x[..., :2].mT


CASES = {
    "cholesky": Case(lambda x: linalg.cholesky(positive(x)), lambda: (normal(2, 5, 5),)),
    "cholesky-upper": Case(lambda x: linalg.cholesky(positive(x), upper=True), lambda: (normal(4, 4),)),
    "choleskySolve": Case(lambda b, l: torch.cholesky_solve(b, triangle(l)), lambda: (normal(4, 2), normal(4, 4))),
    "choleskyInverse": Case(lambda l: torch.cholesky_inverse(triangle(l)), lambda: (normal(4, 4),)),
    "solveTriangular": Case(
        lambda a, b: linalg.solve_triangular(a, b, upper=False), lambda: (normal(2, 4, 4), normal(4, 3))
    ),
    "solveTriangular-right": Case(
        lambda a, b: linalg.solve_triangular(a, b, upper=True, left=False, unitriangular=True),
        lambda: (normal(4, 4), normal(3, 4)),
    ),
    "lu": Case(linalg.lu, lambda: (normal(2, 4, 4),)),
    "lu-tall": Case(linalg.lu, lambda: (normal(5, 3),)),
    "lu-wide": Case(linalg.lu, lambda: (normal(3, 5),)),
    "luSolve": Case(lambda a, b: linalg.lu_solve(*linalg.lu_factor(a), b), lambda: (normal(4, 4), normal(4, 2))),
    "luSolve-right-transposed": Case(
        lambda a, b: linalg.lu_solve(*linalg.lu_factor(a), b, left=False, adjoint=True),
        lambda: (normal(4, 4), normal(2, 4)),
    ),
    "solve": Case(linalg.solve, lambda: (normal(2, 4, 4), normal(2, 4, 3))),
    "solve-vector": Case(linalg.solve, lambda: (normal(4, 4), normal(4))),
    "solve-right": Case(lambda a, b: linalg.solve(a, b, left=False), lambda: (normal(4, 4), normal(3, 4))),
    "inv": Case(linalg.inv, lambda: (normal(2, 4, 4),)),
    "det": Case(linalg.det, lambda: (normal(2, 4, 4),)),
    "det-singular": Case(lambda x: linalg.det(x @ x.mT), lambda: (normal(3, 2),)),
    "slogdet": Case(linalg.slogdet, lambda: (normal(2, 4, 4),)),
    "logdet": Case(lambda x: torch.logdet(positive(x)), lambda: (normal(4, 4),)),
    "qr": Case(linalg.qr, lambda: (normal(2, 5, 3),)),
    "qr-wide": Case(linalg.qr, lambda: (normal(3, 5),)),
    "qr-complete": Case(lambda x: linalg.qr(x, mode="complete"), lambda: (normal(5, 3),), gradient=False),
    "eigh": Case(signless, lambda: (normal(2, 5, 5),)),
    "eigvalsh": Case(lambda x: linalg.eigvalsh(symmetric(x)), lambda: (normal(5, 5),)),
    "svd": Case(products_of_svd, lambda: (normal(2, 4, 4),)),
    "svd-tall": Case(products_of_svd, lambda: (normal(5, 3),)),
    "svd-wide": Case(lambda x: products_of_svd(x, True), lambda: (normal(3, 5),)),
    "svdvals": Case(linalg.svdvals, lambda: (normal(4, 6),)),
    "pinv": Case(linalg.pinv, lambda: (normal(2, 5, 3),)),
    "pinv-low-rank": Case(lambda x: linalg.pinv(low_rank(x), rtol=1e-4), lambda: (normal(4, 3),)),
}
