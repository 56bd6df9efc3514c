"""Norms and their duals, principal components, and the largest stretch of a linear map."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate

Map = Callable[[Tensor], Tensor]


def dual_exponent(p: float) -> float:
    """The q with 1/p + 1/q = 1: 1 for infinity, 2 for 2; ``ValueError`` if ``p`` is below 1."""
    if not p >= 1:
        raise ValueError(f"p: expected the exponent of a norm, at least 1, found {p}")
    if p == 1:
        return math.inf
    return 1.0 if math.isinf(p) else p / (p - 1)


def dual_norm(w: Tensor, *, p: float) -> Tensor:
    r"""The greatest :math:`w^\top r` over :math:`\lVert r\rVert_p\le1`, which is the q-norm of w.

    Parameters
    ----------
    w : Tensor of floats, any shape, read as one vector
    p : exponent of the norm that bounds r, from 1 to ``math.inf``

    Returns
    -------
    Tensor : one number.

    Raises
    ------
    ValueError : if ``p`` is below 1, or ``w`` is not finite.

    References
    ----------
    Hölder's inequality. Explained in :doc:`/book/appendix/linear-algebra`.
    """
    _check_finite(w, "w")
    norm: Tensor = torch.linalg.vector_norm(w, ord=dual_exponent(p))
    return norm


def steepest_direction(w: Tensor, *, p: float) -> Tensor:
    r"""An r with :math:`\lVert r\rVert_p\le1` at which :math:`w^\top r` is greatest.

    For p = infinity the signs of w, which is the step of FGSM; for 2, w over its length; for 1,
    one coordinate, where w is largest in size (the first of them).

    Parameters
    ----------
    w : Tensor of floats, any shape, read as one vector
    p : exponent of the norm, from 1 to ``math.inf``

    Returns
    -------
    Tensor, same shape as ``w``; zero where ``w`` is zero altogether.

    Raises
    ------
    ValueError : if ``p`` is below 1, or ``w`` is not finite.

    References
    ----------
    Explained in :doc:`/book/appendix/linear-algebra`.
    """
    _check_finite(w, "w")
    q = dual_exponent(p)
    if not bool(w.any()):
        return torch.zeros_like(w)
    if math.isinf(q):
        r = torch.zeros_like(w)
        top = w.abs().argmax()
        r.view(-1)[top] = w.reshape(-1)[top].sign()
        return r
    size = w.abs() / w.abs().max()  # so that no power overflows
    r = w.sign() * size ** (q - 1)
    length: Tensor = torch.linalg.vector_norm(r, ord=p)
    return r / length


class PrincipalComponents(NamedTuple):
    """Directions of greatest variance: ``mean`` (d), ``directions`` (k, d), ``variances`` (k).

    ``total`` is the variance in all directions together.
    """

    mean: Tensor
    directions: Tensor
    variances: Tensor
    total: Tensor


def principal_components(x: Tensor, *, k: int) -> PrincipalComponents:
    r"""The k directions in which the rows of ``x`` vary most, by a singular value decomposition.

    Parameters
    ----------
    x : Tensor of floats, shape (n, d), finite, one example a row, n at least 2
    k : how many, at most the smaller of n and d

    Returns
    -------
    PrincipalComponents : the directions are orthonormal rows, the largest variance first; each
        points where its largest entry is positive. Variances divide by n - 1.

    Raises
    ------
    ValueError : if ``x`` is no matrix of at least two rows, not finite, or ``k`` out of range.

    References
    ----------
    Pearson (1901). Explained in :doc:`/book/appendix/linear-algebra`.
    """
    _check_finite(x, "x")
    if x.ndim != 2 or len(x) < 2:
        raise ValueError(f"x: expected shape (n, d) with n at least 2, found {tuple(x.shape)}")
    validate.count(k, "k")
    if k > min(x.shape):
        raise ValueError(f"k: expected at most {min(x.shape)}, found {k}")
    mean = x.mean(0)
    _, s, vh = torch.linalg.svd(x - mean, full_matrices=False)
    top = vh[:k]
    largest = top.gather(1, top.abs().argmax(1, keepdim=True))
    variances = s.square() / (len(x) - 1)
    return PrincipalComponents(mean, top * largest.sign(), variances[:k], variances.sum())


def power_iteration(
    f: Map,
    x: Tensor,
    *,
    steps: int = 100,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    r"""The largest singular value of the derivative of ``f`` at ``x``, and its direction.

    For a linear or affine ``f``, such as a layer, that is its spectral norm, the same at every
    ``x``. The matrix is never formed: a step costs about as much as three gradients of ``f``.

    Parameters
    ----------
    f : maps a tensor of the shape of ``x`` to a tensor; differentiable
    x : Tensor of floats, any shape, finite; for a linear ``f`` only its shape matters
    steps : at each, the error of the direction falls by (second over first singular value) squared
    generator : the source of the first direction; default: a new one with seed 0

    Returns
    -------
    sigma : Tensor, one number, never more than the true value but for rounding
    v : Tensor, shape of ``x``, of length 1: the direction that is stretched by ``sigma``

    Raises
    ------
    ValueError : if ``x`` is not finite, or ``steps`` is less than 1.

    References
    ----------
    Explained in :doc:`/book/appendix/linear-algebra`.
    """
    _check_finite(x, "x")
    validate.count(steps, "steps")
    generator = generator or torch.Generator().manual_seed(0)
    v = torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
    v, push, pull = v / v.norm(), *_derivative(f, x)
    for _ in range(steps):
        back = pull(push(v))
        if not bool(back.any()):
            break  # the map sends this direction to zero
        v = back / back.norm()
    return torch.linalg.vector_norm(push(v)), v


def _derivative(f: Map, x: Tensor) -> tuple[Map, Map]:
    """The derivative J of ``f`` at ``x`` as two maps: v to Jv, and u to the transpose of J on u."""
    point = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        y = f(point)
        dummy = torch.zeros_like(y, requires_grad=True)
        # linear in the dummy: its derivative with respect to the dummy is J itself, transposed
        (pulled,) = torch.autograd.grad(y, point, dummy, create_graph=True)

    def push(v: Tensor) -> Tensor:
        return torch.autograd.grad(pulled, dummy, v, retain_graph=True)[0].detach()

    def pull(u: Tensor) -> Tensor:
        return torch.autograd.grad(y, point, u, retain_graph=True)[0].detach()

    return push, pull


def _check_finite(w: Tensor, name: str) -> None:
    if not isinstance(w, Tensor) or not w.is_floating_point():
        found = w.dtype if isinstance(w, Tensor) else type(w).__name__
        raise ValueError(f"{name}: expected a tensor of floats, found {found}")
    if w.numel() == 0 or not bool(torch.isfinite(w.detach()).all()):
        raise ValueError(f"{name}: expected finite values, at least one")
