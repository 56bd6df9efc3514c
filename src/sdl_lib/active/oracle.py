"""The one who knows the labels, and is paid for each."""

import torch
from torch import Tensor

from sdl_lib import validate


class Oracle:
    """Answers with labels, counts the answers, and refuses to be asked twice.

    Parameters
    ----------
    labels : LongTensor, shape (n,): the truth, which nobody else should see

    Attributes
    ----------
    count : answers given so far: the price of the training set

    References
    ----------
    Explained in :doc:`/book/security/active-learning-from-attacks`.
    """

    def __init__(self, labels: Tensor) -> None:
        validate.labels(labels, len(labels), name="labels")
        self._labels = labels
        self._asked = torch.zeros(len(labels), dtype=torch.bool)
        self.count = 0

    def __call__(self, rows: Tensor) -> Tensor:
        """Labels of the pool's ``rows``; ``ValueError`` for a row that was asked before."""
        validate.labels(rows, len(rows), len(self._labels), "rows")
        rows = rows.cpu()
        if len(rows.unique()) < len(rows) or bool(self._asked[rows].any()):
            raise ValueError("rows: each label is paid for once, and one was asked for twice")
        self._asked[rows] = True
        self.count += len(rows)
        return self._labels[rows.to(self._labels.device)]
