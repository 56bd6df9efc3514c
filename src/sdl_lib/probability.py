"""Laws on finitely many points and on the line: how uncertain, how far apart, how to draw.

Logarithms are natural: entropies are in nats.
"""

import math

import torch
from torch import Tensor

from sdl_lib import validate

# how far the sum of a law in float32 over thousands of points may be from 1
_SUM = 1e-4


def _check_law(p: Tensor, name: str) -> None:
    if not isinstance(p, Tensor) or not p.is_floating_point():
        found = p.dtype if isinstance(p, Tensor) else type(p).__name__
        raise ValueError(f"{name}: expected a tensor of floats, found {found}")
    if p.ndim == 0 or p.shape[-1] == 0:
        raise ValueError(
            f"{name}: expected shape (..., k) with k of at least 1, found {tuple(p.shape)}"
        )
    if p.numel() == 0:
        return
    values = p.detach()
    if not bool(torch.isfinite(values).all()):
        raise ValueError(f"{name}: contains probabilities that are not finite")
    if float(values.min()) < 0:
        raise ValueError(f"{name}: expected no negative probability, found {float(values.min()):g}")
    off = float((values.sum(-1) - 1).abs().max())
    if off > _SUM:
        raise ValueError(f"{name}: expected probabilities that sum to 1, found a sum {off:g} away")


def _check_pair(p: Tensor, q: Tensor) -> None:
    _check_law(p, "p")
    _check_law(q, "q")
    if p.shape != q.shape:
        raise ValueError(f"q: expected the shape {tuple(p.shape)} of p, found {tuple(q.shape)}")


def entropy(p: Tensor) -> Tensor:
    r"""The uncertainty :math:`H(p) = -\sum_k p_k\log p_k`, with :math:`0\log 0 = 0`.

    Parameters
    ----------
    p : Tensor, shape (..., k): probabilities that sum to 1 along the last dimension

    Returns
    -------
    Tensor, shape (...): between 0 and log k, in nats.

    Raises
    ------
    ValueError : if ``p`` is no tensor of floats, or one of its rows is no law.

    References
    ----------
    Shannon (1948). Explained in :doc:`/book/appendix/probability`.
    """
    _check_law(p, "p")
    total: Tensor = torch.special.entr(p).sum(-1)
    return total


def kl(p: Tensor, q: Tensor) -> Tensor:
    r"""The divergence :math:`\mathrm{KL}(p\Vert q) = \sum_k p_k\log(p_k/q_k)`.

    Parameters
    ----------
    p, q : Tensor, both of shape (..., k): probabilities that sum to 1 along the last dimension

    Returns
    -------
    Tensor, shape (...): at least 0, in nats; infinite where ``q`` excludes what ``p`` allows.

    Raises
    ------
    ValueError : if the shapes differ, or one of the rows is no law.

    References
    ----------
    Kullback & Leibler (1951). Explained in :doc:`/book/appendix/probability`.
    """
    _check_pair(p, q)
    total: Tensor = (torch.special.xlogy(p, p) - torch.special.xlogy(p, q)).sum(-1)
    return total.clamp(min=0)  # rounding can push a zero below 0


def jsd(p: Tensor, q: Tensor) -> Tensor:
    r"""The Jensen-Shannon divergence, the mean of the KL divergences to :math:`m = (p + q)/2`.

    Parameters
    ----------
    p, q : Tensor, both of shape (..., k): probabilities that sum to 1 along the last dimension

    Returns
    -------
    Tensor, shape (...): between 0 and log 2, in nats. Its square root is a metric.

    Raises
    ------
    ValueError : if the shapes differ, or one of the rows is no law.

    References
    ----------
    Lin (1991). Explained in :doc:`/book/appendix/probability`.
    """
    _check_pair(p, q)
    middle = (p + q) / 2
    return (kl(p, middle) + kl(q, middle)) / 2


def gumbel_max(logits: Tensor, n: int, *, generator: torch.Generator) -> Tensor:
    r"""Draw ``n`` classes from the softmax of ``logits``, each as the place of a maximum.

    :math:`\arg\max_k (z_k + g_k)` with independent :math:`g_k = -\log(-\log u_k)`.

    Parameters
    ----------
    logits : Tensor, shape (k,), finite
    n : draws, at least 1
    generator : the source of chance, on the device of ``logits``

    Returns
    -------
    LongTensor, shape (n,): class numbers from 0 to k - 1.

    Raises
    ------
    ValueError : if ``logits`` is no vector or not finite, or ``n`` is less than 1.

    References
    ----------
    Maddison, Tarlow & Minka (2014). Explained in :doc:`/book/appendix/probability`.
    """
    if not isinstance(logits, Tensor) or logits.ndim != 1 or len(logits) == 0:
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ValueError(f"logits: expected a vector of scores, found {found}")
    validate.logits(logits[None], 1, "logits")
    validate.count(n, "n")
    # -log u is an exponential variable; in float64 its tail is not cut off early
    waits = torch.empty(n, len(logits), dtype=torch.float64, device=logits.device)
    waits.exponential_(generator=generator)
    return (logits.detach().double() - waits.log()).argmax(1)


def wasserstein_1d(
    x: Tensor,
    y: Tensor,
    *,
    x_weights: Tensor | None = None,
    y_weights: Tensor | None = None,
) -> Tensor:
    r"""The least mean distance over which one law on the line is carried into another.

    It is the area between the distribution functions, :math:`W_1 = \int\lvert F - G\rvert`.

    Parameters
    ----------
    x, y : Tensor, shapes (n,) and (m,): the points of the two laws, in any order
    x_weights, y_weights : shapes (n,) and (m,): their masses, scaled to sum 1; default: all equal

    Returns
    -------
    Tensor, one number, at least 0; differentiable in ``x`` and ``y``.

    Raises
    ------
    ValueError : if points are missing or not finite, or masses are negative or sum to 0.

    References
    ----------
    Vallender (1974). Explained in :doc:`/book/appendix/probability`.
    """
    _check_points(x, x_weights, "x")
    _check_points(y, y_weights, "y")
    values = torch.cat([x, y]).sort().values
    at = values[:-1].detach()
    gap = (_share_below(x, x_weights, at) - _share_below(y, y_weights, at)).abs()
    return (gap * values.diff()).sum()


def _share_below(x: Tensor, weights: Tensor | None, at: Tensor) -> Tensor:
    """The distribution function of the points ``x``: mass at or below each of ``at``."""
    points, order = x.detach().to(at.dtype).sort()
    count = torch.searchsorted(points, at, right=True)
    if weights is None:
        return count.to(at.dtype) / len(points)
    mass = weights.detach().to(at.dtype)[order].cumsum(0)
    return torch.cat([mass.new_zeros(1), mass / mass[-1]])[count]


def _check_points(x: Tensor, weights: Tensor | None, name: str) -> None:
    if not isinstance(x, Tensor) or not x.is_floating_point():
        found = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"{name}: expected a tensor of floats, found {found}")
    if x.ndim != 1 or len(x) == 0:
        raise ValueError(f"{name}: expected at least one point on a line, found {tuple(x.shape)}")
    if not bool(torch.isfinite(x.detach()).all()):
        raise ValueError(f"{name}: contains points that are not finite")
    if weights is None:
        return
    if weights.shape != x.shape:
        raise ValueError(
            f"{name}_weights: expected one for each of {len(x)} points, found "
            f"shape {tuple(weights.shape)}"
        )
    total = float(weights.sum())
    if not math.isfinite(total) or total <= 0 or float(weights.min()) < 0:
        raise ValueError(f"{name}_weights: expected masses of at least 0 with a finite sum over 0")
