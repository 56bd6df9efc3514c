"""Projected gradient descent: many small steps that never leave the ball."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.geometry import Norm, project, random_point, unit
from sdl_lib.attacks.gradient import ascent_direction, check_arguments


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
    norm : ``"linf"`` (g is the gradient's sign), ``"l2"`` (the gradient over its length) or
        ``"l1"`` (the signs of its largest entries)
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
    Madry et al. (2018); for l1 Tramèr & Boneh (2019). Explained in
    :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, eps, target)
    validate.choice(norm, ("linf", "l2", "l1"), "norm")
    validate.count(steps, "steps")
    step_size = 2.5 * eps / steps if step_size is None else step_size
    validate.radius(step_size, "step_size")
    x = x.detach()
    if len(x) == 0:
        return x.clone()
    x_adv = random_point(x, eps, norm, generator) if random_start else x.clone()
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
        here = x_adv[rows]
        moved = here + step_size * unit(direction, norm, here)
        x_adv[rows] = project(moved, x[rows], eps, norm)
    return x_adv
