"""Convolutions of signals and volumes, transposed ones, and what they see outside of their input."""

from torch import nn

from golden_ops.cases import normal


class SizedTranspose(nn.ConvTranspose2d):
    def forward(self, x):
        return super().forward(x, output_size=(8, 6))


LAYERS = {
    "conv1d": (lambda: nn.Conv1d(3, 4, 3), lambda: normal(2, 3, 7)),
    "conv1d-options": (
        lambda: nn.Conv1d(4, 6, 3, stride=2, padding=3, dilation=2, groups=2, bias=False),
        lambda: normal(1, 4, 9),
    ),
    "conv1d-same": (lambda: nn.Conv1d(2, 3, 4, padding="same"), lambda: normal(2, 2, 6)),
    "conv1d-reflect": (lambda: nn.Conv1d(2, 3, 3, padding=2, padding_mode="reflect"), lambda: normal(2, 2, 6)),
    "conv2d-reflect": (
        lambda: nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect"),
        lambda: normal(1, 2, 4, 5),
    ),
    "conv2d-replicate": (
        lambda: nn.Conv2d(2, 3, 3, stride=2, padding=1, padding_mode="replicate"),
        lambda: normal(1, 2, 5, 4),
    ),
    "conv2d-circular": (
        lambda: nn.Conv2d(2, 2, (3, 2), padding="same", padding_mode="circular"),
        lambda: normal(1, 2, 4, 4),
    ),
    "conv3d": (lambda: nn.Conv3d(2, 3, 2), lambda: normal(1, 2, 3, 4, 3)),
    "conv3d-options": (
        lambda: nn.Conv3d(2, 4, (3, 2, 1), stride=(2, 1, 1), padding=(1, 0, 1), dilation=(1, 2, 1), groups=2),
        lambda: normal(1, 2, 4, 4, 2),
    ),
    "conv3d-replicate": (
        lambda: nn.Conv3d(1, 2, 3, padding="same", padding_mode="replicate"),
        lambda: normal(1, 1, 3, 3, 2),
    ),
    "conv-transpose1d": (lambda: nn.ConvTranspose1d(3, 2, 3), lambda: normal(2, 3, 4)),
    "conv-transpose1d-options": (
        lambda: nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False, dilation=2),
        lambda: normal(1, 4, 3),
    ),
    "conv-transpose2d": (lambda: nn.ConvTranspose2d(3, 2, 3), lambda: normal(1, 3, 3, 4)),
    "conv-transpose2d-stride": (lambda: nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), lambda: normal(2, 2, 3, 3)),
    "conv-transpose2d-pairs": (
        lambda: nn.ConvTranspose2d(2, 2, (3, 2), stride=(3, 2), padding=(1, 0), output_padding=(2, 1)),
        lambda: normal(1, 2, 3, 2),
    ),
    "conv-transpose2d-dilation": (
        lambda: nn.ConvTranspose2d(1, 2, 2, dilation=3, output_padding=2, padding=1),
        lambda: normal(1, 1, 3, 3),
    ),
    "conv-transpose2d-size": (lambda: SizedTranspose(2, 3, 3, stride=(3, 2), padding=1), lambda: normal(1, 2, 3, 3)),
    "conv1d-single": (lambda: nn.Conv1d(2, 3, 3), lambda: normal(2, 6)),
    "conv2d-single": (lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), lambda: normal(2, 4, 3)),
    "conv3d-single": (lambda: nn.Conv3d(1, 2, 2), lambda: normal(1, 2, 3, 2)),
    "conv-transpose2d-single": (lambda: nn.ConvTranspose2d(2, 2, 2, stride=2), lambda: normal(2, 2, 3)),
    "conv-transpose2d-depthwise": (
        lambda: nn.ConvTranspose2d(3, 3, 3, stride=2, groups=3, bias=False),
        lambda: normal(1, 3, 3, 3),
    ),
    "conv-transpose3d": (lambda: nn.ConvTranspose3d(2, 3, 2), lambda: normal(1, 2, 2, 3, 2)),
    "conv-transpose3d-options": (
        lambda: nn.ConvTranspose3d(
            2, 4, (2, 3, 2), stride=(2, 1, 3), padding=(1, 0, 1), output_padding=(1, 0, 2), groups=2, dilation=(1, 2, 1)
        ),
        lambda: normal(1, 2, 3, 2, 2),
    ),
}
