"""Ask where the network's own probabilities are undecided."""

import torch
from torch import Tensor, nn

from sdl_lib.active.query import Query, best, check_query, entropy, probabilities


def uncertainty(
    model: nn.Module, candidates: Tensor, known: Tensor, batch: int, *, generator: torch.Generator
) -> Query:
    r"""Query the candidates of the greatest entropy :math:`-\sum_k p_k\ln p_k`.

    Parameters
    ----------
    model : maps (n, ...) to logits (n, classes), in evaluation mode
    candidates : Tensor, shape (n, ...), values in [0, 1]
    known, generator : not used
    batch : at most n

    Returns
    -------
    Query

    Raises
    ------
    ValueError : if the model is in training mode, or ``batch`` exceeds the candidates.

    References
    ----------
    Settles (2009). Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    return Query(best(entropy(probabilities(model, candidates)), batch))


def margin(
    model: nn.Module, candidates: Tensor, known: Tensor, batch: int, *, generator: torch.Generator
) -> Query:
    """Query the candidates whose two greatest probabilities are the nearest to each other.

    Parameters, result and errors are those of :func:`uncertainty`.

    References
    ----------
    Scheffer, Decomain & Wrobel (2001). Explained in
    :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    first, second = probabilities(model, candidates).topk(2, dim=1).values.unbind(1)
    return Query(best(second - first, batch))
