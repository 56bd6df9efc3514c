"""Intervals for a share of right answers: when examples are independent, and when they are not."""

import math
from statistics import NormalDist

import torch
from torch import Tensor

from sdl_lib import validate


def wilson(right: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a probability, from ``right`` successes in ``n`` independent trials.

    Parameters
    ----------
    right, n : counts, 0 <= right <= n, n >= 1
    level : confidence, between 0 and 1

    Returns
    -------
    (low, high) : both in [0, 1].

    Raises
    ------
    ValueError : if a count or the level is out of range.

    References
    ----------
    Wilson (1927). Explained in :doc:`/book/fundamentals/representations-and-transfer`.
    """
    validate.count(n, "n")
    validate.count(right, "right", least=0)
    if right > n:
        raise ValueError(f"right: expected at most n = {n}, found {right}")
    _level(level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def cluster_bootstrap(
    right: Tensor,
    cluster: Tensor,
    *,
    draws: int = 2000,
    level: float = 0.95,
    generator: torch.Generator,
) -> tuple[float, float]:
    """An interval for the share of right answers when answers of one cluster hang together.

    Whole clusters (patients, regions) are drawn with replacement, never single examples.

    Parameters
    ----------
    right : BoolTensor, shape (n,)
    cluster : LongTensor, shape (n,): which cluster each example belongs to
    draws : bootstrap samples
    level : confidence, between 0 and 1
    generator : the source of the draws

    Returns
    -------
    (low, high) : percentiles of the redrawn shares.

    Raises
    ------
    ValueError : if shapes or dtypes are wrong, or there are fewer than two clusters: from one
        patient, nothing can be said of others.

    References
    ----------
    Efron & Tibshirani (1993). Explained in
    :doc:`/book/fundamentals/representations-and-transfer`.
    """
    if not isinstance(right, Tensor) or right.dtype != torch.bool or right.ndim != 1:
        raise ValueError("right: expected a tensor of booleans of shape (n,)")
    validate.labels(cluster, len(right), name="cluster")
    validate.count(draws, "draws")
    _level(level)
    names = cluster.unique()
    if len(names) < 2:
        raise ValueError(f"cluster: expected at least two clusters, found {len(names)}")
    member = (cluster[None] == names[:, None]).double()
    hits, sizes = member @ right.double(), member.sum(1)
    rows = torch.randint(len(names), (draws, len(names)), generator=generator)
    shares = hits[rows].sum(1) / sizes[rows].sum(1)
    tail = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.double)
    low, high = shares.quantile(tail).tolist()
    return low, high


def _level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1, found {level}")
