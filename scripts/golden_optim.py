"""Optimizers and schedules of golden.py: those of PyTorch, and formulas of papers for what it does not have."""

import math

import torch
from golden_ops.cases import normal
from torch import nn, optim
from torch.optim import lr_scheduler, swa_utils

STEPS = 10


class Lion(optim.Optimizer):
    """Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                blend = beta1 * m + (1 - beta1) * p.grad
                p.copy_(p - group["lr"] * (blend.sign() + group["weight_decay"] * p))
                m.copy_(beta2 * m + (1 - beta2) * p.grad)


class LAMB(optim.Optimizer):
    """You et al. 2020, "Large Batch Optimization for Deep Learning", algorithm 2, whose phi is the identity."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                state["t"] = t = state.get("t", 0) + 1
                state["m"] = m = beta1 * state.get("m", torch.zeros_like(p)) + (1 - beta1) * p.grad
                state["v"] = v = beta2 * state.get("v", torch.zeros_like(p)) + (1 - beta2) * p.grad**2
                root = (v / (1 - beta2**t)).sqrt() + group["eps"]
                r = m / (1 - beta1**t) / root + group["weight_decay"] * p
                ratio = p.norm() / r.norm() if p.norm() > 0 and r.norm() > 0 else 1.0
                p.copy_(p - group["lr"] * ratio * r)


def with_l1(build, l1):
    """An L1 penalty as what it adds to the gradients, before a step."""

    def make(params):
        optimizer = build(params)

        def add(*_):
            for p in params:
                p.grad = p.grad + l1 * p.detach().sign()

        optimizer.register_step_pre_hook(add)
        return optimizer

    return make


def groups(p):
    return [{"params": p[:1]}, {"params": p[1:], "lr": 0.2, "weight_decay": 0}]


