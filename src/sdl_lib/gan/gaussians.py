"""The game in which everything is known: data N(0, 1), generator N(mean, sd), the best D."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib.probability import jsd

_REACH = 9  # standard deviations to either side: what lies beyond has a mass under 1e-18
_POINTS = 4001


class GaussianGame(NamedTuple):
    """Two densities on a grid, the best D, two distances and two gradients of the generator.

    ``x``, ``p``, ``q`` and ``logits`` (of D*) have one shape; ``minimax`` and ``non_saturating``
    are the gradients of the two generator losses by (mean, sd), shape (2,), at D = D*.
    """

    x: Tensor
    p: Tensor
    q: Tensor
    logits: Tensor
    jsd: float
    w1: float
    minimax: Tensor
    non_saturating: Tensor


def gaussian_game(mean: float, sd: float) -> GaussianGame:
    r"""Data N(0, 1) against a generator :math:`G(z)=m+sz`, with the discriminator at its best.

    The gradients hold D fixed, as a training step does: of :math:`E\log(1-D(G(z)))` and of
    :math:`-E\log D(G(z))`. Integrals by the trapezoidal rule, :math:`W_1` in closed form.

    Parameters
    ----------
    mean : m, finite
    sd : s, over 0

    Returns
    -------
    GaussianGame

    Raises
    ------
    ValueError : if ``mean`` is not finite, or ``sd`` not over 0 or too small for the grid.

    References
    ----------
    Explained in :doc:`/book/security/gan-theory`.
    """
    if not math.isfinite(mean):
        raise ValueError(f"mean: expected a finite number, found {mean}")
    if not math.isfinite(sd) or sd <= 0:
        raise ValueError(f"sd: expected a finite number over 0, found {sd}")
    low, high = min(-_REACH, mean - _REACH * sd), max(_REACH, mean + _REACH * sd)
    width = (high - low) / (_POINTS - 1)
    if width > min(sd, 1):
        raise ValueError(f"sd: the grid is too coarse for a mean of {mean} and an sd of {sd}")
    x = torch.linspace(low, high, _POINTS, dtype=torch.float64)
    z = (x - mean) / sd
    p = (-x * x / 2).exp() / math.sqrt(2 * math.pi)
    q = (-z * z / 2).exp() / (sd * math.sqrt(2 * math.pi))
    logits = (z * z - x * x) / 2 + math.log(sd)  # log p - log q
    slope = z / sd - x  # of the logits
    # the ends of the grid have no mass: the trapezoidal rule is a plain sum
    moves = torch.stack([slope, slope * z]) * q * width  # along mean and along sd
    d = torch.sigmoid(logits)
    return GaussianGame(
        x,
        p,
        q,
        logits,
        float(jsd(p * width, q * width)),
        _carried(abs(mean), abs(sd - 1)),
        -(moves * d).sum(1),
        -(moves * (1 - d)).sum(1),
    )


def _carried(shift: float, stretch: float) -> float:
    """The mean size of shift + stretch z: z goes to mean + sd z, and nothing passes anything."""
    if stretch == 0:
        return shift
    r = shift / stretch
    bell = math.sqrt(2 / math.pi) * math.exp(-r * r / 2)
    return stretch * bell + shift * math.erf(r / math.sqrt(2))
