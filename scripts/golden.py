"""Writes what PyTorch computes to test/golden, where the tests compare Myelin with it.

    python scripts/golden.py                 (needs: pip install torch numpy scipy safetensors)
    python scripts/golden.py ops products    only the ops of scripts/golden_ops/products.py
    python scripts/golden.py layers pooling  only the layers of scripts/golden_layers/pooling.py

Inputs are drawn in float32 and computed in float64, so one file checks both precisions. A name is `<case>/<what>`; the
tests build each case under the same name.
"""

import sys
from importlib import import_module
from pathlib import Path

import torch
from golden_ops.cases import compute
from golden_optim import (
    AVERAGES,
    OPTIMIZERS,
    SCALED,
    SCHEDULES,
    average_case,
    least_squares,
    optimizer_case,
    scaled_case,
    schedule_case,
)
from safetensors.torch import save
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

GOLDEN = Path(__file__).resolve().parent.parent / "test" / "golden"


def rational(values):
    """Exact in float32, so that every precision starts from the same numbers."""
    return values.to(torch.float32).to(torch.float64)


def normal(*shape):
    return rational(torch.randn(shape, dtype=torch.float64))


def labels(*shape, classes):
    return torch.randint(classes, shape)


# Layers: how to build one, and its input.
LAYERS = {
    "linear": (lambda: nn.Linear(5, 3), lambda: normal(4, 5)),
    "linear-no-bias": (lambda: nn.Linear(5, 3, bias=False), lambda: normal(4, 5)),
    "linear-batch": (lambda: nn.Linear(3, 4), lambda: normal(2, 3, 3)),
    "linear-vector": (lambda: nn.Linear(3, 4), lambda: normal(3)),
    "conv2d": (lambda: nn.Conv2d(3, 4, 3), lambda: normal(2, 3, 5, 6)),
    "conv2d-stride": (lambda: nn.Conv2d(2, 3, 3, stride=2, padding=1), lambda: normal(2, 2, 7, 6)),
    "conv2d-pairs": (
        lambda: nn.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=(2, 1), dilation=(2, 1)),
        lambda: normal(1, 2, 6, 5),
    ),
    "conv2d-groups": (lambda: nn.Conv2d(4, 6, 3, padding=1, groups=2), lambda: normal(1, 4, 5, 5)),
    "conv2d-depthwise": (lambda: nn.Conv2d(3, 3, 3, padding=1, groups=3), lambda: normal(1, 3, 5, 5)),
    "conv2d-same": (lambda: nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), lambda: normal(1, 2, 6, 6)),
    "conv2d-valid": (lambda: nn.Conv2d(2, 3, 2, padding="valid"), lambda: normal(1, 2, 4, 5)),
    "conv2d-no-bias": (lambda: nn.Conv2d(2, 3, 1, bias=False), lambda: normal(2, 2, 3, 4)),
    "conv2d-wide": (lambda: nn.Conv2d(9, 17, 3, padding=1), lambda: normal(1, 9, 4, 4)),
    "batch-norm1d": (lambda: nn.BatchNorm1d(4), lambda: normal(6, 4)),
    "batch-norm1d-time": (lambda: nn.BatchNorm1d(3, eps=1e-3), lambda: normal(4, 3, 5)),
    "batch-norm2d": (lambda: nn.BatchNorm2d(3, momentum=0.3), lambda: normal(2, 3, 4, 3)),
    "batch-norm2d-cumulative": (lambda: nn.BatchNorm2d(3, momentum=None), lambda: normal(2, 3, 4, 3)),
    "batch-norm2d-plain": (lambda: nn.BatchNorm2d(3, affine=False), lambda: normal(2, 3, 4, 3)),
    "batch-norm2d-no-stats": (lambda: nn.BatchNorm2d(3, track_running_stats=False), lambda: normal(2, 3, 4, 3)),
    "layer-norm": (lambda: nn.LayerNorm(5), lambda: normal(3, 4, 5)),
    "layer-norm-shape": (lambda: nn.LayerNorm([4, 5], eps=1e-3), lambda: normal(3, 4, 5)),
    "layer-norm-no-bias": (lambda: nn.LayerNorm(5, bias=False), lambda: normal(3, 5)),
    "layer-norm-plain": (lambda: nn.LayerNorm(5, elementwise_affine=False), lambda: normal(3, 5)),
    "embedding": (lambda: nn.Embedding(6, 3), lambda: labels(2, 4, classes=6)),
    "embedding-padding": (lambda: nn.Embedding(5, 3, padding_idx=1), lambda: torch.tensor([[1, 3, 1], [0, 4, 3]])),
    "flatten": (lambda: nn.Flatten(), lambda: normal(2, 3, 2, 2)),
    "flatten-middle": (lambda: nn.Flatten(1, 2), lambda: normal(2, 3, 2, 2)),
    "identity": (lambda: nn.Identity(), lambda: normal(4, 5)),
    "sequential": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 3)
        ),
        lambda: normal(3, 1, 6, 6),
    ),
}