# Ten steps of least squares, y ~ x w + b, all parameters after each.
OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "sgd-momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "sgd-dampening": lambda p: optim.SGD(p, lr=0.1, momentum=0.8, dampening=0.5, weight_decay=0.01),
    "sgd-nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "sgd-maximize": lambda p: optim.SGD(p, lr=0.01, momentum=0.5, weight_decay=0.1, maximize=True),
    "sgd-l1": with_l1(lambda p: optim.SGD(p, lr=0.1), 0.05),
    "sgd-late": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "adam": lambda p: optim.Adam(p, lr=0.05),
    "adam-options": lambda p: optim.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1),
    "adam-amsgrad": lambda p: optim.Adam(p, lr=0.1, betas=(0.8, 0.7), amsgrad=True, weight_decay=0.1),
    "adam-maximize": lambda p: optim.Adam(p, lr=0.05, maximize=True, weight_decay=0.1),
    "adam-decoupled": lambda p: optim.Adam(p, lr=0.05, weight_decay=0.2, decoupled_weight_decay=True),
    "adam-late": lambda p: optim.Adam(p, lr=0.05),
    "adamw": lambda p: optim.AdamW(p, lr=0.05),
    "adamw-options": lambda p: optim.AdamW(p, lr=0.1, betas=(0.7, 0.9), eps=1e-6, weight_decay=0.3),
    "adamw-amsgrad": lambda p: optim.AdamW(p, lr=0.1, betas=(0.8, 0.7), amsgrad=True),
    "adamw-groups": lambda p: optim.AdamW(groups(p), lr=0.1, weight_decay=0.3),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.02),
    "rmsprop-options": lambda p: optim.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-5, weight_decay=0.1, momentum=0.5),
    "rmsprop-centered": lambda p: optim.RMSprop(p, lr=0.02, centered=True, momentum=0.9),
    "rmsprop-maximize": lambda p: optim.RMSprop(p, lr=0.02, maximize=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.2),
    "adagrad-options": lambda p: optim.Adagrad(
        p, lr=0.2, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-6
    ),
    "adagrad-maximize": lambda p: optim.Adagrad(p, lr=0.1, maximize=True),
    "adadelta": lambda p: optim.Adadelta(p, lr=1.0),
    "adadelta-options": lambda p: optim.Adadelta(p, lr=2.0, rho=0.7, eps=1e-3, weight_decay=0.1),
    "adadelta-maximize": lambda p: optim.Adadelta(p, lr=1.0, eps=1e-4, maximize=True),
    "adamax": lambda p: optim.Adamax(p, lr=0.05),
    "adamax-options": lambda p: optim.Adamax(p, lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1),
    "adamax-maximize": lambda p: optim.Adamax(p, lr=0.05, maximize=True),
    "nadam": lambda p: optim.NAdam(p, lr=0.05),
    "nadam-options": lambda p: optim.NAdam(
        p, lr=0.1, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1, momentum_decay=0.02
    ),
    "nadam-decoupled": lambda p: optim.NAdam(p, lr=0.05, weight_decay=0.2, decoupled_weight_decay=True),
    "nadam-maximize": lambda p: optim.NAdam(p, lr=0.05, maximize=True),
    "radam": lambda p: optim.RAdam(p, lr=0.05),
    "radam-options": lambda p: optim.RAdam(p, lr=0.1, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.1),
    "radam-decoupled": lambda p: optim.RAdam(p, lr=0.05, weight_decay=0.2, decoupled_weight_decay=True),
    "radam-maximize": lambda p: optim.RAdam(p, lr=0.05, maximize=True),
    "lion": lambda p: Lion(p, lr=0.02),
    "lion-options": lambda p: Lion(p, lr=0.05, betas=(0.8, 0.9), weight_decay=0.2),
    "lamb": lambda p: LAMB(p, lr=0.05),
    "lamb-options": lambda p: LAMB(p, lr=0.1, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.2),
    "rprop": lambda p: optim.Rprop(p, lr=0.05),
    "rprop-options": lambda p: optim.Rprop(p, lr=0.3, etas=(0.3, 1.7), step_sizes=(0.05, 0.5)),
    "rprop-maximize": lambda p: optim.Rprop(p, lr=0.01, maximize=True),
    "rprop-late": lambda p: optim.Rprop(p, lr=0.1),
    "asgd": lambda p: optim.ASGD(p, lr=0.1),
    "asgd-options": lambda p: optim.ASGD(p, lr=0.2, lambd=0.05, alpha=0.6, t0=3, weight_decay=0.1),
    "asgd-maximize": lambda p: optim.ASGD(p, lr=0.02, t0=1, maximize=True),
    "asgd-late": lambda p: optim.ASGD(p, lr=0.1, lambd=0.1, t0=2),
    "adafactor": lambda p: optim.Adafactor(p),
    "adafactor-options": lambda p: optim.Adafactor(
        p, lr=0.4, beta2_decay=-0.5, eps=(0.6, 1.1), d=1.05, weight_decay=0.1
    ),
    "adafactor-groups": lambda p: optim.Adafactor(groups(p), lr=0.1, weight_decay=0.2),
    "adafactor-maximize": lambda p: optim.Adafactor(p, lr=0.05, maximize=True),
    "adafactor-late": lambda p: optim.Adafactor(p, lr=0.2),
    "sgd-cycled": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "sgd-nesterov-cycled": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "rmsprop-cycled": lambda p: optim.RMSprop(p, lr=0.1, momentum=0.9),
    "adam-cycled": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "adamw-cycled": lambda p: optim.AdamW(p, lr=0.1),
    "adamax-cycled": lambda p: optim.Adamax(p, lr=0.1),
    "nadam-cycled": lambda p: optim.NAdam(p, lr=0.1),
    "radam-cycled": lambda p: optim.RAdam(p, lr=0.1),
    "lion-cycled": lambda p: Lion(p, lr=0.1),
    "lamb-cycled": lambda p: LAMB(p, lr=0.1),
    "lbfgs": lambda p: optim.LBFGS(p, lr=0.3, max_iter=2, max_eval=10, history_size=3),
    "lbfgs-wolfe": lambda p: optim.LBFGS(p, lr=1, max_iter=1, max_eval=10, line_search_fn="strong_wolfe"),
}

