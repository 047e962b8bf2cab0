"""Functions that layers and losses are made of."""

import torch
import torch.nn.functional as F

from golden_ops.cases import Case, integers, normal, uniform


def inside(low, high, count=24):
    return lambda: (uniform(count, low=low, high=high),)


def scored(count=4):
    return lambda: (normal(5, count), integers(5, high=count))


def fractions():
    return (uniform(4, 3, low=0.05, high=0.95), uniform(4, 3))


CASES = {
    "relu": Case(F.relu, inside(-3, 3)),
    "gelu": Case(F.gelu, inside(-6, 6)),
    "gelu-tanh": Case(lambda x: F.gelu(x, approximate="tanh"), inside(-6, 6)),
    "silu": Case(F.silu, inside(-20, 20)),
    "softplus": Case(F.softplus, inside(-20, 19)),
    "leaky-relu": Case(lambda x: F.leaky_relu(x, 0.2), inside(-3, 3)),
    "elu": Case(lambda x: F.elu(x, 1.5), inside(-5, 5)),
    "softmax": Case(lambda x: F.softmax(x, 1), lambda: (normal(2, 5, 3),)),
    "log-softmax": Case(lambda x: F.log_softmax(x, -1), lambda: (normal(4, 5),)),
    "linear": Case(F.linear, lambda: (normal(2, 3, 4), normal(5, 4), normal(5))),
    "matmul-integer": Case(
        lambda a, b: ((a - 3) @ (b - 7)).int(), lambda: (integers(3, 20, high=256), integers(20, 4, high=256))
    ),
    "conv2d": Case(
        lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1, groups=2),
        lambda: (normal(2, 4, 7, 6), normal(6, 2, 3, 3), normal(6)),
    ),
    "max-pool2d": Case(lambda x: F.max_pool2d(x, 3, 2, 1), lambda: (normal(2, 3, 7, 6),)),
    "avg-pool2d": Case(
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), lambda: (normal(2, 3, 7, 6),)
    ),
    "global-avg-pool2d": Case(lambda x: x.mean((2, 3)), lambda: (normal(2, 3, 4, 5),)),
    "fractional-max-pool2d": Case(
        lambda x, u: F.fractional_max_pool2d(x, (2, 3), output_size=(3, 4), _random_samples=u.detach()),
        lambda: (normal(2, 3, 7, 9), uniform(2, 3, 2)),
    ),
    "fractional-max-pool2d-places": Case(
        lambda x, u: F.fractional_max_pool2d(
            x, 2, output_ratio=(0.5, 0.7), _random_samples=u.detach(), return_indices=True
        )[1].to(x.dtype),
        lambda: (normal(1, 2, 6, 10), uniform(1, 2, 2)),
    ),
    "fractional-max-pool3d": Case(
        lambda x, u: F.fractional_max_pool3d(x, (1, 2, 3), output_size=(3, 1, 2), _random_samples=u.detach()),
        lambda: (normal(1, 2, 4, 3, 5), uniform(1, 2, 3)),
    ),
    "fractional-max-pool3d-places": Case(
        lambda x, u: F.fractional_max_pool3d(
            x, 2, output_ratio=0.6, _random_samples=u.detach(), return_indices=True
        )[1].to(x.dtype),
        lambda: (normal(2, 1, 5, 4, 6), uniform(2, 1, 3)),
    ),
    "batch-norm": Case(
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        lambda: (normal(4, 3, 2, 2), normal(3), normal(3)),
    ),
    "layer-norm": Case(
        lambda x, w, b: F.layer_norm(x, (4, 5), w, b), lambda: (normal(3, 4, 5), normal(4, 5), normal(4, 5))
    ),
    "normalize": Case(F.normalize, lambda: (normal(2, 3, 4),)),
    "normalize-options": Case(lambda x: F.normalize(x, p=1, dim=-1, eps=2.5), lambda: (normal(4, 3),)),
    "cosine-similarity": Case(F.cosine_similarity, lambda: (normal(3, 4, 2), normal(3, 4, 2))),
    "cosine-similarity-rows": Case(
        lambda a, b: F.cosine_similarity(a, b, dim=-1, eps=0.01), lambda: (normal(2, 1, 4), normal(3, 4))
    ),
    "pairwise-distance": Case(F.pairwise_distance, lambda: (normal(3, 4), normal(3, 4))),
    "pairwise-distance-options": Case(
        lambda a, b: F.pairwise_distance(a, b, p=1, eps=0.01, keepdim=True), lambda: (normal(2, 3, 4), normal(4))
    ),
    "im2col": Case(
        lambda x: F.unfold(x, (2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2)), lambda: (normal(2, 2, 4, 5),)
    ),
    "im2col-single": Case(lambda x: F.unfold(x, 2), lambda: (normal(2, 3, 4),)),
    "col2im": Case(
        lambda x: F.fold(x, (4, 5), (2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2)),
        lambda: (normal(2, 12, 8),),
    ),
    "col2im-single": Case(lambda x: F.fold(x, (3, 4), 2), lambda: (normal(8, 6),)),
    "channel-shuffle": Case(lambda x: F.channel_shuffle(x, 2), lambda: (normal(2, 6, 3),)),
    "mse": Case(F.mse_loss, lambda: (normal(4, 3), normal(4, 3))),
    "l1-loss": Case(lambda a, b: F.l1_loss(a, b, reduction="sum"), lambda: (normal(4, 3), normal(4, 3))),
    "bce": Case(lambda p, t: F.binary_cross_entropy(p, t.detach()), fractions),
    "bce-with-logits": Case(
        lambda x, t: F.binary_cross_entropy_with_logits(x, t.detach(), reduction="none"),
        lambda: (normal(4, 3), uniform(4, 3)),
    ),
    "cross-entropy": Case(lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1), scored()),
    "nll-loss": Case(lambda x, t: F.nll_loss(F.log_softmax(x, 1), t, reduction="none"), scored()),
}
