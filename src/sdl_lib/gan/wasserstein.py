"""The best 1-Lipschitz critic on the line; the distance itself is in ``sdl_lib.probability``."""

import torch
from torch import Tensor

from sdl_lib.probability import wasserstein_1d


def critic_1d(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    r"""The 1-Lipschitz f of greatest :math:`E f(x)-E f(y)`, which is then :math:`W_1`.

    It climbs with slope 1 wherever more of ``y`` than of ``x`` lies to the left, and falls with
    slope 1 where it is the other way round.

    Parameters
    ----------
    x, y : Tensor, shapes (n,) and (m,): samples of the two laws, in any order

    Returns
    -------
    (Tensor, Tensor), both of shape (n + m,): all points from left to right, and f at them,
    with f = 0 at the first; f is linear between neighbours.

    Raises
    ------
    ValueError : if points are missing or not finite.

    References
    ----------
    Kantorovich duality in Arjovsky, Chintala & Bottou (2017), equation 2. Explained in
    :doc:`/book/security/gan-theory`.
    """
    wasserstein_1d(x, y)  # its checks of the points are ours
    left, right = x.detach().sort().values, y.detach().sort().values
    points = torch.cat([left, right]).sort().values
    below = points[:-1]
    # counts times the other's size: whole numbers, so that a tie is a tie
    more = torch.searchsorted(right, below, right=True) * len(left) - (
        torch.searchsorted(left, below, right=True) * len(right)
    )
    climbs = more.sign().to(points.dtype) * points.diff()
    return points, torch.cat([points.new_zeros(1), climbs.cumsum(0)])
