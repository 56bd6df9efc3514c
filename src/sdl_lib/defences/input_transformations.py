"""Defences that change the picture before the network sees it, and the attacker's stand-in."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib import validate

Transform = Callable[[Tensor], Tensor]


def bit_depth(x: Tensor, *, bits: int = 3) -> Tensor:
    """Round each pixel to one of ``2 ** bits`` greys; shape as ``x``.

    Its gradient is zero wherever it exists. Xu, Evans & Qi (2018). Explained in
    :doc:`/book/security/defence-and-evaluation`.
    """
    validate.images(x)
    validate.count(bits, "bits")
    levels = 2**bits - 1
    coarse: Tensor = (x * levels).round() / levels
    return coarse


def median_smoothing(x: Tensor, *, size: int = 3) -> Tensor:
    """The median of the ``size`` by ``size`` pixels around each (edges mirrored); shape as ``x``.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w), values in [0, 1]
    size : odd, so that the window has a middle

    References
    ----------
    Xu, Evans & Qi (2018). Explained in :doc:`/book/security/defence-and-evaluation`.
    """
    _pictures(x)
    validate.count(size, "size")
    if size % 2 == 0 or size // 2 >= min(x.shape[2:]):
        raise ValueError(f"size: expected an odd number that the picture can hold, found {size}")
    edge = size // 2
    padded = nn.functional.pad(x, (edge,) * 4, mode="reflect")
    windows = padded.unfold(2, size, 1).unfold(3, size, 1)
    return windows.flatten(4).median(4).values


def random_resize(
    x: Tensor, *, smallest: float = 0.8, generator: torch.Generator | None = None
) -> Tensor:
    """Shrink the batch by a random factor and put it at a random place on black; shape as ``x``.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w), values in [0, 1]
    smallest : the factor is uniform from here to 1, to whole pixels
    generator : the source of chance; default: a new one with seed 0, the same in every call

    References
    ----------
    Xie et al. (2018). Explained in :doc:`/book/security/defence-and-evaluation`.
    """
    _pictures(x)
    if not 0 < smallest <= 1:
        raise ValueError(f"smallest: expected a number above 0 and at most 1, found {smallest}")
    source = generator or torch.Generator().manual_seed(0)
    factor, down, across = torch.rand(3, generator=source, device=source.device).tolist()
    height, width = (
        max(round(side * (smallest + (1 - smallest) * factor)), 1) for side in x.shape[2:]
    )
    small = nn.functional.interpolate(x, (height, width), mode="bilinear", align_corners=False)
    top, left = round(down * (x.shape[2] - height)), round(across * (x.shape[3] - width))
    return nn.functional.pad(
        small, (left, x.shape[3] - width - left, top, x.shape[2] - height - top)
    )


class Transformed(nn.Module):
    """A model that sees its input through a transformation.

    Parameters
    ----------
    model : in evaluation mode
    transform : of a batch of pictures; shape kept
    straight_through : for the attacker: forward the same, but backward as if the transformation
        were the identity (Athalye, Carlini & Wagner 2018)
    """

    def __init__(
        self, model: nn.Module, transform: Transform, *, straight_through: bool = False
    ) -> None:
        super().__init__()
        validate.eval_mode(model)
        self.model, self.transform, self.straight_through = model, transform, straight_through
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """Logits of shape (n, classes)."""
        seen = self.transform(x)
        if self.straight_through:
            seen = x + (seen - x).detach()
        logits: Tensor = self.model(seen)
        return logits


def _pictures(x: Tensor) -> None:
    validate.images(x)
    if x.ndim != 4:
        raise ValueError(f"x: expected pictures (n, c, h, w), found shape {tuple(x.shape)}")
