"""Picking and placing elements: indices, masks, segments."""

import numpy
import torch

from golden_ops.cases import Case, flags, integers, normal


def scatter_reduce(reduce, **options):
    return lambda x, index, source: x.scatter_reduce(1, index, source, reduce, **options)


def index_reduce(reduce, **options):
    return lambda x, index, source: x.index_reduce(0, index, source, reduce, **options)


def segment(reduce):
    """Rows of a segment as one, with PyTorch's ops: every segment has a row."""

    def run(x, ids):
        return torch.segment_reduce(x, reduce, lengths=torch.bincount(ids), axis=0)

    return run


def sorted_ids():
    return (normal(9, 3), torch.tensor([0, 0, 1, 2, 2, 2, 2, 3, 3]))


def take_along(x, index):
    return numpy.take_along_axis(x.numpy(), index.numpy(), 1)


def matching():
    return (normal(4, 5), integers(4, 3, high=5))


def placed():
    """Indices of which none occurs twice in a row."""
    return (normal(4, 5), torch.stack([torch.randperm(5)[:3] for _ in range(4)]), normal(4, 3))


def added():
    return (normal(4, 5), integers(4, 6, high=5), normal(4, 6))


def rows():
    return (normal(4, 3), integers(6, high=4), normal(6, 3))


def masked():
    return (normal(3, 4), flags(3, 4))


CASES = {
    "index-select": Case(lambda x, i: x.index_select(1, i), lambda: (normal(3, 5, 2), integers(7, high=5))),
    "gather": Case(lambda x, i: x.gather(1, i), matching),
    "gather-first": Case(lambda x, i: x.gather(0, i), lambda: (normal(4, 5), integers(6, 3, high=4))),
    "take": Case(torch.take, lambda: (normal(3, 4), integers(2, 5, low=-12, high=12))),
    "take-along-dim": Case(lambda x, i: torch.take_along_dim(x, i, 1), lambda: (normal(4, 5), integers(1, 3, high=5))),
    "take-along-axis": Case(take_along, matching, gradient=False),
    "one-hot": Case(lambda i: torch.nn.functional.one_hot(i, 6), lambda: (integers(2, 3, high=6),)),
    "scatter": Case(lambda x, i, s: x.scatter(1, i, s), placed),
    "scatter-number": Case(lambda x, i: x.scatter(1, i, 2.5), matching),
    "scatter-add": Case(lambda x, i, s: x.scatter_add(1, i, s), added),
    "scatter-sum": Case(scatter_reduce("sum", include_self=False), added),
    "scatter-prod": Case(scatter_reduce("prod"), added),
    "scatter-mean": Case(scatter_reduce("mean"), added),
    "scatter-amax": Case(scatter_reduce("amax"), added),
    "scatter-amin": Case(scatter_reduce("amin", include_self=False), added),
    "put-along-axis": Case(lambda x, i, s: x.scatter(1, i, s), placed),
    "index-add": Case(lambda x, i, s: x.index_add(0, i, s), rows),
    "index-copy": Case(
        lambda x, i, s: x.index_copy(0, i, s), lambda: (normal(4, 3), torch.randperm(4)[:2], normal(2, 3))
    ),
    "index-fill": Case(lambda x, i: x.index_fill(1, i, 2.5), lambda: (normal(3, 5), integers(3, high=5))),
    "index-reduce-mean": Case(index_reduce("mean", include_self=False), rows),
    "index-reduce-prod": Case(index_reduce("prod"), rows),
    "index-reduce-amax": Case(index_reduce("amax"), rows),
    "index-reduce-amin": Case(index_reduce("amin"), rows),
    "masked-select": Case(torch.masked_select, masked),
    "masked-select-broadcast": Case(torch.masked_select, lambda: (normal(3, 1), flags(4))),
    "masked-fill": Case(lambda x, mask: x.masked_fill(mask, -1.5), masked),
    "masked-fill-tensor": Case(lambda x, mask, v: x.masked_fill(mask, v), lambda: (*masked(), normal())),
    "masked-scatter": Case(lambda x, mask, s: x.masked_scatter(mask, s), lambda: (*masked(), normal(12))),
    "nonzero": Case(torch.nonzero, lambda: (integers(3, 4, low=-1, high=2),)),
    "argwhere": Case(torch.argwhere, lambda: (flags(2, 3, 4),)),
    "flatnonzero": Case(
        lambda x: numpy.flatnonzero(x.numpy()), lambda: (integers(3, 4, low=-1, high=2),), gradient=False
    ),
    "where": Case(torch.where, lambda: (flags(3, 1), normal(3, 4), normal(4))),
    "segment-sum": Case(segment("sum"), sorted_ids),
    "segment-mean": Case(segment("mean"), sorted_ids),
    "segment-prod": Case(segment("prod"), sorted_ids),
    "segment-max": Case(segment("max"), sorted_ids),
    "segment-min": Case(segment("min"), sorted_ids),
    "segment-sum-any-order": Case(
        lambda x, ids: torch.zeros(5, 3, dtype=x.dtype).index_add(0, ids, x),
        lambda: (normal(9, 3), integers(9, high=5)),
    ),
    "at-ranges": Case(lambda x: x[1:4, :, None, -1], lambda: (normal(5, 3, 4),)),
    "at-steps": Case(lambda x: x[..., 1::2], lambda: (normal(3, 6),)),
    "at-one-index": Case(lambda x, i: x[:, i], lambda: (normal(3, 5, 2), integers(2, 4, low=-5, high=5))),
    "at-two-indices": Case(
        lambda x, i, j: x[i, :, j], lambda: (normal(4, 2, 5), integers(3, 1, high=4), integers(2, low=-5, high=5))
    ),
    "at-next-indices": Case(
        lambda x, i, j: x[:, i, j], lambda: (normal(2, 4, 5), integers(6, high=4), integers(6, high=5))
    ),
    "at-mask": Case(lambda x, mask: x[mask], lambda: (normal(3, 4, 2), flags(3, 4))),
    "at-mask-inside": Case(lambda x, mask: x[:, mask, 1:], lambda: (normal(2, 4, 3), flags(4))),
    # An integer beside indices is one of them in NumPy, not in PyTorch: their axes go first.
    "at-mixed": Case(
        lambda x, i: x.numpy()[-1, 0:3, i.numpy(), None],
        lambda: (normal(2, 4, 5, 2), integers(3, high=5)),
        gradient=False,
    ),
}
