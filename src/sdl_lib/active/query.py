"""What a strategy answers, and what strategies share."""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from sdl_lib import training, validate


class Query(NamedTuple):
    """Which candidates to have labelled, and what comes with them for nothing.

    Attributes
    ----------
    rows : LongTensor, shape (batch,): rows of the candidates, the most wanted first
    twins : images, shape (batch, ...), that take the label which the oracle gives to their row
    assumed : LongTensor: rows whose label the network itself supplies, for one round
    """

    rows: Tensor
    twins: Tensor | None = None
    assumed: Tensor | None = None


class Strategy(Protocol):
    """What :func:`active_learning` asks in each round."""

    def __call__(
        self,
        model: nn.Module,
        candidates: Tensor,
        known: Tensor,
        batch: int,
        *,
        generator: torch.Generator,
    ) -> Query: ...


def check_query(model: nn.Module, candidates: Tensor, batch: int) -> None:
    """Raise ``ValueError`` for arguments that no strategy can work with."""
    validate.eval_mode(model)
    validate.images(candidates, "candidates")
    validate.count(batch, "batch")
    if batch > len(candidates):
        raise ValueError(f"batch: expected at most the {len(candidates)} candidates, found {batch}")


def best(score: Tensor, batch: int) -> Tensor:
    """Rows of the ``batch`` greatest scores, the greatest first; of equal ones the earlier."""
    return score.argsort(descending=True, stable=True)[:batch]


def probabilities(model: nn.Module, x: Tensor) -> Tensor:
    """The network's softmax, shape (n, classes)."""
    return training.predict(model, x).softmax(1)


def entropy(p: Tensor) -> Tensor:
    r"""Of distributions in the last dimension: :math:`-\sum_k p_k\ln p_k`, with 0 ln 0 = 0."""
    surprise: Tensor = torch.special.entr(p).sum(-1)
    return surprise


def last_layer(model: nn.Module) -> tuple[nn.Sequential, nn.Linear]:
    """The network up to its last layer, and that layer, which must be dense.

    ``model`` is an ``nn.Sequential``, or a module whose ``layers`` is one.
    """
    layers = getattr(model, "layers", model)
    if not isinstance(layers, nn.Sequential) or not isinstance(layers[-1], nn.Linear):
        raise ValueError("model: expected layers in a row of which the last is nn.Linear")
    return nn.Sequential(*list(layers)[:-1]).eval(), layers[-1]


def features(model: nn.Module, x: Tensor) -> Tensor:
    """What the last layer reads, shape (n, d)."""
    validate.eval_mode(model)
    body, _ = last_layer(model)
    return training.predict(body, x)
