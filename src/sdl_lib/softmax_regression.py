"""Softmax regression by hand: the empirical risk of a matrix, its gradient, and the way down."""

import math

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.losses import cross_entropy, cross_entropy_gradient
from sdl_lib.training import batches


def with_ones(x: Tensor) -> Tensor:
    """Each example as a row, with a 1 at its end: shape (n, d + 1). The 1 carries the bias."""
    rows = x.flatten(1)
    return torch.cat([rows, torch.ones_like(rows[:, :1])], dim=1)


def risk(weights: Tensor, rows: Tensor, y: Tensor) -> Tensor:
    """The empirical risk of ``weights``: mean cross-entropy of the logits ``rows @ weights``.

    Parameters
    ----------
    weights : Tensor, shape (d + 1, classes)
    rows : Tensor, shape (n, d + 1), as :func:`with_ones` makes them
    y : LongTensor, shape (n,)

    Raises
    ------
    ValueError : if ``y`` has a class that is none, or the logits are not finite.

    References
    ----------
    Explained in :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    return cross_entropy(rows @ weights, y)


def risk_gradient(weights: Tensor, rows: Tensor, y: Tensor) -> Tensor:
    """Gradient of :func:`risk` in the weights, in closed form; same shape as ``weights``."""
    return rows.T @ cross_entropy_gradient(rows @ weights, y)


def smoothness(rows: Tensor) -> float:
    r"""A number L such that the gradient of the risk moves at most L times as far as the weights.

    It is half the largest eigenvalue of :math:`X^\top X/n`, since no eigenvalue of the Hessian of
    the cross-entropy in the logits exceeds 1/2. A step of gradient descent with a rate of at most
    2/L never raises the risk.

    Parameters
    ----------
    rows : Tensor, shape (n, d + 1), n > 0

    References
    ----------
    Explained in :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    if rows.ndim != 2 or len(rows) == 0:
        raise ValueError(f"rows: expected shape (n, d + 1), n > 0, found {tuple(rows.shape)}")
    return 0.5 * float(torch.linalg.eigvalsh((rows.T @ rows).double() / len(rows))[-1])


def descend(
    rows: Tensor,
    y: Tensor,
    *,
    classes: int,
    lr: float,
    epochs: int,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    start: Tensor | None = None,
) -> tuple[Tensor, list[float]]:
    """Gradient descent on the empirical risk, on all rows at once or on one batch at a time.

    Parameters
    ----------
    rows : Tensor, shape (n, d + 1), as :func:`with_ones` makes them
    y : LongTensor, shape (n,), values from 0 to ``classes`` - 1
    lr : the learning rate, a positive number
    epochs : passes over the rows
    batch_size : rows of a batch; default: all, so that a pass is one step
    generator : shuffles the rows before each pass; default: they keep their order
    start : Tensor, shape (d + 1, classes); default: zeros

    Returns
    -------
    The weights, shape (d + 1, classes), and the empirical risk at the start and after each pass.

    Raises
    ------
    ValueError : if ``lr`` is not positive, a shape or label does not fit, or the logits overflow.

    References
    ----------
    Explained in :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    validate.labels(y, len(rows), classes)
    validate.count(epochs, "epochs", least=0)
    size = len(rows) if batch_size is None else batch_size
    validate.count(size, "batch_size")
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr: expected a positive number, found {lr}")
    weights = rows.new_zeros(rows.shape[1], classes) if start is None else start.detach().clone()
    if weights.shape != (rows.shape[1], classes):
        expected = (rows.shape[1], classes)
        raise ValueError(f"start: expected shape {expected}, found {tuple(weights.shape)}")
    history = [float(risk(weights, rows, y))]
    for _ in range(epochs):
        for batch in batches(len(rows), size, generator=generator):
            weights -= lr * risk_gradient(weights, rows[batch], y[batch])
        history.append(float(risk(weights, rows, y)))
    return weights, history


def as_module(weights: Tensor) -> nn.Sequential:
    """The classifier with these ``weights``, shape (d + 1, classes), as a torch module.

    It is in evaluation mode, holds a copy, and takes inputs of shape (n, ...) with d numbers each.
    """
    inputs, classes = weights.shape[0] - 1, weights.shape[1]
    layer = nn.utils.skip_init(nn.Linear, inputs, classes, dtype=weights.dtype)
    with torch.no_grad():
        layer.weight.copy_(weights[:-1].T)
        layer.bias.copy_(weights[-1])
    return nn.Sequential(nn.Flatten(), layer).eval().requires_grad_(False)