PROBLEM = {"x": (8, 4), "y": (8, 3), "w": (4, 3), "b": (3,)}


def least_squares(dtype):
    torch.manual_seed(7)
    return {name: normal(*shape).to(dtype) for name, shape in PROBLEM.items()}


def optimizer_case(name, dtype):
    """In cases that are named so, b is late, without a gradient in the first four steps, or rate and momentum are cycled."""
    data = least_squares(dtype)
    w, b = (data[key].requires_grad_() for key in ("w", "b"))
    optimizer = OPTIMIZERS[name]([w, b])
    is_cycled = name.endswith("-cycled")
    if is_cycled:
        cycle = lr_scheduler.OneCycleLR(optimizer, 0.2, STEPS, base_momentum=0.5, max_momentum=0.9)
    history = {"w": [], "b": []}
    for step in range(STEPS):

        def closure():
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(data["x"] @ w + b, data["y"])
            loss.backward()
            return loss

        closure()
        if name.endswith("-late") and step < 4:
            b.grad = None
        optimizer.step(closure) if isinstance(optimizer, optim.LBFGS) else optimizer.step()
        if is_cycled:
            cycle.step()
        history["w"].append(w.detach().clone())
        history["b"].append(b.detach().clone())
    return {key: torch.stack(steps) for key, steps in history.items()}


# The rate of each of 50 steps, with base rate 0.5, and the momentum where it changes.
SCHEDULES = {
    "constant": lambda o: lr_scheduler.ConstantLR(o, factor=0.3, total_iters=7),
    "step-decay": lambda o: lr_scheduler.StepLR(o, step_size=4, gamma=0.3),
    "multi-step": lambda o: lr_scheduler.MultiStepLR(o, milestones=[5, 12, 12, 30], gamma=0.5),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9),
    "linear": lambda o: lr_scheduler.LinearLR(o, start_factor=0.9, end_factor=0.1, total_iters=20),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, total_iters=30, power=2.5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=49, eta_min=0.01),
    "cosine-restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=6, T_mult=2, eta_min=0.02),
    "cosine-restarts-even": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=7),
    "warmup": lambda o: lr_scheduler.LinearLR(o, start_factor=0.2, end_factor=1, total_iters=8),
    "one-cycle": lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.5, total_steps=50, cycle_momentum=False),
    "one-cycle-options": lambda o: lr_scheduler.OneCycleLR(
        o, 0.5, 50, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=50, cycle_momentum=False
    ),
    "one-cycle-three": lambda o: lr_scheduler.OneCycleLR(o, 0.5, 50, three_phase=True, cycle_momentum=False),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.5, step_size_up=6, cycle_momentum=False),
    "cyclic-halving": lambda o: lr_scheduler.CyclicLR(
        o, 0.1, 0.5, step_size_up=4, step_size_down=7, mode="triangular2", cycle_momentum=False
    ),
    "cyclic-fading": lambda o: lr_scheduler.CyclicLR(
        o, 0.1, 0.5, step_size_up=5, mode="exp_range", gamma=0.97, cycle_momentum=False
    ),
    "cyclic-scaled": lambda o: lr_scheduler.CyclicLR(
        o, 0.1, 0.5, step_size_up=4, step_size_down=3, scale_fn=lambda n: 1 / n**2, cycle_momentum=False
    ),
    "one-cycle-momentum": lambda o: lr_scheduler.OneCycleLR(o, 0.5, 50),
    "one-cycle-momentum-three": lambda o: lr_scheduler.OneCycleLR(
        o, 0.5, 50, pct_start=0.4, anneal_strategy="linear", three_phase=True, base_momentum=0.5, max_momentum=0.9
    ),
    "cyclic-momentum": lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.5, step_size_up=6),
    "cyclic-momentum-halving": lambda o: lr_scheduler.CyclicLR(
        o, 0.1, 0.5, step_size_up=4, step_size_down=7, mode="triangular2", base_momentum=0.6, max_momentum=0.95
    ),
    "cyclic-momentum-scaled": lambda o: lr_scheduler.CyclicLR(
        o, 0.1, 0.5, step_size_up=5, scale_fn=lambda n: 0.95**n, scale_mode="iterations"
    ),
    "inverse-root": lambda o: lr_scheduler.LambdaLR(o, lambda t: min((t + 1) / 10, math.sqrt(10 / (t + 1)))),
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda t: 0.95**t),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 0.9 if t % 3 else 1.05),
    "chained": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o, start_factor=0.2, end_factor=1, total_iters=8), lr_scheduler.StepLR(o, 10, 0.5)]
    ),
    "sequential": lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.ConstantLR(o, factor=0.1, total_iters=100), lr_scheduler.ExponentialLR(o, gamma=0.9)],
        milestones=[12],
    ),
    "plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=2, cooldown=1, min_lr=0.01),
    "plateau-max": lambda o: lr_scheduler.ReduceLROnPlateau(
        o, mode="max", factor=0.3, patience=1, threshold=0.05, threshold_mode="abs", eps=1e-3
    ),
}


