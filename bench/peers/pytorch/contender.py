"""PyTorch as a contender: every case in all the ways that PyTorch offers, of which the fastest counts."""

import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from blocks import block
from models import Setup, attention, decoder, has_channels, set_parameters
from protocol import Refusal, Way, serve
from updates import fused, lbfgs, update
from ways import arrays, pick, plain, tensor


# ---- matrix products -------------------------------------------------------------------------------------------------


def matmul(case):
    m, n, k, batch = case["m"], case["n"], case["k"], case["batch"]
    lead = (batch,) if batch > 1 else ()
    a = tensor(1, *lead, k, m).mT if case["aTransposed"] else tensor(1, *lead, m, k)
    b = tensor(2, *lead, n, k).mT if case["bTransposed"] else tensor(2, *lead, k, n)
    if case["dtype"] == "int8":
        if not hasattr(torch, "_int_mm"):
            raise Refusal("no product of bytes")
        x, y = (((each + 0.5) * 127).floor().to(torch.int8) for each in (a, b))
        return [plain(lambda: torch._int_mm(x, y))]
    if case["dtype"] == "bfloat16":
        a, b = a.bfloat16(), b.bfloat16()
    return [plain(lambda: torch.matmul(a, b))]


# ---- convolutions ----------------------------------------------------------------------------------------------------


def layouts(make):
    """The ways of both layouts of images."""
    formats = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}
    return [make(name, lambda x, form=form: x.contiguous(memory_format=form)) for name, form in formats.items()]


