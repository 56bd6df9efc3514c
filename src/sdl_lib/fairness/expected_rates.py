"""Rates of a randomised decision, without drawing the lots."""

from typing import NamedTuple

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib.fairness.attributes import Attribute, binary, intersections, numbers


class ExpectedRates(NamedTuple):
    """Expected rates of each group, shape (g,), ``nan`` where nobody is counted; and of all."""

    names: tuple[str, ...]
    selection: Tensor
    tpr: Tensor
    fpr: Tensor
    accuracy: float

    def gap(self, name: str) -> float:
        """Largest less smallest of "selection", "tpr" or "fpr"."""
        rate: Tensor = getattr(self, name)
        return float(rate.max() - rate.min())


def expected_rates(
    y: ArrayLike | Tensor, probability: ArrayLike | Tensor, group: Attribute
) -> ExpectedRates:
    """Selection, true and false positive rate of each group, if people are selected by lot.

    For certain decisions these are the rates of
    :func:`~sdl_lib.fairness.group_metrics.group_metrics`.

    Parameters
    ----------
    y : the truth, shape (n,), 0 and 1 or booleans
    probability : of each person to be selected, shape (n,), 0 to 1
    group : of each example: codes from 0 (LongTensor) or names

    Returns
    -------
    ExpectedRates : float64, and the expected accuracy of all together

    Raises
    ------
    ValueError : if a shape or a value is wrong.

    References
    ----------
    Explained in :doc:`/book/fairness/mitigation`.
    """
    truth = binary(y, "y")
    chance = numbers(probability, "probability", n=len(truth))
    if float(chance.min()) < 0 or float(chance.max()) > 1:
        raise ValueError("probability: expected numbers from 0 to 1")
    groups = intersections({"group": group}, len(truth))
    cell, size = 2 * groups.code + truth, 2 * len(groups.names)
    n = torch.bincount(cell, minlength=size).view(-1, 2).double()
    chosen = torch.bincount(cell, weights=chance, minlength=size).view(-1, 2)
    right = float((truth * chance + (1 - truth) * (1 - chance)).mean())
    fpr, tpr = (chosen / n).T
    names = tuple(name for (name,) in groups.names)
    return ExpectedRates(names, chosen.sum(1) / n.sum(1), tpr, fpr, right)
