"""Deletion and insertion: the area under the probability while pixels go, or come back."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib.attribution.removal import removal_curve


class Areas(NamedTuple):
    """Areas under the two curves, each of shape (n,), from 0 to 1.

    A small ``deletion`` and a large ``insertion`` are held to be good.
    """

    deletion: Tensor
    insertion: Tensor


def deletion_insertion(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    attribution: Tensor,
    *,
    steps: int = 20,
    baseline: float | Tensor = 0.0,
    canvas: float | Tensor | None = None,
) -> Areas:
    r"""Areas :math:`\int_0^1 p_y\,dk` under the probability of ``y``, by the trapezoidal rule.

    Deletion takes the share k of the pixels away, those of the largest attribution first;
    insertion puts them onto an empty canvas in the same order.

    Parameters
    ----------
    model, x, y, attribution, steps, baseline : as for :func:`removal_curve`
    canvas : what insertion begins with; default: ``baseline``. The paper takes a blurred ``x``

    Returns
    -------
    Areas : ``deletion`` and ``insertion``.

    Raises
    ------
    ValueError : as :func:`removal_curve`.

    References
    ----------
    Petsiuk, Das & Saenko (2018). Explained in :doc:`/book/explanation/trusting-explanations`.
    """
    empty = baseline if canvas is None else canvas
    gone = removal_curve(
        model, x, y, attribution, steps=steps, baseline=baseline, score="probability"
    )
    back = removal_curve(
        model, x, y, attribution, steps=steps, baseline=empty, keep=True, score="probability"
    )
    return Areas(*(torch.trapezoid(curve, dx=1 / steps, dim=0) for curve in (gone, back)))
