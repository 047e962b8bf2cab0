"""Matrix products."""

import torch

from golden_ops.cases import Case, normal

CASES = {
    "matmul": Case(torch.matmul, lambda: (normal(3, 4), normal(4, 5))),
    "matmul-broadcast": Case(torch.matmul, lambda: (normal(2, 1, 3, 4), normal(3, 4, 2))),
}
