"""Gradients by differences: slow, nearly exact, and the judge of every formula."""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def numeric_gradient(
    f: Callable[[Tensor], Tensor | float], at: Tensor, *, step: float = 1e-5
) -> Tensor:
    r"""Central differences :math:`(f(w + he_i) - f(w - he_i))/2h` for every coordinate.

    Two evaluations of ``f`` a coordinate. The error of the formula is of order :math:`h^2`, that
    of rounding of order :math:`10^{-16}/h`; the default lies near the best of both.

    Parameters
    ----------
    f : a function of a tensor shaped as ``at``, with one number as its value
    at : Tensor of any shape, in double precision; it is not changed
    step : the distance h

    Returns
    -------
    Tensor, same shape as ``at``.

    Raises
    ------
    ValueError : if ``at`` is not float64, or ``step`` is not positive.

    References
    ----------
    Explained in :doc:`/book/fundamentals/learning-as-risk-minimisation`.
    """
    if at.dtype != torch.float64:
        raise ValueError(f"at: expected float64, in which differences survive, found {at.dtype}")
    if not step > 0:
        raise ValueError(f"step: expected a positive number, found {step}")
    point = at.detach().clone().contiguous()
    slopes = torch.empty_like(point)
    with torch.no_grad():
        for i in range(point.numel()):
            here = float(point.view(-1)[i])
            ends = []
            for moved in (here + step, here - step):
                point.view(-1)[i] = moved
                ends.append(float(f(point)))
            point.view(-1)[i] = here
            slopes.view(-1)[i] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def relative_error(found: Tensor, expected: Tensor) -> float:
    """Length of the difference over the length of ``expected``; 0 where both are zero."""
    if found.shape != expected.shape:
        raise ValueError(
            f"found: expected the shape {tuple(expected.shape)}, found {tuple(found.shape)}"
        )
    difference, length = float((found - expected).norm()), float(expected.norm())
    if length == 0:
        return 0.0 if difference == 0 else math.inf
    return difference / length
