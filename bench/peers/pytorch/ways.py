"""What ways to run a case are made of."""

import numpy as np
import torch

from protocol import Refusal, Way, pattern


def tensor(seed, *shape):
    size = int(np.prod(shape))
    return torch.from_numpy(pattern(size, seed)).reshape(shape)


def classes(count, seed, *shape):
    """Whole numbers below a count."""
    # As in TypeScript, where arrays of float32 round before the floor is taken.
    numbers = np.floor((pattern(int(np.prod(shape)), seed).astype(np.float64) + 0.5) * count) % count
    return torch.from_numpy(numbers.astype(np.int64)).reshape(shape)


def plain(call, setting=""):
    """A way that records nothing for gradients."""

    def run():
        with torch.inference_mode():
            return call()

    return Way(run, lambda: arrays(run()), setting)


def arrays(results):
    results = results if isinstance(results, (tuple, list)) else (results,)
    return [each.detach().contiguous().float().numpy() for each in results]


def pick(table, name):
    if name not in table:
        raise Refusal(f"{name} is not implemented")
    return table[name]
