"""Borders, resizing, bags of embeddings and other layers that change shapes."""

import torch
from torch import nn

from golden_ops.cases import normal

image = lambda: normal(1, 2, 5, 6)
signal = lambda: normal(1, 2, 8)
block = lambda: normal(1, 1, 2, 3, 2)
picture = lambda: normal(1, 1, 4, 5)


class SwiGLU(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, -1)
        return nn.functional.silu(a) * b


LAYERS = {
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
