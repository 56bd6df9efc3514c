"""The ratio of two selection rates, and how often chance alone makes it small."""

import torch
from scipy import stats

from sdl_lib import validate


def chance_of_low_ratio(n: int, m: int, *, rate: float, cut: float = 0.8) -> float:
    """How often the smaller of two selection rates is less than ``cut`` times the larger one.

    Both groups are drawn from people of the same ``rate``, so that every low ratio is chance; all
    pairs of counts are added up, so that the answer is exact. Two rates of zero are no low ratio.

    Parameters
    ----------
    n, m : people in the two groups
    rate : of selection in both, from 0 to 1
    cut : positive, at most 1

    Returns
    -------
    float : a probability.

    Raises
    ------
    ValueError : if a number is out of its range.

    References
    ----------
    29 CFR 1607.4 D. Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    validate.count(n, "n")
    validate.count(m, "m")
    if not 0 <= rate <= 1:
        raise ValueError(f"rate: expected a number from 0 to 1, found {rate}")
    if not 0 < cut <= 1:
        raise ValueError(f"cut: expected a number above 0 and at most 1, found {cut}")
    counts = [torch.arange(k + 1) for k in (n, m)]
    first, second = (torch.from_numpy(stats.binom.pmf(c.numpy(), c[-1], rate)) for c in counts)
    a, b = counts[0][:, None] * m, counts[1] * n  # both rates times n m: whole numbers
    low = torch.minimum(a, b).double() < cut * torch.maximum(a, b) - 1e-9
    return float((first[:, None] * second)[low].sum())
