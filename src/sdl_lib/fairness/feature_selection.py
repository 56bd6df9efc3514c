"""Which features of a linear rule to keep, so that it says yes as often as the truth does."""

import torch
from torch import Tensor

from sdl_lib import validate


def feature_parity(weights: Tensor) -> Tensor:
    r"""Keep as many features that speak for either class: those with the largest weights.

    Parameters
    ----------
    weights : Tensor, shape (d,)

    Returns
    -------
    Tensor, bool, shape (d,): which features are kept. If k is the smaller of the numbers of
    positive and of negative weights, these are the k most positive and the k most negative.

    Raises
    ------
    ValueError : if ``weights`` is no vector.

    References
    ----------
    Leino et al. (2019), section 4. Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    _check(weights)
    k = min(int((weights > 0).sum()), int((weights < 0).sum()))
    return experts(weights, positive=k, negative=k)


def experts(weights: Tensor, *, positive: int, negative: int) -> Tensor:
    """Keep the most positive and the most negative weights: the experts on either class.

    Parameters
    ----------
    weights : Tensor, shape (d,)
    positive, negative : how many of either sign to keep, at most as many as there are

    Returns
    -------
    Tensor, bool, shape (d,): which features are kept.

    Raises
    ------
    ValueError : if there are not so many.

    References
    ----------
    Leino et al. (2019), section 4. Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    _check(weights)
    kept = torch.zeros(len(weights), dtype=torch.bool)
    for name, count, signed in (("positive", positive, weights), ("negative", negative, -weights)):
        validate.count(count, name, least=0)
        if count > (there := int((signed > 0).sum())):
            raise ValueError(f"{name}: expected at most {there}, found {count}")
        kept[signed.topk(count).indices] = True
    return kept


def _check(weights: Tensor) -> None:
    if weights.ndim != 1 or not bool(torch.isfinite(weights).all()):
        raise ValueError(
            f"weights: expected a vector of finite numbers, found shape {tuple(weights.shape)}"
        )
