"""Ask about the doubtful, and take the network's word for what it is sure of."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.active.query import Query, best, check_query, entropy, probabilities


def ceal(
    model: nn.Module,
    candidates: Tensor,
    known: Tensor,
    batch: int,
    *,
    generator: torch.Generator,
    delta: float = 0.002,
) -> Query:
    """Query by entropy, and label the candidates of an entropy below ``delta`` by the network.

    The assumed labels serve one round; then those candidates are unlabelled again.

    Parameters
    ----------
    model : maps (n, ...) to logits (n, classes), in evaluation mode
    candidates : Tensor, shape (n, ...), values in [0, 1]
    known, generator : not used
    batch : at most n
    delta : in nats

    Returns
    -------
    Query, with ``assumed``

    Raises
    ------
    ValueError : as :func:`uncertainty`, and for a ``delta`` that is negative or not finite.

    References
    ----------
    Wang et al. (2017). Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    validate.radius(delta, "delta")
    doubt = entropy(probabilities(model, candidates))
    rows = best(doubt, batch)
    sure = doubt < delta
    sure[rows] = False  # what is asked need not be assumed
    return Query(rows, assumed=sure.nonzero().flatten())
