"""Ask where networks that all fit the labels disagree."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.active.query import Query, best, check_query, entropy, features, last_layer

_CHUNK = 500  # candidates whose passes are held in memory together


def bald(
    model: nn.Module,
    candidates: Tensor,
    known: Tensor,
    batch: int,
    *,
    generator: torch.Generator,
    passes: int = 20,
    dropout: float = 0.25,
) -> Query:
    r"""Query the candidates of the greatest :math:`H(\mathbb E\,p)-\mathbb E\,H(p)`.

    The mean is over networks with the last layer's inputs dropped at random: the mutual
    information between a label and the weights, as dropout sees it. What comes before the last
    layer is computed once.

    Parameters
    ----------
    model : layers in a row, the last of them dense, in evaluation mode
    candidates : Tensor, shape (n, ...), values in [0, 1]
    known : not used
    batch : at most n
    passes : networks that are drawn
    dropout : with this probability a feature is dropped; train with the same
    generator : the source of the draws

    Returns
    -------
    Query

    Raises
    ------
    ValueError : as :func:`uncertainty`, and for a model without a dense last layer.

    References
    ----------
    Houlsby et al. (2011); Gal, Islam & Ghahramani (2017). Explained in
    :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    validate.count(passes, "passes", least=2)
    if not 0 < dropout < 1:
        raise ValueError(f"dropout: expected a probability between 0 and 1, found {dropout}")
    h = features(model, candidates)
    parts = [_votes(model, part, passes, dropout, generator) for part in h.split(_CHUNK)]
    return Query(best(disagreement(torch.cat(parts, dim=1)), batch))


def disagreement(p: Tensor) -> Tensor:
    """Mutual information of label and network, from probabilities (networks, n, classes)."""
    return entropy(p.mean(0)) - entropy(p).mean(0)


@torch.no_grad()
def _votes(
    model: nn.Module, h: Tensor, passes: int, dropout: float, generator: torch.Generator
) -> Tensor:
    _, head = last_layer(model)
    kept = torch.rand((passes, *h.shape), generator=generator).to(h) >= dropout
    votes: Tensor = head(h * kept / (1 - dropout)).softmax(-1)
    return votes
