"""Representer points: a logit as a sum over the training examples."""

from typing import Literal, NamedTuple, overload

from torch import Tensor, nn

from sdl_lib import validate


class WithGap(NamedTuple):
    """Values (m, n), and by how much their sums miss the logits (m,): zero where training ended."""

    values: Tensor
    gap: Tensor


@overload
def representer_points(
    features: Tensor,
    y: Tensor,
    weights: Tensor,
    features_test: Tensor,
    y_test: Tensor,
    *,
    weight_decay: float,
    return_gap: Literal[False] = False,
) -> Tensor: ...


@overload
def representer_points(
    features: Tensor,
    y: Tensor,
    weights: Tensor,
    features_test: Tensor,
    y_test: Tensor,
    *,
    weight_decay: float,
    return_gap: Literal[True],
) -> WithGap: ...


def representer_points(
    features: Tensor,
    y: Tensor,
    weights: Tensor,
    features_test: Tensor,
    y_test: Tensor,
    *,
    weight_decay: float,
    return_gap: bool = False,
) -> Tensor | WithGap:
    r"""The share of each training example in a test example's logit.

    At a stationary point of :math:`\tfrac1n\sum_i\ell_i+\tfrac\lambda2\lVert W\rVert^2` the logit
    of class k is :math:`\sum_i\alpha_{ik}\,\phi_i^\top\phi`, with
    :math:`\alpha_{ik}=-\tfrac1{\lambda n}\,\partial\ell_i/\partial z_{ik}`.

    Parameters
    ----------
    features : Tensor, shape (n, d): what enters the last layer (append a 1 for its bias)
    y : LongTensor, shape (n,): the training labels
    weights : Tensor, shape (d, classes): the last layer; logits are ``features @ weights``
    features_test, y_test : shapes (m, d) and (m,); the logit of ``y_test`` is explained
    weight_decay : lambda, positive. (The paper writes :math:`\lambda\lVert W\rVert^2`: its lambda
        is half of ours.)
    return_gap : also return the logits less the sums; it is zero only at a stationary point

    Returns
    -------
    Tensor, shape (m, n); with ``return_gap`` a pair of it and the gap, shape (m,).

    Raises
    ------
    ValueError : if shapes or labels do not fit, or ``weight_decay`` is not positive.

    References
    ----------
    Yeh et al. (2018). Explained in :doc:`/book/explanation/training-data-influence`.
    """
    validate.radius(weight_decay, "weight_decay")
    if weight_decay == 0:
        raise ValueError("weight_decay: expected a positive number, found 0")
    for name, part in (("features", features), ("features_test", features_test)):
        if part.ndim != 2 or part.shape[1] != weights.shape[0]:
            expected = f"(n, {weights.shape[0]})"
            raise ValueError(f"{name}: expected shape {expected}, found {tuple(part.shape)}")
    validate.labels(y, len(features), weights.shape[1])
    validate.labels(y_test, len(features_test), weights.shape[1], "y_test")
    probabilities = (features @ weights).softmax(1)
    surprise = nn.functional.one_hot(y, weights.shape[1]) - probabilities
    alpha = surprise / (weight_decay * len(features))
    values = alpha[:, y_test].T * (features_test @ features.T)
    if not return_gap:
        return values.detach()
    logits = (features_test @ weights).gather(1, y_test[:, None])[:, 0]
    return WithGap(values.detach(), (logits - values.sum(1)).detach())
