"""Reweighing: every person counts as much as if the group said nothing about the label."""

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib.fairness.attributes import Attribute, binary, intersections


def reweigh(y: ArrayLike | Tensor, group: Attribute) -> Tensor:
    r"""Weights under which label and group are independent.

    A person with label :math:`y` in group :math:`a` gets :math:`p(y)\,p(a)/p(y,a)`: more than 1
    where the pair is rarer than it would be by chance. Under these weights every group has the
    base rate of all, every group keeps its size, and so does every label.

    Parameters
    ----------
    y : the truth, shape (n,), 0 and 1 or booleans: a tensor, an array or a column of a table
    group : of each example: codes from 0 (LongTensor) or names

    Returns
    -------
    Tensor : shape (n,), float64, positive, with sum n.

    Raises
    ------
    ValueError : if a shape or a value is wrong, or a group lacks one of the labels.

    References
    ----------
    Kamiran & Calders (2012). Explained in :doc:`/book/fairness/mitigation`.
    """
    truth = binary(y, "y")
    n = len(truth)
    groups = intersections({"group": group}, n)
    cells = torch.bincount(2 * groups.code + truth, minlength=2 * len(groups.names)).view(-1, 2)
    need_both_labels(cells, [" ".join(name) for name in groups.names])
    weight = cells.sum(1, keepdim=True).double() * cells.sum(0) / (n * cells)
    return weight[groups.code, truth]


def need_both_labels(cells: Tensor, names: list[str]) -> None:
    """Raise if a group (a row of counts of label 0 and 1) lacks one of the labels."""
    for name, row in zip(names, cells.tolist(), strict=True):
        if 0 in row:
            raise ValueError(f"group: {name!r} has nobody with label {row.index(0)}")
