"""How far a gap between groups may be off: the people are drawn again, with replacement."""

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.group_metrics import (
    GroupMetrics,
    largest_difference,
    rate_counts,
    smallest_ratio,
)
from sdl_lib.intervals import Interval


def redrawn(counts: Tensor, *, draws: int, generator: torch.Generator) -> Tensor:
    """Counts of bootstrap samples, shape (draws, *counts.shape), float64.

    To draw n rows with replacement is to draw the counts of their cells from the multinomial law,
    which is done cell after cell with binomial numbers: the rows themselves are not needed.
    """
    flat = counts.flatten().double()
    left = flat.sum().expand(draws).clone()
    mass, cells = flat.sum(), []
    for count in flat:
        share = (count / mass).clamp(0, 1) if mass > 0 else torch.zeros((), dtype=torch.float64)
        drawn = torch.binomial(left, share.expand(draws), generator=generator)
        cells.append(drawn)
        left, mass = left - drawn, mass - count
    return torch.stack(cells, -1).view(draws, *counts.shape)


def bootstrap_gap(
    metrics: GroupMetrics,
    name: str,
    *,
    kind: str = "difference",
    draws: int = 2000,
    confidence: float = 0.95,
    generator: torch.Generator,
) -> Interval:
    """An interval for the gap of the rate ``name`` between groups.

    Parameters
    ----------
    metrics : of :func:`~sdl_lib.fairness.group_metrics.group_metrics`
    name : of the rate
    kind : "difference" (largest less smallest) or "ratio" (smallest by largest)
    draws : bootstrap samples of as many people as there are
    confidence : between 0 and 1
    generator : the source of the draws

    Returns
    -------
    Interval : percentiles of the redrawn gaps. A largest difference is never negative, so that
        with many or small groups the interval lies too high: a gap of chance looks like a gap.

    Raises
    ------
    ValueError : if ``name`` or ``kind`` is unknown, or a number is out of its range.

    References
    ----------
    Efron & Tibshirani (1993). Explained in :doc:`/book/fairness/criteria-and-impossibility`.
    """
    validate.choice(kind, ("difference", "ratio"), "kind")
    gap = largest_difference if kind == "difference" else smallest_ratio
    gaps = gap(_redrawn_rates(metrics, name, draws, generator))
    return Interval(*_percentiles(gaps[~gaps.isnan()], confidence).tolist())


def bootstrap_rate(
    metrics: GroupMetrics,
    name: str,
    *,
    draws: int = 2000,
    confidence: float = 0.95,
    generator: torch.Generator,
) -> Tensor:
    """Percentile intervals for the rate ``name`` of each group, shape (g, 2); see
    :func:`bootstrap_gap`."""
    rates = _redrawn_rates(metrics, name, draws, generator)
    return torch.stack([_percentiles(r[~r.isnan()], confidence) for r in rates.T])


def _redrawn_rates(
    metrics: GroupMetrics, name: str, draws: int, generator: torch.Generator
) -> Tensor:
    validate.count(draws, "draws")
    part, whole = rate_counts(redrawn(metrics.counts, draws=draws, generator=generator), name)
    return part / whole


def _percentiles(values: Tensor, confidence: float) -> Tensor:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a number between 0 and 1, found {confidence}")
    if not len(values):
        return torch.full((2,), torch.nan, dtype=torch.float64)
    ends = torch.tensor([(1 - confidence) / 2, (1 + confidence) / 2], dtype=torch.float64)
    return values.quantile(ends)
