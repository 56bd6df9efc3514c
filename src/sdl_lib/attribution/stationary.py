"""Train to a point where the gradient is zero: what influence and representer points stand on."""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from sdl_lib import validate
from sdl_lib.attribution.inverse_hessian import conjugate_gradient
from sdl_lib.curvature import Function, gradient, loss_of_weights


def penalised(f: Function, weight_decay: float) -> Function:
    r"""The function :math:`f(w)+\tfrac\lambda2\lVert w\rVert^2`."""
    return lambda w: f(w) + 0.5 * weight_decay * w.square().sum()


def objective(
    model: nn.Module, x: Tensor, y: Tensor, weight_decay: float
) -> tuple[Function, Tensor]:
    """The mean cross-entropy plus penalty as a function of all weights, and the present weights."""
    validate.radius(weight_decay, "weight_decay")
    f, weights = loss_of_weights(model, x, y)
    return penalised(f, weight_decay), weights


def settle(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    weight_decay: float,
    tolerance: float = 1e-8,
    steps: int = 5000,
) -> float:
    r"""Minimise :math:`\tfrac1n\sum_i\ell_i(w)+\tfrac\lambda2\lVert w\rVert^2` until it is flat.

    The model is trained in place, from its present weights, on all examples at once: L-BFGS, then
    a few steps of Newton's method. All its parameters are penalised, biases too.

    Parameters
    ----------
    model : maps (n, ...) to logits (n, classes), in evaluation mode; double precision is advised
    x : Tensor, shape (n, ...)
    y : LongTensor, shape (n,)
    weight_decay : the factor lambda, at least 0
    tolerance : the largest size of a component of the gradient that counts as zero
    steps : of L-BFGS, at most

    Returns
    -------
    float : the largest component of the gradient that is left, in size.

    Raises
    ------
    ValueError : if the model is in training mode, shapes differ, or a setting is out of range.
    RuntimeError : if the gradient is still above ``tolerance`` after ``steps``.

    References
    ----------
    Explained in :doc:`/book/explanation/training-data-influence`.
    """
    validate.count(steps, "steps")
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise ValueError(f"tolerance: expected a positive number, found {tolerance}")
    f, weights = objective(model, x, y, weight_decay)
    found = _polished(f, _minimise(f, weights, tolerance=tolerance, steps=steps), tolerance)
    left = float(gradient(f, found).abs().max())
    if not left <= tolerance:
        raise RuntimeError(f"settle: a gradient of {left:.2g} is left after {steps} steps")
    with torch.no_grad():
        vector_to_parameters(found, model.parameters())
    return left


def _minimise(f: Function, start: Tensor, *, tolerance: float, steps: int) -> Tensor:
    """L-BFGS from ``start``; begun afresh where its line search gives up early."""
    w = start.clone().requires_grad_()
    for _ in range(5):
        search = torch.optim.LBFGS(
            [w],
            max_iter=steps,
            max_eval=2 * steps,
            tolerance_grad=tolerance / 2,
            tolerance_change=0.0,
            history_size=30,
            line_search_fn="strong_wolfe",
        )

        def closure(search: torch.optim.Optimizer = search) -> Tensor:
            search.zero_grad()
            value = f(w)
            value.backward()
            return value

        search.step(closure)
        if float(gradient(f, w).abs().max()) <= tolerance:
            break
    return w.detach()


def _polished(f: Function, w: Tensor, tolerance: float) -> Tensor:
    """A few steps of Newton's method: line searches end where the loss itself is only rounding."""
    for _ in range(5):
        slope = gradient(f, w)
        if float(slope.abs().max()) <= tolerance:
            return w
        try:
            trial = w - conjugate_gradient(f, w, slope, tolerance=1e-4)
        except (ValueError, RuntimeError):  # not convex here, or too badly conditioned
            return w
        if not float(gradient(f, trial).norm()) < float(slope.norm()):
            return w
        w = trial
    return w


def weights_of(model: nn.Module) -> Tensor:
    """All weights of ``model`` in one vector: a copy."""
    return parameters_to_vector(model.parameters()).detach().clone()
