"""Average drop: what is left of the answer when only the explanation is shown."""

import torch
from torch import Tensor, nn

from sdl_lib.attribution.removal import check_maps, class_scores, filled, per_pixel


def average_drop(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    attribution: Tensor,
    *,
    baseline: float | Tensor = 0.0,
) -> Tensor:
    r"""Share of the probability that is lost, :math:`\max(0, p_y(x) - p_y(x_m)) / p_y(x)`.

    The masked input is :math:`x_m = m \odot x + (1 - m) \odot b`, and the mask m the positive part
    of the map, over its largest value. The published "average drop %" is 100 times the mean.

    Parameters
    ----------
    model, x, y, attribution : as for :func:`removal_curve`
    baseline : what stands where the mask is 0, a number or a Tensor that broadcasts to ``x``

    Returns
    -------
    Tensor, shape (n,), from 0 (nothing is lost) to 1; a map without a positive value has mask 0.

    Raises
    ------
    ValueError : as :func:`removal_curve`.

    References
    ----------
    Chattopadhyay et al. (2018). Explained in :doc:`/book/explanation/trusting-explanations`.
    """
    check_maps(model, x, y, attribution)
    positive = per_pixel(attribution).clamp(min=0)
    top = positive.flatten(1).amax(1).view(-1, *[1] * (x.ndim - 1))
    mask = positive / top.clamp(min=torch.finfo(x.dtype).tiny)
    shown = mask * x.detach() + (1 - mask) * filled(x, baseline)
    before = class_scores(model, x, y, "probability")
    after = class_scores(model, shown, y, "probability")
    return (before - after).clamp(min=0) / before.clamp(min=torch.finfo(x.dtype).tiny)
