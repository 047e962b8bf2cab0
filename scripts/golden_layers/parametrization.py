"""Weights that are made of other parameters."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from golden_ops.cases import normal

image = lambda: normal(1, 2, 4, 5)
indices = lambda: torch.tensor([[1, 3, 1], [0, 4, 3]])

LAYERS = {
    "weight-norm-linear": (lambda: weight_norm(nn.Linear(5, 3)), lambda: normal(4, 5)),
    "weight-norm-whole": (lambda: weight_norm(nn.Linear(5, 3), dim=None), lambda: normal(4, 5)),
    "weight-norm-axis": (lambda: weight_norm(nn.Linear(5, 3, bias=False), dim=1), lambda: normal(4, 5)),
    "weight-norm-bias": (lambda: weight_norm(nn.Linear(5, 3), "bias"), lambda: normal(4, 5)),
    "weight-norm-conv1d": (lambda: weight_norm(nn.Conv1d(2, 3, 3)), lambda: normal(2, 2, 6)),
    "weight-norm-conv2d": (lambda: weight_norm(nn.Conv2d(2, 3, 3, padding=1)), image),
    "weight-norm-conv-transpose2d": (lambda: weight_norm(nn.ConvTranspose2d(2, 3, 3, stride=2), dim=1), image),
    "weight-norm-embedding": (lambda: weight_norm(nn.Embedding(5, 3)), indices),
    "spectral-norm-linear": (lambda: spectral_norm(nn.Linear(5, 3)), lambda: normal(4, 5)),
    "spectral-norm-steps": (
        lambda: spectral_norm(nn.Linear(5, 3, bias=False), n_power_iterations=3, dim=1),
        lambda: normal(4, 5),
    ),
    "spectral-norm-bias": (lambda: spectral_norm(nn.Linear(5, 3), "bias"), lambda: normal(4, 5)),
    "spectral-norm-conv2d": (lambda: spectral_norm(nn.Conv2d(2, 3, 3, padding=1)), image),
    "spectral-norm-conv-transpose2d": (lambda: spectral_norm(nn.ConvTranspose2d(2, 3, 3, stride=2)), image),
    "spectral-norm-embedding": (lambda: spectral_norm(nn.Embedding(5, 3)), indices),
    "stacked-norms": (lambda: spectral_norm(weight_norm(nn.Linear(5, 3))), lambda: normal(4, 5)),
    "stacked-axes": (
        lambda: spectral_norm(spectral_norm(nn.Conv2d(2, 3, 3, bias=False)), n_power_iterations=2, dim=1),
        lambda: normal(1, 2, 4, 4),
    ),
    "both-norms": (
        lambda: nn.Sequential(weight_norm(nn.Linear(5, 4)), nn.Tanh(), spectral_norm(nn.Linear(4, 2))),
        lambda: normal(3, 5),
    ),
}
