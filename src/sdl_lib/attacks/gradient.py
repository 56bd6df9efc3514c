"""What gradient attacks share: their arguments, and gradients with respect to the image alone."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from sdl_lib import training, validate

# On a CPU a batch is worked off in chunks whose activations stay in the cache: 64 digits at a
# time cost LeNet-5 .75 of 128 or 256, and a photograph at a time keeps the memory small.
_CHUNK = 64 * 28 * 28

Weigh = Callable[[Tensor, slice], Tensor]
Labels = Tensor | None


def check_arguments(
    model: nn.Module, x: Tensor, y: Tensor, eps: float | None, target: Tensor | None
) -> None:
    """Raise ``ValueError`` for arguments that no attack can work with."""
    validate.eval_mode(model)
    validate.images(x)
    validate.labels(y, len(x))
    if target is not None:
        validate.labels(target, len(x), name="target")
    if eps is not None:
        validate.radius(eps)


def ascent_direction(
    model: nn.Module, x: Tensor, y: Tensor, target: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    r"""Which way to go from ``x`` to make the classifier err, and its logits at ``x``.

    The direction is that of :math:`\nabla_x L(x, y)`, or of :math:`-\nabla_x L(x, t)` towards a
    target, with :math:`L` the cross-entropy. Its length means nothing: see :func:`_uphill`.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes); no gradient reaches its parameters
    x : Tensor, shape (n, ...), n > 0
    y, target : LongTensor, shape (n,), values from 0 to classes - 1

    Returns
    -------
    directions, shaped as ``x``, and logits, shape (n, classes); both detached.

    Raises
    ------
    ValueError : if a label is no class of the model, or logits or gradients are not finite.
    """

    def weigh(logits: Tensor, rows: slice) -> Tensor:
        return _uphill(logits, y[rows], None if target is None else target[rows])

    return pull_back(model, x, y, target, weigh)


def pull_back(
    model: nn.Module, x: Tensor, y: Tensor, target: Tensor | None, weigh: Weigh
) -> tuple[Tensor, Tensor]:
    r"""Gradient of :math:`\sum_k v_k z_k(x)`, with weights v of the logits z, and the logits.

    ``weigh(logits, rows)`` names v, shape as ``logits``, for a chunk of the examples.
    """
    directions, logits = [], []
    for rows in chunks(x):
        inputs = x[rows].detach().requires_grad_()
        z = answer(model, inputs, y[rows], None if target is None else target[rows])
        # asked for the input's gradient alone, autograd skips that of the parameters (a fifth of
        # the time) and leaves their .grad as it was
        (direction,) = torch.autograd.grad(z, inputs, weigh(z.detach(), rows))
        check_finite(direction)
        directions.append(direction)
        logits.append(z.detach())
    return torch.cat(directions), torch.cat(logits)


def chunks(x: Tensor) -> Iterator[slice]:
    """Slices of the batch that are worked off one after the other."""
    size = max(1, _CHUNK // x[0].numel()) if x.device.type == "cpu" else len(x)
    for start in range(0, len(x), size):
        yield slice(start, start + size)


def check_logits(model: nn.Module, x: Tensor, y: Tensor, target: Tensor | None) -> Tensor:
    """The logits at ``x``, without a graph, after a check of them and of the labels."""
    logits = training.predict(model, x)
    _check(logits, len(x), y, target)
    return logits


def answer(model: nn.Module, inputs: Tensor, y: Tensor, target: Tensor | None = None) -> Tensor:
    """Logits with their graph, checked; the caller's gradient mode does not matter."""
    with torch.enable_grad():
        logits: Tensor = model(inputs)
    _check(logits, len(inputs), y, target)
    return logits


def _check(logits: Tensor, n: int, y: Tensor, target: Tensor | None) -> None:
    validate.logits(logits, n)
    validate.labels(y, n, logits.shape[1])
    if target is not None:
        validate.labels(target, n, logits.shape[1], "target")


def check_finite(gradient: Tensor) -> None:
    """Raise ``ValueError`` for a gradient with which no attack can go on."""
    if not all(math.isfinite(extreme) for extreme in gradient.aminmax()):  # a nan is an extreme
        raise ValueError("model: its gradient with respect to x is not finite")


def _uphill(logits: Tensor, y: Tensor, target: Tensor | None) -> Tensor:
    """Direction, in the space of the logits, in which the loss rises; shape (n, classes).

    The gradient of the cross-entropy is softmax(z) - onehot(y) = (1 - p_y) (q - onehot(y)), where
    q is the softmax over the other classes. We leave out the factor 1 - p_y, which in float32
    rounds to zero for a confident example and would hide the way from the attacker.
    """
    column = (y if target is None else target).unsqueeze(1)
    others = logits.scatter(1, column, -torch.inf).softmax(1)
    rise = others.scatter(1, column, -1.0)
    return rise if target is None else -rise
