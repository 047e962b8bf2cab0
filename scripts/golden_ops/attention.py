"""Attention, which layers are made of."""

import torch
import torch.nn.functional as F

from golden_ops.cases import Case, flags, normal

attend = F.scaled_dot_product_attention


def heads(key_heads=4, keys=5, value_width=3):
    return normal(2, 4, 3, 3), normal(2, key_heads, keys, 3), normal(2, key_heads, keys, value_width)


def with_options(**options):
    return lambda q, k, v: attend(q, k, v, **options)


def blind():
    """The last query sees nothing."""
    return flags(2, 1, 3, 5) & torch.tensor([True, True, False]).reshape(3, 1)


CASES = {
    "attention": Case(attend, heads),
    "attention-causal": Case(with_options(is_causal=True), lambda: heads(keys=3)),
    "attention-scale": Case(with_options(scale=0.25), lambda: heads(value_width=2)),
    "attention-groups": Case(with_options(enable_gqa=True), lambda: heads(key_heads=2)),
    "attention-flags": Case(attend, lambda: (*heads(), blind())),
    "attention-added": Case(attend, lambda: (*heads(), normal(4, 1, 5))),
}
