r"""Ask where a label would move the weights most.

For the last layer, with features :math:`h` (and 1 for the bias), the gradient of the loss at label
k is the outer product of :math:`p-e_k` and :math:`(h,1)`: its length is the product of two lengths.
"""

import torch
from torch import Tensor, nn

from sdl_lib.active.query import Query, best, check_query, features, probabilities


def egl(
    model: nn.Module, candidates: Tensor, known: Tensor, batch: int, *, generator: torch.Generator
) -> Query:
    r"""Query by expected gradient length :math:`\sum_k p_k\,\|\nabla\ell_k\|`.

    The gradient is that in the weights of the last layer, in closed form.

    Parameters
    ----------
    model : layers in a row, the last of them dense, in evaluation mode
    candidates : Tensor, shape (n, ...), values in [0, 1]
    known, generator : not used
    batch : at most n

    Returns
    -------
    Query

    Raises
    ------
    ValueError : as :func:`uncertainty`, and for a model without a dense last layer.

    References
    ----------
    Settles, Craven & Ray (2008). Explained in
    :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    return Query(best(expected_length(*_parts(model, candidates)), batch))


def egl_of_mean(
    model: nn.Module, candidates: Tensor, known: Tensor, batch: int, *, generator: torch.Generator
) -> Query:
    r"""Query by the length of the *mean* gradient, :math:`\|\frac1K\sum_k\nabla\ell_k\|`.

    That is what the DFAL authors' code computes. The mean weighs all classes equally, and the
    score is the greatest where the network is sure.

    Parameters, result and errors are those of :func:`egl`.

    References
    ----------
    Ducoffe & Precioso (2018), their code. Explained in
    :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    return Query(best(length_of_mean(*_parts(model, candidates)), batch))


def expected_length(p: Tensor, h: Tensor) -> Tensor:
    """Expected gradient length, from probabilities (n, K) and features (n, d); shape (n,)."""
    errors = p.square().sum(1, keepdim=True) - 2 * p + 1  # |p - e_k|^2
    return (p * errors.clamp_min(0).sqrt()).sum(1) * _reach(h)


def length_of_mean(p: Tensor, h: Tensor) -> Tensor:
    """Length of the gradient's mean over all labels, from (n, K) and (n, d); shape (n,)."""
    lean = p - 1 / p.shape[1]
    length: Tensor = torch.linalg.vector_norm(lean, dim=1) * _reach(h)
    return length


def _reach(h: Tensor) -> Tensor:
    length: Tensor = (h.square().sum(1) + 1).sqrt()
    return length


def _parts(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    return probabilities(model, x), features(model, x)
