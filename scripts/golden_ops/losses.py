"""Losses, with several sets of options; those that PyTorch does not have from the formulas of their papers."""

import torch
import torch.nn.functional as F

from golden_ops.cases import Case, integers, normal, uniform

REDUCTIONS = ("mean", "none")


def pair():
    return normal(4, 3), normal(4, 3)


def with_target(draw):
    return lambda: (normal(4, 3), draw())


def signs(*shape):
    return lambda: integers(*shape, low=0, high=2) * 2 - 1


def probabilities():
    return uniform(4, 3, low=0.05, high=0.95)


def reduced(losses, reduction):
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda x: x}[reduction](losses)


def focal(x, t, r, alpha=0.25, gamma=2.0):
    """Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 5."""
    p, t = x.sigmoid(), t.to(x.dtype)
    q = p * t + (1 - p) * (1 - t)
    ce = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    weight = alpha * t + (1 - alpha) * (1 - t) if alpha >= 0 else 1.0
    return reduced(weight * ce * (1 - q) ** gamma, r)


def tversky(p, t, r, alpha, beta, smooth):
    """Salehi et al. 2017, "Tversky loss function for image segmentation", equation 4."""
    axes = tuple(range(2, p.dim()))
    both = (p * t).sum(axes)
    cost = alpha * (p * (1 - t)).sum(axes) + beta * ((1 - p) * t).sum(axes)
    return reduced(1 - (both + smooth) / (both + cost + smooth), r)


def dice(p, t, r, smooth=1.0):
    """Milletari et al. 2016, "V-Net", section 3, without squares."""
    axes = tuple(range(2, p.dim()))
    return reduced(1 - (2 * (p * t).sum(axes) + smooth) / (p.sum(axes) + t.sum(axes) + smooth), r)


def info_nce(q, k, r, temperature=0.1, symmetric=False):
    """van den Oord et al. 2018, "Representation Learning with Contrastive Predictive Coding", equation 4."""
    scores = F.normalize(q) @ F.normalize(k).T / temperature
    own = torch.arange(len(q))
    found = F.cross_entropy(scores, own, reduction=r)
    return (found + F.cross_entropy(scores.T, own, reduction=r)) / 2 if symmetric else found


def squared_hinge(x, t, r):
    return reduced((1 - t * x).clamp(min=0) ** 2, r)


def ctc(reduction, blank=0, zero_infinity=False, flat=False, lengths=(9, 8, 4), labels=(4, 3, 0)):
    def call(logits, targets):
        targets = torch.cat([row[:n] for row, n in zip(targets, labels)]) if flat else targets
        return F.ctc_loss(logits.log_softmax(-1), targets, lengths, labels, blank, reduction, zero_infinity)

    return call


def sequences(classes=5, low=1, high=5):
    # Labels with a repetition, which needs a blank between.
    def draw():
        targets = integers(3, 4, low=low, high=high)
        targets[0, 1] = targets[0, 0]
        return normal(9, 3, classes), targets

    return draw


def images():
    return uniform(2, 2, 3, 2, low=0.05, high=0.95), integers(2, 2, 3, 2, low=0, high=2)


def named(cases):
    """Each case in two reductions, which builders take."""
    return {
        f"{name}-{r}": Case(lambda *inputs, call=call, r=r: call(*inputs, r), draw)
        for name, (call, draw) in cases.items()
        for r in REDUCTIONS
    }


triple = lambda: (normal(4, 3), normal(4, 3), normal(4, 3))
weight = lambda: uniform(3, low=0.5, high=1.5)

