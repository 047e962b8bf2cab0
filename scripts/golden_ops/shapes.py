"""Shapes and places: views, joins and cuts, borders, triangles, and tensors made from nothing."""

import numpy
import torch
import torch.nn.functional as F

from golden_ops.cases import Case, integers, normal


def one(*shape):
    return lambda: (normal(*shape),)


def border(mode, *widths):
    return lambda x: F.pad(x, widths, mode)


def made(call):
    """What has no inputs gets a number that is not used."""
    return Case(lambda _: call(), one(1), gradient=False)


def ranges():
    return (torch.arange(-3, 9, 2.5), torch.arange(5, 1, -1.0), torch.arange(1, 2, 0.3, dtype=torch.float64))


CASES = {
    "reshape": Case(lambda x: x.mT.reshape(2, -1), one(3, 4)),
    "view": Case(lambda x: x.view(2, 6), one(3, 4)),
    "flatten": Case(lambda x: x.flatten(1, 2), one(2, 3, 4)),
    "unflatten": Case(lambda x: x.unflatten(1, (2, -1)), one(2, 6)),
    "ravel": Case(torch.ravel, one(2, 3)),
    "squeeze": Case(lambda x: x.squeeze(1), one(2, 1, 3, 1)),
    "unsqueeze": Case(lambda x: x.unsqueeze(-2), one(2, 3)),
    "expand": Case(lambda x: x.expand(2, -1, 4), one(3, 1)),
    "broadcast-to": Case(lambda x: x.broadcast_to(2, 3, 4), one(3, 1)),
    "broadcast-tensors": Case(torch.broadcast_tensors, lambda: (normal(3, 1), normal(2, 1, 4))),
    "permute": Case(lambda x: x.permute(2, 0, 1), one(2, 3, 4)),
    "transpose": Case(lambda x: x.transpose(0, 2), one(2, 3, 4)),
    "swap-axes": Case(lambda x: x.swapaxes(0, -1), one(2, 3, 4)),
    "move-axis": Case(lambda x: x.movedim((0, 1), (2, 0)), one(2, 3, 4)),
    "slice": Case(lambda x: x[1:, ::2], one(3, 5)),
    "select": Case(lambda x: x.select(1, -2), one(3, 5)),
    "narrow": Case(lambda x: x.narrow(1, 1, 3), one(3, 5)),
    "flip": Case(lambda x: x.flip(0, 2), one(2, 3, 4)),
    "roll": Case(lambda x: x.roll((1, -2), (0, 1)), one(3, 5)),
    "roll-flat": Case(lambda x: x.roll(4), one(3, 5)),
    "rot90": Case(lambda x: x.rot90(3, (1, 2)), one(2, 3, 4)),
    "tile": Case(lambda x: x.tile(3, 1, 2), one(2, 3)),
    "repeat": Case(lambda x: x.repeat(2, 3, 1), one(2, 3)),
    "repeat-interleave": Case(lambda x: x.repeat_interleave(3, 1), one(2, 3)),
    "repeat-interleave-each": Case(lambda x, n: x.repeat_interleave(n, 0), lambda: (normal(4, 2), integers(4, high=4))),
    "as-strided": Case(lambda x: x.as_strided((3, 2, 2), (1, 4, 0), 2), one(3, 4)),
    "unfold": Case(lambda x: x.unfold(0, 3, 2), one(8, 2)),
    "diagonal": Case(lambda x: x.diagonal(-1, 2, 0), one(3, 2, 4)),
    "diag": Case(lambda x: x.diag(1), one(3, 4)),
    "diag-vector": Case(lambda x: x.diag(-2), one(3)),
    "diag-embed": Case(lambda x: x.diag_embed(1, 0, 2), one(2, 3)),
    "tril": Case(lambda x: x.tril(1), one(2, 3, 4)),
    "triu": Case(lambda x: x.triu(-1), one(4, 3)),
    "concat": Case(lambda *all: torch.cat(all, 1), lambda: (normal(2, 3), normal(2, 1))),
    "stack": Case(lambda *all: torch.stack(all, -1), lambda: (normal(2, 3), normal(2, 3))),
    "hstack": Case(lambda *all: torch.hstack(all), lambda: (normal(2, 3), normal(2, 1))),
    "vstack": Case(lambda *all: torch.vstack(all), lambda: (normal(3), normal(2, 3))),
    "dstack": Case(lambda *all: torch.dstack(all), lambda: (normal(2, 3), normal(2, 3))),
    "block-diag": Case(torch.block_diag, lambda: (normal(2, 3), normal(2), normal())),
    "split": Case(lambda x: x.split((1, 4), 1), one(2, 5)),
    "split-equal": Case(lambda x: x.split(2), one(5, 2)),
    "chunk": Case(lambda x: x.chunk(3, 1), one(2, 7)),
    "tensor-split": Case(lambda x: x.tensor_split(3, 1), one(2, 7)),
    "tensor-split-at": Case(lambda x: x.tensor_split((1, 4)), one(6, 2)),
    "unbind": Case(lambda x: x.unbind(1), one(2, 3)),
    "pad-constant": Case(lambda x: F.pad(x, (1, 2, -1, 0), value=1.5), one(3, 4)),
    "pad-reflect": Case(border("reflect", 3, 1), one(1, 2, 5)),
    "pad-replicate": Case(border("replicate", 2, 1, 0, 3), one(1, 1, 3, 4)),
    "pad-circular": Case(border("circular", 2, 3), one(1, 2, 4)),
    "meshgrid": Case(lambda *all: torch.meshgrid(*all, indexing="xy"), lambda: (normal(3), normal(2), normal(4))),
    "cartesian-prod": Case(lambda *all: torch.cartesian_prod(*all), lambda: (normal(3), normal(2))),
    "combinations": Case(lambda x: torch.combinations(x, 3), one(5)),
    "combinations-replaced": Case(lambda x: torch.combinations(x, 2, with_replacement=True), one(4)),
    # PyTorch's own has no gradient: it writes over what that needs.
    "vander": Case(lambda x: x[:, None] ** torch.arange(4), one(3)),
    "clone": Case(torch.clone, one(2, 3)),
    "arange": made(ranges),
    "arange-integers": made(lambda: torch.arange(7, -4, -3)),
    "linspace": made(lambda: torch.linspace(-1, 2, 7, dtype=torch.float64)),
    "logspace": made(lambda: torch.logspace(-1, 2, 7, base=3, dtype=torch.float64)),
    "full": made(lambda: (torch.full((2, 3), 1.5), torch.ones(2), torch.zeros(1, 2), torch.eye(2, 3))),
    "like": Case(
        lambda x: (torch.full_like(x, 2.5), torch.ones_like(x), torch.zeros_like(x)), one(2, 3), gradient=False
    ),
    "tri": made(lambda: numpy.tri(3, 4, 1)),
    "tril-indices": made(lambda: torch.tril_indices(3, 4, 1)),
    "triu-indices": made(lambda: torch.triu_indices(4, 3, -1)),
}
