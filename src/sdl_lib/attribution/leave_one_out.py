"""The truth that influence estimates: train again without some examples, and look."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from sdl_lib import validate
from sdl_lib.attribution.inverse_hessian import cholesky
from sdl_lib.attribution.stationary import objective, weights_of

Slope = Callable[[Tensor, Tensor], Tensor]


def leave_one_out(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    x_test: Tensor,
    y_test: Tensor,
    *,
    weight_decay: float,
    rows: Tensor | None = None,
    damping: float = 0.0,
) -> Tensor:
    """The rise of each test loss when one training example is removed and the model retrained.

    Parameters
    ----------
    model : a stationary point of the objective of :func:`settle`; it is not changed
    x, y : the n training examples
    x_test, y_test : the m examples whose loss is measured
    weight_decay : the lambda that the model was trained with
    rows : LongTensor of the examples to leave out, one at a time; default: all
    damping : as in :func:`retrain_without`

    Returns
    -------
    Tensor, shape (m, rows), in nats. Positive: the example helps; negative: it harms.

    Raises
    ------
    ValueError : if an argument does not fit. RuntimeError : if a retraining does not converge.

    References
    ----------
    Koh & Liang (2017). Explained in :doc:`/book/explanation/training-data-influence`.
    """
    chosen = torch.arange(len(x), device=x.device) if rows is None else rows
    groups = chosen[:, None] == torch.arange(len(x), device=x.device)
    return leave_groups_out(
        model, x, y, x_test, y_test, groups, weight_decay=weight_decay, damping=damping
    )


def leave_groups_out(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    x_test: Tensor,
    y_test: Tensor,
    groups: Tensor,
    *,
    weight_decay: float,
    damping: float = 0.0,
) -> Tensor:
    """As :func:`leave_one_out`, but with whole groups removed: the result has shape (m, groups).

    ``groups`` is a tensor of booleans, shape (groups, n): who is left out together.
    """
    validate.labels(y_test, len(x_test), name="y_test")
    before = _losses(model, weights_of(model)[None], x_test, y_test)
    weights = retrain_without(model, x, y, groups, weight_decay=weight_decay, damping=damping)
    return (_losses(model, weights, x_test, y_test) - before).T


def retrain_without(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    groups: Tensor,
    *,
    weight_decay: float,
    damping: float = 0.0,
    tolerance: float = 1e-8,
    steps: int = 500,
    chunk: int = 64,
) -> Tensor:
    r"""Retrain without each group until the gradient is zero, from the present weights.

    The objective is :math:`\tfrac1n\sum_{i\notin G}\ell_i(w)+\tfrac\lambda2\lVert w\rVert^2`, with
    the n of all examples. Every group is trained on in one batch, by steps :math:`H^{-1}g` with the
    Hessian of the *whole* objective (chord method), halved where they do not descend.

    Parameters
    ----------
    model, x, y, weight_decay : as in :func:`leave_one_out`
    groups : tensor of booleans, shape (groups, n): who is left out together
    damping : added to the Hessian's diagonal: it changes the road, not the end
    tolerance : the largest component of the gradient that counts as zero
    steps : at most
    chunk : groups that are trained together

    Returns
    -------
    Tensor, shape (groups, parameters), in the order of ``model.parameters()``.

    Raises
    ------
    ValueError : if an argument does not fit, or the Hessian is not positive definite.
    RuntimeError : if a gradient is above ``tolerance`` after ``steps``.

    References
    ----------
    Explained in :doc:`/book/explanation/training-data-influence`.
    """
    validate.count(steps, "steps")
    validate.count(chunk, "chunk")
    if groups.dtype != torch.bool or groups.ndim != 2 or groups.shape[1] != len(x):
        expected = f"a tensor of booleans of shape (groups, {len(x)})"
        raise ValueError(f"groups: expected {expected}, found {groups.dtype} {tuple(groups.shape)}")
    f, start = objective(model, x, y, weight_decay)
    factor = cholesky(f, start, damping=damping)

    def risk(w: Tensor, keep: Tensor) -> Tensor:
        losses = nn.functional.cross_entropy(_logits(model, w, x), y, reduction="none")
        return (keep * losses).sum() / len(x) + 0.5 * weight_decay * w.square().sum()

    slope = vmap(grad(risk))
    parts = [start.new_zeros(0, len(start))]
    for part in groups.split(chunk) if len(groups) else ():
        keep = (~part).to(x.dtype)
        w = start.expand(len(part), -1).clone()
        parts.append(_descend(slope, w, keep, factor, tolerance=tolerance, steps=steps))
    return torch.cat(parts).detach()


def _descend(
    slope: Slope, w: Tensor, keep: Tensor, factor: Tensor, *, tolerance: float, steps: int
) -> Tensor:
    """Chord steps for every row of ``w`` until its gradient is zero.

    A step must lower the merit, the square of the gradient's length in the metric of the inverse
    Hessian; for a convex risk, a short enough one always does.
    """
    rate = torch.ones_like(w[:, :1])
    g = slope(w, keep)
    for _ in range(steps):
        if float(g.abs().max()) <= tolerance:
            return w
        step = torch.cholesky_solve(g.T, factor).T
        trial = w - rate * step
        g_trial = slope(trial, keep)
        merit = (torch.cholesky_solve(g_trial.T, factor).T * g_trial).sum(1, keepdim=True)
        better = merit < (step * g).sum(1, keepdim=True)
        w, g = torch.where(better, trial, w), torch.where(better, g_trial, g)
        rate = torch.where(better, (2 * rate).clamp(max=1), rate / 2)
    raise RuntimeError(
        f"retrain_without: a gradient of {float(g.abs().max()):.2g} is left after {steps} steps"
    )


def _logits(model: nn.Module, w: Tensor, x: Tensor) -> Tensor:
    """The logits of the model with the weights in the vector ``w``."""
    named = list(model.named_parameters())
    parts = w.split([p.numel() for _, p in named])
    state = {name: part.view_as(p) for (name, p), part in zip(named, parts, strict=True)}
    logits: Tensor = functional_call(model, state, (x,))
    return logits


def _losses(model: nn.Module, weights: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The loss of every example under every row of weights: shape (rows, n)."""
    with torch.no_grad():
        return torch.stack(
            [
                nn.functional.cross_entropy(_logits(model, w, x), y, reduction="none")
                for w in weights
            ]
        )
