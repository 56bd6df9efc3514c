"""Whether an image fools a model, judged so that no other batch size will undo the verdict."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import training, validate


class Disguise(NamedTuple):
    """What a search found: images, and which of them fool the model."""

    x_adv: Tensor
    success: Tensor


def fooled(model: nn.Module, x_adv: Tensor, y: Tensor, *, target: Tensor | None = None) -> Tensor:
    """Which examples the model gets wrong, or takes for their target.

    Parameters
    ----------
    model : maps images to logits (n, classes), in evaluation mode
    x_adv : Tensor, shape (n, c, h, w) or (n, d), values in [0, 1]
    y, target : LongTensor, shape (n,); with a target, only that answer counts

    Returns
    -------
    BoolTensor, shape (n,)

    Raises
    ------
    ValueError : as :func:`fgsm`.

    References
    ----------
    Explained in :doc:`/book/security/stronger-attacks`.
    """
    validate.images(x_adv, "x_adv")
    validate.labels(y, len(x_adv))
    if target is not None:
        validate.labels(target, len(x_adv), name="target")
    if len(x_adv) == 0:
        return torch.zeros(0, dtype=torch.bool, device=x_adv.device)
    guess = training.predict(model, x_adv).argmax(1)
    return guess != y if target is None else guess == target


def depth(logits: Tensor, y: Tensor, target: Tensor | None = None) -> Tensor:
    """How far beyond the boundary an example is, in logits; shape (n,), negative before it."""
    column = (y if target is None else target).unsqueeze(1)
    own = logits.gather(1, column).squeeze(1)
    other = logits.scatter(1, column, -torch.inf).amax(1)
    return other - own if target is None else own - other


def clearly_fooled(logits: Tensor, y: Tensor, target: Tensor | None = None) -> Tensor:
    """Beyond the boundary by more than the rounding of a sum of logits; shape (n,), bool.

    A point *on* the boundary is adversarial in one batch and harmless in another.
    """
    rounding = 32 * torch.finfo(logits.dtype).eps * logits.abs().amax(1)
    return depth(logits, y, target) > rounding


def settle(
    model: nn.Module, x: Tensor, x_adv: Tensor, y: Tensor, target: Tensor | None = None
) -> Disguise:
    """Ask the model once more, as a batch, and put back the original of every failure."""
    if len(x) == 0:
        return Disguise(x.clone(), torch.zeros(0, dtype=torch.bool, device=x.device))
    success = clearly_fooled(training.predict(model, x_adv), y, target)
    keep = success.view(-1, *[1] * (x.ndim - 1))
    return Disguise(torch.where(keep, x_adv, x), success)


def shorten(
    model: nn.Module, x: Tensor, x_adv: Tensor, y: Tensor, target: Tensor | None, searches: int
) -> Tensor:
    """Move successes back towards ``x``, halving the stretch in which the boundary must lie."""
    low, high = torch.zeros(len(x)).to(x), torch.ones(len(x)).to(x)
    shape = (-1, *[1] * (x.ndim - 1))
    best = x_adv
    for _ in range(searches if len(x) else 0):
        middle = (low + high) / 2
        candidate = torch.lerp(x, x_adv, middle.view(shape)).clamp_(0, 1)
        hit = clearly_fooled(training.predict(model, candidate), y, target)
        low, high = torch.where(hit, low, middle), torch.where(hit, middle, high)
        best = torch.where(hit.view(shape), candidate, best)
    return best
