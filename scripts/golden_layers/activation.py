"""Activations, and softmax along several axes and over clusters of classes."""

import torch
from torch import nn

from golden_ops.cases import normal


class Hardsigmoid(nn.Module):
    """PyTorch's own has 1 / 6 in float32 in its gradient."""

    def forward(self, x):
        return nn.functional.relu6(x + 3) / 6


class AdaptiveSoftmax(nn.AdaptiveLogSoftmaxWithLoss):
    """Log probabilities of targets, the loss, and log probabilities of all classes, as one vector."""

    def forward(self, x, target):
        output, loss = super().forward(x, target)
        every = self.log_prob(x if x.dim() > 1 else x[None])
        return torch.cat([output.flatten(), loss[None], every.flatten()])


LAYERS = {
    "relu": (lambda: nn.ReLU(), lambda: normal(4, 5)),
    "leaky-relu": (lambda: nn.LeakyReLU(), lambda: normal(4, 5)),
    "leaky-relu-steep": (lambda: nn.LeakyReLU(0.3), lambda: normal(4, 5)),
    "elu": (lambda: nn.ELU(), lambda: normal(4, 5)),
    "elu-alpha": (lambda: nn.ELU(alpha=0.5), lambda: normal(4, 5)),
    "gelu": (lambda: nn.GELU(), lambda: normal(4, 5)),
    "gelu-tanh": (lambda: nn.GELU(approximate="tanh"), lambda: normal(4, 5)),
    "silu": (lambda: nn.SiLU(), lambda: normal(4, 5)),
    "sigmoid": (lambda: nn.Sigmoid(), lambda: normal(4, 5)),
    "tanh": (lambda: nn.Tanh(), lambda: normal(4, 5)),
    "softplus": (lambda: nn.Softplus(), lambda: normal(4, 5)),
    "softplus-threshold": (lambda: nn.Softplus(beta=2, threshold=0.5), lambda: normal(4, 5)),
    "softplus-large": (lambda: nn.Softplus(), lambda: normal(4, 5) * 20),
    "softplus-beta": (lambda: nn.Softplus(beta=2), lambda: normal(4, 5)),
    "relu6": (lambda: nn.ReLU6(), lambda: normal(3, 4) * 8),
    "hardtanh": (lambda: nn.Hardtanh(), lambda: normal(3, 4)),
    "hardtanh-options": (lambda: nn.Hardtanh(-0.5, 2), lambda: normal(3, 4)),
    "hardsigmoid": (Hardsigmoid, lambda: normal(3, 4)),
    "hardswish": (lambda: nn.Hardswish(), lambda: normal(3, 4) * 4),
    "softshrink": (lambda: nn.Softshrink(), lambda: normal(3, 4)),
    "hardshrink": (lambda: nn.Hardshrink(lambd=0.75), lambda: normal(3, 4)),
    "threshold": (lambda: nn.Threshold(0.25, 20), lambda: normal(3, 4)),
    "prelu": (lambda: nn.PReLU(), lambda: normal(3, 4)),
    "prelu-channels": (lambda: nn.PReLU(3), lambda: normal(2, 3, 2)),
    "rrelu": (lambda: nn.RReLU(0.25, 0.25), lambda: normal(3, 4)),
    "selu": (lambda: nn.SELU(), lambda: normal(3, 4)),
    "celu": (lambda: nn.CELU(alpha=0.5), lambda: normal(3, 4)),
    "mish": (lambda: nn.Mish(), lambda: normal(3, 4)),
    "log-sigmoid": (lambda: nn.LogSigmoid(), lambda: normal(3, 4)),
    "softsign": (lambda: nn.Softsign(), lambda: normal(3, 4)),
    "tanhshrink": (lambda: nn.Tanhshrink(), lambda: normal(3, 4)),
    "glu": (lambda: nn.GLU(), lambda: normal(3, 4)),
    "softmin": (lambda: nn.Softmin(dim=-1), lambda: normal(3, 4)),
    "softmax": (lambda: nn.Softmax(dim=-1), lambda: normal(4, 5)),
    "softmax-first": (lambda: nn.Softmax(dim=0), lambda: normal(4, 5)),
    "log-softmax": (lambda: nn.LogSoftmax(dim=1), lambda: normal(3, 4, 2)),
    "softmax2d": (lambda: nn.Softmax2d(), lambda: normal(2, 3, 2, 2)),
    "softmax2d-single": (lambda: nn.Softmax2d(), lambda: normal(3, 2, 2)),
    "adaptive-log-softmax": (
        lambda: AdaptiveSoftmax(8, 12, [3, 7], div_value=2.0),
        lambda: (normal(5, 8), torch.tensor([0, 5, 11, 2, 7])),
    ),
    "adaptive-log-softmax-single": (
        lambda: AdaptiveSoftmax(6, 9, [4], div_value=1.5, head_bias=True),
        lambda: (normal(6), torch.tensor(8)),
    ),
}
