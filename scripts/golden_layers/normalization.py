"""Norms of groups, instances and volumes, by root mean square and by neighbouring channels."""

from torch import nn

from golden_ops.cases import normal

image = lambda: normal(2, 4, 3, 2)

LAYERS = {
    "batch-norm3d": (lambda: nn.BatchNorm3d(2), lambda: normal(2, 2, 2, 2, 3)),
    "group-norm": (lambda: nn.GroupNorm(2, 4), image),
    "group-norm-one": (lambda: nn.GroupNorm(1, 3, eps=1e-2), lambda: normal(3, 3)),
    "group-norm-plain": (lambda: nn.GroupNorm(4, 4, affine=False), image),
    "batch-norm3d-no-bias": (lambda: nn.BatchNorm3d(2, bias=False), lambda: normal(2, 2, 2, 2, 3)),
    "group-norm-no-bias": (lambda: nn.GroupNorm(2, 4, bias=False), image),
    "instance-norm2d-no-bias": (lambda: nn.InstanceNorm2d(4, affine=True, bias=False), image),
    "instance-norm1d": (lambda: nn.InstanceNorm1d(3), lambda: normal(2, 3, 5)),
    "instance-norm2d": (lambda: nn.InstanceNorm2d(4, affine=True, eps=1e-3), image),
    "instance-norm2d-running": (
        lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True, momentum=0.3),
        image,
    ),
    "instance-norm3d": (lambda: nn.InstanceNorm3d(2, track_running_stats=True), lambda: normal(2, 2, 2, 2, 3)),
    "instance-norm1d-single": (lambda: nn.InstanceNorm1d(3, affine=True), lambda: normal(3, 5)),
    "instance-norm2d-single": (lambda: nn.InstanceNorm2d(2, track_running_stats=True), lambda: normal(2, 3, 4)),
    "instance-norm3d-single": (lambda: nn.InstanceNorm3d(2), lambda: normal(2, 2, 2, 3)),
    "rms-norm": (lambda: nn.RMSNorm(5), lambda: normal(3, 4, 5)),
    "rms-norm-shape": (lambda: nn.RMSNorm([4, 5], eps=1e-2), lambda: normal(3, 4, 5)),
    "rms-norm-plain": (lambda: nn.RMSNorm(5, eps=1e-3, elementwise_affine=False), lambda: normal(3, 5)),
    "local-response-norm": (lambda: nn.LocalResponseNorm(3), lambda: normal(2, 5, 3)),
    "local-response-norm-options": (lambda: nn.LocalResponseNorm(2, alpha=0.5, beta=0.5, k=2), image),
}
