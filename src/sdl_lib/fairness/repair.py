"""Disparate-impact repair: a feature's distribution becomes the same in every group."""

from dataclasses import dataclass

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib.fairness.attributes import Attribute, intersections, numbers


@dataclass(frozen=True)
class Repair:
    """A fitted repair of one feature; :func:`fit_repair` makes one.

    Attributes
    ----------
    names : the groups
    values : for each group its training values, sorted
    """

    names: tuple[str, ...]
    values: tuple[Tensor, ...]

    def __call__(
        self, feature: ArrayLike | Tensor, group: Attribute, *, amount: float = 1.0
    ) -> Tensor:
        """The repaired feature, shape (n,), float64; ``amount`` 0 leaves it, 1 repairs in full."""
        if not 0 <= amount <= 1:
            raise ValueError(f"amount: expected a number from 0 to 1, found {amount}")
        plain = numbers(feature, "feature", n=len(group))
        code = intersections({"group": group}, len(plain), levels={"group": self.names}).code
        target = plain.clone()
        for g, own in enumerate(self.values):
            rows = code == g
            target[rows] = self._middle(_rank(own, plain[rows]))
        return (1 - amount) * plain + amount * target

    def _middle(self, rank: Tensor) -> Tensor:
        """The median, over the groups, of their quantiles at ``rank``."""
        quantiles = torch.stack([_quantile(values, rank) for values in self.values])
        return quantiles.quantile(0.5, dim=0)


def fit_repair(feature: ArrayLike | Tensor, group: Attribute) -> Repair:
    """Learn how to bring the distribution of a feature to the same form in every group.

    A value is replaced by the median of the groups' values at the same rank: who is at the 80th
    percentile of her own group gets the middle of all groups' 80th percentiles. The order within a
    group stays; what the feature says about the group goes. Equal values share their middle rank.

    Parameters
    ----------
    feature : shape (n,), numbers: a tensor, an array or a column of a table
    group : of each example: codes from 0 (LongTensor) or names

    Returns
    -------
    Repair : call it on a feature and its groups, those of new people too

    Raises
    ------
    ValueError : if a shape is wrong, a number is not finite, or a code has nobody.

    References
    ----------
    Feldman et al. (2015). Explained in :doc:`/book/fairness/mitigation`.
    """
    n = len(group)
    plain = numbers(feature, "feature", n=n)
    groups = intersections({"group": group}, n)
    values = tuple(plain[groups.code == g].sort().values for g in range(len(groups.names)))
    for (name,), own in zip(groups.names, values, strict=True):
        if not len(own):
            raise ValueError(f"group: nobody belongs to {name!r}")
    return Repair(tuple(name for (name,) in groups.names), values)


def _rank(values: Tensor, feature: Tensor) -> Tensor:
    """Places of ``feature`` among sorted ``values``, in (0, 1) where it occurs there."""
    low = torch.searchsorted(values, feature)
    high = torch.searchsorted(values, feature, right=True)
    return (low + high).double() / (2 * len(values))


def _quantile(values: Tensor, rank: Tensor) -> Tensor:
    """Linear between the middles of the steps of the distribution of sorted ``values``."""
    place = (rank * len(values) - 0.5).clamp(0, len(values) - 1)
    below = place.long()
    above = (below + 1).clamp(max=len(values) - 1)
    return values[below].lerp(values[above], place - below)
