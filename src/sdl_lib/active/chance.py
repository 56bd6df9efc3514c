"""Chance as a strategy: what every other must beat."""

import torch
from torch import Tensor, nn

from sdl_lib.active.query import Query, check_query


def random(
    model: nn.Module, candidates: Tensor, known: Tensor, batch: int, *, generator: torch.Generator
) -> Query:
    """Query ``batch`` candidates at random, without replacement.

    Parameters
    ----------
    model, known : not used
    candidates : Tensor, shape (n, ...), values in [0, 1]
    batch : at most n
    generator : the source of the draw

    Returns
    -------
    Query

    Raises
    ------
    ValueError : if ``batch`` exceeds the candidates.

    References
    ----------
    Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    order = torch.randperm(len(candidates), generator=generator)
    return Query(order[:batch].to(candidates.device))