def convolution(case, stored):
    groups = case["groups"]
    x = stored(tensor(1, case["batch"], case["channels"], case["size"], case["size"]))
    w = stored(tensor(2, case["filters"], case["channels"] // groups, case["kernel"], case["kernel"]))
    geometry = (case["stride"], case["padding"], case["dilation"], groups)
    return x, w, lambda x, w: F.conv2d(x, w, None, *geometry)


def conv2d(case):
    def make(name, stored):
        x, w, forward = convolution(case, stored)
        return plain(lambda: forward(x, w), name)

    return layouts(make)


def conv2d_backward(case):
    def make(name, stored):
        x, w, forward = convolution(case, stored)
        x.requires_grad_()
        w.requires_grad_()
        y = forward(x, w)
        dy = stored(tensor(3, *y.shape))

        def run():
            return torch.autograd.grad(y, (x, w), dy, retain_graph=True)

        return Way(run, lambda: arrays(run()), name)

    return layouts(make)


# ---- sequences -------------------------------------------------------------------------------------------------------


def recurrent(case):
    create = pick({"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}, case["what"])
    both_ways = bool(case["bidirectional"])
    layer = create(case["inputs"], case["hidden"], batch_first=True, bidirectional=both_ways)
    with torch.no_grad():
        for i, (_, parameter) in enumerate(sorted(layer.named_parameters())):
            parameter.copy_(0.2 * tensor(100 + i, *parameter.shape))
    x = tensor(1, case["batch"], case["steps"], case["inputs"])
    if not case["backward"]:
        return [plain(lambda: layer(x)[0])]
    x.requires_grad_()

    def run():
        return torch.autograd.grad(layer(x)[0].sum(), (x, *(p for _, p in sorted(layer.named_parameters()))))

    return [Way(run, lambda: arrays(run()))]


def cell(case):
    create = pick({"lstm": nn.LSTMCell, "gru": nn.GRUCell, "rnn": nn.RNNCell}, case["what"])
    size = case["size"]
    layer = create(size, size)
    with torch.no_grad():
        for i, (_, parameter) in enumerate(sorted(layer.named_parameters())):
            parameter.copy_(0.2 * tensor(100 + i, *parameter.shape))
    x, h, c = (tensor(seed, case["batch"], size) for seed in (1, 2, 3))
    state = (h, c) if case["what"] == "lstm" else h
    return [plain(lambda: layer(x, state))]


def attention_ways(case):
    batch, width = case["batch"], case["width"]
    q = tensor(1, batch, case["heads"], case["queries"], width)
    k, v = (tensor(seed, batch, case["keyHeads"], case["steps"], width) for seed in (2, 3))
    if case["keyHeads"] != case["heads"]:
        return [plain(lambda: F.scaled_dot_product_attention(q, k, v, enable_gqa=True))]
    causal = bool(case["causal"])
    setting = "scaled_dot_product_attention" if hasattr(F, "scaled_dot_product_attention") else "composed"
    if not case["backward"]:
        return [plain(lambda: attention(q, k, v, causal), setting)]
    for each in (q, k, v):
        each.requires_grad_()

    def run():
        return torch.autograd.grad(attention(q, k, v, causal).sum(), (q, k, v))

    return [Way(run, lambda: arrays(run()), setting)]


# ---- rows, elements, reductions --------------------------------------------------------------------------------------


def rows(case):
    what = case["what"]
    if what == "batchNorm":
        channels = case["channels"]
        weight, bias = tensor(2, channels), tensor(3, channels)

        def make(name, stored):
            x = stored(tensor(1, case["batch"], channels, case["size"], case["size"]))
            return plain(lambda: F.batch_norm(x, None, None, weight, bias, training=True), name)

        return layouts(make)
    columns = case["columns"]
    x = tensor(1, case["rows"], columns)
    weight, bias = tensor(2, columns), tensor(3, columns)
    calls = {
        "softmax": lambda: torch.softmax(x, -1),
        "logSoftmax": lambda: torch.log_softmax(x, -1),
        "layerNorm": lambda: F.layer_norm(x, (columns,), weight, bias),
    }
    return [plain(pick(calls, what))]


def pointwise(case):
    x, y = tensor(1, case["size"]), tensor(2, case["size"]) + 0.6
    calls = {
        "add": lambda: torch.add(x, y),
        "exp": lambda: torch.exp(x),
        "tanh": lambda: torch.tanh(x),
        "gelu": lambda: F.gelu(x),
        "relu": lambda: torch.relu(x),
        "sigmoid": lambda: torch.sigmoid(x),
        "log": lambda: torch.log(y),
    }
    return [plain(pick(calls, case["what"]))]


def reduce(case):
    x = tensor(1, case["rows"], case["columns"]) + 0.5
    calls = {
        "sum": lambda: x.sum(),
        "sumRows": lambda: x.sum(1),
        "sumColumns": lambda: x.sum(0),
        "max": lambda: x.max(),
    }
    return [plain(pick(calls, case["what"]))]


# ---- calls, models ---------------------------------------------------------------------------------------------------


def eager(case):
    a, b = tensor(1, case["size"]), tensor(2, case["size"])
    leaf = a.clone().requires_grad_()

    def add():
        return torch.add(a, b)

    def recorded():
        for _ in range(1000):
            torch.add(leaf, b)

    def backward():
        leaf.grad = None
        torch.add(leaf, b).sum().backward()

    run = pick({"add": add, "recorded": recorded, "backward": backward}, case["what"])
    return [Way(run, lambda: arrays(add()))]


def train(case):
    name, batch = case["model"], case["batch"]

    def make(setting, **choice):
        setup = Setup(name, batch, True, **choice)

        def outputs():
            fresh = Setup(name, batch, True, **choice)
            return [np.array([fresh.train().item() for _ in range(3)])]

        return Way(setup.train, outputs, setting)

    images = has_channels(name)
    ways = [make("default"), *fused(lambda: make("fused optimizer", fused=True))]
    if images:
        ways.append(make("channels-last", channels_last=True))
        ways += fused(lambda: make("channels-last, fused optimizer", channels_last=True, fused=True))
    return ways


def infer(case):
    name, batch = case["model"], case["batch"]

    def make(setting, **choice):
        setup = Setup(name, batch, False, **choice)
        return plain(setup.logits, setting)

    def frozen(setting, **choice):
        setup = Setup(name, batch, False, **choice)
        with torch.no_grad():
            setup.model = torch.jit.freeze(torch.jit.trace(setup.model, setup.x))
        return plain(setup.logits, setting)

    ways = [make("default"), frozen("traced and frozen")]
    if has_channels(name):
        ways += [make("channels-last", channels_last=True), frozen("channels-last, frozen", channels_last=True)]
    return ways


def encoder(case):
    batch, steps, width = case["batch"], case["steps"], case["width"]
    layer = nn.TransformerEncoderLayer(width, case["heads"], case["feedForward"], dropout=0, batch_first=True)
    set_parameters(layer)
    parameters = [parameter for _, parameter in sorted(layer.named_parameters())]
    x, weights = tensor(1, batch, steps, width).requires_grad_(), tensor(2, batch, steps, width)

    def run():
        return torch.autograd.grad((layer(x) * weights).sum(), (x, *parameters))

    return [Way(run, lambda: arrays(run()))]


def decode(_):
    return [plain(decoder())]


WORKLOADS = {
    "matmul": matmul,
    "conv2d": conv2d,
    "conv2dBackward": conv2d_backward,
    "recurrent": recurrent,
    "cell": cell,
    "attention": attention_ways,
    "block": block,
    "rows": rows,
    "pointwise": pointwise,
    "reduce": reduce,
    "update": update,
    "lbfgs": lbfgs,
    "eager": eager,
    "train": train,
    "infer": infer,
    "latency": infer,
    "encoder": encoder,
    "decode": decode,
}


def configuration():
    parts = [f"capability {torch.backends.cpu.get_cpu_capability()}"] if hasattr(torch.backends, "cpu") else []
    parts.append("MKL" if torch.backends.mkl.is_available() else "no MKL")
    if "OPENBLAS_CORETYPE" in os.environ:
        parts.append(f"OPENBLAS_CORETYPE={os.environ['OPENBLAS_CORETYPE']}")
    if "MALLOC_MMAP_THRESHOLD_" in os.environ:
        parts.append("a heap that keeps big blocks (MALLOC_*)")
    parts.append("the fastest of its layouts, optimizers and traced forms in each case")
    return ", ".join(parts)


if __name__ == "__main__":
    torch.manual_seed(0)
    try:
        torch.set_num_interop_threads(1)
    except RuntimeError:
        pass
    serve(
        {"name": "PyTorch", "version": torch.__version__, "configuration": configuration()},
        WORKLOADS,
        torch.set_num_threads,
    )
