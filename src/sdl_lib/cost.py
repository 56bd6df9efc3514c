"""What a network costs, counted and not timed: operations, weights and numbers moved, by layer."""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from sdl_lib import validate


@dataclass(frozen=True)
class LayerCost:
    """One layer: its name, floating-point operations forward, weights, and numbers in and out."""

    name: str
    flops: int
    weights: int
    numbers: int

    @property
    def intensity(self) -> float:
        """Operations for each byte that is read or written once, in single precision."""
        return self.flops / (4 * (self.weights + self.numbers))


@torch.no_grad()
def layer_costs(model: nn.Module, x: Tensor) -> list[LayerCost]:
    """Count what each dense and each convolutional layer does in one pass forward over ``x``.

    A multiplication and an addition are two operations. What biases, activations and pooling do
    is not counted: it is little. A pass backward costs about twice as much as one forward.

    Parameters
    ----------
    model : in evaluation mode; every ``nn.Linear`` and ``nn.Conv2d`` in it is counted
    x : Tensor, shape (n, ...): one batch

    Returns
    -------
    list of LayerCost : in the order in which the layers ran.

    Raises
    ------
    ValueError : if the model is in training mode, or has no layer to count.

    References
    ----------
    Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.eval_mode(model)
    found: list[LayerCost] = []

    def record(name: str, layer: nn.Linear | nn.Conv2d, inputs: Tensor, output: Tensor) -> None:
        weight = layer.weight
        flops = 2 * output.numel() * prod(weight.shape[1:])  # one inner product an output
        found.append(LayerCost(name, flops, weight.numel(), inputs.numel() + output.numel()))

    handles = [
        layer.register_forward_hook(
            lambda layer, inputs, output, name=name: record(name, layer, inputs[0], output)
        )
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    ]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise ValueError("model: has no dense or convolutional layer to count")
    return found
