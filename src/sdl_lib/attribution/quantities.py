"""Quantities of interest: the number of which an explanation says what moved it.

A quantity is any function from the logits, shape (n, classes), to one number for each example,
shape (n,). A :class:`Quantity` may read another part of the network than the logits.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from sdl_lib import validate

Score = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Quantity:
    """``score`` of the output of the part ``at``; ``""`` is the whole model, that is the logits."""

    score: Score
    at: str = ""

    def __call__(self, output: Tensor) -> Tensor:
        return self.score(output)


def class_score(k: int) -> Quantity:
    """The logit of class ``k``: why this class?

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.count(k, "k", least=0)
    return Quantity(lambda logits: _column(logits, k, "k"))


def comparative(k: int, other: int) -> Quantity:
    """The logit of class ``k`` less that of another: why this class and not that one?

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.count(k, "k", least=0)
    validate.count(other, "other", least=0)
    if k == other:
        raise ValueError(f"other: expected another class than k, found {k} twice")
    return Quantity(lambda logits: _column(logits, k, "k") - _column(logits, other, "other"))


def max_class() -> Quantity:
    """The largest logit of each example: why the answer that was given?

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    return Quantity(lambda logits: logits.amax(1))


def channel(at: str, k: int) -> Quantity:
    """The mean of channel ``k`` of the part ``at`` over all positions: what does this unit want?

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.count(k, "k", least=0)
    return Quantity(lambda features: _column(features, k, "k").flatten(1).mean(1), at=at)


def _column(output: Tensor, k: int, name: str) -> Tensor:
    if output.ndim < 2 or k >= output.shape[1]:
        found = tuple(output.shape)
        raise ValueError(f"{name}: expected a column of an output of shape {found}, found {k}")
    column = output[:, k]
    return column
