"""Pools and what undoes them."""

import torch
from torch import nn

from golden_ops.cases import normal, uniform

image = lambda: normal(1, 2, 5, 6)
signal = lambda: normal(1, 2, 8)
volume = lambda: normal(1, 2, 4, 4, 3)


class Unpooled(nn.Module):
    """A pool and what undoes it."""

    def __init__(self, pool, unpool):
        super().__init__()
        self.pool, self.unpool = pool, unpool

    def forward(self, x):
        return self.unpool(*self.pool(x))


class Located(nn.Module):
    """Maxima and their places as one vector."""

    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def forward(self, x):
        out, indices = self.pool(x)
        return torch.cat([out.flatten(), indices.flatten()])


class Fractional(nn.Module):
    """A fractional pool whose windows lie where numbers that are an input say; maxima and their places as one vector."""

    def __init__(self, kind, *args, **options):
        super().__init__()
        self.pool = lambda samples: kind(*args, **options, return_indices=True, _random_samples=samples)

    def forward(self, x, samples):
        out, indices = self.pool(samples.detach())(x)
        return torch.cat([out.flatten(), indices.flatten()]) + 0 * samples.sum()


LAYERS = {
    "max-pool2d": (lambda: nn.MaxPool2d(2), lambda: normal(2, 3, 4, 5)),
    "max-pool2d-padding": (lambda: nn.MaxPool2d(3, stride=2, padding=1), lambda: normal(1, 2, 7, 6)),
    "max-pool2d-dilation": (lambda: nn.MaxPool2d((2, 3), stride=1, dilation=(2, 1)), lambda: normal(1, 2, 5, 6)),
    "max-pool2d-ceil": (lambda: nn.MaxPool2d(3, stride=2, ceil_mode=True), lambda: normal(1, 2, 6, 8)),
    "avg-pool2d": (lambda: nn.AvgPool2d(2), lambda: normal(2, 3, 4, 5)),
    "avg-pool2d-padding": (lambda: nn.AvgPool2d(3, stride=2, padding=1), lambda: normal(1, 2, 7, 6)),
    "avg-pool2d-exclude": (
        lambda: nn.AvgPool2d((3, 2), stride=2, padding=1, count_include_pad=False),
        lambda: normal(1, 2, 7, 6),
    ),
    "avg-pool2d-ceil": (lambda: nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True), lambda: normal(1, 2, 6, 8)),
    "global-avg-pool2d": (lambda: nn.AdaptiveAvgPool2d(1), lambda: normal(2, 3, 4, 5)),
    "max-pool1d": (lambda: nn.MaxPool1d(3, stride=2, padding=1), signal),
    "max-pool3d": (lambda: nn.MaxPool3d(2, stride=1), volume),
    "max-pool1d-indices": (lambda: Located(nn.MaxPool1d(3, stride=2, padding=1, return_indices=True)), signal),
    "max-pool2d-indices": (lambda: Located(nn.MaxPool2d(3, stride=2, padding=1, return_indices=True)), image),
    "max-pool3d-indices": (
        lambda: Located(nn.MaxPool3d((2, 3, 2), stride=(1, 2, 1), padding=(0, 1, 1), return_indices=True)),
        volume,
    ),
    "adaptive-max-pool1d-indices": (lambda: Located(nn.AdaptiveMaxPool1d(3, return_indices=True)), signal),
    "adaptive-max-pool2d-indices": (lambda: Located(nn.AdaptiveMaxPool2d((2, 4), return_indices=True)), image),
    "adaptive-max-pool3d-indices": (lambda: Located(nn.AdaptiveMaxPool3d((2, 3, 2), return_indices=True)), volume),
    "max-pool2d-single": (lambda: nn.MaxPool2d(2, stride=1), lambda: normal(2, 3, 4)),
    "adaptive-avg-pool1d-single": (lambda: nn.AdaptiveAvgPool1d(3), lambda: normal(2, 5)),
    "max-unpool1d": (lambda: Unpooled(nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2)), signal),
    "max-unpool2d": (
        lambda: Unpooled(nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)),
        lambda: normal(1, 2, 4, 4),
    ),
    "max-unpool3d": (
        lambda: Unpooled(nn.MaxPool3d(2, return_indices=True), nn.MaxUnpool3d(2)),
        lambda: normal(1, 2, 4, 2, 2),
    ),
    "global-avg-pool1d": (lambda: nn.AdaptiveAvgPool1d(1), signal),
    "global-avg-pool3d": (lambda: nn.AdaptiveAvgPool3d(1), volume),
    "global-max-pool1d": (lambda: nn.AdaptiveMaxPool1d(1), signal),
    "global-max-pool2d": (lambda: nn.AdaptiveMaxPool2d(1), image),
    "global-max-pool3d": (lambda: nn.AdaptiveMaxPool3d(1), volume),
    "avg-pool1d": (lambda: nn.AvgPool1d(2), signal),
    "avg-pool3d": (lambda: nn.AvgPool3d((2, 3, 1), padding=(1, 0, 0)), volume),
    "adaptive-avg-pool1d": (lambda: nn.AdaptiveAvgPool1d(3), signal),
    "adaptive-avg-pool2d": (lambda: nn.AdaptiveAvgPool2d((2, 4)), image),
    "adaptive-max-pool1d": (lambda: nn.AdaptiveMaxPool1d(3), signal),
    "adaptive-max-pool2d": (lambda: nn.AdaptiveMaxPool2d((2, 4)), image),
    "lp-pool1d": (lambda: nn.LPPool1d(2, 2), signal),
    "lp-pool2d": (lambda: nn.LPPool2d(2, (2, 3), stride=1), image),
    "lp-pool3d": (lambda: nn.LPPool3d(2, (2, 3, 1), stride=1), volume),
    "avg-pool2d-divisor": (lambda: nn.AvgPool2d((2, 3), padding=1, divisor_override=5), image),
    "avg-pool2d-divisor-ceil": (
        lambda: nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False, divisor_override=7),
        lambda: normal(1, 2, 6, 6),
    ),
    "avg-pool3d-divisor": (lambda: nn.AvgPool3d(2, stride=3, ceil_mode=True, divisor_override=3), volume),
    "adaptive-avg-pool2d-open": (lambda: nn.AdaptiveAvgPool2d((None, 4)), image),
    "adaptive-avg-pool3d": (lambda: nn.AdaptiveAvgPool3d((3, 4, 2)), volume),
    "adaptive-avg-pool3d-even": (lambda: nn.AdaptiveAvgPool3d((2, None, 1)), volume),
    "adaptive-max-pool3d": (lambda: nn.AdaptiveMaxPool3d((3, 1, 2)), volume),
    "adaptive-max-pool3d-even": (lambda: nn.AdaptiveMaxPool3d((2, 4, 1)), volume),
    "max-pool1d-indices-single": (lambda: Located(nn.MaxPool1d(2, return_indices=True)), lambda: normal(2, 6)),
    "max-pool3d-indices-single": (
        lambda: Located(nn.MaxPool3d(2, stride=1, return_indices=True)),
        lambda: normal(2, 3, 3, 2),
    ),
    "adaptive-max-pool2d-indices-single": (
        lambda: Located(nn.AdaptiveMaxPool2d(2, return_indices=True)),
        lambda: normal(2, 3, 5),
    ),
    "max-unpool1d-single": (
        lambda: Unpooled(nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2)),
        lambda: normal(2, 6),
    ),
    "max-unpool2d-single": (
        lambda: Unpooled(nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)),
        lambda: normal(2, 4, 2),
    ),
    "max-unpool3d-single": (
        lambda: Unpooled(nn.MaxPool3d(2, return_indices=True), nn.MaxUnpool3d(2)),
        lambda: normal(2, 2, 4, 2),
    ),
    "fractional-max-pool2d": (
        lambda: Fractional(nn.FractionalMaxPool2d, (2, 3), output_size=(3, 2)),
        lambda: (normal(2, 2, 5, 6), uniform(2, 2, 2)),
    ),
    "fractional-max-pool2d-single": (
        lambda: Fractional(nn.FractionalMaxPool2d, 2, output_ratio=(0.7, 0.5)),
        lambda: (normal(2, 6, 7), uniform(1, 2, 2)),
    ),
    "fractional-max-pool3d": (
        lambda: Fractional(nn.FractionalMaxPool3d, (1, 2, 2), output_ratio=0.6),
        lambda: (normal(1, 2, 4, 5, 6), uniform(1, 2, 3)),
    ),
}
