"""Projected gradient descent: many small steps that never leave the ball."""

from typing import Literal

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.gradient import ascent_direction, check_arguments

Norm = Literal["linf", "l2"]


def pgd(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    norm: Norm = "linf",
    steps: int = 40,
    step_size: float | None = None,
    random_start: bool = True,
    target: Tensor | None = None,
    generator: torch.Generator | None = None,
    stop_when_fooled: bool = False,
) -> Tensor:
    r"""Repeat :math:`x' \leftarrow \Pi(x' + \alpha\,g)`, :math:`g` the gradient at unit length.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    eps : radius of the ball, in units of pixel value (for ``"l2"``: the Euclidean length)
    norm : ``"linf"`` (g is the gradient's sign) or ``"l2"`` (the gradient over its length)
    steps, step_size : how many, and :math:`\alpha`; default: 2.5 ``eps / steps``
    random_start : begin at a uniformly random point of the ball, clipped to [0, 1], not at ``x``
    generator : the source of the start; default: a new one with seed 0
    stop_when_fooled : leave an example where it first fools the model, and spend no more on it;
        right for measuring accuracy, wrong where the highest loss is wanted, as in training

    Returns
    -------
    Tensor as ``x``: the last iterate, in the ball (up to one rounding) and in [0, 1].

    Raises
    ------
    ValueError : as :func:`fgsm`, and for an unknown ``norm`` or a bad ``steps`` or ``step_size``.

    References
    ----------
    Madry et al. (2018). Explained in :doc:`/book/security/adversarial-examples`.
    """
    check_arguments(model, x, y, eps, target)
    validate.choice(norm, ("linf", "l2"), "norm")
    validate.count(steps, "steps")
    step_size = 2.5 * eps / steps if step_size is None else step_size
    validate.radius(step_size, "step_size")
    x = x.detach()
    if len(x) == 0:
        return x.clone()
    x_adv = _random_point(x, eps, norm, generator) if random_start else x.clone()
    rows: Tensor | slice = slice(None)  # the examples still worked on: all, without a copy
    for _ in range(steps):
        labels, aims = y[rows], None if target is None else target[rows]
        direction, logits = ascent_direction(model, x_adv[rows], labels, aims)
        if stop_when_fooled:
            guess = logits.argmax(1)
            standing = guess == labels if aims is None else guess != aims
            rows = torch.arange(len(x), device=x.device)[rows][standing]
            direction = direction[standing]
            if len(rows) == 0:
                break
        moved = x_adv[rows] + step_size * _unit(direction, norm)
        x_adv[rows] = _project(moved, x[rows], eps, norm)
    return x_adv


def _unit(direction: Tensor, norm: Norm) -> Tensor:
    """The step of length 1 in ``norm`` that climbs fastest; zero where the gradient is zero."""
    if norm == "linf":
        return direction.sign()
    # over the largest entry first: the squares of a tiny gradient would underflow to zero
    axes = tuple(range(1, direction.ndim))
    tiny = torch.finfo(direction.dtype).tiny
    scaled = direction / direction.abs().amax(axes, keepdim=True).clamp_min(tiny)
    return scaled / _length(scaled).clamp_min(tiny)


def _project(x_adv: Tensor, x: Tensor, eps: float, norm: Norm) -> Tensor:
    """Back into the ball of radius ``eps`` around ``x``, then into [0, 1].

    The second step cannot undo the first: ``x`` lies in the box, so clipping to it brings every
    pixel closer to ``x`` or leaves it. For ``"l2"`` the result is in both sets without being the
    nearest such point, which would take a search.
    """
    if norm == "linf":
        return x_adv.clamp(x - eps, x + eps).clamp_(0, 1)
    delta = x_adv - x
    # tiny, so that a radius of zero does not divide zero by zero
    shrink = eps / _length(delta).clamp_min(max(eps, torch.finfo(x.dtype).tiny))
    return (x + delta * shrink).clamp_(0, 1)


def _random_point(x: Tensor, eps: float, norm: Norm, generator: torch.Generator | None) -> Tensor:
    """Uniform in the ball, then clipped to [0, 1]; drawn on the device of the generator."""
    source = generator or torch.Generator().manual_seed(0)
    if norm == "linf":
        offset = 2 * torch.rand(x.shape, generator=source, device=source.device) - 1
    else:
        # a uniform direction, and a length r with P(r < s) = s^d, the share of the volume inside
        gauss = torch.randn(x.shape, generator=source, device=source.device)
        share = torch.rand(len(x), generator=source, device=source.device)
        radius = share.pow(1 / x[0].numel()).view(-1, *[1] * (x.ndim - 1))
        offset = gauss / _length(gauss) * radius
    return _project(x + eps * offset.to(x), x, eps, norm)


def _length(v: Tensor) -> Tensor:
    """Euclidean length of each example, shape (n, 1, ...)."""
    length: Tensor = torch.linalg.vector_norm(v, dim=tuple(range(1, v.ndim)), keepdim=True)
    return length
