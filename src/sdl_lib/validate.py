"""Checks of arguments: each raises ``ValueError`` with the name, what was found and expected."""

import math

import torch
from torch import Tensor, nn


def images(x: Tensor, name: str = "x") -> None:
    """A float batch of shape (n, c, h, w) or (n, d), finite, with values in [0, 1]."""
    finite_batch(x, name)
    if x.numel() == 0:
        return
    low, high = (float(v) for v in x.detach().aminmax())
    if low < 0 or high > 1:
        raise ValueError(f"{name}: expected pixel values in [0, 1], found {low:.4g} to {high:.4g}")


def labels(y: Tensor, n: int, classes: int | None = None, name: str = "y") -> None:
    """Integer class numbers, one for each of ``n`` examples, from 0 to ``classes - 1``."""
    if not isinstance(y, Tensor) or y.dtype != torch.int64:
        found = y.dtype if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(f"{name}: expected class numbers of dtype torch.int64, found {found}")
    if y.shape != (n,):
        raise ValueError(
            f"{name}: expected one label for each of {n} examples, found shape {tuple(y.shape)}"
        )
    if n and (int(y.min()) < 0 or (classes is not None and int(y.max()) >= classes)):
        top = "" if classes is None else f" to {classes - 1}"
        raise ValueError(
            f"{name}: expected class numbers from 0{top}, found {int(y.min())} to {int(y.max())}"
        )


def radius(eps: float, name: str = "eps") -> None:
    """A finite number that is not negative."""
    if not math.isfinite(eps) or eps < 0:
        raise ValueError(f"{name}: expected a finite number of at least 0, found {eps}")


def count(n: int, name: str, *, least: int = 1) -> None:
    """An integer of at least ``least``."""
    if not isinstance(n, int) or n < least:
        raise ValueError(f"{name}: expected an integer of at least {least}, found {n}")


def choice(value: str, options: tuple[str, ...], name: str) -> None:
    """One of the named options."""
    if value not in options:
        raise ValueError(f"{name}: expected one of {', '.join(options)}, found {value!r}")


def logits(z: Tensor, n: int, name: str = "model(x)") -> None:
    """Finite scores of shape (n, classes)."""
    if z.ndim != 2 or z.shape[0] != n:
        raise ValueError(f"{name}: expected logits of shape ({n}, classes), found {tuple(z.shape)}")
    if not bool(torch.isfinite(z.detach()).all()):
        raise ValueError(f"{name}: contains logits that are not finite")


def eval_mode(model: nn.Module, name: str = "model") -> None:
    """A model of which no part is in training mode: we never switch it behind your back."""
    for path, module in model.named_modules():
        if module.training:
            where = f" (its part {path!r} is)" if path else ""
            raise ValueError(f"{name}: is in training mode{where}; call {name}.eval() first")


def finite_batch(x: Tensor, name: str = "x") -> None:
    """A float batch of shape (n, ...), finite, of any range: pictures, rows, activations."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        found = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"{name}: expected a tensor of floats, found {found}")
    if x.ndim < 2:
        raise ValueError(
            f"{name}: expected a batch, such as (n, c, h, w), found shape {tuple(x.shape)}"
        )
    if x.numel() and not all(math.isfinite(extreme) for extreme in x.detach().aminmax()):
        raise ValueError(f"{name}: contains values that are not finite")
