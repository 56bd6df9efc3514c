"""The upper convex hull of a ROC curve: what thresholds, and lots between them, can reach."""

from typing import NamedTuple

import torch
from scipy.optimize import isotonic_regression
from torch import Tensor


class RocHull(NamedTuple):
    """Vertices from (0, 0) to (1, 1), each shape (k,), float64.

    Selecting the scores of at least ``threshold[i]`` gives ``fpr[i]`` and ``tpr[i]``.
    """

    threshold: Tensor
    fpr: Tensor
    tpr: Tensor


def roc_hull(y: Tensor, score: Tensor) -> RocHull:
    """The hull of the ROC curve of ``score`` (n,), float64, for labels ``y`` (n,), both present.

    The slope of the hull is the share of positives among negatives, so that its vertices are the
    ends of the blocks of an isotonic regression of the labels on the score: one sort and one pass.

    References
    ----------
    Fawcett & Niculescu-Mizil (2007). Explained in :doc:`/book/fairness/mitigation`.
    """
    values, place = score.unique(return_inverse=True)  # ascending
    number = torch.bincount(place, minlength=len(values)).flip(0)
    positive = torch.bincount(place, weights=y.double(), minlength=len(values)).flip(0)
    share = (positive / number).numpy()
    blocks = isotonic_regression(share, weights=number.double().numpy(), increasing=False).blocks
    last = torch.from_numpy(blocks[1:].astype("int64")) - 1
    tp, n = positive.cumsum(0)[last], number.cumsum(0)[last].double()
    zero, everyone = torch.zeros(1, dtype=torch.float64), -torch.inf
    threshold = torch.cat([zero + torch.inf, values.flip(0)[last][:-1], zero + everyone])
    fp = n - tp
    return RocHull(threshold, torch.cat([zero, fp / fp[-1]]), torch.cat([zero, tp / tp[-1]]))
