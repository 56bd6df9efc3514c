"""DDN: decouple the direction of the change from its length, and let the length breathe."""

import math

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.geometry import length, unit
from sdl_lib.attacks.gradient import ascent_direction, check_arguments
from sdl_lib.attacks.verdict import Disguise, clearly_fooled, settle


def ddn(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int = 100,
    gamma: float = 0.05,
    start: float = 1.0,
    target: Tensor | None = None,
) -> Disguise:
    r"""Follow the gradient on a sphere that shrinks where the model is fooled and grows elsewhere.

    Step: :math:`\delta \leftarrow \delta + \alpha_t\,g`, with g the gradient at unit length and
    :math:`\alpha_t` falling from 1 to .01 along a cosine; radius:
    :math:`\epsilon \leftarrow (1 \mp \gamma)\,\epsilon`; then :math:`\delta` is put onto the
    sphere of that radius and into the box.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    steps : one gradient each
    gamma : relative change of the radius at each step, between 0 and 1
    start : first radius, a Euclidean length

    Returns
    -------
    x_adv : Tensor as ``x``: the nearest success met; a row that failed is the row of ``x``
    success : BoolTensor, shape (n,)

    Raises
    ------
    ValueError : as :func:`fgsm`, and for a setting that is out of range.

    References
    ----------
    Rony et al. (2019). Explained in :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, None, target)
    validate.count(steps, "steps")
    validate.radius(start, "start")
    if not 0 < gamma < 1:
        raise ValueError(f"gamma: expected a number between 0 and 1, found {gamma}")
    x = x.detach()
    if len(x) == 0:
        return settle(model, x, x, y, target)
    farthest = length(torch.maximum(x, 1 - x))
    x_adv, best = x.clone(), x.clone()
    shortest = torch.full_like(farthest, torch.inf)
    radius = torch.full_like(farthest, start)
    for t in range(steps):
        direction, logits = ascent_direction(model, x_adv, y, target)
        hit = clearly_fooled(logits, y, target).view_as(radius)
        delta = x_adv - x
        size = length(delta)
        better = hit & (size < shortest)
        best, shortest = torch.where(better, x_adv, best), torch.where(better, size, shortest)
        alpha = 0.01 + 0.99 * (1 + math.cos(math.pi * t / steps)) / 2
        delta = delta + alpha * unit(direction, "l2", x_adv)
        radius = torch.minimum(radius * torch.where(hit, 1 - gamma, 1 + gamma), farthest)
        tiny = torch.finfo(x.dtype).tiny
        x_adv = (x + delta / length(delta).clamp_min(tiny) * radius).clamp_(0, 1)
    return settle(model, x, best, y, target)
