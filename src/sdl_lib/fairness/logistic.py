"""Weighted logistic regression by Newton's method: the learner that the repairs call."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from sdl_lib import validate
from sdl_lib.fairness.attributes import binary, numbers


class LinearScore(NamedTuple):
    """A linear score: ``weight`` of shape (d,) and ``bias`` of shape (), float64."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Log-odds of rows ``x`` (n, d), shape (n,)."""
        return x.double() @ self.weight + self.bias


def weighted_logistic(
    x: Tensor,
    y: Tensor,
    *,
    weights: Tensor | None = None,
    l2: float = 1.0,
    start: LinearScore | None = None,
    most: int = 50,
) -> LinearScore:
    """Minimise the weighted sum of logistic losses plus ``l2 / 2`` times the squared weights.

    Newton's method, halving a step that does not descend; the bias is not penalised.

    Parameters
    ----------
    x : Tensor, shape (n, d), float
    y : shape (n,), 0 and 1
    weights : shape (n,), at least 0; default: 1 for each example
    l2 : positive
    start : a solution of a similar problem, from which a few steps are enough
    most : steps

    Returns
    -------
    LinearScore : its weights and bias, float64

    Raises
    ------
    ValueError : if a shape or a value is wrong.

    References
    ----------
    Explained in :doc:`/book/fairness/mitigation`.
    """
    validate.finite_batch(x)
    target = binary(y, "y", n=len(x)).double()
    w = torch.ones(len(x), dtype=torch.float64)
    w = w if weights is None else numbers(weights, "weights", n=len(x))
    if float(w.min()) < 0 or not l2 > 0:
        raise ValueError("weights, l2: expected weights of at least 0 and a positive l2")
    rows = torch.cat([x.detach().double(), torch.ones(len(x), 1, dtype=torch.float64)], 1)
    ridge = torch.full((rows.shape[1],), l2, dtype=torch.float64)
    ridge[-1] = 1e-9  # the bias is free; this only keeps the system regular
    theta = torch.zeros(rows.shape[1], dtype=torch.float64)
    theta = theta if start is None else torch.cat([start.weight, start.bias.view(1)])

    def loss(at: Tensor) -> float:
        z = rows @ at
        return float(w @ (softplus(z) - target * z) + 0.5 * (ridge * at) @ at)

    value = loss(theta)
    for _ in range(most):
        p = (rows @ theta).sigmoid()
        gradient = rows.T @ (w * (p - target)) + ridge * theta
        hessian = (rows * (w * p * (1 - p))[:, None]).T @ rows + ridge.diag()
        step = torch.linalg.solve(hessian, gradient)
        size = 1.0
        while (new := loss(theta - size * step)) > value and size > 1e-6:
            size /= 2
        theta, gained, value = theta - size * step, value - new, new
        if gained <= 1e-10 * abs(value):
            break
    return LinearScore(theta[:-1], theta[-1])
