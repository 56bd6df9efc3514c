"""Calibration within groups: what a score means, group by group."""

import warnings
from dataclasses import dataclass

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.attributes import Attributes, Levels, binary, intersections, numbers
from sdl_lib.fairness.group_metrics import EmptyGroup, largest_difference
from sdl_lib.intervals import wilson


@dataclass(frozen=True)
class Calibration:
    """What became of the people with each score; :func:`calibration_by_group` counts them.

    Attributes
    ----------
    names : of the groups
    score : shape (k,), the mean score of each bin
    n, positives : LongTensors, shape (g, k)
    mean_score : shape (g, k), ``nan`` where there is nobody
    """

    names: list[str]
    score: Tensor
    n: Tensor
    positives: Tensor
    mean_score: Tensor

    @property
    def rate(self) -> Tensor:
        """Share of positives at each score, shape (g, k); ``nan`` where there is nobody."""
        return self.positives.double() / self.n

    def interval(self, *, confidence: float = 0.95) -> Tensor:
        """Wilson's interval for each share, shape (g, k, 2)."""
        none = (float("nan"), float("nan"))
        pairs = zip(self.positives.flatten().tolist(), self.n.flatten().tolist(), strict=True)
        ends = [wilson(p, n, confidence=confidence) if n else none for p, n in pairs]
        return torch.tensor(ends, dtype=torch.float64).view(*self.n.shape, 2)

    @property
    def difference(self) -> Tensor:
        """Largest less smallest share among the groups at each score, shape (k,)."""
        return largest_difference(self.rate.T)

    @property
    def gap(self) -> float:
        """The mean of ``difference`` over all people for whose score it is defined."""
        difference, people = self.difference, self.n.sum(0).double()
        known = ~difference.isnan()
        return float((difference[known] * people[known]).sum() / people[known].sum())

    @property
    def error(self) -> Tensor:
        """For a score that is a probability: its mean distance from the share, shape (g,)."""
        off = (self.rate - self.mean_score).abs().nan_to_num(nan=0.0)
        return (off * self.n).sum(1) / self.n.sum(1)


def calibration_by_group(
    y: ArrayLike | Tensor,
    score: ArrayLike | Tensor,
    attributes: Attributes,
    *,
    bins: int | None = None,
    levels: Levels | None = None,
) -> Calibration:
    """The share of positives among the people of a group who have the same score.

    Parameters
    ----------
    y : the truth, shape (n,), 0 or 1
    score : shape (n,), finite
    attributes, levels : as for :func:`~sdl_lib.fairness.group_metrics.group_metrics`
    bins : of equal width from the least score to the greatest; default: each value is its own bin

    Returns
    -------
    Calibration : a group that is empty, or has nobody at some score, is named by a warning.

    Raises
    ------
    ValueError : if a shape, a dtype or a value is wrong.

    References
    ----------
    Kleinberg, Mullainathan & Raghavan (2017). Explained in
    :doc:`/book/fairness/criteria-and-impossibility`.
    """
    truth = binary(y, "y")
    scores = numbers(score, "score", n=len(truth))
    groups = intersections(attributes, len(truth), levels=levels)
    value, bin_ = _binned(scores, bins)
    shape = (len(groups.names), len(value))
    cell = groups.code * len(value) + bin_
    size = shape[0] * shape[1]
    count = torch.bincount(cell, minlength=size).view(shape)
    positives = torch.bincount(cell[truth == 1], minlength=size).view(shape)
    total = torch.bincount(cell, weights=scores, minlength=size).view(shape)
    names = [", ".join(levels_) for levels_ in groups.names]
    if empty := [names[i] for i in (count == 0).any(1).nonzero().flatten().tolist()]:
        warnings.warn(
            f"nobody has some of the scores in {'; '.join(empty)}: the share there is nan",
            EmptyGroup,
            stacklevel=2,
        )
    return Calibration(names, value, count, positives, total / count)


def _binned(score: Tensor, bins: int | None) -> tuple[Tensor, Tensor]:
    if bins is None:
        values, where = score.unique(return_inverse=True)
        return values, where
    validate.count(bins, "bins")
    low, high = score.aminmax()
    width = (high - low) / bins if high > low else torch.ones((), dtype=torch.float64)
    # bins that nobody of any group falls into are left out
    _, where = ((score - low) / width).long().clamp(max=bins - 1).unique(return_inverse=True)
    return torch.bincount(where, weights=score) / torch.bincount(where), where
