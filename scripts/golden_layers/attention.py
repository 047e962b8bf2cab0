"""Attention of several heads."""

import torch
from torch import nn

from golden_ops.cases import normal


class Attention(nn.MultiheadAttention):
    """Output and weights as one vector."""

    def __init__(self, *args, masks=None, **options):
        super().__init__(*args, **options)
        self.masks = masks or {}

    def forward(self, query, key=None, value=None):
        key = query if key is None else key
        out, weights = super().forward(query, key, key if value is None else value, **self.masks)
        return out if weights is None else torch.cat([out.flatten(), weights.flatten()])


PADDING = torch.tensor([[False, False, True, False], [False, True, True, False]])
FUTURE = torch.ones(4, 4).triu(1).bool()
ADDED = torch.tensor([[0.5, -1.0, 0.25, 0.0]]).double()


def self_attention(masks=None, **options):
    return lambda: Attention(6, 2, masks=masks, **options), lambda: normal(4, 2, 6)


LAYERS = {
    "attention": self_attention(),
    "attention-causal": self_attention({"attn_mask": FUTURE, "need_weights": False}),
    "attention-padding": self_attention({"key_padding_mask": PADDING, "average_attn_weights": False}),
    "attention-masks": self_attention(
        {"key_padding_mask": PADDING, "attn_mask": ADDED.expand(4, 4), "need_weights": False}
    ),
    "attention-heads": self_attention({"attn_mask": FUTURE.expand(4, 4, 4)}),
    "attention-no-bias": self_attention(bias=False),
    "attention-extra": self_attention(
        {"key_padding_mask": PADDING, "attn_mask": FUTURE}, add_bias_kv=True, add_zero_attn=True
    ),
    "attention-cross": (
        lambda: Attention(6, 3, batch_first=True, masks={"need_weights": False}),
        lambda: (normal(2, 3, 6), normal(2, 5, 6)),
    ),
    "attention-widths": (
        lambda: Attention(6, 2, kdim=3, vdim=5),
        lambda: (normal(3, 2, 6), normal(4, 2, 3), normal(4, 2, 5)),
    ),
    "attention-single": (lambda: Attention(4, 2), lambda: normal(3, 4)),
}
