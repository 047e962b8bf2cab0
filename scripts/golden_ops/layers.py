"""Functions that stand behind layers of convolutions, pools and norms."""

import torch
import torch.nn.functional as F

from golden_ops.cases import Case, integers, normal, uniform

image = lambda: (normal(1, 2, 5, 6),)
volume = lambda: (normal(1, 2, 4, 5, 3),)
signal = lambda: (normal(1, 2, 8),)

CASES = {
    "conv1d": Case(
        lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1, dilation=2, groups=2),
        lambda: (normal(2, 4, 9), normal(6, 2, 3), normal(6)),
    ),
    "conv3d": Case(
        lambda x, w, b: F.conv3d(x, w, b, stride=(2, 1, 1), padding=1),
        lambda: (normal(1, 2, 4, 3, 3), normal(3, 2, 2, 3, 2), normal(3)),
    ),
    "conv-transpose1d": Case(
        lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2, padding=1, output_padding=1),
        lambda: (normal(2, 3, 4), normal(3, 2, 3), normal(2)),
    ),
    "conv-transpose2d": Case(
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, groups=2),
        lambda: (normal(1, 4, 3, 4), normal(4, 3, 4, 3), normal(6)),
    ),
    "group-norm": Case(
        lambda x, w, b: F.group_norm(x, 2, w, b), lambda: (normal(2, 4, 3, 2), normal(4), normal(4))
    ),
    "instance-norm": Case(
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b), lambda: (normal(2, 3, 5), normal(3), normal(3))
    ),
    "rms-norm": Case(lambda x, w: F.rms_norm(x, (4, 5), w, 1e-3), lambda: (normal(3, 4, 5), normal(4, 5))),
    "local-response-norm": Case(lambda x: F.local_response_norm(x, 3, 0.5, 0.75, 2), lambda: (normal(2, 5, 3),)),
    "interpolate-nearest": Case(lambda x: F.interpolate(x, (5, 7)), image),
    "interpolate-nearest-exact": Case(lambda x: F.interpolate(x, (5, 7), mode="nearest-exact"), image),
    "interpolate-linear": Case(lambda x: F.interpolate(x, scale_factor=1.7, mode="linear"), lambda: (normal(2, 3, 5),)),
    "interpolate-bilinear": Case(lambda x: F.interpolate(x, scale_factor=(2, 1.5), mode="bilinear"), image),
    "interpolate-corners": Case(lambda x: F.interpolate(x, (7, 3), mode="bilinear", align_corners=True), image),
    "interpolate-bicubic": Case(lambda x: F.interpolate(x, (7, 3), mode="bicubic"), image),
    "interpolate-bicubic-corners": Case(lambda x: F.interpolate(x, (6, 9), mode="bicubic", align_corners=True), image),
    "interpolate-trilinear": Case(lambda x: F.interpolate(x, (3, 5, 2), mode="trilinear"), volume),
    "interpolate-area": Case(lambda x: F.interpolate(x, (3, 3), mode="area"), image),
    "interpolate-area-volume": Case(lambda x: F.interpolate(x, (3, 2, 2), mode="area"), volume),
    "interpolate-recomputed": Case(
        lambda x: F.interpolate(x, scale_factor=(1.3, 0.7), mode="bilinear", recompute_scale_factor=True), image
    ),
    "interpolate-antialias": Case(lambda x: F.interpolate(x, (3, 8), mode="bilinear", antialias=True), image),
    "interpolate-antialias-factor": Case(
        lambda x: F.interpolate(x, scale_factor=(0.45, 0.7), mode="bilinear", antialias=True), image
    ),
    "interpolate-antialias-corners": Case(
        lambda x: F.interpolate(x, (2, 3), mode="bilinear", antialias=True, align_corners=True), image
    ),
    "interpolate-antialias-bicubic": Case(lambda x: F.interpolate(x, (2, 4), mode="bicubic", antialias=True), image),
    "max-pool1d": Case(lambda x: F.max_pool1d(x, 3, 2, 1, 2), lambda: (normal(2, 3, 9),)),
    "max-pool3d": Case(lambda x: F.max_pool3d(x, 2, (1, 2, 1), 1, ceil_mode=True), volume),
    "max-pool2d-indices": Case(lambda x: F.max_pool2d(x, 2, return_indices=True)[0], image),
    "max-unpool2d": Case(
        lambda x: F.max_unpool2d(x, torch.tensor([[[[1, 6], [8, 15]]]]), 2), lambda: (normal(1, 1, 2, 2),)
    ),
    "avg-pool1d": Case(lambda x: F.avg_pool1d(x, 3, 2, 1, count_include_pad=False), lambda: (normal(2, 3, 8),)),
    "avg-pool3d": Case(lambda x: F.avg_pool3d(x, (2, 3, 2), 2, 1, ceil_mode=True), volume),
    "lp-pool1d": Case(lambda x: F.lp_pool1d(x, 3, 2), lambda: (uniform(2, 3, 8, low=0.5, high=2),)),
    "lp-pool2d": Case(lambda x: F.lp_pool2d(x, 2, (2, 3), 1), image),
    "adaptive-avg-pool1d": Case(lambda x: F.adaptive_avg_pool1d(x, 3), lambda: (normal(2, 3, 7),)),
    "adaptive-avg-pool2d": Case(lambda x: F.adaptive_avg_pool2d(x, (3, 4)), image),
    "adaptive-max-pool1d": Case(lambda x: F.adaptive_max_pool1d(x, 3), lambda: (normal(2, 3, 7),)),
    "adaptive-max-pool2d": Case(lambda x: F.adaptive_max_pool2d(x, (3, 4)), image),
    "lp-pool3d": Case(lambda x: F.lp_pool3d(x, 2, (2, 1, 3), 1), volume),
    "avg-pool2d-divisor": Case(lambda x: F.avg_pool2d(x, 3, 2, 1, True, False, 4), image),
    "adaptive-avg-pool3d": Case(lambda x: F.adaptive_avg_pool3d(x, (1, 3, None)), volume),
    "adaptive-max-pool3d": Case(lambda x: F.adaptive_max_pool3d(x, (3, 2, 2)), volume),
    "adaptive-max-pool3d-places": Case(
        lambda x: F.adaptive_max_pool3d(x, (2, 3, 2), return_indices=True)[1].to(x.dtype) + 0 * x.sum(), volume
    ),
    "conv-transpose3d": Case(
        lambda x, w, b: F.conv_transpose3d(x, w, b, 2, 1, 1, 2),
        lambda: (normal(1, 2, 2, 3, 2), normal(2, 2, 2, 3, 2), normal(4)),
    ),
    "embedding": Case(F.embedding, lambda: (integers(2, 3, high=5), normal(5, 4))),
    "embedding-frequency": Case(
        lambda x, w: F.embedding(x, w, padding_idx=1, scale_grad_by_freq=True),
        lambda: (integers(3, 4, high=5), normal(5, 3)),
    ),
    "embedding-bag-frequency": Case(
        lambda x, w: F.embedding_bag(x, w, torch.tensor([0, 2, 2, 5]), scale_grad_by_freq=True),
        lambda: (integers(7, high=5), normal(5, 3)),
    ),
    "embedding-bag": Case(
        lambda x, w, s: F.embedding_bag(x, w, torch.tensor([0, 2, 2, 5]), mode="sum", per_sample_weights=s),
        lambda: (integers(7, high=5), normal(5, 4), normal(7)),
    ),
    "embedding-bag-mean": Case(
        lambda x, w: F.embedding_bag(x, w, mode="mean", padding_idx=1), lambda: (integers(3, 4, high=5), normal(5, 4))
    ),
    "embedding-bag-max": Case(
        lambda x, w: F.embedding_bag(x, w, torch.tensor([0, 3, 7]), mode="max", include_last_offset=True),
        lambda: (integers(7, high=9), normal(9, 2)),
    ),
    "pixel-shuffle": Case(lambda x: F.pixel_shuffle(x, 2), lambda: (normal(2, 8, 2, 3),)),
    "pixel-unshuffle": Case(lambda x: F.pixel_unshuffle(x, 2), lambda: (normal(2, 3, 4, 2),)),
    "swiglu": Case(lambda x: F.silu(x[:, :3]) * x[:, 3:], lambda: (normal(4, 6),)),
    "max-pool1d-and-back": Case(lambda x: F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2), signal),
    "max-pool3d-and-back": Case(
        lambda x: F.max_unpool3d(*F.max_pool3d(x, 2, return_indices=True), 2), lambda: (normal(1, 2, 4, 2, 6),)
    ),
    "adaptive-max-pool1d-and-back": Case(
        lambda x: F.max_unpool1d(*F.adaptive_max_pool1d(x, 4, return_indices=True), 2), signal
    ),
    "adaptive-max-pool2d-and-back": Case(
        lambda x: F.max_unpool2d(*F.adaptive_max_pool2d(x, (5, 3), return_indices=True), (1, 2)), image
    ),
    "global-avg-pool1d": Case(lambda x: F.adaptive_avg_pool1d(x, 1), signal),
    "global-avg-pool3d": Case(lambda x: F.adaptive_avg_pool3d(x, 1), volume),
    "global-max-pool1d": Case(lambda x: F.adaptive_max_pool1d(x, 1), signal),
    "global-max-pool2d": Case(lambda x: F.adaptive_max_pool2d(x, 1), image),
    "global-max-pool3d": Case(lambda x: F.adaptive_max_pool3d(x, 1), volume),
}
