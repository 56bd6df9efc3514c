"""Remove or restore the pixels that a map calls important, and watch the answer."""

from typing import Literal

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.gradient import at_once, check_arguments
from sdl_lib.training import predict

Score = Literal["logit", "probability"]


def removal_curve(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    attribution: Tensor,
    *,
    steps: int = 20,
    baseline: float | Tensor = 0.0,
    keep: bool = False,
    score: Score = "logit",
) -> Tensor:
    """The score of ``y`` while features go, from the one with the largest attribution on.

    A feature is a pixel with all its channels, if ``x`` has the shape (n, c, h, w), and a single
    number otherwise; features that tie go in the order in which they stand.

    Parameters
    ----------
    model, x, y : as for :func:`saliency`
    attribution : Tensor, shaped as ``x``; over channels it is added up
    steps : the features go in so many nearly equal groups
    baseline : what replaces them, a number or a Tensor that broadcasts to ``x``
    keep : begin with the baseline, and put features back in the same order
    score : the logit of ``y``, or its probability

    Returns
    -------
    Tensor, shape (steps + 1, n): row k after k groups; the last row has none (or all) of them.

    Raises
    ------
    ValueError : as :func:`saliency`, if shapes differ, or ``steps`` exceeds the features.

    References
    ----------
    Samek et al. (2017). Explained in :doc:`/book/explanation/trusting-explanations`.
    """
    check_maps(model, x, y, attribution)
    validate.choice(score, ("logit", "probability"), "score")
    place = places(attribution)
    features = place[0].numel()
    validate.count(steps, "steps")
    if steps > features:
        raise ValueError(f"steps: expected at most the {features} features, found {steps}")
    x, away = x.detach(), filled(x, baseline)
    inside, outside = (away, x) if keep else (x, away)
    curve = []
    for k in range(steps + 1):
        taken = place < round(k * features / steps)
        curve.append(class_scores(model, torch.where(taken, outside, inside), y, score))
    return torch.stack(curve)


def check_maps(model: nn.Module, x: Tensor, y: Tensor, attribution: Tensor) -> None:
    """Raise ``ValueError`` for arguments that no measure of a map can work with."""
    check_arguments(model, x, y)
    validate.finite_batch(attribution, "attribution")
    if attribution.shape != x.shape:
        found, expected = tuple(attribution.shape), tuple(x.shape)
        raise ValueError(f"attribution: expected the shape of x, {expected}, found {found}")
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")


def per_pixel(attribution: Tensor) -> Tensor:
    """The sum over channels of (n, c, h, w), kept as one channel; other shapes as they are."""
    detached = attribution.detach()
    return detached.sum(1, keepdim=True) if detached.ndim == 4 else detached


def places(attribution: Tensor) -> Tensor:
    """The place of each feature in its example's order, 0 for the largest attribution."""
    values = per_pixel(attribution)
    order = values.flatten(1).argsort(stable=True, dim=1, descending=True)
    place: Tensor = order.argsort(dim=1).view_as(values)
    return place


def filled(x: Tensor, baseline: float | Tensor) -> Tensor:
    """The baseline in the shape of ``x``."""
    value = torch.as_tensor(baseline, dtype=x.dtype, device=x.device).detach()
    if not bool(torch.isfinite(value).all()):
        raise ValueError("baseline: contains values that are not finite")
    try:
        return value.expand_as(x)
    except RuntimeError as error:
        raise ValueError(
            f"baseline: expected a shape that fits {tuple(x.shape)}, found {tuple(value.shape)}"
        ) from error


def class_scores(model: nn.Module, x: Tensor, y: Tensor, score: Score) -> Tensor:
    """Logit or probability of class ``y``, shape (n,), detached."""
    logits = predict(model, x, batch_size=at_once(x))
    validate.logits(logits, len(x))
    validate.labels(y, len(x), logits.shape[1])
    scores = logits.softmax(1) if score == "probability" else logits
    return scores.gather(1, y[:, None])[:, 0]
