"""Transformers and their layers. Nothing is dropped: what PyTorch drops is its own."""

import torch
from torch import nn

from golden_layers.attention import FUTURE, PADDING
from golden_ops.cases import normal


class Layer(nn.Module):
    """A module called with masks."""

    def __new__(cls, module, **masks):
        module.forward = (lambda plain: lambda *inputs: plain(*inputs, **masks))(module.forward)
        return module


SMALL = {"dim_feedforward": 5, "dropout": 0.0}


def encoder_layer(masks=None, **options):
    return (
        lambda: Layer(nn.TransformerEncoderLayer(4, 2, **SMALL, **options), **(masks or {})),
        lambda: normal(2, 4, 4) if options.get("batch_first") else normal(4, 2, 4),
    )


def encoder(norm=None):
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, **SMALL), 2, norm, enable_nested_tensor=False)


LAYERS = {
    "encoder-layer": encoder_layer(),
    "encoder-layer-first": encoder_layer(norm_first=True, activation="gelu", batch_first=True),
    "encoder-layer-masks": encoder_layer({"src_mask": FUTURE, "src_key_padding_mask": PADDING}, bias=False),
    "encoder": (lambda: encoder(nn.LayerNorm(4)), lambda: normal(3, 2, 4)),
    "decoder-layer": (
        lambda: Layer(nn.TransformerDecoderLayer(4, 2, **SMALL), tgt_mask=FUTURE[:3, :3], memory_key_padding_mask=PADDING),
        lambda: (normal(3, 2, 4), normal(4, 2, 4)),
    ),
    "decoder": (
        lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, norm_first=True, **SMALL), 2),
        lambda: (normal(3, 2, 4), normal(4, 2, 4)),
    ),
    "transformer": (
        lambda: Layer(
            nn.Transformer(4, 2, 1, 1, batch_first=True, **SMALL),
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64),
        ),
        lambda: (normal(2, 4, 4), normal(2, 3, 4)),
    ),
}
