"""Reductions, scans, sorting, searching, counting."""

import torch

from golden_ops.cases import Case, flags, integers, normal, uniform


def zeros_in(*shape):
    """Numbers of which about a third are 0."""
    x = normal(*shape)
    return torch.where(torch.rand(shape) < 0.35, torch.zeros_like(x), x)


def nans_in(*shape):
    x = normal(*shape)
    return torch.where(torch.rand(shape) < 0.25, torch.full_like(x, float("nan")), x)


def pair(result):
    return (result.values, result.indices)


def unique_all(x, **options):
    return torch.unique(x, return_inverse=True, return_counts=True, **options)


def histogram(x, bins, **options):
    return tuple(torch.histogram(x, bins, **options))


QS = torch.tensor([0.1, 0.5, 0.95], dtype=torch.float64)

CASES = {
    "sum-dtype": Case(lambda x: x.sum(1, dtype=torch.int32), lambda: (integers(3, 4),)),
    "prod": Case(lambda x: x.prod(1), lambda: (zeros_in(4, 5),)),
    "any": Case(lambda x: x.any(0), lambda: (zeros_in(4, 5),)),
    "all": Case(lambda x: x.all(1, keepdim=True), lambda: (flags(4, 5),)),
    "max": Case(lambda x: pair(x.max(1)), lambda: (normal(4, 5),)),
    "min": Case(lambda x: pair(x.min(0)), lambda: (normal(4, 5),)),
    "amax": Case(lambda x: x.amax((0, 2)), lambda: (integers(3, 4, 2, high=4).double(),)),
    "amin": Case(lambda x: x.amin(1, keepdim=True), lambda: (integers(3, 5, high=4).double(),)),
    "aminmax": Case(lambda x: tuple(torch.aminmax(x, dim=1)), lambda: (normal(3, 5),)),
    "argmax": Case(lambda x: x.argmax(1), lambda: (normal(4, 5),), gradient=False),
    "argmin": Case(lambda x: x.argmin(), lambda: (normal(4, 5),), gradient=False),
    "sum": Case(lambda x: x.sum((0, 2), keepdim=True), lambda: (normal(3, 4, 5),)),
    "mean": Case(lambda x: x.mean(1), lambda: (normal(3, 4, 5),)),
    "var": Case(lambda x: x.var(1), lambda: (normal(4, 5),)),
    "std": Case(lambda x: x.std((0, 1), correction=2), lambda: (normal(4, 5),)),
    "norm": Case(lambda x: torch.linalg.vector_norm(x, 2, 1), lambda: (normal(4, 5),)),
    "var-mean": Case(lambda x: torch.var_mean(x, (0, 2), correction=0), lambda: (normal(3, 4, 5),)),
    "std-mean": Case(lambda x: torch.std_mean(x, 1), lambda: (normal(4, 5),)),
    "norm-3": Case(lambda x: torch.linalg.vector_norm(x, 3, (0, 2)), lambda: (normal(3, 4, 5),)),
    "norm-half": Case(lambda x: torch.linalg.vector_norm(x, 0.5, 1), lambda: (normal(4, 5),)),
    "norm-0": Case(lambda x: torch.linalg.vector_norm(x, 0, 1), lambda: (zeros_in(4, 5),), gradient=False),
    "log-sum-exp": Case(lambda x: torch.logsumexp(x, (0, 1)), lambda: (normal(3, 4),)),
    "nansum": Case(lambda x: x.nansum(1), lambda: (nans_in(4, 5),)),
    "nanmean": Case(lambda x: x.nanmean(1), lambda: (nans_in(4, 5),)),
    "count-nonzero": Case(lambda x: x.count_nonzero(1), lambda: (zeros_in(4, 5),)),
    "cumsum": Case(lambda x: x.cumsum(1), lambda: (normal(3, 4, 5),)),
    "cumprod": Case(lambda x: x.cumprod(1), lambda: (zeros_in(4, 6),)),
    "logcumsumexp": Case(lambda x: x.logcumsumexp(0), lambda: (normal(6, 2),)),
    "cummax": Case(lambda x: pair(x.cummax(1)), lambda: (normal(3, 6),)),
    "cummax-ties": Case(lambda x: pair(x.cummax(1)), lambda: (integers(3, 8, high=3),)),
    "cummin-nan": Case(lambda x: pair(x.cummin(1)), lambda: (nans_in(3, 8),), gradient=False),
    "diff": Case(lambda x: x.diff(n=2, dim=0), lambda: (normal(5, 3),)),
    "trapezoid": Case(lambda y, x: torch.trapezoid(y, x, dim=0), lambda: (normal(4, 3), normal(4))),
    "cumulative-trapezoid": Case(lambda y: torch.cumulative_trapezoid(y, dx=0.5), lambda: (normal(3, 4),)),
    "sort": Case(lambda x: pair(x.sort(1)), lambda: (normal(3, 40),)),
    "sort-stable": Case(lambda x: pair(x.sort(dim=0, descending=True, stable=True)), lambda: (integers(40, 2, high=6),)),
    "sort-nan": Case(lambda x: pair(x.sort(dim=1, descending=True, stable=True)), lambda: (nans_in(3, 8),), gradient=False),
    "argsort": Case(lambda x: x.argsort(stable=True), lambda: (integers(30, high=5),)),
    "topk": Case(lambda x: pair(x.topk(3, 0)), lambda: (normal(9, 2),)),
    "topk-smallest": Case(lambda x: pair(x.topk(4, largest=False)), lambda: (normal(3, 9),)),
    "kthvalue": Case(lambda x: pair(x.kthvalue(3, 0)), lambda: (normal(7, 3),)),
    "median": Case(lambda x: pair(x.median(1)), lambda: (normal(3, 6),)),
    "nanmedian": Case(lambda x: x.nanmedian(1).values, lambda: (nans_in(3, 8),), gradient=False),
    "mode": Case(lambda x: x.mode(1).values, lambda: (integers(4, 9, high=4),)),
    "quantile": Case(lambda x: x.quantile(QS, 1), lambda: (normal(3, 8),)),
    "quantile-midpoint": Case(lambda x: x.quantile(0.3, 0, interpolation="midpoint"), lambda: (normal(6, 2),)),
    "quantile-nearest": Case(lambda x: x.quantile(0.3, interpolation="nearest"), lambda: (normal(6, 2),)),
    "nanquantile": Case(lambda x: x.nanquantile(QS, 1, keepdim=True), lambda: (nans_in(3, 9),), gradient=False),
    "searchsorted": Case(
        lambda rows, x: torch.searchsorted(rows, x, right=True),
        lambda: (integers(2, 9).sort(1).values, integers(2, 5)),
    ),
    "bucketize": Case(lambda x, edges: torch.bucketize(x, edges), lambda: (normal(3, 4), normal(5).sort().values), gradient=False),
    "isin": Case(torch.isin, lambda: (integers(3, 4), integers(4))),
    "bincount": Case(lambda x: x.bincount(minlength=12), lambda: (integers(40),)),
    "bincount-weights": Case(lambda x, w: x.bincount(w), lambda: (integers(40), uniform(40)), gradient=False),
    "histogram": Case(lambda x: histogram(x, 7), lambda: (normal(50),), gradient=False),
    "histogram-density": Case(
        lambda x, w: histogram(x, 5, range=(-1.0, 2.0), weight=w, density=True),
        lambda: (normal(50), uniform(50)),
        gradient=False,
    ),
    "histc": Case(lambda x: x.histc(8, -2, 2), lambda: (normal(50),), gradient=False),
    "unique": Case(unique_all, lambda: (integers(5, 6, high=9),)),
    "unique-rows": Case(lambda x: unique_all(x, dim=0), lambda: (integers(9, 2, high=2),)),
    "unique-consecutive": Case(
        lambda x: torch.unique_consecutive(x, return_inverse=True, return_counts=True),
        lambda: (integers(30, high=3),),
    ),
}
