"""Momentum iterative FGSM: signed steps along an average of the gradients met so far."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.geometry import length, project
from sdl_lib.attacks.gradient import ascent_direction, check_arguments


def mifgsm(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    steps: int = 10,
    step_size: float | None = None,
    decay: float = 1.0,
    target: Tensor | None = None,
) -> Tensor:
    r"""Repeat :math:`g \leftarrow \mu g + \nabla L/\|\nabla L\|_1,\ x' \leftarrow \Pi(x' +
    \alpha\,\mathrm{sign}\,g)`.

    The average keeps to directions that serve at many points, and these transfer to other
    networks more often than the end of a plain ascent.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    eps : radius of the max-norm ball, in units of pixel value
    steps, step_size : how many, and :math:`\alpha`; default: ``eps / steps``
    decay : :math:`\mu`, the weight of the past; 0 is plain iterative FGSM

    Returns
    -------
    Tensor as ``x``: the last iterate, in the ball (up to one rounding) and in [0, 1].

    Raises
    ------
    ValueError : as :func:`fgsm`, and for a setting that is out of range.

    References
    ----------
    Dong et al. (2018). Explained in :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, eps, target)
    validate.count(steps, "steps")
    step_size = eps / steps if step_size is None else step_size
    validate.radius(step_size, "step_size")
    validate.radius(decay, "decay")
    x = x.detach()
    x_adv, momentum = x.clone(), torch.zeros_like(x)
    for _ in range(steps if len(x) else 0):
        direction, _ = ascent_direction(model, x_adv, y, target)
        # over the largest entry first, so that a tiny gradient does not underflow
        tiny = torch.finfo(x.dtype).tiny
        scaled = direction / length(direction, "linf").clamp_min(tiny)
        momentum = decay * momentum + scaled / length(scaled, "l1").clamp_min(tiny)
        x_adv = project(x_adv + step_size * momentum.sign(), x, eps, "linf")
    return x_adv