def randomize(module):
    """Fresh values for all parameters and statistics: defaults such as ones and zeros would hide mistakes."""
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            value.copy_(normal(*value.shape).abs() + 0.5 if name.endswith("running_var") else normal(*value.shape))
        else:
            value.fill_(3)  # batches tracked


def layer_case(build, draw):
    module, drawn = build().double(), draw()
    randomize(module)
    inputs = dict(zip(("x", "x1", "x2"), drawn if isinstance(drawn, tuple) else (drawn,)))
    record = {name: x.clone() for name, x in inputs.items()}
    record |= {f"before/{name}": value.clone() for name, value in module.state_dict().items()}
    for x in inputs.values():
        x.requires_grad_(x.is_floating_point())
    out = module(*inputs.values())
    weights = normal(*out.shape)
    (out * weights).sum().backward()
    record |= {"out": out, "weights": weights}
    record |= {f"grad/{name}": x.grad for name, x in inputs.items() if x.grad is not None}
    record |= {f"grad/{name}": value.grad for name, value in module.named_parameters()}
    record |= {f"after/{name}": value for name, value in module.named_buffers()}
    evaluated = module.eval()(*inputs.values())
    return record if torch.equal(evaluated, out) else record | {"eval": evaluated}


# Losses: how to build one, and its input and target.
def pair(draw_target):
    return lambda: (normal(4, 3), draw_target())


def probabilities():
    return rational(torch.rand(4, 3, dtype=torch.float64) * 0.9 + 0.05)


def log_probabilities(target):
    return lambda: (rational(normal(4, 3).log_softmax(-1)), torch.tensor(target))


CLASSES, IGNORING = [2, 0, 1, 1], [2, -100, 0, 1]
WEIGHT = torch.tensor([0.5, 2, 1.25], dtype=torch.float64)
like_input = pair(lambda: normal(4, 3))
classes = pair(lambda: torch.tensor(CLASSES))
ignoring = pair(lambda: torch.tensor(IGNORING))
distribution = pair(lambda: rational(normal(4, 3).softmax(-1)))
pixels = lambda: (normal(2, 3, 2, 2), labels(2, 2, 2, classes=3))

LOSSES = {
    f"{name}-{reduction}": (build(reduction), draw)
    for reduction in ("mean", "sum", "none")
    for name, (build, draw) in {
        "mse": (lambda r: nn.MSELoss(reduction=r), like_input),
        "l1": (lambda r: nn.L1Loss(reduction=r), like_input),
        "bce": (lambda r: nn.BCELoss(reduction=r), lambda: (probabilities(), probabilities())),
        "bce-with-logits": (lambda r: nn.BCEWithLogitsLoss(reduction=r), pair(probabilities)),
        "bce-with-logits-weight": (
            lambda r: nn.BCEWithLogitsLoss(reduction=r, pos_weight=WEIGHT),
            pair(probabilities),
        ),
        "nll": (lambda r: nn.NLLLoss(reduction=r), log_probabilities(CLASSES)),
        "nll-options": (lambda r: nn.NLLLoss(reduction=r, weight=WEIGHT), log_probabilities(IGNORING)),
        "cross-entropy": (lambda r: nn.CrossEntropyLoss(reduction=r), classes),
        "cross-entropy-ignore": (lambda r: nn.CrossEntropyLoss(reduction=r), ignoring),
        "cross-entropy-smooth": (lambda r: nn.CrossEntropyLoss(reduction=r, label_smoothing=0.2), ignoring),
        "cross-entropy-weight": (lambda r: nn.CrossEntropyLoss(reduction=r, weight=WEIGHT), ignoring),
        "cross-entropy-all": (
            lambda r: nn.CrossEntropyLoss(reduction=r, weight=WEIGHT, label_smoothing=0.2),
            ignoring,
        ),
        "cross-entropy-soft": (lambda r: nn.CrossEntropyLoss(reduction=r, weight=WEIGHT), distribution),
        "cross-entropy-pixels": (lambda r: nn.CrossEntropyLoss(reduction=r), pixels),
    }.items()
}


