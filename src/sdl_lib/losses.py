"""Losses of a classifier by hand, each with its analytic gradient.

Over the classes: the softmax and the cross-entropy. For two classes, as functions of the margin:
the logistic and the hinge loss.
"""

import torch
from torch import Tensor

from sdl_lib import validate


def log_sum_exp(logits: Tensor) -> Tensor:
    r"""The number :math:`\log\sum_k e^{z_k}` of each row, without overflow.

    The largest logit :math:`m` is taken out: :math:`m + \log\sum_k e^{z_k - m}`. Its exponent is
    0, so the sum lies between 1 and the number of classes.

    Parameters
    ----------
    logits : Tensor, shape (n, classes), finite

    Returns
    -------
    Tensor, shape (n,).

    Raises
    ------
    ValueError : if ``logits`` is no matrix, or not finite.

    References
    ----------
    Explained in :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    _check_logits(logits)
    largest = logits.amax(1, keepdim=True)
    sums: Tensor = (logits - largest).exp().sum(1).log()
    return sums + largest.squeeze(1)


def log_softmax(logits: Tensor) -> Tensor:
    """The logarithms of :func:`softmax`: finite even where a probability rounds to zero."""
    return logits - log_sum_exp(logits).unsqueeze(1)


def softmax(logits: Tensor) -> Tensor:
    r"""Probabilities :math:`p_k = e^{z_k}/\sum_j e^{z_j}` of each row; shape (n, classes).

    Raises ``ValueError`` if ``logits`` is no matrix of shape (n, classes), or not finite.
    """
    return log_softmax(logits).exp()


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    r"""Mean of :math:`-\log p_y = \log\sum_k e^{z_k} - z_y` over the rows.

    Parameters
    ----------
    logits : Tensor, shape (n, classes), n > 0, finite
    y : LongTensor, shape (n,): the class of each row

    Returns
    -------
    Tensor, one number, in nats.

    Raises
    ------
    ValueError : if there are no rows, ``y`` is not int64 or has a class that is none, or
        ``logits`` is not finite.

    References
    ----------
    Explained in :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    _check_logits(logits, y)
    right = logits.gather(1, y.unsqueeze(1)).squeeze(1)
    return (log_sum_exp(logits) - right).mean()


def cross_entropy_gradient(logits: Tensor, y: Tensor) -> Tensor:
    r"""Gradient of :func:`cross_entropy` in the logits: :math:`(p - \mathrm{onehot}(y))/n`.

    Parameters and errors are those of :func:`cross_entropy`; the result has the shape of
    ``logits``.
    """
    _check_logits(logits, y)
    ones = torch.ones_like(y, dtype=logits.dtype).unsqueeze(1)
    return softmax(logits).scatter_add(1, y.unsqueeze(1), -ones) / len(y)


def zero_one(margin: Tensor) -> Tensor:
    """The loss that counts errors: 1 where the margin is not positive, else 0."""
    return (margin <= 0).to(margin.dtype)


def logistic(margin: Tensor) -> Tensor:
    r"""The logistic loss :math:`\log(1 + e^{-m})` of each margin :math:`m`, without overflow.

    It is the cross-entropy of two classes with the logits :math:`(m, 0)`, the first being right.

    Parameters
    ----------
    margin : Tensor of any shape: the score times the label, which is 1 or -1

    Returns
    -------
    Tensor, same shape, in nats.

    References
    ----------
    Explained in :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    return (-margin).clamp(min=0) + (-margin.abs()).exp().log1p()


def logistic_gradient(margin: Tensor) -> Tensor:
    r"""Derivative :math:`-1/(1 + e^{m})` of :func:`logistic`: between -1 and 0."""
    return -(-margin).sigmoid()


def hinge(margin: Tensor) -> Tensor:
    r"""The hinge loss :math:`\max(0, 1 - m)` of each margin: zero once the margin reaches 1."""
    return (1 - margin).clamp(min=0)


def hinge_gradient(margin: Tensor) -> Tensor:
    """Derivative of :func:`hinge`: -1 below 1 and 0 from there on (at 1, one of its choices)."""
    return -(margin < 1).to(margin.dtype)


def _check_logits(logits: Tensor, y: Tensor | None = None) -> None:
    rows = len(logits) if logits.ndim else 0
    validate.logits(logits, rows, "logits")
    if y is None:
        return
    if rows == 0:
        raise ValueError("logits: expected at least one row, found none")
    validate.labels(y, rows, logits.shape[1])
