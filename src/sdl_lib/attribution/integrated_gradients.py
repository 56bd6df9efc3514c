"""Integrated gradients: the gradient along the way from a baseline to the input."""

from typing import Literal, overload

import numpy as np
import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.gradient import at_once, check_arguments, class_logits, input_gradient

Rule = Literal["midpoint", "gauss-legendre"]


@overload
def integrated_gradients(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    baseline: Tensor | float | None = None,
    steps: int = 50,
    rule: Rule = "midpoint",
    return_gap: Literal[False] = False,
) -> Tensor: ...


@overload
def integrated_gradients(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    baseline: Tensor | float | None = None,
    steps: int = 50,
    rule: Rule = "midpoint",
    return_gap: Literal[True],
) -> tuple[Tensor, Tensor]: ...


def integrated_gradients(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    baseline: Tensor | float | None = None,
    steps: int = 50,
    rule: Rule = "midpoint",
    return_gap: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    r""":math:`(x_i-b_i)\int_0^1\partial_i f_y(b+t(x-b))\,dt`: shares of :math:`f_y(x)-f_y(b)`.

    Parameters
    ----------
    model, x, y : as for :func:`saliency`
    baseline : b, a number or a Tensor that broadcasts to ``x``; default: zero
    steps : gradients taken along the way
    rule : where, and with what weights: ``"midpoint"`` or ``"gauss-legendre"``
    return_gap : also return the completeness gap, shape (n,): the sum of the attributions less
        :math:`f_y(x)-f_y(b)`, the error of the numeric integral

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``, signed, in units of the logit; or a pair.

    Raises
    ------
    ValueError : as :func:`saliency`, and for a bad ``baseline``, ``steps`` or ``rule``.

    References
    ----------
    Sundararajan, Taly & Yan (2017). Explained in :doc:`/book/explanation/gradient-attribution`.
    """
    check_arguments(model, x, y)
    validate.count(steps, "steps")
    validate.choice(rule, ("midpoint", "gauss-legendre"), "rule")
    x = x.detach()
    start = as_baseline(baseline, x)
    way, total = x - start, torch.zeros_like(x)
    if len(x) == 0:
        return (total, total.new_zeros(0)) if return_gap else total
    together = max(1, at_once(x) // len(x))  # points of a small batch share a forward pass
    nodes, weights = (part.to(x).split(together) for part in quadrature(steps, rule))
    for t, weight in zip(nodes, weights, strict=True):
        points = start + t.view(-1, *[1] * x.ndim) * way
        gradient = input_gradient(model, points.flatten(0, 1), y.repeat(len(t)))
        total += torch.tensordot(weight, gradient.view(points.shape), dims=1)
    attribution = way * total
    if not return_gap:
        return attribution
    rise = class_logits(model, x, y) - class_logits(model, start, y)
    return attribution, attribution.flatten(1).sum(1) - rise


def quadrature(steps: int, rule: Rule) -> tuple[Tensor, Tensor]:
    """Nodes in (0, 1) and their weights, which sum to 1; float64, shape (steps,) each."""
    if rule == "midpoint":
        nodes = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
        return nodes, torch.full_like(nodes, 1 / steps)
    points, weights = np.polynomial.legendre.leggauss(steps)  # on [-1, 1]
    return torch.from_numpy((points + 1) / 2), torch.from_numpy(weights / 2)


def as_baseline(baseline: Tensor | float | None, x: Tensor) -> Tensor:
    """``baseline`` in the shape of ``x``: of each example its own, or one for all."""
    start = torch.as_tensor(0.0 if baseline is None else baseline, dtype=x.dtype, device=x.device)
    try:
        start = start.detach().expand_as(x)
    except RuntimeError:
        raise ValueError(
            f"baseline: expected a shape that broadcasts to {tuple(x.shape)}, "
            f"found {tuple(start.shape)}"
        ) from None
    validate.finite_batch(start, "baseline")
    return start
