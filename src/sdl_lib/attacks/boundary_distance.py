"""How far it is to a model's boundary along a given direction."""

import torch
from torch import Tensor, nn

from sdl_lib import training, validate


def boundary_distance(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    direction: Tensor,
    *,
    reach: float | Tensor,
    points: int = 32,
    bisections: int = 14,
) -> Tensor:
    r"""Least t at which :math:`x+t\,u` is no longer of class y, with u the direction's unit vector.

    A line search looks at ``points`` places, evenly spaced up to ``reach``; between the last that
    is right and the first that is wrong, bisection finds the boundary. A sliver of another class
    that is thinner than the spacing can be missed, so the result is an upper bound of the least t.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes), in evaluation mode
    x : Tensor, shape (n, ...), finite; the ray is *not* clipped to [0, 1]
    y : LongTensor, shape (n,): the class that is left
    direction : Tensor, shape as ``x``, no row zero; its length does not matter
    reach : Euclidean length to which one looks, positive; one number or shape (n,)
    points, bisections : of the line search, and halvings of the spacing after it

    Returns
    -------
    Tensor, shape (n,): 0 where the answer at x is wrong already, inf where none is met in reach

    Raises
    ------
    ValueError : if shapes differ, a direction is zero, ``reach`` is not positive, or the model is
        in training mode.

    References
    ----------
    Tramèr et al. (2017). Explained in :doc:`/book/security/transferability`.
    """
    far = _check(model, x, y, direction, reach, points, bisections)
    if len(x) == 0:
        return x.new_zeros(0)
    shape = (-1, *[1] * (x.ndim - 1))
    size = torch.linalg.vector_norm(direction.detach().flatten(1), dim=1).view(shape)
    x, unit = x.detach(), direction.detach() / size

    def wrong(t: Tensor) -> Tensor:
        return training.predict(model, x + t.view(shape) * unit).argmax(1) != y

    low, high = torch.zeros_like(far), torch.full_like(far, torch.inf)
    for i in range(points + 1):
        t = far * i / points
        open_ = high.isinf()
        hit = open_ & wrong(t)
        high = torch.where(hit, t, high)
        low = torch.where(open_ & ~hit, t, low)
    for _ in range(bisections):
        middle = torch.where(high.isinf(), low, (low + high) / 2)
        hit = wrong(middle) & high.isfinite()
        low, high = torch.where(hit, low, middle), torch.where(hit, middle, high)
    return high


def _check(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    direction: Tensor,
    reach: float | Tensor,
    points: int,
    bisections: int,
) -> Tensor:
    """Raise ``ValueError`` for bad arguments; the reach of each example otherwise."""
    validate.eval_mode(model)
    validate.finite_batch(x)
    validate.labels(y, len(x))
    validate.finite_batch(direction, "direction")
    if direction.shape != x.shape:
        raise ValueError(
            f"direction: expected the shape {tuple(x.shape)}, found {tuple(direction.shape)}"
        )
    if bool((direction.flatten(1) == 0).all(1).any()):
        raise ValueError("direction: expected no row of zeros")
    validate.count(points, "points")
    validate.count(bisections, "bisections", least=0)
    far = torch.as_tensor(reach, dtype=x.dtype, device=x.device)
    if far.ndim and far.shape != (len(x),):
        raise ValueError(f"reach: expected one number or shape ({len(x)},), found {far.shape}")
    if not bool(((far > 0) & far.isfinite()).all()):
        raise ValueError("reach: expected positive, finite numbers")
    return far.expand(len(x))
