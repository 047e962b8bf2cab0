"""Steps of optimizers, each in all the ways that PyTorch has."""

import torch

from protocol import Way
from ways import arrays, pick, tensor


class ForEach(torch.optim.Optimizer):
    """For what PyTorch does not have itself: its ops on lists of tensors, as its own optimizers use them."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            parameters = group["params"]
            states = [self.state[each] for each in parameters]
            for each, state in zip(parameters, states):
                if not state:
                    self.begin(state, each)
            self.update(group, parameters, [each.grad for each in parameters], states)


class Lion(ForEach):
    def __init__(self, parameters, lr, weight_decay, betas=(0.9, 0.99), foreach=True):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "betas": betas})

    def begin(self, state, parameter):
        state["mean"] = torch.zeros_like(parameter)

    def update(self, group, parameters, gradients, states):
        means, (beta1, beta2), lr = [state["mean"] for state in states], group["betas"], group["lr"]
        moves = torch._foreach_lerp(means, gradients, 1 - beta1)
        torch._foreach_sign_(moves)
        torch._foreach_mul_(parameters, 1 - lr * group["weight_decay"])
        torch._foreach_add_(parameters, moves, alpha=-lr)
        torch._foreach_lerp_(means, gradients, 1 - beta2)


class Lamb(ForEach):
    def __init__(self, parameters, lr, weight_decay, betas=(0.9, 0.999), foreach=True):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "betas": betas})

    def begin(self, state, parameter):
        state.update(mean=torch.zeros_like(parameter), square=torch.zeros_like(parameter), steps=0)

    def update(self, group, parameters, gradients, states):
        means, squares = ([state[name] for state in states] for name in ("mean", "square"))
        (beta1, beta2), lr = group["betas"], group["lr"]
        for state in states:
            state["steps"] += 1
        steps = states[0]["steps"]
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
        moves = torch._foreach_sqrt(squares)
        torch._foreach_div_(moves, (1 - beta2**steps) ** 0.5)
        torch._foreach_add_(moves, 1e-6)
        torch._foreach_mul_(moves, 1 - beta1**steps)
        moves = torch._foreach_div(means, moves)
        torch._foreach_add_(moves, parameters, alpha=group["weight_decay"])
        lengths = zip(torch._foreach_norm(parameters), torch._foreach_norm(moves))
        torch._foreach_mul_(moves, [-lr * (whole / part).item() for whole, part in lengths])
        torch._foreach_add_(parameters, moves)


OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
    "adam": (torch.optim.Adam, {}),
    "adamW": (torch.optim.AdamW, {"weight_decay": 0.01}),
    "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adagrad": (torch.optim.Adagrad, {}),
    "adadelta": (torch.optim.Adadelta, {}),
    "adamax": (torch.optim.Adamax, {}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
    "lion": (Lion, {"weight_decay": 0.01}),
    "lamb": (Lamb, {"weight_decay": 0.01}),
    "rprop": (torch.optim.Rprop, {}),
    "asgd": (torch.optim.ASGD, {}),
    "adafactor": (torch.optim.Adafactor, {}),
}


def update(case):
    create, options = pick(OPTIMIZERS, case["what"])
    side = int(case["size"] ** 0.5)

    def make(setting, **choice):
        starts = [tensor(1 + 2 * i, side, side) for i in range(case["parameters"])]
        parameters = [start.clone().requires_grad_() for start in starts]
        for i, each in enumerate(parameters):
            each.grad = tensor(2 + 2 * i, side, side)
        optimizer = create(parameters, lr=1e-3, **options, **choice)

        def outputs():
            # What the trial of speed did to them is undone: the first step is compared.
            with torch.no_grad():
                for each, start in zip(parameters, starts):
                    each.copy_(start)
            optimizer.state.clear()
            optimizer.step()
            return arrays(parameters)

        return Way(optimizer.step, outputs, setting)

    settings = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}
    found = [fused(lambda: make(name, **choice)) for name, choice in settings.items()]
    return [way for ways in found for way in ways]


def fused(make):
    """A way with a fused optimizer, where this version has them."""
    try:
        return [make()]
    except (TypeError, RuntimeError):
        return []


def lbfgs(case):
    """Ten directions down a bowl, from the beginning each time."""
    size = case["size"]
    start, lowest, curvature = tensor(1, size), tensor(2, size), tensor(3, size) + 1
    x = start.clone().requires_grad_()

    def closure():
        optimizer.zero_grad()
        loss = 0.5 * ((x - lowest).square() * curvature).sum()
        loss.backward()
        return loss

    def run():
        nonlocal optimizer
        with torch.no_grad():
            x.copy_(start)
        optimizer = torch.optim.LBFGS(
            [x], max_iter=case["directions"], history_size=10, tolerance_grad=0, tolerance_change=0
        )
        optimizer.step(closure)
        return x

    optimizer = None
    return [Way(run, lambda: arrays(run()))]
