"""Influence functions: what leaving one training example out would do, without retraining."""

from typing import Literal

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.example_gradients import example_gradients, inner_products
from sdl_lib.attribution.inverse_hessian import (
    cholesky,
    conjugate_gradient,
    default_scale,
    lissa,
)
from sdl_lib.attribution.stationary import objective
from sdl_lib.curvature import Function

Solver = Literal["exact", "cg", "lissa"]


def influence_function(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    x_test: Tensor,
    y_test: Tensor,
    *,
    weight_decay: float,
    damping: float = 0.0,
    solver: Solver = "exact",
    steps: int = 1000,
    batch_size: int = 64,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""The rise of each test loss that removing each training example would cause, to first order.

    :math:`I_{ti}=\tfrac1n\,g_t^\top(H+\delta I)^{-1}g_i`, with g the gradients of single losses and
    H the Hessian of the penalised mean loss. Positive: the example helps; negative: it harms.

    Parameters
    ----------
    model : a stationary point of the objective of :func:`settle`, in evaluation mode
    x, y : the n training examples
    x_test, y_test : the m examples whose loss is explained
    weight_decay : the lambda that the model was trained with
    damping : added to the Hessian's diagonal; needed where it is not positive definite
    solver : ``"exact"`` forms the Hessian; ``"cg"`` and ``"lissa"`` need only its products
    steps : at most, of ``"cg"``; exactly, of ``"lissa"``
    batch_size, generator : of ``"lissa"``; default: a new generator with seed 0

    Returns
    -------
    Tensor, shape (m, n), in units of the loss (nats).

    Raises
    ------
    ValueError : if an argument does not fit, or the damped Hessian is not positive definite.
    RuntimeError : if ``"cg"`` does not converge or ``"lissa"`` diverges.

    References
    ----------
    Hampel (1974); Koh & Liang (2017). Explained in
    :doc:`/book/explanation/training-data-influence`.
    """
    validate.choice(solver, ("exact", "cg", "lissa"), "solver")
    validate.labels(y_test, len(x_test), name="y_test")
    f, w = objective(model, x, y, weight_decay)
    targets = example_gradients(model, x_test, y_test)
    if solver == "exact":
        solved = torch.cholesky_solve(targets.T, cholesky(f, w, damping=damping)).T
    elif solver == "cg":
        rows = [conjugate_gradient(f, w, g, damping=damping, steps=steps) for g in targets]
        solved = torch.stack(rows)
    else:
        validate.count(batch_size, "batch_size")
        chance = generator or torch.Generator().manual_seed(0)

        def draw() -> Function:
            batch = torch.randint(len(x), (batch_size,), generator=chance).to(x.device)
            return objective(model, x[batch], y[batch], weight_decay)[0]

        scale = default_scale(f, w, damping)
        rows = [lissa(draw, w, g, scale=scale, damping=damping, steps=steps) for g in targets]
        solved = torch.stack(rows)
    return inner_products(model, x, y, solved) / len(x)


def self_influence(
    model: nn.Module, x: Tensor, y: Tensor, *, weight_decay: float, damping: float = 0.0
) -> Tensor:
    r"""What removing each example would do to its *own* loss: the diagonal of the influence.

    :math:`I_{ii}=\tfrac1n\,g_i^\top(H+\delta I)^{-1}g_i\ge0`. A large value marks an example that
    the model fits only because it was trained on it.

    Parameters
    ----------
    model, x, y, weight_decay, damping : as in :func:`influence_function`

    Returns
    -------
    Tensor, shape (n,).

    References
    ----------
    Koh & Liang (2017). Explained in :doc:`/book/explanation/training-data-influence`.
    """
    f, w = objective(model, x, y, weight_decay)
    factor = cholesky(f, w, damping=damping)
    parts = []
    for chunk, labels in zip(x.split(256), y.split(256), strict=True):
        rows = example_gradients(model, chunk, labels)
        half = torch.linalg.solve_triangular(factor, rows.T, upper=False)
        parts.append(half.square().sum(0))
    return torch.cat(parts) / len(x)
