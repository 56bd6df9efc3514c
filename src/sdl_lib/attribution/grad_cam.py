"""Grad-CAM: which places of a convolutional layer speak for the class."""

import torch
from torch import Tensor, nn

from sdl_lib.attribution.gradient import at_once, check_arguments, select


def grad_cam(model: nn.Module, x: Tensor, y: Tensor, *, layer: str) -> Tensor:
    r"""The channels of a layer, weighted by their mean gradients and summed, scaled up to ``x``.

    The weight of channel c is the mean over places of :math:`\partial f_y/\partial a_c`. The paper
    keeps only what is positive: ``grad_cam(...).clamp(min=0)``.

    Parameters
    ----------
    model, y : as for :func:`saliency`
    x : Tensor of floats, shape (n, c, h, w)
    layer : a name from ``model.named_modules()``, a part whose output is (n, channels, h', w')

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``, signed: bilinear between the layer's places,
    and alike in all channels of ``x``.

    Raises
    ------
    ValueError : as :func:`saliency`, and if ``layer`` is unknown, runs other than once, or its
        output is no stack of maps.

    References
    ----------
    Selvaraju et al. (2017). Explained in :doc:`/book/explanation/gradient-attribution`.
    """
    check_arguments(model, x, y)
    if x.ndim != 4:
        raise ValueError(f"x: expected shape (n, c, h, w), found {tuple(x.shape)}")
    parts = dict(model.named_modules())
    if layer not in parts or layer == "":
        known = ", ".join(name for name in parts if name)
        raise ValueError(f"layer: expected one of {known}, found {layer!r}")
    x = x.detach()
    if len(x) == 0:
        return x.clone()
    size = at_once(x)
    chunks = zip(x.split(size), y.split(size), strict=True)
    maps = torch.cat([_coarse(model, *chunk, parts[layer]) for chunk in chunks])
    fine = nn.functional.interpolate(maps, x.shape[2:], mode="bilinear", align_corners=False)
    return fine.expand_as(x).clone()


def _coarse(model: nn.Module, x: Tensor, y: Tensor, part: nn.Module) -> Tensor:
    """The map in the layer's own resolution, shape (n, 1, h', w')."""
    found: list[Tensor] = []

    def restart(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
        # the gradient is asked for from here on: what came before needs no graph
        found.append(output.detach().requires_grad_())
        return found[-1]

    hook = part.register_forward_hook(restart)
    try:
        with torch.enable_grad():
            logits = model(x)
    finally:
        hook.remove()
    if len(found) != 1 or found[0].ndim != 4:
        shapes = [tuple(output.shape) for output in found]
        raise ValueError(f"layer: expected one output (n, channels, h, w), found {shapes}")
    (gradient,) = torch.autograd.grad(select(logits, y).sum(), found[0])
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * found[0].detach()).sum(1, keepdim=True)
