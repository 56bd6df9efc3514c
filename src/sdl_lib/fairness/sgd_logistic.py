"""Logistic regression by stochastic gradient descent, on many samples at a time."""

import torch
from torch import Tensor

from sdl_lib import validate


def sgd_logistic(
    x: Tensor, y: Tensor, *, lr: float = 0.05, epochs: int = 10, batch: int = 10
) -> tuple[Tensor, Tensor]:
    r"""Fit a logistic regression to each sample, from zero, in the order of the rows.

    Each step takes the next ``batch`` rows and moves the weights by ``lr`` times the mean of
    :math:`(y-\sigma(w^\top x+b))\,x`, and the intercept likewise with 1 in the place of x.

    Parameters
    ----------
    x : Tensor, shape (samples, n, d)
    y : Tensor, shape (samples, n), 0 or 1
    lr : size of a step, over 0
    epochs : passes over the rows
    batch : rows in a step; the last step of a pass may have fewer

    Returns
    -------
    weights, shape (samples, d), and intercepts, shape (samples,).

    Raises
    ------
    ValueError : if the shapes do not fit, or an argument is out of its range.

    References
    ----------
    Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    validate.finite_batch(x, "x")
    validate.count(epochs, "epochs")
    validate.count(batch, "batch")
    if x.ndim != 3 or y.shape != x.shape[:2]:
        raise ValueError(
            f"y: expected shape (samples, n) for x of shape (samples, n, d), found "
            f"{tuple(y.shape)} and {tuple(x.shape)}"
        )
    if not bool(((y == 0) | (y == 1)).all()):
        raise ValueError("y: expected 0 or 1")
    if not 0 < lr < float("inf"):
        raise ValueError(f"lr: expected a finite number over 0, found {lr}")
    w, b, y = x.new_zeros(len(x), x.shape[2], 1), x.new_zeros(len(x), 1, 1), y.to(x)[..., None]
    for _ in range(epochs):
        for rows, truth in zip(x.split(batch, 1), y.split(batch, 1), strict=True):
            error = truth - torch.sigmoid(rows @ w + b)
            w = w + lr * rows.mT @ error / rows.shape[1]
            b = b + lr * error.mean(1, keepdim=True)
    return w[..., 0], b[:, 0, 0]
