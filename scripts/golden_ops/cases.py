"""How a family of golden cases of ops is written: a module beside this one with `CASES`: name -> Case.

Inputs are drawn in float32 and computed in float64, so one file checks both precisions. The file holds `<case>/in0`, ..., `<case>/out0`, ..., and for differentiable cases random `<case>/dout0`, ...
with the gradients `<case>/grad0`, ... of the float inputs.
"""

from dataclasses import dataclass
from typing import Callable, Sequence

import numpy
import torch


def rational(values):
    """Exact in float32, so that every precision starts from the same numbers."""
    return values.to(torch.float32).to(torch.float64)


def normal(*shape):
    return rational(torch.randn(shape, dtype=torch.float64))


def uniform(*shape, low=0.0, high=1.0):
    return rational(torch.rand(shape, dtype=torch.float64) * (high - low) + low)


def integers(*shape, low=0, high=10):
    return torch.randint(low, high, shape)


def flags(*shape):
    return torch.rand(shape) < 0.5


@dataclass
class Case:
    """`call` takes the inputs and returns a tensor, a tuple of them, or NumPy arrays (which have no gradients)."""

    call: Callable
    inputs: Callable[[], Sequence]
    gradient: bool = True


def as_outputs(result):
    results = result if isinstance(result, (tuple, list)) else (result,)
    return [torch.from_numpy(numpy.array(r)) if not torch.is_tensor(r) else r for r in results]


def compute(name, case):
    """The tensors of one case, by name. One seed a case: adding a case leaves the others as they are."""
    torch.manual_seed(sum(name.encode()))
    inputs = [x.clone().requires_grad_(case.gradient and x.is_floating_point()) for x in case.inputs()]
    outputs = as_outputs(case.call(*inputs))
    found = {f"{name}/in{i}": x.detach() for i, x in enumerate(inputs)}
    found |= {f"{name}/out{i}": y.detach() for i, y in enumerate(outputs)}
    smooth = [(i, y) for i, y in enumerate(outputs) if y.requires_grad]
    if smooth:
        douts = {i: normal(*y.shape) for i, y in smooth}
        wanted = [x for x in inputs if x.requires_grad]
        loss = sum((y * douts[i]).sum() for i, y in smooth)
        gradients = iter(torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True))
        found |= {f"{name}/dout{i}": dout for i, dout in douts.items()}
        found |= {f"{name}/grad{i}": next(gradients) for i, x in enumerate(inputs) if x.requires_grad}
    return {key: narrow(value).contiguous() for key, value in found.items()}


def narrow(value):
    """float64 inputs are exact in float32; results keep their digits."""
    return value.to(torch.float32) if value.dtype == torch.float64 and bool((rational(value) == value).all()) else value
