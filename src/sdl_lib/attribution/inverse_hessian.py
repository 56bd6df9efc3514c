r"""Solve :math:`(H+\delta I)\,s=b` with the Hessian of a function: three ways, three prices."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, vjp, vmap

from sdl_lib import validate
from sdl_lib.curvature import Function, hvp, largest_curvature


def cholesky(f: Function, w: Tensor, *, damping: float = 0.0, chunk: int = 256) -> Tensor:
    r"""The lower factor of :math:`H+\delta I`, H the Hessian of ``f`` at ``w``, shape (p, p).

    Parameters
    ----------
    f : maps a vector of p weights to one number
    w : Tensor, shape (p,)
    damping : the number added to the diagonal, at least 0
    chunk : columns of the Hessian that are computed together

    Raises
    ------
    ValueError : if ``damping`` is negative, or too small to make the matrix positive definite.

    References
    ----------
    Explained in :doc:`/book/explanation/training-data-influence`.
    """
    validate.radius(damping, "damping")
    eye = torch.eye(len(w), dtype=w.dtype, device=w.device)
    along = vjp(grad(f), w)[1]  # the Hessian is symmetric: its rows are its columns
    matrix = torch.cat([vmap(along)(part)[0] for part in eye.split(chunk)]).detach()
    matrix = (matrix + matrix.T) / 2 + damping * eye
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(matrix)
    if int(failed):
        least = float(torch.linalg.eigvalsh(matrix)[0])
        raise ValueError(
            f"damping: expected enough to make the Hessian positive definite, found {damping}: "
            f"its least eigenvalue is then {least:.3g}"
        )
    return factor


def conjugate_gradient(
    f: Function,
    w: Tensor,
    b: Tensor,
    *,
    damping: float = 0.0,
    tolerance: float = 1e-8,
    steps: int = 1000,
) -> Tensor:
    r"""Solve :math:`(H+\delta I)\,s=b` by Hessian-vector products alone.

    Parameters
    ----------
    f, w, damping : as in :func:`cholesky`
    b : Tensor, shape (p,)
    tolerance : of the residual, as a share of the length of ``b``
    steps : at most, one Hessian-vector product each

    Returns
    -------
    Tensor, shape (p,).

    Raises
    ------
    ValueError : if a setting is out of range, or a direction of negative curvature is met.
    RuntimeError : if ``steps`` do not reach ``tolerance``.

    References
    ----------
    Hestenes & Stiefel (1952); Martens (2010). Explained in
    :doc:`/book/explanation/training-data-influence`.
    """
    validate.radius(damping, "damping")
    validate.count(steps, "steps")
    s, residual = torch.zeros_like(b), b.clone()
    direction, size = residual.clone(), float(b @ b)
    goal = tolerance**2 * size
    for _ in range(steps):
        if size <= goal:
            return s
        image = hvp(f, w, direction) + damping * direction
        bend = float(direction @ image)
        if bend <= 0:
            raise ValueError(f"damping: found negative curvature at {damping}; expected more")
        rate = size / bend
        s, residual = s + rate * direction, residual - rate * image
        before, size = size, float(residual @ residual)
        direction = residual + size / before * direction
    if size <= goal:
        return s
    raise RuntimeError(f"conjugate_gradient: not solved after {steps} steps")


def lissa(
    draw: Callable[[], Function],
    w: Tensor,
    b: Tensor,
    *,
    scale: float,
    damping: float = 0.0,
    steps: int = 1000,
) -> Tensor:
    r"""Estimate :math:`(H+\delta I)^{-1}b` from batches: a Neumann series, one term a batch.

    With :math:`A` the damped Hessian of a fresh batch, :math:`s\leftarrow b+(I-A/c)\,s`; the result
    is :math:`s/c`. The series converges where all eigenvalues of A lie between 0 and 2c.

    Parameters
    ----------
    draw : returns the objective on a random batch
    w, b, damping : as in :func:`conjugate_gradient`
    scale : the number c
    steps : terms of the series; it forgets its start like :math:`(1-\mu/c)^{t}`, with
        :math:`\mu` the least eigenvalue

    Raises
    ------
    ValueError : if a setting is out of range.
    RuntimeError : if the series diverges: ``scale`` is too small, or the curvature negative.

    References
    ----------
    Agarwal, Bullins & Hazan (2017). Explained in
    :doc:`/book/explanation/training-data-influence`.
    """
    validate.radius(damping, "damping")
    validate.count(steps, "steps")
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"scale: expected a positive number, found {scale}")
    s = b.clone()
    for _ in range(steps):
        s = b + s - (hvp(draw(), w, s) + damping * s) / scale
        if not bool(torch.isfinite(s).all()):
            raise RuntimeError("lissa: the series diverges; raise scale or damping")
    return s / scale


def default_scale(f: Function, w: Tensor, damping: float) -> float:
    """Twice the largest curvature of ``f``: batches can be more curved than the whole."""
    return 2 * (abs(largest_curvature(f, w, steps=20)) + damping)
