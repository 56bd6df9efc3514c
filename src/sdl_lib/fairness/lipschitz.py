"""Fairness to individuals: are people who are alike for the task treated alike?"""

from typing import NamedTuple

import torch
from torch import Tensor

BLOCK = 512  # rows of the table of pairs that are held at once


class LipschitzAudit(NamedTuple):
    """What :func:`lipschitz_fairness` found.

    ``violation`` is the largest excess of the outcomes' distance over the people's (at most 0 if
    the rule is fair to all), ``pair`` the two people concerned, ``share`` the part of all pairs
    for which it is positive.
    """

    violation: float
    pair: tuple[int, int]
    share: float


def lipschitz_fairness(
    outcome: Tensor, distance: Tensor, *, tolerance: float = 1e-9
) -> LipschitzAudit:
    r"""Look for the pair with the largest :math:`D_{tv}(M(i),M(j))-d(i,j)`.

    :math:`D_{tv}` is half the sum of absolute differences: for a yes with chance p or q, |p - q|.

    Parameters
    ----------
    outcome : chance of a yes, shape (n,), or of each of k outcomes, shape (n, k), rows summing to 1
    distance : Tensor, shape (n, n), how unlike two people are for the task: symmetric, not negative
    tolerance : excess that still counts as none in ``share``

    Returns
    -------
    LipschitzAudit : over all pairs of different people.

    Raises
    ------
    ValueError : if a shape or a value is wrong, or there are fewer than two people.

    References
    ----------
    Dwork et al. (2012). Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    p = _distributions(outcome)
    d = metric(distance, len(p))
    n = len(p)
    if n < 2:
        raise ValueError(f"outcome: expected at least two people, found {n}")
    worst, pair, broken = -torch.inf, (0, 1), 0
    for start in range(0, n, BLOCK):
        excess = torch.cdist(p[start : start + BLOCK], p, p=1) / 2 - d[start : start + BLOCK]
        rows = torch.arange(len(excess))
        excess[rows, rows + start] = -torch.inf  # nobody is compared with themselves
        broken += int((excess > tolerance).sum())
        most = float(excess.max())
        if most > worst:
            i, j = divmod(int(excess.argmax()), n)
            worst, pair = most, (i + start, j)
    return LipschitzAudit(worst, pair, broken / (n * (n - 1)))


def metric(distance: Tensor, n: int, name: str = "distance") -> Tensor:
    """``distance`` as float64, if it is a symmetric table (n, n) that is zero on its diagonal."""
    if not isinstance(distance, Tensor) or distance.shape != (n, n):
        found = tuple(distance.shape) if isinstance(distance, Tensor) else type(distance).__name__
        raise ValueError(f"{name}: expected a tensor of shape ({n}, {n}), found {found}")
    d = distance.detach().double()
    if not bool(torch.isfinite(d).all()) or bool((d < 0).any()):
        raise ValueError(f"{name}: expected finite numbers of at least 0")
    if bool((d.diagonal() != 0).any()) or not torch.allclose(d, d.T, atol=1e-9):
        raise ValueError(f"{name}: expected a symmetric table with zeros on its diagonal")
    return d


def _distributions(outcome: Tensor) -> Tensor:
    """One row a person, one column an outcome."""
    if not isinstance(outcome, Tensor) or outcome.ndim not in (1, 2):
        raise ValueError("outcome: expected a tensor of shape (n,) or (n, k)")
    p = outcome.detach().double()
    p = torch.stack([1 - p, p], 1) if p.ndim == 1 else p
    inside = bool(((p >= -1e-9) & (p <= 1 + 1e-9)).all())
    if not inside or not torch.allclose(p.sum(1), torch.ones_like(p[:, 0]), atol=1e-6):
        raise ValueError("outcome: expected chances from 0 to 1 that sum to 1 for each person")
    return p
