"""Functions that stand behind layers of convolutions, pools and norms."""

import torch.nn.functional as F

from golden_ops.cases import Case, normal

CASES = {
    "conv1d": Case(
        lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1, dilation=2, groups=2),
        lambda: (normal(2, 4, 9), normal(6, 2, 3), normal(6)),
    ),
    "conv3d": Case(
        lambda x, w, b: F.conv3d(x, w, b, stride=(2, 1, 1), padding=1),
        lambda: (normal(1, 2, 4, 3, 3), normal(3, 2, 2, 3, 2), normal(3)),
    ),
    "conv-transpose1d": Case(
        lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2, padding=1, output_padding=1),
        lambda: (normal(2, 3, 4), normal(3, 2, 3), normal(2)),
    ),
    "conv-transpose2d": Case(
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, groups=2),
        lambda: (normal(1, 4, 3, 4), normal(4, 3, 4, 3), normal(6)),
    ),
}