def schedule_case(build):
    """Beside the rates are kept the value that plateaus watch, and the momentum where it changes."""
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5, momentum=0.9)
    schedule = build(optimizer)
    rates, momenta, watched = [], [], []
    for step in range(50):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if isinstance(schedule, lr_scheduler.ReduceLROnPlateau):
            watched.append(round(1 / (1 + step // 5) + 0.1 * math.sin(step), 3))
            schedule.step(watched[-1])
        else:
            schedule.step()
    found = {"lr": rates} | ({"watched": watched} if watched else {})
    if len(set(momenta)) > 1:
        found["momentum"] = momenta
    return {key: torch.tensor(values, dtype=torch.float64) for key, values in found.items()}


# Averages of the weights of a small model, after each of four updates.
AVERAGES = {
    "equal": lambda model: swa_utils.AveragedModel(model),
    "equal-buffers": lambda model: swa_utils.AveragedModel(model, use_buffers=True),
    "decay": lambda model: swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9)),
    "decay-buffers": lambda model: swa_utils.AveragedModel(
        model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.75), use_buffers=True
    ),
}


def average_case(build):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).double()
    average = build(model)
    found = {}
    for update in range(4):
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(normal(*value.shape))
                found[f"{update}/value/{name}"] = value.clone()
        average.update_parameters(model)
        averaged = dict(average.module.named_parameters())
        if average.use_buffers:
            averaged |= {name: value for name, value in average.module.named_buffers() if value.is_floating_point()}
        found |= {f"{update}/average/{name}": value.detach().clone() for name, value in averaged.items()}
    return found


# Steps with scaled gradients, of which the third and the eighth are not finite.
SCALED = {
    "sgd": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.05),
}


def scaled_case(build):
    data = least_squares(torch.float64)
    w, b = (data[key].requires_grad_() for key in ("w", "b"))
    optimizer = build([w, b])
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_factor=4.0, backoff_factor=0.25, growth_interval=3)
    found = {key: value.detach().clone() for key, value in data.items()}
    history = {"w": [], "b": [], "scale": [], "growth_tracker": []}
    for step in range(12):
        optimizer.zero_grad()
        scaler.scale(nn.functional.mse_loss(data["x"] @ w + b, data["y"])).backward()
        if step in (2, 7):
            b.grad[1] = math.inf if step == 2 else math.nan
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        state = scaler.state_dict()
        values = {"w": w, "b": b, "scale": state["scale"], "growth_tracker": state["_growth_tracker"]}
        for key, value in values.items():
            history[key].append(torch.as_tensor(value, dtype=torch.float64).detach().clone())
    return found | {f"after/{key}": torch.stack(values) for key, values in history.items()}
