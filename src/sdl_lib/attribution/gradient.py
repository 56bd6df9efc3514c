"""What the gradient methods share: their arguments, and the gradient of a logit to the input."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from sdl_lib import validate

# On a CPU a batch is worked off in chunks whose activations stay in the cache: 128 digits at a
# time cost .75 to 1.05 of a batch of 256, and a photograph at a time keeps the memory small.
_CHUNK = 128 * 28 * 28

Inside = Callable[[], AbstractContextManager[object]]


def check_arguments(model: nn.Module, x: Tensor, y: Tensor) -> None:
    """Raise ``ValueError`` for arguments of which no attribution can be computed."""
    validate.eval_mode(model)
    validate.finite_batch(x)
    validate.labels(y, len(x))


def at_once(x: Tensor) -> int:
    """How many examples shaped as those of ``x`` (n, ...) to pass through a model together."""
    return max(1, _CHUNK // max(1, x[0].numel())) if x.device.type == "cpu" else max(1, len(x))


def input_gradient(
    model: nn.Module, x: Tensor, y: Tensor, *, inside: Inside = nullcontext
) -> Tensor:
    r"""The gradient :math:`\nabla_x f_y(x)` of each example's logit of class ``y``.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes); no gradient reaches its parameters
    x : Tensor, shape (n, ...), n > 0
    y : LongTensor, shape (n,), values from 0 to classes - 1
    inside : gives the context in which the forward pass runs; a context that changes the local
        derivatives turns the gradient into guided backpropagation or into relevance

    Returns
    -------
    Tensor, shaped as ``x``, detached.

    Raises
    ------
    ValueError : if a label is no class of the model, or logits or gradients are not finite.
    """
    size = at_once(x)
    chunks = zip(x.split(size), y.split(size), strict=True)
    gradient = torch.cat([_chunk(model, *chunk, inside) for chunk in chunks])
    if not all(math.isfinite(extreme) for extreme in gradient.aminmax()):  # a nan is an extreme
        raise ValueError("model: its gradient with respect to x is not finite")
    return gradient


def class_logits(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The logit of class ``y`` of each example, shape (n,), without a gradient."""
    size = at_once(x)
    with torch.no_grad():
        parts = [
            select(model(part), labels)
            for part, labels in zip(x.split(size), y.split(size), strict=True)
        ]
    return torch.cat(parts)


def _chunk(model: nn.Module, x: Tensor, y: Tensor, inside: Inside) -> Tensor:
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        with inside():
            logits = model(x)
        explained = select(logits, y)
    # asked for the input's gradient alone, autograd skips that of the parameters and leaves
    # their .grad as it was; the sum over examples lets each keep its own gradient
    (gradient,) = torch.autograd.grad(explained, x, torch.ones_like(explained))
    return gradient


def select(logits: Tensor, y: Tensor) -> Tensor:
    """The logits of the classes ``y``, shape (n,), of finite ``logits`` (n, classes)."""
    validate.logits(logits, len(y))
    validate.labels(y, len(y), logits.shape[1])
    explained: Tensor = logits.gather(1, y.unsqueeze(1)).squeeze(1)
    return explained
