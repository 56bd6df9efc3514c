"""Expectation over transformation: a disguise that must hold from every angle."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.geometry import Norm, project, random_point, unit
from sdl_lib.attacks.gradient import ascent_direction, check_arguments
from sdl_lib.attacks.random_views import Views


def expectation_over_transformation(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    views: Views,
    eps: float,
    samples: int = 16,
    norm: Norm = "linf",
    steps: int = 40,
    step_size: float | None = None,
    random_start: bool = False,
    target: Tensor | None = None,
    mask: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""PGD on :math:`\mathbb E_t\,L(t(x'), y)`, with fresh views t at every step.

    Each step takes the gradient of the mean cross-entropy over ``samples`` views of the present
    picture, all in one batch. With the identity as only view and one sample this is :func:`pgd`,
    step for step.

    Parameters
    ----------
    model, x, y, target, eps, norm, steps, step_size, random_start : as for :func:`pgd`; the start
        is ``x`` unless ``random_start``
    views : of (batch, generator), differentiable, such as :func:`random_views`
    samples : views of each picture at each step
    mask : Tensor that broadcasts to ``x``; pixels where it is 0 stay as they are
    generator : the source of start and views; default: a new one with seed 0

    Returns
    -------
    Tensor as ``x``: in the ball (up to one rounding), in [0, 1], and ``x`` off the mask.

    Raises
    ------
    ValueError : as :func:`pgd`, and for a bad ``samples`` or ``mask``.

    References
    ----------
    Athalye, Engstrom, Ilyas & Kwok (2018). Explained in
    :doc:`/book/security/physical-audio-and-medical`.
    """
    check_arguments(model, x, y, eps, target)
    validate.choice(norm, ("linf", "l2", "l1"), "norm")
    validate.count(steps, "steps")
    validate.count(samples, "samples")
    step_size = 2.5 * eps / steps if step_size is None else step_size
    validate.radius(step_size, "step_size")
    free = _free(mask, x)
    x = x.detach()
    if len(x) == 0:
        return x.clone()
    source = generator or torch.Generator().manual_seed(0)
    start = random_point(x, eps, norm, source) if random_start else x
    x_adv = torch.where(free, start, x)
    for _ in range(steps):
        direction = mean_ascent(model, x_adv, y, target, views, samples, source)
        moved = x_adv + step_size * unit(direction * free, norm, x_adv)
        x_adv = torch.where(free, project(moved, x, eps, norm), x)
    return x_adv


def mean_ascent(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    target: Tensor | None,
    views: Views,
    samples: int,
    generator: torch.Generator,
) -> Tensor:
    """Direction of the gradient of the mean loss over views, shaped as ``x``; its length is free.

    A view at which the model is sure pulls with the factor 1 - p. We divide these factors by
    their largest among the views of an example, so that they do not all round to zero.
    """
    with torch.enable_grad():
        inputs = x.detach().requires_grad_()
        seen = views(inputs.repeat_interleave(samples, 0), generator)
    labels = y.repeat_interleave(samples)
    aims = None if target is None else target.repeat_interleave(samples)
    pulls, logits = ascent_direction(model, seen.detach(), labels, aims)
    own = (labels if aims is None else aims).unsqueeze(1)
    doubt = logits.scatter(1, own, -torch.inf).logsumexp(1) - logits.logsumexp(1)
    doubt = doubt.view(-1, samples)
    weight = (doubt - doubt.amax(1, keepdim=True)).exp().view(-1, *[1] * (x.ndim - 1))
    (direction,) = torch.autograd.grad(seen, inputs, pulls * weight)
    return direction


def _free(mask: Tensor | None, x: Tensor) -> Tensor:
    """Where pixels may change, as booleans."""
    if mask is None:
        return torch.ones(1, dtype=torch.bool, device=x.device)
    try:
        torch.broadcast_to(mask, x.shape)
    except RuntimeError as error:
        raise ValueError(
            f"mask: expected a shape that broadcasts to {tuple(x.shape)}, found {tuple(mask.shape)}"
        ) from error
    return mask != 0
