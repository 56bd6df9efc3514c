"""Slopes and curvatures of a function of a tensor, such as the loss of a network's weights."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from sdl_lib import validate

Function = Callable[[Tensor], Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


def gradient(f: Function, x: Tensor) -> Tensor:
    """The gradient of ``f`` at ``x``, of the same shape; raises ``ValueError`` as :func:`hvp`."""
    return _slope(f, x, twice=False)[1].detach()


def hvp(f: Function, x: Tensor, v: Tensor) -> Tensor:
    r"""The Hessian of ``f`` at ``x`` times ``v``: :math:`H v = \nabla(\nabla f^\top v)`.

    Two passes backward, whatever the number of unknowns; the matrix is never formed.

    Parameters
    ----------
    f : maps a tensor of the shape of ``x`` to one number; twice differentiable
    x : Tensor of floats: where
    v : Tensor, of the shape of ``x``: the direction

    Returns
    -------
    Tensor, of the shape of ``x``.

    Raises
    ------
    ValueError : if ``x`` is not a finite tensor of floats, ``v`` has another shape, or ``f`` does
        not return one number.

    References
    ----------
    Pearlmutter (1994). Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    if v.shape != x.shape:
        raise ValueError(f"v: expected the shape {tuple(x.shape)} of x, found {tuple(v.shape)}")
    point, slope = _slope(f, x, twice=True)
    return _along(point, slope, v)


def hessian(f: Function, x: Tensor) -> Tensor:
    """The Hessian of ``f`` at ``x``, shape (n, n) for n unknowns: one :func:`hvp` a row."""
    point, slope = _slope(f, x, twice=True)
    unit = torch.eye(x.numel(), dtype=x.dtype, device=x.device)
    return torch.stack([_along(point, slope, e.view_as(x)).flatten() for e in unit])


def largest_curvature(
    f: Function, x: Tensor, *, steps: int = 50, generator: torch.Generator | None = None
) -> float:
    """The eigenvalue of the Hessian that is largest in size, by power iteration with :func:`hvp`.

    Parameters
    ----------
    f, x : as in :func:`hvp`
    steps : of the power iteration; it converges slowly where two eigenvalues are close
    generator : the source of the first direction; default: a new one with seed 0

    Returns
    -------
    float : the Rayleigh quotient of the last direction, never larger in size than the true one.

    Raises
    ------
    ValueError : as :func:`hvp`, or if ``steps`` is less than 1.

    References
    ----------
    Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.count(steps, "steps")
    generator = generator or torch.Generator().manual_seed(0)
    point, slope = _slope(f, x, twice=True)
    v = torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
    quotient = 0.0
    for _ in range(steps):
        v = v / v.norm()
        image = _along(point, slope, v)
        quotient = float((v * image).sum())
        if not bool(image.any()):
            return 0.0  # flat in this direction, and so in all that iteration would reach
        v = image
    return quotient


def loss_of_weights(
    model: nn.Module, x: Tensor, y: Tensor, *, loss: Loss = nn.functional.cross_entropy
) -> tuple[Function, Tensor]:
    """A model's loss on (x, y) as a function of all its weights in one vector, and that vector.

    Parameters
    ----------
    model : maps ``x`` to logits, in evaluation mode; it is not changed
    x, y : the examples
    loss : of (logits, labels)

    Returns
    -------
    f : maps a vector of weights to the loss
    weights : Tensor, shape (n,): a copy of the present weights, in the order of ``parameters()``

    Raises
    ------
    ValueError : if the model is in training mode, or the batch sizes differ.

    References
    ----------
    Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.eval_mode(model)
    validate.labels(y, len(x))
    named = [(name, p.shape, p.numel()) for name, p in model.named_parameters()]

    def f(weights: Tensor) -> Tensor:
        parts = weights.split([size for _, _, size in named])
        state = {
            name: part.view(shape) for (name, shape, _), part in zip(named, parts, strict=True)
        }
        return loss(torch.func.functional_call(model, state, (x,)), y)

    return f, parameters_to_vector(model.parameters()).detach().clone()


def _slope(f: Function, x: Tensor, *, twice: bool) -> tuple[Tensor, Tensor]:
    """A copy of ``x``, and the gradient there, ready to be differentiated again."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        found = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"x: expected a tensor of floats, found {found}")
    if not bool(torch.isfinite(x.detach()).all()):
        raise ValueError("x: contains values that are not finite")
    point = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        value = f(point)
        if value.numel() != 1:
            raise ValueError(f"f: expected one number, found shape {tuple(value.shape)}")
        (slope,) = torch.autograd.grad(
            value.sum(), point, create_graph=twice, materialize_grads=True
        )
    return point, slope


def _along(point: Tensor, slope: Tensor, v: Tensor) -> Tensor:
    """The derivative of the gradient in the direction ``v``."""
    if not slope.requires_grad:  # a linear function
        return torch.zeros_like(point)
    (image,) = torch.autograd.grad(
        slope, point, grad_outputs=v, retain_graph=True, materialize_grads=True
    )
    return image.detach()
