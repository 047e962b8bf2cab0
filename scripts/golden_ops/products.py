"""Matrix products."""

import torch

from golden_ops.cases import Case, integers, normal

CASES = {
    "matmul": Case(torch.matmul, lambda: (normal(3, 4), normal(4, 5))),
    "matmul-broadcast": Case(torch.matmul, lambda: (normal(2, 1, 3, 4), normal(3, 4, 2))),
    "matmul-vectors": Case(torch.matmul, lambda: (normal(4), normal(2, 4, 3))),
    "matmul-integers": Case(torch.matmul, lambda: (integers(3, 4), integers(4, 5)), gradient=False),
    "outer": Case(torch.outer, lambda: (normal(3), normal(4))),
    "inner": Case(torch.inner, lambda: (normal(2, 3), normal(4, 3))),
    "tensordot": Case(lambda a, b: torch.tensordot(a, b, ([0, 1], [2, 0])), lambda: (normal(2, 3, 4), normal(3, 5, 2))),
    "kron": Case(torch.kron, lambda: (normal(2, 3), normal(3, 2))),
    "cross": Case(torch.linalg.cross, lambda: (normal(4, 3), normal(1, 3))),
    "addmm": Case(
        lambda x, a, b: torch.addmm(x, a, b, alpha=0.5, beta=2), lambda: (normal(4), normal(3, 2), normal(2, 4))
    ),
    "baddbmm": Case(
        lambda x, a, b: torch.baddbmm(x, a, b, alpha=0.5, beta=2),
        lambda: (normal(2, 3, 4), normal(2, 3, 2), normal(2, 2, 4)),
    ),
    "multiDot": Case(
        lambda *all: torch.linalg.multi_dot(all), lambda: (normal(3, 5), normal(5, 1), normal(1, 4), normal(4))
    ),
    "trace": Case(torch.trace, lambda: (normal(3, 4),)),
    "einsum-attention": Case(
        lambda *all: torch.einsum("bqhd,bkhd->bhqk", *all), lambda: (normal(2, 3, 2, 4), normal(2, 5, 2, 4))
    ),
    "einsum-chain": Case(
        lambda *all: torch.einsum("ab,bc,cad,d...->...c", *all),
        lambda: (normal(2, 3), normal(3, 4), normal(4, 2, 3), normal(3, 2)),
    ),
    "einsum-diagonal": Case(lambda x: torch.einsum("iij->j", x), lambda: (normal(3, 3, 2),)),
}
