"""Two rates of independent people: how far apart they are, by chance or not, and with how many."""

import math
from statistics import NormalDist

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.intervals import Interval, wilson


def rate_difference(
    first: tuple[int, int], second: tuple[int, int], *, confidence: float = 0.95
) -> Interval:
    r"""Newcombe's interval for the difference of two rates, first less second.

    The distance from each share to the ends of its own Wilson interval, joined as the legs of a
    right-angled triangle.

    Parameters
    ----------
    first, second : how many, and among how many
    confidence : between 0 and 1

    Returns
    -------
    Interval : within [-1, 1].

    Raises
    ------
    ValueError : if a number is out of its range.

    References
    ----------
    Newcombe (1998), method 10. Explained in :doc:`/book/fairness/auditing-intersections`.
    """
    a, b = first[0] / max(first[1], 1), second[0] / max(second[1], 1)
    low_a, high_a = wilson(*first, confidence=confidence)
    low_b, high_b = wilson(*second, confidence=confidence)
    return Interval(
        a - b - math.hypot(a - low_a, high_b - b), a - b + math.hypot(high_a - a, b - low_b)
    )


def same_rate_p(part: Tensor, whole: Tensor, other_part: Tensor, other_whole: Tensor) -> Tensor:
    r"""The p-value of the score test that two rates are the same, for many pairs at once.

    :math:`z=(a-b)/\sqrt{p(1-p)(1/n+1/m)}` with the rate :math:`p` of both together, two-sided.

    Parameters
    ----------
    part, whole : counts of the first of each pair, LongTensors of one shape
    other_part, other_whole : counts of the second

    Returns
    -------
    Tensor, float64, of that shape; 1 where one side is empty or nobody differs.

    Raises
    ------
    ValueError : if a count is negative or more than its whole.

    References
    ----------
    Pearson's chi-squared test of a table of four. Explained in
    :doc:`/book/fairness/auditing-intersections`.
    """
    for name, k, n in (("part", part, whole), ("other_part", other_part, other_whole)):
        if k.shape != n.shape or bool((k < 0).any()) or bool((k > n).any()):
            raise ValueError(f"{name}: expected counts from 0 to the whole, of the same shape")
    n, m = whole.double(), other_whole.double()
    pooled = (part + other_part).double() / (n + m)
    spread = (pooled * (1 - pooled) * (1 / n + 1 / m)).sqrt()
    z = ((part / n - other_part / m) / spread).abs()
    p: Tensor = torch.special.erfc(z / math.sqrt(2)).nan_to_num(nan=1.0)
    return p


def people_needed(*, rate: float, other: float, level: float = 0.05, power: float = 0.8) -> int:
    r"""People needed in each of two equal groups for their gap to be noticed.

    Parameters
    ----------
    rate, other : the two true rates, different, each between 0 and 1
    level : chance of an alarm if there is no gap
    power : chance of an alarm at this gap

    Returns
    -------
    int : from :math:`n=\bigl(z_{1-\ell/2}\sqrt{2\bar p(1-\bar p)}
        +z_{w}\sqrt{a(1-a)+b(1-b)}\bigr)^2/(a-b)^2` for level :math:`\ell`, power :math:`w`.

    Raises
    ------
    ValueError : if a number is out of its range, or the rates are equal.

    References
    ----------
    Fleiss, Levin & Paik (2003). Explained in :doc:`/book/fairness/auditing-intersections`.
    """
    for name, value in (("rate", rate), ("other", other)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name}: expected a number from 0 to 1, found {value}")
    for name, value in (("level", level), ("power", power)):
        if not 0 < value < 1:
            raise ValueError(f"{name}: expected a number between 0 and 1, found {value}")
    if rate == other:
        raise ValueError(f"other: expected a rate that differs from {rate}: no gap can be seen")
    mean = (rate + other) / 2
    z_level, z_power = (NormalDist().inv_cdf(q) for q in (1 - level / 2, power))
    null = math.sqrt(2 * mean * (1 - mean))
    gap = math.sqrt(rate * (1 - rate) + other * (1 - other))
    return math.ceil(((z_level * null + z_power * gap) / (rate - other)) ** 2)


def chance_of_false_alarm(tests: int, *, level: float = 0.05) -> float:
    r"""The chance :math:`1-(1-\ell)^m` of an alarm in ``tests`` independent tests of no gap.

    Raises ``ValueError`` if a number is out of its range. Explained in
    :doc:`/book/fairness/auditing-intersections`.
    """
    validate.count(tests, "tests", least=0)
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1, found {level}")
    return -math.expm1(tests * math.log1p(-level))
