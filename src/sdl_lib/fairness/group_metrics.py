"""Every rate of the confusion matrix, group by group, from one pass over the examples."""

import warnings
from dataclasses import dataclass

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.attributes import Attributes, Levels, binary, intersections
from sdl_lib.intervals import wilson

TN, FP, FN, TP = range(4)  # the cells of a confusion matrix: 2 * truth + prediction
# each rate: what is counted, among what
RATES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "base": ((FN, TP), (TN, FP, FN, TP)),
    "selection": ((FP, TP), (TN, FP, FN, TP)),
    "accuracy": ((TN, TP), (TN, FP, FN, TP)),
    "error": ((FP, FN), (TN, FP, FN, TP)),
    "tpr": ((TP,), (FN, TP)),
    "fnr": ((FN,), (FN, TP)),
    "fpr": ((FP,), (TN, FP)),
    "tnr": ((TN,), (TN, FP)),
    "ppv": ((TP,), (FP, TP)),
    "fdr": ((FP,), (FP, TP)),
    "npv": ((TN,), (TN, FN)),
    "for": ((FN,), (TN, FN)),
}


class EmptyGroup(UserWarning):
    """A rate of nobody: it is ``nan``, and the warning says whose."""


@dataclass(frozen=True)
class GroupMetrics:
    """The confusion matrices of all groups; :func:`group_metrics` counts them.

    Attributes
    ----------
    attributes : names of the attributes
    groups : for each group, the levels of its attributes
    counts : LongTensor, shape (g, 4): true negatives, false positives, false negatives, true
        positives
    """

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    counts: Tensor

    @property
    def names(self) -> list[str]:
        """The groups as text, such as ``"Caucasian, Female"``."""
        return [", ".join(levels) for levels in self.groups]

    @property
    def n(self) -> Tensor:
        """Examples in each group, shape (g,)."""
        return self.counts.sum(1)

    def rate(self, name: str) -> Tensor:
        """The rate ``name`` (a key of ``RATES``) of each group, shape (g,), float64.

        Where there is nobody to count among, it is ``nan`` and :class:`EmptyGroup` is warned.
        """
        part, whole = rate_counts(self.counts, name)
        if empty := [self.names[i] for i in (whole == 0).nonzero().flatten().tolist()]:
            warnings.warn(
                f"{name} is not defined for {'; '.join(empty)}: nobody to count among",
                EmptyGroup,
                stacklevel=2,
            )
        return part.double() / whole

    def interval(self, name: str, *, confidence: float = 0.95) -> Tensor:
        """Wilson's interval for a rate, shape (g, 2); ``nan`` where there is nobody."""
        part, whole = rate_counts(self.counts, name)
        pairs = zip(part.tolist(), whole.tolist(), strict=True)
        none = (float("nan"), float("nan"))
        ends = [wilson(k, n, confidence=confidence) if n else none for k, n in pairs]
        return torch.tensor(ends, dtype=torch.float64).view(-1, 2)

    def overall(self, name: str) -> float:
        """The rate of all examples together."""
        part, whole = rate_counts(self.counts.sum(0, keepdim=True), name)
        return float(part.double() / whole)

    def difference(self, name: str) -> float:
        """Largest less smallest rate, among the groups for which it is defined."""
        return float(largest_difference(self.rate(name)))

    def ratio(self, name: str) -> float:
        """Smallest divided by largest rate, among the groups for which it is defined."""
        return float(smallest_ratio(self.rate(name)))

    def by(self, *attributes: str) -> "GroupMetrics":
        """The same people by fewer attributes: the others are summed over."""
        for name in attributes:
            validate.choice(name, self.attributes, "attributes")
        keep = [self.attributes.index(name) for name in attributes]
        levels = [tuple(group[i] for i in keep) for group in self.groups]
        groups = list(dict.fromkeys(levels))
        where = torch.tensor([groups.index(level) for level in levels])
        counts = torch.zeros(len(groups), 4, dtype=torch.int64).index_add_(0, where, self.counts)
        return GroupMetrics(attributes, tuple(groups), counts)

    def only(self, *names: str) -> "GroupMetrics":
        """Some of the groups, by their ``names``, in the order given."""
        for name in names:
            validate.choice(name, tuple(self.names), "names")
        keep = [self.names.index(name) for name in names]
        return GroupMetrics(self.attributes, tuple(self.groups[i] for i in keep), self.counts[keep])


def group_metrics(
    y: ArrayLike | Tensor,
    predicted: ArrayLike | Tensor,
    attributes: Attributes,
    *,
    levels: Levels | None = None,
) -> GroupMetrics:
    """Count the confusion matrix of each group, and of each intersection of several attributes.

    Parameters
    ----------
    y : the truth, shape (n,), 0 and 1 or booleans: a tensor, an array or a column of a table
    predicted : the decision, likewise
    attributes : for each attribute the level of each example: a dictionary of columns, or a table
    levels : names of the levels: of codes, or to keep levels that nobody has

    Returns
    -------
    GroupMetrics : counts, rates, gaps and intervals.

    Raises
    ------
    ValueError : if a shape, a dtype or a value is wrong.

    References
    ----------
    Verma & Rubin (2018). Explained in :doc:`/book/fairness/criteria-and-impossibility`.
    """
    truth = binary(y, "y")
    decision = binary(predicted, "predicted", n=len(truth))
    groups = intersections(attributes, len(truth), levels=levels)
    cell = groups.code * 4 + (2 * truth + decision)
    counts = torch.bincount(cell, minlength=4 * len(groups.names)).view(-1, 4)
    return GroupMetrics(groups.attributes, groups.names, counts)


def rate_counts(counts: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Numerator and denominator of a rate, from confusion matrices of shape (..., 4)."""
    validate.choice(name, tuple(RATES), "name")
    part, whole = RATES[name]
    return counts[..., list(part)].sum(-1), counts[..., list(whole)].sum(-1)


def largest_difference(rates: Tensor) -> Tensor:
    """Largest less smallest of the last dimension, without ``nan``; ``nan`` for fewer than two."""
    high = rates.nan_to_num(nan=-torch.inf).amax(-1)
    low = rates.nan_to_num(nan=torch.inf).amin(-1)
    return torch.where((~rates.isnan()).sum(-1) > 1, high - low, torch.nan)


def smallest_ratio(rates: Tensor) -> Tensor:
    """Smallest divided by largest of the last dimension, leaving out ``nan``."""
    high = rates.nan_to_num(nan=-torch.inf).amax(-1)
    low = rates.nan_to_num(nan=torch.inf).amin(-1)
    return torch.where((~rates.isnan()).sum(-1) > 1, low / high, torch.nan)
