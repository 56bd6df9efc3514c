"""The layers of a network in order, as certificates need them: one after the other, all known."""

from collections.abc import Iterator

from torch import Tensor, nn

LINEAR = (nn.Linear, nn.Conv2d, nn.AvgPool2d)
_IDLE = (nn.Identity, nn.Dropout, nn.Dropout2d)  # in evaluation mode they do nothing
_KNOWN = (*LINEAR, nn.MaxPool2d, nn.ReLU, nn.Flatten)


def in_order(model: nn.Module) -> tuple[list[nn.Module], nn.Linear]:
    """All layers but the last, and the last, of an ``nn.Sequential`` or one in ``model.layers``.

    Raises
    ------
    ValueError : for a layer through which no certificate of ours passes, a padding that is not of
        zeros, or a last layer that is not ``nn.Linear``.
    """
    layers = [part for part in _parts(getattr(model, "layers", model)) if type(part) not in _IDLE]
    for layer in layers:
        if type(layer) not in _KNOWN:
            names = ", ".join(kind.__name__ for kind in _KNOWN)
            raise ValueError(
                f"model: expected a sequence of {names}, found a {type(layer).__name__}"
            )
        if isinstance(layer, nn.Conv2d) and layer.padding_mode != "zeros":
            raise ValueError(f"model: expected padding with zeros, found {layer.padding_mode!r}")
    last = layers.pop() if layers else None
    if not isinstance(last, nn.Linear):
        raise ValueError("model: expected nn.Linear as its last layer")
    return layers, last


def _parts(model: nn.Module) -> Iterator[nn.Module]:
    if isinstance(model, nn.Sequential):
        for part in model:
            yield from _parts(part)
    else:
        yield model


def without_bias(layer: nn.Module, v: Tensor, *, absolute: bool = False) -> Tensor:
    """The linear part of an affine layer, in the precision of ``v``; or its absolute values."""
    if not isinstance(layer, nn.Linear | nn.Conv2d):
        result: Tensor = layer(v)  # an average: no bias, no negative weights
        return result
    weight = layer.weight.to(v)
    weight = weight.abs() if absolute else weight
    if isinstance(layer, nn.Linear):
        return nn.functional.linear(v, weight)
    return nn.functional.conv2d(
        v, weight, None, layer.stride, layer.padding, layer.dilation, layer.groups
    )