def loss_case(loss, draw):
    x, target = draw()
    record = {"x": x.clone(), "target": target}
    record |= {f"before/{name}": value.clone() for name, value in loss.state_dict().items()}
    x.requires_grad_()
    out = loss(x, target)
    weights = normal(*out.shape)
    (out * weights).sum().backward()
    return record | {"out": out, "weights": weights, "grad/x": x.grad}


# Clipping: gradients before and after.
CLIPS = {
    "clip-norm": lambda p: clip_grad_norm_(p, 1.5),
    "clip-norm-idle": lambda p: clip_grad_norm_(p, 100),
    "clip-norm-one": lambda p: clip_grad_norm_(p, 2, norm_type=1),
    "clip-norm-finite": lambda p: clip_grad_norm_(p, 1, error_if_nonfinite=True),
    "clip-norm-max": lambda p: clip_grad_norm_(p, 0.5, norm_type=float("inf")),
    "clip-value": lambda p: clip_grad_value_(p, 0.7),
}


def clip_case(clip):
    parameters = [torch.zeros(shape, dtype=torch.float64) for shape in [(3, 4), (5,)]]
    for parameter in parameters:
        parameter.grad = normal(*parameter.shape)
    record = {f"before/{i}": parameter.grad.clone() for i, parameter in enumerate(parameters)}
    norm = clip(parameters)
    record |= {f"after/{i}": parameter.grad for i, parameter in enumerate(parameters)}
    return record if norm is None else record | {"norm": norm}


def compact(value):
    """Inputs are exact in float32, so half of the bytes will do for them."""
    value = value.detach().contiguous()
    narrow = value.to(torch.float32)
    return narrow if value.dtype == torch.float64 and torch.equal(narrow.double(), value) else value


def write(name, cases, shrink=compact):
    tensors = {f"{case}/{what}": shrink(value) for case, record in cases.items() for what, value in record.items()}
    data = save(dict(sorted(tensors.items())), metadata={"torch": torch.__version__.split("+")[0]})
    (GOLDEN / f"{name}.safetensors").write_bytes(data)
    print(f"{name}: {len(cases)} cases, {len(tensors)} tensors, {len(data)} bytes")


def seeded(cases, run):
    """One seed a case: adding a case leaves the others as they are."""
    record = {}
    for name, case in cases.items():
        torch.manual_seed(sum(name.encode()))
        record[name] = run(*case) if isinstance(case, tuple) else run(case)
    return record


def modules_of(package, families):
    folder = Path(__file__).resolve().parent / package
    for family in families or sorted(file.stem for file in folder.glob("*.py") if file.stem != "cases"):
        yield family, import_module(f"{package}.{family}")


def write_layers(families):
    for family, module in modules_of("golden_layers", families):
        write(f"layers-{family}", seeded(module.LAYERS, layer_case))


def write_ops(families):
    for family, module in modules_of("golden_ops", families):
        tensors = {}
        for name, case in module.CASES.items():
            tensors |= compute(name, case)
        (GOLDEN / f"ops-{family}.safetensors").write_bytes(save(tensors))


def write_layers_and_optimizers():
    write("layers", seeded(LAYERS, layer_case))
    write("losses", seeded(LOSSES, loss_case))
    write("schedules", seeded(SCHEDULES, schedule_case), shrink=torch.Tensor.contiguous)
    write("clipping", seeded(CLIPS, clip_case))
    write("averaging", seeded(AVERAGES, average_case))
    write("scaling", seeded(SCALED, scaled_case), shrink=lambda value: value.detach().contiguous())
    for name, dtype in {"float32": torch.float32, "float64": torch.float64}.items():
        torch.set_default_dtype(dtype)
        cases = {"problem": least_squares(dtype)}
        cases |= {case: optimizer_case(case, dtype) for case in OPTIMIZERS}
        write(f"optimizers-{name}", cases, shrink=lambda value: value.detach().contiguous())
    torch.set_default_dtype(torch.float32)


def main(what=None, *families):
    GOLDEN.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if what is None:
        write_layers_and_optimizers()
    if what != "ops":
        write_layers(families)
    if what != "layers":
        write_ops(families)


if __name__ == "__main__":
    main(*sys.argv[1:])
