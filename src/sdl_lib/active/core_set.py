"""Ask about what is far from everything that is labelled."""

import torch
from torch import Tensor, nn

from sdl_lib.active.query import Query, check_query, features


def core_set(
    model: nn.Module, candidates: Tensor, known: Tensor, batch: int, *, generator: torch.Generator
) -> Query:
    """Query farthest first: each time the candidate with the greatest distance to the nearest
    labelled or queried point, in the network's features.

    Parameters
    ----------
    model : layers in a row, the last of them dense, in evaluation mode
    candidates : Tensor, shape (n, ...), values in [0, 1]
    known : Tensor, shape (m, ...), m at least 1: the images that are labelled
    batch : at most n
    generator : not used

    Returns
    -------
    Query

    Raises
    ------
    ValueError : as :func:`uncertainty`, and for an empty ``known``.

    References
    ----------
    Sener & Savarese (2018); the greedy 2-approximation is that of Gonzalez (1985). Explained in
    :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    if len(known) == 0:
        raise ValueError("known: expected at least one labelled image, found none")
    return Query(farthest_first(features(model, candidates), features(model, known), batch))


def farthest_first(h: Tensor, centres: Tensor, count: int) -> Tensor:
    """Rows of ``h`` (n, d), each the farthest from ``centres`` (m, d) and the rows before it."""
    gap = torch.cdist(h, centres).amin(1)
    rows = []
    for _ in range(count):
        row = gap.argmax()
        rows.append(row)
        gap = torch.minimum(gap, (h - h[row]).norm(dim=1))
        gap[row] = -1  # a duplicate of a chosen point has distance 0, and may still be chosen
    return torch.stack(rows)
