"""Building blocks, forward, and forward and backward."""

import torch
import torch.nn.functional as F

from protocol import Way
from ways import arrays, classes, pick, plain, tensor

CONTIGUOUS = ("contiguous", lambda x: x.contiguous())
CHANNELS_LAST = ("channels-last", lambda x: x.contiguous(memory_format=torch.channels_last))
# A signal of [B, C, L], stored with its channels last.
STEPS_FIRST = ("channels-last", lambda x: x.mT.contiguous().mT)
IMAGES, SIGNALS, PLAIN = (CONTIGUOUS, CHANNELS_LAST), (CONTIGUOUS, STEPS_FIRST), (("", lambda x: x),)


def conv1d(case):
    inputs = (
        tensor(1, case["batch"], case["channels"], case["size"]),
        tensor(2, case["filters"], case["channels"] // case["groups"], case["kernel"]),
    )
    geometry = (case["stride"], case["padding"], case["dilation"], case["groups"])
    return inputs, lambda x, w: F.conv1d(x, w, None, *geometry), SIGNALS


def conv_transpose2d(case):
    inputs = (
        tensor(1, case["batch"], case["channels"], case["size"], case["size"]),
        tensor(2, case["channels"], case["filters"], case["kernel"], case["kernel"]),
    )
    return inputs, lambda x, w: F.conv_transpose2d(x, w, None, case["stride"], case["padding"]), IMAGES


def group_norm(case):
    channels = case["channels"]
    inputs = (tensor(1, case["batch"], channels, case["size"], case["size"]), tensor(2, channels), tensor(3, channels))
    return inputs, lambda x, w, b: F.group_norm(x, case["groups"], w, b), IMAGES


def embedding(case):
    x = classes(case["rows"], 2, case["batch"], case["steps"])
    return (tensor(1, case["rows"], case["width"]),), lambda w: F.embedding(x, w), PLAIN


def embedding_bag(case):
    x = classes(case["rows"], 2, case["batch"], case["steps"])
    return (tensor(1, case["rows"], case["width"]),), lambda w: F.embedding_bag(x, w, mode=case["mode"]), PLAIN


def ctc(case):
    batch, steps, label = case["batch"], case["steps"], case["label"]
    targets = classes(case["classes"] - 1, 2, batch, label) + 1
    lengths, labels = (torch.full((batch,), length) for length in (steps, label))

    def forward(logits):
        return F.ctc_loss(F.log_softmax(logits, -1), targets, lengths, labels)

    return (tensor(1, steps, batch, case["classes"]),), forward, PLAIN


def interpolate(case):
    x = tensor(1, case["batch"], case["channels"], case["size"], case["size"])
    return (x,), lambda x: F.interpolate(x, case["to"], mode=case["mode"]), IMAGES


BLOCKS = {
    "conv1d": conv1d,
    "convTranspose2d": conv_transpose2d,
    "groupNorm": group_norm,
    "embedding": embedding,
    "embeddingBag": embedding_bag,
    "ctc": ctc,
    "interpolate": interpolate,
}


def block(case):
    """The case in every layout of what has an axis of channels."""
    given, forward, stores = pick(BLOCKS, case["what"])(case)

    def make(setting, stored):
        ranked = [stored(x) if x.dim() == given[0].dim() and len(stores) > 1 else x for x in given]
        if not case["backward"]:
            return plain(lambda: forward(*ranked), setting)
        leaves = [x.clone(memory_format=torch.preserve_format).requires_grad_() for x in ranked]
        shape = forward(*leaves).shape
        dy = tensor(4, *shape)
        dy = stored(dy) if dy.dim() > 2 and len(stores) > 1 else dy

        def run():
            return torch.autograd.grad(forward(*leaves), leaves, dy)

        return Way(run, lambda: arrays(run()), setting)

    return [make(setting, stored) for setting, stored in stores]
