r"""Optimisers by hand: each takes a function and a point, and returns the path it walks.

A path has shape (steps + 1, ...): its first entry is the start, its last the result.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.curvature import Function, gradient, hessian

_Step = Callable[[Tensor, Tensor, int], Tensor]


def gd(f: Function, x: Tensor, *, lr: float, steps: int) -> Tensor:
    r"""Gradient descent: :math:`x \leftarrow x - \eta\,\nabla f(x)`.

    Parameters
    ----------
    f : maps a tensor of the shape of ``x`` to one number; differentiable
    x : Tensor of floats, the start
    lr : the learning rate :math:`\eta`
    steps : how many

    Returns
    -------
    Tensor, shape (steps + 1, ...): the points visited, ``x`` first.

    Raises
    ------
    ValueError : if ``x`` is not a finite tensor of floats, a setting is out of range, or ``f``
        does not return one number.

    References
    ----------
    Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.radius(lr, "lr")
    return _walk(f, x, steps, lambda x, g, _: x - lr * g)


def momentum(f: Function, x: Tensor, *, lr: float, beta: float = 0.9, steps: int) -> Tensor:
    r"""Heavy ball: :math:`v \leftarrow \beta v + \nabla f(x)`; :math:`x \leftarrow x - \eta v`.

    Parameters
    ----------
    f, x, lr, steps : as in :func:`gd`
    beta : the share of the velocity that is kept, at least 0 and below 1

    Returns
    -------
    Tensor, shape (steps + 1, ...): the points visited; those of ``torch.optim.SGD``.

    Raises
    ------
    ValueError : as :func:`gd`, or if ``beta`` is out of range.

    References
    ----------
    Polyak (1964). Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.radius(lr, "lr")
    _share(beta, "beta")
    v = torch.zeros_like(x)

    def step(x: Tensor, g: Tensor, _: int) -> Tensor:
        nonlocal v
        v = beta * v + g
        return x - lr * v

    return _walk(f, x, steps, step)


def adam(
    f: Function,
    x: Tensor,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    steps: int,
) -> Tensor:
    r"""Adam: a step of :math:`\eta\,\hat m / (\sqrt{\hat v} + \epsilon)` in each coordinate.

    :math:`m` and :math:`v` are running means of the gradient and of its square; the hats divide
    by :math:`1 - \beta^t`, because both begin at zero.

    Parameters
    ----------
    f, x, lr, steps : as in :func:`gd`
    betas : the shares of m and of v that are kept, each at least 0 and below 1
    eps : keeps the division finite

    Returns
    -------
    Tensor, shape (steps + 1, ...): the points visited; those of ``torch.optim.Adam``.

    Raises
    ------
    ValueError : as :func:`gd`, or if ``betas`` or ``eps`` are out of range.

    References
    ----------
    Kingma & Ba (2015). Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.radius(lr, "lr")
    validate.radius(eps, "eps")
    for beta in betas:
        _share(beta, "betas")
    m, v = torch.zeros_like(x), torch.zeros_like(x)

    def step(x: Tensor, g: Tensor, t: int) -> Tensor:
        nonlocal m, v
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        return x - lr * m_hat / (v_hat.sqrt() + eps)

    return _walk(f, x, steps, step)


def newton(f: Function, x: Tensor, *, damping: float = 0.0, steps: int = 1) -> Tensor:
    r"""Newton's method: :math:`x \leftarrow x - (\nabla^2 f(x) + \lambda I)^{-1}\nabla f(x)`.

    It forms the whole Hessian: for a few hundred unknowns at most.

    Parameters
    ----------
    f, x, steps : as in :func:`gd`
    damping : the :math:`\lambda` that is added to every curvature; a large one turns the step
        towards that of gradient descent and shortens it

    Returns
    -------
    Tensor, shape (steps + 1, ...): the points visited.

    Raises
    ------
    ValueError : as :func:`gd`, if ``damping`` is negative, or if a Hessian has no inverse.

    References
    ----------
    Nocedal & Wright (2006), chapter 3. Explained in
    :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.radius(damping, "damping")

    def step(x: Tensor, g: Tensor, _: int) -> Tensor:
        h = hessian(f, x) + damping * torch.eye(x.numel(), dtype=x.dtype, device=x.device)
        direction: Tensor
        direction, failed = torch.linalg.solve_ex(h, g.flatten())
        if failed.item():
            raise ValueError("f: its Hessian has no inverse here; raise the damping")
        return x - direction.view_as(x)

    return _walk(f, x, steps, step)


def _walk(f: Function, x: Tensor, steps: int, step: _Step) -> Tensor:
    """Start at ``x`` and apply ``step(point, gradient, number from 1)``."""
    validate.count(steps, "steps", least=0)
    path = [x.detach().clone()]
    for t in range(1, steps + 1):
        path.append(step(path[-1], gradient(f, path[-1]), t))
    return torch.stack(path)


def _share(value: float, name: str) -> None:
    if not (math.isfinite(value) and 0 <= value < 1):
        raise ValueError(f"{name}: expected at least 0 and below 1, found {value}")