CASES = named(
    {
        "smooth-l1": (lambda x, t, r: F.smooth_l1_loss(x, t, reduction=r), pair),
        "smooth-l1-beta": (lambda x, t, r: F.smooth_l1_loss(x, t, reduction=r, beta=0.3), pair),
        "huber": (lambda x, t, r: F.huber_loss(x, t, reduction=r), pair),
        "huber-delta": (lambda x, t, r: F.huber_loss(x, t, reduction=r, delta=0.4), pair),
        "bce-weight": (
            lambda p, t, w, r: F.binary_cross_entropy(p, t.detach(), w.detach(), reduction=r),
            lambda: (probabilities(), probabilities(), weight()),
        ),
        "bce-with-logits-weights": (
            lambda x, t, w, r: F.binary_cross_entropy_with_logits(
                x, t.detach(), w.detach(), pos_weight=w.detach() + 1, reduction=r
            ),
            lambda: (normal(4, 3), probabilities(), weight()),
        ),
        "kl-div": (lambda x, t, r: F.kl_div(x, t, reduction=r), with_target(probabilities)),
        "kl-div-log": (lambda x, t, r: F.kl_div(x, t, reduction=r, log_target=True), pair),
        "poisson-nll": (lambda x, t, r: F.poisson_nll_loss(x, t.detach(), reduction=r), with_target(probabilities)),
        "poisson-nll-full": (
            lambda x, t, r: F.poisson_nll_loss(x, t.to(x.dtype), full=True, reduction=r),
            with_target(lambda: integers(4, 3, high=6)),
        ),
        "poisson-nll-rate": (
            lambda x, t, r: F.poisson_nll_loss(x, t, log_input=False, eps=1e-3, reduction=r),
            lambda: (uniform(4, 3, low=0.1, high=4), integers(4, 3, high=6)),
        ),
        "gaussian-nll": (
            lambda x, t, v, r: F.gaussian_nll_loss(x, t, v, reduction=r),
            lambda: (*pair(), uniform(4, 3, low=0.2, high=2)),
        ),
        "gaussian-nll-full": (
            lambda x, t, v, r: F.gaussian_nll_loss(x, t, v, full=True, reduction=r),
            lambda: (*pair(), uniform(4, 1, low=0.2, high=2)),
        ),
        "squared-hinge": (squared_hinge, with_target(signs(4, 3))),
        "hinge-embedding": (
            lambda x, t, r: F.hinge_embedding_loss(x, t, reduction=r),
            lambda: (uniform(4, 3, high=2), signs(4, 3)()),
        ),
        "hinge-embedding-margin": (
            lambda x, t, r: F.hinge_embedding_loss(x, t, 1.7, reduction=r),
            lambda: (uniform(4, 3, high=2), signs(4, 3)()),
        ),
        "soft-margin": (lambda x, t, r: F.soft_margin_loss(x, t, reduction=r), with_target(signs(4, 3))),
        "multi-margin": (lambda x, t, r: F.multi_margin_loss(x, t, reduction=r), with_target(lambda: integers(4, high=3))),
        "multi-margin-options": (
            lambda x, t, w, r: F.multi_margin_loss(x, t, p=2, margin=0.5, weight=w.detach(), reduction=r),
            lambda: (normal(4, 3), integers(4, high=3), weight()),
        ),
        "multilabel-margin": (
            lambda x, t, r: F.multilabel_margin_loss(x, t, reduction=r),
            lambda: (normal(3, 4), torch.tensor([[3, 0, -1, 1], [-1, 2, 0, 1], [1, 2, 3, 0]])),
        ),
        "multilabel-soft-margin": (
            lambda x, t, r: F.multilabel_soft_margin_loss(x, t.detach(), reduction=r),
            with_target(probabilities),
        ),
        "multilabel-soft-margin-weight": (
            lambda x, t, w, r: F.multilabel_soft_margin_loss(x, t.detach(), w.detach(), reduction=r),
            lambda: (normal(4, 3), probabilities(), weight()),
        ),
        "margin-ranking": (
            lambda a, b, t, r: F.margin_ranking_loss(a, b, t, reduction=r),
            lambda: (*pair(), signs(4, 3)()),
        ),
        "margin-ranking-margin": (
            lambda a, b, t, r: F.margin_ranking_loss(a, b, t, 0.6, reduction=r),
            lambda: (*pair(), signs(4, 3)()),
        ),
        "triplet": (lambda a, p, n, r: F.triplet_margin_loss(a, p, n, reduction=r), triple),
        "triplet-options": (
            lambda a, p, n, r: F.triplet_margin_loss(a, p, n, 2.0, 3.0, 1e-4, swap=True, reduction=r),
            triple,
        ),
        "triplet-distance": (
            lambda a, p, n, r: F.triplet_margin_with_distance_loss(a, p, n, reduction=r),
            triple,
        ),
        "triplet-distance-options": (
            lambda a, p, n, r: F.triplet_margin_with_distance_loss(
                a, p, n, distance_function=lambda x, y: 1 - F.cosine_similarity(x, y), margin=0.5, swap=True, reduction=r
            ),
            triple,
        ),
        "cosine-embedding": (
            lambda a, b, t, r: F.cosine_embedding_loss(a, b, t, reduction=r),
            lambda: (*pair(), signs(4)()),
        ),
        "cosine-embedding-margin": (
            lambda a, b, t, r: F.cosine_embedding_loss(a, b, t, -0.4, reduction=r),
            lambda: (*pair(), signs(4)()),
        ),
        "focal": (focal, with_target(lambda: integers(4, 3, high=2))),
        "focal-options": (
            lambda x, t, r: focal(x, t, r, -1, 1.5),
            with_target(lambda: integers(4, 3, high=2)),
        ),
        "dice": (dice, images),
        "tversky": (lambda p, t, r: tversky(p, t, r, 0.3, 0.7, 0.5), images),
        "info-nce": (info_nce, pair),
        "info-nce-options": (lambda q, k, r: info_nce(q, k, r, 0.5, True), pair),
        "ctc": (lambda x, t, r: ctc(r)(x, t), sequences()),
        "ctc-blank": (lambda x, t, r: ctc(r, blank=4, flat=True)(x, t), sequences(low=0, high=4)),
        "ctc-short": (
            lambda x, t, r: ctc(r, zero_infinity=True, lengths=(9, 2, 4), labels=(4, 3, 2))(x, t),
            sequences(),
        ),
    }
) | {"kl-div-batchmean": Case(lambda x, t: F.kl_div(x, t, reduction="batchmean"), with_target(probabilities))}
