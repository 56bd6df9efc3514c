"""A copy of a model that answers the same and costs less."""

import copy
from functools import reduce
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sdl_lib import training, validate


class Prepared(nn.Module):
    """What :func:`prepare` returns: the copy, run on pictures laid out with channels last."""

    def __init__(self, copied: nn.Module, dtype: torch.dtype | None) -> None:
        super().__init__()
        self.copied = copied if dtype is None else copied.to(dtype)
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        """Logits of shape (n, classes)."""
        if x.ndim == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        logits: Tensor = self.copied(x if self.dtype is None else x.to(self.dtype))
        return logits.to(x.dtype)


def prepare(
    model: nn.Module, x: Tensor, *, dtype: torch.dtype | None = None, tolerance: float | None = None
) -> Prepared:
    """Copy a model for attacking: batch norm folded away, channels last, a faster max-pooling.

    The copy's logits are those of the model up to rounding, so its gradients point the same way;
    but close to a boundary rounding may decide. Attack the copy, and let the *original* judge:
    ``fooled(model, pgd(prepare(model, x), x, y, eps=.1), y)``. The copy does not follow later
    changes of the model.

    Parameters
    ----------
    model : in evaluation mode
    x : some pictures, on which the copy is held against the model
    dtype : compute in this precision; ``torch.bfloat16`` where the processor has it
    tolerance : greatest difference of logits allowed, relative to the largest logit; default:
        ten thousand roundings in the copy's precision, at most .1

    Returns
    -------
    Prepared : a module with frozen parameters of its own

    Raises
    ------
    ValueError : if the model is in training mode, or the copy's answers differ: a model that
        uses its layers in another order than it lists them cannot be folded.

    References
    ----------
    Explained in :doc:`/book/security/stronger-attacks`.
    """
    validate.eval_mode(model)
    validate.images(x)
    copied = copy.deepcopy(model).requires_grad_(False)
    _fold(copied)
    _repool(copied)
    copied = copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    prepared = Prepared(copied, dtype).eval()
    if tolerance is None:
        tolerance = min(1e4 * torch.finfo(dtype or x.dtype).eps, 0.1)
    validate.radius(tolerance, "tolerance")
    if len(x):
        expected = training.predict(model, x)
        difference = float((training.predict(prepared, x) - expected).abs().max())
        if not difference <= tolerance * float(expected.abs().max()):
            raise ValueError(f"model: its prepared copy gives logits that differ by {difference}")
    return prepared


def _fold(module: nn.Module) -> None:
    """Fold each batch norm that follows a convolution in a ``Sequential``, at any depth."""
    children = list(module.named_children())
    if isinstance(module, nn.Sequential):
        for (name, layer), (after, norm) in pairwise(children):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(layer, norm))
                setattr(module, after, nn.Identity())
    for child in module.children():
        _fold(child)


class _Pool(nn.Module):
    """Max-pooling whose windows touch, as a maximum of slices where no gradient is wanted.

    On a CPU the slices take a fraction of the time, but their gradient takes several times as long.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        if x.requires_grad or x.device.type != "cpu":
            return nn.functional.max_pool2d(x, self.size)
        for dim in (-2, -1):
            x = reduce(torch.maximum, x.unfold(dim, self.size, self.size).unbind(-1))
        return x


def _repool(module: nn.Module) -> None:
    """Put ``_Pool`` in the place of each max-pooling that it equals, at any depth."""
    for name, layer in module.named_children():
        if type(layer) is nn.MaxPool2d and isinstance(size := layer.kernel_size, int):
            shape = layer.stride, layer.padding, layer.dilation
            if shape == (size, 0, 1) and not (layer.ceil_mode or layer.return_indices):
                setattr(module, name, _Pool(size))
        _repool(layer)
