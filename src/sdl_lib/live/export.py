"""Write a trained network as files that ``book/static/live/engine.js`` can run in a page."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sdl_lib import validate

# A layer of the manifest: its type and settings; `weight` and `bias` are tensors until written
_Layer = dict[str, Any]


def export(
    model: nn.Module, folder: Path, name: str, *, shape: tuple[int, ...], half: bool = False
) -> None:
    """Write ``<name>.json``, the list of layers, and ``<name>.bin``, the weights.

    Parameters
    ----------
    model : an ``nn.Sequential``, or a module whose ``layers`` is one, in evaluation mode.
        Batch normalisation is folded into the layer before it.
    folder : where to; it must exist
    name : of the two files
    shape : of one input, without the batch
    half : write the weights in half precision, which halves the file; the engine computes with
        what it reads, in double precision

    Raises
    ------
    ValueError : if the model is in training mode, or has a layer that the engine does not know.

    References
    ----------
    Explained in :doc:`/book/using-this-book`.
    """
    validate.eval_mode(model)
    layers = _layers(model, shape)
    block = bytearray()
    size = 2 if half else 4
    for layer in layers:
        for parameter in ("weight", "bias"):
            if parameter in layer:
                values = layer[parameter].detach().cpu().float().contiguous()
                layer[parameter] = {"offset": len(block) // size, "shape": list(values.shape)}
                block += values.numpy().astype(f"<f{size}").tobytes()
    manifest = {"input": list(shape), "floats": len(block) // size, "layers": layers}
    if half:
        manifest["half"] = True
    (folder / f"{name}.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    (folder / f"{name}.bin").write_bytes(block)


def write_json(path: Path, value: Any) -> None:
    """Write what a page's lab reads of its settings, or of what stands in for it."""
    path.write_text(json.dumps(value), encoding="utf-8")


def _layers(model: nn.Module, shape: tuple[int, ...]) -> list[_Layer]:
    layers: list[_Layer] = []
    x = torch.zeros(1, *shape, dtype=next(model.parameters()).dtype)
    with torch.no_grad():
        for path, module in _modules(getattr(model, "layers", model)):
            x = module(x)
            if isinstance(module, nn.Identity | nn.Dropout | nn.Dropout2d):
                continue  # they do nothing in evaluation mode
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                _fold(module, path, layers)
            elif isinstance(module, nn.Flatten | nn.Unflatten):
                layers.append({"type": "reshape", "shape": list(x.shape[1:])})
            else:
                layers.append(_layer(module, path))
    return layers


def _modules(model: nn.Module, path: str = "layers") -> Iterator[tuple[str, nn.Module]]:
    """The layers of nested ``nn.Sequential``s, in order, each with its path."""
    if not isinstance(model, nn.Sequential):
        yield path, model
        return
    for name, module in model.named_children():
        yield from _modules(module, f"{path}.{name}")


def _layer(module: nn.Module, path: str) -> _Layer:
    for kind, convert in _CONVERTERS.items():
        if type(module) is kind:
            return convert(module, path)
    known = ", ".join(kind.__name__ for kind in _CONVERTERS)
    raise ValueError(
        f"model: {path} is a {type(module).__name__}, which the engine does not know; "
        f"it knows {known}, Flatten, Unflatten, and batch normalisation after a linear layer"
    )


def _plain(value: bool, what: str, path: str) -> None:
    if not value:
        raise ValueError(f"model: {path} has {what}, which the engine does not know")


def _pair(value: Any) -> list[int]:
    return list(value) if isinstance(value, tuple) else [value, value]


def _parameters(weight: Tensor, bias: Tensor | None, outputs: int) -> dict[str, Tensor]:
    return {"weight": weight, "bias": torch.zeros(outputs) if bias is None else bias}


def _dense(m: nn.Linear, path: str) -> _Layer:
    return {"type": "dense", **_parameters(m.weight, m.bias, m.out_features)}


def _conv(m: nn.Conv2d, path: str) -> _Layer:
    _plain(m.groups == 1, "groups", path)
    _plain(m.dilation == (1, 1), "dilation", path)
    _plain(m.padding_mode == "zeros" and not isinstance(m.padding, str), "special padding", path)
    where = {"stride": _pair(m.stride), "padding": _pair(m.padding)}
    return {"type": "conv", **where, **_parameters(m.weight, m.bias, m.out_channels)}


def _transposed_conv(m: nn.ConvTranspose2d, path: str) -> _Layer:
    _plain(m.groups == 1, "groups", path)
    _plain(m.dilation == (1, 1), "dilation", path)
    where = {"stride": _pair(m.stride), "padding": _pair(m.padding)}
    where["outputPadding"] = _pair(m.output_padding)
    return {"type": "transposed_conv", **where, **_parameters(m.weight, m.bias, m.out_channels)}


def _pool(kind: str, m: nn.MaxPool2d | nn.AvgPool2d, path: str) -> _Layer:
    _plain(not m.ceil_mode, "ceil_mode", path)
    stride = m.kernel_size if m.stride is None else m.stride
    window = {"kernel": _pair(m.kernel_size), "stride": _pair(stride), "padding": _pair(m.padding)}
    return {"type": kind, **window}


def _max_pool(m: nn.MaxPool2d, path: str) -> _Layer:
    _plain(_pair(m.dilation) == [1, 1], "dilation", path)
    return _pool("max_pool", m, path)


def _average_pool(m: nn.AvgPool2d, path: str) -> _Layer:
    whole = m.count_include_pad and m.divisor_override is None
    _plain(whole, "an average that is not over the whole window", path)
    return _pool("average_pool", m, path)


def _leaky(m: nn.LeakyReLU, path: str) -> _Layer:
    return {"type": "relu", "slope": m.negative_slope}


# the engine's layers, each with what makes its entry in the manifest
_CONVERTERS: dict[type[nn.Module], Callable[[Any, str], _Layer]] = {
    nn.Linear: _dense,
    nn.Conv2d: _conv,
    nn.ConvTranspose2d: _transposed_conv,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
    nn.ReLU: lambda m, path: {"type": "relu"},
    nn.LeakyReLU: _leaky,
    nn.Tanh: lambda m, path: {"type": "tanh"},
    nn.Sigmoid: lambda m, path: {"type": "sigmoid"},
}


def _fold(norm: nn.BatchNorm1d | nn.BatchNorm2d, path: str, layers: list[_Layer]) -> None:
    """Put what batch normalisation does in evaluation mode into the layer before it."""
    before = layers[-1] if layers else {}
    _plain("weight" in before, "no linear layer just before it", path)
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise ValueError(f"model: {path} has no running statistics, so it cannot be folded")
    scale = torch.rsqrt(variance + norm.eps)
    shift = -mean * scale
    if norm.affine:
        scale, shift = scale * norm.weight, shift * norm.weight + norm.bias
    # torch keeps the outputs of a transposed convolution in the second dimension
    outputs = 1 if before["type"] == "transposed_conv" else 0
    sizes = [1] * before["weight"].ndim
    sizes[outputs] = -1
    before["weight"] = before["weight"] * scale.view(sizes)
    before["bias"] = before["bias"] * scale + shift
