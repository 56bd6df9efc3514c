"""Intervals for a share that was counted: how far the truth may be from it."""

import math
from statistics import NormalDist
from typing import NamedTuple

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
    validate.count(n, "n")
    validate.count(successes, "successes", least=0)
    if successes > n:
        raise ValueError(f"successes: expected at most n = {n}, found {successes}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a number between 0 and 1, found {confidence}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    # at the two ends the formula gives 0 and 1; rounding must not move them
    low = 0.0 if successes == 0 else middle - reach
    high = 1.0 if successes == n else middle + reach
    return Interval(low, high)
