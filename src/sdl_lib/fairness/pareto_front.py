"""The Pareto front: the choices that no other choice beats in both respects."""

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sdl_lib.fairness.attributes import numbers


def pareto_front(gap: ArrayLike | Tensor, accuracy: ArrayLike | Tensor) -> Tensor:
    """Which points are on the front: no other has a gap as small and an accuracy as high.

    Parameters
    ----------
    gap : shape (n,), smaller is better
    accuracy : shape (n,), larger is better

    Returns
    -------
    LongTensor : numbers of the points on the front, by rising gap. Of equal points, the first.

    Raises
    ------
    ValueError : if a shape is wrong or a number is not finite.

    References
    ----------
    Explained in :doc:`/book/fairness/mitigation`.
    """
    gaps = numbers(gap, "gap", n=len(torch.as_tensor(gap)))
    right = numbers(accuracy, "accuracy", n=len(gaps))
    best, front = -torch.inf, []
    by_accuracy = right.argsort(descending=True, stable=True)
    for i in by_accuracy[gaps[by_accuracy].argsort(stable=True)].tolist():
        if float(right[i]) > best:
            best = float(right[i])
            front.append(i)
    return torch.tensor(front, dtype=torch.int64)
