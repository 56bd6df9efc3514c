"""Intervals for a share that was counted: how far the truth may be from it.

Wilson's and Clopper and Pearson's are for independent trials, the bootstrap for clusters.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import torch
from scipy.special import betainccinv, betaincinv
from torch import Tensor

from sdl_lib import validate


class Interval(NamedTuple):
    """From ``low`` to ``high``."""

    low: float
    high: float


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    r"""The score interval for a probability, from ``successes`` among ``n`` independent trials.

    It holds every probability :math:`p` whose distance from the share that was counted is at most
    :math:`z\sqrt{p(1-p)/n}`, with :math:`z` the quantile of the normal law.

    Parameters
    ----------
    successes : from 0 to ``n``
    n : trials, at least 1
    confidence : between 0 and 1

    Returns
    -------
    Interval : within [0, 1], and never of width 0.

    Raises
    ------
    ValueError : if a number is out of its range.

    References
    ----------
    Wilson (1927); Brown, Cai & DasGupta (2001). Explained in
    :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    _check_counts(successes, n)
    _confidence(confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    # at the two ends the formula gives 0 and 1; rounding must not move them
    low = 0.0 if successes == 0 else middle - reach
    high = 1.0 if successes == n else middle + reach
    return Interval(low, high)


def clopper_pearson(
    successes: int, n: int, *, confidence: float = 0.95, side: str = "both"
) -> Interval:
    r"""The exact interval for a probability, from ``successes`` among ``n`` independent trials.

    It holds every :math:`p` under which neither tail of the binomial law beyond the observed
    number is less likely than :math:`(1-\text{confidence})/2`. Whatever the true :math:`p`, it
    covers it at least as often as ``confidence`` says.

    Parameters
    ----------
    successes : from 0 to ``n``
    n : trials, at least 1
    confidence : between 0 and 1
    side : "both"; or "lower" or "upper" for a bound on that side alone, at the full confidence

    Returns
    -------
    Interval : within [0, 1].

    Raises
    ------
    ValueError : if a number is out of its range, or ``side`` is unknown.

    References
    ----------
    Clopper & Pearson (1934). Explained in :doc:`/book/appendix/probability`.
    """
    _check_counts(successes, n)
    _confidence(confidence)
    validate.choice(side, ("both", "lower", "upper"), "side")
    tail = (1 - confidence) / (2 if side == "both" else 1)
    low, high = 0.0, 1.0
    if side != "upper" and successes > 0:
        low = float(betaincinv(successes, n - successes + 1, tail))
    if side != "lower" and successes < n:
        high = float(betainccinv(successes + 1, n - successes, tail))
    return Interval(low, high)


def cluster_bootstrap(
    right: Tensor,
    cluster: Tensor,
    *,
    draws: int = 2000,
    confidence: float = 0.95,
    generator: torch.Generator,
) -> Interval:
    """An interval for the share of right answers when answers of one cluster hang together.

    Whole clusters (patients, regions) are drawn with replacement, never single examples.

    Parameters
    ----------
    right : BoolTensor, shape (n,)
    cluster : LongTensor, shape (n,): which cluster each example belongs to
    draws : bootstrap samples
    confidence : between 0 and 1
    generator : the source of the draws

    Returns
    -------
    Interval : percentiles of the redrawn shares.

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
    _confidence(confidence)
    names = cluster.unique()
    if len(names) < 2:
        raise ValueError(f"cluster: expected at least two clusters, found {len(names)}")
    member = (cluster[None] == names[:, None]).double()
    hits, sizes = member @ right.double(), member.sum(1)
    rows = torch.randint(len(names), (draws, len(names)), generator=generator)
    shares = hits[rows].sum(1) / sizes[rows].sum(1)
    tail = torch.tensor([(1 - confidence) / 2, (1 + confidence) / 2], dtype=torch.double)
    return Interval(*shares.quantile(tail).tolist())


def _check_counts(successes: int, n: int) -> None:
    validate.count(n, "n")
    validate.count(successes, "successes", least=0)
    if successes > n:
        raise ValueError(f"successes: expected at most n = {n}, found {successes}")


def _confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a number between 0 and 1, found {confidence}")
