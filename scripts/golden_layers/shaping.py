"""Pools, borders, resizing, bags of embeddings and other layers that change shapes."""

import torch
from torch import nn

from golden_ops.cases import normal

image = lambda: normal(1, 2, 5, 6)
signal = lambda: normal(1, 2, 8)
volume = lambda: normal(1, 2, 4, 4, 3)
block = lambda: normal(1, 1, 2, 3, 2)
picture = lambda: normal(1, 1, 4, 5)


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


class SwiGLU(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, -1)
        return nn.functional.silu(a) * b


LAYERS = {
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
    "unfold": (lambda: nn.Unfold((2, 3), dilation=(1, 2), padding=(1, 0), stride=(2, 1)), image),
    "unfold-single": (lambda: nn.Unfold(2), lambda: normal(2, 3, 4)),
    "fold": (lambda: nn.Fold((4, 5), (2, 3), dilation=(1, 2), padding=1, stride=(2, 1)), lambda: normal(1, 12, 9)),
    "channel-shuffle": (lambda: nn.ChannelShuffle(3), lambda: normal(1, 6, 2, 2)),
    "cosine-similarity": (nn.CosineSimilarity, lambda: (normal(3, 4, 2), normal(3, 4, 2))),
    "cosine-similarity-last": (lambda: nn.CosineSimilarity(dim=-1, eps=0.01), lambda: (normal(3, 4), normal(4))),
    "pairwise-distance": (nn.PairwiseDistance, lambda: (normal(3, 4), normal(3, 4))),
    "pairwise-distance-options": (
        lambda: nn.PairwiseDistance(p=3, eps=0.01, keepdim=True),
        lambda: (normal(2, 3, 4), normal(3, 4)),
    ),
    "upsample": (lambda: nn.Upsample(scale_factor=2), image),
    "upsample-bilinear": (lambda: nn.Upsample(size=(7, 9), mode="bilinear", align_corners=True), image),
    "upsample-recomputed": (
        lambda: nn.Upsample(scale_factor=1.7, mode="bilinear", recompute_scale_factor=True),
        lambda: normal(1, 1, 3, 4),
    ),
    "upsample-linear": (lambda: nn.Upsample(scale_factor=1.5, mode="linear"), signal),
    "pixel-shuffle": (lambda: nn.PixelShuffle(2), lambda: normal(1, 8, 2, 3)),
    "pixel-unshuffle": (lambda: nn.PixelUnshuffle(2), lambda: normal(1, 2, 4, 6)),
    "constant-pad1d": (lambda: nn.ConstantPad1d((1, 2), 3.5), signal),
    "constant-pad2d": (lambda: nn.ConstantPad2d((1, -1, 0, 2), 3.5), picture),
    "constant-pad3d": (lambda: nn.ConstantPad3d(1, -2), block),
    "zero-pad1d": (lambda: nn.ZeroPad1d((2, 0)), signal),
    "zero-pad2d": (lambda: nn.ZeroPad2d((1, 2, 3, 0)), picture),
    "zero-pad3d": (lambda: nn.ZeroPad3d((1, 0, 2, 0, 0, 1)), block),
    "reflection-pad1d": (lambda: nn.ReflectionPad1d(2), signal),
    "reflection-pad2d": (lambda: nn.ReflectionPad2d((1, 2, 0, 3)), picture),
    "reflection-pad3d": (lambda: nn.ReflectionPad3d(1), block),
    "replication-pad1d": (lambda: nn.ReplicationPad1d(2), signal),
    "replication-pad2d": (lambda: nn.ReplicationPad2d((1, 2, 0, 3)), picture),
    "replication-pad3d": (lambda: nn.ReplicationPad3d(1), block),
    "circular-pad1d": (lambda: nn.CircularPad1d(2), signal),
    "circular-pad2d": (lambda: nn.CircularPad2d((1, 2, 0, 3)), picture),
    "circular-pad3d": (lambda: nn.CircularPad3d(1), block),
    "unflatten": (lambda: nn.Unflatten(1, (3, 2)), lambda: normal(4, 6)),
    "bilinear": (lambda: nn.Bilinear(3, 4, 2), lambda: (normal(5, 3), normal(5, 4))),
    "bilinear-no-bias": (lambda: nn.Bilinear(3, 2, 2, bias=False), lambda: (normal(2, 3, 3), normal(2, 3, 2))),
    "swiglu": (SwiGLU, lambda: normal(3, 4)),
    "embedding-max-norm": (
        lambda: nn.Embedding(5, 3, max_norm=1.5),
        lambda: torch.tensor([[1, 3, 1], [0, 4, 3]]),
    ),
    "embedding-frequency": (
        lambda: nn.Embedding(5, 3, padding_idx=4, scale_grad_by_freq=True),
        lambda: torch.tensor([[1, 3, 1], [1, 4, 3]]),
    ),
    "embedding-bag": (lambda: nn.EmbeddingBag(6, 3), lambda: torch.tensor([[1, 3, 1], [0, 4, 3]])),
    "embedding-bag-sum": (
        lambda: nn.EmbeddingBag(6, 3, mode="sum", padding_idx=1),
        lambda: (torch.tensor([1, 3, 5, 0, 4, 3]), torch.tensor([0, 2, 2])),
    ),
    "embedding-bag-weights": (
        lambda: nn.EmbeddingBag(6, 3, mode="sum", include_last_offset=True),
        lambda: (torch.tensor([1, 3, 5, 0]), torch.tensor([0, 1, 4]), normal(4)),
    ),
    "embedding-bag-max": (lambda: nn.EmbeddingBag(6, 3, mode="max"), lambda: torch.tensor([[1, 3, 2], [0, 4, 3]])),
}
