"""The cases of bench/overhead.ts in PyTorch: prints microseconds a call, in the same order."""

import time

import torch

torch.set_num_threads(1)
CALLS = 20_000
a = torch.randn(100)
b = torch.randn(100)
leaf = a.clone().requires_grad_()


def plain(n):
    with torch.no_grad():
        for _ in range(n):
            torch.add(a, b)


def recorded(n):
    for _ in range(n):
        torch.add(leaf, b)


def backward(n):
    for _ in range(n):
        leaf.grad = None
        torch.add(leaf, b).sum().backward()


for body in (plain, plain, recorded, backward):
    body(2000)
    start = time.perf_counter()
    body(CALLS)
    print((time.perf_counter() - start) / CALLS * 1e6)
