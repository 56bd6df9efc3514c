"""The gradient of each example's own loss in the weights: what every training-data method reads."""

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from sdl_lib import validate


def example_gradients(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    r"""One gradient an example: :math:`\nabla_w\,\ell(f_w(x_i),y_i)`, the cross-entropy alone.

    Parameters
    ----------
    model : maps (n, ...) to logits (n, classes), in evaluation mode; it is not changed
    x : Tensor, shape (n, ...)
    y : LongTensor, shape (n,)

    Returns
    -------
    Tensor, shape (n, parameters), in the order of ``model.parameters()``.

    Raises
    ------
    ValueError : if the model is in training mode, or the batch sizes differ.

    References
    ----------
    Explained in :doc:`/book/explanation/training-data-influence`.
    """
    validate.eval_mode(model)
    validate.labels(y, len(x))
    state = {name: p.detach() for name, p in model.named_parameters()}

    def loss(weights: dict[str, Tensor], one: Tensor, label: Tensor) -> Tensor:
        logits = functional_call(model, weights, (one[None],))
        return nn.functional.cross_entropy(logits, label[None])

    parts = vmap(grad(loss), in_dims=(None, 0, 0))(state, x, y)
    return torch.cat([parts[name].flatten(1) for name in state], dim=1)


def inner_products(
    model: nn.Module, x: Tensor, y: Tensor, v: Tensor, *, chunk: int = 256
) -> Tensor:
    """``v`` (m, parameters) times the gradient of each example: (m, n), a chunk at a time."""
    pairs = zip(x.split(chunk), y.split(chunk), strict=True)
    return torch.cat([v @ example_gradients(model, a, b).T for a, b in pairs], dim=1)
